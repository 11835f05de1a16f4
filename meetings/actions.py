from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F, ProtectedError, Q
from django.utils import timezone

from accounts import audit
from branches.actions import root
from branches.models import Term
from branches.rights import require
from duties import actions as duties
from files.actions import keep
from files.models import StoredFile
from jobs.copying import insert
from jobs.trail import Trail
from meetings import likeness, review, voting
from meetings.models import AgendaItem, Attendance, Candidate, Meeting, MeetingFile, MeetingKind
from members import elections
from members.models import Exemption, Membership, Post
from rulebook.book import rules

LABEL = Meeting._meta.label
State = Meeting.State
MOST_FILES = 20  # of one record: enough for a 记录本 of many pages
COUNTS = ("entitled", "present", "written", "in_favour", "against", "abstained", "ballots_out", "ballots_back", "seats")
MOST_POSITION = 1_000  # more votes than one meeting ever holds
TAKEN = {  # what may be kept in each role
    MeetingFile.Role.MINUTES: (StoredFile.Kind.IMAGE, StoredFile.Kind.PDF),
    MeetingFile.Role.PHOTO: (StoredFile.Kind.IMAGE,),
    MeetingFile.Role.OTHER: tuple(StoredFile.Kind),
}

OF_COMMITTEE = {  # what a committee holds by itself; the last two are everybody's where there is no committee
    MeetingKind.Kind.COMMITTEE_MEETING, MeetingKind.Kind.SPECIAL_PARTY_STUDY, MeetingKind.Kind.IDEOLOGY_STUDY,
}  # fmt: skip

ROAD = {  # which acts lead where; a counted record is never edited, it is returned first
    State.DRAFT: {"submit": State.SUBMITTED},
    State.RETURNED: {"submit": State.SUBMITTED},
    State.SUBMITTED: {"accept": State.ACCEPTED, "send_back": State.RETURNED},
    State.ACCEPTED: {"send_back": State.RETURNED},
}


def assessed_year(kind, held_on):
    """The assessment year that a meeting counts for: a yearly one held in January–March belongs to the year before."""
    yearly = any(rule.value.get("per") == "year" for rule in rules()[f"duty.{kind}"])
    months = rules()["appraisal.months"][-1].value
    return held_on.year - 1 if yearly and held_on.month in months else held_on.year


def is_of_committee(branch, kinds, on):
    """Whether such a meeting is the committee's alone: 支委会, and 专题研究 in a branch that has a committee on that day."""
    kinds = set(kinds)
    if not kinds or not kinds <= OF_COMMITTEE:
        return False
    if MeetingKind.Kind.COMMITTEE_MEETING in kinds:
        return True
    return any(term.committee_size for term in Term.objects.on(on).filter(branch=branch))


def due_at(branch, kinds, on):
    """The members due at such a meeting on that day by the register; what is the committee's is due by the committee.

    In the order of names, each with `office` (党内职务 or ""), `category` (人员类别) and `excused` (why this member need not
    come on that day, or "") for the roll.
    """
    members = {
        row.member_id: row
        for row in Membership.objects.filter(branch=branch)
        .on(on)
        .select_related("member")
        .order_by("member__strokes", "pk")
    }
    offices = {}
    for post in Post.objects.filter(term__branch=branch, started_on__lte=on).exclude(ended_on__lt=on):
        offices.setdefault(post.member_id, []).append(post)
    excused = {
        row.member_id: row.told()[0]
        for row in Exemption.objects.filter(member__in=members, scope=Exemption.Scope.ATTENDANCE).on(on)
    }
    seated = {pk for pk, posts in offices.items() if any(post.office != Post.Office.GROUP_LEADER for post in posts)}
    of_committee = is_of_committee(branch, kinds, on)
    found = []
    for pk, row in members.items():
        posts = offices.get(pk, [])
        if of_committee and pk not in seated:
            continue
        row.member.office = "、".join(post.get_office_display() for post in posts)
        row.member.category = row.get_kind_display()
        row.member.excused = excused.get(pk, "")
        found.append(row.member)
    return found


def entitled_at(branch, on):
    """How many have a vote there on that day: full members, without those whom the rules leave out."""
    return elections.entitled(branch, on)


