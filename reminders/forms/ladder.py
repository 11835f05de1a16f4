from django import forms

from files.secrecy import refuse_marked


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

    subject = forms.CharField(max_length=40, widget=forms.HiddenInput)
    level = forms.CharField(max_length=16, widget=forms.HiddenInput)
    parties = forms.CharField(
        label="谈话人和谈话对象", max_length=100, required=False, validators=[refuse_marked],
        help_text="写职务和姓名；谈话内容不录入",
    )  # fmt: skip
