"""The figures of a report, filled from the records as of a day: each with its words, its footnote and its records.

What is filled in is stored with the report, so that the paper says again what it said; the page counts anew beside it.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from functools import reduce
from operator import or_

from django.db.models import Q

from assessment.review_terms import KINDS
from branches.models import Branch, above
from office.paper import official_date
from rulebook.book import value
from rulebook.facts import Period, compute_all

GAP = "〔未登记〕"
FEW = 50  # organisations that are looked for one by one; for more of them the whole county is read
UPPER = (Branch.Kind.COMMITTEE, Branch.Kind.GENERAL)


@dataclass(frozen=True)
class Figure:
    """`text`: how it reads, `note`: what was counted; `rows`: (model label, keys) of the records; None: nothing on record."""

    key: str
    say: str
    amount: str
    note: str
    rows: tuple

    @property
    def text(self):
        return self.say.format(f"{self.amount}" if self.is_known else GAP)

    @property
    def is_known(self):
        return self.amount != ""

    @property
    def label(self):
        return self.say.format("")

    def kept(self):
        return {"say": self.text, "note": self.note, "known": self.is_known}


def of(branch, year, *, on):
    """[(lead, [Figure])] of an organisation, an upper one with everything below it, as of `on` or the year's own last day.

    A figure that does not apply and may be left out is left out.
    """
    return of_all([branch], year, on=on)[branch.pk]


def of_all(branches, year, *, on):
    """branch id → what `of` gives, by one pass of the facts that the scheme uses."""
    period = Period.of_year(year, on=on)
    below = reduce(or_, [Q(path__startswith=branch.path) for branch in branches], Q(pk__in=[]))
    known = Branch.objects.at_work(period.start, min(on, period.end)).filter(kind__in=KINDS)
    known = known if len(branches) > FEW else known.filter(below)
    paragraphs = value("review.figures", on=min(on, period.end))
    has_upper = any(branch.kind in UPPER for branch in branches)
    wanted = {
        row["key"]: (row["fact"], row.get("options", {}))
        for paragraph in paragraphs
        for row in paragraph["figures"]
        if has_upper or not row.get("upper")
    }
    found = compute_all(wanted, known, period)
    under = defaultdict(list)
    for pk, path in known.values_list("pk", "path"):
        for upper in (*above(path), path):
            under[upper].append(pk)
    return {branch.pk: _paragraphs(branch, paragraphs, found, under[branch.path], period) for branch in branches}


def _paragraphs(branch, paragraphs, found, pks, period):
    made = []
    for paragraph in paragraphs:
        shown = []
        for row in paragraph["figures"]:
            if row.get("upper") and branch.kind not in UPPER:
                continue
            facts = found[row["key"]] or {}
            figure = _figure(row, [facts[pk] for pk in pks if pk in facts], period)
            if figure.is_known or not row.get("optional"):
                shown.append(figure)
        if shown:
            made.append((paragraph["lead"], shown))
    return made


def _figure(row, counted, period):
    """`counted`: the Facts of the organisations concerned, none where nothing is recorded or it does not apply."""
    unit = row["unit"]
    pks = tuple(sorted({pk for fact in counted for pk in fact.pks}))
    model = next((fact.model for fact in counted if fact.pks), "")
    amount, detail = "", ""
    kind = row.get("of", "records")
    if kind == "share":
        got, whole = sum(fact.value for fact in counted), sum(fact.whole or 0 for fact in counted)
        if whole:
            share = (Decimal(got) * 100 / Decimal(whole)).quantize(Decimal("0.1"), ROUND_HALF_UP).normalize()
            amount, detail = f" {share:f}{unit}", f"，{_plain(got)}／{_plain(whole)}"
    elif counted and (kind == "value" or pks):
        number = sum(fact.value for fact in counted) if kind == "value" else len(pks)
        amount = f" {_plain(number)} {unit}"
    until = official_date(min(period.on, date(period.year + 1, 3, 31)))
    year = f"{period.year}年度"
    if amount:
        note = f"据系统{row['counted']}统计（{year}{detail}），截至{until}。"
    else:
        note = f"系统{row['counted']}没有查到{year}的记录（截至{until}）；请核对补登，或者在文中如实说明。"
    return Figure(row["key"], row["say"], amount, note, (model, pks))


def _plain(number):
    return f"{Decimal(number).quantize(Decimal('0.1'), ROUND_HALF_UP).normalize():f}"


def draft(paragraphs):
    """The text of the first section: a sentence for each paragraph."""
    return "\n".join(f"{lead}{'，'.join(figure.text for figure in figures)}。" for lead, figures in paragraphs)


def kept(paragraphs):
    """key → what is stored of each figure."""
    return {figure.key: figure.kept() for _, figures in paragraphs for figure in figures}


def in_order(filled, on):
    """What is stored of the figures, in the order of the rule: the database keeps no order of keys."""
    rows = (
        [row["key"] for paragraph in value("review.figures", on=on) for row in paragraph["figures"]] if filled else []
    )
    return [{"key": key, **filled[key]} for key in rows if key in filled]


def refreshed(text, before, now):
    """(the text with every figure that still reads as it was filled in brought up to date, how many changed)."""
    changed = 0
    for key, figure in now.items():
        old = before.get(key, {}).get("say")
        if old and old != figure["say"] and old in text:
            text, changed = text.replace(old, figure["say"]), changed + 1
    return text, changed


def placed(text, filled):
    """The text in pieces (words, key, note): a figure that reads as it was filled in carries its footnote, once; what was
    written by hand has none."""
    spots, taken = [], []
    for key, figure in sorted(filled.items(), key=lambda each: (-len(each[1]["say"]), each[0])):
        at = text.find(figure["say"])
        while at >= 0 and any(start < at + len(figure["say"]) and at < stop for start, stop in taken):
            at = text.find(figure["say"], at + 1)
        if at >= 0:
            spots.append((at, at + len(figure["say"]), key, figure["note"]))
            taken.append((at, at + len(figure["say"])))
    pieces, here = [], 0
    for start, end, key, note in sorted(spots):
        pieces += [(text[here:start], "", ""), (text[start:end], key, note)]
        here = end
    return [piece for piece in [*pieces, (text[here:], "", "")] if piece[0]]
