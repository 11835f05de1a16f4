"""Where the 100 points of a year are: had, still to be had and until when, gone, and what only the end of the year tells."""

from datetime import date
from decimal import Decimal

from assessment.result import SCORED, ZERO, cents

FULL = Decimal(100)
NAMED = 3  # periods that are named one by one
# What is short today may be there before the year is over; of everything else a period that is over does not come back.
MENDABLE = {
    "branches.facts.brands", "meetings.facts.attendance", "members.facts.mass_poll", "members.facts.titles",
    "recruitment.facts.backbone_share", "training.facts.hours_reached",
}  # fmt: skip
BESIDE = {"members.facts.appraised": "org_life_meeting"}  # is met until the day of this duty


def in_total(score, dimension, points):
    """Points of an item as points of the total, which is re-scaled inside the dimension and over the dimensions."""
    counted = sum((each.weight for each in score.dimensions if each.points is not None), ZERO)
    return points * dimension.weight / dimension.out_of * 100 / counted


def rules_of(content):
    """Part key → options of the parts that count duties."""
    return {
        part["key"]: part["options"]
        for item in content["items"]
        for part in item["parts"]
        if part.get("options", {}).get("rule")
    }


def facts_of(content):
    """Part key → the fact that it counts."""
    return {part["key"]: part["fact"] for item in content["items"] for part in item["parts"] if "fact" in part}


def wanted(content):
    """The duties by whose days it is told what can still be had, and until when."""
    return {options["rule"] for options in rules_of(content).values()} | set(BESIDE.values())


def gains(score, undone):
    """What can still be had, as plain data: the matters, points of the total, from when and until when the first of them; the
    one that ends first stands first. `undone`: rule → (words, first day, last day with full points) of what is not yet met."""
    rules, facts, found = rules_of(score.content), facts_of(score.content), []
    for dimension in score.dimensions:
        for item, part in ((each, part) for each in dimension.items for part in each.parts if part.still):
            rule, fact = rules.get(part.key, {}).get("rule", ""), facts.get(part.key, "")
            left = undone.get(rule or BESIDE.get(fact), ())
            until = min((until for _, _, until in left), default=date(score.content["year"], 12, 31))
            found.append(
                {
                    "key": part.key, "rule": rule, "fact": fact, "count": len(left) if rule else 1,
                    "words": (several([words for words, _, _ in left]) if rule else "") + _named(item, part),
                    "points": str(cents(in_total(score, dimension, part.still))),
                    "opens": min(opens for _, opens, _ in left).isoformat() if left else None, "until": until.isoformat(),
                }
            )  # fmt: skip
    return sorted(found, key=lambda row: (row["until"], -Decimal(row["points"])))


def several(labels):
    """11 月、12 月, or 2 月等 11 期: as much as one reads."""
    return "、".join(labels) if len(labels) <= NAMED else f"{labels[0]}等 {len(labels)} 期"


def short(score, on, *, is_over=False):
    """(what is gone, what may still move) of the points that are neither had nor still to be had, most first, with the reason.

    Gone is what cannot be had any more. Later records or another judgement may move the rest: what people judge can be judged
    anew. `is_over`: the year is sealed, whatever the day.
    """
    facts, is_over = facts_of(score.content), is_over or on > date(score.content["year"], 12, 31)
    gone, unsure = [], []
    for dimension in score.dimensions:
        for item in dimension.items:
            for part in item.parts:
                lacking = part.most - part.points - part.still
                if part.state != SCORED or lacking <= 0:
                    continue
                points = cents(in_total(score, dimension, lacking))
                if part.fact and (is_over or facts[part.key] not in MENDABLE):
                    gone.append({"key": part.key, "words": _named(item, part), "why": _why(part), "points": points})
                else:
                    unsure.append({"words": _named(item, part), "why": part.reason, "points": points})
    return tuple(sorted(rows, key=lambda row: -row["points"]) for rows in (gone, unsure))


def _why(part):
    if not part.fact.missing:
        return part.reason
    late = next((words for words in part.fact.note.split("；") if words.startswith("迟办")), "")
    return "；".join(filter(None, [f"缺：{'、'.join(part.fact.missing)}", late]))


def left_out(score):
    """What is not scored, with its own points: the total is re-scaled without it."""
    return [
        {"words": _named(item, part), "why": part.reason, "points": part.most}
        for dimension in score.dimensions for item in dimension.items for part in item.parts if part.state != SCORED
    ]  # fmt: skip


def _named(item, part):
    """月报（意识形态工作）: the part by its own name, with that of its item where there are several and it does not say so."""
    return part.label if len(item.parts) == 1 or part.label in item.label else f"{part.label}（{item.label}）"


def of_score(score, gone, unsure):
    """{got, still, lost, open, extra}: the first four together are the full 100, the bonus stands apart; None where nothing is
    scored yet. The figures are of rounded parts: the cent that is over goes to what is least exact."""
    if score.total is None:
        return None
    lost, unsettled = (sum((row["points"] for row in rows), ZERO) for rows in (gone, unsure))
    got = score.total - score.extra
    over = FULL - got - score.still - lost - unsettled
    if unsettled or not lost:
        unsettled = max(ZERO, unsettled + over)
    else:
        lost += over
    return {"got": got, "still": score.still, "lost": lost, "open": unsettled, "extra": score.extra}
