from django.utils import timezone
from rest_framework import serializers

from branches import query
from branches.endpoint import Endpoint
from members.models import Member
from training import ledger
from training.models import ClassSession, Enrolment, OtherHours, TrainingClass

GROUP = "教育培训"


COLUMNS = ("need", "total", "classes", "meetings", "other", "missing", "concentrated", "is_post")


def _told(year, found):
    """The hours of one person in a year, as `ledger.Hours` has them or without."""
    sums = {name: getattr(found, name, None) for name in COLUMNS}
    return sums | {"year": year, "excuse": found.why_none if found else ""}


class TrainingClasses(Endpoint):
    verb, group, model = "training.see", GROUP, TrainingClass
    fields = (
        "id", "branch", "kind", "title", "number", "organiser", "place", "starts_on", "ends_on", "enrols_until",
        "is_party_school", "topic", "state",
    )  # fmt: skip
    filters = ("branch", "kind", "state", "starts_on")


class ClassSessions(Endpoint):
    verb, group, model = "training.see", GROUP, ClassSession
    fields = ("id", "training_class", "held_on", "begins", "ends", "topic", "form", "place", "hours", "is_signed")
    filters = ("training_class", "held_on", "form")


class Enrolments(Endpoint):
    verb, group, model = "training.see", GROUP, Enrolment
    fields = ("id", "training_class", "branch", "member", "source", "outcome", "withdrawn_on")
    filters = ("training_class", "branch", "member", "outcome")


class OtherHoursList(Endpoint):
    verb, group, model = "training.see", GROUP, OtherHours
    fields = (
        "id", "member", "branch", "year", "kind", "title", "organiser", "started_on", "ended_on", "hours",
        "is_concentrated", "state",
    )  # fmt: skip
    filters = ("member", "branch", "year", "kind", "state")


def hours_of(words, name, **told):
    """A column of hours; empty where the year asks nothing of the person."""
    return serializers.DecimalField(
        max_digits=7, decimal_places=1, allow_null=True, read_only=True, label=words, source=f"sums.{name}", **told
    )


class Hours(Endpoint):
    verb, group, model, label, row = "training.see", GROUP, Member, "学时合计", "Hours"
    fields = (
        "id",
        "year",
        "need",
        "total",
        "classes",
        "meetings",
        "other",
        "missing",
        "concentrated",
        "is_post",
        "excuse",
    )
    asks = {"year": query.of_year("哪一年的学时；不写则是今年")}
    beside = {
        "year": serializers.IntegerField(source="sums.year", read_only=True, label="年度"),
        "need": hours_of("应达学时", "need"),
        "total": hours_of("已有学时", "total"),
        "classes": hours_of("其中班次", "classes"),
        "meetings": hours_of("其中组织生活", "meetings"),
        "other": hours_of("其中其他", "other"),
        "missing": hours_of("还差学时", "missing"),
        "concentrated": serializers.IntegerField(
            source="sums.concentrated", allow_null=True, read_only=True, label="集中培训次数"
        ),
        "is_post": serializers.BooleanField(
            source="sums.is_post", allow_null=True, read_only=True, label="按书记、班子成员要求"
        ),
        "excuse": serializers.CharField(source="sums.excuse", read_only=True, label="不作要求的原因"),
    }
    about = "id 是党员编号；和“学时”页同样计算，今年的算到今天。还没有规定的年度各栏为空。"

    def seen(self, user):
        return Member.objects.visible_to(user, verb=self.verb)

    def told(self, rows):
        today = timezone.localdate()
        year = self.asked.get("year", today.year)
        found = ledger.hours(rows, year, on=today)
        for row in rows:
            row.sums = _told(year, found.get(row.pk))
        return rows
