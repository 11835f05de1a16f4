from branches.endpoint import Endpoint
from duties.models import Duty, Fulfilment

GROUP = "应办事项"


class Duties(Endpoint):
    verb, group, model = "duty.see", GROUP, Duty
    fields = (
        "id", "branch", "rule", "year", "period", "opens_on", "target_on", "due_on", "ends_on", "locks_on",
        "is_provisional", "notice", "met_on",
    )  # fmt: skip
    filters = ("branch", "rule", "year", "period", "due_on")
    about = "met_on 为办结日期，未办结时为空；rule 的名称见“现行规则”。"


class Fulfilments(Endpoint):
    verb, group, model = "duty.see", GROUP, Fulfilment
    fields = ("id", "duty", "label", "object_id", "on")
    filters = ("duty", "duty__branch", "duty__year", "duty__rule", "on")
    about = "label 和 object_id 指出是哪条记录办结的。"
