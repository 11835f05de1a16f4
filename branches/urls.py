from django.urls import path

from branches.views import organisation

app_name = "branches"
urlpatterns = [
    path("", organisation.branch_list, name="list"),
    path("<int:pk>/", organisation.branch_detail, name="detail"),
    path("<int:pk>/edit/", organisation.branch_edit, name="edit"),
]
