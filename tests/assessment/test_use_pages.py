"""The pages of 结果运用: what is left lying stands first, many are entered at once, what was typed stays, lists go along."""

import io
import zipfile
from datetime import date

import openpyxl
import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import AuditEvent
from assessment.models import ResultUse
from branches.actions import root
from branches.rights import Role
from tests.assessment.decided import YEAR, decide, score
from tests.factories import AdmonitionTalkFactory, BranchFactory, ResultUseFactory, UserFactory

pytestmark = pytest.mark.django_db
LIST = "/assessment/uses/"


@pytest.fixture
def county():
    found = {grade: BranchFactory(name=f"云岭{grade}小学党支部") for grade in ("优秀", "合格", "不合格")}
    decide([score(branch, grade, total) for (grade, branch), total in zip(found.items(), (92, 80, 50), strict=True)])
    return found


@pytest.fixture
def staff(client):
    user = UserFactory(serving=root(), role=Role.STAFF)
    client.force_login(user)
    return user


def typed(**changed):
    return {
        "whom": "all", "words": "结果抄送干部人事股", "organ": "县委教育体育工委", "number": "函〔2026〕3号", "day": "2026-02-09",
    } | changed  # fmt: skip


def add(use, **more):
    query = "&".join(f"{name}={value}" for name, value in ({"year": YEAR, "use": use} | more).items())
    return f"{reverse('assessment:use_add')}?{query}"


def test_the_last_decided_year_is_shown_with_what_is_left(client, county, staff):
    answer = client.get(LIST)
    page = answer.content.decode()

    assert answer.context["year"] == YEAR
    assert [row["branch"] for row in answer.context["page"]] == list(county.values())
    assert page.index("<h2>没有运用的结果") < page.index("<h2>各种运用")
    assert f"{reverse('branches:talk_add')}?branch={county['不合格'].pk}" in page


@pytest.mark.parametrize(
    ("query", "grades"),
    [
        ({"use": "award"}, ["优秀"]),
        ({"grade": "合格"}, ["合格"]),
        ({"q": "不合格"}, ["不合格"]),
        ({"use": "nothing"}, None),
    ],
    ids=["by use", "by grade", "by name", "an unknown use"],
)
def test_the_list_is_narrowed(client, county, staff, query, grades):
    rows = client.get(LIST, query).context["page"]

    assert [row["grade"] for row in rows] == (grades or list(county))


def test_all_that_are_left_are_entered_at_once(client, county, staff):
    answer = client.post(add("school"), typed(), follow=True)

    assert answer.status_code == 200
    assert set(ResultUse.objects.values_list("branch", "use", "grade")) == {
        (branch.pk, "school", grade) for grade, branch in county.items()
    }


def test_only_those_ticked(client, county, staff):
    client.post(add("school"), typed(whom="chosen", branches=[county["合格"].pk]))

    assert list(ResultUse.objects.values_list("branch", flat=True)) == [county["合格"].pk]


def test_one_from_its_row_is_not_asked_for_again(client, county, staff):
    url = add("award", branch=county["优秀"].pk)
    page = client.get(url).content.decode()

    assert 'name="whom"' not in page
    client.post(url, typed())
    assert ResultUse.objects.get().branch == county["优秀"]


@pytest.mark.parametrize(
    ("changed", "field"),
    [({"whom": "chosen"}, "branches"), ({"day": "2026-01-21"}, "day"), ({"day": "二月"}, "day"), ({"words": ""}, "words"),
     ({"words": "机密★ 某事"}, "words"), ({"branches": ["x"], "whom": "chosen"}, "branches")],
    ids=["nobody", "before the meeting", "no day", "no words", "a secret mark", "no key"],
)  # fmt: skip
def test_a_refusal_stands_beside_its_field_and_what_was_typed_stays(client, county, staff, changed, field):
    answer = client.post(add("school"), typed(organ="云岭县教体局", **changed))

    assert answer.status_code == 200
    assert field in answer.context["form"].errors
    assert "云岭县教体局" in answer.content.decode()
    assert not ResultUse.objects.exists()


