"""述职评议: the road of a review from the draft to the feedback, and who may take which step.

Nobody judges the own report, and an organisation does not judge its own secretary: who stands above it does.
"""

from datetime import timedelta

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from accounts import audit
from assessment import review_ballots as ballots
from assessment.models import SecretaryReport, SecretaryReview, SecretaryReviewProblem
from assessment.review_text import KEYS
from branches.models import Rectification
from branches.rectifications import raise_items
from branches.rights import places, require
from files.secrecy import refuse_marked
from rulebook.book import value

State, Grade = SecretaryReview.State, SecretaryReview.Grade
ROAD = {  # which acts lead where
    State.DRAFT: {"write": State.DRAFT, "submit": State.SUBMITTED},
    State.RETURNED: {"write": State.RETURNED, "submit": State.SUBMITTED},
    State.SUBMITTED: {"accept": State.ACCEPTED, "send_back": State.RETURNED},
    State.ACCEPTED: {"hold": State.HELD},
    State.HELD: {"hold": State.HELD, "grade": State.GRADED},
    State.GRADED: {"grade": State.GRADED, "tell": State.TOLD},
    State.TOLD: {},
}
ACTS = {
    "write": "撰写", "submit": "提交", "accept": "审核通过", "send_back": "发回重写", "hold": "登记现场测评", "grade": "评定等次",
    "tell": "反馈",
}  # fmt: skip
WRITES, JUDGES = "secretary_review.write", "secretary_review.accept"
OWN_SECRETARY = "党组织不审核、评议自己的书记，请上级党组织办理。"
SAME_PERSON = "不能办理自己的述职，请另一位同志办理。"


@transaction.atomic
def accept(review, *, by):
    review = locked(review, "accept", by)
    review.accepted_by, review.accepted_at = by, timezone.now()
    return moved(review, "accept", by=by)


def usual_until(review, on):
    """By when a report that goes back today is wanted again."""
    return on + timedelta(days=review.campaign.rewrite_days)


@transaction.atomic
def send_back(review, *, reason, until, by, on):
    """The report is to be written again by that day; this writing stays readable, the next begins from it."""
    review = locked(review, "send_back", by)
    reason = " ".join(reason.split())
    if not reason:
        raise ValidationError({"reason": "请写明哪里要改、怎么改。"})
    refuse_marked(reason, "发回原因")
    if until <= on:
        raise ValidationError({"until": "重写期限要在今天以后。"})
    report = review.reports.select_for_update(of=("self",)).get(pk=latest(review).pk)
    report.returned_on, report.returned_by, report.returned_at = on, by, timezone.now()
    report.reason, report.rewrite_until = reason, until
    report.full_clean()
    report.save()
    following = SecretaryReport(
        review=review, number=report.number + 1, filled=report.filled, filled_on=report.filled_on, created_by=report.submitted_by,
        **{key: getattr(report, key) for key in KEYS},
    )  # fmt: skip
    following.full_clean()
    following.save()
    review.returns, review.due_on = review.returns + 1, until
    return moved(review, "send_back", by=by, returns=review.returns, until=str(until))


@transaction.atomic
def hold(review, *, held_on, attended, audience, votes, version, by, on):
    """The evaluation on the spot: when, how many came and of whom, and the totals of the ballots. Never who voted what."""
    review = locked(review, "hold", by)
    review.claim(version)
    handed = latest(review).submitted_on
    if not handed <= held_on <= on:
        raise ValidationError({"held_on": f"述职日期应在报告提交（{handed:%Y-%m-%d}）以后，不晚于今天。"})
    if not sum(votes.values()):
        raise ValidationError("请填各档的票数；没有投票的，不登记现场测评。")
    if sum(votes.values()) > attended:
        raise ValidationError({"attended": f"票数合计 {sum(votes.values())} 张，比到会的 {attended} 人多，请核对。"})
    refuse_marked(audience, "参加范围")
    review.held_on, review.attended, review.audience = held_on, attended, " ".join(audience.split())
    for grade in Grade:
        setattr(review, f"votes_{grade.value}", votes[grade])
    review.held_by, review.held_at = by, timezone.now()
    return moved(review, "hold", by=by, claimed=True, held_on=str(held_on))


