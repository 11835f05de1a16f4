import re
from functools import partial

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from accounts.models import User
from branches.forms import FilterForm, VersionedForm
from branches.models import Branch, Notice
from duties.matrix import PARTS
from duties.periods import GROUPS
from duties.questions import CHOICE, FLAG, NUMBER
from files.secrecy import refuse_marked

ONE_LINE = 60  # characters; a longer answer gets a box of two lines
MOST = 999_999  # of whatever is counted in an answer
DAY = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class MatrixFilter(FilterForm):
    """What the completeness table shows; everything stays in the address."""

    WORDS = {"missing": "有缺项的", "late": "有迟办的", "open": "本月待办的", "soon": "七日内到期的"}

    upper = forms.ModelChoiceField(label="上级党组织", queryset=Branch.objects.none(), empty_label="全部上级党组织")
    part = forms.ChoiceField(label="时段", choices=PARTS)
    rule = forms.ChoiceField(label="按月份看", choices=[("", "各项合计")])
    only = forms.ChoiceField(label="看哪些党组织", choices=[("", "全部党组织"), *WORDS.items()])
    year = forms.TypedChoiceField(label="考核年度", coerce=int)
    group = forms.ChoiceField(choices=[*GROUPS.items()], widget=forms.HiddenInput)

    placeholder = "党组织名称"

    def __init__(self, data, *, years, rules, upper):
        super().__init__(data, upper=upper)
        self.fields["year"].choices = [(year, f"{year} 年") for year in years]
        self.fields["rule"].choices = [("", "各项合计"), *((rule, f"{label}按月份") for rule, label in rules.items())]
        self.full_clean()
        self.asked = {name: found for name, found in self.cleaned_data.items() if found not in (None, "")}


class HandForm(forms.Form):
    """To whom of the branch a duty is handed; nobody takes it back."""

    to = forms.ModelChoiceField(
        label="交给谁办", queryset=User.objects.none(), required=False, empty_label="不交办，由书记自己办"
    )

    def __init__(self, *args, people, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["to"].queryset = people


class AskForm(forms.Form):
    reason = forms.CharField(
        label="申请补办的原因", max_length=200, widget=forms.Textarea(attrs={"rows": 2}), validators=[refuse_marked],
        error_messages={"required": "请写明原因，上级才好批复。"},
    )  # fmt: skip


class DecideForm(forms.Form):
    """Leave to make good until a day, or a refusal in words."""

    until = forms.DateField(label="准予补办至", required=False, widget=DAY)
    answer = forms.CharField(label="批复意见", max_length=200, required=False, validators=[refuse_marked])


class FilingForm(forms.Form):
    """The answers to the questions of one rule, and the version they were opened at."""

    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args, questions, **kwargs):
        super().__init__(*args, **kwargs)
        for question in questions:
            self.fields[question.key] = field_of(question)

    @property
    def asked(self):
        return [field for field in self if field.name != "version"]

    @property
    def answers(self):
        return {name: found for name, found in self.cleaned_data.items() if name != "version"}


def field_of(question):
    """The form field of one question; free words are held against 密级 marks."""
    common = {"label": question.label, "required": not question.optional}
    if question.kind == CHOICE:
        words = {"required": f"请选“{question.label}”。"}
        return forms.ChoiceField(
            choices=[*question.options.items()], widget=forms.RadioSelect, error_messages=words, **common
        )
    if question.kind == NUMBER:
        number = forms.NumberInput(attrs={"inputmode": "numeric"})
        return forms.IntegerField(min_value=0, max_value=MOST, widget=number, **common)
    if question.kind == FLAG:
        return forms.BooleanField(**common | {"required": False})
    words = forms.TextInput() if question.most <= ONE_LINE else forms.Textarea(attrs={"rows": 2})
    unmarked = partial(refuse_marked, where=question.label)
    return forms.CharField(max_length=question.most, widget=words, validators=[unmarked], **common)


class AnswersFilter(FilterForm):
    """Which form, of which period, below whom."""

    rule = forms.ChoiceField(label="填报事项")
    period = forms.ChoiceField(label="期次")
    upper = forms.ModelChoiceField(label="上级党组织", queryset=Branch.objects.none(), empty_label="全部上级党组织")

    placeholder = "党组织名称"

    def __init__(self, data, *, rules, periods, upper):
        super().__init__(data, upper=upper)
        self.fields["rule"].choices, self.fields["period"].choices = [*rules.items()], periods
        self.full_clean()
        self.asked = {name: found for name, found in self.cleaned_data.items() if found not in (None, "")}


# --- notices


