"""Taking a step of the road and taking it back: a form that asks only what that step needs."""

from django.contrib import messages
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import transaction
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts.policy import policy
from meetings.models import Meeting, MeetingKind, Vote
from recruitment import guiding, legality, matters, outlook, probation, quotas, sides, steps, votes, wording
from recruitment.forms import step as forms
from recruitment.models import Application
from recruitment.road import BESIDE, in_force, known_editions

EDIT, APPROVE, REVIEW = "recruit.edit", "recruit.approve", "review.edit"
MEETINGS = 12  # of late, to choose from
FIELD_OF = {
    "assign_mentor": "guides",
    "assign_sponsors": "guides",
    "branch_vote": "meeting",
    "conversion_vote": "meeting",
}


def found(request, pk, verb):
    rows = Application.objects.visible_to(request.user, verb=verb).select_related("member", "branch__parent")
    return get_object_or_404(rows, pk=pk)


def url_of(road, key):
    """The page of a step, by the side for which this person takes it."""
    if key == "political_review":
        return reverse("recruitment:step_review", args=[road.application.pk, key])
    is_above = key in sides.ABOVE | sides.EITHER and road.eyes.is_above(road.application.branch)
    name = "step_above" if is_above else "step"
    return reverse(f"recruitment:{name}", args=[road.application.pk, key])


def tell(form, error, name=None):
    """A refusal beside the field to which it belongs, everything typed kept."""
    if hasattr(error, "error_dict"):
        for key, each in error.error_dict.items():
            form.add_error(key if key in form.fields else name, each)
        return
    for each in error.error_list:
        if each.code == steps.LATE:
            if "explained" not in form.fields:
                form.ask_why()
            form.add_error("explained", each)
        else:
            form.add_error("on" if each.code == "unlawful" and "on" in form.fields else name, each)


@require_http_methods(["GET", "HEAD", "POST"])
@policy(EDIT)
def step(request, pk, key):
    return _step(request, pk, key, EDIT)


@require_http_methods(["GET", "HEAD", "POST"])
@policy(APPROVE)
def step_above(request, pk, key):
    return _step(request, pk, key, APPROVE)


@require_http_methods(["GET", "HEAD", "POST"])
@policy(REVIEW)
def step_review(request, pk, key):
    return _step(request, pk, key, REVIEW)


def _step(request, pk, key, verb):
    today = timezone.localdate()
    if key not in known_editions()[-1].steps:
        raise Http404
    application = found(request, pk, verb)
    road = outlook.road(application, request.user, today)
    gap = road.gap(key)
    following = gap or next((each for each in road.following if each.step == key), None)
    notice = _unanswered(application, key, today)
    offers = _offers(request.user, road, key) | {"asks_result": notice is not None}
    is_proved = key == "prospect_training" and offers["courses"].exists()
    if following is None or not steps.may_take(application, key, request.user, is_proved=is_proved):
        messages.warning(request, _why_not(road, following, key))
        return redirect(application)
    until = wording.limit(following)
    form = forms.StepForm(
        request.POST if request.method == "POST" else None, key=key, offers=offers,
        asks_why=following.due is not None and following.due < today,
        initial=_initial(application, following, today, is_gap=gap is not None),
    )  # fmt: skip
    if request.method == "POST" and form.is_valid():
        entry = form.entry(offers.get("held"), offers.get("votes"))
        on = entry.pop("on")
        try:
            with transaction.atomic():
                if notice is not None:
                    matters.close_notice(notice, **form.result(), by=request.user, today=today)
                steps.take(application, key, on, entry.pop("data"), **entry, by=request.user, today=today)
        except ValidationError as error:
            tell(form, error, FIELD_OF.get(key))
        else:
            messages.success(request, f"已登记“{road.step(key).label}”。")
            return redirect(application)
    law = road.step(key)
    context = {
        "form": form, "application": application, "law": law, "following": following, "until": until,
        "mark": road.mark(following), "is_gap": gap is not None, "is_over": until is not None and until < today,
        "is_barred": following.is_barred(today), "is_early": following.earliest > today, "today": today,
        "since": in_force(today).since if road.was_possible(following) else None,
        "earliest": wording.day_words(following.earliest, today),
        "latest": wording.day_words(until, today) if until else "",
        "lines": _lines(form, key),
        "needs": _needs(law), "offers": offers, "is_vote": key in forms.VOTES,
        "warning": quotas.warning(application, today) if key == "pre_review" else None,
        "notice_url": reverse("recruitment:publicity", args=[application.pk, key]) if key == "confirm_prospect" else "",
        "review_url": reverse("recruitment:review", args=[application.pk]) if key == "political_review" else "",
    }  # fmt: skip
    return render(request, "recruitment/step.html", context)


