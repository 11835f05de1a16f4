"""The scheme files: read, checked, and the one in force for a year."""

from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path

import yaml

from assessment.models import Scheme
from rulebook.facts import resolve

FOLDER = Path(__file__).parent / "schemes"
IN_FORCE = (Scheme.State.PUBLISHED, Scheme.State.CLOSED)
RULES = {
    "share": set(),
    "linear": {"full", "zero"},
    "minus": {"each"},
    "per_missing": {"each"},
    "threshold": {"at_least"},
    "step": {"steps"},
    "manual": set(),
    "veto": {"reasons", "because"},
    "cap": {"caps", "because", "fact"},
}


class BadScheme(ValueError):
    """A scheme that cannot be used; the message names the file and the item."""


def load(path):
    """One scheme file as plain data, every number checked; raises `BadScheme`."""
    content = yaml.safe_load(path.read_text("utf-8"))
    check(content, path.name)
    return content


def check(content, name):
    """Sums agree, facts exist, every part can be scored or says what it waits for."""
    weights = {row["key"]: Decimal(str(row["weight"])) for row in content["dimensions"]}
    if sum(weights.values()) != 100:
        raise BadScheme(f"{name}：各维度合计 {sum(weights.values())} 分，应为 100 分")
    sums = dict.fromkeys(weights, Decimal(0))
    codes, keys = set(), set()
    for item in content["items"]:
        where = f"{name} {item['code']}"
        if item["code"] in codes:
            raise BadScheme(f"{where}：代码重复")
        codes.add(item["code"])
        points = Decimal(str(item["points"]))
        if sum(Decimal(str(part["points"])) for part in item["parts"]) != points:
            raise BadScheme(f"{where}：评分点合计与满分 {points} 不符")
        if item["dimension"] in sums:
            sums[item["dimension"]] += points
        elif item["dimension"] not in ("bonus", "veto"):
            raise BadScheme(f"{where}：没有维度 {item['dimension']}")
        for part in item["parts"]:
            if part["key"] in keys:
                raise BadScheme(f"{where}：评分点 {part['key']} 重复")
            keys.add(part["key"])
            _check_part(part, where)
            _check_cap(part, {row["label"] for row in content["grades"]}, where)
    for key, total in sums.items():
        if total != weights[key]:
            raise BadScheme(f"{name}：维度 {key} 各项合计 {total} 分，应为 {weights[key]} 分")

    floors = [row["at_least"] for row in content["grades"]]
    if floors != sorted(floors, reverse=True) or floors[-1] != 0:
        raise BadScheme(f"{name}：等次应从高到低排列，最低一等从 0 分起")


def _check_part(part, where):
    if part.get("by") not in RULES:
        raise BadScheme(f"{where} {part['key']}：没有计分规则 {part.get('by')}")
    if missing := RULES[part["by"]] - set(part):
        raise BadScheme(f"{where} {part['key']}：计分规则 {part['by']} 缺少 {'、'.join(sorted(missing))}")
    if part["by"] == "linear" and part["full"] <= part["zero"]:
        raise BadScheme(f"{where} {part['key']}：满分线 {part['full']} 应高于零分线 {part['zero']}")
    if part["by"] in ("manual", "veto") or ("waits_for" in part and "fact" not in part):
        return
    try:
        resolve(part.get("fact", ""))
    except ValueError as error:
        raise BadScheme(f"{where} {part['key']}：{error}") from error


def _check_cap(part, grades, where):
    """A cap names, for each value of its fact, the best grade that is left."""
    if part["by"] == "cap" and (unknown := set(part["caps"].values()) - grades):
        raise BadScheme(f"{where} {part['key']}：没有等次 {'、'.join(sorted(unknown))}")
    if part["by"] == "cap" and set(part["caps"]) != set(part["because"]):
        raise BadScheme(f"{where} {part['key']}：caps 和 because 要写同样的值")


def _files(kind):
    """year → file of the schemes that ship with the portal."""
    tail = "" if kind == Scheme.Kind.BRANCH else f"-{kind}"
    return {int(path.stem[:4]): path for path in FOLDER.glob("*.yaml") if path.stem[4:] == tail}


@cache
def of_year(year, kind=Scheme.Kind.BRANCH):
    """The newest scheme file not later than `year`; a year without one of its own goes by the last, and says so."""
    files = _files(kind)
    usable = [known for known in sorted(files) if known <= year] or sorted(files)[:1]
    content = load(files[usable[-1]])
    if usable[-1] != year:
        content = content | {
            "year": year,
            "title": content["title"].replace(str(usable[-1]), str(year)),
            "source": f"{content['source']}；{year} 年方案未发布前沿用 {usable[-1]} 年",
        }
    return content


def published(year, kind=Scheme.Kind.BRANCH):
    """The scheme that was published for the year, or None."""
    return Scheme.objects.filter(year=year, kind=kind, state__in=IN_FORCE).first()


def in_force(year, kind=Scheme.Kind.BRANCH):
    """The scheme as it was published for the year, else the file's."""
    row = published(year, kind)
    return row.content if row else of_year(year, kind)


def frozen(year, kind=Scheme.Kind.BRANCH):
    """The file's content as the database keeps it: dates as text."""
    content = of_year(year, kind)
    return {key: value.isoformat() if isinstance(value, date) else value for key, value in content.items()}
