"""Two that enter the same at one moment: one is taken, the other is told in words, and nothing of it is half written."""

import sys
from types import ModuleType

import pytest
from django.db import IntegrityError, transaction
from django.http import HttpResponse
from django.urls import path

from accounts.policy import SIGNED_IN, policy
from branches.models import School
from config.urls import urlpatterns
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def dummy(settings, client):
    """The portal with one more page, signed in."""

    def serve(view):
        module = ModuleType("tests.dummy_urls")
        module.urlpatterns = [*urlpatterns, path("dummy/", policy(SIGNED_IN)(view), name="dummy")]
        sys.modules["tests.dummy_urls"] = module
        settings.ROOT_URLCONF = "tests.dummy_urls"
        client.force_login(UserFactory())
        return client

    yield serve
    sys.modules.pop("tests.dummy_urls", None)


def test_who_comes_second_is_told_and_writes_nothing(dummy):
    School.objects.create(name="晨光第一小学")

    @transaction.atomic
    def enter(request):
        School.objects.create(name="晨光第二小学")
        School.objects.create(name="晨光第一小学")
        return HttpResponse("in")

    answer = dummy(enter).get("/dummy/")

    assert answer.status_code == 409
    assert "刚有人登记了同样的内容" in answer.content.decode()
    assert "晨光" not in answer.content.decode()
    assert list(School.objects.values_list("name", flat=True)) == ["晨光第一小学"]


def test_another_fault_of_ours_stays_a_fault(dummy):
    def enter(request):
        with transaction.atomic():
            School.objects.create(name=None)

    with pytest.raises(IntegrityError):
        dummy(enter).get("/dummy/")