def _unanswered(application, key, today):
    """The notice that is over and of which nobody has said what came in: asked together with the step that rests on it."""
    notice = matters.open_notice(application, key) if key == matters.Matter.PROSPECT else None
    is_over = notice is not None and notice.ended_on < today
    return notice if is_over and notice.objections is None else None


def _lines(form, key):
    """The fields as the page shows them; the counts of a vote two by two."""
    found, names = [], list(form.fields)
    for name in names:
        pair = forms.PAIRS.get(name)
        if pair in form.fields and key in forms.VOTES:
            found.append({"first": form[name], "second": form[pair], "rule": forms.rule_of(key, name)})
        elif not (
            key in forms.VOTES and any(name == second and first in names for first, second in forms.PAIRS.items())
        ):
            found.append(
                {"field": form[name], "rule": forms.rule_of(key, name), "secret": name in ("words", "settled")}
            )
    return found


def _why_not(road, following, key):
    label = in_force(road.on).steps[key].label
    application = road.application
    if application.outcome:
        return f"档案已办结（{application.get_outcome_display()}），不能再办理。"
    if following is not None:
        return f"“{label}”由{wording_side(key)}办理。"
    if key in road.acts and not in_force(road.on).steps[key].repeats:
        return f"“{label}”已经办理。"
    fault = legality.refusal(road.case, legality.Act(key, road.on), is_working=lambda day: True)
    return f"还不能办理“{label}”：{fault.says}。" if fault else f"现在不能办理“{label}”。"


def wording_side(key):
    if key == "political_review":
        return "负责政治审查的同志"
    if key in sides.GENERALS:
        return "上级党组织"
    return "上级党委" if key in sides.ABOVE else "党支部"


def _needs(law):
    """What the rule asks of the step, each once, with its article."""
    rows = [(span.says, span.article) for span in law.spans]
    rows += [(need["says"], need.get("article") or law.article) for need in law.needs if need.get("says")]
    if law.repeats:
        rows.append((law.repeats["says"], law.repeats["article"]))
    return list(dict.fromkeys(rows))


def _initial(application, following, today, *, is_gap):
    """Today, or the last lawful day when that has gone by; of what an old paper says, no day is guessed."""
    if is_gap:
        return {}
    found = {"on": min(today, following.last) if following.last else today}
    if following.step == "assign_sponsors":
        mentors = guiding.running(application, guiding.Role.MENTOR, today)
        found["guides"] = [row.member_id for row in mentors]
    return found


def _offers(user, road, key):
    """What there is to choose from in this step."""
    application, branch, offers = road.application, road.application.branch, {"user": user}
    if key in guiding.STEPS:
        offers["members"] = forms.members_of(user, branch)
    elif key == "initial_talk":
        offers["talkers"] = forms.members_of(user, branch)
    elif key == "prospect_training":
        offers["courses"] = forms.courses_of(user, application.member)
    elif key == "assign_group":
        offers["groups"] = list(branch.groups.filter(ended_on=None).values_list("name", flat=True))
    elif key in forms.VOTES:
        offers |= ballots(user, road, key)
    if key in sides.ABOVE | sides.APPROVALS:
        offers["organs"] = sides.organs(branch, user, generals=key in sides.GENERALS)
    return offers


