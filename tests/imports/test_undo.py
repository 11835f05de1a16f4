"""A whole import is taken back: every table as it was before, unless something later rests on it."""

from datetime import date

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.urls import reverse

from accounts.models import AuditEvent, User
from branches.actions import root
from branches.models import Appointment, Branch, Group
from branches.rights import Role
from duties.models import Duty
from jobs.models import Batch
from meetings.models import Meeting
from members.models import Backbone, Member, Membership, Standing
from portal import actions
from tests.factories import AttendanceFactory, ExemptionFactory, FilingFactory
from tests.imports import county, layouts
from tests.imports.checksum import checksum


@pytest.fixture
def staff(db):
    user = User.objects.create_user("lixue", None, name="李雪")
    Appointment.objects.create(user=user, branch=root(), role=Role.STAFF, started_on=date(2020, 1, 1))
    return user


def brought(table, by):
    """The batch of a workbook that went in through upload, plan and commit."""
    batch, _ = actions.upload(*layouts.xlsx(table), by=by, on=county.TODAY)
    return actions.commit(batch, only_valid=True, by=by, on=county.TODAY)[0]


def undo(batch, by):
    return actions.undo(batch, by=by, on=county.TODAY)


def widened(table, **columns):
    """A table with more columns: key → (heading, cell of the first row)."""
    headings = table.headings | {key: heading for key, (heading, _) in columns.items()}
    first = table.rows[0] | {key: cell for key, (_, cell) in columns.items()}
    return table._replace(headings=headings, rows=[first, *table.rows[1:]])


# --- as it was before


@pytest.mark.parametrize("first", [0, 1, 2], ids=list(county.TABLES))
def test_each_workbook_taken_back_leaves_every_table_as_it_was(staff, first):
    states, batches = [], []
    for table in list(county.TABLES.values())[: first + 1]:
        states.append(checksum())
        batches.append(brought(table(), staff))
        assert checksum() != states[-1]

    while batches:
        undone = undo(batches.pop(), staff)
        assert checksum() == states.pop()
        assert (undone.state, undone.undone_at is None) == (Batch.State.UNDONE, False)


def test_changed_members_come_back_as_they_were(peopled, staff):
    table = widened(county.roster(), status=("党籍状态", "停止党籍"), backbone=("骨干类别", "市级学科带头人"))
    table = table.with_row(2, name="买买提·吐尔逊", phone="13911112222", posts="宣传委员")
    table = table.with_row(6, kind="正式党员", converted_on=date(2026, 1, 10), joined_on=date(2025, 1, 9))
    table = table.plus(**table.rows[1] | {"name": "新人", "id_number": county.id_number(date(1991, 2, 2), 77)})
    before = checksum()

    batch = brought(table, staff)

    assert (batch.added, batch.changed, batch.unchanged) == (1, 3, 6)
    assert Standing.objects.exists()
    assert Backbone.objects.exists()
    assert Membership.objects.filter(member__name="孙小满", kind="full", ended_on=None).exists()
    undo(batch, staff)
    assert checksum() == before
    assert Member.objects.get(name="买买提·艾合买提")


def test_changed_organisations_come_back_with_their_duties(organised, staff):
    actions.tend(2026, by=staff)
    table = county.organisations().with_row(
        4, founded_on=date(2026, 3, 1), started_on=date(2026, 1, 5), groups=3, schools="青禾县城关小学、青禾县东关小学"
    )
    table = table.with_row(2, groups=1, committee_size=3).plus(
        name="中共青禾县新建小学支部委员会", founded_on=date(2020, 1, 1)
    )
    before = checksum()

    batch = brought(table.with_row(4, founded_on=date(2025, 9, 1)), staff)

    assert (batch.added, batch.changed) == (1, 2)
    assert Group.objects.filter(ended_on=county.TODAY).exists()
    undo(batch, staff)
    assert checksum() == before


def test_what_is_taken_back_can_be_brought_again(organised, staff):
    undo(brought(county.roster(), staff), staff)

    assert brought(county.roster(), staff).added == 9
    assert county.held_members() == county.told_members(county.roster())


def test_the_same_file_twice_changes_nothing_and_costs_nothing_to_take_back(staff):
    for table in county.TABLES.values():
        brought(table(), staff)
    before = checksum()
    again = [brought(table(), staff) for table in county.TABLES.values()]

    assert [(batch.added, batch.changed) for batch in again] == [(0, 0)] * 3
    assert checksum() == before
    for batch in again:
        undo(batch, staff)
    assert checksum() == before


