"""整顿 as acts: the whole road, who may take which step, what a step asks for, and what refuses it."""

from datetime import date

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from accounts.models import AuditEvent, Stale
from branches import weak_cases
from branches.actions import root
from branches.models import CatalogueEntry, WeakCase, WeakMeasure, WeakStep
from branches.rights import Role
from tests.factories import BranchFactory, DecisionFactory, UserFactory, WeakCaseFactory

pytestmark = pytest.mark.django_db
State = WeakCase.State


class Field:
    """A branch below a committee, the people around it, and a case that goes as far as it is told to."""

    def __init__(self, case=None):
        self.upper = BranchFactory(committee=True)
        self.branch = BranchFactory(parent=self.upper)
        self.secretary = UserFactory(serving=self.branch)
        self.committee = UserFactory(serving=self.upper, role=Role.COMMITTEE)
        self.staff = UserFactory(serving=root(), role=Role.STAFF)
        self.admin = UserFactory(serving=root(), role=Role.ADMIN)
        self.leader = UserFactory(serving=root(), role=Role.LEADER)
        self.reasons = list(CatalogueEntry.objects.of("weak_reason", 2025)[:2])
        self.case = case

    def propose(self, on=date(2025, 3, 3), by=None, branch=None):
        case = WeakCase(branch=branch or self.branch, suspected_on=on, grounds="书记空缺五个月，三次主题党日没有开展")
        self.case = weak_cases.propose(case, self.reasons, by=by or self.staff, on=on)
        return self.case

    def checks(self, settled=True):
        return {entry.pk: (settled, "已逐项核对") for entry in self.reasons}

    def arrange(self, on=date(2025, 4, 3)):
        for entry in weak_cases.slots(2025):
            weak_cases.appoint(
                WeakMeasure(case=self.case, entry=entry, who="赵国栋", started_on=on), by=self.staff, on=on
            )

    def months(self, first, last):
        for month in range(first, last + 1):
            self.do(
                "report", month=date(2025, month, 1), done="补齐支委", settled=1, left=1, by=self.secretary,
                on=date(2025, month, 28),
            )  # fmt: skip

    def do(self, act, *, by, on, **data):
        name = {"list": "enlist"}.get(act, act)
        self.case = getattr(weak_cases, name)(self.case, **data, by=by, on=on)
        return self.case

    def until(self, state):
        """The straight road up to `state`, one step after the other."""
        steps = [
            (State.SUSPECTED, lambda: self.propose()),
            (State.SELF_ASSESSED, lambda: self.do("self_assess", words="情况属实", by=self.secretary, on=date(2025, 3, 10))),
            (State.REVIEWED, lambda: self.do("review", asked=20, agreed=15, words="", by=self.committee, on=date(2025, 3, 20))),
            (State.PUBLICISED, lambda: self.do(
                "publicise", first=date(2025, 3, 24), last=date(2025, 3, 28), by=self.staff, on=date(2025, 3, 24))),
            (State.LISTED, lambda: self.do(
                "list", number="云教党〔2025〕9号", listed_on=date(2025, 4, 1), by=self.leader, on=date(2025, 4, 1))),
            (State.PLAN_FILED, lambda: self.do(
                "file_plan", plan="补选书记", due_on=date(2025, 10, 31), by=self.secretary, on=date(2025, 4, 8))),
            (State.RECTIFYING, lambda: (self.arrange(), self.do("begin", by=self.committee, on=date(2025, 4, 10)))),
            (State.CLOSURE_APPLIED, lambda: (
                self.months(4, 6), self.do("apply", words="书记到位", by=self.secretary, on=date(2025, 7, 2)))),
            (State.ACCEPTED, lambda: self.do("accept", checks=self.checks(), by=self.committee, on=date(2025, 7, 8))),
            (State.CLOSED, lambda: self.do(
                "close", number="云教党〔2025〕30号", closed_on=date(2025, 7, 15), by=self.leader, on=date(2025, 7, 15))),
        ]  # fmt: skip
        for reached, take in steps:
            take()
            assert self.case.state == reached
            if reached == state:
                return self


def test_the_whole_road_is_on_record_step_by_step():
    field = Field().until(State.CLOSED)

    case = field.case
    assert (case.listed_number, case.closed_number) == ("云教党〔2025〕9号", "云教党〔2025〕30号")
    assert list(WeakStep.objects.values_list("act", flat=True)) == [
        "propose", "self_assess", "review", "publicise", "list", "file_plan", "begin", *["report"] * 3, "apply", "accept",
        "close",
    ]  # fmt: skip
    assert AuditEvent.objects.filter(action__startswith="weak.").count() == 13 + 4
    assert not case.measures.filter(ended_on=None).exists()
    assert [(row.ended_on) for row in case.measures.all()] == [date(2025, 7, 15)] * 4


