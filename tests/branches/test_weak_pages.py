"""整顿 on the page: who sees what, the whole road by forms, clues, the ledger and the paper."""

import io
from datetime import date

import pytest
import time_machine
from django.urls import reverse
from docx import Document
from openpyxl import load_workbook

from branches import weak_cases, weak_sheet
from branches.actions import root
from branches.models import CatalogueEntry, WeakCase
from branches.rights import Role
from tests.branches.test_weak_cases import Field
from tests.factories import (
    BranchFactory,
    MassPollFactory,
    MeetingFactory,
    MemberFactory,
    TermFactory,
    UserFactory,
    WeakCaseFactory,
    WeakCheckFactory,
    WeakMeasureFactory,
    WeakProgressFactory,
    WeakStepFactory,
)

pytestmark = pytest.mark.django_db
State = WeakCase.State


@pytest.fixture
def still():
    with time_machine.travel("2025-11-20T10:00+08:00", tick=False):
        yield


def page(client, name, *args, **query):
    answer = client.get(reverse(f"branches:{name}", args=args), query)
    assert answer.status_code == 200
    return answer


class TestWhoSees:
    @pytest.mark.parametrize(
        ("role", "place", "sees"),
        [
            (Role.ADMIN, "root", True), (Role.STAFF, "root", True), (Role.LEADER, "root", True),
            (Role.COMMITTEE, "upper", True), (Role.SECRETARY, "branch", True), (Role.EDITOR, "branch", False),
            (Role.INSPECTOR, "root", False), (Role.DISCIPLINE, "root", False), (Role.SECRETARY, "beside", False),
            (Role.COMMITTEE, "other", False),
        ],
    )  # fmt: skip
    def test_the_organisation_its_superiors_and_nobody_else(self, client, still, role, place, sees):
        upper = BranchFactory(committee=True)
        branch = BranchFactory(parent=upper)
        places = {
            "root": root(), "upper": upper, "branch": branch, "beside": BranchFactory(parent=upper),
            "other": BranchFactory(committee=True),
        }  # fmt: skip
        case = WeakCaseFactory(branch=branch, rectifying=True)
        client.force_login(UserFactory(serving=places[place], role=role))

        assert (client.get(case.get_absolute_url()).status_code == 200) == sees
        answer = client.get(reverse("branches:weak_cases"))
        assert (answer.status_code == 200 and branch.name in answer.content.decode()) == sees

    def test_the_label_is_in_no_menu_title_or_address(self, client, still):
        case = WeakCaseFactory(branch=BranchFactory(), rectifying=True)
        client.force_login(UserFactory(serving=case.branch))

        for url in (reverse("branches:weak_cases"), case.get_absolute_url(), reverse("portal:home")):
            text = client.get(url).content.decode()
            assert "软弱涣散" not in text.split("<main")[0]


