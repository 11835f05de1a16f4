"""Factories of what other programs are given."""

from datetime import UTC, date, datetime

import factory
from factory.django import DjangoModelFactory

from branches.actions import root
from exchange.models import ApiToken, Feed, Hook, HookDelivery
from exchange.tokens import MARK, digest_of

MORNING = datetime(2025, 5, 20, 0, 0, tzinfo=UTC)


class ApiTokenFactory(DjangoModelFactory):
    """A token whose text is in `secret` until the row is read again."""

    class Meta:
        model = ApiToken
        skip_postgeneration_save = True

    user = factory.SubFactory("tests.factories.UserFactory")
    name = "数据平台取数"
    prefix = factory.Sequence(lambda number: f"{MARK}{number:09}")
    digest = factory.LazyAttribute(lambda token: digest_of(f"{token.prefix}secret"))
    epoch = factory.SelfAttribute("user.session_epoch")
    expires_on = date(2036, 1, 1)

    @factory.post_generation
    def secret(token, create, extracted, **kwargs):
        token.secret = f"{token.prefix}secret"


class FeedFactory(DjangoModelFactory):
    class Meta:
        model = Feed

    user = factory.SubFactory("tests.factories.UserFactory")
    branch = factory.SubFactory("tests.factories.BranchFactory")
    digest = factory.Sequence(lambda number: f"{number:064x}")
    epoch = factory.SelfAttribute("user.session_epoch")


class HookFactory(DjangoModelFactory):
    class Meta:
        model = Hook

    name = factory.Sequence(lambda number: f"数据平台{number}")
    branch = factory.LazyFunction(root)
    url = "https://hooks.example.test/dangjian"
    events = factory.LazyFunction(lambda: ["meeting.submitted"])
    secret = "invented secret of a hook"
    created_by = factory.SubFactory("tests.factories.UserFactory")


class HookDeliveryFactory(DjangoModelFactory):
    class Meta:
        model = HookDelivery

    hook = factory.SubFactory(HookFactory)
    record = factory.SubFactory("tests.factories.AuditEventFactory")
    event = "meeting.submitted"
    kind = "meetings"
    object_id = 1
    branch = factory.SelfAttribute("hook.branch")
    happened_at = MORNING
    next_at = MORNING
