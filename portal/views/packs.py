"""迎检资料包: a list of titles, where each comes from, and the one file that holds it all."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import Count
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import audit
from accounts.policy import policy
from branches.models import Branch
from branches.views.acting import acted
from jobs import actions as jobs
from portal import evidence, packs
from portal.forms import PackForm, PackItemForm
from portal.models import Pack, PackItem

SHOWN = 30
BOTH = ["GET", "HEAD", "POST"]
SMALL = 12  # titles times organisations that are packed while the page waits
LABELS = dict(evidence.CHOICES)


def _pack(request, pk):
    return get_object_or_404(Pack.objects.visible_to(request.user).select_related("branch", "created_by"), pk=pk)


def _item(request, pk):
    return get_object_or_404(PackItem.objects.visible_to(request.user).select_related("pack__branch", "file"), pk=pk)


@require_safe
@policy("pack.run")
def pack_list(request):
    found = (
        Pack.objects.visible_to(request.user).select_related("branch").annotate(titles=Count("items")).order_by("-pk")
    )
    page = Paginator(found, SHOWN).get_page(request.GET.get("page"))
    return render(request, "portal/packs.html", {"page": page, "rows": page.object_list})


@require_http_methods(BOTH)
@policy("pack.run")
def pack_add(request):
    today = timezone.localdate()
    branches = Branch.objects.visible_to(request.user, verb="pack.run").at_work(today).order_by("path")
    offered = [(key, f"{label}（{len(items)} 项，示例）") for key, label, items in packs.templates(on=today)]
    first = {"branch": branches.first(), "starts_on": today.replace(month=1, day=1), "ends_on": today}
    form = PackForm(request.POST or None, branches=branches, templates=offered, initial=first)

    def act():
        return packs.start(form.instance, form.cleaned_data["template"], by=request.user, on=today)

    return acted(
        request, form, act, "已建好，逐项核对目录后再编制。", lambda made: made.get_absolute_url(), "portal/pack_form.html",
        cancel=reverse("portal:packs"), title="编制资料包",
    )  # fmt: skip


@require_http_methods(BOTH)
@policy("pack.run")
def pack_edit(request, pk):
    pack = _pack(request, pk)
    form = PackForm(request.POST or None, instance=pack, branches=Branch.objects.visible_to(request.user), templates=[])

    def act():
        return packs.edit(form, version=form.cleaned_data["version"] or 0, by=request.user)

    return acted(
        request, form, act, "已保存。", pack.get_absolute_url(), "portal/pack_form.html", fresh=lambda: _pack(request, pk),
        title="改名称和起止",
    )  # fmt: skip


@require_safe
@policy("pack.run")
def pack_page(request, pk):
    """The titles with where each comes from; `check` counts what there is before it is packed."""
    pack, today = _pack(request, pk), timezone.localdate()
    counted = "check" in request.GET
    if counted:
        parts = [(item, len(papers)) for item, papers in packs.contents(pack, request.user, on=today)]
    else:
        items = PackItem.objects.visible_to(request.user).filter(pack=pack).select_related("file")
        parts = [(item, None) for item in items.order_by("position", "pk")]
    context = {
        "pack": pack, "counted": counted, "lacking": sum(count == 0 for _, count in parts) if counted else 0,
        "rows": [
            {"item": item, "source": LABELS.get(item.kind, item.kind), "count": count, "is_missing": count == 0} for item, count in parts
        ],
        "limit": packs.LARGEST // packs.MEGABYTE, "ask": request.GET.get("ask", ""), "events": audit.of(pack)[:20],
    }  # fmt: skip
    return render(request, "portal/pack.html", context)


@require_http_methods(BOTH)
@policy("pack.run")
def pack_item_add(request, pk):
    pack = _pack(request, pk)
    return _item_form(request, PackItem(pack=pack), "加一项")


@require_http_methods(BOTH)
@policy("pack.run")
def pack_item(request, pk):
    return _item_form(request, _item(request, pk), "改这一项")


def _item_form(request, item, title):
    form = PackItemForm(request.POST or None, request.FILES or None, instance=item, kinds=evidence.CHOICES)
    back = item.pack.get_absolute_url()

    def act():
        return packs.put_item(form.instance, form.cleaned_data.get("upload"), by=request.user)

    return acted(request, form, act, "已保存。", back, "portal/pack_item.html", item=item, title=title)


@require_POST
@policy("pack.run")
def pack_item_act(request, pk):
    """Up, down, or out of the list."""
    item = _item(request, pk)
    try:
        if "drop" in request.POST:
            packs.drop_item(item, by=request.user)
            messages.success(request, f"已删去“{item.title}”。")
        else:
            packs.move_item(item, up="up" in request.POST, by=request.user)
    except ValidationError as error:
        messages.error(request, "；".join(error.messages))
    return redirect(item.pack)


@require_POST
@policy("pack.run")
def pack_drop(request, pk):
    packs.drop(_pack(request, pk), by=request.user)
    messages.success(request, "资料包已删去，里面的记录都还在。")
    return redirect("portal:packs")


@require_POST
@policy("pack.run")
def pack_make(request, pk):
    """Have it packed: at once when it is small, else while one does something else."""
    pack = _pack(request, pk)
    below = Branch.objects.visible_to(request.user, verb="pack.run").filter(path__startswith=pack.branch.path)
    titles = PackItem.objects.visible_to(request.user).filter(pack=pack).count()
    if not titles:
        messages.error(request, "目录里还没有题名，请先加几项。")
        return redirect(pack)
    try:
        job = jobs.start("portal.pack", {"pack": pack.pk}, by=request.user, is_small=titles * below.count() <= SMALL)
    except ValidationError as refusal:
        messages.error(request, "；".join(refusal.messages))
        return redirect(pack)
    return redirect("portal:job", job.pk)
