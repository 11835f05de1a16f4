"""A post passes from one to another: rights, signed-in devices, the account, what is open, the paper."""

from datetime import date

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.urls import reverse
from django.utils import timezone

from accounts.models import AuditEvent, User
from branches.actions import root
from branches.models import Appointment
from branches.rights import Role
from meetings.models import Meeting
from office.word_text import lines
from portal.settings import handover
from tests.factories import AppointmentFactory, BranchFactory, MeetingFactory, RectificationFactory, UserFactory

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 22)


@pytest.fixture
def post():
    return AppointmentFactory(branch=BranchFactory(), role=Role.SECRETARY, started_on=date(2024, 1, 1))


def admin():
    return UserFactory(serving=root(), role=Role.ADMIN)


def hand(post, username="new.person", name="新人", *, handed_on=TODAY, by=None, **options):
    return handover.hand_over(post, username, name, handed_on=handed_on, by=by or admin(), on=TODAY, **options)


def test_old_and_new_serve_together_on_the_day_and_nobody_else_later(post):
    user, password = hand(post)

    post.refresh_from_db()
    fresh = Appointment.objects.get(user=user)
    assert (post.ended_on, fresh.started_on, fresh.role, fresh.branch) == (TODAY, TODAY, post.role, post.branch)
    assert password
    assert list(Appointment.objects.serving(date(2026, 11, 23)).filter(branch=post.branch)) == [fresh]


def test_somebody_with_an_account_gets_no_new_one(post):
    successor = UserFactory(username="known", name="熟人")

    user, password = hand(post, "known", "熟人")

    assert (user, password) == (successor, None)


@pytest.mark.parametrize("role", [Role.SECRETARY, Role.COMMITTEE, Role.STAFF])
def test_every_kind_of_post_is_handed_over(role):
    kind = {Role.SECRETARY: "branch", Role.COMMITTEE: "committee"}.get(role)
    branch = BranchFactory(kind=kind) if kind else root()
    post = AppointmentFactory(branch=branch, role=role, started_on=date(2024, 1, 1))

    user, _ = hand(post)

    assert Appointment.objects.get(user=user).role == role


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"username": "known", "name": "别人"}, "姓名对不上"),
        ({"username": "gone", "name": "停用"}, "已停用"),
        ({"handed_on": date(2023, 12, 31)}, "任职日期"),
        ({"handed_on": date(2027, 2, 23)}, "三个月"),
        ({"handed_on": date(2026, 11, 23), "closes_account": True}, "还没有到"),
        ({"number": "机密★1号"}, "密级"),
    ],
    ids=["another's account", "closed account", "before the post", "too far ahead", "account before its day", "mark"],
)
def test_what_is_wrong_changes_nothing(post, change, words):
    UserFactory(username="known", name="熟人")
    UserFactory(username="gone", name="停用", is_active=False)

    with pytest.raises(ValidationError, match=words):
        hand(post, **{"username": "new.person", "name": "新人"} | change)

    post.refresh_from_db()
    assert post.ended_on is None
    assert not User.objects.filter(username="new.person").exists()


def test_to_oneself_or_twice_is_refused(post):
    with pytest.raises(ValidationError, match="就是现任"):
        hand(post, post.user.username, post.user.name)
    hand(post)
    with pytest.raises(ValidationError, match="已经免去"):
        hand(post, "third", "第三人")


def test_nobody_hands_over_the_own_post():
    by = admin()

    with pytest.raises(ValidationError, match="另一位管理员"):
        hand(by.appointments.get(), by=by)


def test_only_who_manages_accounts(post):
    with pytest.raises(PermissionDenied):
        hand(post, by=UserFactory(serving=root(), role=Role.STAFF))


def test_the_old_holder_is_signed_out_everywhere(post):
    before = post.user.session_epoch

    hand(post)

    post.user.refresh_from_db()
    assert post.user.session_epoch == before + 1
    assert post.user.is_active, "who may still look at the own record keeps the account"


def test_an_account_that_nothing_is_left_for_is_closed_with_the_post(post):
    hand(post, closes_account=True)

    post.user.refresh_from_db()
    assert not post.user.is_active
    assert AuditEvent.objects.filter(action="appointment.hand_over").get().detail["closed"] is True


def test_an_account_with_another_post_stays_open(post):
    AppointmentFactory(user=post.user, branch=BranchFactory(), role=Role.EDITOR, started_on=date(2024, 1, 1))

    with pytest.raises(ValidationError, match="还任"):
        hand(post, closes_account=True)


def test_what_is_open_is_named_and_stands_on_the_paper(post):
    MeetingFactory(branch=post.branch, state=Meeting.State.DRAFT, held_on=date(2026, 11, 3))
    RectificationFactory(branch=post.branch, problem="活动室没有挂牌", due_on=date(2026, 12, 1))

    items = {item.label: item for item in handover.open_items(post, on=TODAY)}

    assert items["整改事项，没有完成的"].words == ["活动室没有挂牌（2026-12-01 前）"]
    assert items["组织生活记录，草稿和退回的"].count == 1
    text = "\n".join(lines(handover.word(post, list(items.values()), on=TODAY)))
    assert "活动室没有挂牌" in text
    assert "监交人" in text


class TestPages:
    def test_the_whole_is_done_on_one_page(self, client, post):
        client.force_login(admin())
        url = reverse("portal:handover", args=[post.pk])
        body = {"username": "new.person", "name": "新人", "handed_on": str(timezone.localdate()), "number": ""}

        wrong = client.post(url, body | {"username": "x"}).content.decode()
        assert "3 至 50 位" in wrong
        assert "新人" in wrong

        done = client.post(url, body)

        assert "初始密码" in done.content.decode()
        assert "已经办过" in client.get(url).content.decode()

    def test_an_organisation_shows_all_who_held_a_post(self, client, post):
        client.force_login(admin())
        Appointment.objects.filter(pk=post.pk).update(ended_on=date(2025, 1, 1))
        url = reverse("portal:branch_posts", args=[post.branch_id])

        page = client.get(url).content.decode()
        assert post.user.name in page
        assert "已免" in page
        client.post(url, {"role": "editor", "username": "new.person", "name": "新人", "started_on": "2026-11-01"})
        assert Appointment.objects.filter(branch=post.branch, role=Role.EDITOR, user__name="新人").exists()

    def test_a_vacant_post_is_seen_in_the_list(self, client):
        client.force_login(admin())
        BranchFactory(name="没有书记的支部")

        assert "书记空缺" in client.get(reverse("portal:posts"), {"q": "没有书记"}).content.decode()

    def test_who_took_the_paper_along_is_on_record(self, client, post):
        by = admin()
        client.force_login(by)

        assert client.get(reverse("portal:handover_word", args=[post.pk])).status_code == 200

        assert AuditEvent.objects.get(action="paper.handover", object_id=str(post.pk)).by == by
