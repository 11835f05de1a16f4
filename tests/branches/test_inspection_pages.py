"""督导检查 and 约谈 on their pages: entered, followed, counted, taken along, told."""

import io
from datetime import date, timedelta

import pytest
import time_machine
from django.urls import reverse
from openpyxl import load_workbook

from accounts.models import AuditEvent
from branches import inspections
from branches.actions import root
from branches.facts import inspections as visits_of_year
from branches.facts import lines_unvisited, notified, reviews_due, talks
from branches.models import AdmonitionTalk, Inspection, InspectionPlan, Notice, Rectification
from branches.rights import Role
from reminders import sweep
from rulebook.facts import Period
from tests import factories
from tests.reminders.mornings import only
from tests.reminders.test_sweep import at, lines

pytestmark = pytest.mark.django_db
ON = date(2025, 6, 20)


@pytest.fixture(autouse=True)
def _today():
    with time_machine.travel("2025-06-20 10:00+08:00", tick=False):
        yield


@pytest.fixture
def branch():
    return factories.BranchFactory(name="第一小学党支部")


@pytest.fixture
def line():
    return factories.InspectionLineFactory(plan__year=2025, label="组织生活落实情况")


def rows(*problems, **more):
    found = {f"f-{place}-problem": text for place, text in enumerate(problems)}
    return {"f-TOTAL_FORMS": "3", "f-INITIAL_FORMS": "0"} | found | more


def typed(line, **changed):
    return {
        "line": line.pk, "visited_on": "2025-06-03", "inspectors": "党建办", "summary": "查看记录", "version": "",
        "repeat_reason": "", "off_month_reason": "",
    } | rows("会议记录不全") | changed  # fmt: skip


class TestEntering:
    def test_one_page_for_the_visit_and_what_it_found(self, client, staff, branch, line):
        client.force_login(staff)
        choose = client.get(reverse("branches:inspection_add"), {"line": line.pk}).content.decode()
        assert f"?line={line.pk}&amp;branch={branch.pk}" in choose
        url = f"{reverse('branches:inspection_add')}?branch={branch.pk}&line={line.pk}"
        assert client.get(url).status_code == 200
        answer = client.post(url, typed(line))

        visit = Inspection.objects.get()
        assert answer.url == visit.get_absolute_url()
        assert Rectification.objects.get().problem == "会议记录不全"

    def test_a_second_visit_comes_back_with_the_warning_and_everything_typed(self, client, staff, branch, line):
        factories.InspectionFactory(line=line, branch=branch, visited_on=date(2025, 4, 12))
        client.force_login(staff)
        url = f"{reverse('branches:inspection_add')}?branch={branch.pk}"
        text = client.post(url, typed(line)).content.decode()

        assert "同一季度已于 4 月 12 日检查过" in text
        assert 'name="repeat_reason"' in text
        assert "查看记录" in text
        assert "会议记录不全" in text
        assert 'name="off_month_reason"' not in text
        assert Inspection.objects.count() == 1
        assert not Rectification.objects.exists()
        assert client.post(url, typed(line, repeat_reason="群众反映")).status_code == 302

    def test_more_rows_keep_what_was_typed(self, client, staff, branch, line):
        client.force_login(staff)
        url = f"{reverse('branches:inspection_add')}?branch={branch.pk}"
        answer = client.post(url, typed(line, more="1", inspectors=""))

        assert len(answer.context["rows"].forms) == 6
        assert "会议记录不全" in answer.content.decode()
        assert "处要改" not in answer.content.decode()

    @pytest.mark.parametrize("count", ["", "x", "-1", "999999", "3"])
    def test_a_tampered_number_of_rows_is_no_fault_of_ours(self, client, staff, branch, line, count):
        client.force_login(staff)
        url = f"{reverse('branches:inspection_add')}?branch={branch.pk}"
        assert client.post(url, typed(line, **{"f-TOTAL_FORMS": count})).status_code in (200, 302)

    def test_a_problem_that_is_refused_undoes_the_visit(self, client, staff, branch, line):
        client.force_login(staff)
        url = f"{reverse('branches:inspection_add')}?branch={branch.pk}"
        answer = client.post(url, typed(line, **{"f-0-due_on": "2025-06-01"}))
        assert "期限不能早于" in answer.content.decode()
        assert not Inspection.objects.exists()

    def test_without_an_issued_plan_the_page_leads_to_the_plans(self, client, staff, branch):
        client.force_login(staff)
        text = client.get(f"{reverse('branches:inspection_add')}?branch={branch.pk}").content.decode()
        assert reverse("branches:inspection_plans") in text
        assert 'form="entry"' not in text

    def test_further_problems(self, client, staff, branch, line):
        visit = factories.InspectionFactory(line=line, branch=branch)
        client.force_login(staff)
        url = reverse("branches:inspection_find", args=[visit.pk])
        assert "请至少写一个问题" in client.post(url, rows()).content.decode()
        assert client.post(url, rows("一", "二")).status_code == 302
        assert visit.rectifications.count() == 2


