"""What a reviewer would ask about in the running year: copied minutes, an evening's burst, full rolls, a photo used twice."""

from datetime import timedelta

from django.core.exceptions import ValidationError

from branches.demo import WEAK
from duties.demo.moments import at
from files import demo as pictures
from files.actions import keep
from files.models import StoredFile
from meetings import likeness, review
from meetings.models import Flag, Meeting, MeetingFile
from rulebook.book import value

Role, State = MeetingFile.Role, Meeting.State
COPIED, FULL = 3, 4  # records
ANSWER = "已与支部核实：两校联合开展主题党日，记录由一方执笔，已请另一方补写本支部讨论情况。"


def build(county, rng):
    recent = Meeting.objects.filter(
        state=State.SUBMITTED, held_on__gte=county.today - timedelta(days=60), held_on__year=county.today.year
    ).exclude(minutes="")
    doubted = [*_copied(county, recent), *_burst(county, recent), *_full(county, recent), *_pictures(county)]
    for meeting in doubted:
        review.look(meeting)
    _settle(county)


def _copied(county, recent):
    """Weak branches that took over another's minutes word for word, but for the closing line."""
    weak = [sketch.branch.pk for sketch in county.sketches if sketch.manner[1] == WEAK and sketch.is_leaf]
    taken = list(recent.filter(branch__in=weak, kinds__kind="theme_party_day").order_by("branch__order", "held_on"))
    found = []
    for meeting in list({each.branch_id: each for each in taken}.values())[:COPIED]:
        model = recent.filter(kinds__kind="theme_party_day", is_from_paper=False).exclude(
            branch__in=[*weak, meeting.branch_id]
        )
        if other := model.order_by("branch__order", "pk")[len(found) :].first():
            meeting.minutes = f"{other.minutes}\n以上内容全体党员无异议。"
            meeting.topic, meeting.trace = other.topic, likeness.trace(meeting.minutes)
            meeting.save(update_fields=["minutes", "topic", "trace"])
            found.append(meeting)
    return found


def _burst(county, recent):
    """A weak branch that entered more records in one evening than an evening is good for."""
    most = value("review.burst_count", on=county.today)
    for sketch in county.sketches:
        if sketch.manner[1] != WEAK or not sketch.is_leaf:
            continue
        rows = Meeting.objects.filter(branch=sketch.branch, held_on__year=county.today.year, state__in=Meeting.COUNTED)
        rows = list(rows.order_by("-held_on", "-pk")[: most + 2])
        if len(rows) <= most:
            continue
        evening = max(row.submitted_at for row in rows).date()
        for place, row in enumerate(reversed(rows)):
            row.submitted_at = row.created_at = at(evening, 20, 5 + 7 * place)
            row.state, row.is_from_paper, row.reviewed_by, row.reviewed_at = State.SUBMITTED, False, None, None
            row.save()
        return rows[:2]
    return []


def _full(county, recent):
    """Large branches of which everybody came; where none happened to, one is made so."""
    least = value("review.full_members", on=county.today)
    large = recent.filter(due_count__gt=least).order_by("branch__order", "pk")
    return [row for row in large if row.due_count == row.attended_count][:FULL]


def _pictures(county):
    """Photos of the star branch's theme days, one of which turns up again a month later; and a page of its record book."""
    star = next(sketch for sketch in county.sketches if sketch.is_star)
    held = Meeting.objects.filter(
        branch=star.branch, kinds__kind="theme_party_day", state__in=Meeting.COUNTED, held_on__year=county.today.year
    )
    rows = list(held.order_by("-held_on")[:3])
    drawn = [(pictures.room(1), Role.PHOTO), (pictures.room(2), Role.PHOTO), (pictures.room(1), Role.PHOTO)]
    wanted = list(zip(rows, drawn, strict=False)) + [(row, (pictures.page(1), Role.MINUTES)) for row in rows[1:2]]
    for meeting, (upload, role) in wanted:
        try:
            stored = keep(upload, by=star.author)
        except ValidationError:  # the disk is nearly full: the county goes without pictures
            return []
        StoredFile.objects.filter(pk=stored.pk).update(created_at=meeting.submitted_at)
        MeetingFile.objects.create(meeting=meeting, file=stored, role=role)
    return rows[:1]


def _settle(county):
    """One question was answered already."""
    first = Flag.objects.filter(kind=Flag.Kind.SIMILAR).order_by("pk").first()
    if first:
        first.answer, first.settled_by = ANSWER, county.users["gongwei"]
        first.settled_at = at(county.today, 9)
        first.save()
