from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import sessions
from accounts.policy import SIGNED_IN, policy
from branches.forms import whole_number
from branches.rights import may
from jobs.models import Job
from portal import exports
from portal.forms import DecideForm, ExportForm
from portal.models import Export, ExportDefinition

MARKS = {"asked": "wait", "refused": "back", "making": "wait", "ready": "done", "failed": "miss", "gone": "na"}


@require_safe
@policy(SIGNED_IN)
def export_list(request):
    """One's own exports, and what waits for one's decision; with a serial, whose export a sheet came from."""
    own = Export.objects.visible_to(request.user).filter(created_by=request.user).select_related("decided_by", "file")
    page = Paginator(own, 20).get_page(request.GET.get("page"))
    serial, traced = request.GET.get("serial", "").strip(), None
    if serial and may(request.user, "audit.see"):
        traced = exports.by_serial(serial)
    definitions = ExportDefinition.objects.visible_to(request.user).filter(created_by=request.user)
    context = {
        "page": page, "rows": [_row(export) for export in page], "serial": serial, "traced": traced,
        "traced_row": _row(traced) if traced else None, "may_trace": may(request.user, "audit.see"),
        "waiting": [_row(export) for export in _waiting(request.user)],
        "lists": _lists(request.user),
        "definitions": [
            {"definition": each, "label": listing.label} for each in definitions if (listing := exports.find(each.listing))
        ],
    }  # fmt: skip
    return render(request, "portal/exports.html", context)


def _waiting(user):
    return Export.objects.visible_to(user).waiting_for(user).select_related("created_by", "branch")


def _lists(user):
    """The lists that this person may take along, with the page that narrows them."""
    if not may(user, "export.run"):
        return []
    return [
        {"label": listing.label, "url": reverse(listing.page), "take": reverse("portal:export_new", args=[listing.key])}
        for listing in exports.all_of(user)
    ]


def _row(export):
    listing = exports.find(export.listing)
    return {
        "export": export, "label": listing.label, "mark": MARKS[export.state],
        "columns": [listing.columns[key].label for key in export.columns if key in listing.columns],
        "clear": [listing.columns[key].label for key in export.clear if key in listing.columns],
    }  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
@policy("export.run")
def export_new(request, key):
    """Choose columns, say what for, and take along exactly what the list shows under the filters of this address."""
    listing = exports.find(key)
    if listing is None or not may(request.user, listing.verb):
        raise Http404
    today, may_clear = timezone.localdate(), may(request.user, "member.reveal")
    rows, words = listing.rows(request.user, request.GET, today)
    definitions = ExportDefinition.objects.visible_to(request.user).filter(listing=key)
    chosen = definitions.filter(pk=whole_number(request.GET.get("as"))).first()
    usual = chosen.columns if chosen else listing.usual
    kept = sessions.typed(request) if request.method == "GET" else None
    form = ExportForm(
        request.POST or None, listing=listing, may_clear=may_clear,
        initial={"columns": list(usual), "kind": Export.Kind.XLSX, **(kept or {})},
    )  # fmt: skip
    if request.method == "POST" and form.is_valid():
        answer = _made(request, form, key, today)
        if answer:
            return answer
    query = request.GET.copy()
    query.pop("as", None)
    context = {
        "form": form, "listing": listing, "count": rows.count(), "words": words, "query": query.urlencode(),
        "back": f"{reverse(listing.page)}?{query.urlencode()}", "chosen": chosen,
        "definitions": [
            {"name": each.name, "url": f"?{urlencode({**query.dict(), 'as': each.pk})}", "is_chosen": each == chosen}
            for each in definitions
        ],
    }  # fmt: skip
    return render(request, "portal/export_new.html", context)


