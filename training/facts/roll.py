"""Whom a rule of the roll means, and whom the enrolment reminds.

A source of a rule is `source(branches, on) -> {branch pk: [member pk]}`, by posts and memberships of that day.
"""

from collections import defaultdict
from datetime import date, timedelta

from dateutil.relativedelta import relativedelta
from django.db.models import Exists, F, OuterRef, Q
from django.urls import reverse

from branches.models import Branch
from members.models import Membership, Post
from rulebook.book import value
from training.enrolling import unenrolled
from training.models import ClassQuota, ClassSession, Enrolment, TrainingClass
from training.rolls import posts

Office = Post.Office
State = TrainingClass.State
REMEDIAL = Q(training_class__kind=TrainingClass.Kind.REMEDIAL)


def _of_posts(held):
    found = defaultdict(list)
    for branch, member in held.order_by().values_list("term__branch", "member").distinct():
        found[branch].append(member)
    return dict(found)


def secretaries(branches, on):
    """Who is secretary of each organisation that day; a vacant post gives nobody."""
    return _of_posts(posts(branches, on).filter(office=Office.SECRETARY))


def officers(branches, on):
    """Secretaries, their deputies and the members of the committees."""
    return _of_posts(posts(branches, on).filter(office__in=value("hours.post", on=on)["offices"]))


def new_secretaries(branches, on):
    """Secretaries in their first months (rulebook training.new_secretary); who was one until then is not new."""
    since = on - relativedelta(months=value("training.new_secretary", on=on))
    before = Post.objects.filter(
        Q(ended_on=None) | Q(ended_on__gte=OuterRef("started_on") - timedelta(days=1)), member=OuterRef("member"),
        office=Office.SECRETARY, started_on__lt=OuterRef("started_on"),
    )  # fmt: skip
    held = posts(branches, on).filter(office=Office.SECRETARY, started_on__gt=since)
    return _of_posts(held.filter(~Exists(before)))


def _of_stays(stays):
    found = defaultdict(list)
    for branch, member in stays.order_by().values_list("branch", "member"):
        found[branch].append(member)
    return dict(found)


def members(branches, on):
    """Everybody on the registers that day."""
    return _of_stays(Membership.objects.on(on).filter(branch__in=branches))


def probationary(branches, on):
    """预备党员 of that day."""
    stays = Membership.objects.on(on).filter(branch__in=branches, kind=Membership.Kind.PROBATIONARY)
    return _of_stays(stays)


def fresh(branches, on):
    """Full members in the first year since 转正 (《中国共产党党员教育管理工作条例》)."""
    stays = Membership.objects.on(on).filter(branch__in=branches, kind=Membership.Kind.FULL)
    return _of_stays(stays.filter(member__converted_on__gt=on - relativedelta(years=1), member__converted_on__lte=on))


# --- for reminders: sources and words, as reminders.facts says


def enrolments_waiting(on, *, of):
    """Organisations with a quota of an open class that have named nobody, by the last day of enrolment."""
    quotas = ClassQuota.objects.filter(training_class__state=State.OPEN, branch__in=Branch.objects.at_work(on))
    found = unenrolled(quotas.exclude(REMEDIAL)).filter(training_class__enrols_until__isnull=False)
    return found.annotate(day=F(f"training_class__{of}")).values_list("pk", "branch", "day", "day")


def enrolment_words(pks, on):
    """Key → (title, address of the act)."""
    return {
        quota.pk: (
            f"待报名：{quota.training_class.title}，{_short(quota.training_class.enrols_until)}截止",
            reverse("training:roll", args=[quota.training_class_id]),
        )
        for quota in ClassQuota.objects.filter(pk__in=pks).exclude(REMEDIAL).select_related("training_class")
    }


def sessions_ahead(on, *, of):
    """Days of class to come for organisations with people on the roll: the first person of each stands for all of them."""
    earlier = Enrolment.objects.on_roll().filter(
        training_class=OuterRef("training_class"), branch=OuterRef("branch"), pk__lt=OuterRef("pk")
    )
    rows = Enrolment.objects.on_roll().filter(
        ~Exists(earlier), branch__in=Branch.objects.at_work(on), training_class__state__in=[State.OPEN, State.RUNNING],
        training_class__sessions__held_on__gt=on,
    )  # fmt: skip
    rows = rows.exclude(REMEDIAL).annotate(day=F(f"training_class__sessions__{of}"))
    return rows.values_list("pk", "branch", "day", "day")


def session_words(pks, on):
    """Key → (title, address): the class, the day and how many of the organisation, no names."""
    rows = list(Enrolment.objects.filter(pk__in=pks).exclude(REMEDIAL).select_related("training_class"))
    counted, days = defaultdict(int), {}
    classes = {row.training_class_id for row in rows}
    for training_class, branch in (
        Enrolment.objects.on_roll().filter(training_class__in=classes).values_list("training_class", "branch")
    ):
        counted[training_class, branch] += 1
    ahead = ClassSession.objects.filter(training_class__in=classes, held_on__gte=on).order_by("-held_on")
    days.update(ahead.values_list("training_class", "held_on"))
    return {
        row.pk: (
            f"{row.training_class.title}{_on(days.get(row.training_class_id))}，"
            f"本组织有 {counted[row.training_class_id, row.branch_id]} 人参加",
            reverse("training:roll", args=[row.training_class_id]),
        )
        for row in rows
    }


def _on(day):
    return f" {_short(day)}上课" if day else ""


def _short(day: date):
    return f"{day.month} 月 {day.day} 日"
