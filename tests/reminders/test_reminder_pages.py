"""The pages: whose digests, whose sheets, whose numbers."""

from datetime import date

import pytest
import time_machine
from django.urls import reverse

from accounts.models import AuditEvent
from branches.actions import root
from branches.rights import Role
from reminders import sweep
from reminders.models import Channel, Contact, Delivery, Digest, Kind
from tests.factories import (
    BranchFactory,
    ChannelFactory,
    DeliveryFactory,
    DigestFactory,
    DutyFactory,
    MemberFactory,
    PostFactory,
    SweepFactory,
    TermFactory,
    UserFactory,
)
from tests.reminders.test_sweep import at

pytestmark = pytest.mark.django_db
PASSWORD = "right-Horse-9-staple"
PHONE = "19765432109"


@pytest.fixture(autouse=True)
def morning():
    with time_machine.travel(at("06-05", 9), tick=False):
        yield


@pytest.fixture
def branch():
    return BranchFactory(parent=BranchFactory(committee=True))


@pytest.fixture
def admin(client):
    user = UserFactory(serving=root(), role=Role.ADMIN)
    user.set_password(PASSWORD)
    user.save()
    client.force_login(user)
    return user


def test_the_inbox_says_what_why_and_how_to_clear_it(client, branch):
    secretary = UserFactory(serving=branch)
    DutyFactory(branch=branch)
    sweep.run(at("05-20"))
    client.force_login(secretary)

    page = client.get(reverse("reminders:list")).content.decode()

    assert "5 月主题党日" in page
    assert "5 月 28 日截止，已过 8 天" in page
    assert f"/meetings/add/?branch={branch.pk}&amp;kind=theme_party_day" in page
    assert "登记并提交当月的主题党日" in page
    assert "1 条提醒没看过" in page
    client.get(reverse("reminders:list"))
    assert Digest.objects.filter(read_at=None).exists(), "looking changes nothing"
    client.post(reverse("reminders:list"), {"until": Digest.objects.get().pk})
    assert not Digest.objects.filter(read_at=None).exists()
    assert "没看过" not in client.get(reverse("reminders:list")).content.decode()


def test_nobody_reads_or_closes_the_digest_of_another(client, branch):
    digest = DigestFactory(user=UserFactory(serving=branch), about=[branch])
    client.force_login(UserFactory(serving=branch))

    assert "主题党日" not in client.get(reverse("reminders:list")).content.decode().split("<main")[1]
    client.post(reverse("reminders:list"), {"until": digest.pk})
    digest.refresh_from_db()
    assert digest.read_at is None


@pytest.mark.parametrize("until", ["", "x", "-1", "9" * 40, "１"])
def test_a_crooked_key_is_of_no_account(client, branch, until):
    client.force_login(UserFactory(serving=branch))

    assert client.post(reverse("reminders:list"), {"until": until}).status_code == 302


def test_those_above_read_counts_and_organisations(client, branch):
    other = BranchFactory(parent=branch.parent)
    for each in (branch, other):
        UserFactory(serving=each, name="周明远")
        DutyFactory(branch=each)
    upper = UserFactory(serving=branch.parent, role=Role.COMMITTEE)
    sweep.run(at("06-04"))
    client.force_login(upper)

    page = client.get(reverse("reminders:list")).content.decode()

    assert "2 个党组织未了结" in page
    assert str(branch) in page
    assert "周明远" not in page


def test_the_list_of_digests_costs_the_same_at_any_length(client, count_queries, branch):
    secretary = UserFactory(serving=branch)
    client.force_login(secretary)
    DigestFactory(user=secretary, about=[branch], on=date(2025, 5, 1))
    few = count_queries(reverse("reminders:list"))
    for day in range(2, 9):
        DigestFactory(user=secretary, about=[branch, BranchFactory()], on=date(2025, 5, day))

    assert count_queries(reverse("reminders:list")) == few


def test_the_sheet_names_organisations_in_scope_only(client, branch):
    stranger = BranchFactory()
    for each in (branch, stranger):
        DutyFactory(branch=each)
    client.force_login(UserFactory(serving=branch.parent, role=Role.COMMITTEE))

    page = client.get(reverse("reminders:urge")).content.decode()

    assert f"1. {branch}：5 月主题党日" in page
    assert str(stranger) not in page


def test_the_sheet_is_paged_on_the_screen_and_whole_on_paper(client, admin):
    for _ in range(21):
        DutyFactory()

    first, second, whole = (client.get(reverse("reminders:urge"), query) for query in ({}, {"page": 2}, {"whole": 1}))
    assert [len(page.context["page"]) for page in (first, second, whole)] == [20, 1, 21]
    assert "21 个党组织，21 件逾期未办" in first.content.decode()
    assert 'href="?whole=1"' in first.content.decode()
    assert "data-print" in whole.content.decode()


@pytest.mark.parametrize("page", ["reminders:urge", "reminders:calls"])
def test_a_sheet_costs_the_same_at_any_length(client, count_queries, admin, page):
    def furnish():
        branch = BranchFactory(contact_phone=PHONE)
        DutyFactory(branch=branch)
        PostFactory(term=TermFactory(branch=branch), member=MemberFactory(branch=branch))

    furnish()
    few = count_queries(reverse(page))
    for _ in range(8):
        furnish()

    assert count_queries(reverse(page)) == few


