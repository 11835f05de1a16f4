"""What may be asked of a list of the API, and nothing else: named filters, the order, the page. Everything unknown is refused.

A column that is not offered answers exactly as a name that nobody knows, so that no address tells what a table holds.
"""

import re
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import models
from rest_framework.exceptions import ValidationError

LARGEST = 2**63 - 1  # the highest key that the database can hold
WHOLE = re.compile(r"(0|[1-9][0-9]{0,18})")
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
CODE = re.compile(r"[A-Za-z0-9_.-]{1,40}")
MOST = 200
USUAL = 50


@dataclass(frozen=True)
class Parameter:
    """One name that may stand in the address: where it leads in the query, what it may be, and how it is read."""

    lookup: str
    schema: dict
    words: str
    read: Any

    def documented(self, name):
        return {"name": name, "in": "query", "required": False, "description": self.words, "schema": self.schema}


def _whole(text):
    if not WHOLE.fullmatch(text) or int(text) > LARGEST:
        raise ValueError("应为不带符号的整数，如 12。")
    return int(text)


def _limit(text):
    found = _whole(text)
    if not 1 <= found <= MOST:
        raise ValueError(f"应为 1 至 {MOST} 的整数。")
    return found


def _day(text):
    if DAY.fullmatch(text):
        try:
            return date.fromisoformat(text)
        except ValueError:
            pass
    raise ValueError("应为有效日期，如 2026-11-25。")


def _truth(text):
    if text not in ("true", "false"):
        raise ValueError("应为 true 或 false。")
    return text == "true"


def _code(text):
    if not CODE.fullmatch(text):
        raise ValueError("应为字母、数字、点、横线组成的代码，不超过 40 个字。")
    return text


def _one_of(choices):
    def read(text):
        if text not in choices:
            raise ValueError(f"应为其中之一：{'、'.join(choices)}。")
        return text

    return read


KEY = {"type": "integer", "minimum": 0, "maximum": LARGEST}
PAGE = {
    "limit": Parameter(
        "", {"type": "integer", "minimum": 1, "maximum": MOST, "default": USUAL}, "一页几条，最多 200", _limit
    ),
    "after": Parameter("", KEY, "从哪个编号之后取起：填上一页最后一条的 id", _whole),
    "ordering": Parameter(
        "", {"type": "string", "enum": ["id", "-id"], "default": "id"}, "次序：id 从小到大，-id 从大到小",
        _one_of(["id", "-id"]),
    ),
}  # fmt: skip


def of_year(words):
    """A year that is no column."""
    return Parameter("", {"type": "integer", "minimum": 2018, "maximum": 2100}, words, _year)


def _year(text):
    found = _whole(text)
    if not 2018 <= found <= 2100:
        raise ValueError("应为年份，如 2026。")
    return found


def of_column(model, name):
    """The parameters by which one column of a table may be asked for: name → Parameter."""
    field = model
    for step in name.split("__"):
        field = (field._meta if isinstance(field, type) else field.related_model._meta).get_field(step)
    words, public = str(field.verbose_name), name.split("__")[-1]
    if field.is_relation:
        return {public: Parameter(f"{name}_id" if "__" not in name else name, KEY, f"{words}（编号）", _whole)}
    if field.choices:
        choices = [str(value) for value, _ in field.flatchoices]
        numeric = isinstance(field, models.IntegerField)
        schema = (
            {"type": "string", "enum": choices} if not numeric else {"type": "integer", "enum": list(map(int, choices))}
        )
        return {public: Parameter(name, schema, words, _one_of(choices))}
    if isinstance(field, models.BooleanField):
        return {public: Parameter(name, {"type": "boolean"}, words, _truth)}
    if isinstance(field, models.DateField):
        day = {"type": "string", "format": "date"}
        return {
            f"{public}_from": Parameter(f"{name}__gte", day, f"{words}不早于", _day),
            f"{public}_until": Parameter(f"{name}__lte", day, f"{words}不晚于", _day),
        }
    if isinstance(field, models.IntegerField):
        return {public: Parameter(name, KEY, words, _whole)}
    return {public: Parameter(name, {"type": "string", "pattern": f"^{CODE.pattern}$"}, words, _code)}


def read(request, offered):
    """The parameters of a request as values; a list of all faults at once, each beside its name."""
    found, faults = {}, {}
    for name, texts in request.GET.lists():
        if name not in offered:
            faults[name[:40]] = ["没有这个参数。能用哪些，见数据接口。"]
        elif len(texts) > 1:
            faults[name] = ["同一个参数只能写一次。"]
        else:
            try:
                found[name] = offered[name].read(texts[0])
            except ValueError as reason:
                faults[name] = [str(reason)]
    if faults:
        raise ValidationError(faults)
    return found
