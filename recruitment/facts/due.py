"""What of recruitment falls due, for reminders: sources and words, as reminders.facts says.

All open roads are judged in one pass, once a sweep. Titles say how many, never who, and nothing of a political review
but that an answer is late.
"""

from datetime import timedelta
from functools import partial

from django.db.models import Case, DateField, Exists, F, OuterRef, Value, When
from django.db.models.functions import Cast
from django.urls import reverse

from branches.models import Branch
from recruitment import legality
from recruitment.cases import calendar, cases
from recruitment.models import Application, DepartmentReply
from recruitment.road import probation_ends
from rulebook import book

AHEAD = timedelta(days=60)  # what is due later than that nobody is told of yet
DUE, LAST, RIPE = "due_on", "last_on", "ripe_on"  # which day of a step a rule goes by
TITLES = {
    "initial_talk": "派人同 1 名入党申请人谈话",
    "cultivate": "考察 1 名入党积极分子（每半年一次）",
    "branch_vote": "召开支部党员大会讨论 1 名发展对象入党",
    "committee_approval": "审批 1 名预备党员",
    "oath": "组织 1 名预备党员入党宣誓",
    "probation_review": "考察 1 名预备党员（每季度一次）",
    "transfer_apply": "1 名预备党员预备期满，由本人提出转正申请",
    "conversion_approval": "审批 1 名预备党员转正",
}
TOO_LATE = "1 名同志的入党决议已满六个月没有审批，须退回重新讨论"
REPLY = "有部门回复逾期（1 名发展对象）"


def _found(on):
    """application → (steps standing, {step: {DUE, LAST, RIPE: day}}) of all open roads at work that day."""
    rows = list(Application.objects.open().filter(branch__in=Branch.objects.at_work(on)).select_related("member"))
    is_working = calendar()
    return {pk: _judged(case, on, is_working) for pk, case in (cases(rows) if rows else {}).items()}


def _judged(case, on, is_working):
    acts = legality.standing(case)
    found = {
        each.step: {DUE: each.due, LAST: each.last, RIPE: each.earliest}
        for each in legality.following(case, on=on, is_working=is_working)
    }
    # The application for conversion is due when the probation is over, whether or not the reviews are on record.
    if "committee_approval" in acts and "branch_vote" in acts and "transfer_apply" not in acts:
        found["transfer_apply"] = {RIPE: probation_ends(acts["branch_vote"][-1].on, case.extended)}
    return acts, found


def _pass(on):
    return book.once(("recruitment.due", on), lambda: _found(on))


def _rows(days, of, on):
    """The rows of a source from application → day."""
    whens = [When(pk=pk, then=Value(day)) for pk, day in days.items()]
    day = Cast(Case(*whens, default=Value(on)), DateField())
    found = Application.objects.filter(pk__in=days) if days else Application.objects.none()
    return found.annotate(**{of: day}).annotate(day=F(of)).values_list("pk", "branch", "day", of)


def _led():
    """The open roads that are led below a 党委."""
    uppers = Branch.objects.filter(kind=Branch.Kind.COMMITTEE, closed_on=None)
    paths = tuple(uppers.values_list("path", flat=True))
    places = Application.objects.open().values_list("pk", "branch__path")
    return {pk for pk, path in places if path.startswith(paths)}


def _under(days, at):
    """Of those led below a 党委 (`committee`), or of those directly below 工委 (`top`)."""
    led = book.once("recruitment.led", _led)
    return {pk: day for pk, day in days.items() if (pk in led) == (at == "committee")}


def steps_due(on, *, of, steps, at=None):
    """Open roads on which one of `steps` is due, by the day named by `of`."""
    days = {}
    for pk, (_, found) in _pass(on).items():
        named = [found[step][of] for step in steps if step in found and found[step].get(of)]
        if named and min(named) <= on + AHEAD:
            days[pk] = min(named)
    return _rows(_under(days, at) if at and days else days, of, on)


def replies_overdue(on, *, of):
    """Open roads before the end of the political review of which a department asked has not answered in time."""
    since = {
        pk: acts["confirm_prospect"][0].on
        for pk, (acts, _) in _pass(on).items()
        if "confirm_prospect" in acts and "political_review" not in acts
    }
    again = DepartmentReply.objects.filter(
        application=OuterRef("application"), department=OuterRef("department"), asked_on__gt=OuterRef("asked_on")
    )
    late = DepartmentReply.objects.filter(~Exists(again), application__in=since, replied_on=None, due_on__lte=on)
    days = {}
    for pk, asked, due in late.order_by("due_on").values_list("application", "asked_on", "due_on"):
        if asked >= since[pk]:  # what was asked before the step was taken anew nobody answers any more
            days.setdefault(pk, due)
    return _rows(days, of, on)


def _words(steps, pks, on):
    """Key → (title, address of the road)."""
    return {pk: (_title(_pass(on).get(pk), steps, on), reverse("recruitment:detail", args=[pk])) for pk in pks}


def _title(found, steps, on):
    days = found[1] if found else {}
    step = next((step for step in steps if step in days), steps[0])
    last = days.get(step, {}).get(LAST)
    return TOO_LATE if last and last < on else TITLES[step]


talk_words = partial(_words, ("initial_talk",))
review_words = partial(_words, ("cultivate", "probation_review"))
vote_words = partial(_words, ("branch_vote",))
oath_words = partial(_words, ("oath",))
approval_words = partial(_words, ("committee_approval", "conversion_approval"))
conversion_words = partial(_words, ("transfer_apply",))


def reply_words(pks, on):
    return {pk: (REPLY, reverse("recruitment:detail", args=[pk])) for pk in pks}
