"""Everything that is wrong with a scheme's content, and where: contents come from people, so nothing in them is trusted."""

import re
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise

from assessment.catalogue import is_number, source_of, sources
from branches.models import Branch
from rulebook.facts import resolve

RULES = {
    "share": {"fact"},
    "linear": {"fact", "full", "zero"},
    "minus": {"fact", "each"},
    "per_missing": {"fact", "each"},
    "threshold": {"fact", "at_least"},
    "step": {"fact", "steps"},
    "manual": set(),
    "veto": {"reasons", "because"},
    "cap": {"caps", "because", "fact"},
}
OF_ANY = {"key", "label", "points", "by", "fact", "options", "waits_for", "floor", "cap", "stages"}
STATUSES = ("示例", "正式")
METHODS = ("日常掌握", "实地查验", "调阅档案")
APART = ("bonus", "veto")  # beside the dimensions: added to the total; limits the grade
MOST = Decimal(100)
AMOUNT = Decimal(1_000_000)
LONG = {"title": 100, "label": 60, "key": 20, "words": 500}
CODE = re.compile(r"\w[\w.-]{0,19}")
STAGES = {*Branch.Stage.values, ""}


@dataclass(frozen=True)
class Problem:
    """What is wrong, in words, and where: the item's code, the part's key, the field."""

    words: str
    code: str = ""
    part: str = ""
    field: str = ""

    def __str__(self):
        place = " ".join(filter(None, [self.code, self.part]))
        return f" {place}：{self.words}" if place else f"：{self.words}"


def problems(content, kind=None):
    """[Problem] of a scheme's content, whatever it is; none: the engine can score organisations of `kind` by it."""
    if not isinstance(content, dict):
        return [Problem("方案没有内容")]
    found = [*_frame(content)]
    if any(not each.code and each.field in ("dimensions", "items") for each in found):
        return found  # what is no list of rows cannot be looked through
    weights = {row["key"]: Decimal(str(row["weight"])) for row in content["dimensions"]}
    grades = [row["label"] for row in _rows(content.get("grades")) if _is_text(row.get("label"))]
    if sum(weights.values()) != MOST:
        found.append(Problem(f"各维度合计 {_plain(sum(weights.values()))} 分，应为 100 分", field="dimensions"))
    sums, seen = dict.fromkeys(weights, Decimal(0)), _Seen()
    for item in content["items"]:
        found += _item(item, sums, seen, grades, kind)
    for row in content["dimensions"]:
        if sums[row["key"]] != weights[row["key"]]:
            words = f"维度 {row['key']} 各项合计 {_plain(sums[row['key']])} 分，应为 {_plain(weights[row['key']])} 分"
            found.append(Problem(words, field="dimensions"))
    return [*found, *_grades(content), *_undetermined(content), *_groups(content)]


class _Seen:
    """What may stand in a scheme once only."""

    def __init__(self):
        self.codes, self.parts, self.reasons = set(), set(), set()


def _plain(number):
    return f"{number.normalize():f}" if number else "0"


def _told(value):
    """A value of any kind as a message may show it: text as it begins, else that it is none."""
    return value[:20] if isinstance(value, str) else "（写法不对）"


def _is_text(value, most=LONG["words"]):
    return isinstance(value, str) and len(value.strip()) > 0 and len(value) <= most and "\x00" not in value


def _rows(value):
    """The rows of a list, those that are none left out."""
    return [row for row in value if isinstance(row, dict)] if isinstance(value, list) else []


def _is_rows(value):
    return isinstance(value, list) and bool(value) and all(isinstance(row, dict) for row in value)


def _between(value, least, most, places=2):
    """Whether a number lies within its bounds and has no more decimals than can be kept."""
    if not is_number(value):
        return False
    exact = Decimal(str(value))
    return least <= exact <= most and exact.normalize().as_tuple().exponent >= -places


def _is_points(value):
    return _between(value, 0, MOST)


