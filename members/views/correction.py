from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

import vault
from accounts.policy import policy
from members import own
from members.forms.own import AnswerForm
from members.models import Correction
from vault.masks import mask_id_number, mask_phone

MASKS = {"id_number": mask_id_number, "phone": mask_phone, "address": lambda text: "已填写，不显示"}


@require_safe
@policy("member.edit")
def correction_list(request):
    """What members ask to have put right: the open ones first, the oldest on top."""
    today = timezone.localdate()
    rows = Correction.objects.visible_to(request.user, verb="member.edit").select_related("member", "answered_by")
    page = Paginator(rows.order_by("-state", "pk"), 30).get_page(request.GET.get("page"))
    clock = own.clock(today)
    context = {"page": page, "rows": [_told(row, clock, today) for row in page]}
    return render(request, "members/corrections.html", context)


def _told(row, clock, today):
    due = own.answer_by(row, **clock)
    is_open = row.state == Correction.State.OPEN
    state = ("miss" if due < today else "wait") if is_open else "done" if row.state == Correction.State.DONE else "na"
    return {"correction": row, "label": own.label_of(row.field), "due": due, "state": state, "is_open": is_open}


@require_http_methods(["GET", "HEAD", "POST"])
@policy("member.edit")
def correction_answer(request, pk):
    visible = Correction.objects.visible_to(request.user, verb="member.edit").select_related("member", "answered_by")
    correction = get_object_or_404(visible, pk=pk)
    form = AnswerForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            own.answer_correction(correction, **form.cleaned_data, by=request.user, on=timezone.localdate())
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, "已答复，本人可以看到。")
            return redirect("members:corrections")
    today = timezone.localdate()
    said = vault.reveal(correction, "said")
    context = {
        **_told(correction, own.clock(today), today), "form": form,
        "said": MASKS[correction.field](said) if correction.field in MASKS else said,
        "is_classified": correction.field in own.SEALED,
    }  # fmt: skip
    return render(request, "members/correction.html", context)