@pytest.mark.parametrize("state", [state for state in State if state not in (State.CLEARED,)])
def test_an_act_that_does_not_belong_here_names_the_state(state):
    field = Field().until(state)
    data = {
        "self_assess": {"words": "x"}, "review": {"asked": 9, "agreed": 9, "words": ""}, "begin": {},
        "publicise": {"first": date(2025, 3, 24), "last": date(2025, 3, 28)},
        "list": {"number": "x", "listed_on": date(2025, 4, 1)}, "file_plan": {"plan": "x", "due_on": date(2026, 1, 1)},
        "report": {"month": date(2025, 7, 1), "done": "x"}, "apply": {"words": "x"}, "accept": {"checks": field.checks()},
        "close": {"number": "x", "closed_on": date(2025, 7, 15)}, "reject": {"reason": "x"}, "clear": {"reason": "x"},
        "extend": {"reason": "x", "number": "x"},
    }  # fmt: skip
    steps = WeakStep.objects.count()

    for act in data.keys() - weak_cases.ROAD[state].keys():
        by = field.secretary if weak_cases.VERB_OF[act] == weak_cases.DO else field.admin
        with pytest.raises(ValidationError, match=f"现在是“{State(state).label}”"):
            field.do(act, **data[act], by=by, on=date(2025, 8, 1))

    assert WeakStep.objects.count() == steps


class TestWho:
    @pytest.mark.parametrize("person", ["secretary", "leader"])
    def test_only_a_superior_that_runs_the_matter_puts_forward(self, person):
        field = Field()
        with pytest.raises(PermissionDenied):
            field.propose(by=getattr(field, person))

    def test_nobody_puts_the_own_organisation_forward(self):
        field = Field()
        with pytest.raises(ValidationError, match="不能提出本组织"):
            field.propose(by=field.committee, branch=field.upper)
        with pytest.raises(ValidationError, match="不能提出本组织"):
            field.propose(by=field.staff, branch=root())
        assert field.propose(by=field.committee).created_by == field.committee

    def test_a_committee_that_is_itself_on_the_road_is_judged_from_above(self):
        field = Field()
        field.propose(branch=field.upper)
        field.do("self_assess", words="情况属实", by=field.committee, on=date(2025, 3, 10))

        with pytest.raises(ValidationError, match="不能办理本组织自己的"):
            field.do("review", asked=9, agreed=9, words="", by=field.committee, on=date(2025, 3, 20))

    def test_who_put_forward_or_judged_does_not_list(self):
        field = Field().until(State.REVIEWED)
        field.do("publicise", first=date(2025, 3, 24), last=date(2025, 3, 28), by=field.staff, on=date(2025, 3, 24))
        paper = {"number": "x", "listed_on": date(2025, 4, 1)}

        with pytest.raises(ValidationError, match="另一位同志审定"):
            field.do("list", **paper, by=field.staff, on=date(2025, 4, 1))
        with pytest.raises(PermissionDenied):
            field.do("list", **paper, by=field.committee, on=date(2025, 4, 1))
        assert field.do("list", **paper, by=field.admin, on=date(2025, 4, 1)).listed_by == field.admin

    def test_who_checked_does_not_strike_off(self):
        field = Field().until(State.CLOSURE_APPLIED)
        field.do("accept", checks=field.checks(), by=field.staff, on=date(2025, 7, 8))

        with pytest.raises(ValidationError, match="验收的人不能自己审定销号"):
            field.do("close", number="x", closed_on=date(2025, 7, 9), by=field.staff, on=date(2025, 7, 9))

    def test_the_branch_alone_reports_and_applies(self):
        field = Field().until(State.RECTIFYING)
        with pytest.raises(PermissionDenied):
            field.do("report", month=date(2025, 4, 1), done="x", by=field.staff, on=date(2025, 4, 30))


