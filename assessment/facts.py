"""What the yearly assessment knows for others: 责任书和述职 for the scheme, what of 述职 falls due, figures for reports."""

from decimal import Decimal

from django.db.models import F
from django.urls import reverse

from assessment import figures, scoring
from assessment.models import Scheme, Seal, SecretaryReport, SecretaryReview, SecretaryReviewCampaign
from assessment.result import ZERO, cents
from assessment.review_terms import day_of, in_office
from branches.models import Branch
from members import letters
from members.models import ResponsibilityLetter
from recruitment import figures as roads
from recruitment.models import Application
from rulebook.facts import Fact

State = SecretaryReview.State
MODEL = SecretaryReview._meta.label
WHOLE = Decimal(100)


def letters_and_reviews(branches, period):
    """branch id → Fact: how often a report came back after the first time; void while the 目标责任书 is unsigned after the
    last day of signing, or the report is not in after its day (one that came back and was not handed in again counts so).

    Not applicable where neither is owed; None when the county recorded neither for that year. As of the day, by the days on
    which reports were handed in and sent back. Source: the clause of the item. Five queries.
    """
    campaign = SecretaryReviewCampaign.objects.filter(year=period.year).first()
    signed = ResponsibilityLetter.objects.filter(kind=letters.Kind.GOAL, year=period.year, signed_on__lte=period.on)
    is_signing = ResponsibilityLetter.objects.filter(year=period.year).exists()
    if campaign is None and not is_signing:
        return None
    last = letters.season(period.year, on=period.on)[1]
    owing = set()
    if is_signing:
        signing = branches.filter(founded_on__lte=last).only("parent", "kind")
        owing = {branch.pk for branch in signing if letters.owes_goal(branch)}
    unsigned = owing - set(signed.values_list("branch", flat=True)) if period.on > last else set()
    reviews = _reviews(branches, campaign, period) if campaign else {}
    found = {}
    for pk in owing | reviews.keys():
        review, said, returned = reviews.get(pk, (None, "", 0))
        words = [f"{period.year} 年党建工作目标责任书未签"] if pk in unsigned else []
        words += [said] if said else []
        free = "，首次不扣分" if returned else ""
        found[pk] = Fact(
            Decimal(max(0, returned - 1)), None, MODEL, (review,) if review else (), tuple(words),
            note=f"述职报告发回 {returned} 次{free}" if review else "", is_void=bool(words),
        )  # fmt: skip
    return found


def _reviews(branches, campaign, period):
    """branch id → (review, what is missing in words or "", times sent back by the day), of those who owe a report."""
    reports = {}
    rows = SecretaryReport.objects.filter(review__campaign=campaign, submitted_on__lte=period.on).order_by("number")
    for review, sent, back, until in rows.values_list("review", "submitted_on", "returned_on", "rewrite_until"):
        reports.setdefault(review, []).append((sent, back if back and back <= period.on else None, until))
    day = day_of(campaign.year, period.on)
    listed = campaign.reviews.filter(branch__in=branches).annotate(is_held=in_office(day))
    found = {}
    for pk, branch, due_on, is_held in listed.values_list("pk", "branch", "campaign__due_on", "is_held"):
        sent = reports.get(pk, [])
        if not sent and not is_held:
            continue  # vacant: nobody owes it
        said = ""
        if not sent and period.on > due_on:
            said = f"{campaign.year} 年述职报告未报（{due_on:%m-%d} 截止）"
        elif sent and sent[-1][1] and period.on > sent[-1][2]:
            said = f"述职报告发回后没有再报（{sent[-1][2]:%m-%d} 截止）"
        found[branch] = (pk, said, sum(back is not None for _, back, _ in sent))
    return found


def mean_of_branches(branches, period):
    """branch id → Fact: the mean total of the graded branches below, of 100, by the branches' scheme in force.

    A branch without a grade (不定等次) is left out of the mean; bonus points lift it to 100 at most. Not applicable to an
    organisation without any; None while no branch at all is graded. As many queries as grading all branches once.
    """
    totals = {
        score.branch.path: (score.branch.pk, score.total)
        for score in scoring.grade(period.year, on=period.on)
        if score.rank is not None
    }
    if not totals:
        return None
    found = {}
    for pk, path in branches.values_list("pk", "path"):
        below = [row for place, row in totals.items() if place.startswith(path)]
        if below:
            mean = cents(sum((total for _, total in below), ZERO) / len(below))
            note = f"所属 {len(below)} 个支部平均 {mean} 分"
            found[pk] = Fact(
                min(mean, WHOLE), WHOLE, Branch._meta.label, tuple(sorted(key for key, _ in below)), note=note
            )
    return found


