"""The pages of elections and of the organisation: lists and their workbook, the file, what is shown before it is done."""

import io
from datetime import date, timedelta

import pytest
import time_machine
from django.urls import reverse
from docx import Document
from openpyxl import load_workbook

from branches.actions import root
from branches.models import Branch, Succession
from branches.rights import Role
from members import terms
from members.models import Election, ElectionStep, Nominee, Post
from tests import factories
from tests.members.test_election_file import PAPERS, Field

pytestmark = [pytest.mark.django_db]
TODAY = date(2025, 11, 20)


@pytest.fixture(autouse=True)
def still():
    with time_machine.travel("2025-11-20T10:00+08:00", tick=False):
        yield


@pytest.fixture
def staff(client):
    user = factories.UserFactory(serving=root(), role=Role.STAFF)
    client.force_login(user)
    return user


def term(days, **fields):
    branch = factories.BranchFactory()
    expires_on = TODAY + timedelta(days=days)
    return factories.TermFactory(branch=branch, started_on=date(2022, 3, 1), expires_on=expires_on, **fields)


class TestTerms:
    def shown(self, client, **query):
        return [row["branch"] for row in client.get(reverse("members:terms"), query).context["rows"]]

    def test_the_soonest_stands_first_and_each_state_has_its_filter(self, client, staff):
        far, near, over = term(300), term(25), term(-10)
        unknown = factories.BranchFactory()

        assert self.shown(client) == [over.branch, near.branch, far.branch, unknown]
        assert self.shown(client, state="overdue") == [over.branch]
        assert self.shown(client, state="30") == [near.branch]
        assert self.shown(client, state="unknown") == [unknown]

    @pytest.mark.parametrize(
        ("days", "words"),
        [(180, "180 天内"), (181, None), (90, "90 天内"), (91, "180 天内"), (30, "30 天内"), (0, "30 天内"), (-1, "逾期 1 天")],
    )  # fmt: skip
    def test_a_notice_begins_on_its_day(self, days, words):
        found = terms.level(TODAY + timedelta(days=days), TODAY, terms.notice_days(TODAY))

        assert (found[1].removesuffix("届满") if found else None) == words

    def test_an_empty_seat_is_listed_with_its_days(self, client, staff):
        row = term(300, committee_size=1)
        member = factories.MemberFactory(branch=row.branch)
        factories.PostFactory(term=row, member=member, ended_on=TODAY - timedelta(days=30))
        term(200, secretary_name="周明")

        assert self.shown(client, state="vacant") == [row.branch]
        (found,) = client.get(reverse("members:terms"), {"state": "vacant"}).context["rows"]
        assert (found["vacancy"].words, found["vacant_days"]) == ("书记空缺、委员空缺 1 名", 30)

    def test_the_workbook_is_the_list_as_filtered(self, client, staff):
        over = term(-10)
        term(300)
        name = over.branch.name = "=甲党支部"
        over.branch.save()

        answer = client.get(reverse("members:terms_export"), {"state": "overdue"})

        rows = list(load_workbook(io.BytesIO(answer.content)).active.iter_rows(values_only=True))
        assert rows[2][0] == "范围：到期：已逾期"
        assert list(rows[3]) == terms.HEADERS
        assert rows[4][1] == name
        assert rows[4][5:7] == (-10, "逾期 10 天")
        assert [row[0] for row in rows[4:]] == [1, rows[5][0]]

    def test_pages_cost_the_same_at_any_length(self, client, staff, count_queries):
        urls = [reverse(f"members:{name}") for name in ("terms", "elections", "structure")]

        def one():
            row = term(25)
            factories.NomineeFactory(election=factories.ElectionFactory(branch=row.branch))
            factories.PostFactory(term=row, member=factories.MemberFactory(branch=row.branch))
            factories.SuccessionFactory(old=row.branch)

        one()
        before = [count_queries(url) for url in urls]
        for _ in range(5):
            one()
        assert [count_queries(url) for url in urls] == before


