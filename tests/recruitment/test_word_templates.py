"""A county's own Word forms: from a day on, refused by the name of what nobody knows, and back to ours."""

import io
from datetime import date

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.urls import reverse
from docx import Document

from branches.rights import Role
from files import word_templates
from files.models import WordTemplate
from office import word_form
from recruitment import documents, word_guide
from tests import factories
from tests.factories_files import upload
from tests.recruitment.papers import walked

pytestmark = pytest.mark.django_db
KEY = "apply-receipt"
MAY = date(2026, 5, 11)


@pytest.fixture(autouse=True)
def store_folder(tmp_path, settings):
    settings.MEDIA_ROOT = tmp_path / "store"
    settings.FILES_MIN_FREE = 0


def word(*lines):
    document = Document()
    for line in lines:
        document.add_paragraph(line)
    stream = io.BytesIO()
    document.save(stream)
    return upload(stream.getvalue(), "本县回执.docx")


def paper(key=KEY):
    return documents.documents()[key]


def written(application, on):
    user = factories.UserFactory(serving=application.branch)
    return word_form.text(documents.write(application, [paper()], user, on=on)[KEY].data)


def test_the_countys_form_holds_from_its_day_and_ours_before_and_after(staff):
    application = walked(until="initial_talk")
    documents.replace(paper(), word("县样：{{姓名}}，{{收到日期}}"), from_on=MAY, by=staff)
    documents.go_back(paper(), from_on=date(2026, 9, 1), by=staff)

    assert "县样" not in written(application, date(2026, 5, 10))
    assert "县样：何景行，2024年3月4日" in written(application, MAY)
    assert "县样" in written(application, date(2026, 8, 31))
    assert "县样" not in written(application, date(2026, 9, 1))


def test_of_two_of_a_day_the_later_holds(staff):
    for name in ("甲", "乙"):
        documents.replace(paper(), word(f"{name}{{{{姓名}}}}"), from_on=MAY, by=staff)

    assert written(walked(until="initial_talk"), MAY).startswith("乙何景行")


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        (["{{姓名}}", "{{身高}}"], "{{身高}}"), (["{{姓名"], "没有成对"), (["没有字段"], "一个字段也没有"),
        (["{{考察.日期}}"], "表格的一行里"), (["{{''.__class__}}"], "表格的一行里"), (["{{7*7}}"], "{{7\\*7}}"),
    ],
    ids=["unknown", "loose", "none", "no row", "language", "sum"],
)  # fmt: skip
def test_a_form_that_cannot_be_filled_is_refused_by_name(staff, lines, says):
    with pytest.raises(ValidationError, match=says):
        documents.replace(paper(), word(*lines), from_on=MAY, by=staff)
    assert not WordTemplate.objects.exists()


def test_ours_may_be_taken_edited_and_sent_back(staff):
    for key, document in documents.documents().items():
        if document.has_form and key in (
            "cultivate-review_form",
            "archive-file_contents",
            "political_review-political_review",
        ):
            sent = upload(word_templates.ours(document.template), "表样.docx")
            documents.replace(document, sent, from_on=MAY, by=staff)

    assert WordTemplate.objects.count() == 3


def test_going_back_needs_something_to_go_back_from(staff):
    with pytest.raises(ValidationError, match="系统自带"):
        documents.go_back(paper(), from_on=MAY, by=staff)


@pytest.mark.parametrize("role", [Role.SECRETARY, Role.COMMITTEE, Role.INSPECTOR])
def test_only_who_words_the_catalogues_may_change_a_form(role):
    branch = factories.BranchFactory(committee=role != Role.SECRETARY)

    with pytest.raises(PermissionDenied):
        documents.replace(paper(), word("{{姓名}}"), from_on=MAY, by=factories.UserFactory(serving=branch, role=role))


def test_the_page_takes_a_form_refuses_a_bad_one_and_goes_back(client, staff):
    client.force_login(staff)
    url = reverse("recruitment:template", args=[KEY])
    day = {"new-from_on": "2020-01-01", "new-note": "县样"}

    bad = client.post(url, day | {"new-upload": word("{{身高}}")})
    assert "系统不认识的字段：{{身高}}" in bad.content.decode()
    assert client.post(url, day | {"new-upload": word("县样{{姓名}}")}).status_code == 302
    page = client.get(url).content.decode()
    assert "现用本县表样" in page
    sent = client.get(reverse("recruitment:template_word", args=[KEY]))
    assert word_form.used(sent.content).fields == ("姓名",)
    ours = client.get(reverse("recruitment:template_word", args=[KEY]) + "?ours=1")
    assert "依据条款" in word_form.used(ours.content).fields
    assert "1 份用本县自己的表样" in client.get(reverse("recruitment:templates")).content.decode()
    assert client.post(url, {"back": "1", "back-from_on": "2020-01-02"}).status_code == 302
    assert "现用系统自带的表样" in client.get(url).content.decode()


@pytest.mark.parametrize("key", ["apply-application", "apply-nothing", "nothing"])
def test_a_form_that_is_not_there_is_not_found(client, staff, key):
    client.force_login(staff)

    assert client.get(reverse("recruitment:template", args=[key])).status_code == 404


def test_the_guide_names_every_field(client, staff):
    client.force_login(staff)
    text = word_form.text(client.get(reverse("recruitment:template_guide")).content)

    assert word_guide.word(on=MAY)
    for name in (*documents.document_fields.fields(), *documents.document_fields.columns()):
        assert f"{{{{{name}}}}}" in text
