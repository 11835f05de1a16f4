from django.urls import path

from exchange.views import document, feed, hook, token

app_name = "exchange"
urlpatterns = [
    path("api/", document.api_page, name="api"),
    path("api/openapi.json", document.schema, name="schema"),
    path("api/tokens/", token.token_page, name="tokens"),
    path("api/hooks/", hook.hook_list, name="hooks"),
    path("api/hooks/<int:pk>/", hook.hook_detail, name="hook"),
    path("feeds/", feed.feed_page, name="feeds"),
    path("feeds/<str:secret>.ics", feed.feed, name="feed"),
]
