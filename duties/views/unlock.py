from datetime import timedelta

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from accounts.policy import policy
from duties import actions
from duties.forms import AskForm, DecideForm
from duties.models import Unlock
from duties.periods import labels
from duties.views.duty import detail, of_duty
from rulebook.book import value


@require_POST
@policy("duty.file")
def unlock_ask(request, pk):
    """A branch asks for leave to make good what is locked."""
    duty = of_duty(request, pk, "duty.file")
    form = AskForm(request.POST)
    if not form.is_valid():
        return detail(request, duty, ask_form=form)
    try:
        actions.ask_unlock(duty, reason=form.cleaned_data["reason"], by=request.user, on=timezone.localdate())
    except ValidationError as error:
        messages.error(request, "；".join(error.messages))
    else:
        messages.success(request, "已申请补办，上级批复后会提醒您。")
    return redirect("duties:duty", duty.pk)


@require_safe
@policy("duty.unlock")
def unlock_list(request):
    """What branches ask to make good: open requests first, then what was decided."""
    today = timezone.localdate()
    requests = (
        Unlock.objects.visible_to(request.user, verb="duty.unlock")
        .select_related("duty__branch", "duty__notice", "created_by", "decided_by")
        .order_by("pk")
    )
    names = labels(today)
    usual = today + timedelta(days=value("duty.unlock_days", on=today)["usual"])
    waiting = requests.filter(decided_at__isnull=True, duty__is_owed=True)
    page = Paginator(waiting, 20).get_page(request.GET.get("page"))
    context = {
        "today": today, "page": page,
        "rows": [
            _row(each, names) | {
                "is_own": each.created_by_id == request.user.pk,
                "form": DecideForm(auto_id=f"u{each.pk}-%s", initial={"until": usual}),
            }
            for each in page
        ],
        "decided": [
            _row(each, names) | {"is_open": bool(each.expires_on and each.expires_on >= today)}
            for each in requests.filter(decided_at__isnull=False).order_by("-decided_at")[:20]
        ],
    }  # fmt: skip
    return render(request, "duties/unlocks.html", context)


def _row(unlock, names):
    duty = unlock.duty
    return {"unlock": unlock, "name": duty.label if duty.notice_id else f"{duty.label}{names.get(duty.rule, '')}"}


@require_POST
@policy("duty.unlock")
def unlock_decide(request, pk):
    """Grant until a day, or refuse in words: the button pressed says which."""
    unlock = get_object_or_404(Unlock.objects.visible_to(request.user, verb="duty.unlock"), pk=pk)
    form, is_granted = DecideForm(request.POST), "grant" in request.POST
    if not form.is_valid():
        messages.error(request, "；".join(f"{form[name].label}：{errors[0]}" for name, errors in form.errors.items()))
        return redirect("duties:unlocks")
    until, answer = form.cleaned_data["until"], form.cleaned_data["answer"]
    if is_granted and not until:
        messages.error(request, "同意补办的，请填准予补办到哪一天。")
        return redirect("duties:unlocks")
    try:
        actions.decide_unlock(
            unlock, until=until if is_granted else None, answer=answer, by=request.user, on=timezone.localdate()
        )
    except ValidationError as error:
        messages.error(request, "；".join(error.messages))
    else:
        messages.success(
            request, f"已同意补办，{until:%Y-%m-%d} 前可以登记。" if is_granted else "已批复不同意，支部会看到理由。"
        )
    return redirect("duties:unlocks")
