"""usage: line_simpy.py PARTS: the line of the bench in SimPy. Prints parts per second of processor time and of simulated time."""
import random
import sys
import time

import simpy

PARTS, STATIONS, PLACES = int(sys.argv[1]), 10, 10
WORK_S, UPTIME_S, REPAIR_S = 10.0, 1000.0, 50.0
random.seed(1)
world = simpy.Environment()
made = world.event()
out = 0
queues = [simpy.Store(world, capacity=PLACES) for _ in range(STATIONS - 1)]


def station(number):
    global out
    uptime = random.expovariate(1 / UPTIME_S)
    while True:
        if number:
            yield queues[number - 1].get()
        work = random.expovariate(1 / WORK_S)
        # It ages while it works.
        while work >= uptime:
            yield world.timeout(uptime)
            work -= uptime
            yield world.timeout(random.expovariate(1 / REPAIR_S))
            uptime = random.expovariate(1 / UPTIME_S)
        uptime -= work
        yield world.timeout(work)
        if number < STATIONS - 1:
            yield queues[number].put(1)
        else:
            out += 1
            if out >= PARTS:
                made.succeed()


for number in range(STATIONS):
    world.process(station(number))
before = time.process_time()
world.run(until=made)
print(PARTS / (time.process_time() - before), PARTS / world.now)
