"""Factories of 党费."""

from datetime import date
from decimal import Decimal

import factory
from factory.django import DjangoModelFactory

from members.models import DuesBase, DuesConsent, DuesHandover, DuesPayment, DuesWaiver
from tests.factories import BranchFactory, MemberFactory, UserFactory


class DuesBaseFactory(DjangoModelFactory):
    class Meta:
        model = DuesBase

    member = factory.SubFactory(MemberFactory)
    year = 2025
    amount = Decimal(4000)
    created_by = factory.SubFactory(UserFactory)


class DuesWaiverFactory(DjangoModelFactory):
    class Meta:
        model = DuesWaiver

    member = factory.SubFactory(MemberFactory)
    from_month = date(2025, 3, 1)
    to_month = date(2025, 8, 1)
    reason = "家庭困难"
    created_by = factory.SubFactory(UserFactory)


class DuesConsentFactory(DjangoModelFactory):
    class Meta:
        model = DuesConsent

    branch = factory.SubFactory(BranchFactory)
    year = 2025
    agreed_on = date(2025, 1, 10)
    created_by = factory.SubFactory(UserFactory)


class DuesPaymentFactory(DjangoModelFactory):
    class Meta:
        model = DuesPayment

    member = factory.SubFactory(MemberFactory)
    branch = factory.SubFactory(BranchFactory)
    month = date(2025, 3, 1)
    payable = paid = Decimal("40.00")
    paid_on = factory.LazyAttribute(lambda payment: payment.month.replace(day=25))
    created_by = factory.SubFactory(UserFactory)


class DuesHandoverFactory(DjangoModelFactory):
    class Meta:
        model = DuesHandover

    branch = factory.SubFactory(BranchFactory)
    year = 2025
    quarter = 1
    amount = Decimal("360.00")
    handed_on = date(2025, 4, 8)
    created_by = factory.SubFactory(UserFactory)
