"""The addresses of the settings pages, below /settings/."""

from django.urls import path

from portal.views import calendar, decisions, posts, settings, word_templates, year_opening

pages = [
    path("settings/", settings.settings_page, name="settings"),
    path("settings/names/", settings.names_page, name="names"),
    path("settings/decisions/", decisions.decision_list, name="decisions"),
    path("settings/decisions/<str:key>/", decisions.decision_page, name="decision"),
    path("settings/calendar/", calendar.calendar_page, name="calendar"),
    path("settings/terms/add/", calendar.term_add, name="term_add"),
    path("settings/terms/<int:pk>/", calendar.term_edit, name="term"),
    path("settings/templates/", word_templates.template_list, name="word_templates"),
    path("settings/posts/", posts.post_list, name="posts"),
    path("settings/posts/<int:pk>/", posts.branch_posts, name="branch_posts"),
    path("settings/handover/<int:pk>/", posts.handover_page, name="handover"),
    path("settings/handover/<int:pk>/word/", posts.handover_word, name="handover_word"),
    path("settings/year/", year_opening.year_open, name="year_open"),
]