class TestTheRoadByForms:
    def send(self, client, by, case, act, **data):
        client.force_login(by)
        verb = weak_cases.verb_of(act, case.state)
        name = f"weak_{act}" if act in ("accept", "report") else verb.replace(".", "_")
        args = [case.pk] if act in ("accept", "report") else [case.pk, act]
        answer = client.post(reverse(f"branches:{name}", args=args), data)
        assert answer.status_code == 302, answer.context["form"].errors
        case.refresh_from_db()
        return case

    def test_from_the_clue_to_the_paper(self, client):
        field = Field()
        client.force_login(field.staff)
        reasons = [entry.pk for entry in field.reasons]

        def on(day):
            return time_machine.travel(f"2025-{day}T10:00+08:00", tick=False)

        with on("03-03"):
            url = f"{reverse('branches:weak_add')}?branch={field.branch.pk}"
            client.post(url, {"reasons": reasons, "grounds": "书记空缺五个月"})
            case = WeakCase.objects.get()
        with on("03-10"):
            self.send(client, field.secretary, case, "self_assess", words="情况属实")
        with on("03-20"):
            self.send(client, field.committee, case, "review", asked="20", agreed="15", words="")
        with on("03-24"):
            self.send(client, field.staff, case, "publicise", first="2025-03-24", last="2025-03-28")
        with on("04-01"):
            self.send(client, field.leader, case, "list", number="云教党〔2025〕9号", listed_on="2025-04-01")
            self.send(client, field.secretary, case, "file_plan", plan="补选书记", due_on="2025-10-31")
        with on("04-10"):
            client.force_login(field.staff)
            for entry in weak_cases.slots(2025):
                data = {"entry": entry.pk, "who": "赵国栋", "position": "工委委员", "started_on": "2025-04-10"}
                assert client.post(reverse("branches:weak_measure", args=[case.pk]), data).status_code == 302
            self.send(client, field.committee, case, "begin")
        for month in (4, 5, 6):
            with on(f"{month:02}-28"):
                row = {"month": f"2025-{month:02}-01", "done": "选出书记", "settled": "1", "left": "1", "next": ""}
                self.send(client, field.secretary, case, "report", **row)
        with on("07-02"):
            self.send(client, field.secretary, case, "apply", words="书记到位")
        with on("07-08"):
            checks = {f"settled-{pk}": "settled" for pk in reasons} | {f"words-{pk}": "书记到位" for pk in reasons}
            self.send(client, field.committee, case, "accept", **checks)
        with on("07-15"):
            self.send(client, field.leader, case, "close", number="云教党〔2025〕30号", closed_on="2025-07-15")
            answer = client.get(reverse("branches:weak_paper", args=[case.pk]))

        assert case.state == State.CLOSED
        words = "\n".join(paragraph.text for paragraph in Document(io.BytesIO(answer.content)).paragraphs)
        assert "整顿销号的通知" in words
        assert "云教党〔2025〕30号" in words
        assert "按月报告进展 3 次" in words

    def test_the_page_offers_only_what_may_succeed(self, client, still):
        field = Field().until(State.ACCEPTED)

        def offered(user):
            client.force_login(user)
            context = page(client, "weak_case", field.case.pk).context
            return [act["label"] for act in (*context["acts"], *context["aside"])], context["hints"]

        assert offered(field.secretary) == ([], [])
        assert offered(field.committee) == ([], [])
        assert offered(field.leader) == (["审定销号", "退回整顿", "延长整顿"], [])
        field.case.accepted_by = field.leader
        field.case.save()
        assert offered(field.leader)[1] == ["验收的人不能自己审定销号，请由另一位同志审定。"]

    def test_an_act_that_cannot_be_leads_back_with_the_reason(self, client, still):
        case = WeakCaseFactory(rectifying=True)
        client.force_login(UserFactory(serving=case.branch))

        answer = client.get(reverse("branches:weak_do", args=[case.pk, "apply"]), follow=True)

        assert "申请销号前至少报 3 次整顿月报，现有 0 次。" in answer.content.decode()
        assert client.get(reverse("branches:weak_do", args=[case.pk, "list"])).status_code == 404

    def test_who_comes_second_keeps_what_was_typed_and_sees_the_other(self, client, still):
        case = WeakCaseFactory(rectifying=True)
        client.force_login(UserFactory(serving=case.branch))
        url = reverse("branches:weak_report", args=[case.pk])
        row = {"month": "2025-11-01", "done": "选出书记", "settled": "1", "left": "1", "next": ""}
        client.post(url, row)

        answer = client.post(f"{url}?month=2025-11-01", row | {"done": "补齐支委"})
        assert [each["now"] for each in answer.context["stale"]["rows"]] == ["选出书记"]
        assert answer.context["form"]["done"].value() == "补齐支委"
        client.post(
            f"{url}?month=2025-11-01", row | {"done": "补齐支委", "version": answer.context["form"]["version"].value()}
        )
        assert case.progress.get().done == "补齐支委"

    def test_a_plan_is_mended_after_somebody_else(self, client, still):
        field = Field().until(State.PLAN_FILED)
        client.force_login(field.secretary)
        url = reverse("branches:weak_do", args=[field.case.pk, "file_plan"])
        data = {"plan": "补选书记，建好支委", "due_on": "2025-12-31", "version": field.case.version - 1}

        answer = client.post(url, data)
        assert [each["label"] for each in answer.context["stale"]["rows"]] == ["整顿方案", "整顿期限"]
        assert client.post(url, data | {"version": answer.context["form"]["version"].value()}).status_code == 302
        field.case.refresh_from_db()
        assert field.case.plan == "补选书记，建好支委"

    def test_months_are_tiles_in_shape_and_word(self, client, still):
        case = WeakCaseFactory(rectifying=True, rectifying_since=date(2025, 7, 15))
        for month, day in ((7, date(2025, 8, 4)), (8, date(2025, 9, 20))):
            WeakProgressFactory(case=case, month=date(2025, month, 1), reported_on=day)
        client.force_login(UserFactory(serving=case.branch))

        months = page(client, "weak_case", case.pk).context["months"]

        assert [(row["month"].month, row["state"], row["word"]) for row in months] == [
            (7, "done", "已报"), (8, "late", "迟报"), (9, "miss", "缺报"), (10, "miss", "缺报"), (11, "wait", "未到期"),
        ]  # fmt: skip
        assert page(client, "weak_cases").context["rows"][0]["missing"] == 2
        form = page(client, "weak_report", case.pk).context["form"]
        assert form.initial["month"] == "2025-09-01", "the oldest that is missing"


