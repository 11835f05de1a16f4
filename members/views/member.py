from django.contrib import messages
from django.core.paginator import Paginator
from django.db import transaction
from django.db.models import Q
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

import vault
from accounts import audit
from accounts.policy import policy
from branches.models import Branch
from branches.rights import may
from members.forms.person import MemberFilter, MemberForm
from members.models import Member, Membership, Post
from rulebook.book import in_force
from vault.masks import mask_id_number, mask_phone


@require_safe
@policy("member.see")
def member_list(request):
    today = timezone.localdate()
    branches = Branch.objects.visible_to(request.user, verb="member.see").at_work(today).in_order()
    form = MemberFilter(request.GET, branch=branches.filter(pk__in=_homes(request, today)))
    rows = Membership.objects.visible_to(request.user).on(today).for_list()
    rows = rows.order_by("branch__order", "branch", "member__initials", "pk")
    total = rows.count()
    asked = form.asked
    if "q" in asked:
        rows = rows.filter(Q(member__name__contains=asked["q"]) | Q(member__initials__startswith=asked["q"].lower()))
    if "branch" in asked:
        rows = rows.filter(branch=asked["branch"])
    if "kind" in asked:
        rows = rows.filter(kind=asked["kind"])
    has_many = form.fields["branch"].queryset.count() > 1
    if not has_many:
        form.drop("branch")
    page = Paginator(rows, 30).get_page(request.GET.get("page"))
    posts = {}
    members = [row.member_id for row in page]
    for post in Post.objects.visible_to(request.user).filter(member__in=members, ended_on=None):
        posts.setdefault(post.member_id, []).append(post.get_office_display())
    context = {
        "form": form, "page": page, "total": total, "has_many": has_many, "may_import": may(request.user, "import.run"),
        "rows": [
            {
                "member": row.member, "branch": row.branch, "kind": row.get_kind_display(),
                "is_probationary": row.kind == Membership.Kind.PROBATIONARY,
                "posts": "、".join(posts.get(row.member_id, [])), "phone": mask_phone(vault.reveal(row.member, "phone")),
            }
            for row in page
        ],
    }  # fmt: skip
    return render(request, "members/list.html", context)


def _homes(request, today):
    """The organisations in which somebody is on the register today."""
    return Membership.objects.visible_to(request.user).on(today).values("branch")


@require_safe
@policy("member.see")
def member_detail(request, pk):
    member = get_object_or_404(Member.objects.visible_to(request.user), pk=pk)
    now_in = member.memberships.filter(ended_on=None).select_related("branch").first()
    may_edit = now_in is not None and may(request.user, "member.edit", at=now_in.branch)
    context = {
        "member": member, "now_in": now_in,
        "memberships": member.memberships.select_related("branch").order_by("-started_on"),
        "exemptions": [
            {"row": row, "told": row.told(knows=may_edit)} for row in member.exemptions.order_by("-started_on", "-pk")
        ],
        "today": timezone.localdate(),
        "cadres": member.leading_posts.order_by("-started_on", "-pk"),
        "posts": member.posts.select_related("term__branch").order_by("-started_on"),
        "id_number": mask_id_number(vault.reveal(member, "id_number")),
        "phone": mask_phone(vault.reveal(member, "phone")),
        "is_probationary": now_in is not None and now_in.kind == Membership.Kind.PROBATIONARY,
        "is_suspended": member.standings.filter(ended_on=None).exists(),
        "events": audit.of(member)[:20],
        "may_edit": may_edit,
    }  # fmt: skip
    return render(request, "members/detail.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@policy("member.edit")
@transaction.atomic
def member_edit(request, pk):
    member = get_object_or_404(
        Member.objects.visible_to(request.user, verb="member.edit").select_for_update(of=("self",)), pk=pk
    )
    name, today = str(member), timezone.localdate()
    form = MemberForm(request.POST or None, instance=member)
    if request.method == "POST" and form.is_valid():
        audit.save(form, by=request.user)
        messages.success(request, f"已保存{form.instance}的信息。")
        return redirect(member)
    stale = None
    if form.is_stale:
        fresh = Member.objects.visible_to(request.user, verb="member.edit").get(pk=pk)
        form.catch_up(fresh)
        stale = {"rows": form.theirs, "event": audit.of(fresh).first()}
    book = in_force(on=today)
    age, probation = book["membership.min_age"], book["probation.months"]
    context = {
        "form": form, "pk": pk, "name": name, "stale": stale,
        "rule": f"年满 {age.value} 周岁可以申请入党；预备期 {probation.value} 个月，期满方可转正。",
        "cite": "；".join(dict.fromkeys(rule.source.partition("：")[0] for rule in (age, probation))),
    }  # fmt: skip
    return render(request, "members/edit.html", context)
