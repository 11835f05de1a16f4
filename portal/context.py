"""What every page shows around its own matter: names, navigation, who is signed in."""

from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cache

from django.db.models import Count, Subquery, Value
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils import timezone

from branches.actions import root
from branches.models import Branch
from branches.rights import Role, may, serving
from portal import places, search
from portal.help import book
from portal.operations.health import ago, backup_is_late
from reminders.models import Digest, Sweep
from rulebook.book import portal_name

BESIDE = {
    "portal:own": ["portal:home"],
    "duties:list": ["exchange:feeds"],
    "assessment:rounds": ["assessment:vetoes"],
    "members:terms": ["members:elections", "members:dual_leaders"],
    "reminders:ladder": ["reminders:bulletins"],
    "reminders:urge": ["reminders:calls"],
    "members:honour_rounds": ["members:honours"],
    "branches:inspections": ["branches:talks"],
    "members:setting": ["members:changes"],
    "training:hours": ["training:other_hours"],
    "recruitment:quotas": ["recruitment:figures"],
    "assessment:list": ["assessment:compare"],
    "portal:settings": ["recruitment:templates", "reminders:channels"],
}  # shown under another's entry
TOO_LONG = 10  # minutes without a sweep, which comes every minute
MENU = "#menu"  # the sidebar itself, which opens as a sheet on the phone
BOTTOM = ["portal:home", "duties:list", "meetings:add", "members:list", MENU]
BOTTOM_STAFF = ["portal:home", "duties:list", "members:list", "assessment:list", MENU]
BOTTOM_MEMBER = ["portal:own", "training:scan", MENU]
ADD = {"meetings:add": ("plus", "登记会议", "meeting.edit"), "training:scan": ("pen", "签到", "")}


@dataclass(frozen=True)
class Link:
    url: str
    icon: str
    label: str
    current: bool
    add: bool = False
    count: int = 0


def frame(request):
    """Context for `base.html`; without a signed-in person only the names."""
    context = {"portal_name": portal_name(on=timezone.localdate()), "large": request.COOKIES.get("large") == "1"}
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return context | {"organ_name": root().name}
    posts = serving(user)
    labels = [Role(role).label for role, _ in posts]
    organ, unread, swept_at = _read(user)
    return context | {
        "organ_name": organ,
        "nav": navigation(request, {"portal:status": _red(user)}),
        "off_menu": places.is_off_menu(user, request.path),
        "unread": unread,
        "sees_scores": may(user, "score.see"),
        "may_search": bool(search.open_to(user)),
        "asleep": asleep(posts, swept_at),
        "bottom": bottom(request),
        "help_url": book.explained_at(request.path),
        "me": {"name": str(user), "post": "、".join(dict.fromkeys(labels)) or "未任职"},
    }


def _red(user):
    """For who keeps the portal running: 1 where last night's backup is missing. No question where none was ordered."""
    return int(may(user, "status.see") and backup_is_late(timezone.now()))


def _read(user):
    """(the county's committee, how many digests are unread, when the reminders were last looked through), by one query."""
    unread = Digest.objects.visible_to(user).filter(read_at__isnull=True).order_by().annotate(of=Value(0)).values("of")
    count = Coalesce(Subquery(unread.annotate(count=Count("pk")).values("count")), 0)
    last = Subquery(Sweep.objects.visible_to(user).values("last_at")[:1])
    return Branch.objects.filter(parent=None).values_list("name", count, last).get()


def asleep(posts, swept_at):
    """For staff: how long ago the reminders were last looked through, in words, when that is too long."""
    if not {Role.ADMIN, Role.STAFF} & {role for role, _ in posts}:
        return None
    silent = timezone.now() - swept_at if swept_at else timedelta()
    return ago(silent) if silent >= timedelta(minutes=TOO_LONG) else None


def navigation(request, counts):
    """The menu of the signed-in person in groups, with how many of something wait there."""
    groups = [
        (heading, [_link(request, *place[:3], count=counts.get(place.route, 0)) for place in found])
        for heading, found in places.menu(request.user)
    ]
    here = max((len(link.url) for _, links in groups for link in links if link.current), default=0)
    return [
        {"label": heading, "items": [replace(link, current=link.current and len(link.url) == here) for link in links]}
        for heading, links in groups
    ]


def bottom(request):
    """The places of the phone's bottom bar: a branch enters meetings, staff look at scores, a member signs in at a class."""
    known = {route: place[1:4] for route, place in places.PLACES.items()} | ADD
    wanted = BOTTOM_STAFF if may(request.user, "score.rank") else BOTTOM
    if places.is_only_member(request.user):
        wanted, known["portal:own"] = BOTTOM_MEMBER, places.OWN[1:4]
    found = [
        _link(request, route, icon, label, add=route in ADD)
        for route in wanted
        if route != MENU
        for icon, label, verb in [known[route]]
        if not verb or may(request.user, verb)
    ]
    return [*found, Link(MENU, "more", "更多", False)]


def _link(request, route, icon, label, add=False, count=0):
    url, pages = _addresses(route)
    current = any(request.path == page or (page != "/" and request.path.startswith(page)) for page in pages)
    return Link(url, icon, label, current, add, count)


@cache
def _addresses(route):
    """The address of an entry, and those of the pages that are shown under it: the same for every request."""
    url = reverse(route)
    return url, (url, *map(reverse, BESIDE.get(route, ())))
