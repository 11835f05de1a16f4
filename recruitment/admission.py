"""What the road does to the register: the approval makes a probationary member, the second one a full member.

Rows of the register written here are taken back with the step, as long as nothing was recorded of the person as a member.
"""

from datetime import timedelta

from django.core.exceptions import ValidationError

from meetings.models import Attendance
from members.models import DuesPayment, Member, Membership, Post, Transfer
from recruitment.models import Guide
from recruitment.road import known_editions

DAY = timedelta(days=1)
ADMITS, CONVERTS = "committee_approval", "conversion_approval"
Kind, End = Membership.Kind, Membership.End
# What may be on record of a person before the person is a member, and says nothing of a membership.
BEFORE = {
    "members.Membership", "members.Backbone", "recruitment.Application", "training.Enrolment", "training.OtherHours",
    "meetings.Activity", "meetings.Activity_people",
}  # fmt: skip
MOST_NAMES = 60


def is_on_probation(key):
    """Whether a step comes after the approval that makes the person a member."""
    steps = known_editions()[-1].steps
    return steps[key].number > steps[ADMITS].number


def home(application, key):
    """The running membership, in the branch of the file and of the kind that the step asks for."""
    found = Membership.objects.filter(member=application.member_id, ended_on=None).select_related("branch").first()
    if found is None:
        raise ValidationError("这位同志现在不在任何支部，请先办理组织关系。")
    if found.branch_id != application.branch_id:
        raise ValidationError(f"这位同志的组织关系已在{found.branch}，请先把发展党员档案转到该支部。")
    wanted = Kind.FULL if key == "archive" else Kind.PROBATIONARY
    if found.kind != wanted:
        raise ValidationError(f"这位同志在党员名册上是{found.get_kind_display()}，请先核对名册。")
    return found


def is_on_register(application):
    """Whether a membership runs: of somebody admitted who left or died it does not."""
    return Membership.objects.filter(member=application.member_id, ended_on=None).exists()


def _locked(application):
    return Member.objects.select_for_update(no_key=True).get(pk=application.member_id)


def admit(application, *, on, joined_on):
    """批复: a probationary member from that day; 入党日期 is the day of the branch's vote."""
    member = _locked(application)
    if Membership.objects.filter(member=member).exclude(ended_on__lt=on).exists():
        raise ValidationError("这位同志已在党员名册上，请先核对名册。")
    row = Membership(member=member, branch=application.branch, kind=Kind.PROBATIONARY, started_on=on)
    row.full_clean()
    row.save()
    sponsors = Guide.objects.filter(application=application, role=Guide.Role.SPONSOR, ended_on=None)
    names = "、".join(sponsors.order_by("pk").values_list("member__name", flat=True))
    member.joined_on, member.introducers = joined_on, names[:MOST_NAMES]
    _save(member, "joined_on", "introducers")


def convert(application, *, converted_on):
    """转正: a full member from the day of the branch's vote."""
    member, row = _locked(application), home(application, CONVERTS)
    if converted_on <= row.started_on:  # the probation lay before the time in this branch
        row.kind = Kind.FULL
        row.save(update_fields=["kind"])
    else:
        row.ended_on, row.end_reason = converted_on - DAY, End.CONVERTED
        row.save(update_fields=["ended_on", "end_reason"])
        full = Membership(member=member, branch=application.branch, kind=Kind.FULL, started_on=converted_on)
        full.full_clean()
        full.save()
    member.converted_on = converted_on
    _save(member, "converted_on")


def undo(application, steps):
    """Take back what the fallen steps did to the register: {step: day on which it was taken}."""
    if not {ADMITS, CONVERTS} & set(steps):
        return
    member = _locked(application)
    if CONVERTS in steps:
        _deny(application, steps[CONVERTS])
    if ADMITS in steps and _has_records(member):
        raise ValidationError(
            "这位同志已有党员的记录（会议、党费、职务等），批复不能退回；确有错误的，请报上级党组织研究。"
        )
    rows = list(Membership.objects.filter(member=member).order_by("started_on"))
    if any(row.branch_id != application.branch_id for row in rows if _counts(row, steps)):
        raise ValidationError("这位同志的组织关系已经变动，不能退回。")
    if CONVERTS in steps:
        _reopen(member, rows)
    if ADMITS in steps:
        Membership.objects.filter(member=member, started_on=steps[ADMITS], ended_on=None).delete()
        member.joined_on, member.introducers = None, ""
        _save(member, "joined_on", "introducers")


def _counts(row, steps):
    return row.ended_on is None or row.started_on >= min(steps.values())


def _reopen(member, rows):
    """On probation again: the full membership goes, the one before it is open."""
    last = rows[-1] if rows else None
    if last is None or last.ended_on or last.kind != Kind.FULL:
        raise ValidationError("这位同志的党员身份已经变动，不能退回。")
    if last.started_on == member.converted_on:
        before = rows[-2]
        last.delete()
        before.ended_on, before.end_reason = None, ""
        before.save(update_fields=["ended_on", "end_reason"])
    else:
        last.kind = Kind.PROBATIONARY
        last.save(update_fields=["kind"])
    member.converted_on = None
    _save(member, "converted_on")


def _deny(application, since):
    """What somebody did as a full member rests on the conversion."""
    member = application.member_id
    full = (
        Post.objects.filter(member=member, started_on__gte=since),
        Guide.objects.filter(member=member),
        Attendance.objects.filter(member=member, meeting__held_on__gte=since),
        DuesPayment.objects.filter(member=member, paid_on__gte=since),
        Transfer.objects.filter(member=member, created_at__date__gte=since),
    )
    if any(rows.exists() for rows in full):
        raise ValidationError("转正以后已有党员的记录（会议、党费、职务等），转正审批不能退回。")


def _has_records(member):
    """Whether anything anywhere is kept of the person as a member."""
    for field in Member._meta.get_fields(include_hidden=True):
        if not (field.auto_created and not field.concrete) or field.many_to_many:
            continue
        model = field.related_model
        if model._meta.label in BEFORE:
            continue
        if model._default_manager.filter(**{field.field.name: member}).exists():
            return True
    return False


def _save(member, *names):
    member.version += 1
    member.full_clean()
    member.save(update_fields=[*names, "version"])
