from django.http import JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.policy import SIGNED_IN, policy
from branches.refusals import ERRORS
from exchange import document


@require_safe
@policy(SIGNED_IN)
def api_page(request):
    """数据接口: what programs may read, drawn from the document that programs get."""
    context = {"chapters": document.chapters(), "errors": [(code, *words) for code, words in ERRORS.items()],
               "root": request.build_absolute_uri("/api/v1/")}  # fmt: skip
    return render(request, "exchange/api.html", context)


@require_safe
@policy(SIGNED_IN)
def schema(request):
    """The same document for a person to save; programs fetch it by their token."""
    return JsonResponse(document.schema(), json_dumps_params={"ensure_ascii": False})


@require_safe
@policy(SIGNED_IN)
def schema_by_token(request):
    return JsonResponse(document.schema(), json_dumps_params={"ensure_ascii": False})
