"""Input of plans, visits, findings and 约谈."""

from django import forms
from django.core.exceptions import ValidationError

from branches.forms import FilterForm, VersionedForm
from branches.models import AdmonitionTalk, Branch, Inspection, InspectionLine, InspectionPlan, Notice
from files.secrecy import refuse_marked

BACK = 4  # years to choose from
ROWS, MOST_ROWS = 3, 20  # findings on the page of a visit
MONTHS = [(month, f"{month} 月") for month in range(1, 13)]
INVALID_DAY = "请填写有效日期，如 2026-03-01。"


def day(label, **options):
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return forms.DateField(label=label, widget=widget, error_messages={"invalid": INVALID_DAY}, **options)


def years(running):
    return [(str(year), f"{year} 年") for year in range(running, running - BACK, -1)]


class YearForm(FilterForm):
    """A list of one year, the running one unless another is chosen."""

    year = forms.ChoiceField(label="年度")

    placeholder = "党组织名称"

    def __init__(self, data, *, running):
        self.running = running
        super().__init__(data)

    def full_clean(self):
        self.fields["year"].choices = years(self.running)
        super().full_clean()

    @property
    def of_year(self):
        return int(self.cleaned_data.get("year") or self.running)


class VisitFilter(YearForm):
    ONLY = {"left": "有问题没有解决的", "again": "同一季度再次检查的", "praised": "通报表扬的", "blamed": "通报批评的"}

    state = forms.ChoiceField(label="状态", choices=[("", "全部状态"), *Inspection.State.choices])
    only = forms.ChoiceField(label="看哪些检查", choices=[("", "全部检查"), *ONLY.items()])


class TalkFilter(YearForm):
    result = forms.ChoiceField(label="结果", choices=[("", "全部结果"), *AdmonitionTalk.Result.choices])


