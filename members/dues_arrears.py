"""欠交党费: how long, what the rules foresee at each length, in words. Nothing here acts by itself (系统只提示)."""

from typing import NamedTuple

from branches.models import Branch
from members import dues_ledger
from members.dues_sheet import months_of
from members.models import Member
from rulebook.book import in_force


class Level(NamedTuple):
    """From how many months one after the other, what the branch should do, and where that is written."""

    months: int
    act: str
    source: str


ACTS = (
    "提醒本人按月交纳，问清原因",
    "支部书记当面了解情况；确有困难的，由本人申请，按程序办理减免",
    "支部书面提醒本人补交，作好记录，并报告上级党组织",
)
LAPSE = "没有正当理由的，按自行脱党由支部大会讨论决定，报上级党组织批准；有正当理由的，补交或办理减免"


def levels(on):
    """[Level], the mildest first, by the rules in force on that day."""
    book = in_force(on=on)
    reminders, lapse = book["dues.reminders"], book["dues.lapse_months"]
    found = [
        Level(months, ACTS[min(place, len(ACTS) - 1)], reminders.source)
        for place, months in enumerate(sorted(reminders.value))
        if months < lapse.value
    ]
    return [*found, Level(lapse.value, LAPSE, lapse.source)]


def rows(branches, *, on, at_least=1, word=""):
    """Rows of the list of arrears in `branches`, the longest first: member, branch, run, months in words, level, act.

    `at_least` months one after the other; `word` is a name or its initials. Four queries at any length.
    """
    steps = levels(on)
    found = [each for each in dues_ledger.arrears([branch.pk for branch in branches], on=on) if each.run >= at_least]
    members = Member.objects.filter(pk__in=[each.member for each in found])
    if word:
        members = members.filter(name__contains=word) | members.filter(initials__startswith=word.lower())
    members, homes = members.in_bulk(), Branch.objects.in_bulk({each.branch for each in found})
    return [
        {
            "member": members[each.member], "branch": homes[each.branch], "run": each.run, "months": months_of(each.months),
            "newest": each.months[-1], "level": level, "act": level.act if level else "", "is_last": level == steps[-1],
        }
        for each in found if each.member in members
        for level in [max((step for step in steps if step.months <= each.run), default=None)]
    ]  # fmt: skip
