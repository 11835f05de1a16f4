"""T-RACE: a year is sealed by two at once while eight people add records, send them back and move points: what is sealed is one
instant of the database, to the byte, as a second reading in the exported snapshot finds it; and the two make one seal."""

import pytest

from accounts import audit
from tests.assessment import racing
from tests.proofs.scale import SEED, SHARE

RUNS = max(5, round(300 * SHARE))


@pytest.fixture
def committed(django_db_setup, django_db_blocker, monkeypatch):
    monkeypatch.setattr(audit, "record", lambda *args, **detail: None)
    with django_db_blocker.unblock(), racing.graded_for_all() as made:
        yield made


def test_what_is_sealed_is_one_instant_whatever_is_written(committed, monkeypatch, settings, tmp_path, record_property):
    settings.VAR_DIR = tmp_path
    year, branches = committed
    kept, written = racing.watching(monkeypatch), 0
    for number in range(RUNS):
        written += racing.race(year, branches, kept, SEED + number)
        kept.clear()
        racing.forget_seals()
    record_property("runs", RUNS)
    record_property("written", written)
    print(f"\n{RUNS} runs, {written} acts written meanwhile, {RUNS} equal to their snapshot")