class NoticeFilter(FilterForm):
    box = forms.ChoiceField(choices=[("in", "收到的"), ("out", "发出的")], widget=forms.HiddenInput)
    kind = forms.ChoiceField(label="种类", choices=[("", "全部种类"), *Notice.Kind.choices])
    state = forms.ChoiceField(label="状态")
    year = forms.ChoiceField(label="年份", choices=lambda: [("", "全部年份"), *_last_years()])

    IN = [("", "全部状态"), ("unread", "待签收"), ("unanswered", "待答复"), ("settled", "已办")]
    OUT = [("", "全部状态"), *Notice.State.choices]
    placeholder = "标题或文号"

    def __init__(self, data, *, box):
        super().__init__(data)
        self.fields["state"].choices = self.IN if box == "in" else self.OUT
        self.full_clean()
        self.asked = {name: found for name, found in self.cleaned_data.items() if found not in (None, "")}


def _last_years():
    this = timezone.localdate().year
    return [(str(year), f"{year} 年") for year in range(this, this - 4, -1)]


class NoticeForm(VersionedForm):
    """A draft. `reach` says whether all below receive it or those ticked; `sort` and `stage` tick many at once."""

    ALL, CHOSEN = "all", "chosen"
    KINDS = [
        (kind, label) for kind, label in Branch.Kind.choices if kind != Branch.Kind.WORK_COMMITTEE
    ]  # fmt: skip

    branch = forms.ModelChoiceField(label="发文机关", queryset=Branch.objects.none(), empty_label=None)
    reach = forms.ChoiceField(
        label="主送",
        choices=[(ALL, "下级全部党组织"), (CHOSEN, "只发给下面勾选的")],
        widget=forms.RadioSelect,
        initial=ALL,
    )
    sort = forms.ChoiceField(label="按类别勾选", required=False, choices=[("", "不按类别"), *KINDS])
    stage = forms.ChoiceField(label="按学段勾选", required=False, choices=[("", "不按学段"), *Branch.Stage.choices])
    addressed_to = forms.ModelMultipleChoiceField(
        label="勾选党组织", queryset=Branch.objects.none(), required=False, widget=forms.CheckboxSelectMultiple
    )
    month = forms.DateField(
        label="所属月份", required=False, input_formats=["%Y-%m"], help_text="调度要点、统一议题填，别的不填",
        widget=forms.DateInput(attrs={"type": "month", "placeholder": "2026-11"}, format="%Y-%m"),
        error_messages={"invalid": "月份请写成 2026-11 的样子。"},
    )  # fmt: skip

    class Meta:
        model = Notice
        fields = (
            "branch", "kind", "number", "title", "body", "deadline_on", "needs_answer", "month", "held_on", "addressed_to",
        )  # fmt: skip
        widgets = {"body": forms.Textarea(attrs={"rows": 10}), "deadline_on": DAY, "held_on": DAY}
        help_texts = {"held_on": "会议通知填，别的不填"}
        error_messages = {"title": {"required": "请填写标题。"}}

    def __init__(self, *args, organs, below, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["branch"].queryset, self.fields["addressed_to"].queryset = organs, below
        kinds = self.fields["kind"].choices  # a 收表 is sent out with its form
        self.fields["kind"].choices = [choice for choice in kinds if choice[0] != Notice.Kind.CALL]
        for name in ("title", "body", "number"):
            self.fields[name].validators.append(refuse_marked)
        if self.instance.pk and self.instance.addressed_to.exists():
            self.initial["reach"] = self.CHOSEN

    def clean_number(self):
        return re.sub(r"\s+", "", self.cleaned_data["number"])

    def clean(self):
        cleaned = super().clean()
        chosen, organ = cleaned.get("addressed_to"), cleaned.get("branch")
        if cleaned.get("reach") == self.ALL:
            cleaned["addressed_to"] = Branch.objects.none()
        elif not chosen:
            self.add_error("addressed_to", ValidationError("请勾选主送的党组织，或者改选“下级全部党组织”。"))
        elif organ and any(not each.path.startswith(organ.path) or each == organ for each in chosen):
            self.add_error("addressed_to", ValidationError(f"只能发给{organ}的下级党组织，请去掉其余的。"))
        return cleaned


class AnswerForm(forms.Form):
    """`seen`: when the answer was given that stood on the page, so that a colleague's newer one is not overwritten."""

    seen = forms.CharField(required=False, max_length=40, widget=forms.HiddenInput)
    answer = forms.CharField(
        label="办理情况", max_length=1000, widget=forms.Textarea(attrs={"rows": 3}), validators=[refuse_marked],
        error_messages={"required": "请写明办理情况，一两句话即可。"},
    )  # fmt: skip
