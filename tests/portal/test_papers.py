"""党支部工作手册 and 党务公开表: written from the records, for the eyes of who asks."""

import io
import zipfile
from datetime import date
from xml.sax.saxutils import unescape

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import AuditEvent
from branches.actions import root
from branches.rights import Role
from meetings.models import Vote
from portal import papers
from tests.factories import (
    ActivityFactory,
    AgendaItemFactory,
    AttendanceFactory,
    BranchFactory,
    CandidateFactory,
    DutyFactory,
    FulfilmentFactory,
    MeetingFactory,
    MemberFactory,
    MembershipFactory,
    PostFactory,
    StudyItemFactory,
    StudyPlanFactory,
    TermFactory,
    UserFactory,
    VoteFactory,
)

pytestmark = pytest.mark.django_db
TODAY = date(2025, 11, 20)


@pytest.fixture(autouse=True)
def _today():
    with time_machine.travel("2025-11-20 10:00+08:00", tick=False):
        yield


@pytest.fixture
def branch():
    """A branch with a year behind it."""
    branch = BranchFactory(name="中共云岭县第一小学支部委员会", parent=BranchFactory(committee=True))
    term = TermFactory(branch=branch)
    secretary, other = MemberFactory(branch=branch, name="高雪梅"), MemberFactory(branch=branch, name="段云")
    PostFactory(term=term, member=secretary)
    meeting = MeetingFactory(
        branch=branch, accepted=True, held_on=date(2025, 5, 23), topic="端午家访", minutes="逐户走访",
        resolutions="由第一党小组牵头", kinds=("theme_party_day", "members_meeting"),
    )  # fmt: skip
    AttendanceFactory(meeting=meeting, member=secretary)
    AttendanceFactory(meeting=meeting, member=other, mark="leave")
    AgendaItemFactory(meeting=meeting, title="传达学习会议精神", kind="first")
    VoteFactory(meeting=meeting, title="通过年度计划", entitled=20, present=16, in_favour=15, abstained=1)
    election = VoteFactory(
        meeting=meeting, title="补选委员", rule=Vote.Rule.ELECTION, entitled=20, present=16, in_favour=0, seats=1
    )
    CandidateFactory(vote=election, name="段云", votes=15)
    MeetingFactory(branch=branch, held_on=date(2025, 6, 24), topic="还是草稿")
    talk = ActivityFactory(
        branch=branch, kind="heart_talk", title="", answers={"pair": "committee", "result": "understood"}
    )
    talk.people.add(secretary, other)
    StudyItemFactory(plan=StudyPlanFactory(branch=branch.parent, title="2025 年学习计划"), month=3, title="新党章")
    FulfilmentFactory(duty=DutyFactory(branch=branch))
    return branch


@pytest.fixture
def secretary(branch):
    return UserFactory(serving=branch)


def text_of(response):
    with zipfile.ZipFile(io.BytesIO(response.content)) as archive:
        return unescape(archive.read("word/document.xml").decode())


def handbook(client, branch, user, year=2025):
    client.force_login(user)
    return client.get(reverse("portal:handbook", args=[branch.pk, year]))


def test_the_handbook_holds_the_year(client, branch, secretary):
    text = text_of(handbook(client, branch, secretary))

    for word in (
        "党支部工作手册", "中共云岭县第一小学支部委员会", "高雪梅", "端午家访", "逐户走访", "由第一党小组牵头",
        "传达学习会议精神", "通过年度计划", "赞成 15", "段云 15 票（当选）", "支委之间", "已沟通", "新党章", "主题党日",
    ):  # fmt: skip
        assert word in text, word
    assert "还是草稿" not in text


@pytest.mark.parametrize(
    ("role", "at", "sees"),
    [(Role.SECRETARY, "own", True), (Role.STAFF, "root", True), (Role.INSPECTOR, "upper", False)],
)
def test_votes_are_for_whom_the_table_lets_see_them(client, branch, role, at, sees):
    place = {"own": branch, "upper": branch.parent, "root": root()}[at]
    text = text_of(handbook(client, branch, UserFactory(serving=place, role=role)))

    assert "端午家访" in text
    assert ("赞成 15" in text) == sees
    assert ("15 票" in text) == sees


