"""The one form for a new record and for a draft: what was typed is always shown again, whatever button was pressed."""

import re
from datetime import date

from django.contrib import messages
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.core.paginator import Paginator
from django.db import transaction
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts import audit
from accounts.policy import policy
from branches.forms import EMPTY, shown, whole_number
from branches.models import Branch
from branches.names import named
from meetings import actions
from meetings.forms import lines
from meetings.forms.record import BranchChoice, MeetingForm, marks_posted
from meetings.models import AgendaItem, Attendance, Meeting, MeetingKind, Vote
from meetings.views import beside
from rulebook.book import in_force

KINDS = dict(MeetingKind.Kind.choices)
SHOWN = 5  # lines of a roll that are not folded although nothing is to be marked in them
AGAIN = {  # buttons that only show the form again
    "refresh", "all", "four", "check", "more_agenda", "more_votes", "more_names", "skeleton", "unified",
}  # fmt: skip
ASKED_AGAIN = "confirmed"  # the button below the warning that a record reads like another
NUMBERED = re.compile(
    r"^\s*(?:[（(]?[一二三四五六七八九十\d]+[）)]?\s*[、.．:：]?\s*)?(?:(第[一二]议题)(?:（学法）)?[：:、\s]*)?"
)
NAMED = {"第一议题": AgendaItem.Kind.FIRST, "第二议题": AgendaItem.Kind.SECOND}
FURTHER = ("resolutions", "masses_count", "remote_opinions")  # folded until one of them says something
Mark = Attendance.Mark


@require_http_methods(["GET", "HEAD", "POST"])
@policy("meeting.edit")
def meeting_add(request):
    branches = Branch.objects.visible_to(request.user, verb="meeting.edit").owing().in_order()
    if asked := whole_number(request.POST.get("branch") or request.GET.get("branch")):
        branch = get_object_or_404(branches, pk=asked)
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
        branches = named(branches, form.asked["q"])
    page = Paginator(branches.select_related("parent"), 30).get_page(request.GET.get("page"))
    return render(request, "meetings/choose_branch.html", {"form": form, "page": page, "query": request.GET})


@require_http_methods(["GET", "HEAD", "POST"])
@policy("meeting.edit")
def meeting_edit(request, pk):
    meetings = Meeting.objects.visible_to(request.user, verb="meeting.edit")
    meeting = get_object_or_404(meetings.select_related("branch", "lecturer", "agenda_notice"), pk=pk)
    if "submit" not in actions.ROAD[meeting.state]:
        messages.error(request, "这条记录已提交，不能直接修改；需要改的，请上级退回后再改。")
        return redirect(meeting)
    return _form(request, meeting)


def _form(request, meeting):
    today = timezone.localdate()
    pk, branch = meeting.pk, meeting.branch
    is_opened_empty = request.method != "POST" and not pk and not request.GET.getlist("kind")
    day = _day_chosen(request, meeting, today)
    urgent = beside.most_urgent(request.user, branch, day) if is_opened_empty else None
    chosen = [urgent.rule] if urgent else _kinds_chosen(request, meeting)
    book = in_force(on=day)
    about = {  # what the form needs to know of the organisation on that day
        "due": actions.due_at(branch, chosen, day), "book": book, "chosen": chosen, "day": day, "today": today,
        "issued": beside.agendas_issued(request.user, branch, day),
        "plans": lines.plans_of(beside.study_plans(request.user, branch, day.year)),
        "last": beside.last_alike(request.user, branch, chosen, day, pk),
        "of_committee": actions.is_of_committee(branch, chosen, day),
    }  # fmt: skip
    about["host"] = "" if pk else _host(request, branch, about)
    returned = meeting.return_reason if meeting.state == Meeting.State.RETURNED else ""
    kept = meeting.files.shown().select_related("file") if pk else []
    if request.method != "POST":
        form, agenda, ballots, marks = _opened(request, meeting, about)
    elif AGAIN & request.POST.keys():
        form, agenda, ballots, marks = _typed(request, meeting, about)
    else:
        form, agenda, ballots, marks = _posted(request, meeting, about)
        if saved := all([form.is_valid(), agenda.is_valid(), ballots.is_valid()]) and _save(
            request, form, agenda, ballots, about["due"], marks, today
        ):
            return redirect(saved)
    marks = _fitting(marks, about["due"])
    stale = _catch_up(request, form, pk, agenda, ballots, about["due"], marks) if form.is_stale else None
    context = _context(request, form, meeting, about, marks) | {
        "agenda": agenda, "ballots": ballots, "stale": stale, "returned": returned, "kept_files": kept, "pk": pk,
        "alike": beside.likenesses(meeting) if pk and request.method != "POST" else [],
        "lost_files": [upload.name for name in MeetingForm.roles for upload in request.FILES.getlist(name)],
        "host_offered": about["host"], "urgent": urgent, "begun": beside.begun(request.user, urgent) if urgent else None,
        "urgent_kind": KINDS[urgent.rule] if urgent else "", "is_late": urgent is not None and urgent.due_on < day,
        "draft_key": f"{request.user.pk}:{pk or 'new'}:{branch.pk}", "is_posted": request.method == "POST",
    }  # fmt: skip
    return render(request, "meetings/form.html", context)


