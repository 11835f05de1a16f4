"""A box for several files at once, used by every matter that keeps papers."""

from django import forms

MOST_AT_ONCE = 10


class FilesField(forms.FileField):
    """Takes several files; each is looked at when it is kept (`branches.attachments.attach`). Never asked for."""

    class widget(forms.FileInput):
        allow_multiple_selected = True

    def __init__(self, *, accept="image/*,.pdf,.docx,.xlsx", **kwargs):
        super().__init__(required=False, **kwargs)
        self.widget.attrs |= {"multiple": True, "accept": accept}

    def clean(self, data, initial=None):
        found = [super(FilesField, self).clean(each, initial) for each in data or ()]
        if len(found) > MOST_AT_ONCE:
            raise forms.ValidationError(f"一次最多选 {MOST_AT_ONCE} 个文件，其余的保存后再传。")
        return found


class FilesForm(forms.Form):
    files = FilesField(label="选择文件")

    def clean_files(self):
        if not self.cleaned_data["files"]:
            raise forms.ValidationError("请先选择文件。")
        return self.cleaned_data["files"]
