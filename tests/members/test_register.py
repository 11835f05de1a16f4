"""The register by hand: what a form refuses, what it only remarks on, in what order a list stands, who is found."""

from datetime import date

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.urls import reverse

import vault
from accounts.models import AuditEvent
from branches.rights import Role
from members import register
from members.models import Backbone, GroupMembership, Member, Membership, Post
from tests.factories import (
    BackboneFactory,
    BranchFactory,
    GroupFactory,
    MemberFactory,
    PostFactory,
    TermFactory,
    UserFactory,
    id_number,
)

pytestmark = pytest.mark.django_db
TODAY = date(2025, 11, 20)
BORN = date(1990, 5, 17)


@pytest.fixture
def branch():
    with time_machine.travel("2025-11-20 10:00+08:00", tick=False):
        yield BranchFactory()


def body(branch, **other):
    return {
        "name": "曾明", "sex": "1", "birth_on": "1990-05-17", "id_number": id_number(1, BORN), "branch": branch.pk,
        "kind": "full", "joined_on": "2012-07-01", "converted_on": "2013-07-01", **other,
    }  # fmt: skip


class TestAdding:
    def test_somebody_new_gets_a_record_and_the_memberships(self, client, branch, secretary):
        answer = client.post(reverse("members:add"), body(branch, id_number=id_number(1, BORN).lower()))

        member = Member.objects.get(name="曾明")
        assert answer["Location"] == member.get_absolute_url()
        assert vault.reveal(member, "id_number") == id_number(1, BORN)
        assert (member.initials, member.strokes[:2]) == ("zm", "12")
        stays = list(
            member.memberships.order_by("started_on").values_list("kind", "started_on", "ended_on", "end_reason")
        )
        assert stays == [
            ("probationary", date(2012, 7, 1), date(2013, 6, 30), "converted"), ("full", date(2013, 7, 1), None, "")
        ]  # fmt: skip
        assert AuditEvent.objects.filter(action="member.add").count() == 1

    @pytest.mark.parametrize(
        ("typed", "field", "words"),
        [
            ({"id_number": "990099199005170019"}, "id_number", "校验位错误"),
            ({"joined_on": "2008-05-16", "converted_on": "2009-06-01"}, "joined_on", "未满18周岁"),
            ({"converted_on": "2013-06-30"}, "converted_on", "预备期不足12个月"),
            ({"joined_on": "2025-11-21", "converted_on": ""}, "joined_on", "在今天以后"),
            ({"kind": "probationary"}, "converted_on", "预备党员还没有转正日期"),
            ({"work_began": "1998-7"}, "work_began", "1998-07 的样子"),
            ({"work_began": "九八年"}, "work_began", "1998-07 的样子"),
            ({"note": "机密★"}, "note", "密级"),
        ],
        ids=[
            "check digit",
            "a day before 18",
            "a day short of a year",
            "future",
            "probation",
            "month",
            "no year",
            "secret",
        ],
    )
    def test_what_cannot_be_is_refused_beside_its_field(self, client, branch, secretary, typed, field, words):
        answer = client.post(reverse("members:add"), body(branch, **typed))

        assert answer.status_code == 200
        assert words in str(answer.context["form"].errors[field])
        assert not Member.objects.exists()

    def test_what_is_odd_is_saved_and_said_on_the_next_page(self, client, branch, secretary):
        answer = client.post(reverse("members:add"), body(branch, sex="2", birth_on="1991-05-17"), follow=True)

        assert "出生日期与身份证号不一致" in answer.content.decode()
        assert "性别与身份证号不一致" in answer.content.decode()
        assert Member.objects.count() == 1

    def test_a_number_of_another_branch_is_refused_without_saying_whose(self, client, branch, secretary):
        other = MemberFactory(branch=BranchFactory(name="水塘小学党支部"), name="普云霞", id_number=id_number(1, BORN))
        answer = client.post(reverse("members:add"), body(branch))

        page = answer.content.decode()
        assert register.TAKEN in page
        assert other.name not in page
        assert "水塘小学" not in page
        event = AuditEvent.objects.get(action="member.duplicate")
        assert (event.object_id, event.detail) == (str(branch.pk), {"known": other.pk})
        assert not Membership.objects.filter(branch=branch).exists()

    def test_only_a_branch_in_scope_can_be_chosen(self, client, branch, secretary):
        answer = client.post(reverse("members:add"), body(BranchFactory()))

        assert "branch" in answer.context["form"].errors
        assert not Member.objects.exists()

    def test_before_the_branch_was_there_nobody_came(self, branch, secretary):
        member = MemberFactory.build(joined_on=date(2005, 7, 1), converted_on=date(2006, 7, 1))

        with pytest.raises(ValidationError, match="支部成立于 2010-01-01"):
            register.add(member, branch=branch, kind="full", since=date(2009, 1, 1), by=secretary, on=TODAY)


