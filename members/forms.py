from django import forms

from members.models import Member
from office import values


class MemberForm(forms.ModelForm):
    """The plain facts of a member. An empty phone keeps the one on record: it is never sent to the page."""

    new_phone = forms.CharField(label="手机", required=False, max_length=40, help_text="不改请留空")
    version = forms.IntegerField(widget=forms.HiddenInput)

    class Meta:
        model = Member
        fields = ("name", "former_name", "sex", "ethnicity", "birth_on", "education", "title", "backbone", "joined_on", "converted_on", "note")
        widgets = {
            name: forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d") for name in ("birth_on", "joined_on", "converted_on")
        }

    def clean_name(self):
        try:
            return values.clean_name(self.cleaned_data["name"])[0]
        except ValueError as error:
            raise forms.ValidationError(str(error)) from error

    def clean_new_phone(self):
        try:
            return values.parse_phone(self.cleaned_data["new_phone"])
        except ValueError as error:
            raise forms.ValidationError(str(error)) from error

    def clean_version(self):
        """Second come, second told: raises `Stale` when the row is newer than this form."""
        self.instance.claim(self.cleaned_data["version"])
        return self.cleaned_data["version"]

    def save(self, commit=True):
        from members.actions import initials

        self.instance.initials = initials(self.instance.name)
        if self.cleaned_data["new_phone"]:
            self.instance.phone = self.cleaned_data["new_phone"]
        return super().save(commit)
