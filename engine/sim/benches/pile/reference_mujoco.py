#!/usr/bin/env python3
"""The pile of `main.rs` in MuJoCo, whose contact solver shares nothing with Rapier's: a second opinion on how dense
cubes settle. Not part of any gate.

    pip install numpy mujoco==4.0.0
    python3 reference_mujoco.py [--mu 0.5] [--dt 0.002] [--cone elliptic] [--impratio 10] [--seconds 8]

A large `impratio` makes friction stiff: at MuJoCo's defaults (pyramidal cone, impratio 1, solref 0.02) contacts creep.
"""
import argparse
import math

import mujoco
import numpy as np

EDGE, MASS, INNER, COUNT = 0.2, 4.0, 3.0, 1000


def cubes():
    """Start poses: the same generator and lattice as `scene.rs` (y is up)."""
    state = 12345

    def unit():
        nonlocal state
        state = (state * 6364136223846793005 + 1442695040888963407) & ((1 << 64) - 1)
        return (state >> 33) / float(1 << 31)

    for index in range(COUNT):
        layer, place = divmod(index, 64)
        u1, u2, u3 = unit(), unit(), unit()
        a, b = math.sqrt(1 - u1), math.sqrt(u1)
        x, y, z, w = a * math.sin(math.tau * u2), a * math.cos(math.tau * u2), b * math.sin(math.tau * u3), b * math.cos(math.tau * u3)
        yield ((place % 8 - 3.5) * 0.36, 0.4 + layer * 0.36, (place // 8 - 3.5) * 0.36), (w, x, y, z)


def model(options):
    text = " ".join
    walls = [((0, -0.25, 0), (2, 0.25, 2))]
    walls += [((side * 1.75, 5, 0), (0.25, 5, 2)) for side in (-1, 1)] + [((0, 5, side * 1.75), (1.5, 5, 0.25)) for side in (-1, 1)]
    number = lambda values: text(f"{value:.9g}" for value in values)
    parts = [f'<geom type="box" pos="{number(p)}" size="{number(h)}" contype="2" conaffinity="1"/>' for p, h in walls]
    half = number([EDGE / 2] * 3)
    parts += [
        f'<body pos="{number(p)}" quat="{number(q)}"><freejoint/><geom type="box" size="{half}" mass="{MASS}" contype="1" conaffinity="3"/></body>'
        for p, q in cubes()
    ]
    return mujoco.MjModel.from_xml_string(
        f'<mujoco><option timestep="{options.dt}" gravity="0 -9.81 0" solver="CG" iterations="40" cone="{options.cone}" '
        f'impratio="{options.impratio}" jacobian="sparse"><flag nativeccd="enable"/></option><size memory="4G"/>'
        f'<default><geom friction="{options.mu} 0 0" condim="3" solref="{options.solref} 1"/></default>'
        f"<worldbody>{text(parts)}</worldbody></mujoco>"
    )


def core_fraction(positions, rotations, top):
    """As `quality.rs`: share of points of a 25 mm grid inside a cube, away from walls, floor and top."""
    axes = [np.arange(low, high, 0.025) + 0.0125 for low, high in ((-1, 1), (0.4, top - 0.6), (-1, 1))]
    grid = np.stack(np.meshgrid(*axes, indexing="ij"), -1)
    filled = np.zeros(grid.shape[:3], bool)
    radius = EDGE / 2 * math.sqrt(3)
    for centre, rotation in zip(positions, rotations):
        near = tuple(slice(np.searchsorted(axis, c - radius), np.searchsorted(axis, c + radius)) for axis, c in zip(axes, centre))
        filled[near] |= (np.abs((grid[near] - centre) @ rotation) <= EDGE / 2).all(-1)
    return filled.mean()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mu", type=float, default=0.5)
    parser.add_argument("--dt", type=float, default=0.002)
    parser.add_argument("--cone", default="elliptic")
    parser.add_argument("--impratio", type=float, default=10)
    parser.add_argument("--solref", type=float, default=0.01)
    parser.add_argument("--seconds", type=float, default=8)
    options = parser.parse_args()
    scene = model(options)
    data = mujoco.MjData(scene)
    while data.time < options.seconds:
        mujoco.mj_step(scene, data)
    positions, rotations = data.xpos[1:], data.xmat[1:].reshape(-1, 3, 3)
    top = 2 * positions[:, 1].mean()
    energy = 0.5 * MASS * (data.qvel.reshape(-1, 6)[:, :3] ** 2).sum() / COUNT
    height = COUNT * EDGE**3 / (INNER**2 * top)
    print(f"solid fraction: height {height:.3f}, core {core_fraction(positions, rotations, top):.3f}; kinetic energy {1e3 * energy:.3f} mJ per cube")


main()
