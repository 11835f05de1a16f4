"""The pages of duties: the year, the month on a sheet, one duty, hand-overs, leave to make good."""

from datetime import date

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.urls import reverse

from accounts.models import User
from branches.actions import root
from branches.rights import Role
from duties.actions import decide_unlock, generate, meet
from duties.models import Duty, Filing, Unlock
from tests import factories

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 20)


@pytest.fixture(autouse=True)
def _today():
    with time_machine.travel("2026-11-20 10:00+08:00", tick=False):
        yield


@pytest.fixture
def branch():
    found = factories.BranchFactory(name="第一小学党支部", stage="primary")
    generate(2026, by=User.objects.system())
    return found


@pytest.fixture
def secretary(branch):
    return factories.UserFactory(serving=branch)


def duty_of(branch, rule, period):
    return Duty.objects.get(branch=branch, rule=rule, period=period)


class TestYear:
    def test_each_duty_leads_to_its_own_form(self, client, branch, secretary):
        client.force_login(secretary)
        text = client.get(reverse("duties:list")).content.decode()

        assert reverse("duties:filing", args=[duty_of(branch, "ideology_return", "2026-11").pk]) in text
        assert f"{reverse('meetings:add')}?branch={branch.pk}&amp;kind=theme_party_day" in text
        assert f"{reverse('meetings:activity_add')}?branch={branch.pk}&amp;kind=heart_talk" in text
        assert f"{reverse('meetings:add')}?branch={branch.pk}&amp;kind=party_lecture" in text
        assert "leader_lecture" not in text, "a 党课 by the secretary meets it"
        assert "申请补办" in text, "what is long over is locked"
        assert "（暂定）" in text, "the school terms are not entered"

    def test_the_groups_stand_apart(self, client, branch, secretary):
        client.force_login(secretary)
        sections = client.get(reverse("duties:list")).context["sections"]

        assert [section["label"] for section in sections] == ["组织生活", "意识形态", "其他工作"]
        assert "意识形态月报" in [group["label"] for group in sections[1]["groups"]]

    def test_a_reader_is_offered_no_form(self, client, branch):
        client.force_login(factories.UserFactory(serving=root(), role=Role.INSPECTOR))
        text = client.get(f"{reverse('duties:list')}?branch={branch.pk}").content.decode()

        assert reverse("meetings:add") not in text
        assert "申请补办" not in text


class TestMonth:
    def test_everything_of_the_month_stands_on_the_page(self, client, branch, secretary):
        notice = factories.NoticeFactory(
            branch=root(), issued=True, title="关于报送年度总结的通知", created_by=secretary
        )
        factories.ReceiptFactory(notice=notice, branch=branch)
        duty = duty_of(branch, "ideology_return", "2026-11")
        Duty.objects.filter(pk=duty.pk).update(handed_to=secretary, handed_by=secretary, handed_at="2026-11-01T00:00Z")
        client.force_login(secretary)

        answer = client.get(reverse("duties:month", args=[branch.pk, 2026, 11]))
        names = [(line["name"], line["state"]) for line in answer.context["lines"]]
        assert ("主题党日", "wait") in names
        assert ("意识形态月报", "wait") in names
        assert answer.context["lines"][0]["handed"] == "交给您办", "one's own comes first"
        assert "关于报送年度总结的通知" in answer.content.decode()
        assert "党课" not in dict(names), "a quarter's duty stands in the month in which it is due"

    @pytest.mark.parametrize(("year", "month"), [(2026, 0), (2026, 13), (1999, 1), (2028, 1)])
    def test_a_month_that_is_none_is_not_found(self, client, branch, secretary, year, month):
        client.force_login(secretary)

        assert client.get(f"/duties/branch/{branch.pk}/{year}/{month}/").status_code == 404

    def test_it_costs_the_same_however_much_is_owed(self, client, count_queries, branch, secretary):
        client.force_login(secretary)
        url = reverse("duties:month", args=[branch.pk, 2026, 11])
        count_queries(url)
        few = count_queries(url)
        for _ in range(5):
            notice = factories.NoticeFactory(branch=root(), issued=True, created_by=secretary)
            factories.ReceiptFactory(notice=notice, branch=branch)
            days = dict.fromkeys(("target_on", "due_on", "ends_on", "locks_on"), date(2026, 11, 25))
            Duty.objects.create(
                branch=branch, rule="notice", year=2026, period=f"N{notice.pk}", notice=notice, opens_on=TODAY, **days
            )

        assert count_queries(url) == few


