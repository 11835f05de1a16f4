"""What is asked of the sealed years."""

from django import forms

from assessment.forms.round import long_text
from assessment.models import Scheme
from branches.forms import FilterForm


class SealedFilter(FilterForm):
    placeholder = "搜党组织名称"


class ChangeFilter(FilterForm):
    placeholder = "搜党组织名称"

    kind = forms.ChoiceField(label="对象", choices=[("", "党支部"), *Scheme.Kind.choices[1:]])


class ReopenForm(forms.Form):
    reason = long_text("为什么要改后重新公布", 500)
