"""The pages on which a draft scheme is changed: its frame, one item, one part of it; who comes second loses nothing."""

from django.contrib import messages
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import transaction
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from accounts import audit
from accounts.policy import policy
from assessment import drafting
from assessment.forms.scheme import SECTIONS
from assessment.forms.scheme_part import ItemForm, PartForm
from assessment.models import Scheme
from assessment.rule_words import LABELS
from assessment.views.scheme import part_row, seen_scheme
from branches.views.acting import refuse


def _draft(request, pk):
    """A draft; what is no draft any more has no page for changes."""
    scheme = seen_scheme(request, pk, "scheme.edit")
    if request.method != "POST" and scheme.state != Scheme.State.DRAFT:
        raise Http404
    return scheme


def _anchor(scheme, code):
    return f"{scheme.get_absolute_url()}#item-{code}"


def _edited(request, scheme, form, act, fresh, done, back, template, **context):
    """The form; once valid the act. `fresh`: the same form of what is there now, for who comes second (None: it is gone)."""
    stale = None
    if request.method == "POST" and form.is_valid():
        try:
            with transaction.atomic():
                act(form)
        except ValidationError as error:
            refuse(form, error)
            if form.has_error(NON_FIELD_ERRORS, "stale") and (now := fresh()):
                form.catch_up(now)
                stale = {"rows": form.theirs, "event": audit.of(scheme).first()}
        else:
            messages.success(request, done)
            return redirect(back(form))
    return render(request, template, {"form": form, "scheme": scheme, "stale": stale, **context})


@require_http_methods(["GET", "HEAD", "POST"])
@policy("scheme.edit")
def scheme_section(request, pk, section):
    """Title, dimensions, grades or groups of a draft."""
    if section not in SECTIONS:
        raise Http404
    scheme = _draft(request, pk)

    def of(scheme, data=None):
        now = drafting.section_of(scheme.content, section)
        return SECTIONS[section](data, content=scheme.content, initial={"seen": drafting.seen(now)})

    def act(form):
        drafting.save_section(scheme, section, form.content(), by=request.user, then=form.cleaned_data["seen"])

    return _edited(
        request, scheme, of(scheme, request.POST or None), act, lambda: of(seen_scheme(request, pk, "scheme.edit")),
        "已保存。", lambda form: scheme.get_absolute_url(), "assessment/scheme_section.html",
        heading=drafting.SECTIONS[section][0], section=section,
    )  # fmt: skip


def _item_form(scheme, code, data=None, dimension=""):
    dimensions = [(row["key"], row["label"]) for row in scheme.content["dimensions"]]
    item = drafting.item_of(scheme.content, code) if code else None
    if code and item is None:
        return None
    words = drafting.item_words(item)
    initial = {"seen": drafting.seen(words)} if item else {"dimension": dimension}
    return ItemForm(data, dimensions=dimensions, item=item, initial=initial)


@require_http_methods(["GET", "HEAD", "POST"])
@policy("scheme.edit")
def scheme_item_add(request, pk):
    scheme = _draft(request, pk)
    form = _item_form(scheme, None, request.POST or None, request.GET.get("dimension", ""))
    return _edited(
        request, scheme, form, lambda form: drafting.save_item(scheme, None, form.content(), by=request.user, then=""),
        lambda: None, "已添加，请写它的评分点。",
        lambda form: reverse("assessment:scheme_part_add", args=[scheme.pk, form.content()["code"]]),
        "assessment/scheme_item.html", heading="添加指标", item=None, parts=[],
    )  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
@policy("scheme.edit")
def scheme_item(request, pk, code):
    scheme = _draft(request, pk)
    item = drafting.item_of(scheme.content, code)
    if item is None:
        raise Http404
    form = _item_form(scheme, code, request.POST or None)

    def act(form):
        drafting.save_item(scheme, code, form.content(), by=request.user, then=form.cleaned_data["seen"])

    return _edited(
        request, scheme, form, act, lambda: _item_form(seen_scheme(request, pk, "scheme.edit"), code), "已保存。",
        lambda form: _anchor(scheme, form.content()["code"]), "assessment/scheme_item.html", heading="修改指标", item=item,
        parts=[part_row(part) for part in item["parts"]],
    )  # fmt: skip


def _part_form(scheme, code, key, data=None, by=""):
    item = drafting.item_of(scheme.content, code)
    part = drafting.part_of(item, key) if item and key else None
    if item is None or (key and part is None):
        return None
    by = by or ("" if part else "veto" if item["dimension"] == "veto" else "share")
    initial = {"seen": drafting.seen(part)} if part else {"label": item["label"], "key": _next_key(item), "by": by}
    grades = [row["label"] for row in scheme.content["grades"]]
    return PartForm(data, grades=grades, kind=scheme.kind, part=part, by=by, initial=initial)


def _next_key(item):
    """AT1, then AT1.2: the item's own code for the first part."""
    taken = {part["key"] for part in item["parts"]}
    keys = [item["code"], *(f"{item['code']}.{place}" for place in range(2, 99))]
    return next((key for key in keys if key not in taken), "")


@require_http_methods(["GET", "HEAD", "POST"])
@policy("scheme.edit")
def scheme_part_add(request, pk, code):
    return _part(request, pk, code, None, "添加评分点")


@require_http_methods(["GET", "HEAD", "POST"])
@policy("scheme.edit")
def scheme_part(request, pk, code, key):
    return _part(request, pk, code, key, "修改评分点")


def _part(request, pk, code, key, heading):
    scheme = _draft(request, pk)
    by = request.GET.get("by", "")
    form = _part_form(scheme, code, key, request.POST or None, by if by in LABELS else "")
    if form is None:
        raise Http404
    item = drafting.item_of(scheme.content, code)
    context = {"heading": heading, "item": item, "key": key or "", "is_only": len(item["parts"]) == 1}
    if (
        request.method == "POST" and "rule" in request.POST
    ):  # another rule was chosen: its fields, with all that was typed
        form.full_clean()
        form.errors.clear()
        return render(request, "assessment/scheme_part.html", context | {"form": form, "scheme": scheme, "stale": None})

    def act(form):
        drafting.save_part(scheme, code, key, form.content(), by=request.user, then=form.cleaned_data["seen"])

    return _edited(
        request, scheme, form, act, lambda: _part_form(seen_scheme(request, pk, "scheme.edit"), code, key), "已保存。",
        lambda form: _anchor(scheme, code), "assessment/scheme_part.html", **context,
    )  # fmt: skip


def _named(request):
    return request.POST.get("code", ""), request.POST.get("part") or None


def _told(request, scheme, act, done, code):
    try:
        with transaction.atomic():
            act()
    except ValidationError as error:
        messages.error(request, "；".join(error.messages))
    else:
        messages.success(request, done)
    return redirect(_anchor(scheme, code) if code else scheme.get_absolute_url())


@require_POST
@policy("scheme.edit")
def scheme_move(request, pk):
    """An item or a part one place up or down."""
    scheme, (code, key) = seen_scheme(request, pk, "scheme.edit"), _named(request)
    step = -1 if request.POST.get("to") == "up" else 1
    return _told(
        request, scheme, lambda: drafting.move(scheme, code, key, step, by=request.user), "已移动。", code
    )  # fmt: skip


@require_POST
@policy("scheme.edit")
def scheme_drop(request, pk):
    scheme, (code, key) = seen_scheme(request, pk, "scheme.edit"), _named(request)
    return _told(
        request, scheme, lambda: drafting.remove(scheme, code, key, by=request.user), "已删去。", code if key else ""
    )  # fmt: skip
