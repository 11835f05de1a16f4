from django.core.exceptions import ValidationError
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts import sessions
from accounts.policy import SIGNED_IN, policy
from branches.forms import whole_number
from branches.rights import VERBS, may
from branches.views.acting import pressed
from exchange import tokens
from exchange.forms import TokenForm
from exchange.models import MANAGE, ApiToken

PAST = 20  # tokens that no longer hold, shown below the others


@require_http_methods(["GET", "HEAD", "POST"])
@policy(SIGNED_IN)
def token_page(request):
    """接口令牌: one's own; who looks after the interfaces sees and revokes those of all."""
    today = timezone.localdate()
    if request.method == "POST" and not sessions.is_fresh(request):
        return sessions.ask_again(request, reverse("exchange:tokens"), keeps=True)
    typed = sessions.typed(request) if request.method == "GET" else None
    form = TokenForm(
        request.POST if request.POST.get("act") == "make" else None, user=request.user, on=today, initial=typed
    )
    if request.method == "POST":
        if request.POST.get("act") == "revoke":
            return _revoke(request)
        if form.is_valid():
            try:
                token, secret = tokens.make(form, by=request.user, on=today)
            except ValidationError as error:
                form.add_error(None, error)
            else:
                root = request.build_absolute_uri("/api/v1/")
                return render(request, "exchange/token_made.html", {"token": token, "secret": secret, "root": root})
    return render(request, "exchange/tokens.html", _context(request, form, today))


def _revoke(request):
    token = get_object_or_404(
        ApiToken.objects.visible_to(request.user), pk=whole_number(request.POST.get("token")) or 0
    )
    said = "已作废，用它的程序从现在起读不到数据。"
    return pressed(request, lambda: tokens.revoke(token, by=request.user), said, "exchange:tokens")


def _context(request, form, today):
    rows = [_row(token, today) for token in ApiToken.objects.visible_to(request.user).select_related("user", "branch")]
    asked = whole_number(request.GET.get("ask"))
    return {
        "form": form, "rows": [row for row in rows if row["holds"]], "past": [row for row in rows if not row["holds"]][:PAST],
        "sees_all": may(request.user, MANAGE), "may_hook": may(request.user, MANAGE),
        "asked": next((row for row in rows if row["token"].pk == asked and row["holds"]), None),
    }  # fmt: skip


def _row(token, today):
    """One token in words, and why it no longer holds."""
    why = ""
    if token.revoked_at:
        why = f"{timezone.localtime(token.revoked_at):%Y-%m-%d} 作废"
    elif token.expires_on < today:
        why = "已过期"
    elif not token.user.is_active:
        why = "账号已停用"
    elif token.epoch != token.user.session_epoch:
        why = "改过密码或结束过会话，已失效"
    sees = "、".join(VERBS[verb] for verb in token.verbs if verb in VERBS) or "岗位能看的全部内容"
    return {"token": token, "why": why, "holds": not why, "sees": sees}
