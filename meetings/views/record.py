from django.contrib import messages
from django.core.exceptions import ValidationError
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from accounts import audit
from accounts.policy import policy
from branches.models import Branch
from branches.paging import LongPaginator
from branches.rights import may
from duties.models import Duty
from duties.periods import labels
from meetings import actions, decisions, voting
from meetings.forms.record import MeetingFilter, SendBackForm
from meetings.models import Attendance, CollectiveDecision, Meeting, MeetingFile, MeetingKind, Vote
from meetings.views import beside
from rulebook.book import in_force, rule

KINDS = dict(MeetingKind.Kind.choices)
SIGNS = {"draft": "draft", "submitted": "done", "accepted": "done", "returned": "back"}  # state → sign
MARKS = (Attendance.Mark.LEAVE, Attendance.Mark.ABSENT, Attendance.Mark.EXCUSED, Attendance.Mark.PRESENT)


def filtered(user, data):
    """(the filters, the records they leave, the newest first)."""
    form = MeetingFilter(data, branch=Branch.objects.visible_to(user, verb="meeting.see").owing().in_order())
    meetings = Meeting.objects.visible_to(user).for_list()
    asked = form.asked
    if "q" in asked:
        meetings = meetings.filter(topic__contains=asked["q"])
    if "branch" in asked:
        meetings = meetings.filter(branch=asked["branch"])
    if "kind" in asked:
        meetings = meetings.filter(kinds__kind=asked["kind"])
    if "state" in asked:
        meetings = meetings.filter(state=asked["state"])
    if "year" in asked:
        meetings = meetings.filter(held_on__year=asked["year"])
    return form, meetings


@require_safe
@policy("meeting.see")
def meeting_list(request):
    form, meetings = filtered(request.user, request.GET)
    has_many = len(form.fields["branch"].queryset) > 1
    if not has_many:
        form.drop("branch")
    page = LongPaginator(meetings, 30).get_page(request.GET.get("page"))
    context = {
        "form": form, "page": page, "has_many": has_many, "may_add": may(request.user, "meeting.edit"),
        "may_import": may(request.user, "import.run"), "may_export": may(request.user, "export.run"), "query": form.data,
        "rows": [{"meeting": meeting, "kinds": _in_order(meeting), "sign": SIGNS[meeting.state]} for meeting in page],
    }  # fmt: skip
    return render(request, "meetings/list.html", context)


def _in_order(meeting):
    """The kinds of a meeting, as the list of kinds has them."""
    held = {row.kind for row in meeting.kinds.all()}
    return [label for kind, label in KINDS.items() if kind in held]


@require_safe
@policy("meeting.see")
def meeting_detail(request, pk):
    meetings = Meeting.objects.visible_to(request.user).for_list()
    meeting = get_object_or_404(meetings.select_related("branch", "lecturer", "agenda_notice"), pk=pk)
    return _detail(request, meeting, SendBackForm())