def last_places(branches, period):
    """branch id → Fact: the place in the final result of the year, counted from the last (1: the last; equals share it).

    A clue for 软弱涣散 and nothing more. None as long as the year is not decided. A few queries.
    """
    seal = figures.seals(Scheme.Kind.BRANCH, stage=Seal.Stage.FINAL).get(period.year)
    if seal is None:
        return None
    ranked = {row.branch: row for row in figures.of_seal(seal).rows.values() if row.rank is not None}
    chosen = set(branches.values_list("pk", flat=True))
    found = {}
    for pk in ranked.keys() & chosen:
        place = 1 + sum(other.rank > ranked[pk].rank for other in ranked.values())
        words = f"{period.year} 年度考核在 {len(ranked)} 个支部中列倒数第 {place} 名"
        found[pk] = Fact(Decimal(place), None, Branch._meta.label, (pk,), (words,))
    return found


# --- for reminders: sources and words, as reminders.facts says


def reviews_due(on, *, of):
    """Reports not handed in yet, by their last day; a vacant post owes none."""
    found = SecretaryReview.objects.filter(state=State.DRAFT, campaign__opens_on__lte=on).filter(in_office(on))
    return _of_branches(found, on, of)


def reviews_returned(on, *, of):
    """Reports that came back and are to be written again, by the last day for it."""
    return _of_branches(SecretaryReview.objects.filter(state=State.RETURNED), on, of)


def reviews_waiting(on, *, of):
    """Reports handed in that nobody above has looked at, by the day on which they came."""
    found = SecretaryReview.objects.filter(
        state=State.SUBMITTED, reports__submitted_on__isnull=False, reports__returned_on=None
    ).annotate(handed_on=F("reports__submitted_on"))
    return _of_branches(found, on, of)


def _of_branches(found, on, of):
    here = found.filter(branch__in=Branch.objects.at_work(on))
    return here.annotate(day=F(of)).values_list("pk", "branch", "day", "due_on")


def review_words(pks, on):
    """Key → (title, address of the review); nothing of what the report says."""
    said = {
        State.DRAFT: "述职报告 {due:%m-%d} 前报送", State.RETURNED: "述职报告发回重写，{due:%m-%d} 前再报",
        State.SUBMITTED: "述职报告待审核",
    }  # fmt: skip
    rows = SecretaryReview.objects.filter(pk__in=pks).values_list("pk", "state", "due_on")
    return {
        pk: (said.get(state, "述职评议").format(due=due), reverse("assessment:secretary_review", args=[pk]))
        for pk, state, due in rows
    }


# --- figures


def branches_below(branches, period):
    """branch id → Fact: 1 for each organisation that is a branch, so that those below an upper one can be added up."""
    found = branches.filter(kind__in=[Branch.Kind.BRANCH, Branch.Kind.JOINT])
    return {pk: Fact(Decimal(1), None, Branch._meta.label, (pk,)) for pk in found.values_list("pk", flat=True)}


def recruited(branches, period, *, step):
    """branch id → Fact: persons who took this step of the road in the year (a key of `recruitment.figures.LABELS`)."""
    return _recruited(branches, period, [{"step": step}])[0]


def _recruited(branches, period, asked):
    """`recruited` of several steps at once, in their order."""
    applications = Application.objects.filter(branch__in=branches)
    people = roads.of_year(applications, period.year, on=period.on).people
    answers = []
    for options in asked:
        rows = {}
        for person in people[options["step"]]:
            rows.setdefault(person.branch, []).append(person.application.pk)
        answers.append(
            {
                branch: Fact(Decimal(len(pks)), None, Application._meta.label, tuple(sorted(pks)))
                for branch, pks in rows.items()
            }
        )
    return answers


recruited.together = _recruited
