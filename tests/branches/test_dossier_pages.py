"""The pages of 支部档案: what each person gets to see and do, filters and exports."""

import io
from datetime import date

import openpyxl
import pytest
import time_machine
from django.urls import reverse

from accounts.models import AuditEvent
from branches.actions import root
from branches.models import (
    Assignment,
    CatalogueEntry,
    ContactPoint,
    ContactVisit,
    Governance,
    ResponsibilityLine,
    SevenOnes,
    Title,
)
from branches.rights import Role, Task
from tests.factories import (
    BranchFactory,
    ContactPointFactory,
    ContactVisitFactory,
    GovernanceFactory,
    ResponsibilityLineFactory,
    SevenOnesFactory,
    TitleFactory,
    UserFactory,
)
from tests.factories_files import upload

pytestmark = pytest.mark.django_db
LISTS = ["dossiers", "contacts", "instructors", "titles", "sevens", "duties4"]


@pytest.fixture(autouse=True)
def _today():
    with time_machine.travel("2025-11-20 10:00+08:00", tick=False):
        yield


@pytest.fixture
def committee():
    return BranchFactory(committee=True, name="云岭一中党委", stage="senior")


@pytest.fixture
def branch(committee):
    return BranchFactory(parent=committee, name="云岭一中第一党支部", stage="senior", nature="public")


@pytest.fixture
def private():
    return BranchFactory(name="晨曦幼儿园党支部", stage="kindergarten", nature="private")


@pytest.fixture
def secretary(branch):
    return UserFactory(serving=branch)


@pytest.fixture
def boss(committee):
    return UserFactory(serving=committee, role=Role.COMMITTEE)


def entries(catalogue):
    return CatalogueEntry.objects.of(catalogue, 2025)


def full(branch):
    """One of everything in a branch's file."""
    contact = ContactPointFactory(branch=branch)
    ContactVisitFactory(contact=contact)
    GovernanceFactory(branch=branch)
    TitleFactory(branch=branch, entry=entries("title")[0], state="recommended", due_on=date(2025, 9, 30))
    SevenOnesFactory(branch=branch, entry=entries("seven_ones")[0])
    return contact


def page(client, name, *args, user=None, **query):
    if user is not None:
        client.force_login(user)
    response = client.get(reverse(f"branches:{name}", args=args), query)
    assert response.status_code == 200, response.status_code
    return response.content.decode()


def sheet(client, name, **query):
    response = client.get(reverse(f"branches:{name}"), query)
    assert response.status_code == 200
    return [
        [str(cell.value or "") for cell in row]
        for row in openpyxl.load_workbook(io.BytesIO(response.content)).active.iter_rows()
    ]


# --- one branch


def test_a_file_says_what_is_there_and_what_is_missing(client, branch, secretary, private, staff):
    text = page(client, "dossier", branch.pk, user=secretary)
    for words in ("还没有登记领导体制", "还没有联系点领导", "没有登记", "今年还没有核对", "由上级安排"):
        assert words in text
    full(branch)
    text = page(client, "dossier", branch.pk)
    for words in (
        "已经实行",
        "云教党〔2024〕20号",
        "缺党组织会议议事规则",
        "赵国栋",
        "今年到点 1 次，一年应到 2 次",
        "党建示范创建",
        "逾期未上报",
    ):
        assert words in text
    assert "党建指导员" not in text.split("<main")[1].split("aside")[0]
    text = page(client, "dossier", private.pk, user=staff)
    assert "民办学校还没有选派党建指导员" in text
    assert client.get(reverse("branches:dossier", args=[private.pk])).status_code == 200
    client.force_login(secretary)
    assert client.get(reverse("branches:dossier", args=[private.pk])).status_code == 404


def test_the_branch_page_leads_there_and_one_branch_goes_straight(client, branch, secretary):
    assert reverse("branches:dossier", args=[branch.pk]) in page(client, "detail", branch.pk, user=secretary)
    assert client.get(reverse("branches:dossiers")).headers["Location"] == reverse("branches:dossier", args=[branch.pk])


def test_the_way_a_school_is_led_is_entered_and_a_second_editor_told(client, branch, secretary):
    url = reverse("branches:governance_edit", args=[branch.pk])
    client.force_login(secretary)
    data = {"stage": "running", "leaders": "separate", "number": "x"}

    assert "从哪天起实行" in client.post(url, data).content.decode()
    client.post(url, data | {"stage_on": "2024-09-01", "party_rules_on": "2024-09-01", "party_rules_number": "1号"})

    told = Governance.objects.get(branch=branch)
    assert (told.stage, told.party_rules_number, told.version) == ("running", "1号", 1)
    client.post(url, data | {"stage_on": "2024-09-02", "version": 1})
    answer = client.post(url, data | {"stage_on": "2024-09-03", "version": 1}).content.decode()
    assert "刚被别人改过" in answer
    assert "2024-09-02" in answer


# --- 联系点


