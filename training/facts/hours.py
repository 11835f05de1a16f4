"""Hours reached, classes that the secretary was called to, new secretaries without training, and who is short at year's end."""

from collections import defaultdict
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from dateutil.relativedelta import relativedelta
from django.db.models import DateField, DurationField, Exists, F, Func, OuterRef, Q, Subquery, Value
from django.db.models.expressions import CombinedExpression
from django.db.models.functions import Cast
from django.urls import reverse

from branches.facts import meetings_attended
from branches.models import Branch, Term, above
from members.models import Post
from rulebook.book import value
from rulebook.facts import Fact
from training import ledger
from training.models import ClassSession, Enrolment, OtherHours, SignIn, TrainingClass

NOT_HELD = (TrainingClass.State.PLANNED, TrainingClass.State.CANCELLED)
PRESENT = SignIn.Mark.PRESENT


# --- hours reached


def recorded(year):
    """Whether the county records hours in a year: meetings alone do not begin it."""
    signed = SignIn.objects.filter(session__held_on__year=year, mark=PRESENT)
    return signed.exists() or OtherHours.objects.counted().filter(year=year).exists()


def hours_reached(branches, period):
    """branch id → Fact: members with the hours of the year, of those who owe any; None while the county records none.

    Numbers, never names. Source: 《中国共产党党员教育管理工作条例》（2019 年）; three queries.
    """
    if not recorded(period.year):
        return None
    of_branch = defaultdict(list)
    for row in ledger.of_branches(branches.values_list("pk", flat=True), period.year, on=period.on):
        if row.need is not None:
            of_branch[row.branch].append(row)
    runs = period.on <= period.end
    return {branch: _reached(rows, runs) for branch, rows in of_branch.items()}


def _reached(rows, runs):
    short = [row for row in rows if row.is_short]
    words = short_words(rows)
    return Fact(
        Decimal(len(rows) - len(short)), Decimal(len(rows)), "training.SignIn", missing=() if runs else words,
        open=Decimal(len(short) if runs else 0), note="、".join(words) if runs else "",
    )  # fmt: skip


def short_words(rows):
    """How many are short of how many hours: ("3 名党员未达 32 学时", "1 名书记、班子成员未达 56 学时")."""
    counted = defaultdict(int)
    for row in rows:
        if row.is_short:
            counted[row.is_post, row.need] += 1
    return tuple(
        f"{number} 名{'书记、班子成员' if is_post else '党员'}未达 {plain(need)} 学时"
        for (is_post, need), number in sorted(counted.items())
    )


def plain(number):
    """32.0 → 32, 18.5 → 18.5."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


# --- what the secretary was called to


def called(branches, period):
    """branch id → Fact: meetings, and sessions of classes for secretaries, to which the secretary was called from above, and came.

    Leave granted counts as attended, and so does somebody sent instead from the same branch. A session at which nobody at
    all was written down is left out. Not applicable to a branch that nobody called.
    """
    meetings, sessions = meetings_attended(branches, period), _sessions(branches, period)
    found = dict(meetings)
    for branch, rows in sessions.items():
        before = meetings.get(branch, Fact(Decimal(0), Decimal(0), "training.ClassSession"))
        came = sum(attended for _, attended in rows)
        away = tuple(f"{session.held_on:%m-%d} {session.topic}" for session, attended in rows if not attended)
        found[branch] = Fact(
            before.value + came, before.whole + len(rows), before.model,
            before.pks if branch in meetings else tuple(session.pk for session, _ in rows), before.missing + away,
            note=f"其中培训 {came}/{len(rows)} 次",
        )  # fmt: skip
    return found


def _for_secretaries(on):
    """The kinds of class by which a secretary counts as called and as trained; none before a rule named them."""
    rule = value("training.secretary_kinds", on=on)
    return rule["kinds"] if rule else []


class _Sent(NamedTuple):
    """As much of somebody's place on a roll as tells whether the secretary was called."""

    pk: int
    branch: int
    member: int
    training_class: int
    withdrawn_on: date | None
    substitutes_for: int | None


class _Session(NamedTuple):
    pk: int
    training_class: int
    held_on: date
    topic: str


