import factory
from factory.django import DjangoModelFactory

from branches.actions import root
from portal.models import Export, ExportDefinition, SavedReport


class ExportDefinitionFactory(DjangoModelFactory):
    class Meta:
        model = ExportDefinition

    name = factory.Sequence("换届用{}".format)
    listing = "members"
    columns = ["branch", "name"]
    created_by = factory.SubFactory("tests.factories.UserFactory")


class ExportFactory(DjangoModelFactory):
    class Meta:
        model = Export

    listing = "members"
    branch = factory.LazyFunction(root)
    columns = ["branch", "name"]
    purpose = "换届核对名册"
    count = 1
    state = Export.State.ASKED
    created_by = factory.SubFactory("tests.factories.UserFactory")


class SavedReportFactory(DjangoModelFactory):
    class Meta:
        model = SavedReport

    name = factory.Sequence("季度换届提醒{}".format)
    report = "terms"
    asked = {}
    created_by = factory.SubFactory("tests.factories.UserFactory")
