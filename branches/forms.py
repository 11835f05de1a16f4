from django import forms

from branches.models import Branch


class BranchForm(forms.ModelForm):
    """The plain facts of an organisation; founding, merging and closing are acts of their own."""

    version = forms.IntegerField(widget=forms.HiddenInput)

    class Meta:
        model = Branch
        fields = ("name", "stage", "area", "nature", "note")

    def clean_version(self):
        """Second come, second told: raises `Stale` when the row is newer than this form."""
        self.instance.claim(self.cleaned_data["version"])
        return self.cleaned_data["version"]
