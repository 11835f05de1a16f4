"""Input of the files of a class."""

from django import forms

from branches.forms.attachment import FilesField
from training.models import ClassFile, ClassSession


class UploadForm(forms.Form):
    """Several files of one use at once; courseware may belong to a session."""

    role = forms.ChoiceField(label="用途", choices=ClassFile.Role.choices)
    session = forms.ModelChoiceField(
        label="哪次课的", queryset=ClassSession.objects.none(), required=False, empty_label="整个班次的"
    )
    title = forms.CharField(label="说明", max_length=120, required=False, help_text="不填就用文件名")
    files = FilesField(label="选择文件")

    def __init__(self, *args, sessions, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["session"].queryset = sessions
        self.fields["session"].label_from_instance = lambda row: f"{row.held_on:%m-%d} {row.begins:%H:%M} {row.topic}"

    def clean_files(self):
        if not self.cleaned_data["files"]:
            raise forms.ValidationError("请先选择文件。")
        return self.cleaned_data["files"]
