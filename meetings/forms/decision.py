from django import forms
from django.utils import timezone

from branches.forms import FilterForm, VersionedForm
from branches.models import Branch
from meetings.models import CollectiveDecision


class DecisionFilter(FilterForm):
    kind = forms.ChoiceField(label="类别", choices=[("", "全部类别"), *CollectiveDecision.Kind.choices])
    year = forms.ChoiceField(label="年度", choices=lambda: [("", "全部年度"), *_years()])
    branch = forms.ModelChoiceField(label="党组织", queryset=Branch.objects.none(), empty_label="全部党组织")

    placeholder = "事项"


def _years():
    year = timezone.localdate().year
    return [(str(each), f"{each} 年") for each in range(year, year - 4, -1)]


class DecisionForm(VersionedForm):
    class Meta:
        model = CollectiveDecision
        fields = ("kind", "matter", "meeting", "result", "amount", "number", "carried_out")
        widgets = {"kind": forms.RadioSelect, "result": forms.RadioSelect}

    def __init__(self, *args, meetings, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["meeting"].queryset = meetings
        self.fields["meeting"].empty_label = "请选会议"
        self.fields["meeting"].label_from_instance = lambda meeting: f"{meeting.held_on:%Y-%m-%d} {meeting.topic}"
        for name in ("kind", "result"):
            self.fields[name].choices = (
                self.fields[name].choices[1:] if not self.fields[name].choices[0][0] else (self.fields[name].choices)
            )

    def clean_meeting(self):
        """The organisation is that of the address, whatever the meeting says."""
        meeting = self.cleaned_data["meeting"]
        if meeting.branch_id != self.instance.branch_id:
            raise forms.ValidationError("请选本党组织的会议。")
        return meeting
