from branches.endpoint import Endpoint
from datacalls.models import DataCall, DataCallAnswer

GROUP = "临时收表"


class DataCalls(Endpoint):
    verb, group, model = "call.see", GROUP, DataCall
    fields = ("id", "branch", "title", "number", "deadline_on", "per", "state", "opened_at", "closed_at")
    filters = ("branch", "state", "deadline_on")


class DataCallAnswers(Endpoint):
    verb, group, model = "call.see", GROUP, DataCallAnswer
    fields = ("id", "call", "branch", "state", "as_of_on", "submitted_at", "returned_at")
    filters = ("call", "branch", "state")
    about = "只有报送进度；填的内容在网页上汇总导出。"
