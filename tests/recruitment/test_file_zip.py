"""The whole file as one zip: numbered, the same bytes each time, what lacks and what is closed named."""

import io
import zipfile
from datetime import date

import pytest

from accounts.models import AuditEvent
from branches.rights import Role
from files.models import StoredFile
from office import word_form
from recruitment import documents, file_zip
from tests import factories
from tests.factories_files import upload
from tests.recruitment.papers import walked

pytestmark = pytest.mark.django_db
ON = date(2026, 12, 30)
LACKING = "缺少和没有装入的材料.txt"


@pytest.fixture(autouse=True)
def store_folder(tmp_path, settings):
    settings.MEDIA_ROOT = tmp_path / "store"
    settings.FILES_MIN_FREE = 0


def packed(application, role):
    at = application.branch if role == Role.SECRETARY else application.branch.parent
    user = factories.UserFactory(serving=at, role=role)
    return zipfile.ZipFile(io.BytesIO(file_zip.pack(application, user, on=ON)))


def scan(application, key, **fields):
    document = documents.documents()[key]
    return factories.StepFileFactory(application=application, step=document.step, document=document.paper, **fields)


def test_papers_are_numbered_in_the_order_of_the_road():
    application = walked(until="assign_mentor")
    scan(application, "apply-application")
    scan(application, "initial_talk-talk_record")
    names = packed(application, Role.SECRETARY).namelist()

    assert names == [
        "00-卷内目录.docx", "01-入党申请书（本人手写）（签字扫描件1）.jpg", "02-入党申请书收讫回执（系统生成，待签字）.docx",
        "03-入党申请人谈话记录（系统生成，待签字）.docx", "03-入党申请人谈话记录（签字扫描件1）.jpg",
        "04-入党积极分子推荐（推优）情况表（系统生成，待签字）.docx", "06-入党积极分子备案表（系统生成，待签字）.docx",
        "07-培养联系人登记表（系统生成，待签字）.docx", LACKING,
    ]  # fmt: skip


def test_what_lacks_is_named_in_the_list_and_in_the_contents():
    application = walked(until="initial_talk")
    scan(application, "apply-application")
    archive = packed(application, Role.SECRETARY)
    lacking = archive.read(LACKING).decode("utf-8-sig").splitlines()

    assert lacking == ["02 入党申请书收讫回执：缺签字件", "03 入党申请人谈话记录：缺签字件"]
    contents = word_form.text(archive.read("00-卷内目录.docx"))
    assert contents.count("缺签字件") == 3  # two rows and the note below
    assert "{{" not in contents


def test_political_review_and_votes_are_left_out_and_named_for_whoever_may_not_see_them():
    application = walked()
    scan(application, "political_review-political_review")
    theirs, ours = packed(application, Role.INSPECTOR), packed(application, Role.SECRETARY)
    lacking = theirs.read(LACKING).decode("utf-8-sig")

    assert any("政治审查结论表（签字扫描件1）" in name for name in ours.namelist())
    assert not any("政治审查" in name or "决议" in name for name in theirs.namelist())
    assert "政治审查结论表：限授权查看，没有装入" in lacking
    assert "支部大会接收预备党员决议：限授权查看，没有装入" in lacking
    every = "".join(word_form.text(theirs.read(name)) for name in theirs.namelist() if name.endswith(".docx"))
    assert "未发现" not in every


def test_a_file_that_cannot_be_opened_is_named():
    application = walked(until="initial_talk")
    scan(application, "apply-application", file=factories.StoredFileFactory(waiting=True))

    assert "还没有通过病毒检查" in packed(application, Role.SECRETARY).read(LACKING).decode("utf-8-sig")


def test_the_same_file_is_the_same_bytes_and_each_packing_is_on_record():
    application = walked(until="initial_talk")
    secretary = factories.UserFactory(serving=application.branch)
    documents.attach(
        application, documents.documents()["apply-application"], upload(name="../..\\申请书.jpg"), by=secretary
    )
    first = file_zip.pack(application, secretary, on=ON)

    assert first == file_zip.pack(application, secretary, on=ON)
    assert AuditEvent.objects.filter(action="recruitment.pack").count() == 2
    assert StoredFile.objects.get().name == "申请书.jpg"


def test_nothing_of_a_name_leads_out_of_the_folder():
    application = walked(until="initial_talk")
    application.member.name = "../何/景\\行"
    application.member.save()
    names = packed(application, Role.SECRETARY).namelist()

    assert not any("/" in name or "\\" in name or ".." in name for name in names)
    assert "/" not in file_zip.name_of(application)
