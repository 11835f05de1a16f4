import json

from django.utils import timezone
from rest_framework import serializers

from assessment.models import Forecast, ResultUse, Round, Scheme, Seal, SealedScore, SecretaryReview
from assessment.uses import ways_for
from branches.endpoint import Endpoint

GROUP = "考核"


class Schemes(Endpoint):
    verb, group, model = "scheme.see", GROUP, Scheme
    fields = ("id", "year", "kind", "title", "state", "number", "published_at", "closed_at")
    filters = ("year", "kind", "state")


class Rounds(Endpoint):
    verb, group, model = "score.see", GROUP, Round
    fields = (
        "id", "year", "state", "scheme", "committee_scheme", "opened_on", "self_check_until", "judging_until",
        "published_on", "objections_until", "meeting_on", "final_at",
    )  # fmt: skip
    filters = ("year", "state")


class Forecasts(Endpoint):
    verb, group, model = "score.see", GROUP, Forecast
    fields = ("id", "year", "kind", "branch", "month", "on", "total", "still", "lost", "judged", "computed_at")
    filters = ("year", "kind", "branch", "month")
    about = "预估得分每月一条，不含名次和拟定等次。"


class SealedText:
    """What stands in the sealed text of a result; numbers as the text has them."""

    def get_total(self, row) -> str | None:
        return json.loads(row.result)["total"]

    def get_grade(self, row) -> str:
        return json.loads(row.result)["grade"] or ""


class Results(Endpoint):
    verb, group, model, label = "score.see", GROUP, SealedScore, "审定结果"
    fields = ("id", "year", "kind", "branch", "total", "grade", "digest")
    worked_out = SealedText
    reads = ("result", "seal")
    filters = ("branch", "seal__kind", "seal__round__year")
    joined = ("seal__round",)
    beside = {
        "year": serializers.IntegerField(source="seal.round.year", read_only=True, label="年度"),
        "kind": serializers.ChoiceField(source="seal.kind", choices=Scheme.Kind.choices, read_only=True, label="对象"),
        "total": serializers.SerializerMethodField(label="总分"),
        "grade": serializers.SerializerMethodField(label="审定等次"),
    }
    about = "只含工委会议审定并封存的年度；digest 可与封存的摘要核对。"

    def narrowed(self, seen):
        return seen.filter(seal__stage=Seal.Stage.FINAL)


class ResultUses(Endpoint):
    verb, group, model = "use.see", GROUP, ResultUse
    fields = ("id", "year", "branch", "use", "grade", "organ", "number", "on")
    filters = ("year", "branch", "on")

    def narrowed(self, seen):
        """A kind of use may ask for a verb of its own, as on the pages."""
        shown = [way.key for way in ways_for(self.request.user, timezone.localdate())]
        return seen.filter(use__in=shown, withdrawn_at=None)


class SecretaryReviews(Endpoint):
    verb, group, model = "secretary_review.see", GROUP, SecretaryReview
    fields = ("id", "campaign", "branch", "state", "due_on", "held_on")
    filters = ("campaign", "branch", "state")
    about = "不含述职人、测评票数和等次。"
