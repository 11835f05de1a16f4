"""公布以后变动的记录: what the records of a sealed year would give today, part by part, beside what was sealed. Changes nothing."""

from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal

from django.apps import apps

from assessment import canonical, scoring
from assessment.models import Veto


@dataclass(frozen=True)
class Change:
    """One part of one organisation: what counted then and now, and the records that came or went."""

    branch: object
    item: str
    part: str
    label: str
    before: str
    after: str
    model: str = ""
    added: tuple = ()
    removed: tuple = ()


def changes(seal, *, only=None, vetoes=False):
    """[Change] of a seal in its order: the facts of today by the sealed scheme and its day. `only`: keys of organisations;
    `vetoes`: whether the reader may see these.

    The queries do not depend on the number of organisations.
    """
    rows = seal.scores.order_by("position")
    if only is not None:
        rows = rows.filter(branch__in=only)
    then, _ = canonical.inputs_of(seal.scheme, seal.county, rows.values_list("inputs", flat=True))
    kept = {branch.pk for branch in then.branches}
    chosen = scoring.graded(then.year, on=then.on, kind=seal.kind).filter(pk__in=kept)
    now = scoring.gather(chosen, then.year, on=then.on, content=then.content, kind=seal.kind)
    judged = {part["key"] for part in _parts(then.content).values() if part["by"] == "manual"}
    found = []
    for branch in then.branches:
        for key, part in _parts(then.content).items():
            make = {"branch": branch, "item": part["code"], "part": key, "label": part["label"]}
            if key in judged:
                found += _of_judgement(make, then.manual.get((branch.pk, key)), now.manual.get((branch.pk, key)))
            elif "fact" in part:
                found += _of_fact(
                    make, (then.facts.get(key) or {}).get(branch.pk), (now.facts.get(key) or {}).get(branch.pk)
                )
        found += _of_vetoes(branch, then, now) if vetoes else []
    return found


def _parts(content):
    """key → part, with the code of its item."""
    return {part["key"]: part | {"code": item["code"]} for item in content["items"] for part in item["parts"]}


def _of_judgement(make, before, after):
    if (before and before.points) == (after and after.points):
        return []
    return [Change(**make, before=_points(before), after=_points(after))]


def _points(judged):
    return f"{judged.points} 分" if judged else "没有评定"


def _of_fact(make, before, after):
    if (words := _words(before)) == (now := _words(after)) and _keys(before) == _keys(after):
        return []
    added, removed = sorted(_keys(after) - _keys(before)), sorted(_keys(before) - _keys(after))
    model = after.model if after and after.model else before.model if before else ""
    return [Change(**make, before=words, after=now, model=model, added=tuple(added), removed=tuple(removed))]


def _keys(fact):
    return set(fact.pks) if fact else set()


def _words(fact):
    if fact is None:
        return "没有记录"
    told = plain(fact.value) if fact.whole is None else f"{plain(fact.value)}/{plain(fact.whole)}"
    missing = "、".join(map(str, fact.missing))
    return told + (f"；缺：{missing}" if missing else "") + ("；不得分" if fact.is_void else "")


def plain(number):
    return f"{Decimal(number).quantize(Decimal('0.01')).normalize():f}"


def _of_vetoes(branch, then, now):
    before, after = (set(each.vetoes.get(branch.pk, ())) for each in (then, now))
    if before == after:
        return []
    reasons = {
        row["key"]: row.get("label", row["key"])
        for part in _parts(then.content).values()
        if part["by"] == "veto"
        for row in part["reasons"]
    }
    told = ["、".join(reasons.get(key, key) for key in sorted(keys)) or "没有" for keys in (before, after)]
    return [Change(branch, "", "", "一票否决", *told, model=Veto._meta.label)]


def records(found, user):
    """(model, key) → the record, of those that still are and that `user` may see: one query for each kind of record."""
    wanted = defaultdict(set)
    for change in found:
        if change.model:
            wanted[change.model].update((*change.added, *change.removed))
    seen = {}
    for label, keys in wanted.items():
        model = apps.get_model(label)
        if keys and hasattr(model, "get_absolute_url") and hasattr(model.objects, "visible_to"):
            rows = model.objects.visible_to(user).in_bulk(keys)
            seen |= {(label, key): row for key, row in rows.items()}
    return seen
