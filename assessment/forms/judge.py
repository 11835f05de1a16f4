from decimal import Decimal

from django import forms

from branches.models import Branch


class JudgeForm(forms.Form):
    """One branch's line: points with two decimals and what they rest on; both empty: not judged."""

    points = forms.DecimalField(
        label="得分",
        required=False,
        min_value=0,
        max_digits=5,
        decimal_places=2,
        widget=forms.NumberInput(attrs={"step": "0.05", "inputmode": "decimal"}),
    )
    reason = forms.CharField(label="评定依据", required=False, max_length=300)
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args, branch: Branch, most, **kwargs):
        super().__init__(*args, prefix=f"b{branch.pk}", **kwargs)
        self.branch, self.most = branch, Decimal(str(most))
        self.fields["points"].widget.attrs |= {"max": str(self.most), "aria-label": f"{branch.name}得分"}
        self.fields["reason"].widget.attrs |= {"aria-label": f"{branch.name}评定依据"}

    def clean(self):
        cleaned = super().clean()
        points, reason = cleaned.get("points"), cleaned.get("reason", "").strip()
        if points is not None and points > self.most:
            self.add_error("points", f"最多 {self.most} 分。")
        if points is not None and not reason:
            self.add_error("reason", "请写评定依据，支部会看到。")
        if points is None and reason and "points" not in self.errors:
            self.add_error("points", "写了依据，还没有填得分；不评的，请把依据也清空。")
        return cleaned


class BranchSearch(forms.Form):
    """Find a branch while one part is judged."""

    q = forms.CharField(
        label="支部名称", required=False, widget=forms.TextInput(attrs={"type": "search", "placeholder": "支部名称"})
    )
    part = forms.CharField(widget=forms.HiddenInput)
