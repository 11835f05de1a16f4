"""The yearly assessment in COUNTY-S: in each branch a 述职 that came back once and was handed in again; a round in which
somebody judges, with all that a branch says and gets."""

from datetime import UTC, date, datetime

from accounts.models import User
from assessment import sealing
from assessment.models import (
    Adjustment,
    Judgement,
    Objection,
    Reopening,
    ResultUse,
    Round,
    Scheme,
    Seal,
    SealedScore,
    SecretaryReport,
    SecretaryReview,
    SecretaryReviewCampaign,
    SecretaryReviewProblem,
    SelfCheck,
    Verdict,
    Veto,
)
from branches.rights import Task
from tests import factories

JUDGED = ("a1", "b1")  # what the person "grader" judges
OF_ROUND = {
    SelfCheck: "score.see", Objection: "score.see", Adjustment: "score.see", Verdict: "score.see", Veto: "veto.see",
}  # fmt: skip
SEE, WRITE = "secretary_review.see", "secretary_review.write"


def send(county):
    """Somebody without any post who grades two branches."""
    county.people["grader"] = factories.UserFactory()
    for name in JUDGED:
        factories.AssignmentFactory(
            user=county.people["grader"], branch=county.branches[name], created_by=county.people["admin"], task=Task.GRADER,
            group="x", until=date(2026, 1, 8),
        )  # fmt: skip
        county.tasks["grader"].append((Task.GRADER, name))


def go_round(county, add):
    """The round of 2025 while it is judged; in each branch one of everything that belongs to it."""
    by, other, grader = (county.people[name] for name in ("admin", "second admin", "grader"))
    round = factories.RoundFactory(state="judging", opened_by=by, minutes_number="x", opened_on=date(2025, 11, 1),
                                   self_check_until=date(2025, 11, 15))  # fmt: skip
    add("round", "root", round)
    add("scheme", "root", round.scheme)
    add("scheme_draft", "root", factories.SchemeFactory(year=2026, draft=True, number="x", created_by=by))
    for name in county.graded:
        if name == "shut":
            continue
        branch = county.branches[name]
        add("in_round", name, branch)
        add("self_check", name, factories.SelfCheckFactory(
            round=round, branch=branch, submitted_by=by, state="returned", return_reason="x", returned_by=by, returned_at=AT
        ))  # fmt: skip
        objection = factories.ObjectionFactory(
            round=round,
            branch=branch,
            part="EX2.2",
            raised_by=by,
            answer="x",
            outcome="upheld",
            answered_by=by,
            answered_at=AT,
        )  # every text is planted, so nothing is left unanswered
        add("objection", name, objection)
        factories.AdjustmentFactory(round=round, branch=branch, part="EX2.2", objection=objection, made_by=by)
        factories.VerdictFactory(round=round, branch=branch, made_by=by)
        add("veto", name, factories.VetoFactory(
            branch=branch, reason="safety", proposed_by=by, confirmed_by=other, confirmed_at=AT, lifted_number="x", lifted_by=by,
            lifted_at=AT,
        ))  # fmt: skip
        for assessor in (grader, by):
            factories.JudgementFactory(branch=branch, assessor=assessor, part="EX2.2", reason="x")


def use(county, add):
    """One use of each branch's result that holds and one that was taken back."""
    by = county.people["admin"]
    for name in county.graded:
        branch = county.branches[name]
        add("result_use", name, factories.ResultUseFactory(
            branch=branch, use="cadre", entered_by=by, withdrawn_by=by, withdrawn_at=AT, withdrawn_why="x"
        ))  # fmt: skip


def seal(county, add):
    """The year before, published and sealed, and somebody asks to publish it again."""
    system = User.objects.system()
    round = factories.RoundFactory(
        year=2024, scheme=factories.SchemeFactory(year=2024), state="published", minutes_number="x", opened_by=system,
        opened_on=date(2024, 12, 1), self_check_until=date(2024, 12, 20), judging_until=date(2025, 1, 8),
        published_on=date(2025, 1, 13), objections_until=date(2025, 1, 20),
    )  # fmt: skip
    add("seal", "root", sealing.seal(round, "branch", "published", by=system, on=date(2025, 1, 13)))
    add("reopening", "root", factories.ReopeningFactory(round=round, asked_by=system))


AT = datetime(2025, 11, 10, 2, tzinfo=UTC)


