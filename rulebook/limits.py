"""What a county may decide otherwise of a local rule, and within which bounds: `limits/limits.yaml`."""

import re
from datetime import date
from functools import cache
from itertools import pairwise
from pathlib import Path
from string import Formatter
from typing import Any, NamedTuple

import yaml

FILE = Path(__file__).parent / "limits" / "limits.yaml"
FIELDS = {"label", "from", "to", "unit", "choices", "as", "rising", "falling", "empty", "most"}
ORDERS = ("_rising", "_falling")
SHAPES = {
    "month_day": (r"(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])", "请写成“月-日”，各两位，如 09-30。"),
    "clock": (r"([01]\d|2[0-3]):[0-5]\d", "请写成“时:分”，各两位，如 07:30。"),
    "share": (r"[1-9]/(?:[2-9]|10)", "请写成几分之几，如 1/3。"),
}
MOST = 300  # signs of a text


class BadLimit(ValueError):
    """A row of the file that cannot be used; the message names it."""


class Part(NamedTuple):
    """One part of a rule's value that may be decided: the way to it, what stands there, its bounds."""

    path: tuple
    value: Any
    limit: dict


@cache
def limits():
    """key (or its first word and `.*`, or `*`) → path → bounds."""
    found = yaml.safe_load(FILE.read_text("utf-8"))
    for key, rows in found.items():
        for path, limit in rows.items():
            if path not in ORDERS and (set(limit) - FIELDS or not limit.get("label")):
                raise BadLimit(f"{FILE.name} {key} {path}：缺少 label，或者有不认识的字段")
            if limit and path not in ORDERS and limit.get("as", "share") not in SHAPES:
                raise BadLimit(f"{FILE.name} {key} {path}：不认识的 as")
    return found


def _rows(key):
    """The tables in which the bounds of a key stand, the nearest first."""
    known = limits()
    return [known[name] for name in (key, f"{key.partition('.')[0]}.*", "*") if name in known]


def parts(key, value):
    """The parts of a rule's value that may be decided, in the value's order; none when the rule is not for deciding."""
    rows = _rows(key)
    return list(_walk(value, (), rows if len(rows) > 1 else []))


def _walk(value, path, rows):
    name = ".".join("#" if isinstance(step, int) else step for step in path)
    limit = next((row[name] for row in rows if name in row), None)
    if limit is not None:
        yield Part(path, value, limit)
    elif isinstance(value, dict):
        for step, each in value.items():
            yield from _walk(each, (*path, step), rows)
    elif isinstance(value, list):
        for step, each in enumerate(value):
            yield from _walk(each, (*path, step), rows)


def problems(key, value, usual):
    """(path, words) of everything in `value` that no decision on `key` may say; `usual`: the file's value, whose shape holds."""
    found = list(_shape(value, usual, (), {part.path: part.limit for part in parts(key, usual)}))
    return found or list(_order(key, value))


def _shape(value, usual, path, known):
    """Part by part: what may be decided lies within its bounds, the rest is as the file says."""
    if path in known:
        if words := refusal(value, usual, known[path]):
            yield path, words
    elif isinstance(usual, dict) and isinstance(value, dict) and set(usual) == set(value):
        for step in usual:
            yield from _shape(value[step], usual[step], (*path, step), known)
    elif isinstance(usual, list) and isinstance(value, list) and len(usual) == len(value):
        for step, each in enumerate(usual):
            yield from _shape(value[step], each, (*path, step), known)
    elif value != usual:
        yield path, "这一处由系统固定，不能改。"


def refusal(value, usual, limit):
    """Why a value cannot stand in a part, in words; "" when it can."""
    if choices := limit.get("choices"):
        chosen = value if isinstance(usual, list) else [value]
        if not isinstance(chosen, list) or set(chosen) - set(choices) or len(set(chosen)) != len(chosen):
            return "请从列出的里面选。"
        return "" if chosen or limit.get("empty") else "请至少选一项。"
    if isinstance(usual, list):
        if not isinstance(value, list) or not (value or limit.get("empty")):
            return "请至少填一项。"
        if "as" in limit and len(value) != len(usual):
            return f"请填 {len(usual)} 项。"
        return next((words for each in value if (words := _plain(each, usual[0], limit))), "") or _sorted(value, limit)
    return _plain(value, usual, limit)


def _sorted(value, limit):
    if limit.get("rising") and any(one >= two for one, two in pairwise(value)):
        return "请从小到大排列，不要重复。"
    if limit.get("falling") and any(one <= two for one, two in pairwise(value)):
        return "请从大到小排列，不要重复。"
    return ""


def _plain(value, usual, limit):
    if isinstance(usual, bool) or isinstance(value, bool):
        return "" if isinstance(usual, bool) and isinstance(value, bool) else "请填是或者否。"
    if isinstance(usual, int | float):
        return _number(value, limit)
    return _text(value, usual, limit)


def _number(value, limit):
    if not isinstance(value, int | float):
        return "请填数字。"
    if not limit["from"] <= value <= limit["to"]:
        return f"应在 {limit['from']} 至 {limit['to']} 之间。"
    return "" if takes_fractions(limit) or float(value).is_integer() else "请填整数。"


def takes_fractions(limit):
    """Whether a number need not be whole: of what lies between 0 and 1, or begins at a fraction."""
    return limit["to"] <= 1 or not float(limit["from"]).is_integer()


def _text(value, usual, limit):
    if not isinstance(value, str) or not value.strip():
        return "不能空着。"
    if shape := SHAPES.get(limit.get("as")):
        pattern, words = shape
        if not re.fullmatch(pattern, value):
            return words
        return "" if limit["as"] != "month_day" or _is_of_every_year(value) else "不是每年都有这一天，请换一天。"
    if len(value) > limit.get("most", MOST):
        return f"不要超过 {limit.get('most', MOST)} 个字。"
    try:
        names, known = (
            {(name, *how) for _, name, *how in Formatter().parse(text) if name is not None} for text in (value, usual)
        )
    except ValueError:
        return "花括号要成对，里面的名称不要改。"
    if names - known - ({("year", "", None)} if "year" in limit["label"] else set()):
        return "花括号里的内容不要改，也不要增加。"
    return ""


def _is_of_every_year(month_day):
    """Whether a day comes in a year without a 29 February too: else some year could not be reckoned at all."""
    try:
        date.fromisoformat(f"2027-{month_day}")
    except ValueError:
        return False
    return True


def _order(key, value):
    for row in _rows(key)[:2]:
        for name in ORDERS:
            pairs = [(path, each) for path in row.get(name, ()) for path, each in _reached(value, path.split("."), ())]
            for (_, one), (path, two) in pairwise(pairs):
                if (one > two) if name == "_rising" else (one < two):
                    yield path, f"不能比前面一项（{one}）{'小' if name == '_rising' else '大'}。"


def _reached(value, steps, path):
    """(path, value) at the end of a way; nothing where the way is not there."""
    if not steps:
        yield path, value
    elif steps[0] == "#":
        for step, each in enumerate(value):
            yield from _reached(each, steps[1:], (*path, step))
    elif steps[0] in value:
        yield from _reached(value[steps[0]], steps[1:], (*path, steps[0]))


def put(value, path, new):
    """The value with `new` at the end of a way: a new object, the old one stays."""
    if not path:
        return new
    step, rest = path[0], path[1:]
    if isinstance(value, dict):
        return {**value, step: put(value[step], rest, new)}
    return [put(each, rest, new) if place == step else each for place, each in enumerate(value)]
