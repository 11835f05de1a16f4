"""Years as no record would make them: any facts, judgements, adjustments, vetoes and decisions, by the scheme's file."""

from datetime import date, timedelta
from decimal import Decimal

from assessment import scheme as schemes
from assessment.canonical import Decided
from assessment.scoring import Inputs, Judged
from branches.models import Branch
from rulebook.facts import Fact

WORDS = ("3 月", "第二季度", "迟办：“11 月”", "", "师德\n师风", "𠮷", "a\\b")


def random_inputs(dice, *, most=14, content=None):
    """(Inputs, branch id → Decided)."""
    content = content or schemes.of_year(2025)
    branches = tuple(
        Branch(
            pk=dice.randrange(1, 10**9), name=f"第{place}{dice.choice(WORDS)}党支部", kind="branch", order=place,
            stage=dice.choice([*Branch.Stage.values, ""]), founded_on=date(2025, 1, 1) + timedelta(dice.randrange(-900, 300)),
            closed_on=dice.choice([None, None, date(2025, 1, 1) + timedelta(dice.randrange(300, 800))]),
        )
        for place in range(dice.randrange(1, most))
    )  # fmt: skip
    parts = {part["key"]: part for item in content["items"] for part in item["parts"]}
    facts = {
        key: None
        if dice.random() < 0.1
        else {branch.pk: _fact(dice, part) for branch in branches if dice.random() < 0.85}
        for key, part in parts.items()
        if "fact" in part
    }
    judged = [
        {
            (branch.pk, key): Judged(_cents(dice, part["points"]), dice.choice(WORDS))
            for branch in branches
            for key, part in parts.items()
            if dice.random() < share and part["by"] != "veto"
        }
        for share in (0.3, 0.03)
    ]
    reasons = [row["key"] for part in parts.values() if part["by"] == "veto" for row in part["reasons"]]
    vetoes = {branch.pk: dice.sample(reasons, 1) for branch in branches if dice.random() < 0.1}
    grades = [row["label"] for row in content["grades"]]
    decided = {
        branch.pk: Decided(dice.choice(grades), dice.choice(WORDS)) for branch in branches if dice.random() < 0.1
    }
    on = date(2025, 12, 31) + timedelta(dice.randrange(90))
    return Inputs(2025, on, content, branches, facts, *judged, vetoes), decided


def _cents(dice, most):
    return Decimal(dice.randrange(int(Decimal(str(most)) * 100) + 1)) / 100


def _fact(dice, part):
    whole = Decimal(dice.randrange(1, 60))
    if part["by"] == "cap":
        return Fact(Decimal(dice.choice([*part["caps"], "0"])), pks=(1,))
    is_plain = part["by"] == "minus" or (part["by"] == "threshold" and dice.random() < 0.5)
    value = Decimal(dice.randrange(int(whole) * 10 + 1)) / dice.choice([10, 10, 30])
    return Fact(
        value=value, whole=None if is_plain else whole, model=dice.choice(["meetings.Meeting", "", "duties.Filing"]),
        pks=tuple(dice.sample(range(1, 10**6), dice.randrange(6))), missing=tuple(dice.sample(WORDS, dice.randrange(3))),
        open=Decimal(dice.randrange(4)), note=dice.choice(WORDS), is_void=dice.random() < 0.05,
    )  # fmt: skip
