"""党费: rates to the cent, whose month is whose, entering a month, arrears and the fact."""

import random
from collections import Counter
from datetime import date, timedelta
from decimal import Decimal

import pytest
from dateutil.relativedelta import relativedelta
from django.core.exceptions import PermissionDenied, ValidationError

from accounts.models import AuditEvent
from branches.models import Branch
from branches.rights import Role
from members import dues, dues_ledger, dues_upward
from members.facts import dues_on_time
from members.models import DuesBase, DuesConsent, DuesHandover, DuesPayment, DuesWaiver, Membership, Standing, Transfer
from rulebook.facts import Period
from tests.factories import (
    BranchFactory,
    DecisionFactory,
    DuesBaseFactory,
    DuesConsentFactory,
    DuesPaymentFactory,
    DuesWaiverFactory,
    MemberFactory,
    MembershipFactory,
    UserFactory,
)  # fmt: skip

pytestmark = pytest.mark.django_db
TODAY = date(2025, 11, 20)
NOVEMBER = date(2025, 11, 1)


@pytest.fixture
def secretary(branch):
    return UserFactory(serving=branch)


def owed(branch, first, last=None):
    return {(due.member, due.month.month) for due in dues_ledger.owed([branch.pk], first, last or first)}


# --- rates


@pytest.mark.parametrize(
    ("kind", "amount", "due"),
    [
        ("wage", "3000", "15.00"), ("wage", "3000.01", "30.00"), ("wage", "5000", "50.00"), ("wage", "5000.01", "75.00"),
        ("wage", "10000", "150.00"), ("wage", "10000.01", "200.00"), ("wage", "3001", "30.01"), ("wage", "5433.33", "81.50"),
        ("pension", "5000", "25.00"), ("pension", "5000.01", "50.00"), ("fixed", "0.2", "0.20"), ("wage", "2999", "15.00"),
    ],
)  # fmt: skip
def test_dues_at_each_bracket_to_the_cent(kind, amount, due):
    base = DuesBase(kind=kind, amount=Decimal(amount))

    assert str(dues.payable(base, on=NOVEMBER)) == due


@pytest.mark.parametrize(
    ("step", "due"),
    [(0.01, "81.49"), (0.1, "81.50"), (1, "81.00"), (0.5, "81.50")],
    ids=["cent", "ten", "yuan", "half"],
)
def test_a_county_may_round_otherwise(step, due):
    DecisionFactory(key="dues.rounding", value=step, from_on=date(2025, 1, 1))

    assert str(dues.payable(DuesBase(kind="wage", amount=Decimal("5432.7")), on=NOVEMBER)) == due


def test_a_change_within_the_year_holds_from_the_month_whose_first_day_it_covers():
    DecisionFactory(key="dues.rounding", value=1, from_on=date(2025, 7, 2))
    base = DuesBase(kind="wage", amount=Decimal("4060"))

    assert [str(dues.payable(base, on=date(2025, month, 20))) for month in (6, 7, 8)] == ["40.60", "40.60", "41.00"]


def test_a_waiver_only_lowers():
    rates, base = dues.Rates(), DuesBase(kind="wage", amount=Decimal(4000))

    assert rates.due(base, NOVEMBER, Decimal(5)) == 5
    assert rates.due(base, NOVEMBER, Decimal(500)) == 40
    assert rates.due(None, NOVEMBER, Decimal(5)) == 5
    assert rates.due(None, NOVEMBER) is None


# --- whose month


def test_a_probationer_owes_from_the_month_of_the_vote(branch):
    fresh = MemberFactory(branch=branch, since=date(2025, 6, 24))

    assert owed(branch, date(2025, 5, 1), date(2025, 7, 1)) == {(fresh.pk, 6), (fresh.pk, 7)}


