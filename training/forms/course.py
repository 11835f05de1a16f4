"""Input of classes: the list's filters, the class itself, its opening and its end, and whom it is for."""

import re
from datetime import timedelta

from django import forms
from django.core.exceptions import ValidationError

from branches.forms import FilterForm, VersionedForm
from branches.forms.inspection import day
from branches.models import Branch
from files.secrecy import refuse_marked
from training.models import TrainingClass
from training.quotas import MOST_PLACES

Kind, State = TrainingClass.Kind, TrainingClass.State
BACK = 4  # years to choose from
ALL_YEARS = "all"
NAMES = {  # what a class of a kind is called in its title
    Kind.ACTIVIST: "入党积极分子培训班", Kind.CANDIDATE: "发展对象培训班", Kind.AFFAIRS: "党务干部培训班",
    Kind.SECRETARY: "党组织书记培训班", Kind.PARTY_SCHOOL: "党员进党校培训班", Kind.NIGHT_SCHOOL: "夜校",
    Kind.TOPIC: "专题培训班", Kind.LECTURE: "宣讲", Kind.VISIT: "现场观摩", Kind.REMEDIAL: "思想素质提升班",
}  # fmt: skip
FOR_WHOM = {
    Kind.ACTIVIST: "本年度确定的入党积极分子", Kind.CANDIDATE: "拟接收为预备党员的发展对象",
    Kind.AFFAIRS: "各党组织从事党务工作的同志", Kind.SECRETARY: "各党组织书记",
    Kind.PARTY_SCHOOL: "本年度还没有进党校培训的党员", Kind.NIGHT_SCHOOL: "在职党员",
    Kind.TOPIC: "按专题确定", Kind.LECTURE: "所到学校的党员、教职工", Kind.VISIT: "各党组织书记、党务干部",
    Kind.REMEDIAL: "按规定确定的同志",
}  # fmt: skip
ABOUT = {  # one line of each for the page where somebody chooses
    Kind.ACTIVIST: "入党前的集中培训", Kind.CANDIDATE: "接收为预备党员前的集中培训", Kind.AFFAIRS: "支委、党务工作者",
    Kind.SECRETARY: "书记每年至少参加一次集中培训", Kind.PARTY_SCHOOL: "计入本年度进党校覆盖",
    Kind.NIGHT_SCHOOL: "晚间、分几次上课", Kind.TOPIC: "一个专题一期", Kind.LECTURE: "有宣讲团队和主题，到校宣讲",
    Kind.VISIT: "现场会、互学互评", Kind.REMEDIAL: "只有经授权的同志看得到",
}  # fmt: skip
WITH_TOPIC = (Kind.LECTURE, Kind.TOPIC, Kind.VISIT)


def outline(kind):
    """What a 方案 begins with. Left as it is, it is no 方案 and is not kept."""
    return (
        f"一、培训对象\n{FOR_WHOM[Kind(kind)]}。\n\n二、时间和地点\n见开班日期和教学日程表。\n\n三、培训内容\n\n\n"
        "四、组织和要求\n1. 学员按时到课，遵守纪律，因故不能到课的提前请假。\n2. 各党组织按名额组织报名。\n"
    )


def _plain(text):
    return "\n".join(line.strip() for line in text.strip().splitlines())


class ClassFilter(FilterForm):
    """The search above the list of classes, of the running year unless another is chosen."""

    year = forms.ChoiceField(label="年度")
    kind = forms.ChoiceField(label="类型")
    state = forms.ChoiceField(label="状态", choices=[("", "全部状态"), *State.choices])
    owner = forms.ModelChoiceField(label="主办", queryset=Branch.objects.none(), empty_label="全部主办单位")

    placeholder = "名称、文号或授课人"

    def __init__(self, data, *, running, owners, sees_closed):
        self.running, self.sees_closed = running, sees_closed
        super().__init__(data, owner=owners)
        self.fields["owner"].label_from_instance = lambda branch: branch.name

    def full_clean(self):
        years = [(str(year), f"{year} 年") for year in range(self.running + 1, self.running - BACK, -1)]
        self.fields["year"].choices = [("", f"{self.running} 年"), *years, (ALL_YEARS, "全部年度")]
        kinds = [(kind, label) for kind, label in Kind.choices if self.sees_closed or kind != Kind.REMEDIAL]
        self.fields["kind"].choices = [("", "全部类型"), *kinds]
        super().full_clean()

    @property
    def of_year(self):
        """The year of the list; None for all."""
        asked = self.cleaned_data.get("year")
        return None if asked == ALL_YEARS else int(asked or self.running)


