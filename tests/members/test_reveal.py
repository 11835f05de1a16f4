"""T-PRIV-3: a classified value is shown for a reason, to whoever proved to sit there, and never without a record."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.urls import reverse

import vault
from accounts import audit, throttle
from accounts.models import AuditEvent, Lookup
from branches.actions import root
from branches.rights import Role
from members import own, register
from tests.factories import AppointmentFactory, BranchFactory, MemberFactory, UserFactory

pytestmark = pytest.mark.django_db
NOON = datetime(2025, 11, 20, 4, 0, tzinfo=UTC)
FIELDS = ("id_number", "phone", "address")


@pytest.fixture(autouse=True)
def noon():
    with time_machine.travel(NOON, tick=False):
        yield


@pytest.fixture
def branch():
    return BranchFactory(parent=BranchFactory(committee=True))


@pytest.fixture
def member(branch):
    return MemberFactory(branch=branch, user=UserFactory(), address="云岭县城关镇春晖路 8 号")


@pytest.fixture
def secretary(client, branch):
    user = UserFactory(serving=branch, role=Role.SECRETARY, name="高雪梅")
    client.force_login(user)
    return user


def page(member, field="phone"):
    return reverse("members:reveal", args=[member.pk, field])


def look(client, member, field="phone", reason="identity", note="", **extra):
    return client.post(page(member, field), {"reason": reason, "note": note}, **extra)


def events():
    return AuditEvent.objects.filter(action="member.reveal")


@pytest.mark.parametrize("field", FIELDS)
def test_a_value_is_shown_once_for_a_reason_and_recorded(client, secretary, member, field):
    value = vault.reveal(member, field)
    before = client.get(page(member, field)).content.decode()
    shown = look(client, member, field, note="转接核对")

    assert value not in before
    assert value in shown.content.decode()
    assert "no-store" in shown["Cache-Control"]
    assert value not in client.get(page(member, field)).content.decode()
    event = events().get()
    assert (event.by, event.object_id) == (secretary, str(member.pk))
    assert event.detail == {"field": field, "reason": "identity", "note": "转接核对", "kind": "office"}


@pytest.mark.parametrize(
    ("data", "word"),
    [
        ({"reason": ""}, "请选择查看的事由"),
        ({"reason": "curious"}, ""),
        ({"reason": "other"}, "请写明事由"),
        ({"reason": "identity", "note": "机密★"}, "密级"),
        ({"reason": "identity", "note": "电话 139 0000 1111"}, "不要写身份证号"),
    ],
    ids=["none", "unknown", "other", "marked", "number"],
)
def test_without_a_good_reason_nothing_is_shown(client, secretary, member, data, word):
    answer = client.post(page(member), data).content.decode()

    assert word in answer
    assert vault.reveal(member, "phone") not in answer
    assert not events().exists()
    assert not Lookup.objects.exists()


def test_a_session_left_alone_has_to_prove_itself_and_keeps_what_was_typed(client, secretary, member):
    secretary.set_password("right-Horse-9-staple")
    secretary.save()
    client.force_login(secretary)
    with time_machine.travel(NOON + timedelta(minutes=5), tick=False):
        confirm = f"{reverse('accounts:confirm')}?next={page(member).replace('/', '%2F')}"
        assert client.get(page(member))["Location"] == confirm
        assert look(client, member, reason="contact", note="通知开会")["Location"] == confirm
        assert not events().exists()

        back = client.post("/confirm/", {"password": "right-Horse-9-staple", "next": page(member)})
        form = client.get(back["Location"]).content.decode()
        assert "通知开会" in form
        assert "通知开会" not in client.get(page(member)).content.decode()
        assert vault.reveal(member, "phone") in look(client, member).content.decode()


def test_when_the_record_cannot_be_written_nothing_is_shown(client, secretary, member, monkeypatch):
    def fails(*args, **detail):
        raise RuntimeError("no room")

    monkeypatch.setattr(audit, "record", fails)
    opened = []
    monkeypatch.setattr(vault, "reveal", lambda *args: opened.append(args))
    client.raise_request_exception = False
    answer = look(client, member)

    assert answer.status_code == 500
    assert opened == []
    assert not Lookup.objects.exists()


def test_the_record_is_written_before_the_value_is_opened(client, secretary, member, monkeypatch):
    recorded = []
    original = vault.reveal
    monkeypatch.setattr(vault, "reveal", lambda *args: recorded.append(events().count()) or original(*args))

    look(client, member)

    assert recorded[0] == 1


@pytest.mark.parametrize(
    ("role", "place", "status"),
    [
        (Role.SECRETARY, "own", 200), (Role.COMMITTEE, "above", 200), (Role.ADMIN, "root", 200), (Role.STAFF, "root", 200),
        (Role.DISCIPLINE, "above", 200), (Role.SECRETARY, "elsewhere", 404), (Role.COMMITTEE, "beside", 404),
        (Role.EDITOR, "own", 403), (Role.LEADER, "root", 403), (Role.INSPECTOR, "root", 403),
    ],
)  # fmt: skip
def test_who_may_look(client, branch, member, role, place, status):
    places = {
        "own": branch, "above": branch.parent, "root": root(), "elsewhere": BranchFactory(),
        "beside": BranchFactory(committee=True),
    }  # fmt: skip
    client.force_login(UserFactory(serving=places[place], role=role))

    assert look(client, member).status_code == status
    assert events().count() == (status == 200)


def test_twenty_an_hour_with_searches_and_many_are_marked(client, secretary, member):
    number = vault.reveal(member, "id_number")
    for turn in range(20):
        if turn % 2:
            assert register.find(number, by=secretary) == member
        else:
            assert vault.reveal(member, "phone") in look(client, member).content.decode()
    refused = look(client, member)

    assert "合计不超过 20 次" in refused.content.decode()
    assert vault.reveal(member, "phone") not in refused.content.decode()
    assert events().count() == 10
    assert events().filter(detail__has_key="frequent").count() == 5
    with time_machine.travel(NOON + timedelta(hours=1, seconds=1), tick=False):
        client.force_login(secretary)
        assert vault.reveal(member, "phone") in look(client, member).content.decode()


def test_another_person_has_an_allowance_of_the_own(secretary, member):
    for _ in range(20):
        throttle.spend_lookup(secretary)

    assert throttle.spend_lookup(UserFactory()) == 1


@pytest.mark.parametrize(
    ("roles", "kind"),
    [((Role.DISCIPLINE,), "discipline"), ((Role.COMMITTEE,), "office"), ((Role.DISCIPLINE, Role.COMMITTEE), "office")],
)
def test_the_person_sees_who_looked_but_not_when_it_was_the_discipline_post(client, branch, member, roles, kind):
    reader = UserFactory(name="周明远")
    for role in roles:
        AppointmentFactory(user=reader, branch=branch.parent, role=role)
    client.force_login(reader)
    look(client, member, "id_number", note="核对")
    assert events().get().detail["kind"] == kind

    client.force_login(member.user)
    seen = client.get("/me/").content.decode()
    assert ("周明远同志" in seen) == (kind == "office")
    client.force_login(UserFactory(serving=branch))
    assert "查看身份证号、手机或住址" not in client.get(member.get_absolute_url()).content.decode()


def test_what_was_shown_what_was_recorded_and_what_the_person_sees_are_the_same_number(client, secretary, member):
    shown = 0
    for turn in range(12):
        answer = look(client, member, FIELDS[turn % 3], reason="" if turn % 4 == 3 else "transfer")
        shown += vault.reveal(member, FIELDS[turn % 3]) in answer.content.decode()

    assert shown == events().count() == own.looks_at(member).count() == 9
    client.force_login(member.user)
    assert client.get("/me/").content.decode().count("办理组织关系</p>") == 9


def test_an_unknown_field_is_no_page(client, secretary, member):
    assert client.get(page(member, "note")).status_code == 404
