"""Hours that members got elsewhere: most have enough of them, some are short, and one secretary has just what is asked."""

from datetime import date, timedelta
from decimal import Decimal

from django.db.models import DateTimeField, F
from django.db.models.functions import Cast

from branches.demo import GOOD, ORDINARY, WEAK
from duties.demo.moments import at
from jobs.copying import insert
from training import ledger
from training.models import OtherHours

Kind, State = OtherHours.Kind, OtherHours.State
ONLINE = {GOOD: (30, 38), ORDINARY: (26, 37), WEAK: (12, 34)}
CALLED = {GOOD: 0.92, ORDINARY: 0.75, WEAK: 0.35}  # 班子 called to a school further up
BLURRED = "证明上看不清学时，请换一份清楚的再报"
HALF = Decimal("0.5")


def build(county, rng):
    rows = [
        row
        for sketch in county.sketches
        if sketch.is_leaf
        for year, manner in zip(county.years, sketch.manner, strict=True)
        for row in _of(county, rng, sketch, year, manner)
    ]
    star = next(sketch for sketch in county.sketches if sketch.is_star)
    rows += _everything(county, star)
    insert(rows)
    OtherHours.objects.update(created_at=Cast(F("ended_on"), DateTimeField()) + timedelta(hours=9))
    _just_enough(county, star)


def _of(county, rng, sketch, year, manner):
    """网络学习 of everybody, and of the 班子 a course at a school further up."""
    first = date(year, 1, 1)
    last = min(date(year, 11, 30), county.today)
    share = Decimal((last - first).days + 1) / ((date(year, 11, 30) - first).days + 1)
    least, most = ONLINE[manner]
    team = {pk for pk, _ in sketch.committee} | {pk for pk, *_ in sketch.leaders}
    for number, stay in enumerate(stay for stay in sketch.roster if stay.covers(last)):
        hours = max((rng.randint(least, most) * share // HALF) * HALF, HALF)
        state = (
            State.ENTERED if year == county.today.year and (number + sketch.branch.order) % 4 == 0 else State.CONFIRMED
        )
        yield _row(
            county, sketch, stay.pk, year, Kind.ONLINE, "云南干部在线学习", first, last, hours, state,
            evidence="学习平台学时证明",
        )  # fmt: skip
        if stay.pk in team and rng.random() < CALLED[manner]:
            day = min(date(year, 5, 20), last)
            yield _row(
                county, sketch, stay.pk, year, Kind.UPPER, "市教育体育系统党务骨干培训班", day, min(day + timedelta(days=2), last),
                Decimal(24), State.CONFIRMED, evidence=f"市教体党通〔{year}〕12号", is_concentrated=True,
            )  # fmt: skip


def _row(county, sketch, member, year, kind, title, first, last, hours, state, **fields):
    checked = {}
    if state != State.ENTERED:
        by = county.users["gongwei-admin" if sketch.author is county.users["gongwei"] else "gongwei"]
        checked = {"checked_by": by, "checked_at": at(min(last + timedelta(days=4), county.today), 15)}
    return OtherHours(
        member_id=member, branch=sketch.branch, year=year, kind=kind, title=title, organiser="", started_on=first,
        ended_on=last, hours=hours, state=state, created_by=sketch.author, **checked, **fields,
    )  # fmt: skip


def _everything(county, star):
    """One of every kind and state, for looking at."""
    today, year = county.today, county.today.year
    day = max(today - timedelta(days=15), date(year, 1, 1))
    people = [stay.pk for stay in star.roster if stay.covers(today)]
    for number, (kind, title, hours, state) in enumerate((
        (Kind.PARTY_SCHOOL, "市委党校专题研讨班", 16, State.CONFIRMED), (Kind.LECTURING, "在支部讲授党课", 2, State.ENTERED),
        (Kind.SELF, "自学《中国共产党纪律处分条例》", 4, State.RETURNED), (Kind.OTHER, "县文明办志愿服务培训", 3, State.ENTERED),
    )):  # fmt: skip
        reason = {"return_reason": BLURRED} if state == State.RETURNED else {}
        yield _row(
            county, star, people[(3 + number) % len(people)], year, kind, title, day, day, Decimal(hours), state,
            evidence="支部证明", is_concentrated=kind == Kind.PARTY_SCHOOL, **reason,
        )  # fmt: skip


def _just_enough(county, star):
    """The star's secretary has exactly what a secretary needs this year, as far as the year's own hours can be fitted."""
    year = county.today.year
    member = star.leaders[0][0] if star.leaders else None
    found = ledger.hours([member], year, on=county.today).get(member) if member else None
    row = OtherHours.objects.filter(member=member, year=year, kind=Kind.ONLINE).first()
    if found is None or found.need is None or row is None:
        return
    fitted = row.hours + found.need - found.total
    if HALF <= fitted <= 400:
        OtherHours.objects.filter(pk=row.pk).update(hours=fitted)
