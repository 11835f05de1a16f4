"""组织设置变动: the acts on one organisation, each with its paper; the list of them, and what counts as 优化调整."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import Q
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts import audit
from accounts.policy import policy
from branches.models import Branch, OrgChange
from branches.rights import may
from members import changes, setting_sheet, structure
from members.forms.change import ChangeFilter, DissolveForm, FoundForm, RenameForm, UpgradeForm
from members.forms.election import tell
from members.models import Member, Membership
from members.structure_checks import LEAVES, UPPERS
from members.views.appraisal import download
from members.views.structure import CITE, staged
from rulebook.book import in_force

SHOWN = 30


def _asked(request, today, verb):
    """(the filters, the changes they leave, how many organisations of these count as 优化调整)."""
    rows = OrgChange.objects.visible_to(request.user, verb=verb)
    uppers = Branch.objects.visible_to(request.user, verb=verb).at_work(today).filter(kind__in=UPPERS).in_order()
    years = sorted({on.year for on in rows.order_by().dates("on", "year")} | {today.year}, reverse=True)
    form = ChangeFilter(request.GET, years=years, upper=uppers)
    asked = form.asked
    if "q" in asked:
        names = ("branch__name", "before", "after")
        rows = rows.filter(Q(*((f"{name}__contains", asked["q"]) for name in names), _connector=Q.OR))
    if "year" in asked:
        rows = rows.filter(on__year=asked["year"])
    if "kind" in asked:
        rows = rows.filter(kind=asked["kind"])
    if "upper" in asked:
        rows = rows.filter(branch__path__startswith=asked["upper"].path)
    rule = in_force(on=today)["setting.counted"]
    counted = rows.filter(kind__in=rule.value["kinds"]).order_by().values("branch").distinct().count()
    return form, rows, counted, rule


@require_safe
@policy("branch.see")
def change_list(request):
    today = timezone.localdate()
    form, rows, counted, rule = _asked(request, today, "branch.see")
    page = Paginator(rows, SHOWN).get_page(request.GET.get("page"))
    shown = rows.filter(pk__in=[row.pk for row in page])
    if len(form.fields["upper"].queryset) < 2:
        form.drop("upper")
    context = {
        "form": form, "page": page, "query": request.GET, "rows": changes.shown(shown), "counted": counted, "rule": rule,
        "may_export": may(request.user, "report.export"), "may_restructure": may(request.user, "branch.restructure"),
    }  # fmt: skip
    return render(request, "members/changes.html", context)


@require_safe
@policy("report.export")
def change_export(request):
    """The list as filtered and in scope."""
    today = timezone.localdate()
    form, rows, counted, _ = _asked(request, today, "report.export")
    rows = rows.filter(branch__in=Branch.objects.visible_to(request.user))
    highest = Branch.objects.visible_to(request.user, verb="report.export").order_by("path").first()
    words = [chip["label"] for chip in form.chips]
    data = setting_sheet.of_changes(changes.shown(rows), organ=highest or "", on=today, counted=counted, words=words)
    audit.record("report.export", by=request.user, report="组织设置变动一览表", rows=rows.count(), on=str(today))
    return download(data, f"组织设置变动一览表{today:%Y%m%d}.xlsx")


def _branch(request, pk):
    found = Branch.objects.visible_to(request.user, verb="branch.restructure").select_related("parent")
    return get_object_or_404(found, pk=pk)


@require_safe
@policy("branch.restructure")
def change_hub(request, pk):
    """What can be done with one organisation, and what was."""
    branch = _branch(request, pk)
    context = {
        "branch": branch, "acts": _acts(branch), "rows": changes.shown(branch.changes.all()), "cite": CITE,
        "names": changes.former_names(branch),
    }  # fmt: skip
    return render(request, "members/change.html", context)


def _acts(branch):
    """(label, address, what it does) of each act that the organisation can undergo."""
    if branch.closed_on:
        return []
    of = {name: reverse(f"members:{name}", args=[branch.pk]) for name in
          ("change_rename", "change_upgrade", "change_dissolve", "split", "move")}  # fmt: skip
    found = [("更名", of["change_rename"], "换新名称，以前的记录和材料仍是当时的名称")]
    if branch.kind in changes.UPWARD:
        found.append(("升格", of["change_upgrade"], "党支部升为党总支、党委，党总支升为党委；届次、记录不变"))
    if branch.kind in LEAVES:
        merge = f"{reverse('members:merge')}?branch={branch.pk}"
        found.append(("拆分", of["split"], "分成几个党支部，党员分别编入；党员过多的，就是化解大党支部"))
        found.append(("合并", merge, "与别的党支部合并，或者并入另一个党支部"))
    if branch.parent_id:
        found.append(("划转", of["move"], "连同下级一起划到另一个上级党组织"))
        found.append(("撤销", of["change_dissolve"], "没有党员、没有下级、没有未办结的事，才能撤销"))
    return found


@require_http_methods(["GET", "HEAD", "POST"])
@policy("branch.restructure")
def change_rename(request, pk):
    branch, today = _branch(request, pk), timezone.localdate()
    form = RenameForm(request.POST or None, initial={"since": today})
    context = {
        "title": "更名", "label": "确认更名", "about": branch.name, "back": reverse("members:change", args=[pk]),
        "text": "生效日期以前的手册、年度表仍写原名称；原名称列为曾用名，照样能查到。印章同时更换。",
    }  # fmt: skip
    return _act(
        request, form, context, "已更名。",
        lambda asked: changes.rename(branch, **asked, by=request.user, on=today),
    )  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
@policy("branch.restructure")
def change_dissolve(request, pk):
    branch, today = _branch(request, pk), timezone.localdate()
    form = DissolveForm(request.POST or None, initial={"since": today})
    context = {
        "title": "撤销", "label": "确认撤销", "about": branch.name, "back": reverse("members:change", args=[pk]),
        "text": "从生效日期起撤销：职务、党小组、账号任职、联系点和隶属关系到前一天结束；以前的记录都保留。不能恢复，需要时另行成立。",
        "is_danger": True,
    }  # fmt: skip
    return _act(
        request, form, context, "已撤销。",
        lambda asked: changes.dissolve(branch, **asked, by=request.user, on=today).branch,
    )  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
@policy("branch.restructure")
def change_found(request):
    today = timezone.localdate()
    mine = Branch.objects.visible_to(request.user, verb="branch.restructure")
    parents = mine.at_work(today).filter(kind__in=UPPERS).in_order()
    form = FoundForm(request.POST or None, parents=parents, initial={"since": today})
    context = {
        "title": "成立党组织", "label": "确认成立", "about": "", "back": reverse("members:changes"),
        "text": "成立后，党员经组织关系转接或登记进入；支部委员会、书记由选举产生，账号任职请管理员办理。",
    }  # fmt: skip
    return _act(request, form, context, "已成立。", lambda asked: changes.found(**asked, by=request.user, on=today))


@require_http_methods(["GET", "HEAD", "POST"])
@policy("branch.restructure")
def change_upgrade(request, pk):
    branch, today = _branch(request, pk), timezone.localdate()
    stays = Membership.objects.visible_to(request.user, verb="branch.restructure").on(today).filter(branch=branch)
    members = Member.objects.visible_to(request.user, verb="branch.restructure").filter(pk__in=stays.values("member"))
    form = UpgradeForm(
        request.POST or None, branch=branch, members=members.order_by("strokes", "pk"),
        schools=branch.schools.order_by("name"), initial={"since": today},
    )  # fmt: skip

    def act(seen, *, is_real):
        asked = form.asked() | {"by": request.user, "on": today, "seen": seen}
        if is_real:
            return changes.upgrade(branch, **asked)
        return structure.rehearse(changes.upgrade, branch, **asked)

    book = in_force(on=today)
    context = {
        "title": "升格", "template": "members/change_upgrade.html", "about": branch.name, "label": "确认升格",
        "back": reverse("members:change", args=[pk]),
        "general": book["branch.general_members"], "kind": branch.get_kind_display(),
        "can": branch.kind in changes.UPWARD and not branch.closed_on,
    }  # fmt: skip
    return staged(request, form, act, context)


def _act(request, form, context, done, act):
    if request.method == "POST" and form.is_valid():
        try:
            branch = act(form.asked())
        except ValidationError as error:
            tell(form, error)
        else:
            messages.success(request, done)
            return redirect(branch)
    return render(request, "members/change_act.html", context | {"form": form, "cite": CITE})
