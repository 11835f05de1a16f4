from django import forms

from branches.forms import FilterForm, VersionedForm
from branches.models import Branch
from files.secrecy import refuse_marked
from members.models import Exemption, LeadingCadre, Member, Membership
from office import values


class MemberFilter(FilterForm):
    branch = forms.ModelChoiceField(label="党支部", queryset=Branch.objects.none(), empty_label="全部党支部")
    kind = forms.ChoiceField(label="人员类别", choices=[("", "全部类别"), *Membership.Kind.choices])

    placeholder = "姓名或拼音首字母"


class MemberForm(VersionedForm):
    """The plain facts of a member. An empty phone keeps the one on record: it is never sent to the page."""

    # Called as the column is, so that the record of changes knows it as classified and keeps no number.
    phone = forms.CharField(
        label="手机", required=False, max_length=40, help_text="不改请留空",
        widget=forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "off"}),
    )  # fmt: skip

    class Meta:
        model = Member
        fields = (
            "name", "former_name", "sex", "ethnicity", "birth_on", "education", "title", "joined_on",
            "converted_on", "note",
        )  # fmt: skip
        widgets = {
            name: forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
            for name in ("birth_on", "joined_on", "converted_on")
        }

    def clean_name(self):
        try:
            return values.clean_name(self.cleaned_data["name"])[0]
        except ValueError as error:
            raise forms.ValidationError(str(error)) from error

    def clean_phone(self):
        try:
            return values.parse_phone(self.cleaned_data["phone"])
        except ValueError as error:
            raise forms.ValidationError(str(error)) from error

    def clean(self):
        """Second come, second told: raises `Stale` when the row is newer than this form."""
        cleaned = super().clean()
        self.instance.claim(cleaned.get("version") or 0)
        return cleaned

    def save(self, commit=True):
        from members.actions import initials

        self.instance.initials = initials(self.instance.name)
        if self.cleaned_data["phone"]:
            self.instance.phone = self.cleaned_data["phone"]
        return super().save(commit)


class ExemptionFilter(FilterForm):
    """What is in force today, unless all is asked for."""

    branch = forms.ModelChoiceField(label="党支部", queryset=Branch.objects.none(), empty_label="全部党支部")
    scope = forms.ChoiceField(label="范围", choices=[("", "全部范围"), *Exemption.Scope.choices])
    when = forms.ChoiceField(label="时间", choices=[("", "现在有效"), ("all", "全部，含已结束")])

    placeholder = "姓名或拼音首字母"


class CadreFilter(FilterForm):
    when = forms.ChoiceField(label="时间", choices=[("", "现任"), ("all", "全部，含已免职")])

    placeholder = "姓名或拼音首字母"


def _day(label):
    return forms.DateField(
        label=label, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"required": f"请填写{label}。", "invalid": "请填写有效日期，如 2026-03-01。"},
    )  # fmt: skip


class ExemptionForm(forms.ModelForm):
    started_on = _day("起")

    class Meta:
        model = Exemption
        fields = ("scope", "reason", "started_on", "ended_on", "basis")
        widgets = {
            "scope": forms.RadioSelect, "reason": forms.RadioSelect,
            "ended_on": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        }  # fmt: skip

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["scope"].choices = Exemption.Scope.choices
        self.fields["reason"].choices = Exemption.Reason.choices

    def clean_basis(self):
        refuse_marked(self.cleaned_data["basis"], "依据")
        return self.cleaned_data["basis"]


class CadreForm(forms.ModelForm):
    started_on = _day("任职日期")

    class Meta:
        model = LeadingCadre
        fields = ("office", "started_on")

    def clean_office(self):
        refuse_marked(self.cleaned_data["office"], "领导职务")
        return self.cleaned_data["office"]


class LastDayForm(forms.Form):
    last = _day("最后一天")
