"""What 分析研判 knows for scores and reminders."""

from decimal import Decimal

from django.db.models import Count, Exists, F, OuterRef, Q, Sum
from django.urls import reverse

from branches.models import Branch, Screening, ScreeningCampaign, ScreeningMark
from rulebook.facts import Fact

State, Kind = Screening.State, Screening.Kind
UNDONE = (State.WAITING, State.JUDGING, State.RETURNED)
SETTLED = (State.APPROVED, State.ISSUED)


def standardised(branches, period):
    """branch id → Fact: points of the year's screening, of those that could be had; 回头看 where there is one.

    Only what the branch was told, and only items that no other indicator scores. None while nobody in the county was
    told of a screening of the year. Three queries at most.
    """
    told = Screening.objects.filter(campaign__year=period.year, state=State.ISSUED)
    # By the alphabet "first" comes before "look_back", and the last row read stays.
    rows = told.filter(branch__in=branches).order_by("campaign", "kind").values_list("branch", "pk")
    newest = dict(rows)
    if not newest and not told.exists():
        return None
    marks = ScreeningMark.objects.filter(
        screening__in=newest.values(), is_applicable=True, points__isnull=False, item__is_scored_elsewhere=False
    ).order_by()
    sums = marks.values_list("screening", "screening__branch").annotate(got=Sum("points"), whole=Sum("item__points"))
    return {branch: Fact(got, whole, "branches.Screening", (pk,)) for pk, branch, got, whole in sums}


def screened(branches, period):
    """branch id → Fact: whether this year's campaign has reached the branch with a class. None without a campaign.

    One query.
    """
    rows = Screening.objects.filter(
        branch__in=branches, campaign__year=period.year, kind=Kind.FIRST, campaign__state__in=["open", "closed"]
    ).values_list("branch", "pk", "state")
    found = {}
    for branch, pk, state in rows.order_by("campaign"):
        is_done = state in SETTLED
        words = () if is_done else ("今年还没有研判审定",)
        found[branch] = Fact(Decimal(is_done), Decimal(1), "branches.Screening", (pk,), words)
    return found or None


def campaigns_behind(on, *, of):
    """For reminders: campaigns that have not reached every branch at work yet, by the end of the phase named by `of`
    (`screens_until` or `reviews_until`), told to the organisation that runs them. One matter, however many branches.
    """
    kind = Kind.LOOK_BACK if of == "reviews_until" else Kind.FIRST
    undone = Screening.objects.filter(
        campaign=OuterRef("pk"), kind=kind, state__in=UNDONE, branch__in=Branch.objects.at_work(on)
    )
    found = ScreeningCampaign.objects.filter(Exists(undone), state=ScreeningCampaign.State.OPEN)
    return found.annotate(day=F(of)).values_list("pk", "branch", "day", of)


def campaign_words(pks, on):
    """Key → (title, address of the list of those not reached yet)."""
    undone = Q(screenings__state__in=UNDONE) & ~Q(screenings__branch__closed_on__lt=on)
    found = ScreeningCampaign.objects.filter(pk__in=pks).order_by()
    tallies = found.annotate(
        first=Count("screenings", filter=undone & Q(screenings__kind=Kind.FIRST)),
        again=Count("screenings", filter=undone & Q(screenings__kind=Kind.LOOK_BACK)),
    )
    words = {}
    for campaign in tallies:
        parts = [
            f"{count} 个党组织没有{label}"
            for label, count in (("过筛子", campaign.first), ("回头看", campaign.again))
            if count
        ]
        words[campaign.pk] = (
            f"{campaign.title}还有 {'、'.join(parts)}", reverse("branches:campaign", args=[campaign.pk]),
        )  # fmt: skip
    return words
