"""改后重新公布: what was published is taken back to review, asked for by one person and approved by another, before it is final.

The seal of the first publication stays; the next publication is sealed beside it and counts instead.
"""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from accounts import audit
from assessment.judging import locked
from assessment.models import Reopening, Round, Verdict
from branches.actions import root
from branches.rights import may, require
from files.secrecy import refuse_marked

State = Round.State
OPEN = (State.PUBLISHED, State.DECIDING)


@transaction.atomic
def ask(year, *, reason, by):
    """Ask that a published year be put right and published again."""
    round = locked(year, *OPEN)
    require(by, "round.run", at=root())
    refuse_marked(reason, "理由")
    row = Reopening(round=round, reason=reason.strip(), asked_by=by)
    row.full_clean()
    row.save()
    audit.record("reopening.ask", row, by=by, year=year)
    return row


@transaction.atomic
def approve(reopening, *, version, by):
    """By another person: the round goes back to review; grades that the 工委会议 has set meanwhile are taken back."""
    row, round = _locked(reopening)
    require(by, "round.final", at=root())
    if row.asked_by_id == by.pk:
        raise ValidationError("这份申请是您提出的，要由另一位同志批准。")
    row.claim(version)
    row.approved_by, row.approved_at = by, timezone.now()
    row.full_clean()
    row.save(update_fields=["approved_by", "approved_at", "version"])
    withdrawn, _ = Verdict.objects.filter(round=round).delete()
    round.claim(round.version)
    before, round.state = round.state, State.REVIEW
    round.published_on = round.objections_until = None
    round.full_clean()
    round.save(update_fields=["state", "published_on", "objections_until", "version"])
    audit.record("reopening.approve", row, by=by, year=round.year, before=before, withdrawn=withdrawn)
    return row


@transaction.atomic
def close(reopening, *, version, by):
    """Not agreed to, or taken back by whoever asked."""
    row, round = _locked(reopening)
    require(by, "round.run" if row.asked_by_id == by.pk else "round.final", at=root())
    row.claim(version)
    row.closed_by, row.closed_at = by, timezone.now()
    row.full_clean()
    row.save(update_fields=["closed_by", "closed_at", "version"])
    audit.record("reopening.close", row, by=by, year=round.year)
    return row


def _locked(reopening):
    """The request and its round, locked in the order of every other act: the round first."""
    round = locked(reopening.round.year, *OPEN)
    row = Reopening.objects.select_for_update(of=("self",)).get(pk=reopening.pk)
    if row.approved_at or row.closed_at:
        raise ValidationError("这份申请已经办结。")
    return row, round


def may_decide(user, row):
    """(may approve, may close) for the pages."""
    decides = may(user, "round.final") and row.asked_by_id != user.pk
    return decides, decides or (row.asked_by_id == user.pk and may(user, "round.run"))
