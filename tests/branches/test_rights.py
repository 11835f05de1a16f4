"""Rights follow posts: from their first day to their last, in the organisation and, for some roles, below it."""

from datetime import date

import pytest
import time_machine
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction

from accounts.models import AuditEvent, User
from branches import actions
from branches.actions import root
from branches.models import Appointment, Branch
from branches.models.organisation import within
from branches.rights import BELOW, ROLES, VERBS, Role, may, places, require
from members.models import Transfer
from tests.factories import AppointmentFactory, BranchFactory, UserFactory
from tests.factories_transfers import TransferFactory

pytestmark = pytest.mark.django_db
NOON = "2025-11-20 12:00+08:00"
FIRST, LAST = date(2025, 3, 1), date(2025, 9, 30)


def again(user):
    """The same person in another request: posts are read once per request."""
    return User.objects.get(pk=user.pk)


class TestScope:
    def test_a_path_is_no_prefix_of_a_longer_number(self):
        town, village, elsewhere = (BranchFactory(path=path) for path in ("/1/5/", "/1/5/9/", "/1/55/"))

        assert set(Branch.objects.visible_to(UserFactory(serving=town, role=Role.COMMITTEE))) == {town, village}
        assert set(Branch.objects.visible_to(UserFactory(serving=elsewhere, role=Role.COMMITTEE))) == {elsewhere}

    def test_own_means_not_below(self):
        committee = BranchFactory(committee=True)
        below = BranchFactory(parent=committee)
        user = UserFactory(serving=committee, role=Role.COMMITTEE)

        assert may(user, "meeting.see", at=below)
        assert not may(user, "meeting.edit", at=below)
        assert set(Branch.objects.visible_to(user, verb="meeting.edit")) == {committee}

    def test_each_post_counts_where_it_is(self):
        """支委 in one branch and 督查 of another 党委: here may write, there may only read."""
        branch, committee = BranchFactory(), BranchFactory(committee=True)
        below = BranchFactory(parent=committee)
        user = UserFactory(serving=branch, role=Role.EDITOR)
        AppointmentFactory(user=user, branch=committee, role=Role.INSPECTOR)

        assert set(Branch.objects.visible_to(user)) == {branch, committee, below}
        assert set(Branch.objects.visible_to(user, verb="meeting.edit")) == {branch}
        assert set(Branch.objects.visible_to(user, verb="score.see")) == {committee, below}

    def test_who_reaches_below_the_root_is_asked_for_no_path_and_not_shown_what_belongs_to_no_organisation(self):
        everywhere = within([(root().path, True)], "to_branch__path")
        inside, out = TransferFactory(), TransferFactory(out=True)

        assert set(Transfer.objects.filter(everywhere)) == {inside}
        assert set(Transfer.objects.exclude(everywhere)) == {out}
        assert "path" not in str(Transfer.objects.filter(everywhere).query)

    def test_at_the_root_without_below_means_the_root_alone(self):
        BranchFactory()

        assert list(Branch.objects.filter(within([(root().path, False)], "path"))) == [root()]

    def test_no_other_organisation_has_the_path_of_a_root(self):
        with pytest.raises(IntegrityError, match="branch_below_the_root"):
            BranchFactory(path="/9999/")

    @pytest.mark.parametrize("role", Role)
    def test_every_verb_of_every_role_reaches_as_the_table_says(self, role):
        committee = BranchFactory(committee=True)
        below, beside, above = BranchFactory(parent=committee), BranchFactory(), root()
        user = UserFactory(serving=committee, role=role)

        for verb in VERBS:
            reach = ROLES[role].get(verb)
            told = [may(user, verb, at=place) for place in (committee, below, beside, above)]
            assert told == [reach is not None, reach == BELOW, False, False], verb
            assert set(Branch.objects.visible_to(user, verb=verb)) == {
                place for place, is_open in zip((committee, below), told, strict=False) if is_open
            }

    def test_without_a_post_nothing(self):
        user = UserFactory()

        assert not any(may(user, verb) for verb in VERBS)
        assert not Branch.objects.visible_to(user).exists()

    def test_a_visitor_holds_no_right(self):
        assert not may(AnonymousUser(), "branch.see")
        assert not Branch.objects.visible_to(AnonymousUser()).exists()

    def test_a_closed_account_has_no_rights(self):
        assert places(UserFactory(serving=root(), role=Role.ADMIN, is_active=False), "branch.see") == []

    def test_the_system_acts_everywhere(self):
        assert may(User.objects.system(), "import.run", at=BranchFactory())


@pytest.mark.parametrize(
    ("today", "serves"),
    [("2025-02-28", False), ("2025-03-01", True), ("2025-09-30", True), ("2025-10-01", False)],
    ids=["day before", "first day", "last day", "day after"],
)
def test_a_post_gives_rights_from_its_first_to_its_last_day(today, serves):
    branch = BranchFactory()
    user = UserFactory(serving=branch, since=FIRST, until=LAST)

    with time_machine.travel(f"{today} 12:00+08:00"):
        assert may(user, "branch.see", at=branch) == serves
        assert Branch.objects.visible_to(again(user)).exists() == serves


