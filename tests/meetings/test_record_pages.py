"""The form of a meeting without script: every button keeps what was typed, and what is saved is what was meant."""

from datetime import date

import pytest
import time_machine
from django.urls import reverse

from accounts.models import User
from branches.actions import root
from branches.rights import Role
from duties.actions import generate
from duties.models import Fulfilment
from meetings.models import AgendaItem, Attendance, Meeting, MeetingKind, Vote
from tests import factories
from tests.factories_life import (
    ExemptionFactory,
    LeadingCadreFactory,
    NoticeFactory,
    ReceiptFactory,
    StudyItemFactory,
    StudyPlanFactory,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("may_26")]
DAY = date(2025, 5, 24)
Kind = MeetingKind.Kind
MINUTES = "一、支部书记领学了加强师德师风建设的有关精神，党员结合课堂教学谈认识，共有六名同志发言。二、讨论了暑期家访分工，每名党员联系三户家庭，七月底前走完第一轮。三、布置了防溺水巡查，按片包干到人。"


@pytest.fixture
def may_26():
    with time_machine.travel("2025-05-26T02:00:00Z", tick=False):
        yield


@pytest.fixture
def branch():
    branch = factories.BranchFactory()
    generate(2025, by=User.objects.system())
    return branch


@pytest.fixture
def members(branch):
    return factories.MemberFactory.create_batch(4, branch=branch)


@pytest.fixture
def secretary(branch, client):
    user = factories.UserFactory(serving=branch)
    client.force_login(user)
    return user


def typed(branch, members=(), *, kinds=(Kind.THEME_PARTY_DAY,), **more):
    """What a browser sends of a plain record, everybody present."""
    return {
        "branch": branch.pk, "kinds": list(kinds), "held_on": "2025-05-24", "topic": "师德师风专题学习", "minutes": "学习讨论。",
        **{f"att-{member.pk}": "present" for member in members}, **more,
    }  # fmt: skip


def send(client, data, button="submit", url=None):
    return client.post(url or reverse("meetings:add"), data | {button: data.get(button, "1")})


class TestPlain:
    def test_a_record_is_handed_in_from_one_page(self, client, branch, members, secretary):
        answer = send(
            client, typed(branch, members, **{f"att-{members[0].pk}": "absent", f"att-{members[1].pk}": "leave"})
        )

        meeting = Meeting.objects.get()
        assert answer["Location"] == meeting.get_absolute_url()
        assert (meeting.state, meeting.due_count, meeting.attended_count) == ("submitted", 4, 2)
        assert Fulfilment.objects.filter(duty__rule="theme_party_day").exists()

    def test_kinds_combine_and_each_meets_its_duty(self, client, branch, members, secretary):
        send(client, typed(branch, members, kinds=(Kind.THEME_PARTY_DAY, Kind.PARTY_LECTURE), lecturer=members[0].pk))

        met = set(Fulfilment.objects.values_list("duty__rule", flat=True))
        assert {"theme_party_day", "party_lecture"} <= met
        assert Meeting.objects.get().lecturer == members[0]

    def test_no_text_has_a_least_length(self, client, branch, members, secretary):
        send(client, typed(branch, members, topic="学", minutes=""))

        assert Meeting.objects.get().state == "submitted"

    def test_the_empty_form_opens_with_everything_folded(self, client, branch, members, secretary):
        page = client.get(reverse("meetings:add") + "?kind=theme_party_day").content.decode()

        for part in ("agenda", "votes", "more", "files"):
            assert f'id="{part}"' in page
        assert '<details class="fold" id="votes">' in page
        assert page.count("非涉密系统") >= 3

    @pytest.mark.parametrize("name", ["topic", "minutes", "resolutions", "remote_opinions"])
    def test_a_text_with_a_mark_of_secrecy_is_refused_and_stays(self, client, branch, members, secretary, name):
        answer = send(client, typed(branch, members, **{name: "机密★ 学习材料"}))

        assert "严禁录入国家秘密" in answer.content.decode()
        assert "机密★ 学习材料" in answer.content.decode()
        assert not Meeting.objects.exists()


