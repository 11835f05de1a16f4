"""What holds of a member beside the membership: backbones and 党小组."""

from datetime import date

import factory
from factory.django import DjangoModelFactory

from members.models import Backbone, GroupMembership
from tests.factories import GroupFactory, MemberFactory


class BackboneFactory(DjangoModelFactory):
    class Meta:
        model = Backbone

    member = factory.SubFactory(MemberFactory)
    name = "县级骨干教师"
    kind = Backbone.Kind.TEACHING
    level = Backbone.Level.COUNTY
    started_on = date(2024, 9, 1)


class GroupMembershipFactory(DjangoModelFactory):
    class Meta:
        model = GroupMembership

    member = factory.SubFactory(MemberFactory)
    group = factory.SubFactory(GroupFactory)
    started_on = date(2020, 1, 1)
