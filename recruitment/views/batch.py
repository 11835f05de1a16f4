"""One meeting, one filing, one course: the same step of several persons, each decided upon alone, all or none."""

from django.contrib import messages
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts.policy import policy
from branches.forms import whole_number
from recruitment import outlook, quotas, sides, steps
from recruitment.forms.batch import ALONE, BatchForm
from recruitment.forms.step import VOTES, courses_of, rule_of
from recruitment.models import Application
from recruitment.views.step import MEETINGS, held_in, tell

EDIT, APPROVE = "recruit.edit", "recruit.approve"


@require_http_methods(["GET", "HEAD", "POST"])
@policy(EDIT)
def batch(request):
    return _batch(request, EDIT)


@require_http_methods(["GET", "HEAD", "POST"])
@policy(APPROVE)
def batch_above(request):
    return _batch(request, APPROVE)


def _batch(request, verb):
    today = timezone.localdate()
    rows = Application.objects.visible_to(request.user, verb=verb).open().for_list()
    options = _options(outlook.roads(rows, request.user, today), verb, today)
    key, branch = request.GET.get("kind", ""), whole_number(request.GET.get("branch"))
    chosen = next((each for each in options if each["key"] == key and each["branch_pk"] == branch), None)
    if chosen is None:
        return render(request, "recruitment/batch_choose.html", {"options": options})
    held = held_in(request.user, chosen["roads"][0].application.branch)
    courses = _courses(request.user, chosen) if key == "prospect_training" else {}
    offers = {
        "user": request.user, "courses": courses_of(request.user, None),
        "meetings": [(str(row.pk), f"{row.held_on:%Y-%m-%d} {row.topic}") for row in held[:MEETINGS]],
        "groups": list(chosen["roads"][0].application.branch.groups.filter(ended_on=None).values_list("name", flat=True)),
    }  # fmt: skip
    found = [road for road in chosen["roads"] if key != "prospect_training" or road.application.member_id in courses]
    form = BatchForm(
        request.POST if request.method == "POST" else None, key=key, offers=offers, initial={"on": today},
        applications=[road.application for road in found],
        asks_why=any(each.due and each.due < today for road in found for each in road.following if each.step == key),
    )  # fmt: skip
    if request.method == "POST" and form.is_valid():
        on, data, entries = form.entries(held, courses)
        try:
            taken = steps.take_many(form.chosen, key, on, data, entries, by=request.user, today=today)
        except ValidationError as error:
            tell(form, error, NON_FIELD_ERRORS)
        else:
            messages.success(request, f"已登记 {len(taken)} 位同志的“{chosen['label']}”。")
            return redirect("recruitment:board")
    marks = {road.application.pk: road.mark(each) for road in found for each in road.following if each.step == key}
    context = {
        "form": form, "chosen": chosen, "is_vote": key in VOTES, "meetings": offers["meetings"],
        "lines": [line | {"mark": marks[line["application"].pk]} for line in form.lines],
        "warnings": _warnings(found, today) if key == "pre_review" else [],
        "shared": [
            {"field": field, "rule": rule_of(key, field.name), "secret": field.name == "words"} for field in form.shared
        ],
    }  # fmt: skip
    return render(request, "recruitment/batch.html", context)


def _options(roads, verb, today):
    """The steps that can be taken today, each with the persons; what a branch does is done branch by branch."""
    found = {}
    for road in roads:
        branch = road.application.branch
        for each in road.following:
            above = each.step in sides.ABOVE
            if (
                each.step in ALONE
                or each.earliest > today
                or each.is_barred(today)
                or above != (verb == APPROVE)
                or not road.may_take(each.step)
            ):
                continue
            place = (each.step, None if above else branch.pk)
            option = found.setdefault(place, {
                "key": each.step, "branch_pk": place[1], "branch": None if above else branch, "roads": [],
                "label": road.step(each.step).label, "number": road.step(each.step).number,
            })  # fmt: skip
            option["roads"].append(road)
    return sorted(found.values(), key=lambda option: (option["number"], option["branch_pk"] or 0))


def _warnings(roads, today):
    """What is to be said of used up places, once for each organisation above."""
    above = {road.application.branch.parent_id: road.application for road in roads}
    return list(dict.fromkeys(filter(None, (quotas.warning(each, today) for each in above.values()))))


def _courses(user, chosen):
    """person → the course for candidates that was completed, by all of them at once."""
    members = [road.application.member_id for road in chosen["roads"]]
    return {row.member_id: row for row in courses_of(user, None, among=members).order_by("pk")}
