"""收表 on its pages: from the upload to the merged table, by staff and by a secretary; bad input; what a page costs."""

import io
import re
from datetime import date

import pytest
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook

from accounts.models import AuditEvent
from branches.actions import root
from datacalls.models import DataCall, DataCallAnswer
from datacalls.views import call as call_views
from duties.models import Duty
from files.models import StoredFile
from tests import factories
from tests.datacalls.conftest import form_of, upload

pytestmark = pytest.mark.django_db


def typed(**changed):
    return {
        "branch": root().pk, "title": "党组织基本情况统计表", "number": "县函〔2026〕12 号", "note": "", "per": "branch",
        "deadline_on": "2026-11-28", "upload": upload(),
    } | changed  # fmt: skip


def columns_of(call, **changed):
    told = {}
    for column in call.columns.all():
        meaning = (
            f"known:{column.known}"
            if column.known
            else f"{column.source}:{column.type if column.source == 'asked' else ''}"
        )
        told |= {f"c{column.position}-meaning": meaning, f"c{column.position}-options": column.options}
        if column.is_required:
            told[f"c{column.position}-is_required"] = "on"
    return told | {"version": call.version} | changed


def test_from_the_empty_form_to_the_merged_one(client, staff, secretary, branch, second):
    client.force_login(staff)
    client.post(reverse("datacalls:add"), typed())
    call = DataCall.objects.get()
    page = client.get(reverse("datacalls:columns", args=[call.pk])).content.decode()
    assert "系统带出 3 列，请支部填 3 列" in page
    assert client.post(reverse("datacalls:columns", args=[call.pk]), columns_of(call)).status_code == 302
    call.refresh_from_db()
    client.post(reverse("datacalls:open", args=[call.pk]), {"reach": "branches", "version": call.version})
    assert call.answers.count() == 2

    client.force_login(secretary)
    duty = Duty.objects.get(branch=branch)
    assert reverse("datacalls:of_notice", args=[duty.notice_id]) in client.get(reverse("duties:list")).content.decode()
    answer = DataCallAnswer.objects.get(branch=branch)
    fill = reverse("datacalls:fill", args=[answer.pk])
    assert client.get(reverse("datacalls:of_notice", args=[duty.notice_id]))["Location"] == fill
    page = client.get(fill).content.decode()
    assert "周启明" in page
    assert "有误" in page
    sent = {"r0-4": "是", "r0-5": "80", "r0-6": "", "version": answer.version, "submit": "1"}
    assert client.post(fill, sent).status_code == 302
    assert client.get(reverse("datacalls:of_notice", args=[duty.notice_id]))["Location"] == answer.get_absolute_url()

    client.force_login(staff)
    page = client.get(call.get_absolute_url()).content.decode()
    assert "已报 1" in page
    assert "第二小学党支部" in page.partition("【催报】")[2]
    data = client.get(reverse("datacalls:merged", args=[call.pk])).content
    assert [cell.value for cell in load_workbook(io.BytesIO(data)).active[3]][:5] == [
        1,
        "第一小学党支部",
        "周启明",
        3,
        "是",
    ]
    assert AuditEvent.objects.filter(action="call.merge").exists()


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"title": ""}, "请填写表名"), ({"number": ""}, "没有依据的表不收"), ({"deadline_on": "2026-11-19"}, "早于今天"),
        ({"deadline_on": "后天"}, "有效"), ({"upload": ""}, "请选择要收的表"), ({"title": "机密★一年"}, "非涉密系统"),
        ({"upload": upload(form_of(("姓名", "身份证号")))}, "第二人批准"), ({"upload": upload(b"x", "a.xls")}, "另存为"),
        ({"upload": upload(b"rubbish")}, "另存|重新|不一致"),
    ],
)  # fmt: skip
def test_bad_input_is_told_beside_its_field_and_leaves_nothing(client, staff, branch, changed, words):
    client.force_login(staff)
    answer = client.post(reverse("datacalls:add"), typed(**changed))

    assert answer.status_code == 200
    assert re.search(words, answer.content.decode())
    assert not DataCall.objects.exists()


