from django.urls import path

from meetings.views import activity, campaign, plan, record, review

app_name = "meetings"
urlpatterns = [
    path("", record.meeting_list, name="list"),
    path("add/", record.meeting_add, name="add"),
    path("review/", review.review_page, name="review"),
    path("<int:pk>/", record.meeting_detail, name="detail"),
    path("<int:pk>/edit/", record.meeting_edit, name="edit"),
    path("<int:pk>/submit/", record.meeting_submit, name="submit"),
    path("<int:pk>/send-back/", record.meeting_send_back, name="send_back"),
    path("activities/", activity.activity_list, name="activities"),
    path("activities/add/", activity.activity_add, name="activity_add"),
    path("activities/ledger/", activity.activity_ledger, name="activity_ledger"),
    path("activities/export/", activity.activity_export, name="activity_export"),
    path("activities/<int:pk>/", activity.activity_detail, name="activity"),
    path("activities/<int:pk>/edit/", activity.activity_edit, name="activity_edit"),
    path("activities/<int:pk>/withdraw/", activity.activity_withdraw, name="activity_withdraw"),
    path("talks/", activity.talks, name="talks"),
    path("leaders/", activity.leaders, name="leaders"),
    path("plans/", plan.plan_list, name="plans"),
    path("plans/add/", plan.plan_add, name="plan_add"),
    path("plans/<int:pk>/", plan.plan_detail, name="plan"),
    path("plans/<int:pk>/edit/", plan.plan_edit, name="plan_edit"),
    path("campaigns/", campaign.campaign_list, name="campaigns"),
    path("campaigns/add/", campaign.campaign_add, name="campaign_add"),
    path("campaigns/<int:pk>/", campaign.campaign_detail, name="campaign"),
    path("campaigns/<int:pk>/edit/", campaign.campaign_edit, name="campaign_edit"),
    path("campaigns/<int:pk>/move/", campaign.campaign_move, name="campaign_move"),
    path("campaigns/<int:pk>/guidance/", campaign.campaign_guidance, name="campaign_guidance"),
    path("campaigns/<int:pk>/branch/", campaign.campaign_branch, name="campaign_branch"),
]
