from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Count, Q
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from accounts.policy import policy
from branches.forms import whole_number
from branches.paging import LongPaginator
from exchange import actions
from exchange.forms import HookForm
from exchange.hooks import EVENTS
from exchange.models import MANAGE, Hook, HookDelivery

PER_PAGE = 30
SIGNS = {"waiting": "wait", "sending": "wait", "sent": "done", "failed": "miss", "unknown": "late"}


@require_http_methods(["GET", "HEAD", "POST"])
@policy(MANAGE)
def hook_list(request):
    """数据推送: the addresses that are told, and how it goes."""
    form = HookForm(request.POST or None, user=request.user)
    if request.method == "POST" and form.is_valid():
        try:
            hook, secret = actions.open_hook(form, by=request.user)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            return render(request, "exchange/hook_made.html", {"hook": hook, "secret": secret})
    counts = {state: Count("deliveries", filter=Q(deliveries__state=state)) for state in SIGNS}
    found = Hook.objects.visible_to(request.user).select_related("branch").annotate(**counts)
    rows = [
        {
            "hook": hook,
            "events": "、".join(EVENTS[name].label for name in hook.events if name in EVENTS),
            "counts": _counts(hook),
        }
        for hook in found.order_by("branch__order", "pk")
    ]
    return render(request, "exchange/hooks.html", {"form": form, "rows": rows})


def _counts(hook):
    """(sign, word, how many) of the states that occur."""
    return [
        (sign, HookDelivery.State(state).label, getattr(hook, state))
        for state, sign in SIGNS.items()
        if getattr(hook, state)
    ]


@require_http_methods(["GET", "HEAD", "POST"])
@policy(MANAGE)
def hook_detail(request, pk):
    hook = get_object_or_404(Hook.objects.visible_to(request.user).select_related("branch"), pk=pk)
    if request.method == "POST":
        try:
            _act(request, hook)
        except ValidationError as error:
            messages.error(request, "；".join(error.messages))
        return redirect("exchange:hook", hook.pk)
    deliveries = (
        HookDelivery.objects.visible_to(request.user).filter(hook=hook).select_related("branch").order_by("-pk")
    )
    state = request.GET.get("state", "")
    if state in SIGNS:
        deliveries = deliveries.filter(state=state)
    page = LongPaginator(deliveries, PER_PAGE).get_page(request.GET.get("page"))
    rows = [
        {"delivery": each, "label": EVENTS[each.event].label if each.event in EVENTS else each.event, "sign": SIGNS[each.state],
         "may_repeat": each.state in ("sent", "failed", "unknown")}
        for each in page
    ]  # fmt: skip
    chips = [("", "全部"), *((value, HookDelivery.State(value).label) for value in SIGNS)]
    context = {"hook": hook, "page": page, "rows": rows, "chips": chips, "state": state,
               "events": [EVENTS[name].label for name in hook.events if name in EVENTS]}  # fmt: skip
    return render(request, "exchange/hook.html", context)


def _act(request, hook):
    act = request.POST.get("act")
    if act in ("stop", "start"):
        actions.switch(hook, act == "start", version=whole_number(request.POST.get("version")) or 0, by=request.user)
        messages.success(request, "已启用，从现在起的事项会推送。" if act == "start" else "已停用。")
    elif act == "again":
        found = HookDelivery.objects.visible_to(request.user).filter(hook=hook)
        delivery = get_object_or_404(found, pk=whole_number(request.POST.get("delivery")) or 0)
        actions.send_again(delivery, by=request.user)
        messages.success(request, "一分钟内重发。")
    else:
        raise ValidationError("没有这个操作。")