def test_a_month_goes_with_the_member_unless_the_letter_says_it_was_paid_before(branch):
    old, plain, paid = BranchFactory(), MemberFactory(), MemberFactory()
    for member in (plain, paid):
        MembershipFactory(member=member, branch=old, ended_on=date(2025, 3, 14), end_reason="transferred")
        MembershipFactory(member=member, branch=branch, started_on=date(2025, 3, 15))
    _moved(paid, old, branch, date(2025, 3, 15), through=date(2025, 3, 1))
    march, april = date(2025, 3, 1), date(2025, 4, 1)

    assert owed(old, march, april) == {(paid.pk, 3)}
    assert owed(branch, march, april) == {(plain.pk, 3), (plain.pk, 4), (paid.pk, 4)}


def _moved(member, old, new, on, through=None, **fields):
    return Transfer.objects.create(
        **{"direction": "inside", "from_branch": old, "to_branch": new, **fields}, member=member, kind="full", state="done",
        issued_on=on, valid_days=30, valid_until=on + timedelta(days=30), received_on=on, dues_paid_through=through,
        created_by=UserFactory(),
    )  # fmt: skip


def test_who_came_from_outside_owes_from_the_month_after_the_letter(branch):
    member = MemberFactory(branch=branch, since=date(2025, 3, 10))
    _moved(member, None, branch, date(2025, 3, 10), date(2025, 3, 1), direction="in", from_place="外县")

    assert owed(branch, date(2025, 2, 1), date(2025, 4, 1)) == {(member.pk, 4)}


@pytest.mark.parametrize(
    ("reason", "through", "months"),
    [
        ("died", None, {2}), ("struck", None, {2, 3}), ("transferred", None, {2, 3}),
        ("transferred", date(2025, 2, 1), {2}), ("transferred", date(2025, 3, 1), {2, 3}),
    ],
)  # fmt: skip
def test_who_left_in_march(branch, reason, through, months):
    member = MemberFactory()
    MembershipFactory(member=member, branch=branch, ended_on=date(2025, 3, 14), end_reason=reason)
    if through:
        _moved(member, branch, None, date(2025, 3, 14), through, direction="out", to_place="外县")

    assert owed(branch, date(2025, 2, 1), date(2025, 4, 1)) == {(member.pk, month) for month in months}


def test_who_is_suspended_and_who_is_in_a_temporary_branch_owe_nothing_there(branch):
    member, away = MemberFactory(branch=branch), MemberFactory(branch=BranchFactory(kind="temporary"))
    Standing.objects.create(
        member=member, started_on=date(2025, 3, 31), ended_on=date(2025, 5, 30), created_by=UserFactory()
    )

    assert owed(branch, date(2025, 2, 1), date(2025, 6, 1)) == {(member.pk, 2), (member.pk, 5), (member.pk, 6)}
    assert owed(away.memberships.get().branch, NOVEMBER) == set()


@pytest.mark.parametrize("seed", range(6))
def test_each_month_is_owed_once_whatever_the_transfers(seed):
    """Every month of a member's time is owed to exactly one branch, and no month outside it."""
    rng = random.Random(seed)
    places = BranchFactory.create_batch(4)
    first, last = date(2024, 1, 1), date(2025, 12, 1)
    expected = Counter()
    for _ in range(20):
        member, start, before = MemberFactory(), date(2024, 1, 1) + timedelta(days=rng.randrange(200)), None
        begun = start
        for _ in range(rng.randrange(1, 6)):
            end = start + timedelta(days=rng.choice([0, 3, 12, 40, 200]))
            here = rng.choice([place for place in places if place is not before])
            if before and rng.random() < 0.7:
                through = (
                    (start.replace(day=1) + relativedelta(months=rng.randrange(-2, 2))) if rng.random() < 0.8 else None
                )
                _moved(member, before, here, start, through, number="")
            row = MembershipFactory(
                member=member, branch=here, started_on=start, ended_on=end, end_reason="transferred"
            )
            start, before = end + timedelta(days=1), here
        Membership.objects.filter(pk=row.pk).update(ended_on=None, end_reason="")
        month = begun.replace(day=1)
        while month <= last:
            expected[member.pk, month] += 1
            month += relativedelta(months=1)

    found = Counter((due.member, due.month) for due in dues_ledger.owed([place.pk for place in places], first, last))
    apart = Counter((due.member, due.month) for place in places for due in dues_ledger.owed([place.pk], first, last))

    assert found == expected == apart


