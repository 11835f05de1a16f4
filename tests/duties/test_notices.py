"""Notices on their pages: drafted, looked at, sent, signed for, answered, marked, taken back."""

from datetime import date

import pytest
import time_machine
from django.urls import reverse

from accounts.models import AuditEvent
from branches.actions import root
from branches.models import Notice, Receipt
from branches.rights import Role
from duties.models import Duty
from tests import factories

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 20)


@pytest.fixture(autouse=True)
def _today():
    with time_machine.travel("2026-11-20 10:00+08:00", tick=False):
        yield


@pytest.fixture
def upper():
    return factories.BranchFactory(name="城区学校党委", kind="committee")


@pytest.fixture
def branch(upper):
    return factories.BranchFactory(name="第一小学党支部", parent=upper, stage="primary")


@pytest.fixture
def secretary(branch):
    return factories.UserFactory(serving=branch)


def typed(**changed):
    return {
        "branch": root().pk, "kind": "notice", "number": "", "title": "关于报送年度总结的通知", "body": "请按时报送。\n一式一份。",
        "deadline_on": "", "month": "", "held_on": "", "reach": "all", "version": "",
    } | changed  # fmt: skip


def send(client, staff, **changed):
    client.force_login(staff)
    client.post(reverse("duties:notice_add"), typed(**changed))
    notice = Notice.objects.get()
    client.post(reverse("duties:notice_issue", args=[notice.pk]))
    notice.refresh_from_db()
    return notice


def test_a_draft_is_looked_at_before_it_is_sent(client, staff, branch, secretary):
    client.force_login(staff)
    answer = client.post(reverse("duties:notice_add"), typed(), follow=True)
    text = answer.content.decode()
    notice = Notice.objects.get()

    assert notice.state == "draft"
    assert 'class="paper"' in text
    assert "各下级党组织：" in text
    assert not Receipt.objects.exists()
    client.force_login(secretary)
    assert client.get(notice.get_absolute_url()).status_code == 404, "a draft is nobody else's"


def test_sent_to_all_below_and_signed_for(client, staff, upper, branch, secretary):
    notice = send(client, staff, deadline_on="2026-11-25")
    assert set(Receipt.objects.values_list("branch", flat=True)) == {upper.pk, branch.pk}

    client.force_login(secretary)
    listed = client.get(reverse("duties:notices"))
    assert [row["word"] for row in listed.context["rows"]] == ["待签收"]
    receipt = Receipt.objects.get(branch=branch)
    client.post(reverse("duties:receipt", args=[receipt.pk]), {"sign": "1"})
    receipt.refresh_from_db()
    assert receipt.received_by == secretary
    assert Duty.objects.get(notice=notice, branch=branch).state(TODAY) == "done"
    client.force_login(staff)
    assert dict(client.get(notice.get_absolute_url()).context["counts"]) == {"发出": 2, "已签收": 1}


def test_an_answer_is_what_settles_a_notice_that_asks_for_one(client, staff, branch, secretary):
    notice = send(client, staff, deadline_on="2026-11-25", needs_answer="on")
    receipt = Receipt.objects.get(branch=branch)
    url = reverse("duties:receipt", args=[receipt.pk])
    client.force_login(secretary)
    client.post(url, {"sign": "1"})
    assert Duty.objects.get(notice=notice, branch=branch).state(TODAY) == "wait"
    empty = client.post(url, {"reply": "1", "answer": ""})
    assert "请写明办理情况" in empty.content.decode()
    secret = client.post(url, {"reply": "1", "answer": "秘密★ 已办"})
    assert "严禁录入国家秘密" in secret.content.decode()
    client.post(url, {"reply": "1", "answer": "已经报送。"})
    assert Duty.objects.get(notice=notice, branch=branch).state(TODAY) == "done"
    client.force_login(staff)
    assert "已经报送。" in client.get(notice.get_absolute_url()).content.decode()


def test_only_those_ticked_receive_it(client, staff, upper, branch):
    send(client, staff, reach="chosen", addressed_to=[branch.pk])

    assert [receipt.branch for receipt in Receipt.objects.all()] == [branch]
    event = AuditEvent.objects.get(action="branches.notice.add")
    assert event.detail["changed"]["addressed_to"] == [branch.pk]


