from django import forms

from branches.forms import FilterForm
from branches.models import Branch
from files.secrecy import refuse_marked
from members import terms
from members.models import Election, Member, Post

OFFICES = [choice for choice in Post.Office.choices if choice[0] != Post.Office.GROUP_LEADER]


def day(label, **options):
    return forms.DateField(
        label=label, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"required": f"请填写{label}。", "invalid": "请填写有效日期，如 2026-03-01。"}, **options,
    )  # fmt: skip


def tell(form, error):
    """Put a refusal beside its field, or at the top when the form has no such field."""
    if not hasattr(error, "error_dict"):
        form.add_error(None, error)
        return
    for name, errors in error.error_dict.items():
        form.add_error(name if name in form.fields else None, errors)


def count(label, **options):
    return forms.IntegerField(
        label=label, min_value=0, max_value=9999, widget=forms.NumberInput(attrs={"inputmode": "numeric"}), **options
    )


class TermFilter(FilterForm):
    """The list of terms; the days of the notices are a rule, so the choices are made with them."""

    state = forms.ChoiceField(label="到期")
    kind = forms.ChoiceField(label="组织类别")
    upper = forms.ModelChoiceField(label="上级党组织", queryset=Branch.objects.none(), empty_label="全部上级")

    placeholder = "党组织名称"

    def __init__(self, data, *, notices, **querysets):
        self.notices = notices
        super().__init__(data, **querysets)

    def full_clean(self):
        kinds = [choice for choice in Branch.Kind.choices if choice[0] not in ("work_committee", "temporary")]
        self.fields["kind"].choices = [("", "全部类别"), *kinds]
        self.fields["state"].choices = [
            ("", "全部"), (terms.OVERDUE, "已逾期"), *((str(days), f"{days} 天内届满") for days in sorted(self.notices)),
            (terms.UNKNOWN, "没有登记届满日期"), (terms.EXTENDED, "已批准延期"), (terms.VACANT, "有空缺"),
        ]  # fmt: skip
        super().full_clean()


class ElectionFilter(FilterForm):
    state = forms.ChoiceField(label="状态", choices=[("", "全部状态"), *Election.State.choices])
    kind = forms.ChoiceField(label="种类", choices=[("", "全部种类"), *Election.Kind.choices])

    placeholder = "党组织名称"


class ElectionForm(forms.ModelForm):
    planned_on = day("计划选举日期", required=False)

    class Meta:
        model = Election
        fields = ("kind", "seats", "planned_on")
        widgets = {"kind": forms.RadioSelect, "seats": forms.NumberInput(attrs={"inputmode": "numeric"})}


class StepForm(forms.Form):
    done_on = day("日期")
    number = forms.CharField(label="文号或说明", max_length=100, required=False)

    def clean_number(self):
        refuse_marked(self.cleaned_data["number"], "文号或说明")
        return self.cleaned_data["number"]


class NomineeForm(forms.Form):
    member = forms.ModelChoiceField(
        label="候选人", queryset=Member.objects.none(), empty_label="请选择",
        error_messages={"required": "请选择候选人。", "invalid_choice": "这位同志不在可以提名的名单里。"},
    )  # fmt: skip
    office = forms.ChoiceField(label="拟任职务", choices=OFFICES, initial=Post.Office.COMMITTEE)

    def __init__(self, *args, members, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["member"].queryset = members


class ResultForm(forms.Form):
    """The ballot: counts first, then of each candidate the votes and the office."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    held_on = day("选举日期")
    due = count("应到有选举权人数", required=False)
    attended = count("实到有选举权人数")
    issued = count("发出选票")
    returned = count("收回选票")
    valid = count("有效选票")

    COUNTS = ("due", "attended", "issued", "returned", "valid")

    def __init__(self, *args, nominees, meets_by_delegates, **kwargs):
        super().__init__(*args, **kwargs)
        self.nominees = list(nominees)
        if not meets_by_delegates:
            del self.fields["due"]
        for nominee in self.nominees:
            self.fields[f"votes_{nominee.pk}"] = count(f"{nominee.member}得赞成票", initial=nominee.votes)
            self.fields[f"office_{nominee.pk}"] = forms.ChoiceField(
                label=f"{nominee.member}的职务", choices=OFFICES, initial=nominee.office
            )

    @property
    def lines(self):
        return [
            {"nominee": nominee, "votes": self[f"votes_{nominee.pk}"], "office": self[f"office_{nominee.pk}"]}
            for nominee in self.nominees
        ]

    @property
    def counts(self):
        return {name: self.cleaned_data.get(name) for name in self.COUNTS}

    @property
    def votes(self):
        return {
            nominee.pk: (self.cleaned_data[f"votes_{nominee.pk}"], self.cleaned_data[f"office_{nominee.pk}"])
            for nominee in self.nominees
        }


class FinishForm(forms.Form):
    replied_on = day("批复日期")
    number = forms.CharField(label="批复文号", max_length=100, error_messages={"required": "请填写批复文号。"})

    def clean_number(self):
        refuse_marked(self.cleaned_data["number"], "批复文号")
        return self.cleaned_data["number"]


class CancelForm(forms.Form):
    reason = forms.CharField(label="终止原因", max_length=200, error_messages={"required": "请写明终止原因。"})

    def clean_reason(self):
        refuse_marked(self.cleaned_data["reason"], "终止原因")
        return self.cleaned_data["reason"]


class ExtensionForm(forms.Form):
    until = day("延至")
    approved_on = day("批准日期")
    number = forms.CharField(label="批准文号", max_length=80, error_messages={"required": "请填写批准文号。"})

    def clean_number(self):
        refuse_marked(self.cleaned_data["number"], "批准文号")
        return self.cleaned_data["number"]


class PostEndForm(forms.Form):
    last = day("任职的最后一天")


class DualFilter(FilterForm):
    state = forms.ChoiceField(label="双带头人", choices=[("", "全部书记"), ("yes", "是"), ("no", "不是")])

    placeholder = "党组织或姓名"


class DualForm(forms.Form):
    is_dual = forms.BooleanField(label="是双带头人", required=False)
    basis = forms.CharField(label="依据", max_length=80, required=False, help_text="如认定学科带头人的文号")
