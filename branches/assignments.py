"""Tasks that give somebody rights in one organisation for a time: to judge it, to guide it, to instruct it."""

from datetime import timedelta

from django.core.exceptions import ValidationError
from django.db import transaction

from accounts import audit
from branches.models import Assignment
from branches.rights import Task, require

VERB = {  # what one must be allowed in an organisation to send somebody there
    Task.ASSESSOR: "screening.run",
    Task.GUIDE: "campaign.run",
    Task.INSTRUCTOR: "file.run",
    Task.CONTACT: "file.run",
    Task.GRADER: "score.settle",
}


@transaction.atomic
def assign(user, branches, task, *, until, group="", by, on):
    """Send `user` to `branches` until a day; where the task runs already, only its end moves. Returns how many are new."""
    branches, task = list(branches), Task(task)
    for branch in branches:
        require(by, VERB[task], at=branch)
    if not user.is_active or user.is_system:
        raise ValidationError("这个账号已停用，不能分派任务。")
    if until < on:
        raise ValidationError(f"任务的结束日期 {until:%Y-%m-%d} 已经过去，请改到今天或以后。")
    running = Assignment.objects.running(on).filter(user=user, task=task, branch__in=branches).select_for_update()
    known = {row.branch_id: row for row in running}
    moved = [row for row in known.values() if (row.until, row.group) != (until, group)]
    for row in moved:
        row.until, row.group = until, group
    Assignment.objects.bulk_update(moved, ["until", "group"], batch_size=1000)
    fresh = [
        Assignment(user=user, branch=branch, task=task, group=group, started_on=on, until=until, created_by=by)
        for branch in branches
        if branch.pk not in known
    ]
    Assignment.objects.bulk_create(fresh, batch_size=1000)
    if fresh or moved:
        audit.record(
            "assignment.assign", by=by, user=user.pk, task=task, until=str(until),
            branches=sorted(row.branch_id for row in [*fresh, *moved]),
        )  # fmt: skip
    return len(fresh)


@transaction.atomic
def release(user, branches, task, *, by, on):
    """End what runs of the task: from today on it gives no rights. What began today only is taken out again."""
    branches, task = list(branches), Task(task)
    for branch in branches:
        require(by, VERB[task], at=branch)
    found = Assignment.objects.running(on).filter(user=user, task=task, branch__in=branches)
    ended = sorted(found.values_list("branch", flat=True))
    found.filter(started_on=on).delete()
    found.filter(started_on__lt=on).update(until=on - timedelta(days=1))
    if ended:
        audit.record("assignment.release", by=by, user=user.pk, task=task, branches=ended)
    return len(ended)
