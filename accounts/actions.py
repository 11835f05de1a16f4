from django.db import transaction

from accounts import audit
from accounts.models import User


@transaction.atomic
def change_password(user, password, *, by):
    """Set a password that its owner chose. Every session of the user ends; the caller may open the present one anew."""
    user = User.objects.select_for_update().get(pk=user.pk)
    user.set_password(password)
    user.must_change_password = False
    user.session_epoch += 1
    user.save(update_fields=["password", "must_change_password", "session_epoch"])
    audit.record("account.change_password", user, by=by)
    return user


@transaction.atomic
def end_other_sessions(user, *, by):
    """Everywhere else the person is signed out; the caller lets the present session go on. Returns the user."""
    user = User.objects.select_for_update().get(pk=user.pk)
    user.session_epoch += 1
    user.save(update_fields=["session_epoch"])
    audit.record("account.end_sessions", user, by=by)
    return user


def record_wrong_password(username, *, network, is_locked):
    """Nobody's act: the account may be the victim, so `system` signs. A name that no account has is not kept."""
    system = User.objects.system()
    user = User.objects.filter(username=username).first()
    audit.record("account.lock_out" if is_locked else "account.sign_in_fail", user, by=system, network=network)


def record_wrong_code(user, *, network, is_locked):
    """Whoever typed it knew the password: worth knowing, hence kept apart from wrong passwords."""
    audit.record(
        "account.lock_out" if is_locked else "account.code_fail", user, by=User.objects.system(), network=network
    )
