from django.urls import path

from duties.views import duty

app_name = "duties"
urlpatterns = [path("", duty.duty_list, name="list")]
