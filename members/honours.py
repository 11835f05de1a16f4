"""评先评优 as rounds, from nomination to 公示 and 文号, and the honours that come of them or are entered by hand."""

from datetime import timedelta

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from accounts import audit
from branches.models import Branch
from branches.rights import require
from files.secrecy import refuse_marked
from members.models import Honour, HonourRound, Membership, Nomination, Sanction
from rulebook.book import named_days, value, working_day

State, Step, Subject = HonourRound.State, Nomination.State, HonourRound.Subject
OWNERS = (Branch.Kind.WORK_COMMITTEE, Branch.Kind.COMMITTEE, Branch.Kind.GENERAL)
WITHDRAWN = "推荐党组织撤回"
MODEL = "党员榜样"  # the yearly round whose boards are due by `honour.model_by`
ROAD = {  # act → from which state, to which
    "open": (State.DRAFT, State.OPEN),
    "review": (State.OPEN, State.REVIEW),
    "close": (None, State.CLOSED),
}
ENDED = (State.CONFERRED, State.CLOSED)


# --- a round


@transaction.atomic
def save_round(each, *, version=None, by, on):
    """Draft a round, or change one before its review; the deadline may move while nominations come in."""
    if each.pk:
        known = _locked(each, by)
        if known.state not in (State.DRAFT, State.OPEN):
            raise ValidationError("已经转入审核，不能再改。")
        known.claim(version)
        each.version, each.state, each.branch, each.subject = known.version, known.state, known.branch, known.subject
    else:
        require(by, "honour.run", at=each.branch)
        each.created_by = by
    if each.branch.kind not in OWNERS:
        raise ValidationError("评先评优由工委、党委、党总支组织。")
    if abs(each.year - on.year) > 1:
        raise ValidationError({"year": "年度应是今年或者前后一年。"})
    each.full_clean()
    each.save()
    audit.record("honour.save", each, by=by, closes_on=str(each.closes_on))
    return each


@transaction.atomic
def move(each, act, *, by, on):
    """Open a round to the branches, turn to the review, or end it without result."""
    each = _locked(each, by)
    before, after = ROAD[act]
    if each.state in ENDED or (before and each.state != before):
        raise ValidationError(f"现在是“{each.get_state_display()}”，不能这样办。")
    if act == "open" and each.closes_on < on:
        raise ValidationError("推荐截止日期已经过了，请先改到今天以后。")
    if act == "review":
        if each.closes_on >= on:
            raise ValidationError(
                f"推荐截止日期是 {each.closes_on:%Y-%m-%d}，过了才能转入审核；要提前，先把截止日期改早。"
            )
        if not each.nominations.filter(state=Step.NOMINATED).exists():
            raise ValidationError("还没有推荐人选，不能转入审核。")
    return _turn(each, after, f"honour.{act}", by)


def public_until(first):
    """(the last day of a 公示 from `first`, whether the calendar of that time is known): so many working days, both ends in."""
    left, day = value("honour.public_days", on=first), first
    named = named_days(first.year)
    is_known = bool(named)
    while True:
        day = working_day(day, named)
        left -= 1
        if day.year > first.year and not (later := named_days(day.year)):
            is_known = False
        elif day.year > first.year:
            named = named | later
        if not left:
            return day, is_known
        day += timedelta(days=1)


@transaction.atomic
def publish(each, *, first, last, by, on):
    """Put up for 公示 whoever passed; every nomination must have been decided."""
    each = _locked(each, by)
    if each.state != State.REVIEW:
        raise ValidationError("审核完成后才能公示。")
    states = set(each.nominations.values_list("state", flat=True))
    if Step.NOMINATED in states:
        raise ValidationError("还有没审核的推荐，请先逐个审核。")
    if Step.PASSED not in states:
        raise ValidationError("没有审核通过的，不能公示。")
    if first < each.closes_on:
        raise ValidationError({"first": "公示不能早于推荐截止。"})
    least, is_known = public_until(first)
    if last < least:
        days = value("honour.public_days", on=first)
        hint = "" if is_known else "（那段时间的放假安排还没有录入，按周末推算）"
        raise ValidationError({"last": f"公示不少于 {days} 个工作日，至少到 {least:%Y-%m-%d}{hint}。"})
    each.public_from, each.public_until = first, last
    return _turn(each, State.PUBLIC, "honour.publish", by, "public_from", "public_until", until=str(last))


