"""临时收表, for those asked: one page with everything known and boxes for the rest."""

from django.contrib import messages
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.core.paginator import Paginator
from django.db import transaction
from django.db.models import Count, Q
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts import audit
from accounts.policy import policy
from branches.rights import may
from branches.views.acting import acted, refuse
from datacalls import actions, answers, known
from datacalls.forms import (
    AnswerFilter,
    FillForm,
    ReturnForm,
)
from datacalls.models import DataCall, DataCallAnswer, DataCallColumn
from datacalls.views.call import BOTH, SHOWN, SIGNS

WANTED = "报送时要填"  # a draft may still leave it empty
Source, State, Answered = DataCallColumn.Source, DataCall.State, DataCallAnswer.State


@require_safe
@policy("call.answer")
def answer_list(request):
    """What is asked of one's own organisation: what is to be filled in stands first."""
    form = AnswerFilter(request.GET)
    found = DataCallAnswer.objects.visible_to(request.user, verb="call.answer").select_related("call__branch", "branch")
    if "q" in form.asked:
        found = found.filter(call__title__contains=form.asked["q"])
    if "state" in form.asked:
        found = found.filter(state=form.asked["state"])
    waits = Q(call__state=State.OPEN) & ~Q(state=Answered.SUBMITTED)
    found = found.annotate(waits=Count("pk", filter=waits)).order_by("-waits", "-pk")
    page = Paginator(found, SHOWN).get_page(request.GET.get("page"))
    today = timezone.localdate()
    rows = [
        {
            "answer": answer, "sign": SIGNS.get(answer.state, "wait"), "is_open": bool(answer.waits),
            "is_over": bool(answer.waits) and answer.call.deadline_on < today,
        }
        for answer in page
    ]  # fmt: skip
    context = {"form": form, "page": page, "rows": rows, "runs": may(request.user, "call.run")}
    return render(request, "datacalls/answers.html", context)


@require_safe
@policy("call.see")
def of_notice(request, pk):
    """From the notice or the duty to what is to be done about it: what waits is filled in at once."""
    found = DataCallAnswer.objects.visible_to(request.user).filter(call__notice=pk)
    mine = found & DataCallAnswer.objects.visible_to(request.user, verb="call.answer")
    mine = mine.select_related("call").alias(is_done=Q(state=Answered.SUBMITTED))
    if answer := mine.order_by("is_done", "pk").first():
        return redirect("datacalls:fill", answer.pk) if _is_open(answer) else redirect(answer)
    return redirect(get_object_or_404(DataCall.objects.visible_to(request.user), notice=pk))


@require_safe
@policy("call.see")
def answer_page(request, pk):
    answer = _answer(request, pk, "call.see")
    columns = list(answer.call.columns.all())
    lines = answers.lines(answer, columns, on=timezone.localdate())
    answers_it, runs = (
        may(request.user, "call.answer", at=answer.branch),
        may(request.user, "call.run", at=answer.call.branch),
    )
    returns = answer.state == Answered.SUBMITTED and answer.call.state == State.OPEN
    shown = [column for column in columns if column.source in (Source.KNOWN, Source.ASKED)]
    page = Paginator(lines, SHOWN * 2).get_page(request.GET.get("page"))
    context = {
        "answer": answer, "call": answer.call, "sign": SIGNS.get(answer.state, "wait"), "columns": shown, "runs": runs,
        "answers": answers_it, "may_fill": answers_it and _is_open(answer), "may_return": runs and returns,
        "rows": [
            {"line": line, "cells": [(column, line.known.get(column.key) or line.typed.get(column.key, "")) for column in shown]}
            for line in page
        ],
        "page": page, "is_person": answer.call.per == DataCall.Per.MEMBER,
        "events": audit.of(answer)[:20],
    }  # fmt: skip
    return render(request, "datacalls/answer.html", context)


def _answer(request, pk, verb):
    """An answer in sight; whoever runs the 收表 sees every one of it."""
    found = DataCallAnswer.objects.visible_to(request.user, verb=verb)
    return get_object_or_404(found.select_related("call__branch", "branch", "submitted_by", "returned_by"), pk=pk)


def _is_open(answer):
    return answer.call.state == State.OPEN and answer.state != Answered.SUBMITTED


@require_http_methods(BOTH)
@policy("call.answer")
def answer_fill(request, pk):
    """One page with everything known, and boxes for the rest: kept as a draft, or handed in."""
    answer, today = _answer(request, pk, "call.answer"), timezone.localdate()
    if not _is_open(answer):
        messages.error(request, "这份表现在不能填：已经报送，或者收表已经结束。")
        return redirect(answer)
    columns = list(answer.call.columns.all())
    lines = answers.lines(answer, columns, on=today)
    is_final = "submit" in request.POST
    form = FillForm(
        request.POST or None, lines=lines, columns=columns, is_final=is_final, initial={"version": answer.version}
    )
    if request.method == "POST" and form.is_valid():
        version = form.cleaned_data["version"]
        try:
            with transaction.atomic():
                if is_final:
                    actions_of = answers.submit(answer, form.typed, version=version, by=request.user, on=today)
                else:
                    actions_of = answers.save(answer, form.typed, version=version, by=request.user)
        except ValidationError as error:
            refuse(form, error)
            if form.has_error(NON_FIELD_ERRORS, "stale"):
                form.data = form.data.copy()
                form.data["version"] = str(_answer(request, pk, "call.answer").version)
        else:
            messages.success(request, "已报送。" if is_final else "草稿已保存，还没有报送。")
            return redirect(actions_of if is_final else reverse("datacalls:fill", args=[pk]))
    return render(request, "datacalls/fill.html", _filled(answer, form, columns, lines))


def _filled(answer, form, columns, lines):
    offered = known.catalogue(answer.call.per)
    told = [column for column in columns if column.source == Source.KNOWN and column.known in offered]
    return {
        "answer": answer, "call": answer.call, "form": form, "is_person": answer.call.per == DataCall.Per.MEMBER, "told": told,
        "asked": form.asked, "back": answer.get_absolute_url(), "has_last": any(line.last and not line.typed for line in lines),
        "rows": [
            {
                "known": [
                    {
                        "label": column.header, "value": line.known.get(column.key, ""),
                        "mend": offered[column.known].mend_url(answer.branch_id, line.member),
                    }
                    for column in told
                ],
                "fields": [
                    {"field": form[form.name(line, column)], "hint": WANTED if column.is_required else ""} for column in form.asked
                ],
                "mend": reverse("members:detail", args=[line.member]) if line.member else "",
            }
            for line in lines
        ],
    }  # fmt: skip


@require_http_methods(BOTH)
@policy("call.run")
def answer_return(request, pk):
    found = DataCallAnswer.objects.visible_to(request.user, verb="call.run").select_related("call", "branch")
    own = DataCall.objects.visible_to(request.user, verb="call.run")
    answer = get_object_or_404(found.filter(call__in=own), pk=pk)
    form = ReturnForm(request.POST or None)

    def act():
        return actions.send_back(answer, reason=form.cleaned_data["reason"], by=request.user)

    return acted(
        request,
        form,
        act,
        "已退回，支部的应办事项重新打开。",
        answer.get_absolute_url(),
        "datacalls/return.html",
        answer=answer,
    )
