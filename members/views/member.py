from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db import transaction
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

import vault
from accounts import audit
from accounts.policy import policy
from branches.models import Branch
from branches.rights import may
from members import register
from members.forms.person import IdSearchForm, MemberFilter, MemberForm, NewMemberForm
from members.models import Member, Membership, Post, Standing
from members.views.sections import At, parts, standing_now
from rulebook.book import in_force
from vault.masks import mask_id_number, mask_phone

FACTS = [
    "name", "former_name", "sex", "ethnicity", "birth_on", "native_place", "education", "degree", "party_school",
    "joined_on", "converted_on", "introducers", "work", "position", "title", "staffing", "work_began", "retired_on",
    "subject", "teaching_stage", "graduated_from",
]  # fmt: skip
ALWAYS = {"name", "sex", "ethnicity", "birth_on", "education", "joined_on", "converted_on", "title"}
WIDE = {"graduated_from"}
# The number is opened with the key of its row.
LISTED = (*register.NAMED, "member__sex", "member__birth_on", "member__joined_on", "member__phone", "member__row_key")
PERSONAL = "身份证号、手机号不能在这里查，以免留在网址里。身份证号请用“按身份证号查找”；这里查姓名或拼音首字母。"


def filtered(user, data, today):
    """(the filters, the memberships they leave, all memberships in scope today)."""
    everybody = Membership.objects.visible_to(user).on(today)
    branches = Branch.objects.visible_to(user, verb="member.see").at_work(today).in_order()
    form = MemberFilter(data, branch=branches.filter(pk__in=everybody.values("branch")))
    rows, asked = everybody.for_list(), form.asked
    if "q" in asked:
        rows = register.named(rows, asked["q"])
    if "branch" in asked:
        rows = rows.filter(branch=asked["branch"])
    if "kind" in asked:
        rows = rows.filter(kind=asked["kind"])
    return form, register.in_order(rows, asked.get("order", "")), everybody


@require_safe
@policy("member.see")
def member_list(request):
    form, rows, everybody = filtered(request.user, request.GET, timezone.localdate())
    if form.refused:  # away from the address that holds the number
        messages.warning(request, PERSONAL)
        return redirect(f"{reverse('members:list')}?{form.data.urlencode()}")
    has_many = len(form.fields["branch"].queryset) > 1
    if not has_many:
        form.drop("branch")
    page = Paginator(rows.only(*LISTED), 30).get_page(request.GET.get("page"))
    posts, members = {}, [row.member_id for row in page]
    for post in Post.objects.visible_to(request.user).filter(member__in=members, ended_on=None):
        posts.setdefault(post.member_id, []).append(post.get_office_display())
    standings = Standing.objects.visible_to(request.user).filter(member__in=members, ended_on=None)
    suspended = set(standings.values_list("member", flat=True))
    context = {
        "form": form, "page": page, "query": form.data, "has_many": has_many,
        "total": everybody.count() if form.asked else page.paginator.count,
        **{name: may(request.user, verb) for name, verb in {
            "may_import": "import.run", "may_add": "member.edit", "may_find": "member.reveal", "may_export": "export.run",
        }.items()},
        "rows": [
            {
                "member": row.member, "branch": row.branch, "kind": row.get_kind_display(),
                "is_probationary": row.kind == Membership.Kind.PROBATIONARY, "is_suspended": row.member_id in suspended,
                "posts": "、".join(posts.get(row.member_id, [])), "phone": mask_phone(vault.reveal(row.member, "phone")),
            }
            for row in page
        ],
    }  # fmt: skip
    return render(request, "members/list.html", context)


@require_safe
@policy("member.see")
def member_detail(request, pk):
    member = get_object_or_404(Member.objects.visible_to(request.user), pk=pk)
    today = timezone.localdate()
    stays = list(member.memberships.select_related("branch").order_by("-started_on"))
    standings = list(member.standings.order_by("-started_on"))
    now_in = next((row for row in stays if row.ended_on is None), None)
    may_edit = now_in is not None and may(request.user, "member.edit", at=now_in.branch)
    standing = standing_now(standings)
    context = {
        "member": member, "now_in": now_in, "may_edit": may_edit, "facts": _facts(member),
        "sees_training": now_in is not None and may(request.user, "training.see", at=now_in.branch),
        "may_reveal": now_in is not None and may(request.user, "member.reveal", at=now_in.branch),
        "id_number": mask_id_number(vault.reveal(member, "id_number")),
        "phone": mask_phone(vault.reveal(member, "phone")), "has_address": bool(vault.reveal(member, "address")),
        "may_copy": now_in is not None and may(request.user, "copying.mark", at=now_in.branch),
        "is_probationary": now_in is not None and now_in.kind == Membership.Kind.PROBATIONARY,
        "standing": standing, "is_normal": standing == Standing.NORMAL,
        "parts": parts(member, At(request.user, today, may_edit, now_in, stays, standings)), "events": audit.of(member)[:20],
    }  # fmt: skip
    return render(request, "members/detail.html", context)