@transaction.atomic
def confer(each, *, number, conferred_on, by, on):
    """Commend by number and day: whoever passed and stood the 公示 gets an honour. Returns how many."""
    each = _locked(each, by)
    if each.state != State.PUBLIC:
        raise ValidationError("公示期满后才能表彰。")
    if not each.public_until < conferred_on <= on:
        raise ValidationError(
            {"conferred_on": f"表彰日期应在公示结束（{each.public_until:%Y-%m-%d}）以后、今天或今天以前。"}
        )
    refuse_marked(number, "表彰文号")
    passed = list(each.nominations.select_for_update(of=("self",)).filter(state=Step.PASSED))
    if not passed:
        raise ValidationError("公示后没有保留的人选，请终止这次评选。")
    each.number, each.conferred_on = number, conferred_on
    _turn(each, State.CONFERRED, "honour.confer", by, "number", "conferred_on", number=number, rows=len(passed))
    for row in passed:
        row.state, row.version = Step.CONFERRED, row.version + 1
    Nomination.objects.bulk_update(passed, ["state", "version"])
    Honour.objects.bulk_create(
        Honour(
            branch_id=row.branch_id, member_id=row.member_id, title=each.title, level=each.level, conferred_on=conferred_on,
            issuer=each.branch.name, number=number, nomination=row, created_by=by,
        )
        for row in passed
    )  # fmt: skip
    return len(passed)


def _turn(each, state, action, by, *fields, **detail):
    before, each.state = each.state, state
    each.version += 1
    each.full_clean()
    each.save(update_fields=["state", "version", *fields])
    audit.record(action, each, by=by, before=before, after=state, **detail)
    return each


def _locked(each, by):
    found = HonourRound.objects.select_for_update(of=("self",)).select_related("branch").get(pk=each.pk)
    require(by, "honour.run", at=found.branch)
    return found


# --- a nomination


def nominating(each, branches):
    """Those of `branches` (a queryset) that may put somebody forward in a round: below the owner, and at work in its year."""
    found = branches.filter(path__startswith=each.branch.path).exclude(pk=each.branch_id)
    if each.subject == Subject.MEMBER:
        found = found.filter(kind__in=(Branch.Kind.BRANCH, Branch.Kind.JOINT))
    return found.filter(closed_on=None).in_order()


@transaction.atomic
def nominate(nomination, *, version=None, by, on):
    """Put a member of one's own branch, or the organisation itself, forward; or change what was written, in time."""
    each = HonourRound.objects.select_for_update(of=("self",)).select_related("branch").get(pk=nomination.round_id)
    require(by, "honour.nominate", at=nomination.branch)
    _check_window(each, on)
    if not nominating(each, Branch.objects.filter(pk=nomination.branch_id)).exists():
        raise ValidationError("这次评选不面向这个党组织。")
    refuse_marked(nomination.citation, "主要事迹")
    if nomination.pk:
        known = Nomination.objects.select_for_update(of=("self",)).get(pk=nomination.pk)
        if known.state != Step.NOMINATED:
            raise ValidationError("这项推荐已经撤回。")
        known.claim(version)
        nomination.version, nomination.member_id = known.version, known.member_id
    else:
        nomination = _again(nomination)
        _check_subject(each, nomination, on)
    nomination.state, nomination.opinion = Step.NOMINATED, ""
    nomination.created_by = by  # whoever wrote what stands there now does not decide on it
    nomination.full_clean()
    nomination.save()
    audit.record("honour.nominate", nomination, by=by, round=each.pk)
    return nomination


def _check_window(each, on):
    if each.state != State.OPEN or not each.opens_on <= on <= each.closes_on:
        raise ValidationError(f"不在推荐时间内：{each.opens_on:%Y-%m-%d} 至 {each.closes_on:%Y-%m-%d}。")


def _again(nomination):
    """The row withdrawn before, taken up anew with the new text: a person stands in a round once."""
    before = Nomination.objects.filter(
        round=nomination.round_id, branch=nomination.branch_id, member=nomination.member_id, opinion=WITHDRAWN
    ).first()
    if before is None:
        return nomination
    before.citation, before.version = nomination.citation, before.version + 1
    before.decided_by = before.decided_at = None
    return before


def _check_subject(each, nomination, on):
    if (nomination.member_id is None) == (each.subject == Subject.MEMBER):
        raise ValidationError({"member": "请选择推荐的党员。"})
    if nomination.member_id is not None:
        at = Membership.objects.filter(member=nomination.member_id, branch=nomination.branch_id)
        if not at.on(on).exists():
            raise ValidationError({"member": "只能推荐本支部的党员。"})
    standing = each.nominations.filter(branch=nomination.branch_id).exclude(state=Step.DECLINED).count()
    if each.per_branch and standing >= each.per_branch:
        raise ValidationError(f"每个支部最多推荐 {each.per_branch} 个，已经推荐 {standing} 个。要换人，先撤回一个。")


