"""The yearly assessment in COUNTY-S: in each branch a 述职 that came back once and was handed in again."""

from assessment.models import SecretaryReport, SecretaryReview, SecretaryReviewCampaign, SecretaryReviewProblem
from tests import factories

SEE, WRITE = "secretary_review.see", "secretary_review.write"


def assess(county, rows):
    """Add to `rows`: what → [(organisation that owns the row, row)]."""
    by, other = county.people["admin"], county.people["second admin"]
    root = county.branches["root"]

    def add(what, name, row):
        rows.setdefault(what, []).append((name, row))

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
    return {
        "secretaryreview": reviews, "secretaryreport": reports,
        "secretaryreviewproblem": set(problems.values_list("pk", flat=True)),
        "secretaryreviewcampaign": set(campaigns.values_list("pk", flat=True)),
        "attached": set(files.values_list("file", flat=True)),
        "user": {pk for row in signers for pk in row if pk} | {pk for pk in returned if pk},
    }  # fmt: skip
