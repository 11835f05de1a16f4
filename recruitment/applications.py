"""The file of one person: opened with the written application, moved to another branch, closed for a reason."""

from datetime import timedelta

from django.core.exceptions import ValidationError
from django.db import transaction

import vault
from accounts import audit
from branches.models import Branch
from branches.rights import require
from files.secrecy import refuse_marked
from members.models import Member, Membership
from members.names import keys_of
from members.register import TAKEN, is_taken
from office import values
from recruitment import admission, legality, steps
from recruitment.cases import calendar, cases
from recruitment.models import Application, ApplicationStay, RoadStep
from recruitment.sides import above

Outcome = Application.Outcome
DAY = timedelta(days=1)
FIRST_YEAR = 1921  # a day before that is a slip of the pen
LEADS = (Branch.Kind.BRANCH, Branch.Kind.JOINT)
ENDS = {  # who may close a file so: the branch, or those above it
    Outcome.WITHDRAWN: "recruit.edit",
    Outcome.ENDED: "recruit.edit",
    Outcome.LEFT: "recruit.edit",
    Outcome.DIED: "recruit.edit",
    Outcome.REFUSED: "recruit.approve",
    Outcome.CANCELLED: "recruit.edit",  # what the register says already
}


def _leads(branch, on):
    if branch.kind == Branch.Kind.TEMPORARY:
        raise ValidationError("临时党支部不发展党员，请由党支部受理。（《中国共产党支部工作条例（试行）》第八条）")
    if branch.kind not in LEADS:
        raise ValidationError("入党申请由党支部受理，请选党支部。")
    if branch.closed_on and branch.closed_on < on:
        raise ValidationError("这个党支部已经撤销。")


def _sane(**days):
    for name, day in days.items():
        if day is not None and day.year < FIRST_YEAR:
            raise ValidationError({name: f"日期早于 {FIRST_YEAR} 年，请核对。"})


@transaction.atomic
def begin(member, branch, *, applied_on, received_on, words="", explained="", by, on):
    """Open the file of an unsaved person, or of one who is known by an earlier file; the first step with it.

    A number that belongs to somebody says nothing of whose it is; the page tells the superior (`register.report_taken`).
    """
    branch = Branch.objects.select_for_update(of=("self",), no_key=True).select_related("parent").get(pk=branch.pk)
    require(by, "recruit.edit", at=branch)
    _leads(branch, applied_on)
    _sane(applied_on=applied_on, birth_on=member.birth_on)
    if member.pk is None:
        _enter(member)
    else:
        member = _known(member, by)
    _once(member, branch)
    application = Application(
        member=member, branch=branch, applied_on=applied_on, stage_since_on=applied_on, created_by=by
    )
    application.full_clean()
    application.save()
    ApplicationStay.objects.create(application=application, branch=branch, started_on=applied_on)
    entry = steps.Entry({"received_on": received_on}, words=words, explained=explained)
    steps.enter(steps.lock(application), "apply", applied_on, entry, by=by, today=on)
    audit.record("recruit.begin", application, by=by, branch=branch.pk, applied_on=str(applied_on))
    return Application.objects.get(pk=application.pk)


def _enter(member):
    if member.id_number:
        try:
            number = values.parse_id_number(vault.reveal(member, "id_number"))
        except ValueError as error:
            raise ValidationError({"id_number": str(error)}) from error
        if is_taken(number):
            raise ValidationError({"id_number": TAKEN})
        member.birth_on = member.birth_on or values.id_birth_on(number)
    member.joined_on = member.converted_on = None
    for name, key in keys_of(member.name, member.initials_given).items():
        setattr(member, name, key)
    member.full_clean()
    member.save()


def _known(member, by):
    """Somebody who had a file before that this person may read; open roads and running memberships refuse."""
    member = Member.objects.select_for_update(no_key=True).get(pk=member.pk)
    if not Application.objects.visible_to(by).filter(member=member).exists():
        raise ValidationError({"id_number": TAKEN})
    if Membership.objects.filter(member=member, ended_on=None).exists():
        raise ValidationError("这位同志已是党员，不能再申请入党。")
    if Application.objects.open().filter(member=member).exists():
        raise ValidationError("这位同志已有一份没有办结的发展党员档案。")
    return member


