"""整改 for others: done in time, how many are open, and whom the sweep tells on which day."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from branches import facts, rectifications
from branches.actions import root
from branches.models import Branch
from branches.rights import Role
from reminders import sweep
from reminders.models import DigestLine, Reminder
from rulebook.facts import Period
from tests.factories import BranchFactory, RectificationFactory, RectificationStepFactory, UserFactory

pytestmark = pytest.mark.django_db
ON = date(2025, 11, 20)
YEAR = Period.of_year(2025, on=ON)


@pytest.fixture
def branch():
    return BranchFactory(parent=BranchFactory(kind="committee"))


def item(branch, due_on, settled_on=None, **fields):
    if settled_on:
        fields |= {"accepted": True, "settled_on": settled_on}
    return RectificationFactory(branch=branch, raised_on=date(2024, 12, 1), due_on=due_on, **fields)


def on_time(branch, period=YEAR):
    found = facts.rectified_on_time(Branch.objects.filter(pk=branch.pk), period)
    return found and found.get(branch.pk)


def test_a_county_without_items_in_the_year_cannot_be_judged(branch):
    item(branch, date(2024, 12, 31))

    assert on_time(branch) is None


def test_who_had_none_is_left_out(branch):
    item(BranchFactory(), date(2025, 6, 1))

    assert facts.rectified_on_time(Branch.objects.filter(pk=branch.pk), YEAR) == {}


def test_in_time_of_all_that_was_due(branch):
    kept = [
        item(branch, date(2025, 6, 10), date(2025, 6, 10)),
        item(branch, date(2025, 6, 11), date(2025, 6, 12), source="patrol"),
        item(branch, date(2025, 11, 19), source="inspection"),
    ]
    item(branch, date(2025, 11, 20))  # today is its last day: still time
    waits = item(branch, date(2025, 7, 1), submitted=True)
    RectificationStepFactory(item=waits, act="submit", on=date(2025, 7, 1))
    tardy = item(branch, date(2025, 7, 1), submitted=True, source="review")
    RectificationStepFactory(item=tardy, act="submit", on=date(2025, 7, 2))

    fact = on_time(branch)

    assert (fact.value, fact.whole, fact.model) == (Decimal(1), Decimal(4), "branches.Rectification")
    assert set(fact.pks) == {row.pk for row in [*kept, tardy]}
    assert fact.missing == (
        "巡察反馈的整改（06-11 到期）", "述职评议的整改（07-01 到期）", "督导检查的整改（11-19 到期）",
    )  # fmt: skip
    assert fact.note == "按时提交、待上级验收 1 件"


def test_one_query_for_all_branches(django_assert_num_queries):
    for _ in range(3):
        item(BranchFactory(), date(2025, 6, 1))

    with django_assert_num_queries(1):
        assert len(facts.rectified_on_time(Branch.objects.all(), YEAR)) == 3
    with django_assert_num_queries(1):
        assert len(facts.rectifications_open(Branch.objects.all(), YEAR)) == 3


def test_what_is_open_and_what_of_it_is_late(branch):
    item(branch, date(2025, 11, 10), source="patrol")
    item(branch, date(2025, 11, 10), submitted=True)
    item(branch, date(2025, 12, 10))
    item(branch, date(2025, 6, 10), date(2025, 6, 1))

    fact = facts.rectifications_open(Branch.objects.filter(pk=branch.pk), YEAR)[branch.pk]

    assert (fact.value, fact.missing) == (Decimal(3), ("巡察反馈的整改超期 10 天",))


# --- reminders


def sweep_days(first, last):
    day = datetime(first.year, first.month, first.day, 0, 30, tzinfo=UTC)
    while day.date() <= last:
        sweep.run(day)
        day += timedelta(days=1)


def told(user):
    rows = DigestLine.objects.filter(digest__user=user, reminder__rule__startswith="remind.rectif").order_by(
        "digest__on", "pk"
    )
    return [
        (rule.removeprefix("remind."), f"{on:%m-%d}") for on, rule in rows.values_list("digest__on", "reminder__rule")
    ]


@pytest.fixture
def people(branch):
    return [
        UserFactory(serving=branch, role=Role.SECRETARY),
        UserFactory(serving=branch.parent, role=Role.COMMITTEE),
        UserFactory(serving=root(), role=Role.STAFF),
    ]


def test_the_branch_is_told_before_on_and_after_the_day_and_those_above_after_a_month(branch, people):
    secretary, upper, staff = people
    item(branch, date(2025, 6, 10))  # a Tuesday

    sweep_days(date(2025, 6, 1), date(2025, 7, 12))

    days = ["06-03", "06-10", "06-17", "06-24", "07-01", "07-08"]
    assert told(secretary) == [("rectification", day) for day in days]
    assert told(upper) == told(staff) == [("rectification", "07-10")]


def test_it_stops_with_the_handing_in_and_then_those_above_are_told(branch, people):
    secretary, upper, staff = people
    row = item(branch, date(2025, 6, 10))
    sweep_days(date(2025, 6, 2), date(2025, 6, 4))
    rectifications.submit(row, done="已改", by=secretary, on=date(2025, 6, 5))
    type(row).objects.filter(pk=row.pk).update(submitted_at=datetime(2025, 6, 5, 2, tzinfo=UTC))

    sweep_days(date(2025, 6, 5), date(2025, 6, 13))

    assert told(secretary) == [("rectification", "06-03")]
    assert told(upper) == told(staff) == [("rectification_waiting", "06-12")]
    rectifications.accept(row, by=upper, on=date(2025, 6, 13))
    sweep_days(date(2025, 6, 14), date(2025, 6, 20))
    assert len(told(upper)) == 1
    assert not Reminder.objects.filter(cleared_at=None, rule__startswith="remind.rectif").exists()


def test_what_comes_back_is_told_the_next_day(branch, people):
    secretary, upper, _ = people
    row = item(branch, date(2025, 9, 10))
    rectifications.submit(row, done="已改", by=secretary, on=date(2025, 6, 5))
    sweep_days(date(2025, 6, 5), date(2025, 6, 5))
    rectifications.send_back(row, words="再补", by=upper, on=date(2025, 6, 5))

    sweep_days(date(2025, 6, 6), date(2025, 6, 12))

    assert told(secretary) == [("rectification_returned", "06-06")]


def test_the_words_name_neither_problem_nor_person(branch):
    row = item(branch, date(2025, 6, 10), problem="周明同志没有交党费", source="patrol")

    words = facts.rectification_words([row.pk], ON)

    assert words == {row.pk: ("整改事项（巡察反馈）06-10 到期", row.get_absolute_url())}
