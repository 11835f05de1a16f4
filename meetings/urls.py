from django.urls import path

from meetings.views import record

app_name = "meetings"
urlpatterns = [
    path("", record.meeting_list, name="list"),
    path("add/", record.meeting_add, name="add"),
    path("<int:pk>/", record.meeting_detail, name="detail"),
    path("<int:pk>/edit/", record.meeting_edit, name="edit"),
    path("<int:pk>/submit/", record.meeting_submit, name="submit"),
    path("<int:pk>/send-back/", record.meeting_send_back, name="send_back"),
]
