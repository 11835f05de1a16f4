from datetime import datetime

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db import transaction
from django.db.models import BooleanField, Count, ExpressionWrapper, F, Q
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import audit
from accounts.models import Stale
from accounts.policy import policy
from branches.forms import whole_number
from branches.models import Branch, Inspection, Notice, Receipt
from branches.rights import may
from duties import notices
from duties.forms import AnswerForm, NoticeFilter, NoticeForm

State = Notice.State
ONLY = {"unsigned": "miss", "unanswered": "wait"}  # which receipts the table shows → their sign
SIGNS = {State.DRAFT: "draft", State.ISSUED: "done", State.WITHDRAWN: "na"}


@require_safe
@policy("notice.see")
def notice_list(request):
    """What one's own organisations received, unsigned first; and what they sent."""
    user = request.user
    receives, issues = may(user, "notice.receive"), may(user, "notice.issue")
    box = request.GET.get("box", "")
    unread = (
        Receipt.objects.visible_to(user, verb="notice.receive")
        .filter(notice__state=State.ISSUED, received_at__isnull=True)
        .count()
    )
    box = box if box in ("in", "out") else "in" if receives and (unread or not issues) else "out"
    data = request.GET.copy()
    data["box"] = box
    form = NoticeFilter(data, box=box)
    rows = _received(user, form.asked) if box == "in" else _issued(user, form.asked)
    page = Paginator(rows, 30).get_page(request.GET.get("page"))
    today = timezone.localdate()
    context = {
        "form": form, "page": page, "box": box, "may_add": issues, "unread": unread, "receives": receives,
        "has_both": receives and not _is_lowest(user),
        "rows": [_in_row(receipt, today) if box == "in" else _out_row(receipt) for receipt in page],
        "chips": form.chips, "clear": f"?box={box}",
    }  # fmt: skip
    return render(request, "duties/notices.html", context)


def _is_lowest(user):
    """Whether nobody stands below: a branch receives and does not send."""
    return Branch.objects.visible_to(user, verb="notice.see").count() == 1


def _received(user, asked):
    found = Receipt.objects.visible_to(user, verb="notice.receive").filter(notice__state=State.ISSUED)
    waits = Q(received_at__isnull=True) | Q(notice__needs_answer=True, answered_at__isnull=True)
    states = {
        "unread": Q(received_at__isnull=True), "settled": ~waits,
        "unanswered": Q(received_at__isnull=False, notice__needs_answer=True, answered_at__isnull=True),
    }  # fmt: skip
    if "state" in asked:
        found = found.filter(states[asked["state"]])
    found = _narrowed(found, asked, "notice__")
    is_read = ExpressionWrapper(Q(received_at__isnull=False), output_field=BooleanField())
    found = found.annotate(is_read=is_read).select_related("notice__branch", "branch")
    return found.order_by("is_read", "-notice__issued_at", "-pk")


def _issued(user, asked):
    own = Branch.objects.visible_to(user, verb="notice.see")
    found = _narrowed(Notice.objects.visible_to(user).filter(branch__in=own), asked, "")
    if "state" in asked:
        found = found.filter(state=asked["state"])
    sent = {
        "sent": Count("receipts"),
        "signed": Count("receipts", filter=Q(receipts__received_at__isnull=False)),
        "answered": Count("receipts", filter=Q(receipts__answered_at__isnull=False)),
    }
    return found.annotate(**sent).select_related("branch").order_by(F("issued_at").desc(nulls_first=True), "-pk")


def _narrowed(found, asked, to):
    if "q" in asked:
        found = found.filter(Q(**{f"{to}title__contains": asked["q"]}) | Q(**{f"{to}number__contains": asked["q"]}))
    if "kind" in asked:
        found = found.filter(**{f"{to}kind": asked["kind"]})
    if "year" in asked:
        found = found.filter(Q(**{f"{to}issued_at__year": asked["year"]}) | Q(**{f"{to}issued_at__isnull": True}))
    return found


def receipt_state(receipt):
    """(sign, word) of one organisation's receipt."""
    if not receipt.received_at:
        return "miss", "未签收"
    if receipt.notice.needs_answer and not receipt.answered_at:
        return "wait", "待答复"
    return "done", "已答复" if receipt.answered_at else "已签收"


