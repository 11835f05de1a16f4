"""The pages of the papers: by role, without strangers, with what is blank said before the download."""

import io
import zipfile
from datetime import date

import pytest
from django.urls import reverse

from accounts.models import AuditEvent
from branches.rights import Role
from office import word_form
from recruitment import documents
from recruitment.models import StepFile
from tests import factories
from tests.factories_files import upload
from tests.recruitment.papers import walked

pytestmark = pytest.mark.django_db
REVIEW, TALK = "political_review-political_review", "initial_talk-talk_record"


@pytest.fixture(autouse=True)
def store_folder(tmp_path, settings):
    settings.MEDIA_ROOT = tmp_path / "store"
    settings.FILES_MIN_FREE = 0


@pytest.fixture
def application():
    return walked(until="prospect_training")


def enter(client, application, role=Role.SECRETARY):
    at = application.branch if role in (Role.SECRETARY, Role.EDITOR) else application.branch.parent
    user = factories.UserFactory(serving=at, role=role)
    client.force_login(user)
    return user


def url(name, *args):
    return reverse(f"recruitment:{name}", args=args)


def scan(application, key):
    document = documents.documents()[key]
    return factories.StepFileFactory(application=application, step=document.step, document=document.paper)


def test_the_list_counts_what_is_there_and_what_lacks(client, application):
    enter(client, application)
    scan(application, TALK)
    page = client.get(url("documents", application.pk))

    assert page.context["folder"].have == 1
    assert f"应有 {page.context['folder'].of} 份，已有签字件 1 份" in page.content.decode()


@pytest.mark.parametrize("role", [Role.EDITOR, Role.INSPECTOR])
def test_a_closed_paper_shows_its_day_only_and_its_page_is_not_there(client, application, role):
    enter(client, application, role)
    row = scan(application, REVIEW)
    listed = client.get(url("documents", application.pk)).content.decode()

    assert "已办，限授权查看" in listed
    assert url("document", application.pk, REVIEW) not in listed
    for address in (
        url("document", application.pk, REVIEW), url("document_word", application.pk, REVIEW), url("file", row.pk),
        url("file_thumbnail", row.pk),
    ):  # fmt: skip
        assert client.get(address).status_code == 404
    if role == Role.EDITOR:
        assert client.post(url("file_add", application.pk, REVIEW), {"files": upload()}).status_code == 404
        assert client.post(url("file_remove", row.pk)).status_code == 404


def test_what_is_blank_is_said_before_the_download(client, application):
    enter(client, application)
    page = client.get(url("document", application.pk, "activist_filing-filing_form")).content.decode()

    assert "参加工作时间" in page
    assert "第八条" in page
    full = client.get(url("document", application.pk, TALK)).content.decode()
    assert "没有空白" in full


def test_the_form_goes_out_filled_and_that_is_on_record(client, application):
    enter(client, application)
    sent = client.get(url("document_word", application.pk, TALK))

    assert "何景行" in word_form.text(sent.content)
    assert "attachment" in sent["Content-Disposition"]
    assert AuditEvent.objects.filter(action="recruitment.document", detail__paper=TALK).count() == 1
    shown = client.get(url("document", application.pk, TALK)).content.decode()
    assert "下载填好的表样" in shown


@pytest.mark.parametrize("key", ["apply-application", "apply-nothing", "branch_vote-meeting_minutes"])
def test_a_paper_without_a_form_has_nothing_to_download(client, application, key):
    enter(client, application)

    assert client.get(url("document_word", application.pk, key)).status_code == 404


@pytest.mark.parametrize(("role", "suffix"), [(Role.SECRETARY, ""), (Role.COMMITTEE, "_above")])
def test_a_scan_is_added_opened_and_taken_down(client, application, role, suffix):
    enter(client, application, role)
    page = client.get(url("document", application.pk, TALK)).content.decode()
    add = url(f"file_add{suffix}", application.pk, TALK)
    assert f'action="{add}"' in page

    client.post(add, {"files": [upload(), upload(b"<html>", "坏.jpg")]})
    row = StepFile.objects.get()
    page = client.get(url("document", application.pk, TALK)).content.decode()
    assert "坏.jpg" in page
    assert "没有保存" in page
    assert url("file_thumbnail", row.pk) in page
    assert client.get(url("file", row.pk)).status_code == 200
    assert client.get(url("file_thumbnail", row.pk))["Content-Type"] == "image/jpeg"

    assert client.post(url(f"file_remove{suffix}", row.pk)).status_code == 302
    assert client.get(url("file", row.pk)).status_code == 404


def test_nothing_chosen_is_said_beside_the_box(client, application):
    enter(client, application)

    assert "请先选择文件" in client.post(url("file_add", application.pk, TALK), {}).content.decode()


def test_after_the_archive_the_page_offers_nothing_to_add(client):
    application = walked()
    factories.RoadStepFactory(application=application, step="archive", on=date(2027, 1, 10))
    enter(client, application)
    page = client.get(url("document", application.pk, TALK)).content.decode()

    assert "已经归档" in page
    assert url("file_add", application.pk, TALK) not in page


def test_the_zip_comes_as_one_file(client, application):
    enter(client, application)
    sent = client.get(url("zip", application.pk))

    assert "00-卷内目录.docx" in zipfile.ZipFile(io.BytesIO(sent.content)).namelist()


def test_strangers_find_nothing(client, application):
    client.force_login(factories.UserFactory(serving=factories.BranchFactory()))
    row = scan(application, TALK)

    for address in (
        url("documents", application.pk), url("document", application.pk, TALK), url("document_word", application.pk, TALK),
        url("zip", application.pk), url("file", row.pk), url("file_thumbnail", row.pk),
    ):  # fmt: skip
        assert client.get(address).status_code == 404
    assert client.post(url("file_add", application.pk, TALK), {"files": upload()}).status_code == 404
    assert client.post(url("file_remove", row.pk)).status_code == 404


def test_the_queries_of_the_page_do_not_grow_with_the_scans(client, application, count_queries):
    enter(client, application)
    address = url("document", application.pk, TALK)
    scan(application, TALK)
    one = count_queries(address)
    for _ in range(9):
        scan(application, TALK)

    assert count_queries(address) == one
