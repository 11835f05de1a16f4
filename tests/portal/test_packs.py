"""迎检资料包: a list of titles becomes one file with 卷内目录; what lacks is named; eyes see no more than elsewhere."""

import io
import zipfile
from datetime import date

import pytest
import time_machine
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from accounts.models import AuditEvent, Stale, User
from branches.rights import Role
from duties.actions import generate
from jobs.actions import fetch
from jobs.models import Job
from meetings.models import MeetingKind
from office.word_text import lines
from portal import evidence, packs
from portal.models import Pack, PackItem
from portal.tasks import make_pack
from tests import factories
from tests.factories_files import photo

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 20)
FULL = {
    "meetings:theme_party_day": 2, "duties": 1, "rectifications": 2, "recruitment": 2, "classes": 1, "roster": 1, "notices": 1,
    "letters": 2, "decisions": 1, "terms": 1,
}  # fmt: skip


@pytest.fixture(autouse=True)
def _today():
    with time_machine.travel("2026-11-20 10:00+08:00", tick=False):
        yield


@pytest.fixture
def branch():
    return factories.BranchFactory(name="第一小学党支部")


@pytest.fixture
def secretary(branch):
    return factories.UserFactory(serving=branch)


@pytest.fixture
def pack(branch, secretary):
    made = Pack(branch=branch, title="2026 年党建督查资料", starts_on=date(2026, 1, 1), ends_on=TODAY)
    return packs.start(made, "pack.supervision", by=secretary, on=TODAY)


@pytest.fixture
def meeting(branch):
    return factories.MeetingFactory(
        branch=branch, held_on=date(2026, 11, 6), topic="学习会议精神", state="accepted", submitted_at="2026-11-07T02:00:00Z",
        kinds=(MeetingKind.Kind.THEME_PARTY_DAY,),
    )  # fmt: skip


def text_of(data):
    return "\n".join(lines(data))


def opened(pack, user):
    data, papers, lacking = packs.build(pack, user, on=TODAY)
    archive = zipfile.ZipFile(io.BytesIO(data))
    return archive, papers, lacking


def test_an_empty_list_has_one_button_for_the_first_pack(client, secretary):
    client.force_login(secretary)
    main = client.get(reverse("portal:packs")).content.decode().partition("<main")[2]

    assert main.count(f'href="{reverse("portal:pack_add")}"') == 1


def test_each_template_takes_from_what_the_portal_has():
    for _, label, items in packs.templates(on=TODAY):
        assert items, label
        assert {kind for _, kind in items} <= set(evidence.KINDS), label


def test_it_begins_with_the_titles_of_its_template(pack):
    assert pack.items.count() == 11
    assert pack.items.first().title == "责任书"


def test_the_file_has_a_list_in_front_and_a_folder_for_each_title(pack, secretary, meeting):
    factories.MemberFactory(branch=pack.branch, name="何景一")
    archive, papers, lacking = opened(pack, secretary)
    names = archive.namelist()
    told = text_of(archive.read("00-卷内目录.docx"))

    assert "03-主题党日记录/第一小学党支部主题党日记录.docx" in names
    assert "08-党员名册/党员名册.docx" in names
    assert papers == len(names) - 1
    assert "责任书" in lacking
    assert "2026-11-06" in told
    assert told.count("缺") == len(lacking)
    assert "何景一" in text_of(archive.read("08-党员名册/党员名册.docx"))


def test_no_personal_number_stands_in_it(pack, secretary):
    number = factories.id_number(7, date(1981, 2, 3))
    factories.MemberFactory(branch=pack.branch, id_number=number, phone="19820000001")
    archive, *_ = opened(pack, secretary)
    everything = "".join(text_of(archive.read(name)) for name in archive.namelist() if name.endswith(".docx"))

    assert number not in everything
    assert "19820000001" not in everything


def test_what_lies_outside_the_stretch_is_not_in_it(pack, secretary, branch):
    factories.MeetingFactory(
        branch=branch, held_on=date(2025, 11, 6), state="accepted", submitted_at="2025-11-07T02:00:00Z"
    )

    assert "主题党日记录" in opened(pack, secretary)[2]


def test_of_a_branch_nothing_of_another_is_packed(pack, secretary, meeting):
    elsewhere = factories.BranchFactory(name="第二小学党支部")
    factories.MeetingFactory(
        branch=elsewhere, held_on=date(2026, 11, 6), state="accepted", submitted_at="2026-11-07T02:00:00Z"
    )

    assert not [name for name in opened(pack, secretary)[0].namelist() if "第二小学" in name]


def test_who_lost_the_post_gets_nothing_from_the_waiting_work(pack, secretary):
    secretary.appointments.update(ended_on=date(2026, 11, 19))
    job = Job.objects.create(kind="portal.pack", args={"pack": pack.pk}, created_by=User.objects.get(pk=secretary.pk))

    with pytest.raises(ValidationError, match="权限范围"):
        make_pack(job, lambda *told: None)


def test_a_paper_that_exists_only_outside_is_uploaded(pack, secretary):
    item = PackItem(pack=pack, title="工作汇报", kind="upload")
    upload = SimpleUploadedFile("汇报.jpg", photo())
    item = packs.put_item(item, upload, by=secretary)
    archive, _, lacking = opened(pack, secretary)

    assert "12-工作汇报/工作汇报.jpg" in archive.namelist()
    assert "工作汇报" not in lacking
    packs.drop_item(item, by=secretary)
    assert pack.items.count() == 11


