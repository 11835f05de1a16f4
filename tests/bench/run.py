"""One size: `python -m tests.bench.run SIZE ROUNDS [ONLY,…]` on servers of its own; the last line is JSON.

A job is measured in a forked process, so that its peak of memory is its own; jobs that write are taken back.
"""

import gc
import json
import os
import sys
import time
import traceback
from pathlib import Path
from statistics import median

from config import collector, testing  # starts the servers, unless it was imported by a worker of the tests

LONG = 10  # seconds: what takes longer is done once


def main(size, rounds, only=""):
    import django

    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    django.setup()
    from django.conf import settings
    from django.core.management import call_command

    # Not Django's test environment: it copies the context of every template that is rendered, which no server does.
    settings.ALLOWED_HOSTS = ["testserver"]
    settings.ROOT_URLCONF = "tests.bench.urls"
    call_command("migrate", verbosity=0)
    begun = time.perf_counter()
    with open(os.devnull, "w") as silent:
        call_command("demo_county", size=float(size), stdout=silent)
    print(f"size {size}: demo county in {time.perf_counter() - begun:.1f} s", file=sys.stderr, flush=True)
    from tests.bench import jobs, weight

    collector.settle()  # as every server does
    found = [
        {"job": job, "goal": goal, "said": said, "ours": 0, "floor": 0, "queries": "", "peak": ""}
        for job, goal, said in weight.weights(jobs.pages())
        if any(part in job for part in only.split(","))
    ]
    for name, goal, make in jobs.all_jobs(float(size)):
        if any(part in name for part in only.split(",")):
            row = apart(name, goal, make, int(rounds))
            print(f"  {name}: {row}", file=sys.stderr, flush=True)
            if row:
                found.append(row)
    print(json.dumps(found, ensure_ascii=False))


def apart(name, goal, make, rounds):
    """Measure in a fork; None when the job failed, whose trace goes to stderr."""
    from django.db import connections

    connections.close_all()
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(reading)
        try:
            row = measure(name, goal, make, rounds)
            os.write(writing, json.dumps(row, ensure_ascii=False).encode())
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        answer = pipe.read()
    os.waitpid(pid, 0)
    return json.loads(answer) if answer else None


def measure(name, goal, make, rounds):
    from django.db import connection

    ours, floor = make()
    queries = 0

    def count(execute, *args):
        nonlocal queries
        queries += 1
        return execute(*args)

    floor()  # so that both find the rows in the server's memory
    with Peak() as peak, connection.execute_wrapper(count):
        first = timed(ours)  # what is read once and kept is no part of either
    with Peak() as floor_peak:
        pairs = [(first, timed(floor))]
    gc.freeze()  # as config/wsgi.py does
    if first < LONG:
        queries = 0
        with connection.execute_wrapper(count):
            ours()
        pairs = [(timed(ours), timed(floor)) for _ in range(rounds)]  # in turn, so that both meet the same machine
    return {
        "job": name, "goal": goal, "ours": median(a for a, _ in pairs), "floor": median(b for _, b in pairs),
        "queries": queries, "peak": f"{peak.highest} (+{peak.more}; floor +{floor_peak.more})",
    }  # fmt: skip


class Peak:
    """The most memory of this process within the block, and how much more that is than before it, in MB."""

    def __enter__(self):
        gc.collect()
        Path("/proc/self/clear_refs").write_text("5")  # the mark begins anew at what is held now
        self.before = self._mark()
        return self

    def __exit__(self, *error):
        self.highest = self._mark()
        self.more = self.highest - self.before

    def _mark(self):
        status = Path("/proc/self/status").read_text()
        return int(status.partition("VmHWM:")[2].split()[0]) // 1024


def timed(act):
    """Seconds that `act` takes, or that it tells itself."""
    begun = time.perf_counter()
    told = act()
    return told if isinstance(told, float) else time.perf_counter() - begun


if __name__ == "__main__":
    if "PORTAL_TESTING" not in os.environ:
        testing.begin()
    main(*sys.argv[1:])