def _sessions(branches, period):
    """branch id → [(session, attended)] in the order of their days. Four queries."""
    known = (
        Enrolment.objects.filter(
            branch__in=branches, member__isnull=False, training_class__kind__in=_for_secretaries(period.on)
        )
        .exclude(training_class__state__in=NOT_HELD)
        .filter(training_class__starts_on__lte=period.end, training_class__ends_on__gte=period.start)
    )
    rows = known.values_list(
        "pk", "branch", "member", "training_class", "withdrawn_on", "substitutes_for", "branch__path",
        "training_class__branch__path",
    )  # fmt: skip
    sent = [_Sent(*row) for *row, path, holder in rows if holder in above(path)]
    if not sent:
        return {}
    held = ClassSession.objects.filter(
        Exists(SignIn.objects.filter(session=OuterRef("pk"))), training_class__in={row.training_class for row in sent},
        held_on__range=(period.start, min(period.end, period.on)),
    )  # fmt: skip
    of_class = defaultdict(list)
    days = held.order_by("held_on", "begins", "pk").values_list("pk", "training_class", "held_on", "topic")
    for session in map(_Session._make, days):
        of_class[session.training_class].append(session)
    posts = defaultdict(list)
    for branch, member, since, until in Post.objects.filter(
        office=Post.Office.SECRETARY, term__branch__in=branches
    ).values_list("term__branch", "member", "started_on", "ended_on"):
        posts[branch, member].append((since, until))
    keys = [session.pk for sessions in of_class.values() for session in sessions]
    marked = set(SignIn.objects.filter(session__in=keys).values_list("session", "enrolment"))
    instead = {row.substitutes_for: row for row in sent if row.substitutes_for}
    found = defaultdict(list)
    for row in sent:
        if row.withdrawn_on and row.pk not in instead:  # taken off the roll for a reason
            continue
        terms = posts.get((row.branch, row.member), ())
        for session in of_class[row.training_class] if terms else ():
            if any(since <= session.held_on and (until is None or session.held_on <= until) for since, until in terms):
                found[row.branch].append((session, _came(session, row, instead, marked)))
    return {branch: sorted(rows, key=lambda row: (row[0].held_on, row[0].pk)) for branch, rows in found.items()}


def _came(session, row, instead, marked):
    """Whether the one called, or somebody of the same branch sent instead, was there or had leave."""
    branch = row.branch
    while row is not None:
        if row.branch == branch and (session.pk, row.pk) in marked:
            return True
        row = instead.get(row.pk)
    return False


# --- new secretaries


def untrained(on):
    """Posts of secretaries, new in the office and serving, who have not been trained since; `until` is the last day for it.

    Only posts that began when the county already kept classes here: of the others nobody knows. Who was a secretary before,
    in whatever branch, is not new. Source: 《中国共产党党员教育管理工作条例》.
    """
    months = value("training.new_secretary", on=on)
    if months is None:
        return Post.objects.none().annotate(until=F("started_on"))
    first = TrainingClass.objects.exclude(state__in=NOT_HELD).order_by("starts_on").values("starts_on")[:1]
    class_since = SignIn.objects.filter(
        mark=PRESENT, enrolment__member=OuterRef("member"), session__held_on__gte=OuterRef("started_on"),
        session__training_class__kind__in=_for_secretaries(on),
    ).exclude(session__training_class__state=TrainingClass.State.CANCELLED)  # fmt: skip
    elsewhere = OtherHours.objects.counted().filter(
        member=OuterRef("member"), is_concentrated=True, ended_on__gte=OuterRef("started_on")
    )
    earlier = Post.objects.filter(
        member=OuterRef("member"), office=Post.Office.SECRETARY, started_on__lt=OuterRef("started_on")
    )
    return (
        Post.objects.filter(
            Q(ended_on=None) | Q(ended_on__gte=on), office=Post.Office.SECRETARY, started_on__gte=Subquery(first),
            started_on__lte=on,
            term__in=Term.objects.on(on).values("pk"), term__branch__in=Branch.objects.at_work(on),
        )
        .filter(~Exists(class_since), ~Exists(elsewhere), ~Exists(earlier))
        .annotate(until=_after(F("started_on"), months))
    )  # fmt: skip


def _after(start, months):
    stretch = Func(Value(0), Value(months), function="make_interval", output_field=DurationField())
    return Cast(CombinedExpression(start, "+", stretch, output_field=DateField()), DateField())


def until_of(post, on):
    """The last day on which a secretary new in the post is trained in time."""
    return post.started_on + relativedelta(months=value("training.new_secretary", on=on))


def secretaries_untrained(on, *, of):
    """For reminders: new secretaries who have not been to a class yet, by the day until which they should."""
    found = untrained(on)
    if of != "until":
        found = found.annotate(**{of: F("until")})
    return found.annotate(day=F(of)).values_list("pk", "term__branch", "day", "until")


def untrained_words(pks, on):
    """Key → (title, address of the act)."""
    return dict.fromkeys(pks, ("新任书记还没有参加培训", f"{reverse('training:hours')}?who=new"))


# --- the end of the year


def members_short(on, *, of, months, kept):
    """For reminders: branches with somebody short of the year's hours, by the last day of the year; in the first days (`kept`)
    of some `months` alone, since to look through the rolls of the whole county each minute costs much."""
    if on.month not in months or on.day > kept or not recorded(on.year):
        return Branch.objects.none().annotate(day=Value(on, DateField())).values_list("pk", "pk", "day", "day")
    short = {row.branch for row in ledger.of_branches(Branch.objects.at_work(on), on.year, on=on) if row.is_short}
    last = on.replace(month=12, day=31)
    found = Branch.objects.filter(pk__in=short).annotate(**{of: Value(last, DateField())})
    return found.annotate(day=F(of)).values_list("pk", "pk", "day", "day")


def members_short_words(pks, on):
    """Key → (title with how many, address of the list); no names."""
    of_branch = defaultdict(list)
    for row in ledger.of_branches(pks, on.year, on=on):
        of_branch[row.branch].append(row)
    url = reverse("training:hours")
    return {
        pk: (f"学时还不够：{'、'.join(short_words(of_branch[pk])) or '已经补上'}", f"{url}?branch={pk}&who=short")
        for pk in pks
    }
