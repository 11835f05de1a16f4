"""T-RACE: a year is sealed while eight people write on it (a few runs; the long proof is tests/proofs/test_scoring_race.py)."""

import pytest

from accounts import audit
from assessment import verification
from tests.assessment import racing

RUNS = 5


@pytest.fixture
def committed(django_db_setup, django_db_blocker, monkeypatch):
    """Rows that other connections see: the record of acts takes no TRUNCATE, so nothing is put on it."""
    monkeypatch.setattr(audit, "record", lambda *args, **detail: None)
    with django_db_blocker.unblock(), racing.graded_for_all() as made:
        yield made


def test_what_is_sealed_is_one_instant(committed, monkeypatch, settings, tmp_path):
    settings.VAR_DIR = tmp_path
    round, branches = committed
    kept, written = racing.watching(monkeypatch), 0
    for seed in range(RUNS):
        written += racing.race(round, branches, kept, seed)
        assert verification.verify().breaks == []
        kept.clear()
        racing.forget_seals()
        (tmp_path / "seal-heads.log").unlink()
    assert written >= RUNS