def _in_row(receipt, today):
    sign, word = receipt_state(receipt)
    deadline = receipt.notice.deadline_on
    return {
        "notice": receipt.notice, "branch": receipt.branch, "from": receipt.notice.branch, "sign": "wait" if sign == "miss" else sign,
        "word": "待签收" if sign == "miss" else word,
        "is_over": bool(deadline and deadline < today and sign != "done"),
    }  # fmt: skip


def _out_row(notice):
    word = notice.get_state_display()
    return {"notice": notice, "from": notice.branch, "sign": SIGNS[notice.state], "word": word}


# --- one notice


@require_safe
@policy("notice.see")
def notice_detail(request, pk):
    notice = get_object_or_404(
        Notice.objects.visible_to(request.user).select_related("branch", "created_by", "issued_by"), pk=pk
    )
    return _detail(request, notice)


def _detail(request, notice, answer_form=None, answered=None):
    user, today = request.user, timezone.localdate()
    receipts = list(
        Receipt.objects.visible_to(user)
        .filter(notice=notice)
        .select_related("branch", "received_by", "answered_by")
        .order_by("branch__order", "branch")
    )
    for receipt in receipts:
        receipt.notice = notice  # known already
    mine = set(
        Receipt.objects.visible_to(user, verb="notice.receive").filter(notice=notice).values_list("pk", flat=True)
    )
    may_issue = may(user, "notice.issue", at=notice.branch)
    is_draft, is_signed = notice.state == State.DRAFT, notice.kind == Notice.Kind.CRITICISM
    may_sign = is_signed and may(user, notices.issuing(notice), at=notice.branch)
    may_send = is_draft and (may_sign and user.pk not in notices.authors(notice) if is_signed else may_issue)
    watched = [receipt for receipt in receipts if receipt.pk not in mine or len(receipts) > 1]
    only = request.GET.get("only", "")
    shown = [each for each in watched if only not in ONLY or receipt_state(each)[0] == ONLY[only]]
    counts = [
        ("发出", len(watched)), ("已签收", sum(bool(each.received_at) for each in watched)),
        ("已答复", sum(bool(each.answered_at) for each in watched)),
    ]  # fmt: skip
    reach = list(notice.addressed_to.in_order()[:200]) if is_draft else []
    context = {
        "notice": notice, "today": today, "sign": SIGNS[notice.state], "may_issue": may_issue,
        "is_draft": is_draft, "may_send": may_send, "is_signed": is_signed,
        "sees_draft": may_issue or may_sign, "visits": _visits(notice, user), "is_issued": notice.state == State.ISSUED, "reach": reach,
        "is_call": notice.kind == Notice.Kind.CALL,
        "may_withdraw": may_issue and notice.kind != Notice.Kind.CALL and notice.state == State.ISSUED
        and may(user, notices.withdrawing(notice), at=notice.branch),
        "is_meeting": notice.kind == Notice.Kind.MEETING, "marks": Receipt.Mark.choices,
        "lines": [_line(receipt) for receipt in shown] if len(watched) > 1 or may_issue else [],
        "chosen": only if only in ONLY else "", "is_long": len(watched) > 1, "counts": counts if notice.needs_answer else counts[:2],
        "own": [
            _line(receipt) | {
                "form": answer_form if answered == receipt.pk else _answer_form(receipt),
                "is_open": notice.state == State.ISSUED,
            }
            for receipt in receipts
            if receipt.pk in mine
        ],
        "group_text": group_text(notice), "ask": request.GET.get("ask", "") if may_issue or may_sign else "",
        "events": audit.of(notice)[:20] if may_issue or may_sign else [],
    }  # fmt: skip
    return render(request, "duties/notice.html", context)


def _visits(notice, user):
    """The visits that a 通报 follows, as far as this person sees them."""
    if notice.kind not in (Notice.Kind.COMMENDATION, Notice.Kind.CRITICISM):
        return []
    found = Inspection.objects.visible_to(user).filter(Q(commendation=notice) | Q(criticism=notice))
    return list(found.select_related("branch", "line").order_by("branch__order", "pk"))


