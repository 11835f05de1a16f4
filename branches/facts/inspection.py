"""How often an organisation was inspected, commended, criticised and talked with; what of it reminders are about."""

from collections import defaultdict
from datetime import timedelta
from decimal import Decimal

from django.db.models import Case, DateField, F, Func, Value, When
from django.db.models.functions import Cast
from django.urls import reverse

from branches.models import AdmonitionTalk, Branch, Inspection, InspectionLine, InspectionPlan, IntegrityRisk, Receipt
from rulebook.facts import Fact

KEPT = 60  # days after its months during which a line of a plan is still urged


def inspections(branches, period):
    """branch id → Fact: visits paid to it in the year. None while nobody in the county was visited."""
    visits = Inspection.objects.filter(visited_on__range=(period.start, min(period.on, period.end)))
    return _counted(branches, visits.values_list("branch", "pk"), Inspection)


def notified(branches, period, *, kind):
    """branch id → Fact: notices of that kind (commendation, criticism) issued to it in the year and not withdrawn.

    None while the county has issued none.
    """
    days = (period.start, min(period.on, period.end))
    receipts = Receipt.objects.filter(notice__kind=kind, notice__state="issued", notice__issued_at__date__range=days)
    return _counted(branches, receipts.values_list("branch", "notice"), Receipt._meta.get_field("notice").related_model)


def talks(branches, period):
    """branch id → Fact: 约谈 with those who answer for it in the year. None while the county has recorded none."""
    found = AdmonitionTalk.objects.filter(talked_on__range=(period.start, min(period.on, period.end)))
    return _counted(branches, found.values_list("branch", "pk"), AdmonitionTalk)


def _counted(branches, rows, model):
    keys = defaultdict(list)
    for branch, pk in rows.order_by("pk"):
        keys[branch].append(pk)
    if not keys:
        return None
    pks = branches.values_list("pk", flat=True) if hasattr(branches, "values_list") else branches
    return {pk: Fact(Decimal(len(keys[pk])), None, model._meta.label, tuple(keys[pk])) for pk in pks}


# --- for reminders


def reviews_due(on, *, of):
    """廉政风险点 that are still guarded, by the day of their next review; looked at again or gone, it is over."""
    found = IntegrityRisk.objects.filter(closed_on=None, branch__in=Branch.objects.at_work(on))
    return found.annotate(day=F(of)).values_list("pk", "branch", "day", "review_on")


def review_words(pks, on):
    """A matter of the organisation; what the risk is stays on its own page."""
    return {pk: ("廉政风险点到期复查", reverse("branches:risk", args=[pk])) for pk in pks}


def lines_unvisited(on, *, of):
    """Lines of issued plans without a visit, by the last day of their months, for so many days after it."""
    year, month = F("plan__year"), F("until_month")
    after = Case(
        When(until_month=12, then=Func(year + 1, Value(1), Value(1), function="make_date", output_field=DateField())),
        default=Func(year, month + 1, Value(1), function="make_date", output_field=DateField()),
    )
    found = InspectionLine.objects.filter(plan__state=InspectionPlan.State.ISSUED, visits=None)
    found = found.annotate(ends_on=Cast(after - timedelta(days=1), DateField()))
    found = found.filter(ends_on__gte=on - timedelta(days=KEPT))
    return found.annotate(day=F(of)).values_list("pk", "plan__branch", "day", "ends_on")


def line_words(pks, on):
    lines = InspectionLine.objects.filter(pk__in=pks).values_list("pk", "label", "plan")
    return {
        pk: (f"检查事项“{label}”还没有开展", reverse("branches:inspection_plan", args=[plan]))
        for pk, label, plan in lines
    }
