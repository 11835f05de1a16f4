"""A 通报批评 that follows a visit asks for an answer until a day: the duty of whoever received it."""

from datetime import timedelta

from branches.models import Notice, Receipt
from duties.models import Duty, Fulfilment
from jobs.copying import insert
from rulebook.book import value


def build(county):
    late = timedelta(days=value("duty.late_window", on=county.today)["days"])
    receipts = Receipt.objects.filter(notice__kind=Notice.Kind.CRITICISM, notice__deadline_on__isnull=False)
    receipts = list(receipts.select_related("notice").order_by("pk"))
    duties = insert(
        Duty(
            branch_id=receipt.branch_id, rule="notice", year=receipt.notice.deadline_on.year, period=f"N{receipt.notice_id}",
            notice=receipt.notice, opens_on=receipt.notice.issued_at.date(), locks_on=receipt.notice.deadline_on + late,
            **dict.fromkeys(("target_on", "due_on", "ends_on"), receipt.notice.deadline_on),
        )
        for receipt in receipts
    )  # fmt: skip
    insert(
        Fulfilment(duty=duty, label=Receipt._meta.label, object_id=receipt.pk, on=receipt.answered_at.date())
        for duty, receipt in zip(duties, receipts, strict=True)
        if receipt.answered_at
    )