def _answer_form(receipt, data=None):
    return AnswerForm(data, auto_id=f"r{receipt.pk}-%s", initial={"seen": notices.mark_of(receipt)})


def _line(receipt):
    sign, word = receipt_state(receipt)
    return {"receipt": receipt, "sign": sign, "word": word}


def group_text(notice):
    """The notice as one message for the group: plain text, the deadline in a line of its own."""
    number = f"（{notice.number}）" if notice.number else ""
    lines = [f"【{notice.get_kind_display()}】{notice.title}{number}", notice.body.strip()]
    if notice.held_on:
        lines.append(f"会议日期：{notice.held_on.year}年{notice.held_on.month}月{notice.held_on.day}日")
    if notice.deadline_on:
        lines.append(f"办理期限：{notice.deadline_on.year}年{notice.deadline_on.month}月{notice.deadline_on.day}日前")
    lines.append("请登录门户签收，并写明办理情况。" if notice.needs_answer else "请登录门户签收。")
    lines.append(notice.branch.name)
    return "\n".join(filter(None, lines))


@require_http_methods(["GET", "HEAD", "POST"])
@policy("notice.issue")
def notice_add(request):
    organs = _organs(request.user)
    if not organs.exists():
        raise Http404
    kind, month = request.GET.get("kind", ""), request.GET.get("month", "")
    own = kind in Notice.Kind.values and kind != Notice.Kind.CALL  # a 收表 has its own page
    initial = {"branch": organs.first(), "kind": kind if own else Notice.Kind.NOTICE}
    if day := _month(month):
        initial |= {"month": day, "title": f"{day.month} 月调度要点" if kind == Notice.Kind.DISPATCH else ""}
    return _form(request, Notice(branch=organs.first()), initial)


def _month(text):
    try:
        return datetime.strptime(text, "%Y-%m").date()  # noqa: DTZ007 - a month has no zone
    except ValueError:
        return None


def _organs(user):
    """The organisations for which `user` may send: those with somebody below."""
    return (
        Branch.objects.visible_to(user, verb="notice.issue").filter(children__isnull=False).distinct().order_by("path")
    )


def own_notice(request, pk):
    """A notice that the person may issue, not one that was merely sent to a place below."""
    own = Branch.objects.visible_to(request.user, verb="notice.issue")
    found = Notice.objects.visible_to(request.user, verb="notice.issue").filter(branch__in=own).select_related("branch")
    return get_object_or_404(found, pk=pk)


@require_http_methods(["GET", "HEAD", "POST"])
@policy("notice.issue")
def notice_edit(request, pk):
    notice = own_notice(request, pk)
    if notice.state != State.DRAFT:
        messages.error(request, "通知已经发出，不能再改；要更正的，请撤回后重发。")
        return redirect(notice)
    return _form(request, notice, {})


def _form(request, notice, initial):
    organs = _organs(request.user)
    below = Branch.objects.visible_to(request.user, verb="notice.issue").at_work(timezone.localdate())
    below = below.exclude(parent=None).in_order()
    data = _ticked(request.POST, below) if "tick" in request.POST else request.POST or None
    form = NoticeForm(data, instance=notice, initial=initial, organs=organs, below=below)
    stale = None
    if request.method == "POST" and "tick" not in request.POST:
        try:
            with transaction.atomic():
                if form.is_valid():
                    notice = notices.save_draft(form, version=form.cleaned_data["version"] or 0, by=request.user)
                    messages.success(request, "草稿已保存，核对后再发出。")
                    return redirect(notice)
        except ValidationError as error:
            form.add_error(None, error)
        if form.is_stale:
            fresh = Notice.objects.visible_to(request.user, verb="notice.issue").get(pk=notice.pk)
            form.catch_up(fresh, hidden=("addressed_to",))
            stale = {"rows": form.theirs, "event": audit.of(fresh).first()}
    if "tick" in request.POST:
        form.errors.clear()
    chosen = {str(pk) for pk in form["addressed_to"].value() or ()}
    groups = {}
    for branch in below:
        groups.setdefault(branch.get_stage_display() or branch.get_kind_display(), []).append(
            {"branch": branch, "is_chosen": str(branch.pk) in chosen}
        )
    context = {
        "form": form, "pk": notice.pk, "stale": stale, "chosen_count": len(chosen),
        "groups": [
            {"label": label, "rows": rows, "chosen": sum(row["is_chosen"] for row in rows)} for label, rows in groups.items()
        ],
    }  # fmt: skip
    return render(request, "duties/notice_form.html", context)


