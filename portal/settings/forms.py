"""Input of the settings pages."""

import re
from decimal import Decimal

from django import forms

from branches.forms.rectification import day, words
from branches.rights import SEATS, Role
from portal.settings.decisions import name_of
from rulebook import book, limits
from rulebook.models import SchoolTerm

LONG = 60  # signs from which a text gets a box of several lines
BETWEEN = r"[、，,；;\s]+"


class ListField(forms.CharField):
    """Several numbers or short words in one box: 30、60、90."""

    def __init__(self, *, numbers, **options):
        self.numbers = numbers
        super().__init__(**options)

    def prepare_value(self, value):
        return "、".join(map(str, value)) if isinstance(value, list) else value

    def to_python(self, value):
        found = [each for each in re.split(BETWEEN, str(value or "").strip()) if each]
        if not self.numbers:
            return found
        try:
            return [int(each) for each in found]
        except ValueError as wrong:
            raise forms.ValidationError("请填数字，几个数用顿号隔开，如 30、60、90。") from wrong


class LinesField(forms.CharField):
    """Several texts, one in each line."""

    widget = forms.Textarea(attrs={"rows": 7})

    def prepare_value(self, value):
        return "\n".join(value) if isinstance(value, list) else value

    def to_python(self, value):
        return [line.strip() for line in str(value or "").splitlines() if line.strip()]


class DecisionForm(forms.Form):
    """A rule's parts that the county may decide, from when, and by what paper."""

    def __init__(self, *args, key, held, is_trial=False, **kwargs):
        super().__init__(*args, **kwargs)
        self.key, self.held = key, held
        self.parts = limits.parts(key, held)
        for part in self.parts:
            self.fields[name_of(part.path)] = _field(part, len(self.parts))
        self.fields["from_on"] = day("自何日起")
        self.fields["source"] = words("依据", most=200, rows=2, required=not is_trial)
        self.fields["reason"] = words("补登事由", most=200, rows=2, required=False)
        self.fields["then"] = forms.IntegerField(required=False, widget=forms.HiddenInput)

    @property
    def part_fields(self):
        return [self[name_of(part.path)] for part in self.parts]

    @property
    def value(self):
        """The whole value with what was typed in its places."""
        found = self.held
        for part in self.parts:
            found = limits.put(found, part.path, _typed(self.cleaned_data.get(name_of(part.path)), part))
        return found

    def clean(self):
        cleaned = super().clean()
        self.fields["source"].required = True  # one looks without a paper, but does not decide without one
        if not self.errors:
            usual = book.rules()[self.key][-1].value
            for path, problem in limits.problems(self.key, self.value, usual):
                self.add_error(name_of(path) if name_of(path) in self.fields else None, problem)
        return cleaned


def _field(part, count):
    limit, value = part.limit, part.value
    label = limit["label"]
    if count > 1 and any(isinstance(step, int) for step in part.path):
        place = next(step for step in part.path if isinstance(step, int))
        label = f"第 {place + 1} 项：{label}"
    options = {"label": label, "initial": value, "error_messages": {"required": "不能空着。"}}
    if choices := limit.get("choices"):
        rows = list(choices.items())
        if isinstance(value, list):
            return forms.MultipleChoiceField(
                choices=rows, widget=forms.CheckboxSelectMultiple, required=not limit.get("empty"), **options
            )
        return forms.ChoiceField(choices=rows, widget=forms.RadioSelect, **options)
    if isinstance(value, bool):
        return forms.BooleanField(required=False, **options)
    if isinstance(value, int | float):
        return _number(limit, options)
    if isinstance(value, list) and (isinstance(value[0], int) or "as" in limit):
        return ListField(numbers=isinstance(value[0], int), max_length=100, **options)
    if isinstance(value, list):
        return LinesField(max_length=4000, **options)
    most = limit.get("most", limits.MOST)
    return forms.CharField(
        max_length=most, widget=forms.Textarea(attrs={"rows": 3}) if most > LONG else forms.TextInput, **options
    )


def _number(limit, options):
    low, high, unit = limit["from"], limit["to"], limit.get("unit", "")
    ends = {"min_value": low, "max_value": high, "help_text": f"{low} 至 {high}{f' {unit}' if unit else ''}"}
    options["error_messages"] |= {
        "invalid": "请填数字。", "min_value": f"不能小于 {low}。", "max_value": f"不能大于 {high}。",
    }  # fmt: skip
    if limits.takes_fractions(limit):
        ends |= {"min_value": Decimal(str(low)), "max_value": Decimal(str(high))}  # 0.01 is 0.01, not a little more
        return forms.DecimalField(max_digits=6, decimal_places=3, **ends, **options)
    return forms.IntegerField(**ends, **options)


def _typed(typed, part):
    if isinstance(typed, Decimal):
        return int(typed) if typed == typed.to_integral_value() else float(typed)
    return typed.strip() if isinstance(typed, str) else typed


class HolidayForm(forms.Form):
    """A year's notice as text, and by what paper."""

    notice = words("放假和上班的安排", most=4000, rows=9)
    source = forms.CharField(label="依据", max_length=120, error_messages={"required": "请填依据。"})


class SchoolTermForm(forms.ModelForm):
    """One 学期; who comes second sees what the other saved by its dates."""

    started_on = day("开学")
    ended_on = day("放假")

    class Meta:
        model = SchoolTerm
        fields = ("name", "started_on", "ended_on", "is_provisional")


class PersonForm(forms.Form):
    """Somebody by account and name: an account that is there already, or a new one."""

    username = forms.RegexField(
        label="账号", regex=r"^[A-Za-z0-9_.-]{3,50}$",
        error_messages={"required": "请填账号。", "invalid": "账号用 3 至 50 位字母、数字、点、横线。"},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )  # fmt: skip
    name = forms.CharField(
        label="姓名", max_length=50, error_messages={"required": "请填姓名。"},
        widget=forms.TextInput(attrs={"autocomplete": "off", "list": "people"}),
    )  # fmt: skip


class PostForm(PersonForm):
    """A post in one organisation; only those that its kind knows are offered."""

    role = forms.ChoiceField(label="岗位", error_messages={"required": "请选岗位。"})
    started_on = day("任职日期")

    field_order = ("role", "name", "username", "started_on")

    def __init__(self, *args, branch, **kwargs):
        super().__init__(*args, **kwargs)
        seats = [(role.value, role.label) for role in Role if branch.kind in SEATS[role]]
        self.fields["role"].choices = [("", "请选岗位"), *seats]


class HandoverForm(PersonForm):
    """Who follows, from which day, and whether the old account is closed."""

    handed_on = day("交接日期")
    number = forms.CharField(label="任免依据", max_length=80, required=False)
    closes_account = forms.BooleanField(label="停用离任同志的账号", required=False)

    field_order = ("name", "username", "handed_on", "number", "closes_account")
