from django import forms
from django.utils import timezone

from branches.forms import FilterForm, VersionedForm
from branches.models import Branch
from meetings.models import Attendance, Meeting, MeetingKind

FIRST_YEAR = 1921


class MeetingFilter(FilterForm):
    branch = forms.ModelChoiceField(label="党支部", queryset=Branch.objects.none(), empty_label="全部党支部")
    kind = forms.ChoiceField(label="会议类别", choices=[("", "全部类别"), *MeetingKind.Kind.choices])
    state = forms.ChoiceField(label="状态", choices=[("", "全部状态"), *Meeting.State.choices])
    year = forms.ChoiceField(label="年份", choices=lambda: [("", "全部年份"), *_last_years()])

    placeholder = "会议主题"


def _last_years():
    today = timezone.localdate()
    return [(str(year), f"{year} 年") for year in range(today.year, today.year - 4, -1)]


class BranchChoice(FilterForm):
    """The search above the branches for which a meeting may be entered; the kind asked for goes along."""

    kind = forms.ChoiceField(choices=MeetingKind.Kind, widget=forms.HiddenInput)

    placeholder = "名称或学校"


class MeetingForm(VersionedForm):
    """A meeting as a secretary enters it; the roll is read beside it from the fields `att-<member>`."""

    kinds = forms.MultipleChoiceField(
        label="会议类别", choices=MeetingKind.Kind, widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "请选会议类别，可多选。"},
    )  # fmt: skip

    class Meta:
        model = Meeting
        fields = ("kinds", "held_on", "topic", "host", "place", "due_count", "attended_count", "minutes")
        widgets = {
            "held_on": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
            "host": forms.TextInput(attrs={"list": "hosts", "autocomplete": "off"}),
            "minutes": forms.Textarea(attrs={"rows": 8}),
        }
        error_messages = {
            "topic": {"required": "请填写主题。"},
            "held_on": {"required": "请填写召开日期。", "invalid": "请填写有效日期，如 2026-11-25。"},
        }

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for name in ("due_count", "attended_count"):
            self.fields[name].required = False
        self.initial.setdefault("held_on", timezone.localdate())

    def clean_held_on(self):
        day = self.cleaned_data["held_on"]
        if day.year < FIRST_YEAR:
            raise forms.ValidationError(f"年份 {day.year} 不对，请核对召开日期。")
        return day

    def clean(self):
        cleaned = super().clean()
        for name in ("due_count", "attended_count"):
            cleaned[name] = cleaned.get(name) or 0
        return cleaned


def marks_posted(data):
    """member pk → mark, as posted; 全体到会 sets them all when the roll is read."""
    found = {}
    for name, mark in data.items():
        pk = name.removeprefix("att-")
        if pk != name and pk.isdecimal() and mark in Attendance.Mark.values:
            found[int(pk)] = Attendance.Mark(mark)
    return found


class SendBackForm(forms.Form):
    reason = forms.CharField(
        label="要补什么、改什么", max_length=200, widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "请写明退回原因，支部才知道改什么。"},
    )  # fmt: skip
