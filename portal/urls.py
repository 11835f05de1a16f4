from django.urls import path

from portal.views import accounts, audit, home, imports, jobs, own, papers, rules

app_name = "portal"
urlpatterns = [
    path("", home.home, name="home"),
    path("livez", home.livez, name="livez"),
    path("reports/", home.reports, name="reports"),
    path("papers/", papers.paper_list, name="papers"),
    path("papers/<int:pk>/<int:year>/handbook/", papers.handbook, name="handbook"),
    path("papers/<int:pk>/<int:year>/disclosure/", papers.disclosure, name="disclosure"),
    path("imports/", imports.import_list, name="imports"),
    path("imports/<str:kind>/", imports.import_upload, name="import_upload"),
    path("imports/<str:kind>/template/", imports.import_template, name="import_template"),
    path("imports/batch/<int:pk>/", imports.import_batch, name="import_batch"),
    path("imports/batch/<int:pk>/columns/", imports.import_columns, name="import_columns"),
    path("imports/batch/<int:pk>/undo/", imports.import_undo, name="import_undo"),
    path("imports/batch/<int:pk>/annotated/", imports.import_annotated, name="import_annotated"),
    path("jobs/", jobs.job_list, name="jobs"),
    path("jobs/<int:pk>/", jobs.job_page, name="job"),
    path("jobs/<int:pk>/stop/", jobs.job_stop, name="job_stop"),
    path("jobs/<int:pk>/file/", jobs.job_file, name="job_file"),
    path("me/", own.own_page, name="own"),
    path("me/reveal/<str:field>/", own.own_reveal, name="own_reveal"),
    path("me/correct/", own.own_correct, name="own_correct"),
    path("me/archive/", own.own_archive, name="own_archive"),
    path("settings/audit/", audit.audit_list, name="audit"),
    path("settings/audit/verify/", audit.audit_verify, name="audit_verify"),
    path("settings/rights/", rules.rights_page, name="rights"),
    path("settings/rules/", rules.rules_page, name="rules"),
    path("settings/accounts/", accounts.account_list, name="accounts"),
    path("settings/accounts/add/", accounts.account_add, name="account_add"),
    path("settings/accounts/<int:pk>/", accounts.account_detail, name="account"),
]
