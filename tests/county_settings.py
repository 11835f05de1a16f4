"""The settings in COUNTY-S: one 学期, and in each organisation somebody's post."""

from branches.models import Appointment
from rulebook.models import SchoolTerm


def settle(county, rows):
    """Add to `rows`: what → [(organisation that owns the row, row)]. All are the administrators' alone."""
    rows["school_term"] = [("root", SchoolTerm.objects.order_by("pk").first())]
    rows["appointment"] = [
        (name, post)
        for name, branch in county.branches.items()
        for post in Appointment.objects.filter(branch=branch).order_by("pk")[:2]
    ]