# --- entering a month


def entry(row, **fields):
    return dues.Entry(
        **{"member": row.member.pk, "seen": dues.stamp(row.payment), "paid": row.payable, "paid_on": TODAY, **fields}
    )


def test_a_month_is_entered_in_one_go_and_corrected_not_deleted(branch, secretary):
    people = [MemberFactory(branch=branch) for _ in range(3)]
    for member in people[:2]:
        DuesBaseFactory(member=member)
    rows = dues.month_rows(branch, NOVEMBER)

    assert dues.record_month(
        branch, NOVEMBER, [entry(row, paid=row.payable or Decimal(5)) for row in rows], by=secretary, on=TODAY
    ) == (3, 0)
    assert dues.state_of(branch, TODAY) == (3, 3)

    rows = {row.member.pk: row for row in dues.month_rows(branch, NOVEMBER)}
    assert rows[people[2].pk].payable is None
    wrong = [entry(rows[people[0].pk], paid=None), entry(rows[people[1].pk], paid=Decimal(50), note="自愿多交")]
    assert dues.record_month(branch, NOVEMBER, wrong, by=secretary, on=TODAY) == (0, 2)
    assert dues.state_of(branch, TODAY) == (2, 3)
    assert DuesPayment.objects.count() == 3
    assert AuditEvent.objects.filter(action="dues.correct").count() == 2


def test_the_second_of_two_editors_sees_what_the_first_wrote(branch, secretary):
    first, second = MemberFactory(branch=branch), MemberFactory(branch=branch)
    opened = [entry(row, paid=Decimal(10)) for row in dues.month_rows(branch, NOVEMBER)]
    dues.record_month(branch, NOVEMBER, opened[:1], by=secretary, on=TODAY)

    assert dues.record_month(branch, NOVEMBER, opened[:1], by=secretary, on=TODAY) == (0, 0)  # the same said twice
    opened[0].paid = Decimal(20)
    with pytest.raises(dues.Clash) as clash:
        dues.record_month(branch, NOVEMBER, opened, by=secretary, on=TODAY)

    assert clash.value.members == {opened[0].member}
    assert DuesPayment.objects.get().paid == 10
    assert {first.pk, second.pk} == {each.member for each in opened}


@pytest.mark.parametrize(
    ("fields", "word"),
    [
        ({"paid": Decimal(0)}, "大于 0"), ({"paid_on": TODAY + timedelta(days=1)}, "不能晚于今天"),
        ({"paid_on": None}, "交纳日期"), ({"member": 0}, "不在本支部"),
    ],
)  # fmt: skip
def test_what_no_line_may_say(branch, secretary, fields, word):
    MemberFactory(branch=branch)
    row = dues.month_rows(branch, NOVEMBER)[0]

    with pytest.raises(ValidationError, match=word):
        dues.record_month(branch, NOVEMBER, [entry(row, **{"paid": Decimal(9), **fields})], by=secretary, on=TODAY)


def test_a_month_to_come_waits_unless_the_branch_pays_by_the_quarter(branch, secretary):
    MemberFactory(branch=branch)
    december = date(2025, 12, 1)
    row = dues.month_rows(branch, december)[0]
    with pytest.raises(ValidationError, match="还没到"):
        dues.record_month(branch, december, [entry(row, paid=Decimal(9))], by=secretary, on=TODAY)

    dues_upward.agree_quarterly(DuesConsent(branch=branch, year=2025, agreed_on=TODAY), by=secretary, on=TODAY)

    assert dues.record_month(branch, december, [entry(row, paid=Decimal(9))], by=secretary, on=TODAY) == (1, 0)


