"""The agenda and the votes of a meeting's form: rows that may be several, checked and judged beside."""

from datetime import date

import pytest
from django.urls import reverse

from branches.actions import root
from branches.rights import Role
from meetings.models import AgendaItem, Meeting, Vote
from tests import factories
from tests.factories_life import ExemptionFactory, NoticeFactory, ReceiptFactory, StudyItemFactory, StudyPlanFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("may_26")]


class TestAgenda:
    def lines(self, *rows):
        data = {"agenda-rows": len(rows)}
        for place, (kind, title, item) in enumerate(rows):
            data |= {f"agenda-{place}-kind": kind, f"agenda-{place}-title": title, f"agenda-{place}-study_item": item}
        return data

    def test_lines_are_kept_in_order_without_the_empty_ones(self, branch, members, secretary, typed, send):
        rows = self.lines(("first", "学习讲话精神", ""), ("other", " ", ""), ("decide", "审议经费", ""))
        send(typed(branch, members, **rows))

        assert list(AgendaItem.objects.values_list("position", "kind", "title")) == [
            (0, "first", "学习讲话精神"), (1, "decide", "审议经费"),
        ]  # fmt: skip

    def test_an_item_of_the_plan_counts_and_names_the_line(self, branch, members, secretary, typed, send):
        item = StudyItemFactory(plan=StudyPlanFactory(branch=root(), year=2025))
        send(typed(branch, members, **self.lines(("first", "", item.pk))))

        line = AgendaItem.objects.get()
        assert (line.title, line.study_item) == (item.title, item)

    @pytest.mark.parametrize("which", ["another year", "another branch"])
    def test_only_the_plans_of_that_year_and_above(self, branch, members, secretary, which, typed, send):
        plan = (
            StudyPlanFactory(branch=root(), year=2024)
            if which == "another year"
            else StudyPlanFactory(branch=factories.BranchFactory(), year=2025)
        )
        item = StudyItemFactory(plan=plan)
        answer = send(typed(branch, members, **self.lines(("first", "学习", item.pk))))

        assert answer.status_code == 200
        assert "议题" in answer.content.decode()
        assert not Meeting.objects.exists()

    def test_first_and_second_stand_first_where_the_rule_says_so(self, client, secretary):
        answer = client.get(reverse("meetings:add") + "?kind=members_meeting")
        assert [form.initial["kind"] for form in answer.context["agenda"].forms][:2] == ["first", "second"]
        answer = client.get(reverse("meetings:add") + "?kind=theme_party_day")
        assert [form.initial["kind"] for form in answer.context["agenda"].forms][:2] == ["other", "other"]

    def test_more_rows_keep_what_was_typed(self, branch, members, secretary, typed, send):
        data = typed(branch, members, resolutions="同意。", is_from_paper="on", **self.lines(("study", "学党章", "")))
        answer = send(data, "more_agenda")

        forms = answer.context["agenda"].forms
        assert len(forms) == 4
        assert forms[0].initial["title"] == "学党章"
        form = answer.context["form"]
        assert (form["resolutions"].value(), form["is_from_paper"].value()) == ("同意。", True)
        assert answer.context["roll"]["present"] == 4
        assert not Meeting.objects.exists()

    def test_last_months_skeleton(self, branch, members, secretary, typed, send):
        last = factories.MeetingFactory(
            branch=branch, held_on=date(2025, 4, 25), place="党员活动室", host="张丽", accepted=True
        )
        AgendaItem.objects.create(meeting=last, position=0, kind="study", title="学习交流")
        answer = send(typed(branch, members, topic="", place="", host=""), "skeleton")

        assert answer.context["agenda"].forms[0].initial["title"] == "学习交流"
        form = answer.context["form"]
        assert (form["place"].value(), form["host"].value(), form["topic"].value()) == ("党员活动室", "张丽", "")

    def test_an_agenda_issued_to_many(self, client, branch, members, secretary, typed, send):
        body = "一、第一议题：学习重要讲话\n\n2. 第二议题（学法）：学习宪法\n三、研究暑期工作"
        notice = NoticeFactory(
            branch=root(), kind="agenda", month=date(2025, 5, 1), body=body, issued=True, title="五月统一议题"
        )
        ReceiptFactory(notice=notice, branch=branch)
        assert "套用统一议题：五月统一议题" in client.get(reverse("meetings:add")).content.decode()

        answer = send(typed(branch, members, unified=str(notice.pk)), "unified")
        rows = [form.initial for form in answer.context["agenda"].forms][:3]
        assert [(row["kind"], row["title"]) for row in rows] == [
            ("first", "学习重要讲话"), ("second", "学习宪法"), ("other", "研究暑期工作"),
        ]  # fmt: skip
        assert str(answer.context["form"]["agenda_notice"].value()) == str(notice.pk)

        send(typed(branch, members, agenda_notice=notice.pk))
        assert Meeting.objects.get().agenda_notice == notice

    def test_an_agenda_of_others_is_no_choice(self, client, branch, members, secretary, typed, send):
        notice = NoticeFactory(branch=root(), kind="agenda", month=date(2025, 5, 1), issued=True)
        ReceiptFactory(notice=notice, branch=factories.BranchFactory())
        assert "套用统一议题" not in client.get(reverse("meetings:add")).content.decode()

        send(typed(branch, members, agenda_notice=notice.pk))
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
    def test_the_verdict_stands_beside_after_checking(self, branch, members, secretary, in_favour, words, typed, send):
        answer = send(typed(branch, members, **self.vote(in_favour=in_favour)), "check")

        page = answer.content.decode()
        assert words in page
        assert "须到会 10 人以上，须赞成 11 票以上" in page
        assert not Meeting.objects.exists()

    def test_a_vote_is_kept(self, branch, members, secretary, typed, send):
        send(typed(branch, members, **self.vote(in_favour="15", against="1")))

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
            ({"rule": "election", "seats": "32767"}, "应选名额最多"), ({"entitled": "99999999"}, "数字太大"),
        ],
        ids=["too many votes", "too many present", "written", "no title", "secret", "no number", "seats", "no such branch"],
    )  # fmt: skip
    def test_what_cannot_be_is_refused_beside_the_vote(self, branch, members, secretary, fields, words, typed, send):
        answer = send(typed(branch, members, **self.vote(**{"in_favour": "12"} | fields)))

        assert answer.status_code == 200
        assert words in answer.content.decode()
        assert not Meeting.objects.exists()

    def test_an_election(self, client, branch, members, secretary, typed, send):
        names = [("柳青", "15"), ("谷雨", "14"), ("杜衡", "8"), ("石兰", "3")]
        data = typed(
            branch, members,
            **self.vote(rule="election", title="选举支委", seats="3", ballots_out="16", ballots_back="16", names=names),
        )  # fmt: skip
        page = send(data, "check").content.decode()
        assert "柳青" in page
        assert page.count("票，当选") == 2
        assert page.count("票，未当选") == 2

        send(data)
        vote = Vote.objects.get()
        assert list(vote.candidates.values_list("name", "votes")) == [
            ("柳青", 15),
            ("谷雨", 14),
            ("杜衡", 8),
            ("石兰", 3),
        ]
        detail = client.get(Meeting.objects.get().get_absolute_url()).content.decode()
        assert detail.count("当选") >= 4

    def test_too_few_names_for_the_seats(self, branch, members, secretary, typed, send):
        data = self.vote(rule="election", seats="3", names=[("柳青", ""), ("谷雨", ""), ("杜衡", "")])

        assert "候选人不少于 4 名" in send(typed(branch, members, **data), "check").content.decode()

    def test_up_to_five(self, branch, members, secretary, typed, send):
        data = typed(branch, members, **self.vote(rows=1))
        assert len(send(data, "more_votes").context["ballots"].all) == 2
        data = typed(branch, members, **{key: value for at in range(5) for key, value in self.vote(at, 5).items()})
        assert len(send(data, "more_votes").context["ballots"].all) == 5

    def test_the_entitled_are_filled_in(self, client, members, secretary):
        ExemptionFactory(member=members[0], scope="quorum", basis="支部党员大会决定")
        ballot = client.get(reverse("meetings:add")).context["ballots"].all[0]

        assert ballot.row["entitled"] == 3

    def test_a_committee_votes_by_its_own_number(self, client, branch, members, secretary):
        term = factories.TermFactory(branch=branch, started_on=date(2024, 1, 1))
        for member, office in zip(members, ("secretary", "deputy", "youth"), strict=False):
            factories.PostFactory(term=term, member=member, office=office)
        ballot = client.get(reverse("meetings:add") + "?kind=committee_meeting").context["ballots"].all[0]

        assert (ballot.row["rule"], ballot.row["entitled"]) == ("committee", 3)

    def test_votes_alone_without_a_title_are_not_dropped(self, branch, members, secretary, typed, send):
        data = self.vote(title="", present="", in_favour="9")

        assert "请填写表决事项" in send(typed(branch, members, **data)).content.decode()

    def test_totals_are_closed_to_inspectors(self, client, branch, members, secretary, typed, send):
        send(typed(branch, members, **self.vote(in_favour="15")))
        url = Meeting.objects.get().get_absolute_url()
        assert "通过年度计划" in client.get(url).content.decode()

        client.force_login(factories.UserFactory(serving=root(), role=Role.INSPECTOR))
        page = client.get(url)
        assert page.status_code == 200
        assert "通过年度计划" not in page.content.decode()
