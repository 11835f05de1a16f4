"""When something falls: a database that is away for a moment is no fault of the page, and is told as what it is."""

import sys

from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.http import HttpResponse
from django.template.loader import render_to_string

AGAIN_SECONDS = 5
CANCELED = "57014"  # PostgreSQL: query_canceled, here by statement_timeout


def server_error(request):
    """The answer to what no view foresaw: 503 with the time to try again, or 500. Neither asks the database anything."""
    error = sys.exc_info()[1]
    is_away = isinstance(error, (OperationalError, InterfaceError))
    context = {
        "portal_name": settings.PORTAL_NAME,
        "large": request.COOKIES.get("large") == "1",
        "is_looking": request.method in ("GET", "HEAD"),
        "is_too_much": getattr(error.__cause__, "pgcode", None) == CANCELED if is_away else False,
    }
    response = HttpResponse(render_to_string("503.html" if is_away else "500.html", context))
    response.status_code = 503 if is_away else 500
    if is_away:
        response["Retry-After"] = AGAIN_SECONDS
        if context["is_looking"] and not context["is_too_much"]:
            response["Refresh"] = AGAIN_SECONDS  # the page comes by itself when the database is back
    return response
