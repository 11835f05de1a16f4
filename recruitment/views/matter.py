"""Beside the steps: 公示, 政审联审, a probation that is extended or cancelled, who guides."""

from django.contrib import messages
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import transaction
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts.policy import policy
from recruitment import guiding, matters, outlook, probation, votes
from recruitment.forms import matter as forms
from recruitment.forms.step import members_of
from recruitment.models import DepartmentReply, Guide, Publicity
from recruitment.views.application import act, sent
from recruitment.views.step import found, held_in, tell
from rulebook.book import rule, value

EDIT, APPROVE, REVIEW = "recruit.edit", "recruit.approve", "review.edit"
MEETINGS = 12


# --- 公示


@require_http_methods(["GET", "HEAD", "POST"])
@policy(EDIT)
def publicity(request, pk, key):
    application, today = found(request, pk, EDIT), timezone.localdate()
    if key not in matters.Matter.values:
        raise Http404
    matter = matters.Matter(key)
    notice = matters.open_notice(application, matter)
    road = outlook.road(application, request.user, today)
    is_settled = matters.SETTLED_BY[matter] in road.acts
    end, is_provisional = matters.suggested_end(matter, today)
    row = notice or Publicity(application=application, matter=matter)
    wants_result = request.POST.get("act") == "result"
    form = forms.PublicityForm(
        request.POST if request.method == "POST" and not wants_result else None, instance=row,
        initial=None if notice else {"started_on": today, "ended_on": end, "place": "校务公开栏"},
    )  # fmt: skip
    result = None
    if notice is not None and notice.ended_on < today and (not is_settled or matters.lacks_result(application, notice)):
        result = forms.ResultForm(
            request.POST if wants_result else None, prefix="",
            initial={"version": notice.version, "objections": notice.objections, "settled": notice.settled},
        )  # fmt: skip
    if _published(request, form, result, notice, today, wants_result=wants_result):
        return redirect(application)
    stale = None
    if form.is_stale:
        fresh = get_object_or_404(Publicity.objects.visible_to(request.user), pk=notice.pk)
        form.catch_up(fresh)
        stale = {"rows": form.theirs}
    law = rule("recruit.public_days", on=today)
    context = {
        "application": application, "matter": matter, "form": form, "result": result, "notice": notice, "end": end,
        "is_provisional": is_provisional, "law": law, "days": law.value[matter] if law else "",
        "is_settled": is_settled, "is_unfilled": notice is not None and notice.objections is None, "stale": stale,
    }  # fmt: skip
    return render(request, "recruitment/publicity.html", context)


def _published(request, form, result, notice, today, *, wants_result):
    """Whether what was sent is saved; a refusal stands beside its field."""
    if request.method != "POST":
        return False
    sent_form = result if wants_result else form
    if sent_form is None or not sent_form.is_valid():
        return False
    try:
        if wants_result:
            typed = sent_form.cleaned_data
            matters.close_notice(
                notice, objections=typed["objections"], settled=typed["settled"], version=typed["version"] or 0, by=request.user,
                today=today,
            )  # fmt: skip
            messages.success(request, "已登记公示结果。")
        else:
            matters.publish(form.instance, version=form.cleaned_data.get("version") or 0, by=request.user, today=today)
            messages.success(request, "已登记公示。")
    except ValidationError as error:
        tell(sent_form, error, NON_FIELD_ERRORS)
        return False
    return True


# --- 政审联审


@require_http_methods(["GET", "HEAD", "POST"])
@policy(REVIEW)
def review(request, pk):
    application, today = found(request, pk, REVIEW), timezone.localdate()
    replies = list(
        DepartmentReply.objects.visible_to(request.user, verb=REVIEW).filter(application=application).order_by("asked_on", "pk")
    )  # fmt: skip
    wanted = value("recruit.departments", on=today) or []
    asked = set(matters.asked_now(application).values_list("department", flat=True))
    which = request.POST.get("act") if request.method == "POST" else None
    ask = forms.AskForm(
        request.POST if which == "ask" else None, departments=dict.fromkeys([*wanted, *asked]),
        initial={"departments": [name for name in wanted if name not in asked], "asked_on": today},
    )  # fmt: skip
    answers = forms.AnswerForm(request.POST if which == "answer" else None, replies=replies)
    if which == "ask" and ask.is_valid():
        try:
            matters.ask(application, **ask.cleaned_data, by=request.user, today=today)
        except ValidationError as error:
            tell(ask, error, NON_FIELD_ERRORS)
        else:
            messages.success(request, "已登记发函。")
            return redirect(request.path)
    if which == "answer" and answers.is_valid() and _answer(request, answers, today):
        return redirect(request.path)
    road = outlook.road(application, request.user, today)
    context = {
        "application": application, "ask": ask, "answers": answers, "replies": replies,
        "waiting": matters.waiting_for(application, today), "is_open": "confirm_prospect" in road.acts,
        "is_over": "political_review" in road.acts or bool(application.outcome), "today": today,
        "days": value("recruit.reply_days", on=today),
    }  # fmt: skip
    return render(request, "recruitment/review.html", context)


