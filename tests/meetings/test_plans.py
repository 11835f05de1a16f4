"""Study plans: lines as people type them, what a meeting has studied stays, progress by agendas alone."""

from datetime import date

import pytest
import time_machine
from django.core.exceptions import PermissionDenied, ValidationError
from django.urls import reverse

from accounts.models import Stale
from branches.actions import root
from branches.rights import Role
from meetings import plans
from meetings.models import Meeting, StudyPlan
from tests.factories import BranchFactory, MeetingFactory, UserFactory
from tests.factories_life import AgendaItemFactory, StudyItemFactory, StudyPlanFactory

pytestmark = pytest.mark.django_db
TODAY = date(2025, 11, 20)


@pytest.fixture(autouse=True)
def _today():
    with time_machine.travel("2025-11-20 10:00+08:00", tick=False):
        yield


@pytest.fixture
def branch():
    return BranchFactory()


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("3月 学习党章", [(3, "学习党章")]),
        ("03月：学习党章", [(3, "学习党章")]),
        ("12 月份、学习党章\n\n  1月 学习准则", [(12, "学习党章"), (1, "学习准则")]),
        ("学习党章", [(None, "学习党章")]),
        ("1、学习党章\n2．3月 学习准则", [(None, "学习党章"), (3, "学习准则")]),
        ("13月 学习党章", [(None, "13月 学习党章")]),
        ("2025 年中央一号文件", [(None, "2025 年中央一号文件")]),
    ],
    ids=["plain", "zero and colon", "order as typed", "no month", "numbered", "no such month", "begins with a number"],
)
def test_lines_are_read_as_people_type_them(text, found):
    assert plans.parse(text) == found


@pytest.mark.parametrize(
    ("text", "word"),
    [("3月", "第 1 行只有月份"), ("\n 甲\n甲", "第 3 行“甲”前面已经有了"), ("长" * 201, "太长"), (" \n", "一行一项")],
    ids=["month alone", "twice", "too long", "nothing"],
)
def test_a_line_that_cannot_be_read_is_named(text, word):
    with pytest.raises(ValidationError, match=word):
        plans.parse(text)


def test_a_text_of_thousands_of_lines_is_no_plan():
    with pytest.raises(ValidationError, match="最多 300 行"):
        plans.parse("\n".join(map(str, range(100_000))))


def test_what_is_typed_comes_back_the_same(branch, secretary):
    plan = plans.save(
        StudyPlan(branch=branch, year=2025, kind="first", title="计划"), [(3, "甲"), (None, "乙")], by=secretary
    )

    assert plans.lines(plan) == "3月 甲\n乙"
    assert plans.parse(plans.lines(plan)) == [(3, "甲"), (None, "乙")]


def test_items_keep_their_records_while_the_order_changes(branch, secretary):
    plan = plans.save(
        StudyPlan(branch=branch, year=2025, kind="first", title="计划"), [(3, "甲"), (4, "乙")], by=secretary
    )
    studied = AgendaItemFactory(study_item=plan.items.get(title="乙"))

    plans.save(plan, [(5, "乙"), (None, "丙")], by=secretary, version=1)

    assert [(item.position, item.month, item.title) for item in plan.items.all()] == [(0, 5, "乙"), (1, None, "丙")]
    studied.refresh_from_db()
    assert studied.study_item.title == "乙"
    with pytest.raises(ValidationError, match="“乙”已有会议学过"):
        plans.save(plan, [(None, "丙")], by=secretary, version=2)
    with pytest.raises(Stale):
        plans.save(plan, [(None, "丙")], by=secretary, version=1)


def test_a_stranger_is_refused(branch):
    with pytest.raises(PermissionDenied):
        plans.save(
            StudyPlan(branch=branch, year=2025, kind="first", title="x"), [], by=UserFactory(serving=BranchFactory())
        )


