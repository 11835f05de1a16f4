from django import forms

from branches.forms import VersionedForm
from branches.models import Branch
from members.forms.appraisal import YearFilter, day_input
from members.models import Member, ResponsibilityLetter

Kind = ResponsibilityLetter.Kind
LEFT = "left"


class LetterFilter(YearFilter):
    """The organisations of a year: below which one, and whether letters are left to be signed."""

    upper = forms.ModelChoiceField(label="上级", queryset=Branch.objects.none(), empty_label="全部上级")
    state = forms.ChoiceField(label="状态", choices=[("", "全部"), (LEFT, "有未签的"), ("signed", "已签完")])

    placeholder = "党组织名称"


class SignForm(forms.Form):
    """A signing in one go: everybody ticked has signed; who has not is unticked."""

    kind = forms.ChoiceField(label="哪一种", widget=forms.RadioSelect)
    signed_on = forms.DateField(
        label="签订日期", widget=day_input(), error_messages={"invalid": "请填写有效日期，如 2026-02-20。"}
    )
    counter_signer = forms.CharField(label="对方签字人", max_length=50)
    number = forms.CharField(label="依据文号", max_length=80, required=False)
    members = forms.ModelMultipleChoiceField(
        label="签了的同志", queryset=Member.objects.none(), widget=forms.CheckboxSelectMultiple, required=False
    )

    def __init__(self, *args, kinds, members, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["kind"].choices = [(kind, Kind(kind).label) for kind in kinds]
        self.fields["members"].queryset = members
        self.fields["members"].label_from_instance = lambda member: member.name
        if not members:
            del self.fields["members"]

    def clean(self):
        cleaned = super().clean()
        if cleaned.get("kind") in (Kind.MEMBER, Kind.INTEGRITY) and not cleaned.get("members"):
            self.add_error("members" if "members" in self.fields else None, "请勾选签了责任书的同志。")
        return cleaned


class LetterForm(VersionedForm):
    upload = forms.FileField(label="扫描件", required=False)

    class Meta:
        model = ResponsibilityLetter
        fields = ("signer", "signed_on", "counter_signer", "number")
        widgets = {"signed_on": day_input()}


class WithdrawForm(forms.Form):
    reason = forms.CharField(label="原因", max_length=200)
