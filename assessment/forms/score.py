from django import forms

from assessment.models import Scheme


class ScoreFilter(forms.Form):
    """What the list of scores shows; everything stays in the address. Without the right to rank: name and year only."""

    q = forms.CharField(
        label="党组织名称",
        required=False,
        widget=forms.TextInput(attrs={"type": "search", "placeholder": "党组织名称"}),
    )
    year = forms.ChoiceField(label="年度", required=False)
    group = forms.ChoiceField(label="比较组", required=False)
    grade = forms.ChoiceField(label="等次", required=False)
    target = forms.ChoiceField(label="目标", required=False)
    order = forms.ChoiceField(label="排序", required=False, choices=[("", "按单位序"), ("rank", "按名次")])
    kind = forms.CharField(required=False, widget=forms.HiddenInput)

    TARGETS = {"below": "没有达到目标", "beyond": "全办好也达不到"}

    def __init__(self, *args, years, groups, grades, goal, kind, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["year"].choices = [(year, f"{year} 年") for year in years]
        self.fields["group"].choices = [("", "全部比较组"), *((group, group) for group in groups)]
        self.fields["grade"].choices = [("", "全部等次"), *((grade, grade) for grade in grades)]
        self.fields["target"].choices = [("", "目标不限"), *self.TARGETS.items()]
        if not grades:
            del self.fields["grade"], self.fields["order"], self.fields["group"]
        if not grades or not goal:
            del self.fields["target"]
        if kind == Scheme.Kind.BRANCH:
            del self.fields["kind"]