def _once(member, branch):
    """Two clicks are not two persons: name and birth tell who it is, unless the numbers of both are known."""
    rows = Application.objects.open().filter(
        branch=branch, member__name=member.name, member__birth_on=member.birth_on
    )  # fmt: skip
    if member.id_number_index:
        rows = rows.filter(member__id_number_index="")
    if rows.exists():
        born = f"（{member.birth_on:%Y-%m-%d} 出生）" if member.birth_on else ""
        raise ValidationError(f"本支部已有{member}{born}没有办结的档案。确是两位同志的，两份档案都请填公民身份号码。")


@transaction.atomic
def redate(application, *, applied_on, received_on, words, by, on):
    """Put the days of the application right while nothing rests on it: the first step is taken back and taken anew."""
    application = steps.lock(application)
    require(by, "recruit.edit", at=application.branch)
    steps.refuse_closed(application)
    acts = legality.standing(cases([application])[application.pk])
    if set(acts) - {"apply"}:
        raise ValidationError("后面的步骤已经办理，要改申请日期，请先逐步退回。")
    if not words.strip():
        raise ValidationError({"words": "请写明更正的原因。"})
    refuse_marked(words, "更正原因")
    _sane(applied_on=applied_on)
    stay = application.stays.order_by("started_on").first()
    if stay.ended_on and applied_on > stay.ended_on:
        raise ValidationError({
            "applied_on": f"档案从 {stay.ended_on + DAY:%Y-%m-%d} 起已转到{application.branch}，申请日期应在这一天以前。"
        })  # fmt: skip
    row = RoadStep(
        application=application, branch=application.branch, step="apply", on=on, words=words.strip(), is_undone=True,
        created_by=by,
    )  # fmt: skip
    row.full_clean()
    row.save()
    application.applied_on = application.stage_since_on = stay.started_on = applied_on
    application.save(update_fields=["applied_on", "stage_since_on"])
    stay.save(update_fields=["started_on"])
    entry = steps.Entry({"received_on": received_on}, words=words)
    steps.enter(application, "apply", applied_on, entry, by=by, today=on)
    return application


@transaction.atomic
def edit(application, form, *, by):
    """Save the facts of the person by a valid form of `Member`; who is on the register is edited there."""
    application = steps.lock(application)
    require(by, "recruit.edit", at=application.branch)
    member = form.instance
    if member.pk != application.member_id:
        raise ValidationError("只能修改本份档案的申请人。")
    _sane(birth_on=member.birth_on)
    if Membership.objects.filter(member=member, ended_on=None).exists():
        raise ValidationError("这位同志已在党员名册上，请到党员名册中修改。")
    for name, key in keys_of(member.name, member.initials_given).items():
        setattr(member, name, key)
    audit.save(form, by=by)
    if not application.is_imported and not application.outcome:
        case = cases([Application.objects.select_related("member").get(pk=application.pk)])[application.pk]
        found = legality.faults(case, is_working=calendar())
        steps.refuse(next((fault for fault in found if fault.blocks), None))
    return member


def was_cancelled(application):
    """Whether the register says that the candidature to which this file led was cancelled."""
    rows = Membership.objects.filter(member=application.member_id, end_reason=Membership.End.CANCELLED)
    return rows.filter(started_on__gte=application.applied_on).exists()


