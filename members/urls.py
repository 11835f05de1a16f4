from django.urls import path

from members.views import exemption, member

app_name = "members"
urlpatterns = [
    path("", member.member_list, name="list"),
    path("<int:pk>/", member.member_detail, name="detail"),
    path("<int:pk>/edit/", member.member_edit, name="edit"),
    path("<int:pk>/exemption/", exemption.exemption_add, name="exemption_add"),
    path("exemptions/", exemption.exemption_list, name="exemptions"),
    path("exemptions/<int:pk>/end/", exemption.exemption_end, name="exemption_end"),
    path("<int:pk>/leading/", exemption.cadre_add, name="cadre_add"),
    path("leading/", exemption.cadre_list, name="cadres"),
    path("leading/<int:pk>/end/", exemption.cadre_end, name="cadre_end"),
]
