"""What the county decides about its local rules: entered with its paper and its first day, never changed, never taken out."""

from collections import defaultdict
from contextlib import suppress
from datetime import date
from functools import partial
from typing import NamedTuple

from dateutil.relativedelta import relativedelta
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max, Q

from accounts import audit
from accounts.models import Stale
from assessment.models import Round
from branches.actions import root
from branches.models import Branch
from branches.rights import require
from duties.actions import generate
from duties.models import Duty
from files.secrecy import refuse_marked
from jobs import actions as jobs
from rulebook import book, limits
from rulebook.models import Decision

VERB = "setting.edit"
CLOSED = (Round.State.PUBLISHED, Round.State.DECIDING, Round.State.FINAL)
AHEAD = relativedelta(years=2)
DUTY = "duty."


class Line(NamedTuple):
    """One stretch of a rule: what holds from a day on, and whether a file or the county says so."""

    rule: book.Rule
    decision: Decision | None
    is_now: bool


def is_settable(key):
    """Whether the county may decide anything about the rule."""
    last = book.rules()[key][-1]
    return last.local and bool(limits.parts(key, last.value))


def history(key, *, on):
    """Every stretch of a rule, the newest first: what the files say and what was decided over it. One query."""
    rows = [(row.since, 0, Line(row, None, False)) for row in book.rules()[key]]
    label, note = book.rules()[key][-1].label, book.rules()[key][-1].note
    for decision in Decision.objects.filter(key=key).select_related("decided_by"):
        rule = book.Rule(key, label, decision.value, decision.from_on, decision.source, True, note)
        rows.append((decision.from_on, decision.pk, Line(rule, decision, False)))
    rows.sort(key=lambda row: (bool(row[1]), *row[:2]))  # a decision stands over every file, as the rulebook reads it
    past = [row for row in rows if row[0] <= on]
    now = past[-1] if past else None
    newest_first = sorted(rows, reverse=True, key=lambda row: row[:2])
    return [row[2]._replace(is_now=row is now) for row in newest_first]


def newest():
    """key → its newest decision. One query."""
    found = {}
    for decision in Decision.objects.select_related("decided_by").order_by("from_on", "pk"):
        found[decision.key] = decision
    return found


def coming(on):
    """key → what is decided for later, the next first. One query."""
    found = defaultdict(list)
    for decision in Decision.objects.filter(from_on__gt=on).order_by("from_on", "pk"):
        found[decision.key].append(decision)
    return found


def seen(key):
    """The newest decision on a rule, by which a page tells whether somebody else decided in between."""
    return Decision.objects.filter(key=key).aggregate(last=Max("pk"))["last"] or 0


def first_free_day():
    """The first day of which no decided year was judged."""
    last = Round.objects.filter(state__in=CLOSED).aggregate(last=Max("year"))["last"]
    return date(last + 1, 1, 1) if last else None


def check(key, value, *, from_on, source, reason, on):
    """Refuse what may not be decided, each beside its field; `value` problems by their way into the value."""
    if not is_settable(key):
        raise ValidationError("这一条由上级规定，本县不能改。")
    rule, found = book.rules()[key][-1], defaultdict(list)
    for path, words in limits.problems(key, value, rule.value):
        found[name_of(path)].append(words)
    if not source:
        found["source"].append("请填依据：文号，或者哪一天的什么会议。")
    first = first_free_day()
    if from_on < book.rules()[key][0].since:
        found["from_on"].append(f"这条规定从 {book.rules()[key][0].since:%Y-%m-%d} 起才有，请填以后的日期。")
    elif first and from_on < first:
        found["from_on"].append(f"{first.year - 1} 年度考核已经公布，不能再改那时的规定；最早填 {first:%Y-%m-%d}。")
    elif from_on > on + AHEAD:
        found["from_on"].append("最远填到两年以后。")
    if from_on < on and not reason:
        found["reason"].append("从已经过去的一天算起的，请写明事由。")
    held = book.value(key, on=from_on)
    if not found and value == held:
        raise ValidationError("与这一天已经有效的取值一样，没有要改的。")
    if not found and isinstance(value, dict) and "text" in value and value["text"] == held["text"]:
        found["part-text"].append("取值改了，请把这句说明一并改好，页面上显示的是它。")
    if found:
        raise ValidationError(found)


def name_of(path):
    """The name of the box in which a part is typed."""
    return "part-" + "-".join(map(str, path)) if path else "part"


@transaction.atomic
def decide(key, value, *, from_on, source, reason="", then=None, by, on):
    """From a day on the county holds it so. `then`: of `seen`, when the page was opened."""
    require(by, VERB, at=root())
    Branch.objects.select_for_update(of=("self",)).get(parent=None)  # one decision at a time
    if then is not None and int(then) != seen(key):
        raise Stale("这条规则刚有别人作了决定，请核对下面的沿革后再保存，您填写的内容仍在。", code="stale")
    source, reason = source.strip(), reason.strip()
    check(key, value, from_on=from_on, source=source, reason=reason, on=on)
    for text, where in ((source, "依据"), (reason, "补登事由"), (str(value), "取值")):
        refuse_marked(text, where)
    decision = Decision(key=key, value=value, from_on=from_on, source=source, reason=reason, decided_by=by)
    decision.full_clean()
    decision.save()
    audit.record("rule.decide", decision, by=by, key=key, from_on=str(from_on), source=source)
    if key.startswith(DUTY):
        transaction.on_commit(partial(tend_soon, by))
    return decision


def tend_soon(by):
    """Have the duties follow in the background; one such work at a time is enough, and the night does it anyway."""
    with suppress(ValidationError):
        jobs.start("portal.tend", {}, by=by, is_small=False)


class Effect(NamedTuple):
    """How many 应办事项 of a year a decision would add, take away and date anew."""

    year: int
    added: int
    removed: int
    moved: int


def effect(key, value, *, from_on, source, reason="", by, on):
    """What deciding so would do to the running year's duties, found by doing it and taking it back; None where it does nothing."""
    require(by, VERB, at=root())
    source = source or "（只看影响）"  # the paper may still be to come
    check(key, value, from_on=from_on, source=source, reason=reason, on=on)
    year = max(from_on.year, on.year)
    if not key.startswith(DUTY) or year > on.year:
        return None
    owed = Duty.objects.filter(year=year, notice=None)
    try:
        with transaction.atomic():
            generate(year, by=by)  # what the night would have done anyway is not this decision's doing
            before, last = owed.count(), Duty.every.aggregate(last=Max("pk"))["last"] or 0
            ended = list(Duty.every.filter(year=year, is_owed=False).values_list("pk", flat=True))
            Decision(key=key, value=value, from_on=from_on, source=source, decided_by=by).save()
            written = generate(year, by=by)
            added = owed.filter(Q(pk__gt=last) | Q(pk__in=ended)).count()
            found = Effect(year, added, before + added - owed.count(), written - added)
            raise _TakenBack
    except _TakenBack:
        book.forget()
    return found


class _TakenBack(Exception):
    """Ends the trial, so that the database forgets it."""
