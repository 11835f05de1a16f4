"""One list by which many are moved at once: typed row by row, or read from a workbook into the same rows."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import Count, Q
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import audit
from accounts.policy import policy
from branches.forms import whole_number
from branches.models import Branch
from branches.rights import may
from members import transfer_lists, transfers
from members.forms.transfer import ConfirmForm, IssueForm, ListForm
from members.models import Transfer, TransferList
from members.transfer_lists import Line
from members.views.transfer import SHORT, SIGNS, tell
from office import Unreadable
from rulebook.book import value

SHOWN = 30
BLANK, MORE = 6, 6  # empty rows at first, and added at a time
LENGTH = 200  # of what is read of one box
State = Transfer.State


@require_safe
@policy("transfer.see")
def transfer_lists_page(request):
    found = TransferList.objects.visible_to(request.user).select_related("branch").annotate(
        people=Count("transfers"), done=Count("transfers", filter=Q(transfers__state=State.DONE))
    )  # fmt: skip
    page = Paginator(found.order_by("-moves_on", "-pk"), SHOWN).get_page(request.GET.get("page"))
    context = {"page": page, "query": request.GET, "may_list": may(request.user, "transfer.approve")}
    return render(request, "members/transfer_lists.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@policy("transfer.approve")
def transfer_list_add(request):
    """Fill in who goes where; what a workbook holds comes into the same rows, with its faults beside them."""
    user, today = request.user, timezone.localdate()
    organs = Branch.objects.visible_to(user, verb="transfer.approve").exclude(
        kind__in=[Branch.Kind.BRANCH, Branch.Kind.JOINT, Branch.Kind.TEMPORARY]
    )
    form = ListForm(
        request.POST if request.method == "POST" else None, request.FILES or None, branches=organs.at_work(today).order_by("path"),
        initial={"moves_on": today},
    )  # fmt: skip
    lines, blanks = [], BLANK
    if request.method == "POST":
        lines, blanks = _typed(request.POST), MORE if "more" in request.POST else 1
        is_good = form.is_valid()
        upload = form.cleaned_data.get("file") if hasattr(form, "cleaned_data") else None
        if upload:
            lines = _read(form, upload) or lines
        lines = transfer_lists.resolve(lines, user, today)
        if "more" not in request.POST and is_good and not form.errors and _is_clean(form, lines):
            try:
                listed = transfer_lists.draw_up(form.instance, lines, by=user, on=today)
            except ValidationError as error:
                tell(form, error)
            else:
                messages.success(request, f"名单已登记，共 {len(lines)} 人。下一步：统一开出介绍信。")
                return redirect(listed)
    context = {
        "form": form, "lines": [*lines, *(Line(len(lines) + place) for place in range(1, blanks + 1))],
        "branches": transfers.destinations(today), "faults": [line for line in lines if line.errors],
        "is_asked": request.method == "POST" and "more" not in request.POST,
    }  # fmt: skip
    return render(request, "members/transfer_list_form.html", context)


def _typed(data):
    count = min(whole_number(data.get("rows")) or 0, transfer_lists.MOST)
    found = [
        Line(place, **{key: data.get(f"row-{place}-{key}", "").strip()[:LENGTH] for key in transfer_lists.LABELS})
        for place in range(1, count + 1)
    ]
    return [line for line in found if not line.is_blank]


def _read(form, upload):
    try:
        return transfer_lists.read(upload.read(), upload.name)
    except Unreadable as error:
        form.add_error("file", str(error))
        return []


def _is_clean(form, lines):
    if not lines:
        form.add_error(None, "名单上还没有人：逐行填写，或者选一个工作簿。")
    elif bad := sum(bool(line.errors) for line in lines):
        form.add_error(None, f"有 {bad} 行要改，见下面的名单；改好以前一个人也不登记。")
    return not form.errors


@require_safe
@policy("transfer.see")
def transfer_list_detail(request, pk):
    listed = get_object_or_404(
        TransferList.objects.visible_to(request.user).select_related("branch", "created_by"), pk=pk
    )
    return _detail(request, listed)


def _detail(request, listed, issue=None, confirm=None):
    user, today = request.user, timezone.localdate()
    rows = Transfer.objects.visible_to(user).filter(on_list=listed).select_related("member", "from_branch", "to_branch")
    rows = list(rows.order_by("pk"))
    acts = may(user, "transfer.approve", at=listed.branch)
    counts = {
        state: sum(row.state == state for row in rows)
        for state in (State.AGREED, State.ISSUED, State.RECEIVED, State.DONE)
    }
    first = {
        "issued_on": today,
        "valid_days": value("transfer.letter_days", on=today),
        "dues_paid_through": today.replace(day=1),
    }
    context = {
        "listed": listed, "events": audit.of(listed)[:20],
        "rows": [
            {"transfer": row, "sign": SIGNS[row.state], "word": SHORT.get(row.state, row.get_state_display())} for row in rows
        ],
        "counts": [
            ("名单人数", len(rows)), ("待开介绍信", counts[State.AGREED]), ("在途", counts[State.ISSUED]),
            ("待确认", counts[State.RECEIVED]), ("已完成", counts[State.DONE]),
        ],
        "issue": (issue or IssueForm(initial=first)) if acts and counts[State.AGREED] else None,
        "confirm": (confirm or ConfirmForm(initial={"receipt_on": today})) if acts and counts[State.RECEIVED] else None,
    }  # fmt: skip
    return render(request, "members/transfer_list.html", context)


@require_POST
@policy("transfer.approve")
def transfer_list_issue(request, pk):
    listed = _listed(request, pk)
    form = IssueForm(request.POST)
    if form.is_valid():
        given = {key: found for key, found in form.cleaned_data.items() if key != "number"}
        try:
            done = transfer_lists.issue_all(listed, **given, by=request.user, on=timezone.localdate())
        except ValidationError as error:
            tell(form, error)
        else:
            messages.success(request, f"已开出 {done} 份介绍信，编号依次排定。")
            return redirect(listed)
    return _again(request, listed, issue=form)


@require_POST
@policy("transfer.approve")
def transfer_list_confirm(request, pk):
    listed = _listed(request, pk)
    form = ConfirmForm(request.POST)
    if form.is_valid():
        try:
            done = transfer_lists.confirm_all(listed, **form.cleaned_data, by=request.user, on=timezone.localdate())
        except ValidationError as error:
            tell(form, error)
        else:
            messages.success(request, f"已确认 {done} 人。")
            return redirect(listed)
    return _again(request, listed, confirm=form)


def _listed(request, pk):
    found = TransferList.objects.visible_to(request.user, verb="transfer.approve")
    return get_object_or_404(found.select_related("branch", "created_by"), pk=pk)


def _again(request, listed, **form):
    """The page with what was refused; what no longer can be filled in there is said at the top."""
    (refused,) = form.values()
    for words in refused.non_field_errors():
        messages.error(request, words)
    return _detail(request, listed, **form)