def test_a_leader_sees_the_own_contacts_and_enters_a_visit_in_three_lines(client, branch, staff):
    client.force_login(staff)
    leader = UserFactory(name="何正东")
    client.post(
        reverse("branches:contact_add"),
        {"user": leader.pk, "position": "工委委员", "started_on": "2025-03-01", "branches": [branch.pk]},
    )
    contact = ContactPoint.objects.get()
    assert (contact.name, contact.user) == ("何正东", leader)

    text = page(client, "contacts_mine", user=leader)
    assert str(branch) in text
    assert "还差 2 次" in text
    url = reverse("branches:contact_visit", args=[contact.pk])
    assert client.get(url).content.decode().count('class="ff"') == 3
    client.post(url, {"visited_on": "2025-04-08", "topic": "讲党课", "helped": "协调活动室"})
    visit = ContactVisit.objects.get()
    assert (visit.created_by, visit.helped) == (leader, "协调活动室")
    assert "今年到点 1 次" not in page(client, "contacts_mine")
    assert "还差 1 次" in page(client, "contacts_mine")
    assert "到点日期应在" in client.post(url, {"visited_on": "2025-02-01", "topic": "x"}).content.decode()

    other = UserFactory(serving=root(), role=Role.INSPECTOR)
    client.force_login(other)
    assert client.post(url, {"visited_on": "2025-05-08", "topic": "x"}).status_code == 302
    assert ContactVisit.objects.count() == 1
    client.force_login(leader)
    client.post(url, {"drop": visit.pk})
    assert not ContactVisit.objects.exists()
    assert AuditEvent.objects.filter(action="contact.take_back").exists()

    client.force_login(staff)
    client.post(reverse("branches:contact_end", args=[contact.pk]), {"ended_on": "2025-11-20"})
    client.force_login(leader)
    assert client.get(reverse("branches:dossier", args=[branch.pk])).status_code == 403
    assert not Assignment.objects.filter(task=Task.CONTACT, until__gte=date(2025, 11, 20)).exists()


def test_who_has_none_and_who_was_there_too_seldom(client, branch, private, staff):
    contact = full(branch)

    text = page(client, "contacts", user=staff)

    assert private.name in text.split('id="free"')[1]
    assert branch.name not in text.split('id="free"')[1]
    assert contact.branch.name in page(client, "contacts", state="short")
    ContactVisitFactory(contact=contact, visited_on=date(2025, 9, 1))
    assert "没有符合条件" in page(client, "contacts", state="short")
    rows = sheet(client, "contacts_export", q="赵国栋")
    assert rows[1][0].startswith("填报单位（盖章）")
    assert rows[3][0] == "序号"
    assert [row[3] for row in rows[4:]] == [branch.name]


def test_a_committee_arranges_by_name_only(client, branch, boss):
    client.force_login(boss)
    text = page(client, "contact_add")
    assert 'name="user"' not in text
    client.post(
        reverse("branches:contact_add"),
        {"name": "周明远", "position": "校长", "started_on": "2025-03-01", "branches": [branch.pk]},
    )
    assert ContactPoint.objects.get().name == "周明远"
    answer = client.post(reverse("branches:contact_add"), {"position": "校长", "started_on": "2025-03-01"})
    assert "请填写姓名" in answer.content.decode()


def test_private_schools_and_their_instructors(client, branch, private, staff):
    text = page(client, "instructors", user=staff)
    assert private.name in text
    assert branch.name not in text
    client.post(
        reverse("branches:instructor_add"),
        {
            "name": "孙立群",
            "position": "退休书记",
            "started_on": "2025-03-01",
            "number": "2号",
            "branches": [private.pk],
        },
    )
    row = private.instructors.get()
    assert "没有符合条件" in page(client, "instructors", state="none")
    client.post(reverse("branches:instructor_end", args=[row.pk]), {"ended_on": "2025-11-19"})
    assert private.name in page(client, "instructors", state="none")


# --- 称号


def test_a_title_goes_its_road_on_the_pages(client, branch, secretary, boss, staff):
    client.force_login(secretary)
    show = entries("title")[0]
    url = reverse("branches:title_add")
    assert "请选一级" in client.post(url, {"entry": show.pk, "year": 2025, "level": ""}).content.decode()
    client.post(url, {"entry": show.pk, "year": 2025, "level": "县级", "idea": "x"})
    title = Title.objects.get()
    move = reverse("branches:title_move", args=[title.pk])
    assert "推荐" in page(client, "title", title.pk)
    client.post(reverse("branches:title_edit", args=[title.pk]), {"level": "市级", "idea": "y", "version": 1})
    client.post(move, {"act": "recommend"})
    answer = client.post(move, {"act": "report"}, follow=True).content.decode()
    assert "自己不能上报自己的" in answer

    client.force_login(boss)
    assert "上报勾选的" in page(client, "titles")
    client.post(reverse("branches:titles_report"), {"title": [title.pk]})
    client.force_login(staff)
    text = client.post(move, {"act": "name", "number": "40号", "named_on": "2025-11-21"}).content.decode()
    assert "命名日期应在" in text
    assert "40号" in text, "what was typed stays"
    client.post(move, {"act": "name", "number": "40号", "named_on": "2025-11-06"})
    title.refresh_from_db()
    assert (title.state, title.level, title.number, title.idea) == ("named", "市级", "40号", "y")
    assert "命名" in page(client, "title", title.pk)
    client.post(move, {"act": "nonsense"})
    client.post(move, {"act": "end", "ended_why": "复查未达标"})
    title.refresh_from_db()
    assert (title.state, title.ended_why) == ("ended", "复查未达标")


