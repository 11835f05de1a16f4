"""The plan of a year, visits under its lines, what is made known of them, and when a visit is settled."""

from datetime import date

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from accounts.models import AuditEvent, Stale
from branches import inspection_notices, inspections, rectifications
from branches.actions import root
from branches.models import AdmonitionTalk, Inspection, InspectionLine, InspectionPlan, Notice, Rectification
from branches.rights import Role
from duties import notices
from tests import factories

pytestmark = pytest.mark.django_db
ON = date(2025, 6, 20)
Kind = Notice.Kind


@pytest.fixture
def upper():
    return factories.BranchFactory(name="城区学校党委", committee=True)


@pytest.fixture
def branch(upper):
    return factories.BranchFactory(name="第一小学党支部", parent=upper)


@pytest.fixture
def secretary(branch):
    return factories.UserFactory(serving=branch)


@pytest.fixture
def line():
    return factories.InspectionLineFactory(plan__year=2025, label="组织生活落实情况")


def visit_of(branch, line, day=date(2025, 4, 16), **fields):
    return Inspection(branch=branch, line=line, visited_on=day, inspectors="党建办", **fields)


@pytest.fixture
def visit(branch, line, staff):
    return inspections.enter(visit_of(branch, line), [("会议记录不全", None)], by=staff, on=ON)


def settle(item, secretary, staff):
    rectifications.submit(item, done="已补齐", by=secretary, on=ON)
    return rectifications.accept(item, by=staff, on=ON)


class TestPlan:
    def test_lines_first_then_its_number_then_only_with_a_paper(self, staff):
        plan = inspections.save_plan(
            InspectionPlan(branch=root(), year=2025, title="2025 年度督查检查计划"), by=staff, on=ON
        )
        with pytest.raises(ValidationError, match="还没有事项"):
            inspections.issue_plan(plan, number="云教党〔2025〕5号", version=plan.version, by=staff)
        line = InspectionLine(plan=plan, label="组织生活", from_month=3, until_month=6)
        line = inspections.save_line(line, by=staff)
        plan = inspections.issue_plan(plan, number="云教党〔2025〕5号", version=plan.version, by=staff)

        with pytest.raises(ValidationError, match="不能再改"):
            inspections.save_line(line, by=staff)
        with pytest.raises(ValidationError, match="不能删去"):
            inspections.drop_line(line, by=staff)
        with pytest.raises(ValidationError, match="批准文号"):
            inspections.save_line(InspectionLine(plan=plan, label="安全", from_month=9, until_month=9), by=staff)
        with pytest.raises(ValidationError, match="不能再印发"):
            inspections.issue_plan(plan, number="云教党〔2025〕6号", version=plan.version, by=staff)
        late = InspectionLine(plan=plan, label="安全", from_month=9, until_month=9, basis="云教党〔2025〕30号")
        assert inspections.save_line(late, by=staff).order == 2

    def test_a_plan_belongs_to_who_has_somebody_below(self, staff, branch):
        with pytest.raises(ValidationError, match="由工委、党委、党总支制定"):
            inspections.save_plan(InspectionPlan(branch=branch, year=2025, title="计划"), by=staff, on=ON)

    def test_a_secretary_makes_none(self, secretary, branch):
        with pytest.raises(PermissionDenied):
            inspections.save_plan(InspectionPlan(branch=branch, year=2025, title="计划"), by=secretary, on=ON)


