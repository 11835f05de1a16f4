"""The search over everything: in scope, by names, pinyin initials and numbers, never by what belongs to a person alone."""

from datetime import date
from urllib.parse import quote

import pytest
import time_machine
from django.urls import reverse

from branches.models import Branch
from branches.names import initials, is_initials, named
from branches.rights import Role
from portal import search
from tests import factories

pytestmark = pytest.mark.django_db
URL = reverse("portal:search")
MARK = "金雀花"  # stands in every foreign row; nobody but its own may ever read it


@pytest.fixture(autouse=True)
def _day():
    with time_machine.travel("2025-11-20 09:00", tick=False):
        yield


@pytest.fixture
def ours():
    branch = factories.BranchFactory(name="中共云岭示范县第一初级中学支部委员会")
    branch.schools.add(factories.SchoolFactory(name="云岭县第一初级中学"))
    return branch


@pytest.fixture
def secretary(client, ours):
    user = factories.UserFactory(serving=ours)
    client.force_login(user)
    return user


def furnish(branch, word, *, by):
    """One row of every kind that `word` finds, in one organisation; the organisation above sends the notice."""
    member = factories.MemberFactory(branch=branch, name=word)
    factories.ApplicationFactory(branch=branch, member=factories.MemberFactory(name=f"{word}一"))
    factories.MeetingFactory(branch=branch, topic=f"{word}主题党日", submitted=True, created_by=by)
    factories.RectificationFactory(branch=branch, problem=f"{word}台账不全", created_by=by)
    factories.WeakCaseFactory(branch=branch, created_by=by)
    factories.TrainingClassFactory(branch=branch, title=f"{word}培训班", number="云教工〔2025〕7号", created_by=by)
    notice = factories.NoticeFactory(branch=branch.parent or branch, title=f"{word}通知", issued=True, created_by=by)
    factories.ReceiptFactory(notice=notice, branch=branch)
    return member


def results(client, word):
    response = client.get(URL, {"q": word})
    assert response.status_code == 200
    return {result["kind"].label: result for result in response.context["results"]}


def names_of(result):
    return [title for title, _, _ in result["hits"]] if result else []


class TestWhatIsFound:
    def test_every_kind_that_the_post_may_see(self, client, ours, secretary):
        furnish(ours, "周明远", by=secretary)

        found = results(client, "周明远")

        assert set(found) == {"党员", "发展党员档案", "会议记录", "整改", "培训班次", "收到的通知"}
        assert names_of(found["党员"]) == ["周明远同志"]

    @pytest.mark.parametrize(
        ("word", "kind"),
        [("zmy", "党员"), ("ZMY", "党员"), ("dycjzx", "党组织"), ("第一初级", "党组织"), ("〔2025〕7号", "培训班次"), ("px", "培训班次")],
    )  # fmt: skip
    def test_by_initials_school_and_number(self, client, ours, secretary, word, kind):
        furnish(ours, "周明远", by=secretary)

        assert results(client, word)[kind]["count"] == 1

    def test_rows_of_others_are_never_found(self, client, ours, secretary):
        elsewhere = factories.BranchFactory(name=f"{MARK}支部")
        furnish(elsewhere, MARK, by=factories.UserFactory())

        assert results(client, MARK) == {}
        assert f"{MARK}支部" not in client.get(URL, {"q": MARK}).content.decode().replace(f"“{MARK}”", "")

    def test_a_kind_that_the_post_does_not_see_is_not_asked(self, client, ours):
        client.force_login(factories.UserFactory(serving=ours, role=Role.DISCIPLINE))
        furnish(ours, "周明远", by=factories.UserFactory())

        assert set(results(client, "周明远")) == {"党员"}

    def test_five_of_each_and_the_way_to_all(self, client, ours, secretary):
        for number in range(7):
            factories.MemberFactory(branch=ours, name=f"周明{'一二三四五六七'[number]}")

        found = results(client, "周明")["党员"]

        assert (found["count"], len(found["hits"])) == (7, search.FIRST)
        assert client.get(found["url"]).context["page"].paginator.count == 7

    def test_the_list_behind_each_kind_holds_just_as_many(self, client, secretary, ours):
        staff = factories.UserFactory(serving=ours, role=Role.STAFF)
        furnish(ours, "周明远", by=staff)
        client.force_login(staff)
        factories.WeakCaseFactory(branch=factories.BranchFactory(name="周明远小学支部", parent=ours), created_by=staff)

        for result in results(client, "周明远").values():
            page = client.get(result["url"])
            assert page.status_code == 200
            assert page.context["page"].paginator.count == result["count"], result["kind"].label


class TestWhatIsAsked:
    @pytest.mark.parametrize(
        "word", ["", " ", "%", "_", "\\", "a" * 300, "周" * 300, "\0", "\0周", "'", "<script>x</script>", "🙂", "/"]
    )
    def test_any_text_is_answered(self, client, secretary, ours, word):
        furnish(ours, "周明远", by=secretary)
        response = client.get(URL, {"q": word})

        assert response.status_code == 200
        assert b"<script>x" not in response.content

    @pytest.mark.parametrize("word", ["%", "_"])
    def test_no_sign_stands_for_any_letter(self, client, ours, secretary, word):
        furnish(ours, "周明远", by=secretary)

        assert results(client, word * 2) == {}

    def test_one_character_finds_people_and_organisations_alone(self, client, ours, secretary):
        furnish(ours, "周明远", by=secretary)
        response = client.get(URL, {"q": "周"})

        assert {result["kind"].label for result in response.context["results"]} == {"党员", "发展党员档案"}
        assert "请至少输两个字" in response.content.decode()

    @pytest.mark.parametrize(
        "word", ["530122198501011234", "5301 2219 8501", "19750001234", "１９７５０００１２３４", "x19750001"]
    )
    def test_a_number_of_a_person_leads_to_the_look_up(self, client, ours, secretary, word):
        response = client.get(f"{URL}?q={quote(word)}")

        assert (response.status_code, response["Location"]) == (302, URL)
        assert "用途会记录在案" in client.get(URL).content.decode()

    def test_who_holds_no_post_is_told_so(self, client):
        client.force_login(factories.UserFactory())
        page = client.get(URL, {"q": "周"})

        assert page.context["results"] == []
        assert "您还没有任职" in page.content.decode()
        assert 'class="finder"' not in page.content.decode()


def test_the_number_of_queries_does_not_grow(client, ours, count_queries):
    staff = factories.UserFactory(serving=ours, role=Role.STAFF)
    client.force_login(staff)
    furnish(ours, "周明远", by=staff)
    before = {word: count_queries(f"{URL}?q={quote(word)}") for word in ("周明远", "zm")}
    for number in range(6):
        below = factories.BranchFactory(name=f"周明远第{number}小学支部", parent=ours)
        furnish(below, f"周明远{number}", by=staff)

    for word, queries in before.items():
        assert count_queries(f"{URL}?q={quote(word)}") == queries <= 15


@pytest.mark.parametrize(
    ("word", "is_one"), [("zm", True), ("ZMY", True), ("z", False), ("z1", False), ("周", False), ("", False)]
)
def test_what_may_be_initials(word, is_one):
    assert is_initials(word) is is_one


def test_an_organisation_is_found_by_a_former_name(ours):
    factories.OrgChangeFactory(branch=ours, kind="renamed", before="青松中学支部", after=ours.name, on=date(2025, 3, 1))

    assert list(named(Branch.objects.all(), "青松")) == [ours]
    assert initials("第一中学") == "dyzx"