@pytest.mark.parametrize(
    "changed",
    [{"c4-options": "是"}, {"c1-meaning": "known:nothing"}, {"c1-meaning": ""}, {"version": 99}, {"version": "x"}],
    ids=["one option", "unknown", "nothing", "stale", "no version"],
)
def test_what_a_column_cannot_mean_is_refused(client, staff, drafted, changed):
    call = drafted()
    client.force_login(staff)
    answer = client.post(reverse("datacalls:columns", args=[call.pk]), columns_of(call, **changed))

    assert answer.status_code == 200
    assert call.columns.get(position=1).known == "name"


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"r0-5": ""}, "请填“活动室面积”"), ({"r0-4": "也许"}, "选"), ({"r0-5": "机密★一年"}, "非涉密系统"),
        ({"r0-5": "532101198102030011"}, "不能填身份证号"), ({"r0-5": "x" * 501}, "500"), ({"version": "7"}, "刚被别人改过"),
    ],
)  # fmt: skip
def test_a_wrong_answer_stays_on_the_page(client, opened, secretary, branch, changed, words):
    answer = DataCallAnswer.objects.get(call=opened(), branch=branch)
    client.force_login(secretary)
    sent = {"r0-4": "是", "r0-5": "八十", "r0-6": "照旧", "version": answer.version, "submit": "1"} | changed
    page = client.post(reverse("datacalls:fill", args=[answer.pk]), sent)

    assert page.status_code == 200
    assert words in page.content.decode()
    assert "照旧" in page.content.decode(), "what was typed stays"
    answer.refresh_from_db()
    assert answer.state == "open"


def test_a_draft_may_leave_gaps(client, opened, secretary, branch):
    answer = DataCallAnswer.objects.get(call=opened(), branch=branch)
    client.force_login(secretary)
    client.post(reverse("datacalls:fill", args=[answer.pk]), {"r0-5": "80", "version": answer.version, "save": "1"})

    assert 'value="80"' in client.get(reverse("datacalls:fill", args=[answer.pk])).content.decode()


def test_what_others_say_is_not_shown_to_a_branch(client, opened, secretary, second):
    call = opened()
    client.force_login(secretary)

    assert "第二小学党支部" not in client.get(call.get_absolute_url()).content.decode()
    assert client.get(DataCallAnswer.objects.get(branch=second).get_absolute_url()).status_code == 404


def test_put_off_returned_ended(client, opened, staff, secretary, branch):
    call = opened()
    answer = DataCallAnswer.objects.get(call=call, branch=branch)
    client.force_login(secretary)
    client.post(
        reverse("datacalls:fill", args=[answer.pk]),
        {"r0-4": "是", "r0-5": "80", "version": answer.version, "submit": "1"},
    )
    client.force_login(staff)
    client.post(reverse("datacalls:return", args=[answer.pk]), {"reason": "面积请核对"})
    client.post(reverse("datacalls:deadline", args=[call.pk]), {"deadline_on": "2026-12-05", "version": call.version})
    call.refresh_from_db()
    client.post(reverse("datacalls:close", args=[call.pk]), {"version": call.version})
    answer.refresh_from_db()
    call.refresh_from_db()

    assert (answer.state, answer.return_reason) == ("returned", "面积请核对")
    assert (call.state, call.deadline_on) == ("closed", date(2026, 12, 5))
    client.force_login(secretary)
    assert "收表已经结束" in client.get(reverse("datacalls:fill", args=[answer.pk]), follow=True).content.decode()


