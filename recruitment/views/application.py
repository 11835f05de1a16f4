"""The file of one person: the road page, the sheet of the whole road, the person's facts, how a file is opened and ends."""

from django.contrib import messages
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import transaction
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

import vault
from accounts import audit
from accounts.policy import policy
from branches.models import Branch
from branches.rights import may
from members import register
from members.models import Member
from recruitment import admission, applications, guiding, outlook, probation, steps, timeline, wording
from recruitment import document_fields as papers
from recruitment.applications import LEADS
from recruitment.documents import state as paper_state
from recruitment.forms import application as forms
from recruitment.forms.step import courses_of
from recruitment.matters import FOLLOWS, SETTLED_BY, Matter, lacks_result
from recruitment.models import Application, DepartmentReply
from recruitment.road import BESIDE, in_force
from recruitment.sides import APPROVALS
from recruitment.turns import side
from recruitment.views.step import found, tell, url_of

EDIT, APPROVE, SEE = "recruit.edit", "recruit.approve", "recruit.see"
Outcome = Application.Outcome
COURSE = "prospect_training"
HISTORY = 10
OF_REVIEW = ("recruit.ask", "recruit.answer")
PAPERS = 8  # papers named beside the road


@require_safe
@policy(SEE)
def detail(request, pk):
    application = found(request, pk, SEE)
    context = _road(request, application)
    road, rows = context["road"], context["rows"]
    folder, last = paper_state(application, request.user, steps=rows), _decision(road)
    sees_review = may(request.user, "review.see", at=application.branch)
    replies = (
        DepartmentReply.objects.visible_to(request.user).filter(application=application).order_by("asked_on", "pk")
    )
    context |= {
        "folder": folder, "papers": _papers(folder), "guides": _guides(application),
        "stays": application.stays.select_related("branch").order_by("started_on"), "notices": _notices(road),
        "sees_review": sees_review, "is_above": road.eyes.is_above(application.branch),
        "replies": list(replies) if sees_review else [], "acts": _acts(request.user, road, last),
        "may_review": may(request.user, "review.edit", at=application.branch) and not application.outcome,
        "events": _events(application, sees_review), "pending": _pending(road, last, request.user),
        "may_edit": may(request.user, EDIT, at=application.branch) and not application.outcome,
        "sees_birth": may(request.user, EDIT, at=application.branch) or road.eyes.is_above(application.branch),
        "review_open": "confirm_prospect" in road.acts and "political_review" not in road.acts,
    }  # fmt: skip
    context["guide_roles"] = _free_roles(road, context["guides"]) if context["may_edit"] else []
    return render(request, "recruitment/detail.html", context)


def _events(application, sees_review):
    """What was done of late; what departments were asked and answered only for those who see the review."""
    events = audit.of(application)
    return (events if sees_review else events.exclude(action__in=OF_REVIEW))[:HISTORY]


def _free_roles(road, guides):
    """Where fewer than two serve after the step that named them: a successor may be wanted."""
    serving = [row.role for row in guides if row.ended_on is None]
    least = {guiding.Role.MENTOR: 1, guiding.Role.SPONSOR: guiding.MOST}
    return [
        (role, role.label)
        for key, role in guiding.STEPS.items()
        if key in road.acts and serving.count(role) < least[role]
    ]  # fmt: skip


def _road(request, application):
    """What the road page and the printed sheet both show."""
    today = timezone.localdate()
    road = outlook.road(application, request.user, today)
    if any(each.step == COURSE for each in road.following) and courses_of(request.user, application.member).exists():
        road.proved = frozenset({COURSE})
    rows = papers.steps_of(application)
    names = _names(application)
    parts = timeline.parts(
        road.acts, road.following, road.faults, today, gaps=road.gaps, rows=rows, sees=road.sees,
        undone=papers.taken_back(application, sees_why=may(request.user, "review.see", at=application.branch)),
        told=lambda row: timeline.told(row, names, sees=road.sees(row.step)),
    )  # fmt: skip
    for line in (line for part in parts for line in part.lines if road.gap(line.step.key)):
        line.fill = url_of(road, line.step.key)
    explained = {key for key, taken in rows.items() if any(row.explained for row in taken)}
    following = road.next
    return {
        "application": application, "road": road, "rows": rows, "parts": parts, "today": today,
        "checks": timeline.checks(road.case, road.acts, road.faults, explained),
        "taken": sum(line.state == timeline.DONE for part in parts for line in part.lines), "whole": len(in_force(today).steps),
        "here": next((part for part in parts if not part.is_done), None),
        "next": _next(road, following) if following else None,
        "others": [_next(road, each) for each in road.others],
        "undo": _undoable(road),
        "undo_route": f"recruitment:{'undo_above' if road.eyes.is_above(application.branch) else 'undo'}",
    }  # fmt: skip


