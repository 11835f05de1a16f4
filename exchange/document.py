"""The description of the API: made once from the endpoints themselves, for programs as OpenAPI and for people as a page."""

from functools import cache

from django.conf import settings
from django.urls import get_resolver
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.generators import SchemaGenerator

from branches.refusals import PROBLEM
from branches.rights import VERBS

NAMESPACE = "api"


class Token(OpenApiAuthenticationExtension):
    target_class = "exchange.bearer.Bearer"
    name = "token"

    def get_security_definition(self, auto_schema):
        return {"type": "http", "scheme": "bearer", "description": "在“接口令牌”页生成，只显示一次"}


@cache
def schema():
    """The OpenAPI document; the same for everybody, since it holds no data."""
    found = SchemaGenerator().get_schema(request=None, public=True)
    found["components"]["schemas"]["Problem"] = PROBLEM
    found["info"]["title"] = f"{settings.PORTAL_NAME}接口"
    return found


@cache
def verbs():
    """The rights that endpoints ask for, in the order of the table of rights: what a token may be narrowed to."""
    routes = next(each for each in get_resolver().url_patterns if getattr(each, "namespace", "") == NAMESPACE)
    asked = {route.callback.policy for route in routes.url_patterns}
    return [verb for verb in VERBS if verb in asked]


@cache
def chapters():
    """The lists by group, as the page shows them: [(group, [operation])]."""
    found = {}
    for address, methods in schema()["paths"].items():
        operation = methods["get"]
        if not operation["operationId"].endswith("_list"):
            continue
        answer = operation["responses"]["200"]["content"]["application/json"]["schema"]
        found.setdefault(operation["tags"][0], []).append({
            "address": address, "label": operation["summary"], "about": operation["description"],
            "key": operation["operationId"].removesuffix("_list").replace("_", "-"),
            "has_rows": f"{address}{{id}}/" in schema()["paths"],
            "parameters": [_parameter(each) for each in operation.get("parameters", ())],
            "columns": _columns(_followed(answer)),
        })  # fmt: skip
    return list(found.items())


def _followed(part):
    while "$ref" in part:
        part = schema()["components"]["schemas"][part["$ref"].rpartition("/")[2]]
    return part


def _columns(answer):
    row = _followed(answer["properties"]["results"]["items"])
    return [
        {"name": name, "label": column.get("title") or "编号", "kind": _kind(column)}
        for name, column in ((name, _followed(column)) for name, column in row["properties"].items())
    ]


def _parameter(each):
    return {"name": each["name"], "label": each["description"], "kind": _kind(each["schema"])}


KINDS = {
    "integer": "整数",
    "boolean": "true / false",
    "number": "数",
    "array": "数组",
    "object": "对象",
    "string": "文字",
}
FORMATS = {"date": "日期", "date-time": "时间", "time": "时刻", "decimal": "数（文字形式）"}


def _kind(column):
    choices = [str(value) for value in column.get("enum", ()) if value not in (None, "")]
    if choices:
        return " / ".join(choices)
    return FORMATS.get(column.get("format")) or KINDS.get(column.get("type"), "任意")
