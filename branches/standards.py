"""Standards by which branches are judged: the samples, the facts an item may name, and the acts on a draft."""

from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from pathlib import Path

import yaml
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Sum

from accounts import audit
from branches.models import Standard, StandardGroup, StandardItem
from branches.rights import require
from files.secrecy import refuse_marked
from rulebook.facts import resolve

FOLDER = Path(__file__).parent / "standards"
FACTS = "facts.yaml"
State, Rule = Standard.State, StandardItem.Rule
ROAD = {
    State.DRAFT: {"retire": State.RETIRED},
    State.FROZEN: {"retire": State.RETIRED},
    State.RETIRED: {"restore": State.FROZEN},  # what was in use once is not written anew; a later edition is a new row
}
FREEZES = "freeze"  # by the first campaign that opens by it
MOST_GROUPS, MOST_ITEMS = 20, 80
NOTHING = {"fact": "", "options": {}, "rule": ""}


@dataclass(frozen=True)
class Source:
    """A record that an item may be filled in from; `year_before`: it is complete only in the spring after its year."""

    key: str
    label: str
    path: str
    rule: str
    options: dict = field(default_factory=dict)
    year_before: bool = False


@cache
def sources():
    """key → Source, in the order of the file; raises ValueError for a row that names no fact or no rule."""
    found = {}
    for row in yaml.safe_load((FOLDER / FACTS).read_text("utf-8")):
        source = Source(**row)
        resolve(source.path)
        if source.rule not in Rule.values or source.key in found:
            raise ValueError(f"{FACTS} {source.key}：没有这条计分规则，或者写了两遍")
        found[source.key] = source
    return found


def source_of(item):
    """The Source that an item names, or None."""
    return next(
        (source for source in sources().values() if (source.path, source.options) == (item.fact, item.options)), None
    )


def named(key):
    """The columns of an item that is filled in from the source `key`; without one it is judged by a person."""
    if not key:
        return dict(NOTHING)
    source = sources()[key]
    return {"fact": source.path, "options": source.options, "rule": source.rule}


@cache
def samples():
    """key → a sample standard as its file has it, every item checked."""
    found = {}
    for path in sorted(FOLDER.glob("*.yaml")):
        if path.name == FACTS:
            continue
        content = yaml.safe_load(path.read_text("utf-8"))
        for group in content["groups"]:
            for row in group["items"]:
                key = row.get("fact", "")
                if key and key not in sources():
                    raise ValueError(f"{path.name} {row['label']}：没有记录来源 {key}")
                if key and sources()[key].rule == Rule.MINUS and not row.get("each"):
                    raise ValueError(f"{path.name} {row['label']}：没有写每处扣几分")
        found[content["key"]] = content
    return found


# ---- making one


@transaction.atomic
def create(standard, *, by, sample="", origin=None):
    """A new draft: empty, with the groups and items of a sample, or with those of an edition (由这一版另存为新版)."""
    require(by, "screening.run", at=standard.branch)
    standard.created_by, standard.state = by, State.DRAFT
    standard.is_sample = bool(sample)
    standard.origin = origin
    _check_words(standard)
    standard.full_clean()
    standard.save()
    for order, (label, rows) in enumerate(_content(sample, origin)):
        group = StandardGroup.objects.create(standard=standard, label=label, order=order)
        StandardItem.objects.bulk_create(
            StandardItem(group=group, order=place, **row) for place, row in enumerate(rows)
        )
    audit.record("standard.create", standard, by=by, sample=sample, origin=origin.pk if origin else None)
    return standard


def _content(sample, origin):
    """(label of a group, the columns of its items) in order."""
    if sample:
        for group in samples()[sample]["groups"]:
            yield group["label"], [_columns(row) for row in group["items"]]
    elif origin:
        columns = ("label", "points", "evidence", "judged", "fact", "options", "rule", "each", "is_scored_elsewhere")
        for group in origin.groups.prefetch_related("items"):
            yield group.label, [{name: getattr(item, name) for name in columns} for item in group.items.all()]


def _columns(row):
    exact = {name: Decimal(str(row[name])) for name in ("points", "each") if name in row}
    return row | exact | named(row.get("fact", ""))


def _check_words(standard):
    for name in ("title", "edition", "number", "source"):
        refuse_marked(getattr(standard, name), standard._meta.get_field(name).verbose_name)


# ---- changing a draft