def test_titles_are_filtered_and_handed_on_by_level(client, branch, private, staff):
    full(branch)
    TitleFactory(branch=private, entry=entries("title")[1], level="市级", year=2024, state_on=date(2024, 5, 1))

    assert branch.name in page(client, "titles", user=staff, state="due").split("<tbody")[1]
    assert branch.name not in page(client, "titles", level="市级").split("<tbody")[1]
    rows = sheet(client, "titles_export", level="市级")
    assert "范围" in rows[2][0]
    assert [row[1:5] for row in rows[4:]] == [[private.name, "文明学校", "市级", "2024"]]
    assert AuditEvent.objects.filter(action="report.export").count() == 1


def test_staff_write_down_what_was_named_before(client, branch, staff, secretary):
    client.force_login(staff)
    text = page(client, "title_add", named=1)
    assert branch.name in text
    data = {"entry": entries("title")[1].pk, "level": "市级", "year": 2025, "number": "x", "named_on": "2025-01-01"}
    client.post(f"{reverse('branches:title_add')}?named=1&branch={branch.pk}", data)
    assert Title.objects.get().state == "named"
    client.force_login(secretary)
    client.post(f"{reverse('branches:title_add')}?named=1", data)
    assert Title.objects.filter(state="named").count() == 1, "a secretary's own word names nothing"


# --- 七个一


def test_seven_things_are_ticked_with_a_note_and_a_photo(client, branch, secretary, staff):
    client.force_login(secretary)
    url, first = reverse("branches:seven", args=[branch.pk]), entries("seven_ones")[0]
    data = {"year": 2025, "seen": 0, f"{first.pk}-is_there": "on", f"{first.pk}-note": "二楼"}

    client.post(url, data | {f"{first.pk}-photo": upload()})

    row = SevenOnes.objects.get(branch=branch, entry=first)
    assert (row.is_there, row.note, row.attachments.count()) == (True, "二楼", 1)
    assert SevenOnes.objects.filter(branch=branch).count() == 12
    answer = client.post(url, data | {f"{first.pk}-note": "一楼"}).content.decode()
    assert "刚被别人改过" in answer
    assert "已有　二楼" in answer, "what the other saved"
    assert 'value="一楼"' in answer, "what was typed here"
    assert "1／7" in page(client, "seven", branch.pk)
    text = page(client, "seven", branch.pk, user=UserFactory(serving=root(), role=Role.INSPECTOR))
    assert 'id="seven"' not in text
    assert "二楼" in text
    assert "由本党组织或者工委登记" in client.post(url, data, follow=True).content.decode()
    client.force_login(staff)
    rows = sheet(client, "sevens_export")
    line = next(row for row in rows if branch.name in row)
    assert "√" in line
    assert "1/7" in line


def test_last_year_is_taken_over_on_the_page(client, branch, secretary):
    SevenOnesFactory(branch=branch, entry=entries("seven_ones")[0], year=2024)
    client.force_login(secretary)
    client.post(reverse("branches:seven", args=[branch.pk]), {"year": 2025, "carry": 1})
    assert SevenOnes.objects.filter(branch=branch, year=2025).count() == 1


# --- 四责


def test_a_list_is_edited_above_printed_and_read_below(client, committee, branch, secretary, staff, boss):
    line = ResponsibilityLineFactory(branch=root(), year=2024)
    client.force_login(staff)
    assert "沿用上年" in page(client, "duties4")
    client.post(reverse("branches:duties4_carry"), {"branch": root().pk, "year": 2025})
    fresh = ResponsibilityLine.objects.get(year=2025)
    client.post(
        reverse("branches:duty4_edit", args=[fresh.pk]),
        {"duty": "main", "post": "党支部", "text": "按季清理", "number": "2号", "order": 1, "version": 1},
    )
    client.post(
        reverse("branches:duty4_add"),
        {
            "branch": committee.pk,
            "year": 2025,
            "duty": "dual",
            "post": "副书记",
            "text": "一岗双责",
            "number": "3号",
            "order": 2,
        },
    )
    text = page(client, "duties4", user=secretary)
    assert "按季清理" in text
    assert "一岗双责" in text
    assert reverse("branches:duty4_edit", args=[fresh.pk]) not in text
    assert "按季清理" in page(client, "duties4_print", duty="main")
    assert "一岗双责" not in page(client, "duties4_print", duty="main").split("<main")[1].split("范围")[0]
    assert "副书记" in page(client, "dossier", branch.pk)
    client.force_login(boss)
    assert client.get(reverse("branches:duty4_edit", args=[line.pk])).status_code == 404
    client.force_login(staff)
    client.post(reverse("branches:duty4_edit", args=[fresh.pk]), {"strike": 1})
    assert not ResponsibilityLine.objects.filter(pk=fresh.pk).exists()
