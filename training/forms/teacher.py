"""Input of the library of teachers."""

from django import forms

from branches.forms import FilterForm, VersionedForm
from branches.models import Branch
from members.models import Member
from training.models import Teacher


class TeacherFilter(FilterForm):
    state = forms.ChoiceField(label="状态", choices=[("", "在聘"), ("retired", "不再聘请"), ("all", "全部")])
    owner = forms.ModelChoiceField(label="建库单位", queryset=Branch.objects.none(), empty_label="全部建库单位")

    placeholder = "姓名、单位或专题"

    def __init__(self, data, *, owners):
        super().__init__(data, owner=owners)
        self.fields["owner"].label_from_instance = lambda branch: branch.name


class TeacherForm(VersionedForm):
    """One entry. Who is a member in one's own scope may be linked by name; no phone is kept."""

    member = forms.ModelChoiceField(
        label="系统内党员", queryset=Member.objects.none(), required=False, empty_label="不是系统内党员或者不关联",
        help_text="先写姓名并保存，同名的党员会列在这里",
    )  # fmt: skip

    class Meta:
        model = Teacher
        fields = ("branch", "name", "unit", "position", "subjects", "member", "is_retired")
        help_texts = {"subjects": "几个专题用顿号隔开，如 党章党规、党史", "is_retired": "排课时不再列出，记录保留"}
        error_messages = {"name": {"required": "请填写姓名。"}}

    def __init__(self, *args, owners, namesakes, **kwargs):
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            del self.fields["branch"]
        else:
            self.fields["branch"].queryset, self.fields["branch"].empty_label = owners, None
            del self.fields["is_retired"]
        if namesakes is None:
            del self.fields["member"]
        else:
            self.fields["member"].queryset = namesakes
            self.fields["member"].label_from_instance = lambda member: f"{member}（{member.home or '没有组织关系'}）"
