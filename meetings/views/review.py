from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import Count, Q
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts.policy import policy
from branches.forms import whole_number
from branches.models import Branch
from meetings import actions, review
from meetings.forms.record import SendBackForm
from meetings.forms.review import AnswerForm, ReviewFilter
from meetings.models import Flag, Meeting, MeetingKind
from rulebook.book import in_force

VERB = "meeting.review"
TABS = {"asked": "待核实", "sample": "本周抽查", "rest": "其余"}
PER_PAGE = 20
KINDS = dict(MeetingKind.Kind.choices)
ASKS = {  # what a reviewer should find out; never a finding
    Flag.Kind.SIMILAR: "两份记录为什么相近？联合开展的活动记录相近是正常的。",
    Flag.Kind.PHOTO: "照片为什么又用到了这里？",
    Flag.Kind.BURST: "为什么集中在一晚录入？事后补记的，请支部注明“补录自纸质”。",
    Flag.Kind.FULL: "人数较多而全部到会，请核对到会名单。",
}


@require_http_methods(["GET", "HEAD", "POST"])
@policy(VERB)
def review_page(request):
    """审核: what a question is open about, this week's sample, and the rest, which may be passed many at once."""
    today = timezone.localdate()
    bound = {}
    if request.method == "POST":
        bound = _act(request, today)
        if not bound:
            return redirect(request.get_full_path())
    return _page(request, today, bound)


def _waiting(request):
    return Meeting.objects.visible_to(request.user, verb=VERB)


def _act(request, today):
    """One of the page's buttons. Returns the form to mend under its key, or nothing when the act is done."""
    act, key = request.POST.get("act"), next(_keys(request, "key"), 0)
    try:
        if act == "accept":
            _accept(request, list(_keys(request, "pk")))
        elif act == "branch":
            branch = get_object_or_404(Branch.objects.visible_to(request.user, verb=VERB), pk=key)
            of_branch = _waiting(request).filter(branch=branch)
            drawn = review.sample(of_branch, on=today)
            _accept(request, list(review.plain(of_branch, drawn).values_list("pk", flat=True)))
        elif act == "send_back":
            meeting = get_object_or_404(_waiting(request), pk=key)
            form = SendBackForm(request.POST, prefix=f"back-{key}")
            if not form.is_valid():
                return {("back", key): form}
            actions.send_back(meeting, reason=form.cleaned_data["reason"], by=request.user)
            messages.success(request, "已退回，支部会看到原因。")
        elif act == "settle":
            flag = get_object_or_404(Flag.objects.visible_to(request.user), pk=key)
            form = AnswerForm(request.POST, prefix=f"flag-{key}")
            if not form.is_valid():
                return {("flag", key): form}
            review.settle(flag, answer=form.cleaned_data["answer"], by=request.user)
            messages.success(request, "已记下核实情况；记录本身没有改动，也不扣分。")
        else:
            raise ValidationError("没有这个操作。")
    except ValidationError as error:
        messages.error(request, "；".join(error.messages))
    return {}


def _keys(request, name):
    """The keys that a form sends under that name."""
    return (key for text in request.POST.getlist(name) if (key := whole_number(text)))


def _accept(request, pks):
    if not pks:
        raise ValidationError("还没有选记录：在要通过的记录前打勾，再点“通过所选”。")
    visible = _waiting(request).filter(pk__in=pks).values_list("pk", flat=True)
    passed = actions.accept(list(visible), by=request.user)
    if passed:
        rest = "；其余的已经办过，或是您自己登记的，要由另一位同志审核" if passed < len(set(pks)) else ""
        messages.success(request, f"已通过 {passed} 条{rest}。")
    else:
        messages.info(request, "没有可以通过的记录：已经办过的不再办，自己登记的要由另一位同志审核。")


def _page(request, today, bound):
    found = _waiting(request)
    share = in_force(on=today)["review.sample_share"].value
    drawn = review.sample(found, on=today, share=share)
    asked = review.asked(found)
    tabs = {
        "asked": asked,
        "sample": found.filter(pk__in=drawn).exclude(pk__in=asked.values("pk")),
        "rest": review.plain(found, drawn),
    }
    counts = found.aggregate(
        **{name: Count("pk", filter=_among(rows)) for name, rows in tabs.items()},
    )
    tab = request.GET.get("tab")
    if tab not in TABS:
        tab = next((name for name in TABS if counts[name]), "asked")
    form = ReviewFilter(request.GET, branch=Branch.objects.visible_to(request.user, verb=VERB).in_order())
    meetings = tabs[tab]
    if "q" in form.asked:
        meetings = meetings.filter(topic__contains=form.asked["q"])
    if "branch" in form.asked:
        meetings = meetings.filter(branch=form.asked["branch"])
    ordered = meetings.for_list().select_related("created_by").order_by("branch__order", "branch", "held_on", "pk")
    page = Paginator(ordered, PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "form": form, "page": page, "tab": tab, "share": share,
        "tabs": [{"name": name, "label": label, "count": counts[name]} for name, label in TABS.items()],
        "groups": _by_branch(request, page, bound), "is_rest": tab == "rest", "count": sum(counts.values()),
        "may_pick": any(meeting.state == Meeting.State.SUBMITTED for meeting in page),
    }  # fmt: skip
    return render(request, "meetings/review.html", context)


def _among(rows):
    return Q(pk__in=rows.values("pk"))


def _by_branch(request, page, bound):
    """The page's records by branch, each with its questions and its forms. Two queries."""
    flags = Flag.objects.visible_to(request.user).open().filter(meeting__in=[meeting.pk for meeting in page])
    of_meeting = {}
    for flag in flags.select_related("other__branch").order_by("kind", "pk"):
        of_meeting.setdefault(flag.meeting_id, []).append(flag)
    groups = {}
    for meeting in page:
        row = _row(meeting, of_meeting.get(meeting.pk, ()), bound)
        groups.setdefault(meeting.branch, []).append(row)
    return [{"branch": branch, "rows": rows} for branch, rows in groups.items()]


def _row(meeting, flags, bound):
    back = bound.get(("back", meeting.pk))
    held = {row.kind for row in meeting.kinds.all()}
    return {
        "meeting": meeting, "kinds": [label for kind, label in KINDS.items() if kind in held],
        "is_waiting": meeting.state == Meeting.State.SUBMITTED,
        "back": back or SendBackForm(prefix=f"back-{meeting.pk}"), "is_open": back is not None,
        "flags": [
            {
                "flag": flag, "asks": ASKS[flag.kind],
                "form": bound.get(("flag", flag.pk)) or AnswerForm(prefix=f"flag-{flag.pk}"),
            }
            for flag in flags
        ],
    }  # fmt: skip
