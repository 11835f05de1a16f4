"""Links that make one browser the browser of one person for one class: no account, no app, no telephone number.

A link is opened once. What it leaves in the browser is a signed list of keys; whether they still count is asked each time.
"""

import secrets
from datetime import timedelta
from hashlib import sha256
from typing import NamedTuple

from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.signing import BadSignature, Signer
from django.db import transaction
from django.db.models import F, OuterRef, Q, Subquery
from django.db.models.functions import Now, TruncDate
from django.utils import timezone

import vault
from accounts import audit
from branches.rights import may, require
from rulebook import book as rulebook
from training.models import ClassPass, Enrolment, Survey, TrainingClass

OPENED = (TrainingClass.State.OPEN, TrainingClass.State.RUNNING, TrainingClass.State.CLOSING)
TOKEN_BYTES = 18  # 144 bits: what is kept of it needs no slow hash
MOST = 12  # classes that one browser remembers
KEPT = 366  # days that it does: whether a link still serves the database says, and its last day may come to be later
USED = "链接已在别的手机上用过，请让支部或主办方重发。"
UNKNOWN = "这个链接不能用：可能抄漏了字，已经重发过，或者班次已经结束。请让支部或主办方重发。"


# --- giving out


@transaction.atomic
def issue(training_class, enrolments, *, by, at):
    """New links for these persons, as pairs (enrolment, token). What they held before opens nothing any more.

    By whoever runs the class for everybody, by a branch for its own people. The tokens are never to be seen again.
    """
    row = TrainingClass.objects.select_for_update(of=("self",)).select_related("branch").get(pk=training_class.pk)
    if row.is_restricted:
        require(by, "training.closed", at=row.branch)
    keys = [enrolment.pk for enrolment in enrolments]
    people = Enrolment.objects.on_roll().filter(training_class=row, pk__in=keys).select_related("branch")
    people = list(people.order_by("branch__order", "branch", "pk"))
    if not may(by, "training.run", at=row.branch):
        for branch in {person.branch for person in people}:
            if branch is None:
                raise PermissionDenied("外来学员的链接由主办方发放。")
            require(by, "training.enrol", at=branch)
    if row.state not in OPENED:
        raise ValidationError(f"这个班次{row.get_state_display()}，现在不能发签到链接。")
    if not people:
        raise ValidationError("请先选中要发链接的学员。")
    ends_on = last_day(row)
    if ends_on < timezone.localtime(at).date():
        raise ValidationError("班次结束已久，链接不再有用。")
    ClassPass.objects.filter(enrolment__in=people, revoked_at=None).update(revoked_at=at)
    made = [(person, secrets.token_urlsafe(TOKEN_BYTES)) for person in people]
    ClassPass.objects.bulk_create(
        ClassPass(enrolment=person, digest=digest(token), ends_on=ends_on, created_by=by) for person, token in made
    )
    audit.record("training.issue_passes", row, by=by, people=[person.pk for person in people])
    return made


def last_day(training_class):
    """A link serves for the survey too: some days after the class, or as long as one is open that was opened late."""
    days = rulebook.value("training.survey", on=training_class.ends_on)["days"]
    asked = Survey.objects.filter(training_class=training_class, state=Survey.State.OPEN)
    return max([training_class.ends_on + timedelta(days=days), *asked.values_list("until_on", flat=True)])


def prolong(training_class):
    """The links of a locked class serve to its last day, when the class or its survey came to last longer."""
    ends_on = last_day(training_class)
    valid = ClassPass.objects.filter(enrolment__training_class=training_class, revoked_at=None, ends_on__lt=ends_on)
    valid.update(ends_on=ends_on)


def digest(token):
    return sha256(token.encode()).hexdigest()


# --- opening


@transaction.atomic
def open_link(token, held=()):
    """The pass that a link opens, once; again only in the browser that `held` it already. Raises ValidationError."""
    found = (
        ClassPass.objects.select_related("enrolment__training_class")
        .filter(digest=digest(token), revoked_at=None, ends_on__gte=TruncDate(Now()))
        .filter(enrolment__withdrawn_on=None, enrolment__training_class__state__in=OPENED)
        .first()
    )
    if found is None:
        raise ValidationError(UNKNOWN, code="unknown")
    if found.used_at is None and ClassPass.objects.filter(pk=found.pk, used_at=None, revoked_at=None).update(
        used_at=Now()
    ):
        return found
    if found.pk not in {row.key for row in held}:
        raise ValidationError(USED, code="used")
    return found


# --- what the browser holds


def cookie_name(name):
    """With HTTPS a name that only this host, and only over HTTPS, can have set."""
    return f"__Host-{name}" if settings.HTTPS else name


def sealed(name, value):
    """A signed text for a cookie, under a key of the vault that serves this one purpose."""
    return _signer(name).sign_object(value)


def unsealed(name, text):
    """The value, or None when the text is not of our making."""
    try:
        return _signer(name).unsign_object(text or "")
    except (BadSignature, ValueError):
        return None


def _signer(name):
    return Signer(key=vault.blind_index("training_classpass|cookie", name), salt=f"training.{name}")


def set_cookie(response, name, value, seconds):
    response.set_cookie(
        cookie_name(name), value, max_age=seconds, path="/", secure=settings.HTTPS, httponly=True, samesite="Lax"
    )


class Held(NamedTuple):
    """What a browser keeps of a link opened in it."""

    key: int  # of the pass
    enrolment: int
    until: int  # the day on which the browser forgets it, as an ordinal


def held(request):
    """What was opened in this browser, the newest first. Whether it still counts is for the database to say."""
    found = unsealed("pass", request.COOKIES.get(cookie_name("pass")))
    return [Held(*row) for row in found or ()]


def remember(request, response, opened, *, on):
    """Put a pass first among those the browser holds."""
    today = on.toordinal()
    fresh = Held(opened.pk, opened.enrolment_id, today + KEPT)
    rows = [fresh, *(row for row in held(request) if row.key != opened.pk and row.until >= today)][:MOST]
    set_cookie(response, "pass", sealed("pass", rows), (KEPT + 1) * 24 * 3600)


# --- who it is


def people(request):
    """The enrolments that this browser may act for: whose link was opened in it, the latest first, and the account's own."""
    rows = held(request)
    passes = ClassPass.objects.filter(
        pk__in=[0, *(row.key for row in rows)], enrolment=OuterRef("pk"), revoked_at=None, ends_on__gte=TruncDate(Now())
    )
    mine = Q(pk__in=[row.enrolment for row in rows], opened_at__isnull=False)
    if member := getattr(request.user, "member", None):
        mine |= Q(member=member)
    found = Enrolment.objects.on_roll().annotate(opened_at=Subquery(passes.values("used_at")[:1])).filter(mine)
    return found.order_by(F("opened_at").desc(nulls_last=True), "-pk")


def knows_nobody(request):
    """Whether there is neither a link opened here nor an account to ask the database about."""
    return not request.user.is_authenticated and not held(request)


def person(request, training_class):
    """Whose browser this is for a class: by a link opened in it, or by the person's own account. None for a stranger."""
    return None if knows_nobody(request) else people(request).filter(training_class=training_class).first()
