"""The portal with one page more: `/bare/<session>/<enrolment>/`, which does nothing but one INSERT behind the same doors."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

from django.core.wsgi import get_wsgi_application

application = get_wsgi_application()

from django.http import HttpResponse  # noqa: E402 - models and routes can be read only now
from django.urls import path  # noqa: E402
from django.utils import timezone  # noqa: E402

from accounts.policy import PUBLIC, policy  # noqa: E402
from config import urls  # noqa: E402
from training.models import SignIn  # noqa: E402


@policy(PUBLIC)
def bare(request, session, enrolment):
    SignIn.objects.create(session_id=session, enrolment_id=enrolment, method="scan", signed_at=timezone.now())
    return HttpResponse("ok")


urls.urlpatterns.append(path("bare/<int:session>/<int:enrolment>/", bare, name="bare"))
