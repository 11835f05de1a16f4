"""软弱涣散党组织整顿: one case from suspicion to 销号. Who judges stands above; nobody approves the own work."""

from datetime import timedelta
from decimal import Decimal

from dateutil.relativedelta import relativedelta
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction

from accounts import audit
from branches.models import Branch, CatalogueEntry, WeakCase, WeakCheck, WeakProgress, WeakStep
from branches.rights import VERBS, may, places, require
from files.secrecy import refuse_marked
from rulebook.book import named_days, value, working_day

State = WeakCase.State
DO, RUN, APPROVE = "weak.do", "weak.run", "weak.approve"
ROAD = {
    State.SUSPECTED: {"self_assess": State.SELF_ASSESSED, "clear": State.CLEARED},
    State.SELF_ASSESSED: {"review": State.REVIEWED, "clear": State.CLEARED},
    State.REVIEWED: {"publicise": State.PUBLICISED, "clear": State.CLEARED},
    State.PUBLICISED: {"list": State.LISTED, "clear": State.CLEARED},
    State.LISTED: {"file_plan": State.PLAN_FILED},
    State.PLAN_FILED: {"file_plan": State.PLAN_FILED, "begin": State.RECTIFYING},
    State.RECTIFYING: {"report": State.RECTIFYING, "apply": State.CLOSURE_APPLIED, "extend": State.RECTIFYING},
    State.CLOSURE_APPLIED: {"accept": State.ACCEPTED, "reject": State.RECTIFYING, "extend": State.RECTIFYING},
    State.ACCEPTED: {"close": State.CLOSED, "reject": State.RECTIFYING, "extend": State.RECTIFYING},
    State.CLOSED: {},
    State.CLEARED: {},
}
ACTS = {
    "propose": "提出", "self_assess": "支部自评", "review": "上级评定", "publicise": "公示", "list": "审定列入",
    "file_plan": "上报整顿方案", "begin": "开始整顿", "report": "报送月报", "apply": "申请销号", "accept": "验收",
    "close": "审定销号", "reject": "退回整顿", "clear": "不予认定", "extend": "延长整顿",
}  # fmt: skip
VERB_OF = {
    **dict.fromkeys(("self_assess", "file_plan", "report", "apply"), DO),
    **dict.fromkeys(("review", "publicise", "begin", "accept", "reject", "clear"), RUN),
    **dict.fromkeys(("list", "close", "extend"), APPROVE),
}
ASIDE = ("reject", "clear", "extend")  # acts that turn off the straight road: the page shows them apart


def verb_of(act, state):
    """The verb an act needs: once accepted, only who approves sends back."""
    return APPROVE if (act, state) == ("reject", State.ACCEPTED) else VERB_OF[act]


def is_above(user, verb, branch):
    """Whether `user` holds the verb in an organisation strictly above: nobody judges the own organisation."""
    return any(
        below and path != branch.path and branch.path.startswith(path) for path, below in places(user, verb)
    )  # fmt: skip


def below(user, branches):
    """Those of `branches` (a queryset) that `user` may put forward and judge: below, and not the own."""
    held = places(user, RUN)
    own = [path for path, _ in held if not any(deep and path != top and path.startswith(top) for top, deep in held)]
    return branches.exclude(path__in=own).exclude(parent=None)


def apart(first, last):
    """How long it is from one day to another: 1 年 3 个月, 20 天."""
    gap = relativedelta(last, first)
    words = [f"{count} {unit}" for count, unit in ((gap.years, "年"), (gap.months, "个月")) if count]
    return " ".join(words) or f"{(last - first).days} 天"


def slots(year):
    """The slots of 四个一 that must be filled in a year."""
    return CatalogueEntry.objects.of(CatalogueEntry.Catalogue.FOUR_ONES, year).filter(is_extra=False)


def empty_slots(case, on):
    """Slots with nobody in them on that day."""
    filled = case.measures.filter(ended_on=None, started_on__lte=on).values("entry")
    return slots(on.year).exclude(pk__in=filled)


def _last_by(case, act):
    step = case.steps.filter(act=act).order_by("-pk").first()
    return step and step.created_by_id


def obstacle(case, act, *, by, on):
    """Why `by` cannot take this act now, in a sentence; "" when only what is filled in may still stand against it."""
    state = State(case.state)
    if act not in ROAD[state]:
        return f"现在是“{state.label}”，不能{ACTS[act]}。"
    verb = verb_of(act, state)
    if not may(by, verb, at=case.branch):
        return f"您的岗位没有“{VERBS[verb]}”的权限。"
    if verb != DO and not is_above(by, verb, case.branch):
        return "整顿由上级党组织评定、验收、审定，不能办理本组织自己的。"
    asked = {"list": _against_listing, "begin": _against_beginning, "apply": _against_applying}
    if act in asked:
        return asked[act](case, by, on)
    if act in ("accept", "close", "extend") and case.applied_by_id == by.pk:
        return f"申请销号的人不能自己{ACTS[act]}，请由另一位同志办理。"
    if act == "close" and case.accepted_by_id == by.pk:
        return "验收的人不能自己审定销号，请由另一位同志审定。"
    if act == "accept" and case.checks.filter(checked_on=on).exists():
        return "今天已经验收过一次，补齐以后改日再验收。"
    return ""


