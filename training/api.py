from branches.endpoint import Endpoint
from training.models import ClassSession, Enrolment, OtherHours, TrainingClass

GROUP = "教育培训"


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
