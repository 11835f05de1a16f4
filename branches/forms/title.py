"""Input of 称号和主题创建."""

from django import forms

from branches import titles
from branches.forms import FilterForm, VersionedForm
from branches.forms.dossier import BACK, day
from branches.models import Branch, CatalogueEntry, Title

STATES = [(state.value, state.label) for state in Title.State]


class TitleFilter(FilterForm):
    entry = forms.ModelChoiceField(label="称号", queryset=CatalogueEntry.objects.none(), empty_label="全部称号")
    level = forms.ChoiceField(label="级别")
    state = forms.ChoiceField(label="进度", choices=[("", "全部进度"), ("due", "逾期未上报"), *STATES])
    year = forms.ChoiceField(label="年度")
    branch = forms.ModelChoiceField(label="党组织", queryset=Branch.objects.none(), empty_label="全部党组织")

    placeholder = "党组织或品牌名称"

    def __init__(self, data, *, running, levels, **querysets):
        self.running, self.levels = running, levels
        super().__init__(data, **querysets)

    def full_clean(self):
        years = range(self.running, self.running - 2 * BACK, -1)
        self.fields["year"].choices = [("", "全部年度"), *((str(year), f"{year} 年") for year in years)]
        self.fields["level"].choices = [("", "全部级别"), *((level, level) for level in self.levels)]
        super().full_clean()


class TitleForm(VersionedForm):
    """What a branch strives for; with `is_named` a title that it has by a paper already."""

    level = forms.ChoiceField(label="级别", required=False)
    named_on = day("命名日期", required=False)

    class Meta:
        model = Title
        fields = ("entry", "level", "year", "name", "idea", "results", "stars", "number", "named_on")
        widgets = {
            "idea": forms.Textarea(attrs={"rows": 2, "maxlength": 300}),
            "results": forms.Textarea(attrs={"rows": 5, "maxlength": 2000}),
        }

    def __init__(self, *args, year, is_named=False, **kwargs):
        super().__init__(*args, **kwargs)
        entries = titles.entries(year)
        levels = dict.fromkeys(level for entry in entries for level in titles.levels_of(entry))
        self.fields["level"].choices = [("", "不分级别"), *((level, level) for level in levels)]
        self.fields["entry"].queryset = entries
        self.fields["entry"].empty_label = "请选择"
        if not is_named:
            del self.fields["named_on"], self.fields["number"], self.fields["stars"]
        else:
            self.fields["named_on"].required = self.fields["number"].required = True
        if self.instance.pk:
            del self.fields["entry"], self.fields["year"]


class NameForm(forms.Form):
    number = forms.CharField(label="命名文号", max_length=80)
    named_on = day("命名日期")
    stars = forms.TypedChoiceField(
        label="星级", coerce=int, empty_value=None, choices=[(each, f"{each} 星") for each in range(1, 6)]
    )

    def __init__(self, *args, title, **kwargs):
        super().__init__(*args, **kwargs)
        if titles.STARS not in title.entry.label:
            del self.fields["stars"]


class EndForm(forms.Form):
    ended_why = forms.CharField(
        label="原因", max_length=200, widget=forms.Textarea(attrs={"rows": 2}), help_text="如 复查未通过、今年未评上"
    )