def test_what_goes_beyond_the_limit_is_named(pack, secretary, meeting, monkeypatch):
    monkeypatch.setattr(packs, "LARGEST", 10)
    archive, papers, _ = opened(pack, secretary)

    assert papers == 0
    assert "没有装入" in text_of(archive.read("00-卷内目录.docx"))


def test_titles_move_and_the_whole_goes(pack, secretary):
    second = pack.items.order_by("position")[1]
    packs.move_item(second, up=True, by=secretary)
    assert pack.items.order_by("position").first() == second
    packs.drop(pack, by=secretary)
    assert not Pack.objects.exists()
    assert AuditEvent.objects.filter(action="pack.drop").exists()


@pytest.mark.parametrize(
    "act",
    [
        lambda item, by: packs.drop_item(item, by=by),
        lambda item, by: packs.move_item(item, up=True, by=by),
        lambda item, by: packs.put_item(item, None, by=by),
    ],
    ids=["drop", "move", "change"],
)
def test_what_a_colleague_just_took_out_stays_out(pack, secretary, act):
    first, second = list(pack.items.order_by("position"))[:2]
    packs.move_item(first, up=False, by=secretary)
    packs.drop_item(PackItem.objects.get(pk=second.pk), by=secretary)

    with pytest.raises(ValidationError, match="刚被删去"):
        act(second, secretary)

    assert not PackItem.objects.filter(pk=second.pk).exists()
    assert [event.action for event in AuditEvent.objects.order_by("pk")][-2:] == ["pack.item", "pack.drop_item"]


def test_another_branch_makes_no_pack_of_it(branch, pack):
    stranger = factories.UserFactory(serving=factories.BranchFactory(), role=Role.SECRETARY)

    with pytest.raises(PermissionDenied):
        packs.start(Pack(branch=branch, title="x", starts_on=TODAY, ends_on=TODAY), "", by=stranger, on=TODAY)
    with pytest.raises(PermissionDenied):
        packs.drop(pack, by=stranger)


def test_who_comes_second_is_told(client, pack, secretary):
    client.force_login(secretary)
    url = reverse("portal:pack_edit", args=[pack.pk])
    typed = {"title": "甲", "starts_on": "2026-01-01", "ends_on": "2026-11-20", "version": pack.version}
    assert client.post(url, typed).status_code == 302
    answer = client.post(url, typed | {"title": "乙"})

    assert "刚被别人改过" in answer.content.decode()
    assert Pack.objects.get().title == "甲"
    assert issubclass(Stale, ValidationError)


def test_the_pages_lead_to_the_file(client, pack, secretary, meeting):
    client.force_login(secretary)
    page = client.get(f"{pack.get_absolute_url()}?check=1").content.decode()
    assert "现在没有内容" in page
    PackItem.objects.filter(pack=pack).exclude(kind="meetings:theme_party_day").delete()
    answer = client.post(reverse("portal:pack_make", args=[pack.pk]))
    job = Job.objects.get()

    assert answer["Location"] == reverse("portal:job", args=[job.pk])
    assert job.state == Job.State.DONE, job.error
    name, data = fetch(job)
    assert name == "2026 年党建督查资料.zip"
    assert zipfile.ZipFile(io.BytesIO(data)).testzip() is None


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"ends_on": "2025-01-01"}, "止日不能早于起日"),
        ({"title": ""}, "请填写名称"),
        ({"title": "机密★一年"}, "非涉密系统"),
        ({"branch": "0"}, "选择"),
    ],
)
def test_bad_input_is_told_beside_its_field(client, branch, secretary, typed, words):
    client.force_login(secretary)
    right = {"title": "资料", "branch": branch.pk, "starts_on": "2026-01-01", "ends_on": "2026-11-20", "template": ""}
    answer = client.post(reverse("portal:pack_add"), right | typed)

    assert answer.status_code == 200
    assert words in answer.content.decode()
    assert not Pack.objects.exists()


def test_each_kind_of_record_becomes_paper(secretary, branch, meeting):
    by = secretary
    receipt = factories.ReceiptFactory(branch=branch, notice=factories.NoticeFactory(issued=True, created_by=by))
    factories.ResponsibilityLetterFactory(branch=branch, signed_on=date(2026, 3, 1), file=factories.StoredFileFactory())
    factories.CollectiveDecisionFactory(branch=branch, meeting=meeting)
    matter = factories.RectificationFactory(branch=branch, raised_on=date(2026, 5, 1), due_on=date(2026, 6, 1))
    factories.AttachmentFactory(branch=branch, rectification=matter)
    factories.ApplicationFactory(branch=branch, applied_on=date(2026, 2, 1))
    factories.TrainingClassFactory(branch=branch, starts_on=date(2026, 4, 1), ends_on=date(2026, 4, 2))
    factories.TermFactory(branch=branch)
    factories.MemberFactory(branch=branch)
    factories.MeetingFileFactory(meeting=meeting)
    generate(2026, by=by)
    wanted = evidence.Asked(by, (branch,), date(2026, 1, 1), date(2026, 12, 31), TODAY)
    made = {kind: [paper.make() for paper in evidence.found(kind, wanted)] for kind in FULL}

    assert {kind: len(papers) for kind, papers in made.items()} == FULL
    assert receipt.notice.title in text_of(made["notices"][0])
