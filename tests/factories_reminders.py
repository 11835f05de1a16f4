"""Factories of the reminders."""

from datetime import UTC, date, datetime

import factory
from factory.django import DjangoModelFactory

from branches.actions import root
from branches.rights import Role
from duties.models import Duty
from reminders.models import Channel, Contact, Delivery, Digest, DigestLine, Kind, Reminder, Sweep
from tests import factories

MORNING = datetime(2025, 5, 20, 0, 0, tzinfo=UTC)  # 8 o'clock in the county


class ReminderFactory(DjangoModelFactory):
    """A branch's 主题党日 of May 2025, told to its secretary on the 20th."""

    class Meta:
        model = Reminder

    class Params:
        duty = factory.SubFactory("tests.factories.DutyFactory")

    rule = "remind.theme_party_day"
    label = "duties.Duty"
    object_id = factory.SelfAttribute("duty.pk")
    branch = factory.SelfAttribute("duty.branch")
    place = factory.SelfAttribute("branch")
    role = Role.SECRETARY
    on = date(2025, 5, 20)
    due_on = factory.SelfAttribute("duty.due_on")
    found_at = MORNING


class DigestFactory(DjangoModelFactory):
    """With `about` organisations: one line for each."""

    class Meta:
        model = Digest

    user = factory.SubFactory("tests.factories.UserFactory")
    on = date(2025, 5, 20)
    sent_at = MORNING
    about = ()

    @classmethod
    def _create(cls, model_class, *args, about, **fields):
        digest = super()._create(model_class, *args, **fields)
        for branch in about:
            duty = Duty.objects.filter(branch=branch).first() or factories.DutyFactory(branch=branch)
            DigestLineFactory(digest=digest, reminder=ReminderFactory(duty=duty, on=digest.on))
        return digest


class DigestLineFactory(DjangoModelFactory):
    class Meta:
        model = DigestLine

    digest = factory.SubFactory(DigestFactory)
    reminder = factory.SubFactory(ReminderFactory)


class SweepFactory(DjangoModelFactory):
    class Meta:
        model = Sweep

    on = date(2025, 5, 19)
    last_at = MORNING


class ChannelFactory(DjangoModelFactory):
    class Meta:
        model = Channel

    branch = factory.LazyFunction(root)
    kind = Kind.WECOM
    address = "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=invented"
    is_test = False


class ContactFactory(DjangoModelFactory):
    class Meta:
        model = Contact

    user = factory.LazyAttribute(lambda contact: factories.UserFactory())
    kind = Kind.EMAIL
    address = "teacher@example.invalid"


class DeliveryFactory(DjangoModelFactory):
    class Meta:
        model = Delivery

    channel = factory.SubFactory(ChannelFactory)
    kind = factory.SelfAttribute("channel.kind")
    on = date(2025, 5, 20)
    next_at = MORNING
