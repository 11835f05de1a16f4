"""T-QRY: a list costs the same number of queries with two rows and with twelve."""

from datetime import date

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User
from branches.actions import root
from branches.rights import Role
from duties.actions import generate
from meetings.actions import meet_again
from tests import factories

pytestmark = pytest.mark.django_db
PAGES = [
    "branches:list", "members:list", "meetings:list", "duties:list", "assessment:list", "portal:accounts", "portal:home",
    "portal:imports",
]  # fmt: skip


def furnish(count, staff):
    """Branches with all that a row of any list shows."""
    for _ in range(count):
        branch = factories.BranchFactory(committee=False)
        branch.schools.add(factories.SchoolFactory())
        term = factories.TermFactory(branch=branch)
        factories.GroupFactory(branch=branch)
        member = factories.MemberFactory(branch=branch)
        factories.PostFactory(term=term, member=member)
        meeting = factories.MeetingFactory(
            branch=branch, submitted=True, kinds=("theme_party_day", "party_lecture"), created_by=staff
        )
        factories.AttendanceFactory(meeting=meeting, member=member)
        factories.MeetingFactory(branch=branch, returned=True, held_on=date(2025, 6, 24), created_by=staff)
        factories.ManualScoreFactory(branch=branch, judged_by=staff)
        factories.UserFactory(serving=branch)
        factories.BatchFactory(created_by=staff)
    generate(2025, by=User.objects.system())
    meet_again(2025)


@pytest.mark.parametrize("page", PAGES)
def test_a_list_costs_the_same_at_any_length(client, count_queries, page):
    with time_machine.travel("2025-11-20 10:00+08:00", tick=False):
        staff = factories.UserFactory(serving=root(), role=Role.ADMIN)
        client.force_login(staff)
        furnish(2, staff)
        count_queries(reverse(page))  # what is kept in memory from the first visit on
        few = count_queries(reverse(page))
        furnish(10, staff)

        assert count_queries(reverse(page)) == few
        assert few < 80


def test_posts_are_read_once_per_request(client):
    client.force_login(factories.UserFactory(serving=factories.BranchFactory()))
    with CaptureQueriesContext(connection) as queries:
        client.get(reverse("members:list"))

    assert len([query for query in queries if "branches_appointment" in query["sql"]]) == 1
