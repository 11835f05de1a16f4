"""T-PG-1: PostgreSQL is killed (-9) again and again under 20 people who write over HTTP: nothing that was answered with
“saved” is lost, pages say 503 meanwhile and never 500, and everything goes on by itself."""

import threading
import time
from collections import Counter
from itertools import count

import pytest

from tests.proofs import real_site
from tests.proofs.scale import SHARE

WRITERS = 20
KILLS = max(2, round(10 * SHARE))
LOAD_SECONDS = 4
BACK_SECONDS = 10


class Writer(threading.Thread):
    """One person who registers teachers, one after the other, and remembers what the portal said of each."""

    def __init__(self, phone, number, over):
        super().__init__(daemon=True)
        self.phone, self.number, self.over = phone, number, over
        self.saved, self.unknown, self.statuses = [], [], Counter()

    def run(self):
        for turn in count():
            if self.over.is_set():
                return
            unit = f"w{self.number}-{turn}"
            try:
                status, _ = self.phone.post("/training/teachers/add/", branch=self.root, name="某某", unit=unit)
            except OSError:
                status = 0
            self.statuses[status] += 1
            (self.saved if status == 302 else self.unknown).append(unit)
            if status != 302:
                time.sleep(0.3)


class Watcher(threading.Thread):
    """Somebody who looks at a page of the database all the time: (moment, status)."""

    def __init__(self, phone, over):
        super().__init__(daemon=True)
        self.phone, self.over, self.seen = phone, over, []

    def run(self):
        while not self.over.is_set():
            try:
                status, page = self.phone.get("/training/teachers/")
            except OSError:
                status, page = 0, ""
            self.seen.append((time.monotonic(), status, "系统正在恢复" in page, "Traceback" in page))
            time.sleep(0.05)


@pytest.fixture(scope="module")
def site():
    with real_site.running() as site:
        yield site


def test_what_was_acknowledged_outlives_every_crash(site):
    over = threading.Event()
    [(root,)] = site.rows("SELECT id FROM branches_branch WHERE parent_id IS NULL")
    *phones, looking = site.people(WRITERS + 1)
    writers = [Writer(phone, number, over) for number, phone in enumerate(phones)]
    for writer in writers:
        writer.root = root
        assert writer.phone.get("/training/teachers/add/")[0] == 200
    watcher = Watcher(looking, over)
    for thread in (*writers, watcher):
        thread.start()
    starts, backs = [], []
    for _ in range(KILLS):
        time.sleep(LOAD_SECONDS)
        site.kill_database()
        time.sleep(1)  # a page opened meanwhile is answered too
        starts.append(site.bring_database_back())
        ready = time.monotonic()
        real_site.until(lambda at=ready: any(seen[0] > at and seen[1] == 200 for seen in watcher.seen), 60, site.log)
        backs.append(next(moment for moment, status, *_ in watcher.seen if moment > ready and status == 200) - ready)
    time.sleep(LOAD_SECONDS)
    over.set()
    for thread in (*writers, watcher):
        thread.join(30)

    kept = Counter(unit for (unit,) in site.rows("SELECT unit FROM training_teacher WHERE unit LIKE 'w%%'"))
    saved = [unit for writer in writers for unit in writer.saved]
    unknown = [unit for writer in writers for unit in writer.unknown]
    statuses = sum((writer.statuses for writer in writers), Counter())
    pages = Counter(status for _, status, *_ in watcher.seen)
    acts = site.rows("SELECT count(*) FROM accounts_auditevent WHERE label = 'training.Teacher'")[0][0]
    print(
        f"{KILLS} kills, {len(saved)} acknowledged, {sum(unit not in kept for unit in saved)} missing; {len(unknown)} unknown, "
        f"of which {sum(unit in kept for unit in unknown)} committed; statuses {dict(statuses)}; pages {dict(pages)}; "
        f"PostgreSQL back after {max(starts):.1f} s at most, the web {max(backs):.2f} s later at most"
    )
    assert [unit for unit in saved if unit not in kept] == []
    assert max(kept.values()) == 1
    assert acts == len(kept), "an act without its record, or a record without its act"
    assert set(statuses) <= {302, 503}
    assert set(pages) <= {200, 503}
    assert all(is_told for _, status, is_told, _ in watcher.seen if status == 503)
    assert not any(is_trace for *_, is_trace in watcher.seen)
    assert max(backs) <= BACK_SECONDS
    assert len(saved) > KILLS * WRITERS