def _facts(member):
    """(label, value, whether the line is wide) of the plain facts; what is seldom filled is left out when empty."""
    found = []
    for name in FACTS:
        display = getattr(member, f"get_{name}_display", None)
        value = display() if display else getattr(member, name)
        if value or name in ALWAYS:
            text = f"{value:%Y-%m-%d}" if hasattr(value, "year") else value
            found.append((Member._meta.get_field(name).verbose_name, text or "—", name in WIDE))
    return found


@require_http_methods(["GET", "HEAD", "POST"])
@policy("member.edit")
@transaction.atomic
def member_edit(request, pk):
    found = Member.objects.visible_to(request.user, verb="member.edit").select_for_update(of=("self",))
    member = get_object_or_404(found, pk=pk)
    name = str(member)
    form = MemberForm(request.POST or None, instance=member)
    if request.method == "POST" and form.is_valid():
        audit.save(form, by=request.user)
        messages.success(request, f"已保存{form.instance}的信息。")
        _tell(request, form)
        return redirect(member)
    stale = None
    if form.is_stale:
        fresh = Member.objects.visible_to(request.user, verb="member.edit").get(pk=pk)
        form.catch_up(fresh)
        stale = {"rows": form.theirs, "event": audit.of(fresh).first()}
    if form.taken:
        home = Branch.objects.visible_to(request.user, verb="member.edit").filter(memberships__member=pk)
        register.report_taken(form.taken, home.filter(memberships__ended_on=None).first(), by=request.user)
    context = {"form": form, "pk": pk, "name": name, "stale": stale, "sections": form.sections(_rules())}
    return render(request, "members/edit.html", context)


def _tell(request, form):
    """Warnings stand on the next page: the form was saved."""
    for oddity in form.oddities:
        messages.warning(request, f"{oddity}。信息已保存，核对后可再修改。")


def _rules():
    """What the page says beside a field."""
    book = in_force(on=timezone.localdate())
    age, probation = book["membership.min_age"], book["probation.months"]
    cite = {rule.key: rule.source.partition("：")[0] for rule in (age, probation)}
    return {
        "name": {"rule": "与身份证一致；姓名中间的点写成“·”。改过名字的，把原来的填在曾用名里，按曾用名也能查到。"},
        "id_number": {"rule": "加密保存，原来的号码不送到页面上。与出生日期、性别不一致时照样保存，但会提醒核对。"},
        "joined_on": {"rule": f"年满 {age.value} 周岁可以申请入党。", "cite": cite[age.key]},
        "converted_on": {
            "rule": f"预备期 {probation.value} 个月，期满方可转正；预备党员不填。", "cite": cite[probation.key],
        },
        "since": {"rule": "组织关系到本支部的日期。不清楚的可以不填，取入党日期和支部成立日期中较晚的一天，并注明是推定。"},
        "work_began": {"rule": "知道到哪一级就填到哪一级，只知道年月的不要补日。"},
        "phone": {"rule": "加密保存，页面上只显示前三位和后四位。两个号码用“/”隔开，没有的不填。"},
        "address": {"rule": "加密保存，页面上不显示。"},
    }  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
@policy("member.edit")
def member_add(request):
    """Somebody new on the register, entered by hand."""
    today = timezone.localdate()
    branches = Branch.objects.visible_to(request.user, verb="member.edit").at_work(today).in_order()
    branches = branches.filter(kind__in=[Branch.Kind.BRANCH, Branch.Kind.JOINT, Branch.Kind.TEMPORARY])
    form = NewMemberForm(request.POST or None, branches=branches)
    if request.method == "POST" and form.is_valid():
        typed = form.cleaned_data
        form.fill()
        where = {"branch": typed["branch"], "kind": typed["kind"], "since": typed["since"]}
        try:
            member = register.add(form.instance, **where, by=request.user, on=today)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, f"已登记{member}。")
            _tell(request, form)
            return redirect(member)
    if form.taken and (branch := form.cleaned_data.get("branch")):
        register.report_taken(form.taken, branch, by=request.user)
    return render(request, "members/add.html", {"form": form, "sections": form.sections(_rules())})


@require_http_methods(["GET", "HEAD", "POST"])
@policy("member.reveal")
def member_find(request):
    """By ID number: sent in the body of a form, so that it stands in no address, and counted."""
    form, nobody = IdSearchForm(request.POST or None), False
    if request.method == "POST" and form.is_valid():
        try:
            member = register.find(form.cleaned_data["number"], by=request.user)
        except ValidationError as error:
            form.add_error("number", error.messages)
        else:
            if member is not None:
                return redirect(member)
            form, nobody = IdSearchForm(), True
    return render(request, "members/find.html", {"form": form, "nobody": nobody})
