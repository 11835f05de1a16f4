"""What the tables of organisations refuse, and what the register of events refuses."""

from datetime import date

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.urls import reverse

from accounts.models import AuditEvent, Stale
from branches.actions import add_below, root
from branches.models import Branch
from branches.rights import Role
from tests.factories import AuditEventFactory, BranchFactory, GroupFactory, TermFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"name": "同名党支部"}, "已有同名的党组织"),
        ({"parent": None}, "请填上级党组织"),
        ({"closed_on": date(2009, 12, 31)}, "撤销日期不能早于成立日期"),
    ],
    ids=["name twice", "below nothing", "closed before founded"],
)
def test_an_organisation_that_cannot_be(fields, message):
    BranchFactory(name="同名党支部")
    branch = BranchFactory()
    for name, value in fields.items():
        setattr(branch, name, value)

    with pytest.raises(ValidationError, match=message):
        branch.full_clean()
    with pytest.raises(IntegrityError), transaction.atomic():
        branch.save()


def test_the_name_of_a_closed_organisation_is_free_again():
    BranchFactory(name="同名党支部", closed=True)

    BranchFactory(name="同名党支部").full_clean()


def test_there_is_one_root():
    with pytest.raises(IntegrityError), transaction.atomic():
        Branch.objects.create(name="第二工委", kind="work_committee", founded_on=date(2020, 1, 1), path="/x/")


@pytest.mark.parametrize(
    ("make", "fields"),
    [
        (TermFactory, {"expires_on": date(2024, 3, 1)}),
        (GroupFactory, {"ended_on": date(2009, 12, 31)}),
    ],
    ids=["term", "group"],
)
def test_what_ends_before_it_begins_is_refused(make, fields):
    with pytest.raises(IntegrityError), transaction.atomic():
        make(**fields)


def test_new_organisations_get_their_paths_parents_first():
    committee = Branch(name="新党委", kind="committee", founded_on=date(2020, 1, 1))
    branch = Branch(name="新支部", founded_on=date(2020, 1, 1))

    add_below([(branch, committee), (committee, root())])

    committee, branch = Branch.objects.get(name="新党委"), Branch.objects.get(name="新支部")
    assert committee.path == f"{root().path}{committee.pk}/"
    assert branch.path == f"{committee.path}{branch.pk}/"
    assert branch.parent == committee


@pytest.mark.parametrize(
    ("start", "end", "is_there"),
    [
        (date(2024, 6, 30), None, True),
        (date(2024, 7, 1), None, False),
        (date(2009, 12, 31), None, False),
        (date(2010, 1, 1), None, True),
        (date(2024, 1, 1), date(2024, 12, 31), True),
    ],
    ids=["last day", "day after", "day before", "first day", "part of a year"],
)
def test_an_organisation_is_at_work_from_its_founding_to_its_closing(start, end, is_there):
    branch = BranchFactory(closed=True)

    assert Branch.objects.at_work(start, end).filter(pk=branch.pk).exists() == is_there


class TestTwoAtOnce:
    """T-CONC: the second is told, and nothing of what the first wrote is lost."""

    def test_a_version_is_taken_once(self):
        branch = BranchFactory()

        branch.claim("1")
        assert branch.version == 2
        with pytest.raises(Stale, match="刚被别人改过"):
            branch.claim("1")

    def test_a_page_opened_before_another_saved_is_not_written(self, client):
        branch = BranchFactory()
        client.force_login(UserFactory(serving=root(), role=Role.STAFF))
        url = reverse("branches:edit", args=[branch.pk])
        body = {name: getattr(branch, name) for name in ("name", "stage", "area", "nature")} | {"version": 1}

        assert client.post(url, body | {"note": "第一个"}).status_code == 302
        second = client.post(url, body | {"note": "第二个"})

        branch.refresh_from_db()
        assert (branch.note, branch.version) == ("第一个", 2)
        assert second.status_code in (200, 409)
        assert "刚被别人改过" in second.content.decode()
        assert "第二个" in second.content.decode(), "what was typed is still there"


class TestEventsAreKept:
    @pytest.mark.parametrize(
        "attack",
        [
            lambda event: AuditEvent.objects.filter(pk=event.pk).update(action="x"),
            lambda event: AuditEvent.objects.filter(pk=event.pk).delete(),
            lambda event: AuditEvent.objects.all()._raw_delete("default"),
            lambda event: connection.cursor().execute("UPDATE accounts_auditevent SET detail = '{}'"),
            lambda event: connection.cursor().execute("DELETE FROM accounts_auditevent"),
            lambda event: connection.cursor().execute("TRUNCATE accounts_auditevent CASCADE"),
        ],
        ids=["update", "delete", "bulk delete", "sql update", "sql delete", "truncate"],
    )
    def test_none_is_changed_or_removed(self, attack):
        event = AuditEventFactory()
        connection.check_constraints()  # PostgreSQL truncates no table that still waits for its checks

        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
            attack(event)

        assert AuditEvent.objects.get(pk=event.pk).detail == event.detail

    def test_an_edit_says_which_fields_changed(self, client):
        branch = BranchFactory()
        staff = UserFactory(serving=root(), role=Role.STAFF)
        client.force_login(staff)
        body = {name: getattr(branch, name) for name in ("name", "stage", "area", "nature")} | {
            "version": 1,
            "note": "新",
        }

        client.post(reverse("branches:edit", args=[branch.pk]), body)

        event = AuditEvent.objects.get(action="branches.branch.edit")
        assert (event.by, event.object_id) == (staff, str(branch.pk))
        assert "note" in event.detail["changed"]
        assert "name" not in event.detail["changed"]


def test_organisations_are_found_by_their_keys_in_one_parameter_however_many(django_assert_num_queries):
    found = BranchFactory.create_batch(3)
    keys = [found[2].pk, found[0].pk, 10**12]

    with django_assert_num_queries(1) as told:
        assert set(Branch.objects.among(keys)) == {found[0], found[2]}
    assert told.captured_queries[0]["sql"].count("{" + ",".join(map(str, keys)) + "}") == 1
    assert not Branch.objects.among([]).exists()
    assert GroupFactory(branch=found[1]).branch not in Branch.objects.filter(
        groups__branch__in=Branch.objects.among(keys)
    )
