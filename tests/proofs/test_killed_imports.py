"""A worker killed in mid-import leaves nothing behind, and run again the import is there once."""

import json
import random
import time

from tests.proofs.import_site import POINTS, running
from tests.proofs.scale import SEED, SHARE

ROWS, ANYWHEN = 10_000, 20  # members; kills at random


def prove(rows, anywhen, *, points=POINTS, say=print):
    rng, begun = random.Random(f"{SEED}/killed"), time.monotonic()
    found = {"rows": rows, "points": 0, "random kills": 0, "traces": 0, "done early": 0, "seed": SEED}
    with running() as site:
        _, job = map(int, site.run("-m", "tests.proofs.import_stage", str(rows)).split())
        before = site.checksum()
        took = 2 * rows / ROWS  # seconds, about as long as the writing
        for name in [name for name in points if name != "job-committed"]:
            (site.faults / name).touch()
            site.start()
            site.wait(lambda name=name: not (site.faults / name).exists())
            found["points"] += 1
            found["traces"] += _after(site, job, before)
        for _ in range(anywhen):
            site.start()
            site.wait(lambda: site.job(job)[0] == "running" and not site.nobody_works())
            time.sleep(rng.random() * took)
            found["random kills"] += 1
            found["traces"] += _after(site, job, before)
            if site.job(job)[0] == "done":
                found["done early"] += 1
                break
        (site.faults / "job-committed").touch()
        site.start()
        site.wait(lambda: site.job(job)[0] == "done")
        site.kill()
        found["members"] = site.all("SELECT count(*) FROM members_member")[0][0]
        once = site.checksum()
        site.start()
        time.sleep(1)
        found["changed by running again"] = site.checksum() != once
        found["events"] = site.all("SELECT count(*) FROM accounts_auditevent WHERE action = 'member.import'")[0][0]
    found["seconds"] = round(time.monotonic() - begun)
    say(json.dumps(found))
    return found


def _after(site, job, before):
    """1 when the killed worker left a trace although its job is not done; its attempts are forgiven, so that all kills count."""
    site.kill()
    site.wait(site.nobody_works)
    is_done = site.job(job)[0] == "done"
    site.all("UPDATE jobs_job SET attempts = 0 WHERE id = %s RETURNING id", job)
    return int(not is_done and site.checksum() != before)


def check(found):
    assert found["traces"] == 0
    assert found["members"] == found["rows"]
    assert found["events"] == 1
    assert not found["changed by running again"]


def test_a_killed_import_leaves_nothing_and_is_done_once():
    check(prove(max(200, round(ROWS * SHARE)), max(2, round(ANYWHEN * SHARE))))
