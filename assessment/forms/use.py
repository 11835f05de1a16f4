"""Input of 结果运用: what was done, on which paper, for which organisations; and the filters above the results."""

from django import forms

from branches.forms import FilterForm
from branches.forms.inspection import day
from branches.models import Branch
from files.secrecy import refuse_marked


def written(label, limit, **options):
    return forms.CharField(label=label, max_length=limit, validators=[refuse_marked], **options)


class ResultFilter(FilterForm):
    """Above the results that are still without use."""

    use = forms.ChoiceField(label="运用方式")
    grade = forms.ChoiceField(label="审定等次")
    year = forms.CharField(widget=forms.HiddenInput)
    show = forms.CharField(widget=forms.HiddenInput)

    placeholder = "党组织名称"

    def __init__(self, data, *, ways, grades):
        super().__init__(
            data, use=[("", "全部方式"), *((way.key, way.label) for way in ways)],
            grade=[("", "全部等次"), *((grade, grade) for grade in grades)],
        )  # fmt: skip


class UseForm(forms.Form):
    """One use for one organisation or many: those ticked, or all that are still without it."""

    WHOM = (("chosen", "下面勾选的"), ("all", "列出的全部"))

    whom = forms.ChoiceField(label="给哪些党组织登记", choices=WHOM, widget=forms.RadioSelect, initial="chosen")
    branches = forms.ModelMultipleChoiceField(
        label="党组织", queryset=Branch.objects.none(), widget=forms.CheckboxSelectMultiple, required=False,
        error_messages={"invalid_choice": "列出的党组织有变化，请重新勾选。"},
    )  # fmt: skip
    words = written("做了什么", 300, widget=forms.Textarea(attrs={"rows": 3}))
    organ = written("办理单位", 80)
    number = written("文号", 80, required=False, help_text="没有文件的空着")
    day = day("日期")

    def __init__(self, *args, offered, **kwargs):
        super().__init__(*args, **kwargs)
        self.offered = offered
        self.fields["branches"].queryset = Branch.objects.filter(pk__in=[branch.pk for branch in offered]).in_order()
        if len(offered) == 1:
            del self.fields["whom"], self.fields["branches"]

    def clean(self):
        cleaned = super().clean()
        is_chosen = "whom" in self.fields and cleaned.get("whom") == "chosen"
        if is_chosen and not cleaned.get("branches") and "branches" not in self.errors:
            self.add_error("branches", "请勾选至少一个党组织，或者选“列出的全部”。")
        return cleaned

    @property
    def chosen(self):
        if "whom" not in self.fields or self.cleaned_data["whom"] == "all":
            return self.offered
        return list(self.cleaned_data["branches"])


class WithdrawForm(forms.Form):
    version = forms.IntegerField(widget=forms.HiddenInput)
    why = written("撤回理由", 200)
