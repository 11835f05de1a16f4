import re
from datetime import date, timedelta

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from accounts.models import User
from branches.forms import FilterForm, VersionedForm
from branches.models import Appointment, Branch
from files.secrecy import refuse_marked
from meetings.models import Campaign, CampaignStep, Finding, Guidance

DAY = re.compile(
    r"\s*(?:(\d{4})\s*[-年./])?\s*(1[0-2]|0?[1-9])\s*[-月./]\s*(3[01]|[12]\d|0?[1-9])\s*日?\s*[:：、,，]?\s*(.*)"
)
USUAL = {  # the steps of a round as the rules for such meetings name them, to begin with
    Campaign.Kind.ORG_LIFE: ("学习研讨", "征求意见", "谈心谈话", "查摆问题", "召开组织生活会", "列出整改清单"),
    Campaign.Kind.DEMOCRATIC_LIFE: (
        "学习研讨", "征求意见", "谈心谈话", "撰写对照检查材料", "召开民主生活会", "制定整改方案",
    ),
}  # fmt: skip
LEADERS = (Branch.Kind.WORK_COMMITTEE, Branch.Kind.COMMITTEE, Branch.Kind.GENERAL)
DATE = {"type": "date"}
MOST_LINES = 60
LONGEST = timedelta(days=731)  # of a round: beyond it somebody mistyped the year


def usual_steps(kind, opens_on, ends_on):
    """The usual steps, spread evenly over the round, as one would type them."""
    labels = USUAL[kind]
    days = [opens_on + (ends_on - opens_on) * number / len(labels) for number in range(1, len(labels) + 1)]
    return "\n".join(f"{day:%Y-%m-%d} {label}" for day, label in zip(days, labels, strict=True))


def typed(steps):
    return "\n".join(f"{step.due_on:%Y-%m-%d} {step.label}" for step in steps)


def parse(text, opens_on, ends_on):
    """Lines as typed → pairs (label, due day): `2026-01-10 会前学习`, or `1月10日` in the year that lies in the round."""
    found, faults, longest = [], [], CampaignStep._meta.get_field("label").max_length
    if len(text.splitlines()) > MOST_LINES:
        raise ValidationError(f"步骤太多，最多 {MOST_LINES} 行。")
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        match = DAY.fullmatch(line)
        day = match and _day(match, opens_on, ends_on)
        if not day or not match[4].strip():
            faults.append(f"第 {number} 行请先写完成日期，再写步骤，如“2026-01-10 会前学习”。")
        elif len(match[4].strip()) > longest:
            faults.append(f"第 {number} 行的步骤名称太长，最多 {longest} 个字。")
        else:
            found.append((match[4].strip(), day))
    if not found and not faults:
        faults.append("请列出步骤，一行一步。")
    if faults:
        raise ValidationError(faults)
    return found


def _day(match, opens_on, ends_on):
    month, day = int(match[2]), int(match[3])
    years = [int(match[1])] if match[1] else range(opens_on.year, ends_on.year + 1)
    days = []
    for year in years:
        try:
            days.append(date(year, month, day))
        except ValueError:
            continue
    return next((each for each in days if opens_on <= each <= ends_on), days[0] if days else None)


class CampaignForm(VersionedForm):
    """A round with its plan and its dated steps, one line a step."""

    steps = forms.CharField(
        label="步骤和完成日期", widget=forms.Textarea(attrs={"rows": 8}),
        error_messages={"required": "请列出步骤，一行一步。"},
    )  # fmt: skip

    document = forms.FileField(
        label="实施方案文件", required=False, widget=forms.FileInput(attrs={"accept": ".pdf,.docx"})
    )

    class Meta:
        model = Campaign
        fields = ("branch", "kind", "assessment_year", "title", "opens_on", "ends_on", "plan")
        widgets = {
            "kind": forms.RadioSelect,
            "opens_on": forms.DateInput(attrs=DATE, format="%Y-%m-%d"),
            "ends_on": forms.DateInput(attrs=DATE, format="%Y-%m-%d"),
            "plan": forms.Textarea(attrs={"rows": 8}),
        }

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)
        owners = Branch.objects.visible_to(user, verb="campaign.run").filter(kind__in=LEADERS).order_by("path")
        self.fields["branch"].queryset = owners
        self.fields["kind"].choices = Campaign.Kind.choices
        if self.instance.pk:  # whose round it is and of which year stays
            for name in ("branch", "kind", "assessment_year"):
                del self.fields[name]
            self.initial.setdefault("steps", typed(self.instance.steps.all()))
        else:
            self._suggest(owners.first())

    def _suggest(self, owner):
        today = timezone.localdate()
        year = today.year if today.month > 6 else today.year - 1
        kind = self.initial.get("kind") or Campaign.Kind.ORG_LIFE
        ends_on = max(date(year + 1, 3, 31), today + timedelta(days=30))
        suggested = {
            "branch": owner, "kind": kind, "assessment_year": year, "opens_on": today, "ends_on": ends_on,
            "title": f"{year} 年度{Campaign.Kind(kind).label}", "steps": usual_steps(kind, today, ends_on),
        }  # fmt: skip
        for name, value in suggested.items():
            if not self.initial.get(name):
                self.initial[name] = value

    def clean_title(self):
        refuse_marked(self.cleaned_data["title"], "名称")
        return self.cleaned_data["title"]

    def clean_plan(self):
        refuse_marked(self.cleaned_data["plan"], "实施方案")
        return self.cleaned_data["plan"]

    def clean(self):
        cleaned = super().clean()
        opens_on, ends_on = cleaned.get("opens_on"), cleaned.get("ends_on")
        if opens_on and ends_on and ends_on - opens_on > LONGEST:
            self.add_error("ends_on", "从开始到结束超过两年，请核对年份。")
        elif cleaned.get("steps") and opens_on and ends_on:
            refuse_marked(cleaned["steps"], "步骤")
            try:
                self.parsed = parse(cleaned["steps"], cleaned["opens_on"], cleaned["ends_on"])
            except ValidationError as error:
                self.add_error("steps", error)
        return cleaned

    def catch_up(self, fresh, *, hidden=()):
        super().catch_up(fresh, hidden=("steps", *hidden))
        if (now := typed(fresh.steps.all())) != self.cleaned_data.get("steps"):
            self.theirs.append({"label": self.fields["steps"].label, "now": now})


