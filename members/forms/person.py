from django import forms
from django.utils import timezone

import vault
from branches.forms import FilterForm, VersionedForm
from branches.models import Branch, Group
from files.secrecy import refuse_marked
from members.models import Backbone, Member, Membership
from members.names import keys_of
from members.register import ORDERS, TAKEN, Checks, is_taken
from office import values


class MemberFilter(FilterForm):
    branch = forms.ModelChoiceField(label="党支部", queryset=Branch.objects.none(), empty_label="全部党支部")
    kind = forms.ChoiceField(label="人员类别", choices=[("", "全部类别"), *Membership.Kind.choices])
    order = forms.ChoiceField(label="排序", choices=list(ORDERS.items()))

    placeholder = "姓名、曾用名或拼音首字母"
    digits = 8


class IdSearchForm(forms.Form):
    number = forms.CharField(
        label="身份证号", max_length=30, help_text="18 位，末位 X 不分大小写；15 位的老号码也可以",
        widget=forms.TextInput(attrs={"autocomplete": "off"}), error_messages={"required": "请填写身份证号。"},
    )  # fmt: skip


def _number(label, help_text, **attrs):
    return forms.CharField(
        label=label, required=False, max_length=200, help_text=help_text,
        widget=forms.TextInput(attrs={"autocomplete": "off", **attrs}),
    )  # fmt: skip


KEEPS = "不改请留空"
DATES = ("birth_on", "joined_on", "converted_on", "retired_on")
SECTIONS = [
    (
        "基本情况",
        ["name", "former_name", "initials_given", "sex", "ethnicity", "birth_on", "id_number", "native_place"],
    ),
    (
        "党内情况",
        ["branch", "kind", "joined_on", "converted_on", "since", "introducers"],
    ),
    (
        "学历和工作",
        [
            "education", "degree", "party_school", "graduated_from", "work_began", "work", "position", "title", "subject",
            "teaching_stage", "staffing", "retired_on",
        ],
    ),
    ("联系方式", ["phone", "address"]),
    ("其他", ["note"]),
]  # fmt: skip


