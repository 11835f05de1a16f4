from django import forms


class MatrixFilter(forms.Form):
    """What the completeness table shows; everything stays in the address."""

    WORDS = {"missing": "有缺项的", "late": "有迟办的", "open": "本月待办的", "soon": "七日内到期的"}

    q = forms.CharField(
        label="支部名称", required=False, widget=forms.TextInput(attrs={"type": "search", "placeholder": "支部名称"})
    )
    year = forms.TypedChoiceField(label="考核年度", required=False, coerce=int)
    only = forms.ChoiceField(label="看哪些支部", required=False, choices=[("", "全部支部"), *WORDS.items()])

    def __init__(self, *args, years, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["year"].choices = [(year, f"{year} 年") for year in years]
