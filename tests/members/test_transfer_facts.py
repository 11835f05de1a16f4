"""转接和差错 (PF9): what ran out of time in the year, once, on the side that held it longest."""

from datetime import UTC, date, datetime

import pytest

from branches.models import Branch
from members.facts import letter_words, letters_in_transit, transfers_late
from members.models import Correction
from rulebook.facts import Period
from tests.factories import BranchFactory, MemberFactory, TransferFactory, TransferStepFactory, UserFactory

pytestmark = pytest.mark.django_db
PERIOD = Period.of_year(2025, on=date(2025, 11, 20))


@pytest.fixture
def sides():
    return BranchFactory(), BranchFactory()


def morning(day):
    return datetime(day.year, day.month, day.day, 1, tzinfo=UTC)  # nine o'clock in the county


def late(sides, period=PERIOD):
    found = transfers_late(Branch.objects.filter(pk__in=[branch.pk for branch in sides]), period)
    return found and [(int(found[branch.pk].value), found[branch.pk].missing) for branch in sides]


def letter(sides, issued_on=date(2025, 3, 1), *, begun=None, **fields):
    old, new = sides
    transfer = TransferFactory(
        issued=True, **{"from_branch": old, "to_branch": new, "issued_on": issued_on, "valid_until": date(2025, 12, 31), **fields}
    )  # fmt: skip
    TransferStepFactory(transfer=transfer, taken_on=begun or issued_on)
    return transfer


def test_nothing_is_judged_while_the_county_records_no_transfer(sides):
    assert transfers_late([branch.pk for branch in sides], PERIOD) is None


@pytest.mark.parametrize(
    ("received_on", "faults"),
    [(date(2025, 4, 1), 0), (date(2025, 4, 2), 1), (None, 1)],
    ids=["to the day", "a day late", "still on its way"],
)
def test_a_month_is_allowed(sides, received_on, faults):
    letter(sides, received_on=received_on, state="received" if received_on else "issued")

    assert late(sides) == [(0, ()), (faults, ("1 件转接超过 1 个月",) * faults)]


def test_it_counts_for_the_side_that_held_it_longest(sides):
    letter(sides, begun=date(2025, 1, 1), received_on=date(2025, 4, 5), state="done")

    assert late(sides) == [(1, ("1 件转接超过 1 个月",)), (0, ())]


def test_out_of_the_county_the_sender_answers_and_into_it_the_receiver(sides):
    letter(sides, to_branch=None, direction="out", to_place="邻县")
    letter(sides, from_branch=None, direction="in", from_place="邻县", member=MemberFactory())
    letter(sides, from_branch=None, direction="in", from_place="邻县", member=MemberFactory())

    assert late(sides) == [(1, ("1 件转接超过 1 个月",)), (2, ("2 件转接超过 1 个月",))]


def test_what_went_back_in_time_is_no_fault(sides):
    transfer = letter(sides, state="returned", refusal="x")
    TransferStepFactory(transfer=transfer, state="returned", taken_on=date(2025, 3, 20))

    assert late(sides) == [(0, ()), (0, ())]


def test_it_counts_in_the_year_in_which_its_time_ran_out(sides):
    letter(sides, date(2024, 12, 10))
    letter(sides, date(2025, 11, 5), member=MemberFactory())

    assert late(sides)[1][0] == 1
    assert late(sides, Period.of_year(2024, on=date(2025, 11, 20)))[1][0] == 0
    assert late(sides, Period.of_year(2025, on=date(2025, 12, 6)))[1][0] == 2


@pytest.mark.parametrize(
    ("answered", "faults"),
    [(date(2025, 5, 31), 0), (date(2025, 6, 1), 1), (None, 1)],
    ids=["on the thirtieth day", "a day late", "not at all"],
)
def test_errors_are_put_right_within_thirty_days(sides, answered, faults):
    letter(sides, received_on=date(2025, 3, 9), state="done")
    user = UserFactory()
    row = Correction.objects.create(member=MemberFactory(branch=sides[0]), field="学历", said="大学", created_by=user)
    done = {"state": "done", "answered_by": user, "answered_at": morning(answered)} if answered else {}
    Correction.objects.filter(pk=row.pk).update(created_at=morning(date(2025, 5, 1)), **done)

    assert late(sides) == [(faults, ("1 处信息差错超过 30 天未改",) * faults), (0, ())]


def test_one_cost_for_all_branches(sides, django_assert_max_num_queries):
    for _ in range(5):
        letter(sides, member=MemberFactory())
    with django_assert_max_num_queries(6):
        late(sides)


def test_letters_on_their_way_are_told_to_who_has_to_act(sides):
    here, gone = letter(sides), letter(sides, to_branch=None, direction="out", to_place="邻县")
    letter(sides, state="done", received_on=date(2025, 3, 2))
    old, new = sides

    day = date(2025, 12, 31)
    assert set(letters_in_transit(PERIOD.on, of="valid_until")) == {
        (here.pk, new.pk, day, day),
        (gone.pk, old.pk, day, day),
    }
    words = letter_words({here.pk, gone.pk}, PERIOD.on)
    assert words[here.pk] == (f"介绍信 {here.number} 等待接收", here.get_absolute_url())
    assert words[gone.pk][0].endswith("等对方回执")