class TestOrders:
    @pytest.fixture
    def people(self, branch):
        term = TermFactory(branch=branch)
        seats = [
            ("周一", Post.Office.PUBLICITY),
            ("丁二", None),
            ("赵三", Post.Office.SECRETARY),
            ("王四", Post.Office.GROUP_LEADER),
        ]
        for name, office in seats:
            member = MemberFactory(branch=branch, name=name)
            if office:
                PostFactory(term=term, member=member, office=office)

    @pytest.mark.parametrize(
        ("order", "names"),
        [
            ("", ["赵三", "周一", "丁二", "王四"]),
            ("strokes", ["丁二", "王四", "周一", "赵三"]),
            ("initials", ["丁二", "王四", "赵三", "周一"]),
        ],
        ids=["班子序", "姓氏笔画", "拼音"],
    )
    def test_a_list_stands_in_the_order_asked_for(self, client, secretary, people, order, names):
        rows = client.get(reverse("members:list"), {"order": order}).context["rows"]

        assert [row["member"].name for row in rows] == names

    def test_a_list_costs_the_same_at_any_length(self, client, branch, secretary, people, count_queries):
        before = count_queries(reverse("members:list"))
        MemberFactory.create_batch(12, branch=branch)

        assert count_queries(reverse("members:list")) == before


class TestSearch:
    @pytest.mark.parametrize(
        ("word", "name"),
        [
            ("𣲗", "杨𣲗"), ("买买提•艾", "买买提·艾合买提"), ("艾合", "买买提·艾合买提"), ("zm", "曾明"), ("ZM", "曾明"),
            ("曾 明", "曾明"), ("周旧名", "曾明"),
        ],
    )  # fmt: skip
    def test_a_name_is_found_however_it_is_typed(self, client, branch, secretary, word, name):
        for each in ("杨𣲗", "买买提·艾合买提", "高雪"):
            MemberFactory(branch=branch, name=each)
        MemberFactory(branch=branch, name="曾明", former_name="周旧名")
        rows = client.get(reverse("members:list"), {"q": word}).context["rows"]

        assert [row["member"].name for row in rows] == [name]

    @pytest.mark.parametrize(
        "typed", [id_number(1, BORN), "99009919900517 0012", "19755501234", "９９００９９１９９００"]
    )
    def test_a_personal_number_does_not_stay_in_an_address(self, client, branch, secretary, typed):
        answer = client.get(reverse("members:list"), {"q": typed, "kind": "full"})

        assert answer["Location"] == f"{reverse('members:list')}?kind=full"
        assert "按身份证号查找" in client.get(answer["Location"]).content.decode()

    def test_an_editor_who_may_not_reveal_may_not_look_up(self, client, branch):
        client.force_login(UserFactory(serving=branch, role=Role.EDITOR))

        assert client.get(reverse("members:find")).status_code == 403


class TestGroupsAndBackbones:
    def test_members_are_put_into_groups_from_a_day_on(self, client, branch, secretary):
        one, two = (GroupFactory(branch=branch) for _ in "ab")
        stays, moves = MemberFactory.create_batch(2, branch=branch)
        for member in (stays, moves):
            GroupMembership.objects.create(member=member, group=one, started_on=date(2020, 1, 1))
        sent = {"since": "2025-11-01", f"m-{stays.pk}": one.pk, f"m-{moves.pk}": two.pk}

        assert client.post(reverse("members:group_assign", args=[branch.pk]), sent).status_code == 302
        assert stays.groups.count() == 1
        assert list(moves.groups.order_by("started_on").values_list("group", "started_on", "ended_on")) == [
            (one.pk, date(2020, 1, 1), date(2025, 10, 31)), (two.pk, date(2025, 11, 1), None)
        ]  # fmt: skip

    def test_a_group_takes_its_members_time_with_it(self, branch, secretary):
        group = GroupFactory(branch=branch)
        row = GroupMembership.objects.create(
            member=MemberFactory(branch=branch), group=group, started_on=date(2020, 1, 1)
        )
        register.close_group(group, last=TODAY, by=secretary, on=TODAY)

        row.refresh_from_db()
        assert row.ended_on == TODAY

    @pytest.mark.parametrize("last", [date(2023, 12, 31), date(2025, 11, 21)], ids=["before it began", "tomorrow"])
    def test_a_backbone_ends_between_its_start_and_today(self, branch, secretary, last):
        row = BackboneFactory(member=MemberFactory(branch=branch), started_on=date(2024, 1, 1))

        with pytest.raises(ValidationError):
            register.end_backbone(row, last=last, by=secretary, on=TODAY)
        assert not Backbone.objects.exclude(ended_on=None).exists()

    def test_the_page_shows_each_matter_with_its_days(self, client, branch, secretary):
        row = BackboneFactory(member=MemberFactory(branch=branch), name="市级学科带头人", started_on=date(2024, 1, 1))
        page = client.get(row.member.get_absolute_url()).content.decode()

        assert "市级学科带头人" in page
        assert "2024-01-01 至今" in page
