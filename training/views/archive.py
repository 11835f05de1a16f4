"""六个有 and the archive of a class: what is there, the summary, 结业, 简报, and everything as one file."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import audit
from accounts.policy import policy
from branches.models import Branch
from branches.views.acting import acted, download, highest
from jobs import actions as jobs
from office.word import to_word
from training import archive, class_papers, class_sheet, six_haves
from training.forms.archive import BriefingForm, CloseForm, SettleForm, SummaryForm
from training.models import ClassFile, Enrolment, TrainingClass
from training.views.course import SIGNS, asked, inside, runs, seen

SHOWN = 30
SMALL = 3 * 1024 * 1024  # bytes of uploads that are packed while the page waits
WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
State, Kind = TrainingClass.State, TrainingClass.Kind
OUTCOMES = {"completed": "done", "incomplete": "miss"}
SETTLED = (State.CLOSING, State.ARCHIVED)


def _back(training_class):
    return reverse("training:archive", args=[training_class.pk])


@require_safe
@policy("training.see")
def class_archive(request, pk):
    user, today = request.user, timezone.localdate()
    row = seen(request, pk)
    may_run = runs(request, row)
    haves = six_haves.state([row])[row.pk] if inside(request, [row]) else []
    people = Enrolment.objects.visible_to(user).filter(training_class=row)
    found = archive.lines(row, people, on=today) if row.state in (State.RUNNING, *SETTLED) else []
    page = Paginator(found, SHOWN).get_page(request.GET.get("page"))
    completed = sum(line.enrolment.outcome == Enrolment.Outcome.COMPLETED for line in found)
    files = ClassFile.objects.visible_to(user).filter(
        training_class=row, removed_at=None, role__in=["picture", "summary"]
    )
    context = {
        "training_class": row, "sign": SIGNS[row.state], "tab": "archive", "may_run": may_run, "haves": haves,
        "there": sum(have.is_there for have in haves), "missing": six_haves.missing(haves),
        "may_write": may_run and row.state in archive.HELD, "may_close": may_run and row.state == State.CLOSING,
        "is_archived": row.state == State.ARCHIVED, "told": _told(row, today) if may_run else None,
        "page": page, "query": request.GET, "rows": [_line(line) for line in page], "whole": len(found), "completed": completed,
        "is_settled": any(line.enrolment.outcome for line in found), "has_hours": bool(found and found[0].owed),
        "has_certificates": may_run and any(line.enrolment.certificate for line in found),
        "settle": SettleForm(initial={"certify": archive.certifies(row, on=today)}), "may_certify": not row.is_restricted,
        "briefing": BriefingForm(None), "pictures": files.filter(role="picture").count(),
        "unfinished": archive.unfinished(row) if may_run else (), "events": audit.of(row)[:20] if may_run else None,
    }  # fmt: skip
    return render(request, "training/archive.html", context)


def _told(row, today):
    """The figures of the class in words, without those that nothing feeds."""
    found = archive.figures([row], on=today)[row.pk]
    rows = [
        ("名册人数", found.people), ("参训人数", found.there), ("学时", f"{found.hours.normalize():f}"),
        ("到课率", archive.percent(found.attendance)), ("满意度", archive.percent(found.satisfaction)),
        ("考试合格率", archive.percent(found.pass_rate)),
    ]  # fmt: skip
    return [{"label": label, "value": value} for label, value in rows if value not in ("", 0, "0")]


def _line(line):
    """One person of the table: settled as it was said, else as the rule would say it today."""
    person = line.enrolment
    return {
        "person": person, "unit": person.branch.name if person.branch_id else person.unit, "line": line,
        "attended": f"{line.attended.normalize():f}", "owed": f"{line.owed.normalize():f}",
        "is_forecast": not person.outcome, "sign": OUTCOMES[person.outcome or line.outcome],
        "words": person.get_outcome_display() or line.outcome_words,
    }  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
@policy("training.run")
def class_summary(request, pk):
    """Write the summary; `?draft=1` begins with what the figures say."""
    row = seen(request, pk, "training.run")
    today = timezone.localdate()
    if row.state not in archive.HELD:
        messages.error(request, f"这个班次{row.get_state_display()}，不能再写总结。")
        return redirect("training:archive", row.pk)
    is_draft = "draft" in request.GET
    initial = {"summary": archive.draft(row, on=today)} if is_draft and request.method != "POST" else {}
    form = SummaryForm(request.POST or None, instance=row, initial=initial)

    def act():
        return archive.write_summary(
            row, form.cleaned_data["summary"], version=form.cleaned_data["version"], by=request.user
        )

    return acted(
        request, form, act, "总结已保存。", _back(row), "training/archive_summary.html",
        fresh=lambda: seen(request, pk, "training.run"), training_class=row, is_draft=is_draft,
    )  # fmt: skip


@require_POST
@policy("training.run")
def class_settle(request, pk):
    row = seen(request, pk, "training.run")
    form = SettleForm(request.POST)
    form.is_valid()
    try:
        found = archive.settle(row, certify=form.cleaned_data["certify"], by=request.user, on=timezone.localdate())
    except ValidationError as refusal:
        messages.error(request, "；".join(refusal.messages))
    else:
        completed = sum(not line.why for line in found)
        messages.success(request, f"已办结业：结业 {completed} 人，未结业 {len(found) - completed} 人。")
    return redirect("training:archive", row.pk)


@require_http_methods(["GET", "HEAD", "POST"])
@policy("training.run")
def class_close(request, pk):
    """归档; with something missing only for a reason."""
    row = seen(request, pk, "training.run")
    form = CloseForm(request.POST or None)
    haves = six_haves.state([row])[row.pk]

    def act():
        return archive.archive(row, gap_reason=form.cleaned_data["gap_reason"], by=request.user, at=timezone.now())

    return acted(
        request, form, act, "已归档，各项资料不能再改。", _back(row), "training/archive_close.html", training_class=row,
        missing=[have for have in haves if not have.is_there],
        refused=f"这个班次{row.get_state_display()}，结班以后才能归档。" if row.state != State.CLOSING else "",
        unfinished=archive.unfinished(row), has_survey=row.state == State.CLOSING and _is_asking(row),
    )  # fmt: skip


def _is_asking(row):
    survey = getattr(row, "survey", None)
    return survey is not None and survey.state == "open"


# --- papers


def _word(paper, row, what, user):
    audit.record(f"training.{what[0]}", row, by=user)
    headers = {"Content-Disposition": content_disposition_header(True, class_papers.paper_name(row, what[1]))}
    return HttpResponse(to_word(paper), content_type=WORD, headers=headers)


@require_safe
@policy("training.run")
def class_briefing(request, pk):
    """简报 as a Word draft."""
    row = seen(request, pk, "training.run")
    form = BriefingForm(request.GET)
    if not form.is_valid():
        messages.error(request, "；".join(error for errors in form.errors.values() for error in errors))
        return redirect("training:archive", row.pk)
    try:
        paper = class_papers.briefing(row, on=timezone.localdate(), **form.cleaned_data)
    except ValidationError as refusal:
        messages.error(request, "；".join(refusal.messages))
        return redirect("training:archive", row.pk)
    return _word(paper, row, ("briefing", "简报（草稿）"), request.user)


@require_safe
@policy("training.run")
def class_certificates(request, pk):
    """结业证书 of everybody who has a number, as one Word file."""
    row = seen(request, pk, "training.run")
    people = Enrolment.objects.visible_to(request.user, verb="training.run").filter(training_class=row).on_roll()
    paper = class_papers.certificates(row, people.order_by("certificate"), on=timezone.localdate())
    if paper is None:
        messages.error(request, "还没有人编过结业证号，先办结业并选“同时编结业证号”。")
        return redirect("training:archive", row.pk)
    return _word(paper, row, ("certificates", "结业证书"), request.user)


@require_POST
@policy("training.run")
def class_zip(request, pk):
    """Have the six folders packed: at once when they are small, else while one does something else."""
    row = seen(request, pk, "training.run")
    try:
        job = jobs.start("training.pack", {"class": row.pk}, by=request.user, is_small=class_papers.size(row) <= SMALL)
    except ValidationError as refusal:
        messages.error(request, "；".join(refusal.messages))
        return redirect("training:archive", row.pk)
    return redirect("portal:job", job.pk)


# --- 培训情况统计表


@require_safe
@policy("report.export")
def classes_export(request):
    """Exactly the classes that the list shows under these filters; never those of the restricted kind."""
    user, today = request.user, timezone.localdate()
    form, rows = asked(request, today)
    rows = rows.filter(pk__in=TrainingClass.objects.visible_to(user, verb="report.export").order_by().values("pk"))
    rows = rows.exclude(kind=Kind.REMEDIAL)
    places = Branch.objects.visible_to(user, verb="training.see") & Branch.objects.visible_to(
        user, verb="report.export"
    )
    if "owner" in form.asked:
        places = places.filter(path__startswith=form.asked["owner"].path)
    year = form.of_year or today.year
    words = [chip["label"] for chip in form.chips] or [f"{year} 年全部班次"]
    content, people = class_sheet.as_workbook(
        rows, list(places.in_order()), year, organ=highest(user, "report.export"), on=today, words=words
    )
    audit.record(
        "report.export", by=user, report="教育培训情况统计表", rows=len(rows), people=people, asked=sorted(form.asked)
    )
    return download(content, f"{year}年教育培训情况统计表.xlsx")
