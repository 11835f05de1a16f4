from django.urls import path

from assessment import views

app_name = "assessment"
urlpatterns = [
    path("", views.score_list, name="list"),
    path("<int:year>/workbook/", views.year_workbook, name="workbook"),
    path("<int:year>/judge/", views.judge, name="judge"),
    path("<int:year>/points/", views.own_points, name="own_points"),
    path("<int:year>/<int:pk>/points/", views.points_sheet, name="points"),
    path("<int:year>/<int:pk>/", views.score_sheet, name="sheet"),
]