class TestBeforeTheList:
    @pytest.mark.parametrize(
        ("agreed", "words", "passes"), [(11, "", True), (10, "", False), (10, " ", False), (3, "班子涣散", True)]
    )
    def test_few_voices_must_be_explained(self, agreed, words, passes):
        field = Field().until(State.SELF_ASSESSED)
        if passes:
            field.do("review", asked=20, agreed=agreed, words=words, by=field.staff, on=date(2025, 3, 20))
        else:
            with pytest.raises(ValidationError, match="没有超过 50%"):
                field.do("review", asked=20, agreed=agreed, words=words, by=field.staff, on=date(2025, 3, 20))

    def test_more_than_were_asked_cannot_agree(self):
        field = Field().until(State.SELF_ASSESSED)
        with pytest.raises(ValidationError, match="不能多于"):
            field.do("review", asked=5, agreed=6, words="", by=field.staff, on=date(2025, 3, 20))

    def test_the_notice_hangs_for_five_working_days(self):
        assert weak_cases.least_public(date(2025, 3, 24)) == date(2025, 3, 28)
        assert weak_cases.least_public(date(2025, 3, 29)) == date(2025, 4, 7), "4 April is 清明节"

        field = Field().until(State.REVIEWED)
        with pytest.raises(ValidationError, match="至少到 2025-03-28"):
            field.do("publicise", first=date(2025, 3, 24), last=date(2025, 3, 27), by=field.staff, on=date(2025, 3, 24))

    def test_it_is_listed_after_the_notice_has_ended(self):
        field = Field().until(State.PUBLICISED)
        with pytest.raises(ValidationError, match="期满后才能审定列入"):
            field.do("list", number="x", listed_on=date(2025, 3, 28), by=field.leader, on=date(2025, 3, 28))
        with pytest.raises(ValidationError, match="公示结束"):
            field.do("list", number="x", listed_on=date(2025, 3, 28), by=field.leader, on=date(2025, 3, 31))

    @pytest.mark.parametrize("state", [State.SUSPECTED, State.SELF_ASSESSED, State.REVIEWED, State.PUBLICISED])
    def test_until_then_it_may_be_cleared_with_a_reason(self, state):
        field = Field().until(state)
        with pytest.raises(ValidationError, match="请填写不予认定的理由"):
            field.do("clear", reason=" ", by=field.staff, on=date(2025, 3, 30))

        assert field.do("clear", reason="空缺已补", by=field.staff, on=date(2025, 3, 30)).state == State.CLEARED
        assert field.propose().earlier is None, "who was cleared was never on the list"

    def test_one_at_a_time(self):
        field = Field().until(State.SUSPECTED)
        with pytest.raises(ValidationError, match="已有一件没有办结的整顿"):
            field.propose()

    def test_a_text_with_a_mark_is_refused(self):
        field = Field().until(State.SUSPECTED)
        with pytest.raises(ValidationError, match="密级标志"):
            field.do("self_assess", words="机密★ 情况属实", by=field.secretary, on=date(2025, 3, 10))


class TestRectification:
    def test_the_work_begins_when_every_slot_is_filled(self):
        field = Field().until(State.PLAN_FILED)
        entries = list(weak_cases.slots(2025))
        for entry in entries[:-1]:
            row = WeakMeasure(case=field.case, entry=entry, who="赵国栋", started_on=date(2025, 4, 9))
            weak_cases.appoint(row, by=field.committee, on=date(2025, 4, 9))

        with pytest.raises(ValidationError, match=f"没有全部落实：{entries[-1]}"):
            field.do("begin", by=field.committee, on=date(2025, 4, 10))

    def test_who_follows_ends_the_one_before_and_the_same_day_mends(self):
        field = Field().until(State.RECTIFYING)
        slot = weak_cases.slots(2025)[0]

        def appoint(who, day):
            row = WeakMeasure(case=field.case, entry=slot, who=who, started_on=day)
            return weak_cases.appoint(row, by=field.staff, on=date(2025, 6, 1))

        appoint("李云", date(2025, 4, 3))
        appoint("何静", date(2025, 5, 6))
        with pytest.raises(ValidationError, match="应在前一位的开始日期"):
            appoint("罗平", date(2025, 5, 1))
        with pytest.raises(ValidationError, match="开始日期应在列入"):
            appoint("罗平", date(2025, 3, 1))

        rows = field.case.measures.filter(entry=slot).order_by("started_on")
        assert [(row.who, row.ended_on) for row in rows] == [("李云", date(2025, 5, 5)), ("何静", None)]

    def test_the_plan_may_be_mended_until_the_work_begins(self):
        field = Field().until(State.PLAN_FILED)
        opened = field.case.version
        field.do(
            "file_plan", plan="两项", due_on=date(2025, 9, 30), version=opened, by=field.secretary, on=date(2025, 4, 9)
        )

        assert (field.case.plan, field.case.plan_filed_on) == ("两项", date(2025, 4, 8))
        with pytest.raises(Stale):
            field.do(
                "file_plan",
                plan="三项",
                due_on=date(2025, 9, 30),
                version=opened,
                by=field.secretary,
                on=date(2025, 4, 9),
            )

    def test_a_month_is_reported_once_and_then_mended(self):
        field = Field().until(State.RECTIFYING)
        field.months(4, 4)
        row = field.case.progress.get()
        again = {"month": date(2025, 4, 1), "done": "选出书记", "by": field.secretary, "on": date(2025, 5, 2)}
        field.do("report", **again, version=row.version)

        row.refresh_from_db()
        assert (row.done, row.reported_on, field.case.progress.count()) == ("选出书记", date(2025, 4, 28), 1)
        with pytest.raises(Stale):
            field.do("report", **again, version=1)
        for month in (date(2025, 3, 1), date(2025, 6, 1)):
            with pytest.raises(ValidationError, match="开始整顿以后"):
                field.do("report", month=month, done="x", by=field.secretary, on=date(2025, 5, 2))

    def test_too_few_reports_are_no_ground_to_apply(self):
        field = Field().until(State.RECTIFYING)
        field.months(4, 5)
        with pytest.raises(ValidationError, match="至少报 3 次整顿月报，现有 2 次"):
            field.do("apply", words="书记到位", by=field.secretary, on=date(2025, 7, 2))

        DecisionFactory(key="weak.least_reports", value=2, from_on=date(2025, 6, 1))
        assert (
            field.do("apply", words="书记到位", by=field.secretary, on=date(2025, 7, 2)).applied_by == field.secretary
        )


