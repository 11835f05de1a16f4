"""Beside the roads: what departments answered or still owe, and the plans of two years."""

from datetime import date, timedelta

from django.db.models import DateTimeField, F
from django.db.models.functions import Cast

from branches.models import Branch
from recruitment import legality
from recruitment.demo.roads import DAY, workday
from recruitment.models import DepartmentReply, Guide, Publicity, RecruitmentQuota
from rulebook.book import value

LATELY = 300  # days: of reviews before that only the step is kept here
Clear = DepartmentReply.Conclusion.CLEAR


def build(county, drawn):
    replies = [row for road in drawn.roads for row in _replies(drawn, road)]
    DepartmentReply.objects.bulk_create(replies)
    RecruitmentQuota.objects.bulk_create(_quotas(county))
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


def _quotas(county):
    """A limit for each 党委, last year's and this year's."""
    clerk = county.users["gongwei"]
    organs = [sketch.branch for sketch in county.sketches if sketch.branch.kind == Branch.Kind.COMMITTEE]
    for year in county.years:
        issued = date(year, 1, 15)
        if issued > county.today:
            continue
        for number, branch in enumerate(sorted(organs, key=lambda branch: branch.name), 1):
            planned = 2 + number % 4
            yield RecruitmentQuota(
                branch=branch, year=year, planned=planned, places=planned - (number % 3 == 0), backbone_share=60,
                number=f"云岭教体工委〔{year}〕{3 + number}号", issued_on=issued, created_by=clerk,
            )  # fmt: skip
