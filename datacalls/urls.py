from django.urls import path

from datacalls.views import answer, call

app_name = "datacalls"
urlpatterns = [
    path("", call.call_list, name="list"),
    path("asked/", answer.answer_list, name="answers"),
    path("add/", call.call_add, name="add"),
    path("notice/<int:pk>/", answer.of_notice, name="of_notice"),
    path("<int:pk>/", call.call_detail, name="detail"),
    path("<int:pk>/columns/", call.call_columns, name="columns"),
    path("<int:pk>/open/", call.call_open, name="open"),
    path("<int:pk>/deadline/", call.call_deadline, name="deadline"),
    path("<int:pk>/close/", call.call_close, name="close"),
    path("<int:pk>/drop/", call.call_drop, name="drop"),
    path("<int:pk>/merged/", call.call_merged, name="merged"),
    path("<int:pk>/form/", call.call_form, name="form"),
    path("answers/<int:pk>/", answer.answer_page, name="answer"),
    path("answers/<int:pk>/fill/", answer.answer_fill, name="fill"),
    path("answers/<int:pk>/return/", answer.answer_return, name="return"),
]
