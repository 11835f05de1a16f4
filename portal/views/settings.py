"""设置: what this person may change, and when it was last changed."""

from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.policy import policy
from branches.actions import root
from branches.rights import may
from portal.settings import home
from rulebook import book


@require_safe
@policy("year.open")
def settings_page(request):
    return render(request, "portal/settings/home.html", {"groups": home.groups(request.user)})


@require_safe
@policy("setting.edit")
def names_page(request):
    """What the portal and the organ are called, and where each is changed."""
    today = timezone.localdate()
    context = {
        "portal": book.portal_name(on=today), "top": root(), "certificate": book.rule("training.certificate", on=today),
        "may_rename": may(request.user, "branch.restructure"),
    }  # fmt: skip
    return render(request, "portal/settings/names.html", context)
