"""三重一大: matters and the meetings that decided them."""

from django.core.exceptions import ValidationError
from django.db import transaction

from accounts import audit
from branches.models import Branch
from branches.rights import require
from files.secrecy import refuse_marked
from meetings.models import CollectiveDecision, Meeting
from rulebook.book import rule, value

Kind = CollectiveDecision.Kind


def deciding(meetings, branch, *, on):
    """The meetings of an organisation that can have decided something: on record, of a kind that decides; newest first."""
    found = meetings.counted().filter(branch=branch, kinds__kind__in=value("decision.meetings", on=on))
    return found.distinct().order_by("-held_on", "-pk")


def can_decide(meeting, *, on):
    """Whether a meeting (its kinds read already) is on record and of a kind that decides, of an organisation at work."""
    kinds = {row.kind for row in meeting.kinds.all()} & set(value("decision.meetings", on=on))
    return bool(kinds) and meeting.state in Meeting.COUNTED and not meeting.branch.closed_on


@transaction.atomic
def save(decision, *, version=None, by, on):
    """Enter a matter with the meeting that decided it, or put one right; the organisation stays."""
    is_new = decision.pk is None
    branch = Branch.objects.get(pk=decision.branch_id)
    require(by, "decision.edit", at=branch)
    if not is_new:
        known = CollectiveDecision.objects.select_for_update(of=("self",)).get(pk=decision.pk)
        known.claim(version)
        decision.version, decision.branch_id = known.version, known.branch_id
    meeting = Meeting.objects.select_for_update(of=("self",)).filter(pk=decision.meeting_id).first()
    if meeting is None or meeting.branch_id != branch.pk or not can_decide(meeting, on=on):
        raise ValidationError({"meeting": "请选本党组织已提交的支委会或党员大会；会议还没有登记的，先去登记。"})
    for label, text in (("事项", decision.matter), ("落实情况", decision.carried_out), ("纪要号", decision.number)):
        refuse_marked(text, label)
    if (decision.amount is not None) != (decision.kind == Kind.FUNDS) and decision.kind != Kind.PROJECT:
        raise ValidationError(
            {"amount": "大额度资金使用要填金额。" if decision.kind == Kind.FUNDS else "这一类事项不填金额。"}
        )
    if is_new:
        decision.created_by = by
    decision.full_clean()
    decision.save()
    audit.record(
        "decision.save" if is_new else "decision.edit", decision, by=by, kind=decision.kind, meeting=meeting.pk
    )
    return decision


def hint(decision, *, on):
    """Words when a personnel matter was decided by fewer than the rule asks to be there, else ''; the source with it."""
    found = rule("decision.personnel_share", on=on)
    meeting = decision.meeting
    if decision.kind != Kind.PERSONNEL or found is None or not meeting.due_count:
        return ""
    up, down = found.value
    if meeting.attended_count * down >= meeting.due_count * up:
        return ""
    return (
        f"会议应到 {meeting.due_count} 人、实到 {meeting.attended_count} 人；讨论干部任免应有三分之二以上到会，请核对。"
        f"（{found.source}）"
    )
