"""What the rules foresee for those who are 失联, 流动 or abroad, as matters of their branch."""

from django.db.models import Case, CharField, DateField, DurationField, F, Func, OuterRef, Subquery, Value, When
from django.db.models.expressions import CombinedExpression
from django.db.models.functions import Cast, Coalesce
from django.urls import reverse

from members.models import Membership, Standing, Whereabouts
from rulebook.book import in_force

Kind = Whereabouts.Kind


def whereabouts_due(on, *, of):
    """For reminders: registrations for which the rules foresee something by today, told to the branch of the person.

    The day: six months (as the rules say) after the last contact or the beginning; for who is suspended and still lost,
    two years after the suspension. A contact registered moves the day into the future, and the matter is over.
    """
    book = in_force(on=on)
    touched = Coalesce("contacted_on", "started_on")
    suspended = Standing.objects.filter(member=OuterRef("member"), kind=Standing.Kind.SUSPENDED).on(on)
    home = Membership.objects.filter(member=OuterRef("member")).on(on).order_by("pk").values("branch")
    found = Whereabouts.objects.on(on).annotate(
        suspended_on=Subquery(suspended.order_by("started_on").values("started_on")[:1]), place=Subquery(home[:1])
    )
    found = found.annotate(**{
        of: Case(
            When(
                kind=Kind.LOST, suspended_on__isnull=False,
                then=_after("suspended_on", 12 * book["lost.strike_years"].value),
            ),
            When(kind=Kind.LOST, then=_after(touched, book["lost.suspend_months"].value)),
            When(kind=Kind.AWAY, then=_after("started_on", book["away.months"].value)),
            default=_after(touched, book["abroad.contact_months"].value),
        )
    })  # fmt: skip
    found = found.filter(place__isnull=False, **{f"{of}__lte": on}).annotate(day=F(of))
    return found.values_list("pk", "place", "day", "day")


def _after(start, months):
    """A day so many calendar months after another."""
    start = F(start) if isinstance(start, str) else start
    stretch = Func(Value(0), Value(months), function="make_interval", output_field=DurationField())
    return Cast(CombinedExpression(start, "+", stretch, output_field=DateField()), DateField())


def whereabouts_words(pks, on):
    """Key → (title, address of the list); no person is named."""
    label = Case(*(When(kind=kind, then=Value(words)) for kind, words in Kind.choices), output_field=CharField())
    rows = Whereabouts.objects.filter(pk__in=pks).annotate(words=label).values_list("pk", "kind", "words")
    return {
        pk: (f"{words}党员有到期要办的事", f"{reverse('members:whereabouts')}?kind={kind}") for pk, kind, words in rows
    }