# --- the form in its three states


def _opened(request, meeting, about):
    """As it is stored, or a new one in which what is known already stands."""
    initial = {"kinds": about["chosen"], "held_on": about["day"]}
    rows, votes, marks = [], [], {}
    if meeting.pk:
        rows, votes = lines.agenda_rows(meeting), lines.vote_rows(meeting)
        marks = dict(meeting.roll.values_list("member", "mark"))
    else:
        initial |= {"place": _last_place(request, meeting.branch, about), "host": about["host"]}
    return _parts(request, meeting, about, initial, rows, votes, marks)


def _typed(request, meeting, about):
    """As it was typed, with what one of the buttons adds; nothing is checked and nothing is saved."""
    data = request.POST
    initial = data.dict() | {
        "kinds": about["chosen"], "basic_forms": data.getlist("basic_forms"), "is_from_paper": "is_from_paper" in data,
    }  # fmt: skip
    if not meeting.pk and data.get("host") == data.get("host_offered"):  # another kind, another who presides
        initial["host"] = about["host"]
    rows = lines.typed(data, "agenda", lines.AgendaLine.names, lines.MOST_LINES)
    marks = marks_posted(data)
    if "all" in data:
        marks |= {member.pk: Mark.PRESENT for member in about["due"] if not member.excused}
    if "four" in data:
        initial["basic_forms"] = _basic_forms(about["book"])
    if "skeleton" in data and (last := about["last"]):
        rows = lines.in_use(rows) or lines.agenda_rows(last, with_plan=False)
        initial |= {name: initial.get(name) or getattr(last, name) for name in ("place", "host")}
    if "unified" in data and (notice := _issued(about, data["unified"])):
        initial["agenda_notice"] = notice.pk
        rows = lines.in_use(rows) + _lines_of(notice)
    more_names = lines.number(data.get("more_names"))
    return _parts(
        request, meeting, about, initial, rows, lines.votes_typed(data), marks, more_lines="more_agenda" in data,
        more_votes="more_votes" in data, more_names=more_names,
    )  # fmt: skip


def _posted(request, meeting, about):
    """As it was typed, to be checked and saved."""
    data = request.POST
    form = MeetingForm(
        data, request.FILES, instance=meeting, initial={"kinds": about["chosen"]}, on=about["day"],
        book=about["book"], notices=about["issued"], user=request.user,
    )  # fmt: skip
    rows = lines.typed(data, "agenda", lines.AgendaLine.names, lines.MOST_LINES)
    agenda = lines.Agenda(rows, plans=about["plans"], data=data)
    ballots = lines.Ballots(lines.votes_typed(data), on=about["day"], book=about["book"], data=data)
    return form, agenda, ballots, _fitting(marks_posted(data), about["due"])


def _fitting(marks, due):
    """Who is excused on that day either came or is excused; nobody else can be excused by the form."""
    marks = dict(marks)
    for member in due:
        if member.excused and marks.get(member.pk) != Mark.PRESENT:
            marks[member.pk] = Mark.EXCUSED
        elif not member.excused and marks.get(member.pk) == Mark.EXCUSED:
            del marks[member.pk]
    return marks