def _frame(content):
    for name, most, words in (("title", LONG["title"], "名称"), ("source", LONG["words"], "依据")):
        if not _is_text(content.get(name), most):
            yield Problem(f"请填写{words}，不超过 {most} 字", field=name)
    year = content.get("year")
    if not isinstance(year, int) or isinstance(year, bool) or not 2000 <= year <= 2100:
        yield Problem("请写明年度", field="year")
    if content.get("status") not in STATUSES:
        yield Problem(f"请写明方案是{'还是'.join(STATUSES)}", field="status")
    rows = content.get("dimensions")
    sound = _is_rows(rows) and all(
        _is_text(row.get("key"), LONG["key"])
        and _is_text(row.get("label"), LONG["label"])
        and is_number(row.get("weight"))
        for row in rows
    )
    if not sound:
        yield Problem("请逐个写明维度的名称和权重", field="dimensions")
    else:
        if len({row["key"] for row in rows}) < len(rows) or len({row["label"] for row in rows}) < len(rows):
            yield Problem("维度的名称和代号不能重复", field="dimensions")
        if any(row["key"] in APART for row in rows):
            yield Problem("维度的代号不能用 bonus、veto", field="dimensions")
        if any(not _between(row["weight"], Decimal("0.01"), MOST) for row in rows):
            yield Problem("维度的权重应大于 0、不超过 100，最多两位小数", field="dimensions")
    if not _is_rows(content.get("items")):
        yield Problem("还没有指标", field="items")


def _item(item, sums, seen, grades, kind):
    code = item.get("code")
    if not isinstance(code, str) or not CODE.fullmatch(code):
        yield Problem("代码由字母、数字、汉字和点组成，不超过 20 字", code=_told(code), field="code")
        code = _told(code)
    elif code in seen.codes:
        yield Problem("代码重复", code, field="code")
    seen.codes.add(code)
    for name, most, words in (
        ("label", LONG["label"], "名称"), ("clause", LONG["words"], "计分办法"), ("source", LONG["words"], "依据"),
        ("evidence", LONG["words"], "佐证"),
    ):  # fmt: skip
        if not _is_text(item.get(name), most):
            yield Problem(f"请填写{words}，不超过 {most} 字", code, field=name)
    if item.get("method") not in METHODS:
        yield Problem(f"查验方式应为{'、'.join(METHODS)}之一", code, field="method")
    if "who" in item and item["who"] != "" and not _is_text(item["who"], LONG["label"]):
        yield Problem(f"谁来评分不超过 {LONG['label']} 字", code, field="who")
    parts, points, dimension = item.get("parts"), item.get("points"), item.get("dimension")
    if not isinstance(dimension, str) or (dimension not in sums and dimension not in APART):
        yield Problem(f"没有维度 {_told(dimension)}", code, field="dimension")
        dimension = ""
    if not _is_rows(parts):
        yield Problem("还没有评分点", code, field="parts")
        return
    if not _is_points(points):
        yield Problem("分值应在 0 到 100 之间，最多两位小数", code, field="points")
    elif (sums_up := _sum(parts)) is not None and sums_up != Decimal(str(points)):
        yield Problem(f"评分点合计与满分 {points} 不符", code, field="points")
    if dimension in sums and _is_points(points):
        sums[dimension] += Decimal(str(points))
    for part in parts:
        yield from _part(part, code, dimension, seen, grades, kind)


def _sum(parts):
    """The points of the parts together; None while one of them is no number of points."""
    points = [part.get("points") for part in parts]
    return sum(Decimal(str(each)) for each in points) if all(map(_is_points, points)) else None


def _part(part, code, dimension, seen, grades, kind):
    key, by = part.get("key"), part.get("by")

    def wrong(words, field):
        return Problem(words, code, _told(key), field)

    if not isinstance(key, str) or not CODE.fullmatch(key):
        yield wrong("评分点的代码由字母、数字、汉字和点组成，不超过 20 字", "key")
    elif key in seen.parts:
        yield Problem(f"评分点 {key} 重复", code, field="key")
    else:
        seen.parts.add(key)
    if not _is_text(part.get("label"), LONG["label"]):
        yield wrong("请填写评分点的名称，不超过 60 字", "label")
    if not isinstance(by, str) or by not in RULES:
        yield wrong(f"没有计分规则 {_told(by)}", "by")
        return
    if (dimension == "veto") != (by in ("cap", "veto")):
        yield wrong("限定等次的只放在“一票否决”，别的计分规则只放在维度和加分里", "by")
    if not _is_points(part.get("points")):
        yield wrong("分值应在 0 到 100 之间，最多两位小数", "points")
        return
    if dimension and (dimension == "veto") != (part["points"] == 0):
        yield wrong("一票否决不计分，分值写 0；别的评分点要大于 0", "points")
    waits = "fact" not in part and _is_text(part.get("waits_for"), LONG["label"])
    if missing := RULES[by] - set(part) - {"fact"}:
        yield wrong(f"计分规则 {by} 缺少 {'、'.join(sorted(missing))}", min(missing))
    elif by in _OF_RULE:
        yield from _OF_RULE[by](part, wrong, seen, grades)
    if strange := {str(name) for name in part} - OF_ANY - RULES[by]:
        yield wrong(f"计分规则 {by} 用不上 {'、'.join(sorted(strange))}", "by")
    if "fact" in RULES[by] and not waits:
        yield from _fact(part, wrong, kind)
    if "waits_for" in part and not _is_text(part["waits_for"], LONG["label"]):
        yield wrong("请写明等什么记录，不超过 60 字", "waits_for")
    yield from _bounds(part, wrong)