@transaction.atomic
def save_draft(meeting, *, kinds, due, marks, by, on, version=None, agenda=None, votes=None):
    """Write a draft with its kinds (kind → assessment year), roll, agenda and votes.

    `due` are the members who should come, `marks` says of each (or only some, so far) how it was; who is excused and did
    not come counts neither as due nor as absent. Without anybody on the register the counts typed by hand stand.
    `agenda` holds unsaved items in order, `votes` pairs (unsaved vote, unsaved candidates); None leaves them as they are.
    A record that was handed in before may not be moved to a locked duty: what came back late was not there in time.
    Raises `Stale` when somebody saved the record in between.
    """
    require(by, "meeting.edit", at=meeting.branch)
    is_moved = False
    if meeting.pk:
        locked = _editable(meeting.pk)
        locked.claim(version)
        held = set(locked.kinds.values_list("kind", flat=True))
        is_moved = locked.held_on != meeting.held_on or not held <= {str(kind) for kind in kinds}
        meeting.version, meeting.state = locked.version, locked.state
        if locked.submitted_at:
            before = duties.met_by(locked.branch, locked.kinds.values_list("kind", "assessment_year"), locked.held_on)
            after = duties.met_by(locked.branch, kinds.items(), meeting.held_on)
            duties.refuse_locked([duty for duty in after if duty not in before], on=on)
    else:
        meeting.created_by = by
    if due:
        excused = sum(marks.get(member.pk) == Attendance.Mark.EXCUSED for member in due)
        meeting.due_count, meeting.excused_count = len(due) - excused, excused
        meeting.attended_count = sum(marks.get(member.pk) == Attendance.Mark.PRESENT for member in due)
    meeting.trace = likeness.trace(meeting.minutes)
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
    if agenda is not None:
        _write_agenda(meeting, agenda)
    if votes is not None:
        _write_votes(meeting, votes, is_moved=is_moved)
    audit.record("meeting.save", meeting, by=by, held_on=str(meeting.held_on), kinds=sorted(kinds))
    return meeting


def _write_agenda(meeting, agenda):
    meeting.agenda.all().delete()
    for position, item in enumerate(agenda):
        item.meeting, item.position = meeting, position
        item.full_clean()
    AgendaItem.objects.bulk_create(agenda)


def _write_votes(meeting, votes, *, is_moved):
    """Each vote is judged by the rule of that meeting on that day; counts that cannot be are refused in words."""
    _make_room(meeting, [vote for vote, _ in votes], is_moved=is_moved)
    for position, (vote, candidates) in enumerate(votes):
        vote.meeting, vote.position = meeting, position
        vote.full_clean()
        voting.judge(
            vote.rule, entitled=vote.entitled, present=vote.present, in_favour=vote.in_favour, written=vote.written,
            on=meeting.held_on,
        )  # fmt: skip
        vote.save()
        for place, candidate in enumerate(candidates):
            if candidate.votes > (vote.ballots_back if vote.ballots_back is not None else vote.present):
                raise ValidationError(f"{candidate.name}得票 {candidate.votes} 张，多于收回的选票，请核对。")
            candidate.vote, candidate.position = vote, place
            candidate.full_clean()
            candidate.save()


def _make_room(meeting, typed, *, is_moved):
    """The votes of before make room for those typed. One on which something rests (`holds`) stays, and stays as it is."""
    for vote in meeting.votes.all():
        try:
            with transaction.atomic():
                vote.delete()
        except ProtectedError as error:
            again = next((each for each in typed if (each.rule, each.title) == (vote.rule, vote.title)), None)
            is_same = again is not None and all(getattr(again, name) == getattr(vote, name) for name in COUNTS)
            resting = sorted({str(each) for each in error.protected_objects if getattr(each, "holds", True)})
            if resting and (is_moved or not is_same):
                raise ValidationError(
                    f"{'、'.join(resting)}以“{vote.title}”这项表决为依据，表决、召开日期和会议类别不能改。"
                    "确有错误的，请先退回那一步，再改会议记录。"
                ) from None
            if again is None:
                raise ValidationError(f"“{vote.title}”这项表决办理过事项，不能删去或改名，请保留并更正票数。") from None
            typed.remove(again)
            again.pk, again._state.adding = vote.pk, False
    kept = meeting.votes.all()
    kept.update(position=F("position") + MOST_POSITION)  # out of the way of the new order
    Candidate.objects.filter(vote__in=kept).delete()


def _editable(pk):
    locked = Meeting.objects.select_for_update(of=("self",)).select_related("branch").get(pk=pk)
    if "submit" not in ROAD[State(locked.state)]:
        raise ValidationError("这条记录已提交，不能直接修改；需要改的，请上级退回后再改。")
    return locked


@transaction.atomic
def attach(meeting, upload, *, role, by):
    """Keep one more file of a record that may still be edited. Raises ValidationError in words about this file."""
    require(by, "meeting.edit", at=meeting.branch)
    meeting = _editable(meeting.pk)
    if meeting.files.shown().count() >= MOST_FILES:
        raise ValidationError(f"一条记录最多放 {MOST_FILES} 个文件，请先撤下不需要的。")
    row = MeetingFile(meeting=meeting, file=keep(upload, by=by, kinds=TAKEN[role]), role=role)
    row.full_clean()
    row.save()
    audit.record("meeting.attach", meeting, by=by, file=row.pk, role=role)
    return row


@transaction.atomic
def detach(row, *, by):
    """Take a file down from a record that may still be edited; it is shown no more, what was done stays on record."""
    require(by, "meeting.edit", at=row.meeting.branch)
    _editable(row.meeting_id)
    row = MeetingFile.objects.select_for_update(of=("self",)).select_related("meeting").get(pk=row.pk)
    if row.removed_at is None:
        row.removed_at = timezone.now()
        row.save(update_fields=["removed_at"])
        audit.record("meeting.detach", row.meeting, by=by, file=row.pk, role=row.role)
    return row