class TestFile:
    def test_from_the_first_step_to_the_term(self, client):
        field = Field()
        client.force_login(field.secretary)
        answer = client.post(
            reverse("members:election_add"), {"kind": "general", "seats": "3", "planned_on": "2025-06-20"}
        )
        election = Election.objects.get()
        assert answer.url == election.get_absolute_url()

        def step(key, day, by):
            client.force_login(by)
            above = key in ("notice", "reply", "candidate_reply")
            url = reverse(f"members:election_{'answer' if above else 'step'}", args=[election.pk, key])
            return client.post(url, {"done_on": day.isoformat(), "number": "云教工〔2025〕5号"})

        for key, day in PAPERS.items():
            assert (
                step(
                    key, day, field.staff if key in ("notice", "reply", "candidate_reply") else field.secretary
                ).status_code
                == 302
            )
        client.force_login(field.secretary)
        offices = ["secretary", "organisation", "publicity", "committee"]
        for member, office in zip(field.team[3:], offices, strict=False):
            answer = client.post(
                reverse("members:election_nominate", args=[election.pk]), {"member": member.pk, "office": office}
            )
            assert answer.status_code == 302
        election.refresh_from_db()
        ballot = {
            "version": election.version,
            "held_on": "2025-06-20",
            "attended": "10",
            "issued": "10",
            "returned": "10",
            "valid": "10",
        }
        for nominee, votes in zip(Nominee.objects.order_by("pk"), (10, 9, 8, 2), strict=True):
            ballot |= {f"votes_{nominee.pk}": votes, f"office_{nominee.pk}": nominee.office}
        url = reverse("members:election_result", args=[election.pk])
        refused = client.post(url, ballot | {"attended": "7"})
        assert "须到会 8 人以上" in refused.text
        assert 'value="7"' in refused.text, "what was typed stands there still"
        assert client.post(url, ballot).status_code == 302
        stale = client.post(url, ballot)
        assert "刚被别人改过" in stale.text
        step("first_committee", date(2025, 6, 20), field.secretary)
        step("result_report", date(2025, 6, 23), field.secretary)
        client.force_login(field.staff)
        finish = reverse("members:election_finish", args=[election.pk])
        client.post(finish, {"replied_on": "2025-06-30", "number": "云教工复〔2025〕9号"})

        election.refresh_from_db()
        assert election.state == "done"
        page = client.get(election.get_absolute_url()).text
        assert "书记账号仍是" in page
        assert "2028-06-20" in page
        assert Post.objects.filter(term=election.term).count() == 3

    def test_votes_are_not_for_the_inspector(self, client):
        election = factories.ElectionFactory(held_on=date(2025, 6, 20), due_count=10, attended_count=10)
        member = factories.MemberFactory(branch=election.branch)
        factories.NomineeFactory(election=election, member=member, votes=8791, is_elected=True)
        for role, sees in ((Role.STAFF, True), (Role.INSPECTOR, False)):
            client.force_login(factories.UserFactory(serving=root(), role=role))
            page = client.get(election.get_absolute_url()).text
            assert ("8791" in page, member.name in page) == (sees, True)

    def test_the_drafts_are_filled_and_signed_by_hand(self, client):
        field = Field()
        client.force_login(field.secretary)
        election = factories.ElectionFactory(branch=field.branch)
        factories.NomineeFactory(election=election, member=field.team[3])
        for which, words in (
            ("request", "现有党员 10 名，其中正式党员 10 名"), ("candidates", "候选人预备人选 1 名"), ("result", "以无记名投票方式"),
        ):  # fmt: skip
            answer = client.get(reverse(f"members:paper_{which}", args=[election.pk]))
            document = Document(io.BytesIO(answer.content))
            assert words in "".join(paragraph.text for paragraph in document.paragraphs)

    def test_the_superior_answers_with_a_post_above(self, client):
        upper = factories.BranchFactory(committee=True)
        election = factories.ElectionFactory(branch=upper)
        client.force_login(factories.UserFactory(serving=upper, role=Role.COMMITTEE))

        assert client.get(reverse("members:election_answer", args=[election.pk, "notice"])).status_code == 403
        assert client.get(reverse("members:election_step", args=[election.pk, "notice"])).status_code == 404
        assert client.get(reverse("members:election_step", args=[election.pk, "request"])).status_code == 200

    def test_a_candidate_is_taken_off_the_list_before_the_ballot_only(self, client, staff):
        first, second = (
            factories.NomineeFactory(election=factories.ElectionFactory(held_on=held_on))
            for held_on in (None, date(2025, 6, 20))
        )
        for nominee in (first, second):
            client.post(reverse("members:nominee_remove", args=[nominee.pk]))
        assert list(Nominee.objects.all()) == [second]

    def test_a_wrong_day_is_put_right_in_place(self, client, staff):
        election = factories.ElectionFactory()
        url = reverse("members:election_step", args=[election.pk, "request"])
        for day in ("2025-05-01", "2025-05-02"):
            client.post(url, {"done_on": day, "number": ""})
        assert ElectionStep.objects.get().done_on == date(2025, 5, 2)
        assert "不能晚于今天" in client.post(url, {"done_on": "2025-11-21", "number": ""}).text


