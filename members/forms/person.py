from django import forms

from branches.forms import FilterForm, VersionedForm
from branches.models import Branch
from members.models import Member, Membership
from members.names import keys_of
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
        for name, key in keys_of(self.instance.name, self.instance.initials_given).items():
            setattr(self.instance, name, key)
        if self.cleaned_data["phone"]:
            self.instance.phone = self.cleaned_data["phone"]
        return super().save(commit)
