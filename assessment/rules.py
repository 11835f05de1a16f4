"""How a fact becomes points: each rule gives (points, words) and, where more can still be had, how much.

A rule gets the part of the scheme, its points as Decimal, and the branch's Fact.
"""

from decimal import Decimal
from functools import cache

from assessment.result import ZERO, cents


def exact(number):
    """A number of the scheme as it is written there: 2 and 2.0 are equal and yet two texts, which a seal tells apart."""
    return _of_text(str(number))


@cache
def _of_text(words):
    return Decimal(words)


def _share(part, most, fact):
    words = [f"{fact.value.normalize():f}/{fact.whole.normalize():f}"]
    if fact.note:
        words.append(fact.note)
    if fact.missing:
        words.append(f"缺：{'、'.join(fact.missing)}")
    if fact.open:
        words.append(f"未到期 {fact.open} 件")
    return most * fact.value / fact.whole, "；".join(words), most * fact.open / fact.whole


def _per_cent(share):
    """0.9 → 90.00%; a share that no records give, as it can be written."""
    return f"{cents(share * 100)}%" if abs(share) < 10**9 else f"{share:.2E}"


def _linear(part, most, fact):
    full, zero = exact(part["full"]), exact(part["zero"])
    share = fact.value / fact.whole
    reached = min(Decimal(1), max(ZERO, (share - zero) / (full - zero)))
    return most * reached, f"{fact.value}/{fact.whole}＝{_per_cent(share)}"


def _minus(part, most, fact):
    lost = min(most, fact.value * exact(part["each"]))
    return most - lost, "；".join(fact.missing) + f"，扣 {lost} 分" if lost else fact.note or "无扣分"


def _per_missing(part, most, fact):
    """Each piece that was owed and is not there takes `each` points; what is not yet due takes nothing yet."""
    short = fact.whole - fact.value - fact.open
    lost = min(most, max(ZERO, short) * exact(part["each"]))
    words = f"应有 {fact.whole}，已有 {fact.value.normalize():f}" + (f"；未到期 {fact.open} 件" if fact.open else "")
    return most - lost, words + (f"；缺：{'、'.join(fact.missing)}" if fact.missing else "") + (
        f"，扣 {lost} 分" if lost else ""
    )


def _amount(fact):
    """What thresholds and steps are compared with: the share where there is a whole, else the number itself."""
    return fact.value / fact.whole if fact.whole else fact.value


def _amount_words(fact):
    if fact.whole:
        return f"{fact.value.normalize():f}/{fact.whole}＝{_per_cent(_amount(fact))}"
    return f"{fact.value.normalize():f}"


def _reached(part, most, fact, steps):
    """Points of the highest step that is reached, and what the open ones could still give."""

    def at(amount):
        return next((points for least, points in steps if amount >= least), ZERO)

    got = at(_amount(fact))
    could = at((fact.value + fact.open) / fact.whole if fact.whole else fact.value + fact.open)
    return got, _amount_words(fact) + (f"；缺：{'、'.join(fact.missing)}" if fact.missing else ""), could - got


def _threshold(part, most, fact):
    return _reached(part, most, fact, [(exact(part["at_least"]), most)])


def _step(part, most, fact):
    steps = sorted(((exact(step["at_least"]), exact(step["points"])) for step in part["steps"]), reverse=True)
    return _reached(part, most, fact, steps)


def _cap(part, most, fact):
    best = limit(part, fact)
    return ZERO, f"{part['because'][str(fact.value)]}，等次最高为{best}" if best else "不限定等次", ZERO


def limit(part, fact):
    """The best grade that a cap leaves to what the fact says; "" where it leaves all."""
    return part["caps"].get(str(fact.value), "")


def lowest(part, reasons):
    """The best grade that these veto reasons leave; "" where there is none. The scheme lists them from the worst grade up."""
    return next((row["at_most"] for row in part["reasons"] if row["key"] in reasons), "")


RULES = {
    "share": _share, "linear": _linear, "minus": _minus, "per_missing": _per_missing, "threshold": _threshold,
    "step": _step, "cap": _cap,
}  # fmt: skip
OF_A_WHOLE = {"share", "linear", "per_missing"}  # of nothing that was owed they say nothing
