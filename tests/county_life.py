"""The organisation life of COUNTY-S: one row of each kind in each organisation."""

from collections import defaultdict
from datetime import date

from django.utils import timezone

from duties.models import Duty
from tests import factories


def live(county):
    """what → [(organisation that owns the row, row)]. A notice goes to its own organ."""
    rows, by = defaultdict(list), county.people["admin"]
    for person in ("admin", "staff", "secretary a1"):
        rows["job"].append((person, factories.JobFactory(created_by=county.people[person])))
        rows["job_file"].append((person, factories.OutputFactory(job__created_by=county.people[person]).job))
    for name, branch in county.branches.items():
        keep = lambda what, row, owner=name: rows[what].append((owner, row))  # noqa: E731
        notice = factories.NoticeFactory(branch=branch, issued=True, created_by=by)
        keep("notice", notice)
        keep("receipt", factories.ReceiptFactory(notice=notice, branch=branch))
        plan = factories.StudyPlanFactory(branch=branch, created_by=by)
        keep("plan", plan)
        item = factories.StudyItemFactory(plan=plan)
        campaign = factories.CampaignFactory(
            branch=branch, created_by=by, state="open", plan_file=factories.StoredFileFactory()
        )
        keep("campaign", campaign)
        keep("step", factories.CampaignStepFactory(campaign=campaign))
        if name == "root":
            keep("bulletin", factories.BulletinFactory(branch=branch, created_by=by))
        keep("ladder_step", _closed_talk(branch, by))
        if name not in county.graded:
            continue
        duty = _old_duty(branch)
        keep("duty", duty)
        factories.FilingFactory(duty=duty, created_by=by)
        keep("unlock", factories.UnlockFactory(duty=duty, created_by=by))
        keep("activity", factories.ActivityFactory(branch=branch, created_by=by, held_on=date(2025, 6, 3)))
        keep("finding", factories.FindingFactory(branch=branch, campaign=campaign, created_by=by))
        keep("guidance", factories.GuidanceFactory(branch=branch, campaign=campaign, guide=by))
        meeting = county.meetings[name][0]
        keep("meeting_file", factories.MeetingFileFactory(meeting=meeting))
        keep("flag", factories.FlagFactory(meeting=meeting))
        factories.AgendaItemFactory(meeting=meeting, study_item=item)
        factories.CandidateFactory(vote=factories.VoteFactory(meeting=meeting))
        for member in county.members.get(name, ())[:1]:
            keep("exemption", factories.ExemptionFactory(member=member, created_by=by))
            keep("correction", factories.CorrectionFactory(member=member, created_by=by))
            keep("cadre", factories.LeadingCadreFactory(member=member, created_by=by))
    return rows


def _old_duty(branch):
    """A filing of last year, long locked."""
    days = dict.fromkeys(("target_on", "due_on", "ends_on"), date(2024, 5, 31))
    return Duty.objects.create(
        branch=branch, rule="ideology_return", year=2024, period="2024-05", opens_on=date(2024, 5, 1), **days,
        locks_on=date(2024, 6, 30),
    )  # fmt: skip


def _closed_talk(branch, by):
    """A step with every text that a step may hold."""
    done = {"answered_by": by, "answered_at": timezone.now(), "closed_by": by, "closed_at": timezone.now()}
    return factories.LadderStepFactory(
        branch=branch, level="talk", parties="x", answer="x", outcome="x", created_by=by, **done
    )
