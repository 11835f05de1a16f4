"""The pages of the ledgers: choose, enter, correct, withdraw, print, export; only in one's own reach."""

import io
from datetime import date

import openpyxl
import pytest
import time_machine
from django.urls import reverse

from accounts.models import AuditEvent
from branches.actions import root
from branches.rights import Role
from meetings.models import Activity
from tests.factories import BranchFactory, MemberFactory, PostFactory, TermFactory, UserFactory
from tests.factories_life import ActivityFactory

pytestmark = pytest.mark.django_db
LIST, ADD = reverse("meetings:activities"), reverse("meetings:activity_add")


@pytest.fixture(autouse=True)
def _today():
    with time_machine.travel("2025-11-20 10:00+08:00", tick=False):
        yield


@pytest.fixture
def branch():
    return BranchFactory()


@pytest.fixture
def staff(client):
    user = UserFactory(serving=root(), role=Role.STAFF)
    client.force_login(user)
    return user


def posted(branch, kind="volunteering", **fields):
    return {"branch": branch.pk, "kind": kind, "held_on": "2025-11-05", **fields}


def test_a_branch_is_offered_what_it_keeps(client, secretary):
    text = client.get(ADD).content.decode()

    assert "志愿服务" in text
    assert "工委会议" not in text


def test_an_organisation_of_others_is_not_offered(client, secretary):
    assert client.get(ADD, {"branch": BranchFactory().pk}).status_code == 404


def test_a_kind_of_others_leads_back_to_the_choice(client, secretary):
    assert "不由" in client.get(ADD, {"kind": "work_committee_meeting"}).content.decode()


def test_an_entry_asks_only_what_its_kind_needs(client, secretary):
    form = client.get(ADD, {"kind": "reflection"}).context["form"]

    assert set(form.fields) == {"held_on", "count", "version"}
    assert form["held_on"].value() == date(2025, 11, 20)


def test_three_lines_make_an_entry(client, secretary, branch):
    data = posted(branch, title="护学岗", count="6", hours="1.5", **{"answer-team": "青蓝志愿队"})

    answer = client.post(ADD, data)

    found = Activity.objects.get()
    assert answer["Location"] == found.get_absolute_url()
    assert (found.title, found.count, float(found.hours), found.answers) == ("护学岗", 6, 1.5, {"team": "青蓝志愿队"})
    assert "青蓝志愿队" in client.get(found.get_absolute_url()).content.decode()


def test_the_next_of_a_kind_comes_at_once(client, secretary, branch):
    answer = client.post(ADD, posted(branch, title="护学岗", again="1", **{"answer-team": "队"}))

    assert answer["Location"] == f"{ADD}?kind=volunteering&branch={branch.pk}"


def test_a_talk_needs_both_sides(client, secretary, branch):
    one, other = MemberFactory.create_batch(2, branch=branch)
    data = posted(branch, "heart_talk", **{"answer-pair": "member", "answer-result": "understood"})

    assert "至少两位" in client.post(ADD, data | {"people": [one.pk]}).content.decode()
    client.post(ADD, data | {"people": [one.pk, other.pk]})

    assert set(Activity.objects.get().people.all()) == {one, other}


def test_a_branch_with_nothing_below_names_no_organisation(client, secretary, branch):
    client.post(ADD, posted(branch, "research", title="党小组作用发挥"))

    assert Activity.objects.get().about is None


def test_who_has_organisations_below_names_one(client, staff):
    BranchFactory()

    assert "请选择调研的党组织" in client.post(ADD, posted(root(), "research", title="调研")).content.decode()


def test_a_member_of_others_cannot_be_named(client, secretary, branch):
    stranger, ours = MemberFactory(branch=BranchFactory()), MemberFactory(branch=branch)
    data = posted(branch, "pioneer_post", title="教学岗", people=[stranger.pk, ours.pk])

    assert client.post(ADD, data).status_code == 200
    assert not Activity.objects.exists()


def test_an_organisation_without_members_talks_with_secretaries(client, staff):
    below = BranchFactory()
    member = MemberFactory(branch=below)
    MemberFactory(branch=below)
    PostFactory(term=TermFactory(branch=below), member=member, office="secretary")

    form = client.get(ADD, {"kind": "heart_talk", "branch": root().pk}).context["form"]

    assert list(form.fields["people"].queryset) == [member]


@pytest.mark.parametrize("field", ["title", "answer-team"])
def test_a_mark_of_secrecy_is_refused_and_nothing_typed_is_lost(client, secretary, branch, field):
    data = posted(branch, title="护学岗", **{"answer-team": "队"}) | {field: "机密★ 名单"}

    text = client.post(ADD, data).content.decode()

    assert "密级标志" in text
    assert "机密★ 名单" in text
    assert not Activity.objects.exists()


