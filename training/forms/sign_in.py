"""What staff enter about who was there."""

from django import forms

from branches.forms import FilterForm
from branches.models import Branch
from training.models import SignIn

WHAT = [
    (SignIn.Method.PAPER, "纸质签到"),
    (SignIn.Method.LATER, "补签（写明原因）"),
    (SignIn.Mark.LEAVE, "请假（写明原因）"),
]


class EnterForm(forms.Form):
    what = forms.ChoiceField(label="登记为", choices=WHAT, initial=SignIn.Method.PAPER, widget=forms.RadioSelect)
    reason = forms.CharField(label="原因", required=False, max_length=120)


class UndoForm(forms.Form):
    reason = forms.CharField(label="为什么撤销", max_length=120, help_text="例如：二次点名不在、登记错人。")


class PeopleFilter(FilterForm):
    """Whom of a roll to show."""

    branch = forms.ModelChoiceField(label="党组织", queryset=Branch.objects.none(), empty_label="全部党组织")
    only = forms.ChoiceField(
        label="链接", choices=[("", "链接不限"), ("none", "还没有发"), ("unopened", "发了没打开"), ("opened", "已打开")]
    )

    placeholder = "姓名、单位"

    field_order = ["q", "branch", "only"]
