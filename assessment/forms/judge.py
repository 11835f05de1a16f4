"""What the two assessors and those who review them fill in."""

from decimal import Decimal

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Prefetch

from accounts.models import User
from assessment.forms.round import day, points
from branches.forms import FilterForm
from branches.models import Appointment, Assignment, Branch


class JudgeForm(forms.Form):
    """One line: points with two decimals and what they rest on; both empty: not judged."""

    points = points("得分", required=False)
    reason = forms.CharField(label="评定依据", required=False, max_length=300)
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args, branch: Branch, part, name, **kwargs):
        super().__init__(*args, **kwargs)
        self.branch, self.part, self.most = branch, part, Decimal(str(part["points"]))
        self.name = name  # what the line is about: the branch, or the part
        self.fields["points"].widget.attrs |= {"max": str(self.most), "aria-label": f"{name}得分"}
        self.fields["reason"].widget.attrs |= {"aria-label": f"{name}评定依据"}

    def clean(self):
        cleaned = super().clean()
        points, reason = cleaned.get("points"), cleaned.get("reason", "").strip()
        if points is not None and points > self.most:
            self.add_error("points", f"最多 {self.most} 分。")
        if points is not None and not reason:
            self.add_error("reason", "请写评定依据，支部会看到。")
        if points is None and reason and "points" not in self.errors:
            self.add_error("points", "写了依据，还没有填得分；不评的，请把依据也清空。")
        return cleaned

    @property
    def entry(self):
        found = self.cleaned_data
        return self.branch, self.part["key"], found["points"], found["reason"].strip(), found["version"]


class BranchSearch(forms.Form):
    """Find a branch while one part is judged."""

    q = forms.CharField(
        label="支部名称", required=False, widget=forms.TextInput(attrs={"type": "search", "placeholder": "支部名称"})
    )
    part = forms.CharField(widget=forms.HiddenInput)


class SettleForm(forms.Form):
    points = points("复核得分")
    reason = forms.CharField(label="复核意见", max_length=300, help_text="支部会看到。")
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)


class GraderForm(forms.Form):
    """Organisations into the hands of one or two: all below a 党委 that have room, or picked one by one."""

    user = forms.ModelChoiceField(label="考评组成员", queryset=User.objects.none(), empty_label="请选择")
    second = forms.ModelChoiceField(
        label="第二位", queryset=User.objects.none(), required=False, empty_label="只派一位"
    )
    until = day("到哪天为止")
    group = forms.CharField(label="组别", max_length=Assignment._meta.get_field("group").max_length, required=False)
    under = forms.ModelChoiceField(
        label="哪个党委、党总支下的", queryset=Branch.objects.none(), required=False, empty_label="不整片分派"
    )
    branches = forms.ModelMultipleChoiceField(
        label="或者逐个选", queryset=Branch.objects.none(), required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args, on, under, open_ones, **kwargs):
        super().__init__(*args, **kwargs)
        serving = Appointment.objects.serving(on)
        people = User.objects.filter(pk__in=serving.values("user"), is_active=True).order_by("name", "pk")
        posts = Prefetch("appointments", serving.select_related("branch"), to_attr="posts_now")
        for name in ("user", "second"):
            self.fields[name].queryset = people.prefetch_related(posts)
            self.fields[name].label_from_instance = lambda user: f"{user}　{user.posts_now[0].branch}"
        self.fields["under"].queryset, self.fields["branches"].queryset = under, open_ones
        self.open_ones = open_ones

    def clean(self):
        cleaned = super().clean()
        under, picked = cleaned.get("under"), cleaned.get("branches")
        chosen = {branch.pk: branch for branch in picked or ()}
        if under:
            chosen |= {branch.pk: branch for branch in self.open_ones.filter(path__startswith=under.path)}
        if not chosen and "branches" not in self.errors:
            raise ValidationError("请选一个党委、党总支，或者逐个选要评的党组织；派满两位的不再列出。")
        if cleaned.get("second") and cleaned["second"] == cleaned.get("user"):
            self.add_error("second", "两位不能是同一位同志。")
        cleaned["chosen"] = list(chosen.values())
        cleaned["people"] = [cleaned[name] for name in ("user", "second") if cleaned.get(name)]
        return cleaned


class GraderFilter(FilterForm):
    state = forms.ChoiceField(label="派人", choices=[("", "全部"), ("short", "没有派满两位"), ("full", "已派满")])
    placeholder = "支部名称"


class ReviewFilter(FilterForm):
    what = forms.ChoiceField(
        label="看什么",
        widget=forms.HiddenInput,
        choices=[("differences", "评分差距"), ("missing", "没有评完"), ("settled", "已复核")],
    )
    placeholder = "支部名称"
