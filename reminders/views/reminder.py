from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import Count, Q
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts import throttle
from accounts.policy import SIGNED_IN, policy
from branches.actions import root
from branches.forms import whole_number
from branches.rights import may
from duties.periods import labels
from reminders import actions, letters, sheets
from reminders.forms.reminder import CallForm, ChannelForm, ContactForm, UrgeFilter
from reminders.models import Channel, Contact, Delivery, Digest, Sweep

PER_PAGE, ON_A_PAGE = 10, 20  # digests; organisations on the screen, on paper they all stand on one sheet
SWITCHES = {  # act → (switch, to, what is said)
    "disable": ("is_active", False, "已停用。"),
    "enable": ("is_active", True, "已启用。"),
    "trial": ("is_test", True, "已改为只试不发。"),
    "live": ("is_test", False, "已改为正式发送。"),
}
SIGNS = {"waiting": "wait", "sending": "wait", "sent": "done", "failed": "miss", "unknown": "late", "dropped": "na"}


@require_http_methods(["GET", "HEAD", "POST"])
@policy(SIGNED_IN)
def inbox(request):
    """提醒: what was sent to the person, newest first; reading is said by a button, since looking changes nothing."""
    digests = Digest.objects.visible_to(request.user).order_by("-on")
    if request.method == "POST":
        until = whole_number(request.POST.get("until"))
        if until and actions.read(request.user, until=until, at=timezone.now()):
            messages.success(request, "已标为看过。")
        return redirect("reminders:list")
    today = timezone.localdate()
    page = Paginator(digests, PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page, "letters": letters.opened(list(page), today),
        "newest": max((digest.pk for digest in page), default=0),
        "has_unread": any(digest.read_at is None for digest in page),
        "may_see": may(request.user, "reminder.see"), "may_call": may(request.user, "reminder.call"),
        "may_duties": may(request.user, "duty.see"),
    }  # fmt: skip
    return render(request, "reminders/list.html", context)


@require_safe
@policy("reminder.see")
def urge(request):
    """催办单: what is overdue in the reader's scope, to be printed or pasted into a group."""
    today = timezone.localdate()
    form = UrgeFilter(request.GET, labels(today))
    rows = sheets.overdue(
        request.user, today, verb="reminder.see", rule=form.asked.get("rule", ""), name=form.asked.get("q", "")
    )
    whole = request.GET.copy()
    whole["whole"] = "1"
    page = Paginator(rows, max(len(rows), 1) if "whole" in request.GET else ON_A_PAGE).get_page(request.GET.get("page"))
    context = {
        "form": form, "page": page, "query": request.GET, "whole_url": f"?{whole.urlencode()}", "today": today,
        "count": sum(len(row["items"]) for row in rows),
        "text": sheets.as_text(rows, today, root()), "may_call": may(request.user, "reminder.call"),
    }  # fmt: skip
    return render(request, "reminders/urge.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@policy("reminder.call")
def calls(request):
    """电话单: whom to ring about what is overdue; full numbers only with a reason, the password and a record of it."""
    today = timezone.localdate()
    rows = sheets.overdue(request.user, today, verb="reminder.call")
    form = CallForm(request.POST or None)
    in_full = False
    if request.method == "POST" and form.is_valid():
        if throttle.confirm(request, form.cleaned_data["password"]):
            branches = [row["branch"] for row in rows]
            actions.print_calls(branches, reason=form.cleaned_data["reason"], by=request.user)
            in_full = True
        else:
            form.add_error("password", "密码不对，或者输错次数太多，请稍后再试。")
    context = {
        "form": form, "rows": sheets.with_phones(request.user, rows, today, in_full=in_full), "today": today,
        "in_full": in_full, "now": timezone.now(), "reason": form.cleaned_data["reason"] if in_full else "",
    }  # fmt: skip
    return render(request, "reminders/calls.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@policy(SIGNED_IN)
def own_settings(request):
    """提醒设置: where a person wants to be reached besides the portal."""
    known = set(Contact.objects.visible_to(request.user).values_list("kind", flat=True))
    form = ContactForm(request.POST or None, known=known)
    if request.method == "POST" and form.is_valid():
        for kind, address in form.wanted().items():
            actions.set_contact(request.user, kind, address, by=request.user)
        messages.success(request, "已保存。" if form.wanted() else "没有改动。")
        return redirect("reminders:settings")
    context = {"form": form, "may_manage": may(request.user, "reminder.manage"), "known": known}
    return render(request, "reminders/settings.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@policy("reminder.manage")
def channels(request):
    """提醒渠道: the ways out, what became of the messages, and those of which nobody knows."""
    today = timezone.localdate()
    form = ChannelForm(user=request.user)
    if request.method == "POST":
        try:
            form = _channel_act(request, today)
        except ValidationError as error:
            messages.error(request, "；".join(error.messages))
        if form is None or not form.is_bound:
            return redirect("reminders:channels")
    deliveries = Delivery.objects.visible_to(request.user)
    counts = {state: Count("deliveries", filter=Q(deliveries__on=today, deliveries__state=state)) for state in SIGNS}
    found = Channel.objects.visible_to(request.user).select_related("branch").annotate(**counts)
    found = found.order_by("branch__order", "kind", "pk")
    open_rows = deliveries.select_related("channel__branch", "digest__user", "asked_by").order_by("-on", "-pk")
    context = {
        "form": form, "today": today, "last": Sweep.objects.visible_to(request.user).first(),
        "rows": [
            {
                "channel": channel,
                "counts": [
                    (sign, Delivery.State(state).label, getattr(channel, state))
                    for state, sign in SIGNS.items()
                    if getattr(channel, state)
                ],
            }
            for channel in found
        ],
        "unknown": open_rows.filter(state=Delivery.State.UNKNOWN)[:100],
        "failed": open_rows.filter(state=Delivery.State.FAILED, on=today)[:100],
    }  # fmt: skip
    return render(request, "reminders/channels.html", context)


def _channel_act(request, today):
    """One of the page's buttons. Returns the form to mend, or None when the act is done."""
    act = request.POST.get("act")
    if act == "open":
        form = ChannelForm(request.POST, user=request.user)
        if not form.is_valid():
            return form
        try:
            actions.open_channel(form, form.cleaned_data["new_address"], by=request.user)
        except ValidationError as error:
            form.add_error(None, error)
            return form
        messages.success(request, "渠道已登记，现在是只试不发。试发一条，收到后再改为正式发送。")
    elif act in actions.ROAD:
        delivery = get_object_or_404(
            Delivery.objects.visible_to(request.user), pk=whole_number(request.POST.get("delivery")) or 0
        )
        actions.decide(delivery, act, by=request.user, on=today)
        messages.success(request, "已放回待发。" if act == "retry" else "已记为收到。")
    elif act == "try" or act in SWITCHES:
        channel = get_object_or_404(
            Channel.objects.visible_to(request.user), pk=whole_number(request.POST.get("channel")) or 0
        )
        if act == "try":
            actions.try_out(channel, by=request.user, on=today)
            messages.success(request, "一分钟内试发，结果看下面的发送情况。")
        else:
            name, value, said = SWITCHES[act]
            actions.switch(
                channel, name, value, version=whole_number(request.POST.get("version")) or 0, by=request.user
            )
            messages.success(request, said)
    else:
        raise ValidationError("没有这个操作。")
    return None
