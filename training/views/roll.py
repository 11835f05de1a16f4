"""The roll of a class: who is on it, who is still to enrol, the lists on paper, one person in a class."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count, Q
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_http_methods, require_safe

from accounts import audit
from accounts.policy import policy
from branches.forms import whole_number
from branches.models import Branch
from branches.rights import may
from branches.views.acting import acted, download
from members.models import Member
from office.pdf import to_pdf
from office.word import to_word
from training import enrolling, roll_sheet, rolls, sign_in
from training.classes import AT_WORK
from training.forms.roll import GONE, RollFilter, SubstituteForm, WithdrawForm
from training.models import ClassSession, Enrolment, ExamResult, SignIn, TrainingClass

SHOWN = 50
WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
State = TrainingClass.State
SIGNS = {SignIn.Mark.PRESENT: "done", SignIn.Mark.LEAVE: "wait"}


def found_class(request, pk, verb="training.see"):
    return get_object_or_404(TrainingClass.objects.visible_to(request.user, verb=verb).select_related("branch"), pk=pk)


def paper(data, name, kind):
    return HttpResponse(
        data, content_type=kind, headers={"Content-Disposition": content_disposition_header(True, name)}
    )


def _filtered(request, training_class):
    """(the filters, the rows they leave, all rows of the class that the person may see)."""
    everybody = Enrolment.objects.visible_to(request.user).filter(training_class=training_class)
    of_class = everybody.filter(branch__isnull=False).values("branch")
    branches = Branch.objects.visible_to(request.user, verb="training.see").filter(pk__in=of_class).in_order()
    form = RollFilter(request.GET, branch=branches)
    rows, asked = everybody, form.asked
    if "q" in asked:
        rows = rows.filter(
            Q(name__contains=asked["q"]) | Q(unit__contains=asked["q"]) | Q(branch__name__contains=asked["q"])
        )
    if "branch" in asked:
        rows = rows.filter(branch=asked["branch"])
    if "source" in asked:
        rows = rows.filter(source=asked["source"])
    rows = rows.exclude(withdrawn_on=None) if asked.get("state") == GONE else rows.on_roll()
    if len(form.fields["branch"].queryset) <= 1:
        form.drop("branch")
    return form, roll_sheet.for_sheet(rows), everybody


@require_safe
@policy("training.see")
def roll(request, pk):
    training_class, today = found_class(request, pk), timezone.localdate()
    form, rows, everybody = _filtered(request, training_class)
    page = Paginator(rows, SHOWN).get_page(request.GET.get("page"))
    runs = rolls.runs(request.user, training_class)
    there = Q(withdrawn_on=None)
    counted = everybody.order_by().aggregate(
        on_roll=Count("pk", filter=there), outsiders=Count("pk", filter=there & Q(branch=None)),
        gone=Count("pk", filter=~there),
    )  # fmt: skip
    places = enrolling.Places(training_class)
    mine = [] if runs else list(_own(request.user, training_class, today)[:2])
    own = [(branch, places.left(branch)) for branch in mine]
    missing = _missing(request.user, training_class, today) if training_class.state == State.OPEN else []
    last = enrolling.deadline(training_class)
    is_open = training_class.state == State.OPEN and today <= last and not training_class.is_restricted
    context = {
        "training_class": training_class, "tab": "roll", "may_run": runs, "form": form, "page": page, "query": request.GET,
        **counted, "places": _told(places) if runs else [],
        "whole": sum(quota.places or 0 for quota in places.quotas) if runs else 0,
        "own": own, "last": last, "is_over": today > last,
        "may_enrol": is_open and any(left != 0 for _, left in own),
        "may_add": runs and training_class.state in AT_WORK,
        "missing": missing, "urge": _urging(training_class, missing, last),
        "sessions": ClassSession.objects.visible_to(request.user).filter(training_class=training_class, is_signed=True),
        "has_rows": counted["on_roll"] or counted["gone"], "has_begun": training_class.starts_on <= today,
    }  # fmt: skip
    return render(request, "training/roll.html", context)


def _own(user, training_class, today):
    """The organisations for which somebody enrols."""
    mine = Branch.objects.visible_to(user, verb="training.enrol").values("pk")
    return enrolling.addressed(training_class, today).filter(pk__in=mine)


def _told(places):
    """Each quota with what is taken of it."""
    return [
        {"branch": quota.branch, "places": quota.places, "taken": places.taken[quota.pk],
         "is_full": quota.places is not None and places.taken[quota.pk] >= quota.places}
        for quota in places.quotas
    ]  # fmt: skip


def _missing(user, training_class, today):
    """Organisations that have named nobody, of those whose training the person runs."""
    seen = Branch.objects.visible_to(user, verb="training.run").values("pk")
    return list(enrolling.missing(training_class, today).filter(pk__in=seen))


def _urging(training_class, missing, last):
    """What is pasted into the group of the secretaries."""
    lines = [f"{number}. {branch}" for number, branch in enumerate(missing, 1)]
    begins = training_class.starts_on
    return (
        f"【报名提醒】{training_class.title}（{begins.month} 月 {begins.day} 日开班）还有 {len(missing)} 个党组织没有报名，"
        f"请于 {last.month} 月 {last.day} 日前在“教育培训”中报名：\n" + "\n".join(lines)
    )


# --- on paper


@require_safe
@policy("training.see")
def roll_export(request, pk):
    """学员名册 of exactly what is filtered, as a workbook, or with `?as=word` or `pdf`."""
    training_class, today = found_class(request, pk), timezone.localdate()
    form, rows, _ = _filtered(request, training_class)
    people = list(rows)
    form_of, name = request.GET.get("as"), f"{training_class.title}学员名册"
    known = {"organ": training_class.branch.name, "on": today, "words": [chip["label"] for chip in form.chips]}
    audit.record("report.export", training_class, by=request.user, report="学员名册", rows=len(people), on=str(today))
    if form_of in ("word", "pdf"):
        return _as(roll_sheet.roster_paper(training_class, people, **known), name, form_of)
    return download(roll_sheet.roster_workbook(training_class, people, **known), f"{name}.xlsx")


def _as(sheet, name, form_of):
    if form_of == "pdf":
        return paper(to_pdf(sheet), f"{name}.pdf", "application/pdf")
    return paper(to_word(sheet), f"{name}.docx", WORD)


@require_safe
@policy("training.see")
def sign_in_sheet(request, pk):
    """签到表, blank or `?filled=1`, of all sessions that are signed for or of `?session=`."""
    training_class, today = found_class(request, pk), timezone.localdate()
    sessions = ClassSession.objects.visible_to(request.user).filter(training_class=training_class, is_signed=True)
    if "session" in request.GET:
        sessions = sessions.filter(pk=whole_number(request.GET["session"]) or 0)
    sessions = list(sessions.select_related("teacher"))
    if not sessions:
        messages.info(request, "日程里还没有要签到的课，先排好日程再打印签到表。")
        return redirect("training:roll", training_class.pk)
    is_filled = request.GET.get("filled") == "1"
    people = sign_in.table(training_class, enrolments=Enrolment.objects.visible_to(request.user))
    sheet = roll_sheet.sign_in_paper(training_class, sessions, people, on=today, is_filled=is_filled)
    audit.record("report.export", training_class, by=request.user, report="签到表", rows=len(people), on=str(today))
    return _as(sheet, f"{training_class.title}签到表", "word" if request.GET.get("as") == "word" else "pdf")


# --- one person in a class


def _enrolment(request, pk):
    found = Enrolment.objects.visible_to(request.user).select_related(
        "training_class__branch", "branch", "member", "substitutes_for", "created_by"
    )
    return get_object_or_404(found, pk=pk)


@require_safe
@policy("training.see")
def enrolment(request, pk):
    """Sessions attended, hours, exam, outcome, who came instead of whom."""
    row = _enrolment(request, pk)
    user, training_class = request.user, row.training_class
    marks = {mark.session_id: mark for mark in SignIn.objects.visible_to(user).filter(enrolment=row)}
    of_class = ClassSession.objects.visible_to(user).filter(training_class=training_class)
    sessions = [(session, marks.get(session.pk)) for session in of_class]
    results = ExamResult.objects.visible_to(user).filter(enrolment=row, points__isnull=False).select_related("exam")
    table = sign_in.table(training_class, enrolments=Enrolment.objects.visible_to(user).filter(pk=row.pk))
    branch_acts = _may_change(user, row)
    has_come = any(mark.mark == SignIn.Mark.PRESENT for mark in marks.values())
    runs = rolls.runs(user, training_class) and training_class.state in AT_WORK
    context = {
        "enrolment": row, "training_class": training_class, "tab": "roll", "may_run": runs,
        "sessions": [
            {"session": session, "mark": mark, "sign": _sign(session, mark), "said": _said(session, mark)}
            for session, mark in sessions
        ],
        "attended": table[0][2] if table else None, "owed": table[0][3] if table else None,
        "results": [(result, result.points >= result.exam.pass_points) for result in results],
        "substitute": Enrolment.objects.visible_to(user).filter(substitutes_for=row).first(),
        "events": audit.of(row)[:20], "change": "" if has_come else "run" if runs else "own" if branch_acts else "",
        "sees_member": row.member_id and Member.objects.visible_to(user).filter(pk=row.member_id).exists(),
    }  # fmt: skip
    return render(request, "training/enrolment.html", context)


def _sign(session, mark):
    if mark is not None:
        return SIGNS[mark.mark]
    return "na" if not session.is_signed else "wait" if session.held_on >= timezone.localdate() else "miss"


def _said(session, mark):
    if mark is None and not session.is_signed:
        return "不签到"
    if mark is None and session.held_on >= timezone.localdate():
        return "未上"
    return roll_sheet.said(mark)


def _may_change(user, row):
    """Whether somebody of the organisation itself may still take the person off or send another."""
    held = row.training_class
    return (
        row.branch is not None and row.withdrawn_on is None and held.state == State.OPEN and not held.is_restricted
        and timezone.localdate() <= enrolling.deadline(held) and may(user, "training.enrol", at=row.branch)
    )  # fmt: skip


def _of_branch(request, pk):
    """A person of an organisation for which `training.enrol` is held, or 404."""
    row = _enrolment(request, pk)
    if row.branch is None or not may(request.user, "training.enrol", at=row.branch):
        raise Http404
    return row


def _of_holder(request, pk):
    """A person in a class that one runs, or 404."""
    row = _enrolment(request, pk)
    if not rolls.runs(request.user, row.training_class):
        raise Http404
    return row


def _withdraw(request, row):
    if row.withdrawn_on:
        messages.info(request, "这位同志已经退出名册。")
        return redirect(row)
    form = WithdrawForm(request.POST or None)
    return acted(
        request, form,
        lambda: rolls.withdraw(row, reason=form.cleaned_data["reason"], by=request.user, on=timezone.localdate()),
        f"{row}已退出名册。", reverse("training:roll", args=[row.training_class_id]), "training/enrolment_withdraw.html",
        enrolment=row, cancel=row.get_absolute_url(),
    )  # fmt: skip


def _substitute(request, row):
    today = timezone.localdate()
    if row.withdrawn_on or row.branch is None:
        messages.info(request, "这位同志已经退出名册。" if row.withdrawn_on else "外来学员请先退出，再添加新的学员。")
        return redirect(row)
    known = (
        Enrolment.objects.visible_to(request.user)
        .on_roll()
        .filter(training_class=row.training_class, branch=row.branch)
    )
    members = rolls.people(row.branch, today).exclude(pk__in=known.filter(member__isnull=False).values("member"))
    form = SubstituteForm(request.POST or None, members=members)
    return acted(
        request, form,
        lambda: rolls.substitute(row, form.cleaned_data["member"], reason=form.cleaned_data["reason"], by=request.user, on=today),
        "已换人。", lambda made: made.get_absolute_url(), "training/enrolment_substitute.html",
        enrolment=row, cancel=row.get_absolute_url(),
    )  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
@policy("training.enrol")
def enrolment_withdraw(request, pk):
    return _withdraw(request, _of_branch(request, pk))


@require_http_methods(["GET", "HEAD", "POST"])
@policy("training.enrol")
def enrolment_substitute(request, pk):
    return _substitute(request, _of_branch(request, pk))


@require_http_methods(["GET", "HEAD", "POST"])
@policy("training.run")
def enrolment_remove(request, pk):
    """The same by whoever holds the class, also after the last day of enrolment."""
    return _withdraw(request, _of_holder(request, pk))


@require_http_methods(["GET", "HEAD", "POST"])
@policy("training.run")
def enrolment_replace(request, pk):
    """The same by whoever holds the class, also on the morning of the first day."""
    return _substitute(request, _of_holder(request, pk))
