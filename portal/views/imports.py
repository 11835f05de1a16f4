import re
from datetime import timedelta

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_http_methods, require_safe

from accounts import audit
from accounts.policy import policy
from jobs import actions as jobs
from jobs.models import Batch, Job
from jobs.planning import BAD, ERROR, INSERT, UNCHANGED, UPDATE, WARNING
from office import Unreadable
from office.annotate import annotate
from office.template import template
from portal import actions, columns
from portal.forms import ColumnsForm, PlaceForm, UploadForm
from rulebook.book import value

KINDS = {  # in the order in which a county brings them
    "organisations": ("党组织基本情况表", "党组织、所在单位、届次、党小组"),
    "roster": ("党员花名册", "党员、所在支部、党内职务"),
    "meetings": ("组织生活台账", "会议记录，自动办结应办事项"),
    "recruitment": ("发展党员台账", "正在发展的同志，已办的步骤照实登记并逐条核对"),
}
LISTS = {  # where what was brought stands afterwards
    "organisations": ("branches:list", "看党组织"), "roster": ("members:list", "看党员名册"),
    "meetings": ("meetings:list", "看组织生活"), "recruitment": ("recruitment:list", "看档案台账"),
}  # fmt: skip
PERSONAL = ("roster", "recruitment")
STEPS = ("选文件", "预检", "导入", "完成")
SMALL = 300_000  # bytes; a larger workbook is read and written by the worker
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MARKS = {
    Batch.State.UPLOADED: "wait", Batch.State.MAPPING: "wait", Batch.State.PLANNED: "wait", Batch.State.COMMITTED: "done",
    Batch.State.UNDONE: "na",
}  # fmt: skip
TABS = (
    ("", "全部"), (ERROR, "错误"), (WARNING, "提醒"), (INSERT, "新增"), (UPDATE, "更新"), (UNCHANGED, "不变"),
)  # fmt: skip
OUTCOMES = {BAD: ("miss", "错误"), INSERT: ("done", "新增"), UPDATE: ("done", "更新"), UNCHANGED: ("na", "不变")}
SHOWN = 12  # faults or changes of one row that stand in the list: of a road already under way there may be many
DIGEST = re.compile(r"[0-9a-f]{64}")
FILE_GONE = "这一批的原表已过保留期，不再保存。"