class TestRoll:
    def test_who_is_excused_is_not_due_and_need_not_be_marked(self, client, branch, members, secretary):
        ExemptionFactory(member=members[3])
        page = client.get(reverse("meetings:add") + "?on=2025-05-24").content.decode()
        assert "年老体弱" in page

        send(client, typed(branch, members[:3]))

        meeting = Meeting.objects.get()
        assert (meeting.due_count, meeting.attended_count, meeting.excused_count) == (3, 3, 1)
        assert meeting.roll.get(member=members[3]).mark == Attendance.Mark.EXCUSED

    def test_who_is_excused_and_came_counts(self, client, branch, members, secretary):
        ExemptionFactory(member=members[3])
        send(client, typed(branch, members))

        meeting = Meeting.objects.get()
        assert (meeting.due_count, meeting.attended_count, meeting.excused_count) == (4, 4, 0)

    def test_nobody_is_excused_by_the_form_alone(self, client, branch, members, secretary):
        answer = send(client, typed(branch, members, **{f"att-{members[0].pk}": "excused"}))

        assert "还有 1 位同志没有标记到会情况" in answer.content.decode()

    def test_everybody_present_leaves_the_excused_alone(self, client, branch, members, secretary):
        ExemptionFactory(member=members[3])
        answer = send(client, typed(branch), "all")

        roll = answer.context["roll"]
        assert (roll["due"], roll["present"], roll["excused"]) == (3, 3, 1)

    def test_a_committee_keeps_counts_by_hand(self, client):
        committee = factories.BranchFactory(kind="committee")
        client.force_login(factories.UserFactory(serving=committee, role=Role.COMMITTEE))
        data = typed(committee, kinds=[Kind.THEORY_STUDY], due_count="7", attended_count="6")
        assert "没有逐人名单" in client.get(reverse("meetings:add")).content.decode()

        send(client, data)

        meeting = Meeting.objects.get()
        assert (meeting.branch, meeting.due_count, meeting.attended_count, meeting.state) == (
            committee,
            7,
            6,
            "submitted",
        )


class TestThemeDay:
    def test_four_forms_in_one_tap(self, client, branch, members, secretary):
        answer = send(client, typed(branch, members), "four")
        assert answer.context["form"]["basic_forms"].value() == ["anthem", "oath", "dues", "constitution"]
        assert not Meeting.objects.exists()

        send(client, typed(branch, members, basic_forms=["anthem", "dues"]))
        assert Meeting.objects.get().basic_forms == ["anthem", "dues"]

    def test_they_go_with_their_kind(self, client, branch, members, secretary):
        send(client, typed(branch, members, kinds=[Kind.MEMBERS_MEETING], basic_forms=["oath"]))

        assert Meeting.objects.get().basic_forms == []

    def test_a_cadre_of_elsewhere_lectures(self, client, branch, members, secretary):
        cadre = LeadingCadreFactory(member=factories.MemberFactory(branch=factories.BranchFactory())).member
        send(client, typed(branch, members, kinds=[Kind.PARTY_LECTURE], lecturer=cadre.pk))
        assert Meeting.objects.get().lecturer == cadre

    def test_a_member_of_elsewhere_is_no_choice(self, client, branch, members, secretary):
        stranger = factories.MemberFactory(branch=factories.BranchFactory())
        answer = send(client, typed(branch, members, kinds=[Kind.PARTY_LECTURE], lecturer=stranger.pk))

        assert answer.status_code == 200
        assert not Meeting.objects.exists()

    def test_one_lecturer_not_two(self, client, branch, members, secretary):
        data = typed(branch, members, kinds=[Kind.PARTY_LECTURE], lecturer=members[0].pk, lecturer_name="外请教授")

        assert "这里请留空" in send(client, data).content.decode()


