"""The acts of the road, each a question on a page of its own, and the letter on paper."""

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
from members import transfer_moves, transfer_sheet, transfers
from members.forms import transfer as forms
from members.models import Transfer
from members.views.transfer import tell
from office.pdf import to_pdf
from office.word import to_word
from rulebook.book import in_force

DANGER = {"send_back", "refuse", "refuse_issue", "withdraw"}
FORMATS = {
    "docx": (to_word, "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    "pdf": (to_pdf, "application/pdf"),
}
Direction = Transfer.Direction


def _found(request, pk, verb):
    found = Transfer.objects.visible_to(request.user, verb=verb)
    return get_object_or_404(found.select_related("member", "from_branch__parent", "to_branch__parent"), pk=pk)


def _ask(request, pk, act, form_class, do, *, title, label, done, text="", initial=None, rules=None):
    """The page of one act: who may not take it now is led back to the transfer."""
    step, today = transfers.ROAD[act], timezone.localdate()
    transfer = _found(request, pk, step.verb)
    if act not in transfers.ways(transfer, request.user):
        messages.warning(request, f"这件转接现在是“{transfer.get_state_display()}”，这一步现在不能由您办理。")
        return redirect(transfer)
    initial = initial(transfer, today) if callable(initial) else initial
    form = form_class(request.POST if request.method == "POST" else None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            transfer = do(transfer, **form.cleaned_data, by=request.user, on=today)
        except ValidationError as error:
            tell(form, error)
        else:
            messages.success(request, done)
            if act in ("receive", "settle") and any(chief for *_, chief in transfer_moves.offices_left(transfer)):
                messages.warning(request, "这位同志原任书记，转出后书记空缺，请转出方及时补选。")
            return redirect(transfer)
    context = {
        "form": form, "transfer": transfer, "title": title, "text": text(transfer, today) if callable(text) else text,
        "label": label, "danger": act in DANGER, "rules": rules(today) if rules else [],
        "act_url": reverse(f"members:transfer_{act}", args=[transfer.pk]),
        "ends": transfer_moves.offices_left(transfer) if act in ("receive", "settle", "issue") else [],
    }  # fmt: skip
    return render(request, "members/transfer_step.html", context)


def _letter_rules(today):
    book = in_force(on=today)
    days, most = book["transfer.letter_days"], book["transfer.letter_most_days"]
    return [
        f"有效期一般 {days.value} 天，最长 {most.value} 天（{days.source}）。",
        "编号留空，由系统按年度顺序编；县内支部之间不用纸质介绍信的，也留编号备查。",
        "党费应交清到开信当月；交至哪个月，由转出支部收到哪个月，下个月起交给转入支部。",
    ]


def _today(*names):
    return lambda transfer, today: dict.fromkeys(names, today)


@require_POST
@policy("transfer.ask")
def transfer_agree(request, pk):
    transfer = _found(request, pk, "transfer.ask")
    try:
        transfers.agree(transfer, by=request.user, on=timezone.localdate())
    except ValidationError as error:
        messages.error(request, "；".join(error.messages))
    else:
        messages.success(request, "已报上级审核。")
    return redirect(transfer)


@require_http_methods(["GET", "HEAD", "POST"])
@policy("transfer.approve")
def transfer_issue(request, pk):
    def initial(transfer, today):
        days = in_force(on=today)["transfer.letter_days"].value
        return {"issued_on": today, "valid_days": days, "dues_paid_through": today.replace(day=1)}

    return _ask(
        request, pk, "issue", forms.IssueForm, transfers.issue, title="开出介绍信", label="开出",
        done="介绍信已开出，转接在途。", initial=initial, rules=_letter_rules,
    )  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
@policy("transfer.approve")
def transfer_reissue(request, pk):
    def initial(transfer, today):
        return {"issued_on": today, "valid_days": in_force(on=today)["transfer.letter_days"].value}

    return _ask(
        request, pk, "reissue", forms.ReissueForm, transfers.reissue, title="换开介绍信", label="换开",
        done="已换开介绍信，原介绍信作废。", initial=initial, rules=_letter_rules,
        text=lambda transfer, today: f"原编号 {transfer.number}，有效期至 {transfer.valid_until:%Y-%m-%d}。原介绍信应当收回。",
    )  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
@policy("transfer.ask")
def transfer_receive(request, pk):
    return _ask(
        request, pk, "receive", forms.ReceiveForm, transfer_moves.receive, title="接收组织关系", label="接收",
        done="已接收，从接收日期起计入本支部。", initial=_today("received_on"),
        text="从接收日期起计入本支部，前一天及以前仍在原支部。可以补填以前的日期，不能早于介绍信开出日期，也不能晚于今天。账号的岗位权限不随组织关系变动，要调整的请管理员办理。",
    )  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
@policy("transfer.approve")
def transfer_settle(request, pk):
    return _ask(
        request, pk, "settle", forms.SettleForm, transfer_moves.settle, title="登记回执", label="登记",
        done="已登记回执，组织关系转出县外。", initial=_today("receipt_on"),
        text="照回执填写。这位同志在本县的组织关系到对方接收日期的前一天为止。账号的岗位权限不会自动停用，要停用的请管理员办理。",
    )  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
@policy("transfer.approve")
def transfer_confirm(request, pk):
    return _ask(
        request, pk, "confirm", forms.ConfirmForm, transfer_moves.confirm, title="确认接收", label="确认",
        done="已确认，转接办结。", initial=_today("receipt_on"),
        text=lambda transfer, today: f"{transfer.to_branch}已于 {transfer.received_on:%Y-%m-%d} 接收。确认后回执可以打印。",
    )  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
@policy("transfer.ask")
def transfer_send_back(request, pk):
    return _ask(
        request, pk, "send_back", forms.ReasonForm, transfers.send_back, title="退回介绍信", label="退回",
        done="已退回，这位同志仍在原支部。", text="退回后这位同志仍在原支部，对方能看到原因。",
    )  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
@policy("transfer.approve")
def transfer_refuse_issue(request, pk):
    return _ask(
        request, pk, "refuse_issue", forms.ReasonForm, transfers.refuse_issue, title="不同意转出", label="退回支部",
        done="已退回支部。", text="退回后支部能看到原因，可以改好再重新提出。",
    )  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
@policy("transfer.approve")
def transfer_refuse(request, pk):
    return _ask(
        request, pk, "refuse", forms.RefuseForm, transfer_moves.refuse, title="不予确认，退回原支部", label="退回",
        done="已退回，从退回日期起这位同志回到原支部。", initial=_today("returned_on"),
        text="从退回日期起回到原支部；接收以后到退回以前的会议记录不变。退回日期与接收日期同一天的，按没有离开过处理。原来的党内职务不自动恢复。",
    )  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
@policy("transfer.ask")
def transfer_withdraw(request, pk):
    return _ask(
        request, pk, "withdraw", forms.ReasonForm, transfers.withdraw, title="撤销转接", label="撤销",
        done="已撤销。", text="撤销后这位同志仍在原支部。介绍信已经开出的，应当收回。",
    )  # fmt: skip


@require_safe
@policy("transfer.see")
def transfer_letter(request, pk):
    """存根、介绍信、回执 to print, or as Word and PDF. Each time is on record."""
    transfer, today = _found(request, pk, "transfer.see"), timezone.localdate()
    if not transfer.issued_on or (transfer.direction == Direction.IN and not transfer.received_on):
        messages.warning(request, "介绍信还没有开出，开出以后才能打印。")
        return redirect(transfer)
    ending = request.GET.get("format", "")
    if request.method == "GET":
        audit.record("transfer.print", transfer, by=request.user, format=ending if ending in FORMATS else "page")
    if ending in FORMATS:
        write, content_type = FORMATS[ending]
        name = f"组织关系介绍信（{transfer.member.name}）.{ending}"
        headers = {"Content-Disposition": content_disposition_header(True, name)}
        content = write(transfer_sheet.as_paper(transfer, on=today))
        return HttpResponse(content, content_type=content_type, headers=headers)
    context = {"transfer": transfer, "parts": transfer_sheet.parts(transfer), "seam": transfer_sheet.seam(transfer)}
    return render(request, "members/transfer_letter.html", context)