def _fact(part, wrong, kind):
    path, options = part.get("fact", ""), part.get("options", {})
    try:
        resolve(path if isinstance(path, str) else "")
    except ValueError as error:
        yield wrong(str(error), "fact")
        return
    if not isinstance(options, dict) or not all(isinstance(name, str) for name in options):
        yield wrong("记录来源的参数写得不对", "options")
        return
    source = source_of(path, options)
    if source is None:
        known = any(each.path == path for each in sources().values())
        yield wrong(
            f"记录来源 {path} 没有这样的参数" if known else f"记录来源 {path} 不能用来计分",
            "options" if known else "fact",
        )
        return
    if kind is not None and kind not in source.kinds:
        yield wrong(f"“{source.label}”不能用在这类党组织的方案里", "fact")
    if (
        part["by"] == "cap"
        and isinstance(part.get("caps"), dict)
        and (strange := set(part["caps"]) - set(source.values))
    ):
        yield wrong(f"“{source.label}”没有 {'、'.join(sorted(map(_told, strange)))} 这个值", "caps")
    if part["by"] not in source.rules:
        yield wrong(f"“{source.label}”不能用这条计分规则", "by")
    for name, words in source.faults(options):
        yield wrong(words, name)


def _bounds(part, wrong):
    """Floor, cap and stages: what a part can come to, and for whom."""
    floor, cap = part.get("floor", 0), part.get("cap", part["points"])
    if not _is_points(floor) or not _is_points(cap):
        yield wrong("最低分、最高分应在 0 到 100 之间，最多两位小数", "cap")
    elif not Decimal(str(floor)) <= Decimal(str(cap)) <= Decimal(str(part["points"])):
        yield wrong("最低分不高于最高分，最高分不高于分值", "cap")
    stages = part.get("stages", [])
    if not isinstance(stages, list) or any(not isinstance(stage, str) or stage not in STAGES for stage in stages):
        yield wrong("学段应从列表里选", "stages")


def _linear(part, wrong, seen, grades):
    full, zero = part["full"], part["zero"]
    if not _between(full, 0, AMOUNT, 4) or not _between(zero, 0, AMOUNT, 4):
        yield wrong("满分线、零分线应为不小于 0 的数", "full")
    elif full <= zero:
        yield wrong(f"满分线 {full} 应高于零分线 {zero}", "full")


def _each(part, wrong, seen, grades):
    if not _between(part["each"], Decimal("0.01"), MOST):
        yield wrong("每次扣分应在 0.01 到 100 之间，最多两位小数", "each")


def _threshold(part, wrong, seen, grades):
    if not _between(part["at_least"], Decimal("0.0001"), AMOUNT, 4):
        yield wrong("达标线应为大于 0 的数，比例写成 0.9 这样的小数", "at_least")


def _steps(part, wrong, seen, grades):
    steps = part["steps"]
    sound = _is_rows(steps) and all(
        _between(row.get("at_least"), 0, AMOUNT, 4) and _is_points(row.get("points")) for row in steps
    )
    if not sound:
        yield wrong("每一档写明达到多少、得几分", "steps")
        return
    rows = sorted((Decimal(str(row["at_least"])), Decimal(str(row["points"]))) for row in steps)
    if any(low[0] == high[0] or low[1] > high[1] for low, high in pairwise(rows)):
        yield wrong("各档不能重复，达到得越多、得分不能越少", "steps")
    if rows[-1][1] > Decimal(str(part["points"])):
        yield wrong("最高一档的得分不能超过分值", "steps")


def _caps(part, wrong, seen, grades):
    caps, because = part["caps"], part["because"]
    words = [*caps.values(), *because.values()] if isinstance(caps, dict) and isinstance(because, dict) else [None]
    if not caps or not all(_is_text(word) for word in words) or not all(isinstance(value, str) for value in caps):
        yield wrong("逐个写明记录的值、最好的等次和写给支部的理由", "caps")
        return
    if unknown := set(caps.values()) - set(grades):
        yield wrong(f"没有等次 {'、'.join(sorted(unknown))}", "caps")
    if set(caps) != set(because):
        yield wrong("caps 和 because 要写同样的值", "because")


