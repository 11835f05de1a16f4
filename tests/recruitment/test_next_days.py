"""From which day on the next step may be taken: with a notice on record, over two editions, past gaps of an old road."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from recruitment.legality import Act, Case, faults, following, gaps, refusal
from recruitment.road import known_editions
from tests.recruitment.roads import FULL, ROAD, is_working, road

DAY = timedelta(days=1)
CHANGE = date(2026, 5, 11)
VOTE = {"vote": {"entitled": 11, "present": 9, "in_favour": 9, "secret": True}}


def next_of(case, step, on):
    return next((found for found in following(case, on=on, is_working=is_working) if found.step == step), None)


def noticed(start, until, case=None):
    return replace(case or road("confirm_prospect"), notices={"confirm_prospect": (start, until)})


# --- a notice on record


NOTICES = [  # first and last day of the notice, the day on which one looks, the first day of the step
    ("正在公示", date(2026, 6, 5), date(2026, 6, 11), date(2026, 6, 8), date(2026, 6, 12)),
    ("早已期满", date(2026, 6, 5), date(2026, 6, 11), date(2026, 11, 20), date(2026, 6, 12)),
    ("多公示了几天", date(2026, 6, 5), date(2026, 6, 18), date(2026, 6, 8), date(2026, 6, 19)),
    ("少一天，还在公示", date(2026, 6, 5), date(2026, 6, 10), date(2026, 6, 8), date(2026, 6, 12)),
    ("少一天，当天可以顺延", date(2026, 6, 5), date(2026, 6, 10), date(2026, 6, 11), date(2026, 6, 12)),
    ("少一天，已经过去，重新公示", date(2026, 6, 5), date(2026, 6, 10), date(2026, 6, 12), date(2026, 6, 19)),
]  # fmt: skip


@pytest.mark.parametrize(
    ("start", "until", "on", "first"), [row[1:] for row in NOTICES], ids=[row[0] for row in NOTICES]
)
def test_the_step_rests_on_the_notice_on_record(start, until, on, first):
    assert next_of(noticed(start, until), "confirm_prospect", on).earliest == first


@pytest.mark.parametrize("on", [date(2026, 6, 8), date(2026, 6, 12), date(2027, 1, 4)])
def test_that_day_is_accepted_and_the_day_before_is_not(on):
    start, until = date(2026, 6, 5), date(2026, 6, 11)
    case = noticed(start, until)
    first = next_of(case, "confirm_prospect", on).earliest
    data = {"opinions": "同意", "public_from": start, "public_until": until}

    assert refusal(case, Act("confirm_prospect", first, data), is_working=is_working) is None
    assert refusal(case, Act("confirm_prospect", first - DAY, data), is_working=is_working).day == first


def test_a_notice_does_not_shorten_the_year():
    case = road("confirm_prospect", confirm_activist=(date(2026, 3, 18), {"recommended_by": "推优"}),
                activist_filing=date(2026, 3, 26), assign_mentor=(date(2026, 3, 28), {"mentors": [FULL]}),
                cultivate=date(2026, 9, 10))  # fmt: skip

    assert next_of(
        noticed(date(2026, 9, 14), date(2026, 9, 20), case), "confirm_prospect", date(2026, 9, 21)
    ).earliest == date(2027, 3, 18)


# --- two editions


LATE = [  # a step not yet taken: what was done before, the day on which one looks, the first day
    ("旧细则时已可办，新细则时还没办", "committee_screen", {}, date(2026, 11, 20), date(2025, 6, 13)),
    ("旧细则时看旧细则", "committee_screen", {}, date(2025, 7, 1), date(2025, 6, 13)),
    ("新细则前一天可办", "committee_screen", {"prospect_training": (CHANGE - DAY, {"days": 3})}, date(2026, 11, 20), CHANGE - DAY),
    ("新细则当天可办", "committee_screen", {"prospect_training": (CHANGE, {"days": 3, "passed": True})}, date(2026, 11, 20), CHANGE),
    ("旧细则时满一年，新细则要先公示", "confirm_prospect", {}, date(2026, 11, 20), date(2026, 11, 27)),
    ("旧细则最后一天不用公示", "confirm_prospect", {}, CHANGE - DAY, date(2025, 3, 18)),
    ("预备期跨过新细则", "transfer_apply", {}, date(2026, 11, 20), date(2026, 7, 10)),
    ("预备期在旧细则时已满", "transfer_apply", {"branch_vote": (date(2025, 2, 28), VOTE)}, date(2026, 11, 20), date(2026, 2, 28)),
]  # fmt: skip


@pytest.mark.parametrize(("step", "days", "on", "first"), [row[1:] for row in LATE], ids=[row[0] for row in LATE])
def test_an_edition_makes_no_step_possible_on_its_own_first_day(step, days, on, first):
    case = road(step, **days)
    if step == "transfer_apply" and days:  # the reviews that came before that end
        case = replace(case, acts=(*case.acts, Act("probation_review", date(2025, 10, 10))))
    if step == "confirm_prospect":
        case = replace(case, acts=tuple(act for act in case.acts if act.on < date(2025, 3, 10)))

    assert next_of(case, step, on).earliest == first


def test_what_was_possible_before_the_change_is_due_by_the_edition_of_today():
    case = road("oath", committee_approval=(date(2026, 4, 20), {"approver": "committee"}))
    before, after = next_of(case, "oath", CHANGE - DAY), next_of(case, "oath", CHANGE)

    assert (before.earliest, before.due) == (date(2026, 4, 20), None)
    assert (after.earliest, after.due) == (date(2026, 4, 20), date(2026, 5, 20))


def test_a_road_from_before_the_first_edition_has_its_own_days():
    first = known_editions()[0].since
    old = Case((Act("apply", date(2013, 3, 1), {"received_on": date(2013, 3, 1)}),), born=date(1980, 1, 1))

    assert next_of(old, "initial_talk", date(2026, 11, 20)).earliest == date(2013, 3, 1) < first
    assert next_of(old, "initial_talk", date(2026, 11, 20)).due == date(2013, 4, 1)


# --- gaps of a road begun on paper


def without(*lost, before="assign_sponsors"):
    case = road(before)
    return replace(case, acts=tuple(act for act in case.acts if act.step not in lost))


def test_what_a_road_went_past_is_a_gap_and_nothing_to_do_in_time():
    case = without("initial_talk", "activist_filing", "cultivate")
    on = date(2026, 11, 20)

    assert [each.step for each in gaps(case, on=on, is_working=is_working)] == [
        "initial_talk",
        "activist_filing",
        "cultivate",
    ]
    assert {(each.due, each.last) for each in gaps(case, on=on, is_working=is_working)} == {(None, None)}
    assert [each.step for each in following(case, on=on, is_working=is_working)] == [
        "assign_sponsors",
        "prospect_training",
    ]


def test_what_nothing_rests_on_yet_is_still_to_do():
    case = without("activist_filing", before="confirm_prospect")

    assert gaps(case, on=date(2026, 11, 20), is_working=is_working) == []
    assert next_of(case, "activist_filing", date(2026, 11, 20)).earliest == date(2024, 3, 18)


def test_a_whole_road_has_no_gap():
    for number in range(len(ROAD) + 1):
        assert gaps(Case(ROAD[:number]), on=date(2026, 11, 20), is_working=is_working) == []


@pytest.mark.parametrize(
    ("day", "says"), [(date(2024, 3, 18), None), (date(2024, 3, 19), "晚于“推荐和确定入党积极分子”（2024-03-18）")]
)
def test_a_gap_is_filled_by_a_day_before_what_rests_on_it(day, says):
    found = refusal(without("initial_talk"), Act("initial_talk", day), is_working=is_working)

    assert (found and found.says) == says


def on_paper(case, **fields):
    return replace(case, acts=tuple(replace(act, on_paper=True) for act in case.acts), **fields)


def test_an_oath_that_the_ledger_does_not_tell_is_a_gap_once_it_tells_of_later_steps():
    case = road("transfer_apply", committee_approval=(date(2025, 8, 30), {"approver": "committee"}))
    lost = replace(case, acts=tuple(act for act in case.acts if act.step != "oath"))
    on = date(2026, 6, 1)

    assert [each.step for each in gaps(on_paper(lost), on=on, is_working=is_working)] == ["oath"]
    assert next_of(on_paper(lost), "oath", on) is None
    assert gaps(lost, on=on, is_working=is_working) == [], "a road that was walked here: it was not done"
    assert next_of(lost, "oath", on).due == date(2025, 9, 30)
    before = on_paper(replace(lost, acts=lost.acts[:-1]))  # nothing later than the approval but the group
    assert next_of(before, "oath", on).due == date(2025, 9, 30)


@pytest.mark.parametrize(
    ("came_on", "due"),
    [(None, date(2025, 9, 10)), (date(2025, 9, 10), date(2025, 9, 10)), (date(2025, 9, 11), date(2026, 3, 10)),
     (date(2026, 11, 20), date(2027, 3, 10))],
    ids=["walked here", "came in on the last day", "came in a day later", "came in much later"],
)  # fmt: skip
def test_reviews_that_were_due_before_a_road_came_in_are_not_owed(came_on, due):
    case = on_paper(road("confirm_prospect"), came_on=came_on)  # the last review on 10 March 2025
    late = replace(case, acts=(*case.acts, Act("cultivate", due + DAY)))
    in_time = replace(case, acts=(*case.acts, Act("cultivate", due)))

    assert next_of(case, "cultivate", date(2026, 11, 20)).due == due
    assert [fault.day for fault in faults(late, is_working=is_working)] == [due]
    assert faults(in_time, is_working=is_working) == []
