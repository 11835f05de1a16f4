"""One line in, one line out: makes a secretary with open links, or ends the post, in the database of the environment.

The answer to an end is the moment on the machine's one monotonic clock right after the commit.
"""

import json
import sys
import time
from datetime import timedelta

import django

django.setup()

from django.test import Client  # noqa: E402 - models can be read only now
from django.urls import reverse  # noqa: E402
from django.utils import timezone  # noqa: E402

from accounts.models import User  # noqa: E402
from branches.actions import dismiss  # noqa: E402
from branches.models import Appointment, Branch  # noqa: E402
from portal import exports  # noqa: E402
from tests.factories import ApiTokenFactory, BranchFactory, MemberFactory, OutputFactory, UserFactory  # noqa: E402

NAME = "中共示范县第一小学支部委员会"


def begin(number):
    """A secretary of the one branch who has signed in, with an export, a finished work and a list open."""
    branch = Branch.objects.filter(name=NAME).first() or BranchFactory(name=NAME)
    member = branch.memberships.first() or MemberFactory(branch=branch).memberships.first()
    user = UserFactory(username=f"secretary{number}", serving=branch, must_change_password=False)
    asked = {"columns": ["name"], "clear": [], "purpose": "核对名册", "kind": "csv", "data": ""}
    export = exports.ask("members", by=user, on=timezone.localdate(), **asked)
    exports.set_out(export)
    browser = Client()
    browser.force_login(user)
    return {
        "post": user.appointments.get().pk,
        "session": browser.cookies["session"].value,
        "ways": [
            [reverse("branches:detail", args=[branch.pk]), {}],
            [reverse("members:list"), {}],
            [reverse("members:list"), {"HX-Request": "true"}],
            [reverse("members:detail", args=[member.member_id]), {}],
            [reverse("portal:export_file", args=[export.pk]), {}],
            [reverse("api:branches"), {"Authorization": f"Bearer {ApiTokenFactory(user=user).secret}"}],
            [reverse("portal:job_file", args=[OutputFactory(job__created_by=user).job.pk]), {}],
        ],
    }


def end(post):
    yesterday = timezone.localdate() - timedelta(days=1)
    dismiss(Appointment.objects.get(pk=post), on=yesterday, by=User.objects.system())
    return time.monotonic()


def main():
    for line in sys.stdin:
        act, value = json.loads(line)
        sys.stdout.write(json.dumps({"begin": begin, "end": end}[act](value)) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