def _next(road, following):
    """A step that can come next, in words: the sentence, the rule, where it is done."""
    law = road.step(following.step)
    may_take = road.may_take(following.step)
    is_barred = following.is_barred(road.on)
    is_open = may_take and following.earliest <= road.on and not is_barred
    return {
        "law": law, "say": road.sentence(following), "mark": road.mark(following), "why": following.why,
        "who": side(following.step), "is_mine": may_take,
        "url": url_of(road, following.step) if is_open else "", "label": wording.button(law),
        "notice": may_take and following.step == Matter.PROSPECT and _wants_notice(road, following),
        "past": url_of(road, following.step) if may_take and (is_barred or road.was_possible(following)) else "",
    }  # fmt: skip


def _wants_notice(road, following):
    """Whether a notice has still to hang: the step waits, and none that is on record stands."""
    _, until = road.case.notices.get(following.step, (None, None))
    return following.earliest > road.on and (until is None or until < road.on)


def _names(application):
    """(role, day since when) → names of those who began to guide that day."""
    found = {}
    for row in application.guides.select_related("member").order_by("pk"):
        found.setdefault((row.role, row.started_on), []).append(row.member.name)
    return found


def _guides(application):
    return list(application.guides.select_related("member").order_by("role", "started_on", "pk"))


def _papers(folder):
    """The papers that lack first, then those that are there; as many as stand beside the road."""
    due = sorted(folder.due, key=lambda line: line.is_there)
    return due[:PAPERS]


def _notices(road):
    """The notices of the matters that are as far as that: matter, its label, the last one, what may be entered now."""
    application, found = road.application, []
    last = {row.matter: row for row in application.publicities.order_by("pk")}
    for matter in Matter:
        row, is_settled = last.get(matter), SETTLED_BY[matter] in road.acts
        if row is None and FOLLOWS[matter] not in road.acts:
            continue
        wants = row is not None and lacks_result(application, row)
        found.append({
            "matter": matter, "label": matter.label, "row": row, "is_settled": is_settled,
            "is_over": row is not None and row.ended_on < road.on,
            "is_open": not application.outcome and FOLLOWS[matter] in road.acts and (wants or not is_settled),
        })  # fmt: skip
    return found


def _undoable(road):
    """Keys of the steps that this person may take back: what `steps.may_take_back` says, of all at once."""
    return {
        key
        for key in road.acts
        if key != "apply" and not steps.is_held(road.application, key) and road.may_take_back(key)
    }  # fmt: skip


def _decision(road):
    """The last decision about the probation that stands, or None."""
    if road.application.outcome or "committee_approval" not in road.acts:
        return None
    return next(reversed(road.application.decisions()), None)


def _pending(road, row, user):
    """The vote about the probation that waits for its approval, and whether this person may give it."""
    if row is None or row.step in APPROVALS:
        return None
    kind = row.step.removesuffix("_vote")
    return {
        "row": row, "label": "延长预备期" if kind == probation.EXTENSION else "取消预备党员资格",
        "may": road.eyes.is_above(road.application.branch, approves=True) and row.created_by_id != user.pk,
    }  # fmt: skip


