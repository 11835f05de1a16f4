"""A county's own Word forms: what is written beside them is looked at like every text."""

from datetime import date

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile

from files import word_templates
from files.models import WordTemplate
from office import word_form
from tests import factories

pytestmark = pytest.mark.django_db
KEY = "recruitment/initial_talk-talk_record"


def test_a_note_with_a_secret_mark_is_refused():
    data = word_templates.ours(KEY)
    used, upload = word_form.used(data), SimpleUploadedFile("表样.docx", data)

    with pytest.raises(ValidationError, match="机密★"):
        word_templates.replace(
            KEY, upload, from_on=date(2026, 1, 1), note="机密★ 某事", fields=used.fields, columns=used.columns,
            by=factories.UserFactory(),
        )  # fmt: skip
    assert not WordTemplate.objects.exists()
