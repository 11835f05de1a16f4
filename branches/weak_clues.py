"""线索: what the records say that may be a sign of 软弱涣散. A person looks and decides; nothing is proposed by itself."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from dateutil.relativedelta import relativedelta
from django.urls import reverse

from branches.models import Branch, CatalogueEntry, WeakCase
from rulebook import facts
from rulebook.book import value
from rulebook.facts import Period

THIS_YEAR, LAST_YEAR = 0, 1


@dataclass(frozen=True)
class Clue:
    """One sign: the fact by its path, when it is one, how it is said, and by which words the reason is known in the list."""

    key: str
    label: str
    path: str
    is_sign: Callable  # (Fact, numbers of weak.suspect, day) → bool
    words: Callable  # (Fact) → text
    url: Callable  # (branch pk, year) → address of the records
    reasons: tuple
    options: dict = field(default_factory=dict)
    years: tuple = (THIS_YEAR,)  # of which year, counted back; the first that has something on record
    leaves_only: bool = True


def _longer(months_of):
    """Whether more days have gone by than the months that the rule names."""
    return lambda fact, rule, on: on - relativedelta(months=months_of(rule)) > on - relativedelta(days=int(fact.value))


def _undone(fact, rule, on):
    return fact.whole and not fact.value and not fact.open


def _share(fact):
    return fact.value * 100 / fact.whole if fact.whole else Decimal(100)


def _list_of(route, **query):
    text = "".join(f"&{name}={word}" for name, word in query.items())
    return lambda branch, year: f"{reverse(route)}?branch={branch}{text}"


def _list_of_year(route):
    return lambda branch, year: f"{reverse(route)}?branch={branch}&year={year}"


def _page(branch, year):
    return reverse("branches:detail", args=[branch])


def _sheet(branch, year):
    return reverse("assessment:sheet", args=[year, branch])


CLUES = (
    Clue(
        "vacant", "书记长期空缺", "members.facts.days_without_secretary",
        lambda fact, rule, on: fact.value > rule["vacant_days"],
        lambda fact: f"{fact.missing[0]}，已 {fact.value} 天", _page, ("空缺", "配备不齐"), leaves_only=False,
    ),
    Clue(
        "term", "届满未换届", "branches.facts.days_term_overdue", lambda fact, rule, on: fact.value > 0,
        lambda fact: f"{fact.missing[0]}，逾期 {fact.value} 天", _page, ("换届",), leaves_only=False,
    ),
    Clue(
        "meeting", "长期没有召开党员大会", "meetings.facts.days_without", _longer(lambda rule: 3 * rule["meeting_quarters"]),
        lambda fact: f"支部党员大会{fact.missing[0]}", _list_of("meetings:list", kind="members_meeting"),
        ("组织生活", "制度"), {"kind": "members_meeting"},
    ),
    Clue(
        "party_day", "长期没有主题党日", "meetings.facts.days_without", _longer(lambda rule: rule["party_day_months"]),
        lambda fact: f"主题党日{fact.missing[0]}", _list_of("meetings:list", kind="theme_party_day"),
        ("组织生活", "制度"), {"kind": "theme_party_day"},
    ),
    Clue(
        "life_meeting", "没有召开组织生活会", "duties.facts.met", _undone, lambda fact: "上年度没有召开组织生活会",
        _list_of_year("duties:list"), ("组织生活", "制度"), {"rule": "org_life_meeting"}, years=(LAST_YEAR,),
    ),
    Clue(
        "appraisal", "没有开展民主评议党员", "members.facts.appraised", _undone, lambda fact: "上年度没有开展民主评议党员",
        _list_of_year("members:appraisals"), ("组织生活", "制度"), years=(LAST_YEAR,),
    ),
    Clue(
        "members", "正式党员不足", "members.facts.full_members", lambda fact, rule, on: fact.value < rule["full_members"],
        lambda fact: f"正式党员 {fact.value} 人", _list_of("members:list"), ("其他",),
    ),
    Clue(
        "poll", "群众满意度低", "members.facts.mass_poll", lambda fact, rule, on: _share(fact) < rule["mass_poll"],
        lambda fact: f"群众测评满意率 {_share(fact):.1f}%", _list_of_year("members:polls"), ("满意",),
        years=(THIS_YEAR, LAST_YEAR),
    ),
    Clue(
        "last", "年度考核排名末位", "assessment.facts.last_places", lambda fact, rule, on: fact.value <= rule["last_places"],
        lambda fact: fact.missing[0], _sheet, ("末位",), years=(LAST_YEAR,),
    ),
    Clue(  # a sign to look at: nobody is to be taken in for the sake of a number
        "prospects", "长期没有发展对象", "recruitment.facts.years_without", lambda fact, rule, on: fact.value > 0,
        lambda fact: fact.missing[0], _list_of("recruitment:list"), ("不发展党员",),
    ),
)  # fmt: skip


@dataclass(frozen=True)
class Sign:
    """A clue that one organisation gives: the words, where its records are, and the reason it may stand for."""

    key: str
    label: str
    words: str
    url: str
    reasons: tuple


def signs(branches, on):
    """branch pk → the signs of those of `branches` that give any. The queries do not depend on their number."""
    rule = value("weak.suspect", on=on)
    chosen = Branch.objects.filter(pk__in=branches.values("pk"))
    leaves = set(chosen.graded().values_list("pk", flat=True))
    found = {}
    for clue in CLUES:
        facts_of, year = _asked(clue, chosen, on)
        for branch, fact in facts_of.items():
            if (not clue.leaves_only or branch in leaves) and clue.is_sign(fact, rule, on):
                sign = Sign(clue.key, clue.label, clue.words(fact), clue.url(branch, year), clue.reasons)
                found.setdefault(branch, []).append(sign)
    return found


def _asked(clue, branches, on):
    """({branch: Fact}, year) of the first year that has something on record."""
    for back in clue.years:
        year = on.year - back
        period = Period(year, date(year, 1, 1), date(year, 12, 31), on)
        if (answer := facts.compute(clue.path, branches, period, **clue.options)) is not None:
            return answer, year
    return {}, on.year


def suspects(branches, on):
    """Rows (branch, its signs) of organisations at work without a running case, those with most signs first."""
    busy = WeakCase.objects.running().values("branch")
    free = branches.at_work(on).exclude(parent=None).exclude(pk__in=busy)
    found = signs(free, on)
    rows = [(branch, found[branch.pk]) for branch in free.filter(pk__in=found).in_order()]
    return sorted(rows, key=lambda row: -len(row[1]))


def prefilled(found, year):
    """What a form begins with: the reasons of this year's list that the signs stand for, and the signs in words."""
    wanted = [word for sign in found for word in sign.reasons]
    entries = CatalogueEntry.objects.of(CatalogueEntry.Catalogue.WEAK_REASON, year)
    reasons = [entry.pk for entry in entries if any(word in entry.label for word in wanted)]
    return {"reasons": reasons, "grounds": "；".join(sign.words for sign in found)[:500]}
