"""Factories of less burden: 临时收表 (the form, its columns, who was asked, what they said), 迎检资料包, 抄录."""

from datetime import UTC, date, datetime

import factory
from factory.django import DjangoModelFactory

from datacalls.models import DataCall, DataCallAnswer, DataCallColumn, DataCallRow
from portal.models import Copied, Pack, PackItem
from tests.factories import BranchFactory, StoredFileFactory, UserFactory
from tests.factories_life import NoticeFactory

AT = datetime(2025, 11, 3, 2, 0, tzinfo=UTC)


class DataCallFactory(DjangoModelFactory):
    """A draft; `opened` has gone out."""

    class Meta:
        model = DataCall

    class Params:
        opened = factory.Trait(
            state="open", opened_by=factory.SelfAttribute("created_by"), opened_at=AT,
            notice=factory.SubFactory(
                NoticeFactory, branch=factory.SelfAttribute("..branch"), kind="call", issued=True,
                created_by=factory.SelfAttribute("..created_by"),
            ),
        )  # fmt: skip

    branch = factory.SubFactory(BranchFactory, kind="committee")
    title = "党组织基本情况统计表"
    number = "县教育体育局党组函〔2025〕12 号"
    deadline_on = date(2025, 11, 28)
    file = factory.SubFactory(StoredFileFactory)
    sheet = "Sheet1"
    created_by = factory.SubFactory(UserFactory)


class DataCallColumnFactory(DjangoModelFactory):
    class Meta:
        model = DataCallColumn

    call = factory.SubFactory(DataCallFactory)
    position = factory.Sequence(lambda number: number % 50)
    header = "党组织名称"
    source = "known"
    known = "name"


class DataCallAnswerFactory(DjangoModelFactory):
    class Meta:
        model = DataCallAnswer

    call = factory.SubFactory(DataCallFactory, opened=True)
    branch = factory.SubFactory(BranchFactory, parent=factory.SelfAttribute("..call.branch"))


class DataCallRowFactory(DjangoModelFactory):
    class Meta:
        model = DataCallRow

    answer = factory.SubFactory(DataCallAnswerFactory)
    cells = factory.LazyFunction(lambda: {"1": "是"})


class PackFactory(DjangoModelFactory):
    class Meta:
        model = Pack

    branch = factory.SubFactory(BranchFactory)
    title = "2025 年党建督查资料"
    starts_on = date(2025, 1, 1)
    ends_on = date(2025, 11, 20)
    created_by = factory.SubFactory(UserFactory)


class PackItemFactory(DjangoModelFactory):
    class Meta:
        model = PackItem

    pack = factory.SubFactory(PackFactory)
    position = 1
    title = "责任书"
    kind = "letters"


class CopiedFactory(DjangoModelFactory):
    class Meta:
        model = Copied

    system = "smart"
    label = "members.Member"
    object_id = factory.Sequence(lambda number: 900_000 + number)
    branch = factory.SubFactory(BranchFactory)
    digest = "0" * 16
    created_by = factory.SubFactory(UserFactory)
