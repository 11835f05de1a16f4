"""Acts of a round of 组织生活会: opened, its steps done by branches, its findings written down."""

from django.core.exceptions import ValidationError
from django.db import transaction

from accounts import audit
from branches import assignments, rectifications
from branches.models import Branch, Rectification
from branches.rights import Task, require
from files.actions import discard, keep
from files.models import StoredFile
from meetings.models import Campaign, CampaignStep, Finding, Guidance, StepDone

State = Campaign.State
FOLLOWED = ("problem", "measure", "owner", "due_on")  # of a finding, by its 整改 item
ROAD = {State.DRAFT: {"open": State.OPEN}, State.OPEN: {"close": State.CLOSED}, State.CLOSED: {"reopen": State.OPEN}}


def taking_part(campaign, on):
    """The organisations that owe such a meeting: branches for 组织生活会; 工委 and school 党委 for 民主生活会."""
    found = Branch.objects.at_work(on).filter(path__startswith=campaign.branch.path)
    leaders = [Branch.Kind.WORK_COMMITTEE, Branch.Kind.COMMITTEE]
    return (found.graded() if campaign.kind == Campaign.Kind.ORG_LIFE else found.filter(kind__in=leaders)).in_order()


@transaction.atomic
def save(campaign, steps, *, by, version=None, document=None):
    """Write a round with its steps: pairs (label, due day), in order. Steps that branches have done already stay.

    `document`: an upload that becomes the 实施方案 in place of the one before.
    """
    require(by, "campaign.run", at=campaign.branch)
    if campaign.pk:
        locked = Campaign.objects.select_for_update().get(pk=campaign.pk)
        locked.claim(version)
        campaign.version = locked.version
    else:
        Branch.objects.select_for_update(no_key=True).get(pk=campaign.branch_id)  # two at once: the second is told
        campaign.created_by = by
    for label, due_on in steps:
        if not campaign.opens_on <= due_on <= campaign.ends_on:
            raise ValidationError(
                f"“{label}”的完成日期应在 {campaign.opens_on:%Y-%m-%d} 至 {campaign.ends_on:%Y-%m-%d} 之间。"
            )
    before = campaign.plan_file
    if document:
        campaign.plan_file = keep(document, by=by, kinds=[StoredFile.Kind.PDF, StoredFile.Kind.WORD])
    campaign.full_clean()
    campaign.save()
    if before and before.pk != campaign.plan_file_id:
        discard(before, by=by)
    kept = list(campaign.steps.all())
    for position, (label, due_on) in enumerate(steps):
        if position < len(kept):
            kept[position].label, kept[position].due_on = label, due_on
            kept[position].save()
        else:
            CampaignStep.objects.create(campaign=campaign, position=position, label=label, due_on=due_on)
    for step in kept[len(steps) :]:
        if step.done.exists():
            raise ValidationError(f"“{step.label}”已有支部完成，不能删去。")
        step.delete()
    audit.record("campaign.save", campaign, by=by, steps=len(steps))
    return campaign


@transaction.atomic
def move(campaign, act, *, by):
    """open, close or reopen a round."""
    campaign = Campaign.objects.select_for_update(of=("self",)).select_related("branch").get(pk=campaign.pk)
    require(by, "campaign.run", at=campaign.branch)
    before = State(campaign.state)
    if act not in ROAD[before]:
        raise ValidationError(f"这项安排现在是“{before.label}”，不能这样办理。")
    if act == "open" and not campaign.steps.exists():
        raise ValidationError("请先列出步骤和完成日期，再开始。")
    campaign.state = ROAD[before][act]
    campaign.version += 1
    campaign.save(update_fields=["state", "version"])
    audit.record(f"campaign.{act}", campaign, by=by, before=before, after=campaign.state)
    return campaign


@transaction.atomic
def assign(campaign, branches, *, group, guide, by, on):
    """Put branches into the care of a guidance group's member; returns how many were new."""
    require(by, "campaign.run", at=campaign.branch)
    allowed = taking_part(campaign, on).filter(pk__in=[branch.pk for branch in branches])
    known = set(Guidance.objects.filter(campaign=campaign, guide=guide).values_list("branch", flat=True))
    fresh = [
        Guidance(campaign=campaign, branch=branch, group=group, guide=guide)
        for branch in allowed
        if branch.pk not in known
    ]
    Guidance.objects.bulk_create(fresh)
    if fresh and campaign.ends_on >= on:  # and until the round ends the guide may look at what is guided
        guided = [row.branch for row in fresh]
        assignments.assign(guide, guided, Task.GUIDE, until=campaign.ends_on, group=group, by=by, on=on)
    audit.record("campaign.assign", campaign, by=by, guide=guide.pk, branches=len(fresh))
    return len(fresh)


@transaction.atomic
def release(guidance, *, by, on):
    """Take a branch out of a member's care again, and with it the right to look, unless another round goes on."""
    require(by, "campaign.run", at=guidance.campaign.branch)
    audit.record("campaign.release", guidance.campaign, by=by, guide=guidance.guide_id, branch=guidance.branch_id)
    others = Guidance.objects.filter(guide=guidance.guide, branch=guidance.branch, campaign__ends_on__gte=on)
    if not others.exclude(pk=guidance.pk).exists():
        assignments.release(guidance.guide, [guidance.branch], Task.GUIDE, by=by, on=on)
    guidance.delete()


@transaction.atomic
def finish(step, branch, *, by, on, today):
    """A branch has done a step on a day; said again, the day is corrected."""
    require(by, "meeting.edit", at=branch)
    if step.campaign.state != State.OPEN:
        raise ValidationError("这项安排不在进行中，不能登记。")
    if not taking_part(step.campaign, today).filter(pk=branch.pk).exists():
        raise ValidationError(f"{branch}不在这项安排的范围内。")
    if on > today:
        raise ValidationError("完成日期在今天以后，办完再登记。")
    if on.year < step.campaign.opens_on.year - 1:
        raise ValidationError(f"年份 {on.year} 不对，请核对完成日期。")
    done, is_new = StepDone.objects.get_or_create(step=step, branch=branch, defaults={"done_on": on, "created_by": by})
    if not is_new and done.done_on != on:
        done.done_on = on
        done.save(update_fields=["done_on"])
    audit.record("campaign.finish", step.campaign, by=by, step=step.pk, branch=branch.pk, on=str(on))
    return done


@transaction.atomic
def find(finding, *, by, on):
    """Write down a problem found and what will be done about it; it is followed as a 整改 item from then on."""
    require(by, "meeting.edit", at=finding.branch)
    if finding.campaign.state != State.OPEN:
        raise ValidationError("这项安排不在进行中，不能登记。")
    before = Finding.objects.filter(pk=finding.pk).values(*FOLLOWED).first() or {}
    if not finding.pk:
        finding.created_by = by
    finding.full_clean()
    finding.save()
    audit.record("campaign.find", finding, by=by, campaign=finding.campaign_id)
    said = {name: getattr(finding, name) for name in FOLLOWED}
    changed = [name for name in FOLLOWED if said[name] != before.get(name)]
    source = Rectification.Source.LIFE_MEETING
    rectifications.follow(finding, branch=finding.branch, source=source, said=said, changed=changed, by=by, on=on)
    return finding
