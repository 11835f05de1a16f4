"""党费 of a member and of a branch's month: what is to be paid, who has paid, and entering it."""

from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from dateutil.relativedelta import relativedelta
from django.core.exceptions import ValidationError
from django.db import transaction

from accounts import audit
from branches.rights import require
from members import dues_ledger
from members.models import DuesBase, DuesConsent, DuesPayment, Member
from rulebook.book import in_force

CENT = Decimal("0.01")
LONG = Decimal(100_000)  # a month's base beyond it is a year's, or a slip of the finger


class Rates:
    """The rates of each month: those in force on its first day. One query per month, whoever pays."""

    def __init__(self):
        self._books = {}

    def rule(self, key, month):
        if month not in self._books:
            self._books[month] = in_force(on=month)
        return self._books[month].get(f"dues.{key}")

    def payable(self, base, month):
        """What is due of `base` in `month`, or None without a base or before any rate was laid down."""
        if base is None:
            return None
        if base.kind == DuesBase.Kind.FIXED:
            return base.amount.quantize(CENT, ROUND_HALF_UP)
        rule = self.rule(base.kind, month)
        if rule is None:
            return None
        rate = next(rate for most, rate in rule.value if most is None or base.amount <= _exact(most))
        step = _exact(self.rule("rounding", month).value)
        steps = (base.amount * _exact(rate) / step).quantize(Decimal(1), ROUND_HALF_UP)
        return (steps * step).quantize(CENT)

    def due(self, base, month, waived=None):
        """The same after an approved waiver, which only ever lowers it."""
        full = self.payable(base, month)
        return full if waived is None else waived if full is None else min(full, waived)


def _exact(number):
    """A number of the rulebook as it is written there: 0.015, not the nearest binary fraction."""
    return Decimal(str(number))


def payable(base, *, on):
    """What is due of a base in the month of that day: the whole base at the rate of its bracket, half cents up."""
    return Rates().payable(base, on.replace(day=1))


def stamp(payment):
    """A payment as an editor saw it; nothing paid is the empty text. Who comes second is told by it."""
    if payment is None or not payment.paid:
        return ""
    return f"{payment.paid:.2f}|{payment.paid_on}|{payment.method}|{payment.note}"


