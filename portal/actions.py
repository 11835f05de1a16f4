"""Acts that draw on several apps: importing a workbook, and keeping a year's duties in step with the register."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

import vault
from branches import actions as branches
from branches.models import Branch
from branches.resources import OrganisationResource
from branches.rights import require
from duties.actions import generate
from duties.models import Duty
from jobs.models import Batch
from meetings import actions as meetings
from meetings import activities
from meetings.resources import RegisterResource
from members import actions as members
from members.resources import RosterResource

IMPORTS = {  # what a workbook may hold: its resource and the action that writes its good rows
    "organisations": (OrganisationResource, branches.import_organisations),
    "roster": (RosterResource, members.import_roster),
    "meetings": (RegisterResource, meetings.import_register),
}


@transaction.atomic
def tend(year, *, by):
    """Bring a year's duties in step with the register, and match the records with them again."""
    generate(year, by=by)
    meetings.meet_again(year)
    activities.meet_again(year)


def plan(kind, data, file_name, *, on):
    """What importing the file would do; raises `office.Unreadable` when it cannot be read."""
    return IMPORTS[kind][0](on=on).plan(data, file_name)


@transaction.atomic
def write(kind, found, *, by, on):
    """Write the good rows of a plan and bring the duties in step. Returns (added, changed)."""
    result = IMPORTS[kind][1](found.good, by=by, on=on)
    if kind == "organisations":
        for year in {on.year, *Duty.objects.order_by().values_list("year", flat=True).distinct()}:
            tend(year, by=by)
    return result


def upload(kind, data, file_name, *, by, on):
    """Plan an uploaded workbook and keep it sealed until it is committed. Returns (batch, plan)."""
    require(by, "import.run", at=branches.root())
    found = plan(kind, data, file_name, on=on)
    batch = Batch(
        kind=kind, file_name=file_name[-200:], plan_hash=found.digest, created_by=by, state=Batch.State.PLANNED
    )
    batch.content = vault.seal_bytes(data, _place(batch))
    batch.save()
    return batch, found


def _place(batch):
    return f"jobs_batch|content|{batch.row_key}"


def replan(batch, *, on):
    """The plan of a kept workbook against the register of this moment."""
    data = vault.open_bytes(bytes(batch.content), _place(batch))
    return plan(batch.kind, data, batch.file_name, on=on)


def one_at_a_time():
    """Until the transaction ends nobody else writes a workbook: what was planned is what is written."""
    Branch.objects.select_for_update().get(parent=None)


@transaction.atomic
def commit(batch, *, only_valid, by, on, shown=None):
    """Write what was shown (`shown`: its digest), and nothing else: a register that changed in between is refused, and so
    is a plan with errors unless only the valid rows were chosen. Returns (batch or None, plan)."""
    require(by, "import.run", at=branches.root())
    one_at_a_time()
    batch = Batch.objects.select_for_update().get(pk=batch.pk)
    if batch.state == Batch.State.COMMITTED:
        raise ValidationError("这份工作簿已经导入，不会重复写入。")
    found = replan(batch, on=on)
    if found.digest != (shown or batch.plan_hash):
        batch.plan_hash = found.digest
        batch.save(update_fields=["plan_hash"])
        return None, found
    if found.bad and not only_valid:
        raise ValidationError(f"还有 {len(found.bad)} 行有错误，请改正后重新上传，或选择只导入无错的行。")
    batch.added, batch.changed = write(batch.kind, found, by=by, on=on)
    batch.skipped = len(found.bad)
    batch.state, batch.committed_at, batch.content = Batch.State.COMMITTED, timezone.now(), None
    batch.save()
    return batch, found