class TestHand:
    def test_the_secretary_hands_a_duty_to_somebody_of_the_branch(self, client, branch, secretary):
        editor = factories.UserFactory(serving=branch, role=Role.EDITOR, name="周明远")
        duty = duty_of(branch, "theme_party_day", "2026-11")
        client.force_login(secretary)

        client.post(reverse("duties:hand", args=[duty.pk]), {"to": editor.pk})
        duty.refresh_from_db()
        assert (duty.handed_to, duty.handed_by) == (editor, secretary)
        assert "交给周明远同志" in client.get(reverse("portal:home")).content.decode()
        client.force_login(editor)
        assert "交给您办" in client.get(reverse("portal:home")).content.decode()

    def test_the_secretary_is_not_offered_to_herself(self, client, branch, secretary):
        editor = factories.UserFactory(serving=branch, role=Role.EDITOR)
        client.force_login(secretary)
        page = client.get(reverse("duties:duty", args=[duty_of(branch, "theme_party_day", "2026-11").pk]))

        assert list(page.context["hand_form"].fields["to"].queryset) == [editor]

    def test_nobody_of_another_branch_can_be_chosen(self, client, branch, secretary):
        stranger = factories.UserFactory(serving=factories.BranchFactory())
        duty = duty_of(branch, "theme_party_day", "2026-11")
        client.force_login(secretary)

        answer = client.post(reverse("duties:hand", args=[duty.pk]), {"to": stranger.pk})
        duty.refresh_from_db()
        assert answer.status_code == 200
        assert duty.handed_to is None

    def test_an_editor_hands_nothing_over(self, client, branch):
        editor = factories.UserFactory(serving=branch, role=Role.EDITOR)
        duty = duty_of(branch, "theme_party_day", "2026-11")
        client.force_login(editor)

        assert client.post(reverse("duties:hand", args=[duty.pk]), {"to": editor.pk}).status_code == 403


class TestUnlock:
    def ask(self, client, branch, secretary):
        duty = duty_of(branch, "ideology_return", "2026-03")
        client.force_login(secretary)
        client.post(reverse("duties:unlock_ask", args=[duty.pk]), {"reason": "书记住院"})
        return duty, Unlock.objects.get(duty=duty)

    def test_granted_until_a_day_it_can_be_filed_and_is_late(self, client, branch, secretary, staff):
        duty, unlock = self.ask(client, branch, secretary)
        assert client.get(reverse("duties:filing", args=[duty.pk])).status_code == 302, "locked still"
        client.force_login(staff)
        assert "书记住院" in client.get(reverse("duties:unlocks")).content.decode()
        client.post(reverse("duties:unlock_decide", args=[unlock.pk]), {"grant": "1", "until": "2026-11-30"})
        client.force_login(secretary)

        assert client.get(reverse("duties:filing", args=[duty.pk])).status_code == 200
        client.post(reverse("duties:filing", args=[duty.pk]), {"risk": "none", "version": "0"})
        assert Duty.objects.get(pk=duty.pk).state(TODAY) == "late"

    def test_what_was_opened_stands_on_the_desk(self, client, branch, secretary, staff):
        duty, unlock = self.ask(client, branch, secretary)
        client.force_login(staff)
        client.post(reverse("duties:unlock_decide", args=[unlock.pk]), {"grant": "1", "until": "2026-11-30"})
        client.force_login(secretary)
        text = client.get(reverse("portal:home")).content.decode()

        assert "上级已同意补办，11 月 30 日前补上" in text
        assert reverse("duties:filing", args=[duty.pk]) in text

    def test_refused_only_in_words(self, client, branch, secretary, staff):
        _, unlock = self.ask(client, branch, secretary)
        client.force_login(staff)
        client.post(
            reverse("duties:unlock_decide", args=[unlock.pk]), {"refuse": "1", "until": "2026-11-30", "answer": ""}
        )
        unlock.refresh_from_db()
        assert unlock.decided_at is None

        client.post(
            reverse("duties:unlock_decide", args=[unlock.pk]),
            {"refuse": "1", "until": "2026-11-30", "answer": "理由不足"},
        )
        unlock.refresh_from_db()
        assert (unlock.expires_on, unlock.answer) == (None, "理由不足")

    def test_the_asker_does_not_decide(self, client, branch, staff):
        duty = duty_of(branch, "ideology_return", "2026-03")
        unlock = factories.UnlockFactory(duty=duty, created_by=staff)
        client.force_login(staff)
        text = client.get(reverse("duties:unlocks")).content.decode()
        assert "须由另一位同志批复" in text
        client.post(reverse("duties:unlock_decide", args=[unlock.pk]), {"grant": "1", "until": "2026-11-30"})
        unlock.refresh_from_db()
        assert unlock.decided_at is None

    def test_the_requests_cost_the_same_at_any_number(self, client, count_queries, branch, staff):
        factories.UnlockFactory(duty=duty_of(branch, "ideology_return", "2026-03"))
        client.force_login(staff)
        count_queries(reverse("duties:unlocks"))
        few = count_queries(reverse("duties:unlocks"))
        for month in range(4, 9):
            factories.UnlockFactory(duty=duty_of(branch, "ideology_return", f"2026-0{month}"))

        assert count_queries(reverse("duties:unlocks")) == few

    def test_what_is_not_locked_needs_no_leave(self, client, branch, secretary):
        duty = duty_of(branch, "ideology_return", "2026-11")
        client.force_login(secretary)
        client.post(reverse("duties:unlock_ask", args=[duty.pk]), {"reason": "书记住院"})

        assert not Unlock.objects.exists()


