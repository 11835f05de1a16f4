"""The form of a meeting without script: every button keeps what was typed, and what is saved is what was meant."""

from datetime import date

import pytest
from django.urls import reverse

from branches.rights import Role
from duties.models import Fulfilment
from meetings import likeness
from meetings.models import Attendance, Meeting, MeetingKind
from tests import factories
from tests.factories_life import ExemptionFactory, LeadingCadreFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("may_26")]
DAY = date(2025, 5, 24)
Kind = MeetingKind.Kind
MINUTES = (
    "一、支部书记领学了加强师德师风建设的有关精神，党员结合课堂教学谈认识，共有六名同志发言。"
    "二、讨论了暑期家访分工，每名党员联系三户家庭，七月底前走完第一轮。三、布置了防溺水巡查，按片包干到人。"
)


class TestPlain:
    def test_a_record_is_handed_in_from_one_page(self, client, branch, members, secretary, typed, send):
        answer = send(typed(branch, members, **{f"att-{members[0].pk}": "absent", f"att-{members[1].pk}": "leave"}))

        meeting = Meeting.objects.get()
        assert answer["Location"] == meeting.get_absolute_url()
        assert (meeting.state, meeting.due_count, meeting.attended_count) == ("submitted", 4, 2)
        assert Fulfilment.objects.filter(duty__rule="theme_party_day").exists()

    def test_kinds_combine_and_each_meets_its_duty(self, branch, members, secretary, typed, send):
        send(typed(branch, members, kinds=(Kind.THEME_PARTY_DAY, Kind.PARTY_LECTURE), lecturer=members[0].pk))

        met = set(Fulfilment.objects.values_list("duty__rule", flat=True))
        assert {"theme_party_day", "party_lecture"} <= met
        assert Meeting.objects.get().lecturer == members[0]

    def test_no_text_has_a_least_length(self, branch, members, secretary, typed, send):
        send(typed(branch, members, topic="学", minutes=""))

        assert Meeting.objects.get().state == "submitted"

    def test_the_empty_form_opens_with_everything_folded(self, client, secretary):
        page = client.get(reverse("meetings:add") + "?kind=theme_party_day").content.decode()

        for part in ("agenda", "votes", "more", "files"):
            assert f'id="{part}"' in page
        assert '<details class="fold" id="votes">' in page
        assert page.count("非涉密系统") >= 3

    @pytest.mark.parametrize("name", ["topic", "minutes", "resolutions", "remote_opinions"])
    def test_a_text_with_a_mark_of_secrecy_is_refused_and_stays(self, branch, members, secretary, name, typed, send):
        answer = send(typed(branch, members, **{name: "机密★ 学习材料"}))

        assert "严禁录入国家秘密" in answer.content.decode()
        assert "机密★ 学习材料" in answer.content.decode()
        assert not Meeting.objects.exists()


class TestRoll:
    def test_who_is_excused_is_not_due_and_need_not_be_marked(self, client, branch, members, secretary, typed, send):
        ExemptionFactory(member=members[3])
        page = client.get(reverse("meetings:add") + "?on=2025-05-24").content.decode()
        assert "年老体弱" in page

        send(typed(branch, members[:3]))

        meeting = Meeting.objects.get()
        assert (meeting.due_count, meeting.attended_count, meeting.excused_count) == (3, 3, 1)
        assert meeting.roll.get(member=members[3]).mark == Attendance.Mark.EXCUSED

    def test_who_is_excused_and_came_counts(self, branch, members, secretary, typed, send):
        ExemptionFactory(member=members[3])
        send(typed(branch, members))

        meeting = Meeting.objects.get()
        assert (meeting.due_count, meeting.attended_count, meeting.excused_count) == (4, 4, 0)

    def test_nobody_is_excused_by_the_form_alone(self, branch, members, secretary, typed, send):
        answer = send(typed(branch, members, **{f"att-{members[0].pk}": "excused"}))

        assert "还有 1 位同志没有标记到会情况" in answer.content.decode()

    def test_everybody_present_leaves_the_excused_alone(self, branch, members, secretary, typed, send):
        ExemptionFactory(member=members[3])
        answer = send(typed(branch), "all")

        roll = answer.context["roll"]
        assert (roll["due"], roll["present"], roll["excused"]) == (3, 3, 1)

    def test_a_committee_keeps_counts_by_hand(self, client, typed, send):
        committee = factories.BranchFactory(kind="committee")
        client.force_login(factories.UserFactory(serving=committee, role=Role.COMMITTEE))
        data = typed(committee, kinds=[Kind.THEORY_STUDY], due_count="7", attended_count="6")
        assert "没有逐人名单" in client.get(reverse("meetings:add")).content.decode()

        send(data)

        meeting = Meeting.objects.get()
        assert (meeting.branch, meeting.due_count, meeting.attended_count, meeting.state) == (
            committee,
            7,
            6,
            "submitted",
        )


