"""The choices above a comparison of two years."""

from django import forms

from branches.forms import FilterForm

COURSES = [("", "全部"), ("changed", "等次有变化的"), ("up", "等次提高的"), ("down", "等次降低的")]


class CompareFilter(FilterForm):
    """Which two years, and which organisations of them; everything stays in the address."""

    before = forms.ChoiceField(label="前一年")
    after = forms.ChoiceField(label="后一年")
    group = forms.ChoiceField(label="比较组")
    course = forms.ChoiceField(label="等次变化", choices=COURSES)

    placeholder = "党支部名称"

    def __init__(self, data, *, years, groups):
        shown = [(str(year), f"{year} 年") for year in years]
        super().__init__(
            data, before=[("", "上一年"), *shown], after=[("", "最近一年"), *shown],
            group=[("", "全部比较组"), *((group, group) for group in groups)],
        )  # fmt: skip
