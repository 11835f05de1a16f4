"""Input of a branch's file: who looks after it, visits, the way it leads the school, 七个一, the 责任清单."""

from django import forms

from branches.dossier import PAPERS
from branches.forms import FilterForm, VersionedForm
from branches.models import Branch, ContactPoint, ContactVisit, Governance, ResponsibilityLine

BACK = 4  # years to choose from
NONE, SHORT = "none", "short"
INVALID = {"invalid": "请填写有效日期，如 2026-03-10。"}


def day_input():
    return forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


def day(label, **options):
    return forms.DateField(label=label, widget=day_input(), error_messages=INVALID, **options)


class YearFilter(FilterForm):
    """A list for one year; without a choice it is the running one."""

    year = forms.ChoiceField(label="年度")

    placeholder = "党组织名称"

    def __init__(self, data, *, running, **querysets):
        self.running = running
        super().__init__(data, **querysets)

    def full_clean(self):
        years = range(self.running, self.running - BACK, -1)
        self.fields["year"].choices = [(str(year), f"{year} 年") for year in years]
        super().full_clean()

    @property
    def of_year(self):
        return int(self.cleaned_data.get("year") or self.running)


class DossierFilter(FilterForm):
    stage = forms.ChoiceField(
        label="领导体制",
        choices=[("", "全部阶段"), (NONE, "还没有登记"), *Governance.Stage.choices],
    )
    lack = forms.ChoiceField(
        label="还缺",
        choices=[
            ("", "不限"), ("contact", "没有联系点领导"), ("party_rules", "党组织会议议事规则"),
            ("office_rules", "校长办公会议议事规则"), ("deputy", "一人担任而没有专职副书记"), ("charter", "民办学校没有写入章程"),
            ("instructor", "民办学校没有指导员"),
        ],
    )  # fmt: skip

    placeholder = "党组织名称"


class ContactFilter(YearFilter):
    state = forms.ChoiceField(label="到点", choices=[("", "全部"), (SHORT, "本年次数未满"), ("enough", "次数已满")])

    placeholder = "领导姓名或党组织"


class InstructorFilter(FilterForm):
    state = forms.ChoiceField(label="指导员", choices=[("", "全部民办学校"), (NONE, "还没有"), ("sent", "已选派")])

    placeholder = "党组织或指导员"


class LookAfterForm(forms.ModelForm):
    """One person and the organisations looked after; several can be ticked."""

    started_on = day("从哪天起")
    branches = forms.ModelMultipleChoiceField(
        label="党组织", queryset=Branch.objects.none(), widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "请选择党组织。"},
    )  # fmt: skip

    class Meta:
        model = ContactPoint
        fields = ("user", "name", "position", "started_on", "number")

    def __init__(self, *args, branches, users, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["branches"].queryset = branches
        if users is None:
            del self.fields["user"]
            return
        self.fields["user"].queryset = users
        self.fields["user"].empty_label = "没有账号，只填姓名"
        self.fields["name"].required = False

    def clean(self):
        cleaned = super().clean()
        user = cleaned.get("user")
        if user is not None:
            cleaned["name"] = user.name
        elif not cleaned.get("name", "").strip() and "name" not in self.errors:
            self.add_error("name", "没有账号的，请填姓名。")
        return cleaned

    def _post_clean(self):
        """The rows are made and checked by the act, one for each organisation."""


class ReleaseForm(forms.Form):
    ended_on = day("到哪天为止")


class VisitForm(forms.ModelForm):
    visited_on = day("到点日期")

    class Meta:
        model = ContactVisit
        fields = ("visited_on", "topic", "helped")


class GovernanceForm(VersionedForm):
    stage_on = day("进入这一阶段的日期", required=False)
    party_rules_on, office_rules_on = day("印发日期", required=False), day("印发日期", required=False)
    charter_on = day("核准日期", required=False)

    class Meta:
        model = Governance
        fields = (
            "stage", "stage_on", "number", "leaders", "has_deputy",
            *(f"{paper}_{kind}" for paper, _, _ in PAPERS for kind in ("on", "number")),
        )  # fmt: skip

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["leaders"].choices = [("", "没有填"), *Governance.Leaders.choices]
        for paper, _, _ in PAPERS:
            self.fields[f"{paper}_number"].label = "文号"
        if self.instance.branch.nature != Branch.Nature.PRIVATE:
            del self.fields["charter_on"], self.fields["charter_number"]


class WallsFilter(YearFilter):
    state = forms.ChoiceField(
        label="七个一", choices=[("", "全部"), ("full", "七项齐全"), (SHORT, "还缺"), (NONE, "没有登记")]
    )


class WallForm(forms.Form):
    """One thing of 七个一; `prefix` tells which."""

    is_there = forms.BooleanField(label="已有", required=False)
    note = forms.CharField(label="说明", max_length=100, required=False)


class LineFilter(YearFilter):
    duty = forms.ChoiceField(label="哪一责", choices=[("", "四责全部"), *ResponsibilityLine.Duty.choices])
    post = forms.CharField(label="责任岗位", max_length=30)

    placeholder = "责任内容"

    def __init__(self, data, *, posts=(), **kwargs):
        self.posts = posts
        super().__init__(data, **kwargs)

    def full_clean(self):
        self.fields["post"] = forms.ChoiceField(
            label="责任岗位", required=False, choices=[("", "全部岗位"), *((post, post) for post in self.posts)]
        )
        super().full_clean()


class LineForm(VersionedForm):
    class Meta:
        model = ResponsibilityLine
        fields = ("branch", "year", "duty", "post", "text", "number", "order")
        widgets = {"text": forms.Textarea(attrs={"rows": 3, "maxlength": 300})}

    def __init__(self, *args, owners, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["branch"].queryset = owners
        self.fields["branch"].empty_label = None
        self.fields["duty"].choices = ResponsibilityLine.Duty.choices
        if self.instance.pk:
            del self.fields["branch"], self.fields["year"]