def _ticked(data, below):
    """The form as typed, with the organisations of a kind and a stage ticked in addition."""
    data = data.copy()
    found = below
    sort = data.get("sort") if data.get("sort") in Branch.Kind.values else ""
    stage = data.get("stage") if data.get("stage") in Branch.Stage.values else ""
    if sort:
        found = found.filter(kind=sort)
    if stage:
        found = found.filter(stage=stage)
    if sort or stage:
        chosen = {*data.getlist("addressed_to"), *map(str, found.values_list("pk", flat=True))}
        data.setlist("addressed_to", sorted(chosen))
        data["reach"] = NoticeForm.CHOSEN
    return data


@require_POST
@policy("notice.issue")
def notice_issue(request, pk):
    return _move(
        request, pk, lambda notice: notices.issue(notice, by=request.user, on=timezone.localdate()), "已发出。"
    )


@require_POST
@policy("bulletin.sign")
def notice_sign(request, pk):
    """Sign a 通报批评 as it was read, which sends it out."""
    notice = _signable(request, pk)
    version = whole_number(request.POST.get("version")) or 0
    act = lambda found: notices.issue(found, by=request.user, on=timezone.localdate(), version=version)  # noqa: E731
    return _acted(request, notice, act, "已签发，收到的党组织要签收、答复。")


def _signable(request, pk):
    own = Branch.objects.visible_to(request.user, verb="bulletin.sign")
    found = Notice.objects.visible_to(request.user, verb="bulletin.sign").filter(kind=Notice.Kind.CRITICISM)
    return get_object_or_404(found.filter(branch__in=own).select_related("branch"), pk=pk)


@require_POST
@policy("notice.issue")
def notice_withdraw(request, pk):
    return _move(
        request, pk, lambda notice: notices.withdraw(notice, by=request.user), "已撤回，收到的党组织不再需要办理。"
    )


def _move(request, pk, act, words):
    return _acted(request, own_notice(request, pk), act, words)


def _acted(request, notice, act, words):
    try:
        act(notice)
    except ValidationError as error:
        messages.error(request, "；".join(error.messages))
    else:
        messages.success(request, words)
    return redirect(notice)


@require_POST
@policy("notice.issue")
def notice_marks(request, pk):
    """Who of those called to a meeting came, for all in one form."""
    notice = own_notice(request, pk)
    marks = {
        key: mark
        for name, mark in request.POST.items()
        if name.startswith("mark-") and (key := whole_number(name[5:])) and mark in ("", *Receipt.Mark.values)
    }
    return _move(request, notice.pk, lambda found: notices.mark(found, marks, by=request.user), "已登记参会情况。")


@require_POST
@policy("notice.receive")
def receipt_receive(request, pk):
    """Sign for a notice, or answer it, which signs for it too."""
    receipt = get_object_or_404(
        Receipt.objects.visible_to(request.user, verb="notice.receive").select_related("notice__branch"), pk=pk
    )
    form, answer = None, None
    if "reply" in request.POST:
        form = _answer_form(receipt, request.POST)
        if not form.is_valid():
            return _detail(request, receipt.notice, form, receipt.pk)
        answer = form.cleaned_data["answer"]
    try:
        notices.receive(
            receipt, by=request.user, on=timezone.localdate(), answer=answer,
            seen=form.cleaned_data["seen"] if form else "",
        )  # fmt: skip
    except Stale as error:
        form.data = form.data | {"seen": notices.mark_of(Receipt.objects.visible_to(request.user).get(pk=pk))}
        form.add_error(None, error)
        return _detail(request, receipt.notice, form, receipt.pk)
    except ValidationError as error:
        messages.error(request, "；".join(error.messages))
    else:
        messages.success(request, "已答复。" if answer else "已签收。")
    if receipt.notice.state != State.ISSUED:
        return redirect("duties:notices")
    return redirect(receipt.notice)
