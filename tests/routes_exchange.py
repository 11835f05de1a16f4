"""The routes of the API, which no session opens: tests/exchange asks them by token. What the further pages take, for tests/routes.py."""

from django.urls import get_resolver

TARGETS = {"exchange:hook": "hook"}
BOTH = {"exchange:tokens", "exchange:feeds", "exchange:hooks", "exchange:hook"}
FEED = "a-calendar-of-county-s"  # its address
FIXED_OF = {"exchange:feed": {"secret": FEED}}


def of_pages():
    """Every entry of the resolver but the API."""
    return [each for each in get_resolver().url_patterns if getattr(each, "namespace", "") != "api"]


def of_api():
    """Every route of the API."""
    from tests.routes import routes  # which reads this file

    found = next(each for each in get_resolver().url_patterns if getattr(each, "namespace", "") == "api")
    return [*routes(found.url_patterns, "api:")]
