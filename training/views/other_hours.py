"""Hours from elsewhere: the list of what was entered and what waits, entering them, one of them, confirming and sending back."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import audit
from accounts.policy import policy
from branches.forms import whole_number
from branches.models import Branch
from branches.rights import may
from branches.views.acting import acted, choice
from files.actions import serve
from members.models import Member
from rulebook.book import rule
from training import other_hours
from training.forms.hours import NewHoursForm, OtherHoursFilter, OtherHoursForm, ReasonForm
from training.models import OtherHours

SHOWN = 30
SIGNS = {"entered": "wait", "confirmed": "done", "returned": "back"}
State = OtherHours.State


@require_safe
@policy("training.see")
def hours_other_list(request):
    today = timezone.localdate()
    seen = OtherHours.objects.visible_to(request.user).select_related("member", "branch")
    reach = Branch.objects.visible_to(request.user, verb="training.see").at_work(today).in_order()
    form = OtherHoursFilter(request.GET, branch=reach)
    has_many = len(form.fields["branch"].queryset) > 1
    if not has_many:
        form.drop("branch")
    rows = seen
    if "branch" in form.asked:
        rows = rows.filter(branch__path__startswith=form.asked["branch"].path)
    if "state" in form.asked:
        rows = rows.filter(state=form.asked["state"])
    if "q" in form.asked:
        word = form.asked["q"]
        rows = rows.filter(
            Q(member__name__contains=word) | Q(member__initials__startswith=word.lower()) | Q(title__contains=word)
        )
    page = Paginator(rows.order_by("-created_at", "-pk"), SHOWN).get_page(request.GET.get("page"))
    rows = [
        {
            "row": row, "sign": SIGNS[row.state],
            "may_check": row.state == State.ENTERED and other_hours.may_check(row, request.user),
        }
        for row in page
    ]  # fmt: skip
    context = {
        "form": form, "page": page, "query": request.GET, "rows": rows, "has_many": has_many,
        "may_check": any(row["may_check"] for row in rows), "waiting": seen.filter(state=State.ENTERED).count(),
        "may_enter": may(request.user, "hours.edit"),
    }  # fmt: skip
    return render(request, "training/other_hours.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@policy("hours.edit")
def hours_other_add(request):
    """First the organisation, then for whom of it and what for."""
    today = timezone.localdate()
    branches = Branch.objects.visible_to(request.user, verb="hours.edit")
    branches = branches.filter(closed_on=None, memberships__isnull=False, memberships__ended_on=None).distinct()
    asked = whole_number(request.GET.get("branch"))
    if asked is None and branches.count() == 1:
        asked = branches.get().pk
    if asked is None:
        context = choice(request, branches) | {
            "title": "登记其他学时", "text": "先选取得学时的党员所在的党组织", "list_url": reverse("training:other_hours"),
            "list_label": "其他学时", "target": "?branch=",
        }  # fmt: skip
        return render(request, "branches/inspection_choose.html", context)
    branch = get_object_or_404(branches, pk=asked)
    people = Member.objects.visible_to(request.user, verb="hours.edit").filter(
        memberships__branch=branch, memberships__ended_on=None
    )
    ticked = whole_number(request.GET.get("member"))
    form = NewHoursForm(
        request.POST or None, request.FILES or None, members=people.order_by("strokes", "pk"), instance=OtherHours(),
        initial={"members": [ticked] if ticked else []},
    )  # fmt: skip

    def act():
        typed = form.cleaned_data
        return other_hours.enter(
            form.instance, typed["members"], upload=typed["upload"], sure=typed["sure"], by=request.user, on=today
        )

    return acted(
        request, form, act, "已登记，等上级党组织核实；核实以前也先计入学时。", reverse("training:other_hours"),
        "training/other_hours_form.html", branch=branch, is_new=True, **_conversion(today),
    )  # fmt: skip


def _conversion(on):
    """How a course is counted, as the rules say, beside the field."""
    found = rule("hours.conversion", on=on)
    worth = found.value
    words = f"一天 {worth['day']} 学时、半天 {worth['half_day']} 学时、一小时 {worth['hour']} 学时折算；证明上写明学时的照证明。"
    return {"conversion": words, "cite": found}


def _found(request, pk, verb="training.see"):
    found = OtherHours.objects.visible_to(request.user, verb=verb)
    return get_object_or_404(found.select_related("member", "branch", "file", "created_by", "checked_by"), pk=pk)


@require_safe
@policy("training.see")
def hours_other_detail(request, pk):
    row = _found(request, pk)
    may_edit = row.state != State.CONFIRMED and may(request.user, "hours.edit", at=row.branch)
    checks = other_hours.may_check(row, request.user)
    context = {
        "row": row, "sign": SIGNS[row.state], "may_edit": may_edit, "events": audit.of(row)[:20],
        "may_confirm": checks and row.state == State.ENTERED, "may_return": checks and row.state != State.RETURNED,
        "is_own": row.state == State.ENTERED and row.created_by_id == request.user.pk and may(request.user, "hours.accept", at=row.branch),
    }  # fmt: skip
    return render(request, "training/other_hours_detail.html", context)


@require_safe
@policy("training.see")
def hours_other_file(request, pk):
    row = _found(request, pk)
    if row.file is None:
        raise Http404
    return serve(row.file, request)


@require_http_methods(["GET", "HEAD", "POST"])
@policy("hours.edit")
def hours_other_edit(request, pk):
    row, today = _found(request, pk, "hours.edit"), timezone.localdate()
    if row.state == State.CONFIRMED:
        messages.info(request, "这条学时已核实，要改的请上级党组织先退回。")
        return redirect(row)
    name = str(row)
    form = OtherHoursForm(request.POST or None, request.FILES or None, instance=row)

    def act():
        typed = form.cleaned_data
        return other_hours.mend(
            form.instance, version=typed["version"] or 0, upload=typed["upload"], by=request.user, on=today
        )

    return acted(
        request, form, act, "已保存，等上级党组织核实。", row.get_absolute_url(), "training/other_hours_form.html",
        fresh=lambda: _found(request, pk, "hours.edit"), branch=row.branch, member=row.member, name=name, row=row,
        **_conversion(today),
    )  # fmt: skip


def _asking(request, row, act, done, back, **words):
    form = ReasonForm(request.POST or None)
    return acted(
        request, form, lambda: act(form.cleaned_data["reason"]), done, back, "training/other_hours_ask.html", row=row,
        cancel=row.get_absolute_url(), **words,
    )  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
@policy("hours.edit")
def hours_other_withdraw(request, pk):
    row = _found(request, pk, "hours.edit")
    return _asking(
        request, row, lambda reason: other_hours.withdraw(row, reason=reason, by=request.user), "已撤销登记。",
        reverse("training:other_hours"), title="撤销登记", label="撤销登记",
        rule="登记错了才撤销。撤销后不再计入学时，证明材料一并删去，操作记录保留。",
    )  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
@policy("hours.accept")
def hours_other_return(request, pk):
    row = _found(request, pk, "hours.accept")
    return _asking(
        request, row, lambda reason: other_hours.send_back(row, reason=reason, by=request.user), "已退回。",
        row.get_absolute_url(), title="退回其他学时", label="退回", rule="退回后不计入学时；支部补正后重新上报。",
    )  # fmt: skip


@require_POST
@policy("hours.accept")
def hours_other_confirm(request, pk):
    row = _found(request, pk, "hours.accept")
    try:
        other_hours.confirm(row, by=request.user)
    except ValidationError as error:
        messages.error(request, "；".join(error.messages))
    else:
        messages.success(request, f"已核实{row.member}的 {row.hours} 学时。")
    return redirect(row)


@require_POST
@policy("hours.accept")
def hours_other_confirm_all(request):
    """Those ticked in the list, all or none."""
    keys = [key for text in request.POST.getlist("row") if (key := whole_number(text))][:SHOWN]
    rows = OtherHours.objects.visible_to(request.user, verb="hours.accept").filter(pk__in=keys).select_related("member")
    try:
        count = other_hours.confirm_all(rows.order_by("pk"), by=request.user)
    except ValidationError as error:
        messages.error(request, "；".join(error.messages))
    else:
        messages.success(request, f"已核实 {count} 条。") if count else messages.info(request, "请先勾选要核实的。")
    return redirect(f"{reverse('training:other_hours')}?state=entered")
