"""A report of a past day says what held on that day: who was where, what it was called, who led it, what was done by then."""

from datetime import date

import pytest
from django.http import QueryDict

from branches.actions import root
from branches.models import OrgChange
from branches.rights import Role
from members.models import Membership
from portal.forms import ReportForm
from portal.reports import making
from portal.reports.catalogue import BY_KEY
from tests.factories import (
    ApplicationFactory,
    BranchFactory,
    CommunityServiceFactory,
    DuesBaseFactory,
    DuesPaymentFactory,
    DutyFactory,
    FulfilmentFactory,
    GroupFactory,
    MemberFactory,
    MembershipFactory,
    OrgChangeFactory,
    PlacementFactory,
    PostFactory,
    RoadStepFactory,
    TermFactory,
    TransferFactory,
    TransferStepFactory,
    UserFactory,
    WeakCaseFactory,
    WeakProgressFactory,
)

TODAY = date(2026, 11, 22)
BEFORE, AFTER = date(2026, 6, 30), date(2026, 7, 1)


@pytest.fixture
def staff(db):
    return UserFactory(serving=root(), role=Role.STAFF)


def tables(key, by, on, **asked):
    report = BY_KEY[key]
    return {
        table.name: table for table in report.build(making.ask_of(report, {"on": on, **asked}, user=by, today=TODAY))
    }


def rows(key, name, by, on, **asked):
    return tables(key, by, on, **asked)[name].rows()


def organisation(name, by, on):
    return next((row for row in rows("organisations", "党组织基本情况", by, on) if row[0] == name), None)


def moved(since=AFTER, kind=Membership.Kind.FULL):
    """Somebody who was in one branch until the day before, and is in another from that day."""
    old, new = BranchFactory(name="原支部"), BranchFactory(name="新支部")
    member = MemberFactory(branch=new, since=since, name="周明远")
    MembershipFactory(member=member, branch=old, started_on=date(2020, 1, 1), ended_on=BEFORE, kind=kind)
    return member, old, new


@pytest.mark.parametrize(("on", "home"), [(BEFORE, "原支部"), (AFTER, "新支部")], ids=["last day", "first day"])
def test_who_moved_stands_where_the_person_was_on_the_day(staff, on, home):
    moved()

    assert [row[0] for row in rows("roster", "党员花名册", staff, on) if row[1] == "周明远"] == [home]


def test_of_who_went_elsewhere_since_only_the_membership_of_then_is_told(db):
    """Today's branch decides who reads about a person: the old one keeps that the person was a member of it."""
    committee, elsewhere = BranchFactory(kind="committee"), BranchFactory(kind="committee")
    old = BranchFactory(parent=committee, name="原支部")
    member = MemberFactory(branch=BranchFactory(parent=elsewhere), since=AFTER, name="周明远", education="20")
    MembershipFactory(member=member, branch=old, started_on=date(2020, 1, 1), ended_on=BEFORE)
    secretary = UserFactory(serving=committee, role=Role.COMMITTEE)

    (row,) = rows("roster", "党员花名册", secretary, BEFORE)

    assert row[:2] == ("原支部", "周明远")
    assert [cell for cell in row[2:-1] if cell] == ["正式党员"]
    assert row[-1] == "现已不在本范围，只列当时的登记"
    assert rows("roster", "党员花名册", secretary, AFTER) == []


@pytest.mark.parametrize(
    ("on", "name"), [(BEFORE, "旧名党支部"), (AFTER, "新名党支部")], ids=["the day before", "the day"]
)
def test_an_organisation_has_the_name_of_the_day(staff, on, name):
    branch = BranchFactory(name="新名党支部")
    OrgChangeFactory(branch=branch, kind=OrgChange.Kind.RENAMED, on=AFTER, before="旧名党支部", after="新名党支部")
    MemberFactory(branch=branch, name="周明远")

    assert organisation(name, staff, on)
    assert rows("roster", "党员花名册", staff, on)[0][0] == name