def test_a_kind_and_a_stage_are_ticked_at_once_and_nothing_is_lost(client, staff, upper, branch):
    other = factories.BranchFactory(stage="junior")
    client.force_login(staff)
    answer = client.post(
        reverse("duties:notice_add"), typed(tick="1", sort="branch", stage="primary", addressed_to=[other.pk], title="")
    )
    chosen = {row["branch"] for group in answer.context["groups"] for row in group["rows"] if row["is_chosen"]}

    assert chosen == {branch, other}
    assert not Notice.objects.exists()
    assert "data-errors" not in answer.content.decode()
    assert "一式一份" in answer.content.decode()


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"reach": "chosen"}, "请勾选主送的党组织"),
        ({"kind": "meeting"}, "会议通知要填会议日期"),
        ({"kind": "dispatch"}, "要填所属月份"),
        ({"body": "绝密★启用前"}, "严禁录入国家秘密"),
        ({"month": "11 月"}, "月份请写成"),
        ({"title": ""}, "请填写标题"),
    ],
    ids=["nobody", "meeting without a day", "points without a month", "secret", "month", "title"],
)
def test_what_is_missing_is_said_and_what_was_typed_stays(client, staff, branch, changed, words):
    client.force_login(staff)
    text = client.post(reverse("duties:notice_add"), typed(**changed)).content.decode()

    assert words in text
    assert not Notice.objects.exists()


def test_a_committee_sends_to_those_below_it_alone(client, upper, branch):
    stranger = factories.BranchFactory()
    user = factories.UserFactory(serving=upper, role=Role.COMMITTEE)
    client.force_login(user)
    answer = client.post(
        reverse("duties:notice_add"), typed(branch=upper.pk, reach="chosen", addressed_to=[stranger.pk])
    )
    assert answer.status_code == 200
    assert not Notice.objects.exists()
    client.post(reverse("duties:notice_add"), typed(branch=root().pk))
    assert not Notice.objects.exists()
    client.post(reverse("duties:notice_add"), typed(branch=upper.pk))
    assert Notice.objects.get().branch == upper


def test_a_committee_does_not_move_what_was_sent_to_it(client, staff, upper, branch):
    notice = send(client, staff)
    client.force_login(factories.UserFactory(serving=upper, role=Role.COMMITTEE))

    assert client.get(notice.get_absolute_url()).status_code == 200
    for name in ("notice_withdraw", "notice_issue", "notice_marks", "notice_edit"):
        assert client.post(reverse(f"duties:{name}", args=[notice.pk])).status_code == 404


def test_withdrawn_nobody_owes_it(client, staff, branch, secretary):
    notice = send(client, staff, deadline_on="2026-11-25")
    asked = client.get(f"{notice.get_absolute_url()}?ask=withdraw").content.decode()
    assert "撤回这份通知？" in asked
    client.post(reverse("duties:notice_withdraw", args=[notice.pk]))

    assert not Duty.objects.filter(notice=notice).exists()
    client.force_login(secretary)
    assert client.get(notice.get_absolute_url()).status_code == 404
    answer = client.post(reverse("duties:receipt", args=[Receipt.objects.get(branch=branch).pk]), {"sign": "1"})
    assert answer.status_code == 302


def test_who_came_is_marked_in_one_form(client, staff, upper, branch):
    notice = send(client, staff, kind="meeting", held_on="2026-11-18")
    here, away = (Receipt.objects.get(branch=each) for each in (branch, upper))
    client.post(
        reverse("duties:notice_marks", args=[notice.pk]),
        {f"mark-{here.pk}": "present", f"mark-{away.pk}": "leave", "mark-x": "present"},
    )

    assert dict(Receipt.objects.values_list("pk", "mark")) == {here.pk: "present", away.pk: "leave"}


def test_two_people_at_one_draft(client, staff, branch):
    client.force_login(staff)
    client.post(reverse("duties:notice_add"), typed())
    url = reverse("duties:notice_edit", args=[Notice.objects.get().pk])
    client.post(url, typed(version="1", title="甲改的标题"))
    text = client.post(url, typed(version="1", title="乙改的标题")).content.decode()

    assert Notice.objects.get().title == "甲改的标题"
    assert "乙改的标题" in text
    assert "甲改的标题" in text


def test_it_copies_as_one_message(client, staff, branch):
    notice = send(client, staff, deadline_on="2026-11-25", needs_answer="on", number="工委通〔2026〕9号")
    text = client.get(notice.get_absolute_url()).context["group_text"]

    assert text.splitlines()[0] == "【通知】关于报送年度总结的通知（工委通〔2026〕9号）"
    assert "办理期限：2026年11月25日前" in text
    assert text.splitlines()[-1] == root().name


