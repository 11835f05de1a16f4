"""Beside the roads: what departments answered or still owe, and the plans of two years."""

from collections import Counter
from datetime import date, timedelta

from django.db.models import DateTimeField, F
from django.db.models.functions import Cast

from branches.models import Branch
from jobs.copying import insert
from recruitment import legality
from recruitment.demo.roads import DAY, workday
from recruitment.models import DepartmentReply, Guide, Publicity, RecruitmentQuota
from rulebook.book import value

LATELY = 300  # days: of reviews before that only the step is kept here
Clear = DepartmentReply.Conclusion.CLEAR


def build(drawn):
    replies = [row for road in drawn.roads for row in _replies(drawn, road)]
    insert(replies)
    RecruitmentQuota.objects.bulk_create(_quotas(drawn))
    for model, day in ((DepartmentReply, "asked_on"), (Guide, "started_on"), (Publicity, "started_on")):
        model.objects.update(created_at=Cast(F(day), DateTimeField()))
    RecruitmentQuota.objects.update(created_at=Cast(F("issued_on"), DateTimeField()))


def _replies(drawn, road):
    """Asked after the sponsors were named; who is not through with it lacks an answer or two."""
    today, asked = drawn.county.today, road.on("assign_sponsors")
    if asked is None or road.fields["is_imported"] or asked < today - timedelta(days=LATELY):
        return
    asked, reviewed = min(today, workday(asked + DAY * 5)), road.on("political_review")
    asked = max(asked, road.on("assign_sponsors"))
    days = value("recruit.reply_days", on=asked)
    due = legality.last_workday(asked + DAY, days, drawn.is_working)
    for place, department in enumerate(value("recruit.departments", on=asked)):
        replied = asked + DAY * (4 + place)
        if reviewed is None and (replied > today or place in (1, 4)):
            replied = None
        elif reviewed:
            replied = min(replied, reviewed)
        yield DepartmentReply(
            application=road.application, department=department, asked_on=asked, due_on=due, replied_on=replied,
            conclusion=Clear if replied else "", created_by=road.sketch.author,
        )  # fmt: skip


def _quotas(drawn):
    """A limit for each 党委, last year's and this year's; each year one of them, and never the same, went beyond it."""
    county, found = drawn.county, Counter()
    for road in drawn.roads:
        day, organ = road.on("committee_approval"), drawn.organ(road.sketch)
        if day is not None:
            found[organ.pk, day.year] += 1
    organs = [sketch.branch for sketch in county.sketches if sketch.branch.kind == Branch.Kind.COMMITTEE]
    organs.sort(key=lambda branch: branch.name)
    over = None
    for year in county.years:
        issued = date(year, 1, 15)
        if issued > county.today:
            continue
        over = max((each for each in organs if each is not over), key=lambda each: found[each.pk, year], default=None)
        for number, branch in enumerate(organs, 1):
            taken = found[branch.pk, year]
            places = taken - 1 if branch is over and taken > 1 else max(2, taken + number % 3)
            yield RecruitmentQuota(
                branch=branch, year=year, planned=places + (number % 2), places=places, backbone_share=60,
                number=f"云岭教体工委〔{year}〕{3 + number}号", issued_on=issued, created_by=county.users["gongwei"],
            )  # fmt: skip
