"""Every paper of a file, of a road just begun and of one that is walked to its end, as LibreOffice reads it."""

import re
from datetime import date

import pytest

from accounts.models import User
from files import word_templates
from office import word_form
from recruitment import documents, word_guide
from tests.recruitment.papers import ABSENT, read_by_libreoffice, walked

pytestmark = [pytest.mark.django_db, pytest.mark.skipif(ABSENT, reason="LibreOffice is not on this machine")]
ON = date(2026, 12, 30)
MOST_PAGES = 1


@pytest.mark.parametrize("until", [None, "apply"], ids=["walked", "begun"])
def test_each_paper_opens_whole_filled_and_on_its_pages(tmp_path, until, record_property):
    application = walked(until=until)
    wanted = [document for document in documents.documents().values() if document.has_form]
    written = documents.write(application, wanted, User.objects.system(), on=ON)
    found = read_by_libreoffice(tmp_path, {key: each.data for key, each in written.items()})
    record_property("papers", len(found))

    for key, (content, pages) in found.items():
        text = re.sub(r"\s", "", content)
        assert not re.search(r"\{\{|\}\}|None|Fault|nan", content), key
        assert pages == MOST_PAGES, key
        assert "何景行" in text or key.endswith(("resolution", "conversion_application")), key
        assert "依据《中国共产党发展党员工作细则》" in text, key
        if until:
            blanks = text.count(word_form.BLANK) or not written[key].missing
            assert blanks, key


def test_each_empty_form_and_the_guide_open_too(tmp_path):
    forms = {key: word_templates.ours(each.template) for key, each in documents.documents().items() if each.has_form}
    found = read_by_libreoffice(tmp_path, forms | {"guide": word_guide.word(on=ON)})

    for key, (content, _) in found.items():
        assert "{{姓名}}" in content.replace(" ", "") or key == "transfer_apply-conversion_application", key