def _parts(
    request, meeting, about, initial, rows, votes, marks, *, more_lines=False, more_votes=False, more_names=None
):
    form = MeetingForm(
        instance=meeting,
        initial=initial,
        on=about["day"],
        book=about["book"],
        notices=about["issued"],
        user=request.user,
    )
    first = beside.first_items(about["book"], about["chosen"])
    agenda = lines.Agenda(lines.padded(rows, first=first, more=more_lines), plans=about["plans"])
    ballots = lines.Ballots(
        votes, on=about["day"], book=about["book"], blank=_blank_vote(meeting.branch, about), more=more_votes,
        more_names=more_names,
    )  # fmt: skip
    return form, agenda, ballots, marks


def _blank_vote(branch, about):
    """A committee votes by its own number, everybody else by the members who have a vote that day."""
    if about["of_committee"]:
        return {"rule": Vote.Rule.COMMITTEE, "entitled": len(about["due"]) or ""}
    return {"rule": Vote.Rule.ORDINARY, "entitled": actions.entitled_at(branch, about["day"]) or ""}


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


def _host(request, branch, about):
    names = {member.name for member in about["due"]}
    return beside.presiding(request.user, branch, about["last"], names, about["day"])


def _last_place(request, branch, about):
    """Where the branch met the last time, for one of these kinds if it held one: the default is already right."""
    last = about["last"]
    if last is None:
        last = Meeting.objects.visible_to(request.user).filter(branch=branch).order_by("-held_on", "-pk").first()
    return last.place if last else ""


def _basic_forms(book):
    return list(book["theme_day.basic_forms"].value) if "theme_day.basic_forms" in book else []


def _issued(about, pk):
    return next((notice for notice in about["issued"] if str(notice.pk) == pk), None)


def _lines_of(notice):
    """The lines of a 统一议题, without their numbering; 第一议题 and 第二议题 are known by their names."""
    found = []
    for line in notice.body.splitlines():
        head = NUMBERED.match(line)
        if title := line[head.end() :].strip():
            kind = NAMED.get(head[1], AgendaItem.Kind.OTHER)
            found.append({"kind": kind, "title": title[:200], "study_item": None})
    return found


# --- saving


def _save(request, form, agenda, ballots, due, marks, today):
    """Save what was typed and hand it in if asked; what stands in the way goes to the form and nothing is written.

    A file that is refused does not hold up the rest: it is saved as a draft and the file is named. The same when the
    minutes read like another record's: the writer is told and may hand it in all the same.
    """
    said = request.POST.get("submit", "")
    must_come = [member.pk for member in due if not member.excused]
    kinds = {kind: actions.assessed_year(kind, form.cleaned_data["held_on"]) for kind in form.cleaned_data["kinds"]}
    try:
        with transaction.atomic():
            if said and must_come and not marks.keys() & set(must_come):
                raise ValidationError("请标记到会情况：点“全体到会”，再改没到的同志。")
            saved = actions.save_draft(
                form.instance, kinds=kinds, due=due, marks=marks, by=request.user, agenda=agenda.items(),
                votes=ballots.votes(), on=today, version=form.cleaned_data["version"] or 0,
            )  # fmt: skip
            refused = _attach(saved, form.uploads(), request.user)
            alike = beside.likenesses(saved) if said and said != ASKED_AGAIN else []
            if is_in := bool(said) and not (refused or alike):
                actions.submit(saved, by=request.user, on=today)
    except ValidationError as error:
        is_of_form = not hasattr(error, "error_dict") or error.error_dict.keys() <= {*form.fields, NON_FIELD_ERRORS}
        form.add_error(None, error if is_of_form else error.messages)
        return None
    for words in refused:
        messages.error(request, words)
    if refused or alike:
        messages.warning(request, "填写的内容已存为草稿，还没有提交。")
        return reverse("meetings:edit", args=[saved.pk])
    messages.success(request, "已提交，应办事项已更新。" if is_in else "草稿已保存，还没有提交。")
    return saved


def _attach(meeting, uploads, by):
    """Keep the files one by one; returns what is to be said of those that were refused."""
    refused = []
    for role, upload in uploads:
        try:
            actions.attach(meeting, upload, role=role, by=by)
        except ValidationError as error:
            refused.append(f"文件“{upload.name}”没有保存：{'；'.join(error.messages)}")
    return refused


