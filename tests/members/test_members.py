"""One person in one branch at a time, one person per ID number, and a number that nobody reads in the table."""

from datetime import date

import pytest
from django.core.exceptions import FieldError, ValidationError
from django.db import IntegrityError, connection, transaction

import vault
from branches.rights import Role
from members.models import Member, Membership
from tests.factories import BranchFactory, MemberFactory, MembershipFactory, UserFactory, id_number

pytestmark = pytest.mark.django_db


class TestMembership:
    @pytest.mark.parametrize(
        ("second", "fits"),
        [
            ((date(2025, 7, 1), None), True),
            ((date(2025, 6, 30), None), False),
            ((date(2019, 1, 1), date(2019, 12, 31)), True),
            ((date(2019, 1, 1), date(2020, 1, 1)), False),
            ((date(2021, 1, 1), date(2021, 1, 1)), False),
            ((date(2019, 1, 1), None), False),
        ],
        ids=["day after", "same day", "until the day before", "until the first day", "inside", "around"],
    )
    def test_one_branch_at_a_time_both_days_included(self, second, fits):
        member = MemberFactory()
        MembershipFactory(member=member, started_on=date(2020, 1, 1), ended_on=date(2025, 6, 30))
        row = Membership(member=member, branch=BranchFactory(), kind="full", started_on=second[0], ended_on=second[1])

        if fits:
            row.full_clean()
            row.save()
        else:
            with pytest.raises(ValidationError, match="同一时间只能在一个支部"):
                row.full_clean()
            with pytest.raises(IntegrityError), transaction.atomic():
                row.save()

    def test_two_persons_may_be_in_one_branch(self):
        branch = BranchFactory()
        MemberFactory.create_batch(2, branch=branch)

        assert branch.memberships.count() == 2

    def test_it_does_not_end_before_it_begins(self):
        with pytest.raises(IntegrityError), transaction.atomic():
            MembershipFactory(started_on=date(2025, 1, 2), ended_on=date(2025, 1, 1))

    @pytest.mark.parametrize(
        ("day", "is_there"),
        [(date(2019, 12, 31), False), (date(2020, 1, 1), True), (date(2025, 6, 30), True), (date(2025, 7, 1), False)],
        ids=["day before", "first day", "last day", "day after"],
    )
    def test_who_is_there_on_a_day(self, day, is_there):
        MembershipFactory(started_on=date(2020, 1, 1), ended_on=date(2025, 6, 30))

        assert Membership.objects.on(day).exists() == is_there


class TestWhoSees:
    def test_the_branch_of_today_decides(self):
        old, new = BranchFactory(), BranchFactory()
        member = MemberFactory(branch=new, since=date(2025, 1, 1))
        MembershipFactory(member=member, branch=old, ended_on=date(2024, 12, 31))

        assert list(Member.objects.visible_to(UserFactory(serving=new))) == [member]
        assert not Member.objects.visible_to(UserFactory(serving=old)).exists()

    def test_a_person_in_no_branch_is_shown_to_no_branch(self):
        member = MemberFactory()
        committee = UserFactory(serving=BranchFactory(committee=True), role=Role.COMMITTEE)

        assert member not in Member.objects.visible_to(committee)

    def test_a_role_without_the_verb_sees_nobody(self):
        branch = BranchFactory()
        MemberFactory(branch=branch)
        editor = UserFactory(serving=branch, role=Role.EDITOR)

        assert Member.objects.visible_to(editor).exists()
        assert not Member.objects.visible_to(editor, verb="member.reveal").exists()

    def test_a_member_finds_the_own_record_without_a_post(self):
        user = UserFactory()
        member = MemberFactory(user=user)

        assert list(Member.objects.of(user)) == [member]
        assert not Member.objects.visible_to(user).exists()


class TestIdNumber:
    def test_a_number_belongs_to_one_person(self):
        number = id_number(5)
        MemberFactory(id_number=number)
        twin = MemberFactory.build(id_number=number)

        with pytest.raises(ValidationError, match="已在系统中登记，请联系上级党组织核实") as refusal:
            twin.full_clean()
        assert number not in str(refusal.value)
        with pytest.raises(IntegrityError) as error, transaction.atomic():
            twin.save()
        assert number not in str(error.value)

    def test_persons_without_a_number_do_not_collide(self):
        MemberFactory.create_batch(2, id_number="")

        assert Member.objects.filter(id_number_index="").count() == 2

    def test_it_is_never_searched(self):
        with pytest.raises(FieldError):
            Member.objects.filter(id_number__contains="9900")


@pytest.mark.parametrize("way", ["save", "bulk_create", "bulk_update", "save of two columns"])
class TestSealed:
    """However it is written: it comes back whole, and the column holds nothing to read."""

    NUMBER, PHONE = id_number(77), "19755501234"

    @pytest.fixture
    def member(self, way):
        row = MemberFactory.build(id_number=self.NUMBER, phone=self.PHONE)
        if way == "save":
            row.save()
        elif way == "bulk_create":
            Member.objects.bulk_create([row])
        else:
            row = MemberFactory()
            row.id_number, row.phone = self.NUMBER, self.PHONE
            names = ["id_number", "id_number_index", "phone"]
            Member.objects.bulk_update([row], names) if way == "bulk_update" else row.save(update_fields=names)
        return Member.objects.get(pk=row.pk)

    def test_it_comes_back(self, member):
        assert vault.reveal(member, "id_number") == self.NUMBER
        assert vault.reveal(member, "phone") == self.PHONE

    def test_the_columns_hold_no_plain_text(self, member):
        with connection.cursor() as cursor:
            cursor.execute("SELECT m::text FROM members_member m WHERE id = %s", [member.pk])
            (row,) = cursor.fetchone()

        assert self.NUMBER not in row
        assert self.PHONE not in row
        assert row.count("v1|") == 2

    def test_the_index_follows(self, member):
        assert member.id_number_index == vault.index_for(Member, "id_number", self.NUMBER)

    def test_an_instance_does_not_blurt_it_out(self, member):
        assert self.NUMBER not in f"{member!r} {member.__dict__} {member.id_number}"


def test_a_member_is_not_converted_before_joining():
    member = MemberFactory.build(joined_on=date(2020, 1, 2), converted_on=date(2020, 1, 1))

    with pytest.raises(ValidationError, match="转正日期不能早于入党日期"):
        member.full_clean()
    with pytest.raises(IntegrityError), transaction.atomic():
        member.save()
