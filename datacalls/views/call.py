"""临时收表, for those who ask: from the form to the merged table."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import Count, Q
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import audit
from accounts.policy import policy
from branches.forms import whole_number
from branches.models import Branch
from branches.rights import may
from branches.views.acting import acted, download, pressed, refuse
from datacalls import actions, merging, shape
from datacalls.forms import (
    CallFilter,
    CallForm,
    ColumnForm,
    DeadlineForm,
    LayoutForm,
    OpenForm,
    VersionForm,
)
from datacalls.models import DataCall, DataCallAnswer, DataCallColumn
from files.actions import serve

SHOWN = 30
NAMED = 200  # of those who lack, in one message
BOTH = ["GET", "HEAD", "POST"]
SIGNS = {"draft": "draft", "open": "wait", "closed": "done", "submitted": "done", "returned": "back"}
Source, State, Answered = DataCallColumn.Source, DataCall.State, DataCallAnswer.State


def _run(request, pk):
    """A 收表 that this person runs, or the 404 of a missing one."""
    found = DataCall.objects.visible_to(request.user, verb="call.run").select_related("branch", "file", "created_by")
    return get_object_or_404(found, pk=pk)


@require_safe
@policy("call.run")
def call_list(request):
    """What one's own organisation and those below it ask for."""
    form = CallFilter(request.GET)
    found = DataCall.objects.visible_to(request.user, verb="call.run").select_related("branch")
    if "q" in form.asked:
        found = found.filter(Q(title__contains=form.asked["q"]) | Q(number__contains=form.asked["q"]))
    if "state" in form.asked:
        found = found.filter(state=form.asked["state"])
    done = Count("answers", filter=Q(answers__state=Answered.SUBMITTED))
    found = found.annotate(owed=Count("answers"), done=done).order_by("-pk")
    page = Paginator(found, SHOWN).get_page(request.GET.get("page"))
    today = timezone.localdate()
    rows = [
        {
            "call": call, "sign": SIGNS[call.state], "missing": call.owed - call.done,
            "is_over": call.state == State.OPEN and call.deadline_on < today and call.done < call.owed,
        }
        for call in page
    ]  # fmt: skip
    context = {"form": form, "page": page, "rows": rows, "answers": may(request.user, "call.answer")}
    return render(request, "datacalls/list.html", context)


@require_http_methods(BOTH)
@policy("call.run")
def call_add(request):
    organs = (
        Branch.objects.visible_to(request.user, verb="call.run").filter(children__isnull=False).distinct().in_order()
    )
    first = {"branch": organs.order_by("path").first()}
    form = CallForm(request.POST or None, request.FILES or None, instance=DataCall(), organs=organs, initial=first)

    def act():
        return actions.draft(form.instance, form.cleaned_data["upload"], by=request.user, on=timezone.localdate())

    back = lambda made: reverse("datacalls:columns", args=[made.pk])  # noqa: E731
    return acted(
        request,
        form,
        act,
        "表已读入，请核对每一列怎么填。",
        back,
        "datacalls/add.html",
        cancel=reverse("datacalls:list"),
    )


@require_http_methods(BOTH)
@policy("call.run")
def call_columns(request, pk):
    """What each column means; the place of the form in the workbook can be put right above."""
    call = _run(request, pk)
    if call.state != State.DRAFT:
        messages.error(request, "已经发出，各列不能再改。")
        return redirect(call)
    columns = list(call.columns.all())
    again = request.method == "POST" and "again" in request.POST
    tells = request.method == "POST" and not again
    try:
        names = [sheet.name for sheet in shape.sheets(call.file)]
    except ValidationError as error:  # the kept form cannot be opened
        messages.error(request, "；".join(error.messages))
        return redirect(call)
    first = {"sheet": call.sheet, "header_row": call.header_row, "first_row": call.first_row}
    layout = LayoutForm(request.POST if again else None, names=names, initial=first)
    forms = [ColumnForm(request.POST if tells else None, column=column, per=call.per) for column in columns]
    version = whole_number(request.POST.get("version")) or 0
    try:
        if again and layout.is_valid():
            actions.reread(call, **layout.cleaned_data, version=version, by=request.user)
            messages.success(request, "已按新的位置重新识别。")
            return redirect("datacalls:columns", call.pk)
        if tells and not [form for form in forms if not form.is_valid()]:
            told = {form.column.position: form.told for form in forms}
            actions.tell_columns(call, told, version=version, by=request.user)
            return redirect(call)
    except ValidationError as error:
        if again:
            refuse(layout, error)
        else:
            messages.error(request, "；".join(error.messages))
    fresh = _run(request, pk)
    context = {
        "call": fresh, "layout": layout, "forms": forms, "faults": [form for form in forms if form.errors],
        "known": sum(column.source == Source.KNOWN for column in columns),
        "asked": sum(column.source == Source.ASKED for column in columns),
    }  # fmt: skip
    return render(request, "datacalls/columns.html", context)