def _draft(standard, version, by):
    """The locked standard, when `by` may change it, it is a draft still, and nobody else came first."""
    locked = Standard.objects.select_for_update(of=("self",)).select_related("branch").get(pk=standard.pk)
    require(by, "screening.run", at=locked.branch)
    if locked.state != State.DRAFT:
        raise ValidationError(f"这一版{locked.get_state_display()}，不能再改；要改的，请另存为新版。")
    locked.claim(version)
    return locked


@transaction.atomic
def edit(standard, *, by, version):
    """Title, edition and sources; `standard` bears the new values."""
    locked = _draft(standard, version, by)
    standard.version = locked.version
    _check_words(standard)
    standard.full_clean()
    standard.save(update_fields=["title", "edition", "number", "source", "version"])
    audit.record("standard.edit", standard, by=by)
    return standard


@transaction.atomic
def save_group(group, *, by, version):
    standard = _draft(group.standard, version, by)
    refuse_marked(group.label, "分组")
    if not group.pk:
        if (number := standard.groups.count()) >= MOST_GROUPS:
            raise ValidationError(f"最多列 {MOST_GROUPS} 个分组。")
        group.order = number
    group.full_clean()
    group.save()
    return _changed(standard, "group.save", group.label, by)


@transaction.atomic
def save_item(item, *, by, version):
    standard = _draft(item.group.standard, version, by)
    for name in ("label", "evidence"):
        refuse_marked(getattr(item, name), item._meta.get_field(name).verbose_name)
    if not item.pk:
        if StandardItem.objects.filter(group__standard=standard).count() >= MOST_ITEMS:
            raise ValidationError(f"最多列 {MOST_ITEMS} 项。")
        item.order = item.group.items.count()
    item.full_clean()
    item.save()
    return _changed(standard, "item.save", item.label, by)


@transaction.atomic
def remove(row, *, by, version):
    """Take a group (when it is empty) or an item out of a draft."""
    group = row if isinstance(row, StandardGroup) else row.group
    standard = _draft(group.standard, version, by)
    if row is group and group.items.exists():
        raise ValidationError(f"“{group.label}”下面还有项目，请先删去或者改到别的分组。")
    label, act = row.label, "group.remove" if row is group else "item.remove"
    row.delete()
    return _changed(standard, act, label, by)


@transaction.atomic
def move(row, step, *, by, version):
    """One place up (-1) or down (+1) among its like."""
    group = row if isinstance(row, StandardGroup) else row.group
    standard = _draft(group.standard, version, by)
    rows = list(standard.groups.all() if row is group else group.items.all())
    here = next(place for place, each in enumerate(rows) if each.pk == row.pk)
    there = here + (1 if step > 0 else -1)
    if not 0 <= there < len(rows):
        raise ValidationError("已经在最前或者最后，不能再移。")
    rows[here], rows[there] = rows[there], rows[here]
    for place, each in enumerate(rows):
        each.order = place
    type(row).objects.bulk_update(rows, ["order"])
    return _changed(standard, "move", row.label, by)


def _changed(standard, what, label, by):
    standard.save(update_fields=["version"])
    audit.record(f"standard.{what}", standard, by=by, label=label)
    return standard


@transaction.atomic
def act(standard, name, *, by):
    """retire or restore."""
    standard = Standard.objects.select_for_update(of=("self",)).select_related("branch").get(pk=standard.pk)
    require(by, "screening.run", at=standard.branch)
    if name not in ROAD[standard.state]:
        raise ValidationError(f"这一版现在是“{standard.get_state_display()}”，不能这样办理。")
    before, standard.state = standard.state, ROAD[standard.state][name]
    standard.version += 1
    standard.save(update_fields=["state", "version"])
    audit.record(f"standard.{name}", standard, by=by, before=before, after=standard.state)
    return standard


def freeze(standard, *, by):
    """Inside the opening of a campaign: from now on nothing in it changes. Raises when it cannot be judged by."""
    standard = Standard.objects.select_for_update(of=("self",)).get(pk=standard.pk)
    if standard.state == State.RETIRED:
        raise ValidationError(f"《{standard}》已停用，请另选一版标准。")
    if not StandardItem.objects.filter(group__standard=standard).exists():
        raise ValidationError(f"《{standard}》还没有项目，请先补齐再启动。")
    if standard.state == State.DRAFT:
        standard.state = State.FROZEN
        standard.version += 1
        standard.save(update_fields=["state", "version"])
        audit.record(f"standard.{FREEZES}", standard, by=by)
    return standard


# ---- looking at one


def whole(standard):
    """The points of all items together."""
    return StandardItem.objects.filter(group__standard=standard).aggregate(sum=Sum("points"))["sum"] or Decimal(0)
