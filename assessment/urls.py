from django.urls import path

from assessment.views import judge, points, review_judging, review_writing, score, secretary_review, use

app_name = "assessment"
urlpatterns = [
    path("", score.score_list, name="list"),
    path("renew/", score.score_renew, name="renew"),
    path("uses/", use.use_list, name="uses"),
    path("uses/add/", use.use_add, name="use_add"),
    path("uses/export/", use.use_export, name="use_export"),
    path("uses/word/", use.use_word, name="use_word"),
    path("uses/<int:pk>/withdraw/", use.use_withdraw, name="use_withdraw"),
    path("reviews/", secretary_review.review_list, name="secretary_reviews"),
    path("reviews/export/", secretary_review.review_export, name="secretary_review_export"),
    path("reviews/open/", secretary_review.review_open, name="secretary_review_open"),
    path("reviews/years/<int:pk>/", secretary_review.review_year, name="secretary_review_year"),
    path("reviews/years/<int:pk>/enlist/", secretary_review.review_enlist, name="secretary_review_enlist"),
    path("reviews/reports/<int:pk>/file/", secretary_review.report_file, name="secretary_report_file"),
    path("reviews/reports/<int:pk>/word/", review_writing.report_word, name="secretary_report_word"),
    path("reviews/<int:pk>/", secretary_review.review_detail, name="secretary_review"),
    path("reviews/<int:pk>/compare/", secretary_review.review_compare, name="secretary_review_compare"),
    path("reviews/<int:pk>/figures/", review_writing.review_figures, name="secretary_review_figures"),
    path("reviews/<int:pk>/start/", review_writing.review_start, name="secretary_review_start"),
    path("reviews/<int:pk>/write/", review_writing.review_write, name="secretary_review_write"),
    path("reviews/<int:pk>/upload/", review_writing.review_upload, name="secretary_review_upload"),
    path("reviews/<int:pk>/refill/", review_writing.review_refill, name="secretary_review_refill"),
    path("reviews/<int:pk>/accept/", review_judging.review_accept, name="secretary_review_accept"),
    path("reviews/<int:pk>/return/", review_judging.review_return, name="secretary_review_return"),
    path("reviews/<int:pk>/hold/", review_judging.review_hold, name="secretary_review_hold"),
    path("reviews/<int:pk>/grade/", review_judging.review_grade, name="secretary_review_grade"),
    path("reviews/<int:pk>/tell/", review_judging.review_tell, name="secretary_review_tell"),
    path("<int:year>/workbook/", score.year_workbook, name="workbook"),
    path("<int:year>/judge/", judge.judge, name="judge"),
    path("<int:year>/points/", points.own_points, name="own_points"),
    path("<int:year>/<int:pk>/points/", points.points_sheet, name="points"),
    path("<int:year>/<int:pk>/", score.score_sheet, name="sheet"),
]
