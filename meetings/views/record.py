from datetime import date
from functools import reduce
from operator import or_

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db import transaction
from django.db.models import Q
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import audit
from accounts.policy import policy
from branches.forms import shown
from branches.models import Branch
from branches.rights import may
from duties.models import Duty
from meetings import actions
from meetings.forms.record import BranchChoice, MeetingFilter, MeetingForm, SendBackForm, marks_posted
from meetings.models import Attendance, Meeting, MeetingKind
from rulebook.book import in_force

KINDS = dict(MeetingKind.Kind.choices)
SIGNS = {"draft": "draft", "submitted": "done", "accepted": "done", "returned": "back"}  # state → sign
SHOWN = 5  # lines of a roll that are not folded although nothing is to be marked in them


@require_safe
@policy("meeting.see")
def meeting_list(request):
    branches = Branch.objects.visible_to(request.user, verb="meeting.see").graded().in_order()
    form = MeetingFilter(request.GET, branch=branches)
    meetings = Meeting.objects.visible_to(request.user).for_list()
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
    has_many = branches.count() > 1
    if not has_many:
        form.drop("branch")
    page = Paginator(meetings, 30).get_page(request.GET.get("page"))
    context = {
        "form": form, "page": page, "has_many": has_many, "may_add": may(request.user, "meeting.edit"),
        "may_import": may(request.user, "import.run"),
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
    meeting = get_object_or_404(Meeting.objects.visible_to(request.user).for_list(), pk=pk)
    return _detail(request, meeting, SendBackForm())


def _detail(request, meeting, send_back):
    today = timezone.localdate()
    met = Duty.objects.visible_to(request.user).filter(
        pk__in=Duty.objects.visible_to(request.user)
        .filter(fulfilments__label=actions.LABEL, fulfilments__object_id=meeting.pk)
        .values("pk")
    )
    lines = {mark: [] for mark in (Attendance.Mark.LEAVE, Attendance.Mark.ABSENT, Attendance.Mark.PRESENT)}
    for line in meeting.roll.select_related("member").order_by("member__initials", "pk"):
        lines[line.mark].append(line.member)
    may_edit = may(request.user, "meeting.edit", at=meeting.branch) and "submit" in actions.ROAD[meeting.state]
    context = {
        "meeting": meeting, "kinds": _in_order(meeting), "sign": SIGNS[meeting.state],
        "roll": [{"mark": mark.label, "members": found} for mark, found in lines.items() if found],
        "met": [{"duty": duty, "name": KINDS[duty.rule], "state": duty.state(today)} for duty in met.with_met()],
        "counts": meeting.state in (Meeting.State.SUBMITTED, Meeting.State.ACCEPTED),
        "is_returned": meeting.state == Meeting.State.RETURNED,
        "events": audit.of(meeting), "may_edit": may_edit, "send_back": send_back,
        "may_review": may(request.user, "meeting.review", at=meeting.branch)
        and "send_back" in actions.ROAD[meeting.state],
    }  # fmt: skip
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
        return _choose_branch(request, branches)
    else:
        raise Http404
    return _form(request, Meeting(branch=branch))


def _choose_branch(request, branches):
    form = BranchChoice(request.GET)
    if "q" in form.asked:
        name = form.asked["q"]
        branches = branches.filter(Q(name__contains=name) | Q(schools__name__contains=name)).distinct()
    page = Paginator(branches.select_related("parent"), 30).get_page(request.GET.get("page"))
    return render(request, "meetings/choose_branch.html", {"form": form, "page": page, "query": request.GET})


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
    pk = meeting.pk
    chosen = _kinds_chosen(request, meeting)
    day = _day_chosen(request, meeting, today)
    due = actions.due_at(meeting.branch, chosen, day)
    returned = meeting.return_reason if meeting.state == Meeting.State.RETURNED else ""
    if request.method != "POST":
        initial = {"kinds": chosen, "held_on": day} | ({} if pk else _from_last(request, meeting.branch))
        form = MeetingForm(instance=meeting, initial=initial)
        marks = dict(meeting.roll.values_list("member", "mark")) if pk else {}
    else:
        marks = marks_posted(request.POST)
        if "all" in request.POST:
            marks |= dict.fromkeys([member.pk for member in due], Attendance.Mark.PRESENT)
        if "all" in request.POST or "refresh" in request.POST:
            form = MeetingForm(instance=meeting, initial=request.POST.dict() | {"kinds": chosen})
        else:
            form = MeetingForm(request.POST, instance=meeting, initial={"kinds": chosen})
            if saved := form.is_valid() and _save(request, form, due, marks, today):
                return redirect(saved)
    stale = _catch_up(request, form, pk, due, marks) if form.is_stale else None
    context = _form_context(request, form, meeting.branch, pk, due, marks, chosen, day, today)
    return render(request, "meetings/form.html", context | {"stale": stale, "returned": returned})


def _save(request, form, due, marks, today):
    """Save what was typed and hand it in if asked; what stands in the way goes to the form and nothing is written."""
    is_final = "submit" in request.POST
    kinds = {kind: actions.assessed_year(kind, form.cleaned_data["held_on"]) for kind in form.cleaned_data["kinds"]}
    try:
        with transaction.atomic():
            if is_final and due and not marks.keys() & {member.pk for member in due}:
                raise ValidationError("请标记到会情况：点“全体到会”，再改没到的同志。")
            version = form.cleaned_data["version"] or 0
            saved = actions.save_draft(
                form.instance, kinds=kinds, due=due, marks=marks, by=request.user, version=version
            )
            if is_final:
                actions.submit(saved, by=request.user, on=today)
    except ValidationError as error:
        form.add_error(None, error)
        return None
    messages.success(request, "已提交，应办事项已更新。" if is_final else "草稿已保存，还没有提交。")
    return saved


def _catch_up(request, form, pk, due, marks):
    """Somebody else saved in between: what the record holds now, beside what was typed."""
    fresh = Meeting.objects.visible_to(request.user, verb="meeting.edit").get(pk=pk)
    form.catch_up(fresh, hidden=("due_count", "attended_count") if due else ())
    kinds = list(fresh.kinds.values_list("kind", flat=True))
    if set(kinds) != set(form.cleaned_data.get("kinds", ())):
        words = "、".join(label for kind, label in KINDS.items() if kind in kinds)
        form.theirs.insert(0, {"label": "会议类别", "now": words})
    for line in fresh.roll.select_related("member").order_by("member__initials", "pk"):
        if marks.get(line.member_id) != line.mark:
            form.theirs.append({"label": str(line.member), "now": shown(line, "mark")})
    return {"rows": form.theirs, "event": audit.of(fresh).first()}


def _kinds_chosen(request, meeting):
    if request.method == "POST":
        chosen = request.POST.getlist("kinds")
    elif meeting.pk:
        chosen = meeting.kinds.values_list("kind", flat=True)
    else:
        chosen = request.GET.getlist("kind")
    return [kind for kind in KINDS if kind in set(chosen)]


def _day_chosen(request, meeting, today):
    try:
        return date.fromisoformat(request.POST.get("held_on") or request.GET.get("on") or "")
    except ValueError:
        return meeting.held_on or today


def _from_last(request, branch):
    """Place and host of the branch's last meeting: the default is already right."""
    last = Meeting.objects.visible_to(request.user).filter(branch=branch).order_by("-held_on", "-pk").first()
    return {"place": last.place, "host": last.host} if last else {}


def _form_context(request, form, branch, pk, due, marks, chosen, day, today):
    book = in_force(on=day)
    is_committee_only = chosen == [MeetingKind.Kind.COMMITTEE_MEETING]
    everybody = actions.due_at(branch, (), day) if is_committee_only else due
    rows = [
        {
            "pk": member.pk,
            "name": str(member),
            "note": member.office or member.category,
            "value": marks.get(member.pk, ""),
        }
        for member in due
    ]
    return {
        "form": form, "branch": branch, "pk": pk, "hosts": [member.name for member in everybody],
        "roll": _folded(rows) | {"due": len(rows)} | {mark: _count(rows, mark) for mark in Attendance.Mark.values},
        "kept": [(member, mark) for member, mark in marks.items() if member not in {row["pk"] for row in rows}],
        "is_committee_only": is_committee_only, "kinds_rule": _kinds_rule(book, chosen), "day_rule": _day_rule(book, chosen),
        "meets": _meets(request, branch, chosen, day), "day_notes": _day_notes(book, branch, chosen, day, today),
        "quorum": _quorum(book, chosen),
    }  # fmt: skip


def _count(rows, mark):
    return sum(row["value"] == mark for row in rows)


def _folded(rows):
    """Those not present and those undecided first; of the rest a few lines show, the others fold."""
    present = [row for row in rows if row["value"] == Attendance.Mark.PRESENT]
    away = [row for row in rows if row["value"] in (Attendance.Mark.LEAVE, Attendance.Mark.ABSENT)]
    unmarked = [row for row in rows if not row["value"]]
    ordered = away + unmarked + present
    cut = max(SHOWN, 0 if len(unmarked) == len(rows) else len(away) + len(unmarked))
    if len(rows) - cut <= 2:  # not worth a fold
        cut = len(rows)
    return {"shown": ordered[:cut], "rest": ordered[cut:]}


def _quorum(book, chosen):
    """How many must be there, and where that stands; only of a members' meeting."""
    rule = book.get("meeting.quorum_share")
    if rule is None or MeetingKind.Kind.MEMBERS_MEETING not in chosen:
        return None
    place, _, text = rule.source.partition("：")
    return {"text": text, "cite": place}


def _kinds_rule(book, chosen):
    """What the rules say of the kinds chosen: the words, and where they stand."""
    known = [(kind, book[f"duty.{kind}"]) for kind in chosen if f"duty.{kind}" in book]
    rules = [(KINDS[kind], *rule.source.partition("：")[::2]) for kind, rule in known]
    words = [f"{name}{text}" if name not in text else text for name, _, text in rules if text]
    return (
        {"text": f"{'；'.join(words)}。", "cite": "；".join(dict.fromkeys(place for _, place, _ in rules))}
        if rules
        else None
    )


def _day_rule(book, chosen):
    rule = book.get("duty.theme_party_day")
    if rule and MeetingKind.Kind.THEME_PARTY_DAY in chosen:
        first, last = rule.value["window"]
        return {
            "text": f"主题党日以每月 {rule.value['target']} 日为宜，{first} 日至 {last} 日之间召开；"
            f"{rule.value['due']} 日以后开按迟办计。",
            "cite": "本县口径" if rule.local else rule.source,
        }
    rule = book.get("duty.org_life_meeting")
    if rule and MeetingKind.Kind.ORG_LIFE_MEETING in chosen:
        return {"text": f"组织生活会{rule.note}。", "cite": ""}
    return None


def _day_notes(book, branch, chosen, day, today):
    """Whether the day is a good one: pairs (sign, words)."""
    notes = []
    if day > today:
        notes.append(("wait", "召开日期在今天以后：现在可以存草稿，会后再提交"))
    if day < branch.founded_on:
        notes.append(("late", f"早于支部成立日期 {branch.founded_on:%Y-%m-%d}，请核对年月日"))
    elif "duty.theme_party_day" in book and MeetingKind.Kind.THEME_PARTY_DAY in chosen:
        value = book["duty.theme_party_day"].value
        first, last = value["window"]
        if day.day > value["due"]:
            notes.append(("late", f"主题党日在 {value['due']} 日以后，按迟办计"))
        elif day.day < first:
            notes.append(("wait", f"早于 {first} 日，主题党日宜在 {first} 日至 {last} 日之间"))
        else:
            notes.append(("done", f"在 {first} 日至 {last} 日之间，按时"))
    return notes


def _meets(request, branch, chosen, day):
    """The duties that such a record would meet, in words; a kind that meets none is named too."""
    if not chosen:
        return []
    wanted = [
        Q(rule=kind, year=year) & (Q(period=str(year)) | Q(opens_on__lte=day, ends_on__gte=day))
        for kind in chosen
        for year in [actions.assessed_year(kind, day)]
    ]
    duties = Duty.objects.visible_to(request.user).filter(reduce(or_, wanted), branch=branch)
    found = {duty.rule: duty for duty in duties}
    return [
        {
            "name": f"{found[kind].label}{KINDS[kind]}" if kind in found else KINDS[kind],
            "sign": "na" if kind not in found else "late" if day > found[kind].due_on else "done",
        }
        for kind in chosen
    ]


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