def test_paying_by_the_quarter_begins_with_the_quarter_in_which_it_is_entered(branch, secretary):
    early, first = DuesConsent(branch=branch, year=2025, agreed_on=date(2025, 9, 30)), date(2025, 10, 1)
    with pytest.raises(ValidationError, match="不能早于 2025-10-01"):
        dues_upward.agree_quarterly(early, by=secretary, on=TODAY)
    assert dues_upward.agree_quarterly(
        DuesConsent(branch=branch, year=2025, agreed_on=first), by=secretary, on=TODAY
    ).pk


def test_strangers_enter_nothing(branch):
    for user in (UserFactory(serving=BranchFactory()), UserFactory(serving=branch.parent, role=Role.INSPECTOR)):
        with pytest.raises(PermissionDenied):
            dues.record_month(branch, NOVEMBER, [], by=user, on=TODAY)
        with pytest.raises(PermissionDenied):
            dues.set_bases(branch, 2025, [], by=user, on=TODAY)


def test_bases_are_entered_changed_and_taken_over(branch, secretary):
    member, other = MemberFactory(branch=branch), MemberFactory(branch=branch)
    assert dues.set_bases(branch, 2024, [(member.pk, "wage", Decimal(4000), 0)], by=secretary, on=TODAY) == 1
    assert dues.copy_bases(branch, 2025, by=secretary, on=TODAY) == 1
    assert dues.copy_bases(branch, 2025, by=secretary, on=TODAY) == 0
    assert dues.set_bases(branch, 2025, [(member.pk, "pension", Decimal(4000), 1)], by=secretary, on=TODAY) == 1
    with pytest.raises(ValidationError, match="别人改过"):
        dues.set_bases(branch, 2025, [(member.pk, "wage", Decimal(4100), 1)], by=secretary, on=TODAY)
    for amount, word in ((0, "大于 0"), (120_000, "一年的收入")):
        with pytest.raises(ValidationError, match=word):
            dues.set_bases(branch, 2025, [(other.pk, "wage", Decimal(amount), 0)], by=secretary, on=TODAY)


# --- waivers, hand-over


def test_a_waiver_is_asked_by_the_branch_and_decided_above(branch, secretary):
    member, upper = MemberFactory(branch=branch), UserFactory(serving=branch.parent, role=Role.STAFF)
    asked = DuesWaiver(member=member, from_month=date(2025, 10, 1), to_month=date(2025, 12, 1), reason="大病")
    dues_upward.ask_waiver(asked, by=secretary, on=TODAY)
    with pytest.raises(PermissionDenied):
        dues_upward.decide_waiver(asked, approve=True, by=secretary, on=TODAY)
    assert dues.state_of(branch, TODAY) == (0, 1)

    dues_upward.decide_waiver(asked, approve=True, by=upper, on=TODAY)

    assert dues.state_of(branch, TODAY) == (1, 1)
    with pytest.raises(ValidationError, match="已经批过"):
        dues_upward.decide_waiver(asked, approve=False, by=upper, on=TODAY)
    again = DuesWaiver(member=member, from_month=date(2025, 12, 1), to_month=date(2026, 1, 1), reason="大病")
    with pytest.raises(ValidationError, match="已经申报过"):
        dues_upward.ask_waiver(again, by=secretary, on=TODAY)