def last_month(branch, on):
    """The last month for which `branch` may enter dues on that day: the running one, with consent the quarter's last."""
    this = on.replace(day=1)
    if DuesConsent.objects.filter(branch=branch, year=on.year, agreed_on__lte=on).exists():
        return date(on.year, (on.month - 1) // 3 * 3 + 3, 1)
    return this


@dataclass
class Row:
    """One line of a branch's month."""

    member: Member
    base: DuesBase | None
    payable: Decimal | None
    waived: Decimal | None
    until: date | None
    payment: DuesPayment | None
    is_owed: bool = True  # False: paid here, but by the register the month is not owed here

    @property
    def is_paid(self):
        return self.payment is not None and self.payment.paid > 0

    @property
    def is_late(self):
        return self.is_paid and self.until is not None and self.payment.paid_on > self.until

    @property
    def short(self):
        """What is missing of a payment, below nothing when more was paid (自愿多交)."""
        return self.payable - self.payment.paid if self.is_paid and self.payable is not None else Decimal(0)


def month_rows(branch, month, *, rates=None):
    """[Row] of everybody who owes the month in `branch` or has paid it there, by name. Five queries at any length."""
    owed = {due.member: due for due in dues_ledger.owed([branch.pk], month, month)}
    here = DuesPayment.objects.filter(month=month, branch=branch, paid__gt=0).exclude(member__in=owed)
    payments = {
        each.member_id: each
        for each in (DuesPayment.objects.filter(month=month, member__in=owed) | here).select_related("branch")
    }
    people = Member.objects.filter(pk__in={*owed, *payments}).order_by("strokes", "name", "pk")
    bases = {base.member_id: base for base in DuesBase.objects.filter(member__in=people, year=month.year)}
    rates, rows = rates or Rates(), []
    for member in people:
        due, base = owed.get(member.pk), bases.get(member.pk)
        waived = due.waived if due else None
        rows.append(
            Row(member, base, rates.due(base, month, waived), waived, due.until if due else None,
                payments.get(member.pk), due is not None)
        )  # fmt: skip
    return rows


@dataclass
class Entry:
    """What somebody wrote on one line; `paid` None: not paid. `seen` is the stamp of what stood there before."""

    member: int
    seen: str
    paid: Decimal | None = None
    paid_on: date | None = None
    method: str = DuesPayment.Method.SELF
    note: str = ""


class Clash(ValidationError):
    """Lines that somebody else has changed since this page was opened: `members` are their keys."""

    def __init__(self, members):
        super().__init__(
            f"有 {len(members)} 位同志的党费刚被别人登记或更正，已在下面标出。核对后再保存一次，就以您的为准。"
        )
        self.members = members


@transaction.atomic
def record_month(branch, month, entries, *, by, on):
    """Enter or correct the dues of a month, all lines or none. A wrong line is corrected, never deleted.

    Returns (entered, corrected); raises `Clash` when somebody else was faster on a line that is changed here.
    """
    require(by, "dues.edit", at=branch)
    if month > last_month(branch, on):
        raise ValidationError(f"{month.year} 年 {month.month} 月还没到。经支部同意按季交纳的，可以登记到本季度末。")
    keys = [entry.member for entry in entries]
    list(Member.objects.select_for_update(no_key=True).filter(pk__in=keys).order_by("pk"))
    rows = {row.member.pk: row for row in month_rows(branch, month)}
    wanted = [(entry, rows.get(entry.member)) for entry in entries if entry.paid == 0 or _stamp_of(entry) != entry.seen]
    if strangers := [entry for entry, row in wanted if row is None]:
        raise ValidationError(f"有 {len(strangers)} 位同志这个月不在本支部交党费，请刷新页面后再登记。")
    _refuse(branch, wanted, on)
    clashes = {
        entry.member for entry, row in wanted if stamp(row.payment) not in (entry.seen, _stamp_of(entry))
    }  # fmt: skip
    if clashes:
        raise Clash(clashes)
    wanted = [(entry, row) for entry, row in wanted if stamp(row.payment) != _stamp_of(entry)]
    fresh = [
        DuesPayment(member_id=entry.member, branch=branch, month=month, payable=row.payable, paid=entry.paid,
                    paid_on=entry.paid_on, method=entry.method, note=entry.note, created_by=by)
        for entry, row in wanted if row.payment is None
    ]  # fmt: skip
    for payment in fresh:
        payment.clean_fields(exclude=["member", "branch", "created_by"])
    DuesPayment.objects.bulk_create(fresh)
    corrected = [(entry, row) for entry, row in wanted if row.payment is not None]
    for entry, row in corrected:
        _correct(branch, entry, row, by)
    if fresh:
        total = sum(payment.paid for payment in fresh)
        audit.record("dues.enter", branch, by=by, month=f"{month:%Y-%m}", rows=len(fresh), sum=str(total))
    return len(fresh), len(corrected)


def _stamp_of(entry):
    return stamp(entry) if entry.paid is not None else ""


def _refuse(branch, wanted, on):
    """What no line may say, whoever writes it."""
    for entry, row in wanted:
        if row.is_paid and row.payment.branch_id != branch.pk:
            raise ValidationError(f"{row.member}这个月的党费在别的支部登记，请由那个支部更正。")
        if entry.paid is None:
            continue
        if entry.paid <= 0:
            raise ValidationError(f"{row.member}：实交金额要大于 0；免交的办理党费减免，不用登记。")
        if entry.paid_on is None or entry.paid_on > on:
            raise ValidationError(f"{row.member}：交纳日期要填，且不能晚于今天。")


def _correct(branch, entry, row, by):
    payment, before = row.payment, stamp(row.payment)
    payment.branch = branch  # another branch may have entered it by mistake and taken it back
    if entry.paid is None:
        payment.paid = Decimal(0)
    else:
        payment.paid, payment.paid_on, payment.method = entry.paid, entry.paid_on, entry.method
    payment.note, payment.payable = entry.note, row.payable
    payment.clean_fields(exclude=["member", "branch", "created_by"])
    payment.save(update_fields=["branch", "paid", "paid_on", "method", "note", "payable"])
    audit.record(
        "dues.correct", payment, by=by, month=f"{payment.month:%Y-%m}", member=payment.member_id,
        before=before.split("|")[:3], after=stamp(payment).split("|")[:3],
    )  # fmt: skip


def belated(paid_on, month, rates):
    """Whether a payment comes later than dues may be made good (补交期限): a warning, no refusal."""
    rule = rates.rule("back_months", month)
    return bool(rule) and paid_on >= month + relativedelta(months=rule.value + 1)


def state_of(branch, month):
    """(paid, owed) of a branch's month, for the desk and the page of a 主题党日: 本月党费已收 28/30."""
    found = dues_ledger.tally([branch.pk], month.replace(day=1), month.replace(day=1))
    return (found[0].settled, found[0].due) if found else (0, 0)


# --- bases


@transaction.atomic
def set_bases(branch, year, entries, *, by, on):
    """Enter the bases of a year: [(member key, kind, amount, version seen or 0)]. Returns how many changed.

    What was paid keeps the amount that was due when it was paid.
    """
    require(by, "dues.edit", at=branch)
    if year > on.year + 1:
        raise ValidationError(f"{year} 年还早，基数可以提前一年登记。")
    people = {member.pk: member for member in based(branch, year)}
    list(Member.objects.select_for_update(no_key=True).filter(pk__in=people).order_by("pk"))
    known = {base.member_id: base for base in DuesBase.objects.filter(member__in=people, year=year)}
    changed = 0
    for key, kind, amount, version in entries:
        if key not in people:
            raise ValidationError("名单里有不在本支部的同志，请刷新页面后再登记。")
        _refuse_base(people[key], amount)
        base = known.get(key)
        if base is not None and (base.kind, base.amount) == (kind, amount):
            continue
        if base is None:
            base = DuesBase(member_id=key, year=year, created_by=by)
        else:
            base.claim(version)
        base.kind, base.amount = kind, amount
        base.clean_fields(exclude=["member", "created_by"])
        base.save()
        changed += 1
    if changed:
        audit.record("dues.set_bases", branch, by=by, year=year, rows=changed)
    return changed


def _refuse_base(member, amount):
    if amount is None or amount <= 0:
        raise ValidationError(f"{member}：基数要大于 0；免交的办理党费减免。")
    if amount > LONG:
        raise ValidationError(f"{member}：基数按月填写，{amount} 元可能是一年的收入。")


def based(branch, year):
    """Members who owe `branch` dues in some month of the year, by name."""
    keys = {due.member for due in dues_ledger.owed([branch.pk], date(year, 1, 1), date(year, 12, 1))}
    return list(Member.objects.filter(pk__in=keys).order_by("strokes", "name", "pk"))


@transaction.atomic
def copy_bases(branch, year, *, by, on):
    """Take over last year's bases where this year has none yet. Returns how many."""
    require(by, "dues.edit", at=branch)
    people = based(branch, year)
    known = set(DuesBase.objects.filter(member__in=people, year=year).values_list("member", flat=True))
    before = DuesBase.objects.filter(member__in=people, year=year - 1).exclude(member__in=known)
    fresh = [
        DuesBase(member_id=base.member_id, year=year, kind=base.kind, amount=base.amount, created_by=by)
        for base in before
    ]  # fmt: skip
    DuesBase.objects.bulk_create(fresh, ignore_conflicts=True)
    if fresh:
        audit.record("dues.copy_bases", branch, by=by, year=year, rows=len(fresh))
    return len(fresh)
