"""Who was there: by the code on the screen, on paper, afterwards with a reason, on leave. All count the same."""

from collections import defaultdict
from decimal import Decimal

from training.models import Enrolment, SignIn

Mark, Method = SignIn.Mark, SignIn.Method


def table(training_class, *, enrolments=None):
    """Rows of the sign-in sheet: (enrolment, {session pk: SignIn}, hours attended, hours owed), by 单位序. Three queries.

    `enrolments` narrows it to what the reader may see. Owed are the hours of the sessions that are signed for.
    """
    found = Enrolment.objects.all() if enrolments is None else enrolments
    people = found.on_roll().filter(training_class=training_class).select_related("branch", "member")
    people = list(people.order_by("branch__order", "branch", "pk"))
    hours = dict(training_class.sessions.filter(is_signed=True).values_list("pk", "hours"))
    signed = defaultdict(dict)
    for row in SignIn.objects.filter(session__training_class=training_class):
        signed[row.enrolment_id][row.session_id] = row
    owed = sum(hours.values(), Decimal(0))
    return [
        (
            person, signed[person.pk],
            sum((hours.get(pk, 0) for pk, row in signed[person.pk].items() if row.mark == Mark.PRESENT), Decimal(0)),
            owed,
        )
        for person in people
    ]  # fmt: skip
