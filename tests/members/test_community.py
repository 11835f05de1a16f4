"""双报到 in its three parts, 政治生日 with 29 February, 承诺, the wall and the photos on it."""

from datetime import date
from decimal import Decimal

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.urls import reverse

from branches.models import Branch
from files.demo import page as picture
from members import community
from members.facts import reported_in
from members.models import CommunityLink, CommunityReport, CommunityService, Member, Pledge, ServiceHand
from rulebook.facts import Period
from tests.factories import (
    BranchFactory,
    CommunityLinkFactory,
    CommunityServiceFactory,
    MemberFactory,
    PledgeFactory,
    ServiceHandFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db
TODAY = date(2025, 11, 20)


@pytest.fixture(autouse=True)
def _today():
    with time_machine.travel("2025-11-20 10:00+08:00", tick=False):
        yield


@pytest.fixture
def members(branch):
    return [
        MemberFactory(branch=branch, joined_on=date(2004, 2, 29)),
        MemberFactory(branch=branch),
        MemberFactory(branch=branch),
    ]


@pytest.mark.parametrize(
    ("joined", "year", "day"),
    [
        (date(2004, 2, 29), 2025, date(2025, 2, 28)), (date(2004, 2, 29), 2028, date(2028, 2, 29)),
        (date(2004, 2, 29), 2100, date(2100, 2, 28)), (date(1999, 7, 1), 2025, date(2025, 7, 1)),
    ],
    ids=["common year", "leap year", "century", "any other day"],
)  # fmt: skip
def test_the_political_birthday_of_a_year(joined, year, day):
    assert community.birthday(joined, year) == day


def test_birthdays_of_a_month_go_by_the_day_and_leave_out_who_joined_this_year(branch, members):
    MemberFactory(branch=branch, joined_on=date(2025, 2, 3), converted_on=None)
    early = MemberFactory(branch=branch, joined_on=date(2010, 2, 3), converted_on=None)

    found = community.birthdays(Member.objects.all(), 2025, 2)

    assert [(member, years) for member, _, years in found] == [(early, 15), (members[0], 21)]
    assert community.birthdays(Member.objects.filter(pk=members[0].pk), 2025, 3) == []


def test_branch_and_members_report_on_one_page_and_once(client, branch, members, secretary):
    url = reverse("members:community_link", args=[branch.pk])
    data = {
        "community": "石桥社区",
        "started_on": "2025-01-10",
        "with_branch": "on",
        "members": [members[0].pk, members[1].pk],
    }

    client.post(url, data)
    client.post(url, data)

    assert CommunityLink.objects.count() == 3
    each = community.summary([branch.pk], 2025, TODAY)[branch.pk]
    assert (each.has_branch, each.reported, each.serving, each.share) == (True, 2, 3, "67%")
    Member.objects.filter(pk=members[2].pk).update(staffing="retired")
    assert community.summary([branch.pk], 2025, TODAY)[branch.pk].share == "100%"
    end = reverse("members:community_link_end", args=[CommunityLink.objects.get(member=members[0]).pk])
    client.post(end, {"last": "2025-11-01"})
    assert community.summary([branch.pk], 2025, TODAY)[branch.pk].reported == 1


def test_days_ahead_and_members_of_others_are_refused(branch, members, secretary):
    given = {"community": "石桥社区", "members": [], "with_branch": True, "by": secretary, "on": TODAY}
    with pytest.raises(ValidationError, match="晚于今天"):
        community.report_in(branch, started_on=date(2025, 11, 21), **given)
    with pytest.raises(ValidationError, match="不在这个支部"):
        community.report_in(branch, started_on=TODAY, **given | {"members": [MemberFactory(branch=BranchFactory())]})


def test_a_service_with_hours_is_entered_and_changed_on_one_page(client, branch, members, secretary):
    url = reverse("members:community_serve", args=[branch.pk])
    data = {"community": "石桥社区", "held_on": "2025-05-10", "topic": "课业辅导", f"hours_{members[0].pk}": "2.5"}
    assert "请填写参加的党员" in client.post(url, data | {f"hours_{members[0].pk}": ""}).text
    client.post(url, data)
    service = CommunityService.objects.get()
    edit = reverse("members:community_service_edit", args=[service.pk])
    assert 'value="2.5"' in client.get(edit).text

    client.post(edit, data | {f"hours_{members[0].pk}": "", f"hours_{members[1].pk}": "1"})

    assert list(ServiceHand.objects.values_list("member", "hours")) == [(members[1].pk, Decimal(1))]
    assert "课业辅导" in client.get(service.get_absolute_url()).text


def test_reports_are_given_once_a_year(client, branch, members, secretary):
    url = reverse("members:community_report", args=[branch.pk])
    data = {"year": 2025, "to": "community", "reported_on": "2025-11-01", "result": "good", "member": ""}
    client.post(url, data)

    assert "已经登记" in client.post(url, data).text
    assert CommunityReport.objects.count() == 1
    assert community.summary([branch.pk], 2025, TODAY)[branch.pk].reports == 1


def test_the_fact_is_pending_until_somebody_reports(branch, members):
    period = Period.of_year(2025, on=TODAY)
    assert reported_in(Branch.objects.all(), period) is None

    CommunityLinkFactory(branch=branch, member=members[0])

    fact = reported_in(Branch.objects.all(), period)[branch.pk]
    assert (fact.value, fact.whole) == (1, 3)


def test_pages_and_the_workbook_cost_the_same_at_any_length(client, branch, members, count_queries, secretary):
    branch_page = reverse("members:community_branch", args=[branch.pk, 2025])
    CommunityLinkFactory(branch=branch, member=members[0])
    ServiceHandFactory(service=CommunityServiceFactory(branch=branch), member=members[0])
    before = count_queries(branch_page)
    for member in members[1:]:
        CommunityLinkFactory(branch=branch, member=member)
        ServiceHandFactory(service=CommunityServiceFactory(branch=branch), member=member)

    assert count_queries(branch_page) == before
    assert client.get(reverse("members:community")).status_code == 302
    assert client.get(reverse("members:community_export")).content[:2] == b"PK"


def test_pledges_are_entered_on_one_page_and_shown_on_the_wall(client, branch, members, secretary):
    url = reverse("members:pledges", args=[branch.pk])
    first, second = members[:2]
    assert "机密" in client.post(url, {f"text_{first.pk}": "机密★一年"}).text
    PledgeFactory(member=second)

    client.post(url, {f"text_{first.pk}": "上好每一堂课", f"text_{second.pk}": ""})

    assert list(Pledge.objects.values_list("member", "text")) == [(first.pk, "上好每一堂课")]
    page = client.get(reverse("members:wall", args=[branch.pk])).text
    assert "上好每一堂课" in page
    assert "2 月 29 日" in page


def test_a_photo_is_kept_replaced_and_served_to_who_may_see_the_member(client, members, secretary):
    member = members[0]
    url = reverse("members:photo_upload", args=[member.pk])
    client.post(url, {"photo": picture(1)})
    first = Member.objects.get(pk=member.pk).photo
    client.post(url, {"photo": picture(2)})

    member.refresh_from_db()
    assert member.photo_id not in (None, first.pk)
    assert client.get(reverse("members:photo", args=[member.pk]))["Content-Type"] == "image/jpeg"
    client.force_login(UserFactory(serving=BranchFactory()))
    assert client.get(reverse("members:photo", args=[member.pk])).status_code == 404


def test_birthday_pages(client, branch, members, secretary):
    assert "同志" in client.get(reverse("members:birthdays"), {"month": "2"}).text
    assert client.get(reverse("members:birthday_export"), {"month": "2"}).content[:2] == b"PK"
    assert "21 周年" in client.get(reverse("members:birthday_card", args=[members[0].pk])).text
