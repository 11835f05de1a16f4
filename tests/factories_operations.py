from datetime import UTC, datetime

from factory.django import DjangoModelFactory

from portal.models import MaintenanceRun


class MaintenanceRunFactory(DjangoModelFactory):
    class Meta:
        model = MaintenanceRun

    kind = MaintenanceRun.Kind.BACKUP
    started_at = datetime(2025, 11, 19, 18, 15, tzinfo=UTC)
    finished_at = datetime(2025, 11, 19, 18, 16, tzinfo=UTC)
    is_good = True
