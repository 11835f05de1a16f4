from django.urls import path

from accounts import views

app_name = "accounts"
urlpatterns = [
    path("sign-in/", views.sign_in, name="sign_in"),
    path("sign-in/code/", views.code, name="code"),
    path("sign-out/", views.sign_out, name="sign_out"),
    path("password/", views.change_password, name="change_password"),
    path("confirm/", views.confirm, name="confirm"),
    path("second-factor/", views.second_factor_page, name="second_factor"),
    path("sessions/", views.own_sessions, name="sessions"),
    path("large/", views.large, name="large"),
]
