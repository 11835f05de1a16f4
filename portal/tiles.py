"""The map of schools: no geography, one tile for each organisation with its sign, grouped by 城乡."""

import re
from collections import Counter, defaultdict
from urllib.parse import urlencode

from django.urls import reverse

from branches.models import Branch
from portal.analysis import UPPER

ONE_OF_MANY = re.compile("(第[一二三四五六七八九十]+|离退休)$")  # 第一支部 keeps its 支部
AREAS = (*Branch.Area.choices, ("", "未填城乡"))
SIGNS = (("miss", "有缺"), ("late", "有迟办"), ("done", "全办"), ("wait", "还没到期"))


def of_reach(reach):
    """城区, 镇区, 乡村 → one tile for each organisation right below the highest: a school with its branches, by its worst state."""
    if reach.head is None:
        return []
    below, rows = defaultdict(list), {}
    for row in reach.months:
        rows.setdefault(row["branch"], []).append(row)
    units = [branch for branch in reach.units.values() if branch.closed_on is None] or [reach.head]
    for branch in reach.branches:
        below[reach.unit_of(branch).pk] += rows.get(branch.pk, [])
    found, head = defaultdict(list), reach.head
    above = short_name(head.name) if head.kind in UPPER else county_of(head.name)
    for unit in units:
        if below[unit.pk]:
            found[unit.area].append(_tile(unit, below[unit.pk], reach, above))
    return [
        {"label": label, "tiles": found[area], "signs": _sum_of_signs(found[area])}
        for area, label in AREAS
        if found[area]
    ]


def _tile(unit, rows, reach, above):
    missed, late, met = (sum(row[name] for row in rows) for name in ("missed", "late", "met"))
    state, word = "wait", "未到期"
    if met:
        state, word = "done", "全办"
    if late:
        state, word = "late", f"迟 {late}"
    if missed:
        state, word = "miss", f"缺 {missed}"
    name = "upper" if unit.kind in UPPER else "branch"
    url = reverse("duties:list")
    return {
        "name": short_name(unit.name, above), "full": unit.name, "state": state, "word": word,
        "url": f"{url}?{urlencode({'year': reach.year, name: unit.pk})}",
    }  # fmt: skip


def _sum_of_signs(found):
    counts = Counter(tile["state"] for tile in found)
    return [{"state": state, "word": word, "count": counts[state]} for state, word in SIGNS if counts[state]]


def short_name(name, above=""):
    """中共下坝乡初级中学支部委员会 → 下坝乡初级中学, 第一支部 below a school; what stands `above` every name goes."""
    name = name.removeprefix("中共")
    name = name.removeprefix(above) if len(name) > len(above) + 3 else name
    for tail, least in (("总支部委员会", 2), ("联合支部委员会", 2), ("支部委员会", 2), ("委员会", 3)):
        if name.endswith(tail) and len(name) >= len(tail) + least and not ONE_OF_MANY.search(name.removesuffix(tail)):
            return name.removesuffix(tail)
    return name.removesuffix("委员会")


def county_of(name):
    """中共云岭示范县委教育体育工作委员会 → 云岭示范县; "" where the name says none."""
    found = re.match("中共(.+?[县市区旗])委", name)
    return found[1] if found else ""