class TestAgenda:
    def lines(self, *rows):
        data = {"agenda-rows": len(rows)}
        for place, (kind, title, item) in enumerate(rows):
            data |= {f"agenda-{place}-kind": kind, f"agenda-{place}-title": title, f"agenda-{place}-study_item": item}
        return data

    def test_lines_are_kept_in_order_without_the_empty_ones(self, client, branch, members, secretary):
        rows = self.lines(("first", "学习讲话精神", ""), ("other", " ", ""), ("decide", "审议经费", ""))
        send(client, typed(branch, members, **rows))

        assert list(AgendaItem.objects.values_list("position", "kind", "title")) == [
            (0, "first", "学习讲话精神"), (1, "decide", "审议经费"),
        ]  # fmt: skip

    def test_an_item_of_the_plan_counts_and_names_the_line(self, client, branch, members, secretary):
        item = StudyItemFactory(plan=StudyPlanFactory(branch=root(), year=2025))
        send(client, typed(branch, members, **self.lines(("first", "", item.pk))))

        line = AgendaItem.objects.get()
        assert (line.title, line.study_item) == (item.title, item)

    @pytest.mark.parametrize("which", ["another year", "another branch"])
    def test_only_the_plans_of_that_year_and_above(self, client, branch, members, secretary, which):
        plan = (
            StudyPlanFactory(branch=root(), year=2024)
            if which == "another year"
            else StudyPlanFactory(branch=factories.BranchFactory(), year=2025)
        )
        item = StudyItemFactory(plan=plan)
        answer = send(client, typed(branch, members, **self.lines(("first", "学习", item.pk))))

        assert answer.status_code == 200
        assert "议题" in answer.content.decode()
        assert not Meeting.objects.exists()

    def test_first_and_second_stand_first_where_the_rule_says_so(self, client, branch, members, secretary):
        answer = client.get(reverse("meetings:add") + "?kind=members_meeting")
        assert [form.initial["kind"] for form in answer.context["agenda"].forms][:2] == ["first", "second"]
        answer = client.get(reverse("meetings:add") + "?kind=theme_party_day")
        assert [form.initial["kind"] for form in answer.context["agenda"].forms][:2] == ["other", "other"]

    def test_more_rows_keep_what_was_typed(self, client, branch, members, secretary):
        data = typed(branch, members, resolutions="同意。", is_from_paper="on", **self.lines(("study", "学党章", "")))
        answer = send(client, data, "more_agenda")

        forms = answer.context["agenda"].forms
        assert len(forms) == 4
        assert forms[0].initial["title"] == "学党章"
        form = answer.context["form"]
        assert (form["resolutions"].value(), form["is_from_paper"].value()) == ("同意。", True)
        assert answer.context["roll"]["present"] == 4
        assert not Meeting.objects.exists()

    def test_last_months_skeleton(self, client, branch, members, secretary):
        last = factories.MeetingFactory(
            branch=branch, held_on=date(2025, 4, 25), place="党员活动室", host="张丽", accepted=True
        )
        AgendaItem.objects.create(meeting=last, position=0, kind="study", title="学习交流")
        answer = send(client, typed(branch, members, topic="", place="", host=""), "skeleton")

        assert answer.context["agenda"].forms[0].initial["title"] == "学习交流"
        form = answer.context["form"]
        assert (form["place"].value(), form["host"].value(), form["topic"].value()) == ("党员活动室", "张丽", "")

    def test_an_agenda_issued_to_many(self, client, branch, members, secretary):
        body = "一、第一议题：学习重要讲话\n\n2. 第二议题（学法）：学习宪法\n三、研究暑期工作"
        notice = NoticeFactory(
            branch=root(), kind="agenda", month=date(2025, 5, 1), body=body, issued=True, title="五月统一议题"
        )
        ReceiptFactory(notice=notice, branch=branch)
        assert "套用统一议题：五月统一议题" in client.get(reverse("meetings:add")).content.decode()

        answer = send(client, typed(branch, members, unified=str(notice.pk)), "unified")
        rows = [form.initial for form in answer.context["agenda"].forms][:3]
        assert [(row["kind"], row["title"]) for row in rows] == [
            ("first", "学习重要讲话"), ("second", "学习宪法"), ("other", "研究暑期工作"),
        ]  # fmt: skip
        assert str(answer.context["form"]["agenda_notice"].value()) == str(notice.pk)

        send(client, typed(branch, members, agenda_notice=notice.pk))
        assert Meeting.objects.get().agenda_notice == notice

    def test_an_agenda_of_others_is_no_choice(self, client, branch, members, secretary):
        notice = NoticeFactory(branch=root(), kind="agenda", month=date(2025, 5, 1), issued=True)
        ReceiptFactory(notice=notice, branch=factories.BranchFactory())
        assert "套用统一议题" not in client.get(reverse("meetings:add")).content.decode()

        send(client, typed(branch, members, agenda_notice=notice.pk))
        assert Meeting.objects.get().agenda_notice is None


