"""Whether transfers of 组织关系 are finished in time, and whether errors in the register are put right in time."""

from collections import defaultdict
from datetime import timedelta
from decimal import Decimal

from dateutil.relativedelta import relativedelta
from django.db.models import F, Min, Q
from django.db.models.functions import Coalesce, TruncDate
from django.urls import reverse

from members.models import Correction, Membership, Transfer, TransferStep
from rulebook.book import in_force
from rulebook.facts import Fact

Direction, State = Transfer.Direction, Transfer.State
BACK = (State.RETURNED, State.WITHDRAWN)


def transfers_late(branches, period):
    """branch id → Fact: letters of the year not settled within the months allowed, and errors not put right in the days
    allowed (转接和差错). None while the county has recorded no transfer of that year. Five queries for all.

    A letter is settled on the day when the member is received, or when it goes back; what the body above still has to
    confirm is not the branch's fault. It counts once, in the year in which its time ran out, for the side that held it
    longest: out of the county the branch that sends, into it the branch that receives; inside the county the one that
    sends when it took longer to open the letter than the other has had it since.
    """
    until = min(period.on, period.end)
    letters = Transfer.objects.filter(issued_on__range=(period.start, until))
    if not letters.exists():
        return None
    book = in_force(on=period.on)
    months, days = book["transfer.within_months"].value, book["correction.within_days"].value
    faults = defaultdict(list)  # branch id → words
    proof = defaultdict(list)
    for branch, pk in _late(period, until, months):
        faults[branch].append(f"1 件转接超过 {months} 个月")
        proof[branch].append(pk)
    for branch in _uncorrected(period, until, days):
        faults[branch].append(f"1 处信息差错超过 {days} 天未改")
    return {
        pk: Fact(Decimal(len(faults[pk])), None, Transfer._meta.label, tuple(sorted(proof[pk])), _told(faults[pk]))
        for pk in branches.values_list("pk", flat=True)
    }


def _told(words):
    """Equal words once, with their number: 2 件转接超过 1 个月."""
    counted = defaultdict(int)
    for word in words:
        counted[word] += 1
    return tuple(f"{count}{word.removeprefix('1')}" for word, count in counted.items())


def _late(period, until, months):
    """(branch at fault, transfer) of each letter whose time ran out in the period before it was settled."""
    first = period.start - relativedelta(months=months, days=1)
    letters = Transfer.objects.filter(issued_on__range=(first, until))
    steps = TransferStep.objects.filter(transfer__in=letters).order_by()
    marks = {
        pk: (begun, opened, back)
        for pk, begun, opened, back in steps.values_list("transfer").annotate(
            begun=Min("taken_on"), opened=Min("taken_on", filter=Q(state=State.ISSUED)),
            back=Min("taken_on", filter=Q(state__in=BACK)),
        )
    }  # fmt: skip
    for row in letters.only("direction", "state", "from_branch", "to_branch", "issued_on", "received_on"):
        begun, opened, back = marks.get(row.pk, (row.issued_on, None, None))
        settled = row.received_on or (back if row.state in BACK else None)
        limit = (opened or row.issued_on) + relativedelta(months=months)  # a letter opened anew gives no new month
        held_until = min(settled or until, until)
        if not (period.start <= limit < held_until):
            continue
        yield _at_fault(row, begun, held_until), row.pk


def _at_fault(row, begun, held_until):
    if row.direction == Direction.OUT:
        return row.from_branch_id
    if row.direction == Direction.IN:
        return row.to_branch_id
    took, has_had = row.issued_on - begun, held_until - row.issued_on
    return row.from_branch_id if took > has_had else row.to_branch_id


def _uncorrected(period, until, days):
    """The branch, on the day when the time ran out, of each error that was not answered by then."""
    late = {}
    asked = Correction.objects.annotate(asked_on=TruncDate("created_at"), answered_on=TruncDate("answered_at"))
    for row in asked.filter(asked_on__range=(period.start - timedelta(days=days), until)):
        limit = row.asked_on + timedelta(days=days)
        if period.start <= limit < min(row.answered_on or until, until):
            late[row.pk] = (row.member_id, limit)
    homes = Membership.objects.filter(member__in={member for member, _ in late.values()})
    stays = list(homes.values_list("member", "branch", "started_on", "ended_on"))
    for member, limit in late.values():
        for who, branch, since, ended in stays:
            if who == member and since <= limit and (ended is None or limit <= ended):
                yield branch


def letters_in_transit(on, *, of):
    """For reminders: letters that nobody has accepted yet, by the day named by `of` (`valid_until`), told to who has to
    act: the branch that receives, or out of the county the one that sends. What is accepted or sent back is over."""
    found = Transfer.objects.filter(state=State.ISSUED)
    found = found.annotate(place=Coalesce("to_branch", "from_branch"), day=F(of))
    return found.values_list("pk", "place", "day", "valid_until")


def letter_words(pks, on):
    """Key → (title, address of the act); a matter of the organisation, so no person is named."""
    numbers = Transfer.objects.filter(pk__in=pks, state=State.ISSUED).values_list("pk", "number", "direction")
    return {
        pk: (
            f"介绍信 {number} {'等对方回执' if direction == Direction.OUT else '等待接收'}",
            reverse("members:transfer", args=[pk]),
        )
        for pk, number, direction in numbers
    }