@require_safe
@policy("call.see")
def call_detail(request, pk):
    user, today = request.user, timezone.localdate()
    seen = DataCall.objects.visible_to(user) | DataCall.objects.visible_to(user, verb="call.run")
    call = get_object_or_404(seen.select_related("branch", "created_by", "opened_by", "closed_by"), pk=pk)
    runs = may(user, "call.run", at=call.branch)
    rows = DataCallAnswer.objects.visible_to(user).filter(call=call)
    counts = rows.aggregate(
        owed=Count("pk"),
        done=Count("pk", filter=Q(state=Answered.SUBMITTED)),
        back=Count("pk", filter=Q(state=Answered.RETURNED)),
    )
    missing, tab = rows.exclude(state=Answered.SUBMITTED).order_by("branch__order", "branch"), request.GET.get("only")
    shown = {"missing": missing, "done": rows.handed_in()}.get(tab, rows)
    page = Paginator(
        shown.select_related("branch", "submitted_by").order_by("branch__order", "branch"), SHOWN
    ).get_page(request.GET.get("page"))
    columns = list(call.columns.all())
    context = {
        "call": call, "sign": SIGNS[call.state], "runs": runs, "counts": counts, "missing": counts["owed"] - counts["done"],
        "is_draft": call.state == State.DRAFT, "is_open": call.state == State.OPEN, "page": page, "tab": tab,
        "is_over": call.state == State.OPEN and call.deadline_on < today, "ask": request.GET.get("ask", "") if runs else "",
        "rows": [{"answer": answer, "sign": SIGNS.get(answer.state, "wait")} for answer in page],
        "groups": [
            {"label": label, "names": [column.header for column in columns if column.source == source]} for source, label in Source.choices
        ],
        "group_text": _chase(call, missing) if runs and call.state == State.OPEN else "", "may_urge": runs and may(user, "reminder.see"),
        "version": VersionForm(initial={"version": call.version}), "events": audit.of(call)[:20] if runs else [],
    }  # fmt: skip
    return render(request, "datacalls/detail.html", context)


def _chase(call, missing):
    """Who has not handed in yet, as one message for the group."""
    count = missing.count()
    if not count:
        return ""
    names = [answer.branch.name for answer in missing.select_related("branch")[:NAMED]]
    day, rest = call.deadline_on, "等" if count > NAMED else ""
    lines = [
        f"【催报】{call.title}",
        f"报送期限：{day.year}年{day.month}月{day.day}日",
        f"还没有报送的（{count} 个）：",
        "、".join(names) + rest,
    ]
    return "\n".join([*lines, "系统里已有的内容已经填好，请登录门户核对、补填后报送。", call.branch.name])


@require_http_methods(BOTH)
@policy("call.run")
def call_open(request, pk):
    call, today = _run(request, pk), timezone.localdate()
    if call.state != State.DRAFT:
        return redirect(call)
    below = Branch.objects.visible_to(request.user, verb="call.run").at_work(today)
    below = below.filter(path__startswith=call.branch.path).exclude(pk=call.branch_id).in_order()
    form = OpenForm(request.POST or None, below=below, initial={"version": call.version})
    picked = {str(key) for key in form["chosen"].value() or ()}
    groups = {}
    for branch in below:
        groups.setdefault(branch.get_stage_display() or branch.get_kind_display(), []).append(
            {"branch": branch, "is_chosen": str(branch.pk) in picked}
        )

    def act():
        version = form.cleaned_data["version"]
        return actions.open_call(call, form.branches, version=version, by=request.user, on=today)

    return acted(
        request, form, act, "已发出，各党组织的应办事项里多了这一件。", call.get_absolute_url(), "datacalls/open.html",
        fresh=lambda: _run(request, pk), call=call,
        groups=[
            {"label": label, "rows": rows, "chosen": sum(row["is_chosen"] for row in rows)} for label, rows in groups.items()
        ],
    )  # fmt: skip


@require_http_methods(BOTH)
@policy("call.run")
def call_deadline(request, pk):
    call = _run(request, pk)
    form = DeadlineForm(request.POST or None, instance=_run(request, pk))

    def act():
        day, version = form.cleaned_data["deadline_on"], form.cleaned_data["version"] or 0
        return actions.put_off(call, day, version=version, by=request.user, on=timezone.localdate())

    return acted(
        request, form, act, "报送期限已改，各党组织的应办事项跟着改了。", call.get_absolute_url(), "datacalls/deadline.html",
        fresh=lambda: _run(request, pk), call=call,
    )  # fmt: skip


@require_POST
@policy("call.run")
def call_close(request, pk):
    call = _run(request, pk)
    version = whole_number(request.POST.get("version")) or 0
    act = lambda: actions.close(call, version=version, by=request.user, on=timezone.localdate())  # noqa: E731
    return pressed(request, act, "收表已结束。", call)


@require_POST
@policy("call.run")
def call_drop(request, pk):
    call = _run(request, pk)
    return pressed(request, lambda: actions.drop(call, by=request.user), "草稿已删去。", "datacalls:list", refused=call)


@require_safe
@policy("call.run")
def call_merged(request, pk):
    """The own form back, with the lines of everybody who has handed in."""
    call = _run(request, pk)
    rows = DataCallAnswer.objects.visible_to(request.user, verb="call.run").filter(call=call).handed_in().count()
    if not rows:
        messages.error(request, "还没有党组织报送，没有可以汇总的内容。")
        return redirect(call)
    try:
        data, name = merging.merge(call, request.user)
    except ValidationError as error:
        messages.error(request, "；".join(error.messages))
        return redirect(call)
    audit.record("call.merge", call, by=request.user, answers=rows)
    return download(data, name)


@require_safe
@policy("call.run")
def call_form(request, pk):
    """The empty form as it was uploaded."""
    return serve(_run(request, pk).file, request)
