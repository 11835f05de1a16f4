"""The search above boards and lists, the person who applies, and the acts at the foot of a file."""

from django import forms
from django.utils import timezone

from branches.forms import FilterForm
from branches.models import Branch
from members.forms.person import MemberForm
from members.models import Member
from members.register import TAKEN, is_taken
from office import values
from recruitment.forms.step import day, text
from recruitment.models import Application

STATES = [("", "正在办理"), ("closed", "已办结"), ("all", "全部")]


class BoardFilter(FilterForm):
    tab = forms.ChoiceField(choices=[("mine", "轮到我办"), ("all", "全部")], widget=forms.HiddenInput)
    branch = forms.ModelChoiceField(label="党组织", queryset=Branch.objects.none(), empty_label="全部党组织")
    stage = forms.ChoiceField(label="阶段", choices=[("", "全部阶段"), *Application.Stage.choices])

    placeholder = "姓名或拼音首字母"
    digits = 8


class ListFilter(FilterForm):
    branch = forms.ModelChoiceField(label="党组织", queryset=Branch.objects.none(), empty_label="全部党组织")
    stage = forms.ChoiceField(label="阶段", choices=[("", "全部阶段"), *Application.Stage.choices])
    state = forms.ChoiceField(label="状态", choices=STATES)
    year = forms.ChoiceField(label="申请年份", choices=lambda: [("", "全部年份"), *_last_years()])

    placeholder = "姓名或拼音首字母"
    digits = 8


def _last_years():
    this = timezone.localdate().year
    return [(str(year), f"{year} 年") for year in range(this, this - 6, -1)]


SECTIONS = [
    ("基本情况", ["branch", "name", "former_name", "sex", "ethnicity", "birth_on", "id_number", "native_place"]),
    ("申请", ["applied_on", "received_on", "words"]),
    ("学历和工作", ["education", "degree", "graduated_from", "work_began", "work", "position", "title", "subject", "phone"]),
]  # fmt: skip


class PersonForm(MemberForm):
    """The facts of somebody who is not in the Party."""

    address = None

    class Meta:
        model = Member
        fields = (
            "name", "former_name", "sex", "ethnicity", "native_place", "birth_on", "education", "degree", "graduated_from",
            "work_began", "work", "position", "title", "subject",
        )  # fmt: skip
        widgets = {"birth_on": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["birth_on"].required = True

    def sections(self, rules):
        return [
            {
                "title": title,
                "lines": [
                    {"field": self[name], "secret": name == "words", **rules.get(name, {})}
                    for name in names
                    if name in self.fields
                ],
            }
            for title, names in SECTIONS
        ]

    def fill(self):
        self.cleaned_data.setdefault("address", "")
        super().fill()


class ApplicantForm(PersonForm):
    """Somebody who hands in an application, by hand. `find`: number → a person whose earlier file may be read, or None."""

    branch = forms.ModelChoiceField(
        label="受理的党支部", queryset=Branch.objects.none(), error_messages={"required": "请选择受理的党支部。"}
    )
    applied_on = day("申请书上写的日期")
    received_on = day("党组织收到日期")
    words = forms.CharField(
        label="情况说明", required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 2})
    )  # fmt: skip

    known = None

    def __init__(self, *args, branches, find, **kwargs):
        super().__init__(*args, **kwargs)
        self.find = find
        self.fields["branch"].queryset = branches
        if branches.count() == 1:
            self.fields["branch"].empty_label = None
        for name in ("id_number", "phone"):
            self.fields[name].help_text = ""

    def clean_id_number(self):
        """A number on record is told to nobody, unless it is that of a person whose closed file may be read here."""
        try:
            number = values.parse_id_number(self.cleaned_data["id_number"])
        except ValueError as error:
            raise forms.ValidationError(str(error)) from error
        if number and is_taken(number):
            self.known = self.find(number)
            if self.known is None or self.known.name != self.cleaned_data.get("name"):
                self.known, self.taken = None, number
                raise forms.ValidationError(TAKEN)
        return number


class RedateForm(forms.Form):
    applied_on = day("申请书上写的日期")
    received_on = day("党组织收到日期")
    words = forms.CharField(label="更正原因", max_length=500, widget=forms.Textarea(attrs={"rows": 2}))


class CloseForm(forms.Form):
    """How and why a file ends before its archive."""

    outcome = forms.ChoiceField(label="情形", widget=forms.RadioSelect)
    on = day("终止日期")
    reason = forms.CharField(label="原因", max_length=200, widget=forms.Textarea(attrs={"rows": 2}))

    def __init__(self, *args, outcomes, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["outcome"].choices = [(each.value, each.label) for each in outcomes]
        if len(outcomes) == 1:
            self.initial["outcome"] = outcomes[0].value


class TransferForm(forms.Form):
    branch = forms.ModelChoiceField(label="转到哪个党支部", queryset=Branch.objects.none(), empty_label="请选择")
    since = day("从哪天起")
    number = text("转接依据", 80)

    def __init__(self, *args, branches, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["branch"].queryset = branches
