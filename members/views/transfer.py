from datetime import timedelta

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db import transaction
from django.db.models import Q
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_http_methods, require_safe
from import_export.formats.base_formats import XLSX

from accounts import audit
from accounts.policy import policy
from branches.actions import root
from branches.forms import whole_number
from branches.models import Branch
from branches.rights import may
from members import register, transfers
from members.forms.transfer import TABS, ArrivalForm, PersonFind, PersonForm, TransferFilter, TransferForm
from members.models import Member, Membership, Transfer, TransferList
from members.transfer_moves import offices_left
from members.transfer_sheet import as_workbook
from rulebook.book import in_force, value

SHOWN = 30
FIRST_YEAR = 2018
OPEN = Transfer.OPEN
State, Direction = Transfer.State, Transfer.Direction
SIGNS = {
    State.DRAFT: "draft", State.AGREED: "wait", State.ISSUED: "wait", State.RECEIVED: "wait", State.DONE: "done",
    State.RETURNED: "back", State.WITHDRAWN: "na",
}  # fmt: skip
SHORT = {State.AGREED: "待上级审核", State.RECEIVED: "待上级确认"}
STEPS = {
    Direction.INSIDE: ("提出", "转出支部同意", "开介绍信、在途", "转入支部接收", "上级确认"),
    Direction.OUT: ("提出", "转出支部同意", "开介绍信、在途", "收到回执"),
    Direction.IN: ("登记介绍信", "转入支部接收", "上级确认"),
}
PLACES = {  # state → its step in the line above, by direction
    Direction.INSIDE: {State.DRAFT: 1, State.AGREED: 2, State.ISSUED: 3, State.RECEIVED: 4, State.DONE: 6},
    Direction.OUT: {State.DRAFT: 1, State.AGREED: 2, State.ISSUED: 3, State.DONE: 5},
    Direction.IN: {State.ISSUED: 1, State.RECEIVED: 2, State.DONE: 4},
}
NEXT = {  # what comes next, and who does it
    State.DRAFT: "转出支部核对后点“同意转出”，报上级审核。",
    State.AGREED: "上级党组织审核，开出介绍信。",
    State.RECEIVED: "上级党组织确认，送回回执。",
}


def letter_state(transfer, on, warn):
    """(sign, words) of a letter in transit: how long it still holds."""
    if transfer.state != State.ISSUED:
        return "", ""
    left = (transfer.valid_until - on).days
    if left < 0:
        return "miss", f"已过期 {-left} 天"
    return ("late" if left <= warn else "", f"还有 {left} 天" if left else "今天到期")


def _asked(request, today):
    form = TransferFilter(
        request.GET, range(today.year, FIRST_YEAR - 1, -1),
        branch=Branch.objects.visible_to(request.user, verb="transfer.see").filter(
            pk__in=_sides(request.user)
        ).in_order(),
    )  # fmt: skip
    if len(form.fields["branch"].queryset) <= 1:
        form.drop("branch")
    asked, rows = form.asked, Transfer.objects.visible_to(request.user)
    tab = asked.get("tab") or (
        "all" if asked else "mine" if transfers.waiting(request.user, today).exists() else "transit"
    )
    if tab == "mine":
        rows = transfers.waiting(request.user, today)
    elif tab == "transit":
        rows = rows.open()
    elif tab == "closed":
        rows = rows.exclude(state__in=OPEN)
    if "q" in asked:
        word = asked["q"]
        rows = rows.filter(
            Q(member__name__contains=word) | Q(member__initials__startswith=word.lower()) | Q(number__contains=word)
        )
    if "branch" in asked:
        rows = rows.filter(Q(from_branch=asked["branch"]) | Q(to_branch=asked["branch"]))
    for name in ("direction", "state"):
        if name in asked:
            rows = rows.filter(**{name: asked[name]})
    if "year" in asked:
        rows = rows.filter(created_at__year=asked["year"])
    if asked.get("when") == "over":
        rows = rows.overdue(today)
    if asked.get("when") == "soon":
        warn = value("transfer.warn_days", on=today)
        rows = rows.filter(state=State.ISSUED, valid_until__range=(today, today + timedelta(days=warn)))
    return form, rows.for_list(), tab


def _sides(user):
    """The branches that any transfer in sight leaves or joins."""
    seen = Transfer.objects.visible_to(user).order_by()
    return [pk for pair in seen.values_list("from_branch", "to_branch").distinct() for pk in pair if pk]