@transaction.atomic
def grade(review, *, grade, reason, version, by, on):
    """The grade by whoever stands above; where it is another than the ballots say, with the reason."""
    review = locked(review, "grade", by)
    review.claim(version)
    if grade not in Grade.values:
        raise ValidationError({"grade": "请选等次。"})
    reason, is_again = " ".join(reason.split()), review.state == State.GRADED
    refuse_marked(reason, "评定理由")
    if not reason and grade != ballots.said(review, on):
        raise ValidationError(
            {"reason": f"测评票看是“{ballots.label_of(ballots.said(review, on), on)}”，评定不一致的要写明理由。"}
        )
    if not reason and is_again:
        raise ValidationError({"reason": "等次已经评定过，改评要写明理由。"})
    review.grade, review.grade_reason = grade, reason
    review.graded_by, review.graded_at = by, timezone.now()
    return moved(review, "grade", by=by, claimed=True, again=is_again)


@transaction.atomic
def tell(review, *, feedback, problems, due_on, by, on):
    """The feedback in words, and each problem as an item of 整改."""
    review = locked(review, "tell", by)
    feedback = " ".join(feedback.split())
    found = [" ".join(row.split()) for row in problems if row.strip()]
    if not feedback:
        raise ValidationError({"feedback": "请写反馈意见。"})
    refuse_marked(feedback, "反馈意见")
    if not found and review.grade in (value("review.must_rectify", on=on) or ()):
        raise ValidationError(
            {"problems": f"评为“{ballots.label_of(review.grade, on)}”的，至少指出一个问题，列入整改。"}
        )
    if found and (due_on is None or due_on <= on):
        raise ValidationError({"due_on": "请填整改期限，要在今天以后。"})
    items = []
    for text in found:
        if len(text) > 300:
            raise ValidationError({"problems": f"“{text[:20]}……”超过 300 字，请写短一些。"})
        refuse_marked(text, "问题")
        row = SecretaryReviewProblem(review=review, problem=text, created_by=by)
        row.full_clean()
        row.save()
        source = {"source": Rectification.Source.REVIEW, "source_number": f"{review.campaign.year} 年度述职评议"}
        items.append({"branch": review.branch, "problem": text, "due_on": due_on, "origin": row, **source})
    if items:
        raise_items(items, by=by, on=on)
    review.feedback, review.told_by, review.told_at = feedback, by, timezone.now()
    return moved(review, "tell", by=by, problems=len(items))


# --- what all acts share


def latest(review):
    """The last report that was handed in, or None."""
    return review.reports.filter(submitted_on__isnull=False).order_by("-number").first()


def lies_above(user, branch):
    """Whether `user` judges for an organisation above this one."""
    return any(below and branch.path.startswith(path) and branch.path != path for path, below in places(user, JUDGES))


def is_own(review, user):
    """Whether the report is this person's, in whatever organisation they judge: handed in by them, or they are its author."""
    return (review.member is not None and review.member.user_id == user.pk) or review.reports.filter(
        submitted_by=user.pk
    ).exists()


def refusal(review, act, user):
    """Why this person cannot take the act now, in words; None when nothing speaks against it."""
    if act not in ROAD[review.state]:
        return f"这份述职现在是“{State(review.state).label}”，不能{ACTS[act]}。"
    if act in ("write", "submit"):
        return None
    if not lies_above(user, review.branch):
        return OWN_SECRETARY
    return SAME_PERSON if is_own(review, user) else None


def ways(review, user):
    """The acts that may succeed for this person now."""
    at = review.branch
    held = {
        verb: any(at.path == path or (below and at.path.startswith(path)) for path, below in places(user, verb))
        for verb in (WRITES, JUDGES)
    }
    return [
        act
        for act in ROAD[review.state]
        if held[WRITES if act in ("write", "submit") else JUDGES] and refusal(review, act, user) is None
    ]


def locked(review, act, by):
    rows = SecretaryReview.objects.select_for_update(of=("self",)).select_related("branch", "campaign", "member")
    review = rows.get(pk=review.pk)
    require(by, WRITES if act in ("write", "submit") else JUDGES, at=review.branch)
    if words := refusal(review, act, by):
        raise ValidationError(words)
    return review


def moved(review, act, *, by, claimed=False, **detail):
    before, review.state = review.state, ROAD[review.state][act]
    if not claimed:
        review.version += 1
    review.full_clean()
    review.save()
    audit.record(f"secretary_review.{act}", review, by=by, before=before, after=review.state, **detail)
    return review
