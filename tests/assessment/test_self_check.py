"""What a branch says of its own year: until the day, kept as a draft, handed in for good, returned with a reason."""

from datetime import date

import pytest
import time_machine
from django.core.exceptions import PermissionDenied, ValidationError

from accounts.models import Stale
from assessment import objections
from assessment.models import Objection, Round, SelfCheck
from branches.rights import Role
from tests.assessment import rounds_of_a_year as year
from tests.assessment.rounds_of_a_year import CHECKED, OPENED, YEAR
from tests.factories import BranchFactory, UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.time_machine(OPENED)]
DURING, LATE = date(2025, 12, 10), date(2025, 12, 21)


@pytest.fixture
def branch(people):
    branch = BranchFactory(founded_on=date(2020, 1, 1))
    year.open_round(people)
    return branch


@pytest.fixture
def secretary(branch):
    return UserFactory(name="张文秀", serving=branch)


def save(branch, by, words="查过了。", *, submits=False, version=None, on=DURING):
    return objections.save_self_check(YEAR, branch, words=words, submits=submits, version=version, by=by, on=on)


def test_a_draft_is_corrected_until_it_is_handed_in(branch, secretary):
    save(branch, secretary)
    save(branch, secretary, "改过了。", version=1)
    save(branch, secretary, "定稿。", submits=True, version=2)

    check = SelfCheck.objects.get()
    assert (check.words, check.state, check.submitted_by) == ("定稿。", "submitted", secretary)
    with pytest.raises(ValidationError, match="自查已经提交"):
        save(branch, secretary, "再改。", version=3)


@pytest.mark.parametrize(("on", "is_allowed"), [(CHECKED, True), (LATE, False)], ids=["on the last day", "a day late"])
def test_to_the_day(branch, secretary, on, is_allowed):
    if is_allowed:
        save(branch, secretary, submits=True, on=on)
    else:
        with pytest.raises(ValidationError, match="自查到 2025-12-20 截止"):
            save(branch, secretary, submits=True, on=on)
    assert SelfCheck.objects.exists() is is_allowed


def test_nothing_said_is_not_handed_in(branch, secretary):
    with pytest.raises(ValidationError) as refusal:
        save(branch, secretary, "  ", submits=True)

    assert "words" in refusal.value.message_dict
    save(branch, secretary, "")


def test_two_pages_at_once(branch, secretary):
    save(branch, secretary)

    with pytest.raises(Stale):
        save(branch, secretary, "另一页。", version=7)


def test_returned_it_may_be_written_again_also_after_the_day(people, branch, secretary):
    check = save(branch, secretary, submits=True)
    objections.return_self_check(check, reason="没有写不足", by=people.staff)
    assert SelfCheck.objects.get().state == "returned"

    year.at("judging")
    save(branch, secretary, "写了不足。", submits=True, version=2, on=LATE)
    assert SelfCheck.objects.get().state == "submitted"


def test_a_return_needs_a_reason_and_something_to_return(people, branch, secretary):
    check = save(branch, secretary)
    with pytest.raises(ValidationError, match="还没有提交"):
        objections.return_self_check(check, reason="x", by=people.staff)

    check = save(branch, secretary, submits=True, version=1)
    with pytest.raises(ValidationError, match="退回要写明理由"):
        objections.return_self_check(check, reason=" ", by=people.staff)


@pytest.mark.parametrize("state", ["review", "published", "deciding", "final"])
def test_from_the_review_on_nothing_is_written(people, branch, secretary, state):
    check = save(branch, secretary, submits=True)
    SelfCheck.objects.update(
        state="returned", return_reason="x", returned_by=people.staff, returned_at="2025-12-11T02:00Z"
    )
    days = {"published_on": date(2026, 1, 12), "objections_until": date(2026, 1, 19)}
    ends = {
        "meeting_on": date(2026, 1, 22),
        "minutes_number": "x",
        "final_by": people.admin,
        "final_at": "2026-01-22T02:00Z",
    }
    Round.objects.update(state=state, **days, **(ends if state == "final" else {}))

    with pytest.raises(ValidationError, match="不再自查"):
        save(branch, secretary, version=check.version, on=date(2026, 1, 13))


