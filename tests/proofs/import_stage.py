"""Sets the stage in the database of the environment: branches on record, a planned roster, its job. Says their keys."""

import sys

import django

django.setup()

from django.utils import timezone  # noqa: E402

from accounts.models import User  # noqa: E402 - models can be read only now
from jobs.models import Job  # noqa: E402
from portal import actions  # noqa: E402
from tests.imports import layouts  # noqa: E402
from tests.proofs import import_rows  # noqa: E402


def main(count):
    by, on = User.objects.system(), timezone.localdate()
    kind, data, name = layouts.xlsx(import_rows.branches(count))
    actions.write(kind, actions.plan(kind, data, name, on=on), by=by, on=on)
    batch, _ = actions.upload(*import_rows.workbook(count), by=by, on=on)
    args = {"batch": batch.pk, "only_valid": False, "shown": batch.plan_hash}
    job = Job.objects.create(kind="portal.import_commit", args=args, created_by=by)
    sys.stdout.write(f"{batch.pk} {job.pk}\n")


if __name__ == "__main__":
    main(int(sys.argv[1]))
