"""万名党员进党校: who of the register has been in a class that counts for it this year, and who has not."""

from datetime import date
from typing import NamedTuple

from django.db.models import Count, Q

from members.models import Membership
from rulebook.book import value
from training.ledger import day_of
from training.models import SignIn, TrainingClass


class Coverage(NamedTuple):
    """One organisation in a year: members registered, and how many of them have been."""

    registered: int = 0
    covered: int = 0

    @property
    def left(self):
        return self.registered - self.covered

    @property
    def percent(self):
        """Whole per cent, rounded down: 100 is everybody."""
        return self.covered * 100 // self.registered if self.registered else None

    def reaches(self, wanted):
        return bool(self.registered) and self.covered >= wanted * self.registered


def signed(year, *, on):
    """Sign-ins of members in classes of that name, on the days of the year so far. Leave is not having been."""
    return SignIn.objects.filter(
        mark=SignIn.Mark.PRESENT, session__held_on__range=(date(year, 1, 1), day_of(year, on)),
        session__training_class__is_party_school=True, enrolment__member__isnull=False,
    ).exclude(session__training_class__state=TrainingClass.State.CANCELLED)  # fmt: skip


def been(year, *, on):
    """A test of memberships: the member has been."""
    return Q(member__in=signed(year, on=on).order_by().values("enrolment__member"))


def register(branches, year, *, on):
    """The memberships that are to be covered: registered at the year's end, or on the day while it runs."""
    return Membership.objects.filter(branch__in=branches).on(day_of(year, on))


def of_branches(branches, year, *, on):
    """branch key → Coverage of organisations with somebody registered. One query."""
    rows = register(branches, year, on=on).order_by().values_list("branch")
    counted = rows.annotate(registered=Count("pk"), covered=Count("pk", filter=been(year, on=on)))
    return {branch: Coverage(registered, covered) for branch, registered, covered in counted}


def total(branches, year, *, on):
    """Coverage of all `branches` together. One query."""
    found = register(branches, year, on=on).aggregate(
        registered=Count("pk"), covered=Count("pk", filter=been(year, on=on))
    )
    return Coverage(**found)


def wanted(year, *, on):
    """The share of the register that is asked for, or None when nothing was laid down for the year."""
    return value("training.coverage", on=day_of(year, on))