class TestPlanPages:
    def test_from_an_empty_list_to_an_issued_plan(self, client, staff):
        client.force_login(staff)
        assert "还没有计划" in client.get(reverse("branches:inspection_plans")).content.decode()
        client.post(
            reverse("branches:inspection_plan_add"),
            {"branch": root().pk, "year": "2025", "title": "2025 年度计划", "version": ""},
        )
        plan = InspectionPlan.objects.get()
        typed = {"label": "组织生活", "from_month": "3", "until_month": "6", "scope": ""}
        client.post(reverse("branches:inspection_line_add", args=[plan.pk]), typed)
        client.post(
            reverse("branches:inspection_plan_issue", args=[plan.pk]), {"number": "云教党〔2025〕5号", "version": "1"}
        )
        plan.refresh_from_db()
        assert plan.state == "issued"
        answer = client.post(reverse("branches:inspection_line_add", args=[plan.pk]), typed | {"label": "又一项"})
        assert "批准文号" in answer.content.decode()
        assert client.post(reverse("branches:inspection_line_drop", args=[plan.lines.get().pk])).status_code == 302
        assert plan.lines.count() == 1

    def test_how_its_lines_stand(self, client, staff, branch):
        plan = factories.InspectionPlanFactory(year=2025)
        done = factories.InspectionLineFactory(plan=plan, from_month=1, until_month=3, order=1)
        factories.InspectionLineFactory(plan=plan, from_month=1, until_month=5, order=2)
        factories.InspectionLineFactory(plan=plan, from_month=6, until_month=6, order=3)
        factories.InspectionLineFactory(plan=plan, from_month=9, until_month=10, order=4)
        factories.InspectionFactory(line=done, branch=branch)
        client.force_login(staff)
        found = client.get(plan.get_absolute_url()).context["rows"]
        assert [(row["sign"], row["line"].visit_count) for row in found] == [
            ("done", 1),
            ("miss", 0),
            ("wait", 0),
            ("na", 0),
        ]


class TestFollowing:
    def test_from_a_finding_over_a_notice_to_the_end(self, client, staff, branch, line):
        secretary = factories.UserFactory(serving=branch)
        leader = factories.UserFactory(serving=root(), role=Role.LEADER)
        visit = factories.InspectionFactory(line=line, branch=branch)
        inspections.find(visit, [("会议记录不全", None)], by=staff, on=ON)
        client.force_login(staff)
        answer = client.post(
            reverse("branches:inspection_notice", args=[visit.pk]), {"kind": "criticism", "visits": [visit.pk]}
        )
        notice = Notice.objects.get()
        assert answer.url == notice.get_absolute_url()
        text = client.get(answer.url).content.decode()
        assert "由有签发权的同志签发" in text
        assert visit.get_absolute_url() in text
        assert client.post(reverse("duties:notice_issue", args=[notice.pk])).status_code == 403
        client.force_login(secretary)
        assert notice.title not in client.get(visit.get_absolute_url()).content.decode(), "a draft is not shown"

        client.force_login(leader)
        assert client.get(notice.get_absolute_url()).context["may_send"]
        client.post(reverse("duties:notice_sign", args=[notice.pk]), {"version": "1"})
        notice.refresh_from_db()
        assert (notice.state, notice.issued_by) == ("issued", leader)

        client.force_login(staff)
        answer = client.get(visit.get_absolute_url())
        assert answer.context["left"] == ["还有 1 个问题没有验收", "通报批评还有 1 个党组织没有答复"]
        assert not answer.context["may_close"]
        refused = client.post(
            reverse("branches:inspection_close", args=[visit.pk]), {"version": "2", "outcome": "好了"}
        )
        assert "还不能了结" in refused.content.decode()
        assert "好了" in refused.content.decode()

    def test_the_branch_sees_its_visit_and_does_nothing_with_it(self, client, branch, line):
        visit = factories.InspectionFactory(line=line, branch=branch, summary="查看记录")
        client.force_login(factories.UserFactory(serving=branch))
        answer = client.get(visit.get_absolute_url())
        assert "查看记录" in answer.content.decode()
        assert not answer.context["may_run"]
        assert client.get(line.plan.get_absolute_url()).status_code == 404
        assert client.get(reverse("branches:inspection_add")).status_code == 403
        client.force_login(factories.UserFactory(serving=factories.BranchFactory()))
        assert client.get(visit.get_absolute_url()).status_code == 404

    def test_an_inspector_does_not_read_the_problems(self, client, staff, branch, line):
        visit = factories.InspectionFactory(line=line, branch=branch)
        inspections.find(visit, [("会议记录不全", None)], by=staff, on=ON)
        client.force_login(factories.UserFactory(serving=root(), role=Role.INSPECTOR))
        text = client.get(visit.get_absolute_url()).content.decode()
        assert "会议记录不全" not in text
        assert "1 个" in text
        assert client.get(reverse("branches:talks")).status_code == 403

    def test_what_somebody_else_changed_keeps_the_words(self, client, staff, branch, line):
        visit = factories.InspectionFactory(line=line, branch=branch)
        client.force_login(staff)
        inspections.enter(Inspection.objects.get(pk=visit.pk), version=1, by=staff, on=ON)
        url = reverse("branches:inspection_close", args=[visit.pk])
        answer = client.post(url, {"version": "1", "outcome": "查看正常"})
        assert "刚被别人改过" in answer.content.decode()
        again = client.post(url, {"version": answer.context["form"]["version"].value(), "outcome": "查看正常"})
        assert again.status_code == 302
        visit.refresh_from_db()
        assert visit.state == "closed"


