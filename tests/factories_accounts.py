"""A person's own rights and account: second factor, look-ups counted, corrections asked for, the chain of records."""

import base64
from datetime import UTC, datetime

import factory
from factory.django import DjangoModelFactory

from accounts.models import AuditLink, Lookup, SecondFactor
from members.models import Correction

SECRET = base64.b32encode(b"12345678901234567890").decode()  # of RFC 6238's own examples


class SecondFactorFactory(DjangoModelFactory):
    """Switched on, with the secret of RFC 6238 and no recovery codes."""

    class Meta:
        model = SecondFactor

    user = factory.SubFactory("tests.factories.UserFactory")
    secret = SECRET
    confirmed_at = datetime(2025, 6, 1, tzinfo=UTC)


class LookupFactory(DjangoModelFactory):
    class Meta:
        model = Lookup

    user = factory.SubFactory("tests.factories.UserFactory")


class AuditLinkFactory(DjangoModelFactory):
    class Meta:
        model = AuditLink

    position = factory.Sequence(lambda number: number + 1)
    event = factory.SubFactory("tests.factories.AuditEventFactory")
    at = datetime(2025, 6, 1, tzinfo=UTC)
    digest = "0" * 64


class CorrectionFactory(DjangoModelFactory):
    """A member asks for another name."""

    class Meta:
        model = Correction

    member = factory.SubFactory("tests.factories.MemberFactory")
    field = "name"
    said = "周明园"
    reason = "证件上如此"
    created_by = factory.SubFactory("tests.factories.UserFactory")
