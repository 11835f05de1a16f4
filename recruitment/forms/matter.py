"""What is done beside the steps: 公示, 政审联审, the probation, who guides, one meeting on several persons."""

from django import forms

from branches.forms import VersionedForm
from files.secrecy import refuse_marked
from meetings.models import Vote
from members.models import Member
from recruitment.forms.step import COUNTS, day, number, text
from recruitment.models import DepartmentReply, Publicity
from recruitment.road import known_editions

DAYS = {name: forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d") for name in ("started_on", "ended_on")}


class PublicityForm(VersionedForm):
    class Meta:
        model = Publicity
        fields = ("started_on", "ended_on", "place")
        widgets = DAYS

    def clean_place(self):
        refuse_marked(self.cleaned_data["place"], "公示地点")
        return self.cleaned_data["place"]


class ResultForm(forms.Form):
    """What came in while the notice hung."""

    version = forms.IntegerField(required=False, widget=forms.HiddenInput)
    objections = number("收到反映（件）", required=True)
    settled = text("调查核实结论", 200, help_text="没有收到反映的不填")


class AskForm(forms.Form):
    """Which departments are asked, and when."""

    departments = forms.MultipleChoiceField(label="发函部门", widget=forms.CheckboxSelectMultiple)
    asked_on = day("发函日期")
    number = text("文号", 80)

    def __init__(self, *args, departments, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["departments"].choices = [(name, name) for name in departments]


class AnswerForm(forms.Form):
    """The answers of the departments in one table: a conclusion and its day for each that is filled."""

    def __init__(self, *args, replies, **kwargs):
        super().__init__(*args, **kwargs)
        self.replies = replies
        for row in replies:
            self.fields[f"conclusion-{row.pk}"] = forms.ChoiceField(
                label=f"{row.department}：结论", required=False, initial=row.conclusion,
                choices=[("", "还没有回复"), *DepartmentReply.Conclusion.choices],
            )  # fmt: skip
            self.fields[f"replied_on-{row.pk}"] = day(
                f"{row.department}：回复日期", required=False, initial=row.replied_on
            )
            self.fields[f"version-{row.pk}"] = forms.IntegerField(
                required=False, widget=forms.HiddenInput, initial=row.version
            )  # fmt: skip

    @property
    def lines(self):
        return [
            {
                "row": row, "conclusion": self[f"conclusion-{row.pk}"], "replied_on": self[f"replied_on-{row.pk}"],
                "version": self[f"version-{row.pk}"],
            }
            for row in self.replies
        ]  # fmt: skip

    def clean(self):
        cleaned = super().clean()
        for row in self.replies:
            conclusion, on = cleaned.get(f"conclusion-{row.pk}"), cleaned.get(f"replied_on-{row.pk}")
            if conclusion and on is None and f"replied_on-{row.pk}" not in self.errors:
                self.add_error(f"replied_on-{row.pk}", "请填写回复日期。")
            if on and not conclusion:
                self.add_error(f"conclusion-{row.pk}", "请选结论。")
        return cleaned

    @property
    def answered(self):
        """(row, conclusion, day, version) of the rows that were filled or changed."""
        found = []
        for row in self.replies:
            conclusion, on = self.cleaned_data[f"conclusion-{row.pk}"], self.cleaned_data[f"replied_on-{row.pk}"]
            if conclusion and (conclusion, on) != (row.conclusion, row.replied_on):
                found.append((row, conclusion, on, self.cleaned_data[f"version-{row.pk}"]))
        return found


class BallotForm(forms.Form):
    """The meeting and its counts; `extends`: by how many months besides."""

    def __init__(self, *args, meetings, extends=False, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["meeting"] = forms.ChoiceField(label="支部党员大会", choices=[("", "请选择"), *meetings])
        if extends:
            rule = known_editions()[-1].extension
            self.fields["months"] = forms.IntegerField(
                label="延长（月）", min_value=rule["least"], max_value=rule["most"], initial=rule["least"],
                widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
            )  # fmt: skip
        for name in COUNTS[:5]:
            label = Vote._meta.get_field(name).verbose_name
            self.fields[name] = number(label, required=name in COUNTS[:3])
        self.fields["words"] = forms.CharField(
            label="原因", max_length=200, widget=forms.Textarea(attrs={"rows": 2})
        )  # fmt: skip

    def vote(self, meetings):
        """The unsaved vote in the meeting chosen."""
        typed = self.cleaned_data
        meeting = meetings.filter(pk=int(typed["meeting"])).first()
        return Vote(
            meeting=meeting, rule=Vote.Rule.RECRUITMENT, **{name: typed.get(name) or 0 for name in COUNTS[:5]}
        ), meeting  # fmt: skip


class DecideForm(forms.Form):
    on = day("批准日期")
    number = text("批复文号", 80)


class ReplaceForm(forms.Form):
    last = day("担任到哪一天")
    member = forms.ModelChoiceField(
        label="接替的同志", queryset=Member.objects.none(), required=False, empty_label="不接替"
    )
    words = text("说明", 200)

    def __init__(self, *args, members, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["member"].queryset = members


class GuideForm(forms.Form):
    member = forms.ModelChoiceField(label="党员", queryset=Member.objects.none(), empty_label="请选择")
    since = day("从哪天起")
    words = text("说明", 200)

    def __init__(self, *args, members, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["member"].queryset = members
