"""The dues of the invented county: bases of two years, payments by manner, hand-overs, a waiver waiting and one approved."""

from datetime import date, datetime, time, timedelta
from decimal import Decimal

from dateutil.relativedelta import relativedelta
from django.db.models import DateTimeField, F
from django.db.models.functions import Cast
from django.utils import timezone

from branches.demo import GOOD, WEAK
from jobs.copying import insert
from members.dues import Rates
from members.dues_ledger import owed
from members.models import DuesBase, DuesConsent, DuesHandover, DuesPayment, DuesWaiver

FLUSH = 4000
WHOLE = 10  # branches of which two full years are drawn; of the others the running year
LATE = {GOOD: 0.0, WEAK: 0.22}  # of the payments of a month; any other manner: a few
MISSED = {GOOD: 0.0, WEAK: 0.06}


def build(county, rng):
    """Bases, then month by month what each branch collected on its 主题党日, late or not at all."""
    sketches = [sketch for sketch in county.sketches if sketch.is_leaf and sketch.author]
    by_branch = {sketch.branch.pk: sketch for sketch in sketches}
    last, this = county.years
    newest = county.today.replace(day=1) - relativedelta(months=county.today.day < 26)
    first = date(this, 1, 1)
    whole = [sketch.branch.pk for sketch in sketches if sketch.is_star] + [*by_branch][:WHOLE]
    rows = owed([*by_branch], first, newest) + owed(whole, date(last, 1, 1), first - relativedelta(months=1))
    bases = _bases(rng, rows, by_branch, (last, this))
    quarterly = _consents(sketches, this)
    behind = _behind(rng, rows, by_branch, newest)
    rates, payments, sums = Rates(), [], {}
    for due in rows:
        sketch = by_branch[due.branch]
        paid_on = _paid_on(rng, due, sketch, county, quarterly)
        if paid_on is None or (due.member in behind and due.month > behind[due.member]):
            continue
        amount = rates.due(bases[due.member, due.month.year], due.month)
        payments.append(
            DuesPayment(
                member_id=due.member, branch_id=due.branch, month=due.month, payable=amount, paid=amount, paid_on=paid_on,
                method="through" if rng.random() < 0.03 else "self", created_by=sketch.author,
            )
        )  # fmt: skip
        quarter = due.branch, due.month.year, (due.month.month + 2) // 3
        sums[quarter] = sums.get(quarter, 0) + amount
        if len(payments) >= FLUSH:
            insert(payments)
            payments.clear()
    insert(payments)
    _hand_over(county, by_branch, sums)
    _waive(county, by_branch, rows)
    DuesHandover.objects.update(created_at=Cast(F("handed_on"), DateTimeField()))


def _bases(rng, rows, by_branch, years):
    """(member, year) → base; a wage grows a little from year to year."""
    found = {}
    for member, branch in {due.member: due.branch for due in rows}.items():
        sketch = by_branch[branch]
        kind = DuesBase.Kind.PENSION if sketch.is_retired else DuesBase.Kind.WAGE
        amount = Decimal(rng.randint(3200, 6800) if sketch.is_retired else rng.randint(3600, 9200))
        for year in years:
            found[member, year] = DuesBase(
                member_id=member,
                year=year,
                kind=kind,
                amount=amount + 120 * (year - years[0]),
                created_by=sketch.author,
            )
    insert(found.values())
    return found


def _consents(sketches, year):
    """The branch keys that pay by the quarter: every twentieth, old people above all."""
    agreed = [sketch for place, sketch in enumerate(sketches) if sketch.is_retired or place % 20 == 7][
        : len(sketches) // 12
    ]
    insert(
        DuesConsent(branch=sketch.branch, year=year, agreed_on=date(year, 1, 12), basis="支部党员大会讨论同意", created_by=sketch.author)
        for sketch in agreed
    )  # fmt: skip
    return {sketch.branch.pk for sketch in agreed}


def _behind(rng, rows, by_branch, newest):
    """member → the last month paid: in every third weak branch somebody is one to five months in arrears."""
    weak = sorted({due.branch for due in rows if by_branch[due.branch].manner[1] == WEAK})
    found = {}
    for place, branch in enumerate(weak[::3]):
        here = sorted({due.member for due in rows if due.branch == branch and due.month == newest})
        if here:
            found[rng.choice(here)] = newest - relativedelta(months=(6, 4, 2)[place % 3])
    return found


def _paid_on(rng, due, sketch, county, quarterly):
    """The day of payment: at the 主题党日 around the 25th, in a quarterly branch near the quarter's end, or late."""
    manner = sketch.manner[due.month.year == county.years[1]]
    chance = rng.random()
    day = due.month.replace(day=25 - rng.randint(0, 4))
    if due.branch in quarterly and due.month.year == county.years[1]:
        last = due.month + relativedelta(months=(3 - due.month.month) % 3)
        day = last.replace(day=20)
    elif chance < MISSED.get(manner, 0.004):
        return None
    elif chance < LATE.get(manner, 0.03):
        day += timedelta(days=rng.randint(9, 40))
    return day if day <= county.today else None


def _hand_over(county, by_branch, sums):
    """Each quarter that is over; the weak forget the last one, and nobody has signed yet for the newest."""
    rows, clerk = [], county.users["gongwei"]
    newest = max(((year, quarter) for _, year, quarter in sums), default=None)
    for (branch, year, quarter), amount in sums.items():
        over_on = date(year, 3 * quarter, 1) + relativedelta(months=1)
        sketch = by_branch[branch]
        if over_on + timedelta(days=8) > county.today or ((year, quarter) == newest and sketch.manner[1] == WEAK):
            continue
        row = DuesHandover(
            branch_id=branch, year=year, quarter=quarter, amount=amount, handed_on=over_on + timedelta(days=branch % 8),
            created_by=sketch.author,
        )  # fmt: skip
        if over_on + timedelta(days=45) < county.today:
            row.receipt, row.received_by = f"{year}{quarter}-{len(rows) + 1:03d}", clerk
            row.received_at = _at(row.handed_on + timedelta(days=1))
        rows.append(row)
    insert(rows)


def _waive(county, by_branch, rows):
    """One waiver that was approved, one that waits."""
    year = county.years[1]
    newest = max((due.month for due in rows), default=None)
    found = list(dict.fromkeys(due.member for due in rows if due.month == newest))[::40]
    for place, member in enumerate(found[:2]):
        branch = next(due.branch for due in rows if due.member == member)
        waiver = DuesWaiver(
            member_id=member, from_month=date(year, 1 if place == 0 else newest.month, 1), to_month=date(year, 12, 1),
            amount=Decimal(place and 5), reason="本人重病，医疗支出大" if place == 0 else "家庭生活困难",
            created_by=by_branch[branch].author,
        )  # fmt: skip
        if place == 0:
            waiver.state, waiver.decided_by = DuesWaiver.State.APPROVED, county.users["gongwei"]
            waiver.decided_at = _at(date(year, 1, 15))
        waiver.save()


def _at(day):
    return timezone.make_aware(datetime.combine(day, time(10)))
