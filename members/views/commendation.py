"""评先评优: rounds from the nomination to the commendation, and what is printed of them."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import Count, Q
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import audit
from accounts.policy import policy
from branches.forms import whole_number
from branches.models import Branch
from branches.rights import may
from files.actions import serve_thumbnail
from members import appraisal_sheets, honours
from members.forms.honour import ConferForm, DecideForm, NominationForm, PublishForm, RoundFilter, RoundForm
from members.models import HonourRound, Member, Membership, Nomination
from members.views.appraisal import SHOWN, download, refuse
from office.pdf import to_pdf
from office.word import to_word
from rulebook.book import rule, value

State, Step = HonourRound.State, Nomination.State
SIGNS = {"draft": "draft", "open": "wait", "review": "wait", "public": "wait", "conferred": "done", "closed": "na"}
MARKS = {"nominated": "wait", "passed": "done", "declined": "back", "conferred": "done"}
WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


@require_safe
@policy("honour.see")
def round_list(request):
    form = RoundFilter(request.GET)
    found = HonourRound.objects.visible_to(request.user).select_related("branch")
    if "q" in form.asked:
        found = found.filter(title__contains=form.asked["q"])
    if "state" in form.asked:
        found = found.filter(state=form.asked["state"])
    page = Paginator(found, SHOWN).get_page(request.GET.get("page"))
    mine = Nomination.objects.visible_to(request.user).filter(round__in=list(page)).exclude(state=Step.DECLINED)
    counts = dict(mine.values_list("round").annotate(Count("pk")).order_by())
    context = {
        "form": form, "page": page, "query": request.GET, "may_run": may(request.user, "honour.run"),
        "rows": [{"round": each, "sign": SIGNS[each.state], "count": counts.get(each.pk, 0)} for each in page],
    }  # fmt: skip
    return render(request, "members/honour_rounds.html", context)


def _seen(request, pk, verb="honour.see"):
    return get_object_or_404(HonourRound.objects.visible_to(request.user, verb=verb).select_related("branch"), pk=pk)


def _run(request, pk):
    """A round that one may run: not one that came from above."""
    branches = Branch.objects.visible_to(request.user, verb="honour.run")
    found = HonourRound.objects.visible_to(request.user, verb="honour.run").filter(branch__in=branches)
    return get_object_or_404(found.select_related("branch"), pk=pk)


@require_safe
@policy("honour.see")
def round_detail(request, pk):
    """The round's way so far, and the nominations within one's reach."""
    return _detail(request, _seen(request, pk))


def _detail(request, each, publish=None, confer=None):
    today = timezone.localdate()
    may_run = may(request.user, "honour.run", at=each.branch)
    rows = Nomination.objects.visible_to(request.user).filter(round=each).select_related("branch", "member")
    page = Paginator(rows.order_by("branch__order", "pk"), SHOWN).get_page(request.GET.get("page"))
    counts = rows.aggregate(**{name: Count("pk", filter=Q(state=name)) for name in Step.values})
    is_open = each.state == State.OPEN and each.opens_on <= today <= each.closes_on
    first = max(today, each.closes_on)
    least, is_known = honours.public_until(each.public_from or first)
    context = {
        "round": each, "sign": SIGNS[each.state], "may_run": may_run, "page": page, "query": request.GET, "counts": counts,
        "rows": [{"row": row, "mark": MARKS[row.state]} for row in page], "is_open": is_open,
        "may_nominate": is_open and may(request.user, "honour.nominate"), "steps": _steps(each),
        "may_edit": may_run and each.state in (State.DRAFT, State.OPEN),
        "publish": publish or PublishForm(initial={"first": first, "last": least}),
        "confer": confer or ConferForm(initial={"conferred_on": today}), "least": least, "is_known": is_known,
        "days": rule("honour.public_days", on=today), "model_by": value("honour.model_by", on=today),
        "is_model": honours.MODEL in each.title, "ask": request.GET.get("ask", ""),
        "may_print": may_run and each.state in (State.PUBLIC, State.CONFERRED),
        "may_close": may_run and each.state not in honours.ENDED, "is_over": each.closes_on < today,
        "events": audit.of(each)[:20] if may_run else None,
    }  # fmt: skip
    return render(request, "members/honour_round.html", context)


def _steps(each):
    order = [State.DRAFT, State.OPEN, State.REVIEW, State.PUBLIC, State.CONFERRED]
    at = order.index(each.state) if each.state in order else -1
    return [
        {"label": state.label, "state": "past" if place < at else "here" if place == at else ""}
        for place, state in enumerate(order)
    ]


@require_http_methods(["GET", "HEAD", "POST"])
@policy("honour.run")
def round_add(request):
    today = timezone.localdate()
    year, (month, day) = today.year, map(int, value("honour.model_by", on=today).split("-"))
    initial = {"year": year, "opens_on": today, "level": "county"}
    if "model" in request.GET:  # 党员榜样: the boards are due on the day of the rule
        due = today.replace(month=month, day=day)
        initial |= {"title": honours.MODEL, "subject": "member", "closes_on": max(due, today)}
    return _edited(request, HonourRound(), today, initial=initial)


@require_http_methods(["GET", "HEAD", "POST"])
@policy("honour.run")
def round_edit(request, pk):
    each = _run(request, pk)
    if each.state not in (State.DRAFT, State.OPEN):
        messages.warning(request, "已经转入审核，不能再改。")
        return redirect(each)
    return _edited(request, each, timezone.localdate())


def _edited(request, each, today, initial=None):
    branches = Branch.objects.visible_to(request.user, verb="honour.run").filter(
        kind__in=honours.OWNERS, closed_on=None
    )
    form = RoundForm(request.POST or None, instance=each, branches=branches.in_order(), initial=initial)
    stale = None
    if request.method == "POST" and form.is_valid():
        try:
            version = form.cleaned_data.get("version") or 0
            saved = honours.save_round(form.instance, version=version, by=request.user, on=today)
        except ValidationError as error:
            refuse(form, error)
        else:
            messages.success(request, "已保存。")
            return redirect(saved)
    if form.is_stale:
        fresh = _run(request, each.pk)
        form.catch_up(fresh)
        stale = {"rows": form.theirs, "event": audit.of(fresh).first()}
    return render(request, "members/honour_round_form.html", {"form": form, "pk": each.pk, "stale": stale})


@require_POST
@policy("honour.run")
def round_move(request, pk):
    each, act = _run(request, pk), request.POST.get("act", "")
    if act not in honours.ROAD:
        messages.error(request, "请从按钮里选一步。")
        return redirect(each)
    try:
        honours.move(each, act, by=request.user, on=timezone.localdate())
    except ValidationError as error:
        for words in error.messages:
            messages.error(request, words)
    else:
        messages.success(
            request, {"open": "已开放推荐，下级看得到了。", "review": "已转入审核。", "close": "已终止。"}[act]
        )
    return redirect(each)


@require_POST
@policy("honour.run")
def round_publish(request, pk):
    each, form = _run(request, pk), PublishForm(request.POST)
    if form.is_valid():
        try:
            honours.publish(each, **form.cleaned_data, by=request.user, on=timezone.localdate())
        except ValidationError as error:
            refuse(form, error)
        else:
            messages.success(request, "已公示，请打印公示单张贴。")
            return redirect(each)
    return _detail(request, each, publish=form)


@require_POST
@policy("honour.run")
def round_confer(request, pk):
    each, form = _run(request, pk), ConferForm(request.POST)
    if form.is_valid():
        try:
            count = honours.confer(each, **form.cleaned_data, by=request.user, on=timezone.localdate())
        except ValidationError as error:
            refuse(form, error)
        else:
            messages.success(request, f"已登记 {count} 项荣誉，可以打印展板了。")
            return redirect(each)
    return _detail(request, each, confer=form)


# --- nominations


@require_http_methods(["GET", "HEAD", "POST"])
@policy("honour.nominate")
def nominate(request, pk):
    """For which organisation, then whom and why."""
    each, today = _seen(request, pk, "honour.nominate"), timezone.localdate()
    branches = honours.nominating(each, Branch.objects.visible_to(request.user, verb="honour.nominate"))
    asked = whole_number(request.GET.get("branch"))
    is_open = each.state == State.OPEN and each.opens_on <= today <= each.closes_on
    if asked is None:
        found = list(branches[: SHOWN + 1])
        if len(found) != 1 or not is_open:
            context = {"round": each, "branches": branches if is_open else [], "is_open": is_open}
            return render(request, "members/honour_nominate_choose.html", context)
        branch = found[0]
    else:
        branch = get_object_or_404(branches, pk=asked)
    members = None
    if each.is_of_members:
        stays = Membership.objects.visible_to(request.user).filter(branch=branch).on(today)
        members = (
            Member.objects.visible_to(request.user).filter(pk__in=stays.values("member")).order_by("initials", "pk")
        )
    return _nominated(request, Nomination(round=each, branch=branch), members, today)


@require_http_methods(["GET", "HEAD", "POST"])
@policy("honour.nominate")
def nomination_edit(request, pk):
    nomination, today = _nomination(request, pk, "honour.nominate"), timezone.localdate()
    return _nominated(request, nomination, None, today)


def _nominated(request, nomination, members, today):
    form = NominationForm(request.POST or None, instance=nomination, members=members)
    stale = None
    if request.method == "POST" and form.is_valid():
        try:
            version = form.cleaned_data.get("version") or 0
            saved = honours.nominate(form.instance, version=version, by=request.user, on=today)
        except ValidationError as error:
            refuse(form, error)
        else:
            messages.success(request, f"已推荐：{saved}。截止前还可以改写或撤回。")
            return redirect(saved.round)
    if form.is_stale:
        fresh = _nomination(request, nomination.pk, "honour.nominate")
        form.catch_up(fresh)
        stale = {"rows": form.theirs, "event": audit.of(fresh).first()}
    context = {"form": form, "nomination": nomination, "round": nomination.round, "stale": stale}
    return render(request, "members/honour_nominate.html", context)


def _nomination(request, pk, verb="honour.see", **more):
    found = Nomination.objects.visible_to(request.user, verb=verb).filter(**more)
    return get_object_or_404(
        found.select_related("round__branch", "branch", "member", "decided_by", "created_by"), pk=pk
    )


@require_safe
@policy("honour.see")
def nomination_detail(request, pk):
    return _nomination_page(request, _nomination(request, pk))


def _nomination_page(request, nomination, form=None):
    today, each = timezone.localdate(), nomination.round
    may_run = may(request.user, "honour.run", at=each.branch)
    may_decide = may_run and each.state in (State.REVIEW, State.PUBLIC) and nomination.opinion != honours.WITHDRAWN
    knows = may_decide and may(request.user, "sanction.see", at=nomination.branch)
    is_in_time = each.state == State.OPEN and each.opens_on <= today <= each.closes_on
    may_change = is_in_time and nomination.state == Step.NOMINATED
    context = {
        "nomination": nomination, "round": each, "mark": MARKS[nomination.state], "form": form or DecideForm(),
        "may_decide": may_decide, "is_public": each.state == State.PUBLIC,
        "is_warned": knows and bool(honours.under_sanction([nomination], on=today)),
        "may_change": may_change and may(request.user, "honour.nominate", at=nomination.branch),
        "ask": request.GET.get("ask", ""), "events": audit.of(nomination)[:20],
    }  # fmt: skip
    return render(request, "members/honour_nomination.html", context)


@require_POST
@policy("honour.nominate")
def nomination_withdraw(request, pk):
    nomination = _nomination(request, pk, "honour.nominate")
    try:
        honours.withdraw(nomination, by=request.user, on=timezone.localdate())
    except ValidationError as error:
        for words in error.messages:
            messages.error(request, words)
    else:
        messages.success(request, "已撤回。")
    return redirect(nomination)


@require_POST
@policy("honour.run")
def nomination_decide(request, pk):
    branches = Branch.objects.visible_to(request.user, verb="honour.run")
    nomination, form = _nomination(request, pk, "honour.run", round__branch__in=branches), DecideForm(request.POST)
    if form.is_valid():
        try:
            honours.decide(
                nomination, passed="pass" in request.POST, opinion=form.cleaned_data["opinion"], by=request.user,
                on=timezone.localdate(),
            )  # fmt: skip
        except ValidationError as error:
            refuse(form, error)
        else:
            messages.success(request, "已记下审核意见。")
            return redirect(nomination.round)
    return _nomination_page(request, nomination, form)


# --- on paper


@require_safe
@policy("honour.run")
def round_notice(request, pk):
    """公示单: who is to be commended, how long, and whom to tell what one knows."""
    each = _run(request, pk)
    context = {"round": each, "rows": list(appraisal_sheets.chosen(each)), "today": timezone.localdate()}
    return render(request, "members/honour_notice.html", context)


@require_safe
@policy("honour.see")
def round_board(request, pk):
    """展板: a page for each who was commended; a branch prints those of its own."""
    each = _seen(request, pk)
    seen = Nomination.objects.visible_to(request.user)
    rows = list(appraisal_sheets.chosen(each).filter(pk__in=seen.values("pk")))
    return render(request, "members/honour_board.html", {"round": each, "rows": rows})


@require_safe
@policy("honour.see")
def nomination_photo(request, pk):
    """The small picture of who was nominated, for the board."""
    nomination = _nomination(request, pk)
    photo = nomination.member.photo if nomination.member_id else None
    return serve_thumbnail(photo) if photo else redirect(nomination)


@require_safe
@policy("honour.run")
def round_word(request, pk):
    return _paper(request, pk, to_word, "docx", WORD)


@require_safe
@policy("honour.run")
def round_pdf(request, pk):
    return _paper(request, pk, to_pdf, "pdf", "application/pdf")


def _paper(request, pk, write, ending, content_type):
    each = _run(request, pk)
    paper = appraisal_sheets.to_paper(each, on=timezone.localdate())
    audit.record("honour.print", each, by=request.user, format=ending)
    return download(write(paper), f"{paper.title}.{ending}", content_type)