class TestClues:
    def signs(self, client, branch):
        rows = dict(page(client, "weak_clues").context["page"].object_list)
        return {sign.key: sign for sign in rows.get(branch, ())}

    def test_each_sign_comes_from_its_records_and_goes_with_them(self, client, still):
        client.force_login(UserFactory(serving=root(), role=Role.STAFF))
        bad, good = BranchFactory(), BranchFactory()
        TermFactory(branch=bad, started_on=date(2022, 6, 1), expires_on=date(2025, 6, 1), secretary_name="")
        TermFactory(branch=good, started_on=date(2024, 6, 1), expires_on=date(2027, 6, 1), secretary_name="周明")
        for branch, day in ((bad, date(2025, 3, 1)), (good, date(2025, 11, 1))):
            MeetingFactory(branch=branch, submitted=True, held_on=day, kinds=("theme_party_day", "members_meeting"))
        for branch, satisfied in ((bad, 10), (good, 45)):
            MassPollFactory(
                branch=branch, year=2025, issued=50, returned=50, satisfied=satisfied, fairly=0, dissatisfied=50 - satisfied,
                unsure=0,
            )  # fmt: skip
        MemberFactory.create_batch(3, branch=good)

        found = self.signs(client, bad)

        assert found.keys() == {"vacant", "term", "meeting", "party_day", "members", "poll"}
        assert found["party_day"].words == "主题党日上次 2025-03-01"
        assert found["poll"].url == f"{reverse('members:polls')}?branch={bad.pk}&year=2025"
        assert self.signs(client, good) == {}
        silent = BranchFactory()
        assert self.signs(client, silent)["party_day"].words == "主题党日没有记录"
        young = BranchFactory(founded_on=date(2025, 10, 1))
        assert "party_day" not in self.signs(client, young)
        for branch in (silent, young):
            MemberFactory.create_batch(3, branch=branch)
        assert [row for row, _ in page(client, "weak_clues").context["page"].object_list] == [bad, silent]

    def test_it_stands_there_to_begin_with_and_nothing_is_made_of_it_unasked(self, client, still):
        client.force_login(UserFactory(serving=root(), role=Role.STAFF))
        branch = BranchFactory()
        TermFactory(branch=branch, started_on=date(2022, 6, 1), expires_on=date(2025, 6, 1), secretary_name="")

        initial = page(client, "weak_add", branch=branch.pk).context["form"].initial

        labels = set(CatalogueEntry.objects.filter(pk__in=initial["reasons"]).values_list("label", flat=True))
        assert {"班子配备不齐，书记长期空缺", "长期不按期换届"} <= labels
        assert "任期 2025-06-01 届满" in initial["grounds"]
        assert not WeakCase.objects.exists()

    def test_a_relapse_begins_with_the_reasons_of_last_time(self, client, still):
        client.force_login(UserFactory(serving=root(), role=Role.STAFF))
        reason = CatalogueEntry.objects.get(label="班子不团结")
        case = WeakCaseFactory(closed=True, reasons=[reason])
        MemberFactory.create_batch(3, branch=case.branch)

        answer = page(client, "weak_add", branch=case.branch.pk)

        assert reason.pk in answer.context["form"].initial["reasons"]
        assert "至今 2 个月" in answer.content.decode()

    def test_who_is_under_way_and_the_own_organisation_are_left_out(self, client, still):
        upper = BranchFactory(committee=True)
        branch, busy = BranchFactory(parent=upper), BranchFactory(parent=upper)
        for each in (upper, branch, busy):
            TermFactory(branch=each, started_on=date(2022, 6, 1), expires_on=date(2025, 6, 1), secretary_name="")
        WeakCaseFactory(branch=busy)
        client.force_login(UserFactory(serving=upper, role=Role.COMMITTEE))

        assert [row for row, _ in page(client, "weak_clues").context["page"].object_list] == [branch]


