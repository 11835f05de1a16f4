from django import forms
from django.utils import timezone

from meetings.models import Attendance, Meeting, MeetingKind


class MeetingForm(forms.ModelForm):
    """A meeting as a secretary enters it; the roll is read beside it from the fields `att-<member>`."""

    kinds = forms.MultipleChoiceField(
        label="会议类别", choices=MeetingKind.Kind, widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "请选会议类别，可多选。"},
    )
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    class Meta:
        model = Meeting
        fields = ("kinds", "held_on", "topic", "host", "place", "due_count", "attended_count", "minutes")
        widgets = {
            "held_on": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
            "minutes": forms.Textarea(attrs={"rows": 8}),
        }
        error_messages = {"topic": {"required": "请填主题。"}, "held_on": {"required": "请填召开日期。"}}

    def __init__(self, *args, hosts=(), **kwargs):
        super().__init__(*args, **kwargs)
        self.hosts = hosts
        for name in ("due_count", "attended_count"):
            self.fields[name].required = False
        self.initial.setdefault("held_on", timezone.localdate())

    def marks(self, due):
        """member pk → mark, as posted, for those due."""
        marks = {}
        for member in due:
            mark = self.data.get(f"att-{member.pk}", "")
            if "all_present" in self.data:
                mark = mark or Attendance.Mark.PRESENT
            if mark in Attendance.Mark.values:
                marks[member.pk] = Attendance.Mark(mark)
        return marks

    def clean(self):
        cleaned = super().clean()
        for name in ("due_count", "attended_count"):
            cleaned[name] = cleaned.get(name) or 0
        return cleaned


class SendBackForm(forms.Form):
    reason = forms.CharField(
        label="要补什么、改什么", max_length=200, widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "请写明退回原因，支部才知道改什么。"},
    )
