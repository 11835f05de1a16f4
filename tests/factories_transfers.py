"""Factories of 组织关系转接: a draft inside the county unless a trait says otherwise."""

from datetime import date

import factory
from factory.django import DjangoModelFactory

from members.models import Transfer, TransferList, TransferStep
from tests.factories import BranchFactory, MemberFactory, UserFactory


class TransferListFactory(DjangoModelFactory):
    class Meta:
        model = TransferList

    branch = factory.SubFactory(BranchFactory, committee=True)
    title = factory.Sequence("2025 年县管校聘交流名单（第{}批）".format)
    number = "云教体〔2025〕9号"
    moves_on = date(2025, 8, 25)
    created_by = factory.SubFactory(UserFactory)


class TransferFactory(DjangoModelFactory):
    """`issued` gives it a letter; `out` and `arriving` lead out of the county and into it. Memberships are left alone."""

    class Meta:
        model = Transfer

    class Params:
        issued = factory.Trait(
            state=Transfer.State.ISSUED, number=factory.Sequence("〔2025〕第{}号".format), issued_on=date(2025, 11, 3),
            valid_days=30, valid_until=date(2025, 12, 3), dues_paid_through=date(2025, 11, 1),
        )  # fmt: skip
        out = factory.Trait(
            direction=Transfer.Direction.OUT, to_branch=None, to_place="中共邻县教育体育局机关支部委员会"
        )
        arriving = factory.Trait(
            direction=Transfer.Direction.IN, from_branch=None, from_place="中共邻县第一中学支部委员会"
        )

    direction = Transfer.Direction.INSIDE
    from_branch = factory.SubFactory(BranchFactory)
    to_branch = factory.SubFactory(BranchFactory)
    member = factory.LazyAttribute(lambda transfer: MemberFactory(branch=transfer.from_branch))
    kind = "full"
    reason = "工作调动"
    created_by = factory.SubFactory(UserFactory)


class TransferStepFactory(DjangoModelFactory):
    class Meta:
        model = TransferStep

    transfer = factory.SubFactory(TransferFactory)
    state = Transfer.State.DRAFT
    taken_on = date(2025, 11, 1)
    created_by = factory.SubFactory(UserFactory)
