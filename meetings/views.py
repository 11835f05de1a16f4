from datetime import date

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db import transaction
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import audit
from accounts.policy import policy
from branches.models import Branch
from branches.rights import may
from duties.models import Duty
from meetings import actions
from meetings.forms import MeetingForm, SendBackForm
from meetings.models import Attendance, Meeting, MeetingKind
from rulebook.book import in_force


@require_safe
@policy("meeting.see")
def meeting_list(request):
    asked = {name: request.GET.get(name, "").strip() for name in ("q", "branch", "kind", "state", "year")}
    meetings = Meeting.objects.visible_to(request.user).for_list()
    if asked["q"]:
        meetings = meetings.filter(topic__contains=asked["q"])
    if asked["branch"].isdecimal():
        meetings = meetings.filter(branch=int(asked["branch"]))
    if asked["kind"] in MeetingKind.Kind.values:
        meetings = meetings.filter(kinds__kind=asked["kind"])
    if asked["state"] in Meeting.State.values:
        meetings = meetings.filter(state=asked["state"])
    if asked["year"].isdecimal() and len(asked["year"]) == 4:
        meetings = meetings.filter(held_on__year=int(asked["year"]))
    today = timezone.localdate()
    page = Paginator(meetings, 30).get_page(request.GET.get("page"))
    branches = Branch.objects.visible_to(request.user, verb="meeting.see").graded().in_order()
    context = {
        "page": page, "asked": asked, "branches": branches.only("name"), "kinds": MeetingKind.Kind, "states": Meeting.State,
        "years": range(today.year, today.year - 4, -1), "may_add": may(request.user, "meeting.edit"),
    }
    return render(request, "meetings/list.html", context)


