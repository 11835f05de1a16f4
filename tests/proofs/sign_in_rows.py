"""What the proof about sign-in asks of the portal's own database: a class of today, its people and their links."""

import json
import sys
import uuid
from datetime import time

import django

django.setup()

from django.utils import timezone  # noqa: E402 - models can be read only now

from accounts.models import User  # noqa: E402
from branches.actions import root  # noqa: E402
from training import passes  # noqa: E402
from training.models import ClassSession, Enrolment, SignIn, TrainingClass  # noqa: E402


def hall(title, count):
    """A class that runs today, all day long, with so many on its roll: keys and tokens."""
    by, today = User.objects.system(), timezone.localdate()
    training_class = TrainingClass.objects.create(
        branch=root(), kind="party_school", title=title, starts_on=today, ends_on=today, state="running", created_by=by
    )
    sessions = [
        ClassSession.objects.create(
            training_class=training_class, held_on=today, begins=time(0), ends=time(23, 59, 59), topic=topic, hours=4
        )
        for topic in ("上午", "下午")
    ]
    people = Enrolment.objects.bulk_create(
        Enrolment(training_class=training_class, name=f"学员{number}", unit=title, created_by=by, row_key=uuid.uuid4())
        for number in range(count)
    )
    made = passes.issue(training_class, people, by=by, at=timezone.now())
    return {
        "sessions": [[each.pk, str(each.row_key)] for each in sessions],
        "people": [[person.pk, token] for person, token in made],
    }


def figures():
    rows = list(SignIn.objects.values_list("session", "enrolment"))
    return {"rows": len(rows), "different": len(set(rows))}


if __name__ == "__main__":
    what, *arguments = sys.argv[1:]
    print(json.dumps(hall(arguments[0], int(arguments[1])) if what == "hall" else figures()))
