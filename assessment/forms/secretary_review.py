"""述职评议: the days of a year, the three sections, and the acts of whoever stands above."""

from django import forms

from assessment.models import SecretaryReport, SecretaryReview, SecretaryReviewCampaign
from assessment.review_text import KEYS
from branches.forms import FilterForm, VersionedForm
from branches.forms.rectification import day, words
from branches.models import Branch
from files.secrecy import refuse_marked

State, Grade = SecretaryReview.State, SecretaryReview.Grade


def whole(label):
    return forms.IntegerField(
        label=label, min_value=0, max_value=9999, widget=forms.NumberInput(attrs={"inputmode": "numeric", "min": 0}),
        error_messages={
            "required": f"请填{label}，没有的填 0。", "invalid": "请填整数。", "min_value": f"{label}不能是负数。",
            "max_value": "数太大了，请核对。",
        },
    )  # fmt: skip


class ReviewFilter(FilterForm):
    """`at` is how far a review is; its choices are the tiles above the list."""

    year = forms.ChoiceField(label="述职年度")
    at = forms.ChoiceField(label="进度")
    grade = forms.ChoiceField(label="等次")
    branch = forms.ModelChoiceField(label="党组织", queryset=Branch.objects.none(), empty_label="全部党组织")

    placeholder = "书记或党组织名称"

    def __init__(self, data, *, years, stages, grades, **querysets):
        self.years, self.stages, self.grades = years, stages, grades
        super().__init__(data, **querysets)

    def full_clean(self):
        self.fields["year"].choices = [(str(year), f"{year} 年度") for year in self.years]
        self.fields["at"].choices = [("", "全部进度"), *self.stages]
        self.fields["grade"].choices = [("", "全部等次"), *self.grades]
        super().full_clean()


class CampaignForm(VersionedForm):
    """The days of a year; the year itself is chosen once."""

    opens_on, due_on = day("启动日期"), day("报送期限")

    class Meta:
        model = SecretaryReviewCampaign
        fields = ("year", "opens_on", "due_on", "rewrite_days", "number")

    def __init__(self, *args, years=(), **kwargs):
        super().__init__(*args, **kwargs)
        if years:
            self.fields["year"] = forms.TypedChoiceField(
                label="述职年度", coerce=int, choices=[(year, f"{year} 年度") for year in years]
            )
        else:
            del self.fields["year"]
        self.fields["rewrite_days"].help_text = "发回重写时给出的期限，办理时可以改"


class ReportForm(VersionedForm):
    """The three sections as plain text; a whole report is asked for only when it is handed in."""

    class Meta:
        model = SecretaryReport
        fields = KEYS

    def __init__(self, *args, sections, **kwargs):
        super().__init__(*args, **kwargs)
        for row in sections:
            field = self.fields[row["key"]]
            field.label, field.widget.attrs["rows"] = row["label"], 14 if row["key"] == KEYS[0] else 8
            field.required = False

    def texts(self):
        return {key: self.cleaned_data[key] for key in KEYS}


class UploadForm(forms.Form):
    file = forms.FileField(
        label="述职报告（.docx）", widget=forms.FileInput(attrs={"accept": ".docx"}),
        error_messages={"required": "请先选择文件。", "empty": "文件是空的，请检查后重新选择。"},
    )  # fmt: skip


class ReturnForm(forms.Form):
    reason = words("发回原因", rows=4, error_messages={"required": "请写明哪里要改、怎么改。"})
    until = day("重写期限")


class HoldForm(forms.Form):
    """The evaluation on the spot: totals alone."""

    version = forms.IntegerField(required=False, widget=forms.HiddenInput)
    held_on = day("述职日期")
    attended = whole("到会人数")
    audience = forms.CharField(
        label="参加范围", max_length=200, help_text="如 全体党员、教师代表、服务对象代表；不写姓名",
        validators=[lambda text: refuse_marked(text, "参加范围")],
    )  # fmt: skip

    def __init__(self, *args, scale, **kwargs):
        super().__init__(*args, **kwargs)
        for grade in Grade:
            self.fields[grade.value] = whole(f"“{scale[grade]['label']}”票数")

    def given(self):
        typed = self.cleaned_data
        return {
            "held_on": typed["held_on"], "attended": typed["attended"], "audience": typed["audience"],
            "votes": {grade: typed[grade.value] for grade in Grade}, "version": typed["version"] or 0,
        }  # fmt: skip


class GradeForm(forms.Form):
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)
    grade = forms.ChoiceField(label="等次", widget=forms.RadioSelect, error_messages={"required": "请选等次。"})
    reason = words("理由", most=300, rows=3, required=False, help_text="与测评票看的等次一致的可以不写")

    def __init__(self, *args, scale, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["grade"].choices = [(grade.value, scale[grade]["label"]) for grade in Grade]


class TellForm(forms.Form):
    feedback = words("反馈意见", rows=4, error_messages={"required": "请写反馈意见。"})
    problems = words(
        "指出的问题", most=3000, rows=5, required=False, help_text="一行一个问题，各自列入“整改”；没有的不填"
    )  # fmt: skip
    due_on = day("整改期限", required=False)
