"""What becomes of a class: opened for enrolment, begun, finished, cancelled."""

from django.core.exceptions import ValidationError

from branches.rights import require
from training.models import TrainingClass

State = TrainingClass.State
AT_WORK = (State.PLANNED, State.OPEN, State.RUNNING, State.CLOSING)  # what may still be changed


def lock(training_class, *, by, states=AT_WORK, verb="training.run"):
    """The class, locked for an act of whoever runs it. Raises when the act does not fit its state."""
    row = TrainingClass.objects.select_for_update(of=("self",)).select_related("branch").get(pk=training_class.pk)
    require(by, verb, at=row.branch)
    if row.is_restricted:
        require(by, "training.closed", at=row.branch)
    if row.state not in states:
        raise ValidationError(f"这个班次{row.get_state_display()}，不能再这样办理。")
    return row
