"""What a session must prove on every request, beyond the cookie: it is young, in use, and of today's generation."""

import time

from django.conf import settings


def open_session(session, user):
    """Stamp a session at sign-in."""
    now = int(time.time())
    session.update({"started": now, "seen": now, "epoch": user.session_epoch})


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