def _against_listing(case, by, on):
    if by.pk in (case.created_by_id, _last_by(case, "review")):
        return "提出、评定的人不能自己审定列入，请由另一位同志审定。"
    if case.public_until >= on:
        return f"公示到 {case.public_until:%Y-%m-%d} 结束，期满后才能审定列入。"
    return ""


def _against_beginning(case, by, on):
    left = "、".join(entry.label for entry in empty_slots(case, on))
    return f"四个一还没有全部落实：{left}。请先明确到人或单位。" if left else ""


def _against_applying(case, by, on):
    least, had = value("weak.least_reports", on=on), case.progress.count()
    return f"申请销号前至少报 {least} 次整顿月报，现有 {had} 次。" if had < least else ""


# --- before it is listed


@transaction.atomic
def propose(case, reasons, *, by, on):
    """Put an organisation forward as a suspect, never by itself; one that was struck off before is linked (反弹)."""
    branch = Branch.objects.select_for_update(of=("self",)).get(pk=case.branch_id)
    require(by, RUN, at=branch)
    if branch.parent_id is None or not is_above(by, RUN, branch):
        raise ValidationError("由上级党组织提出，不能提出本组织。")
    if branch.closed_on:
        raise ValidationError("这个党组织已经撤销。")
    if not reasons:
        raise ValidationError({"reasons": "请至少选一种认定情形。"})
    known = CatalogueEntry.objects.of(CatalogueEntry.Catalogue.WEAK_REASON, on.year)
    if known.filter(pk__in=[entry.pk for entry in reasons]).count() != len(reasons):
        raise ValidationError({"reasons": "认定情形应从今年的目录里选。"})
    refuse_marked(case.grounds, "具体表现")
    case.branch, case.state, case.suspected_on, case.created_by = branch, State.SUSPECTED, on, by
    case.earlier = WeakCase.objects.filter(branch=branch, state=State.CLOSED).order_by("-closed_on", "-pk").first()
    case.full_clean()
    case.save()
    case.reasons.set(reasons)
    WeakStep.objects.create(case=case, act="propose", state=case.state, on=on, words=case.grounds, created_by=by)
    audit.record("weak.propose", case, by=by, reasons=sorted(entry.pk for entry in reasons), earlier=case.earlier_id)
    return case


@transaction.atomic
def self_assess(case, *, words, by, on):
    """The organisation says itself how it stands."""
    case = _locked(case, "self_assess", by, on)
    case.self_assessed_on, case.self_assessment = on, _said(words, "自评意见")
    return _turn(case, "self_assess", by, on, "", "self_assessed_on", "self_assessment")


@transaction.atomic
def review(case, *, asked, agreed, words, by, on):
    """What members and masses said, in totals only, and what the superior finds; few who agree must be explained."""
    case = _locked(case, "review", by, on)
    if not asked:
        raise ValidationError({"asked": "请填写参加评议的人数。"})
    if agreed > asked:
        raise ValidationError({"agreed": "认为软弱涣散的人数不能多于参加评议的人数。"})
    share = Decimal(str(value("weak.masses_share", on=on)))
    refuse_marked(words, "评定意见")
    if agreed <= asked * share and not words.strip():
        raise ValidationError(
            {"words": f"认为软弱涣散的没有超过 {share:.0%}，仍要评定的请写明理由；不评定的，请改办“不予认定”。"}
        )
    case.masses_asked, case.masses_agreed, case.review, case.reviewed_on = asked, agreed, words.strip(), on
    told = f"参加评议 {asked} 人，认为软弱涣散 {agreed} 人"
    return _turn(case, "review", by, on, told, "masses_asked", "masses_agreed", "review", "reviewed_on")


def least_public(first):
    """The earliest last day of a 公示 that begins on `first`: so many working days, both ends in."""
    left, day = value("weak.public_days", on=first), first - timedelta(days=1)
    named = named_days(first.year) | named_days(first.year + 1)
    while left:
        day, left = working_day(day + timedelta(days=1), named), left - 1
    return day


