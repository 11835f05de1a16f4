"""民主评议党员: the roll, the totals of the ballots, the grades; handed in by the branch, passed by 上级.

Ballots are anonymous, so only totals come in. The order by votes is shown, the grade is the branch's to give.
"""

from collections import Counter
from fractions import Fraction
from typing import NamedTuple

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Count, Q
from django.utils import timezone

from accounts import audit
from branches.models import Branch
from branches.rights import require
from files.secrecy import refuse_marked
from members.models import Appraisal, AppraisalRow, Exemption, Membership, Standing
from rulebook.book import rule, value

State, Grade = Appraisal.State, AppraisalRow.Grade
VOTES = ("excellent", "qualified", "basic", "unqualified")
GRADED_KINDS = (Branch.Kind.BRANCH, Branch.Kind.JOINT)
OPINIONS = ("satisfied", "fairly", "dissatisfied", "unsure")
OPEN = (State.DRAFT, State.RETURNED)
FIRST_YEAR = 2019  # the rules on the share of 优秀 begin in the autumn before


def assessed_year(day):
    """The year that an appraisal held on that day is for: in January–March the year before."""
    return day.year - 1 if day.month in value("appraisal.months", on=day) else day.year


def shown_year(rows, day):
    """The newest year of which `rows` (a queryset with a year) hold something, else the one that is due."""
    newest = rows.filter(year__lte=day.year).order_by("-year").values_list("year", flat=True).first()
    return newest or assessed_year(day)


def is_past(year, day):
    """Whether the stretch is over in which an appraisal of the year may be held: it runs on into the year after."""
    return day.year > year + 1 or (day.year == year + 1 and assessed_year(day) > year)


def roll(branch, on):
    """The memberships of a branch on a day, without those whose 党籍 is stopped, in the order of the alphabet."""
    suspended = Standing.objects.on(on).values("member")
    found = Membership.objects.filter(branch=branch).on(on).exclude(member__in=suspended)
    return found.select_related("member").order_by("member__initials", "member")


class Allowance(NamedTuple):
    """How many may be 优秀, of how many, how many are, and how it was counted, in words."""

    allowed: int
    whole: int
    given: int
    how: str

    @property
    def is_over(self):
        return self.given > self.allowed


def allowance(rows, *, on):
    """The limit on 优秀 by the rules of the day; rounded down. Source: 民主评议党员惯例, the share and its base are local."""
    share = Fraction(str(value("appraisal.excellent_share", on=on)))
    of_all = value("appraisal.denominator", on=on) == "all"
    whole = len(rows) if of_all else sum(row.is_present and bool(row.proposed) for row in rows)
    allowed = int(whole * share)
    base = "全体党员" if of_all else "参加评议并定等次的党员"
    how = f"{base} {whole} 人，{share.numerator}/{share.denominator} 以内向下取整，“优秀”最多 {allowed} 人"
    return Allowance(allowed, whole, sum(row.proposed == Grade.EXCELLENT for row in rows), how)


def places(rows):
    """row pk → place by votes for 优秀, then 合格; equals share one. Empty while no ballots are counted."""
    votes = {row.pk: (row.excellent, row.qualified) for row in rows if row.kind == Membership.Kind.FULL}
    if not any(map(any, votes.values())):
        return {}
    return {pk: 1 + sum(other > mine for other in votes.values()) for pk, mine in votes.items()}


def faults(row, returned):
    """What is wrong with one line: field name → words."""
    found = {}
    total = sum(getattr(row, name) or 0 for name in VOTES)
    if total > returned:
        found["excellent"] = f"四项合计 {total} 票，多于收回的 {returned} 张。"
    if not row.is_present and not row.absent_reason.strip():
        found["absent_reason"] = "没有参加的，请写原因。"
    if row.kind != Membership.Kind.FULL and row.proposed:
        found["proposed"] = "预备党员参加评议，不定等次。"
    elif not row.is_present and row.proposed == Grade.EXCELLENT:
        found["proposed"] = "没有参加评议的，不评“优秀”。"
    return found


# --- acts


@transaction.atomic
def begin(branch, *, year, held_on, by, on):
    """Open the record with the roll of the day; who is excused stands as absent, with the reason as others may read it."""
    require(by, "appraisal.edit", at=branch)
    if branch.kind not in GRADED_KINDS:
        raise ValidationError("民主评议由党支部、联合党支部开展。")
    _check_day(year, held_on, on)
    if held_on < branch.founded_on or (branch.closed_on and held_on > branch.closed_on):
        raise ValidationError("这一天党支部还没有成立或者已经撤销，请核对评议日期。")
    appraisal = Appraisal(branch=branch, year=year, held_on=held_on, created_by=by)
    appraisal.full_clean()
    if not roll(branch, held_on).exists():
        raise ValidationError("评议日期这一天名册上没有党员，请核对日期和名册。")
    appraisal.save()
    _sync(appraisal)
    audit.record("appraisal.begin", appraisal, by=by, year=year, held_on=str(held_on))
    return appraisal