@require_safe
@policy("transfer.see")
def transfer_list(request):
    """What waits for me, what is on the way, what is settled: of both sides."""
    user, today = request.user, timezone.localdate()
    form, rows, tab = _asked(request, today)
    page = Paginator(rows, SHOWN).get_page(request.GET.get("page"))
    warn, here = value("transfer.warn_days", on=today), set(_visible(user, [row.member_id for row in page]))
    waits = transfers.waiting(user, today).count()
    query = request.GET.copy()
    query["tab"] = tab
    context = {
        "form": form, "page": page, "query": query, "tab": tab, "waits": waits, "chips": form.chips,
        "clear": f"?tab={tab}", "may_ask": may(user, "transfer.ask"), "may_list": may(user, "transfer.approve"),
        "lists": TransferList.objects.visible_to(user).exists(),
        "overdue": Transfer.objects.visible_to(user).overdue(today).count(),
        "tabs": [{"key": key, "label": label, "count": waits if key == "mine" else None} for key, label in TABS],
        "is_narrowed": any(name != "tab" for name in form.asked),
        "rows": [
            {
                "transfer": row, "sign": SIGNS[row.state], "word": SHORT.get(row.state, row.get_state_display()),
                "is_here": row.member_id in here,
                **dict(zip(("letter_sign", "letter"), letter_state(row, today, warn), strict=True)),
            }
            for row in page
        ],
    }  # fmt: skip
    return render(request, "members/transfers.html", context)


def _visible(user, pks):
    return Member.objects.visible_to(user).filter(pk__in=pks).values_list("pk", flat=True)


@require_safe
@policy("transfer.see")
def transfer_export(request):
    """组织关系转接台账: exactly what is filtered."""
    today = timezone.localdate()
    form, rows, tab = _asked(request, today)
    words = [dict(TABS)[tab], *(chip["label"] for chip in form.chips)]
    own = Branch.objects.visible_to(request.user, verb="transfer.see").order_by("path").first()
    content = as_workbook(rows, organ=own.name if own else root().name, on=today, words=words)
    audit.record("transfer.export", by=request.user, rows=rows.count(), asked=sorted(form.asked))
    headers = {"Content-Disposition": content_disposition_header(True, "组织关系转接台账.xlsx")}
    return HttpResponse(content, content_type=XLSX().get_content_type(), headers=headers)


# --- one transfer


@require_safe
@policy("transfer.see")
def transfer_detail(request, pk):
    user, today = request.user, timezone.localdate()
    found = Transfer.objects.visible_to(user).select_related(
        "member", "from_branch", "to_branch", "on_list", "created_by"
    )
    transfer = get_object_or_404(found, pk=pk)
    sign, word = letter_state(transfer, today, value("transfer.warn_days", on=today))
    allowed = transfers.ways(transfer, user)
    months = value("transfer.within_months", on=today)
    context = {
        "transfer": transfer, "ways": allowed, "sign": SIGNS[transfer.state],
        "steps": STEPS[transfer.direction], "here": PLACES[transfer.direction].get(transfer.state, 0),
        "is_over": transfer.state in (State.RETURNED, State.WITHDRAWN), "letter_sign": sign, "letter": word,
        "next": _next(transfer, sign), "is_here": bool(_visible(user, [transfer.member_id])),
        "taken": transfer.steps.select_related("created_by"), "events": audit.of(transfer)[:20],
        "may_edit": transfer.state == State.DRAFT and may(user, "transfer.ask", at=transfer.from_branch),
        "may_print": (transfer.issued_on is not None and transfer.direction != Direction.IN) or transfer.received_on is not None,
        "sees_list": transfer.on_list_id
        and TransferList.objects.visible_to(user).filter(pk=transfer.on_list_id).exists(),
        "within": f"介绍信开出后应在 {months} 个月内办结。", "ends": offices_left(transfer),
    }  # fmt: skip
    return render(request, "members/transfer.html", context)


def _next(transfer, sign):
    if transfer.state == State.ISSUED:
        if transfer.direction == Direction.OUT:
            return "等对方接收后寄回回执，照回执登记；在此以前仍由转出支部管理、交纳党费。"
        return "介绍信已过期，请开出方换开。" if sign == "miss" else "转入支部见到本人和介绍信后，登记接收日期。"
    return NEXT.get(transfer.state, "")


# --- beginning one


