"""Opens an exported USD file as other programs do, with usd-core, and holds it against what the simulation says.

    python3 tests/read_usd.py FILE EXPECTED.json

Exits 1 with a sentence where something differs; 3 where usd-core is missing.
"""

import json
import sys

try:
    from pxr import Gf, Usd, UsdGeom, UsdPhysics, UsdShade
except ModuleNotFoundError as error:
    print(f"{error.name} is missing: pip install usd-core")
    sys.exit(3)

TOLERANCE_M = 1e-6
# Quaternions are single precision in the file.
TOLERANCE_TURN = 1e-6

stage = Usd.Stage.Open(sys.argv[1])
with open(sys.argv[2], encoding="utf-8") as file:
    expected = json.load(file)

assert UsdGeom.GetStageUpAxis(stage) == UsdGeom.Tokens.z, "Z is up"
assert UsdGeom.GetStageMetersPerUnit(stage) == 1.0, "metres"
assert UsdPhysics.GetStageKilogramsPerUnit(stage) == 1.0, "kilograms"
assert stage.GetDefaultPrim().GetPath() == "/Line", stage.GetDefaultPrim()
prims = list(stage.Traverse())
assert len(prims) == expected["prims"], f"{len(prims)} prims, not {expected['prims']}"

gravity = UsdPhysics.Scene(stage.GetPrimAtPath("/Line/Physics"))
assert abs(gravity.GetGravityMagnitudeAttr().Get() - expected["gravity_mps2"]) < 1e-4, gravity.GetGravityMagnitudeAttr().Get()

elements = {prim.GetDisplayName(): prim for prim in stage.GetPrimAtPath("/Line/Elements").GetChildren()}
assert sorted(elements) == sorted(expected["elements"]), f"{sorted(elements)} are not {sorted(expected['elements'])}"
parts = {prim.GetDisplayName(): prim for prim in stage.GetPrimAtPath("/Line/Parts").GetChildren()}
assert sorted(parts) == sorted(expected["masses_kg"]), f"{sorted(parts)} are not {sorted(expected['masses_kg'])}"
for name, mass_kg in expected["masses_kg"].items():
    prim = parts[name]
    assert prim.HasAPI(UsdPhysics.RigidBodyAPI), f"{name} is a rigid body"
    assert abs(UsdPhysics.MassAPI(prim).GetMassAttr().Get() - mass_kg) < 1e-5 * mass_kg, f"{name} weighs {mass_kg} kg"
    shape = stage.GetPrimAtPath(f"{prim.GetPath()}/body/shape")
    assert shape.HasAPI(UsdPhysics.CollisionAPI), f"{name} collides"
    material = UsdShade.MaterialBindingAPI(prim).ComputeBoundMaterial()[0]
    assert material, f"{name} has a material"

compared = 0
for sample in expected["samples"]:
    time = Usd.TimeCode(sample["code"])
    cache = UsdGeom.XformCache(time)
    shown = {entry["name"]: entry for entry in sample["parts"]}
    for name, prim in parts.items():
        visible = UsdGeom.Imageable(prim).ComputeVisibility(time) != UsdGeom.Tokens.invisible
        assert visible == (name in shown), f"{name} at {time}: visible is {visible}"
    poses = [(parts[entry["name"]], entry) for entry in sample["parts"]]
    poses += [(stage.GetPrimAtPath(entry["path"]), entry) for entry in sample["movers"]]
    for prim, entry in poses:
        assert prim, f"{entry} has a prim"
        matrix = cache.GetLocalToWorldTransform(prim)
        place = matrix.ExtractTranslation()
        away = max(abs(a - b) for a, b in zip(place, entry["position_m"]))
        assert away < TOLERANCE_M, f"{prim.GetPath()} at {time} is {away} m off"
        x, y, z, w = entry["rotation"]
        turn = Gf.Rotation(Gf.Quatd(w, x, y, z).GetNormalized())
        matrix.Orthonormalize()
        found = matrix.ExtractRotation().GetQuat()
        along = abs(found.GetReal() * turn.GetQuat().GetReal() + Gf.Dot(found.GetImaginary(), turn.GetQuat().GetImaginary()))
        assert 1.0 - along < TOLERANCE_TURN, f"{prim.GetPath()} at {time} is turned otherwise: {found}, not {turn.GetQuat()}"
        compared += 1

print(f"{len(prims)} prims, {len(parts)} parts, {compared} poses")
