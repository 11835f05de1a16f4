from decimal import Decimal

from django import forms

from branches.forms import FilterForm, VersionedForm
from branches.models import Branch
from files.secrecy import refuse_marked
from members.models import Member
from training.models import OtherHours

BACK = 3  # years to choose from
SHORT, POSTS, NEW = "short", "posts", "new"
LEFT, BEEN = "left", "been"
_DATE = {"required": "请填写日期。", "invalid": "请填写有效日期，如 2026-03-01。"}


class YearFilter(FilterForm):
    """A list of one year, of what lies in one organisation and below it, of one kind of school."""

    year = forms.ChoiceField(label="年度")
    branch = forms.ModelChoiceField(label="党组织", queryset=Branch.objects.none(), empty_label="全部党组织")
    stage = forms.ChoiceField(label="学段", choices=[("", "全部学段"), *Branch.Stage.choices])

    placeholder = "姓名或拼音首字母"

    def __init__(self, data, *, running, **querysets):
        self.running = running
        super().__init__(data, **querysets)
        if len(self.fields["branch"].queryset) < 2:
            self.drop("branch")
            self.drop("stage")

    def full_clean(self):
        years = range(self.running, self.running - BACK, -1)
        self.fields["year"].choices = [(str(year), f"{year} 年") for year in years]
        super().full_clean()

    @property
    def of_year(self):
        return int(self.cleaned_data.get("year") or self.running)

    def within(self, branches):
        """Of these organisations the one asked for, with all below it."""
        if asked := self.asked.get("branch"):
            branches = branches.filter(path__startswith=asked.path)
        return branches.filter(stage=self.asked["stage"]) if "stage" in self.asked else branches


class HoursFilter(YearFilter):
    who = forms.ChoiceField(
        label="范围",
        choices=[("", "全部党员"), (SHORT, "学时不够或缺集中培训"), (POSTS, "书记和班子成员"), (NEW, "新任书记未参加培训")],
    )  # fmt: skip


class CoverageFilter(YearFilter):
    placeholder = "党组织名称"


class UncoveredFilter(YearFilter):
    state = forms.ChoiceField(label="情况", choices=[("", "还没有进党校"), (BEEN, "已经进党校")])


class OtherHoursFilter(FilterForm):
    branch = forms.ModelChoiceField(label="党组织", queryset=Branch.objects.none(), empty_label="全部党组织")
    state = forms.ChoiceField(label="状态", choices=[("", "全部状态"), *OtherHours.State.choices])

    placeholder = "姓名、拼音首字母或内容"


def _day():
    return forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class OtherHoursForm(VersionedForm):
    """What was attended elsewhere; the year follows from the days."""

    hours = forms.DecimalField(
        label="学时", min_value=Decimal("0.1"), max_digits=5, decimal_places=1,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
        error_messages={
            "required": "请填写学时。", "invalid": "请填写学时，如 8 或 3.5。", "min_value": "学时须大于 0。",
            "max_decimal_places": "学时最多一位小数。", "max_digits": "学时太多，请核对。", "max_whole_digits": "学时太多，请核对。",
        },
    )  # fmt: skip
    upload = forms.FileField(label="证明材料", required=False, help_text="结业证书、通知等的照片或 PDF")

    class Meta:
        model = OtherHours
        fields = ("kind", "title", "organiser", "started_on", "ended_on", "hours", "is_concentrated", "evidence")
        widgets = {"started_on": _day(), "ended_on": _day()}
        error_messages = {"started_on": _DATE, "ended_on": _DATE}

    def clean(self):
        cleaned = super().clean()
        for name in ("title", "organiser", "evidence"):
            try:
                refuse_marked(cleaned.get(name) or "", self.fields[name].label)
            except forms.ValidationError as error:
                self.add_error(name, error)
        upload = cleaned.get("upload")
        if not upload and not cleaned.get("evidence") and not self.instance.file_id and "evidence" not in self.errors:
            self.add_error("evidence", "请上传证明材料，或写明结业证号、通知文号。")
        return cleaned


class NewHoursForm(OtherHoursForm):
    """The same for one member or several, with one proof."""

    members = forms.ModelMultipleChoiceField(
        label="取得学时的同志", queryset=Member.objects.none(), widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "请勾选取得学时的同志。"},
    )  # fmt: skip
    sure = forms.BooleanField(label="确实不是重复登记", required=False)

    field_order = ["members"]

    def __init__(self, *args, members, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["members"].queryset = members
        self.fields["members"].label_from_instance = str


class ReasonForm(forms.Form):
    reason = forms.CharField(label="原因", max_length=200, error_messages={"required": "请写明原因。"})