def test_the_pages_cost_the_same_at_any_length(client, count_queries, drafted, opened, staff, secretary, branch, upper):
    people = opened(form_of(("姓名", "性别", "特长")), per="member")
    mine = DataCallAnswer.objects.get(call=people, branch=branch)
    owed, ours = reverse("datacalls:fill", args=[mine.pk]), reverse("datacalls:open", args=[drafted().pk])
    pages = {
        staff: [reverse("datacalls:list"), people.get_absolute_url(), ours, mine.get_absolute_url()],
        secretary: [reverse("datacalls:answers"), owed, reverse("duties:list")],
    }
    before = {}
    for person, urls in pages.items():
        client.force_login(person)
        before |= {url: count_queries(url) for url in urls}
    for _ in range(3):
        opened()
    factories.MemberFactory.create_batch(4, branch=branch)
    for number in range(4):
        factories.DataCallAnswerFactory(call=people, branch=factories.BranchFactory(parent=upper, order=number))
    for person, urls in pages.items():
        client.force_login(person)
        assert {url: count_queries(url) for url in urls} == {url: before[url] for url in urls}


def test_a_form_that_cannot_be_opened_is_told_in_words(client, drafted, staff):
    call = drafted()
    StoredFile.objects.filter(pk=call.file_id).update(state=StoredFile.State.QUARANTINED)
    client.force_login(staff)

    response = client.get(reverse("datacalls:columns", args=[call.pk]), follow=True)

    assert response.status_code == 200
    assert "没有通过病毒检查" in response.content.decode()


def test_the_message_to_the_group_counts_everybody_who_lacks(client, opened, staff, monkeypatch):
    monkeypatch.setattr(call_views, "NAMED", 1)
    client.force_login(staff)
    text = client.get(opened().get_absolute_url()).context["group_text"]

    assert "还没有报送的（2 个）" in text
    assert "第一小学党支部等\n" in text


def test_of_two_that_one_answers_for_the_one_that_waits_comes_first(client, opened, secretary, branch, second):
    call = opened()
    factories.AppointmentFactory(user=secretary, branch=second)
    DataCallAnswer.objects.filter(call=call, branch=branch).update(
        state="submitted", submitted_by=secretary, submitted_at=timezone.now(), as_of_on=date(2026, 11, 20)
    )
    client.force_login(secretary)
    waits = DataCallAnswer.objects.get(call=call, branch=second)

    answer = client.get(reverse("datacalls:of_notice", args=[call.notice_id]))
    assert answer["Location"] == reverse("datacalls:fill", args=[waits.pk])


def test_an_answer_is_called_by_its_form_to_a_branch_and_by_the_branch_to_whoever_collects(
    client, opened, staff, secretary, branch
):
    answer = DataCallAnswer.objects.get(call=opened(), branch=branch)
    titles = {}
    for user in (secretary, staff):
        client.force_login(user)
        titles[user] = heading(client.get(answer.get_absolute_url()))

    assert titles == {secretary: answer.call.title, staff: branch.name}


def test_what_came_in_has_a_tab_of_its_own(client, opened, staff, branch, second):
    call = opened()
    page = f"{call.get_absolute_url()}?only=done"
    client.force_login(staff)
    assert "还没有党组织报送" in client.get(page).content.decode()

    DataCallAnswer.objects.filter(call=call, branch=second).update(
        state="submitted", submitted_by=staff, submitted_at=timezone.now(), as_of_on=date(2026, 11, 20)
    )
    shown = client.get(page)
    assert [row["answer"].branch for row in shown.context["rows"]] == [second]
    assert '<a href="?only=done#answers" aria-current="true">已报的</a>' in shown.content.decode()


def test_who_may_collect_is_offered_in_the_order_of_organisations(client, staff):
    third, first = (
        factories.BranchFactory(name=name, kind="committee", order=order) for name, order in (("三中", 3), ("一中", 1))
    )
    for organ in (third, first):
        factories.BranchFactory(parent=organ)
    client.force_login(staff)
    form = client.get(reverse("datacalls:add")).context["form"]

    assert list(form.fields["branch"].queryset) == [root(), first, third]
    assert form.initial["branch"] == root()


def heading(response):
    return re.search("<h1>(.*?)</h1>", response.content.decode())[1]
