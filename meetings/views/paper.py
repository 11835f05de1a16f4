"""What a meeting needs on paper, on plain A4: 签到表, 测评票, 选票, 计票单."""

from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from accounts.policy import policy
from branches.rights import may
from meetings import actions
from meetings.models import Meeting, Vote

MOST_BALLOTS = 200
SMALL = 6  # names on a ballot of which four fit on a sheet; more names: two
LINES = 20  # of a sheet for those whom no register names
MOST_GUESTS = 200  # lines for representatives of the masses
GRADES = ("优秀", "合格", "基本合格", "不合格")
BOXES = 12  # 正 of one line of a tally: sixty votes


def _meeting(request, pk, verb):
    meetings = Meeting.objects.visible_to(request.user, verb=verb).select_related("branch").prefetch_related("kinds")
    return get_object_or_404(meetings, pk=pk)


def _due(meeting, user):
    """The members of that day; without the right to see the register only those whom the meeting itself names."""
    due = actions.due_at(meeting.branch, [row.kind for row in meeting.kinds.all()], meeting.held_on)
    if may(user, "member.see", at=meeting.branch):
        return due
    named = set(meeting.roll.values_list("member", flat=True))
    return [member for member in due if member.pk in named]


def _chunks(rows, size):
    return [rows[at : at + size] for at in range(0, len(rows), size)]


@require_safe
@policy("meeting.see")
def print_signin(request, pk):
    """签到表: by the register of the day, with room to sign; `?filled=1` as the roll was marked."""
    meeting = _meeting(request, pk, "meeting.see")
    marks = {line.member_id: line.get_mark_display() for line in meeting.roll.all()}
    is_filled = bool(marks) and "filled" in request.GET
    rows = [
        {"name": member.name, "note": member.office or member.category,
         "mark": marks.get(member.pk, "") if is_filled else "免于考勤" if member.excused else ""}
        for member in _due(meeting, request.user)
    ]  # fmt: skip
    context = {
        "meeting": meeting, "title": "签到表", "rows": rows or [{}] * LINES, "has_marks": bool(marks),
        "is_filled": is_filled, "guests": range(min(meeting.masses_count, MOST_GUESTS)),
    }  # fmt: skip
    return render(request, "meetings/print_signin.html", context)


@require_safe
@policy("meeting.see")
def print_appraisal(request, pk):
    """测评票: the members of that day, one line each; who need not come is judged like everybody."""
    meeting = _meeting(request, pk, "meeting.see")
    names = [member.name for member in _due(meeting, request.user)] or [""] * LINES
    context = {"meeting": meeting, "title": "民主评议党员测评票", "names": names, "grades": GRADES}
    return render(request, "meetings/print_appraisal.html", context)


@require_safe
@policy("vote.see")
def print_ballot(request, pk):
    """选票 of every election of the meeting, as many as have a vote there."""
    meeting = _meeting(request, pk, "vote.see")
    votes = Vote.objects.visible_to(request.user).filter(meeting=meeting, rule=Vote.Rule.ELECTION)
    sheets = []
    for vote in votes.prefetch_related("candidates"):
        count = min(vote.ballots_out or vote.entitled or 1, MOST_BALLOTS)
        ballot = {"vote": vote, "names": list(vote.candidates.all()), "free": range(vote.seats or 1)}
        size = 4 if len(ballot["names"]) <= SMALL else 2
        sheets += [{"size": size, "ballots": chunk} for chunk in _chunks([ballot] * count, size)]
    context = {"meeting": meeting, "title": "选票", "sheets": sheets}
    return render(request, "meetings/print_ballot.html", context)


@require_safe
@policy("vote.see")
def print_tally(request, pk):
    """计票单 of every vote: who counts draws the strokes of 正 in the boxes."""
    meeting = _meeting(request, pk, "vote.see")
    tallies = []
    for vote in Vote.objects.visible_to(request.user).filter(meeting=meeting).prefetch_related("candidates"):
        is_election = vote.rule == Vote.Rule.ELECTION
        names = [each.name for each in vote.candidates.all()] if is_election else ["赞成", "反对", "弃权"]
        tallies.append(
            {"vote": vote, "is_election": is_election, "lines": [*names, *([""] * 2 if is_election else [])]}
        )
    context = {"meeting": meeting, "title": "计票单", "tallies": tallies, "boxes": range(BOXES)}
    return render(request, "meetings/print_tally.html", context)
