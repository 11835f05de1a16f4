"""述职评议 of a year: opening it with its days, changing them, and who is on the list."""

from datetime import date

from django.core.exceptions import ValidationError
from django.db import transaction

from accounts import audit
from assessment import review_terms as terms
from assessment.models import SecretaryReview, SecretaryReviewCampaign
from branches.actions import root
from branches.rights import require
from files.secrecy import refuse_marked
from rulebook.book import value

RUNS = "secretary_review.run"
VACANT = "书记空缺，暂不报述职；补选或者指派书记以后再报。"


def season(year, *, on):
    """(first day, last day, days to rewrite) that a year's campaign gets when nobody names others."""
    usual = value("review.season", on=max(on, date(2019, 12, 1)))
    days = [date(year, *map(int, usual[name].split("-"))) for name in ("opens", "due")]
    return days[0], days[1], usual["rewrite_days"]


def years(on):
    """The years for which 述职评议 may be opened on that day: in the first months the year before too."""
    return [on.year, on.year - 1] if on.month <= 3 else [on.year]


@transaction.atomic
def open_year(campaign, *, by, on):
    """Open the year with its days; every organisation with a secretary is put on the list. Returns (campaign, how many)."""
    campaign.branch = root()
    require(by, RUNS, at=campaign.branch)
    if campaign.year not in years(on):
        raise ValidationError({"year": f"现在可以启动{'、'.join(f' {year} ' for year in years(on))}年度的述职评议。"})
    _check_days(campaign)
    if campaign.due_on < on:
        raise ValidationError({"due_on": "报送期限已经过了，请改为今天或者以后。"})
    campaign.created_by = by
    campaign.full_clean()
    campaign.save()
    audit.record("secretary_review.open", campaign, by=by, year=campaign.year, due_on=str(campaign.due_on))
    return campaign, len(enlist(campaign, by=by, on=on))


def _check_days(campaign):
    first, last = date(campaign.year, 7, 1), date(campaign.year + 1, 3, 31)
    for name in ("opens_on", "due_on"):
        if not first <= getattr(campaign, name) <= last:
            raise ValidationError({name: f"{campaign.year} 年度的述职评议应在当年 7 月至次年 3 月之间。"})
    refuse_marked(campaign.number, "依据文号")


@transaction.atomic
def change_year(campaign, *, version, by, on):
    """Other days for a year that runs; reports not handed in yet get the new last day."""
    known = SecretaryReviewCampaign.objects.select_for_update(of=("self",)).select_related("branch").get(pk=campaign.pk)
    require(by, RUNS, at=known.branch)
    known.claim(version)
    before = known.due_on
    for name in ("opens_on", "due_on", "rewrite_days", "number"):
        setattr(known, name, getattr(campaign, name))
    _check_days(known)
    if known.due_on != before and known.due_on < on:
        raise ValidationError({"due_on": "新的报送期限不能早于今天。"})
    known.full_clean()
    known.save()
    if known.due_on != before:
        known.reviews.filter(state=SecretaryReview.State.DRAFT).update(due_on=known.due_on)
    audit.record("secretary_review.change", known, by=by, before=str(before), due_on=str(known.due_on))
    return known


@transaction.atomic
def enlist(campaign, *, by, on):
    """Put on the list who reports and is not on it yet: at the opening, and when a vacant post was filled since."""
    require(by, RUNS, at=campaign.branch)
    day = terms.day_of(campaign.year, on)
    rest = terms.owing(day).exclude(secretary_reviews__campaign=campaign)
    held = terms.stretches(rest, campaign.year)
    made = [
        SecretaryReview(
            campaign=campaign, branch=branch, due_on=campaign.due_on, **person(held.get(branch.pk, []), campaign, on)
        )
        for branch in rest.in_order()
        if terms.incumbent(held.get(branch.pk, []), day)
    ]
    SecretaryReview.objects.bulk_create(made, ignore_conflicts=True)
    if made:
        audit.record("secretary_review.enlist", campaign, by=by, rows=len(made))
    return made


def person(rows, campaign, on):
    """The fields of whoever reports, and how the year was split."""
    row = terms.incumbent(rows, terms.day_of(campaign.year, on))
    if row is None:
        raise ValidationError(VACANT)
    return {"member_id": row.member, "person_name": row.name, "split": terms.split(rows, campaign.year)}
