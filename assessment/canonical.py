"""Inputs and results as canonical text: one text for one value, to the byte, and back again.

Keys are sorted, decimals stand exactly as they are and never pass through binary floating point, dates are ISO. What holds
for the county stands apart from what belongs to one organisation, so that each organisation is a text of its own.
"""

import json
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal

from assessment.result import Dimension, Item, Part, Score
from assessment.scoring import Inputs, Judged
from branches.models import Branch
from rulebook.facts import Fact

FORM = 1  # of the texts; a later form must go on reading this one
MARK = "工委会议审定："


class Unreadable(ValueError):
    """A text that is none of ours any more."""


@dataclass(frozen=True)
class Decided:
    """The grade that the 工委会议 set otherwise than proposed."""

    grade: str
    reason: str


def text(value):
    """The canonical text of plain data; `ValueError` for a number that is none, `TypeError` for anything that is not plain."""
    if isinstance(value, dict):
        return "{" + ",".join(f"{_quoted(key)}:{text(value[key])}" for key in sorted(value)) + "}"
    if isinstance(value, list | tuple):
        return "[" + ",".join(map(text, value)) + "]"
    if isinstance(value, str):
        return _quoted(value)
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, datetime):
        return _quoted(value.astimezone(UTC).isoformat(timespec="microseconds"))
    if isinstance(value, date):
        return _quoted(value.isoformat())
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        value = Decimal(repr(value))
    if not isinstance(value, Decimal):
        raise TypeError(f"{type(value).__name__} has no canonical text")
    if not value.is_finite():
        raise ValueError(f"{value} is no number of a scheme")
    return str(value)


_quoted = json.JSONEncoder(ensure_ascii=False).encode


def _day(value):
    if type(value) is not date:
        raise TypeError(f"{type(value).__name__} has no canonical text")
    return value.isoformat()


# The same text, of what holds no number but whole ones, in a tenth of the time: a county has a million values.
_plain = json.JSONEncoder(
    ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":"), default=_day
).encode


def data(words):
    """The plain data of a text; raises `Unreadable`."""
    try:
        return json.loads(words, parse_float=Decimal)
    except ValueError as error:
        raise Unreadable("不是封存时的文本") from error


# --- inputs


def texts(inputs, *, decided=None, about=None):
    """(scheme, county, {branch id: inputs}) as texts. `decided`: branch id → Decided; `about`: what else the county's text
    tells."""
    county = (about or {}) | {
        "form": FORM, "year": inputs.year, "on": inputs.on,
        "recorded": sorted(key for key, found in inputs.facts.items() if found is not None),
        "unrecorded": sorted(key for key, found in inputs.facts.items() if found is None),
        "roster": [[branch.pk, branch.name] for branch in inputs.branches],
    }  # fmt: skip
    return text(inputs.content), text(county), dict(rows(inputs, decided))


def rows(inputs, decided=None):
    """(branch id, inputs as a text) of each organisation in its order, made one after the other."""
    judged = {name: defaultdict(dict) for name in ("manual", "adjusted")}
    for name, found in judged.items():
        for (branch, part), row in getattr(inputs, name).items():
            found[branch][part] = {"points": str(row.points), "words": row.words}
    recorded = [(key, found) for key, found in inputs.facts.items() if found]
    for branch in inputs.branches:
        told = (decided or {}).get(branch.pk)
        yield branch.pk, _plain({
            "branch": {name: getattr(branch, name) for name in _BRANCH}, "vetoes": list(inputs.vetoes.get(branch.pk, ())),
            "facts": {key: _of_fact(found[branch.pk]) for key, found in recorded if branch.pk in found},
            **{name: found.get(branch.pk, {}) for name, found in judged.items()},
            "decided": {"grade": told.grade, "reason": told.reason} if told else None,
        })  # fmt: skip