class TestStructure:
    def pair(self):
        found = [factories.BranchFactory() for _ in "ab"]
        for branch in found:
            factories.MemberFactory.create_batch(3, branch=branch)
        return found

    def test_a_merger_is_shown_before_it_is_done(self, client, staff):
        one, two = self.pair()
        asked = {
            "old_1": one.pk, "old_2": two.pk, "name": "中共云岭联合支部委员会", "kind": "joint", "parent": root().pk,
            "since": "2025-07-01", "number": "云教工发〔2025〕12号",
        }  # fmt: skip
        url = reverse("members:merge")

        preview = client.post(url, asked)

        assert "还没有办理" in preview.text
        assert preview.context["count"] == 6
        assert not Succession.objects.exists()
        seen = preview.context["outcome"].digest
        back = client.post(url, asked | {"back": "1", "seen": seen})
        assert "中共云岭联合支部委员会" in back.text
        done = client.post(url, asked | {"confirm": "1", "seen": seen})
        new = Branch.objects.get(name="中共云岭联合支部委员会")
        assert done.url == new.get_absolute_url()
        before, after = (
            client.get(reverse("members:structure"), {"on": day}).context for day in ("2025-06-30", "2025-07-01")
        )
        names = lambda context: {row["place"].name: row["whole"].full for row in context["rows"] if row["place"].parent}  # noqa: E731
        assert names(before) == {one.name: 3, two.name: 3}
        assert names(after) == {new.name: 6}
        assert before["full"] == after["full"] == 6

    def test_a_split_sends_each_to_the_part_chosen(self, client, staff):
        old = factories.BranchFactory()
        team = factories.MemberFactory.create_batch(6, branch=old)
        asked = {
            "since": "2025-07-01",
            "number": "x",
            "keeps": "on",
            "name_1": "中共云岭第九支部委员会",
            "kind_1": "branch",
        }
        asked |= {f"to_{member.pk}": "1" for member in team[:3]}
        url = reverse("members:split", args=[old.pk])
        seen = client.post(url, asked).context["outcome"].digest
        client.post(url, asked | {"confirm": "1", "seen": seen})

        new = Branch.objects.get(name="中共云岭第九支部委员会")
        assert new.memberships.count() == 3
        assert old.memberships.filter(ended_on=None).count() == 3
        again = client.post(url, asked | {"name_1": "中共另一支部委员会"})
        assert "还没有党员分到这里" in again.text, "those three are in another branch now"

    def test_a_move_is_shown_before_it_is_done(self, client, staff):
        branch, upper = factories.BranchFactory(), factories.BranchFactory(committee=True)
        url = reverse("members:move", args=[branch.pk])
        asked = {"parent": upper.pk, "since": "2025-07-01", "number": "x"}

        assert "还没有办理" in client.post(url, asked).text
        branch.refresh_from_db()
        assert branch.parent_id == root().pk
        client.post(url, asked | {"confirm": "1"})
        branch.refresh_from_db()
        assert branch.path == f"{upper.path}{branch.pk}/"