def test_numbers_are_masked_and_those_who_left_show_none(client, branch, secretary):
    here = MemberFactory(branch=branch, phone="19912345678", id_number="990099198005170015")
    gone = MemberFactory(phone="19987654321")
    MembershipFactory(member=gone, branch=branch, ended_on=date(2025, 12, 31))
    text = text_of(handbook(client, branch, secretary))

    assert here.name in text
    assert "199****5678" in text
    assert "19912345678" not in text
    assert "990099198005170015" not in text
    assert gone.name in text
    assert "4321" not in text


def test_the_sheet_of_a_quarter_says_what_happened_and_what_is_left_out(client, branch, secretary):
    MemberFactory(branch=branch, name="杨新", joined_on=date(2025, 6, 1), converted_on=None, since=date(2025, 6, 1))
    client.force_login(secretary)
    text = text_of(client.get(reverse("portal:disclosure", args=[branch.pk, 2025]), {"quarter": 2}))

    for word in ("第二季度", "端午家访", "杨新同志", "接收为预备党员", "另纸公开", "本季度没有召开组织生活会"):
        assert word in text, word
    assert "逐户走访" not in text, "minutes are not for the board"
    assert "赞成" not in text


@pytest.mark.parametrize("name", ["handbook", "disclosure"])
def test_each_is_a_pdf_too_and_taking_it_is_recorded(client, branch, secretary, name):
    client.force_login(secretary)
    answer = client.get(reverse(f"portal:{name}", args=[branch.pk, 2025]), {"format": "pdf"})

    assert answer.content.startswith(b"%PDF")
    event = AuditEvent.objects.get(action=f"paper.{name}")
    assert (event.by, event.object_id, event.detail["format"]) == (secretary, str(branch.pk), "pdf")


@pytest.mark.parametrize(
    ("name", "year", "query"),
    [
        ("handbook", 2026, {}), ("handbook", 2017, {}), ("handbook", 2025, {"format": "exe"}),
        ("disclosure", 2025, {"quarter": "5"}), ("disclosure", 2025, {"quarter": "x"}),
    ],
)  # fmt: skip
def test_what_there_is_none_of_is_not_found(client, branch, secretary, name, year, query):
    client.force_login(secretary)

    assert client.get(reverse(f"portal:{name}", args=[branch.pk, year]), query).status_code == 404


def test_a_stranger_finds_nothing(client, branch):
    assert handbook(client, branch, UserFactory(serving=BranchFactory())).status_code == 404


def test_an_empty_branch_has_a_handbook_too(client):
    branch = BranchFactory()

    assert "本年度没有提交的记录" in text_of(handbook(client, branch, UserFactory(serving=branch)))


def test_a_handbook_costs_the_same_for_a_long_year(branch, secretary):
    def cost():
        with CaptureQueriesContext(connection) as queries:
            papers.handbook(secretary, branch, 2025, on=TODAY)
        return len(queries)

    cost()  # what is kept in memory from the first time on
    few = cost()
    for month in range(1, 11):
        meeting = MeetingFactory(branch=branch, accepted=True, held_on=date(2025, month, 20))
        AgendaItemFactory(meeting=meeting)
        VoteFactory(meeting=meeting)
        AttendanceFactory(meeting=meeting, member=MemberFactory(branch=branch))
        ActivityFactory(branch=branch, held_on=date(2025, month, 3))

    assert cost() == few


def test_the_page_offers_the_quarters_so_far(client, branch, secretary):
    client.force_login(secretary)
    text = client.get(reverse("portal:papers")).content.decode()

    assert "第四季度" in text
    assert text.count("quarter=") == 8
    assert "?format=pdf" in text
