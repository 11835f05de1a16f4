"""Review by exception: what is asked about a record, who sees the question, and what the reviewer does."""

from datetime import UTC, date, datetime

import pytest
import time_machine
from django.core.exceptions import PermissionDenied, ValidationError
from django.urls import reverse

from accounts import audit
from branches.rights import Role
from meetings import actions, likeness, review
from meetings.models import Flag, Meeting, MeetingFile
from tests.factories import (
    BranchFactory,
    FlagFactory,
    MeetingFactory,
    MeetingFileFactory,
    StoredFileFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db
TODAY = date(2025, 5, 26)
MINUTES = (
    "会议学习了加强新时代学校党建工作的有关文件，围绕课后服务和家校共育开展讨论，"
    "三位同志结合岗位谈了打算，会议决定由第一党小组牵头排查校园安全隐患。"
)
EVENING = datetime(2025, 5, 26, 12, 30, tzinfo=UTC)  # half past eight in the county
PAGE = "meetings:review"


@pytest.fixture
def page(client, staff):
    client.force_login(staff)
    return reverse(PAGE)


def waiting(**fields):
    return MeetingFactory(submitted=True, **fields)


def read(text):
    return {"minutes": text, "trace": likeness.trace(text)}


# --- what is asked


def kinds_of(meeting):
    return set(meeting.flags.values_list("kind", flat=True))


def test_a_record_like_another_is_asked_about_when_it_is_handed_in():
    other = MeetingFactory(accepted=True, held_on=date(2023, 4, 1), **read(MINUTES))
    meeting = MeetingFactory(**read(MINUTES.replace("三位", "两位")), due_count=3, attended_count=2)

    with time_machine.travel("2025-05-26 10:00+08:00", tick=False):
        actions.submit(meeting, by=meeting.created_by, on=TODAY)

    flag = meeting.flags.get()
    assert (flag.kind, flag.other, flag.share >= 80) == (Flag.Kind.SIMILAR, other, True)


@pytest.mark.parametrize(("due", "attended", "is_asked"), [(16, 16, True), (15, 15, False), (16, 15, False)])
def test_everybody_there_is_asked_about_only_where_many_are_due(due, attended, is_asked):
    meeting = waiting(due_count=due, attended_count=attended)

    review.look(meeting)

    assert (Flag.Kind.FULL in kinds_of(meeting)) == is_asked


@pytest.mark.parametrize(
    ("count", "from_paper", "at", "is_asked"),
    [
        (6, False, EVENING, True),
        (5, False, EVENING, False),
        (6, True, EVENING, False),
        (6, False, datetime(2025, 5, 26, 2, tzinfo=UTC), False),
        (6, False, datetime(2025, 5, 26, 18, tzinfo=UTC), True),
    ],
    ids=["six", "five", "from paper", "in the morning", "at two in the night"],
)
def test_many_in_one_evening(count, from_paper, at, is_asked):
    by = UserFactory()
    rows = [
        MeetingFactory(state="submitted", submitted_at=at, created_by=by, is_from_paper=from_paper)
        for _ in range(count)
    ]

    review.look(rows[-1])

    assert (Flag.Kind.BURST in kinds_of(rows[-1])) == is_asked


def test_a_photo_that_was_used_before_is_asked_about():
    other, meeting = waiting(), waiting()
    first = StoredFileFactory()
    again = StoredFileFactory(sha256=first.sha256, look=first.look)
    for at, file in ((other, first), (meeting, again)):
        MeetingFileFactory(meeting=at, file=file, role=MeetingFile.Role.PHOTO)

    review.look(meeting)

    assert list(meeting.flags.values_list("kind", "other")) == [(Flag.Kind.PHOTO, other.pk)]


def test_what_was_settled_is_not_asked_again(staff):
    meeting = waiting(due_count=20, attended_count=20)
    review.look(meeting)
    review.settle(meeting.flags.get(), answer="到会名单已核对", by=staff)

    review.look(meeting)

    assert meeting.flags.get().answer == "到会名单已核对"
    assert not review.asked(Meeting.objects.all()).exists()


def test_a_question_is_settled_once_and_by_a_reviewer(staff):
    flag = FlagFactory(meeting=waiting())

    with pytest.raises(PermissionDenied):
        review.settle(flag, answer="没有问题", by=UserFactory(serving=flag.meeting.branch))
    review.settle(flag, answer="没有问题", by=staff)
    with pytest.raises(ValidationError, match="已经核实过"):
        review.settle(flag, answer="再写一次", by=staff)


def test_a_question_changes_nothing_about_the_record(staff):
    meeting = waiting()
    before = Meeting.objects.filter(pk=meeting.pk).values().get()

    review.settle(FlagFactory(meeting=meeting), answer="已核实", by=staff)

    assert Meeting.objects.filter(pk=meeting.pk).values().get() == before
    assert not audit.of(meeting).exists(), "the branch reads the record's history"


def test_the_sample_is_a_share_stays_the_week_and_changes_with_it():
    by, branch = UserFactory(), BranchFactory()
    Meeting.objects.bulk_create(
        Meeting(
            branch=branch, held_on=TODAY, topic="学习", due_count=1, attended_count=1, state="submitted",
            submitted_at=EVENING, created_by=by,
        )
        for _ in range(1000)
    )  # fmt: skip
    drawn = {day: set(review.sample(Meeting.objects.all(), on=date(2025, 5, day))) for day in (19, 25, 26)}

    assert 60 < len(drawn[19]) < 140
    assert drawn[19] == drawn[25] != drawn[26]


# --- the page


@pytest.mark.parametrize("role", [Role.SECRETARY, Role.EDITOR])
def test_a_branch_does_not_open_the_page(client, role):
    client.force_login(UserFactory(serving=BranchFactory(), role=role))

    assert client.get(reverse(PAGE)).status_code == 403


def test_what_is_asked_comes_first_with_both_texts(client, page):
    meeting, other = waiting(**read(MINUTES)), MeetingFactory(accepted=True, minutes="那一份的记录")
    FlagFactory(meeting=meeting, kind=Flag.Kind.SIMILAR, other=other, share=91)

    text = client.get(page).content.decode()

    assert MINUTES in text
    assert "那一份的记录" in text
    assert "（91%）" in text
    assert str(other.branch) in text


def test_several_are_passed_at_once(client, page):
    rows = [waiting() for _ in range(3)]

    client.post(page, {"act": "accept", "pk": [row.pk for row in rows[:2]]})

    assert [Meeting.objects.get(pk=row.pk).state for row in rows] == ["accepted", "accepted", "submitted"]


def test_nothing_picked_is_said(client, page):
    assert "打勾" in client.post(page, {"act": "accept"}, follow=True).content.decode()


def test_a_branch_is_passed_without_what_is_asked_or_drawn(client, page, monkeypatch):
    branch = BranchFactory()
    plain, asked, drawn, elsewhere = waiting(branch=branch), waiting(branch=branch), waiting(branch=branch), waiting()
    FlagFactory(meeting=asked)
    monkeypatch.setattr(review, "sample", lambda meetings, **_: [drawn.pk])

    client.post(f"{page}?tab=rest", {"act": "branch", "key": branch.pk})

    states = [Meeting.objects.get(pk=row.pk).state for row in (plain, asked, drawn, elsewhere)]
    assert states == ["accepted", "submitted", "submitted", "submitted"]


def test_each_goes_back_with_its_own_reason(client, page):
    meeting = waiting()

    answer = client.post(page, {"act": "send_back", "key": meeting.pk, f"back-{meeting.pk}-reason": ""})
    assert "请写明退回原因" in answer.content.decode()
    client.post(page, {"act": "send_back", "key": meeting.pk, f"back-{meeting.pk}-reason": "请补到会名单"})

    meeting.refresh_from_db()
    assert (meeting.state, meeting.return_reason) == ("returned", "请补到会名单")


def test_a_question_is_settled_with_a_line(client, page):
    flag = FlagFactory(meeting=waiting())

    assert "请写一句" in client.post(page, {"act": "settle", "key": flag.pk}).content.decode()
    client.post(page, {"act": "settle", "key": flag.pk, f"flag-{flag.pk}-answer": "联合开展"})

    flag.refresh_from_db()
    assert flag.answer == "联合开展"
    assert client.get(page).context["page"].paginator.count == 0 or client.get(page).context["tab"] != "asked"


@pytest.mark.parametrize("data", [{"act": "x"}, {"act": "settle", "key": "9" * 30}, {"act": "accept", "pk": "Ⅷ"}])
def test_what_no_form_sends_is_refused(client, page, data):
    waiting()

    assert client.post(page, data).status_code in (302, 404)
    assert not Meeting.objects.filter(state="accepted").exists()


def test_the_page_costs_the_same_at_any_length(client, page, count_queries):
    def furnish(count):
        for _ in range(count):
            FlagFactory(meeting=waiting(), other=waiting(), kind=Flag.Kind.SIMILAR, share=90)

    furnish(2)
    for tab in ("asked", "rest"):
        count_queries(f"{page}?tab={tab}")
        few = count_queries(f"{page}?tab={tab}")
        furnish(8)
        assert count_queries(f"{page}?tab={tab}") == few
        assert few <= 15


def test_no_question_reaches_the_eyes_of_a_branch(client, staff):
    """Neither the question, nor the other record, nor what was found out, on any page a branch reads."""
    branch = BranchFactory()
    meeting = waiting(branch=branch, due_count=20, attended_count=20)
    other = waiting(topic="Ⓒother-topic", minutes="Ⓒother-minutes")
    asked = FlagFactory(meeting=meeting, kind=Flag.Kind.SIMILAR, other=other, share=93)
    review.settle(FlagFactory(meeting=meeting), answer="Ⓒanswer", by=staff)
    actions.send_back(meeting, reason="请补名单", by=staff)

    for role in (Role.SECRETARY, Role.EDITOR):
        client.force_login(UserFactory(serving=branch, role=role))
        for url in (
            reverse("meetings:detail", args=[meeting.pk]), reverse("meetings:edit", args=[meeting.pk]),
            reverse("meetings:list"), reverse("portal:home"), reverse("reminders:list"),
            reverse("duties:list"),
        ):  # fmt: skip
            text = client.get(url).content.decode()
            assert "Ⓒ" not in text, url
            assert asked.get_kind_display() not in text, url
            assert "疑问" not in text, url
            assert "核实" not in text, url
