from django import forms

from branches.forms import FilterForm
from branches.models import Branch
from files.secrecy import refuse_marked


class ReviewFilter(FilterForm):
    branch = forms.ModelChoiceField(label="党支部", queryset=Branch.objects.none(), empty_label="全部党支部")
    tab = forms.CharField(widget=forms.HiddenInput)

    placeholder = "会议主题"


class AnswerForm(forms.Form):
    """What came out when a question about a record was looked into."""

    answer = forms.CharField(
        label="核实情况", max_length=200, widget=forms.TextInput(attrs={"autocomplete": "off"}),
        validators=[refuse_marked],
        error_messages={"required": "请写一句核实情况，如“两个支部联合开展，记录由同一人整理”。"},
    )  # fmt: skip
