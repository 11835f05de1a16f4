from django.urls import path

from duties.views import answers, duty, filing, matrix, notice, unlock

app_name = "duties"
urlpatterns = [
    path("", matrix.duty_list, name="list"),
    path("export/meetings/", matrix.export_meetings, name="export_meetings"),
    path("export/ideology/", matrix.export_ideology, name="export_ideology"),
    path("answers/", answers.answer_list, name="answers"),
    path("unlocks/", unlock.unlock_list, name="unlocks"),
    path("unlocks/<int:pk>/", unlock.unlock_decide, name="unlock_decide"),
    path("branch/<int:pk>/<int:year>/<int:month>/", duty.month_page, name="month"),
    path("<int:pk>/", duty.duty_detail, name="duty"),
    path("<int:pk>/hand/", duty.duty_hand, name="hand"),
    path("<int:pk>/file/", filing.filing_form, name="filing"),
    path("<int:pk>/unlock/", unlock.unlock_ask, name="unlock_ask"),
    path("notices/", notice.notice_list, name="notices"),
    path("notices/add/", notice.notice_add, name="notice_add"),
    path("notices/<int:pk>/", notice.notice_detail, name="notice"),
    path("notices/<int:pk>/edit/", notice.notice_edit, name="notice_edit"),
    path("notices/<int:pk>/issue/", notice.notice_issue, name="notice_issue"),
    path("notices/<int:pk>/sign/", notice.notice_sign, name="notice_sign"),
    path("notices/<int:pk>/withdraw/", notice.notice_withdraw, name="notice_withdraw"),
    path("notices/<int:pk>/marks/", notice.notice_marks, name="notice_marks"),
    path("receipts/<int:pk>/", notice.receipt_receive, name="receipt"),
]
