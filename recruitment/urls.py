from django.urls import path

from recruitment.views import document, template

app_name = "recruitment"
urlpatterns = [
    path("<int:pk>/documents/", document.document_list, name="documents"),
    path("<int:pk>/documents/<slug:key>/", document.document_detail, name="document"),
    path("<int:pk>/documents/<slug:key>/word/", document.document_word, name="document_word"),
    path("<int:pk>/documents/<slug:key>/add/", document.file_add, name="file_add"),
    path("<int:pk>/documents/<slug:key>/add-above/", document.file_add_above, name="file_add_above"),
    path("<int:pk>/zip/", document.file_pack, name="zip"),
    path("files/<int:pk>/", document.file_open, name="file"),
    path("files/<int:pk>/thumbnail/", document.file_thumbnail, name="file_thumbnail"),
    path("files/<int:pk>/remove/", document.file_remove, name="file_remove"),
    path("files/<int:pk>/remove-above/", document.file_remove_above, name="file_remove_above"),
    path("templates/", template.template_list, name="templates"),
    path("templates/guide/", template.template_guide, name="template_guide"),
    path("templates/<slug:key>/", template.template_detail, name="template"),
    path("templates/<slug:key>/word/", template.template_word, name="template_word"),
]