class TestVisit:
    def test_what_it_found_becomes_rectification(self, visit, branch):
        item = Rectification.objects.get(inspection=visit)

        assert (item.branch, item.source, item.problem) == (branch, "inspection", "会议记录不全")
        assert item.due_on > ON
        assert {"inspection.enter", "inspection.find"} <= set(AuditEvent.objects.values_list("action", flat=True))

    @pytest.mark.parametrize(
        ("day", "asks"),
        [(date(2025, 6, 20), True), (date(2025, 4, 1), True), (date(2025, 3, 31), False)],
        ids=["last month of it", "its first day", "the quarter before"],
    )
    def test_a_second_visit_in_a_quarter_says_why(self, visit, branch, line, staff, day, asks):
        other = factories.InspectionLineFactory(plan=line.plan, from_month=1, until_month=12)
        if not asks:
            inspections.enter(visit_of(branch, other, day), by=staff, on=ON)
            return
        with pytest.raises(ValidationError, match="同一季度已于 4 月 16 日检查过") as refused:
            inspections.enter(visit_of(branch, other, day), by=staff, on=ON)
        assert set(refused.value.error_dict) == {"repeat_reason"}
        inspections.enter(visit_of(branch, other, day, repeat_reason="群众反映"), by=staff, on=ON)

    def test_another_organisation_counts_too(self, visit, branch, upper):
        own = factories.InspectionLineFactory(plan__branch=upper, plan__year=2025, until_month=12)
        committee = factories.UserFactory(serving=upper, role=Role.COMMITTEE)
        with pytest.raises(ValidationError, match="同一季度"):
            inspections.enter(visit_of(branch, own, date(2025, 5, 5)), by=committee, on=ON)

    def test_outside_the_months_it_says_why(self, branch, line, staff):
        with pytest.raises(ValidationError, match="计划安排在 3 至 6 月") as refused:
            inspections.enter(visit_of(branch, line, date(2025, 2, 5)), by=staff, on=ON)
        assert set(refused.value.error_dict) == {"off_month_reason"}
        inspections.enter(visit_of(branch, line, date(2025, 2, 5), off_month_reason="开学检查"), by=staff, on=ON)

    @pytest.mark.parametrize(
        ("changed", "words"),
        [
            ({"day": date(2025, 6, 21)}, "不能晚于今天"),
            ({"day": date(2024, 4, 16)}, "应在当年"),
            ({"summary": "机密★ 检查"}, "密级标志"),
        ],
        ids=["ahead", "another year", "marked"],
    )
    def test_what_is_refused(self, branch, line, staff, changed, words):
        with pytest.raises(ValidationError, match=words):
            inspections.enter(visit_of(branch, line, **changed), by=staff, on=ON)
        assert not Inspection.objects.exists()

    def test_only_under_an_issued_plan_and_below_its_owner(self, branch, staff, upper):
        draft = factories.InspectionLineFactory(plan__year=2025, plan__state="draft", plan__number="")
        with pytest.raises(ValidationError, match="还没有印发"):
            inspections.enter(visit_of(branch, draft), by=staff, on=ON)
        elsewhere = factories.BranchFactory()
        own = factories.InspectionLineFactory(plan__branch=upper, plan__year=2025)
        with pytest.raises(ValidationError, match="只能检查"):
            inspections.enter(visit_of(elsewhere, own), by=staff, on=ON)
        committee = factories.UserFactory(serving=upper, role=Role.COMMITTEE)
        with pytest.raises(PermissionDenied):
            inspections.enter(visit_of(branch, factories.InspectionLineFactory(plan__year=2024)), by=committee, on=ON)

    def test_the_organisation_visited_does_not_run_its_own_visit(self, line, upper, staff):
        visit = inspections.enter(visit_of(upper, line), by=staff, on=ON)
        committee = factories.UserFactory(serving=upper, role=Role.COMMITTEE)

        assert not Inspection.objects.visible_to(committee, verb="inspection.run").exists()
        assert Inspection.objects.visible_to(committee).get() == visit
        with pytest.raises(PermissionDenied):
            inspections.close(visit, outcome="好", version=visit.version, by=committee)

    def test_two_editors(self, visit, staff):
        first, second = Inspection.objects.get(pk=visit.pk), Inspection.objects.get(pk=visit.pk)
        first.summary = "一"
        inspections.enter(first, version=visit.version, by=staff, on=ON)
        second.summary = "二"
        with pytest.raises(Stale):
            inspections.enter(second, version=visit.version, by=staff, on=ON)


class TestEnd:
    def test_not_before_every_problem_is_accepted_and_every_answer_is_there(self, visit, branch, staff, secretary):
        signer = factories.UserFactory(serving=root(), role=Role.LEADER)
        notice = inspection_notices.draft([visit], Kind.CRITICISM, by=staff, on=ON)
        visit.refresh_from_db()
        assert inspections.unsettled(visit) == ["还有 1 个问题没有验收", "通报批评还是草稿，没有发出"]

        notices.issue(notice, by=signer, on=ON)
        settle(visit.rectifications.get(), secretary, staff)
        visit.refresh_from_db()
        with pytest.raises(ValidationError, match="通报批评还有 1 个党组织没有答复"):
            inspections.close(visit, outcome="已整改", version=visit.version, by=staff)

        receipt = notice.receipts.get()
        assert receipt.branch == branch
        notices.receive(receipt, by=secretary, on=ON, answer="已逐项整改")
        visit = inspections.close(visit, outcome="已整改", version=visit.version, by=staff)
        assert (visit.state, visit.closed_by) == ("closed", staff)
        with pytest.raises(ValidationError, match="现在是“已了结”"):
            inspections.find(visit, [("又一个", None)], by=staff, on=ON)

        with pytest.raises(ValidationError, match="为什么重新打开"):
            inspections.reopen(visit, reason=" ", version=visit.version, by=staff)
        visit = inspections.reopen(visit, reason="问题反弹", version=visit.version, by=staff)
        assert (visit.state, visit.closed_by, visit.reopen_reason) == ("open", None, "问题反弹")
        with pytest.raises(ValidationError, match="现在是“跟踪中”"):
            inspections.reopen(visit, reason="再来", version=visit.version, by=staff)

    def test_what_is_withdrawn_holds_nothing_up_and_may_be_written_anew(self, branch, line, staff):
        visit = inspections.enter(visit_of(branch, line), by=staff, on=ON)
        notice = notices.issue(inspection_notices.draft([visit], Kind.COMMENDATION, by=staff, on=ON), by=staff, on=ON)
        visit.refresh_from_db()
        assert inspections.unsettled(visit) == []
        with pytest.raises(ValidationError, match="已经有通报表扬"):
            inspection_notices.draft([visit], Kind.COMMENDATION, by=staff, on=ON)
        notices.withdraw(notice, by=staff)
        assert inspection_notices.draft([visit], Kind.COMMENDATION, by=staff, on=ON).pk != notice.pk


