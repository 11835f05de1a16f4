"""党籍, leaving, 失联 and 流动, 党纪处分: the lists, and a page for each act."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts import audit
from accounts.policy import policy
from branches.forms import search_word
from branches.models import Branch
from branches.rights import may
from members import plain_sheet, register, standing
from members.forms.standing import (
    LEFT,
    SUSPENDED,
    LastForm,
    LeaveForm,
    RestoreForm,
    SanctionFilter,
    SanctionForm,
    StandingForm,
    WhereaboutsFilter,
    WhereaboutsForm,
)
from members.models import Member, Membership, Sanction, Standing, Whereabouts
from members.views.appraisal import SHOWN, download, refuse
from members.views.sections import span
from rulebook.book import in_force

Kind = Whereabouts.Kind


def _asked(request, today):
    """(the filters, the rows of the kind that is shown, the homes of today)."""
    homes = Membership.objects.visible_to(request.user).on(today)
    branches = Branch.objects.visible_to(request.user, verb="member.see").filter(pk__in=homes.values("branch"))
    form = WhereaboutsFilter(request.GET, branch=branches.in_order())
    if branches.count() <= 1:
        form.drop("branch")
    if form.shown == LEFT:
        found = Membership.objects.visible_to(request.user, verb="standing.edit").gone()
        if "branch" in form.asked:
            found = found.filter(branch=form.asked["branch"])
        found = found.order_by("-ended_on", "-pk")
    else:
        model = Standing if form.shown == SUSPENDED else Whereabouts
        found = model.objects.visible_to(request.user).on(today)
        if model is Whereabouts:
            found = found.filter(kind=form.shown)
        if "branch" in form.asked:
            found = found.filter(member__in=homes.filter(branch=form.asked["branch"]).values("member"))
        found = found.order_by("started_on", "pk")
    if "q" in form.asked:
        found = register.named(found, form.asked["q"])
    return form, found.select_related("member"), homes


def _rows(request, form, found, homes, today):
    """Finished rows of one page or of the whole list: four queries, however many."""
    found = list(found)
    members = [row.member_id for row in found]
    if form.shown == LEFT:
        at = Branch.objects.visible_to(request.user).in_bulk({row.branch_id for row in found})
        return [_left(row, at.get(row.branch_id)) for row in found]
    at = {row.member_id: row.branch for row in homes.filter(member__in=members).select_related("branch")}
    since, book = standing.suspended(members, today), in_force(on=today)
    return [_line(request, row, at.get(row.member_id), since.get(row.member_id), today, book) for row in found]


def _left(row, branch):
    is_alive = row.end_reason != Membership.End.DIED
    return {
        "member": row.member, "branch": branch, "words": row.get_end_reason_display(), "note": row.end_basis,
        "span": f"{row.ended_on:%Y-%m-%d}", "hint": None, "has_page": False,
        "acts": [("恢复党籍", reverse("members:restore", args=[row.member_id]))] if is_alive else [],
    }  # fmt: skip


def _line(request, row, branch, since, today, book):
    acts, hint = [], None
    if isinstance(row, Standing):
        may_act, knows = may(request.user, "standing.edit", at=branch), may(request.user, "member.edit", at=branch)
        words, note = (
            row.get_kind_display(),
            "；".join(filter(None, (row.reason, row.basis))) if knows or may_act else "",
        )
        if may_act:
            acts = [("恢复党籍", reverse("members:standing_end", args=[row.pk]))]
    else:
        words = row.get_lost_reason_display() or row.destination
        note = f"最近联系 {row.contacted_on:%Y-%m-%d}" if row.contacted_on else ""
        hint = standing.overdue(row, today, since, book=book)
        if may(request.user, "member.edit", at=branch):
            acts = [("结束", reverse("members:whereabouts_end", args=[row.pk]))]
            if row.kind != Kind.LOST:
                acts.insert(0, ("登记联系", reverse("members:whereabouts_contact", args=[row.pk])))
    return {
        "member": row.member, "branch": branch, "words": words, "note": note, "span": span(row), "hint": hint,
        "acts": acts, "has_page": True,
    }  # fmt: skip


@require_safe
@policy("member.see")
def whereabouts_list(request):
    """Who is 失联, 流动, abroad, 停止党籍; and, for those who deal with it, who has left and why."""
    today = timezone.localdate()
    form, found, homes = _asked(request, today)
    page = Paginator(found, SHOWN).get_page(request.GET.get("page"))
    knows = may(request.user, "standing.edit")
    tabs = [
        {"label": label, "url": f"?kind={key}", "is_shown": key == form.shown}
        for key, label in form.fields["kind"].choices
        if key != LEFT or knows
    ]
    context = {
        "form": form, "page": page, "query": request.GET, "tabs": tabs, "shown": form.shown,
        "rows": _rows(request, form, page, homes, today), "has_many": "branch" in form.fields,
        "may_edit": may(request.user, "member.edit"), "title": dict(form.fields["kind"].choices)[form.shown],
    }  # fmt: skip
    return render(request, "members/whereabouts.html", context)


@require_safe
@policy("member.see")
def whereabouts_export(request):
    """The list as filtered."""
    today = timezone.localdate()
    form, found, homes = _asked(request, today)
    highest = Branch.objects.visible_to(request.user, verb="member.see").order_by("path").first()
    title = f"{dict(form.fields['kind'].choices)[form.shown]}党员名单"
    rows = [
        (
            row["branch"].name if row["branch"] else "", row["member"].name, row["words"], row["span"], row["note"],
            row["hint"][0] if row["hint"] else "",
        )
        for row in _rows(request, form, found, homes, today)
    ]  # fmt: skip
    headers = ["所在党支部", "姓名", "情形", "起止", "备注", "按规定应做的事"]
    data = plain_sheet.of_list(
        title, headers, (32, 12, 22, 26, 26, 44), rows, organ=highest.name if highest else "", on=today,
        words=[chip["label"] for chip in form.chips],
    )  # fmt: skip
    audit.record("report.export", by=request.user, report=title, rows=len(rows))
    return download(data, f"{title}.xlsx")


# --- a page for each act


def acted(request, form, act, done, back, template, **context):
    """The form; once valid the act; a refusal stands beside its field with everything typed kept."""
    if request.method == "POST" and form.is_valid():
        try:
            act()
        except ValidationError as error:
            refuse(form, error)
        else:
            messages.success(request, done)
            return redirect(back)
    return render(request, template, {"form": form, "back": back, **context})


def _member(request, pk, verb):
    return get_object_or_404(Member.objects.visible_to(request.user, verb=verb), pk=pk)


@require_http_methods(["GET", "HEAD", "POST"])
@policy("member.edit")
def whereabouts_add(request, pk):
    member, today = _member(request, pk, "member.edit"), timezone.localdate()
    form = WhereaboutsForm(request.POST or None, instance=Whereabouts(member=member))
    return acted(
        request, form, lambda: standing.miss(form.instance, by=request.user, on=today), "已登记。", member.get_absolute_url(),
        "members/whereabouts_form.html", member=member,
    )  # fmt: skip


def asked_day(request, row, act, title, label, done, text="", back=""):
    """One day asked for on a page of its own."""
    today = timezone.localdate()
    form = LastForm(request.POST or None, label=label, initial={"last": today})
    return acted(
        request, form, lambda: act(form.cleaned_data["last"], today), done, back or row.member.get_absolute_url(),
        "members/standing_day.html", member=row.member, title=title, text=text, act_url=request.path,
    )  # fmt: skip


def _whereabouts(request, pk):
    found = Whereabouts.objects.visible_to(request.user, verb="member.edit").select_related("member")
    return get_object_or_404(found, pk=pk)


@require_http_methods(["GET", "HEAD", "POST"])
@policy("member.edit")
def whereabouts_contact(request, pk):
    row = _whereabouts(request, pk)
    return asked_day(
        request, row, lambda day, today: standing.contact(row, day=day, by=request.user, on=today),
        f"哪天与{row.member}联系过？", "联系日期", "已登记联系。",
    )  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
@policy("member.edit")
def whereabouts_end(request, pk):
    row = _whereabouts(request, pk)
    return asked_day(
        request, row, lambda day, today: standing.found(row, last=day, by=request.user, on=today),
        f"{row.member}的“{row.get_kind_display()}”到哪天为止？", "最后一天", "已登记结束。", text="这一天仍算在内。",
    )  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
@policy("standing.edit")
def standing_add(request, pk):
    member, today = _member(request, pk, "standing.edit"), timezone.localdate()
    form = StandingForm(request.POST or None, instance=Standing(member=member))
    return acted(
        request, form, lambda: standing.suspend(form.instance, by=request.user, on=today), "已登记停止党籍。",
        member.get_absolute_url(), "members/standing_form.html", member=member,
    )  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
@policy("standing.edit")
def standing_end(request, pk):
    found = Standing.objects.visible_to(request.user, verb="standing.edit").select_related("member")
    row = get_object_or_404(found, pk=pk)
    return asked_day(
        request, row, lambda day, today: standing.resume(row, last=day, by=request.user, on=today),
        f"{row.member}停止党籍到哪天为止？", "停止党籍的最后一天", "已恢复党籍。", text="恢复党籍从第二天起。",
    )  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
@policy("standing.edit")
def leave(request, pk):
    """去世, 退党, 除名, 开除, 取消资格: from here the member is on no register, the record stays."""
    member, today = _member(request, pk, "standing.edit"), timezone.localdate()
    home = member.memberships.select_related("branch").filter(ended_on=None).first()
    form = LeaveForm(request.POST or None, ways=standing.WAYS_OUT[home.kind])
    return acted(
        request, form, lambda: standing.leave(member, **form.cleaned_data, by=request.user, on=today),
        "已办理，职务、党小组等一并结束。有账号的，请通知管理员停用。", f"{reverse('members:whereabouts')}?kind={LEFT}",
        "members/standing_leave.html", member=member, home=home,
    )  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
@policy("standing.edit")
def restore(request, pk):
    today = timezone.localdate()
    gone = Membership.objects.visible_to(request.user, verb="standing.edit").gone().select_related("member", "branch")
    last = get_object_or_404(gone.exclude(end_reason=Membership.End.DIED), member=pk)
    branches = Branch.objects.visible_to(request.user, verb="standing.edit").graded().filter(closed_on=None).in_order()
    home = last.branch if last.branch.closed_on is None else None
    form = RestoreForm(request.POST or None, branches=branches, initial={"branch": home, "since": today})
    return acted(
        request, form, lambda: standing.restore(last.member, **form.cleaned_data, by=request.user, on=today), "已恢复党籍。",
        f"{reverse('members:whereabouts')}?kind={LEFT}", "members/standing_restore.html", member=last.member, last=last,
    )  # fmt: skip


# --- 党纪处分: for those alone whose post deals with it


@require_safe
@policy("sanction.see")
def sanction_list(request):
    today = timezone.localdate()
    form = SanctionFilter(request.GET)
    found = Sanction.objects.visible_to(request.user).select_related("member")
    if "q" in form.asked:
        found = register.named(found, form.asked["q"])
    if "kind" in form.asked:
        found = found.filter(kind=form.asked["kind"])
    if "when" in form.asked:
        found = found.on(today)
    page = Paginator(found.order_by("-started_on", "-pk"), SHOWN).get_page(request.GET.get("page"))
    homes = Membership.objects.visible_to(request.user, verb="sanction.see").on(today)
    at = {
        row.member_id: row.branch
        for row in homes.filter(member__in=[row.member_id for row in page]).select_related("branch")
    }
    may_edit = may(request.user, "sanction.edit")
    context = {
        "form": form, "page": page, "query": request.GET, "may_edit": may_edit,
        "rows": [
            {
                "sanction": row, "branch": at.get(row.member_id),
                "state": "na" if row.ended_on and row.ended_on < today else "late",
                "may_edit": row.member_id in at and may(request.user, "sanction.edit", at=at[row.member_id]),
            }
            for row in page
        ],
    }  # fmt: skip
    return render(request, "members/sanctions.html", context)


@require_safe
@policy("sanction.edit")
def sanction_choose(request):
    """Whom: by name, within the own scope."""
    word = search_word(request.GET)
    rows = Membership.objects.visible_to(request.user, verb="sanction.edit").on(timezone.localdate()).for_list()
    found = register.in_order(register.named(rows, word)) if word else rows.none()
    page = Paginator(found, SHOWN).get_page(request.GET.get("page"))
    return render(request, "members/sanction_choose.html", {"page": page, "word": word, "query": request.GET})


@require_http_methods(["GET", "HEAD", "POST"])
@policy("sanction.edit")
def sanction_add(request, pk):
    member, today = _member(request, pk, "sanction.edit"), timezone.localdate()
    form = SanctionForm(request.POST or None, instance=Sanction(member=member))
    return acted(
        request, form, lambda: standing.impose(form.instance, by=request.user, on=today), "已登记。",
        reverse("members:sanctions"), "members/sanction_form.html", member=member,
    )  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
@policy("sanction.edit")
def sanction_end(request, pk):
    found = Sanction.objects.visible_to(request.user, verb="sanction.edit").select_related("member")
    row = get_object_or_404(found, pk=pk)
    return asked_day(
        request, row, lambda day, today: standing.shorten(row, last=day, by=request.user, on=today),
        f"{row.member}的影响期到哪天为止？", "期满日期", "已登记。", text="留党察看期间没有表决权、选举权和被选举权。",
        back=reverse("members:sanctions"),
    )  # fmt: skip
