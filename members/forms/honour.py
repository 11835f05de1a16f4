from django import forms

from branches.forms import FilterForm, VersionedForm
from branches.models import Branch
from files.secrecy import refuse_marked
from members.forms.appraisal import BACK, day_input
from members.models import Honour, HonourRound, Nomination
from members.models.honour import Level


def _day(label, **options):
    return forms.DateField(
        label=label, widget=day_input(), error_messages={"invalid": "请填写有效日期，如 2026-06-10。"}, **options
    )


class RoundFilter(FilterForm):
    state = forms.ChoiceField(label="状态", choices=[("", "全部状态"), *HonourRound.State.choices])

    placeholder = "称号"


class HonourFilter(FilterForm):
    """Honours by level, year, for whom; what was taken back only when asked for."""

    year = forms.ChoiceField(label="年度")
    level = forms.ChoiceField(label="级别", choices=[("", "全部级别"), *Level.choices])
    subject = forms.ChoiceField(
        label="表彰对象", choices=[("", "党员和党组织"), *HonourRound.Subject.choices]
    )  # fmt: skip
    branch = forms.ModelChoiceField(label="党组织", queryset=Branch.objects.none(), empty_label="全部党组织")
    gone = forms.ChoiceField(label="撤销", choices=[("", "现有的"), ("all", "含已撤销")])

    placeholder = "称号、姓名或拼音首字母"

    def __init__(self, data, *, running, **querysets):
        self.running = running
        super().__init__(data, **querysets)

    def full_clean(self):
        years = range(self.running, self.running - 2 * BACK, -1)
        self.fields["year"].choices = [("", "全部年度"), *((str(year), f"{year} 年") for year in years)]
        super().full_clean()


class RoundForm(VersionedForm):
    opens_on, closes_on = _day("推荐开始"), _day("推荐截止")

    class Meta:
        model = HonourRound
        fields = (
            "branch", "year", "title", "subject", "level", "places", "per_branch", "opens_on", "closes_on",
        )  # fmt: skip
        widgets = {"subject": forms.RadioSelect}

    def __init__(self, *args, branches, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["subject"].choices = HonourRound.Subject.choices
        self.fields["branch"].queryset = branches
        self.fields["branch"].empty_label = None
        if self.instance.pk:
            del self.fields["branch"], self.fields["subject"]

    def clean_title(self):
        refuse_marked(self.cleaned_data["title"], "称号")
        return self.cleaned_data["title"]


class NominationForm(VersionedForm):
    """Whom, and why; once put forward only the text may change."""

    class Meta:
        model = Nomination
        fields = ("member", "citation")
        widgets = {"citation": forms.Textarea(attrs={"rows": 8, "maxlength": 2000})}

    def __init__(self, *args, members, **kwargs):
        super().__init__(*args, **kwargs)
        if self.instance.pk or members is None:
            del self.fields["member"]
        else:
            self.fields["member"].queryset = members
            self.fields["member"].required = True
            self.fields["member"].empty_label = "请选择"

    def clean_citation(self):
        refuse_marked(self.cleaned_data["citation"], "主要事迹")
        return self.cleaned_data["citation"]


class DecideForm(forms.Form):
    opinion = forms.CharField(
        label="审核意见", max_length=200, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )


class PublishForm(forms.Form):
    first, last = _day("公示开始"), _day("公示结束")


class ConferForm(forms.Form):
    number = forms.CharField(label="表彰文号", max_length=60)
    conferred_on = _day("表彰日期")


class HonourForm(forms.ModelForm):
    """An honour received elsewhere, or before the portal."""

    conferred_on = _day("表彰日期")

    class Meta:
        model = Honour
        fields = ("member", "title", "level", "matter", "conferred_on", "issuer", "number")

    def __init__(self, *args, members, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["member"].queryset = members
        self.fields["member"].empty_label = "党组织自身"
        self.fields["level"].choices = [("", "请选择"), *Level.choices]

    def clean(self):
        cleaned = super().clean()
        for name in ("title", "matter", "issuer", "number"):
            try:
                refuse_marked(cleaned.get(name) or "", self.fields[name].label)
            except forms.ValidationError as error:
                self.add_error(name, error)
        return cleaned


class RevokeForm(forms.Form):
    revoked_on = _day("撤销日期")
    reason = forms.CharField(label="撤销原因", max_length=200, widget=forms.Textarea(attrs={"rows": 2}))
