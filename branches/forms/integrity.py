"""Input of 廉政风险点 and of the 四种形态."""

from django import forms

from branches.forms import FilterForm, VersionedForm
from branches.forms.inspection import YearForm, day
from branches.models import FormCount, IntegrityRisk


class RiskFilter(FilterForm):
    DUE, CLOSED = "due", "closed"

    level = forms.ChoiceField(label="等级", choices=[("", "全部等级"), *IntegrityRisk.Level.choices])
    state = forms.ChoiceField(
        label="状态", choices=[("", "防控中"), (DUE, "到期没有复查"), (CLOSED, "已消除"), ("all", "全部")]
    )

    placeholder = "党组织、岗位或风险点"


class RiskForm(VersionedForm):
    found_on = day("排查日期")
    review_on = day("下次复查日期")

    class Meta:
        model = IntegrityRisk
        fields = ("place", "risk", "level", "measure", "owner_post", "found_on", "review_on")
        widgets = {
            "level": forms.RadioSelect, "risk": forms.Textarea(attrs={"rows": 2}),
            "measure": forms.Textarea(attrs={"rows": 3}),
        }  # fmt: skip
        help_texts = {"owner_post": "如 总务主任、财务室；写岗位，不写姓名"}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["level"].choices = IntegrityRisk.Level.choices


class DayForm(forms.Form):
    """One day asked for, of a row as it was read."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    day = day("日期")

    def __init__(self, *args, label, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["day"].label = label


class CountFilter(YearForm):
    form = forms.ChoiceField(label="形态", choices=[("", "四种形态"), *FormCount.Form.choices])


class CountForm(forms.Form):
    """How often each of the four was applied on a day: numbers only."""

    day = day("日期")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for form in FormCount.Form:
            self.fields[f"form_{form.value}"] = forms.IntegerField(
                label=form.label, required=False, min_value=0, max_value=999,
                widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
            )  # fmt: skip

    @property
    def numbers(self):
        return {form.value: self.cleaned_data.get(f"form_{form.value}") or 0 for form in FormCount.Form}
