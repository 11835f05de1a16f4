"""The steps of a class: opened for enrolment, begun, finished, cancelled, opened again, taken back."""

from django.contrib import messages
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from accounts.policy import policy
from branches.actions import root
from branches.models import Notice
from branches.rights import may
from branches.views.acting import acted, pressed
from training import announcing, classes
from training.forms.course import OpenForm, ReasonForm
from training.models import TrainingClass
from training.views.course import seen

State = TrainingClass.State


@require_http_methods(["GET", "HEAD", "POST"])
@policy("training.run")
def class_open(request, pk):
    row, today = seen(request, pk, "training.run"), timezone.localdate()
    may_announce = announcing.may_announce(row, request.user)
    title, body = announcing.draft(row) if may_announce else ("", "")
    used = Notice.objects.visible_to(request.user).filter(number=row.number).exists() if row.number else False
    initial = {"announce": may_announce, "title": title, "body": body, "number": "" if used else row.number}
    form = OpenForm(request.POST or None, initial=initial, may_announce=may_announce)
    if request.method == "POST" and not form.fields:
        form = OpenForm(request.POST, may_announce=False)
    return acted(
        request, form, lambda: announcing.open_(row, notice=form.notice, by=request.user, on=today),
        "已开放报名。", row.get_absolute_url(), "training/open.html", training_class=row,
        lacking=classes.lacking(row), is_planned=row.state == State.PLANNED,
    )  # fmt: skip


CANCELLED = "取消后不再举办；已报名的同志看得到取消原因，方案和日程保留。发过通知的，请在“通知”里另发取消通知。"
FINISHED_EARLY = "结班早了、还有课要上的，写明原因后回到“开班中”。"
TAKEN_BACK = "取回后可以补正材料，补完再归档；取回的原因留在办理记录里。"
ASKED = {  # act: (what it does, title, label, what is said about it, is it a danger)
    "cancel": (classes.cancel, "取消班次", "取消班次", CANCELLED, True),
    "reopen": (classes.reopen, "重新开班", "重新开班", FINISHED_EARLY, False),
    "take_back": (classes.take_back, "取回已归档的班次", "取回", TAKEN_BACK, False),
}
DONE = {"cancel": "已取消。", "reopen": "已重新开班。", "take_back": "已取回，可以补正。"}


def _ask(request, pk, act):
    row = seen(request, pk, "training.run")
    do, title, label, text, is_danger = ASKED[act]
    form = ReasonForm(request.POST or None)
    return acted(
        request, form, lambda: do(row, reason=form.cleaned_data["reason"], by=request.user), DONE[act],
        row.get_absolute_url(), "training/ask.html", title=title, thing=row.title, label=label, text=text, is_danger=is_danger,
    )  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
@policy("training.run")
def class_cancel(request, pk):
    return _ask(request, pk, "cancel")


@require_http_methods(["GET", "HEAD", "POST"])
@policy("training.run")
def class_reopen(request, pk):
    return _ask(request, pk, "reopen")


@require_http_methods(["GET", "HEAD", "POST"])
@policy("training.run")
def class_take_back(request, pk):
    if not may(request.user, "training.run", at=root()):
        messages.error(request, "已归档的班次由工委取回，请与工委联系。")
        return redirect(seen(request, pk, "training.run"))
    return _ask(request, pk, "take_back")


@require_POST
@policy("training.run")
def class_begin(request, pk):
    row = seen(request, pk, "training.run")
    return pressed(request, lambda: classes.begin(row, by=request.user, on=timezone.localdate()), "已开班。", row)


@require_POST
@policy("training.run")
def class_finish(request, pk):
    row = seen(request, pk, "training.run")
    said = "已结班，接着补齐六个有。"
    return pressed(request, lambda: classes.finish(row, by=request.user, at=timezone.now()), said, row)
