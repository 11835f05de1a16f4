from django.urls import path

from duties import views

app_name = "duties"
urlpatterns = [path("", views.duty_list, name="list")]
