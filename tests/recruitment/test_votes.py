"""One truth about votes: what the engine of the 细则 and the rules of meetings say of the same count."""

from datetime import date

import pytest
from django.core.exceptions import ValidationError

from meetings.voting import judge
from recruitment.legality import CHECKS, Act
from recruitment.road import in_force
from rulebook.book import in_force as rules_of

DAYS = [date(2026, 5, 10), date(2026, 5, 11)]  # the last day of one edition, the first of the next


@pytest.mark.django_db
@pytest.mark.parametrize("step", ["branch_vote", "conversion_vote"])
@pytest.mark.parametrize("on", DAYS, ids=str)
def test_the_engine_and_the_meeting_judge_every_count_alike(on, step):
    book = rules_of(on=on)
    need = next(need for need in in_force(on).steps[step].needs if need["check"] == "vote")
    for entitled in range(1, 12):
        for present in range(entitled + 1):
            for written in range(entitled - present + 1):
                for in_favour in range(present + written + 1):
                    counts = {"entitled": entitled, "present": present, "in_favour": in_favour, "written": written}
                    try:
                        carried = judge("recruitment", **counts, on=on, book=book).carries
                    except ValidationError:
                        assert written
                        assert need["written"] == "not_counted"
                        continue
                    act = Act(step, on, {"vote": {**counts, "secret": True}})
                    assert (CHECKS["vote"](need, act, None, None) is None) is carried, counts


@pytest.mark.parametrize(("on", "needed"), [(DAYS[0], False), (DAYS[1], True)], ids=str)
def test_from_may_2026_a_vote_is_secret(on, needed):
    need = next(need for need in in_force(on).steps["branch_vote"].needs if need["check"] == "vote")
    open_vote = Act("branch_vote", on, {"vote": {"entitled": 9, "present": 9, "in_favour": 9}})

    assert (CHECKS["vote"](need, open_vote, None, None) is not None) is needed
