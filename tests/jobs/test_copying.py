"""Rows by COPY are what the same rows by INSERT are: each field, each index, each constraint."""

import json
from datetime import date
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection
from django.utils import timezone

import vault
from accounts.models import User
from assessment.models import Forecast
from jobs import copying
from meetings.models import Meeting
from members.models import Member, Membership
from tests.factories import BranchFactory, id_number

pytestmark = pytest.mark.django_db
ODD = ["a\tb", "a\\b", "a\nb", "\\N", "", "'; --", "𠮷田", "{1}", "a\rb"]


def members(count):
    return [
        Member(
            name=f"测{number}", note=ODD[number % len(ODD)], phone=f"1380000{number:04}", joined_on=date(2001, 1, 1),
            id_number="" if number % 2 else vault_number(number),
        )
        for number in range(count)
    ]  # fmt: skip


def vault_number(number):
    return id_number(number, date(1980, 1, 1 + number // 500))


def test_what_was_written_is_read_back():
    made = copying.insert(members(200))
    branch = BranchFactory()
    stays = copying.insert(
        Membership(member=member, branch=branch, kind=Membership.Kind.FULL, started_on=date(2001, 1, 1))
        for member in made
    )

    found = {row.pk: row for row in Member.objects.all()}
    assert len(found) == len(stays) == 200
    for member in made:
        row = found[member.pk]
        assert (row.name, row.note, row.joined_on, row.row_key) == (
            member.name,
            member.note,
            member.joined_on,
            member.row_key,
        )
        assert vault.reveal(row, "phone") == vault.reveal(member, "phone")
        assert row.id_number_index == member.id_number_index
        assert bool(row.id_number_index) == bool(row.id_number)
    assert {stay.member_id for stay in Membership.objects.all()} == set(found)


def test_every_field_stands_in_its_column_as_insert_writes_it():
    by, branch = User.objects.system(), BranchFactory()

    def meetings():
        return [
            Meeting(
                branch=branch, held_on=date(2025, 3, 4), topic=f"学习{number}", due_count=3, attended_count=2, created_by=by,
                basic_forms=['a"b', "c,d", "\\"], trace=[1, -2],
            )
            for number in range(150)
        ]  # fmt: skip

    copied, inserted = copying.insert(meetings()), Meeting.objects.bulk_create(meetings())

    def written(rows):
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT (to_jsonb(t) - 'id' - 'created_at')::text FROM meetings_meeting t WHERE id = ANY(%s) ORDER BY id",
                [[row.pk for row in rows]],
            )
            return cursor.fetchall()

    assert written(copied) == written(inserted)


def test_constraints_hold():
    twice = [*members(120), Member(name="又", id_number=vault_number(0))]

    with pytest.raises(IntegrityError):
        copying.insert(twice)


@pytest.mark.parametrize("count", [0, 1, copying.FEW - 1])
def test_a_few_go_the_ordinary_way(count):
    assert len(copying.insert(members(count))) == Member.objects.count() == count


def test_rewritten_rows_are_what_an_update_of_each_would_leave():
    made = copying.insert(members(120))
    for number, member in enumerate(made):
        member.note, member.joined_on = ODD[-number % len(ODD)], None if number % 3 else date(2002, 2, 28)
    copying.rewrite(made[:100], ["note", "joined_on"])
    copying.rewrite([], ["note"])

    found = {row.pk: row for row in Member.objects.all()}
    for member in made[:100]:
        assert (found[member.pk].note, found[member.pk].joined_on) == (member.note, member.joined_on)
        assert vault.reveal(found[member.pk], "phone") == vault.reveal(member, "phone")
    assert {found[member.pk].joined_on for member in made[100:]} == {date(2001, 1, 1)}
    made[0].name = None
    with pytest.raises(IntegrityError, match="null value"):
        copying.rewrite(made[:1], ["name"])


def forecasts(branches, **fields):
    """Rows of a model with a key of several columns, with days, moments, amounts and texts within texts."""
    told = {
        "total": Decimal("81.50"),
        "still": Decimal("2.00"),
        "lost": 0,
        "judged": 90,
        "seen": 7,
        "rank": None,
    } | fields
    return (
        Forecast(
            year=2025, branch=branch, month=date(2025, 3, 1), on=date(2025, 3, 9), computed_at=timezone.now(),
            content={"own": ODD, "text": json.dumps(ODD), "number": number}, **told,
        )
        for number, branch in enumerate(branches)
    )  # fmt: skip


def test_rows_put_take_the_place_of_those_with_the_same_key():
    branches = BranchFactory.create_batch(3)
    copying.put(forecasts(branches[:2]), ("year", "branch", "month"))
    before = {row.branch_id: row.pk for row in Forecast.objects.all()}
    copying.put(forecasts(branches, total=None, rank=4), ("year", "branch", "month"))
    copying.put(iter(()), ("year", "branch", "month"))

    found = Forecast.objects.order_by("branch")
    assert {row.branch_id: row.pk for row in found if row.branch != branches[2]} == before
    assert [(row.total, row.still, row.rank, row.month) for row in found] == [
        (None, Decimal("2.00"), 4, date(2025, 3, 1))
    ] * 3
    assert [row.content for row in found] == [
        {"own": ODD, "text": json.dumps(ODD), "number": number} for number in range(3)
    ]


def test_rows_put_cost_the_same_statements_at_any_number(django_assert_num_queries):
    branch, (few, many) = BranchFactory(), (5, 1200)

    def of_months(count):
        (row,) = forecasts([branch])
        for number in range(count):
            row.month, row.content = date(2000 + number // 12, number % 12 + 1, 1), {"text": "字" * 400}
            yield row

    for count in (few, many):
        with django_assert_num_queries(4):
            copying.put(of_months(count), ("year", "branch", "month"))
    assert Forecast.objects.count() == many
