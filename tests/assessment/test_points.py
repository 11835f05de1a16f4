"""党员积分卡: off by default, computed from records, for the own secretary and the member alone."""

from datetime import date
from decimal import Decimal

import pytest
import time_machine
from django.urls import reverse

from assessment import points
from members.models import Member
from tests.factories import (
    AttendanceFactory,
    BranchFactory,
    CommunityServiceFactory,
    DecisionFactory,
    DuesPaymentFactory,
    ExemptionFactory,
    HonourFactory,
    MeetingFactory,
    MemberFactory,
    MembershipFactory,
    ServiceHandFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db
TODAY = date(2025, 11, 20)
SENT = "2025-11-01T00:00Z"


@pytest.fixture(autouse=True)
def _today():
    with time_machine.travel("2025-11-20 10:00+08:00", tick=False):
        yield


@pytest.fixture
def is_on():
    DecisionFactory(key="points.card", value=True, from_on=date(2025, 1, 1))


def meet(branch, month, *rolls, kind="theme_party_day"):
    meeting = MeetingFactory(
        branch=branch, held_on=date(2025, month, 24), kinds=(kind,), state="accepted", submitted_at=SENT
    )
    for member, mark in rolls:
        AttendanceFactory(meeting=meeting, member=member, mark=mark)
    return meeting


def items(card):
    return {item.key: item.got for item in card.items}


def test_items_are_counted_from_the_rolls_services_and_honours(branch):
    member, other = MemberFactory(branch=branch), MemberFactory(branch=branch)
    meet(branch, 3, (member, "present"), (other, "leave"))
    meet(branch, 4, (member, "absent"), (other, "excused"))
    meet(branch, 5, (member, "present"), kind="party_lecture")
    meeting = meet(branch, 6, (member, "present"))
    meeting.state, meeting.submitted_at = "draft", None
    meeting.save(update_fields=["state", "submitted_at"])
    ServiceHandFactory(service=CommunityServiceFactory(branch=branch), member=member)
    HonourFactory(branch=branch, member=member, level="county")
    HonourFactory(branch=branch, member=member, level="city", revoked_on=date(2025, 9, 1))

    card = next(card for card in points.cards(branch, 2025, TODAY) if card.member == member)

    assert items(card) == {"meetings": Decimal("13.3"), "study": 20, "work": 10, "dues": 0}
    assert card.items[0].words == "应到 3 次，实到 2 次"
    assert card.rank == 1


def test_dues_count_by_the_month_and_not_at_all_after_half_a_year(branch):
    good, late = MemberFactory(branch=branch), MemberFactory(branch=branch)
    for month in range(1, 11):
        DuesPaymentFactory(member=good, branch=branch, month=date(2025, month, 1), paid_on=date(2025, month, 10))
        DuesPaymentFactory(
            member=late, branch=branch, month=date(2025, month, 1), paid_on=date(2025, month if month > 1 else 9, 10)
        )

    found = {card.member: items(card)["dues"] for card in points.cards(branch, 2025, TODAY)}

    assert found == {good: 20, late: 0}


def test_who_is_on_probation_retired_or_exempt_is_left_out(branch):
    MembershipFactory(member=MemberFactory(), branch=branch, kind="probationary")
    MemberFactory(branch=branch, staffing=Member.Staffing.RETIRED)
    ExemptionFactory(member=MemberFactory(branch=branch))

    found = points.cards(branch, 2025, TODAY)

    assert sorted(card.aside for card in found) == sorted([points.OBSERVED, points.RETIRED, points.EXEMPT])
    assert {(card.total, card.rank) for card in found} == {(None, None)}


def test_without_a_decision_it_is_off_and_in_no_menu(client, branch, secretary):
    page = client.get(reverse("assessment:points", args=[2025, branch.pk]))

    assert "本县未开启" in page.text
    assert "本县未开启" in client.get(reverse("assessment:own_points", args=[2025])).text
    assert "党员积分" not in client.get(reverse("assessment:sheet", args=[2025, branch.pk])).text


@pytest.mark.usefixtures("is_on")
def test_the_sheet_is_the_secretarys_and_the_card_the_members(client, branch, secretary, count_queries):
    url = reverse("assessment:points", args=[2025, branch.pk])
    user = UserFactory()
    members = [MemberFactory(branch=branch, user=user), MemberFactory(branch=branch)]
    meeting = meet(branch, 3, *((member, "present") for member in members))
    assert meeting.get_absolute_url() in client.get(url).text
    assert url in client.get(reverse("assessment:sheet", args=[2025, branch.pk])).text
    before = count_queries(url)
    for _ in range(3):
        AttendanceFactory(meeting=meeting, member=MemberFactory(branch=branch), mark="present")
    assert count_queries(url) == before

    client.force_login(user)
    own = client.get(reverse("assessment:own_points", args=[2025])).text
    assert "组织活动" in own
    assert members[1].name not in own
    client.force_login(UserFactory(serving=BranchFactory()))
    assert client.get(url).status_code == 404