@transaction.atomic
def withdraw(nomination, *, by, on):
    """Take a nomination back while they still come in."""
    each = HonourRound.objects.select_for_update(of=("self",)).get(pk=nomination.round_id)
    nomination = Nomination.objects.select_for_update(of=("self",)).select_related("branch").get(pk=nomination.pk)
    require(by, "honour.nominate", at=nomination.branch)
    _check_window(each, on)
    if nomination.state != Step.NOMINATED:
        raise ValidationError("这项推荐已经撤回。")
    return _decided(nomination, Step.DECLINED, WITHDRAWN, "honour.withdraw", by)


@transaction.atomic
def decide(nomination, *, passed, opinion, by, on):
    """Pass or decline a nomination; during the 公示 it can only be declined, for what was then found."""
    each = _locked(nomination.round, by)
    nomination = Nomination.objects.select_for_update(of=("self",)).select_related("branch").get(pk=nomination.pk)
    if nomination.opinion == WITHDRAWN:
        raise ValidationError("推荐党组织已经撤回。")
    if each.state not in (State.REVIEW, State.PUBLIC):
        raise ValidationError(f"现在是“{each.get_state_display()}”，不能审核。")
    if each.state == State.PUBLIC and (passed or nomination.state != Step.PASSED):
        raise ValidationError("公示期间只能取消已经通过的人选，并写明原因。")
    if nomination.created_by_id == by.pk or (nomination.member_id and nomination.member.user_id == by.pk):
        raise ValidationError("您自己推荐的，或者推荐的就是您本人，须由另一位同志审核。")
    if not passed and not opinion.strip():
        raise ValidationError({"opinion": "未通过的要写明意见。"})
    refuse_marked(opinion, "审核意见")
    others = each.nominations.filter(state=Step.PASSED).exclude(pk=nomination.pk).count()
    if passed and each.places and others >= each.places:
        raise ValidationError(f"名额 {each.places} 个已经用完；要换人，先把一个改为未通过。")
    act = "honour.pass" if passed else "honour.decline"
    return _decided(nomination, Step.PASSED if passed else Step.DECLINED, opinion.strip(), act, by)


def _decided(nomination, state, opinion, action, by):
    nomination.state, nomination.opinion = state, opinion
    nomination.decided_by, nomination.decided_at = by, timezone.now()
    nomination.version += 1
    nomination.full_clean()
    nomination.save(update_fields=["state", "opinion", "decided_by", "decided_at", "version"])
    audit.record(action, nomination, by=by)
    return nomination


def under_sanction(nominations, *, on):
    """Keys of the members among `nominations` whose sanction still works on that day: for those alone who may know."""
    rows = Sanction.objects.filter(member__in=[row.member_id for row in nominations if row.member_id]).on(on)
    return set(rows.values_list("member", flat=True))


# --- honours by hand


@transaction.atomic
def enter(honour, *, by, on):
    """Enter an honour received elsewhere or earlier."""
    require(by, "honour.run", at=honour.branch)
    if honour.conferred_on > on:
        raise ValidationError({"conferred_on": "表彰日期不能晚于今天。"})
    if honour.member_id and not honour.member.memberships.filter(branch=honour.branch).exists():
        raise ValidationError({"member": "这位同志不在、也没有在过这个支部。"})
    honour.created_by = by
    honour.full_clean()
    twin = Honour.objects.filter(
        branch=honour.branch,
        member=honour.member,
        title=honour.title,
        conferred_on=honour.conferred_on,
        revoked_on=None,
    )
    if twin.exists():
        raise ValidationError("这一天的这项荣誉已经登记过。")
    honour.save()
    audit.record("honour.enter", honour, by=by, level=honour.level, conferred_on=str(honour.conferred_on))
    return honour


@transaction.atomic
def revoke(honour, *, revoked_on, reason, by, on):
    """Take an honour back from a day; it stays on record, with the reason in the record of what was done."""
    honour = Honour.objects.select_for_update(of=("self",)).select_related("branch").get(pk=honour.pk)
    require(by, "honour.run", at=honour.branch)
    if honour.revoked_on:
        raise ValidationError("已经撤销。")
    if not honour.conferred_on <= revoked_on <= on:
        raise ValidationError({"revoked_on": "撤销日期应在表彰日期和今天之间。"})
    refuse_marked(reason, "撤销原因")
    honour.revoked_on = revoked_on
    honour.save(update_fields=["revoked_on"])
    audit.record("honour.revoke", honour, by=by, revoked_on=str(revoked_on), reason=reason)
    return honour
