"""研判标准: the editions, one of them with its groups and items, and the pages on which a draft is changed row by row."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import Count, Sum
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import audit
from accounts.policy import policy
from branches import standards
from branches.forms import whole_number
from branches.forms.standard import LEADERS, GroupForm, ItemForm, StandardForm, StartForm
from branches.models import Branch, Standard, StandardGroup, StandardItem
from branches.views.acting import SHOWN, refuse

State = Standard.State
SIGNS = {State.DRAFT: "draft", State.FROZEN: "done", State.RETIRED: "na"}
ACTS = {"retire": "停用", "restore": "恢复使用"}


def _seen(request, pk):
    found = Standard.objects.visible_to(request.user).select_related("branch", "origin", "created_by")
    return get_object_or_404(found, pk=pk)


def _owners(request):
    found = Branch.objects.visible_to(request.user, verb="screening.run").filter(kind__in=LEADERS, closed_on=None)
    return found.order_by("path")


@require_safe
@policy("screening.run")
def standard_list(request):
    found = Standard.objects.visible_to(request.user).select_related("branch")
    found = found.annotate(item_count=Count("groups__items"), whole=Sum("groups__items__points"))
    page = Paginator(found.order_by("state", "-pk"), SHOWN).get_page(request.GET.get("page"))
    rows = [{"standard": each, "sign": SIGNS[each.state]} for each in page]
    return render(request, "branches/standards.html", {"rows": rows, "page": page, "query": request.GET})


@require_safe
@policy("screening.run")
def standard_detail(request, pk):
    standard = _seen(request, pk)
    groups = _groups(standard)
    is_draft = standard.state == State.DRAFT
    context = {
        "standard": standard, "sign": SIGNS[standard.state], "groups": groups, "is_draft": is_draft,
        "whole": sum(group["points"] for group in groups), "count": sum(len(group["items"]) for group in groups),
        "acts": [(act, ACTS[act]) for act in standards.ROAD[standard.state]],
        "campaigns": standard.campaigns.visible_to(request.user).order_by("-year"), "events": audit.of(standard)[:20],
    }  # fmt: skip
    return render(request, "branches/standard.html", context)


def _groups(standard):
    """Groups with their items and points, as the page shows them."""
    found = []
    groups = list(standard.groups.prefetch_related("items"))
    for place, group in enumerate(groups):
        items = list(group.items.all())
        rows = []
        for order, item in enumerate(items):
            source = standards.source_of(item) if item.fact else None
            rows.append(
                {
                    "item": item, "record": source.label if source else item.fact, "is_first": order == 0,
                    "is_last": order == len(items) - 1, "is_minus": item.rule == StandardItem.Rule.MINUS,
                }
            )  # fmt: skip
        found.append(
            {
                "group": group, "items": rows, "points": sum(item.points for item in items), "is_first": place == 0,
                "is_last": place == len(groups) - 1,
            }
        )  # fmt: skip
    return found


@require_http_methods(["GET", "HEAD", "POST"])
@policy("screening.run")
def standard_add(request):
    """A new standard: empty, from a sample, or from an edition (?from=)."""
    origin = None
    if asked := whole_number(request.GET.get("from")):
        origin = _seen(request, asked)
    initial = {"branch": _owners(request).first(), "sample": "", "edition": f"{timezone.localdate().year} 年版"}
    wanted = request.GET.get("sample", "")
    if origin:
        initial |= {"branch": origin.branch_id, "title": origin.title, "source": origin.source}
    elif wanted in standards.samples():
        content = standards.samples()[wanted]
        initial |= {name: content[name] for name in ("title", "edition", "source")} | {"sample": wanted}
    form = StartForm(request.POST or None, owners=_owners(request), initial=initial)
    if origin:
        del form.fields["sample"]
    if request.method == "POST" and form.is_valid():
        try:
            made = standards.create(
                form.instance, by=request.user, sample=form.cleaned_data.get("sample", ""), origin=origin
            )
        except ValidationError as error:
            refuse(form, error)
        else:
            messages.success(request, "已新建，可以逐项修改；研判启动以后就不能再改。")
            return redirect(made)
    return render(request, "branches/standard_form.html", {"form": form, "origin": origin, "standard": None})


def _edited(request, standard, form, act, done, template="branches/standard_row.html", **context):
    """The form of a row of a standard; the act; who comes second sees what the other wrote and keeps what was typed."""
    if request.method == "POST" and form.is_valid():
        try:
            act(form.cleaned_data["version"] or 0)
        except ValidationError as error:
            refuse(form, error)
        else:
            messages.success(request, done)
            return redirect(standard)
    stale = None
    if form.is_stale:
        kept = type(form.instance).objects.visible_to(request.user).filter(pk=form.instance.pk).first()
        fresh = kept or form.instance
        fresh.version = _seen(request, standard.pk).version
        form.catch_up(fresh, hidden=("record",))
        stale = {"rows": form.theirs, "event": audit.of(standard).first()}
    return render(request, template, {"form": form, "standard": standard, "stale": stale, **context})


@require_http_methods(["GET", "HEAD", "POST"])
@policy("screening.run")
def standard_edit(request, pk):
    standard = _seen(request, pk)
    form = StandardForm(request.POST or None, instance=standard)
    return _edited(
        request, standard, form, lambda version: standards.edit(form.instance, by=request.user, version=version),
        "已保存。", "branches/standard_form.html",
    )  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
@policy("screening.run")
def group_add(request, pk):
    standard = _seen(request, pk)
    return _group(request, standard, StandardGroup(standard=standard), "添加分组")


@require_http_methods(["GET", "HEAD", "POST"])
@policy("screening.run")
def group_edit(request, pk):
    groups = StandardGroup.objects.visible_to(request.user).select_related("standard__branch")
    group = get_object_or_404(groups, pk=pk)
    return _group(request, group.standard, group, "修改分组")


def _group(request, standard, group, heading):
    group.version = standard.version  # a row goes by the version of the standard it belongs to
    form = GroupForm(request.POST or None, instance=group, initial={"version": standard.version})

    def act(version):
        return standards.save_group(form.instance, by=request.user, version=version)

    return _edited(request, standard, form, act, "已保存。", heading=heading)


@require_http_methods(["GET", "HEAD", "POST"])
@policy("screening.run")
def item_add(request, pk):
    groups = StandardGroup.objects.visible_to(request.user).select_related("standard__branch")
    group = get_object_or_404(groups, pk=pk)
    return _item(request, StandardItem(group=group), "添加项目")


@require_http_methods(["GET", "HEAD", "POST"])
@policy("screening.run")
def item_edit(request, pk):
    items = StandardItem.objects.visible_to(request.user).select_related("group__standard__branch")
    return _item(request, get_object_or_404(items, pk=pk), "修改项目")


def _item(request, item, heading):
    standard = item.group.standard
    item.version = standard.version
    form = ItemForm(request.POST or None, instance=item, initial={"version": standard.version})

    def act(version):
        form.instance.each = form.cleaned_data["each"]
        return standards.save_item(form.instance, by=request.user, version=version)

    return _edited(request, standard, form, act, "已保存。", "branches/standard_item.html", heading=heading)


def _row(request, standard):
    """The group or item that a sent form names, of this standard."""
    if key := whole_number(request.POST.get("item")):
        return get_object_or_404(StandardItem.objects.visible_to(request.user), pk=key, group__standard=standard)
    key = whole_number(request.POST.get("group")) or 0
    return get_object_or_404(StandardGroup.objects.visible_to(request.user), pk=key, standard=standard)


def _unnamed(request, standard):
    """Back to the page when the form named no row at all."""
    if "item" in request.POST or "group" in request.POST:
        return None
    messages.error(request, "请在标准页上选要移动或者删去的那一行。")
    return redirect(standard)


def _told(request, standard, act, done, anchor=""):
    try:
        act()
    except ValidationError as error:
        messages.error(request, "；".join(error.messages))
    else:
        messages.success(request, done)
    return redirect(f"{standard.get_absolute_url()}{anchor}")


@require_POST
@policy("screening.run")
def standard_move(request, pk):
    """One row up or down."""
    standard = _seen(request, pk)
    if back := _unnamed(request, standard):
        return back
    row, step = _row(request, standard), -1 if request.POST.get("to") == "up" else 1
    version = whole_number(request.POST.get("version")) or 0
    group = row if isinstance(row, StandardGroup) else row.group
    return _told(
        request, standard, lambda: standards.move(row, step, by=request.user, version=version), "已移动。",
        f"#group-{group.pk}",
    )  # fmt: skip


@require_POST
@policy("screening.run")
def standard_drop(request, pk):
    standard = _seen(request, pk)
    if back := _unnamed(request, standard):
        return back
    row, version = _row(request, standard), whole_number(request.POST.get("version")) or 0
    return _told(request, standard, lambda: standards.remove(row, by=request.user, version=version), "已删去。")


@require_POST
@policy("screening.run")
def standard_act(request, pk):
    """Retire or restore."""
    standard, act = _seen(request, pk), request.POST.get("act", "")
    done = f"已{ACTS.get(act, '办理')}。"
    return _told(request, standard, lambda: standards.act(standard, act, by=request.user), done)