class TestThemeDay:
    def test_four_forms_in_one_tap(self, branch, members, secretary, typed, send):
        answer = send(typed(branch, members), "four")
        assert answer.context["form"]["basic_forms"].value() == ["anthem", "oath", "dues", "constitution"]
        assert not Meeting.objects.exists()

        send(typed(branch, members, basic_forms=["anthem", "dues"]))
        assert Meeting.objects.get().basic_forms == ["anthem", "dues"]

    def test_they_go_with_their_kind(self, branch, members, secretary, typed, send):
        send(typed(branch, members, kinds=[Kind.MEMBERS_MEETING], basic_forms=["oath"]))

        assert Meeting.objects.get().basic_forms == []

    def test_a_cadre_of_elsewhere_is_known_by_name_and_not_listed(
        self, client, branch, members, secretary, typed, send
    ):
        cadre = LeadingCadreFactory(
            member=factories.MemberFactory(branch=factories.BranchFactory(), name="沈知远")
        ).member
        assert "沈知远" not in client.get(reverse("meetings:add")).content.decode()

        send(typed(branch, members, kinds=[Kind.PARTY_LECTURE], lecturer_name="沈知远"))
        assert (Meeting.objects.get().lecturer, Meeting.objects.get().lecturer_name) == (cadre, "")

    def test_two_of_one_name_stay_a_name(self, branch, members, secretary, typed, send):
        for _ in range(2):
            LeadingCadreFactory(member=factories.MemberFactory(branch=factories.BranchFactory(), name="沈知远"))
        send(typed(branch, members, kinds=[Kind.PARTY_LECTURE], lecturer_name="沈知远"))

        assert (Meeting.objects.get().lecturer, Meeting.objects.get().lecturer_name) == (None, "沈知远")

    def test_a_branch_is_not_offered_what_only_committees_hold(self, client, branch, members, secretary):
        kinds = dict(client.get(reverse("meetings:add")).context["form"].fields["kinds"].choices)

        assert Kind.SPECIAL_PARTY_STUDY in kinds
        assert Kind.THEORY_STUDY not in kinds

    def test_a_member_of_elsewhere_is_no_choice(self, branch, members, secretary, typed, send):
        stranger = factories.MemberFactory(branch=factories.BranchFactory())
        answer = send(typed(branch, members, kinds=[Kind.PARTY_LECTURE], lecturer=stranger.pk))

        assert answer.status_code == 200
        assert not Meeting.objects.exists()

    def test_one_lecturer_not_two(self, branch, members, secretary, typed, send):
        data = typed(branch, members, kinds=[Kind.PARTY_LECTURE], lecturer=members[0].pk, lecturer_name="外请教授")

        assert "这里请留空" in send(data).content.decode()


class TestLikeness:
    def test_the_writer_is_warned_and_may_go_on(self, client, branch, members, secretary, typed):
        before = factories.MeetingFactory(branch=branch, held_on=date(2025, 3, 25), submitted=True, minutes=MINUTES)
        Meeting.objects.filter(pk=before.pk).update(trace=likeness.trace(MINUTES))
        answer = client.post(
            reverse("meetings:add"), typed(branch, members, minutes=MINUTES) | {"submit": "1"}, follow=True
        )
        page = answer.content.decode()
        meeting = Meeting.objects.exclude(pk=before.pk).get()
        assert meeting.state == "draft"
        assert "与本支部 3 月 25 日的记录有 100% 相近" in page

        data = typed(branch, members, minutes=MINUTES, version=meeting.version) | {"submit": "confirmed"}
        client.post(reverse("meetings:edit", args=[meeting.pk]), data)
        meeting.refresh_from_db()
        assert meeting.state == "submitted"

    def test_another_branch_is_not_named(self, client, branch, secretary):
        other = factories.BranchFactory(name="中共云岭县远山小学支部委员会")
        factories.MeetingFactory(
            branch=other, held_on=date(2025, 3, 25), submitted=True, minutes=MINUTES, trace=likeness.trace(MINUTES)
        )
        meeting = factories.MeetingFactory(branch=branch, held_on=DAY, minutes=MINUTES, due_count=4, attended_count=4)
        answer = client.post(reverse("meetings:submit", args=[meeting.pk]), follow=True)

        page = answer.content.decode()
        assert "与其他支部的一份记录有 100% 相近" in page
        assert "远山小学" not in page
        meeting.refresh_from_db()
        assert meeting.state == "draft"


def test_who_comes_second_sees_what_the_other_saved(client, branch, members, secretary, typed, send):
    send(typed(branch, members), "draft")
    meeting = Meeting.objects.get()
    url = reverse("meetings:edit", args=[meeting.pk])
    first = typed(branch, members, version="1", topic="第一位改的", is_from_paper="on") | {
        "agenda-rows": "1", "agenda-0-kind": "study", "agenda-0-title": "学习党章", "agenda-0-study_item": "",
    }  # fmt: skip
    send(first, "draft", url)
    answer = send(typed(branch, members, version="1", topic="第二位改的"), "draft", url)

    now = {row["label"]: row["now"] for row in answer.context["stale"]["rows"]}
    assert now == {"主题": "第一位改的", "议题": "学习党章", "补录自纸质": "是"}
    assert "第二位改的" in answer.content.decode()
