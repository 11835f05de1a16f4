"""督导检查: the yearly plan, visits under its lines, what is made known of them, and their end; 约谈."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from accounts import audit
from branches import rectifications
from branches.models import (
    AdmonitionTalk,
    Branch,
    Inspection,
    InspectionLine,
    InspectionPlan,
    Notice,
    Receipt,
    Rectification,
)
from branches.rights import require
from files.secrecy import refuse_marked

State, Plan = Inspection.State, InspectionPlan.State
OWNERS = (Branch.Kind.WORK_COMMITTEE, Branch.Kind.COMMITTEE, Branch.Kind.GENERAL)
PLAN_ROAD = {Plan.DRAFT: {"issue": Plan.ISSUED}}
ROAD = {State.OPEN: {"close": State.CLOSED}, State.CLOSED: {"reopen": State.OPEN}}
SETTLED = (Rectification.State.ACCEPTED, Rectification.State.CLOSED)
TEXTS = (
    ("inspectors", "检查组成员"), ("summary", "检查情况"), ("repeat_reason", "再次检查的理由"), ("off_month_reason", "理由"),
)  # fmt: skip


def quarter_of(day):
    """1 to 4."""
    return (day.month + 2) // 3


def _locked(model, row, version, by):
    """The row as it is now, taken for this writer; whose plan it belongs to decides who may."""
    row = model.objects.select_for_update(of=("self",)).get(pk=row.pk)
    plan = row if isinstance(row, InspectionPlan) else row.line.plan
    require(by, "inspection.run", at=plan.branch)
    if version is not None:
        row.claim(version)
    return row


# --- the plan


@transaction.atomic
def save_plan(plan, *, version=None, by, on):
    """Draft the plan of a year, or change its name while it is a draft."""
    if plan.pk:
        known = _locked(InspectionPlan, plan, version or 0, by)
        if known.state != Plan.DRAFT:
            raise ValidationError(f"计划现在是“{known.get_state_display()}”，名称不能再改。")
        plan.version, plan.state, plan.branch = known.version, known.state, known.branch
    else:
        require(by, "inspection.run", at=plan.branch)
        plan.created_by = by
    if plan.branch.kind not in OWNERS:
        raise ValidationError({"branch": "督查检查计划由工委、党委、党总支制定。"})
    if abs(plan.year - on.year) > 1:
        raise ValidationError({"year": "年度应是今年或者前后一年。"})
    refuse_marked(plan.title, "名称")
    plan.full_clean()
    plan.save()
    audit.record("inspection.plan", plan, by=by, year=plan.year)
    return plan


@transaction.atomic
def save_line(line, *, by):
    """Enter a line, or change one of a draft. What comes after issuing says by which paper and stays as it is."""
    plan = _locked(InspectionPlan, line.plan, None, by)
    line.plan = plan
    if plan.state == Plan.ISSUED:
        if line.pk:
            raise ValidationError("计划已经印发，原有事项不能再改；要调整的，凭批准文号追加一项。")
        if not line.basis.strip():
            raise ValidationError({"basis": "计划已经印发，追加的事项要填批准文号。"})
    for name, label in (("label", "事项"), ("scope", "范围"), ("basis", "依据")):
        refuse_marked(getattr(line, name), label)
    if not line.pk:
        line.order = plan.lines.count() + 1
    line.full_clean()
    line.save()
    audit.record("inspection.line", plan, by=by, line=line.pk)
    return line


@transaction.atomic
def drop_line(line, *, by):
    """Take a line out of a draft."""
    plan = _locked(InspectionPlan, line.plan, None, by)
    if plan.state != Plan.DRAFT:
        raise ValidationError("计划已经印发，事项不能删去。")
    InspectionLine.objects.filter(pk=line.pk).delete()
    audit.record("inspection.drop_line", plan, by=by)
    return plan


@transaction.atomic
def issue_plan(plan, *, number, version, by):
    """Issue the plan by its number: from now on visits can be entered under its lines."""
    plan = _locked(InspectionPlan, plan, version, by)
    if "issue" not in PLAN_ROAD.get(plan.state, {}):
        raise ValidationError(f"计划现在是“{plan.get_state_display()}”，不能再印发。")
    if not plan.lines.exists():
        raise ValidationError("计划里还没有事项，先填事项再印发。")
    if not number.strip():
        raise ValidationError({"number": "印发的计划要有文号。"})
    refuse_marked(number, "文号")
    plan.number, plan.state = number.strip(), PLAN_ROAD[plan.state]["issue"]
    plan.full_clean()
    plan.save()
    audit.record("inspection.issue_plan", plan, by=by, lines=plan.lines.count())
    return plan


# --- visits


def visited_before(visit):
    """The latest other visit to the same organisation in the same quarter, by whomever; None when there is none."""
    first = visit.visited_on.replace(month=3 * quarter_of(visit.visited_on) - 2, day=1)
    found = Inspection.objects.filter(branch=visit.branch, visited_on__year=first.year)
    found = found.filter(visited_on__month__range=(first.month, first.month + 2))
    return found.exclude(pk=visit.pk).order_by("-visited_on", "-pk").first()


@transaction.atomic
def enter(visit, findings=(), *, version=None, by, on):
    """Enter a visit with what it found (pairs problem, due day), or put one right that is still followed.

    Raises ValidationError at `repeat_reason` when the organisation was visited already in the quarter, and at
    `off_month_reason` outside the line's months, until a reason is given.
    """
    Branch.objects.select_for_update(of=("self",), no_key=True).get(pk=visit.branch_id)  # two visits come one by one
    if visit.pk:
        known = _locked(Inspection, visit, version or 0, by)
        if known.state != State.OPEN:
            raise ValidationError(f"这次检查现在是“{known.get_state_display()}”，要修改先重新打开。")
        for name in ("version", "state", "branch_id", "line_id", "commendation_id", "criticism_id", "reopen_reason"):
            setattr(visit, name, getattr(known, name))
    else:
        visit.created_by = by
    line = InspectionLine.objects.select_related("plan__branch").get(pk=visit.line_id)
    require(by, "inspection.run", at=line.plan.branch)
    _check(visit, line, on)
    is_new = not visit.pk
    visit.full_clean()
    visit.save()
    audit.record("inspection.enter" if is_new else "inspection.mend", visit, by=by, visited_on=str(visit.visited_on))
    if findings:
        find(visit, findings, by=by, on=on)
    return visit


def _check(visit, line, on):
    """Whether the visit keeps to an issued plan; what is wrong with it is said field by field, all at once."""
    faults, day, organ = {}, visit.visited_on, line.plan.branch
    if line.plan.state != Plan.ISSUED:
        raise ValidationError({"line": "计划还没有印发，印发后才能登记检查。"})
    if not visit.branch.path.startswith(organ.path) or visit.branch_id == organ.pk:
        raise ValidationError(f"只能检查{organ}的下级党组织。")
    for name, label in TEXTS:
        refuse_marked(getattr(visit, name), label)
    if day > on:
        faults["visited_on"] = "检查日期不能晚于今天。"
    elif day.year != line.plan.year:
        faults["visited_on"] = f"这一项是 {line.plan.year} 年计划里的，检查日期应在当年。"
    elif day < visit.branch.founded_on or (visit.branch.closed_on and day > visit.branch.closed_on):
        faults["visited_on"] = "这一天这个党组织还没有成立或者已经撤销。"
    else:
        before = visited_before(visit)
        if before is not None and not visit.repeat_reason.strip():
            faults["repeat_reason"] = (
                f"同一季度已于 {before.visited_on.month} 月 {before.visited_on.day} 日检查过。确需再次检查的，写明理由再保存。"
            )
        if not line.from_month <= day.month <= line.until_month and not visit.off_month_reason.strip():
            faults["off_month_reason"] = (
                f"计划安排在 {line.from_month} 至 {line.until_month} 月。不在这几个月检查的，写明理由再保存。"
            )
    if faults:
        raise ValidationError(faults)


@transaction.atomic
def find(visit, findings, *, by, on):
    """Turn what a visit found into 整改: pairs (problem, due day). Returns the items."""
    visit = _locked(Inspection, visit, None, by)
    if visit.state != State.OPEN:
        raise ValidationError(f"这次检查现在是“{visit.get_state_display()}”，要添问题先重新打开。")
    rows = [
        {
            "branch": visit.branch, "problem": problem, "due_on": due_on, "source": Rectification.Source.INSPECTION,
            "inspection": visit, "source_number": visit.line.plan.number,
        }
        for problem, due_on in findings
    ]  # fmt: skip
    found = rectifications.raise_items(rows, by=by, on=on)
    audit.record("inspection.find", visit, by=by, findings=len(rows))
    return found


# --- the end


def unsettled(visit):
    """What still stands in the way of closing, in words; empty when nothing does."""
    words = []
    if left := visit.rectifications.exclude(state__in=SETTLED).count():
        words.append(f"还有 {left} 个问题没有验收")
    for notice in filter(None, (visit.criticism, visit.commendation)):
        if notice.state == Notice.State.DRAFT:
            words.append(f"{notice.get_kind_display()}还是草稿，没有发出")
    if visit.criticism and (late := answers_missing(visit).count()):
        words.append(f"通报批评还有 {late} 个党组织没有答复")
    return words


def answers_missing(visit):
    """Receipts of the criticism that owe an answer: of the organisation visited, and of others that no other visit of the
    same notice waits for."""
    notice = visit.criticism
    if notice is None or notice.state != Notice.State.ISSUED or not notice.needs_answer:
        return Receipt.objects.none()
    others = Inspection.objects.filter(criticism=notice).exclude(branch=visit.branch_id).values("branch")
    return Receipt.objects.filter(notice=notice, answered_at=None).exclude(branch__in=others)


@transaction.atomic
def close(visit, *, outcome, version, by):
    """了结: every finding is accepted, every notice is out, every answer that was asked for is there."""
    visit = _turn(visit, "close", version, by)
    if words := unsettled(visit):
        raise ValidationError(f"{'；'.join(words)}，还不能了结。")
    refuse_marked(outcome, "了结说明")
    if not outcome.strip():
        raise ValidationError({"outcome": "请写明怎样了结的，一句话即可。"})
    visit.outcome, visit.closed_by, visit.closed_at = outcome.strip(), by, timezone.now()
    return _saved(visit, "close", by)


@transaction.atomic
def reopen(visit, *, reason, version, by):
    """Take up a closed visit again, with a reason."""
    visit = _turn(visit, "reopen", version, by)
    refuse_marked(reason, "原因")
    if not reason.strip():
        raise ValidationError({"reason": "请写明为什么重新打开。"})
    visit.reopen_reason, visit.closed_by, visit.closed_at = reason.strip(), None, None
    return _saved(visit, "reopen", by)


def _turn(visit, act, version, by):
    visit = _locked(Inspection, visit, version, by)
    if act not in ROAD[visit.state]:
        raise ValidationError(f"这次检查现在是“{visit.get_state_display()}”，不能这样办。")
    visit.state = ROAD[visit.state][act]
    return visit


def _saved(visit, act, by):
    visit.full_clean()
    visit.save()
    audit.record(f"inspection.{act}", visit, by=by, state=visit.state)
    return visit


# --- 约谈


@transaction.atomic
def talk(row, *, version=None, by, on):
    """Enter a 约谈, or put one right: day, parties and result, nothing of what was said."""
    if row.pk:
        known = AdmonitionTalk.objects.select_for_update(of=("self",)).select_related("branch").get(pk=row.pk)
        require(by, "talk.edit", at=known.branch)
        known.claim(version or 0)
        row.version, row.branch = known.version, known.branch
    else:
        row.created_by = by
    require(by, "talk.edit", at=row.branch)
    if row.talked_on > on:
        raise ValidationError({"talked_on": "约谈日期不能晚于今天。"})
    if row.inspection_id and row.inspection.branch_id != row.branch_id:
        raise ValidationError({"inspection": "这次检查不是这个党组织的。"})
    for name, label in (("talked_with", "约谈对象"), ("talked_by", "约谈人")):
        refuse_marked(getattr(row, name), label)
    is_new = not row.pk
    row.full_clean()
    row.save()
    audit.record("talk.enter" if is_new else "talk.mend", row, by=by, talked_on=str(row.talked_on))
    return row


def lines_for(branch, lines, years):
    """Of `lines` those under which this organisation may be visited, newest year first."""
    found = lines.filter(plan__state=Plan.ISSUED, plan__year__in=years)
    organs = [int(part) for part in branch.path.strip("/").split("/")][:-1]
    return found.filter(Q(plan__branch__in=organs)).order_by("-plan__year", "plan__branch__path", "order", "pk")
