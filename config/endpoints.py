"""Every read endpoint of the API under its name in the address."""

from django.urls import path

from assessment import api as assessment
from branches import api as branches
from branches.endpoint import addresses
from datacalls import api as datacalls
from duties import api as duties
from exchange import api as exchange
from exchange.views.document import schema_by_token
from meetings import api as meetings
from members import api as members
from portal import api as portal
from recruitment import api as recruitment
from reminders import api as reminders
from training import api as training

app_name = "api"
urlpatterns = [
    path("schema/", schema_by_token, name="schema"),
    *addresses(
        branches=branches.Branches,
        terms=branches.Terms,
        groups=branches.Groups,
        organisation_changes=branches.OrgChanges,
        titles=branches.Titles,
        elections=members.Elections,
        responsibility_letters=members.Letters,
        members=members.Members,
        memberships=members.Memberships,
        posts=members.Posts,
        transfers=members.Transfers,
        dues_payments=members.DuesPayments,
        dues_handovers=members.DuesHandovers,
        appraisals=members.Appraisals,
        polls=members.Polls,
        honours=members.Honours,
        community_services=members.CommunityServices,
        duties=duties.Duties,
        fulfilments=duties.Fulfilments,
        notices=branches.Notices,
        receipts=branches.Receipts,
        meetings=meetings.Meetings,
        activities=meetings.Activities,
        study_plans=meetings.StudyPlans,
        life_campaigns=meetings.LifeCampaigns,
        collective_decisions=meetings.CollectiveDecisions,
        training_classes=training.TrainingClasses,
        class_sessions=training.ClassSessions,
        enrolments=training.Enrolments,
        other_hours=training.OtherHoursList,
        hours=training.Hours,
        applications=recruitment.Applications,
        road_steps=recruitment.RoadSteps,
        publicities=recruitment.Publicities,
        recruitment_quotas=recruitment.RecruitmentQuotas,
        screening_campaigns=branches.ScreeningCampaigns,
        screenings=branches.Screenings,
        rectifications=branches.Rectifications,
        weak_cases=branches.WeakCases,
        inspection_plans=branches.InspectionPlans,
        inspections=branches.Inspections,
        schemes=assessment.Schemes,
        rounds=assessment.Rounds,
        forecasts=assessment.Forecasts,
        results=assessment.Results,
        result_uses=assessment.ResultUses,
        secretary_reviews=assessment.SecretaryReviews,
        data_calls=datacalls.DataCalls,
        data_call_answers=datacalls.DataCallAnswers,
        reminders=reminders.Reminders,
        bulletins=reminders.Bulletins,
        rules=exchange.Rules,
        calendar_days=exchange.CalendarDays,
        school_terms=exchange.SchoolTerms,
        catalogue_entries=branches.CatalogueEntries,
        reports=portal.Reports,
    ),
]
