"""Makes the runs of a sweep with HyperQueue: its server and its workers live as long as this process.

usage: run_hyperqueue.py commands.txt WORKERS, where `linetwin sweep plan FILE --commands` printed the commands; exit code 3 where
HyperQueue is missing or cannot work. What is killed here is begun again by the same steps: print the commands anew, and start this anew.
"""

import ctypes
import os
import shlex
import socket
import sys
import tempfile

try:
    from hyperqueue import Job
    from hyperqueue.cluster import LocalCluster, WorkerConfig
except ImportError as error:
    print(f"no hyperqueue here ({error})")
    sys.exit(3)

CLONE_NEWUTS = 0x04000000


def has_a_name():
    """Whether server and workers, which find each other by the name of this host, can: where nothing resolves that name, this process
    gives itself another one, which takes root."""
    try:
        socket.gethostbyname(socket.gethostname())
    except OSError:
        if ctypes.CDLL(None).unshare(CLONE_NEWUTS) != 0:
            return False
        socket.sethostname("localhost")
    return True


if not has_a_name():
    print(f"the name of this host ({socket.gethostname()}) is not known to itself")
    sys.exit(3)
commands = [shlex.split(line) for line in open(sys.argv[1], encoding="utf-8") if line.strip()]
with tempfile.TemporaryDirectory() as folder, LocalCluster(folder) as cluster:
    for _ in range(int(sys.argv[2])):
        cluster.start_worker(WorkerConfig(cores=1))
    client = cluster.client()
    job = Job(max_fails=None)
    for command in commands:
        job.program(command, cwd=os.getcwd(), stdout=None, stderr=None)
    # A run whose check failed ends with 1: it is done all the same.
    client.wait_for_jobs([client.submit(job)], raise_on_error=False)
