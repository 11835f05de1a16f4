"""Long work and imports."""

import uuid

import factory
from django.utils import timezone
from factory.django import DjangoModelFactory

import vault
from jobs import registry
from jobs.models import Batch, Job, Layout, Output
from tests.factories import UserFactory


@registry.work("tests.nothing", label="什么也不做")
def nothing(job, progress):
    return {}


class JobFactory(DjangoModelFactory):
    class Meta:
        model = Job

    kind = "tests.nothing"
    created_by = factory.SubFactory(UserFactory)


class OutputFactory(DjangoModelFactory):
    class Meta:
        model = Output

    job = factory.SubFactory(JobFactory, state=Job.State.DONE, finished_at=factory.LazyFunction(timezone.now))
    row_key = factory.LazyFunction(uuid.uuid4)
    name = "汇总表.xlsx"
    content = factory.LazyAttribute(lambda output: vault.seal_bytes(b"PK", f"jobs_output|content|{output.row_key}"))


class LayoutFactory(DjangoModelFactory):
    class Meta:
        model = Layout

    kind = "roster"
    signature = factory.Sequence("{:064}".format)
    columns = factory.LazyFunction(lambda: [["姓名", "name"]])
    created_by = factory.SubFactory(UserFactory)


class BatchFactory(DjangoModelFactory):
    class Meta:
        model = Batch

    kind = "roster"
    file_name = factory.Sequence("花名册{}.xlsx".format)
    state = Batch.State.PLANNED
    plan_hash = "0" * 64
    created_by = factory.SubFactory(UserFactory)
