"""usage: case_lammps.py STATE STEPS: the hopper of the bench in LAMMPS (double precision, neighbour list, one MPI rank or
several). Prints particle-steps per second by wall time and by processor time of all ranks."""
import sys
import time

import numpy as np
from lammps import lammps

state, steps = sys.argv[1], int(sys.argv[2])
try:
    from mpi4py import MPI

    world = MPI.COMM_WORLD
except ImportError:
    world = None
spheres = np.loadtxt(state)
run = lammps(cmdargs=["-log", "none", "-screen", "none"])
radius, density, friction = 0.005, 2500.0, 0.5
modulus, poisson = 5e6, 0.3
normal = 4 / 3 * modulus / (2 * (1 - poisson * poisson))
tangential = 8 * modulus / (4 * (2 - poisson) * (1 + poisson))
law = f"{normal} {tangential} 8e4 4e4 {friction} 1"
for line in [
    "processors * 1 1", "units si", "atom_style sphere", "boundary f f f", "newton off", "comm_modify vel yes",
    "region box block -0.3 0.3 -0.3 0.3 -1.5 1.2", "create_box 1 box",
]:
    run.command(line)
run.create_atoms(len(spheres), None, [1] * len(spheres), spheres[:, :3].ravel().tolist(), v=spheres[:, 3:6].ravel().tolist())
for line in [
    f"set type 1 diameter {2 * radius}", f"set type 1 density {density}",
    "neighbor 0.001 bin", "neigh_modify delay 0 every 1 check yes",
    f"pair_style gran/hertz/history {law}", "pair_coeff * *",
    "region mantle cylinder z 0 0 0.25 0.25 1.2 side in open 1 open 2",
    "region funnel cone z 0 0 0.05 0.25 0 0.25 side in open 1 open 2",
    f"fix mantle all wall/gran/region hertz/history {law} region mantle",
    f"fix funnel all wall/gran/region hertz/history {law} region funnel",
    "fix gravity all gravity 9.81 vector 0 0 -1", "fix motion all nve/sphere", "timestep 5e-5",
    "thermo 1000000", "thermo_modify lost ignore", "run 0",
]:
    run.command(line)
started, used = time.perf_counter(), time.process_time()
run.command(f"run {steps} post no")
wall, used = time.perf_counter() - started, time.process_time() - used
if world is not None:
    used = world.allreduce(used)
if world is None or world.rank == 0:
    print("particle-steps per second", len(spheres) * steps / wall, len(spheres) * steps / used)
