from django.urls import path

from branches.views import attachment, organisation

app_name = "branches"
urlpatterns = [
    path("", organisation.branch_list, name="list"),
    path("<int:pk>/", organisation.branch_detail, name="detail"),
    path("<int:pk>/edit/", organisation.branch_edit, name="edit"),
    path("files/<int:pk>/", attachment.file_open, name="file"),
    path("files/<int:pk>/small/", attachment.file_thumbnail, name="file_thumbnail"),
    path("files/<int:pk>/remove/", attachment.file_remove, name="file_remove"),
    path("files/<slug:kind>/<int:pk>/add/", attachment.file_add, name="file_add"),
]
