from django.urls import path

from assessment.views import judge, points, score

app_name = "assessment"
urlpatterns = [
    path("", score.score_list, name="list"),
    path("<int:year>/workbook/", score.year_workbook, name="workbook"),
    path("<int:year>/judge/", judge.judge, name="judge"),
    path("<int:year>/points/", points.own_points, name="own_points"),
    path("<int:year>/<int:pk>/points/", points.points_sheet, name="points"),
    path("<int:year>/<int:pk>/", score.score_sheet, name="sheet"),
]
