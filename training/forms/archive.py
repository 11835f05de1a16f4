"""Input at the end of a class: its summary, 结业, the archive with a reason for gaps, and what the 简报 bears."""

from django import forms

from branches.forms import VersionedForm
from files.secrecy import refuse_marked
from training.models import TrainingClass

LONGEST = 8000


class SummaryForm(VersionedForm):
    """总结 as it is written here."""

    summary = forms.CharField(
        label="总结", max_length=LONGEST, required=False, widget=forms.Textarea(attrs={"rows": 18}),
        validators=[refuse_marked],
    )  # fmt: skip

    class Meta:
        model = TrainingClass
        fields = ("summary",)


class SettleForm(forms.Form):
    """结业 by the rule, with or without numbers."""

    certify = forms.BooleanField(label="同时编结业证号", required=False)


class CloseForm(forms.Form):
    """归档: where something is missing, why."""

    gap_reason = forms.CharField(
        label="缺项仍归档的理由", required=False, max_length=200, widget=forms.Textarea(attrs={"rows": 3}),
        validators=[refuse_marked],
    )  # fmt: skip


class BriefingForm(forms.Form):
    """Number and recipients of a 简报; what is left empty stays blank on the paper."""

    number = forms.CharField(label="期号", required=False, max_length=40, validators=[refuse_marked])
    copies = forms.CharField(label="报送", required=False, max_length=100, validators=[refuse_marked])

    def __init__(self, data):
        super().__init__(data, auto_id="briefing-%s")
        self.fields["number"].widget.attrs["placeholder"] = "如 2026 年第 3 期"
