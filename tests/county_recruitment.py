"""发展党员 in COUNTY-S: in each branch a road at its begin, one before the vote, one that ended after it; a plan of each 党委."""

from datetime import date

from recruitment.models import (
    Application,
    ApplicationStay,
    DepartmentReply,
    Guide,
    Publicity,
    RecruitmentQuota,
    RoadStep,
    StepFile,
)
from tests import factories

OF_APPLICATION = (ApplicationStay, Guide, RoadStep, StepFile, Publicity)
STAGES = {"application": ("applicant", "initial_talk"), "prospect": ("prospect", "assign_sponsors")}
CLOSED = {  # steps and papers whose words not even 督查 reads: step → (verb, paper)
    "political_review": ("review.see", "political_review"), "branch_vote": ("vote.see", "resolution"),
}  # fmt: skip


def recruit(county, rows):
    """Add to `rows`: what → [(organisation that owns the row, row)]."""
    by = county.people["admin"]

    def add(what, name, row):
        rows.setdefault(what, []).append((name, row))

    for name in county.graded:
        if name == "shut":
            continue
        branch, mentor = county.branches[name], county.members[name][2]
        for what, (stage, step) in STAGES.items():
            application = factories.ApplicationFactory(
                branch=branch, stage=stage, step=step, created_by=by, end_reason="x",
                member__birth_on=date(1995, 5, 17), member__id_number="", form_number="",
            )  # fmt: skip
            add(what, name, application)
            factories.ApplicationStayFactory(application=application, number="x")
            for key in ("apply", step):
                add(f"{what}_step", name, factories.RoadStepFactory(
                    application=application, step=key, words="x", explained="x", created_by=by
                ))  # fmt: skip
            add(f"{what}_guide", name, factories.GuideFactory(
                application=application, member=mentor, created_by=by
            ))  # fmt: skip
            add(f"{what}_file", name, factories.StepFileFactory(application=application, created_by=by))
            add(f"{what}_publicity", name, factories.PublicityFactory(
                application=application, settled="x", created_by=by
            ))  # fmt: skip
            add(f"{what}_reply", name, factories.DepartmentReplyFactory(
                application=application, number="x", created_by=by
            ))  # fmt: skip
        ended = factories.ApplicationFactory(
            branch=branch, stage="admission", step="branch_vote", created_by=by, end_reason="x", outcome="ended",
            ended_on=date(2025, 8, 1), member__birth_on=date(1995, 5, 17), member__id_number="", form_number="",
        )  # fmt: skip
        add("ended_road", name, ended)
        for key, (_, paper) in CLOSED.items():
            add("ended_road_step", name, factories.RoadStepFactory(
                application=ended, step=key, words="x", explained="x", created_by=by
            ))  # fmt: skip
            add("ended_road_file", name, factories.StepFileFactory(
                application=ended, step=key, document=paper, created_by=by
            ))  # fmt: skip
    for owner in ("root", "a", "b"):
        add("recruitment_quota", owner, factories.RecruitmentQuotaFactory(
            branch=county.branches[owner], number="x", created_by=by
        ))  # fmt: skip


def eyes(county, person):
    """model → keys of the rows that `person` may read, worked out from the tables of rights alone."""

    def reach(verb):
        return {county.branches[name].pk for name in county.reach(person, verb)}

    mine = {pk for pk, branch in Application.objects.values_list("pk", "branch") if branch in reach("recruit.see")}
    found = {Application: mine}
    for model in OF_APPLICATION:
        found[model] = set(model.objects.filter(application__in=mine).values_list("pk", flat=True))
    for key, (verb, _) in CLOSED.items():
        for model in (RoadStep, StepFile):
            rows = model.objects.filter(step=key).exclude(application__branch__in=reach(verb))
            found[model] -= set(rows.values_list("pk", flat=True))
    found[DepartmentReply] = {
        pk
        for pk, branch in DepartmentReply.objects.values_list("pk", "application__branch")
        if branch in reach("review.see")
    }
    found[RecruitmentQuota] = {
        pk for pk, branch in RecruitmentQuota.objects.values_list("pk", "branch") if branch in reach("recruit.see")
    }
    named = {model._meta.model_name: keys for model, keys in found.items()}
    named["attached"] = set(StepFile.objects.filter(pk__in=found[StepFile]).values_list("file", flat=True))
    # Why somebody is no longer led may be what the review found.
    named["application", "end_reason"] = set(
        Application.objects.filter(pk__in=mine, branch__in=reach("review.see")).values_list("pk", flat=True)
    )
    named["member"] = set(Application.objects.filter(pk__in=mine).values_list("member", flat=True)) | set(
        Guide.objects.filter(application__in=mine).values_list("member", flat=True)
    )
    named["applicant"] = set(Application.objects.filter(pk__in=mine).values_list("member", flat=True))
    return named