class TestLedger:
    def test_the_workbook_is_the_list_as_filtered(self, client, still):
        client.force_login(UserFactory(serving=root(), role=Role.STAFF))
        branch = BranchFactory(name="=甲党支部")
        case = WeakCaseFactory(closed=True, branch=branch)
        slot = weak_cases.slots(2025)[0]
        WeakMeasureFactory(case=case, entry=slot, position="工委委员", ended_on=date(2025, 9, 20))
        WeakProgressFactory(case=case, settled=2, left=1)
        WeakCheckFactory(case=case, entry=case.reasons.get())
        WeakCaseFactory(rectifying=True)

        answer = client.get(reverse("branches:weak_export"), {"state": "closed"})

        rows = list(load_workbook(io.BytesIO(answer.content)).active.iter_rows(values_only=True))
        head = next(row for row in rows if row[0] == "序号")
        assert list(head) == [*weak_sheet.BEFORE, *(str(entry) for entry in weak_cases.slots(2025)), *weak_sheet.AFTER]
        (line,) = rows[rows.index(head) + 1 :]
        shown = dict(zip(head, line, strict=True))
        assert shown["党组织"] == "=甲党支部"
        assert shown[str(slot)] == "赵国栋 工委委员（2025-04-12 至 2025-09-20）"
        assert shown["进度"] == "已报 1 个月；2025-05：已解决 2 个，未解决 1 个"
        assert shown["验收"] == "2025-09-10 1 种情形全部解决"
        assert (shown["销号文号"], shown["状态"]) == ("云教党〔2025〕30号", "已销号")

    def test_who_may_not_see_takes_nothing_along(self, client, still):
        WeakCaseFactory(rectifying=True)
        client.force_login(UserFactory(serving=root(), role=Role.INSPECTOR))

        answer = client.get(reverse("branches:weak_export"))

        rows = list(load_workbook(io.BytesIO(answer.content)).active.iter_rows(values_only=True))
        assert rows[-1][0] == "序号"

    def test_a_year_holds_what_ran_in_it(self, client, still):
        client.force_login(UserFactory(serving=root(), role=Role.STAFF))
        closed = WeakCaseFactory(closed=True)
        open_one = WeakCaseFactory(suspected_on=date(2024, 5, 1))
        WeakCaseFactory(suspected_on=date(2024, 5, 1), state="cleared", cleared_why="空缺已补")

        shown = {row["case"] for row in page(client, "weak_cases", year=2025).context["rows"]}

        assert shown == {closed, open_one}


def test_pages_cost_the_same_at_any_length(client, still, count_queries):
    client.force_login(UserFactory(serving=root(), role=Role.ADMIN))
    whole = WeakCaseFactory(closed=True)

    def one(number, case):
        other = WeakCaseFactory(rectifying=True)
        for each in (other, case):
            WeakProgressFactory(case=each, month=date(2024, number, 1))
            WeakStepFactory(case=each)
            WeakMeasureFactory(case=each, ended_on=date(2025, 5, 1))
            WeakCheckFactory(case=each)
        TermFactory(branch=BranchFactory(), started_on=date(2022, 6, 1), expires_on=date(2025, 6, 1), secretary_name="")

    urls = [reverse(f"branches:weak_{name}") for name in ("cases", "clues", "export", "add")] + [
        whole.get_absolute_url()
    ]
    one(1, whole)
    for url in urls:
        count_queries(url)
    before = [count_queries(url) for url in urls]
    for number in range(2, 8):
        one(number, whole)

    assert [count_queries(url) for url in urls] == before