@transaction.atomic
def publicise(case, *, first, last, by, on):
    """Put it up for 公示, as long as the rule asks."""
    case = _locked(case, "publicise", by, on)
    if first < case.reviewed_on:
        raise ValidationError({"first": f"公示不能早于评定（{case.reviewed_on:%Y-%m-%d}）。"})
    if last < (least := least_public(first)):
        days = value("weak.public_days", on=first)
        raise ValidationError({"last": f"公示不少于 {days} 个工作日，至少到 {least:%Y-%m-%d}。"})
    case.public_from, case.public_until = first, last
    told = f"{first:%Y-%m-%d} 至 {last:%Y-%m-%d}"
    return _turn(case, "publicise", by, on, told, "public_from", "public_until", until=str(last))


@transaction.atomic
def enlist(case, *, number, listed_on, by, on):
    """Identified by number and day, after the 公示 and by another person: from here on it is a 整顿."""
    case = _locked(case, "list", by, on)
    if not case.public_until < listed_on <= on:
        raise ValidationError(
            {"listed_on": f"列入日期应在公示结束（{case.public_until:%Y-%m-%d}）以后、今天或今天以前。"}
        )
    case.listed_on, case.listed_by, case.listed_number = listed_on, by, _said(number, "列入文号")
    return _turn(case, "list", by, on, case.listed_number, "listed_on", "listed_by", "listed_number", number=number)


@transaction.atomic
def clear(case, *, reason, by, on):
    """Not identified: the case ends here, with the reason."""
    case = _locked(case, "clear", by, on)
    case.cleared_why = _said(reason, "不予认定的理由")
    return _turn(case, "clear", by, on, case.cleared_why, "cleared_why")


# --- while it is put right


@transaction.atomic
def file_plan(case, *, plan, due_on, version=None, by, on):
    """The organisation's plan and its day; until the work begins it may be mended."""
    case = _locked(case, "file_plan", by, on)
    if case.state == State.PLAN_FILED:
        case.claim(version or 0)
    if due_on <= on:
        raise ValidationError({"due_on": "整顿期限应在今天以后。"})
    case.plan, case.due_on, case.plan_filed_on = _said(plan, "整顿方案"), due_on, case.plan_filed_on or on
    return _turn(
        case, "file_plan", by, on, f"期限 {due_on:%Y-%m-%d}", "plan", "due_on", "plan_filed_on", due_on=str(due_on)
    )


@transaction.atomic
def appoint(measure, *, by, on):
    """Put a person or unit into a slot of 四个一: whoever was there before ends the day before; the same day mends the row."""
    case = WeakCase.objects.select_for_update(of=("self",)).select_related("branch").get(pk=measure.case_id)
    require(by, RUN, at=case.branch)
    if not is_above(by, RUN, case.branch):
        raise ValidationError("四个一由上级党组织安排。")
    if case.state not in WeakCase.LISTED:
        raise ValidationError(f"现在是“{case.get_state_display()}”，列入整顿以后、销号以前才安排四个一。")
    if not slots(on.year).filter(pk=measure.entry_id).exists():
        raise ValidationError({"entry": "这一项不在今年的四个一里。"})
    if not case.listed_on <= measure.started_on <= on:
        raise ValidationError({"started_on": f"开始日期应在列入（{case.listed_on:%Y-%m-%d}）以后、今天或今天以前。"})
    refuse_marked(f"{measure.who}\n{measure.position}", "人员或单位")
    known = case.measures.select_for_update(of=("self",)).filter(entry=measure.entry_id, ended_on=None).first()
    if known and measure.started_on < known.started_on:
        raise ValidationError({"started_on": f"应在前一位的开始日期（{known.started_on:%Y-%m-%d}）以后。"})
    if known and measure.started_on == known.started_on:
        known.who, known.position, known.version = measure.who, measure.position, known.version + 1
        measure = known
    elif known:
        known.ended_on, known.version = measure.started_on - timedelta(days=1), known.version + 1
        known.save(update_fields=["ended_on", "version"])
    measure.case = case
    measure.full_clean()
    measure.save()
    audit.record("weak.appoint", case, by=by, entry=measure.entry_id, started_on=str(measure.started_on))
    return measure


@transaction.atomic
def begin(case, *, by, on):
    """Everybody who helps is named: the work begins, and with it the monthly reports."""
    case = _locked(case, "begin", by, on)
    case.rectifying_since = on
    return _turn(case, "begin", by, on, "", "rectifying_since")


@transaction.atomic
def report(case, *, month, done, settled=0, left=0, next="", version=None, by, on):
    """What was done in one month; the same month again mends what was reported."""
    case = _locked(case, "report", by, on)
    month = month.replace(day=1)
    if not case.rectifying_since.replace(day=1) <= month <= on:
        raise ValidationError({"month": "只能报开始整顿以后、到本月为止的月份。"})
    row = case.progress.select_for_update(of=("self",)).filter(month=month).first()
    act = "mend_report" if row else "report"
    if row:
        row.claim(version or 0)
    else:
        row = WeakProgress(case=case, month=month, reported_on=on, created_by=by)
    row.done, row.settled, row.left = _said(done, "本月做了什么"), settled, left
    refuse_marked(next, "下月打算")
    row.next = next.strip()
    row.full_clean()
    row.save()
    told = f"{month.year} 年 {month.month} 月" + ("，更正" if act == "mend_report" else "")
    return _turn(case, "report", by, on, told, audited=f"weak.{act}", month=f"{month:%Y-%m}")


