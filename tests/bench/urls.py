"""The portal's addresses and one more: the floor of every page, which renders the frame and asks for one row."""

from django.shortcuts import render
from django.urls import path

from accounts.policy import SIGNED_IN, policy
from branches.models import Branch
from config import urls


@policy(SIGNED_IN)
def bare(request):
    Branch.objects.visible_to(request.user).filter(pk=1).first()
    return render(request, "base.html")


urlpatterns = [*urls.urlpatterns, path("bench/bare/", bare, name="bare")]
