from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts.policy import policy
from jobs.models import Batch
from jobs.planning import dictionary
from office import Unreadable
from portal import actions
from portal.forms import UploadForm

KINDS = {  # in the order in which a county brings them
    "organisations": ("党组织基本情况表", "先导入：党组织、所在单位、届次、党小组"),
    "roster": ("党员花名册", "再导入：党员、所在支部、党内职务"),
    "meetings": ("组织生活台账", "最后导入：会议记录，自动办结应办事项"),
}
STEPS = ("选文件", "预检", "导入", "完成")
WHO = {"organisations": "党组织", "roster": "人员"}  # what a row of the workbook is about


@require_safe
@policy("import.run")
def import_list(request):
    batches = Batch.objects.visible_to(request.user)
    page = Paginator(batches, 20).get_page(request.GET.get("page"))
    context = {
        "kinds": [{"kind": kind, "label": label, "hint": hint} for kind, (label, hint) in KINDS.items()],
        "page": page,
        "rows": [
            {"batch": batch, "label": KINDS[batch.kind][0], "is_done": batch.state == Batch.State.COMMITTED}
            for batch in page
        ],
    }
    return render(request, "portal/imports.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@policy("import.run")
def import_upload(request, kind):
    """Choose a workbook; its dry run follows at once."""
    if kind not in KINDS:
        raise Http404
    form = UploadForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        upload = form.cleaned_data["file"]
        try:
            batch, _ = actions.upload(kind, upload.read(), upload.name, by=request.user, on=timezone.localdate())
        except Unreadable as error:
            form.add_error("file", error)
        else:
            return redirect("portal:import_batch", batch.pk)
    label, hint = KINDS[kind]
    columns, _ = dictionary(actions.IMPORTS[kind][0].columns_file)
    context = {
        "form": form, "kind": kind, "label": label, "hint": hint, "steps": STEPS,
        "needed": [column for column in columns if column.required],
        "welcome": [column.label for column in columns if not column.required],
    }  # fmt: skip
    return render(request, "portal/import_upload.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@policy("import.run")
def import_batch(request, pk):
    """The dry run of a workbook, and the button that writes just what it shows."""
    batch = get_object_or_404(Batch.objects.visible_to(request.user).select_related("created_by"), pk=pk)
    label = KINDS[batch.kind][0]
    if batch.state == Batch.State.COMMITTED:
        if request.method == "POST":
            messages.error(request, "这份工作簿已经导入，不会重复写入。")
        following = list(KINDS)[list(KINDS).index(batch.kind) + 1 :][:1]
        context = {
            "batch": batch, "label": label, "steps": STEPS,
            "following": {"kind": following[0], "label": KINDS[following[0]][0]} if following else None,
        }  # fmt: skip
        return render(request, "portal/import_done.html", context)
    today = timezone.localdate()
    if request.method == "POST":
        try:
            only_valid, shown = "only_valid" in request.POST, request.POST.get("plan")
            done, _ = actions.commit(batch, only_valid=only_valid, by=request.user, on=today, shown=shown)
        except ValidationError as error:
            messages.error(request, "；".join(error.messages))
        else:
            if done:
                messages.success(request, f"已导入：新增 {done.added}，更新 {done.changed}。")
                return redirect("portal:import_batch", batch.pk)
            messages.error(request, "预检以后系统里的数据有变化，下面是最新的预检结果，请核对后再导入。")
            batch.refresh_from_db()
    try:
        plan = actions.replan(batch, on=today)
    except Unreadable as error:
        messages.error(request, str(error))
        return redirect("portal:import_upload", batch.kind)
    return render(request, "portal/import_batch.html", _dry_run(request, batch, plan) | {"label": label})


def _dry_run(request, batch, plan):
    """The counts of a plan and one page of its problems; what is classified is named but never shown."""
    resource = actions.IMPORTS[batch.kind][0]
    columns, _ = dictionary(resource.columns_file)
    classified = {column.label for column in columns if column.key in resource.classified}
    level = request.GET.get("level", "")
    problems = {"error": plan.errors, "warning": plan.warnings}.get(level, plan.problems)
    page = Paginator(problems, 50).get_page(request.GET.get("page"))
    return {
        "batch": batch, "plan": plan, "steps": STEPS, "level": level, "page": page, "total": len(plan.rows),
        "ready": len(plan.good) - len(plan.warned), "warned": len(plan.warned), "bad": len(plan.bad),
        "good": len(plan.good), "who": WHO.get(batch.kind, ""), "is_person": batch.kind == "roster",
        "tabs": [
            {"level": "", "label": "全部", "count": len(plan.problems)},
            {"level": "error", "label": "错误", "count": len(plan.errors)},
            {"level": "warning", "label": "提醒", "count": len(plan.warnings)},
        ],
        "rows": [{"problem": problem, "is_hidden": problem.label in classified} for problem in page],
    }  # fmt: skip