def _answer(request, form, today):
    """All answers that were filled, or none of them."""
    try:
        with transaction.atomic():
            for row, conclusion, on, version in form.answered:
                name = f"replied_on-{row.pk}"
                matters.answer(
                    row, conclusion=conclusion, replied_on=on, version=version or 0, by=request.user, today=today
                )  # fmt: skip
    except ValidationError as error:
        tell(form, error, name)
        return False
    messages.success(request, "已登记部门回复。" if form.answered else "没有新的回复。")
    return True


# --- the probation


@require_http_methods(["GET", "HEAD", "POST"])
@policy(EDIT)
def propose(request, pk, kind):
    if kind not in (probation.EXTENSION, probation.CANCELLATION):
        raise Http404
    application, today = found(request, pk, EDIT), timezone.localdate()
    extends = kind == probation.EXTENSION
    held = held_in(request.user, application.branch)
    choices = [(str(row.pk), f"{row.held_on:%Y-%m-%d} {row.topic}") for row in held[:MEETINGS]]
    form = forms.BallotForm(sent(request), meetings=choices, extends=extends)

    def do(typed):
        vote, meeting = form.vote(held)
        probation.propose(
            application, kind, meeting.held_on, vote=vote, months=typed.get("months"), words=typed["words"],
            by=request.user, today=today,
        )  # fmt: skip

    return act(
        request, application, form, do, title="延长预备期" if extends else "取消预备党员资格", label="登记支部大会决议",
        done="已登记支部大会决议，等上级党委批准。", danger=not extends,
        text="先在“组织生活”登记支部党员大会并提交，再到这里选。支部大会通过以后，报上级党委批准才生效。",
        rules={
            "months": "只能延长一次，不少于六个月，不超过一年。（第三十二条）",
            "meeting": "选讨论这件事的支部党员大会。", "entitled": "到会和赞成都须超过应到会有表决权正式党员的半数。",
        },
    )  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
@policy(APPROVE)
def decide(request, pk):
    application, today = found(request, pk, APPROVE), timezone.localdate()
    row = votes.pending(application)
    if row is None or application.outcome:
        messages.warning(request, "没有等待批准的支部大会决议。")
        return redirect(application)
    extends = row.step == "extension_vote"
    return act(
        request, application, forms.DecideForm(sent(request), initial={"on": today}),
        lambda typed: probation.decide(application, typed["on"], number=typed["number"], by=request.user, today=today),
        title="批准延长预备期" if extends else "批准取消预备党员资格", label="批准", done="已登记批准。", danger=not extends,
        text=f"支部大会 {row.on:%Y-%m-%d} 通过"
        + (f"延长 {row.data['months']} 个月。" if extends else "取消预备党员资格；批准以后档案办结，党员名册同时办理。"),
    )  # fmt: skip


# --- who guides


@require_http_methods(["GET", "HEAD", "POST"])
@policy(EDIT)
def guide_replace(request, pk):
    rows = Guide.objects.visible_to(request.user, verb=EDIT).select_related(
        "application__branch", "application__member"
    )
    guide = get_object_or_404(rows.select_related("member", "application__branch", "application__member"), pk=pk)
    application, today = guide.application, timezone.localdate()
    if guide.ended_on or application.outcome:
        messages.warning(request, f"{guide.member}已经不再担任，或者档案已办结。")
        return redirect(application)
    members = members_of(request.user, application.branch).exclude(pk=guide.member_id)
    form = forms.ReplaceForm(sent(request), members=members, initial={"last": today})
    label = guide.get_role_display()
    return act(
        request, application, form,
        lambda typed: guiding.replace(guide, **typed, by=request.user, on=today),
        title=f"更换{label}", label="更换", done=f"已更换{label}。",
        text=f"{guide.member}从 {guide.started_on:%Y-%m-%d} 起担任{label}。接替的同志从第二天起担任。",
    )  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
@policy(EDIT)
def guide_add(request, pk, role):
    if role not in Guide.Role.values:
        raise Http404
    application, today = found(request, pk, EDIT), timezone.localdate()
    form = forms.GuideForm(
        sent(request), members=members_of(request.user, application.branch), initial={"since": today}
    )  # fmt: skip
    label = Guide.Role(role).label

    def do(typed):
        guiding.add(
            application, typed["member"], role, since=typed["since"], words=typed["words"], by=request.user, on=today
        )

    return act(request, application, form, do, title=f"补充{label}", label="登记", done=f"已登记{label}。")