def _acts(user, road, last):
    """(address, label) of what else may be done with the file."""
    application, branch = road.application, road.application.branch
    if application.outcome:
        return []
    edits, above, found = may(user, EDIT, at=branch), road.eyes.is_above(branch), []
    admitted = "committee_approval" in road.acts
    serves = admitted and admission.is_on_register(application)

    def add(name, label, *args):
        found.append((reverse(f"recruitment:{name}", args=[application.pk, *args]), label))

    if edits and not admitted:
        add("edit", "修改基本情况")
    if edits and set(road.acts) == {"apply"}:
        add("redate", "更正申请日期")
    if edits and serves and "conversion_vote" not in road.acts:
        if not application.extended_months:
            add("propose", "登记支部大会：延长预备期", probation.EXTENSION)
        add("propose", "登记支部大会：取消预备党员资格", probation.CANCELLATION)
    if last is not None and road.eyes.may_take_back(last.step, {last.step}, branch):
        add("undo_above" if above else "undo", f"退回：{BESIDE[last.step]}", last.step)
    if above:
        add("transfer", "转到另一个党支部")
    if edits and not serves:
        add("close", "终止：撤回、不再培养、转出、去世")
    if road.eyes.is_above(branch, approves=True) and not admitted:
        add("decline", "不予接收")
    return found


@require_safe
@policy(SEE)
def record(request, pk):
    """发展党员全程纪实表: the whole road on paper."""
    application = found(request, pk, SEE)
    return render(request, "recruitment/record.html", _road(request, application) | {"guides": _guides(application)})


# --- opening, putting right


@require_http_methods(["GET", "HEAD", "POST"])
@policy(EDIT)
def add(request):
    today = timezone.localdate()
    branches = Branch.objects.visible_to(request.user, verb=EDIT).at_work(today).in_order().filter(kind__in=LEADS)
    form = forms.ApplicantForm(
        request.POST if request.method == "POST" else None, branches=branches,
        find=lambda number: _known(request.user, number), initial={"received_on": today},
    )  # fmt: skip
    if request.method == "POST" and form.is_valid():
        typed = form.cleaned_data
        if form.known is None:
            form.fill()
        try:
            application = applications.begin(
                form.known or form.instance, typed["branch"], applied_on=typed["applied_on"],
                received_on=typed["received_on"], words=typed["words"], by=request.user, on=today,
            )  # fmt: skip
        except ValidationError as error:
            tell(form, error, "applied_on")
        else:
            messages.success(request, f"已建立{application.member}的发展党员档案。")
            return redirect(application)
    if form.taken and (branch := form.cleaned_data.get("branch")):
        register.report_taken(form.taken, branch, by=request.user)
    context = {"form": form, "sections": form.sections(_rules()), "has_branch": branches.exists()}
    return render(request, "recruitment/add.html", context)


def _known(user, number):
    """Somebody with that number who had a file that this person may read."""
    index = vault.index_for(Member, "id_number", number)
    row = Application.objects.visible_to(user).filter(member__id_number_index=index).select_related("member").first()
    return row and row.member


def _rules():
    law = in_force(timezone.localdate()).steps["apply"]
    cite = f"《中国共产党发展党员工作细则》{law.article}"
    return {
        "branch": {"rule": "向工作、学习所在单位的党支部提出申请；临时党支部不发展党员。", "cite": cite},
        "birth_on": {"rule": "年满十八岁才能申请入党，按申请书上的日期算。", "cite": cite},
        "id_number": {"rule": "可以先不填。加密保存，页面上不显示；填了就核对是否重复。"},
        "applied_on": {"rule": "申请书落款的日期。"},
        "received_on": {"rule": "从这一天起一个月内，党组织要派人同申请人谈话。", "cite": "《中国共产党发展党员工作细则》第七条"},
        "work_began": {"rule": "知道到哪一级就填到哪一级。"}, "phone": {"rule": "加密保存，没有的不填。"},
        "name": {"rule": "与身份证一致。"},
    }  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
