from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from branches.forms import FilterForm, VersionedForm
from branches.models import Branch
from files.secrecy import refuse_marked
from meetings import plans
from meetings.models import StudyPlan


class PlanFilter(FilterForm):
    kind = forms.ChoiceField(label="种类", choices=[("", "全部种类"), *StudyPlan.Kind.choices])
    year = forms.ChoiceField(label="年度", choices=lambda: [("", "全部年度"), *_years()])

    placeholder = "名称"


def _years():
    year = timezone.localdate().year
    return [(str(each), f"{each} 年") for each in range(year + 1, year - 3, -1)]


class PlanForm(VersionedForm):
    """A plan as a teacher writes it: one line an item, with its month or without."""

    lines = forms.CharField(
        label="学习内容",
        widget=forms.Textarea(attrs={"rows": 14}),
        error_messages={"required": "请填写学习内容，一行一项。"},
    )

    class Meta:
        model = StudyPlan
        fields = ("branch", "kind", "year", "title")
        widgets = {"kind": forms.RadioSelect}
        error_messages = {"title": {"required": "请填写名称。"}}

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["branch"].queryset = Branch.objects.visible_to(user, verb="plan.edit").in_order()
        self.fields["kind"].choices = StudyPlan.Kind.choices
        if self.instance.pk:  # what a plan is for stays; another year is another plan
            for name in ("branch", "kind", "year"):
                del self.fields[name]
            self.initial.setdefault("lines", plans.lines(self.instance))
        elif self.fields["branch"].queryset.count() == 1:
            self.instance.branch = self.fields["branch"].queryset.get()
            del self.fields["branch"]

    def clean_year(self):
        year = self.cleaned_data["year"]
        today = timezone.localdate()
        if not today.year - 3 <= year <= today.year + 1:
            raise ValidationError("请填写近三年或下一年的年度，如 2026。")
        return year

    def clean_title(self):
        refuse_marked(self.cleaned_data["title"], "名称")
        return self.cleaned_data["title"]

    def clean_lines(self):
        refuse_marked(self.cleaned_data["lines"], "学习内容")
        self.items = plans.parse(self.cleaned_data["lines"])
        return self.cleaned_data["lines"]

    def catch_up(self, fresh, *, hidden=()):
        super().catch_up(fresh, hidden=hidden)
        if (now := plans.lines(fresh)) != self.cleaned_data.get("lines"):
            self.theirs.append({"label": self.fields["lines"].label, "now": now})
