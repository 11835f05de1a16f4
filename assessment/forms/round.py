"""What staff, branches and the 工委 fill in along the round of a year."""

from django import forms

from assessment.models import Objection, SelfCheck
from branches.forms import FilterForm
from branches.models import Branch

NO_DAY = {"required": "请填写日期。", "invalid": "请填写有效日期，如 2026-01-08。"}


def day(label, **options):
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return forms.DateField(label=label, widget=widget, error_messages=NO_DAY, **options)


def long_text(label, most, **options):
    return forms.CharField(label=label, max_length=most, widget=forms.Textarea(attrs={"rows": 4}), **options)


def points(label, **options):
    widget = forms.NumberInput(attrs={"step": "0.05", "inputmode": "decimal", "min": 0})
    return forms.DecimalField(label=label, min_value=0, max_digits=5, decimal_places=2, widget=widget, **options)


def version():
    return forms.IntegerField(required=False, widget=forms.HiddenInput)


class OpenForm(forms.Form):
    year = forms.TypedChoiceField(label="年度", coerce=int)
    self_check_until = day("支部自查截止")
    judging_until = day("考评组评分截止")

    def __init__(self, *args, years, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["year"].choices = [(year, f"{year} 年度") for year in years]


class DatesForm(forms.Form):
    self_check_until = day("支部自查截止")
    judging_until = day("考评组评分截止")
    version = version()


class VersionForm(forms.Form):
    """A button alone, on what one has looked at."""

    version = forms.IntegerField(widget=forms.HiddenInput)


class FinalForm(forms.Form):
    meeting_on = day("工委会议日期")
    minutes_number = forms.CharField(label="会议纪要号", max_length=80)
    version = forms.IntegerField(widget=forms.HiddenInput)


class VerdictForm(forms.Form):
    grade = forms.ChoiceField(label="工委会议审定的等次")
    reason = forms.CharField(
        label="理由", max_length=300, required=False, help_text="与拟定的相同时，等于撤回另定的等次，理由可以空着。"
    )

    def __init__(self, *args, grades, proposed, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["grade"].choices = [(grade, grade) for grade in grades]
        self.proposed = proposed

    def clean(self):
        cleaned = super().clean()
        if cleaned.get("grade") not in (None, self.proposed) and not cleaned.get("reason", "").strip():
            self.add_error("reason", "与拟定的不同，请写明理由。")
        return cleaned


class SelfCheckForm(forms.Form):
    words = long_text("自查情况", 2000, required=False)
    version = version()


class ReturnForm(forms.Form):
    reason = forms.CharField(label="退回理由", max_length=300, help_text="支部会看到，写清要改什么。")


class ContestForm(forms.Form):
    part = forms.ChoiceField(label="对哪一项有异议")
    words = long_text("异议和理由", 1000)

    def __init__(self, *args, parts, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["part"].choices = [("", "请选择"), *parts]


class AnswerForm(forms.Form):
    """What is upheld after publication comes with the points that are right."""

    outcome = forms.ChoiceField(label="结果", choices=Objection.Outcome.choices, widget=forms.RadioSelect)
    words = long_text("答复", 1000)
    points = points("调整后得分", required=False)
    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args, most=None, **kwargs):
        super().__init__(*args, **kwargs)
        if most is None:
            del self.fields["points"]
        else:
            self.fields["points"].help_text = f"采纳的才填，最多 {most} 分。"
            self.fields["points"].widget.attrs["max"] = most


class AdjustForm(forms.Form):
    part = forms.ChoiceField(label="评分点")
    points = points("调整后得分")
    reason = forms.CharField(label="调整理由", max_length=300, help_text="支部会看到。")

    def __init__(self, *args, parts, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["part"].choices = [("", "请选择"), *parts]


class VetoForm(forms.Form):
    year = forms.TypedChoiceField(label="年度", coerce=int)
    branch = forms.ModelChoiceField(label="党组织", queryset=Branch.objects.none(), empty_label="请选择")
    reason = forms.ChoiceField(label="情形")
    number = forms.CharField(label="依据文号", max_length=80)
    dated = day("文件日期")

    def __init__(self, *args, years, branches, reasons, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["year"].choices = [(year, f"{year} 年度") for year in years]
        self.fields["branch"].queryset = branches
        self.fields["reason"].choices = [("", "请选择"), *reasons]


class LiftForm(forms.Form):
    number = forms.CharField(label="解除依据", max_length=80, help_text="文号；提错了收回的，写明理由。")
    version = forms.IntegerField(widget=forms.HiddenInput)


# ---- lists


class SelfCheckFilter(FilterForm):
    state = forms.ChoiceField(label="自查", choices=[("", "全部"), ("none", "没有写"), *SelfCheck.State.choices])
    placeholder = "支部名称"


class ObjectionFilter(FilterForm):
    phase = forms.ChoiceField(label="提出阶段", choices=[("", "全部阶段"), *Objection.Phase.choices])
    state = forms.ChoiceField(label="办理", choices=[("", "全部"), ("waiting", "等答复"), *Objection.Outcome.choices])
    placeholder = "支部名称"


class DecideFilter(FilterForm):
    grade = forms.ChoiceField(label="拟定等次")
    only = forms.ChoiceField(
        label="只看", choices=[("", "全部"), ("changed", "公布后有变化的"), ("verdict", "工委会议另定的")]
    )
    kind = forms.ChoiceField(label="对象", widget=forms.HiddenInput)
    placeholder = "支部名称"


class VetoFilter(FilterForm):
    year = forms.ChoiceField(label="年度", choices=())
    state = forms.ChoiceField(
        label="状态",
        choices=[("", "全部"), ("waiting", "等确认"), ("in_force", "生效"), ("lifted", "已解除")],
    )
    placeholder = "支部名称"
