"""The plan of a 党委, the places that the 工委 issues, and the year of the figures."""

from django import forms

from branches.forms import FilterForm
from branches.models import Branch
from recruitment.forms.step import day, number, text
from recruitment.models import RecruitmentQuota
from recruitment.quotas import LIMIT, MOST

LOOK_BACK = 5


class PlanForm(forms.ModelForm):
    """A new plan; the 党委 and the year of one that is filed stay."""

    class Meta:
        model = RecruitmentQuota
        fields = ("branch", "year", "planned")

    def __init__(self, *args, branches, years, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["branch"] = forms.ModelChoiceField(label="党委", queryset=branches)
        self.fields["year"] = forms.TypedChoiceField(
            label="年度", coerce=int, choices=[(each, f"{each} 年") for each in years]
        )
        self.fields["planned"] = number("上报计划（人）", required=True, help_text="按实际培养情况填写，可以填 0。")
        self.fields["planned"].max_value = MOST
        if self.instance.pk:
            del self.fields["branch"], self.fields["year"]
            self.fields["version"] = forms.IntegerField(widget=forms.HiddenInput, initial=self.instance.version)
        elif branches.count() == 1:
            self.initial.setdefault("branch", branches.first())


class IssueForm(forms.Form):
    places = number("下达名额（人）", required=True, help_text=LIMIT)
    backbone_share = number("业务骨干占比要求（%）", help_text="没有要求的空着")
    number = text("依据文号", 80)
    issued_on = day("下达日期")
    version = forms.IntegerField(widget=forms.HiddenInput)

    def clean_backbone_share(self):
        share = self.cleaned_data["backbone_share"]
        if share is not None and share > 100:
            raise forms.ValidationError("占比应为 0 至 100。")
        return share


class YearFilter(FilterForm):
    year = forms.ChoiceField(label="年度", choices=())
    branch = forms.ModelChoiceField(label="党组织", queryset=Branch.objects.none(), empty_label="全部党组织")

    placeholder = "姓名或拼音首字母"
    digits = 8

    def __init__(self, data, *, years, **offered):
        super().__init__(data, year=[(str(each), f"{each} 年") for each in years], **offered)

    @property
    def chosen_year(self):
        return int(self.asked.get("year", self.fields["year"].choices[0][0]))
