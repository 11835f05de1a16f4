"""The days of the 细则, typed by hand from its articles: the earliest and the latest day of each step, the day before and after."""

from datetime import date, timedelta

import pytest

from recruitment.legality import Act, Case, faults, following, last_workday, refusal, standing
from recruitment.road import in_force, known_editions
from tests.recruitment.roads import FULL, ROAD, is_working, road

DAY = timedelta(days=1)
VOTE = {"vote": {"entitled": 11, "present": 9, "in_favour": 9, "secret": True}}


def next_of(case, step, on):
    return next(found for found in following(case, on=on, is_working=is_working) if found.step == step)


def refused(case, act):
    found = refusal(case, act, is_working=is_working)
    return found and found.article


EARLIEST = [  # what was done on which day → the first lawful day of the step, and the article that says so
    ("满一年", "confirm_prospect", {"confirm_activist": date(2024, 3, 18)}, date(2025, 3, 18), "第十三条"),
    ("满一年，2 月 29 日起", "confirm_prospect", {"confirm_activist": date(2024, 2, 29), "activist_filing": date(2024, 3, 1)},
     date(2025, 2, 28), "第十三条"),
    ("满一年，月末", "confirm_prospect", {"confirm_activist": date(2024, 3, 31), "activist_filing": date(2024, 3, 31),
     "assign_mentor": (date(2024, 3, 31), {"mentors": [FULL]})}, date(2025, 3, 31), "第十三条"),
    ("预备期一年", "transfer_apply", {"branch_vote": (date(2025, 7, 10), VOTE)}, date(2026, 7, 10), "第三十一条、第三十二条"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("step", "days", "first", "article"), [row[1:] for row in EARLIEST], ids=[row[0] for row in EARLIEST]
)
def test_a_step_is_lawful_from_its_first_day_on_and_not_the_day_before(step, days, first, article):
    days = {**days, "cultivate": date(2024, 9, 10)} if step == "confirm_prospect" else days
    case = road(step, **days)
    data = {"opinions": "同意"}

    assert next_of(case, step, date(2025, 1, 10)).earliest == first
    assert refused(case, Act(step, first, data)) is None
    assert refused(case, Act(step, first - DAY, data)) == article


LATEST = [  # the last day of a span, whether it is unlawful afterwards or only late
    ("谈话一个月", "initial_talk", {"apply": (date(2023, 9, 1), {"received_on": date(2023, 9, 4)})}, date(2023, 10, 4), False, "第七条"),
    ("谈话一个月，月末收到", "initial_talk", {"apply": (date(2023, 12, 1), {"received_on": date(2024, 1, 31)})},
     date(2024, 2, 29), False, "第七条"),
    ("谈话一个月，平年二月", "initial_talk", {"apply": (date(2022, 12, 1), {"received_on": date(2023, 1, 30)})},
     date(2023, 2, 28), False, "第七条"),
    ("审批三个月", "committee_approval", {}, date(2025, 10, 10), False, "第二十六条"),
    ("审批三个月，月末", "committee_approval", {"branch_vote": (date(2025, 11, 30), VOTE), "superior_talk": date(2025, 12, 1)},
     date(2026, 2, 28), False, "第二十六条"),
    ("审批六个月", "committee_approval", {}, date(2026, 1, 10), True, "第二十六条"),
    ("审批六个月，2026 年细则", "committee_approval",
     {"branch_vote": (date(2025, 12, 31), VOTE), "superior_talk": date(2026, 1, 5)}, date(2026, 6, 30), True, "第二十五条"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("step", "days", "last", "blocks", "article"), [row[1:] for row in LATEST], ids=[row[0] for row in LATEST]
)
def test_a_span_ends_on_its_last_day(step, days, last, blocks, article):
    case = road(step, **days)
    data = {"approver": "committee"}
    in_time, late = (
        [
            fault
            for fault in faults(Case((*case.acts, Act(step, day, data)), born=case.born), is_working=is_working)
            if fault.step == step and fault.blocks is blocks
        ]
        for day in (last, last + DAY)
    )
    found = next_of(case, step, last)

    assert in_time == []
    assert [fault.article for fault in late] == [article]
    assert (found.last if blocks else found.due) == last
    assert refused(case, Act(step, last + DAY, data)) == (article if blocks else None)


@pytest.mark.parametrize(
    ("months", "first"),
    [(0, date(2026, 7, 10)), (6, date(2027, 1, 10)), (12, date(2027, 7, 10))],
    ids=["一年", "延长半年", "延长一年"],
)
def test_probation_is_a_year_and_what_it_was_extended_by(months, first):
    case = road("transfer_apply", extended=months)

    assert next_of(case, "transfer_apply", date(2026, 1, 1)).earliest == first
    assert refused(case, Act("transfer_apply", first - DAY)) == "第三十一条、第三十二条"
    assert refused(case, Act("transfer_apply", first)) is None


@pytest.mark.parametrize(
    ("born", "day"),
    [
        (date(2005, 9, 1), date(2023, 9, 1)),
        (date(2008, 2, 29), date(2026, 3, 1)),
        (date(2006, 2, 28), date(2024, 2, 28)),
    ],
    ids=["生日当天", "2 月 29 日生", "2 月 28 日生"],
)
def test_nobody_applies_before_eighteen(born, day):
    case = Case((), born=born)

    assert refused(case, Act("apply", day)) is None
    assert refused(case, Act("apply", day - DAY)) == "第五条"
    assert refused(Case(()), Act("apply", day)) == "第五条"  # without a birth date nobody can know


PUBLIC = [  # 2026: five working days, the first counted, and listed afterwards
    ("一周", date(2026, 6, 5), date(2026, 6, 11)),
    ("跨国庆和调休", date(2026, 9, 29), date(2026, 10, 10)),
    ("从假期里开始", date(2026, 10, 3), date(2026, 10, 13)),
]


@pytest.mark.parametrize(("start", "end"), [row[1:] for row in PUBLIC], ids=[row[0] for row in PUBLIC])
def test_a_public_notice_stands_five_working_days(start, end):
    case = road("confirm_prospect")

    def act(until, on):
        return Act("confirm_prospect", on, {"opinions": "同意", "public_from": start, "public_until": until})

    assert last_workday(start, 5, is_working) == end
    assert refused(case, act(end, end + DAY)) is None
    assert refused(case, act(end, end)) == "第十三条", "listed while it still stands"
    assert refused(case, act(end - DAY, end + DAY)) == "第十三条", "a day short"
    assert refused(case, Act("confirm_prospect", end + DAY, {"opinions": "同意"})) == "第十三条", "never shown"


def test_without_a_notice_yet_the_first_day_is_after_one_that_begins_today():
    case = road("confirm_prospect")

    assert next_of(case, "confirm_prospect", date(2026, 9, 29)).earliest == date(2026, 10, 11)


class TestBothEditionsOnOneRoad:
    """发展对象 under the edition of 2014, the vote under that of 2026: each step by the one in force on its day."""

    change = date(2026, 5, 11)

    def test_an_edition_holds_from_its_day_on(self):
        assert in_force(self.change - DAY).key == "2014"
        assert in_force(self.change).key == "2026"
        assert [edition.key for edition in known_editions()] == ["2014", "2026"]
        assert in_force(date(2000, 1, 1)).key == "2014"

    def test_before_the_change_no_notice_is_asked_for_and_after_it_is(self):
        case, data = road("confirm_prospect"), {"opinions": "同意"}

        assert refused(case, Act("confirm_prospect", self.change - DAY, data)) is None
        assert refused(case, Act("confirm_prospect", self.change, data)) == "第十三条"

    def test_what_was_done_is_never_judged_anew(self):
        case = road("pre_review")
        later = Case((*case.acts, Act("pre_review", date(2026, 6, 1), {"conclusion": "passed"})), born=case.born)

        assert faults(later, is_working=is_working) == []

    def test_the_vote_has_a_month_and_no_written_opinions_under_the_new_one(self):
        days = {"pre_review": (date(2026, 6, 1), {"conclusion": "passed"}),
                "fill_application_form": (date(2026, 6, 2), {"form_number": "5"})}  # fmt: skip
        case = road("branch_vote", **days)
        written = {"vote": {"entitled": 11, "present": 6, "in_favour": 6, "written": 1, "secret": True}}

        assert next_of(case, "branch_vote", date(2026, 6, 3)).due == date(2026, 7, 1)
        assert refused(case, Act("branch_vote", date(2026, 7, 2), VOTE)) is None, "late, but not unlawful"
        assert refused(case, Act("branch_vote", date(2026, 6, 30), written)) == "第二十条"
        assert refused(road("branch_vote"), Act("branch_vote", date(2025, 7, 10), written)) is None

    def test_the_oath_has_a_month_under_the_new_one_alone(self):
        old, new = road("oath"), road("oath", committee_approval=(date(2026, 6, 10), {"approver": "committee"}))

        assert next_of(old, "oath", date(2025, 9, 6)).due is None
        assert next_of(new, "oath", date(2026, 6, 11)).due == date(2026, 7, 10)


VOTES = [  # entitled, present, in favour, whether it carries: more than half, of those entitled
    (11, 6, 6, True), (11, 5, 5, False), (11, 6, 5, False), (10, 6, 6, True), (10, 5, 5, False), (10, 6, 5, False),
    (3, 2, 2, True), (3, 1, 1, False), (2, 2, 2, True), (2, 2, 1, False),
]  # fmt: skip


@pytest.mark.parametrize(("entitled", "present", "in_favour", "carries"), VOTES)
def test_more_than_half_are_there_and_more_than_half_agree(entitled, present, in_favour, carries):
    vote = {"entitled": entitled, "present": present, "in_favour": in_favour, "secret": True}
    found = refused(road("branch_vote"), Act("branch_vote", date(2025, 7, 10), {"vote": vote}))

    assert (found is None) is carries


PEOPLE = [
    ("assign_mentor", "mentors", [FULL], True), ("assign_mentor", "mentors", [FULL] * 3, False),
    ("assign_mentor", "mentors", [], False), ("assign_mentor", "mentors", [{"full": False}], False),
    ("assign_sponsors", "sponsors", [FULL] * 2, True), ("assign_sponsors", "sponsors", [FULL], False),
    ("assign_sponsors", "sponsors", [FULL, {"full": False}], False),
    ("assign_sponsors", "sponsors", [FULL, {"full": True, "on_probation": True}], False),
]  # fmt: skip


@pytest.mark.parametrize(("step", "role", "people", "right"), PEOPLE)
def test_mentors_and_sponsors_are_full_members_in_number(step, role, people, right):
    act = next(act for act in ROAD if act.step == step)

    assert (refused(road(step), Act(step, act.on, {role: people})) is None) is right


@pytest.mark.parametrize(
    ("data", "right"),
    [
        ({"days": 3}, True), ({"hours": 24}, True), ({"days": 2, "hours": 23}, False), ({}, False),
        ({"days": 1, "exception": "因公援外，县委组织部同意"}, True),
    ],
    ids=["三天", "二十四学时", "都不够", "没有", "特殊情况"],
)  # fmt: skip
def test_training_is_three_days_or_twenty_four_hours(data, right):
    act = Act("prospect_training", date(2025, 6, 13), data)

    assert (refused(road("prospect_training"), act) is None) is right


def test_general_branches_do_not_approve():
    act = Act("committee_approval", date(2025, 8, 30), {"approver": "general"})

    assert refused(road("committee_approval"), act) == "第二十三条"


def test_no_step_comes_before_what_it_rests_on():
    case = road("political_review")

    assert refused(case, Act("committee_screen", date(2025, 6, 20))) == "第十九条"
    assert refused(case, Act("political_review", date(2025, 4, 15), {"conclusion": "passed"})) == "第十六条"
    assert refused(case, Act("assign_sponsors", date(2025, 4, 20), {"sponsors": [FULL] * 2})) == "第十四条", (
        "done already"
    )


def test_taking_a_step_back_takes_back_what_rests_on_it_and_nothing_else():
    case = road("superior_talk")
    back = Case((*case.acts, Act("political_review", date(2025, 7, 12), undoes=True)), born=case.born)
    left = set(standing(back))

    assert {
        "political_review",
        "committee_screen",
        "pre_review",
        "fill_application_form",
        "branch_vote",
    } & left == set()
    assert {"prospect_training", "assign_sponsors"} <= left
    assert next_of(back, "political_review", date(2025, 7, 12)).earliest == date(2025, 4, 16)


def test_reviews_fall_due_every_half_year_until_somebody_is_listed():
    case = road("confirm_prospect")
    first = Case(case.acts[:5], born=case.born)

    assert next_of(first, "cultivate", date(2024, 4, 1)).due == date(2024, 9, 18)
    assert next_of(case, "cultivate", date(2025, 4, 1)).due == date(2025, 9, 10)
    assert "cultivate" not in {
        found.step for found in following(road("prospect_filing"), on=date(2025, 4, 8), is_working=is_working)
    }


def test_the_usual_road_is_lawful_to_its_end():
    case = road("")

    assert faults(case, is_working=is_working) == []
    assert {found.step for found in following(case, on=date(2026, 7, 10), is_working=is_working)} == {
        "transfer_apply", "probation_review"
    }  # fmt: skip