class PlanForm(VersionedForm):
    class Meta:
        model = InspectionPlan
        fields = ("branch", "year", "title")
        widgets = {"year": forms.NumberInput(attrs={"inputmode": "numeric"})}
        error_messages = {"title": {"required": "请填写计划名称。"}}

    def __init__(self, *args, organs, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["branch"].queryset, self.fields["branch"].empty_label = organs, None
        if self.instance.pk:
            del self.fields["branch"]


class LineForm(forms.ModelForm):
    from_month = forms.TypedChoiceField(label="起月", coerce=int, choices=MONTHS)
    until_month = forms.TypedChoiceField(label="止月", coerce=int, choices=MONTHS)

    class Meta:
        model = InspectionLine
        fields = ("label", "from_month", "until_month", "scope", "basis")
        help_texts = {"scope": "如 全部党支部、民办学校党组织；不填即不限"}

    def __init__(self, *args, is_issued, **kwargs):
        super().__init__(*args, **kwargs)
        if is_issued:
            self.fields["basis"].required = True
            self.fields["basis"].error_messages["required"] = "计划已经印发，追加的事项要填批准文号。"
        else:
            del self.fields["basis"]


class NumberForm(forms.Form):
    version = forms.IntegerField(widget=forms.HiddenInput)
    number = forms.CharField(label="文号", max_length=80, help_text="如 云岭教体工委〔2026〕3号")


class LineChoice(forms.ModelChoiceField):
    def label_from_instance(self, line):
        return f"{line.label}（{line.plan.year} 年 {line.from_month}—{line.until_month} 月，{line.plan.branch}）"


class VisitForm(VersionedForm):
    """A visit. The two reasons are asked for only when the visit needs them, and stay once they were asked for."""

    line = LineChoice(label="计划事项", queryset=InspectionLine.objects.none(), empty_label="请选择")
    visited_on = day("检查日期")

    class Meta:
        model = Inspection
        fields = ("line", "visited_on", "inspectors", "is_announced", "summary", "repeat_reason", "off_month_reason")
        widgets = {
            "summary": forms.Textarea(attrs={"rows": 4}), "repeat_reason": forms.Textarea(attrs={"rows": 2}),
            "off_month_reason": forms.Textarea(attrs={"rows": 2}),
        }  # fmt: skip
        labels = {
            "repeat_reason": "再次检查的理由",
            "off_month_reason": "不在计划月份的理由",
            "is_announced": "检查前通知过",
        }

    def __init__(self, *args, lines, **kwargs):
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            del self.fields["line"]
        else:
            self.fields["line"].queryset = lines

    @property
    def asks_repeat(self):
        return self._asks("repeat_reason")

    @property
    def asks_month(self):
        return self._asks("off_month_reason")

    def _asks(self, name):
        return bool(self.has_error(name) or self[name].value())


class FindingForm(forms.Form):
    problem = forms.CharField(
        label="问题", required=False, max_length=300, validators=[refuse_marked],
        widget=forms.Textarea(attrs={"rows": 2, "placeholder": "写问题，不写姓名"}),
    )  # fmt: skip
    due_on = day("整改期限", required=False)

    def clean(self):
        cleaned = super().clean()
        if cleaned.get("due_on") and not cleaned.get("problem") and "problem" not in self.errors:
            self.add_error("problem", ValidationError("填了期限，请写明问题。"))
        return cleaned


class BaseFindings(forms.BaseFormSet):
    @property
    def given(self):
        """Pairs (problem, due day or None) of the rows filled in."""
        rows = [form.cleaned_data for form in self.forms if form.cleaned_data.get("problem")]
        return [(row["problem"].strip(), row.get("due_on")) for row in rows]


Findings = forms.formset_factory(
    FindingForm, formset=BaseFindings, extra=ROWS, max_num=MOST_ROWS, absolute_max=MOST_ROWS, validate_max=True
)


def findings(data=None):
    """The rows for findings; asked for more, those typed are kept and three are added."""
    if data is None:
        return Findings(prefix="f")
    data = data.copy()
    total = data.get("f-TOTAL_FORMS", "")
    count = min(int(total), MOST_ROWS) if total.isascii() and total.isdecimal() and len(total) < 4 else ROWS
    more = ROWS if "more" in data else 0
    data["f-TOTAL_FORMS"], data["f-INITIAL_FORMS"] = str(min(count + more, MOST_ROWS)), "0"
    return Findings(data, prefix="f")


class CloseForm(forms.Form):
    version = forms.IntegerField(widget=forms.HiddenInput)
    outcome = forms.CharField(label="了结说明", max_length=200, widget=forms.Textarea(attrs={"rows": 2}))


class ReopenForm(forms.Form):
    version = forms.IntegerField(widget=forms.HiddenInput)
    reason = forms.CharField(label="重新打开的原因", max_length=200, widget=forms.Textarea(attrs={"rows": 2}))


class NoticeOfVisitsForm(forms.Form):
    """Which visits of a line one notice tells of, and whether it praises or criticises."""

    kind = forms.ChoiceField(
        label="种类", widget=forms.RadioSelect,
        choices=[(kind.value, kind.label) for kind in (Notice.Kind.COMMENDATION, Notice.Kind.CRITICISM)],
    )  # fmt: skip
    visits = forms.ModelMultipleChoiceField(
        label="检查", queryset=Inspection.objects.none(), widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "请勾选要通报的检查。"},
    )  # fmt: skip

    def __init__(self, *args, visits, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["visits"].queryset = visits


class TalkForm(VersionedForm):
    talked_on = day("约谈日期")

    class Meta:
        model = AdmonitionTalk
        fields = ("talked_on", "talked_with", "talked_by", "result", "inspection")
        widgets = {"result": forms.RadioSelect}
        help_texts = {"talked_with": "如 党支部书记周某某；只记对象，不记谈话内容"}

    def __init__(self, *args, visits, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["inspection"].queryset, self.fields["inspection"].empty_label = visits, "不是检查引起的"
        self.fields["inspection"].label_from_instance = lambda visit: f"{visit.visited_on:%Y-%m-%d} {visit.line}"
        self.fields["result"].choices = AdmonitionTalk.Result.choices


class ChooseFilter(FilterForm):
    kind = forms.ChoiceField(label="组织类别", choices=[("", "全部类别"), *Branch.Kind.choices[1:]])

    placeholder = "党组织名称"