@transaction.atomic
def submit(meeting, *, by, on):
    """Hand the record in: from now on it counts, and the duties it meets are done.

    After the duty's last day for late entry (补登截止) a new record is refused unless 上级 opened it again; one that was
    handed in before and came back may always be handed in again.
    """
    was_in = Meeting.objects.filter(pk=meeting.pk, submitted_at__isnull=False).exists()
    meeting = _move(meeting, "submit", "meeting.edit", by=by)
    if meeting.held_on > on:
        raise ValidationError("召开日期在今天以后，会后再提交；现在可以先存草稿。")
    if meeting.branch.closed_on and meeting.held_on > meeting.branch.closed_on:
        raise ValidationError(f"支部已于 {meeting.branch.closed_on:%Y-%m-%d} 撤销，之后的会议请登记到新的支部。")
    if not meeting.kinds.exists():
        raise ValidationError("请选会议类别。")
    if (kept := meeting.roll.count()) and kept < meeting.due_count + meeting.excused_count:
        raise ValidationError(
            f"还有 {meeting.due_count + meeting.excused_count - kept} 位同志没有标记到会情况，"
            "请逐一标记，或点“全体到会”后只改没到的。"
        )
    if not was_in:
        owed = list(meeting.kinds.values_list("kind", "assessment_year"))
        duties.refuse_locked(duties.met_by(meeting.branch, owed, meeting.held_on), on=on)
    _meet(Meeting.objects.filter(pk=meeting.pk))
    review.look(meeting)
    return meeting


@transaction.atomic
def send_back(meeting, *, reason, by):
    """Return a record to its branch with a reason: it no longer counts until it is handed in again."""
    meeting = _move(meeting, "send_back", "meeting.review", by=by, return_reason=reason)
    duties.withdraw(LABEL, [meeting.pk])
    return meeting


@transaction.atomic
def accept(pks, *, by):
    """Pass several records at once; those no longer waiting, and one's own, are left alone. Returns how many passed."""
    found = list(
        Meeting.objects.select_for_update(of=("self",))
        .select_related("branch")
        .filter(pk__in=pks, state=State.SUBMITTED)
        .exclude(created_by=by)  # nobody reviews what they wrote
    )
    for meeting in found:
        require(by, "meeting.review", at=meeting.branch)
    now = timezone.now()
    Meeting.objects.filter(pk__in=[meeting.pk for meeting in found]).update(
        state=State.ACCEPTED, reviewed_by=by, reviewed_at=now, version=F("version") + 1
    )
    for meeting in found:
        audit.record("meeting.accept", meeting, by=by, before=State.SUBMITTED, after=State.ACCEPTED)
    return len(found)


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
    if verb == "meeting.review":
        meeting.reviewed_by, meeting.reviewed_at = by, timezone.now()
    meeting.version += 1
    meeting.full_clean()
    meeting.save(update_fields=["state", "submitted_at", "reviewed_by", "reviewed_at", "version", *fields])
    audit.record(f"meeting.{act}", meeting, by=by, before=before, after=meeting.state)
    return meeting


def _meet(meetings):
    """Fulfil what these counted records fulfil."""
    rows = meetings.counted().values_list("branch", "kinds__kind", "kinds__assessment_year", "pk", "held_on")
    return duties.fulfil(LABEL, [*rows, *_by_leaders(meetings)])


def _by_leaders(meetings):
    """A lecture (党课) given by a secretary meets 书记讲党课 of the organisation whose secretary that is, wherever it was given."""
    held = meetings.counted().filter(kinds__kind=MeetingKind.Kind.PARTY_LECTURE)
    posts = held.filter(
        Q(lecturer__posts__ended_on__isnull=True) | Q(lecturer__posts__ended_on__gte=F("held_on")),
        lecturer__posts__office=Post.Office.SECRETARY,
        lecturer__posts__started_on__lte=F("held_on"),
    ).values_list("lecturer__posts__term__branch", "kinds__assessment_year", "pk", "held_on")
    return [(branch, "leader_lecture", year, pk, on) for branch, year, pk, on in posts.distinct()]


def meet_again(year):
    """Match a year's records with its duties once more, after duties were made anew. Safe to repeat."""
    return _meet(Meeting.objects.filter(kinds__assessment_year=year))


@transaction.atomic
def import_register(rows, *, by, on, trail=None):
    """Write the good rows of a plan as accepted records, told to the `trail`; what is on record already is left alone."""
    trail = trail or Trail()
    require(by, "import.run", at=root())
    now = timezone.now()
    fresh = [row for row in rows if row.is_new]
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
    trail.add(insert(meetings))
    kinds = insert(
        MeetingKind(meeting=meeting, kind=kind, assessment_year=year)
        for meeting, row in zip(meetings, fresh, strict=True)
        for kind, year in row.extra["years"].items()
    )
    trail.add(kinds)
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
