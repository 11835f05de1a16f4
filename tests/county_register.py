"""The register of COUNTY-S beside the persons and their branches: who is in a 党小组, who is a backbone."""

from branches.models import Group
from tests import factories


def enrol(county):
    """what → [(organisation that owns the row, row)]: one of each in each branch that has members."""
    rows = {"backbone": [], "group": []}
    for name, members in county.members.items():
        group = Group.objects.filter(branch=county.branches[name]).first()
        rows["group"].append((name, group))
        rows["backbone"].append((name, factories.BackboneFactory(member=members[0], basis="x")))
        factories.GroupMembershipFactory(member=members[0], group=group)
    return rows