class TestVotes:
    def vote(self, place=0, rows=1, names=(), **fields):
        data = {"vote-rows": rows}
        found = {"rule": "ordinary", "title": "通过年度计划", "entitled": "20", "present": "16"} | fields
        data |= {f"vote-{place}-{name}": value for name, value in found.items()}
        data[f"vote-{place}-name-rows"] = len(names)
        for at, (name, votes) in enumerate(names):
            data |= {f"vote-{place}-name-{at}-name": name, f"vote-{place}-name-{at}-votes": votes}
        return data

    @pytest.mark.parametrize(
        ("in_favour", "words"),
        [("11", "得赞成 11 票，通过"), ("10", "得赞成 10 票，没有通过")],
        ids=["carried", "short by one"],
    )
    def test_the_verdict_stands_beside_after_checking(self, client, branch, members, secretary, in_favour, words):
        answer = send(client, typed(branch, members, **self.vote(in_favour=in_favour)), "check")

        page = answer.content.decode()
        assert words in page
        assert "须到会 10 人以上，须赞成 11 票以上" in page
        assert not Meeting.objects.exists()

    def test_a_vote_is_kept(self, client, branch, members, secretary):
        send(client, typed(branch, members, **self.vote(in_favour="15", against="1")))

        vote = Vote.objects.get()
        assert (vote.title, vote.entitled, vote.in_favour, vote.against, vote.abstained) == (
            "通过年度计划",
            20,
            15,
            1,
            0,
        )

    @pytest.mark.parametrize(
        ("fields", "words"),
        [
            ({"in_favour": "17"}, "合计多于参加表决的人数"), ({"present": "21"}, "不能多于应到会的人数"),
            ({"in_favour": "12", "written": "2"}, "不计会前书面意见"), ({"title": ""}, "请填写表决事项"),
            ({"title": "秘密★"}, "严禁录入"), ({"in_favour": "很多"}, "输入整数"),
        ],
        ids=["too many votes", "too many present", "written", "no title", "secret", "no number"],
    )  # fmt: skip
    def test_what_cannot_be_is_refused_beside_the_vote(self, client, branch, members, secretary, fields, words):
        answer = send(client, typed(branch, members, **self.vote(**{"in_favour": "12"} | fields)))

        assert answer.status_code == 200
        assert words in answer.content.decode()
        assert not Meeting.objects.exists()

    def test_an_election(self, client, branch, members, secretary):
        names = [("柳青", "15"), ("谷雨", "14"), ("杜衡", "8"), ("石兰", "3")]
        data = typed(
            branch, members,
            **self.vote(rule="election", title="选举支委", seats="3", ballots_out="16", ballots_back="16", names=names),
        )  # fmt: skip
        page = send(client, data, "check").content.decode()
        assert "柳青" in page
        assert page.count("票，当选") == 2
        assert page.count("票，未当选") == 2

        send(client, data)
        vote = Vote.objects.get()
        assert list(vote.candidates.values_list("name", "votes")) == [
            ("柳青", 15),
            ("谷雨", 14),
            ("杜衡", 8),
            ("石兰", 3),
        ]
        detail = client.get(Meeting.objects.get().get_absolute_url()).content.decode()
        assert detail.count("当选") >= 4

    def test_too_few_names_for_the_seats(self, client, branch, members, secretary):
        data = self.vote(rule="election", seats="3", names=[("柳青", ""), ("谷雨", ""), ("杜衡", "")])

        assert "候选人不少于 4 名" in send(client, typed(branch, members, **data), "check").content.decode()

    def test_up_to_five(self, client, branch, members, secretary):
        data = typed(branch, members, **self.vote(rows=1))
        assert len(send(client, data, "more_votes").context["ballots"].all) == 2
        data = typed(branch, members, **{key: value for at in range(5) for key, value in self.vote(at, 5).items()})
        assert len(send(client, data, "more_votes").context["ballots"].all) == 5

    def test_the_entitled_are_filled_in(self, client, branch, members, secretary):
        ExemptionFactory(member=members[0], scope="quorum", basis="支部党员大会决定")
        ballot = client.get(reverse("meetings:add")).context["ballots"].all[0]

        assert ballot.row["entitled"] == 3

    def test_totals_are_closed_to_inspectors(self, client, branch, members, secretary):
        send(client, typed(branch, members, **self.vote(in_favour="15")))
        url = Meeting.objects.get().get_absolute_url()
        assert "通过年度计划" in client.get(url).content.decode()

        client.force_login(factories.UserFactory(serving=root(), role=Role.INSPECTOR))
        page = client.get(url)
        assert page.status_code == 200
        assert "通过年度计划" not in page.content.decode()


class TestLikeness:
    def test_the_writer_is_warned_and_may_go_on(self, client, branch, members, secretary):
        before = factories.MeetingFactory(branch=branch, held_on=date(2025, 3, 25), submitted=True, minutes=MINUTES)
        from meetings import likeness

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

    def test_another_branch_is_not_named(self, client, branch, members, secretary):
        from meetings import likeness

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