def _reasons(part, wrong, seen, grades):
    reasons = part["reasons"]
    if not _is_text(part["because"]):
        yield wrong("请写明告诉支部的理由", "because")
    sound = _is_rows(reasons) and all(
        _is_text(row.get("key"), LONG["key"])
        and _is_text(row.get("label"), LONG["label"])
        and _is_text(row.get("at_most"))
        for row in reasons
    )
    if not sound:
        yield wrong("每种情形写明名称和最好的等次", "reasons")
        return
    keys = [row["key"] for row in reasons]
    if len(set(keys)) < len(keys) or seen.reasons & set(keys):
        yield wrong("情形重复", "reasons")
    seen.reasons.update(keys)
    if unknown := {row["at_most"] for row in reasons} - set(grades):
        yield wrong(f"没有等次 {'、'.join(sorted(unknown))}", "reasons")
    elif (places := [grades.index(row["at_most"]) for row in reasons]) != sorted(places, reverse=True):
        yield wrong("情形从最重的写起", "reasons")


_OF_RULE = {
    "linear": _linear, "minus": _each, "per_missing": _each, "threshold": _threshold, "step": _steps, "cap": _caps,
    "veto": _reasons,
}  # fmt: skip


def _grades(content):
    rows = content.get("grades")
    sound = _is_rows(rows) and all(
        _is_text(row.get("label"), LONG["key"]) and _between(row.get("at_least"), 0, 200) for row in rows
    )
    if not sound:
        yield Problem("请逐个写明等次和最低分", field="grades")
        return
    floors, labels = [Decimal(str(row["at_least"])) for row in rows], [row["label"] for row in rows]
    if floors != sorted(floors, reverse=True) or floors[-1] != 0:
        yield Problem("等次应从高到低排列，最低一等从 0 分起", field="grades")
    if len(set(labels)) < len(labels) or len(set(floors)) < len(floors):
        yield Problem("等次的名称和最低分不能重复", field="grades")
    if any("quota" in row and not _between(row["quota"], Decimal("0.0001"), 1, 4) for row in rows):
        yield Problem("名额比例应大于 0、不超过 1，写成 0.3 这样的小数", field="grades")
    if "quota" in rows[-1]:
        yield Problem("最低一等不能有名额比例", field="grades")


def _undetermined(content):
    row = content.get("undetermined")
    if not isinstance(row, dict) or not _is_text(row.get("label"), LONG["key"]):
        yield Problem("请写明不定等次的名称和条件", field="undetermined")
        return
    if row["label"] in [each.get("label") for each in _rows(content.get("grades"))]:
        yield Problem("不定等次不能与等次同名", field="undetermined")
    months = row.get("months")
    if not isinstance(months, int) or isinstance(months, bool) or not 0 <= months <= 12:
        yield Problem("存续月数应为 0 到 12 的整数", field="undetermined")
    if not _between(row.get("applicable"), 0, 1, 4):
        yield Problem("适用指标的比例应在 0 和 1 之间", field="undetermined")


def _groups(content):
    groups = content.get("groups")
    if (
        not isinstance(groups, dict)
        or not _is_text(groups.get("pool"), LONG["key"])
        or not isinstance(groups.get("rows"), list)
    ):
        yield Problem("请写明比较组和归并办法", field="groups")
        return
    least, rows = groups.get("least"), groups["rows"]
    if not isinstance(least, int) or isinstance(least, bool) or not 1 <= least <= 1000:
        yield Problem("每组最少的个数应为 1 到 1000 的整数", field="groups")
    sound = all(
        isinstance(row, dict) and _is_text(row.get("label"), LONG["key"]) and _is_text(row.get("joins"), LONG["key"])
        and isinstance(row.get("stages"), list) and all(isinstance(stage, str) for stage in row["stages"])
        for row in rows
    )  # fmt: skip
    if not sound:
        yield Problem("每个比较组写明名称、学段和不足时并入哪里", field="groups")
        return
    stages = [stage for row in rows for stage in row["stages"]]
    if len(set(stages)) < len(stages) or set(stages) - STAGES:
        yield Problem("每个学段只能在一个比较组里", field="groups")
    if len({row["label"] for row in rows}) < len(rows):
        yield Problem("比较组的名称不能重复", field="groups")