class TestAcceptance:
    def test_each_reason_is_checked_and_one_that_is_left_sends_it_back(self):
        field = Field().until(State.CLOSURE_APPLIED)
        first, second = field.reasons
        with pytest.raises(ValidationError, match="每一种认定情形"):
            field.do("accept", checks={first.pk: (True, "好")}, by=field.staff, on=date(2025, 7, 8))

        field.do(
            "accept", checks={first.pk: (True, "好"), second.pk: (False, "差")}, by=field.staff, on=date(2025, 7, 8)
        )

        assert (field.case.state, field.case.applied_by) == (State.RECTIFYING, None)
        assert field.case.steps.last().words == f"没有解决：{second.label}"
        field.do("apply", words="又改了", by=field.secretary, on=date(2025, 7, 8))
        with pytest.raises(ValidationError, match="今天已经验收过"):
            field.do("accept", checks=field.checks(), by=field.staff, on=date(2025, 7, 8))
        assert field.do("accept", checks=field.checks(), by=field.staff, on=date(2025, 7, 20)).state == State.ACCEPTED

    def test_once_accepted_only_who_approves_sends_back(self):
        field = Field().until(State.ACCEPTED)
        with pytest.raises(PermissionDenied):
            field.do("reject", reason="没有到位", by=field.committee, on=date(2025, 7, 9))

        field.do("reject", reason="没有到位", by=field.leader, on=date(2025, 7, 9))
        assert (field.case.state, field.case.accepted_on, field.case.accepted_by) == (State.RECTIFYING, None, None)

    def test_what_was_faked_prolongs_it_by_a_year(self):
        field = Field().until(State.ACCEPTED)
        field.do("extend", reason="月报造假", number="云教党〔2025〕31号", by=field.leader, on=date(2025, 7, 9))

        assert (field.case.state, field.case.due_on) == (State.RECTIFYING, date(2026, 10, 31))
        assert field.case.steps.last().words == "云教党〔2025〕31号：月报造假"

    def test_a_relapse_is_a_case_of_its_own_linked_to_the_last(self):
        field = Field().until(State.CLOSED)
        before = field.case

        field.propose(on=date(2026, 9, 20))

        assert (field.case.earlier, field.case.state) == (before, State.SUSPECTED)
        assert weak_cases.apart(before.closed_on, field.case.suspected_on) == "1 年 2 个月"


def test_the_table_itself_refuses_one_person_for_two_hands():
    field = Field().until(State.CLOSED)
    case = WeakCaseFactory(listed=True)
    for row, name, value in ((case, "listed_by", case.created_by), (field.case, "closed_by", field.case.accepted_by)):
        setattr(row, name, value)
        with pytest.raises(ValidationError, match="另一位同志审定"):
            row.full_clean()