class TestLists:
    @pytest.mark.parametrize("name", ["inspections", "inspection_burden", "inspection_plans"])
    def test_they_cost_the_same_at_any_length(self, client, staff, branch, line, count_queries, name):
        factories.InspectionFactory(line=line, branch=branch)
        client.force_login(staff)
        url = reverse(f"branches:{name}")
        before = count_queries(url)
        for place in range(10):
            other = factories.InspectionLineFactory(plan__year=2010 + place)
            factories.InspectionFactory(line=other, visited_on=ON, created_by=staff)
        assert count_queries(url) == before

    def test_one_visit_costs_the_same_with_many_problems(self, client, staff, branch, line, count_queries):
        visit = factories.InspectionFactory(line=line, branch=branch)
        inspections.find(visit, [("一", None)], by=staff, on=ON)
        client.force_login(staff)
        before = count_queries(visit.get_absolute_url())
        inspections.find(visit, [(f"问题 {place}", None) for place in range(10)], by=staff, on=ON)
        assert count_queries(visit.get_absolute_url()) == before

    def test_filters(self, client, staff, branch, line):
        left = factories.InspectionFactory(line=line, branch=branch)
        again = factories.InspectionFactory(line=line, repeat_reason="群众反映", closed=True)
        inspections.find(left, [("一", None)], by=staff, on=ON)
        client.force_login(staff)
        url = reverse("branches:inspections")
        for query, expected in (
            ("", {left, again}), ("only=left", {left}), ("only=again", {again}), ("state=closed", {again}),
            ("q=第一小学", {left}), ("year=2024", set()),
        ):  # fmt: skip
            found = client.get(f"{url}?{query}").context["rows"]
            assert {row["visit"] for row in found} == expected, query

    def test_the_burden_by_quarter(self, client, staff, branch, line):
        for day in (date(2025, 1, 5), date(2025, 4, 5), date(2025, 5, 6)):
            factories.InspectionFactory(line=line, branch=branch, visited_on=day)
        client.force_login(staff)
        row = client.get(reverse("branches:inspection_burden")).context["rows"][0]
        assert (row["branch"], row["quarters"], row["times"], row["is_often"]) == (branch, [1, 2, 0, 0], 3, True)


class TestTalks:
    def test_entered_listed_and_corrected(self, client, staff, branch):
        client.force_login(staff)
        url = f"{reverse('branches:talk_add')}?branch={branch.pk}"
        typed = {"talked_on": "2025-06-19", "talked_with": "党支部书记", "talked_by": "工委副书记", "result": "rectify",
                 "inspection": "", "version": ""}  # fmt: skip
        assert client.post(url, typed).status_code == 302
        talk = AdmonitionTalk.objects.get()
        edit = reverse("branches:talk_edit", args=[talk.pk])
        client.post(edit, typed | {"result": "follow", "version": "1"})
        answer = client.post(edit, typed | {"talked_by": "工委书记", "version": "1"})
        assert "刚被别人改过" in answer.content.decode()
        listed = client.get(reverse("branches:talk", args=[talk.pk]), follow=True)
        assert "继续跟踪" in listed.content.decode()


def sheets_of(answer):
    """Name of a sheet → its rows below the header, without their numbers."""
    book = load_workbook(io.BytesIO(answer.content))
    return {sheet.title: [row[1:] for row in sheet.iter_rows(min_row=5, values_only=True)] for sheet in book}