def test_progress_counts_agendas_of_counted_meetings_at_and_below(branch):
    staff = UserFactory(serving=root(), role=Role.STAFF)
    plan = StudyPlanFactory(branch=branch)
    march, later, free = (StudyItemFactory(plan=plan, month=month) for month in (3, 12, None))
    inside, again = MeetingFactory.create_batch(2, branch=branch, submitted=True)
    for meeting in (
        inside,
        again,
        MeetingFactory(branch=branch),
        MeetingFactory(branch=BranchFactory(), submitted=True),
    ):
        AgendaItemFactory(meeting=meeting, study_item=free)

    items = plans.progress(plan, Meeting.objects.visible_to(staff), on=TODAY)

    assert [(item, item.times, item.branches, item.state) for item in items] == [
        (march, 0, 0, "miss"), (later, 0, 0, "wait"), (free, 2, 1, "done"),
    ]  # fmt: skip


def test_share_counts_only_meetings_that_must_have_it(branch, secretary):
    plan = StudyPlanFactory(branch=branch, kind="second")
    kinds = ["members_meeting", "committee_meeting", "theme_party_day"]
    with_it, without, other = (MeetingFactory(branch=branch, submitted=True, kinds=(kind,)) for kind in kinds)
    for meeting in (with_it, other):
        AgendaItemFactory(meeting=meeting, kind="second")
    AgendaItemFactory(meeting=without, kind="first")

    assert plans.share(plan, Meeting.objects.visible_to(secretary), on=TODAY) == (1, 2)


def test_a_plan_is_written_corrected_and_read(client, secretary, branch):
    data = {"kind": "first", "year": "2025", "title": "2025 年学习计划", "lines": "3月 学习党章\n学习准则"}

    answer = client.post(reverse("meetings:plan_add"), data)

    plan = StudyPlan.objects.get()
    assert answer["Location"] == plan.get_absolute_url()
    assert "学习准则" in client.get(plan.get_absolute_url()).content.decode()
    edit = reverse("meetings:plan_edit", args=[plan.pk])
    assert "3月 学习党章\n学习准则" in client.get(edit).content.decode()
    bad = client.post(edit, {"title": "新名", "lines": "4月\n学习准则", "version": "1"}).content.decode()
    assert "第 1 行只有月份" in bad
    assert "4月\n学习准则" in bad
    client.post(edit, {"title": "新名", "lines": "学习准则", "version": "1"})
    plan.refresh_from_db()
    assert (plan.title, plan.items.count()) == ("新名", 1)
    stale = client.post(edit, {"title": "旧名", "lines": "学习准则", "version": "1"})
    assert [row["now"] for row in stale.context["stale"]["rows"]] == ["新名"]
    again = client.post(reverse("meetings:plan_add"), data).content.decode()
    assert "这一年的计划已经有了" in again


def test_what_comes_from_above_is_read_not_changed(client, secretary):
    plan, beside = StudyPlanFactory(branch=root()), StudyPlanFactory(branch=BranchFactory())
    StudyItemFactory(plan=plan, month=1)

    answer = client.get(plan.get_absolute_url())
    assert answer.status_code == 200
    assert "过月未学" not in answer.content.decode(), "one's own plan says what was not studied"
    assert client.get(reverse("meetings:plan_edit", args=[plan.pk])).status_code == 404
    assert client.get(beside.get_absolute_url()).status_code == 404
    listed = client.get(reverse("meetings:plans")).content.decode()
    assert plan.get_absolute_url() in listed
    assert beside.get_absolute_url() not in listed


def test_a_mark_of_secrecy_is_refused(client, secretary):
    data = {"kind": "first", "year": "2025", "title": "计划", "lines": "3月 秘密★ 文件"}

    assert "密级标志" in client.post(reverse("meetings:plan_add"), data).content.decode()
    assert not StudyPlan.objects.exists()


def test_pages_cost_the_same_at_any_length(client, count_queries):
    client.force_login(UserFactory(serving=root(), role=Role.STAFF))
    plan = StudyPlanFactory(branch=root())
    urls = [reverse("meetings:plans"), plan.get_absolute_url()]

    def furnish(count):
        for _ in range(count):
            StudyItemFactory(plan=StudyPlanFactory(branch=BranchFactory()))
            meeting = MeetingFactory(branch=BranchFactory(), submitted=True)
            AgendaItemFactory(meeting=meeting, study_item=StudyItemFactory(plan=plan))

    furnish(2)
    few = [count_queries(url) for url in urls * 2][2:]
    furnish(8)

    assert [count_queries(url) for url in urls] == few