@pytest.mark.parametrize(
    ("query", "found"),
    [("", 2), ("?state=unread", 1), ("?state=unanswered", 1), ("?state=settled", 0), ("?kind=meeting", 1), ("?q=总结", 1),
     ("?year=2025", 0)],
)  # fmt: skip
def test_received_notices_are_found_again(client, branch, secretary, query, found):
    one = factories.NoticeFactory(branch=root(), issued=True, title="报送总结", created_by=secretary)
    two = factories.NoticeFactory(
        branch=root(), issued=True, title="开会", kind="meeting", held_on=TODAY, needs_answer=True, created_by=secretary
    )
    factories.ReceiptFactory(notice=one, branch=branch)
    factories.ReceiptFactory(notice=two, branch=branch, received_by=secretary, received_at="2026-11-19T00:00Z")
    client.force_login(secretary)

    assert len(client.get(reverse("duties:notices") + query).context["rows"]) == found


def test_the_lists_cost_the_same_at_any_length(client, count_queries, staff, branch):
    def more():
        notice = factories.NoticeFactory(branch=root(), issued=True, created_by=staff)
        factories.ReceiptFactory(notice=notice, branch=branch)

    secretary = factories.UserFactory(serving=branch)
    for person in (staff, secretary):
        client.force_login(person)
        more()
        count_queries(reverse("duties:notices"))
        few = count_queries(reverse("duties:notices"))
        for _ in range(4):
            more()
        assert count_queries(reverse("duties:notices")) == few


def test_a_notice_costs_the_same_however_many_received_it(client, count_queries, staff, branch):
    notice = factories.NoticeFactory(branch=root(), issued=True, created_by=staff)
    factories.ReceiptFactory(notice=notice, branch=branch)
    client.force_login(staff)
    count_queries(notice.get_absolute_url())
    few = count_queries(notice.get_absolute_url())
    for _ in range(5):
        factories.ReceiptFactory(notice=notice, received_by=staff, received_at="2026-11-19T00:00Z")

    assert count_queries(notice.get_absolute_url()) == few


def test_who_has_not_signed_is_found_at_once(client, staff, upper, branch, secretary):
    notice = send(client, staff)
    client.force_login(secretary)
    client.post(reverse("duties:receipt", args=[Receipt.objects.get(branch=branch).pk]), {"sign": "1"})
    client.force_login(staff)

    for query, expected in (("", [upper, branch]), ("?only=unsigned", [upper]), ("?only=x", [upper, branch])):
        lines = client.get(notice.get_absolute_url() + query).context["lines"]
        assert {line["receipt"].branch for line in lines} == set(expected)


def test_whoever_answers_second_sees_the_first_answer_and_keeps_what_was_typed(client, staff, branch, secretary):
    send(client, staff, needs_answer="on")
    url = reverse("duties:receipt", args=[Receipt.objects.get(branch=branch).pk])
    client.force_login(factories.UserFactory(serving=branch, role=Role.EDITOR))
    client.post(url, {"reply": "1", "answer": "已办三件"})
    client.force_login(secretary)
    answer = client.post(url, {"reply": "1", "answer": "还差一件", "seen": ""})
    text = answer.content.decode()

    assert "刚刚答复过" in text
    assert "已办三件" in text
    assert "还差一件" in text
    form = answer.context["own"][0]["form"]
    client.post(url, {"reply": "1", "answer": "还差一件", "seen": form["seen"].value()})
    assert Receipt.objects.get(branch=branch).answer == "还差一件"


def test_a_bulletin_of_the_county_is_not_sent_without_its_signature(client, staff, branch):
    client.force_login(staff)
    answer = client.post(reverse("duties:notice_add"), typed(kind="bulletin"))

    assert "由另一位同志签发" in answer.content.decode()
    assert not Notice.objects.exists()


def test_what_is_not_signed_for_is_seen_first(client, staff, upper, branch, secretary):
    notice = factories.NoticeFactory(branch=root(), issued=True, created_by=staff)
    above = factories.ReceiptFactory(notice=notice, branch=upper)
    factories.ReceiptFactory(notice=notice, branch=branch)
    client.force_login(secretary)
    told = {row["url"]: row["words"] for row in client.get(reverse("portal:home")).context["persons"]}
    assert told[reverse("duties:notices")] == "1 份"

    client.force_login(factories.UserFactory(serving=upper, role=Role.COMMITTEE))
    assert client.get(reverse("duties:notices")).context["box"] == "in"
    waiting = {row["url"]: row["words"] for row in client.get(reverse("portal:home")).context["waiting"]}
    assert waiting[reverse("duties:notices")] == "1 份"

    above.received_by, above.received_at = staff, "2026-11-20T00:00Z"
    above.save()
    assert client.get(reverse("duties:notices")).context["box"] == "out"
