"""The votes of the 支部党员大会 about one person: chosen among those on record, or entered with the step into that meeting."""

from django.core.exceptions import ValidationError
from django.db.models import Max

from meetings import voting
from meetings.models import Meeting, MeetingKind, Vote
from recruitment.models import RoadStep

TITLES = {
    "branch_vote": "接收{member}为预备党员",
    "conversion_vote": "{member}按期转为正式党员",
    "extension_vote": "延长{member}的预备期",
    "cancellation_vote": "取消{member}的预备党员资格",
}


def pending(application):
    """The last vote about the probation on which no approval followed, since the person was admitted; or None."""
    last = next(reversed(application.decisions()), None)
    return last if last is not None and last.step.endswith("_vote") else None


def free(votes, application, key):
    """Votes on which no other person and no other step rests; one whose step was taken back may serve it again."""
    taken = RoadStep.objects.filter(vote__isnull=False).exclude(application=application, step=key)
    return votes.exclude(pk__in=taken.values("vote"))


def settle(vote, application, key, branch, on):
    """The vote of that day's meeting, saved and carried; raises ValidationError in words when it is none of them."""
    if vote is None:
        raise ValidationError("请选支部党员大会的这一项表决，或者填写票数。")
    meeting = Meeting.objects.select_for_update(of=("self",)).filter(pk=vote.meeting_id).first()
    if meeting is None or meeting.branch_id != branch.pk or meeting.state not in Meeting.COUNTED:
        raise ValidationError("请选本支部已提交的支部党员大会；会议还没有登记的，先去登记。")
    if not meeting.kinds.filter(kind=MeetingKind.Kind.MEMBERS_MEETING).exists():
        raise ValidationError("发展党员须由支部党员大会表决，所选的会议不是支部党员大会。")
    if meeting.held_on != on:
        raise ValidationError(f"所选的支部党员大会是 {meeting.held_on:%Y-%m-%d} 召开的，与办理日期不一致。")
    if vote.pk is None:
        last = meeting.votes.aggregate(last=Max("position"))["last"]
        vote.position = 0 if last is None else last + 1
        vote.rule = Vote.Rule.RECRUITMENT
        vote.title = vote.title or TITLES[key].format(member=application.member)
        vote.full_clean()
    else:
        vote = Vote.objects.get(pk=vote.pk)
        if vote.rule != Vote.Rule.RECRUITMENT:
            raise ValidationError("所选的表决不是发展党员的表决。")
        if RoadStep.objects.filter(vote=vote).exclude(application=application, step=key).exists():
            raise ValidationError("这一项表决已用于别的同志或别的步骤；几位同志应逐个表决，每人一项。")
    verdict = voting.judge(
        vote.rule, entitled=vote.entitled, present=vote.present, in_favour=vote.in_favour, written=vote.written, on=on
    )
    if not verdict.carries:
        raise ValidationError(f"{verdict.words}。（{verdict.source}）")
    vote.save()
    return vote
