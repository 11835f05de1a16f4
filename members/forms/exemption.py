from django import forms

from branches.forms import FilterForm
from branches.models import Branch
from files.secrecy import refuse_marked
from members.models import Exemption, LeadingCadre


class ExemptionFilter(FilterForm):
    """What is in force today, unless all is asked for."""

    branch = forms.ModelChoiceField(label="党支部", queryset=Branch.objects.none(), empty_label="全部党支部")
    scope = forms.ChoiceField(label="范围", choices=[("", "全部范围"), *Exemption.Scope.choices])
    when = forms.ChoiceField(label="时间", choices=[("", "现在有效"), ("all", "全部，含已结束")])

    placeholder = "姓名或拼音首字母"


class CadreFilter(FilterForm):
    when = forms.ChoiceField(label="时间", choices=[("", "现任"), ("all", "全部，含已免职")])

    placeholder = "姓名或拼音首字母"


def _day(label):
    return forms.DateField(
        label=label, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"required": f"请填写{label}。", "invalid": "请填写有效日期，如 2026-03-01。"},
    )  # fmt: skip


class ExemptionForm(forms.ModelForm):
    started_on = _day("起")

    class Meta:
        model = Exemption
        fields = ("scope", "reason", "started_on", "ended_on", "basis")
        widgets = {
            "scope": forms.RadioSelect, "reason": forms.RadioSelect,
            "ended_on": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        }  # fmt: skip

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["scope"].choices = Exemption.Scope.choices
        self.fields["reason"].choices = Exemption.Reason.choices

    def clean_basis(self):
        refuse_marked(self.cleaned_data["basis"], "依据")
        return self.cleaned_data["basis"]


class CadreForm(forms.ModelForm):
    started_on = _day("任职日期")

    class Meta:
        model = LeadingCadre
        fields = ("office", "started_on")

    def clean_office(self):
        refuse_marked(self.cleaned_data["office"], "领导职务")
        return self.cleaned_data["office"]


class LastDayForm(forms.Form):
    last = _day("最后一天")