@require_safe
@policy("import.run")
def import_list(request):
    batches = Batch.objects.visible_to(request.user).defer("content", "report", "trail")
    page = Paginator(batches, 20).get_page(request.GET.get("page"))
    context = {
        "kinds": [{"kind": kind, "label": label, "hint": hint} for kind, (label, hint) in KINDS.items()],
        "page": page,
        "rows": [{"batch": batch, "label": KINDS[batch.kind][0], "mark": MARKS[batch.state]} for batch in page],
        "jobs": Job.objects.visible_to(request.user).open().filter(kind__startswith="portal.import"),
    }
    return render(request, "portal/imports.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@policy("import.run")
def import_upload(request, kind):
    """Choose a workbook; its dry run follows at once, or in the background when it is large."""
    if kind not in KINDS:
        raise Http404
    form = UploadForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        upload = form.cleaned_data["file"]
        batch = actions.keep(kind, upload.read(), upload.name, by=request.user)
        job, refusal = _begin(request, "portal.import_plan", batch)
        if not refusal:
            return _follow(job, batch)
        actions.drop(batch)
        form.add_error("file", refusal)
    label, hint = KINDS[kind]
    known = actions.columns_of(kind)
    context = {
        "form": form, "kind": kind, "label": label, "hint": hint, "steps": STEPS,
        "needed": [column for column in known if column.required],
        "welcome": [column.label for column in known if not column.required],
    }  # fmt: skip
    return render(request, "portal/import_upload.html", context)


def _begin(request, kind, batch, **args):
    """(job, words of a refusal): a small workbook is dealt with at once."""
    try:
        job = jobs.start(kind, {"batch": batch.pk, **args}, by=request.user, is_small=batch.size < SMALL)
    except ValidationError as refusal:
        return None, "；".join(refusal.messages)
    return job, job.error


def _follow(job, batch):
    return redirect("portal:job", job.pk) if job.is_open else redirect("portal:import_batch", batch.pk)


def _batch(request, pk):
    return get_object_or_404(Batch.objects.visible_to(request.user).select_related("created_by"), pk=pk)


@require_http_methods(["GET", "HEAD", "POST"])
@policy("import.run")
def import_batch(request, pk):
    """A batch where it stands: its dry run and the button that writes just what it shows, or what came of it."""
    batch = _batch(request, pk)
    if batch.state == Batch.State.MAPPING:
        return redirect("portal:import_columns", pk)
    if batch.state == Batch.State.UPLOADED:
        job = Job.objects.visible_to(request.user).filter(args__batch=pk).first()
        return redirect("portal:job", job.pk) if job else redirect("portal:import_upload", batch.kind)
    if batch.state != Batch.State.PLANNED:
        if request.method == "POST":
            messages.error(request, "这份工作簿已经导入，不会重复写入。")
        return _over(request, batch)
    if request.method == "POST":
        shown = request.POST.get("plan", "")
        args = {"only_valid": "only_valid" in request.POST, "shown": shown if DIGEST.fullmatch(shown) else ""}
        job, refusal = _begin(request, "portal.import_commit", batch, **args)
        if refusal:
            messages.error(request, refusal)
        elif job.result.get("has_changed"):
            messages.error(request, "预检以后系统里的数据有变化，下面是最新的预检结果，请核对后再导入。")
        else:
            if not job.is_open:
                messages.success(request, f"已导入：新增 {job.result['added']}，更新 {job.result['changed']}。")
            return _follow(job, batch)
        batch.refresh_from_db()
    return render(request, "portal/import_batch.html", _dry_run(request, batch))


def _over(request, batch):
    following = list(KINDS)[list(KINDS).index(batch.kind) + 1 :][:1]
    context = {
        "batch": batch, "label": KINDS[batch.kind][0], "steps": STEPS, "is_undone": batch.state == Batch.State.UNDONE,
        "following": {"kind": following[0], "label": KINDS[following[0]][0]} if following else None,
        "can_undo": batch.state == Batch.State.COMMITTED and batch.trail is not None, "has_file": batch.report is not None,
        "until": _kept_until(batch), "list": _list(batch),
    }  # fmt: skip
    return render(request, "portal/import_done.html", context)


def _list(batch):
    route, label = LISTS[batch.kind]
    return {"url": reverse(route), "label": label}


def _kept_until(batch):
    days = value("import.kept_days", on=timezone.localdate())["days"]
    return timezone.localtime(batch.committed_at).date() + timedelta(days=days)


def _dry_run(request, batch):
    """The counts of a plan and one page of its rows; what is classified is named but never shown."""
    found = actions.shown(batch)
    classified = actions.classified(batch.kind)
    counts, show, like = found.counts, request.GET.get("show", ""), request.GET.get("like", "")
    groups = found.groups()
    chosen = groups[int(like)] if like.isdigit() and int(like) < len(groups) else None
    lines = found.shown(show, chosen[0] if chosen else "")
    page = Paginator(lines, 50).get_page(request.GET.get("page"))
    numbers = {"": len(found.lines), ERROR: counts[BAD]} | counts
    good = len(found.lines) - counts[BAD]
    return {
        "batch": batch, "label": KINDS[batch.kind][0], "steps": STEPS, "report": found, "page": page, "show": show,
        "counts": counts, "bad": counts[BAD], "good": good, "is_person": batch.kind in PERSONAL,
        "nothing_new": bool(good) and good == counts[UNCHANGED], "chosen": chosen and chosen[1],
        "tabs": [
            {"show": name, "label": label, "count": numbers[name], "is_here": name == show and not chosen}
            for name, label in TABS
        ],
        "groups": [
            {"number": number, "problem": problem, "count": count, "is_here": chosen is not None and chosen[0] == key}
            for number, (key, problem, count) in enumerate(groups)
        ],
        "rows": [_line(line, classified) for line in page],
    }  # fmt: skip


def _line(line, classified):
    mark, word = OUTCOMES[line.outcome]
    return {
        "line": line, "mark": "late" if line.is_warned else mark, "word": f"{word}，有提醒" if line.is_warned else word,
        "problems": [{"problem": each, "is_hidden": each.label in classified} for each in line.problems[:SHOWN]],
        "changes": line.changes[:SHOWN], "more": max(0, len(line.problems) - SHOWN) + max(0, len(line.changes) - SHOWN),
    }  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
@policy("import.run")
def import_columns(request, pk):
    """Say what the columns of a workbook mean, where they were not recognised; asked once for each header row."""
    batch = _batch(request, pk)
    if batch.state not in (Batch.State.MAPPING, Batch.State.PLANNED):
        return redirect("portal:import_batch", pk)
    try:
        sheets = actions.sheets_of(batch)
    except Unreadable as refusal:
        messages.error(request, str(refusal))
        return redirect("portal:import_upload", batch.kind)
    known = actions.columns_of(batch.kind)
    places = columns.places(sheets)
    asked = request.POST if request.method == "POST" else request.GET
    heading = columns.heading(sheets, known, asked.get("at", ""))
    if heading is None:
        messages.error(request, actions.why_asked(batch) or "这份工作簿里没有内容。")
        return redirect("portal:import_upload", batch.kind)
    at = columns.written(sheets, heading)
    form = ColumnsForm(request.POST or None, heading=heading, columns=known)
    if request.method == "POST" and form.is_valid():
        place = heading.sheet.name, heading.numbers
        try:
            actions.tell_columns(batch, form.keys, at=place, by=request.user, on=timezone.localdate())
        except ValidationError as refusal:
            form.add_error(None, refusal)
        else:
            return redirect("portal:import_batch", pk)
    context = {
        "batch": batch, "label": KINDS[batch.kind][0], "steps": STEPS, "form": form, "why": actions.why_asked(batch),
        "at": at, "place": PlaceForm({"at": at}, places=places), "sheet": heading.sheet.name,
        "rows": columns.rows(heading, form, actions.IMPORTS[batch.kind][0].classified),
    }  # fmt: skip
    return render(request, "portal/import_columns.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@policy("import.run")
def import_undo(request, pk):
    """Ask before a whole import is taken back, and take it back."""
    batch = _batch(request, pk)
    if batch.state != Batch.State.COMMITTED:
        return redirect("portal:import_batch", pk)
    refusal = None
    if request.method == "POST":
        job, refusal = _begin(request, "portal.import_undo", batch)
        if not refusal:
            if not job.is_open:
                messages.success(request, "已撤销，数据恢复到导入以前。")
            return _follow(job, batch)
    context = {
        "batch": batch, "label": KINDS[batch.kind][0], "until": _kept_until(batch), "refusal": refusal, "list": _list(batch),
    }  # fmt: skip
    return render(request, "portal/import_undo.html", context)


@require_safe
@policy("import.run")
def import_annotated(request, pk):
    """The workbook as it came, with each faulty cell marked and noted."""
    batch = _batch(request, pk)
    if batch.content is None or batch.report is None or batch.state in (Batch.State.UPLOADED, Batch.State.MAPPING):
        messages.error(request, FILE_GONE)
        return redirect("portal:import_batch", pk)
    notes = [(each.sheet, each.cell, each.level, each.message) for each in actions.shown(batch).problems]
    data, name = annotate(actions.content_of(batch), batch.file_name, notes)
    audit.record("batch.annotated", batch, by=request.user, notes=len(notes))
    return _file(data, name)


@require_safe
@policy("import.run")
def import_template(request, kind):
    """An empty workbook with our columns, their choices and what to mind."""
    if kind not in KINDS:
        raise Http404
    resource, label = actions.IMPORTS[kind][0], KINDS[kind][0]
    return _file(template(label, actions.columns_of(kind), **columns.guide(resource)), f"{label}（模板）.xlsx")


def _file(data, name):
    return HttpResponse(
        data, content_type=XLSX, headers={"Content-Disposition": content_disposition_header(True, name)}
    )
