"""抄录: the text of a record in another platform's order, the tick, and what changed since; never a duty or a score."""

import re
from datetime import date

import pytest
import time_machine
from django.core.exceptions import PermissionDenied, ValidationError
from django.urls import reverse

from accounts.models import AuditEvent
from branches.actions import root
from branches.rights import Role
from meetings.models import Meeting, MeetingKind
from portal import copying
from portal.models import Copied
from tests import factories

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 20)
MEETING = copying.MATTERS["meeting"]


@pytest.fixture(autouse=True)
def _today():
    with time_machine.travel("2026-11-20 10:00+08:00", tick=False):
        yield


@pytest.fixture
def branch():
    return factories.BranchFactory(name="第一小学党支部")


@pytest.fixture
def secretary(branch):
    return factories.UserFactory(serving=branch)


@pytest.fixture
def meeting(branch):
    return factories.MeetingFactory(
        branch=branch, held_on=date(2026, 11, 6), topic="学习会议精神", place="会议室", host="周启明", due_count=3, attended_count=2,
        state="accepted", submitted_at="2026-11-07T02:00:00Z", minutes="一、学习。\n二、讨论。", kinds=(MeetingKind.Kind.THEME_PARTY_DAY,),
    )  # fmt: skip


@pytest.fixture
def system():
    return copying.systems(MEETING, on=TODAY)[0]


def one(meeting):
    return MEETING.rows(Meeting.objects.filter(pk=meeting.pk)).get()


@pytest.mark.parametrize("matter", copying.MATTERS.values(), ids=copying.MATTERS)
def test_every_field_of_the_rules_has_words_in_the_portal(matter):
    found = copying.systems(matter, on=TODAY)

    assert found
    assert {name for system in found for name in system.fields} <= set(matter.words)
    assert not {"身份证号", "公民身份号码", "手机", "家庭住址"} & set(matter.words), (
        "what is personal is copied from the paper"
    )


def test_the_text_stands_in_the_order_of_the_platform(meeting, system):
    lines = copying.text(MEETING, system, one(meeting)).splitlines()

    assert system.name == "云岭先锋"
    assert [line.partition("：")[0] for line in lines] == list(system.fields)
    assert lines[:3] == ["活动类型：主题党日", "活动主题：学习会议精神", "活动时间：2026-11-06"]
    assert "活动内容：一、学习。 二、讨论。" in lines, "a field is one line"


def test_a_field_that_the_portal_does_not_know_stays_blank(meeting, system):
    odd = copying.System("x", "某平台", ("活动主题", "平台编号"), "")

    assert copying.text(MEETING, odd, one(meeting)) == "活动主题：学习会议精神\n平台编号："


def test_ticked_it_is_no_longer_waiting_and_a_change_shows(client, meeting, system, secretary):
    client.force_login(secretary)
    page, waiting = reverse("portal:copying_one", args=["meeting", meeting.pk]), reverse("portal:copying")
    assert meeting.topic in client.get(waiting).content.decode()

    client.post(reverse("portal:copying_mark", args=["meeting"]), {"system": system.key, "row": [meeting.pk]})
    assert Copied.objects.get().created_by == secretary
    assert meeting.topic not in client.get(waiting).content.decode()
    assert "后有改动" not in client.get(page).content.decode()

    Meeting.objects.filter(pk=meeting.pk).update(topic="学习全会精神")
    assert "后有改动" in client.get(page).content.decode()
    assert AuditEvent.objects.get(action="copying.mark").detail == {"system": "yunling", "matter": "meeting", "rows": 1}


