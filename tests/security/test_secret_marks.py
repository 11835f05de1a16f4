"""A text that bears a 密级 mark is refused by every form in which one may write freely."""

import pytest
from django import forms

from assessment.forms.secretary_review import ReturnForm, TellForm
from duties.forms import AnswerForm, AskForm, DecideForm
from meetings.forms.record import SendBackForm
from meetings.forms.review import AnswerForm as SettleForm
from reminders.forms.bulletin import BulletinForm
from reminders.forms.ladder import AnswerForm as ExplainForm
from reminders.forms.ladder import CloseForm, HandForm, TakeForm
from reminders.forms.reminder import CallForm

KEYS = {"subject", "level", "seen", "password"}  # what a person does not write, and what is not kept
FORMS = (
    AnswerForm, AskForm, BulletinForm, CallForm, CloseForm, DecideForm, ExplainForm, HandForm, SendBackForm, SettleForm,
    TakeForm, ReturnForm, TellForm,
)  # fmt: skip


@pytest.mark.parametrize("kind", FORMS, ids=lambda kind: f"{kind.__module__} {kind.__name__}")
def test_a_marked_text_is_refused(kind):
    names = [name for name, field in kind().fields.items() if type(field) is forms.CharField and name not in KEYS]
    form = kind(dict.fromkeys(names, "机密★ 某事"))

    assert names
    assert {name: [error.code for error in form.errors.as_data().get(name, ())] for name in names} == {
        name: ["secret"] for name in names
    }