# --- not when something later rests on it


def a_later_name(batch):
    Member.objects.filter(name="王芳").update(name="王方", version=1)


def a_later_exemption(batch):
    ExemptionFactory(member=Member.objects.get(name="王芳"))


def a_later_roster(batch):
    brought(county.roster().with_row(1, phone="13700000000"), batch.created_by)


@pytest.mark.parametrize(
    ("later", "words"),
    [(a_later_name, "此后修改过 1 条“党员”（王方同志）"), (a_later_exemption, "此后又登记了“"), (a_later_roster, "此后修改过 1 条“党员”")],
    ids=["edited", "built upon", "a later import"],
)  # fmt: skip
def test_a_roster_with_later_work_stays(organised, staff, later, words):
    batch = brought(county.roster(), staff)
    later(batch)
    before = checksum()

    with pytest.raises(ValidationError, match="不能整批撤销") as refusal:
        undo(batch, staff)

    assert words in "".join(refusal.value.messages)
    assert checksum() == before


def test_organisations_that_somebody_reported_for_stay(staff):
    batch = brought(county.organisations(), staff)
    FilingFactory(duty=Duty.objects.filter(branch__name=county.TOWN).first())

    with pytest.raises(ValidationError, match="此后又登记了"):
        undo(batch, staff)


def test_meetings_with_a_roll_stay(peopled, staff):
    batch = brought(county.register(), staff)
    AttendanceFactory(meeting=Meeting.objects.first(), member=Member.objects.first())

    with pytest.raises(ValidationError, match="此后"):
        undo(batch, staff)


def test_newer_batches_go_before_older_ones(staff):
    first = brought(county.organisations(), staff)
    brought(county.roster(), staff)

    with pytest.raises(ValidationError, match="党员所在支部"):
        undo(first, staff)


def test_only_staff_take_back_and_only_once(organised, staff):
    batch = brought(county.roster(), staff)
    leader = User.objects.create_user("leader", None, name="赵明")
    Appointment.objects.create(user=leader, branch=root(), role=Role.LEADER, started_on=date(2020, 1, 1))
    with pytest.raises(PermissionDenied):
        undo(batch, leader)

    undo(batch, staff)

    assert AuditEvent.objects.filter(action="batch.undo", by=staff).count() == 1
    with pytest.raises(ValidationError, match="只有已导入"):
        undo(batch, staff)


def test_after_its_days_nothing_is_taken_back(organised, staff):
    batch = brought(county.roster(), staff)
    Batch.objects.update(trail=None)

    with pytest.raises(ValidationError, match="保留期"):
        undo(batch, staff)


def test_it_is_taken_back_on_the_pages(organised, staff, client, monkeypatch):
    monkeypatch.setattr("django.utils.timezone.localdate", lambda *args, **kwargs: county.TODAY)
    client.force_login(staff)
    batch = brought(county.roster(), staff)
    page, ask = (reverse(f"portal:import_{name}", args=[batch.pk]) for name in ("batch", "undo"))

    assert ask in client.get(page).content.decode()
    assert "新增的 9 行会删去" in client.get(ask).content.decode()
    told = client.post(ask, follow=True).content.decode()

    assert "数据恢复到导入以前" in told
    assert "已撤销党员花名册" in told
    assert not Member.objects.exists()
    assert Branch.objects.count() == 6


def test_the_page_that_refuses_names_what_stands_in_the_way_and_where_to_go(organised, staff, client, monkeypatch):
    monkeypatch.setattr("django.utils.timezone.localdate", lambda *args, **kwargs: county.TODAY)
    client.force_login(staff)
    batch = brought(county.roster(), staff)
    names = sorted(Member.objects.order_by("pk").values_list("name", flat=True)[:2])
    Member.objects.filter(name__in=names).update(version=7)

    page = client.post(reverse("portal:import_undo", args=[batch.pk])).content.decode()

    assert "此后修改过 2 条“党员”" in page
    assert all(name in page for name in names)
    assert "会删去" not in page
    assert 'form="undo"' not in page
    assert reverse("members:list") in page.partition('class="actionbar"')[2]
