from django.urls import path

from reminders.views import reminder

app_name = "reminders"
urlpatterns = [
    path("", reminder.inbox, name="list"),
    path("urge/", reminder.urge, name="urge"),
    path("calls/", reminder.calls, name="calls"),
    path("settings/", reminder.own_settings, name="settings"),
    path("channels/", reminder.channels, name="channels"),
]
