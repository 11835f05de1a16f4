"""任职和交接: an organisation's posts on one page, and the handover of one of them."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_http_methods, require_safe

from accounts import audit
from accounts.policy import policy
from branches.forms import search_word
from branches.forms.rectification import tell
from branches.models import Appointment, Branch
from members.models import Membership
from portal.settings import handover
from portal.settings.forms import HandoverForm, PostForm

VERB = "account.manage"
PER_PAGE = 30
WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


@require_safe
@policy(VERB)
def post_list(request):
    """Every organisation with who holds what there; those without a secretary can be seen alone."""
    today, word = timezone.localdate(), search_word(request.GET)
    branches = Branch.objects.visible_to(request.user, verb=VERB).at_work(today).in_order()
    if word:
        serving = Appointment.objects.visible_to(request.user).serving(today).filter(user__name__contains=word)
        branches = branches.filter(Q(name__contains=word) | Q(pk__in=serving.values("branch")))
    page = Paginator(branches, PER_PAGE).get_page(request.GET.get("page"))
    held = handover.holders(list(page), on=today)
    rows = [
        {"branch": branch, "posts": held.get(branch.pk, []), "vacant": handover.is_vacant(branch, held.get(branch.pk, []))}
        for branch in page
    ]  # fmt: skip
    return render(request, "portal/settings/posts.html", {"page": page, "rows": rows, "word": word})


@require_http_methods(["GET", "HEAD", "POST"])
@policy(VERB)
def branch_posts(request, pk):
    """Who held what post from when to when, and a form for the next one."""
    today = timezone.localdate()
    branch = get_object_or_404(Branch.objects.visible_to(request.user, verb=VERB), pk=pk)
    form = PostForm(request.POST or None, branch=branch, initial={"started_on": today})
    if request.method == "POST" and form.is_valid():
        try:
            user, password = handover.seat(branch, by=request.user, **form.cleaned_data)
        except ValidationError as error:
            tell(form, error)
        else:
            messages.success(request, f"{user}已任职。")
            return _seated(request, user, password, "portal:branch_posts", branch.pk)
    posts = Appointment.objects.visible_to(request.user).filter(branch=branch).select_related("user")
    context = {
        "branch": branch, "form": form, "people": _people(request, branch, today),
        "posts": [
            {"post": post, "is_open": post.ended_on is None, "is_over": bool(post.ended_on and post.ended_on < today)}
            for post in posts.order_by("-ended_on", "role", "-started_on")
        ],
    }  # fmt: skip
    return render(request, "portal/settings/branch_posts.html", context)


def _people(request, branch, today):
    """Names to choose from: whoever takes a post is mostly a member there already. Two of one name are told apart by account."""
    held = Membership.objects.visible_to(request.user).on(today).filter(branch=branch)
    return list(dict.fromkeys(held.order_by("member__strokes", "member").values_list("member__name", flat=True)))


def _seated(request, user, password, route, pk):
    if password is None:
        return redirect(route, pk)
    site = f"{request.scheme}://{request.get_host()}"
    return render(request, "portal/account_password.html", {
        "account": user, "password": password, "is_new": True, "site": site, "after": reverse(route, args=[pk]),
    })  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
@policy(VERB)
def handover_page(request, pk):
    """Everything of one handover: what is open, from whom to whom, from which day."""
    today = timezone.localdate()
    post = _post(request, pk)
    form = HandoverForm(request.POST or None, initial={"handed_on": today})
    if request.method == "POST" and form.is_valid():
        try:
            user, password = handover.hand_over(post, by=request.user, on=today, **form.cleaned_data)
        except ValidationError as error:
            tell(form, error)
        else:
            messages.success(request, f"已交接：{post.user}交给{user}，{form.cleaned_data['handed_on']:%Y-%m-%d} 起。")
            return _seated(request, user, password, "portal:handover", post.pk)
    others = list(handover.others_of(post, on=today))
    context = {
        "post": post, "form": form, "people": _people(request, post.branch, today),
        "items": handover.open_items(post, on=today), "others": others,
        "beside": [each for each in handover.serving_now(post.branch, on=today) if each.pk != post.pk],
        "is_open": post.ended_on is None, "is_self": post.user_id == request.user.pk, "may_close": not others,
        "elects": post.branch.kind not in (Branch.Kind.WORK_COMMITTEE, Branch.Kind.TEMPORARY),
        "events": audit.of(post)[:20],
    }  # fmt: skip
    return render(request, "portal/settings/handover.html", context)


def _post(request, pk):
    rows = Appointment.objects.visible_to(request.user).select_related("branch", "user")
    return get_object_or_404(rows, pk=pk)


@require_safe
@policy(VERB)
def handover_word(request, pk):
    """交接清单 to print and sign."""
    today, post = timezone.localdate(), _post(request, pk)
    data = handover.word(post, handover.open_items(post, on=today), on=today)
    audit.record("paper.handover", post, by=request.user)
    name = f"{post.branch}{post.get_role_display()}交接清单.docx"
    return HttpResponse(
        data,
        content_type=WORD,
        headers={"Content-Disposition": content_disposition_header(True, name), "Cache-Control": "no-store"},
    )
