"""The file of one election: its steps, candidates, ballot and end."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import audit
from accounts.models import Stale
from accounts.policy import policy
from branches.forms import FilterForm, whole_number
from branches.models import Appointment, Branch
from branches.rights import Role, may
from members import ballots, election_papers, elections, terms, vacancies
from members.elections import FROM_ABOVE, Key
from members.forms.election import CancelForm, ElectionForm, FinishForm, NomineeForm, ResultForm, StepForm, tell
from members.models import Election, Member, Membership, Nominee, Post
from office.paper import chinese_number
from office.word import to_word
from rulebook.book import in_force

SHOWN = 30
WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
WORK = "《中国共产党基层组织选举工作条例》（2020 年）"
BRANCH_RULES = "《中国共产党支部工作条例（试行）》第二十一条"
RULES = {  # beside each step; the numbers are filled in from the rulebook
    Key.NOTICE: ("届满前 {notice} 天由上级提醒。", "换届提前六个月提醒（工作要求）"),
    Key.RESOLUTION: ("支委会研究换届的时间、名额和办法；不设支委会的由支部党员大会讨论。", WORK),
    Key.REQUEST: ("一般在选举一个月前向上级请示。", WORK),
    Key.REPLY: ("由上级登记；先有请示，再有批复。", WORK),
    Key.CANDIDATES: ("党员酝酿推荐，委员候选人多于应选人数，差额不少于 {more}；书记、副书记等额。", WORK),
    Key.CANDIDATE_REQUEST: ("候选人预备人选报上级审批。", WORK),
    Key.CANDIDATE_REPLY: ("由上级登记；同意以后才能召开党员大会选举。", WORK),
    Key.CONGRESS: ("无记名投票；到会不少于应到的 {come}，得赞成票超过实到的 {agree} 当选。", WORK),
    Key.FIRST_COMMITTEE: ("书记、副书记由第一次支委会选举。", BRANCH_RULES),
    Key.RESULT_REPORT: ("选举结果报上级：委员备案，书记、副书记报批。", BRANCH_RULES),
    Key.RESULT_REPLY: ("由上级登记，登记后届次和职务生效。", BRANCH_RULES),
}


def _found(request, pk, verb="election.see"):
    found = Election.objects.visible_to(request.user, verb=verb).select_related("branch__parent", "term")
    return get_object_or_404(found, pk=pk)


def _answers(user, branch):
    """Whether the person may answer as the superior of that organisation."""
    return branch.parent is not None and may(user, "election.approve", at=branch.parent)


@require_safe
@policy("election.see")
def election_detail(request, pk):
    today = timezone.localdate()
    election = _found(request, pk)
    branch, is_open = election.branch, election.state == Election.State.OPEN
    edits = is_open and may(request.user, "election.edit", at=branch)
    answers = is_open and _answers(request.user, branch)
    steps = {step.key: step for step in election.steps.all()}
    nominees = list(election.nominees.select_related("member").order_by("pk"))
    serving = branch.terms.filter(started_on__lte=today).order_by("-started_on").first()
    context = {
        "election": election, "branch": branch, "today": today, "serving": serving, "is_open": is_open,
        "steps": _steps(election, steps, edits, answers, today),
        "warnings": elections.warnings(election, steps), "nominees": nominees,
        "may_edit": edits, "may_nominate": edits and election.held_on is None,
        "sees_votes": may(request.user, "vote.see", at=branch), "level": _level(serving, today),
        "least": elections.least_candidates(election.seats, today) if election.seats else None,
        "account": _account(request, election, nominees, today), "events": audit.of(election)[:20],
        "writes": may(request.user, "election.edit", at=branch),
    }  # fmt: skip
    return render(request, "members/election.html", context)


def _level(serving, today):
    return serving and terms.level(serving.expires_on, today, terms.notice_days(today))


def _steps(election, steps, edits, answers, today):
    book = elections.book_of(election, today)
    found = []
    for key in elections.asked_steps(election):
        words, cite = _rule(key, book)
        allowed = answers if key in FROM_ABOVE else edits
        found.append(
            {
                "key": key, "label": key.label, "step": steps.get(key), "rule": words, "cite": cite,
                "url": _step_url(election, key) if allowed else "",
            }
        )  # fmt: skip
    return found


def _rule(key, book):
    """(words, source) beside a step."""
    ballot, (words, cite) = book["vote.election"].value, RULES[key]
    return words.format(
        notice=max(book["election.notice_days"].value), more=f"{book['election.more_candidates'].value:.0%}",
        come=_share(ballot["present"]), agree=_share(ballot["passed"]),
    ), cite  # fmt: skip


def _share(share):
    """五分之四, 一半."""
    top, bottom = share.get("at_least") or share["more_than"]
    return "一半" if (top, bottom) == (1, 2) else f"{chinese_number(bottom)}分之{chinese_number(top)}"


def _step_url(election, key):
    if key == Key.CONGRESS:
        return reverse("members:election_result", args=[election.pk])
    if key == Key.RESULT_REPLY:
        return reverse("members:election_finish", args=[election.pk])
    route = "members:election_answer" if key in FROM_ABOVE else "members:election_step"
    return reverse(route, args=[election.pk, key])


def _account(request, election, nominees, today):
    """Who still holds the secretary's account when another was elected: a post is changed by an administrator alone."""
    chosen = next((one for one in nominees if one.is_elected and one.office == Post.Office.SECRETARY), None)
    if election.state != Election.State.DONE or chosen is None:
        return None
    posts = Appointment.objects.visible_to(request.user, verb="branch.see").filter(
        branch=election.branch, role__in=[Role.SECRETARY, Role.COMMITTEE]
    )
    holders = [post.user for post in posts.serving(today).select_related("user")]
    if any(user.pk == chosen.member.user_id for user in holders):
        return None
    return {
        "holders": holders,
        "elected": chosen.member,
        "may_manage": may(request.user, "account.manage", at=election.branch),
    }


