"""Input of the roll: its filters, who comes, who comes instead, whom a rule means, a list to read."""

from django import forms

from branches.forms import FilterForm
from branches.models import Branch
from members.models import Member
from training.models import Enrolment

ON_ROLL, GONE = "", "gone"


class RollFilter(FilterForm):
    branch = forms.ModelChoiceField(label="党组织", queryset=Branch.objects.none(), empty_label="全部党组织")
    source = forms.ChoiceField(label="来源", choices=[("", "全部来源"), *Enrolment.Source.choices])
    state = forms.ChoiceField(label="状态", choices=[(ON_ROLL, "在名册上"), (GONE, "已退出")])

    placeholder = "姓名或单位"


class _WithReason(forms.Form):
    """After the last day of enrolment an act says why; before it, the field is not there."""

    reason = forms.CharField(label="原因", max_length=100)

    def __init__(self, *args, is_late=False, **kwargs):
        super().__init__(*args, **kwargs)
        if not is_late:
            del self.fields["reason"]
        else:
            self.fields["reason"].help_text = "报名已截止，写明为什么现在才调整。"


class EnrolForm(_WithReason):
    members = forms.ModelMultipleChoiceField(
        label="报名的同志", queryset=Member.objects.none(), widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "请勾选要报名的同志。"},
    )  # fmt: skip

    field_order = ["members", "reason"]

    def __init__(self, *args, members, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["members"].queryset = members
        self.fields["members"].label_from_instance = described


class OutsiderForm(_WithReason):
    name = forms.CharField(label="姓名", max_length=50)
    unit = forms.CharField(label="单位", max_length=100)
    position = forms.CharField(label="职务", max_length=60, required=False)

    field_order = ["name", "unit", "position", "reason"]


class WithdrawForm(forms.Form):
    reason = forms.CharField(label="退出原因", max_length=120)


class SubstituteForm(forms.Form):
    member = forms.ModelChoiceField(label="换成哪位同志", queryset=Member.objects.none(), empty_label="请选择")
    reason = forms.CharField(label="换人原因", max_length=120)

    def __init__(self, *args, members, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["member"].queryset = members
        self.fields["member"].label_from_instance = described


class RuleForm(forms.Form):
    """Which rule, and below which organisation; lives in the address, as filters do."""

    rule = forms.ChoiceField(label="选定范围")
    below = forms.ModelChoiceField(
        label="只选这个组织及其下级", queryset=Branch.objects.none(), required=False, empty_label="全部"
    )

    def __init__(self, data, *, rules, uppers):
        super().__init__(data or None)
        self.fields["rule"].choices = rules
        self.fields["below"].queryset = uppers


class ConfirmForm(_WithReason):
    """What was shown is entered: its digest, and for a list that was read the rows themselves, sealed."""

    shown = forms.CharField(widget=forms.HiddenInput, max_length=64)
    rows = forms.CharField(widget=forms.HiddenInput, required=False, max_length=600_000)


class ListForm(forms.Form):
    file = forms.FileField(label="名单", widget=forms.FileInput(attrs={"accept": ".xlsx,.xls,.csv"}))


def described(member):
    """A person to choose: two of one name are told apart by the post."""
    return f"{member}（{member.position}）" if member.position else str(member)
