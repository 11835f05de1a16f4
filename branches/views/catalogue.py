"""名目设置: four lists that the county words for itself, with the paper that each entry rests on."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import audit
from accounts.policy import policy
from branches import catalogue
from branches.forms.catalogue import EntryForm
from branches.forms.rectification import tell
from branches.models import CatalogueEntry

LISTS = CatalogueEntry.Catalogue
ABOUT = {
    LISTS.WEAK_REASON: "认定时勾选的情形，验收时逐项核对。",
    LISTS.FOUR_ONES: "列入整顿的党组织逐项落实到人；附加项列出但不计入“四个一”。",
    LISTS.TITLE: "党组织申报和认定的称号、主题创建。",
    LISTS.SEVEN_ONES: "支部阵地逐项核对；附加项列出但不计入“七个一”。",
}


@require_safe
@policy("catalogue.edit")
def catalogue_page(request):
    entries = list(CatalogueEntry.objects.visible_to(request.user).order_by("order", "pk"))
    year = timezone.localdate().year
    lists = [
        {
            "key": key, "label": label, "about": ABOUT[key],
            "rows": [
                {"entry": row, "is_over": bool(row.until_year and row.until_year < year)} for row in entries if row.catalogue == key
            ],
        }
        for key, label in LISTS.choices
    ]  # fmt: skip
    return render(request, "branches/catalogue.html", {"lists": lists})


@require_http_methods(["GET", "HEAD", "POST"])
@policy("catalogue.edit")
def catalogue_add(request, kind):
    if kind not in LISTS.values:
        raise Http404
    return _form(request, CatalogueEntry(catalogue=kind, from_year=timezone.localdate().year))


@require_http_methods(["GET", "HEAD", "POST"])
@policy("catalogue.edit")
def catalogue_edit(request, pk):
    return _form(request, _entry(request, pk))


def _entry(request, pk):
    return get_object_or_404(CatalogueEntry.objects.visible_to(request.user), pk=pk)


def _form(request, entry):
    form = EntryForm(request.POST or None, instance=entry)
    if request.method == "POST" and form.is_valid():
        try:
            saved = catalogue.save(form.instance, by=request.user)
        except ValidationError as error:
            tell(form, error)
        else:
            messages.success(request, f"已保存“{saved}”。")
            return redirect(_back(saved))
    pk = entry.pk
    context = {
        "form": form, "pk": pk, "list": LISTS(entry.catalogue).label, "back": _back(entry),
        "is_used": bool(pk) and catalogue.is_used(entry), "events": audit.of(entry)[:20] if pk else [],
    }  # fmt: skip
    return render(request, "branches/catalogue_form.html", context)


def _back(entry):
    return f"{reverse('branches:catalogue')}#{entry.catalogue}"


@require_POST
@policy("catalogue.edit")
def catalogue_act(request, pk):
    """Up, down, or out."""
    entry, act = _entry(request, pk), request.POST.get("act")
    back = _back(entry)
    try:
        if act == "drop":
            catalogue.drop(entry, by=request.user)
            messages.success(request, f"已删去“{entry}”。")
        elif act in ("up", "down"):
            catalogue.move(entry, up=act == "up", by=request.user)
    except ValidationError as error:
        messages.error(request, "；".join(error.messages))
    return redirect(back)
