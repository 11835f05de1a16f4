from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import audit
from accounts.policy import policy
from branches.actions import root
from branches.forms import whole_number
from branches.rights import may
from branches.views.acting import pressed
from office.pdf import to_pdf
from office.word import to_word
from reminders import bulletin as actions
from reminders.forms.bulletin import BulletinForm, PeriodForm
from reminders.models import Bulletin

SIGNS = {"draft": "draft", "signed": "wait", "published": "done"}
SHOWN = 20
WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


def _found(request, pk, verb=None):
    rows = Bulletin.objects.visible_to(request.user, verb=verb).select_related(
        "branch", "created_by", "edited_by", "signed_by", "notice"
    )
    return get_object_or_404(rows, pk=pk)


@require_safe
@policy("ladder.see")
def bulletin_list(request):
    """通报: those drafted so far, and which period to draft next."""
    begun = Bulletin.objects.visible_to(request.user).filter(branch=root()).values_list("kind", "opens_on")
    keys = {f"{kind}/{first.isoformat()}" for kind, first in begun.order_by("-opens_on")[:SHOWN]}
    return _list(request, PeriodForm(on=timezone.localdate(), begun=keys))


def _list(request, form):
    rows = Bulletin.objects.visible_to(request.user).select_related("created_by", "signed_by")
    page = Paginator(rows, SHOWN).get_page(request.GET.get("page"))
    context = {
        "page": page, "form": form, "may_draft": may(request.user, "bulletin.draft", at=root()),
        "rows": [{"bulletin": row, "sign": SIGNS[row.state]} for row in page],
    }  # fmt: skip
    return render(request, "reminders/bulletins.html", context)


@require_POST
@policy("bulletin.draft")
def bulletin_add(request):
    today = timezone.localdate()
    form = PeriodForm(request.POST, on=today)
    if form.is_valid():
        kind, first = form.chosen
        begun = Bulletin.objects.visible_to(request.user).filter(branch=root(), kind=kind, opens_on=first).first()
        if begun:
            messages.info(request, "这一期的通报已经起草，请在原稿上修改。")
            return redirect(begun)
        try:
            found = actions.draft(root(), kind, first, by=request.user, on=today)
        except ValidationError as error:
            form.add_error(None, error.messages)
        else:
            messages.success(request, "已按今天的记录起草，请核对、修改后送签。")
            return redirect(found)
    return _list(request, form)


@require_safe
@policy("ladder.see")
def bulletin_detail(request, pk):
    found = _found(request, pk)
    is_draft, is_signed = (found.state == state for state in (Bulletin.State.DRAFT, Bulletin.State.SIGNED))
    may_draft = may(request.user, "bulletin.draft", at=found.branch)
    may_sign = may(request.user, "bulletin.sign", at=found.branch)
    wrote = request.user.pk in (found.created_by_id, found.edited_by_id)
    context = {
        "bulletin": found, "sign": SIGNS[found.state], "figures": found.figures,
        "parts": [(label, text) for name, label in actions.PARTS if (text := getattr(found, name))],
        "named": _linked(found, "criticism"), "praised": _linked(found, "praise"),
        "county_url": f"{reverse('duties:list')}?year={found.opens_on.year}",
        "outdated": actions.outdated(found) if is_draft else [], "is_draft": is_draft, "is_signed": is_signed,
        "may_edit": is_draft and may_draft, "may_sign": is_draft and may_sign and not wrote,
        "may_not_sign": is_draft and may_sign and wrote, "may_reopen": is_signed and may_sign,
        "may_publish": is_signed and may_draft, "text": actions.as_text(found), "events": audit.of(found)[:20],
    }  # fmt: skip
    return render(request, "reminders/bulletin.html", context)


def _linked(found, name):
    """The organisations of one list of the figures, each with the way to its records."""
    year = found.opens_on.year
    return [
        row | {"url": f"{reverse('duties:list')}?branch={row['branch']}&year={year}"} for row in found.figures[name]
    ]


@require_http_methods(["GET", "HEAD", "POST"])
@policy("bulletin.draft")
def bulletin_edit(request, pk):
    found = _found(request, pk, "bulletin.draft")
    if found.state != Bulletin.State.DRAFT:
        messages.error(request, f"这份通报{found.get_state_display()}，不能再改。")
        return redirect(found)
    form = BulletinForm(request.POST or None, instance=found)
    stale = None
    if request.method == "POST" and form.is_valid():
        try:
            actions.edit(form, version=form.cleaned_data["version"] or 0, by=request.user)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, "已保存。")
            return redirect("reminders:bulletin", pk)
    if form.is_stale:
        fresh = _found(request, pk, "bulletin.draft")
        form.catch_up(fresh)
        stale = {"rows": form.theirs, "event": audit.of(fresh).first()}
    return render(
        request, "reminders/bulletin_edit.html", {"form": form, "pk": pk, "stale": stale, "title": str(found)}
    )


def _version(request):
    return whole_number(request.POST.get("version")) or 0


@require_POST
@policy("bulletin.draft")
def bulletin_redraft(request, pk):
    found = _found(request, pk, "bulletin.draft")
    act = lambda: actions.redraft(found, by=request.user, on=timezone.localdate())  # noqa: E731
    return pressed(request, act, "已按今天的记录重新起草；“下一步要求”没有动。", found)


@require_POST
@policy("bulletin.sign")
def bulletin_sign(request, pk):
    found = _found(request, pk, "bulletin.sign")
    act = lambda: actions.sign(found, by=request.user, version=_version(request))  # noqa: E731
    return pressed(request, act, "已签发，可以发出了。", found)


@require_POST
@policy("bulletin.sign")
def bulletin_reopen(request, pk):
    found = _found(request, pk, "bulletin.sign")
    act = lambda: actions.reopen(found, by=request.user, version=_version(request))  # noqa: E731
    return pressed(request, act, "已退回起草人修改。", found)


@require_POST
@policy("bulletin.draft")
def bulletin_publish(request, pk):
    found, today = _found(request, pk, "bulletin.draft"), timezone.localdate()
    act = lambda: actions.publish(found, by=request.user, on=today, version=_version(request))  # noqa: E731
    return pressed(request, act, "已发给各党组织，在“通知”里看签收情况。", found)


@require_safe
@policy("ladder.see")
def bulletin_word(request, pk):
    return _file(request, _found(request, pk), to_word, "docx", WORD)


@require_safe
@policy("ladder.see")
def bulletin_pdf(request, pk):
    return _file(request, _found(request, pk), to_pdf, "pdf", "application/pdf")


def _file(request, found, write, ending, content_type):
    data = write(actions.to_paper(found))
    audit.record("bulletin.export", found, by=request.user, format=ending)
    response = HttpResponse(data, content_type=content_type)
    response["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=f"{found.title}.{ending}")
    return response
