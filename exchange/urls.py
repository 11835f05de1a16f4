from django.urls import path

from exchange.views import document

app_name = "exchange"
urlpatterns = [
    path("api/", document.api_page, name="api"),
    path("api/openapi.json", document.schema, name="schema"),
]
