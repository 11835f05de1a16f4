from django.urls import path

from reminders.views import bulletin, ladder, reminder

app_name = "reminders"
urlpatterns = [
    path("", reminder.inbox, name="list"),
    path("urge/", reminder.urge, name="urge"),
    path("calls/", reminder.calls, name="calls"),
    path("settings/", reminder.own_settings, name="settings"),
    path("channels/", reminder.channels, name="channels"),
    path("bulletins/", bulletin.bulletin_list, name="bulletins"),
    path("bulletins/add/", bulletin.bulletin_add, name="bulletin_add"),
    path("bulletins/<int:pk>/", bulletin.bulletin_detail, name="bulletin"),
    path("bulletins/<int:pk>/edit/", bulletin.bulletin_edit, name="bulletin_edit"),
    path("bulletins/<int:pk>/redraft/", bulletin.bulletin_redraft, name="bulletin_redraft"),
    path("bulletins/<int:pk>/sign/", bulletin.bulletin_sign, name="bulletin_sign"),
    path("bulletins/<int:pk>/reopen/", bulletin.bulletin_reopen, name="bulletin_reopen"),
    path("bulletins/<int:pk>/publish/", bulletin.bulletin_publish, name="bulletin_publish"),
    path("bulletins/<int:pk>/word/", bulletin.bulletin_word, name="bulletin_word"),
    path("bulletins/<int:pk>/pdf/", bulletin.bulletin_pdf, name="bulletin_pdf"),
    path("ladder/", ladder.ladder_page, name="ladder"),
    path("ladder/<int:pk>/", ladder.ladder_branch, name="ladder_branch"),
    path("ladder/<int:pk>/take/", ladder.ladder_take, name="ladder_take"),
    path("ladder/steps/<int:pk>/answer/", ladder.ladder_answer, name="ladder_answer"),
    path("ladder/steps/<int:pk>/hand/", ladder.ladder_hand, name="ladder_hand"),
    path("ladder/steps/<int:pk>/close/", ladder.ladder_close, name="ladder_close"),
]