@pytest.mark.parametrize(("on", "kind"), [(BEFORE, "党支部"), (AFTER, "党总支")], ids=["the day before", "the day"])
def test_an_organisation_has_the_kind_of_the_day(staff, on, kind):
    branch = BranchFactory(name="一中", kind="general")
    OrgChangeFactory(branch=branch, kind=OrgChange.Kind.UPGRADED, on=AFTER, before="branch", after="general")

    assert organisation("一中", staff, on)[1] == kind


@pytest.mark.parametrize(("on", "upper"), [(BEFORE, "旧党委"), (AFTER, "新党委")], ids=["last day", "first day"])
def test_an_organisation_stands_below_the_one_of_the_day(staff, on, upper):
    first, second = BranchFactory(name="旧党委", kind="committee"), BranchFactory(name="新党委", kind="committee")
    branch = BranchFactory(name="一小", parent=second)
    branch.placements.all().delete()
    PlacementFactory(branch=branch, parent=first, started_on=date(2015, 1, 1), ended_on=BEFORE)
    PlacementFactory(branch=branch, parent=second, started_on=AFTER, ended_on=None)

    assert organisation("一小", staff, on)[2] == upper


@pytest.mark.parametrize(
    ("on", "began", "secretary"),
    [(BEFORE, date(2023, 6, 1), "周明远"), (AFTER, AFTER, "陈静")],
    ids=["before", "from the day"],
)
def test_the_term_and_the_secretary_are_those_of_the_day(staff, on, began, secretary):
    branch = BranchFactory(name="一小")
    for start, name in ((date(2023, 6, 1), "周明远"), (AFTER, "陈静")):
        term = TermFactory(branch=branch, started_on=start, expires_on=date(start.year + 3, 6, 30))
        member = MemberFactory(branch=branch, name=name)
        PostFactory(term=term, member=member, office="secretary", started_on=start)

    found = organisation("一小", staff, on)
    due = next(row for row in rows("terms", "换届到期一览", staff, on) if row[0] == "一小")

    assert (found[4], found[5]) == (secretary, began)
    assert due[2] == began


def test_a_closed_organisation_is_listed_until_its_last_day(staff):
    BranchFactory(name="并入的支部", closed_on=BEFORE)

    assert organisation("并入的支部", staff, BEFORE)
    assert organisation("并入的支部", staff, AFTER) is None


@pytest.mark.parametrize(("on", "groups"), [(BEFORE, 1), (AFTER, 2)], ids=["before", "from the day"])
def test_groups_are_counted_as_they_were(staff, on, groups):
    branch = BranchFactory(name="一小")
    GroupFactory(branch=branch, name="第一小组", started_on=date(2020, 1, 1))
    GroupFactory(branch=branch, name="第二小组", started_on=AFTER)

    assert organisation("一小", staff, on)[10] == groups


@pytest.mark.parametrize(
    ("on", "state"), [(date(2026, 5, 27), "缺"), (date(2026, 5, 28), "迟办")], ids=["not done yet", "done that day"]
)
def test_a_duty_done_later_was_not_done_on_the_day(staff, on, state):
    branch = BranchFactory()
    duty = DutyFactory(branch=branch, rule="theme_party_day", year=2026, period="2026-04")
    FulfilmentFactory(duty=duty, on=date(2026, 5, 28))

    detail = rows("meetings", "明细", staff, on, year=2026)

    assert [row[5] for row in detail if row[2] == "4 月"] == [state]


@pytest.mark.parametrize(("on", "services"), [(BEFORE, 0), (AFTER, 1)], ids=["the day before", "the day"])
def test_a_service_counts_from_its_day(staff, on, services):
    branch = BranchFactory()
    MemberFactory(branch=branch)
    CommunityServiceFactory(branch=branch, held_on=AFTER)

    (row,) = (row for row in rows("community", "双报到", staff, on, year=2026) if row[0] == branch.name)

    assert row[5] == services