@policy(EDIT)
@transaction.atomic
def edit(request, pk):
    rows = Application.objects.visible_to(request.user, verb=EDIT).select_for_update(of=("self", "member"))
    application = get_object_or_404(rows.select_related("member", "branch__parent"), pk=pk)
    if (
        application.outcome
        or "committee_approval" in outlook.road(application, request.user, timezone.localdate()).acts
    ):
        messages.warning(request, "档案已办结，或者这位同志已在党员名册上，请到党员名册中修改。")
        return redirect(application)
    form = forms.PersonForm(request.POST if request.method == "POST" else None, instance=application.member)
    if request.method == "POST" and form.is_valid():
        try:
            with transaction.atomic():
                applications.edit(application, form, by=request.user)
        except ValidationError as error:
            tell(form, error, "birth_on")
        else:
            messages.success(request, f"已保存{form.instance}的基本情况。")
            return redirect(application)
    stale = None
    if form.is_stale:
        fresh = found(request, pk, EDIT).member
        form.catch_up(fresh)
        stale = {"rows": form.theirs, "event": audit.of(fresh).first()}
    if form.taken:
        register.report_taken(form.taken, application.branch, by=request.user)
    context = {"form": form, "application": application, "sections": form.sections(_rules()), "stale": stale}
    return render(request, "recruitment/edit.html", context)


# --- the acts at the foot of the page


def act(request, application, form, do, *, title, label, done, text="", danger=False, rules=None):
    """The page of one act; a refusal stands beside its field."""
    if request.method == "POST" and form.is_valid():
        try:
            do(form.cleaned_data)
        except ValidationError as error:
            tell(form, error, NON_FIELD_ERRORS)
        else:
            messages.success(request, done)
            return redirect(application)
    context = {
        "form": form, "application": application, "title": title, "label": label, "text": text, "danger": danger,
        "lines": [
            {"field": field, "rule": (rules or {}).get(field.name, ""), "secret": field.name in ("words", "reason")}
            for field in form
        ],
    }  # fmt: skip
    return render(request, "recruitment/act.html", context)


def sent(request):
    return request.POST if request.method == "POST" else None


@require_http_methods(["GET", "HEAD", "POST"])
@policy(EDIT)
def redate(request, pk):
    application, today = found(request, pk, EDIT), timezone.localdate()
    form = forms.RedateForm(sent(request), initial={"applied_on": application.applied_on})
    return act(
        request, application, form,
        lambda typed: applications.redate(application, **typed, by=request.user, on=today),
        title="更正申请日期", label="更正", done="已更正申请日期。", text="后面的步骤还没有办理时才能更正，原来的记录仍然保留。",
    )  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
@policy(EDIT)
def close(request, pk):
    return _close(request, pk, EDIT, "终止培养", [Outcome.WITHDRAWN, Outcome.ENDED, Outcome.LEFT, Outcome.DIED])


@require_http_methods(["GET", "HEAD", "POST"])
@policy(APPROVE)
def decline(request, pk):
    return _close(request, pk, APPROVE, "不予接收", [Outcome.REFUSED])


def _close(request, pk, verb, title, outcomes):
    application, today = found(request, pk, verb), timezone.localdate()
    if verb == EDIT and applications.was_cancelled(application):
        outcomes = [*outcomes, Outcome.CANCELLED]
    form = forms.CloseForm(sent(request), outcomes=outcomes, initial={"on": today})
    return act(
        request, application, form,
        lambda typed: applications.close(
            application, typed["outcome"], typed["on"], typed["reason"], by=request.user, today=today
        ),
        title=title, label="办结", done="档案已办结。", danger=True,
        text="办结以后不能再办理；已有的步骤和材料都保留。以后再申请的，另建一份档案。",
    )  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
@policy(APPROVE)
def transfer(request, pk):
    application, today = found(request, pk, APPROVE), timezone.localdate()
    branches = Branch.objects.visible_to(request.user, verb=APPROVE).at_work(today).in_order().filter(kind__in=LEADS)
    form = forms.TransferForm(
        sent(request), branches=branches.exclude(pk=application.branch_id), initial={"since": today}
    )
    return act(
        request, application, form,
        lambda typed: applications.transfer(
            application, typed["branch"], since=typed["since"], number=typed["number"], by=request.user, today=today
        ),
        title="转到另一个党支部", label="转出", done="档案已转到新的党支部，培养教育时间连续计算。",
        text="培养教育时间连续计算；原来的培养联系人和入党介绍人到前一天为止，请新支部重新确定。",
    )  # fmt: skip