@require_http_methods(["GET", "HEAD", "POST"])
@policy("election.edit")
def election_add(request):
    """`?branch=`; without one the organisation is chosen first."""
    today = timezone.localdate()
    mine = Branch.objects.visible_to(request.user, verb="election.edit").at_work(today)
    branches = mine.filter(kind__in=elections.ELECTING).in_order()
    asked = request.GET.get("branch")
    if not asked:
        if branches.count() != 1:
            return _choose(request, branches)
        branch = branches.get()
    else:
        branch = get_object_or_404(branches, pk=whole_number(asked))
    serving = branch.terms.filter(started_on__lte=today).order_by("-started_on").first()
    empty = vacancies.of(branch, today)
    start = {"kind": "by", "seats": empty.seats} if empty and request.GET.get("kind") == "by" else {}
    initial = {"seats": serving.committee_size if serving else 0, **start}
    form = ElectionForm(request.POST or None, instance=Election(branch=branch), initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            election = elections.begin(form.instance, by=request.user, on=today)
        except ValidationError as error:
            tell(form, error)
        else:
            messages.success(request, "已开始，请按步骤登记。")
            return redirect(election)
    book = in_force(on=today)
    full = (
        Membership.objects.visible_to(request.user).on(today).filter(branch=branch, kind=Membership.Kind.FULL).count()
    )
    threshold = book["branch.committee_threshold"]
    context = {
        "form": form, "branch": branch, "serving": serving, "empty": empty, "threshold": threshold,
        "posts": Post.objects.visible_to(request.user, verb="election.edit").filter(term=serving, ended_on=None)
        .exclude(office=Post.Office.GROUP_LEADER).select_related("member").order_by("pk"),
        "seats_rule": f"正式党员 {threshold.value} 人以上应设支部委员会，现有 {full} 人。补选填要补的委员名额，只补书记填 0。",
    }  # fmt: skip
    return render(request, "members/election_form.html", context)


def _choose(request, branches):
    form = FilterForm(request.GET)
    if "q" in form.asked:
        branches = branches.filter(name__contains=form.asked["q"])
    page = Paginator(branches, SHOWN).get_page(request.GET.get("page"))
    return render(request, "members/election_choose.html", {"form": form, "page": page, "query": request.GET})


@require_http_methods(["GET", "HEAD", "POST"])
@policy("election.edit")
def election_step(request, pk, key):
    if key not in Key or key in FROM_ABOVE or key == Key.CONGRESS:
        raise Http404
    return _step(request, _found(request, pk, "election.edit"), Key(key))


@require_http_methods(["GET", "HEAD", "POST"])
@policy("election.approve")
def election_answer(request, pk, answer):
    if answer not in FROM_ABOVE or answer == Key.RESULT_REPLY:
        raise Http404
    election = _found(request, pk, "election.approve")
    if not _answers(request.user, election.branch):
        raise PermissionDenied("批复由上级党组织登记。")
    return _step(request, election, Key(answer))


def _step(request, election, key):
    today = timezone.localdate()
    step = election.steps.filter(key=key).first()
    initial = {"done_on": step.done_on if step else today, "number": step.number if step else ""}
    form = StepForm(request.POST or None, initial=initial)
    words, cite = _rule(key, elections.book_of(election, today))
    return _acted(
        request, election, form, key.label, f"已登记“{key.label}”。",
        lambda data: elections.enter_step(election, key, **data, by=request.user, on=today),
        cite=cite, text=words,
    )  # fmt: skip


def _acted(request, election, form, title, done, act, *, label="登记", **beside):
    """A form on a page of its own that leads back to the file."""
    if request.method == "POST" and form.is_valid():
        try:
            act(form.cleaned_data)
        except ValidationError as error:
            tell(form, error)
        else:
            messages.success(request, done)
            return redirect(election)
    context = {
        "form": form, "title": title, "about": str(election), "label": label, "back": election.get_absolute_url(), **beside,
    }  # fmt: skip
    return render(request, "members/election_ask.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@policy("election.edit")
def election_nominate(request, pk):
    today = timezone.localdate()
    election = _found(request, pk, "election.edit")
    below = {} if election.branch.kind in elections.LEAVES else {"branch__path__startswith": election.branch.path}
    stays = Membership.objects.visible_to(request.user, verb="election.see").on(today)
    stays = stays.filter(**(below or {"branch": election.branch}), kind=Membership.Kind.FULL)
    members = Member.objects.visible_to(request.user, verb="election.see").filter(pk__in=stays.values("member"))
    members = members.exclude(pk__in=election.nominees.values("member")).order_by("strokes", "pk")
    form = NomineeForm(request.POST or None, members=members)
    rule = in_force(on=today)["secretary.min_party_years"]
    return _acted(
        request, election, form, "登记候选人", "已登记候选人。",
        lambda data: elections.nominate(election, **data, by=request.user, on=today),
        text=f"只列本组织的正式党员，按姓氏笔画排列。书记须有 {rule.value} 年以上党龄；书记、副书记等额，委员差额。",
        cite=f"{WORK}；{rule.source}",
    )  # fmt: skip


@require_POST
@policy("election.edit")
def nominee_remove(request, pk):
    elections_of_mine = Election.objects.visible_to(request.user, verb="election.edit")
    nominee = get_object_or_404(Nominee.objects.visible_to(request.user, verb="election.edit"), pk=pk)
    election = get_object_or_404(elections_of_mine, pk=nominee.election_id)
    try:
        elections.withdraw(nominee, by=request.user)
    except ValidationError as error:
        messages.error(request, "".join(error.messages))
    else:
        messages.success(request, f"已从名单中撤下{nominee.member}。")
    return redirect(election)


@require_http_methods(["GET", "HEAD", "POST"])
@policy("election.edit")
def election_result(request, pk):
    today = timezone.localdate()
    election = _found(request, pk, "election.edit")
    nominees = election.nominees.select_related("member").order_by("pk")
    delegates = election.branch.kind not in elections.LEAVES
    initial = {
        "version": election.version, "held_on": election.held_on or election.planned_on, "due": election.due_count,
        "attended": election.attended_count, "issued": election.ballots_issued, "returned": election.ballots_returned,
        "valid": election.ballots_valid,
    }  # fmt: skip
    form = ResultForm(request.POST or None, nominees=nominees, meets_by_delegates=delegates, initial=initial)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            election = ballots.record_result(
                election, held_on=data["held_on"], counts=form.counts, votes=form.votes, by=request.user, on=today,
                version=data["version"],
            )  # fmt: skip
        except Stale as error:
            form.data = form.data.copy()
            form.data["version"] = str(_found(request, pk, "election.edit").version)
            tell(form, error)
        except ValidationError as error:
            tell(form, error)
        else:
            messages.success(request, "已登记选举结果。")
            return redirect(election)
    context = {
        "form": form, "election": election, "due": elections.voters(election.branch, election.held_on or today).count(),
        "delegates": delegates, "rule": _rule(Key.CONGRESS, in_force(on=today)), "today": today,
    }  # fmt: skip
    return render(request, "members/election_result.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@policy("election.approve")
def election_finish(request, pk):
    today = timezone.localdate()
    election = _found(request, pk, "election.approve")
    if not _answers(request.user, election.branch):
        raise PermissionDenied("批复由上级党组织登记。")
    form = FinishForm(request.POST or None, initial={"replied_on": today})
    since = f"从选举当天 {election.held_on:%Y-%m-%d} 起" if election.held_on else "从选举当天起"
    words = (
        f"登记后，补选的职务{since}生效，本届届期不变。"
        if election.kind == Election.Kind.BY
        else f"登记后，新一届{since}任职，上一届的职务到前一天为止；届满日期按任期年限推算。"
    )
    return _acted(
        request, election, form, "批复选举结果", "已登记批复，届次和职务已经生效。",
        lambda data: ballots.finish(election, **data, by=request.user, on=today), text=words, cite=BRANCH_RULES,
    )  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
@policy("election.edit")
def election_cancel(request, pk):
    election = _found(request, pk, "election.edit")
    form = CancelForm(request.POST or None)
    return _acted(
        request, election, form, "终止这次选举", "已终止。",
        lambda data: elections.cancel(election, **data, by=request.user), label="终止", is_danger=True,
        text="终止后不能再登记，已登记的步骤留作档案；需要时可以重新开始一次。",
    )  # fmt: skip


@require_safe
@policy("election.edit")
def paper_request(request, pk):
    return _paper(request, pk, election_papers.REQUEST)


@require_safe
@policy("election.edit")
def paper_candidates(request, pk):
    return _paper(request, pk, election_papers.CANDIDATES)


@require_safe
@policy("election.edit")
def paper_result(request, pk):
    return _paper(request, pk, election_papers.RESULT)


def _paper(request, pk, which):
    election = _found(request, pk, "election.edit")
    paper = election_papers.paper(election, which, on=timezone.localdate())
    audit.record("election.paper", election, by=request.user, paper=which)
    response = HttpResponse(to_word(paper), content_type=WORD)
    name = f"{paper.title.replace(chr(10), '')}.docx"
    response["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=name)
    return response
