from django import forms


class ScoreFilter(forms.Form):
    """What the list of scores shows; everything stays in the address. Without the right to rank: name and year only."""

    q = forms.CharField(
        label="支部名称", required=False, widget=forms.TextInput(attrs={"type": "search", "placeholder": "支部名称"})
    )
    year = forms.ChoiceField(label="年度", required=False)
    grade = forms.ChoiceField(label="拟定等次", required=False)
    order = forms.ChoiceField(label="排序", required=False, choices=[("", "按单位序"), ("rank", "按名次")])

    def __init__(self, *args, years, grades, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["year"].choices = [(year, f"{year} 年") for year in years]
        self.fields["grade"].choices = [("", "全部等次"), *((grade, grade) for grade in grades)]
        if not grades:
            del self.fields["grade"], self.fields["order"]
