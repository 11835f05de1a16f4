from django import forms

from branches.forms import FilterForm, VersionedForm
from branches.models import Branch
from files.secrecy import refuse_marked
from members.appraisals import VOTES, faults
from members.models import Appraisal, AppraisalRow, MassPoll

BACK = 5  # years to choose from
NONE = "none"


def day_input():
    return forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


def _number(**attrs):
    return forms.NumberInput(attrs={"inputmode": "numeric", "min": 0, **attrs})


class YearFilter(FilterForm):
    """A list of organisations for one year; without a choice it is the year that is due."""

    year = forms.ChoiceField(label="年度")

    placeholder = "党支部名称"

    def __init__(self, data, *, usual, running, **querysets):
        self.usual, self.running = usual, running
        super().__init__(data, **querysets)

    def full_clean(self):
        years = dict.fromkeys([self.usual, *range(self.running, self.running - BACK, -1)])  # the usual one stands first
        self.fields["year"].choices = [(str(year), f"{year} 年") for year in years]
        super().full_clean()

    @property
    def of_year(self):
        """The year asked for, else the usual one."""
        return int(self.cleaned_data.get("year") or self.usual)


class AppraisalFilter(YearFilter):
    state = forms.ChoiceField(
        label="状态", choices=[("", "全部状态"), (NONE, "未登记"), *Appraisal.State.choices]
    )  # fmt: skip


class BeginForm(forms.Form):
    """For which year and of which day; the roll follows from the day."""

    year = forms.IntegerField(label="考核年度", widget=_number())
    held_on = forms.DateField(
        label="评议日期", widget=day_input(), error_messages={"invalid": "请填写有效日期，如 2026-01-20。"}
    )


class AppraisalForm(VersionedForm):
    held_on = forms.DateField(
        label="评议日期", widget=day_input(), error_messages={"invalid": "请填写有效日期，如 2026-01-20。"}
    )

    class Meta:
        model = Appraisal
        fields = ("held_on", "ballots_issued", "ballots_returned")
        widgets = {"ballots_issued": _number(), "ballots_returned": _number()}


class RowForm(forms.ModelForm):
    """One member's line; what is wrong with it is said by the rules of the act itself."""

    is_present = forms.TypedChoiceField(
        label="参加", choices=[("1", "参加"), ("0", "缺席")], coerce=lambda found: found == "1"
    )

    class Meta:
        model = AppraisalRow
        fields = ("is_present", "absent_reason", *VOTES, "proposed")
        widgets = {name: _number() for name in VOTES}

    def __init__(self, *args, returned, **kwargs):
        super().__init__(*args, **kwargs)
        self.returned = returned
        self.initial["is_present"] = "1" if self.instance.is_present else "0"
        self.fields["proposed"].choices = [("", "未定"), *AppraisalRow.Grade.choices]
        self.fields["absent_reason"].widget.attrs["placeholder"] = "缺席的写原因"
        for name in VOTES:
            self.fields[name].required = False
        if self.instance.kind != "full":
            del self.fields["proposed"]

    def clean(self):
        cleaned = super().clean()
        for name in VOTES:
            cleaned[name] = cleaned.get(name) or 0
            setattr(self.instance, name, cleaned[name])
        for name in ("is_present", "absent_reason", "proposed"):
            if name in cleaned:
                setattr(self.instance, name, cleaned[name])
        for name, words in faults(self.instance, self.returned).items():
            if name in self.fields and not self.has_error(name):
                self.add_error(name, words)
        return cleaned

    def clean_absent_reason(self):
        refuse_marked(self.cleaned_data["absent_reason"], "缺席原因")
        return self.cleaned_data["absent_reason"]


class BackForm(forms.Form):
    reason = forms.CharField(label="退回原因", max_length=200, widget=forms.Textarea(attrs={"rows": 2}))


class ToldForm(forms.Form):
    told_on = forms.DateField(label="告知日期", widget=day_input())


class PollFilter(YearFilter):
    branch = forms.ModelChoiceField(label="党支部", queryset=Branch.objects.none(), empty_label="全部党支部")
    state = forms.ChoiceField(label="状态", choices=[("", "全部"), (NONE, "没有登记的"), ("held", "已登记的")])


class PollForm(forms.ModelForm):
    """Totals of one branch; nothing that could tell who answered what."""

    held_on = forms.DateField(
        label="测评日期", widget=day_input(), error_messages={"invalid": "请填写有效日期，如 2025-12-10。"}
    )

    class Meta:
        model = MassPoll
        fields = ("held_on", "issued", "returned", "satisfied", "fairly", "dissatisfied", "unsure")
        widgets = {
            name: _number() for name in ("issued", "returned", "satisfied", "fairly", "dissatisfied", "unsure")
        }  # fmt: skip
