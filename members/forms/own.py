import re

from django import forms

from files.secrecy import refuse_marked
from members.models import Correction
from members.own import CORRECTABLE, OTHER, Reason, label_of


def _said(text, where):
    """What was typed, refused with a 密级 mark, an ID number or a phone number: those do not belong into a remark."""
    refuse_marked(text, where)
    if re.search(r"\d{11}", re.sub(r"[\s-]", "", text)):
        raise forms.ValidationError(f"{where}里不要写身份证号、手机号。")
    return text.strip()


class RevealForm(forms.Form):
    """Why somebody's classified value is looked at; the person reads it on the own page."""

    reason = forms.ChoiceField(
        label="事由",
        choices=Reason.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "请选择查看的事由。"},
    )
    note = forms.CharField(label="说明", max_length=100, required=False)

    def clean_note(self):
        return _said(self.cleaned_data["note"], "说明")

    def clean(self):
        if self.cleaned_data.get("reason") == Reason.OTHER and not self.cleaned_data.get("note"):
            self.add_error("note", "选“其他”的，请写明事由。")
        return self.cleaned_data


class CorrectionForm(forms.Form):
    field = forms.ChoiceField(
        label="要更正的内容", choices=[("", "请选择"), *((name, label_of(name)) for name in (*CORRECTABLE, OTHER))],
        error_messages={"required": "请选择要更正的内容。"},
    )  # fmt: skip
    said = forms.CharField(
        label="应为", max_length=200, widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": "请填写正确的内容。"},
    )  # fmt: skip
    reason = forms.CharField(label="说明", max_length=200, required=False)

    def clean_said(self):
        refuse_marked(self.cleaned_data["said"], "内容")
        return self.cleaned_data["said"]

    def clean_reason(self):
        return _said(self.cleaned_data["reason"], "说明")


class AnswerForm(forms.Form):
    state = forms.ChoiceField(
        label="办理结果", widget=forms.RadioSelect,
        choices=[(state.value, state.label) for state in (Correction.State.DONE, Correction.State.REFUSED)],
        error_messages={"required": "请选择办理结果。"},
    )  # fmt: skip
    answer = forms.CharField(label="答复", max_length=200, required=False)

    def clean_answer(self):
        return _said(self.cleaned_data["answer"], "答复")

    def clean(self):
        if self.cleaned_data.get("state") == Correction.State.REFUSED and not self.cleaned_data.get("answer"):
            self.add_error("answer", "不予更正的要写明原因。")
        return self.cleaned_data
