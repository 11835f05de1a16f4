"""What the proofs with a real portal ask of its database: people of the 工委 who are signed in."""

import json
import sys

import django

django.setup()

from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY  # noqa: E402 - settings are read now
from django.contrib.sessions.backends.db import SessionStore  # noqa: E402
from django.utils import timezone  # noqa: E402

from accounts import sessions  # noqa: E402
from accounts.models import User  # noqa: E402
from branches.actions import appoint, root  # noqa: E402
from branches.rights import Role  # noqa: E402


def signed_in(count):
    found = []
    first = User.objects.count()
    for number in range(first, first + count):
        user = User.objects.create_user(f"w{number}", None, name=f"工作人员{number}")
        appoint(user, root(), Role.STAFF, started_on=timezone.localdate(), by=User.objects.system())
        session = SessionStore()
        session[SESSION_KEY], session[HASH_SESSION_KEY] = str(user.pk), user.get_session_auth_hash()
        session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
        sessions.open_session(session, user)
        session.save()
        found.append(session.session_key)
    return found


if __name__ == "__main__":
    print(json.dumps(signed_in(int(sys.argv[1]))))