@transaction.atomic
def save(appraisal, *, head, lines, version, by, on):
    """Keep what was typed of an open record: `head` the day and the ballots, `lines` row pk → its fields."""
    appraisal = _locked(appraisal, "appraisal.edit", by)
    if appraisal.state not in OPEN:
        raise ValidationError("已经上报，不能再改；要改请上级先退回。")
    appraisal.claim(version)
    for name, found in head.items():
        setattr(appraisal, name, found)
    _check_day(appraisal.year, appraisal.held_on, on)
    appraisal.full_clean()
    appraisal.save()
    changes = _sync(appraisal)
    rows = list(appraisal.rows.select_related("member"))
    wrong = []
    for row in rows:
        for name, found in lines.get(row.pk, {}).items():
            setattr(row, name, found)
        if row.is_present:
            row.absent_reason = ""
        refuse_marked(row.absent_reason, "缺席原因")
        wrong += [f"{row.member}：{words}" for words in faults(row, appraisal.ballots_returned).values()]
    if wrong:
        raise ValidationError(wrong)
    AppraisalRow.objects.bulk_update(rows, ["is_present", "absent_reason", *VOTES, "proposed"])
    audit.record("appraisal.save", appraisal, by=by, held_on=str(appraisal.held_on), rows=len(rows))
    return appraisal, changes


@transaction.atomic
def submit(appraisal, *, by, on):
    """Hand the record in; from here only 上级 may move it."""
    appraisal = _locked(appraisal, "appraisal.edit", by)
    if appraisal.state not in OPEN:
        raise ValidationError("已经上报过了。")
    _check_whole(appraisal)
    appraisal.state, appraisal.submitted_by, appraisal.submitted_at = State.SUBMITTED, by, timezone.now()
    appraisal.return_reason = ""
    appraisal.version += 1
    appraisal.save(update_fields=["state", "submitted_by", "submitted_at", "return_reason", "version"])
    audit.record("appraisal.submit", appraisal, by=by, on=str(on))
    return appraisal


@transaction.atomic
def approve(appraisal, *, by, on):
    """Pass the grades as the branch proposed them; nobody passes what he handed in, nor a list with his own name."""
    appraisal = _locked(appraisal, "appraisal.approve", by)
    if appraisal.state != State.SUBMITTED:
        raise ValidationError("只有待审定的才能审定。")
    if by.pk in (appraisal.submitted_by_id, appraisal.created_by_id):
        raise ValidationError("您自己登记或上报的，须由另一位同志审定。")
    if appraisal.rows.filter(member__user=by).exists():
        raise ValidationError("您本人在这次评议的名单里，须由另一位同志审定。")
    rows = _check_whole(appraisal)
    for row in rows:
        row.final = row.proposed
    AppraisalRow.objects.bulk_update(rows, ["final"])
    appraisal.state, appraisal.approved_by, appraisal.approved_at = State.APPROVED, by, timezone.now()
    appraisal.version += 1
    appraisal.save(update_fields=["state", "approved_by", "approved_at", "version"])
    counts = Counter(row.final for row in rows if row.final)
    audit.record("appraisal.approve", appraisal, by=by, on=str(on), **counts)
    return appraisal


@transaction.atomic
def send_back(appraisal, *, reason, by, on):
    """Give the record back to the branch, which is told why."""
    appraisal = _locked(appraisal, "appraisal.approve", by)
    if appraisal.state != State.SUBMITTED:
        raise ValidationError("只有待审定的才能退回；已审定的不再改动。")
    if not reason.strip():
        raise ValidationError("请写明退回原因。")
    refuse_marked(reason, "退回原因")
    appraisal.state, appraisal.return_reason = State.RETURNED, reason.strip()
    appraisal.version += 1
    appraisal.full_clean()
    appraisal.save(update_fields=["state", "return_reason", "version"])
    audit.record("appraisal.send_back", appraisal, by=by, on=str(on))
    return appraisal


@transaction.atomic
def tell(appraisal, *, told_on, by, on):
    """Note the day on which each member was told the own grade; returns how many."""
    appraisal = _locked(appraisal, "appraisal.edit", by)
    if appraisal.state != State.APPROVED:
        raise ValidationError("等次审定以后再告知本人。")
    if not appraisal.held_on <= told_on <= on:
        raise ValidationError(f"告知日期应在评议日期 {appraisal.held_on:%Y-%m-%d} 到今天之间。")
    count = appraisal.rows.filter(told_on=None).exclude(final="").update(told_on=told_on)
    if not count:
        raise ValidationError("都已经告知过了。")
    audit.record("appraisal.tell", appraisal, by=by, told_on=str(told_on), rows=count)
    return count


def _locked(appraisal, verb, by):
    found = Appraisal.objects.select_for_update(of=("self",)).select_related("branch").get(pk=appraisal.pk)
    require(by, verb, at=found.branch)
    return found