class TestWorkbooks:
    def test_the_ledger_is_what_is_filtered(self, client, staff, branch, line):
        factories.InspectionFactory(line=line, branch=branch, repeat_reason="=1+1")
        factories.InspectionFactory(line=line)
        client.force_login(staff)
        found = sheets_of(client.get(f"{reverse('branches:inspections_export')}?q=第一小学"))
        assert [row[0] for row in found["督导检查台账"]] == ["第一小学党支部"]
        assert found["督导检查台账"][0][10] == "=1+1"
        assert found["各党组织受检次数"] == [("第一小学党支部", 0, 1, 0, 0, 1)]
        assert AuditEvent.objects.filter(action="report.export").count() == 1

    def test_report_18_shows_each_only_what_they_may_see(self, client, staff, branch, line):
        factories.InspectionFactory(line=line, branch=branch)
        factories.AdmonitionTalkFactory(branch=branch)
        factories.LadderStepFactory(branch=branch, level="talk", parties="工委副书记与党支部书记", on=date(2025, 5, 4))
        factories.ResponsibilityLetterFactory(branch=branch, year=2025)
        url = f"{reverse('portal:supervision')}?year=2025"
        client.force_login(staff)
        found = sheets_of(client.get(url))
        assert [*found] == ["督查检查", "通报表扬批评", "约谈", "责任书"]
        assert [row[5] for row in found["约谈"]] == ["应办事项逾期", None]
        assert len(found["督查检查"]) == len(found["责任书"]) == 1

        client.force_login(factories.UserFactory(serving=root(), role=Role.INSPECTOR))
        assert [*sheets_of(client.get(url))] == ["督查检查", "通报表扬批评", "责任书"]
        client.force_login(factories.UserFactory(serving=factories.BranchFactory(committee=True), role=Role.COMMITTEE))
        assert sheets_of(client.get(url))["督查检查"] == []


class TestFigures:
    def test_of_a_year(self, branch, line):
        other = factories.BranchFactory()
        visit = factories.InspectionFactory(line=line, branch=branch)
        period = Period.of_year(2025, on=ON)
        found = visits_of_year([branch.pk, other.pk], period)
        assert (found[branch.pk].value, found[branch.pk].pks, found[other.pk].value) == (1, (visit.pk,), 0)
        assert visits_of_year([branch.pk], Period.of_year(2024, on=ON)) is None
        assert talks([branch.pk], period) is None
        factories.AdmonitionTalkFactory(branch=branch)
        assert talks([branch.pk], period)[branch.pk].value == 1
        notice = factories.NoticeFactory(branch=root(), kind="criticism", issued=True)
        factories.ReceiptFactory(notice=notice, branch=branch)
        Notice.objects.filter(pk=notice.pk).update(issued_at="2025-05-01T02:00Z")
        assert notified([branch.pk], period, kind="criticism")[branch.pk].pks == (notice.pk,)
        assert notified([branch.pk], period, kind="commendation") is None


class TestReminders:
    def test_a_line_that_nobody_visited_is_told_to_its_staff_until_somebody_does(self, staff, branch):
        line = factories.InspectionLineFactory(plan__year=2025, from_month=3, until_month=4)
        with only("remind.inspection_line"):
            for days in range(40):
                sweep.run(at("04-29") + timedelta(days=days))
        told = [row for row in lines(staff) if row[1] == "remind.inspection_line"]
        assert [day for day, _, _ in told] == ["05-06", "06-03"], "the day after, and a month later; holidays move it"

        factories.InspectionFactory(line=line, branch=branch)
        assert not lines_unvisited(date(2025, 6, 5), of="ends_on").exists()

    def test_december_ends_in_the_next_year(self):
        line = factories.InspectionLineFactory(plan__year=2025, from_month=10, until_month=12)
        assert [*lines_unvisited(ON, of="ends_on")] == [(line.pk, root().pk, date(2025, 12, 31), date(2025, 12, 31))]

    def test_a_review_is_told_to_the_secretary_until_it_is_made(self, branch):
        secretary = factories.UserFactory(serving=branch)
        editor = factories.UserFactory(serving=branch, role=Role.EDITOR)
        risk = factories.IntegrityRiskFactory(branch=branch, found_on=date(2025, 1, 6), review_on=date(2025, 5, 20))
        for days in range(16):
            sweep.run(at("05-05") + timedelta(days=days))
        told = [(day, rule) for day, rule, _ in lines(secretary)]
        assert told == [("05-06", "remind.risk_review"), ("05-20", "remind.risk_review")]
        assert lines(editor) == []
        risk.closed_on = date(2025, 5, 21)
        risk.save()
        assert not reviews_due(ON, of="review_on").exists()
