from django.urls import path

from reminders import views

app_name = "reminders"
urlpatterns = [
    path("", views.inbox, name="list"),
    path("urge/", views.urge, name="urge"),
    path("calls/", views.calls, name="calls"),
    path("settings/", views.own_settings, name="settings"),
    path("channels/", views.channels, name="channels"),
]