def _catch_up(request, form, pk, agenda, ballots, due, marks):
    """Somebody else saved in between: what the record holds now, beside what was typed."""
    fresh = Meeting.objects.visible_to(request.user, verb="meeting.edit").get(pk=pk)
    form.catch_up(
        fresh,
        hidden=("basic_forms", "agenda_notice", "is_from_paper", *(("due_count", "attended_count") if due else ())),
    )
    kinds = list(fresh.kinds.values_list("kind", flat=True))
    if set(kinds) != set(form.cleaned_data.get("kinds", ())):
        words = "、".join(label for kind, label in KINDS.items() if kind in kinds)
        form.theirs.insert(0, {"label": "会议类别", "now": words})
    titles = [item.title for item in fresh.agenda.all()]
    if titles != [item.title for item in agenda.items()]:
        form.theirs.append({"label": "议题", "now": "；".join(titles) or EMPTY})
    votes = [f"{vote.title}（赞成 {vote.in_favour}）" for vote in fresh.votes.all()]
    if votes != [f"{vote.title}（赞成 {vote.in_favour}）" for vote, _ in ballots.votes()]:
        form.theirs.append({"label": "表决", "now": "；".join(votes) or EMPTY})
    if fresh.is_from_paper != form.cleaned_data.get("is_from_paper"):
        form.theirs.append({"label": "补录自纸质", "now": "是" if fresh.is_from_paper else "否"})
    for line in fresh.roll.select_related("member").order_by("member__strokes", "pk"):
        if marks.get(line.member_id) != line.mark:
            form.theirs.append({"label": str(line.member), "now": shown(line, "mark")})
    return {"rows": form.theirs, "event": audit.of(fresh).first()}


# --- what stands beside the fields


def _context(request, form, meeting, about, marks):
    branch, chosen, day, book, due = meeting.branch, about["chosen"], about["day"], about["book"], about["due"]
    everybody = actions.due_at(branch, (), day) if about["of_committee"] else due
    rows = [
        {
            "pk": member.pk, "name": str(member), "note": member.office or member.category, "excused": member.excused,
            "value": marks.get(member.pk, ""),
        }
        for member in due
    ]  # fmt: skip
    counts = {mark: sum(row["value"] == mark for row in rows) for mark in Mark.values}
    linked = _issued(about, str(form["agenda_notice"].value() or ""))
    return {
        "form": form, "branch": branch, "hosts": [member.name for member in everybody],
        "roll": _folded(rows) | {"all": len(rows), "due": len(rows) - counts[Mark.EXCUSED]} | counts,
        "kept": [(member, mark) for member, mark in marks.items() if member not in {row["pk"] for row in rows}],
        "is_committee_only": about["of_committee"], "kinds_rule": beside.kinds_rule(book, chosen),
        "day_rule": beside.day_rule(book, chosen), "meets": beside.meets(request.user, branch, chosen, day),
        "day_notes": beside.day_notes(book, branch, chosen, day, about["today"]), "quorum": beside.quorum(book, chosen),
        "first_items": beside.first_items(book, chosen), "opening": beside.opening(book),
        "basic_rule": book.get("theme_day.basic_forms"),
        "more_open": any(form[name].value() or form.errors.get(name) for name in FURTHER),
        "files_wrong": any(form.errors.get(name) for name in MeetingForm.roles),
        "last": about["last"], "issued": about["issued"], "linked": linked,
        "file_fields": [form[name] for name in MeetingForm.roles],
    }  # fmt: skip


def _folded(rows):
    """Those not present and those undecided first; of the rest a few lines show, the others fold."""
    present = [row for row in rows if row["value"] == Mark.PRESENT]
    away = [row for row in rows if row["value"] in (Mark.LEAVE, Mark.ABSENT)]
    excused = [row for row in rows if row["value"] == Mark.EXCUSED]
    unmarked = [row for row in rows if not row["value"]]
    ordered = away + unmarked + present + excused
    cut = max(SHOWN, 0 if len(unmarked) + len(excused) == len(rows) else len(away) + len(unmarked))
    if len(rows) - cut <= 2:  # not worth a fold
        cut = len(rows)
    return {"shown": ordered[:cut], "rest": ordered[cut:]}
