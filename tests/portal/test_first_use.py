"""What somebody who opens the portal for the first time stopped at: the way is there, and the words say what is so."""

from datetime import date

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from branches.actions import root
from branches.models import Branch
from branches.names import Unknown, named
from branches.rights import Role
from rulebook.models import Decision
from tests.assessment import rounds_of_a_year as year
from tests.factories import (
    AppointmentFactory,
    BranchFactory,
    BulletinFactory,
    MemberFactory,
    ObjectionFactory,
    RoundFactory,
    SchemeFactory,
    SecretaryReviewFactory,
    SelfCheckFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db


def text_of(client, url):
    return client.get(url).content.decode()


class TestSelfCheck:
    """年度考核自查 stands on the home of who has to hand it in, as long as it can be."""

    WORDS = "年度考核自查，待提交"

    @pytest.fixture
    def secretary(self, client):
        branch = BranchFactory(founded_on=date(2020, 1, 1))
        user = UserFactory(serving=branch)
        client.force_login(user)
        return branch

    @time_machine.travel("2025-12-10 10:00+08:00", tick=False)
    def test_it_waits_until_it_is_handed_in(self, client, secretary):
        assert self.WORDS not in text_of(client, "/")
        with time_machine.travel("2025-12-01 10:00+08:00", tick=False):
            year.open_round(year.People())
        assert self.WORDS in text_of(client, "/")

        check = SelfCheckFactory(round=year.Round.objects.get(), branch=secretary, state="draft")
        assert self.WORDS in text_of(client, "/")
        check.delete()
        SelfCheckFactory(round=year.Round.objects.get(), branch=secretary)
        assert self.WORDS not in text_of(client, "/")

    @time_machine.travel("2025-12-21 10:00+08:00", tick=False)
    def test_it_does_not_wait_when_the_day_is_over(self, client, secretary):
        RoundFactory(year=2025, self_check_until=date(2025, 12, 20), judging_until=date(2026, 1, 8))

        assert self.WORDS not in text_of(client, "/")

    @time_machine.travel("2025-12-10 10:00+08:00", tick=False)
    @pytest.mark.parametrize("graded", [True, False], ids=["graded this year", "not graded"])
    def test_a_committee_is_asked_only_where_it_is_graded(self, client, graded):
        committee = BranchFactory(kind="committee", founded_on=date(2020, 1, 1))
        client.force_login(UserFactory(serving=committee, role=Role.COMMITTEE))
        if graded:
            SchemeFactory(year=2025, kind="committee")
        with time_machine.travel("2025-12-01 10:00+08:00", tick=False):
            year.open_round(year.People())

        assert (self.WORDS in text_of(client, "/")) is graded


def test_the_round_begins_with_the_days_of_the_year_before(client):
    RoundFactory(
        year=2024, opened_on=date(2024, 12, 1), self_check_until=date(2024, 12, 20), judging_until=date(2025, 1, 8)
    )
    client.force_login(UserFactory(serving=root(), role=Role.STAFF))

    with time_machine.travel("2025-12-01 10:00+08:00", tick=False):
        early = text_of(client, reverse("assessment:round_open"))
    with time_machine.travel("2025-12-30 10:00+08:00", tick=False):
        late = text_of(client, reverse("assessment:round_open"))

    assert 'value="2025-12-20"' in early
    assert 'value="2026-01-08"' in early
    assert "2025-12-20" not in late, "a day that is over is no proposal"


def test_the_list_of_rounds_leads_to_objections_without_an_answer(client):
    running = RoundFactory(year=2025)
    ObjectionFactory(round=running)
    client.force_login(UserFactory(serving=root(), role=Role.STAFF))

    text = text_of(client, reverse("assessment:rounds"))

    assert f'{reverse("assessment:objections", args=[2025])}?state=waiting">异议 1 条等答复' in text


@time_machine.travel("2025-11-03 10:00+08:00", tick=False)
def test_a_bulletin_that_is_begun_is_opened_again(client):
    begun = BulletinFactory(kind="month", opens_on=date(2025, 10, 1), ends_on=date(2025, 10, 31))
    client.force_login(UserFactory(serving=root(), role=Role.STAFF))

    assert text_of(client, reverse("reminders:bulletins")).count("　已起草") == 1
    answer = client.post(reverse("reminders:bulletin_add"), {"period": "month/2025-10-01"})

    assert answer.headers["Location"] == begun.get_absolute_url()


class TestSettings:
    @pytest.fixture(autouse=True)
    def _admin(self, client):
        client.force_login(UserFactory(serving=root(), role=Role.ADMIN))

    def test_a_decision_is_tried_before_its_paper_is_there_and_not_taken_without(self, client):
        url, body = reverse("portal:decision", args=["rectify.days"]), {"part": "45", "source": "", "then": "0"}
        body["from_on"] = str(timezone.localdate())

        tried = client.post(url, {**body, "act": "try"}).content.decode()

        assert "还没有保存" in tried
        assert "选填" not in tried[tried.index('id="f-source"') : tried.index('id="f-reason"')]
        assert "请填" in client.post(url, body).content.decode()
        assert not Decision.objects.exists()

    def test_a_handover_is_named_and_the_secretary_comes_first(self, client):
        branch = BranchFactory()
        posts = [AppointmentFactory(branch=branch, role=role) for role in (Role.EDITOR, Role.SECRETARY)]

        text = text_of(client, reverse("portal:posts") + f"?q={branch.name}")

        editor, secretary = (text.index(f'{reverse("portal:handover", args=[post.pk])}">办交接') for post in posts)
        assert secretary < editor

    def test_a_post_is_handed_over_from_the_account_too(self, client):
        post = AppointmentFactory(role=Role.SECRETARY)

        text = text_of(client, reverse("portal:account", args=[post.user_id]))

        assert f'{reverse("portal:handover", args=[post.pk])}">办交接' in text

    def test_after_the_password_one_comes_back_to_the_handover_with_its_paper(self, client):
        post = AppointmentFactory(role=Role.SECRETARY)
        url = reverse("portal:handover", args=[post.pk])

        shown = client.post(
            url, {"name": "赵敏", "username": "zhaomin", "handed_on": str(timezone.localdate())}
        ).content.decode()

        assert "密码只显示这一次" in shown
        assert f'href="{url}">已交给本人' in shown
        assert reverse("portal:handover_word", args=[post.pk]) in text_of(client, url)

    @pytest.mark.parametrize("route", ["portal:handover", "portal:branch_posts"])
    def test_who_follows_is_chosen_from_the_members_there(self, client, route):
        post = AppointmentFactory(role=Role.SECRETARY)
        here, elsewhere = MemberFactory(branch=post.branch), MemberFactory(branch=BranchFactory())

        text = text_of(client, reverse(route, args=[post.pk if route == "portal:handover" else post.branch_id]))

        assert f'<option value="{here.name}"></option>' in text
        assert f'<option value="{elsewhere.name}"></option>' not in text


def test_a_refused_form_says_that_its_file_is_to_be_chosen_again(client):
    client.force_login(UserFactory(serving=root(), role=Role.STAFF))
    url = reverse("datacalls:add")

    typed = client.post(url, {"title": "一张表"}).content.decode()
    sent = client.post(url, {"title": "一张表", "upload": SimpleUploadedFile("表.xlsx", b"x")}).content.decode()

    assert "填写的内容都还在</b>" in typed
    assert "填写的内容都还在，文件请重新选</b>" in sent


class TestShortNames:
    """Offices say 下坝初中 where the seal says 中共下坝乡初级中学支部委员会."""

    @pytest.mark.parametrize("word", ["下坝初中", "下坝乡初级", "坝初支部"])
    def test_one_finds_by_them(self, word):
        meant = BranchFactory(name="中共下坝乡初级中学支部委员会")
        BranchFactory(name="中共下坝乡中心小学支部委员会")

        assert list(named(Branch.objects.all(), word)) == [meant]

    @pytest.mark.parametrize(("word", "count"), [("中心小学", 1), ("下(坝", 0), ("小下坝", 0), ("下学", 0)])
    def test_a_name_word_for_word_comes_alone_and_what_is_not_said_so_is_not_found(self, word, count):
        BranchFactory(name="中共下坝乡中心小学支部委员会")
        BranchFactory(name="中共下坝乡中村心连小学支部委员会")

        assert named(Branch.objects.all(), word).count() == count

    @pytest.mark.parametrize(
        ("word", "words"),
        [
            ("下坝初中党支部", "是不是“中共下坝乡初级中学支部委员会”？请改成全称"),
            ("下坝乡初级中学", "是不是“中共下坝乡初级中学支部委员会”？请改成全称"),
            ("下坝支部", "是不是“中共下坝乡初级中学支部委员会”或“中共下坝乡中心小学支部委员会”？请改成全称"),
            ("支部委员会", "请与党组织基本情况表核对名称"),
            ("上坝初中", "请与党组织基本情况表核对名称"),
            ("坝", "请与党组织基本情况表核对名称"),
        ],
    )
    def test_an_import_names_the_full_one(self, word, words):
        unknown = Unknown(f"中共{name}支部委员会" for name in ("下坝乡初级中学", "下坝乡中心小学", "清泉乡小学"))

        assert unknown(word) == f"党组织不存在：系统中没有“{word}”，{words}"


def test_who_has_an_account_but_no_class_is_told_so_and_not_sent_for_a_link(client):
    client.force_login(MemberFactory(user=UserFactory()).user)

    text = client.get(reverse("training:scan")).content.decode()

    assert "您现在没有要签到的班" in text
    assert "签到链接" not in text
    assert "请先打开您的签到链接" in Client().get(reverse("training:scan")).content.decode()


@pytest.mark.parametrize(("role", "leads"), [(Role.EDITOR, False), (Role.SECRETARY, True)])
def test_the_way_back_from_the_schemes_is_open_to_who_reads_them(client, role, leads):
    client.force_login(UserFactory(serving=BranchFactory(), role=role))

    assert (f'href="{reverse("assessment:list")}"' in text_of(client, reverse("assessment:schemes"))) is leads


@pytest.mark.parametrize(("state", "words"), [("draft", "述职报告，待提交"), ("returned", "述职报告，发回重写")])
def test_a_report_that_came_back_is_told_as_such(client, state, words):
    review = SecretaryReviewFactory(state=state)
    client.force_login(UserFactory(serving=review.branch))

    text = text_of(client, "/")

    assert [each for each in ("述职报告，待提交", "述职报告，发回重写") if each in text] == [words]