def test_full_numbers_need_a_reason_and_the_password_and_leave_a_record(client, branch, admin):
    DutyFactory(branch=branch)
    term = TermFactory(branch=branch)
    PostFactory(term=term, member=MemberFactory(branch=branch, phone=PHONE, name="高雪梅"))
    url = reverse("reminders:calls")

    def numbers(response):
        return PHONE in response.content.decode()

    masked = client.get(url).content.decode()
    assert "高雪梅同志" in masked
    assert "197****2109" in masked
    assert PHONE not in masked
    assert not numbers(client.post(url, {"reason": "", "password": PASSWORD}))
    assert not numbers(client.post(url, {"reason": "催办", "password": "wrong"}))
    assert not AuditEvent.objects.filter(action="reminder.call").exists()

    full = client.post(url, {"reason": "五月催办", "password": PASSWORD})

    assert numbers(full)
    assert "用途：五月催办" in full.content.decode()
    event = AuditEvent.objects.get(action="reminder.call")
    assert (event.by, event.detail["branches"]) == (admin, [branch.pk])
    assert PHONE not in str(event.detail)


def test_a_contact_is_set_replaced_and_forgotten_and_never_shown(client, branch):
    client.force_login(user := UserFactory(serving=branch))
    url = reverse("reminders:settings")

    client.post(url, {"email": "zhou@example.invalid", "sms": PHONE})
    assert Contact.objects.filter(user=user).count() == 2
    page = client.get(url).content.decode()
    assert "zhou@" not in page
    assert PHONE not in page
    client.post(url, {"no_email": "on"})

    assert list(Contact.objects.filter(user=user).values_list("kind", flat=True)) == [Kind.SMS]


def test_a_channel_begins_on_trial_and_its_address_is_never_shown(client, admin):
    url = reverse("reminders:channels")
    body = {"act": "open", "branch": root().pk, "kind": "wecom", "daily_limit": 100,
            "new_address": "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=token-7"}  # fmt: skip

    assert client.post(url, body).status_code == 302
    channel = Channel.objects.get()
    assert channel.is_test
    assert "token-7" not in client.get(url).content.decode()
    client.post(url, {"act": "live", "channel": channel.pk, "version": channel.version})
    client.post(url, {"act": "trial", "channel": channel.pk, "version": channel.version})  # an old page
    channel.refresh_from_db()
    assert not channel.is_test
    client.post(url, {"act": "try", "channel": channel.pk})
    assert Delivery.objects.get().asked_by == admin


@pytest.mark.parametrize(
    "address",
    [
        "http://qyapi.weixin.qq.com/x", "https://evil.example/x", "https://qyapi.weixin.qq.com@127.0.0.1/", "ftp://x",
        "https://127.0.0.1/", "https://qyapi.weixin.qq.com.evil.example/", "file:///etc/passwd", "https://[::1",
    ],
)  # fmt: skip
def test_an_address_outside_the_list_is_refused(client, admin, address):
    body = {"act": "open", "branch": root().pk, "kind": "wecom", "daily_limit": 100, "new_address": address}

    response = client.post(reverse("reminders:channels"), body)

    assert response.status_code == 200
    assert "1 处要改" in response.content.decode()
    assert not Channel.objects.exists()


@pytest.mark.parametrize(
    ("state", "act", "day", "after"),
    [
        ("failed", "retry", "06-05", "waiting"), ("unknown", "retry", "06-05", "waiting"),
        ("unknown", "arrived", "06-01", "sent"), ("failed", "retry", "06-01", "failed"),
        ("sent", "retry", "06-05", "sent"), ("failed", "arrived", "06-05", "failed"),
    ],
)  # fmt: skip
def test_what_staff_may_decide_about_a_message(client, admin, state, act, day, after):
    delivery = DeliveryFactory(state=state, on=date(2025, 6, int(day[-2:])), attempts=5)

    client.post(reverse("reminders:channels"), {"act": act, "delivery": delivery.pk})

    delivery.refresh_from_db()
    assert delivery.state == after


def test_only_who_manages_the_organisation_touches_its_channels(client, branch):
    channel = ChannelFactory(branch=branch.parent)
    delivery = DeliveryFactory(channel=channel, state="failed", on=date(2025, 6, 5))
    client.force_login(UserFactory(serving=BranchFactory(committee=True), role=Role.ADMIN))
    url = reverse("reminders:channels")

    assert client.post(url, {"act": "disable", "channel": channel.pk, "version": 1}).status_code == 404
    assert client.post(url, {"act": "retry", "delivery": delivery.pk}).status_code == 404


@pytest.mark.parametrize(("minutes", "words"), [(9, ""), (10, "10 分钟"), (1500, "25 小时"), (4400, "3 天")])
def test_staff_are_told_when_the_sweep_has_stopped(client, branch, admin, minutes, words):
    now = at("06-05", 9)
    SweepFactory(on=date(2025, 6, 5), last_at=now - (at("05-20", 0, 1) - at("05-20", 0, 0)) * minutes)

    page = client.get(reverse("portal:home")).content.decode()
    assert "没有运行" in page if words else "没有运行" not in page
    assert f"提醒程序已 {words}没有运行，请联系管理员" in page or not words
    client.force_login(UserFactory(serving=branch))
    assert "没有运行" not in client.get(reverse("portal:home")).content.decode()
