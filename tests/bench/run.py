"""One size: `python -m tests.bench.run SIZE ROUNDS [ONLY]` on servers of its own; the last line is JSON.

A job is measured in a forked process, so that its peak of memory is its own; jobs that write are taken back.
"""

import json
import os
import resource
import sys
import time
import traceback
from statistics import median

from config import testing  # starts the servers, unless it was imported by a worker of the tests


def main(size, rounds, only=""):
    import django

    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    django.setup()
    from django.conf import settings
    from django.core.management import call_command
    from django.test.utils import setup_test_environment

    setup_test_environment()
    settings.ROOT_URLCONF = "tests.bench.urls"
    call_command("migrate", verbosity=0)
    begun = time.perf_counter()
    with open(os.devnull, "w") as silent:
        call_command("demo_county", size=float(size), stdout=silent)
    print(f"size {size}: demo county in {time.perf_counter() - begun:.1f} s", file=sys.stderr, flush=True)
    from tests.bench import jobs

    found = []
    for name, goal, make in jobs.all_jobs():
        if only in name:
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
    from django.test.utils import CaptureQueriesContext

    ours, floor = make()
    ours()  # what is read once and kept is no part of either
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    with CaptureQueriesContext(connection) as queries:
        ours()
        count = len(queries)  # here: a page's own connection may be another one afterwards
    if floor:
        floor()
    pairs = [(timed(ours), timed(floor)) for _ in range(rounds)]  # in turn, so that both meet the same machine
    return {
        "job": name, "goal": goal, "ours": median(a for a, _ in pairs), "floor": median(b for _, b in pairs),
        "queries": count, "peak": peak,
    }  # fmt: skip


def timed(act):
    if act is None:
        return 0
    begun = time.perf_counter()
    act()
    return time.perf_counter() - begun


if __name__ == "__main__":
    if "PORTAL_TESTING" not in os.environ:
        testing.begin()
    main(*sys.argv[1:])
