from django import forms
from django.core.exceptions import ValidationError

from branches.forms import FilterForm, VersionedForm
from branches.forms.attachment import FilesField
from branches.models import Branch, Rectification
from files.secrecy import refuse_marked

Source, State = Rectification.Source, Rectification.State
BY_HAND = (
    Source.PATROL,
    Source.APPRAISAL,
    Source.REVIEW,
    Source.SETTING,
    Source.OTHER,
)  # the rest come from their records
PHOTOS = "可附照片，不附也不影响"


def day(label, **options):
    return forms.DateField(
        label=label, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"required": f"请填写{label}。", "invalid": "请填写有效日期，如 2026-03-01。"}, **options,
    )  # fmt: skip


def words(label, *, most=500, rows=3, **options):
    """A longer text; a 密级 mark in it is refused beside the box."""
    return forms.CharField(
        label=label, max_length=most, widget=forms.Textarea(attrs={"rows": rows}),
        validators=[lambda text: refuse_marked(text, label)], **options,
    )  # fmt: skip


class RectificationFilter(FilterForm):
    """`at` is how far an item is; its choices are the tiles above the list."""

    at = forms.ChoiceField(label="进度")
    source = forms.ChoiceField(label="来源", choices=[("", "全部来源"), *Source.choices])
    state = forms.ChoiceField(label="状态", choices=[("", "全部状态"), *State.choices])
    branch = forms.ModelChoiceField(label="党组织", queryset=Branch.objects.none(), empty_label="全部党组织")
    year = forms.ChoiceField(label="提出年份")

    placeholder = "问题或党组织名称"

    def __init__(self, data, years, ages, **querysets):
        self.years, self.ages = years, ages
        super().__init__(data, **querysets)

    def full_clean(self):
        self.fields["at"].choices = [("", "没有销号的"), *self.ages, ("all", "全部")]
        self.fields["year"].choices = [("", "全部年份"), *((str(year), f"{year} 年") for year in self.years)]
        super().full_clean()


class RaiseForm(forms.Form):
    """One problem, for one organisation or the same for several."""

    source = forms.ChoiceField(
        label="来源", choices=[("", "请选择"), *((each.value, each.label) for each in BY_HAND)],
        error_messages={"required": "请选来源。"},
    )  # fmt: skip
    source_number = forms.CharField(label="来源文号", max_length=80, required=False)
    problem = words("问题", most=300)
    measure = words("整改要求", most=300, rows=2, required=False)
    due_on = day("整改期限")
    branches = forms.ModelMultipleChoiceField(
        label="党组织", queryset=Branch.objects.none(), error_messages={"required": "请勾选党组织。"}
    )

    def __init__(self, *args, branches, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["branches"].queryset = branches


class PlanForm(VersionedForm):
    """What the branch will do about the problem."""

    measure = words("整改措施", most=300)

    class Meta:
        model = Rectification
        fields = ("measure", "owner", "due_on")
        widgets = {"due_on": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["owner"].required = True

    def given(self):
        return {name: self.cleaned_data[name] for name in ("measure", "owner", "due_on")}


class SubmitForm(forms.Form):
    done = words("整改情况", rows=4, error_messages={"required": "请写明整改情况。"})
    files = FilesField(label="佐证材料")


class WordsForm(forms.Form):
    """An act that needs no reason, but may have a remark."""

    words = words("说明", most=300, rows=2, required=False)


class ReasonForm(forms.Form):
    words = words("原因", most=300, rows=2, error_messages={"required": "请写明原因。"})


class DueForm(ReasonForm):
    """A reason and a new last day."""

    due_on = day("新的整改期限")


def tell(form, error):
    """Put what an action refused beside its field, or above the form."""
    for name, found in error.message_dict.items() if hasattr(error, "error_dict") else [(None, error.messages)]:
        for message in found:
            form.add_error(name if name in form.fields else None, ValidationError(message))
