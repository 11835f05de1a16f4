from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from accounts import audit
from branches.actions import root
from branches.rights import require
from duties import actions as duties
from meetings.models import Attendance, Meeting, MeetingKind
from members.models import Membership, Post
from rulebook.book import rules

LABEL = Meeting._meta.label
State = Meeting.State

ROAD = {  # which acts lead where; a counted record is never edited, it is returned first
    State.DRAFT: {"submit": State.SUBMITTED},
    State.RETURNED: {"submit": State.SUBMITTED},
    State.SUBMITTED: {"send_back": State.RETURNED},
    State.ACCEPTED: {"send_back": State.RETURNED},
}


def assessed_year(kind, held_on):
    """The assessment year that a meeting counts for: a yearly one held in January–March belongs to the year before."""
    yearly = any(rule.value.get("per") == "year" for rule in rules()[f"duty.{kind}"])
    months = rules()["appraisal.months"][-1].value
    return held_on.year - 1 if yearly and held_on.month in months else held_on.year


def due_at(branch, kinds, on):
    """The members due at such a meeting on that day by the register; a committee meeting alone is due by the committee.

    In the order of names, each with `office` (党内职务 or "") and `category` (人员类别) for the roll.
    """
    members = {
        row.member_id: row
        for row in Membership.objects.filter(branch=branch)
        .on(on)
        .select_related("member")
        .order_by("member__initials", "pk")
    }
    offices = {}
    for post in Post.objects.filter(term__branch=branch, started_on__lte=on).exclude(ended_on__lt=on):
        offices.setdefault(post.member_id, []).append(post)
    found = []
    for pk, row in members.items():
        posts = offices.get(pk, [])
        if set(kinds) == {MeetingKind.Kind.COMMITTEE_MEETING} and not any(
            post.office != Post.Office.GROUP_LEADER for post in posts
        ):
            continue
        row.member.office = "、".join(post.get_office_display() for post in posts)
        row.member.category = row.get_kind_display()
        found.append(row.member)
    return found


@transaction.atomic
def save_draft(meeting, *, kinds, due, marks, by, version=None):
    """Write a draft with its kinds (kind → assessment year) and roll.

    `due` are the members who should come, `marks` says of each (or only some, so far) how it was. Without anybody on the
    register the counts typed by hand stand. Raises `Stale` when somebody saved the record in between.
    """
    require(by, "meeting.edit", at=meeting.branch)
    if meeting.pk:
        locked = Meeting.objects.select_for_update(of=("self",)).get(pk=meeting.pk)
        if "submit" not in ROAD[State(locked.state)]:
            raise ValidationError("这条记录已提交，不能直接修改；需要改的，请上级退回后再改。")
        locked.claim(version)
        meeting.version, meeting.state = locked.version, locked.state
    else:
        meeting.created_by = by
    if due:
        meeting.due_count = len(due)
        meeting.attended_count = sum(marks.get(member.pk) == Attendance.Mark.PRESENT for member in due)
    meeting.full_clean()
    meeting.save()
    meeting.kinds.all().delete()
    MeetingKind.objects.bulk_create(
        MeetingKind(meeting=meeting, kind=kind, assessment_year=year) for kind, year in kinds.items()
    )
    meeting.roll.all().delete()
    Attendance.objects.bulk_create(
        Attendance(meeting=meeting, member=member, mark=marks[member.pk]) for member in due if member.pk in marks
    )
    audit.record("meeting.save", meeting, by=by, held_on=str(meeting.held_on), kinds=sorted(kinds))
    return meeting


@transaction.atomic
def submit(meeting, *, by, on):
    """Hand the record in: from now on it counts, and the duties it meets are done."""
    meeting = _move(meeting, "submit", "meeting.edit", by=by)
    if meeting.held_on > on:
        raise ValidationError("召开日期在今天以后，会后再提交；现在可以先存草稿。")
    if meeting.branch.closed_on and meeting.held_on > meeting.branch.closed_on:
        raise ValidationError(f"支部已于 {meeting.branch.closed_on:%Y-%m-%d} 撤销，之后的会议请登记到新的支部。")
    if not meeting.kinds.exists():
        raise ValidationError("请选会议类别。")
    if (kept := meeting.roll.count()) and kept < meeting.due_count:
        raise ValidationError(
            f"还有 {meeting.due_count - kept} 位同志没有标记到会情况，请逐一标记，或点“全体到会”后只改没到的。"
        )
    _meet(Meeting.objects.filter(pk=meeting.pk))
    return meeting


@transaction.atomic
def send_back(meeting, *, reason, by):
    """Return a record to its branch with a reason: it no longer counts until it is handed in again."""
    meeting = _move(meeting, "send_back", "meeting.review", by=by, return_reason=reason)
    duties.withdraw(LABEL, [meeting.pk])
    return meeting


def _move(meeting, act, verb, *, by, **fields):
    meeting = Meeting.objects.select_for_update(of=("self",)).select_related("branch").get(pk=meeting.pk)
    require(by, verb, at=meeting.branch)
    before = State(meeting.state)
    if act not in ROAD[before]:
        raise ValidationError(f"这条记录现在是“{before.label}”，不能这样办理。")
    for name, new in fields.items():
        setattr(meeting, name, new)
    meeting.state = ROAD[before][act]
    if meeting.state == State.SUBMITTED:
        meeting.submitted_at = timezone.now()
    meeting.version += 1
    meeting.full_clean()
    meeting.save(update_fields=["state", "submitted_at", "version", *fields])
    audit.record(f"meeting.{act}", meeting, by=by, before=before, after=meeting.state)
    return meeting


def _meet(meetings):
    """Fulfil what these counted records fulfil."""
    rows = meetings.counted().values_list("branch", "kinds__kind", "kinds__assessment_year", "pk", "held_on")
    return duties.fulfil(LABEL, list(rows))


def meet_again(year):
    """Match a year's records with its duties once more, after duties were made anew. Safe to repeat."""
    return _meet(Meeting.objects.filter(kinds__assessment_year=year))


@transaction.atomic
def import_register(rows, *, by, on):
    """Write the good rows of a plan as accepted records; what is on record already is left alone. Returns (added, 0)."""
    require(by, "import.run", at=root())
    now = timezone.now()
    fresh = [row for row in rows if not row.extra.get("is_known")]
    meetings = [
        Meeting(
            branch=row.extra["branch"],
            held_on=row.values["held_on"],
            topic=row.values["topic"],
            host=row.values.get("host") or "",
            place=row.values.get("place") or "",
            note=row.values.get("note") or "",
            due_count=row.values["due_count"],
            attended_count=row.values["attended_count"],
            state=State.ACCEPTED,
            submitted_at=now,
            created_by=by,
        )
        for row in fresh
    ]
    Meeting.objects.bulk_create(meetings, batch_size=2000)
    MeetingKind.objects.bulk_create(
        (
            MeetingKind(meeting=meeting, kind=kind, assessment_year=year)
            for meeting, row in zip(meetings, fresh, strict=True)
            for kind, year in row.extra["years"].items()
        ),
        batch_size=4000,
    )
    for year in sorted({year for row in fresh for year in row.extra["years"].values()}):
        duties.generate(year, by=by)
    duties.fulfil(
        LABEL,
        [
            (meeting.branch_id, kind, year, meeting.pk, meeting.held_on)
            for meeting, row in zip(meetings, fresh, strict=True)
            for kind, year in row.extra["years"].items()
        ],
    )
    audit.record("meeting.import", by=by, added=len(meetings))
    return len(meetings), 0
