from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.policy import SIGNED_IN, policy
from branches.forms import is_personal_number, search_word
from branches.rights import may
from portal import places, search

DIGITS = 8  # in a row: a part of an ID number or of a phone number
PERSONAL = "身份证号、手机号不能在这里查，以免留在网址里。请输姓名或拼音首字母{}。"
BY_NUMBER = "；身份证号请用“按身份证号查找”，用途会记录在案"


@require_safe
@policy(SIGNED_IN)
def search_page(request):
    """Everything that the person may see and `q` names, the first of each kind."""
    finds = may(request.user, "member.reveal")
    if is_personal_number(request.GET.get("q", ""), DIGITS):  # away from the address that holds the number
        messages.warning(request, PERSONAL.format(BY_NUMBER if finds else ""))
        return redirect("portal:search")
    word = search_word(request.GET)
    kinds = search.open_to(request.user)
    results = search.found(request.user, word, on=timezone.localdate()) if word else []
    context = {
        "word": word, "results": results, "kinds": "、".join(kind.label for kind in kinds), "finds": finds,
        "pages": places.find(request.user, word)[: search.FIRST] if len(word) >= search.SHORT else [],
        "is_short": 0 < len(word) < search.SHORT, "count": sum(result["count"] for result in results),
    }  # fmt: skip
    return render(request, "portal/search.html", context)