@transaction.atomic
def close(application, outcome, on, reason, *, by, today):
    """End a file before the archive: withdrawn, not led on, not taken, out of the county, or dead."""
    application = steps.lock(application)
    if outcome not in ENDS or (outcome == Outcome.CANCELLED and not was_cancelled(application)):
        raise ValidationError({"outcome": "请选终止的情形。"})
    if outcome == Outcome.REFUSED:
        above(application.branch, by)
    else:
        require(by, ENDS[outcome], at=application.branch)
    steps.refuse_closed(application)
    if Membership.objects.filter(member=application.member_id, ended_on=None).exists():
        raise ValidationError("这位同志已是预备党员，请先在党员名册上办理（取消资格、退党、转出、去世）。")
    if not reason.strip():
        raise ValidationError({"reason": "请写明终止的原因。"})
    refuse_marked(reason, "终止原因")
    acts = legality.standing(cases([application])[application.pk])
    if outcome == Outcome.ENDED and "branch_vote" in acts and admission.ADMITS not in acts:
        raise ValidationError({
            "outcome": "支部大会已经通过接收，不能再由支部终止：不批准的，由上级党委办理“不予接收”；决议有误的，先退回。"
        })  # fmt: skip
    last = max((act.on for taken in acts.values() for act in taken), default=application.applied_on)
    if not last <= on <= today:
        raise ValidationError({"on": f"终止日期应在最近一步 {last:%Y-%m-%d} 和今天之间。"})
    finish(application, outcome, on, reason.strip())
    audit.record("recruit.close", application, by=by, outcome=outcome, on=str(on))
    return application


def finish(application, outcome, on, reason):
    """Close a locked file."""
    application.outcome, application.ended_on, application.end_reason = outcome, on, reason
    application.full_clean(exclude=["member", "branch"])
    application.save(update_fields=["outcome", "ended_on", "end_reason"])


@transaction.atomic
def transfer(application, branch, *, since, number="", by, today):
    """Move the file to another branch from a day on; the time of training counts on (第十二条). By those above both.

    Of a probationary member the file follows the membership, which moves by 组织关系转接.
    """
    application = steps.lock(application)
    old = application.branch
    branch = Branch.objects.select_for_update(of=("self",), no_key=True).select_related("parent").get(pk=branch.pk)
    for each in (old, branch):
        require(by, "recruit.approve", at=each.parent or each)
    steps.refuse_closed(application)
    _leads(branch, since)
    if branch.pk == old.pk:
        raise ValidationError({"branch": "请选另一个党支部。"})
    refuse_marked(number, "转接依据")
    running = Membership.objects.filter(member=application.member_id, ended_on=None).first()
    if running is not None and running.branch_id != branch.pk:
        raise ValidationError("这位同志已是预备党员，请先把组织关系转到该支部，档案再随组织关系转接。")
    stay = application.stays.select_for_update().get(ended_on=None)
    acts = legality.standing(cases([application])[application.pk])
    if "branch_vote" in acts and admission.ADMITS not in acts and not old.closed_on:
        raise ValidationError(
            "支部大会已经通过接收、上级党委还没有审批，这时不能转档案：批准以后随组织关系转接；不再由本支部接收的，先退回支部大会的决议。"
        )
    last = max([stay.started_on, *(act.on for taken in acts.values() for act in taken)])
    if not last < since <= today:
        raise ValidationError({"since": f"到新支部的日期应在 {last:%Y-%m-%d} 之后，不晚于今天。"})
    if since < branch.founded_on:
        raise ValidationError({"since": f"该支部成立于 {branch.founded_on:%Y-%m-%d}。"})
    stay.ended_on = since - DAY
    stay.save(update_fields=["ended_on"])
    fresh = ApplicationStay(application=application, branch=branch, started_on=since, number=number.strip())
    fresh.full_clean()
    fresh.save()
    for guide in application.guides.filter(ended_on=None):
        if guide.started_on >= since:
            raise ValidationError({"since": f"{guide.member}从 {guide.started_on:%Y-%m-%d} 起担任，日期应更晚。"})
        guide.ended_on = since - DAY
        guide.save(update_fields=["ended_on"])
    application.branch = branch
    application.version += 1
    application.save(update_fields=["branch", "version"])
    audit.record("recruit.transfer", application, by=by, before=old.pk, after=branch.pk, since=str(since))
    return application