def _check_day(year, held_on, on):
    if held_on > on:
        raise ValidationError({"held_on": "评议日期不能晚于今天。"})
    if not FIRST_YEAR <= year <= on.year:
        raise ValidationError({"year": f"考核年度应在 {FIRST_YEAR} 年到 {on.year} 年之间。"})
    if held_on.year not in (year, year + 1):
        raise ValidationError({"held_on": f"{year} 年度的评议应在 {year} 年或次年初开展，请核对日期。"})


def _check_whole(appraisal):
    """The rows of a record that can be handed in, or a refusal that names everything at once."""
    rows = list(appraisal.rows.select_related("member").order_by("member__initials", "pk"))
    said = [
        f"{row.member}：{words}" for row in rows for words in faults(row, appraisal.ballots_returned).values()
    ]  # fmt: skip
    if not any(row.is_present for row in rows):
        said.append("没有一名党员参加，不能上报。")
    open_rows = [
        str(row.member)
        for row in rows
        if row.is_present and row.kind == Membership.Kind.FULL and not row.proposed
    ]  # fmt: skip
    if open_rows:
        said.append(f"还没有定等次：{'、'.join(open_rows)}。")
    limit = allowance(rows, on=appraisal.held_on)
    if limit.is_over:
        said.append(f"“优秀”定了 {limit.given} 人，超过上限：{limit.how}。")
    if said:
        raise ValidationError(said)
    return rows


def _sync(appraisal):
    """Rows as the register of the day has it: (added names, names taken out). What was typed of the others stays."""
    known = {row.member_id: row for row in appraisal.rows.select_related("member")}
    due = {stay.member_id: stay for stay in roll(appraisal.branch, appraisal.held_on)}
    gone = [row for pk, row in known.items() if pk not in due]
    AppraisalRow.objects.filter(pk__in=[row.pk for row in gone]).delete()
    excused = {}
    for each in Exemption.objects.filter(member__in=due).on(appraisal.held_on).order_by("scope"):
        excused.setdefault(each.member_id, each.told()[0])
    fresh, changed = [], []
    for pk, stay in due.items():
        row = known.get(pk)
        if row is None:
            fresh.append(
                AppraisalRow(
                    appraisal=appraisal,
                    member=stay.member,
                    kind=stay.kind,
                    is_present=pk not in excused,
                    absent_reason=excused.get(pk, ""),
                )
            )
        elif row.kind != stay.kind:
            row.kind, row.proposed = stay.kind, row.proposed if stay.kind == Membership.Kind.FULL else ""
            changed.append(row)
    AppraisalRow.objects.bulk_create(fresh)
    AppraisalRow.objects.bulk_update(changed, ["kind", "proposed"])
    return [str(row.member) for row in fresh], [str(row.member) for row in gone]


@transaction.atomic
def keep_poll(poll, *, by, on):
    """Enter the totals of a branch's 群众测评, or mend them; who and when stands in the record."""
    require(by, "poll.edit", at=poll.branch)
    if poll.branch.kind not in GRADED_KINDS:
        raise ValidationError("群众测评以党支部、联合党支部为单位。")
    if poll.held_on > on:
        raise ValidationError({"held_on": "测评日期不能晚于今天。"})
    if poll.held_on.year not in (poll.year, poll.year + 1):
        raise ValidationError({"held_on": f"{poll.year} 年的测评应在 {poll.year} 年或次年初开展，请核对日期。"})
    is_new = poll.pk is None
    if is_new:
        poll.created_by = by
    poll.full_clean()
    poll.save()
    totals = {name: getattr(poll, name) for name in (*OPINIONS, "issued", "returned")}
    audit.record("poll.enter" if is_new else "poll.mend", poll, by=by, year=poll.year, **totals)
    return poll


# --- for others


def with_counts(appraisals):
    """Each with what the list and sheet no. 7 show: due, present, on probation, and how many of each grade."""
    grades = {name: Count("rows", filter=Q(rows__proposed=name)) for name in VOTES}
    return appraisals.annotate(
        due=Count("rows"), present=Count("rows", filter=Q(rows__is_present=True)),
        probationary=Count("rows", filter=Q(rows__kind=Membership.Kind.PROBATIONARY)),
        **{f"are_{name}": count for name, count in grades.items()},
    )  # fmt: skip


def own(member):
    """The final grades of a member, newest first: those that the member was told."""
    return (
        AppraisalRow.objects.filter(member=member, told_on__isnull=False)
        .select_related("appraisal__branch")
        .order_by("-appraisal__year")
    )


def limit_rule(*, on):
    """The sentence beside the grades, and where it is written."""
    found = rule("appraisal.excellent_share", on=on)
    base = "全体党员" if value("appraisal.denominator", on=on) == "all" else "参加评议并定等次的党员"
    return f"“优秀”不超过{base}的 {found.value}，向下取整；预备党员参加评议，不定等次。", found.source
