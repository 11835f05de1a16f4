"""Factories of elections and of organisations that follow one another."""

from datetime import date

import factory
from factory.django import DjangoModelFactory

from branches.models import Succession
from members.models import Election, ElectionStep, Nominee, Post, TermExtension
from tests.factories import BranchFactory, MemberFactory, TermFactory, UserFactory


class ElectionFactory(DjangoModelFactory):
    class Meta:
        model = Election

    branch = factory.SubFactory(BranchFactory)
    seats = 3
    planned_on = date(2025, 6, 20)
    created_by = factory.SubFactory(UserFactory)


class ElectionStepFactory(DjangoModelFactory):
    class Meta:
        model = ElectionStep

    election = factory.SubFactory(ElectionFactory)
    key = ElectionStep.Key.RESOLUTION
    done_on = date(2025, 4, 20)
    created_by = factory.SubFactory(UserFactory)


class NomineeFactory(DjangoModelFactory):
    class Meta:
        model = Nominee

    election = factory.SubFactory(ElectionFactory)
    member = factory.SubFactory(MemberFactory)
    office = Post.Office.COMMITTEE


class TermExtensionFactory(DjangoModelFactory):
    class Meta:
        model = TermExtension

    term = factory.SubFactory(TermFactory)
    before = date(2027, 3, 1)
    until = date(2027, 9, 1)
    number = "云教工复〔2027〕3号"
    approved_on = date(2027, 2, 1)
    created_by = factory.SubFactory(UserFactory)


class SuccessionFactory(DjangoModelFactory):
    class Meta:
        model = Succession

    old = factory.SubFactory(BranchFactory)
    new = factory.SubFactory(BranchFactory)
    on = date(2025, 7, 1)
    kind = Succession.Kind.MERGED
    number = "云教工发〔2025〕12号"
    created_by = factory.SubFactory(UserFactory)
