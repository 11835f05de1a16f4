"""党小组 of a branch and who is in them; 骨干 of a member."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts.policy import policy
from branches.models import Branch, Group
from members import register
from members.forms.exemption import LastDayForm
from members.forms.person import AssignForm, BackboneForm, GroupForm
from members.models import Backbone, GroupMembership, Member, Membership


def _branch(request, pk):
    return get_object_or_404(Branch.objects.visible_to(request.user, verb="member.edit"), pk=pk)


@require_http_methods(["GET", "HEAD", "POST"])
@policy("member.edit")
def group_assign(request, pk):
    """The members of a branch on one page, each with the group they are in."""
    branch, today = _branch(request, pk), timezone.localdate()
    groups = Group.objects.visible_to(request.user, verb="member.edit").filter(branch=branch, ended_on=None)
    groups = list(groups.order_by("started_on", "pk"))
    rows = Membership.objects.visible_to(request.user, verb="member.edit").filter(branch=branch).on(today)
    rows = list(register.in_order(rows.for_list()))
    inside = GroupMembership.objects.visible_to(request.user, verb="member.edit").filter(
        member__in=[row.member_id for row in rows], ended_on=None, group__in=groups
    )
    of_member = {row.member_id: row.group for row in inside.select_related("group")}
    members = [(row.member, of_member.get(row.member_id)) for row in rows]
    form = AssignForm(request.POST or None, members=members, groups=groups, initial={"since": today})
    if request.method == "POST" and form.is_valid():
        try:
            changed = register.assign_groups(
                branch, form.wanted, since=form.cleaned_data["since"], by=request.user, on=today
            )
        except ValidationError as error:
            form.add_error("since", error.messages)
        else:
            messages.success(request, f"已保存，{changed} 名同志的党小组有变动。" if changed else "没有变动。")
            return redirect("members:group_assign", pk)
    counts = {group.pk: sum(of is not None and of.pk == group.pk for _, of in members) for group in groups}
    context = {
        "branch": branch, "form": form, "groups": [(group, counts[group.pk]) for group in groups],
        "loose": sum(of is None for _, of in members), "has_members": bool(members),
    }  # fmt: skip
    return render(request, "members/groups.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@policy("member.edit")
def group_open(request, pk):
    branch, today = _branch(request, pk), timezone.localdate()
    form = GroupForm(request.POST or None, instance=Group(branch=branch), initial={"started_on": today})
    if request.method == "POST" and form.is_valid():
        try:
            group = register.open_group(form.instance, by=request.user, on=today)
        except ValidationError as error:
            form.add_error(None, error.messages)
        else:
            messages.success(request, f"已成立{group}，请编入党员。")
            return redirect("members:group_assign", pk)
    return render(request, "members/group_form.html", {"form": form, "branch": branch})


@require_http_methods(["GET", "HEAD", "POST"])
@policy("member.edit")
def group_close(request, pk):
    found = Group.objects.visible_to(request.user, verb="member.edit").select_related("branch")
    group = get_object_or_404(found, pk=pk)
    back = reverse("members:group_assign", args=[group.branch_id])
    act = {"title": f"{group}哪天撤销？", "text": "这一天仍算在内；编在其中的同志到这一天为止。", "label": "撤销"}
    return _last_day(request, group, register.close_group, act, "members:group_close", (group.branch, back))


@require_http_methods(["GET", "HEAD", "POST"])
@policy("member.edit")
def backbone_add(request, pk):
    member = get_object_or_404(Member.objects.visible_to(request.user, verb="member.edit"), pk=pk)
    form = BackboneForm(request.POST or None, instance=Backbone(member=member))
    if request.method == "POST" and form.is_valid():
        try:
            register.name_backbone(form.instance, by=request.user, on=timezone.localdate())
        except ValidationError as error:
            form.add_error(None, error.messages)
        else:
            messages.success(request, "已登记。")
            return redirect(member)
    return render(request, "members/backbone_form.html", {"form": form, "member": member})


@require_http_methods(["GET", "HEAD", "POST"])
@policy("member.edit")
def backbone_end(request, pk):
    row = get_object_or_404(
        Backbone.objects.visible_to(request.user, verb="member.edit").select_related("member"), pk=pk
    )
    act = {"title": f"{row.member}的“{row}”到哪天为止？", "text": "这一天仍算在内。", "label": "登记"}
    back = (row.member, row.member.get_absolute_url())
    return _last_day(request, row, register.end_backbone, act, "members:backbone_end", back)


def _last_day(request, row, do, act, route, back):
    """Asks for the last day on a page of its own; `back` is the thing it belongs to and where it is shown."""
    today = timezone.localdate()
    form = LastDayForm(request.POST or None, initial={"last": today})
    if request.method == "POST" and form.is_valid():
        try:
            do(row, last=form.cleaned_data["last"], by=request.user, on=today)
        except ValidationError as error:
            form.add_error("last", error.messages)
        else:
            messages.success(request, "已登记。")
            return redirect(back[1])
    context = {**act, "form": form, "of": back[0], "back": back[1], "act_url": reverse(route, args=[row.pk])}
    return render(request, "members/end.html", context)
