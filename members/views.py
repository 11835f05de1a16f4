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
from members.forms import MemberForm
from members.models import Member, Membership, Post
from vault.masks import mask_id_number, mask_phone


@require_safe
@policy("member.see")
def member_list(request):
    asked = {name: request.GET.get(name, "").strip() for name in ("q", "branch", "kind")}
    today = timezone.localdate()
    rows = Membership.objects.visible_to(request.user).on(today).for_list().order_by("branch__order", "branch", "member__initials", "pk")
    total = rows.count()
    if asked["q"]:
        rows = rows.filter(Q(member__name__contains=asked["q"]) | Q(member__initials__startswith=asked["q"].lower()))
    if asked["branch"].isdecimal():
        rows = rows.filter(branch=int(asked["branch"]))
    if asked["kind"] in Membership.Kind.values:
        rows = rows.filter(kind=asked["kind"])
    page = Paginator(rows, 30).get_page(request.GET.get("page"))
    posts = {}
    for post in Post.objects.visible_to(request.user).filter(member__in=[row.member_id for row in page], ended_on=None):
        posts.setdefault(post.member_id, []).append(post.get_office_display())
    shown = [
        {
            "member": row.member, "branch": row.branch, "kind": row.kind, "kind_label": row.get_kind_display(),
            "posts": "、".join(posts.get(row.member_id, [])), "phone": mask_phone(vault.reveal(row.member, "phone")),
        }
        for row in page
    ]
    branches = Branch.objects.visible_to(request.user, verb="member.see").graded().in_order()
    context = {
        "page": page, "rows": shown, "asked": asked, "total": total, "branches": branches.only("name"),
        "kinds": Membership.Kind, "may_import": may(request.user, "import.run"),
    }
    return render(request, "members/list.html", context)


@require_safe
@policy("member.see")
def member_detail(request, pk):
    member = get_object_or_404(Member.objects.visible_to(request.user), pk=pk)
    now_in = member.memberships.filter(ended_on=None).select_related("branch").first()
    context = {
        "member": member, "now_in": now_in,
        "memberships": member.memberships.select_related("branch").order_by("-started_on"),
        "posts": member.posts.select_related("term__branch").order_by("-started_on"),
        "id_number": mask_id_number(vault.reveal(member, "id_number")), "phone": mask_phone(vault.reveal(member, "phone")),
        "events": audit.of(member)[:20],
        "may_edit": now_in is not None and may(request.user, "member.edit", at=now_in.branch),
    }
    return render(request, "members/detail.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@policy("member.edit")
@transaction.atomic
def member_edit(request, pk):
    member = get_object_or_404(
        Member.objects.visible_to(request.user, verb="member.edit").select_for_update(of=("self",)), pk=pk
    )
    form = MemberForm(request.POST or None, instance=member, initial={"version": member.version})
    if request.method == "POST" and form.is_valid():
        audit.save(form, by=request.user)
        messages.success(request, "已保存。")
        return redirect(member)
    return render(request, "members/edit.html", {"form": form, "member": member})