def grouped(answer):
    """The groups of lines on the home of a branch: what stands open, and what has more time than the month."""
    return answer.context["groups"] + (answer.context["later"] or {"groups": []})["groups"]


class TestDesk:
    def test_lines_of_every_length_lead_to_their_forms(self, client, branch, secretary):
        client.force_login(secretary)
        answer = client.get(reverse("portal:home"))
        titles = [group["title"] for group in grouped(answer)]

        assert titles[:1] == ["本月应办"]
        assert {"本季度", "本半年", "本学期", "本年度"} <= set(titles)
        assert any(title.startswith("已过期、还可以补登的") for title in titles)
        text = answer.content.decode()
        assert reverse("duties:filing", args=[duty_of(branch, "monthly_dispatch", "2026-11").pk]) in text
        assert "日期暂定" in text

    def test_what_is_done_folds_away_the_month_first(self, client, branch, secretary):
        for rule, period in (("party_lecture", "2026-Q4"), ("theme_party_day", "2026-11")):
            factories.FulfilmentFactory(duty=duty_of(branch, rule, period), on=date(2026, 11, 20))
        client.force_login(secretary)
        answer = client.get(reverse("portal:home"))
        listed = {line["name"] for group in grouped(answer) for line in group["lines"]}

        assert not {"主题党日", "党课"} & listed
        assert answer.context["month"]["done"] == 1
        assert [line["name"] for line in answer.context["done"]] == ["主题党日", "党课"]
        assert "已办的 2 件" in answer.content.decode()

    @pytest.mark.parametrize(("manner", "word"), [({}, "接着填"), ({"returned": True}, "修改后再报")])
    def test_what_is_begun_is_gone_on_with(self, client, branch, secretary, manner, word):
        begun = factories.MeetingFactory(
            branch=branch, kinds=["theme_party_day"], held_on=date(2026, 11, 20), created_by=secretary, **manner
        )
        other = factories.MeetingFactory(
            branch=branch, kinds=["members_meeting"], held_on=date(2026, 8, 3), created_by=secretary
        )
        client.force_login(secretary)
        answer = client.get(reverse("portal:home"))
        lines = {line["name"]: line for group in grouped(answer) for line in group["lines"]}

        assert lines["主题党日"]["url"] == reverse("meetings:edit", args=[begun.pk])
        assert lines["主题党日"]["action"] == word
        assert lines["主题党日"]["now"]
        assert reverse("meetings:edit", args=[other.pk]) != lines["支部党员大会"]["url"]

    def test_what_is_begun_stands_once(self, client, branch, secretary):
        for kind, manner in (("theme_party_day", {}), ("party_lecture", {"returned": True}), ("members_meeting", {})):
            factories.MeetingFactory(
                branch=branch, kinds=[kind], held_on=date(2026, 11, 20), created_by=secretary, **manner
            )
        client.force_login(secretary)
        answer = client.get(reverse("portal:home"))
        lines = {line["name"]: line["word"] for group in grouped(answer) for line in group["lines"]}

        assert (lines["主题党日"], lines["支部党员大会"]) == ("有草稿", "有草稿")
        assert answer.context["drafts"] == [], "their duties go on with them"
        assert [row["title"] for row in answer.context["returned"]] == ["11 月党课记录"]
        assert "党课" not in lines, "it came back, and stands there"

    def test_what_came_back_of_a_duty_of_the_month_is_told_at_its_line(self, client, branch, secretary):
        factories.MeetingFactory(
            branch=branch, kinds=["theme_party_day"], held_on=date(2026, 11, 20), created_by=secretary, returned=True,
            return_reason="请补记录",
        )  # fmt: skip
        client.force_login(secretary)
        answer = client.get(reverse("portal:home"))
        line = next(each for each in answer.context["groups"][0]["lines"] if each["name"] == "主题党日")

        assert (line["word"], line["why"]) == ("已退回", "请改：请补记录")
        assert answer.context["returned"] == []

    @pytest.mark.parametrize(("today", "is_open"), [("2026-11-22", False), ("2026-12-01", True)])
    def test_what_has_time_is_folded_until_its_month(self, client, branch, secretary, today, is_open):
        with time_machine.travel(f"{today}T10:00:00+08:00", tick=False):
            client.force_login(secretary)
            answer = client.get(reverse("portal:home"))

        assert answer.context["later"]["is_open"] == is_open
        assert f'<details class="folded"{" open" if is_open else ""}>' in answer.content.decode()

    @pytest.mark.parametrize(
        ("typed", "words"),
        [
            ({"topic": "", "minutes": "", "attended_count": 0}, "草稿还是空的，提交后才算已办"),
            ({"topic": "示范岗", "minutes": "", "attended_count": 0}, "草稿里有主题，还没有到会情况、记录，提交后才算已办"),
            ({"topic": "示范岗", "minutes": "一、学习。", "attended_count": 3, "due_count": 3},
             "草稿里有主题、到会情况、记录，提交后才算已办"),
        ],
        ids=["empty", "begun", "whole"],
    )  # fmt: skip
    def test_a_draft_says_what_it_holds_and_that_it_is_not_done(self, client, branch, secretary, typed, words):
        factories.MeetingFactory(
            branch=branch, kinds=["theme_party_day"], held_on=date(2026, 11, 20), created_by=secretary, **typed
        )
        client.force_login(secretary)

        assert words in client.get(reverse("portal:home")).content.decode()

    def test_a_duty_on_the_desk_leads_to_the_page_where_it_is_handed_on(self, client, branch, secretary):
        client.force_login(secretary)
        page = reverse("duties:duty", args=[duty_of(branch, "theme_party_day", "2026-11").pk])

        assert f'href="{page}"' in client.get(reverse("portal:home")).content.decode()

    def test_a_committee_has_its_own_duties_beside_those_below(self, client):
        upper = factories.BranchFactory(kind="committee")
        factories.BranchFactory(parent=upper)
        generate(2026, by=User.objects.system())
        client.force_login(factories.UserFactory(serving=upper, role=Role.COMMITTEE))

        answer = client.get(reverse("portal:home"))
        assert answer.context["own"] == upper
        assert "理论学习中心组学习" in {line["name"] for line in answer.context["own_lines"]}

    def test_what_waits_for_the_staff_stands_on_their_desk(self, client, branch, staff):
        factories.BranchFactory()
        factories.UnlockFactory(duty=duty_of(branch, "ideology_return", "2026-03"))
        client.force_login(staff)
        page = client.get(reverse("portal:home"))
        waiting = {row["url"]: row["words"] for row in page.context["waiting"]}

        assert waiting[reverse("duties:unlocks")] == "1 件"
        assert "2 个党组织，近 " in page.context["tiles"]["urge_note"], "what is overdue stands among the figures"
        assert reverse("reminders:urge") not in waiting
        assert reverse("meetings:review") not in waiting, "nothing waits there"

    def test_who_only_reads_has_nothing_waiting(self, client, branch):
        factories.BranchFactory()
        client.force_login(factories.UserFactory(serving=root(), role=Role.INSPECTOR))

        assert client.get(reverse("portal:home")).context["waiting"] == []


