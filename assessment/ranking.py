"""From points to rank, comparison group and 拟定 grade: bands, quota, ties, 一票否决."""

from collections import Counter
from datetime import timedelta
from itertools import groupby, pairwise

from dateutil.relativedelta import relativedelta

from assessment.result import ZERO
from assessment.rules import exact


def ranked(scores, content, period):
    """The same scores with rank, comparison group and 拟定 grade. Reads nothing but what it is given."""
    least = content["undetermined"]
    standing = []
    for each in scores:
        each.why = _why_undetermined(each, period, least)
        if each.why:
            each.grade = least["label"]
        else:
            standing.append(each)
    standing.sort(key=lambda each: each.order, reverse=True)
    for place, each in enumerate(standing, 1):
        before = standing[place - 2] if place > 1 else None
        each.rank = before.rank if before and before.order == each.order else place
    _group(standing, content["groups"])
    standing.sort(key=lambda each: (each.group, *(-number for number in each.order)))
    for _, members in groupby(standing, key=lambda each: each.group):
        _give_grades(list(members), content["grades"])
    for each in standing:
        _limit(each, content)
    return scores


def _limit(each, content):
    """一票否决: whatever the points and the quota give, no better grade than a cap leaves; the reason is told in words."""
    order = [row["label"] for row in content["grades"]]
    for part in (part for item in each.items for part in item.parts if part.best):
        each.veto = "；".join(filter(None, [each.veto, part.reason]))
        if order.index(each.grade) < order.index(part.best):
            each.grade, each.why = part.best, "；".join(filter(None, [each.why, part.reason]))


def _why_undetermined(each, period, least):
    start = max(each.branch.founded_on, period.start)
    end = min(each.branch.closed_on or period.end, period.end)
    if start + relativedelta(months=least["months"]) > end + timedelta(days=1):
        return f"年内存续不足 {least['months']} 个月"
    applicable = sum((item.applicable for dimension in each.dimensions for item in dimension.items), ZERO)
    if applicable < 100 * exact(least["applicable"]):
        return f"适用指标合计 {applicable} 分，不足 {least['applicable']:.0%}"
    return "尚无可评的记录" if each.total is None else ""


def _group(scores, rules):
    """Put each score into its comparison group; groups too small join a named one, else the county's pool."""
    of_stage = {stage: row["label"] for row in rules["rows"] for stage in row["stages"]}
    for each in scores:
        each.group = of_stage.get(each.branch.stage, rules["pool"])
    for row in rules["rows"]:
        members = [each for each in scores if each.group == row["label"]]
        if 0 < len(members) < rules["least"]:
            for each in members:
                each.group = row["joins"]
    sizes = Counter(each.group for each in scores)
    for each in scores:
        if sizes[each.group] < rules["least"]:
            each.group = rules["pool"]


def _give_grades(members, grades):
    """Grades of one comparison group, best first. A quota is rounded down; equals at its edge go in only together."""
    for each in members:
        each.grade = next(row["label"] for row in grades if each.total >= exact(row["at_least"]))
    for row, next_row in pairwise(grades):
        if "quota" not in row:
            continue
        room = int(len(members) * exact(row["quota"]))
        inside = 0
        for _, equals in groupby([each for each in members if each.grade == row["label"]], key=lambda each: each.order):
            equals = list(equals)
            if inside + len(equals) <= room:
                inside += len(equals)
                continue
            inside = room
            for each in equals:
                each.grade, each.why = next_row["label"], f"达到 {row['at_least']} 分，但不在本组前 {row['quota']:.0%}"
