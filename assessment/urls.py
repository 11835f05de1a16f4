from django.urls import path

from assessment.views import judge, points, score, use

app_name = "assessment"
urlpatterns = [
    path("", score.score_list, name="list"),
    path("uses/", use.use_list, name="uses"),
    path("uses/add/", use.use_add, name="use_add"),
    path("uses/export/", use.use_export, name="use_export"),
    path("uses/word/", use.use_word, name="use_word"),
    path("uses/<int:pk>/withdraw/", use.use_withdraw, name="use_withdraw"),
    path("<int:year>/workbook/", score.year_workbook, name="workbook"),
    path("<int:year>/judge/", judge.judge, name="judge"),
    path("<int:year>/points/", points.own_points, name="own_points"),
    path("<int:year>/<int:pk>/points/", points.points_sheet, name="points"),
    path("<int:year>/<int:pk>/", score.score_sheet, name="sheet"),
]