def test_a_branch_without_the_grade_is_not_offered(client, county, staff):
    assert client.get(add("award", branch=county["不合格"].pk)).status_code == 404
    assert list(client.get(add("award")).context["offered"]) == [county["优秀"]]


def test_a_use_is_taken_back_once_with_a_reason(client, county, staff):
    row = ResultUseFactory(branch=county["优秀"])
    url = reverse("assessment:use_withdraw", args=[row.pk])

    assert "why" in client.post(url, {"version": row.version, "why": ""}).context["form"].errors
    assert "刚被别人改过" in client.post(url, {"version": 9, "why": "登记错了"}).content.decode()
    client.post(url, {"version": row.version, "why": "登记错了"})

    row.refresh_from_db()
    assert row.withdrawn_why == "登记错了"
    assert "登记错了" in client.get(url).content.decode()


def test_a_year_that_is_not_decided_says_what_comes_next(client, staff):
    page = client.get(LIST, {"year": timezone.localdate().year}).content.decode()

    assert "这一年的结果还没有审定" in page
    assert "还没有审定" in client.get(add("award")).content.decode()


def test_the_workbook_has_a_sheet_for_each_use_with_what_was_done(client, county, staff):
    ResultUseFactory(branch=county["优秀"])
    AdmonitionTalkFactory(branch=county["不合格"], talked_on=date(2026, 2, 3), talked_with="支部书记")
    book = openpyxl.load_workbook(io.BytesIO(client.get(reverse("assessment:use_export"), {"year": YEAR}).content))

    assert book.sheetnames[:3] == ["评先评优", "干部使用参考", "约谈"]
    award = [row for row in book["评先评优"].iter_rows(values_only=True) if row[0] == 1]
    assert award[0][1] == "云岭优秀小学党支部"
    assert "推荐为先进党支部" in award[0][5]
    (talk,) = (row for row in book["约谈"].iter_rows(values_only=True) if row[0] == 1)
    assert talk[1] == "云岭不合格小学党支部"
    assert "实绩各项（失 25 分）" in talk[5]
    assert "约谈支部书记" in talk[6]
    assert AuditEvent.objects.get(action="report.export").detail == {"report": "结果运用名单", "year": YEAR, "rows": 9}


def test_the_same_list_is_the_same_bytes(client, county, staff):
    for name in ("assessment:use_export", "assessment:use_word"):
        first, second = (client.get(reverse(name), {"year": YEAR, "use": "award"}).content for _ in range(2))
        assert first == second


def test_a_list_in_word_names_them_in_their_order_and_for_what(client, county, staff):
    data = client.get(reverse("assessment:use_word"), {"year": YEAR, "use": "school"}).content
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        text = archive.read("word/document.xml").decode()

    places = [text.index(branch.name) for branch in county.values()]
    assert places == sorted(places)
    assert "2026年1月22日工委会议审定（纪要〔2026〕2号）" in text


def test_a_committee_reads_and_takes_along_its_own_alone(client):
    committee = BranchFactory(kind="committee")
    own, other = BranchFactory(parent=committee, name="云岭东小党支部"), BranchFactory(name="云岭西小党支部")
    decide([score(own, "不合格", 50), score(other, "不合格", 51)])
    client.force_login(UserFactory(serving=committee, role=Role.COMMITTEE))

    page = client.get(LIST).content.decode()
    book = openpyxl.load_workbook(io.BytesIO(client.get(reverse("assessment:use_export"), {"year": YEAR}).content))
    names = {cell.value for sheet in book for row in sheet.iter_rows() for cell in row}

    assert "云岭东小党支部" in page
    assert "云岭西小党支部" not in page
    assert "登记运用" not in page
    assert "云岭东小党支部" in names
    assert "云岭西小党支部" not in names
    assert client.get(add("award")).status_code == 403


def test_a_branch_has_no_such_page(client, county):
    client.force_login(UserFactory(serving=county["不合格"], role=Role.SECRETARY))

    assert client.get(LIST).status_code == 403