def test_only_the_branch_itself_writes(people, branch):
    for person in (people.staff, people.admin, UserFactory(serving=BranchFactory())):
        with pytest.raises(PermissionDenied):
            save(branch, person)


def test_a_branch_that_the_year_does_not_grade(people):
    year.open_round(people)
    young = BranchFactory(founded_on=date(2026, 5, 1))

    with pytest.raises(ValidationError, match="不在 2025 年度考核的范围内"):
        save(young, UserFactory(serving=young))


class TestPages:
    def test_the_way_of_a_secretary(self, client, branch, secretary):
        client.force_login(secretary)
        assert client.get("/assessment/own/").url == f"/assessment/{YEAR}/{branch.pk}/round/"
        url = f"/assessment/{YEAR}/{branch.pk}/self-check/"

        page = client.get(url).content.decode()
        assert "主题党日（每月）" in page
        assert f"/assessment/{YEAR}/{branch.pk}/contest/?part=AT1" in page

        client.post(url, {"words": "查过了。"})
        assert SelfCheck.objects.get().state == "draft"
        client.post(url, {"words": "定稿。", "version": 1, "submit": "1"})
        assert SelfCheck.objects.get().state == "submitted"
        page = client.post(url, {"words": "又想起一句", "version": 2, "submit": "1"}).content.decode()
        assert "自查已经提交" in page
        assert "又想起一句" in page

    def test_what_was_contested_is_shown_beside_its_part(self, client, branch, secretary):
        client.force_login(secretary)
        client.post(f"/assessment/{YEAR}/{branch.pk}/contest/", {"part": "AT1", "words": "十月的已补登。"})

        assert Objection.objects.get().phase == "self_check"
        assert "已提异议" in client.get(f"/assessment/{YEAR}/{branch.pk}/self-check/").content.decode()

    def test_before_a_round_there_is_something_to_do_instead(self, client):
        client.force_login(UserFactory(serving=BranchFactory()))

        assert "年度考核还没有启动" in client.get("/assessment/own/").content.decode()

    def test_another_branch_is_like_none(self, client, branch, secretary):
        client.force_login(secretary)
        other = BranchFactory(founded_on=date(2020, 1, 1))

        for page in ("self-check", "contest", "round"):
            there = client.get(f"/assessment/{YEAR}/{other.pk}/{page}/")
            nowhere = client.get(f"/assessment/{YEAR}/999999/{page}/")
            assert there.status_code == nowhere.status_code == 404
            assert there.content == nowhere.content

    def test_staff_list_who_handed_in(self, client, people, branch, secretary, count_queries):
        save(branch, secretary, submits=True)
        client.force_login(people.staff)
        url = f"/assessment/{YEAR}/round/self-checks/"

        assert [row["branch"] for row in client.get(f"{url}?state=submitted").context["rows"]] == [branch]
        assert client.get(f"{url}?state=none").context["rows"] == []
        before = count_queries(url)
        for _ in range(3):
            BranchFactory(founded_on=date(2020, 1, 1))
        assert count_queries(url) == before

    def test_a_return_by_form(self, client, people, branch, secretary):
        save(branch, secretary, submits=True)
        client.force_login(people.staff)

        client.post(f"/assessment/{YEAR}/{branch.pk}/self-check/return/", {"reason": "没有写不足"})

        client.force_login(secretary)
        assert "没有写不足" in client.get(f"/assessment/{YEAR}/{branch.pk}/round/").content.decode()

    def test_after_the_day_the_page_only_reads(self, client, branch, secretary):
        with time_machine.travel(LATE):
            client.force_login(secretary)
            page = client.get(f"/assessment/{YEAR}/{branch.pk}/self-check/").content.decode()

        assert "现在不能再写" in page
        assert 'name="submit"' not in page


def test_a_superior_committee_reads_and_does_not_write(client, people):
    committee = BranchFactory(kind="committee")
    branch = BranchFactory(parent=committee, founded_on=date(2020, 1, 1))
    year.open_round(people)
    client.force_login(UserFactory(serving=committee, role=Role.COMMITTEE))

    assert client.get(f"/assessment/{YEAR}/{branch.pk}/round/").status_code == 200
    assert client.get(f"/assessment/{YEAR}/{branch.pk}/self-check/").status_code == 404