def test_who_comes_second_sees_what_the_other_saved(client, secretary, branch):
    found = ActivityFactory(branch=branch, title="护学岗", answers={"team": "甲队"}, version=2)
    url = reverse("meetings:activity_edit", args=[found.pk])

    answer = client.post(url, posted(branch, title="我的", version="1", **{"answer-team": "乙队"}))

    text = answer.content.decode()
    assert {row["now"] for row in answer.context["stale"]["rows"]} >= {"护学岗", "甲队"}
    assert "乙队" in text
    client.post(url, posted(branch, title="我的", version="2", **{"answer-team": "乙队"}))
    found.refresh_from_db()
    assert (found.title, found.answers) == ("我的", {"team": "乙队"})


def test_an_entry_is_withdrawn_after_a_question_and_stays_in_sight(client, secretary, branch):
    found = ActivityFactory(branch=branch)
    url = reverse("meetings:activity_withdraw", args=[found.pk])

    assert "确定撤销" in client.get(url).content.decode()
    client.post(url)

    found.refresh_from_db()
    assert found.withdrawn_by == secretary
    assert "已撤销" in client.get(LIST).content.decode()
    assert found.title not in client.get(reverse("meetings:activity_ledger")).content.decode()
    assert client.get(reverse("meetings:activity_edit", args=[found.pk])).status_code == 302


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({}, {"岗", "课", "旧", "远"}),
        ({"group": "actions"}, {"岗", "旧", "远"}),
        ({"kind": "civics_lesson"}, {"课"}),
        ({"year": "2024"}, {"旧"}),
        ({"q": "岗"}, {"岗"}),
        ({"branch": "far"}, {"远"}),
    ],
    ids=["all", "ledger", "kind", "year", "word", "organisation"],
)
def test_the_list_narrows(client, staff, branch, asked, found):
    far = BranchFactory()
    ActivityFactory(branch=branch, title="岗")
    ActivityFactory(branch=branch, title="课", kind="civics_lesson")
    ActivityFactory(branch=branch, title="旧", held_on=date(2024, 3, 1))
    ActivityFactory(branch=far, title="远")
    asked = {name: far.pk if word == "far" else word for name, word in asked.items()}

    assert {row["activity"].title for row in client.get(LIST, asked).context["rows"]} == found
    book = openpyxl.load_workbook(io.BytesIO(client.get(reverse("meetings:activity_export"), asked).content))
    assert {row[5].value for row in book.active.iter_rows(min_row=3)} == found
    assert AuditEvent.objects.get(action="activity.export").detail["rows"] == len(found)


def test_a_person_is_found_by_name(client, staff, branch):
    member = MemberFactory(branch=branch, name="周明远")
    ActivityFactory(branch=branch, title="岗").people.add(member)
    ActivityFactory(branch=branch, title="课")

    assert [row["title"] for row in client.get(LIST, {"q": "周明"}).context["rows"]] == ["岗"]


def test_a_figure_of_talks_leads_to_its_records(client, staff, branch):
    found = ActivityFactory(branch=root(), kind="secretary_talk", about=branch)
    ActivityFactory(branch=root(), kind="secretary_talk", about=BranchFactory())

    url = f"{LIST}?kind=secretary_talk&year=2025&about={branch.pk}"

    assert url.replace("&", "&amp;") in client.get(reverse("meetings:talks")).content.decode()
    assert [row["activity"] for row in client.get(url).context["rows"]] == [found]


def test_others_see_nothing(client, secretary):
    found = ActivityFactory(branch=BranchFactory())

    assert client.get(LIST).context["rows"] == []
    for name in ("activity", "activity_edit", "activity_withdraw"):
        assert client.get(reverse(f"meetings:{name}", args=[found.pk])).status_code == 404
    assert client.get(reverse("meetings:activity_export")).status_code == 403


@pytest.mark.parametrize("page", ["activities", "activity_ledger", "talks", "leaders", "activity_export"])
def test_pages_cost_the_same_at_any_length(client, count_queries, staff, page):
    def furnish(count):
        for _ in range(count):
            branch = BranchFactory()
            member = MemberFactory(branch=branch)
            PostFactory(term=TermFactory(branch=branch), member=member)
            ActivityFactory(branch=branch, kind="pioneer_post").people.add(member)
            ActivityFactory(branch=root(), kind="secretary_talk", about=branch)

    furnish(2)
    count_queries(reverse(f"meetings:{page}"))
    few = count_queries(reverse(f"meetings:{page}"))
    furnish(8)

    assert count_queries(reverse(f"meetings:{page}")) == few