class ClassForm(VersionedForm):
    """A class as it is planned. Its kind and whose it is are settled when it is made."""

    starts_on, ends_on = day("开班日期"), day("结班日期")
    enrols_until = day("报名截止", required=False)
    document = forms.FileField(label="上传方案", required=False, widget=forms.FileInput(attrs={"accept": ".pdf,.docx"}))

    class Meta:
        model = TrainingClass
        fields = (
            "branch", "title", "number", "starts_on", "ends_on", "enrols_until", "place", "organiser", "team", "topic",
            "is_party_school", "plan",
        )  # fmt: skip
        widgets = {"plan": forms.Textarea(attrs={"rows": 12})}
        error_messages = {"title": {"required": "请填写班次名称。"}}

    def __init__(self, *args, owners, **kwargs):
        super().__init__(*args, **kwargs)
        row = self.instance
        if row.pk:
            del self.fields["branch"]
        else:
            self.fields["branch"].queryset, self.fields["branch"].empty_label = owners, None
            self._suggest(kwargs["initial"])
        if row.kind != Kind.LECTURE:
            del self.fields["team"]
        if row.kind not in WITH_TOPIC:
            del self.fields["topic"]
        if row.kind == Kind.REMEDIAL:
            del self.fields["is_party_school"]
        if not self.initial.get("plan"):
            self.initial["plan"] = outline(row.kind)

    def _suggest(self, given):
        starts_on = given["starts_on"]
        suggested = {
            "ends_on": starts_on, "enrols_until": starts_on - timedelta(days=3),
            "is_party_school": self.instance.kind == Kind.PARTY_SCHOOL,
        }  # fmt: skip
        self.initial |= {name: value for name, value in suggested.items() if given.get(name) is None}

    def clean_plan(self):
        plan = self.cleaned_data["plan"]
        refuse_marked(plan, "培训方案")
        return "" if _plain(plan) == _plain(outline(self.instance.kind)) else plan


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label="原因", max_length=200, widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": "请写明原因，一句话即可。"},
    )  # fmt: skip


class OpenForm(forms.Form):
    """Opening for enrolment, with the notice when it is wanted and allowed."""

    announce = forms.BooleanField(label="同时发通知", required=False)
    number = forms.CharField(label="文号", max_length=60, required=False)
    title = forms.CharField(label="通知标题", max_length=120, required=False)
    body = forms.CharField(label="通知正文", max_length=4000, required=False, widget=forms.Textarea(attrs={"rows": 10}))

    def __init__(self, *args, may_announce, **kwargs):
        super().__init__(*args, **kwargs)
        if not may_announce:
            self.fields.clear()

    def clean_number(self):
        return re.sub(r"\s+", "", self.cleaned_data["number"])

    def clean(self):
        cleaned = super().clean()
        if cleaned.get("announce"):
            for name, label in (("title", "通知标题"), ("body", "通知正文")):
                if not cleaned.get(name):
                    self.add_error(name, ValidationError(f"要发通知的，请填写{label}。"))
            for name in ("number", "title", "body"):
                try:
                    refuse_marked(cleaned.get(name) or "", self.fields[name].label)
                except ValidationError as error:
                    self.add_error(name, error)
        return cleaned

    @property
    def notice(self):
        """What the notice says, or None without one."""
        found = self.cleaned_data
        return {name: found[name] for name in ("number", "title", "body")} if found.get("announce") else None


class QuotaFilter(FilterForm):
    """Which organisations to choose from."""

    KINDS = [(kind, label) for kind, label in Branch.Kind.choices if kind != Branch.Kind.WORK_COMMITTEE]

    kind = forms.ChoiceField(label="组织类别", choices=[("", "全部类别"), *KINDS])
    stage = forms.ChoiceField(label="学段", choices=[("", "全部学段"), *Branch.Stage.choices])

    placeholder = "党组织名称"


class PlacesForm(forms.Form):
    """How many places each of the organisations ticked gets."""

    places = forms.IntegerField(
        label="每个几个名额", required=False, min_value=1, max_value=MOST_PLACES, help_text="空着为不限",
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
        error_messages={
            "invalid": f"名额填 1 到 {MOST_PLACES} 的整数，不限的空着。",
            "min_value": f"名额填 1 到 {MOST_PLACES} 的整数，不限的空着。",
            "max_value": f"名额填 1 到 {MOST_PLACES} 的整数，不限的空着。",
        },
    )  # fmt: skip
