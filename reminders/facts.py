"""The matters that reminders are about: per source what is still open, and how it is named.

A source is `source(on, *, of, **options)` → rows (key, organisation, day named by `of`, due day) as one queryset over all
organisations; what it no longer gives is cleared. Words are `words(pks, on)` → {key: (title, address of the act)}.
"""

from datetime import timedelta

from django.db.models import DateField, Exists, F, Max, OuterRef, Q, Subquery
from django.db.models.functions import Cast, Greatest
from django.urls import reverse

from branches.models import Branch, Term
from branches.rights import Role
from duties import table
from duties.models import Duty
from duties.periods import labels
from members.models import Post
from rulebook.book import in_force

LED = [kind for kind in Branch.Kind.values if kind not in (Branch.Kind.WORK_COMMITTEE, Branch.Kind.TEMPORARY)]


def duties(on, *, of, kept, only=None, but=()):
    """Duties that could be met by now and are not, their period over for `kept` days at most."""
    rules = Q(rule__in=only) if only else ~Q(rule__in=but)
    found = Duty.objects.filter(
        rules, met_on=None, opens_on__lte=on, ends_on__gte=on - timedelta(days=kept), branch__in=at_work(on)
    )
    return found.annotate(day=F(of)).values_list("pk", "branch", "day", "due_on")


def terms(on, *, of):
    """The terms that serve, by the day on which they expire; over when a new one begins."""
    serving = Term.objects.on(on).values("pk")
    found = Term.objects.filter(pk__in=serving, expires_on__isnull=False, branch__in=at_work(on))
    return found.annotate(day=F(of)).values_list("pk", "branch", "day", "expires_on")


def vacancies(on, *, of):
    """Organisations without a secretary: nobody holds the post, and the term that serves names nobody.

    Vacant since the later of the term's beginning and the day after the last secretary left.
    """
    secretary = Q(appointments__role__in=[Role.SECRETARY, Role.COMMITTEE])
    serving = secretary & Q(appointments__started_on__lte=on) & ~Q(appointments__ended_on__lt=on)
    served = Post.objects.filter(term__branch=OuterRef("pk"), office=Post.Office.SECRETARY)
    term = Term.objects.filter(branch=OuterRef("pk"), started_on__lte=on).order_by("-started_on")
    left = served.order_by().values("term__branch").annotate(day=Max("ended_on")).values("day")
    found = (
        at_work(on)
        .filter(kind__in=LED)
        .exclude(pk__in=Branch.objects.filter(serving).values("pk"))
        .exclude(Exists(served.filter(Q(ended_on__isnull=True) | Q(ended_on__gte=on), started_on__lte=on)))
        .annotate(
            named=Subquery(term.values("secretary_name")[:1]),
            began=Subquery(term.values("started_on")[:1]),
            dismissed=Max("appointments__ended_on", filter=secretary),
            since=Greatest(
                "began",
                Cast(F("dismissed") + timedelta(days=1), DateField()),
                Cast(Subquery(left[:1], output_field=DateField()) + timedelta(days=1), DateField()),
            ),
        )
        .filter(named="")
    )
    return found.annotate(day=F(of)).values_list("pk", "pk", "day", "since")


def at_work(on):
    return Branch.objects.at_work(on)


def duty_words(pks, on):
    """Leads to the form that meets the duty; once it is locked, to its page, where 补办 is asked for."""
    names, book = labels(on), in_force(on=on)
    found = {}
    for duty in Duty.objects.filter(pk__in=pks).select_related("notice"):
        name = "" if duty.notice_id else names.get(duty.rule, "")  # the title of a notice says it all
        url = table.act_url(duty, table.rule_of(duty, book))
        if table.is_locked(duty, on):
            url = reverse("duties:duty", args=[duty.pk])
        found[duty.pk] = (f"{duty.label}{name}", url)
    return found


def term_words(pks, on):
    rows = Term.objects.filter(pk__in=pks).values_list("pk", "branch")
    return {pk: ("本届任期届满", reverse("branches:detail", args=[branch])) for pk, branch in rows}


def vacancy_words(pks, on):
    return {pk: ("书记空缺", reverse("branches:detail", args=[pk])) for pk in pks}