class TestNotice:
    def test_it_names_organisations_and_problems_and_asks_for_an_answer(self, visit, branch, line, staff):
        other = factories.BranchFactory(name="第二小学党支部")
        second = inspections.enter(visit_of(other, line), [("党费未公示", None)], by=staff, on=ON)
        notice = inspection_notices.draft([visit, second], Kind.CRITICISM, by=staff, on=ON)

        assert notice.state == "draft"
        assert set(notice.addressed_to.all()) == {branch, other}
        assert notice.needs_answer
        assert notice.deadline_on > ON
        assert "第一小学党支部（4月16日检查）：会议记录不全。" in notice.body
        assert "党费未公示" in notice.body
        assert "党建办" not in notice.body

    def test_nothing_found_is_no_ground_for_a_criticism(self, branch, line, staff):
        visit = inspections.enter(visit_of(branch, line), by=staff, on=ON)
        with pytest.raises(ValidationError, match="没有登记问题"):
            inspection_notices.draft([visit], Kind.CRITICISM, by=staff, on=ON)
        notice = inspection_notices.draft([visit], Kind.COMMENDATION, by=staff, on=ON)
        assert not notice.needs_answer
        assert notice.deadline_on is None

    def test_each_waits_for_its_own_answer(self, visit, branch, line, staff, secretary):
        other = factories.BranchFactory()
        second = inspections.enter(visit_of(other, line), [("党费未公示", None)], by=staff, on=ON)
        notice = inspection_notices.draft([visit, second], Kind.CRITICISM, by=staff, on=ON)
        notices.issue(notice, by=factories.UserFactory(serving=root(), role=Role.ADMIN), on=ON)
        notices.receive(notice.receipts.get(branch=branch), by=secretary, on=ON, answer="已改")
        for row in (visit, second):
            row.refresh_from_db()
        assert not inspections.answers_missing(visit).exists()
        assert inspections.answers_missing(second).get().branch == other

    @pytest.mark.parametrize("role", [Role.STAFF, Role.COMMITTEE])
    def test_who_may_not_sign_does_not_send_a_criticism(self, visit, staff, role):
        notice = inspection_notices.draft([visit], Kind.CRITICISM, by=staff, on=ON)
        with pytest.raises(PermissionDenied):
            notices.issue(notice, by=factories.UserFactory(serving=root(), role=role), on=ON)

    def test_nor_does_its_author(self, visit):
        admin = factories.UserFactory(serving=root(), role=Role.ADMIN)
        notice = inspection_notices.draft([visit], Kind.CRITICISM, by=admin, on=ON)
        with pytest.raises(ValidationError, match="另一位有签发权的同志"):
            notices.issue(notice, by=admin, on=ON)
        with pytest.raises(Stale):
            notices.issue(notice, by=factories.UserFactory(serving=root(), role=Role.ADMIN), on=ON, version=0)
        issued = notices.issue(notice, by=factories.UserFactory(serving=root(), role=Role.ADMIN), on=ON, version=1)
        assert issued.state == "issued"


class TestTalk:
    def test_day_parties_and_result(self, branch, visit, staff):
        row = AdmonitionTalk(
            branch=branch,
            talked_on=ON,
            talked_with="党支部书记",
            talked_by="工委副书记",
            result="rectify",
            inspection=visit,
        )
        row = inspections.talk(row, by=staff, on=ON)
        row.talked_by = "工委书记"
        row = inspections.talk(row, version=1, by=staff, on=ON)
        assert row.version == 2
        with pytest.raises(Stale):
            inspections.talk(row, version=1, by=staff, on=ON)
        with pytest.raises(PermissionDenied):
            inspections.talk(row, version=2, by=factories.UserFactory(serving=branch), on=ON)

    def test_not_ahead_and_not_of_another_visit(self, branch, visit, staff):
        row = AdmonitionTalk(
            branch=branch, talked_on=date(2025, 6, 21), talked_with="书记", talked_by="书记", result="follow"
        )
        with pytest.raises(ValidationError, match="不能晚于今天"):
            inspections.talk(row, by=staff, on=ON)
        row.talked_on, row.branch, row.inspection = ON, factories.BranchFactory(), visit
        with pytest.raises(ValidationError, match="不是这个党组织的"):
            inspections.talk(row, by=staff, on=ON)
