"""What changed between two schemes, in words: for the page of a published scheme and for comparing years."""

from dataclasses import dataclass

from assessment.rule_words import how, per_cent, plain, what
from branches.models import Branch

ADDED, REMOVED, CHANGED = "added", "removed", "changed"
LABELS = {ADDED: "新增", REMOVED: "取消", CHANGED: "修改"}


@dataclass(frozen=True)
class Change:
    """One difference: `kind`, where it is (an item's code, or "" for what holds for all), its name, what of it, and how it was."""

    kind: str
    code: str
    label: str
    what: str
    before: str
    after: str

    @property
    def kind_label(self):
        return LABELS[self.kind]

    @property
    def dimension(self):
        """Whether figures of a whole dimension are touched."""
        return not self.code


def changes(before, after):
    """[Change] from one scheme's content to another's: what holds for all first, then item by item in the newer one's order."""
    return [*_framework(before, after), *_items(before, after)]


def _compared(code, label, old, new, fields):
    """A Change for each of `fields` (name, words) whose words differ."""
    for name, words in fields:
        was, now = words(old), words(new)
        if was != now:
            yield Change(CHANGED, code, label, name, was, now)


def _paired(before, after, key):
    """(old or None, new or None) of rows that have the same key: the newer order, then what is gone."""
    old = {row[key]: row for row in before}
    new = {row[key]: row for row in after}
    yield from ((old.get(name), row) for name, row in new.items())
    yield from ((row, None) for name, row in old.items() if name not in new)


def _framework(before, after):
    for old, new in _paired(before["dimensions"], after["dimensions"], "key"):
        if old is None or new is None:
            row = old or new
            gone = new is None
            words = f"{plain(row['weight'])} 分"
            yield Change(
                REMOVED if gone else ADDED, "", row["label"], "维度", words if gone else "", "" if gone else words
            )
            continue
        yield from _compared(
            "", new["label"], old, new,
            [("名称", lambda row: row["label"]), ("权重", lambda row: f"{plain(row['weight'])} 分")],
        )  # fmt: skip
    for name, words in (("等次", _grades), ("不定等次", _undetermined), ("比较组", _groups)):
        was, now = words(before), words(after)
        if was != now:
            yield Change(CHANGED, "", name, name, was, now)


def _grades(content):
    return "；".join(band(row) for row in content["grades"])


def band(row):
    """One grade with its floor and its quota, in words."""
    quota = f"，且不超过本组的 {per_cent(row['quota'])}" if "quota" in row else ""
    return f"{row['label']} {plain(row['at_least'])} 分以上{quota}"


def _undetermined(content):
    row = content["undetermined"]
    return f"年内存续不足 {row['months']} 个月，或者适用指标不足 {per_cent(row['applicable'])}的，{row['label']}"


def _groups(content):
    stages = dict(Branch.Stage.choices) | {"": "未填学段"}
    groups = content["groups"]
    said = "；".join(
        f"{row['label']}（{'、'.join(stages.get(stage, stage) for stage in row['stages'])}），不足并入{row['joins']}"
        for row in groups["rows"]
    )
    return f"{said or '不分组'}；每组至少 {groups['least']} 个，仍不足的并入{groups['pool']}"


def _items(before, after):
    labels = [
        {row["key"]: row["label"] for row in content["dimensions"]} | {"bonus": "加分", "veto": "一票否决"}
        for content in (before, after)
    ]
    for old, new in _paired(before["items"], after["items"], "code"):
        if old is None:
            yield Change(ADDED, new["code"], new["label"], "指标", "", _told(new, labels[1]))
        elif new is None:
            yield Change(REMOVED, old["code"], old["label"], "指标", _told(old, labels[0]), "")
        else:
            yield from _item(old, new, labels)


def _told(item, labels):
    rules = "；".join(f"{part['label']}：{_part(part)}" for part in item["parts"])
    return f"{labels.get(item['dimension'], item['dimension'])}，{plain(item['points'])} 分；{rules}"


def _item(old, new, labels):
    code, label = new["code"], new["label"]
    was, now = (labels[at].get(row["dimension"], row["dimension"]) for at, row in ((0, old), (1, new)))
    if was != now:
        yield Change(CHANGED, code, label, "维度", was, now)
    fields = [
        ("名称", "label"),
        ("计分办法", "clause"),
        ("依据", "source"),
        ("佐证", "evidence"),
        ("查验方式", "method"),
        ("责任", "who"),
    ]
    yield from _compared(
        code, label, old, new,
        [("分值", lambda row: f"{plain(row['points'])} 分"),
         *((name, lambda row, key=key: str(row.get(key, ""))) for name, key in fields)],
    )  # fmt: skip
    for was, now in _paired(old["parts"], new["parts"], "key"):
        if was is None or now is None:
            row = was or now
            gone = now is None
            words = _part(row)
            yield Change(
                REMOVED if gone else ADDED,
                code,
                label,
                f"评分点：{row['label']}",
                words if gone else "",
                "" if gone else words,
            )
        elif _part(was) != _part(now):
            yield Change(CHANGED, code, label, f"评分点：{now['label']}", _part(was), _part(now))


def _part(part):
    """A part's points, what it counts, and its rule."""
    said = [f"{plain(part['points'])} 分", what(part), how(part)]
    if part.get("stages"):
        stages = dict(Branch.Stage.choices)
        said.append(f"只考核{'、'.join(stages.get(stage, stage) for stage in part['stages'])}")
    return "，".join(filter(None, said))
