"""A probation that does not end in time: extended once by half a year to a year, or the candidature cancelled (第三十二条).

The branch's meeting votes, an organisation above approves; both are rows beside the steps of the road (`road.BESIDE`).
"""

from django.core.exceptions import ValidationError
from django.db import transaction

from accounts import audit
from branches.rights import require
from files.secrecy import refuse_marked
from members import standing as register
from members.models import Membership
from recruitment import admission, applications, legality, steps, votes
from recruitment.cases import cases
from recruitment.models import Application, RoadStep
from recruitment.road import in_force, probation_ends
from recruitment.sides import APPROVALS, above, approving
from recruitment.turns import Eyes

EXTENSION, CANCELLATION = "extension", "cancellation"


def _begin(application):
    application = steps.lock(application)
    steps.refuse_closed(application)
    return application, legality.standing(cases([application])[application.pk])


@transaction.atomic
def propose(application, kind, on, *, vote, months=None, words, by, today):
    """The branch's meeting decided to extend the probation or to cancel the candidature; the last such vote counts."""
    if kind not in (EXTENSION, CANCELLATION):
        raise ValidationError("请选延长预备期或者取消预备党员资格。")
    key = f"{kind}_vote"
    application, acts = _begin(application)
    require(by, "recruit.edit", at=application.branch)
    if admission.ADMITS not in acts:
        raise ValidationError("这位同志还不是预备党员。")
    if "conversion_vote" in acts:
        raise ValidationError("支部大会已经通过转正，不能再延长或取消；决议有误的，请先退回。")
    if on > today:
        raise ValidationError({"on": "支部大会日期不能晚于今天。"})
    if on < acts[admission.ADMITS][0].on:
        raise ValidationError({"on": f"支部大会应在批准接收（{acts[admission.ADMITS][0].on:%Y-%m-%d}）以后。"})
    if not words.strip():
        raise ValidationError({"words": "请写明原因。"})
    refuse_marked(words, "原因")
    home = admission.home(application, "conversion_vote")
    data = _months(application, acts, on, months) if kind == EXTENSION else {}
    vote = votes.settle(vote, application, key, home.branch, on)
    row = _row(application, key, on, by, data=data, words=words.strip(), vote=vote)
    audit.record("recruit.propose", application, by=by, kind=kind, on=str(on))
    return row


def _months(application, acts, on, months):
    rule = in_force(on).extension
    if application.extended_months:
        raise ValidationError(f"预备期只能延长一次。（{rule['article']}）")
    if not isinstance(months, int) or not rule["least"] <= months <= rule["most"]:
        raise ValidationError({"months": f"{rule['says']}。（{rule['article']}）"})
    full = probation_ends(acts["branch_vote"][0].on)
    if on < full:
        raise ValidationError({"on": f"预备期到 {full:%Y-%m-%d} 才满，期满以后再讨论是否延长。（{rule['article']}）"})
    return {"months": months}


@transaction.atomic
def decide(application, on, *, organ=None, number="", by, today):
    """An organisation above approves what the branch voted. An extension takes back an application for conversion: it is
    made anew when the time is over. A cancellation ends the membership and closes the file."""
    application, acts = _begin(application)
    asked = votes.pending(application)
    kind = asked.step.removesuffix("_vote") if asked else EXTENSION
    key = f"{kind}_approval"
    organ = approving(application, key, by, organ=organ)
    if asked is None:
        raise ValidationError("没有等待批准的支部大会决议。")
    if asked.created_by_id == by.pk:
        raise ValidationError("支部大会决议是您登记的，请由另一位同志批准。")
    if "conversion_vote" in acts:
        raise ValidationError("支部大会已经通过转正，不能再延长或取消；决议有误的，请先退回。")
    if not asked.on <= on <= today:
        raise ValidationError({"on": f"批准日期应在支部大会 {asked.on:%Y-%m-%d} 和今天之间。"})
    refuse_marked(number, "文号")
    admission.home(application, "conversion_vote")
    data = {"organ": organ.pk, "approver": organ.kind, "number": number.strip()}
    row = _row(application, key, on, by, data=data)
    if kind == EXTENSION:
        _extend(application, acts, asked, on, by)
    else:
        _cancel(application, asked, on, number, by, today)
    audit.record("recruit.decide", application, by=by, kind=kind, on=str(on))
    return row


def _extend(application, acts, asked, on, by):
    if "transfer_apply" in acts:
        _row(application, "transfer_apply", on, by, words="预备期延长，期满后重新提出转正申请", is_undone=True)
    application.extended_months = asked.data["months"]
    application.full_clean(exclude=["member", "branch"])
    application.save(update_fields=["extended_months"])
    steps.settle(application, cases([application])[application.pk])


def _cancel(application, asked, on, number, by, today):
    basis = number.strip() or f"支部大会 {asked.on:%Y-%m-%d} 决议"
    register.leave(
        application.member, reason=Membership.End.CANCELLED, last=on, basis=basis, by=by, on=today
    )  # fmt: skip
    applications.finish(application, Application.Outcome.CANCELLED, on, asked.words[:200])


def may_take_back(application, key, by):
    """Whether this decision is the last one that stands, and this person may take it back."""
    last = next(reversed(application.decisions()), None)
    return last is not None and last.step == key and Eyes(by).may_take_back(key, {key}, application.branch)


@transaction.atomic
def take_back(application, key, words, on, *, by, today):
    """Take back the last decision: a vote that waits, by the branch or those above it; an extension that was approved, by
    those above until the person applied for conversion anew. The vote then waits again."""
    application, acts = _begin(application)
    last = next(reversed(application.decisions()), None)
    if last is None or last.step != key:
        raise ValidationError("这项决议没有办理，或者后面另有决议，不能退回。")
    if key in APPROVALS:
        above(application.branch, by)
        if "transfer_apply" in acts:
            raise ValidationError("延长以后已经重新提出转正申请，请先退回“提出转正申请”。")
    elif not Eyes(by).is_above(application.branch):
        require(by, "recruit.edit", at=application.branch)
    if not words.strip():
        raise ValidationError({"words": "请写明退回的原因。"})
    refuse_marked(words, "退回原因")
    if not last.on <= on <= today:
        raise ValidationError({"on": f"退回日期应在办理日期 {last.on:%Y-%m-%d} 和今天之间。"})
    if key in APPROVALS:
        application.extended_months = 0
        application.save(update_fields=["extended_months"])
    row = _row(application, key, on, by, words=words.strip(), is_undone=True)
    audit.record("recruit.take_back", application, by=by, step=key, on=str(on), fallen=[key])
    return row


def _row(application, step, on, by, **fields):
    row = RoadStep(
        application=application, branch=steps.branch_on(application, on), step=step, on=on, created_by=by, **fields
    )
    row.full_clean()
    row.save()
    return row
