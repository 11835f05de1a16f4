from django.urls import include, path

urlpatterns = [
    path("", include("accounts.urls")),
    path("branches/", include("branches.urls")),
    path("duties/", include("duties.urls")),
    path("members/", include("members.urls")),
    path("meetings/", include("meetings.urls")),
    path("training/", include("training.urls")),
    path("recruitment/", include("recruitment.urls")),
    path("assessment/", include("assessment.urls")),
    path("calls/", include("datacalls.urls")),
    path("reminders/", include("reminders.urls")),
    path("api/v1/", include("config.endpoints")),
    path("", include("exchange.urls")),
    path("", include("portal.urls")),
]
handler500 = "config.unavailable.server_error"