@pytest.mark.parametrize(
    ("hour", "serves"), [("2025-02-28 23:59:59+08:00", False), ("2025-03-01 00:00:00+08:00", True)]
)
def test_a_day_begins_at_midnight_here_not_in_greenwich(hour, serves):
    branch = BranchFactory()
    user = UserFactory(serving=branch, since=FIRST)

    with time_machine.travel(hour):
        assert may(user, "branch.see", at=branch) == serves


class TestRequire:
    def test_it_lets_pass(self):
        branch = BranchFactory()

        require(UserFactory(serving=branch), "meeting.edit", at=branch)

    def test_it_refuses_in_words(self):
        with pytest.raises(PermissionDenied, match="登记、提交组织生活记录"):
            require(UserFactory(serving=BranchFactory()), "meeting.edit", at=BranchFactory())


class TestAppointing:
    @pytest.fixture(autouse=True)
    def today(self):
        with time_machine.travel(NOON):
            yield

    @pytest.fixture
    def admin(self):
        return UserFactory(serving=root(), role=Role.ADMIN)

    def test_a_new_account_has_a_first_password_and_a_post(self, admin):
        branch = BranchFactory()
        user, password = actions.open_account("zhoumy", "周明远", branch, Role.SECRETARY, started_on=FIRST, by=admin)

        assert user.check_password(password)
        assert user.must_change_password
        assert may(user, "meeting.edit", at=branch)
        assert list(AuditEvent.objects.order_by("pk").values_list("action", flat=True)) == [
            "account.open",
            "appointment.begin",
        ]
        assert password not in str(list(AuditEvent.objects.values()))

    @pytest.mark.parametrize("role", [role for role in Role if role != Role.ADMIN])
    def test_nobody_else_gives_posts_or_passwords(self, role):
        by, user = UserFactory(serving=root(), role=role), UserFactory()
        acts = [
            lambda: actions.open_account("new", "新", root(), role, started_on=FIRST, by=by),
            lambda: actions.appoint(user, root(), role, started_on=FIRST, by=by),
            lambda: actions.dismiss(AppointmentFactory(), on=LAST, by=by),
            lambda: actions.reset_password(user, by=by),
            lambda: actions.set_active(user, False, by=by),
        ]
        for act in acts:
            with pytest.raises(PermissionDenied), transaction.atomic():
                act()

        assert not User.objects.filter(username="new").exists()
        assert not AuditEvent.objects.exists()

    def test_an_administrator_of_a_part_acts_in_that_part_only(self):
        committee = BranchFactory(committee=True)
        by = UserFactory(serving=committee, role=Role.ADMIN)

        actions.appoint(UserFactory(), BranchFactory(parent=committee), Role.SECRETARY, started_on=FIRST, by=by)
        with pytest.raises(PermissionDenied):
            actions.appoint(UserFactory(), root(), Role.ADMIN, started_on=FIRST, by=by)

    def test_the_same_post_twice_is_refused_in_words(self, admin):
        branch, user = BranchFactory(), UserFactory()
        actions.appoint(user, branch, Role.SECRETARY, started_on=FIRST, by=admin)

        with pytest.raises(ValidationError, match="已在该党组织担任这一岗位"):
            actions.appoint(user, branch, Role.SECRETARY, started_on=LAST, by=admin)

    def test_the_last_day_still_counts(self, admin):
        branch = BranchFactory()
        user = UserFactory(serving=branch)
        actions.dismiss(user.appointments.get(), on=date(2025, 11, 20), by=admin)

        assert may(again(user), "branch.see", at=branch)
        with time_machine.travel("2025-11-21 00:00+08:00"):
            assert not may(again(user), "branch.see", at=branch)

    def test_a_post_does_not_end_before_it_begins(self, admin):
        post = AppointmentFactory(started_on=FIRST)

        with pytest.raises(ValidationError, match="免职日期不能早于任职日期"):
            actions.dismiss(post, on=date(2025, 2, 28), by=admin)
        with pytest.raises(IntegrityError), transaction.atomic():
            Appointment.objects.filter(pk=post.pk).update(ended_on=date(2025, 2, 28))

    def test_nobody_closes_the_own_account(self, admin):
        with pytest.raises(ValidationError, match="不能停用自己的账号"):
            actions.set_active(admin, False, by=admin)

    @pytest.mark.parametrize("act", ["reset", "close", "open"])
    def test_every_session_of_the_person_ends(self, admin, act):
        user = UserFactory()
        {
            "reset": lambda: actions.reset_password(user, by=admin),
            "close": lambda: actions.set_active(user, False, by=admin),
            "open": lambda: actions.set_active(user, True, by=admin),
        }[act]()

        assert again(user).session_epoch == user.session_epoch + 1


def test_nobody_gives_the_own_account_a_post():
    admin = UserFactory(serving=root(), role=Role.ADMIN)

    with pytest.raises(ValidationError, match="另一位管理员"):
        actions.appoint(admin, BranchFactory(), Role.SECRETARY, started_on=date(2026, 1, 1), by=admin)

    assert admin.appointments.count() == 1