def test_a_past_year_is_taken_as_of_its_last_day_and_this_year_as_of_today(staff):
    report = BY_KEY["meetings"]

    def day(**asked):
        form = ReportForm(
            QueryDict("&".join(f"{name}={value}" for name, value in asked.items())),
            report=report,
            user=staff,
            today=TODAY,
        )
        assert form.is_valid()
        return making.ask_of(report, form.cleaned_data, user=staff, today=TODAY).on

    assert day() == TODAY
    assert day(year=2025) == date(2025, 12, 31)
    assert day(year=2025, on="2025-06-30") == date(2025, 6, 30)


def test_what_has_no_history_is_said_on_a_report_of_a_past_day(staff):
    report = BY_KEY["roster"]
    past, now = (making.ask_of(report, {"on": on}, user=staff, today=TODAY).words for on in (BEFORE, TODAY))

    assert any(word.startswith("按目前登记：学历") for word in past)
    assert now == ()


@pytest.mark.parametrize(
    ("on", "told", "step"),
    [(date(2026, 3, 19), "", "入党申请"), (date(2026, 3, 20), "2026-03-20", "派人谈话")],
    ids=["the day before", "the day"],
)
def test_the_ledger_of_recruitment_ends_on_the_day(staff, on, told, step):
    application = ApplicationFactory(applied_on=date(2026, 3, 1), step="initial_talk")
    RoadStepFactory(application=application, on=date(2026, 3, 1))
    RoadStepFactory(application=application, step="initial_talk", on=date(2026, 3, 20), data={})
    table = tables("recruitment_ledger", staff, on, year=2026)["发展党员台账"]

    row = dict(zip((column.label for column in table.columns), table.rows()[0], strict=True))

    assert str(row["派人谈话"] or "") == told
    assert step in row["当前步骤"]


def test_who_was_not_yet_an_applicant_is_not_in_the_ledger(staff):
    application = ApplicationFactory(applied_on=date(2026, 3, 1))
    RoadStepFactory(application=application, on=date(2026, 3, 1))

    assert rows("recruitment_ledger", "发展党员台账", staff, date(2026, 2, 28), year=2026) == []


@pytest.mark.parametrize(
    ("on", "paid", "unpaid"),
    [(date(2026, 3, 9), 0, 1), (date(2026, 3, 10), 40, 0)],
    ids=["not paid yet", "paid that day"],
)
def test_dues_paid_later_were_unpaid_on_the_day(staff, on, paid, unpaid):
    branch = BranchFactory()
    member = MemberFactory(branch=branch, since=date(2026, 2, 1))
    DuesBaseFactory(member=member, year=2026)
    DuesPaymentFactory(member=member, branch=branch, month=date(2026, 2, 1), paid_on=date(2026, 3, 10))

    (row,) = rows("dues", "汇总", staff, on, year=2026)

    assert (row[3], row[5]) == (paid, unpaid)


@pytest.mark.parametrize(
    ("on", "state", "received"),
    [(date(2025, 11, 9), "在途", None), (date(2025, 11, 10), "转入支部已接收，待上级确认", date(2025, 11, 10))],
    ids=["on the way", "received"],
)
def test_a_transfer_stands_where_it_stood_on_the_day(staff, on, state, received):
    transfer = TransferFactory(issued=True, state="received", received_on=date(2025, 11, 10))
    for step, day in (("issued", date(2025, 11, 3)), ("received", date(2025, 11, 10))):
        TransferStepFactory(transfer=transfer, state=step, taken_on=day)

    (row,) = rows("transfers", "转接台账", staff, on, year=2025)

    assert (row[13], row[11]) == (state, received)


@pytest.mark.parametrize(
    ("on", "told"), [(date(2025, 9, 19), "整顿中"), (date(2025, 9, 20), "2025-09-20")], ids=["before", "struck off"]
)
def test_a_case_is_struck_off_from_its_day(staff, on, told):
    case = WeakCaseFactory(closed=True)
    WeakProgressFactory(case=case)

    (row,) = rows("weak_cases", "整顿台账", staff, on, year=2025)

    assert row[-1].startswith(told)
    assert "已报 1 个月" in row[-3]
    assert rows("weak_cases", "整顿台账", staff, date(2025, 3, 31), year=2025) == []