def inputs_of(scheme, county, rows):
    """(Inputs, branch id → Decided) of the texts; `rows` are the organisations' texts in their order. Raises `Unreadable`."""
    try:
        told = data(county)
        facts = {key: {} for key in told["recorded"]} | dict.fromkeys(told["unrecorded"])
        branches, manual, adjusted, vetoes, decided = [], {}, {}, {}, {}
        for row in map(data, rows):
            branch = branch_of(row)
            branches.append(branch)
            for key, fact in row["facts"].items():
                facts[key][branch.pk] = _fact(fact)
            for found, name in ((manual, "manual"), (adjusted, "adjusted")):
                for part, each in row[name].items():
                    found[branch.pk, part] = Judged(Decimal(each["points"]), each["words"])
            if row["vetoes"]:
                vetoes[branch.pk] = row["vetoes"]
            if row["decided"]:
                decided[branch.pk] = Decided(**row["decided"])
        found = Inputs(
            told["year"], date.fromisoformat(told["on"]), data(scheme), tuple(branches), facts, manual, adjusted, vetoes
        )
    except (KeyError, TypeError, ValueError, ArithmeticError, AttributeError) as error:
        raise Unreadable("不是封存时的文本") from error
    return found, decided


_BRANCH = ("pk", "name", "kind", "stage", "order", "founded_on", "closed_on")


def branch_of(row):
    """The organisation of a text, as it was sealed."""
    told = dict(row["branch"])
    for name in ("founded_on", "closed_on"):
        told[name] = told[name] and date.fromisoformat(told[name])
    return Branch(**told)


_NUMBERS = ("value", "whole", "open")


def _of_fact(fact):
    return {
        "model": fact.model, "pks": fact.pks, "missing": fact.missing, "note": fact.note, "is_void": fact.is_void,
        "value": _number(fact.value), "whole": _number(fact.whole), "open": _number(fact.open),
    }  # fmt: skip


def _fact(told):
    numbers = {name: None if told[name] is None else Decimal(told[name]) for name in _NUMBERS}
    return Fact(**told | numbers | {"pks": tuple(told["pks"]), "missing": tuple(told["missing"])})


# --- results


def decide(scores, decided):
    """The scores with what the 工委会议 set otherwise; branch id → the grade that was proposed."""
    proposed = {}
    for score in scores:
        proposed[score.branch.pk] = score.grade
        if told := decided.get(score.branch.pk):
            score.grade = told.grade
            score.why = "；".join(filter(None, [score.why, MARK + told.reason]))
    return proposed


def result_text(score, proposed):
    """What one organisation got: every part, every dimension, the whole, its place and grade."""
    return _plain({
        "total": _number(score.total), "judged": _number(score.judged), "still": _number(score.still),
        "rank": score.rank, "group": score.group, "grade": score.grade, "proposed": proposed, "why": score.why,
        "veto": score.veto,
        "dimensions": {each.key: _number(each.points) for each in score.dimensions},
        "parts": {
            part.key: {"state": part.state, "best": part.best, "reason": part.reason, "most": _number(part.most),
                       "points": _number(part.points), "still": _number(part.still)}
            for item in score.items for part in item.parts
        },
    })  # fmt: skip


_POINTS = ("most", "points", "still")


def _number(value):
    return None if value is None else str(value)


def score_of(content, inputs, result):
    """(Score, proposed grade) of an organisation's two texts, by what was sealed and not computed anew. `content`: the
    scheme as data. Raises `Unreadable`."""
    try:
        given, told = data(inputs), data(result)
        facts = {key: _fact(fact) for key, fact in given["facts"].items()}
        items = defaultdict(list)
        for row in content["items"]:
            parts = tuple(_part(part, told["parts"][part["key"]], facts.get(part["key"])) for part in row["parts"])
            items[row["dimension"]].append(
                Item(row["code"], row["label"], row["dimension"], Decimal(str(row["points"])), row["clause"], row["source"],
                     parts)
            )  # fmt: skip
        dimensions = tuple(
            Dimension(row["key"], row["label"], Decimal(str(row["weight"])), tuple(items[row["key"]]))
            for row in content["dimensions"]
        )
        score = Score(
            branch_of(given), dimensions, (*items["bonus"], *items["veto"]), told["rank"], told["grade"], told["group"],
            told["why"], told["veto"], content,
        )  # fmt: skip
        return score, told["proposed"]
    except (KeyError, TypeError, ValueError, ArithmeticError, AttributeError) as error:
        raise Unreadable("不是封存时的文本") from error


def _part(part, told, fact):
    numbers = {name: Decimal(told[name]) for name in _POINTS}
    return Part(part["key"], part["label"], fact=fact, **told | numbers)
