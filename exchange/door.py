"""The door of the API: by a token alone, never by a session. Every refusal is JSON and says what to do.

It stands before the sessions, so that no cookie opens or prolongs anything, and `process_view` names the token's owner before
`branches.rights.PolicyMiddleware` asks what the owner may. Appointments are read anew for each request.
"""

from dataclasses import dataclass

from django.conf import settings
from django.http import JsonResponse
from django.utils import timezone

from accounts.throttle import network
from branches.refusals import problem
from branches.rights import SECOND_FACTOR, VERBS, may, serving
from exchange import limits, tokens

PREFIX = "/api/v1/"
SCHEME = "Bearer"


@dataclass(frozen=True)
class Narrowing:
    """What a person gave away of the own rights to a program: some verbs (none named: all), at most one subtree."""

    verbs: frozenset
    path: str

    def within(self, verb, found):
        """The places (path, whether below counts) of `found` that are left: never more than the person has."""
        if self.verbs and verb not in self.verbs:
            return set()
        left = {(path, below) for path, below in found if path.startswith(self.path)}
        return left | {(self.path, True) for path, below in found if below and self.path.startswith(path)}


class Door:
    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if not request.path.startswith(PREFIX):
            return self.get_response(request)
        request.COOKIES = {}  # a session opens nothing here
        response = self.get_response(request)
        if response.status_code >= 400 and response.headers.get("Content-Type") != "application/json":
            response = refusal(
                response.status_code
            )  # of the pages' own handlers: an address that leads nowhere, a fault
        token = getattr(request, "api_token", None)
        rows = getattr(response, "data", None) or {}
        if token and response.status_code == 200 and rows.get("results"):
            try:
                limits.spend("rows", token.user_id, much=len(rows["results"]), span=limits.DAY)
            except limits.TooMany:
                pass  # this page was allowed; the next is not
            except limits.Uncounted:
                return refusal(503)
        return response

    def process_view(self, request, view, args, kwargs):
        if not request.path.startswith(PREFIX):
            return None
        try:
            return self._enter(request, view)
        except limits.TooMany as much:
            return refusal(429, wait=much.wait)
        except limits.Uncounted:
            return refusal(503, wait=limits.MINUTE)

    def _enter(self, request, view):
        limits.spend("network", network(request))
        scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
        today = timezone.localdate()
        token = tokens.find(secret.strip(), on=today) if scheme.lower() == SCHEME.lower() else None
        if token is None:
            return refusal(401)
        user = token.user
        user.narrowed_to = Narrowing(frozenset(token.verbs), token.branch.path if token.branch else "/")
        if _lacks_second_factor(user):
            return refusal(403)
        limits.spend("token", token.pk)
        limits.spend("rows", token.user_id, much=0, span=limits.DAY)
        request.user, request.api_token = user, token
        verb = getattr(view, "policy", None)
        if verb in VERBS and not may(user, verb):
            return refusal(403)
        tokens.mark_used(token, on=today)
        return None


def _lacks_second_factor(user):
    """A post that asks for the phone's code asks for it here too: whoever never set it up reads nothing by a program."""
    if settings.SECOND_FACTOR == "offered" or user.factor is not None:
        return False
    return any(role in SECOND_FACTOR for role, _ in serving(user))


def refusal(status, *, wait=None):
    """A refusal of the door, in the shape of the API."""
    response = JsonResponse(problem(status), status=status, json_dumps_params={"ensure_ascii": False})
    if status == 401:
        response.headers["WWW-Authenticate"] = SCHEME
    if wait:
        response.headers["Retry-After"] = str(wait)
    return response
