"""What the acts on an organisation ask, and the filters of the two lists."""

from django import forms

from branches.forms import FilterForm
from branches.models import Branch, OrgChange, School
from members.changes import UPWARD
from members.forms.election import day
from members.forms.structure import ActForm, SplitForm
from members.structure_checks import LEAVES

FOUNDED = [choice for choice in Branch.Kind.choices if choice[0] != Branch.Kind.WORK_COMMITTEE]


class SettingFilter(FilterForm):
    """Organisations by what was found."""

    fault = forms.ChoiceField(label="问题")
    upper = forms.ModelChoiceField(label="上级党组织", queryset=Branch.objects.none(), empty_label="全部上级")
    on = day("截至")

    placeholder = "党组织名称"

    def __init__(self, data, *, faults, **querysets):
        self.faults = faults
        super().__init__(data, **querysets)

    def full_clean(self):
        self.fields["fault"].choices = [("", "全部问题"), *self.faults.items()]
        super().full_clean()

    def _words(self, name, found):
        return f"{found:%Y-%m-%d}" if name == "on" else super()._words(name, found)


class ChangeFilter(FilterForm):
    year = forms.ChoiceField(label="年份")
    kind = forms.ChoiceField(label="方式", choices=[("", "全部方式"), *OrgChange.Kind.choices])
    upper = forms.ModelChoiceField(label="上级党组织", queryset=Branch.objects.none(), empty_label="全部上级")

    placeholder = "党组织名称，曾用名也可以"

    def __init__(self, data, *, years, **querysets):
        self.years = years
        super().__init__(data, **querysets)

    def full_clean(self):
        self.fields["year"].choices = [("", "全部年份"), *((str(year), f"{year} 年") for year in self.years)]
        super().full_clean()


def _name(label):
    return forms.CharField(
        label=label, max_length=100, help_text="与印章一致的全称", error_messages={"required": f"请填写{label}。"}
    )


class RenameForm(ActForm):
    name = _name("新名称")

    field_order = ("name", "since", "number", "reason")

    def asked(self):
        return {"name": self.cleaned_data["name"]} | self.paper


class DissolveForm(ActForm):
    def asked(self):
        return self.paper


class FoundForm(ActForm):
    name = _name("党组织名称")
    kind = forms.ChoiceField(label="组织类别", choices=FOUNDED, initial=Branch.Kind.BRANCH)
    parent = forms.ModelChoiceField(
        label="上级党组织", queryset=Branch.objects.none(), empty_label="请选择",
        error_messages={"required": "请选择上级党组织。"},
    )  # fmt: skip
    schools = forms.CharField(
        label="所在单位", required=False, max_length=1000, help_text="一行一个单位的全称，联合党支部写几行",
        widget=forms.Textarea(attrs={"rows": 3}),
    )  # fmt: skip
    stage = forms.ChoiceField(label="学段", choices=[("", "不填"), *Branch.Stage.choices], required=False)
    nature = forms.ChoiceField(label="办学性质", choices=[("", "不填"), *Branch.Nature.choices], required=False)

    field_order = ("name", "kind", "parent", "schools", "stage", "nature", "since", "number", "reason")

    def __init__(self, *args, parents, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["parent"].queryset = parents

    def clean_schools(self):
        names = list(dict.fromkeys("".join(line.split()) for line in self.cleaned_data["schools"].splitlines()))
        most = School._meta.get_field("name").max_length
        if any(len(name) > most for name in names):
            raise forms.ValidationError(f"一行写一个单位，名称最多 {most} 个字。")
        return [name for name in names if name]

    def asked(self):
        data = self.cleaned_data
        branch = Branch(**{name: data[name] for name in ("name", "kind", "stage", "nature")})
        return {"branch": branch, "parent": data["parent"], "schools": data["schools"]} | self.paper


class UpgradeForm(SplitForm):
    """To which kind; and of a 支部, the branches below it with who goes to each."""

    kind = forms.ChoiceField(label="升格为", widget=forms.RadioSelect)

    def __init__(self, *args, branch, members, schools, **kwargs):
        super().__init__(*args, members=members, schools=schools, **kwargs)
        del self.fields["keeps"]
        self.fields["kind"].choices = [(kind.value, kind.label) for kind in UPWARD.get(branch.kind, ())]
        self.fields["kind"].error_messages["required"] = "请选择升格为哪一类。"
        self.has_parts = branch.kind in LEAVES
        for name in [name for name in self.fields if name.startswith("to_")]:
            self.fields[name].choices = [("", "请选择"), *self.fields[name].choices[1:]]
        if not self.has_parts:
            for name in [name for name in self.fields if name.startswith(("name_", "kind_", "schools_", "to_"))]:
                del self.fields[name]

    @property
    def part_fields(self):
        return super().part_fields if self.has_parts else []

    @property
    def member_fields(self):
        return super().member_fields if self.has_parts else []

    @property
    def parts(self):
        return super().parts if self.has_parts else []

    def clean(self):
        return super().clean() if self.has_parts else self.cleaned_data

    def asked(self):
        return {"kind": self.cleaned_data["kind"], "parts": self.parts} | self.paper
