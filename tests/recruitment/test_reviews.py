"""Reviews that repeat: entered in any order, late ones flagged, the last one taken back alone; nothing after the archive."""

from dataclasses import replace
from datetime import date

import pytest

from recruitment.legality import Act, Case, faults, following, refusal, standing
from tests.recruitment.roads import ROAD, is_working, road

OPINIONS = {"opinions": "同意"}


def with_acts(case, *acts):
    return replace(case, acts=(*case.acts, *acts))


def blocking(case):
    return [fault.says for fault in faults(case, is_working=is_working) if fault.blocks]


def test_a_review_entered_late_leaves_lawful_steps_lawful():
    case = road("prospect_filing")  # confirmed on 7 April 2025
    added = Act("cultivate", date(2025, 1, 8))

    assert refusal(case, added, is_working=is_working) is None
    assert blocking(with_acts(case, added)) == []


@pytest.mark.parametrize(("on", "may"), [(date(2025, 4, 7), True), (date(2025, 4, 8), False)], ids=str)
def test_no_review_lies_after_the_step_that_ends_them(on, may):
    assert (refusal(road("prospect_filing"), Act("cultivate", on), is_working=is_working) is None) is may


@pytest.mark.parametrize(("on", "may"), [(date(2025, 3, 18), True), (date(2025, 3, 17), False)], ids=str)
def test_the_step_that_ends_them_is_not_before_the_last_one(on, may):
    case = road("cultivate", confirm_activist=(date(2024, 3, 10), {"recommended_by": "推优"}))
    case = with_acts(case, Act("cultivate", date(2025, 3, 18)), Act("cultivate", date(2024, 9, 10)))

    assert (refusal(case, Act("confirm_prospect", on, OPINIONS), is_working=is_working) is None) is may


def test_a_quarterly_review_between_application_and_vote_is_lawful():
    case = Case(
        (*ROAD, Act("transfer_apply", date(2026, 7, 10)), Act("probation_review", date(2026, 7, 15))),
        born=date(1995, 5, 17),
    )

    assert blocking(case) == []


@pytest.mark.parametrize(("on", "late"), [(date(2024, 9, 18), False), (date(2024, 9, 19), True)], ids=str)
def test_a_review_after_its_half_year_is_flagged(on, late):
    case = with_acts(road("cultivate"), Act("cultivate", on))
    found = [fault for fault in faults(case, is_working=is_working) if fault.step == "cultivate"]

    assert [(fault.blocks, fault.day) for fault in found] == ([(False, date(2024, 9, 18))] if late else [])


def test_of_two_reviews_the_last_is_taken_back_and_what_rests_on_the_first_stays():
    case = with_acts(road("prospect_filing"), Act("cultivate", date(2025, 5, 1), undoes=True))
    acts = standing(case)

    assert [act.on for act in acts["cultivate"]] == [date(2024, 9, 10)]
    assert "confirm_prospect" in acts


def test_with_the_only_review_falls_what_rests_on_it():
    case = road("prospect_filing")
    for _ in range(2):
        case = with_acts(case, Act("cultivate", date(2025, 5, 1), undoes=True))

    assert {"cultivate", "confirm_prospect"} & set(standing(case)) == set()


def test_a_review_can_come_next_only_after_what_it_rests_on():
    found = {each.step: each for each in following(road("cultivate"), on=date(2024, 4, 1), is_working=is_working)}

    assert (found["cultivate"].earliest, found["cultivate"].due) == (date(2024, 3, 28), date(2024, 9, 18))


def test_the_archive_waits_for_oath_and_filing_and_ends_the_road():
    end = [
        Act("transfer_apply", date(2026, 7, 10)),
        Act(
            "conversion_vote",
            date(2026, 7, 20),
            {"vote": {"entitled": 9, "present": 9, "in_favour": 9, "secret": True}},
        ),
        Act("conversion_approval", date(2026, 8, 20), {"approver": "committee"}),
    ]
    archive = Act("archive", date(2026, 9, 1))
    without = Case(tuple(act for act in ROAD if act.step != "oath") + tuple(end), born=date(1995, 5, 17))
    case = Case((*ROAD, *end), born=date(1995, 5, 17))

    assert refusal(without, archive, is_working=is_working).says == "要先办理“入党宣誓”"
    assert refusal(case, archive, is_working=is_working) is None
    done = with_acts(case, archive)
    assert following(done, on=date(2026, 9, 2), is_working=is_working) == []
    assert "已经归档" in refusal(done, Act("probation_review", date(2026, 7, 1)), is_working=is_working).says