@require_http_methods(["GET", "HEAD", "POST"])
@policy("transfer.ask")
def transfer_add(request):
    """First whom, then where to."""
    user, today = request.user, timezone.localdate()
    pk = whole_number(request.GET.get("member"))
    homes = (
        Membership.objects.visible_to(user, verb="transfer.ask")
        .filter(ended_on=None)
        .select_related("member", "branch")
    )
    home = homes.filter(member=pk).first() if pk else None
    if pk and home is None:
        raise Http404
    if home is None:
        return _choose(request, homes)
    form = TransferForm(
        request.POST if request.method == "POST" else None,
        instance=Transfer(member=home.member, from_branch=home.branch),
    )
    if request.method == "POST" and form.is_valid():
        try:
            transfer = transfers.ask(form.instance, by=user, on=today, agreed="agree" in request.POST)
        except ValidationError as error:
            tell(form, error)
        else:
            messages.success(request, "已报上级审核。" if transfer.state == State.AGREED else "已存为草稿。")
            return redirect(transfer)
    return _where(request, form, home, today)


def _choose(request, homes):
    form = PersonFind(request.GET)
    if "q" in form.asked:
        word = form.asked["q"]
        homes = homes.filter(Q(member__name__contains=word) | Q(member__initials__startswith=word.lower()))
    page = Paginator(homes.order_by("branch__order", "member__initials", "pk"), SHOWN).get_page(request.GET.get("page"))
    busy = set(
        Transfer.objects.visible_to(request.user).open()
        .filter(member__in=[row.member_id for row in page]).values_list("member", flat=True)
    )  # fmt: skip
    context = {
        "form": form,
        "page": page,
        "query": request.GET,
        "rows": [{"home": row, "is_busy": row.member_id in busy} for row in page],
    }
    return render(request, "members/transfer_choose.html", context)


def _where(request, form, home, today):
    context = {
        "form": form, "home": home, "branches": transfers.destinations(today),
        "is_draft": form.instance.pk is None or form.instance.state == State.DRAFT, "is_new": form.instance.pk is None,
    }  # fmt: skip
    return render(request, "members/transfer_form.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@policy("transfer.ask")
@transaction.atomic
def transfer_edit(request, pk):
    user, today = request.user, timezone.localdate()
    found = Transfer.objects.visible_to(user, verb="transfer.ask").select_for_update(of=("self",))
    transfer = get_object_or_404(found.select_related("member", "from_branch", "to_branch"), pk=pk)
    if transfer.state != State.DRAFT or not may(user, "transfer.ask", at=transfer.from_branch):
        messages.warning(request, "只有转出支部能改草稿；已经报送的，请先撤销再重新提出。")
        return redirect(transfer)
    home = Membership(member=transfer.member, branch=transfer.from_branch)
    form = TransferForm(request.POST if request.method == "POST" else None, instance=transfer)
    if request.method == "POST" and form.is_valid():
        try:
            transfers.edit(form.instance, by=user, on=today)
            if "agree" in request.POST:
                transfers.agree(form.instance, by=user, on=today)
        except ValidationError as error:
            transaction.set_rollback(True)
            tell(form, error)
        else:
            messages.success(request, "已保存。")
            return redirect(transfer)
    return _where(request, form, home, today)


@require_http_methods(["GET", "HEAD", "POST"])
@policy("transfer.ask")
def transfer_arrive(request):
    """Somebody comes from outside with a letter."""
    user, today = request.user, timezone.localdate()
    branches = (
        Branch.objects.visible_to(user, verb="transfer.ask")
        .filter(kind__in=[Branch.Kind.BRANCH, Branch.Kind.JOINT]).at_work(today).in_order()
    )  # fmt: skip
    data = request.POST if request.method == "POST" else None
    person = PersonForm(data, prefix="person")
    form = ArrivalForm(data, branches=branches, initial={"valid_days": value("transfer.letter_days", on=today)})
    if request.method == "POST" and all([person.is_valid(), form.is_valid()]):
        try:
            transfer = transfers.arrive(form.instance, person.instance, by=user, on=today)
        except ValidationError as error:
            if "id_number" in getattr(error, "error_dict", {}):
                register.report_taken(person.cleaned_data["id_number"], form.cleaned_data["to_branch"], by=user)
            tell(form, error, person)
        else:
            messages.success(request, "已登记，等转入支部接收；接收以前不计入支部人数。")
            return redirect(transfer)
    book = in_force(on=today)
    context = {
        "form": form, "person": person, "forms": [form, person], "most": book["transfer.letter_most_days"].value,
        "cite": book["transfer.letter_days"].source,
    }  # fmt: skip
    return render(request, "members/transfer_arrive.html", context)


def tell(form, error, *others):
    """Put what an action refused beside the fields it names; all else at the top."""
    if not hasattr(error, "error_dict"):
        form.add_error(None, error)
        return
    for name, found in error.error_dict.items():
        owner = next((each for each in (form, *others) if name in each.fields), None)
        (owner or form).add_error(name if owner else None, found)
