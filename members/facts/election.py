"""Whether leaderships are elected, and empty seats filled, in time (PF2: 换届、补选按时)."""

from dataclasses import replace
from decimal import Decimal

from dateutil.relativedelta import relativedelta

from branches import facts as organisation
from members.models import Post
from members.vacancies import DAY
from rulebook.book import value
from rulebook.facts import Fact


def months_late_filling(branches, period):
    """branch id → Fact: whole months for which an organisation had no secretary, beyond the grace (补选逾期).

    By the posts on record: empty from the day after a secretary left until the next one begins. Not applicable where no
    secretary was ever on record: nobody knows since when the seat is empty. One query.
    Source: 《中国共产党支部工作条例（试行）》第二十一条：出现空缺应当及时补选; grace is local.
    """
    grace, until = value("term.grace_months", on=period.end), min(period.on, period.end)
    posts = Post.objects.filter(
        term__branch__in=branches, office=Post.Office.SECRETARY, started_on__lte=until
    ).order_by("term__branch", "started_on")
    stretches = {}
    for branch, closed_on, *stretch in posts.values_list(
        "term__branch", "term__branch__closed_on", "started_on", "ended_on"
    ):
        stretches.setdefault(branch, (closed_on, []))[1].append(stretch)
    found = {}
    for branch, (closed_on, held) in stretches.items():
        last = min(until, closed_on) if closed_on else until
        months, words = 0, []
        for since, filled_on in _gaps(held, last):
            ends_on = filled_on or last
            late = relativedelta(max(ends_on, since), since)
            beyond = max(0, late.years * 12 + late.months - grace) if ends_on >= period.start else 0
            if beyond:
                months += beyond
                words.append(f"书记自 {since:%Y-%m-%d} 起空缺，{'逾期补选' if filled_on else '至今未补选'}")
        found[branch] = Fact(Decimal(months), None, "branches.Term", (), tuple(words))
    return found


def _gaps(held, last):
    """Pairs (first day without, day on which the next begins or None when nobody followed by `last`)."""
    served_until = None
    for started_on, ended_on in held:
        if served_until and started_on > served_until + DAY:
            yield served_until + DAY, started_on
        if ended_on is None or ended_on >= last:
            return
        served_until = max(served_until or ended_on, ended_on)
    yield served_until + DAY, None


def months_late_electing(branches, period):
    """branch id → Fact: whole months by which an election or the filling of the secretary's seat is late beyond the grace."""
    found = organisation.months_late_electing(branches, period)
    for branch, filling in months_late_filling(branches, period).items():
        known = found.get(branch, Fact(Decimal(0), None, "branches.Term"))
        found[branch] = replace(known, value=known.value + filling.value, missing=known.missing + filling.missing)
    return found