def _detail(request, meeting, send_back):
    today = timezone.localdate()
    met = Duty.objects.visible_to(request.user).filter(
        pk__in=Duty.objects.visible_to(request.user)
        .filter(fulfilments__label=actions.LABEL, fulfilments__object_id=meeting.pk)
        .values("pk")
    )
    names = labels(today)
    lines = {mark: [] for mark in MARKS}
    for line in meeting.roll.select_related("member").order_by("member__strokes", "pk"):
        lines[line.mark].append(line.member)
    may_edit = may(request.user, "meeting.edit", at=meeting.branch) and "submit" in actions.ROAD[meeting.state]
    votes = _votes(request.user, meeting)
    context = {
        "meeting": meeting, "kinds": _in_order(meeting), "sign": SIGNS[meeting.state],
        "roll": [{"mark": Attendance.Mark(mark).label, "members": found} for mark, found in lines.items() if found],
        "met": [{"duty": duty, "name": names.get(duty.rule, ""), "state": duty.state(today)} for duty in met],
        "is_org_life": any(row.kind == MeetingKind.Kind.ORG_LIFE_MEETING for row in meeting.kinds.all()),
        "counts": meeting.state in Meeting.COUNTED, "is_returned": meeting.state == Meeting.State.RETURNED,
        "agenda": meeting.agenda.select_related("study_item__plan"), "votes": votes,
        "has_election": any(row["is_election"] for row in votes), "files": _files(request.user, meeting),
        "basic_forms": _basic_forms(meeting), "notice": _notice(request.user, meeting),
        "events": audit.of(meeting), "may_edit": may_edit, "send_back": send_back,
        "decisions": CollectiveDecision.objects.visible_to(request.user).filter(meeting=meeting).order_by("pk"),
        "may_decide": decisions.can_decide(meeting, on=today) and may(request.user, "decision.edit", at=meeting.branch),
        "may_copy": meeting.state in Meeting.COUNTED and may(request.user, "copying.mark", at=meeting.branch),
        "may_review": may(request.user, "meeting.review", at=meeting.branch)
        and "send_back" in actions.ROAD[meeting.state],
    }  # fmt: skip
    return render(request, "meetings/detail.html", context)


def _votes(user, meeting):
    """The votes for who may see them, each judged by the rule of that day."""
    rows, book = [], in_force(on=meeting.held_on)
    for vote in Vote.objects.visible_to(user).filter(meeting=meeting).prefetch_related("candidates"):
        is_election = vote.rule == Vote.Rule.ELECTION
        elected = []
        try:
            if is_election:
                verdict, elected = voting.elected(vote, meeting.held_on, book=book)
            else:
                verdict = voting.judge(
                    vote.rule, entitled=vote.entitled, present=vote.present, in_favour=vote.in_favour,
                    written=vote.written, on=meeting.held_on, book=book,
                )  # fmt: skip
        except ValidationError:  # a day before the rule: the totals are shown as they stand
            verdict = None
        is_good = verdict and (verdict.stands if is_election else verdict.carries)
        rows.append({
            "vote": vote, "is_election": is_election, "elected": elected, "verdict": verdict,
            "sign": "" if verdict is None else "done" if is_good else "miss",
        })  # fmt: skip
    return rows


def _files(user, meeting):
    return (
        MeetingFile.objects.visible_to(user)
        .filter(meeting=meeting)
        .shown()
        .select_related("file")
        .order_by("role", "pk")
    )


def _basic_forms(meeting):
    known = rule("theme_day.basic_forms", on=meeting.held_on)
    return [label for key, label in (known.value if known else {}).items() if key in meeting.basic_forms]


def _notice(user, meeting):
    """The 统一议题 that the agenda was taken from, when the reader may see notices there."""
    return meeting.agenda_notice if meeting.agenda_notice_id and may(user, "notice.see", at=meeting.branch) else None


@require_POST
@policy("meeting.edit")
def meeting_submit(request, pk):
    meeting = get_object_or_404(Meeting.objects.visible_to(request.user, verb="meeting.edit"), pk=pk)
    if "submit" in actions.ROAD[meeting.state] and beside.likenesses(meeting):
        return redirect(reverse("meetings:edit", args=[meeting.pk]))  # where the writer reads why, and may go on
    try:
        actions.submit(meeting, by=request.user, on=timezone.localdate())
        messages.success(request, "已提交，应办事项已更新。")
    except ValidationError as error:
        messages.error(request, "；".join(error.messages))
    return redirect(meeting)


@require_POST
@policy("meeting.review")
def meeting_send_back(request, pk):
    meeting = get_object_or_404(Meeting.objects.visible_to(request.user, verb="meeting.review").for_list(), pk=pk)
    form = SendBackForm(request.POST)
    if form.is_valid():
        try:
            actions.send_back(meeting, reason=form.cleaned_data["reason"], by=request.user)
        except ValidationError as error:
            messages.error(request, "；".join(error.messages))
        else:
            messages.success(request, "已退回，支部会看到原因。")
        return redirect(meeting)
    return _detail(request, meeting, form)
