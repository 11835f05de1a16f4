from django import forms
from django.core.exceptions import ValidationError

from branches.forms import FilterForm
from branches.models import Branch
from files.secrecy import refuse_marked
from members.forms.election import day
from members.structure import Part

OLDS = 4  # branches merged at one go besides the one that takes them in
PARTS = 3
KINDS = [(kind.value, kind.label) for kind in (Branch.Kind.BRANCH, Branch.Kind.JOINT)]


class TreeFilter(FilterForm):
    on = day("截至")

    placeholder = "党组织名称"

    def _words(self, name, found):
        return f"{found:%Y-%m-%d}" if name == "on" else super()._words(name, found)


class ActForm(forms.Form):
    """What every change of the organisation asks: from which day, by which paper."""

    since = day("生效日期", help_text="新的隶属、名单从这一天起算")
    number = forms.CharField(label="批准文号", max_length=80, error_messages={"required": "请填写批准文号。"})
    reason = forms.CharField(label="原因", max_length=200, required=False)

    def clean_number(self):
        refuse_marked(self.cleaned_data["number"], "批准文号")
        return self.cleaned_data["number"]

    def clean_reason(self):
        refuse_marked(self.cleaned_data["reason"], "原因")
        return self.cleaned_data["reason"]

    @property
    def paper(self):
        """What every act takes beside its own."""
        return {name: self.cleaned_data[name] for name in ("since", "number", "reason")}


def _choice(label, empty="不选", **options):
    return forms.ModelChoiceField(
        label=label, queryset=Branch.objects.none(), required=False, empty_label=empty, **options
    )


def _name(label):
    return forms.CharField(label=label, max_length=100, required=False, help_text="与印章一致的全称")


class MergeForm(ActForm):
    into = _choice("并入", empty="新设一个党支部")
    name = _name("新党支部名称")
    kind = forms.ChoiceField(label="新党支部类别", choices=KINDS, required=False)
    parent = _choice("新党支部的上级", empty="请选择")

    def __init__(self, *args, branches, parents, **kwargs):
        super().__init__(*args, **kwargs)
        for number in range(1, OLDS + 1):
            self.fields[f"old_{number}"] = _choice(f"原党支部 {number}")
            self.fields[f"old_{number}"].queryset = branches
        self.fields["old_1"].required, self.fields["old_1"].empty_label = True, "请选择"
        self.fields["old_1"].error_messages["required"] = "请选择要合并的党支部。"
        self.fields["into"].queryset, self.fields["parent"].queryset = branches, parents

    @property
    def old_fields(self):
        return [self[f"old_{number}"] for number in range(1, OLDS + 1)]

    @property
    def olds(self):
        found = [self.cleaned_data.get(f"old_{number}") for number in range(1, OLDS + 1)]
        return list(dict.fromkeys(filter(None, found)))

    def clean(self):
        cleaned = super().clean()
        if not cleaned.get("into"):
            if not cleaned.get("name"):
                self.add_error("name", "请填写新党支部的名称，或者选择并入哪个党支部。")
            if not cleaned.get("parent"):
                self.add_error("parent", "请选择新党支部的上级党组织。")
        return cleaned

    def asked(self):
        """What the act takes; a branch to be founded is made anew for each try."""
        data = self.cleaned_data
        into = data["into"] or Branch(name=data["name"], kind=data["kind"] or Branch.Kind.BRANCH)
        return {"olds": self.olds, "into": into, "parent": data["parent"]} | self.paper


class SplitForm(ActForm):
    keeps = forms.BooleanField(
        label="原党支部保留",
        required=False,
        help_text="没有分到新党支部的党员留在原党支部；不保留的，每位党员都要分到新党支部",
    )

    def __init__(self, *args, members, schools, **kwargs):
        super().__init__(*args, **kwargs)
        self.members = list(members)
        for number in range(1, PARTS + 1):
            self.fields[f"name_{number}"] = _name(f"新党支部 {number} 名称")
            self.fields[f"kind_{number}"] = forms.ChoiceField(
                label=f"新党支部 {number} 类别", choices=KINDS, required=False
            )
            self.fields[f"schools_{number}"] = forms.ModelMultipleChoiceField(
                label=f"新党支部 {number} 覆盖单位", queryset=schools, required=False,
                widget=forms.CheckboxSelectMultiple, help_text="不选的，与原党支部相同",
            )  # fmt: skip
        places = [("", "留在原党支部"), *((str(number), f"新党支部 {number}") for number in range(1, PARTS + 1))]
        for member in self.members:
            self.fields[f"to_{member.pk}"] = forms.ChoiceField(label=str(member), choices=places, required=False)

    @property
    def part_fields(self):
        return [(self[f"name_{n}"], self[f"kind_{n}"], self[f"schools_{n}"]) for n in range(1, PARTS + 1)]

    @property
    def member_fields(self):
        return [self[f"to_{member.pk}"] for member in self.members]

    def clean(self):
        cleaned = super().clean()
        for number in range(1, PARTS + 1):
            has_members = any(cleaned.get(f"to_{member.pk}") == str(number) for member in self.members)
            if has_members and not cleaned.get(f"name_{number}"):
                self.add_error(f"name_{number}", "已有党员分到这里，请填写名称。")
            if cleaned.get(f"name_{number}") and not has_members:
                self.add_error(f"name_{number}", "还没有党员分到这里。")
        if not any(cleaned.get(f"name_{number}") for number in range(1, PARTS + 1)):
            raise ValidationError("请填写新党支部的名称，并把党员分到新党支部。")
        return cleaned

    def asked(self):
        return {"parts": self.parts, "keeps": self.cleaned_data["keeps"]} | self.paper

    @property
    def parts(self):
        """What is to be founded, unsaved, each with who goes there."""
        data = self.cleaned_data
        return [
            Part(
                Branch(name=data[f"name_{number}"], kind=data[f"kind_{number}"] or Branch.Kind.BRANCH),
                [member.pk for member in self.members if data[f"to_{member.pk}"] == str(number)],
                list(data[f"schools_{number}"]),
            )
            for number in range(1, PARTS + 1)
            if data[f"name_{number}"]
        ]


class MoveForm(ActForm):
    parent = forms.ModelChoiceField(
        label="新的上级党组织", queryset=Branch.objects.none(), empty_label="请选择",
        error_messages={"required": "请选择新的上级党组织。"},
    )  # fmt: skip

    def __init__(self, *args, parents, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["parent"].queryset = parents

    def asked(self):
        return {"parent": self.cleaned_data["parent"]} | self.paper
