"""The timetable of a class: to read, to print, to fill in several lines at once; and one session."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import audit
from accounts.policy import policy
from branches.views.acting import acted, refuse
from files.actions import HEADERS
from office.word import to_word
from training import classes, materials, timetable
from training.forms.timetable import SessionForm, choices, lines
from training.models import ClassFile, ClassSession
from training.views.course import SIGNS, runs, seen

WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


def _sessions(request, row):
    found = ClassSession.objects.visible_to(request.user).filter(training_class=row)
    return list(found.select_related("teacher"))


@require_safe
@policy("training.see")
def class_timetable(request, pk):
    row = seen(request, pk)
    may_run, sessions = runs(request, row), _sessions(request, row)
    may_edit = may_run and row.state in classes.AT_WORK
    days = {}
    for session in sessions:
        days.setdefault(session.held_on, []).append(session)
    ahead = [session for session in sessions if session.held_on >= timezone.localdate()] if may_edit else []
    context = {
        "training_class": row, "sign": SIGNS[row.state], "tab": "timetable", "may_run": may_run, "may_edit": may_edit,
        "days": [{"on": day, "sessions": found, "hours": sum(each.hours for each in found)} for day, found in days.items()],
        "count": len(sessions), "hours": sum((session.hours for session in sessions), 0),
        "clashes": timetable.clashes(row, ahead, ClassSession.objects.visible_to(request.user)),
    }  # fmt: skip
    return render(request, "training/timetable.html", context)


@require_safe
@policy("training.see")
def timetable_word(request, pk):
    """The 教学日程表 as Word."""
    row = seen(request, pk)
    paper = timetable.paper(row, _sessions(request, row), on=timezone.localdate())
    audit.record("training.timetable_word", row, by=request.user)
    headers = HEADERS | {"Content-Disposition": content_disposition_header(True, f"{row.title}教学日程表.docx")}
    return HttpResponse(to_word(paper), content_type=WORD, headers=headers)


@require_http_methods(["GET", "HEAD", "POST"])
@policy("training.run")
def sessions_add(request, pk):
    """Several sessions at once, all or none."""
    row = seen(request, pk, "training.run")
    known, is_sent = choices(request.user), request.method == "POST"
    forms = lines(request.POST if is_sent else None, known=known, training_class=row)
    used = [form for form in forms if form.is_bound]
    faulty = [form for form in used if not form.is_valid()]
    if is_sent and "more" not in request.POST:
        if not used:
            messages.error(request, "还没有填写，一行一次课。")
        elif not faulty and _added(request, row, used):
            return redirect(reverse("training:timetable", args=[pk]))
    context = {
        "training_class": row, "forms": forms, "rows": len(forms),
        "faulty": [form for form in used if form.errors],
    }  # fmt: skip
    return render(request, "training/session_lines.html", context)


def _added(request, row, used):
    try:
        made = timetable.add(row, [(form.instance, form.cleaned_data["new_teacher"]) for form in used], by=request.user)
    except ValidationError as error:
        refuse(used[getattr(error, "line", 0)], error)
        return False
    messages.success(request, f"已排 {len(made)} 次课。")
    return True


def _session(request, pk, verb="training.see"):
    found = ClassSession.objects.visible_to(request.user, verb=verb).select_related("training_class__branch", "teacher")
    return get_object_or_404(found, pk=pk)


@require_safe
@policy("training.see")
def session_detail(request, pk):
    """One session with its courseware."""
    session = _session(request, pk)
    row = session.training_class
    may_run = runs(request, row)
    files = ClassFile.objects.visible_to(request.user).filter(session=session, removed_at=None)
    files = files if may_run else files.filter(pk__in=materials.handed_out(row).order_by().values("pk"))
    context = {
        "session": session, "training_class": row, "tab": "timetable", "may_run": may_run, "sign": SIGNS[row.state],
        "may_edit": may_run and row.state in classes.AT_WORK, "files": files.select_related("file"),
        "is_signed": may_run and session.sign_ins.exists(),
    }  # fmt: skip
    return render(request, "training/session.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@policy("training.run")
def session_edit(request, pk):
    session = _session(request, pk, "training.run")
    row = session.training_class
    if row.state not in classes.AT_WORK:
        messages.error(request, f"这个班次{row.get_state_display()}，日程不能再改。")
        return redirect(session)
    form = SessionForm(request.POST or None, instance=session, known=choices(request.user, session.teacher))
    return acted(
        request, form,
        lambda: timetable.save(
            form.instance, version=form.cleaned_data["version"], new_teacher=form.cleaned_data["new_teacher"], by=request.user
        ),
        "已保存。", reverse("training:timetable", args=[row.pk]), "training/session_form.html", training_class=row,
        fresh=lambda: _session(request, pk, "training.run"),
    )  # fmt: skip


@require_POST
@policy("training.run")
def session_remove(request, pk):
    session = _session(request, pk, "training.run")
    topic = session.topic
    try:
        row = timetable.remove(session, by=request.user)
    except ValidationError as error:
        messages.error(request, "；".join(error.messages))
        return redirect(session)
    messages.success(request, f"已删去“{topic}”。")
    return redirect(reverse("training:timetable", args=[row.pk]))
