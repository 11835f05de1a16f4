"""Asking for a form and answering it; every free text is held against 密级 marks."""

from functools import partial

from django import forms
from django.core.exceptions import ValidationError

from branches.forms import FilterForm, VersionedForm
from branches.models import Branch
from datacalls import known
from datacalls.models import DataCall, DataCallAnswer, DataCallColumn
from files.secrecy import refuse_marked

DAY = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
Source, Type = DataCallColumn.Source, DataCallColumn.Type
MOST_TEXT = 500
MOST_OPTIONS = 20
MOST = 999_999_999


class CallFilter(FilterForm):
    state = forms.ChoiceField(label="状态", choices=[("", "全部状态"), *DataCall.State.choices])
    placeholder = "表名或文号"


class AnswerFilter(FilterForm):
    state = forms.ChoiceField(label="状态", choices=[("", "全部状态"), *DataCallAnswer.State.choices])
    placeholder = "表名"


class CallForm(forms.ModelForm):
    """A new 收表 with the office's own form."""

    upload = forms.FileField(
        label="Excel 空表",
        widget=forms.FileInput(attrs={"accept": ".xlsx"}),
        error_messages={"required": "请选择要收的表。"},
    )

    class Meta:
        model = DataCall
        fields = ("branch", "title", "number", "note", "deadline_on", "per")
        widgets = {"deadline_on": DAY, "note": forms.Textarea(attrs={"rows": 3}), "per": forms.RadioSelect}
        error_messages = {
            "title": {"required": "请填写表名。"}, "number": {"required": "请写明依据，没有依据的表不收。"},
            "deadline_on": {"required": "请填写报送期限。"},
        }  # fmt: skip

    def __init__(self, *args, organs, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["branch"].queryset, self.fields["branch"].empty_label = organs, None
        self.fields["per"].choices = DataCall.Per.choices
        for name in ("title", "number", "note"):
            self.fields[name].validators.append(refuse_marked)


class LayoutForm(forms.Form):
    """Where in the workbook the form stands."""

    sheet = forms.ChoiceField(label="工作表")
    header_row = forms.IntegerField(
        label="表头在第几行", min_value=1, max_value=200, help_text="表头有两行的，填下面一行"
    )
    first_row = forms.IntegerField(
        label="从第几行填起", min_value=2, max_value=300, help_text="有示例行的，填示例下面一行"
    )

    def __init__(self, *args, names, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["sheet"].choices = [(name, name) for name in names]

    def clean(self):
        cleaned = super().clean()
        if cleaned.get("first_row", 300) <= cleaned.get("header_row", 0):
            self.add_error("first_row", ValidationError("填写的第一行应在表头下面。"))
        return cleaned


class ColumnForm(forms.Form):
    """What one column means: one choice out of everything, and for a question how it is answered."""

    meaning = forms.ChoiceField(label="这一列")
    options = forms.CharField(
        label="可选的几项", required=False, max_length=300, validators=[refuse_marked],
        widget=forms.TextInput(attrs={"placeholder": "如 是、否"}),
    )  # fmt: skip
    is_required = forms.BooleanField(label="必填", required=False)

    def __init__(self, data=None, *, column, per, **kwargs):
        initial = {"meaning": _meaning(column), "options": column.options, "is_required": column.is_required}
        super().__init__(data, prefix=f"c{column.position}", initial=initial, **kwargs)
        self.column, self.is_wary = column, known.is_wary(column.header)
        self.fields["meaning"].choices = [
            ("系统带出", [(f"known:{key}", found.label) for key, found in known.catalogue(per).items()]),
            ("请支部填", [(f"asked:{kind}", label) for kind, label in Type.choices]),
            ("不用填", [("serial:", "序号，自动编"), ("left:", "空着")]),
        ]
        for name, label in (("meaning", "怎么填"), ("options", "可选的几项"), ("is_required", "必填")):
            self.fields[name].label = f"{column.header}：{label}"

    def clean(self):
        cleaned = super().clean()
        if cleaned.get("meaning") == f"asked:{Type.CHOICE}":
            words = [word for word in (part.strip() for part in cleaned.get("options", "").split("、")) if word]
            if not 2 <= len(words) <= MOST_OPTIONS or len(set(words)) < len(words):
                self.add_error("options", ValidationError("请写出 2 至 20 个不同的选项，用顿号隔开。"))
        return cleaned

    @property
    def told(self):
        """(source, known, type, options, is_required) for `actions.tell_columns`."""
        source, _, what = self.cleaned_data["meaning"].partition(":")
        kind = what if source == Source.ASKED else Type.TEXT
        options = self.cleaned_data["options"] if kind == Type.CHOICE else ""
        is_required = source == Source.ASKED and self.cleaned_data["is_required"]
        return source, what if source == Source.KNOWN else "", kind, options, is_required


def _meaning(column):
    if column.source == Source.KNOWN:
        return f"known:{column.known}"
    return f"asked:{column.type}" if column.source == Source.ASKED else f"{column.source}:"


class OpenForm(forms.Form):
    """Of whom it is asked."""

    BRANCHES, COMMITTEES, CHOSEN = "branches", "committees", "chosen"

    version = forms.IntegerField(widget=forms.HiddenInput)
    reach = forms.ChoiceField(
        label="向谁收", widget=forms.RadioSelect, initial=BRANCHES,
        choices=[
            (BRANCHES, "下级全部党支部"), (COMMITTEES, "下级全部党委、党总支"), (CHOSEN, "只向下面勾选的收"),
        ],
    )  # fmt: skip
    stage = forms.ChoiceField(label="只收这个学段", required=False, choices=[("", "不限学段"), *Branch.Stage.choices])
    chosen = forms.ModelMultipleChoiceField(
        label="勾选党组织", queryset=Branch.objects.none(), required=False, widget=forms.CheckboxSelectMultiple
    )
    KINDS = {
        BRANCHES: (Branch.Kind.BRANCH, Branch.Kind.JOINT, Branch.Kind.TEMPORARY),
        COMMITTEES: (Branch.Kind.COMMITTEE, Branch.Kind.GENERAL),
    }

    def __init__(self, *args, below, **kwargs):
        super().__init__(*args, **kwargs)
        self.below = self.fields["chosen"].queryset = below

    def clean(self):
        cleaned = super().clean()
        reach = cleaned.get("reach")
        if reach == self.CHOSEN and not cleaned.get("chosen"):
            self.add_error("chosen", ValidationError("请勾选要收表的党组织，或者改选上面的范围。"))
        return cleaned

    @property
    def branches(self):
        if self.cleaned_data["reach"] == self.CHOSEN:
            return self.cleaned_data["chosen"]
        found = self.below.filter(kind__in=self.KINDS[self.cleaned_data["reach"]])
        return found.filter(stage=self.cleaned_data["stage"]) if self.cleaned_data["stage"] else found


class VersionForm(forms.Form):
    """An act that needs nothing but to know what was on the page."""

    version = forms.IntegerField(widget=forms.HiddenInput)


class DeadlineForm(VersionedForm):
    class Meta:
        model = DataCall
        fields = ("deadline_on",)
        widgets = {"deadline_on": DAY}


class ReturnForm(forms.Form):
    reason = forms.CharField(
        label="退回原因", max_length=200, widget=forms.Textarea(attrs={"rows": 2}), validators=[refuse_marked],
        error_messages={"required": "请写明哪里要改，支部才知道怎么办。"},
    )  # fmt: skip


class FillForm(forms.Form):
    """Everything that is asked of one organisation: a field per line and asked column, named by both."""

    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, data=None, *, lines, columns, is_final=False, **kwargs):
        super().__init__(data, **kwargs)
        self.asked = [column for column in columns if column.source == Source.ASKED]
        self.lines = lines
        for at, line in enumerate(lines):
            for column in self.asked:
                first = line.typed.get(column.key) or line.last.get(column.key, "")
                self.fields[self.name(line, column)] = field_of(
                    column, first, is_final=is_final, row=at + 1 if line.member else 0
                )

    @staticmethod
    def name(line, column):
        return f"r{line.member or 0}-{column.position}"

    @property
    def typed(self):
        """member (None) → {position: text}."""
        return {
            line.member: {column.key: _text(self.cleaned_data.get(self.name(line, column))) for column in self.asked}
            for line in self.lines
        }


def _text(found):
    return "" if found is None else str(found)


def field_of(column, first, *, is_final, row):
    """The form field of one cell; a draft may leave it empty, handing in may not where it is required."""
    label = f"第 {row} 行　{column.header}" if row else column.header
    common = {"label": label, "required": is_final and column.is_required, "initial": first}
    common["error_messages"] = {"required": f"请填“{column.header}”。"}
    if column.type == Type.CHOICE:
        return forms.ChoiceField(choices=[("", "请选择"), *((word, word) for word in column.choices)], **common)
    if column.type == Type.WHOLE:
        box = forms.NumberInput(attrs={"inputmode": "numeric"})
        return forms.IntegerField(min_value=0, max_value=MOST, widget=box, **common)
    if column.type == Type.NUMBER:
        box = forms.NumberInput(attrs={"inputmode": "decimal", "step": "any"})
        return forms.DecimalField(
            min_value=-MOST, max_value=MOST, max_digits=15, decimal_places=4, widget=box, **common
        )
    if column.type == Type.DAY:
        return forms.DateField(widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"), **common)
    unmarked = partial(refuse_marked, where=column.header)
    return forms.CharField(max_length=MOST_TEXT, validators=[unmarked, _no_personal_number], **common)


def _no_personal_number(text):
    if found := known.personal(text):
        raise ValidationError(f"这里不能填{found}：临时收表不收个人敏感信息。收表单位确需的，由其从名册申请导出。")
