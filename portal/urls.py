from django.urls import path

from portal import views

app_name = "portal"
urlpatterns = [
    path("", views.home, name="home"),
    path("livez", views.livez, name="livez"),
    path("reports/", views.reports, name="reports"),
    path("imports/", views.import_list, name="imports"),
    path("imports/<str:kind>/", views.import_upload, name="import_upload"),
    path("imports/batch/<int:pk>/", views.import_batch, name="import_batch"),
    path("settings/rights/", views.rights_page, name="rights"),
    path("settings/rules/", views.rules_page, name="rules"),
    path("settings/accounts/", views.account_list, name="accounts"),
    path("settings/accounts/add/", views.account_add, name="account_add"),
    path("settings/accounts/<int:pk>/", views.account_detail, name="account"),
]
