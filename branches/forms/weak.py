"""What the pages of 整顿 ask for; whether it may be so is decided by the acts themselves."""

from django import forms

from branches.forms import FilterForm
from branches.models import Branch, CatalogueEntry, WeakCase, WeakMeasure

BACK = 6  # years to choose from


def _day(label, **options):
    return forms.DateField(
        label=label, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"invalid": "请填写有效日期，如 2026-06-10。"}, **options,
    )  # fmt: skip


def _text(label, most, rows=4, **options):
    return forms.CharField(label=label, max_length=most, widget=forms.Textarea(attrs={"rows": rows}), **options)


def _count(label, **options):
    widget = forms.NumberInput(attrs={"inputmode": "numeric"})
    return forms.IntegerField(label=label, min_value=0, max_value=9999, widget=widget, **options)


class WeakFilter(FilterForm):
    """The ledger: what runs, unless something else is asked for."""

    STAGES = {
        "running": [state for state in WeakCase.State if state not in WeakCase.ENDED],
        "listed": WeakCase.LISTED,
    }

    state = forms.ChoiceField(
        label="状态", choices=[("", "全部状态"), ("running", "没有办结的"), ("listed", "在整顿名单上的"), *WeakCase.State.choices]
    )  # fmt: skip
    year = forms.ChoiceField(label="年度")
    branch = forms.ModelChoiceField(label="党组织", queryset=Branch.objects.none(), empty_label="全部党组织")

    placeholder = "党组织名称"

    def __init__(self, data, *, running, **querysets):
        self.running = running
        super().__init__(data, **querysets)

    def full_clean(self):
        years = range(self.running, self.running - BACK, -1)
        self.fields["year"].choices = [("", "全部年度"), *((str(year), f"{year} 年") for year in years)]
        super().full_clean()


class ProposeForm(forms.ModelForm):
    """Why an organisation is put forward: reasons from the county's list, and what they show themselves in."""

    class Meta:
        model = WeakCase
        fields = ("reasons", "grounds")
        widgets = {
            "reasons": forms.CheckboxSelectMultiple,
            "grounds": forms.Textarea(attrs={"rows": 4, "maxlength": 500}),
        }

    def __init__(self, *args, year, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["reasons"].queryset = CatalogueEntry.objects.of(CatalogueEntry.Catalogue.WEAK_REASON, year)


class SelfAssessForm(forms.Form):
    words = _text("自评意见", 1000, 6)


class ReviewForm(forms.Form):
    asked = _count("参加评议的党员群众")
    agreed = _count("认为软弱涣散的")
    words = _text("评定意见", 300, 3, required=False)


class PublicForm(forms.Form):
    first, last = _day("公示开始"), _day("公示结束")


class ListForm(forms.Form):
    number = forms.CharField(label="列入文号", max_length=80)
    listed_on = _day("列入日期")


class PlanForm(forms.Form):
    plan = _text("整顿方案", 2000, 8)
    due_on = _day("整顿期限")
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)


class BeginForm(forms.Form):
    """Nothing to fill in: the slots of 四个一 are filled or they are not."""


class ApplyForm(forms.Form):
    words = _text("整顿成效", 500)


class CloseForm(forms.Form):
    number = forms.CharField(label="销号文号", max_length=80)
    closed_on = _day("销号日期")


class ReasonForm(forms.Form):
    reason = _text("理由", 200, 3)


class ExtendForm(forms.Form):
    number = forms.CharField(label="文号", max_length=80)
    reason = _text("延长的理由", 300, 3)


class MeasureForm(forms.ModelForm):
    started_on = _day("开始日期")

    class Meta:
        model = WeakMeasure
        fields = ("entry", "who", "position", "started_on")

    def __init__(self, *args, slots, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["entry"].queryset = slots
        self.fields["entry"].empty_label = "请选择"


class ReportForm(forms.Form):
    """One month in three lines, so that it can be written on the phone."""

    month = forms.TypedChoiceField(label="月份")
    done = _text("本月做了什么", 500, 3)
    settled = _count("已解决问题数", initial=0)
    left = _count("未解决问题数", initial=0)
    next = _text("下月打算", 300, 2, required=False)
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args, months, **kwargs):
        """`months`: first days of the months that may be reported, the newest first."""
        super().__init__(*args, **kwargs)
        self.fields["month"].choices = [(day.isoformat(), f"{day.year} 年 {day.month} 月") for day in months]
        self.fields["month"].coerce = {day.isoformat(): day for day in months}.get


class CheckForm(forms.Form):
    """The acceptance, one reason after the other."""

    SETTLED, LEFT = "settled", "left"

    def __init__(self, *args, reasons, **kwargs):
        super().__init__(*args, **kwargs)
        self.reasons = list(reasons)
        for entry in self.reasons:
            self.fields[f"settled-{entry.pk}"] = forms.ChoiceField(
                label=entry.label, choices=[(self.SETTLED, "已经解决"), (self.LEFT, "没有解决")], widget=forms.RadioSelect
            )  # fmt: skip
            self.fields[f"words-{entry.pk}"] = _text("验收情况", 300, 2)

    @property
    def pairs(self):
        """(the reason, its two fields), for the page."""
        return [(entry, self[f"settled-{entry.pk}"], self[f"words-{entry.pk}"]) for entry in self.reasons]

    @property
    def checks(self):
        """{entry pk: (is settled, words)} as `weak_cases.accept` wants it."""
        data = self.cleaned_data
        return {
            entry.pk: (data[f"settled-{entry.pk}"] == self.SETTLED, data[f"words-{entry.pk}"]) for entry in self.reasons
        }
