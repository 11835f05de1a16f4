"""Input of papers: signed scans, and a county's own Word form."""

from django import forms
from django.utils import timezone

from branches.forms.attachment import FilesField
from files.models import WordTemplate


class ScanForm(forms.Form):
    """Several scans of one paper at once."""

    files = FilesField(label="签字扫描件或照片")

    def clean_files(self):
        if not self.cleaned_data["files"]:
            raise forms.ValidationError("请先选择文件。")
        return self.cleaned_data["files"]


class TemplateForm(forms.ModelForm):
    """A Word form and the day from which it holds."""

    upload = forms.FileField(label="Word 表样（.docx）", widget=forms.ClearableFileInput(attrs={"accept": ".docx"}))

    class Meta:
        model = WordTemplate
        fields = ("from_on", "note")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["from_on"].initial = timezone.localdate


class BackForm(TemplateForm):
    """Ours again: no file is asked for."""

    upload = None