@require_safe
@policy("meeting.see")
def meeting_detail(request, pk):
    meeting = get_object_or_404(Meeting.objects.visible_to(request.user).for_list(), pk=pk)
    met = Duty.objects.visible_to(request.user).filter(
        fulfilments__label=actions.LABEL, fulfilments__object_id=meeting.pk
    ).with_met()
    names = dict(MeetingKind.Kind.choices)
    context = {
        "meeting": meeting,
        "roll": meeting.roll.select_related("member").order_by("mark", "member__initials"),
        "met": [{"duty": duty, "name": names[duty.rule], "state": duty.state(timezone.localdate())} for duty in met],
        "events": audit.of(meeting),
        "may_edit": may(request.user, "meeting.edit", at=meeting.branch) and "submit" in actions.ROAD[meeting.state],
        "may_review": may(request.user, "meeting.review", at=meeting.branch) and "send_back" in actions.ROAD[meeting.state],
        "send_back": SendBackForm(),
    }
    return render(request, "meetings/detail.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@policy("meeting.edit")
def meeting_add(request):
    branches = Branch.objects.visible_to(request.user, verb="meeting.edit").graded().in_order()
    asked = request.POST.get("branch") or request.GET.get("branch", "")
    if asked.isdecimal():
        branch = get_object_or_404(branches, pk=int(asked))
    elif branches.count() == 1:
        branch = branches.get()
    elif branches:
        return render(request, "meetings/choose_branch.html", {"branches": branches, "query": request.GET.urlencode()})
    else:
        raise Http404
    return _form(request, Meeting(branch=branch))


@require_http_methods(["GET", "HEAD", "POST"])
@policy("meeting.edit")
def meeting_edit(request, pk):
    meetings = Meeting.objects.visible_to(request.user, verb="meeting.edit").select_related("branch")
    meeting = get_object_or_404(meetings, pk=pk)
    if "submit" not in actions.ROAD[meeting.state]:
        messages.error(request, "这条记录已提交，不能直接修改；需要改的，请上级退回后再改。")
        return redirect(meeting)
    return _form(request, meeting)


def _form(request, meeting):
    """The one form for a new record and for a draft: what was typed is always shown again."""
    today = timezone.localdate()
    chosen = _kinds_chosen(request, meeting)
    day = _day_chosen(request, meeting, today)
    due = actions.due_at(meeting.branch, chosen, day)
    initial = {"kinds": chosen, "held_on": day, "version": meeting.version if meeting.pk else None}
    if not meeting.pk:
        initial |= _from_last(request, meeting.branch)
    form = MeetingForm(request.POST or None, instance=meeting, initial=initial, hosts=due)
    if request.method == "POST":
        marks = form.marks(due)
        if "all_present" not in request.POST and "refresh" not in request.POST and form.is_valid():
            kinds = {kind: actions.assessed_year(kind, form.cleaned_data["held_on"]) for kind in form.cleaned_data["kinds"]}
            try:
                with transaction.atomic():
                    version = form.cleaned_data["version"] or 0
                    saved = actions.save_draft(form.instance, kinds=kinds, due=due, marks=marks, by=request.user, version=version)
                    if "submit" in request.POST:
                        if due and not marks:
                            raise ValidationError("请标记到会情况：点“全体到会”，再改没到的同志。")
                        actions.submit(saved, by=request.user, on=today)
            except ValidationError as error:
                form.add_error(None, error)
            else:
                done = "submit" in request.POST
                messages.success(request, "已提交，应办事项已更新。" if done else "草稿已保存，还没有提交。")
                return redirect(saved)
    else:
        marks = dict(meeting.roll.values_list("member", "mark")) if meeting.pk else {}
    return render(request, "meetings/form.html", _form_context(form, meeting, due, marks, chosen, day, today))


def _kinds_chosen(request, meeting):
    if request.method == "POST":
        return [kind for kind in request.POST.getlist("kinds") if kind in MeetingKind.Kind.values]
    if meeting.pk:
        return list(meeting.kinds.values_list("kind", flat=True))
    return [kind for kind in request.GET.getlist("kind") if kind in MeetingKind.Kind.values]


def _day_chosen(request, meeting, today):
    try:
        return date.fromisoformat(request.POST.get("held_on") or request.GET.get("on") or "")
    except ValueError:
        return meeting.held_on or today


def _from_last(request, branch):
    """Place and host of the branch's last meeting: the default is already right."""
    last = Meeting.objects.visible_to(request.user).filter(branch=branch).order_by("-held_on", "-pk").first()
    return {"place": last.place, "host": last.host} if last else {}


def _form_context(form, meeting, due, marks, chosen, day, today):
    book = in_force(on=day)
    window = book["duty.theme_party_day"].value
    names = dict(MeetingKind.Kind.choices)
    kinds = chosen or [MeetingKind.Kind.THEME_PARTY_DAY]
    roll = [{"member": member, "mark": marks.get(member.pk, "")} for member in due]
    count = {mark: sum(line["mark"] == mark for line in roll) for mark in Attendance.Mark.values}
    return {
        "form": form, "meeting": meeting, "roll": roll, "count": count, "undecided": len(roll) - sum(count.values()),
        "away": [line for line in roll if line["mark"] != Attendance.Mark.PRESENT],
        "here": [line for line in roll if line["mark"] == Attendance.Mark.PRESENT],
        "rules": [{"name": names[kind], "source": book[f"duty.{kind}"].source} for kind in kinds],
        "window": window, "is_theme_day": MeetingKind.Kind.THEME_PARTY_DAY in chosen, "day": day,
        "is_punctual": day.day <= window["due"], "today": today, "mark_choices": Attendance.Mark.choices,
        "returned": meeting.state == Meeting.State.RETURNED,
    }


@require_POST
@policy("meeting.edit")
def meeting_submit(request, pk):
    meeting = get_object_or_404(Meeting.objects.visible_to(request.user, verb="meeting.edit"), pk=pk)
    try:
        actions.submit(meeting, by=request.user, on=timezone.localdate())
        messages.success(request, "已提交，应办事项已更新。")
    except ValidationError as error:
        messages.error(request, "；".join(error.messages))
    return redirect(meeting)


@require_POST
@policy("meeting.review")
def meeting_send_back(request, pk):
    meeting = get_object_or_404(Meeting.objects.visible_to(request.user, verb="meeting.review"), pk=pk)
    form = SendBackForm(request.POST)
    if not form.is_valid():
        messages.error(request, "；".join(message for found in form.errors.values() for message in found))
        return redirect(meeting)
    try:
        actions.send_back(meeting, reason=form.cleaned_data["reason"], by=request.user)
        messages.success(request, "已退回，支部会看到原因。")
    except ValidationError as error:
        messages.error(request, "；".join(error.messages))
    return redirect(meeting)
