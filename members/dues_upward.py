"""党费 between a branch and those above it: 减免, 按季交纳, 上缴 and the receipt."""

from datetime import date
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Sum
from django.utils import timezone

from accounts import audit
from branches.models import Branch
from branches.rights import require
from members.models import DuesHandover, DuesPayment, DuesWaiver, Member, Membership

LONGEST_WAIVER = 12  # months: hardship is looked at again after a year


@transaction.atomic
def ask_waiver(waiver, *, by, on):
    """A branch asks, on the member's application, that dues be lowered or waived (减免)."""
    Member.objects.select_for_update(no_key=True).get(pk=waiver.member_id)
    require(by, "dues.edit", at=_home(waiver.member, on))
    known = DuesWaiver.objects.filter(member=waiver.member_id).exclude(state=DuesWaiver.State.REFUSED)
    if known.filter(from_month__lte=waiver.to_month, to_month__gte=waiver.from_month).exists():
        raise ValidationError("这段时间已经申报过减免。")
    months = (waiver.to_month.year - waiver.from_month.year) * 12 + waiver.to_month.month - waiver.from_month.month + 1
    if months > LONGEST_WAIVER:
        raise ValidationError(f"一次最多申报 {LONGEST_WAIVER} 个月，期满仍有困难的再申报。")
    waiver.created_by, waiver.state = by, DuesWaiver.State.ASKED
    waiver.full_clean()
    waiver.save()
    audit.record("dues.ask_waiver", waiver, by=by, member=waiver.member_id, since=f"{waiver.from_month:%Y-%m}")
    return waiver


@transaction.atomic
def decide_waiver(waiver, *, approve, by, on):
    """The superior committee approves or refuses a waiver."""
    waiver = DuesWaiver.objects.select_for_update(of=("self",)).select_related("member").get(pk=waiver.pk)
    require(by, "dues.approve", at=_home(waiver.member, on))
    if waiver.state != DuesWaiver.State.ASKED:
        raise ValidationError("这项减免已经批过。")
    if by.pk in (waiver.created_by_id, waiver.member.user_id):
        raise ValidationError("您自己申报的，或者减免的就是您本人，须由另一位同志审批。")
    waiver.state = DuesWaiver.State.APPROVED if approve else DuesWaiver.State.REFUSED
    waiver.decided_by, waiver.decided_at = by, timezone.now()
    waiver.full_clean()
    waiver.save(update_fields=["state", "decided_by", "decided_at"])
    audit.record("dues.decide_waiver", waiver, by=by, member=waiver.member_id, approved=approve)
    return waiver


def _home(member, on):
    """The branch of that day: who may write of its members may write of this one."""
    home = Membership.objects.filter(member=member).on(on).select_related("branch").first()
    if home is None:
        raise ValidationError("这位同志现在不在任何支部，请先办理组织关系。")
    return home.branch


@transaction.atomic
def agree_quarterly(consent, *, by, on):
    """A branch decides that the dues of a year are paid by the quarter; in time is then until the quarter's last day."""
    require(by, "dues.edit", at=consent.branch)
    if consent.agreed_on > on:
        raise ValidationError({"agreed_on": "支部同意的日期不能晚于今天。"})
    quarter = on.replace(month=3 * ((on.month - 1) // 3) + 1, day=1)
    if consent.agreed_on < quarter:  # otherwise what came late would become punctual afterwards
        raise ValidationError(
            {"agreed_on": f"按季交纳从登记的这一季度算起，同意日期不能早于 {quarter:%Y-%m-%d}；以前的月份仍按月计算。"}
        )
    consent.created_by = by
    consent.full_clean()
    consent.save()
    audit.record("dues.agree_quarterly", consent.branch, by=by, year=consent.year, agreed_on=str(consent.agreed_on))
    return consent


def quarter_of(year, quarter):
    """First days of a quarter's first and last month."""
    return date(year, 3 * quarter - 2, 1), date(year, 3 * quarter, 1)


def collected(branch, year, quarter):
    """What `branch` has collected for the months of a quarter."""
    months = DuesPayment.objects.filter(branch=branch, month__range=quarter_of(year, quarter))
    return months.aggregate(sum=Sum("paid"))["sum"] or Decimal(0)


@transaction.atomic
def hand_over(handover, *, by, on):
    """A branch enters what it handed upward for a quarter, or corrects it while nobody has signed for it."""
    branch = Branch.objects.select_for_update(of=("self",), no_key=True).get(pk=handover.branch_id)
    require(by, "dues.edit", at=branch)
    if handover.handed_on > on:
        raise ValidationError({"handed_on": "上缴日期不能晚于今天。"})
    if handover.handed_on < quarter_of(handover.year, handover.quarter)[0]:
        raise ValidationError({"handed_on": "上缴日期早于这个季度。"})
    known = DuesHandover.objects.filter(branch=branch, year=handover.year, quarter=handover.quarter).first()
    if known is not None:
        if known.received_at:
            raise ValidationError("上级已经收讫，不能再改；多缴少缴的在下一季度一并结清，或请上级党组织处理。")
        known.amount, known.handed_on, known.created_by = handover.amount, handover.handed_on, by
        handover = known
    else:
        handover.created_by = by
    handover.full_clean()
    handover.save()
    audit.record(
        "dues.hand_over", handover, by=by, year=handover.year, quarter=handover.quarter, sum=str(handover.amount)
    )
    return handover


@transaction.atomic
def receive(handover, *, receipt, by, on):
    """The superior organisation signs for what was handed upward, with the number of its receipt."""
    found = DuesHandover.objects.select_for_update(of=("self",)).select_related("branch__parent")
    handover = found.get(pk=handover.pk)
    require(by, "dues.approve", at=handover.branch)
    if handover.received_at:
        raise ValidationError("这笔上缴已经收讫。")
    if handover.created_by_id == by.pk:
        raise ValidationError("您自己登记上缴的，须由另一位同志收讫。")
    handover.receipt, handover.received_by, handover.received_at = receipt, by, timezone.now()
    handover.full_clean()
    handover.save(update_fields=["receipt", "received_by", "received_at"])
    audit.record(
        "dues.receive", handover, by=by, year=handover.year, quarter=handover.quarter, sum=str(handover.amount)
    )
    return handover
