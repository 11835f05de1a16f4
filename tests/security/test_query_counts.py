"""T-QRY: a list costs the same number of queries with two rows and with twelve."""

from datetime import date

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User
from branches.actions import root
from branches.models import Notice
from branches.rights import Role
from duties.actions import generate
from duties.models import Duty
from meetings.actions import meet_again
from meetings.models import Campaign, StudyPlan
from members.models import HonourRound, TransferList
from recruitment.models import Application
from tests import county_appraisal, county_quality, factories
from tests.recruitment.roads import ROAD
from training.models import TrainingClass

pytestmark = pytest.mark.django_db
PAGES = [
    "branches:list", "members:list", "meetings:list", "duties:list", "assessment:list", "portal:accounts", "portal:home",
    "portal:imports", "portal:papers", "meetings:review", "meetings:activities", "meetings:activity_ledger", "meetings:talks",
    "meetings:leaders", "meetings:plans", "meetings:campaigns", "members:exemptions", "members:cadres", "duties:answers",
    "duties:unlocks", "duties:notices", "duties:export_meetings", "duties:export_ideology", "meetings:activity_export",
    "members:transfers", "members:transfer_add", "members:transfer_lists",
    "reminders:urge", "reminders:calls", "reminders:bulletins", "reminders:ladder", "reminders:channels",
    "members:appraisals", "members:appraisal_export", "members:polls", "members:honours", "members:honour_export",
    "members:honour_rounds", "portal:exports", "portal:audit", "portal:jobs", "portal:own", "members:dues", "members:dues_arrears",
    "members:terms", "members:elections", "members:community", "members:sanctions", "members:whereabouts",
    "branches:results", "branches:rectifications", "branches:inspections", "branches:inspection_plans",
    "branches:inspection_burden", "branches:talks", "branches:risks", "branches:dossiers", "branches:contacts",
    "branches:instructors", "branches:titles", "branches:sevens", "branches:duties4", "branches:weak_cases",
    "branches:weak_clues", "branches:standards", "branches:campaigns", "branches:approvals", "branches:catalogue",
    "members:letters", "members:dual_leaders", "members:changes", "members:setting", "meetings:decisions",
    "portal:supervision", "portal:help", "portal:manual", "training:list", "training:teachers", "training:add",
    "recruitment:board", "recruitment:list", "recruitment:batch", "recruitment:batch_above", "recruitment:quotas",
    "recruitment:figures", "recruitment:export", "recruitment:export_rolls", "portal:settings", "portal:decisions", "portal:posts",
    "portal:calendar", "portal:year_open", "portal:word_templates", "portal:names",
]  # fmt: skip
ONE = {
    "members:transfer_list": TransferList,
    "members:honour_round": HonourRound,
    "meetings:campaign": Campaign,
    "meetings:plan": StudyPlan,
    "duties:notice": Notice,
    "meetings:campaign_guidance": Campaign,
    "training:detail": TrainingClass,
    "training:timetable": TrainingClass,
    "recruitment:detail": Application,
    "recruitment:record": Application,
    "recruitment:documents": Application,
    "recruitment:review": Application,
}


def furnish(count, staff):
    """Branches with all that a row of any list shows."""
    judged, other = [], factories.UserFactory()
    for _ in range(count):
        branch = factories.BranchFactory(committee=False)
        branch.schools.add(factories.SchoolFactory())
        term = factories.TermFactory(branch=branch)
        factories.GroupFactory(branch=branch)
        member = factories.MemberFactory(branch=branch)
        factories.PostFactory(term=term, member=member)
        meeting = factories.MeetingFactory(
            branch=branch, submitted=True, kinds=("theme_party_day", "party_lecture"), created_by=staff
        )
        factories.AttendanceFactory(meeting=meeting, member=member)
        factories.MeetingFactory(branch=branch, returned=True, held_on=date(2025, 6, 24), created_by=staff)
        factories.ManualScoreFactory(branch=branch, judged_by=staff)
        factories.UserFactory(serving=branch)
        factories.BatchFactory(created_by=staff)
        _live(branch, member, meeting, staff)
        judged.append((branch, member, meeting))
    county_quality.furnish(judged, staff, other)
    generate(2025, by=User.objects.system())
    meet_again(2025)


