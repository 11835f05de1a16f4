from branches.endpoint import Endpoint
from recruitment.models import Application, Publicity, RecruitmentQuota, RoadStep

GROUP = "发展党员"


class Applications(Endpoint):
    verb, group, model = "recruit.see", GROUP, Application
    fields = (
        "id", "member", "branch", "applied_on", "stage", "step", "stage_since_on", "extended_months", "is_imported",
        "outcome", "ended_on",
    )  # fmt: skip
    filters = ("member", "branch", "stage", "step", "outcome", "applied_on")
    about = "不含政治审查结论和终止原因。"


class RoadSteps(Endpoint):
    verb, group, model = "recruit.see", GROUP, RoadStep
    fields = ("id", "application", "branch", "step", "on", "is_undone", "is_imported")
    filters = ("application", "branch", "step", "on")
    about = "is_undone 的一行把这一步退回；不含结论、票数和情况说明。"


class Publicities(Endpoint):
    verb, group, model = "recruit.see", GROUP, Publicity
    fields = ("id", "application", "matter", "started_on", "ended_on")
    filters = ("application", "matter", "started_on")
    about = "不含反映的问题。"


class RecruitmentQuotas(Endpoint):
    verb, group, model = "recruit.see", GROUP, RecruitmentQuota
    fields = ("id", "branch", "year", "places", "number", "issued_on")
    filters = ("branch", "year")
    about = "名额是上限，不是任务。"