class TestNoLongerOwed:
    """The branch was closed, by a paper that came later, after it had filed its return and asked for leave to make good."""

    @pytest.fixture
    def kept(self, branch, secretary):
        filed = duty_of(branch, "ideology_return", "2026-10")
        meet(
            filed,
            Filing.objects.create(duty=filed, answers={}, filed_on=date(2026, 10, 25), created_by=secretary),
            on=date(2026, 10, 25),
        )
        asked = duty_of(branch, "theme_party_day", "2026-03")
        unlock = Unlock.objects.create(duty=asked, reason="补登", created_by=secretary)
        type(branch).objects.filter(pk=branch.pk).update(closed_on=date(2026, 1, 31))
        generate(2026, by=User.objects.system())
        return filed, unlock

    def test_what_was_filed_is_found_from_the_year_and_says_that_it_does_not_count(self, client, branch, kept, staff):
        filed, _ = kept
        client.force_login(staff)
        year = client.get(reverse("duties:list"), {"branch": branch.pk, "year": 2026}).content.decode()
        page = client.get(reverse("duties:duty", args=[filed.pk]))

        assert f'href="{reverse("duties:duty", args=[filed.pk])}"' in year
        text = page.content.decode()
        assert "不再应办" in text
        assert "填报内容" in text
        assert reverse("duties:filing", args=[filed.pk]) not in text
        assert client.get(reverse("duties:filing", args=[filed.pk])).status_code == 404

    def test_nobody_is_asked_to_decide_what_nobody_owes(self, client, kept, staff):
        _, unlock = kept
        client.force_login(staff)

        assert f'id="u-{unlock.pk}"' not in client.get(reverse("duties:unlocks")).content.decode()
        with pytest.raises(ValidationError, match="不再应办"):
            decide_unlock(unlock, until=TODAY, answer="", by=staff, on=TODAY)
