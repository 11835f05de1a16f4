from django.apps import apps
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts import chain
from accounts.models import AuditEvent, User
from accounts.policy import policy
from branches.actions import root
from branches.models import Appointment
from branches.paging import LongPaginator
from branches.rights import may
from jobs import actions as jobs
from jobs.models import Job
from portal.forms import AuditFilter

SHOWN = 50
AT_ONCE = 100_000  # links that a page walks itself, in a second or two
CHECK = "portal.audit_verify"
NAMED_BY = (
    "branch",
    "member",
    "round",
    "call",
    "campaign",
    "file",
    "application__member",
)  # what rows are called after


@require_safe
@policy("audit.see")
def audit_list(request):
    """Who did what: everything for those at the top, elsewhere what the people of the own organisations did."""
    form = AuditFilter(request.GET)
    events = _in_scope(request.user).select_related("by").order_by("-pk")
    asked = form.asked
    if "q" in asked:
        events = events.filter(Q(by__name__contains=asked["q"]) | Q(by__username=asked["q"]))
    if "act" in asked:
        events = events.filter(_acts(asked["act"]))
    if "thing" in asked:
        events = events.filter(label=asked["thing"])
    if "day" in asked:
        events = events.filter(at__date=asked["day"])
    if "frequent" in asked:
        events = events.filter(detail__has_key="frequent")
    page = LongPaginator(events, SHOWN).get_page(request.GET.get("page"))
    is_top = may(request.user, "audit.see", at=root())
    context = {
        "form": form, "page": page, "rows": _rows(request.user, list(page)), "count": len(asked.keys() - {"q"}),
        "head": chain.head() if is_top else None, "is_top": is_top,
    }  # fmt: skip
    return render(request, "portal/audit.html", context)


def _in_scope(user):
    """What the reader may see. Nobody reads here that 纪检 looked at the reader's own record."""
    events = AuditEvent.objects.all()
    if not may(user, "audit.see", at=root()):
        served = Appointment.objects.visible_to(user, verb="audit.see").values("user")
        events = events.filter(by__in=served)
    if member := getattr(user, "member", None):
        own = Q(label=member._meta.label, object_id=str(member.pk), action="member.reveal")
        events = events.exclude(own & Q(detail__contains={"kind": "discipline"}))
    return events


def _acts(act):
    """An act of the list, or every plain edit or entry of whatever row."""
    return Q(action__endswith=f".{act}") if act in ("add", "edit") else Q(action=act)


def _rows(user, events):
    """The events of a page with the rows they are about, where the reader may see those: one query for each kind of row."""
    wanted, found = {}, {}
    for event in events:
        if event.label and event.object_id.isdecimal():
            wanted.setdefault(event.label, set()).add(int(event.object_id))
    for label, keys in wanted.items():
        model = _model(label)
        if model is User:
            found[label] = User.objects.visible_to(user).in_bulk(keys) if may(user, "account.manage", at=root()) else {}
        elif model and hasattr(model.objects, "visible_to") and hasattr(model, "get_absolute_url"):
            joined = [
                name for name in NAMED_BY if any(field.name == name.split("__")[0] for field in model._meta.fields)
            ]
            found[label] = model.objects.visible_to(user).select_related(*joined).in_bulk(keys)
    rows = []
    for event in events:
        thing = found.get(event.label, {}).get(int(event.object_id)) if event.object_id.isdecimal() else None
        model = _model(event.label)
        rows.append(
            {
                "event": event,
                "thing": thing,
                "url": _address(thing) if thing else "",
                "kind": str(model._meta.verbose_name) if model else "",
                "is_frequent": "frequent" in event.detail,
                "is_discipline": event.detail.get("kind") == "discipline",
            }
        )
    return rows


def _address(thing):
    return reverse("portal:account", args=[thing.pk]) if isinstance(thing, User) else thing.get_absolute_url()


def _model(label):
    try:
        return apps.get_model(label)
    except (LookupError, ValueError):
        return None


@require_http_methods(["GET", "HEAD", "POST"])
@policy("audit.see")
def audit_verify(request):
    """Walk the chain and say where it breaks, for those who see all of it; a long one is walked by the worker."""
    if not may(request.user, "audit.see", at=root()):
        messages.error(request, "校验全部操作记录由工委管理员和工委督查办理。")
        return redirect("portal:audit")
    if request.method == "POST":
        return _verify(request)
    job = Job.objects.visible_to(request.user).filter(kind=CHECK, state=Job.State.DONE).first()
    if job is None:
        return redirect("portal:audit")
    return _told(request, chain.from_result(job.result), job.finished_at)


def _verify(request):
    last = chain.head()
    if last is None or last.position <= AT_ONCE:
        return _told(request, chain.verify(heads=chain.kept_heads()), timezone.now())
    try:
        job = jobs.start(CHECK, {}, by=request.user, is_small=False)
    except ValidationError as refusal:
        messages.error(request, "；".join(refusal.messages))
        return redirect("portal:jobs")
    return redirect("portal:job", job.pk)


def _told(request, found, at):
    context = {"found": found, "at": at, "heads": chain.kept_heads()[-31:]}
    return render(request, "portal/audit_verify.html", context)
