"""T-REM-1 at a small scale: a worker killed where it hurts most. `make prove` kills it everywhere."""

from tests.proofs.test_reminders import check, prove

WHERE = ["sweep-sent-uncommitted", "sweep-sent", "deliver-claimed", "deliver-on-the-wire"]


def test_each_message_once_whatever_is_killed():
    found = prove(0.006, points=WHERE)

    check(found)
    assert found["kills"] == len(WHERE)