def assess(county, rows):
    """Add to `rows`: what → [(organisation that owns the row, row)]."""
    by, other = county.people["admin"], county.people["second admin"]
    root = county.branches["root"]

    def add(what, name, row):
        rows.setdefault(what, []).append((name, row))

    for name, branch in county.branches.items():
        if name != "shut" and branch.kind in ("branch", "joint", "committee", "general"):
            add("scored", name, branch)  # "shut" was closed before the year: nobody grades it
    go_round(county, add)
    seal(county, add)
    use(county, add)
    campaign = factories.SecretaryReviewCampaignFactory(branch=root, number="x", created_by=by)
    earlier = factories.SecretaryReviewCampaignFactory(branch=root, year=2024, number="x", created_by=by)
    add("review_campaign", "root", campaign)
    for name in county.graded:
        if name == "shut":
            continue
        branch = county.branches[name]
        review = factories.SecretaryReviewFactory(
            campaign=campaign, branch=branch, state="submitted", person_name="x", split="x", returns=1
        )
        first = factories.SecretaryReportFactory(
            review=review, returned=True, created_by=other, returned_by=other, reason="x", file=factories.StoredFileFactory()
        )  # fmt: skip
        factories.SecretaryReportFactory(review=review, number=2, submitted=True, created_by=other)
        told = factories.SecretaryReviewFactory(
            campaign=earlier, branch=branch, told=True, person_name="x", split="x", audience="x", feedback="x", grade_reason="x",
            accepted_by=other, held_by=other, graded_by=other, told_by=other,
        )  # fmt: skip
        factories.SecretaryReviewProblemFactory(review=told, problem="x", created_by=other)
        draft = factories.SecretaryReviewFactory(
            campaign=factories.SecretaryReviewCampaignFactory(branch=root, year=2023, number="x", created_by=by), branch=branch,
            person_name="x", split="x",
        )  # fmt: skip
        factories.SecretaryReportFactory(review=draft, created_by=other)
        add("secretary_review", name, review)
        add("secretary_report", name, first)


def eyes(county, person):
    """model → keys of the rows that `person` may read, worked out from the tables of rights alone."""

    def reach(verb):
        return {county.branches[name].pk for name in county.reach(person, verb)}

    seen, writes = reach(SEE), reach(WRITE)
    reviews = set(SecretaryReview.objects.filter(branch__in=seen).values_list("pk", flat=True))
    reports = {
        pk
        for pk, branch, sent in SecretaryReport.objects.filter(review__in=reviews).values_list(
            "pk", "review__branch", "submitted_on"
        )
        if sent or branch in writes
    }
    files = SecretaryReport.objects.filter(pk__in=reports).exclude(file=None)
    signers = SecretaryReview.objects.filter(pk__in=reviews).values_list(
        "accepted_by", "held_by", "graded_by", "told_by"
    )
    returned = SecretaryReport.objects.filter(pk__in=reports).values_list("returned_by", flat=True)
    problems = SecretaryReviewProblem.objects.filter(review__in=reviews)
    campaigns = SecretaryReviewCampaign.objects.all() if seen else SecretaryReviewCampaign.objects.none()
    of_round = {
        model._meta.model_name: {
            pk for pk, branch in model.objects.values_list("pk", "branch") if branch in reach(verb)
        }
        for model, verb in OF_ROUND.items()
    }
    anybody = reach("score.see") or reach("round.see")
    of_round["round"] = set(Round.objects.values_list("pk", flat=True)) if anybody else set()
    me, reviews_judged = county.people.get(person), reach("score.settle")
    of_round["judgement"] = {
        pk
        for pk, branch, assessor in Judgement.objects.values_list("pk", "branch", "assessor")
        if branch in reviews_judged or (branch in reach("score.judge") and me is not None and assessor == me.pk)
    }
    published, drafts = Scheme.objects.exclude(state="draft"), Scheme.objects.filter(state="draft")
    of_round["scheme"] = {row.pk for row in published if reach("scheme.see")} | {
        row.pk for row in drafts if reach("scheme.edit")
    }
    of_round["sealedscore"] = {
        pk for pk, branch in SealedScore.objects.values_list("pk", "branch") if branch in reach("score.see")
    }
    for model in (Seal, Reopening):
        of_round[model._meta.model_name] = {row.pk for row in model.objects.all() if reach("seal.see")}
    of_round["resultuse"] = {
        pk for pk, branch in ResultUse.objects.values_list("pk", "branch") if branch in reach("use.see")
    }
    return of_round | {
        "secretaryreview": reviews, "secretaryreport": reports,
        "secretaryreviewproblem": set(problems.values_list("pk", flat=True)),
        "secretaryreviewcampaign": set(campaigns.values_list("pk", flat=True)),
        "attached": set(files.values_list("file", flat=True)),
        "user": {pk for row in signers for pk in row if pk} | {pk for pk in returned if pk},
    }  # fmt: skip