def held_in(user, branch):
    """The members' meetings of late that count, newest first."""
    held = Meeting.objects.visible_to(user).counted().filter(
        branch=branch, kinds__kind=MeetingKind.Kind.MEMBERS_MEETING
    )  # fmt: skip
    return held.order_by("-held_on", "-pk")


def ballots(user, road, key):
    """The members' meetings since the step before, and the votes in them that no other person's step rests on."""
    application = road.application
    held = held_in(user, application.branch)
    before = [road.acts[step][-1].on for step in road.step(key).after if step in road.acts]
    rows = list(held.filter(held_on__gte=max(before))[:MEETINGS]) if before else []
    free = Vote.objects.visible_to(user).filter(meeting__in=[row.pk for row in rows], rule=Vote.Rule.RECRUITMENT)
    free = votes.free(free, application, key)
    choices = []
    for meeting in rows:
        named = f"{meeting.held_on:%Y-%m-%d} {meeting.topic}"
        choices += [
            (f"v{vote.pk}", f"{named}：“{vote.title}”，已登记票数") for vote in free if vote.meeting_id == meeting.pk
        ]  # fmt: skip
        choices.append((f"m{meeting.pk}", f"{named}（票数在下面填）"))
    counts_written = any(
        need.get("written") == "counted"
        for meeting in rows
        for need in in_force(meeting.held_on).steps[key].needs
    )  # fmt: skip
    full = application.branch.memberships.filter(ended_on=None, kind="full").count()
    return {
        "held": held, "votes": Vote.objects.visible_to(user), "meetings": choices, "counts_written": counts_written,
        "full": full,
    }  # fmt: skip


# --- taking back


@require_http_methods(["GET", "HEAD", "POST"])
@policy(EDIT)
def undo(request, pk, key):
    return _undo(request, pk, key, EDIT)


@require_http_methods(["GET", "HEAD", "POST"])
@policy(APPROVE)
def undo_above(request, pk, key):
    return _undo(request, pk, key, APPROVE)


def _undo(request, pk, key, verb):
    today = timezone.localdate()
    application = found(request, pk, verb)
    if key in BESIDE:
        return _undo_beside(request, application, key, today)
    if key not in known_editions()[-1].steps:
        raise Http404
    law = in_force(today).steps[key]
    if key == "apply" or not steps.may_take_back(application, key, request.user):
        messages.warning(request, f"“{law.label}”现在不能由您退回。")
        return redirect(application)
    road = outlook.road(application, request.user, today)
    lost = legality.fallen(road.acts, key, law_of(road, key))
    labels = [each.label for each in in_force(today).steps.values() if each.key in lost and each.key != key]
    text = f"由它而来的各步一并退回：{'、'.join(labels)}。" if labels else "退回以后可以重新办理，原来的记录仍然保留。"
    return _taken_back(request, application, key, law.label, text, steps.take_back, today)


def _undo_beside(request, application, key, today):
    """The last decision about the probation: the vote that waits, or the approval of an extension."""
    if application.outcome or not probation.may_take_back(application, key, request.user):
        messages.warning(request, f"“{BESIDE[key]}”现在不能由您退回。")
        return redirect(application)
    text = (
        "退回以后支部大会的决议仍在等批准。" if key in sides.APPROVALS else "退回以后可以重新讨论，原来的记录仍然保留。"
    )
    return _taken_back(request, application, key, BESIDE[key], text, probation.take_back, today)


def _taken_back(request, application, key, label, text, take_back, today):
    form = forms.UndoForm(request.POST if request.method == "POST" else None, initial={"on": today})
    if request.method == "POST" and form.is_valid():
        try:
            take_back(application, key, **form.cleaned_data, by=request.user, today=today)
        except ValidationError as error:
            tell(form, error, NON_FIELD_ERRORS)
        else:
            messages.success(request, f"已退回“{label}”。")
            return redirect(application)
    context = {
        "form": form, "application": application, "title": f"退回“{label}”", "label": "退回", "danger": True, "text": text,
        "lines": [{"field": field, "secret": field.name == "words"} for field in form],
    }  # fmt: skip
    return render(request, "recruitment/act.html", context)


def law_of(road, key):
    return in_force(road.acts[key][-1].on)
