"""T-STALE on a real server: fifty requests a second go on while the post behind them ends."""

import http.client
import json
import random
import subprocess
import sys
import threading
import time
from collections import Counter
from contextlib import closing
from urllib.parse import urlsplit

import pytest

from tests import migrated
from tests.browser.site import ROOT, serving
from tests.proofs.scale import SEED, SHARE

TRIALS = max(3, round(500 * SHARE))
SENDERS, EACH = 5, 0.1  # seconds between two requests of one sender: fifty a second altogether
BEFORE, AFTER = 0.3, 0.4


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("stale"), size=0, template=migrated.template()) as found:
        yield found


@pytest.fixture(scope="module")
def tell(site):
    """tell(act, value) → the answer of the process that changes the rows."""
    program = [sys.executable, "-m", "tests.proofs.stale_rows"]
    environment = site.environment | {"DJANGO_SETTINGS_MODULE": "config.settings"}
    with subprocess.Popen(
        program, cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:

        def ask(act, value):
            process.stdin.write(json.dumps([act, value]) + "\n")
            process.stdin.flush()
            return json.loads(process.stdout.readline())

        yield ask
        process.stdin.close()


def send(address, way, session):
    """(moment it was begun, code)."""
    path, headers = way
    begun = time.monotonic()
    with closing(http.client.HTTPConnection(address.hostname, address.port, timeout=30)) as connection:
        connection.request("GET", path, headers={"Cookie": f"session={session}", **headers})
        response = connection.getresponse()
        response.read()
    return begun, response.status


def test_nothing_begun_after_the_end_of_a_post_succeeds(site, tell):
    address, rng = urlsplit(site.url), random.Random(SEED)
    late, before, after = [], Counter(), Counter()
    for trial in range(TRIALS):
        row, seen, stop = tell("begin", trial), [], threading.Event()

        def stream(number, row=row, seen=seen, stop=stop):
            stop.wait(number * EACH / SENDERS)
            turn = number
            while not stop.is_set():
                way = row["ways"][turn % len(row["ways"])]
                seen.append((way[0], *send(address, way, row["session"])))
                turn += 1
                stop.wait(EACH)

        senders = [threading.Thread(target=stream, args=[number]) for number in range(SENDERS)]
        for sender in senders:
            sender.start()
        time.sleep(BEFORE + rng.random() * EACH)
        ended = tell("end", row["post"])
        time.sleep(AFTER)
        stop.set()
        for sender in senders:
            sender.join()
        for path, begun, code in seen:
            (after if begun > ended else before)[code] += 1
            if begun > ended and code == 200:
                late.append((trial, path))
    print(f"T-STALE: {TRIALS} posts ended; before {dict(before)}, begun after the commit {dict(after)}")

    assert late == []
    assert before[200] > 3 * TRIALS
    assert sum(after.values()) > 3 * TRIALS