def test_a_quarter_is_handed_over_and_signed_for(branch, secretary):
    DuesPaymentFactory(branch=branch, month=date(2025, 2, 1), paid=Decimal("40.20"))
    DuesPaymentFactory(branch=branch, month=date(2025, 4, 1))
    upper = UserFactory(serving=branch.parent, role=Role.STAFF)
    made = DuesHandover(
        branch=branch, year=2025, quarter=1, amount=dues_upward.collected(branch, 2025, 1), handed_on=TODAY
    )
    handed = dues_upward.hand_over(made, by=secretary, on=TODAY)
    assert handed.amount == Decimal("40.20")
    again = DuesHandover(branch=branch, year=2025, quarter=1, amount=Decimal(40), handed_on=TODAY)
    assert dues_upward.hand_over(again, by=secretary, on=TODAY).pk == handed.pk

    with pytest.raises(PermissionDenied):
        dues_upward.receive(handed, receipt="1", by=secretary, on=TODAY)
    assert dues_upward.receive(handed, receipt="No. 7", by=upper, on=TODAY).received_by == upper
    with pytest.raises(ValidationError, match="已经收讫"):
        dues_upward.receive(handed, receipt="8", by=upper, on=TODAY)
    with pytest.raises(ValidationError, match="已经收讫"):
        dues_upward.hand_over(again, by=secretary, on=TODAY)


# --- arrears and the fact


def test_arrears_count_the_months_that_follow_one_another_up_to_the_last(branch):
    good, late, gap = (MemberFactory(branch=branch) for _ in range(3))
    for month in range(3, 11):
        DuesPaymentFactory(member=good, branch=branch, month=date(2025, month, 1))
        if month < 6:
            DuesPaymentFactory(member=late, branch=branch, month=date(2025, month, 1))
        if month != 5:
            DuesPaymentFactory(member=gap, branch=branch, month=date(2025, month, 1))
    MemberFactory(branch=BranchFactory())  # of a branch that has never recorded dues nothing is known

    found = {each.member: (each.run, [month.month for month in each.months]) for each in _arrears(branch)}

    assert found == {late.pk: (5, [6, 7, 8, 9, 10]), gap.pk: (0, [5])}


def _arrears(branch):
    return dues_ledger.arrears([branch.pk, *Membership.objects.values_list("branch", flat=True)], on=TODAY)


def test_by_the_quarter_arrears_begin_when_it_is_over(branch):
    DuesConsentFactory(branch=branch)
    member = MemberFactory(branch=branch)
    DuesPaymentFactory(member=member, branch=branch, month=date(2025, 9, 1))

    assert _arrears(branch) == []
    assert [each.run for each in dues_ledger.arrears([branch.pk], on=date(2026, 1, 1))] == [3]


def test_the_fact_counts_member_months_in_time(branch):
    assert dues_on_time(Branch.objects.filter(pk=branch.pk), Period.of_year(2025, on=TODAY)) is None
    one, two, poor = (MemberFactory(branch=branch) for _ in range(3))
    for month in range(1, 11):
        late = month == 4
        DuesPaymentFactory(member=one, branch=branch, month=date(2025, month, 1), paid_on=date(2025, month + late, 25))
        if month != 3:
            DuesPaymentFactory(member=two, branch=branch, month=date(2025, month, 1), method="through",
                               paid=Decimal(30 if month == 2 else 40))  # fmt: skip
    admin = UserFactory(serving=branch.parent, role=Role.STAFF)
    waiver = DuesWaiverFactory(member=poor, from_month=date(2025, 1, 1), to_month=date(2025, 12, 1))
    dues_upward.decide_waiver(waiver, approve=True, by=admin, on=TODAY)

    fact = dues_on_time(Branch.objects.filter(pk=branch.pk), Period.of_year(2025, on=TODAY))[branch.pk]

    assert (fact.value, fact.whole, fact.open) == (9 + 8 + 12, 36, 4)
    assert fact.missing == ("3 月 1 人",)
    assert "2 人次" in fact.note


def test_with_consent_a_quarter_is_in_time_to_its_last_day(branch):
    member = MemberFactory(branch=branch)
    DuesConsentFactory(branch=branch)
    for month, paid_on in ((1, date(2025, 3, 31)), (2, date(2025, 4, 1))):
        DuesPaymentFactory(member=member, branch=branch, month=date(2025, month, 1), paid_on=paid_on)

    assert dues_on_time(Branch.objects.filter(pk=branch.pk), Period.of_year(2025, on=TODAY))[branch.pk].value == 1
