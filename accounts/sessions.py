"""What a session must prove on every request, beyond the cookie: it is young, in use, and of today's generation."""

import time
from datetime import UTC, datetime
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.models import Session
from django.shortcuts import redirect
from django.urls import reverse

from accounts.models import User


def open_session(session, user):
    """Stamp a session at sign-in."""
    now = int(time.time())
    session.update({"started": now, "seen": now, "proved": now, "epoch": user.session_epoch})


def has_ended(session, user):
    """Whether the session is too old, was left alone too long, or was closed from elsewhere."""
    now = time.time()
    return (
        session.get("epoch") != user.session_epoch
        or now - session.get("started", 0) >= settings.SESSION_ABSOLUTE_SECONDS
        or now - session.get("seen", 0) >= settings.SESSION_IDLE_SECONDS
    )


def mark_seen(session):
    """Remember that somebody is there; one write a minute is enough."""
    now = int(time.time())
    if now - session["seen"] >= 60:
        session["seen"] = now


def open_ones(user, *, now):
    """What is known of the person's open sessions, the one used last first: [{key, started, seen, network}].

    Sessions are sealed rows that name nobody outside; there are at most as many as people signed in within a day.
    """
    found = []
    for row in Session.objects.filter(expire_date__gt=now).iterator():
        data = row.get_decoded()
        if data.get(SESSION_KEY) == str(user.pk) and not has_ended(data, user):
            found.append({
                "key": row.session_key, "network": data.get("network", ""),
                **{name: datetime.fromtimestamp(data[name], UTC) for name in ("started", "seen")},
            })  # fmt: skip
    return sorted(found, key=lambda each: each["seen"], reverse=True)


def follow(session, user):
    """The present session goes on, under a new key, while the others end; neither its age nor its proof is renewed."""
    session.cycle_key()
    session["epoch"] = user.session_epoch


def is_fresh(request):
    """Whether password (and code) were given within the last five minutes; a sensitive page asks again otherwise."""
    return time.time() - request.session.get("proved", 0) < settings.FRESH_SECONDS


def prove(session):
    """Password and code were right a moment ago."""
    session["proved"] = int(time.time())


def ask_again(request, to, *, keeps=False):
    """To the page that asks for the password, and from there on to `to`; with `keeps` what was typed waits meanwhile."""
    if keeps and request.method == "POST":
        typed = {name: value for name, value in request.POST.items() if name != "csrfmiddlewaretoken"}
        request.session["typed"] = {"at": to, "fields": typed}
    return redirect(f"{reverse('accounts:confirm')}?{urlencode({'next': to})}")


def typed(request):
    """What was typed on this page before the password was asked for; once."""
    kept = request.session.get("typed")
    if not kept or kept["at"] != request.path:
        return None
    del request.session["typed"]
    return kept["fields"]


# --- between password and code: a visitor's session that names whose code is awaited


def await_code(session, user):
    """The password was right; nothing opens yet."""
    session["awaiting"] = {"user": user.pk, "epoch": user.session_epoch, "at": int(time.time())}


def awaited(session):
    """Whose code is awaited: the person, or None when nobody's is, it took too long or the password is another by now."""
    found = session.get("awaiting")
    if not found or time.time() - found["at"] >= settings.FRESH_SECONDS:
        return None
    return User.objects.filter(pk=found["user"], session_epoch=found["epoch"], is_active=True).first()