def test_a_whole_page_is_ticked_at_once_and_nothing_beyond_it(client, branch, system, secretary):
    done = {"state": "accepted", "submitted_at": "2026-11-07T02:00:00Z"}
    factories.MeetingFactory.create_batch(31, branch=branch, held_on=date(2026, 10, 6), **done)
    client.force_login(secretary)
    page = client.get(reverse("portal:copying")).content.decode()
    shown = re.findall(r'name="shown" value="(\d+)"', page)

    answer = client.post(
        reverse("portal:copying_mark", args=["meeting"]),
        {"system": system.key, "page": "1", "shown": shown},
        follow=True,
    )

    assert "30 条已标记为录入云岭先锋" in answer.content.decode()
    assert {str(pk) for pk in Copied.objects.values_list("object_id", flat=True)} == set(shown)
    assert Meeting.objects.count() == 31


def test_the_branch_is_told_once_when_there_is_but_one(client, branch, meeting, secretary):
    factories.MeetingFactory(
        branch=branch, held_on=date(2026, 10, 6), state="accepted", submitted_at="2026-11-07T02:00:00Z"
    )
    client.force_login(secretary)
    main = client.get(reverse("portal:copying")).content.decode().partition("<main")[2]
    assert main.count(branch.name) == 1
    assert main.index("勾选的已录入") < main.index("<table")

    elsewhere = factories.BranchFactory()
    factories.MeetingFactory(
        branch=elsewhere, held_on=date(2026, 10, 6), state="accepted", submitted_at="2026-11-07T02:00:00Z"
    )
    client.force_login(factories.UserFactory(serving=root(), role=Role.STAFF))
    assert '<th scope="col">党组织' in client.get(reverse("portal:copying")).content.decode()


def test_the_tick_can_be_taken_away(client, meeting, system, secretary):
    client.force_login(secretary)
    for extra in ({}, {"undo": "1"}):
        client.post(
            reverse("portal:copying_mark", args=["meeting"]), {"system": system.key, "row": [meeting.pk]} | extra
        )

    assert not Copied.objects.exists()


def test_nobody_ticks_for_another_branch(client, meeting, system):
    other = factories.UserFactory(serving=factories.BranchFactory())
    with pytest.raises(PermissionDenied):
        copying.mark(MEETING, system, [one(meeting)], is_entered=True, by=other)
    client.force_login(other)
    client.post(reverse("portal:copying_mark", args=["meeting"]), {"system": system.key, "row": [meeting.pk]})

    assert not Copied.objects.exists()


@pytest.mark.parametrize(
    "data", [{}, {"system": "yunling"}, {"system": "yunling", "row": ["x", "9" * 30]}, {"system": "?", "row": ["1"]}]
)
def test_an_empty_or_odd_tick_is_answered_in_words(client, secretary, data):
    client.force_login(secretary)
    answer = client.post(reverse("portal:copying_mark", args=["meeting"]), data, follow=True)

    assert answer.status_code == 200
    assert "请先" in answer.content.decode()


def test_too_many_at_once_are_refused(meeting, system, secretary):
    with pytest.raises(ValidationError, match="一次最多"):
        copying.mark(MEETING, system, [one(meeting)] * 201, is_entered=True, by=secretary)


def test_a_draft_is_not_copied(client, branch, secretary):
    draft = factories.MeetingFactory(branch=branch, held_on=date(2026, 11, 6), state="draft", submitted_at=None)
    client.force_login(secretary)

    assert client.get(reverse("portal:copying_one", args=["meeting", draft.pk])).status_code == 404


def test_the_list_costs_the_same_at_any_length(client, count_queries, branch, meeting):
    client.force_login(factories.UserFactory(serving=root(), role=Role.STAFF))
    for matter in copying.MATTERS:
        url = f"{reverse('portal:copying')}?matter={matter}"
        factories.ApplicationFactory(branch=branch)
        factories.MemberFactory(branch=branch)
        before = count_queries(url)
        done = {"state": "accepted", "submitted_at": "2026-11-07T02:00:00Z"}
        factories.MeetingFactory.create_batch(3, branch=branch, held_on=date(2026, 10, 6), **done)
        factories.MemberFactory.create_batch(3, branch=branch)
        factories.ApplicationFactory.create_batch(3, branch=branch)
        assert count_queries(url) == before, matter
