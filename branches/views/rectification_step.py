"""The acts on one 整改 item, each a question on a page of its own."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts import audit
from accounts.policy import policy
from branches import rectifications
from branches.forms.rectification import DueForm, PlanForm, ReasonForm, SubmitForm, WordsForm, tell
from branches.models import Rectification
from branches.views.attachment import keep_all

ASKED = {  # act → (form, title, what the button says, what is said when it is done, explanation)
    "accept": (WordsForm, "验收", "验收通过", "已验收。", "改到位了再验收；完成日期按这次提交的日期计。"),
    "return": (ReasonForm, "退回再改", "退回", "已退回，党组织会看到原因。", "党组织会看到这段话，改好后再提交。"),
    "close": (WordsForm, "销号", "销号", "已销号。", "销号以后不再催办；问题又出现的，可以重新打开。"),
    "reopen": (DueForm, "重新打开", "重新打开", "已重新打开。", "原来的验收作废，党组织在新的期限前再改一次。"),
    "postpone": (DueForm, "延期", "批准延期", "已延期。", "新的期限要晚于现在的期限。"),
}
DOES = {
    "accept": rectifications.accept, "return": rectifications.send_back, "close": rectifications.close,
    "reopen": rectifications.reopen, "postpone": rectifications.postpone,
}  # fmt: skip
DANGER = {"return", "reopen"}


def _found(request, pk, verb):
    rows = Rectification.objects.visible_to(request.user, verb=verb).select_related("branch")
    return get_object_or_404(rows, pk=pk)


def _refused(request, item, act):
    """Whoever cannot take the step now is led back to the item, which says where it stands."""
    if act in rectifications.ways(item, request.user):
        return None
    messages.warning(request, f"这件整改现在是“{item.get_state_display()}”，这一步现在不能由您办理。")
    return redirect(item)


@require_http_methods(["GET", "HEAD", "POST"])
@policy("rectify.accept")
def rectification_step(request, pk, act):
    """What is for whoever accepts: 验收, 退回, 销号, 重新打开, 延期."""
    if act not in ASKED:
        raise Http404
    item, today = _found(request, pk, "rectify.accept"), timezone.localdate()
    if refused := _refused(request, item, act):
        return refused
    form_class, title, label, done, text = ASKED[act]
    form = form_class(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            DOES[act](item, **form.cleaned_data, by=request.user, on=today)
        except ValidationError as error:
            tell(form, error)
        else:
            messages.success(request, done)
            return redirect(item)
    context = {
        "form": form, "item": item, "title": title, "label": label, "text": text, "danger": act in DANGER,
        "files": item.attachments.count(),
    }  # fmt: skip
    return render(request, "branches/rectification_step.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@policy("rectify.do")
def rectification_plan(request, pk):
    """What the branch will do, who answers for it, until when."""
    item, today = _found(request, pk, "rectify.do"), timezone.localdate()
    if refused := _refused(request, item, "plan"):
        return refused
    form = PlanForm(request.POST or None, instance=item)
    if request.method == "POST" and form.is_valid():
        try:
            version = form.cleaned_data["version"] or 0
            rectifications.plan(item, **form.given(), version=version, by=request.user, on=today)
        except ValidationError as error:
            form.add_error(None, error) if getattr(error, "code", "") == "stale" else tell(form, error)
        else:
            messages.success(request, "已保存整改措施。")
            return redirect(item)
    stale = None
    if form.is_stale:
        fresh = _found(request, pk, "rectify.do")
        form.catch_up(fresh)
        stale = {"rows": form.theirs, "event": audit.of(fresh).first()}
    latest = _found(request, pk, "rectify.do").due_on
    context = {"form": form, "item": item, "stale": stale, "latest": latest}
    return render(request, "branches/rectification_plan.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@policy("rectify.do")
def rectification_submit(request, pk):
    """整改情况 and, who likes, photos. A file that is refused keeps the item here: once handed in nothing can be added."""
    item, today = _found(request, pk, "rectify.do"), timezone.localdate()
    if refused := _refused(request, item, "submit"):
        return refused
    sent = (request.POST, request.FILES) if request.method == "POST" else (None, None)
    form = SubmitForm(*sent, initial={"done": item.done})
    if request.method == "POST" and form.is_valid():
        files = form.cleaned_data["files"]
        if keep_all(request, item, files) < len(files):
            messages.warning(request, "还没有提交：有文件没有保存，请重新选择，或者不附文件直接提交。")
        else:
            try:
                rectifications.submit(item, done=form.cleaned_data["done"], by=request.user, on=today)
            except ValidationError as error:
                tell(form, error)
            else:
                messages.success(request, "已提交，等上级验收。")
                return redirect(item)
    context = {"form": form, "item": item, "kept": item.attachments.select_related("file")}
    return render(request, "branches/rectification_submit.html", context)
