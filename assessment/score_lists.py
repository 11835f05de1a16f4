"""The list of a year's scores: of the last pass while the year runs, of the seal from publication on. Both answer the same."""

from decimal import Decimal
from functools import cached_property

from django.core.paginator import Paginator
from django.db.models import Count, F, Q
from django.urls import reverse

from assessment import forecast_sheet as sheets
from assessment.models import Forecast
from assessment.sheet import plain

PAGE = 30


class Running:
    """Rows of the last pass, as the database filters and counts them."""

    def __init__(self, user, year, kind, at, *, verb, goal):
        self.year, self.kind, self.goal = year, kind, goal
        self.scope = Forecast.objects.visible_to(user, verb=verb)
        self.rows = sheets.of_pass(self.scope, year, kind, at)

    @cached_property
    def _counted(self):
        beyond = sheets.out_of_reach(self.goal) if self.goal else Q(pk=None)
        rows = self.rows.order_by().values_list("group", "grade")
        return list(rows.annotate(count=Count("pk"), beyond=Count("pk", filter=beyond)))

    def tallies(self):
        """Triples (group, grade, how many)."""
        return [row[:3] for row in self._counted]

    def out_of_reach(self):
        return sum(beyond for *_, beyond in self._counted)

    def course(self):
        return sheets.course(self.scope, self.year, self.kind, self.goal)

    def page(self, asked, number):
        rows = self.rows
        if asked["q"]:
            rows = rows.filter(branch__name__contains=asked["q"])
        for name in ("group", "grade"):
            if asked[name]:
                rows = rows.filter(**{name: asked[name]})
        if asked["target"] and self.goal:
            rows = rows.filter(
                sheets.below(self.goal) if asked["target"] == "below" else sheets.out_of_reach(self.goal)
            )
        if asked["order"] == "rank":
            rows = rows.order_by(F("rank").asc(nulls_last=True), "branch__order", "branch__pk")
        pages = Paginator(rows, PAGE)
        if not any(asked[name] for name in ("q", "group", "grade", "target")):
            pages.count = sum(count for _, _, count in self.tallies())
        page = pages.get_page(number)
        return page, [self._line(row) for row in page]

    def _line(self, row):
        points = [None if each["points"] is None else Decimal(each["points"]) for each in row.dimensions]
        return {
            "name": row.branch.name, "url": reverse("assessment:sheet", args=[self.year, row.branch_id]), "points": points,
            "total": row.total, "could": row.could, "judged": plain(row.judged), "rank": row.rank, "group": row.group,
            "grade": row.grade, "why": row.why,
        }  # fmt: skip


class Sealed:
    """Scores of a seal, already rebuilt from its text."""

    def __init__(self, scores, year, *, goal):
        self.scores, self.year, self.goal = scores, year, goal

    def tallies(self):
        found = {}
        for score in self.scores:
            key = score.group, score.grade
            found[key] = found.get(key, 0) + 1
        return [(*key, count) for key, count in found.items()]

    def out_of_reach(self):
        return 0

    def course(self):
        return []

    def page(self, asked, number):
        rows = [
            score
            for score in self.scores
            if asked["q"] in score.branch.name
            and asked["group"] in ("", score.group)
            and asked["grade"] in ("", score.grade)
            and (not asked["target"] or not self.goal or score.grade in self.goal["grades"])
        ]
        if asked["order"] == "rank":
            rows.sort(key=lambda score: (score.rank is None, score.rank or 0))
        page = Paginator(rows, PAGE).get_page(number)
        return page, [self._line(score) for score in page]

    def _line(self, score):
        return {
            "name": score.branch.name, "url": reverse("assessment:sheet", args=[self.year, score.branch.pk]),
            "points": [each.points for each in score.dimensions], "total": score.total, "could": score.total,
            "judged": plain(score.judged), "rank": score.rank, "group": score.group, "grade": score.grade, "why": score.why,
        }  # fmt: skip