class MemberForm(VersionedForm):
    """The plain facts of a member. An empty number or address keeps the one on record: none is ever sent to the page."""

    # Called as the columns are, so that the record of changes knows them as classified and keeps no number.
    id_number = _number("公民身份号码", KEEPS)
    phone = _number("手机", KEEPS, inputmode="tel")
    address = _number("家庭住址", KEEPS)

    taken = ""  # a number that belongs to somebody else: the view reports it to the superior

    class Meta:
        model = Member
        fields = (
            "name", "former_name", "initials_given", "sex", "ethnicity", "native_place", "birth_on", "education", "degree",
            "party_school", "graduated_from", "work_began", "work", "position", "title", "subject", "teaching_stage",
            "staffing", "retired_on", "joined_on", "converted_on", "introducers", "note",
        )  # fmt: skip
        widgets = {name: forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d") for name in DATES}

    def sections(self, rules):
        """The fields in groups as the page shows them, each with the rule that stands beside it."""
        return [
            {
                "title": title,
                "lines": [
                    {"field": self[name], "secret": name == "note", **rules.get(name, {})}
                    for name in names
                    if name in self.fields
                ],
            }
            for title, names in SECTIONS
        ]

    def _name(self, key):
        try:
            return values.clean_name(self.cleaned_data[key])[0]
        except ValueError as error:
            raise forms.ValidationError(str(error)) from error

    def clean_name(self):
        return self._name("name")

    def clean_former_name(self):
        return self._name("former_name")

    def clean_note(self):
        refuse_marked(self.cleaned_data["note"], "备注")
        return self.cleaned_data["note"]

    def clean_phone(self):
        try:
            return values.parse_phone(self.cleaned_data["phone"])
        except ValueError as error:
            raise forms.ValidationError(str(error)) from error

    def clean_id_number(self):
        try:
            number = values.parse_id_number(self.cleaned_data["id_number"])
        except ValueError as error:
            raise forms.ValidationError(str(error)) from error
        if number and is_taken(number, besides=self.instance.pk):
            self.taken = number
            raise forms.ValidationError(TAKEN)
        return number

    def clean(self):
        """Second come, second told: raises `Stale` when the row is newer than this form."""
        cleaned = super().clean()
        labels = {name: field.label for name, field in self.fields.items()}
        self.checks = Checks(timezone.localdate())
        for key, message, is_warning in self.checks.faults(self._known(cleaned), labels):
            if not is_warning:
                self.add_error(key, f"{message}。")
        if self.instance.pk:
            self.instance.claim(cleaned.get("version") or 0)
        return cleaned

    def _known(self, cleaned):
        """What was typed, and the number on record where none was."""
        number = cleaned.get("id_number") or vault.reveal(self.instance, "id_number")
        return {**cleaned, "id_number": number}

    @property
    def oddities(self):
        """What may be wrong and is saved all the same, in words."""
        known, labels = self._known(self.cleaned_data), {name: field.label for name, field in self.fields.items()}
        odd = [message for _, message, is_warning in self.checks.faults(known, labels) if is_warning]
        return odd + [message for _, message in self.checks.mismatches(known)]

    def save(self, commit=True):
        self.fill()
        return super().save(commit)

    def fill(self):
        """What is typed beside the columns that a model form knows."""
        for name, key in keys_of(self.instance.name, self.instance.initials_given).items():
            setattr(self.instance, name, key)
        for name in ("id_number", "phone", "address"):
            if self.cleaned_data[name]:
                setattr(self.instance, name, self.cleaned_data[name])


class NewMemberForm(MemberForm):
    """Somebody who is on no register of the county yet."""

    branch = forms.ModelChoiceField(
        label="所在党支部", queryset=Branch.objects.none(), error_messages={"required": "请选择所在党支部。"}
    )
    kind = forms.ChoiceField(label="人员类别", choices=Membership.Kind.choices)
    since = forms.DateField(
        label="到本支部日期", required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )

    def __init__(self, *args, branches, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["branch"].queryset = branches
        if branches.count() == 1:
            self.fields["branch"].empty_label = None
        for name in ("sex", "birth_on", "joined_on", "id_number"):
            self.fields[name].required = True
        for name in ("id_number", "phone", "address"):
            self.fields[name].help_text = ""

    def clean(self):
        cleaned = super().clean()
        if cleaned.get("kind") == Membership.Kind.PROBATIONARY and cleaned.get("converted_on"):
            self.add_error("converted_on", "预备党员还没有转正日期，请留空；已经转正的，人员类别选正式党员。")
        return cleaned


# --- 骨干、党小组


def _day(label):
    return forms.DateField(
        label=label, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"required": f"请填写{label}。", "invalid": "请填写有效日期，如 2026-03-01。"},
    )  # fmt: skip


class BackboneForm(forms.ModelForm):
    started_on = _day("认定日期")

    class Meta:
        model = Backbone
        fields = ("name", "kind", "level", "started_on", "basis")

    def clean_name(self):
        refuse_marked(self.cleaned_data["name"], "骨干类别")
        return self.cleaned_data["name"]

    def clean_basis(self):
        refuse_marked(self.cleaned_data["basis"], "依据文号")
        return self.cleaned_data["basis"]


class GroupForm(forms.ModelForm):
    started_on = _day("成立日期")

    class Meta:
        model = Group
        fields = ("name", "started_on")

    def clean_name(self):
        refuse_marked(self.cleaned_data["name"], "名称")
        return self.cleaned_data["name"].strip()


class AssignForm(forms.Form):
    """One choice per member of the branch: the 党小组, or none."""

    since = _day("从哪天起")

    def __init__(self, *args, members, groups, **kwargs):
        super().__init__(*args, **kwargs)
        self.groups = {str(group.pk): group for group in groups}
        choices = [("", "不编组"), *((pk, group.name) for pk, group in self.groups.items())]
        self.members = members
        for member, group in members:
            self.fields[f"m-{member.pk}"] = forms.ChoiceField(
                label=str(member), required=False, choices=choices, initial=str(group.pk) if group else ""
            )

    @property
    def lines(self):
        return [self[f"m-{member.pk}"] for member, _ in self.members]

    @property
    def wanted(self):
        """member id → group or None, of those whose choice was sent along."""
        return {
            member.pk: self.groups.get(self.cleaned_data[f"m-{member.pk}"])
            for member, _ in self.members
            if f"m-{member.pk}" in self.data
        }
