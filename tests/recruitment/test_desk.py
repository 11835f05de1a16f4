"""发展党员 on the front page: how many roads wait for whoever looks, and until when."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from branches.actions import root
from branches.rights import Role
from portal import waiting
from portal.tally import Tally
from recruitment.models import Application
from tests import factories
from tests.recruitment.walks import Site

pytestmark = pytest.mark.django_db


@pytest.fixture
def site():
    return Site()


def test_the_branch_reads_its_own_turn_with_the_nearest_day(site):
    site.walk("initial_talk")  # received on 4 September 2023

    assert waiting.recruiting(site.secretary, date(2023, 9, 20)) == (1, "1 件，最近一件 10 月 4 日前")
    assert waiting.recruiting(site.secretary, date(2023, 10, 4)) == (1, "1 件，最近一件 10 月 4 日前")
    assert waiting.recruiting(site.secretary, date(2023, 10, 5)) == (1, "1 件，已超期 1 件")
    assert waiting.recruiting(site.upper, date(2023, 9, 20)) == (0, "0 件")


def test_what_waits_for_the_committee_is_not_the_branchs(site):
    site.walk("committee_approval")

    assert waiting.recruiting(site.upper, date(2025, 9, 1)) == (1, "1 件，最近一件 10 月 10 日前")
    assert waiting.recruiting(site.secretary, date(2025, 9, 1))[0] == 0
    staff = factories.UserFactory(serving=root(), role=Role.STAFF)
    assert waiting.recruiting(staff, date(2025, 9, 1))[0] == 0, "a 党委 is nearer"


@pytest.mark.parametrize(("day", "count"), [(date(2024, 8, 18), 0), (date(2024, 8, 19), 1)])
def test_a_review_waits_from_thirty_days_before_its_last_day(site, day, count):
    site.walk("cultivate")  # confirmed on 18 March 2024

    assert waiting.recruiting(site.secretary, day)[0] == count


def test_a_road_that_is_over_waits_for_nobody(site):
    site.walk("initial_talk")
    Application.objects.update(outcome="withdrawn", ended_on=date(2023, 9, 20), end_reason="本人申请")

    assert waiting.recruiting(site.secretary, date(2023, 9, 20)) == (0, "0 件")


def test_the_line_stands_among_what_waits_and_costs_the_same_for_many(site):
    def queries():
        with CaptureQueriesContext(connection) as found:
            waiting.recruiting(site.secretary, date(2023, 9, 20))
        return len(found)

    site.walk("initial_talk")
    before = queries()
    for number in range(3):
        site.walk("initial_talk", site.begin(person={"name": f"何景{number}"}))

    assert queries() == before
    [line] = waiting.lines(Tally(), site.secretary, date(2023, 9, 20), ())
    assert (line["url"], line["words"]) == ("/recruitment/", "4 件，最近一件 10 月 4 日前")