def _made(request, form, key, today):
    """The answer to a form that is in order; None when it was refused, which the form then says."""
    said = form.cleaned_data
    if said.get("clear") and not sessions.is_fresh(request):
        messages.info(request, "不遮盖的号码要再输一次密码。输过以后请再点一次导出。")
        fields = {name: said[name] for name in ("columns", "clear", "purpose", "kind", "keep_as", "is_shared")}
        request.session["typed"] = {"at": request.path, "fields": fields}
        return sessions.ask_again(request, request.get_full_path())
    query = request.GET.copy()
    query.pop("as", None)
    try:
        if said["keep_as"]:
            definition = ExportDefinition(name=said["keep_as"], listing=key, columns=said["columns"])
            definition.branch = exports.home_of(request.user) if said["is_shared"] else None
            exports.save_definition(definition, by=request.user)
        export = exports.ask(
            key, data=query.urlencode(), columns=said["columns"], clear=said.get("clear", []), purpose=said["purpose"],
            kind=said["kind"], by=request.user, on=today,
        )  # fmt: skip
        if export.state == Export.State.MAKING:
            export = exports.set_out(export)
        else:
            messages.success(request, "含身份证号的导出须由另一位同志审批，已送出。批准后在这里下载。")
    except ValidationError as refusal:
        form.add_error(None, refusal.messages)
        return None
    return redirect(export)


@require_safe
@policy(SIGNED_IN)
def export_detail(request, pk):
    found = Export.objects.visible_to(request.user).select_related("created_by", "decided_by", "branch", "file")
    export = get_object_or_404(found, pk=pk)
    return render(request, "portal/export.html", _detail(request, export, DecideForm()))


def _detail(request, export, form):
    is_own = export.created_by_id == request.user.pk
    may_decide = (
        not is_own and export.state == Export.State.ASKED and may(request.user, "export.approve", at=export.branch)
    )
    return _row(export) | {
        "is_own": is_own, "may_decide": may_decide, "form": form,
        "job": Job.objects.visible_to(request.user).filter(pk=export.job_key).first(),
    }  # fmt: skip


@require_POST
@policy("export.approve")
def export_decide(request, pk):
    export = get_object_or_404(Export.objects.visible_to(request.user), pk=pk)
    if not sessions.is_fresh(request):
        return sessions.ask_again(request, export.get_absolute_url())
    form = DecideForm(request.POST)
    if form.is_valid():
        agrees = form.cleaned_data["agrees"] == "yes"
        try:
            export = exports.decide(export, agrees=agrees, answer=form.cleaned_data["answer"], by=request.user)
        except ValidationError as refusal:
            messages.error(request, "；".join(refusal.messages))
        else:
            if agrees:
                exports.set_out(export)
            messages.success(request, "已同意，导出人可以下载。" if agrees else "已退回，导出人会看到原因。")
        return redirect(export)
    return render(request, "portal/export.html", _detail(request, export, form))


@require_safe
@policy(SIGNED_IN)
def export_file(request, pk):
    """The file, for its owner alone."""
    export = get_object_or_404(
        Export.objects.visible_to(request.user).select_related("file", "branch").filter(created_by=request.user), pk=pk
    )
    try:
        name, data = exports.fetch(export, by=request.user)
    except ValidationError as refusal:
        messages.error(request, "；".join(refusal.messages))
        return redirect(export)
    headers = {"Content-Disposition": content_disposition_header(True, name)}
    return HttpResponse(data, content_type=exports.MEDIA[export.kind], headers=headers)


@require_POST
@policy(SIGNED_IN)
def export_drop(request, pk):
    export = get_object_or_404(Export.objects.visible_to(request.user).filter(created_by=request.user), pk=pk)
    try:
        exports.drop(export, by=request.user)
    except ValidationError as refusal:
        messages.error(request, "；".join(refusal.messages))
    else:
        messages.success(request, "文件已删除。")
    return redirect("portal:exports")


@require_POST
@policy("export.run")
def definition_drop(request, pk):
    definition = get_object_or_404(
        ExportDefinition.objects.visible_to(request.user).filter(created_by=request.user), pk=pk
    )
    exports.drop_definition(definition, by=request.user)
    messages.success(request, f"已删除栏目“{definition.name}”。")
    return redirect("portal:exports")
