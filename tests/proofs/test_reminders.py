"""T-REM-1 and T-REM-2: workers are killed at every named point and at random, beats doubled and stopped, the queue emptied.

Each person has exactly one message in the portal; a gateway that knows keys has had each message's effect once, one that
does not has had none twice, and what nobody knows is listed as unknown.
"""

import json
import os
import random
import signal
import time
from contextlib import suppress

from tests.proofs.reminder_site import POINTS, running, shuffled, stop_queue
from tests.proofs.scale import SEED, SHARE

PEOPLE, EACH, ANYWHEN, SILENCE = (
    10_000,
    5,
    50,
    60,
)  # recipients, kills at each point, random kills, seconds without queue


def prove(share, *, points=POINTS, say=print):
    """The proof at a share of its length; returns its figures."""
    rng = random.Random(SEED)
    kills = shuffled(points, max(1, round(EACH * share)), rng)
    strikes = max(1, round(ANYWHEN * share))
    batch = max(2, round(PEOPLE * share / (len(kills) + strikes + 4)))
    hit, begun = [], time.monotonic()
    with running(beats=2) as site:
        site.more(batch)
        site.wait(site.is_settled, 120)
        for name in kills:
            site.more(batch)
            site.plant(name)
            site.wait(lambda name=name: not (site.faults / name).exists(), 60)
            hit.append(name)
            site.wait(site.is_told, 120)
        for _ in range(strikes):
            site.more(batch)
            time.sleep(rng.random() * 0.8)
            with suppress(ProcessLookupError, IndexError):
                os.kill(rng.choice(site.children()), signal.SIGKILL)
            site.wait(site.is_told, 120)
        for beat in [name for name in site.running if name.startswith("beat")]:
            site.kill(beat)  # for a day and more, as the last run on record then says
        time.sleep(1.5)
        site.more(batch, days=1)
        site.start("beat-again")
        site.wait(site.is_told, 120)
        site.more(batch)
        stop_queue(site, SILENCE * share)
        late = site.wait(site.is_told, 120)
        site.kill("worker")
        site.more(max(batch, round(PEOPLE * share) - site.people))
        site.start("worker")
        site.wait(site.is_settled, 600)
        found = site.figures()
    found |= {"kills": len(hit), "points": len(set(hit)), "random kills": strikes, "after the queue came back": round(late, 1),
              "seconds": round(time.monotonic() - begun), "seed": SEED}  # fmt: skip
    say(json.dumps(found))
    return found


def check(found):
    assert found["digests"] == found["lines"] == found["people"]
    assert found["twice in the inbox"] == found["with keys: twice"] == found["without: twice"] == 0
    states = found["states"]
    assert set(states) <= {"sent", "unknown"}
    assert sum(states.values()) == found["people"]
    assert found["with keys: not sent"] == 0
    assert found["with keys: effects"] == found["with keys"]
    arrived = found["with keys: effects"] + found["without: effects"]
    assert arrived == found["people"] - found["unknown"] + found["unknown, yet arrived"]


def test_each_message_once_whatever_is_killed():
    assert len(POINTS) >= 12
    check(prove(SHARE))
