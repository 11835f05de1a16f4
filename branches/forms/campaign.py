from datetime import date

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Prefetch
from django.utils import timezone

from accounts.models import User
from branches import screenings
from branches.forms import FilterForm, VersionedForm
from branches.models import Appointment, Assignment, Branch, Screening, ScreeningCampaign, Standard
from files.secrecy import refuse_marked
from rulebook.book import value

PHASES = ("screens_from", "screens_until", "rectifies_until", "reviews_until")
DAY = {"type": "date"}
UNASSIGNED, LATE = "unassigned", "late"


class CampaignForm(VersionedForm):
    """A campaign with its phases and its scale, one pair of boxes for each class."""

    class Meta:
        model = ScreeningCampaign
        fields = ("branch", "standard", "year", "title", "number", *PHASES)
        widgets = {name: forms.DateInput(attrs=DAY, format="%Y-%m-%d") for name in PHASES}

    def __init__(self, *args, owners, standards, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["branch"].queryset = owners
        self.fields["standard"].queryset = standards.exclude(state=Standard.State.RETIRED)
        self.is_open = self.instance.state != ScreeningCampaign.State.DRAFT
        if self.is_open:  # what it was opened by stays
            del self.fields["standard"]
        else:
            self.fields["standard"].empty_label = "请选择"
            self._add_scale()
        if self.instance.pk:
            del self.fields["branch"]
            del self.fields["year"]
        else:
            self._suggest(owners.first())

    def _suggest(self, owner):
        today = timezone.localdate()
        usual = value("screening.phases", on=today)
        suggested = {name: date.fromisoformat(f"{today.year}-{usual[name]}") for name in PHASES}
        suggested |= {
            "branch": owner,
            "standard": self.fields["standard"].queryset.first(),
            "year": today.year,
            "title": f"{today.year} 年基层党组织分析研判",
        }
        for name, found in suggested.items():
            self.initial.setdefault(name, found)
            if not self.initial[name]:
                self.initial[name] = found

    def _add_scale(self):
        self.known = self.instance.scale or value("screening.scale", on=timezone.localdate())
        for place in range(screenings.MOST_CLASSES):
            row = self.known[place] if place < len(self.known) else {}
            self.fields[f"label_{place}"] = forms.CharField(
                label=f"第 {place + 1} 类", required=False, max_length=10, initial=row.get("label", "")
            )
            self.fields[f"floor_{place}"] = forms.IntegerField(
                label=f"第 {place + 1} 类不低于（%）", required=False, min_value=0, max_value=100,
                initial=row.get("at_least"), widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
            )  # fmt: skip

    @property
    def classes(self):
        """The rows of the scale: (number, name box, floor box)."""
        if self.is_open:
            return []
        return [(place + 1, self[f"label_{place}"], self[f"floor_{place}"]) for place in range(screenings.MOST_CLASSES)]

    def clean(self):
        cleaned = super().clean()
        if not self.is_open:
            self._clean_scale(cleaned)
        return cleaned

    def _clean_scale(self, cleaned):
        scale = []
        for place in range(screenings.MOST_CLASSES):
            label, floor = cleaned.get(f"label_{place}") or "", cleaned.get(f"floor_{place}")
            if not label and floor is None:
                continue
            if not label or floor is None:
                self.add_error(f"label_{place}", "名称和分数线要一起填，不用的都留空。")
                return
            key = self.known[place]["key"] if place < len(self.known) else f"class_{place + 1}"
            scale.append({"key": key, "label": label, "at_least": floor})
        try:
            for row in scale:
                refuse_marked(row["label"], "分类标准")
            screenings.check_scale(scale)
        except ValidationError as error:
            self.add_error("label_0", error)
        self.instance.scale = scale


class ScreeningFilter(FilterForm):
    """The search above the branches of a campaign."""

    kind = forms.ChoiceField(label="轮次", choices=[("", "过筛子"), (Screening.Kind.LOOK_BACK, "回头看")])
    state = forms.ChoiceField(
        label="进度",
        choices=[("", "全部进度"), (UNASSIGNED, "还没有派人"), (LATE, "超期未研判"), *Screening.State.choices],
    )
    under = forms.ModelChoiceField(label="党委、党总支", queryset=Branch.objects.none(), empty_label="全部党委、总支")
    reached = forms.ChoiceField(label="类别")  # by its place: the name of a class stands in no address

    placeholder = "党组织名称"

    def __init__(self, data, *, scale, under):
        self.scale = scale
        super().__init__(data, under=under)

    def full_clean(self):
        self.fields["reached"].choices = [
            ("", "全部类别"), *((str(place), row["label"]) for place, row in enumerate(self.scale, 1))
        ]  # fmt: skip
        super().full_clean()


class AssessorForm(forms.Form):
    """Branches into somebody's hands: all below a 党委, all without an assessor, or picked one by one."""

    kind = forms.ChoiceField(label="轮次", choices=Screening.Kind.choices)
    user = forms.ModelChoiceField(label="研判人", queryset=User.objects.none(), empty_label="请选择")
    until = forms.DateField(label="到哪天为止", widget=forms.DateInput(attrs=DAY, format="%Y-%m-%d"))
    group = forms.CharField(label="组别", max_length=Assignment._meta.get_field("group").max_length, required=False)
    under = forms.ModelChoiceField(
        label="哪个党委、党总支下的", queryset=Branch.objects.none(), required=False, empty_label="不整片分派"
    )
    branches = forms.ModelMultipleChoiceField(
        label="或者逐个选", queryset=Branch.objects.none(), required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args, campaign, on, under, to_judge, **kwargs):
        super().__init__(*args, **kwargs)
        serving = Appointment.objects.serving(on).filter(branch__path__startswith=campaign.branch.path)
        people = User.objects.filter(pk__in=serving.values("user"), is_active=True).order_by("name", "pk")
        posts = Prefetch("appointments", serving.select_related("branch"), to_attr="posts_now")
        self.fields["user"].queryset = people.prefetch_related(posts)
        self.fields["user"].label_from_instance = lambda user: f"{user}　{user.posts_now[0].branch}"
        self.fields["under"].queryset, self.fields["branches"].queryset = under, to_judge
        self.to_judge = to_judge

    def clean_group(self):
        refuse_marked(self.cleaned_data["group"], "组别")
        return self.cleaned_data["group"]

    def clean(self):
        cleaned = super().clean()
        under, picked = cleaned.get("under"), cleaned.get("branches")
        chosen = {branch.pk: branch for branch in picked or ()}
        if under:
            chosen |= {branch.pk: branch for branch in self.to_judge.filter(path__startswith=under.path)}
        if not chosen and "branches" not in self.errors:
            raise ValidationError("请选一个党委、党总支，或者逐个选要研判的党组织。")
        cleaned["chosen"] = list(chosen.values())
        return cleaned


class LookBackForm(forms.Form):
    """For whom 回头看 begins."""

    WHO = [("needed", "类别不是最好的，或者还有整改没有验收的"), ("all", "全部已审定的"), ("picked", "逐个选")]

    who = forms.ChoiceField(label="范围", choices=WHO, widget=forms.RadioSelect, initial="needed")
    firsts = forms.ModelMultipleChoiceField(
        label="逐个选", queryset=Screening.objects.none(), required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args, waiting, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["firsts"].queryset = waiting.select_related("branch").order_by("branch__order", "pk")
        self.fields["firsts"].label_from_instance = lambda row: row.branch.name

    def clean(self):
        cleaned = super().clean()
        if cleaned.get("who") == "picked" and not cleaned.get("firsts"):
            self.add_error("firsts", "请选至少一个党组织。")
        return cleaned
