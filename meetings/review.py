"""Review by exception: what a reviewer should look at, and why. A flag is a question, never a deduction."""

from collections import Counter
from datetime import timedelta
from hashlib import blake2b

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Exists, OuterRef, Value
from django.utils import timezone

from accounts import audit
from branches.rights import require
from files.models import StoredFile
from meetings import likeness
from meetings.models import Flag, Meeting, MeetingFile
from rulebook.book import in_force

NEAREST = 10  # records compared sign by sign, of those that share the most marks
COMMON = 200  # a mark that so many records bear says little
EVENING, MORNING = 18, 6  # hours between which entering counts as one evening


def alike(minutes, *, on, but=None):
    """[(meeting, share)] of the counted records whose minutes read like these, the likest first. Three queries.

    `but`: the record itself. The share at which two records are called alike is the rule `review.similar_share`.
    """
    marks = likeness.trace(minutes)
    if not marks:
        return []
    least = in_force(on=on)["review.similar_share"].value
    near = Meeting.objects.select_related("branch").in_bulk(_near(marks, but=but))
    shares = [(meeting, likeness.share(minutes, meeting.minutes)) for meeting in near.values()]
    return sorted(((each, share) for each, share in shares if share >= least), key=lambda pair: (-pair[1], pair[0].pk))


def _near(marks, *, but):
    """The records that share the most marks with a text. One query, a look into the index for each mark.

    A mark that hundreds of records bear is what everybody writes (会议由支部书记主持): of it only some are read, and they are
    counted apart, so that the commonplace neither costs much nor hides the few that share what is rare.
    """
    counted = Meeting.objects.counted().exclude(pk=but).order_by()
    bearers = [
        counted.filter(trace__contains=[mark]).annotate(mark=Value(mark)).values_list("mark", "pk")[:COMMON]
        for mark in marks
    ]
    found = {}
    for mark, pk in bearers[0].union(*bearers[1:], all=True):
        found.setdefault(mark, []).append(pk)
    rare = Counter(pk for pks in found.values() if len(pks) < COMMON for pk in pks)
    common = Counter(pk for pks in found.values() if len(pks) == COMMON for pk in pks)
    return {pk for counts in (rare, common) for pk, _ in counts.most_common(NEAREST)}


def look(meeting):
    """Write down what a reviewer should ask about a record that was just handed in; asked anew each time it is."""
    book = in_force(on=meeting.held_on)
    found = [
        Flag(meeting=meeting, kind=Flag.Kind.SIMILAR, other=other, share=round(100 * share))
        for other, share in alike(meeting.minutes, on=meeting.held_on, but=meeting.pk)[:3]
    ]
    found += [Flag(meeting=meeting, kind=Flag.Kind.PHOTO, other=other) for other in _same_photos(meeting)]
    if _in_one_evening(meeting) > book["review.burst_count"].value:
        found.append(Flag(meeting=meeting, kind=Flag.Kind.BURST))
    if meeting.due_count > book["review.full_members"].value and meeting.attended_count == meeting.due_count:
        found.append(Flag(meeting=meeting, kind=Flag.Kind.FULL))
    Flag.objects.filter(meeting=meeting, settled_at__isnull=True).delete()
    Flag.objects.bulk_create(found, ignore_conflicts=True)
    return found


def _same_photos(meeting):
    """Other meetings in which a picture of this one was used before: the same pixels, or the same look."""
    pictures = MeetingFile.objects.filter(meeting=meeting, removed_at__isnull=True, role=MeetingFile.Role.PHOTO)
    used = MeetingFile.objects.exclude(meeting=meeting).filter(role=MeetingFile.Role.PHOTO).values("file")
    others = set()
    for look_, digest in pictures.values_list("file__look", "file__sha256"):
        candidates = StoredFile.objects.filter(pk__in=used)
        others |= set(candidates.filter(sha256=digest).values_list("meeting_file__meeting", flat=True))
        others |= set(candidates.looking_like(look_, within=4).values_list("meeting_file__meeting", flat=True))
    return Meeting.objects.filter(pk__in=others).order_by("pk")[:3]


def _in_one_evening(meeting):
    """How many records the same person handed in on the same evening, those copied from paper left out."""
    at = timezone.localtime(meeting.submitted_at)
    if meeting.is_from_paper or MORNING <= at.hour < EVENING:
        return 0
    start = (at - timedelta(hours=MORNING)).replace(hour=EVENING, minute=0, second=0, microsecond=0)
    if at < start:
        start -= timedelta(days=1)
    evening = (start, start + timedelta(hours=24 - EVENING + MORNING))
    same = Meeting.objects.filter(created_by=meeting.created_by, submitted_at__range=evening, is_from_paper=False)
    return same.count()


def sample(meetings, *, on, share=None):
    """A share of the records handed in (`review.sample_share`), drawn anew each week and the same for everybody in it."""
    share = in_force(on=on)["review.sample_share"].value if share is None else share
    week = "{}-{}".format(*on.isocalendar()[:2])
    drawn = []
    for pk in meetings.filter(state=Meeting.State.SUBMITTED).values_list("pk", flat=True):
        lot = int.from_bytes(blake2b(f"{week}/{pk}".encode(), digest_size=4).digest()) / 2**32
        if lot < share:
            drawn.append(pk)
    return drawn


@transaction.atomic
def settle(flag, *, answer, by):
    """Answer the question that a flag asks; the record itself is not touched."""
    flag = Flag.objects.select_for_update(of=("self",)).select_related("meeting__branch").get(pk=flag.pk)
    require(by, "meeting.review", at=flag.meeting.branch)
    if flag.settled_at:
        raise ValidationError("这条疑问已经核实过。")
    flag.answer, flag.settled_by, flag.settled_at = answer, by, timezone.now()
    flag.full_clean()
    flag.save()
    # Of the flag, not of the meeting: the branch reads what was done with its record, not what was asked about it.
    audit.record("meeting.settle_flag", flag, by=by, meeting=flag.meeting_id, kind=flag.kind)
    return flag


def asked(meetings):
    """The records handed in that a question is still open about, of those given."""
    flags = Flag.objects.open().filter(meeting=OuterRef("pk"))
    return meetings.counted().filter(Exists(flags))


def plain(meetings, drawn):
    """The records that wait, that nothing is asked about, and that are not among those `drawn` by this week's sample."""
    waiting = meetings.filter(state=Meeting.State.SUBMITTED)
    return waiting.exclude(pk__in=asked(meetings).values("pk")).exclude(pk__in=drawn)