def _live(branch, member, meeting, staff):
    """What a year leaves behind in one organisation, and its part in what the county began once."""
    factories.FlagFactory(meeting=meeting)
    activity = factories.ActivityFactory(branch=branch, created_by=staff, held_on=date(2025, 6, 3))
    activity.people.add(member)
    plan = StudyPlan.objects.filter(branch=root()).first() or factories.StudyPlanFactory(
        branch=root(), created_by=staff
    )
    factories.AgendaItemFactory(meeting=meeting, study_item=factories.StudyItemFactory(plan=plan))
    factories.StudyPlanFactory(branch=branch, created_by=staff)
    campaign = Campaign.objects.filter(branch=root()).first() or factories.CampaignFactory(
        branch=root(), created_by=staff, state="open"
    )
    step = campaign.steps.first() or factories.CampaignStepFactory(campaign=campaign)
    factories.StepDoneFactory(step=step, branch=branch, created_by=staff)
    factories.GuidanceFactory(branch=branch, campaign=campaign, guide=staff)
    notice = Notice.objects.filter(branch=root()).order_by("pk").first() or factories.NoticeFactory(
        branch=root(), issued=True, created_by=staff
    )
    factories.ReceiptFactory(notice=notice, branch=branch)
    factories.NoticeFactory(branch=branch, created_by=staff)
    days = dict.fromkeys(("target_on", "due_on", "ends_on"), date(2024, 5, 31))
    duty = Duty.objects.create(
        branch=branch, rule="ideology_return", year=2024, period="2024-05", opens_on=date(2024, 5, 1),
        locks_on=date(2024, 6, 30), **days,
    )  # fmt: skip
    factories.UnlockFactory(duty=duty, created_by=factories.UserFactory())
    factories.FilingFactory(duty=duty, created_by=staff)
    factories.ExemptionFactory(member=member, created_by=staff)
    held = factories.TrainingClassFactory(
        branch=root(), state="open", created_by=staff, starts_on=date(2025, 12, 1), ends_on=date(2025, 12, 1)
    )
    teacher = factories.TeacherFactory(branch=root(), created_by=staff)
    factories.ClassSessionFactory(training_class=held, teacher=teacher, held_on=date(2025, 12, 1))
    factories.EnrolmentFactory(training_class=held, branch=branch, member=member, created_by=staff)
    listed = TransferList.objects.filter(branch=root()).first() or factories.TransferListFactory(
        branch=root(), created_by=staff
    )
    letter = factories.TransferFactory(
        issued=True,
        member=member,
        from_branch=branch,
        to_branch=factories.BranchFactory(),
        on_list=listed,
        created_by=staff,
    )
    factories.TransferStepFactory(transfer=letter, created_by=staff)
    factories.LeadingCadreFactory(member=member, created_by=staff)
    factories.LadderStepFactory(branch=branch, created_by=staff)
    factories.ChannelFactory(branch=branch)
    county_appraisal.furnish_one(branch, member, staff)
    factories.ExportFactory(created_by=staff)
    factories.WhereaboutsFactory(member=member, created_by=staff)
    factories.SanctionFactory(member=member, created_by=staff)
    factories.CommunityLinkFactory(branch=branch, member=member, created_by=staff)
    factories.CommunityReportFactory(branch=branch, member=member, created_by=staff)
    _roads(branch, member, staff)


def _roads(branch, member, staff):
    """A road in the branch, and one more of everything that one road may have many of."""
    factories.RecruitmentQuotaFactory(branch=branch, created_by=staff, places=1, issued_on=date(2025, 2, 1))
    own = factories.ApplicationFactory(branch=branch, created_by=staff)
    long = Application.objects.filter(branch=root()).first()
    for application in [own] if long else [own, long := factories.ApplicationFactory(branch=root(), created_by=staff)]:
        factories.ApplicationStayFactory(application=application)
        for act in ROAD[:8]:
            data = {"received_on": "2023-09-04"} if act.step == "apply" else {}
            factories.RoadStepFactory(application=application, step=act.step, on=act.on, data=data, created_by=staff)
    factories.RoadStepFactory(application=long, step="cultivate", on=date(2025, 3, 20), data={}, created_by=staff)
    for application in (own, long):
        factories.GuideFactory(application=application, member=member, created_by=staff)
        factories.PublicityFactory(application=application, created_by=staff)
        factories.StepFileFactory(application=application, created_by=staff)
        department = f"部门{application.replies.count()}"
        factories.DepartmentReplyFactory(application=application, department=department, created_by=staff)


def test_a_page_costs_the_same_at_any_length(client, count_queries):
    """One furnishing for all pages: what a page shows beside its own rows is there ten times as often too."""
    with time_machine.travel("2025-11-20 10:00+08:00", tick=False):
        staff = factories.UserFactory(serving=root(), role=Role.ADMIN)
        client.force_login(staff)
        furnish(2, staff)
        urls = {page: reverse(page) for page in PAGES}
        first = {page: model.objects.filter(branch=root()).earliest("pk") for page, model in ONE.items()}
        urls |= {page: reverse(page, args=[row.pk]) for page, row in first.items()}
        for url in urls.values():
            count_queries(url)  # what is kept in memory from the first visit on
        few = {page: count_queries(url) for page, url in urls.items()}
        furnish(10, staff)
        client.get(urls["assessment:list"])  # who came since the last pass is graded first, once
        many = {page: count_queries(url) for page, url in urls.items()}

    assert many == few
    assert {page: cost for page, cost in few.items() if cost >= 80} == {}


def test_posts_are_read_once_per_request(client):
    client.force_login(factories.UserFactory(serving=factories.BranchFactory()))
    with CaptureQueriesContext(connection) as queries:
        client.get(reverse("members:list"))

    assert len([query for query in queries if "branches_appointment" in query["sql"]]) == 1