class MatrixFilter(FilterForm):
    """The search above the table of a round."""

    only = forms.ChoiceField(
        label="只看", choices=[("", "全部"), ("mine", "我指导的"), ("late", "有逾期步骤的"), ("free", "还没有指导组的")]
    )

    placeholder = "党组织名称"


class GuidanceForm(forms.Form):
    """Branches into somebody's care: all of a 学段 or below a 党委 at once, or picked one by one."""

    group = forms.CharField(label="指导组", max_length=Guidance._meta.get_field("group").max_length)
    guide = forms.ModelChoiceField(label="成员", queryset=User.objects.none(), empty_label="请选择")
    under = forms.ModelChoiceField(
        label="哪个党委、党总支下的", queryset=Branch.objects.none(), required=False, empty_label="不限"
    )
    stage = forms.ChoiceField(label="哪个学段的", choices=[("", "不限"), *Branch.Stage.choices], required=False)
    branches = forms.ModelMultipleChoiceField(
        label="或者逐个选", queryset=Branch.objects.none(), required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args, taking_part, upper, on, **kwargs):
        super().__init__(*args, **kwargs)
        self.taking_part = taking_part
        serving = Appointment.objects.serving(on).filter(branch__path__startswith=upper.path, branch__kind__in=LEADERS)
        self.fields["guide"].queryset = User.objects.filter(pk__in=serving.values("user"), is_active=True).order_by(
            "name"
        )
        self.fields["guide"].label_from_instance = lambda user: str(user)
        self.fields["under"].queryset = Branch.objects.filter(
            path__startswith=upper.path, kind__in=[Branch.Kind.COMMITTEE, Branch.Kind.GENERAL]
        ).in_order()
        self.fields["branches"].queryset = taking_part

    def clean_group(self):
        refuse_marked(self.cleaned_data["group"], "指导组")
        return self.cleaned_data["group"]

    def clean(self):
        cleaned = super().clean()
        under, stage, picked = (cleaned.get(name) for name in ("under", "stage", "branches"))
        if not under and not stage and not picked:
            raise ValidationError("请选学段、党委，或者逐个选要指导的党组织。")
        chosen = {branch.pk: branch for branch in picked or ()}
        if under or stage:
            found = self.taking_part.filter(path__startswith=under.path) if under else self.taking_part
            chosen |= {branch.pk: branch for branch in (found.filter(stage=stage) if stage else found)}
        if not chosen:
            raise ValidationError("这个范围里没有要开会的党组织，请换一个学段或党委。")
        cleaned["chosen"] = list(chosen.values())
        return cleaned


class FinishForm(forms.Form):
    done_on = forms.DateField(
        label="完成日期", widget=forms.DateInput(attrs=DATE, format="%Y-%m-%d"),
        error_messages={"required": "请填写完成日期。", "invalid": "请填写有效日期，如 2026-01-10。"},
    )  # fmt: skip


class FindingForm(VersionedForm):
    """A problem of the organisation, never a person's criticism of another."""

    class Meta:
        model = Finding
        fields = ("problem", "measure", "owner", "due_on")
        widgets = {"due_on": forms.DateInput(attrs=DATE, format="%Y-%m-%d")}

    def clean(self):
        cleaned = super().clean()
        for name in ("problem", "measure", "owner"):
            try:
                refuse_marked(cleaned.get(name) or "", self.fields[name].label)
            except ValidationError as error:
                self.add_error(name, error)
        if self.instance.pk:  # second come, second told
            self.instance.claim(cleaned.get("version") or 0)
        return cleaned
