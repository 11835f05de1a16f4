from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils import timezone

from branches.forms import EMPTY, FilterForm, VersionedForm
from branches.models import Branch
from duties.forms import field_of
from files.secrecy import refuse_marked
from meetings.activities import COLUMNS, GROUPS, kinds
from meetings.forms.record import FIRST_YEAR
from meetings.models import Activity
from members.models import Member, Membership, Post

FREE = ("number", "hours")  # asked for, but a record stands without them
LEAST = {"heart_talk": (2, "请选谈话双方，至少两位同志。")}


class ActivityFilter(FilterForm):
    branch = forms.ModelChoiceField(label="党组织", queryset=Branch.objects.none(), empty_label="全部党组织")
    group = forms.ChoiceField(label="台账", choices=[("", "全部台账"), *GROUPS.items()])
    kind = forms.ChoiceField(
        label="种类", choices=lambda: [("", "全部种类"), *((kind.key, kind.label) for kind in kinds().values())]
    )
    year = forms.ChoiceField(label="年度", choices=lambda: [("", "全部年度"), *_last_years()])

    about = forms.ModelChoiceField(queryset=Branch.objects.none(), widget=forms.HiddenInput)  # where a figure leads

    placeholder = "事项、编号或姓名"

    def narrow(self, activities):
        """The activities that were asked for; those withdrawn stand among them, marked."""
        asked = self.asked
        if "q" in asked:
            person = Member.objects.visible_to(self.user).filter(name__contains=asked["q"])
            activities = activities.filter(
                Q(title__contains=asked["q"]) | Q(number__contains=asked["q"])
                | Q(pk__in=Activity.people.through.objects.filter(member__in=person).values("activity"))
            )  # fmt: skip
        if "branch" in asked:
            activities = activities.filter(branch=asked["branch"])
        if "about" in asked:
            activities = activities.filter(about=asked["about"])
        if "group" in asked:
            activities = activities.filter(
                kind__in=[kind.key for kind in kinds().values() if kind.group == asked["group"]]
            )
        if "kind" in asked:
            activities = activities.filter(kind=asked["kind"])
        if "year" in asked:
            activities = activities.filter(assessment_year=asked["year"])
        return activities

    def __init__(self, data, *, user, **querysets):
        self.user = user
        super().__init__(data, **querysets)


def _last_years():
    year = timezone.localdate().year
    return [(str(each), f"{each} 年") for each in range(year, year - 4, -1)]


class KeeperFilter(FilterForm):
    """The search above the organisations for which an entry may be made; the kind asked for goes along."""

    kind = forms.CharField(max_length=24, widget=forms.HiddenInput)

    placeholder = "名称或学校"


class ActivityForm(VersionedForm):
    """One entry: the day, the columns that its kind asks for under their own labels, and the further questions."""

    people = forms.ModelMultipleChoiceField(queryset=Member.objects.none(), widget=forms.CheckboxSelectMultiple)

    class Meta:
        model = Activity
        fields = ("held_on", "title", "number", "about", "people", "count", "hours")
        widgets = {
            "held_on": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
            "count": forms.NumberInput(attrs={"inputmode": "numeric", "min": 0}),
            "hours": forms.NumberInput(attrs={"inputmode": "decimal", "min": 0, "step": "0.5"}),
        }
        error_messages = {"held_on": {"required": "请填写日期。", "invalid": "请填写有效日期，如 2026-11-25。"}}

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)
        self.kind = kinds()[self.instance.kind]
        for name in COLUMNS:
            if name not in self.kind.asks:
                del self.fields[name]
                continue
            field = self.fields[name]
            field.label = self.kind.asks[name]
            field.required = name not in FREE and (name != "count" or "title" not in self.kind.asks)
        if "about" in self.fields:
            below = Branch.objects.visible_to(user).filter(path__startswith=self.instance.branch.path)
            self.fields["about"].queryset = below.exclude(pk=self.instance.branch_id).in_order()
            self.fields["about"].empty_label = "请选择"
            if not self.fields["about"].queryset.exists():  # a branch looks into its own work
                del self.fields["about"]
        if "people" in self.fields:
            self.fields["people"].queryset = self._people(user)
        self.initial["held_on"] = self.initial.get("held_on") or timezone.localdate()
        for question in self.kind.questions:
            self.fields[f"answer-{question.key}"] = field_of(question)
            self.initial.setdefault(f"answer-{question.key}", self.instance.answers.get(question.key))
        if "people" in self.fields and self.instance.pk:
            self.initial.setdefault("people", list(self.instance.people.all()))

    def _people(self, user):
        """Those on the register of the organisation; of one without members the secretaries at and below it."""
        branch, today = self.instance.branch, timezone.localdate()
        visible = Member.objects.visible_to(user)
        own = visible.filter(
            pk__in=Membership.objects.visible_to(user).on(today).filter(branch=branch).values("member")
        )
        if not own.exists():
            posts = Post.objects.visible_to(user).filter(
                office=Post.Office.SECRETARY, ended_on=None, term__branch__path__startswith=branch.path
            )
            own = visible.filter(pk__in=posts.values("member"))
        kept = self.instance.people.values("pk") if self.instance.pk else []
        return (own | visible.filter(pk__in=kept)).order_by("initials", "pk")

    @property
    def asked(self):
        """The answers as bound fields, in the order of the kind's file."""
        return [self[f"answer-{question.key}"] for question in self.kind.questions]

    def clean_held_on(self):
        day = self.cleaned_data["held_on"]
        if day.year < FIRST_YEAR:
            raise ValidationError(f"年份 {day.year} 不对，请核对日期。")
        return day

    def clean_title(self):
        return self._plain("title")

    def clean_number(self):
        return self._plain("number")

    def _plain(self, name):
        refuse_marked(self.cleaned_data[name] or "", self.fields[name].label)
        return self.cleaned_data[name]

    def clean_people(self):
        people = self.cleaned_data["people"]
        least, words = LEAST.get(self.kind.key, (0, ""))
        if len(people) < least:
            raise ValidationError(words)
        return people

    def clean(self):
        cleaned = super().clean()
        answers = {}
        for question in self.kind.questions:
            found = cleaned.get(f"answer-{question.key}")
            if found not in (None, ""):
                answers[question.key] = found
        self.instance.answers = answers
        return cleaned

    def catch_up(self, fresh, *, hidden=()):
        """Beside the plain fields: the answers and the people as the other left them."""
        super().catch_up(fresh, hidden=("people", *hidden))
        for question in self.kind.questions:
            theirs = fresh.answers.get(question.key)
            if theirs != self.instance.answers.get(question.key):
                self.theirs.append({"label": question.label, "now": question.told(theirs) or EMPTY})
        if "people" in self.fields:
            now = list(fresh.people.all())
            if {each.pk for each in now} != {each.pk for each in self.cleaned_data.get("people", ())}:
                self.theirs.append({"label": self.fields["people"].label, "now": "、".join(map(str, now)) or EMPTY})
