from django import forms

from files.secrecy import refuse_marked
from reminders.models import LadderStep

UNKNOWN = "请从建议里选一步办理。"
LISTED = [level for level in LadderStep.Level if level != LadderStep.Level.TALK]  # a 约谈 names its parties first


class VersionForm(forms.Form):
    version = forms.IntegerField(widget=forms.HiddenInput)


class AnswerForm(VersionForm):
    text = forms.CharField(
        label="情况说明", max_length=500, widget=forms.Textarea(attrs={"rows": 4}), validators=[refuse_marked],
        error_messages={"required": "请写明情况：为什么没有办理，打算什么时候办好。"},
    )  # fmt: skip


class CloseForm(VersionForm):
    outcome = forms.CharField(
        label="结果", max_length=200, widget=forms.Textarea(attrs={"rows": 2}), validators=[refuse_marked],
        error_messages={"required": "请写明结果，如“已补办”“说明属实，不再推进”。"},
    )  # fmt: skip


class HandForm(VersionForm):
    to = forms.CharField(label="移交给哪个机关", max_length=100, validators=[refuse_marked])
    handed_on = forms.DateField(
        label="移交日期", widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"required": "请填写移交日期。", "invalid": "请填写有效日期，如 2026-11-25。"},
    )  # fmt: skip


class TakeForm(forms.Form):
    """The day is today; of a 约谈 the parties are named, never what was said."""

    subject = forms.CharField(max_length=40, widget=forms.HiddenInput, error_messages={"required": UNKNOWN})
    level = forms.ChoiceField(
        choices=LadderStep.Level.choices, widget=forms.HiddenInput,
        error_messages={"required": UNKNOWN, "invalid_choice": UNKNOWN},
    )  # fmt: skip
    parties = forms.CharField(
        label="谈话人和谈话对象", max_length=100, required=False, validators=[refuse_marked],
        help_text="写职务和姓名；谈话内容不录入",
    )  # fmt: skip


class TickedForm(forms.Form):
    """The steps ticked in the list of one organisation, as level:subject."""

    each = forms.MultipleChoiceField(error_messages={"required": "请先勾选要登记的事项。", "invalid_choice": UNKNOWN})

    def __init__(self, data):
        super().__init__(data)
        self.fields["each"].choices = [(value, value) for value in data.getlist("each")]

    def clean_each(self):
        chosen = [value.partition(":")[::2] for value in dict.fromkeys(self.cleaned_data["each"])]
        if any(level not in LISTED for level, _ in chosen):
            raise forms.ValidationError(UNKNOWN)
        return [(subject, level) for level, subject in chosen]