@transaction.atomic
def apply(case, *, words, by, on):
    """The organisation asks to be struck off, and says what has changed."""
    case = _locked(case, "apply", by, on)
    case.applied_on, case.applied_by = on, by
    return _turn(case, "apply", by, on, _said(words, "整顿成效"), "applied_on", "applied_by")


@transaction.atomic
def accept(case, checks, *, by, on):
    """Check reason by reason: `checks` is {entry pk: (is settled, words)}. What is not settled sends the case back."""
    case = _locked(case, "accept", by, on)
    reasons = list(case.reasons.order_by("order", "pk"))
    if {entry.pk for entry in reasons} != set(checks):
        raise ValidationError("请对每一种认定情形都作出验收。")
    rows = [
        WeakCheck(
            case=case, entry=entry, is_settled=checks[entry.pk][0], words=_said(checks[entry.pk][1], f"“{entry}”的验收情况"),
            checked_on=on, created_by=by,
        )
        for entry in reasons
    ]  # fmt: skip
    for row in rows:
        row.full_clean()
    WeakCheck.objects.bulk_create(rows)
    if left := [row.entry.label for row in rows if not row.is_settled]:
        return _back(case, "reject", f"没有解决：{'、'.join(left)}", by, on)
    case.accepted_on, case.accepted_by = on, by
    return _turn(case, "accept", by, on, f"{len(rows)} 种情形全部解决", "accepted_on", "accepted_by")


@transaction.atomic
def close(case, *, number, closed_on, by, on):
    """Struck off by number and day, by somebody who neither asked for it nor checked it."""
    case = _locked(case, "close", by, on)
    if not case.accepted_on <= closed_on <= on:
        raise ValidationError({"closed_on": f"销号日期应在验收（{case.accepted_on:%Y-%m-%d}）和今天之间。"})
    case.closed_on, case.closed_by, case.closed_number = closed_on, by, _said(number, "销号文号")
    _end_measures(case, closed_on)
    return _turn(case, "close", by, on, case.closed_number, "closed_on", "closed_by", "closed_number", number=number)


@transaction.atomic
def reject(case, *, reason, by, on):
    """Back to work, with what is still missing."""
    return _back(_locked(case, "reject", by, on), "reject", _said(reason, "退回的理由"), by, on)


@transaction.atomic
def extend(case, *, reason, number, by, on):
    """Something was faked: the work goes on so much longer, by a paper."""
    case = _locked(case, "extend", by, on)
    months = value("weak.extension_months", on=on)
    case.due_on = max(case.due_on, on) + relativedelta(months=months)
    words = f"{_said(number, '文号')}：{_said(reason, '延长的理由')}"
    return _back(case, "extend", words, by, on, "due_on", due_on=str(case.due_on), number=number)


def _back(case, act, words, by, on, *fields, **detail):
    case.applied_on = case.applied_by = case.accepted_on = case.accepted_by = None
    gone = ("applied_on", "applied_by", "accepted_on", "accepted_by")
    return _turn(case, act, by, on, words[:500], *gone, *fields, **detail)


def _end_measures(case, day):
    for measure in case.measures.select_for_update(of=("self",)).filter(ended_on=None):
        measure.ended_on, measure.version = max(day, measure.started_on), measure.version + 1
        measure.save(update_fields=["ended_on", "version"])


def _said(text, label):
    text = text.strip()
    if not text:
        raise ValidationError(f"请填写{label}。")
    refuse_marked(text, label)
    return text


def _locked(case, act, by, on):
    case = WeakCase.objects.select_for_update(of=("self",)).select_related("branch").get(pk=case.pk)
    state = State(case.state)
    verb = verb_of(act, state)
    if not may(by, verb, at=case.branch):
        raise PermissionDenied(f"您的岗位没有“{VERBS[verb]}”的权限。")
    if words := obstacle(case, act, by=by, on=on):
        raise ValidationError(words)
    return case


def _turn(case, act, by, on, words, *fields, audited="", **detail):
    before, case.state = case.state, ROAD[case.state][act]
    case.version += 1
    case.full_clean()
    case.save(update_fields=["state", "version", *fields])
    WeakStep.objects.create(case=case, act=act, state=case.state, on=on, words=words, created_by=by)
    audit.record(audited or f"weak.{act}", case, by=by, before=before, after=case.state, **detail)
    return case
