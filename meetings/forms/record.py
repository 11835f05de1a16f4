from django import forms
from django.core.validators import MaxValueValidator
from django.utils import timezone

from branches.forms import FilterForm, VersionedForm, whole_number
from branches.models import Branch
from files.secrecy import refuse_marked
from meetings.forms.lines import DONT_KEEP
from meetings.models import Attendance, Meeting, MeetingFile, MeetingKind
from members.models import LeadingCadre, Member, Membership
from rulebook.book import rules

FIRST_YEAR = 1921
MOST_AT_ONCE = 9  # files of one upload: each is rebuilt while the person waits
NUMBERS = ("due_count", "attended_count", "masses_count")
AT_MOST = MaxValueValidator(9999, "最多 %(limit_value)s 人，请核对数字。")
TEXTS = ("topic", "host", "place", "minutes", "remote_opinions", "resolutions", "lecturer_name")
Kind, Role = MeetingKind.Kind, MeetingFile.Role


class MeetingFilter(FilterForm):
    branch = forms.ModelChoiceField(label="党支部", queryset=Branch.objects.none(), empty_label="全部党支部")
    kind = forms.ChoiceField(label="会议类别", choices=[("", "全部类别"), *MeetingKind.Kind.choices])
    state = forms.ChoiceField(label="状态", choices=[("", "全部状态"), *Meeting.State.choices])
    year = forms.ChoiceField(label="年份", choices=lambda: [("", "全部年份"), *_last_years()])

    placeholder = "会议主题"


def _last_years():
    today = timezone.localdate()
    return [(str(year), f"{year} 年") for year in range(today.year, today.year - 4, -1)]


class BranchChoice(FilterForm):
    """The search above the branches for which a meeting may be entered; the kind asked for goes along."""

    kind = forms.ChoiceField(choices=MeetingKind.Kind, widget=forms.HiddenInput)

    placeholder = "名称或学校"


def kinds_of(branch, chosen):
    """The kinds to choose from: a 支部 is not asked for what only 党委 hold, unless its record is of such a kind."""
    if branch.kind not in (Branch.Kind.BRANCH, Branch.Kind.JOINT):
        return Kind.choices
    owed_by = {kind: {who for row in rules()[f"duty.{kind}"] for who in row.value["owed_by"]} for kind in Kind.values}
    return [(kind, label) for kind, label in Kind.choices if branch.kind in owed_by[kind] or kind in chosen]


class SeveralFiles(forms.FileField):
    """A box that takes several files at once; each is looked at when it is kept (`meetings.actions.attach`)."""

    class widget(forms.FileInput):
        allow_multiple_selected = True

    def __init__(self, *, accept, **kwargs):
        super().__init__(required=False, **kwargs)
        self.widget.attrs |= {"multiple": True, "accept": accept}

    def clean(self, data, initial=None):
        found = [super(SeveralFiles, self).clean(each, initial) for each in data or ()]
        if len(found) > MOST_AT_ONCE:
            raise forms.ValidationError(f"一次最多选 {MOST_AT_ONCE} 个文件，其余的保存后再传。")
        return found


class MeetingForm(VersionedForm):
    """A meeting as a secretary enters it; the roll is read beside it from the fields `att-<member>`, the rows of which there
    may be several by `meetings.forms.lines`. No text has a least length."""

    kinds = forms.MultipleChoiceField(
        label="会议类别", choices=MeetingKind.Kind, widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "请选会议类别，可多选。"},
    )  # fmt: skip
    basic_forms = forms.MultipleChoiceField(label="基本形式", required=False, widget=forms.CheckboxSelectMultiple)
    lecturer = forms.ModelChoiceField(
        label="党课主讲人", required=False, queryset=Member.objects.none(), empty_label="外请，或未定"
    )
    files_minutes = SeveralFiles(label="记录本照片", accept="image/*,.pdf")
    files_photo = SeveralFiles(label="现场照片", accept="image/*")
    files_other = SeveralFiles(label="附件", accept="image/*,.pdf,.docx,.xlsx")

    class Meta:
        model = Meeting
        fields = (
            "kinds", "held_on", "basic_forms", "lecturer", "lecturer_name", "topic", "host", "place", "due_count",
            "attended_count", "minutes", "masses_count", "remote_opinions", "resolutions", "is_from_paper", "agenda_notice",
        )  # fmt: skip
        widgets = {
            "held_on": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
            "host": forms.TextInput(attrs={"list": "hosts", "autocomplete": "off", **DONT_KEEP}),
            "lecturer_name": forms.TextInput(attrs={"autocomplete": "off", **DONT_KEEP}),
            "minutes": forms.Textarea(attrs={"rows": 8}),
            "remote_opinions": forms.Textarea(attrs={"rows": 3}),
            "resolutions": forms.Textarea(attrs={"rows": 3}),
            "agenda_notice": forms.HiddenInput,
        }
        error_messages = {
            "topic": {"required": "请填写主题。"},
            "held_on": {"required": "请填写召开日期。", "invalid": "请填写有效日期，如 2026-11-25。"},
        }

    roles = {"files_minutes": Role.MINUTES, "files_photo": Role.PHOTO, "files_other": Role.OTHER}

    def __init__(self, *args, on, book, notices, user, **kwargs):
        super().__init__(*args, **kwargs)
        for name in NUMBERS:
            self.fields[name].required = False
            self.fields[name].validators.append(AT_MOST)
        self.initial.setdefault("held_on", on)
        self.fields["kinds"].choices = kinds_of(self.instance.branch, self.initial.get("kinds") or ())
        known = book.get("theme_day.basic_forms")
        self.fields["basic_forms"].choices = list(known.value.items()) if known else []
        self.fields["agenda_notice"].queryset = notices
        lecturers = Lecturers(self.instance.branch, on, user=user, stored=self.instance.lecturer)
        self.fields["lecturer"].queryset = lecturers.queryset
        self.fields["lecturer"].choices = lecturers.choices

    def clean_held_on(self):
        day = self.cleaned_data["held_on"]
        if day.year < FIRST_YEAR:
            raise forms.ValidationError(f"年份 {day.year} 不对，请核对召开日期。")
        return day

    def clean(self):
        """What belongs to a kind that was unticked goes with it; a text with a 密级 mark is refused."""
        cleaned = super().clean()
        if self.errors.pop("agenda_notice", None):  # withdrawn, or of another month: the lines taken from it stay
            cleaned["agenda_notice"] = None
        for name in NUMBERS:
            cleaned[name] = cleaned.get(name) or 0
        for name in TEXTS:
            try:
                refuse_marked(cleaned.get(name) or "", self.fields[name].label)
            except forms.ValidationError as error:
                self.add_error(name, error)
        kinds = cleaned.get("kinds", ())
        if Kind.PARTY_LECTURE not in kinds:
            cleaned["lecturer"], cleaned["lecturer_name"] = None, ""
        elif cleaned.get("lecturer") and cleaned.get("lecturer_name"):
            self.add_error("lecturer_name", "主讲人已在名单中选定，这里请留空；是外请的，上面请选“外请，或未定”。")
        elif cadre := _cadre(cleaned.get("lecturer_name"), cleaned.get("held_on")):
            cleaned["lecturer"], cleaned["lecturer_name"] = cadre, ""
        if Kind.THEME_PARTY_DAY not in kinds:
            cleaned["basic_forms"] = []
        return cleaned

    def uploads(self):
        """(role, upload) of every file that was chosen."""
        return [(role, upload) for name, role in self.roles.items() for upload in self.cleaned_data.get(name) or ()]


def _cadre(name, on):
    """The 党员领导干部 of that name, when there is just one: a branch may not read the county's list, but knows who came."""
    if not name or not on:
        return None
    found = Member.objects.filter(name=name, pk__in=LeadingCadre.objects.on(on).values("member"))[:2]
    return found[0] if len(found) == 1 else None


class Lecturers:
    """Who may have given the lecture: members of the branch on that day, and the 党员领导干部 whom the writer may see."""

    def __init__(self, branch, on, *, user, stored=None):
        ours = (
            Membership.objects.filter(branch=branch).on(on).select_related("member").order_by("member__strokes", "pk")
        )
        cadres = LeadingCadre.objects.visible_to(user).on(on).select_related("member").order_by("member__strokes", "pk")
        members = [(row.member_id, row.member.name) for row in ours]
        leaders = [(row.member_id, f"{row.member.name}（{row.office}）") for row in cadres]
        known = {pk for pk, _ in members + leaders}
        others = [(stored.pk, stored.name)] if stored and stored.pk not in known else []
        groups = [("本支部党员", members), ("党员领导干部", leaders), ("已登记的主讲人", others)]
        self.choices = [("", "外请，或未定"), *[group for group in groups if group[1]]]
        self.queryset = Member.objects.filter(pk__in=[pk for pk, _ in members + leaders + others])


def marks_posted(data):
    """member pk → mark, as posted; 全体到会 sets them all when the roll is read."""
    found = {}
    for name, mark in data.items():
        if name.startswith("att-") and (pk := whole_number(name[4:])) and mark in Attendance.Mark.values:
            found[pk] = Attendance.Mark(mark)
    return found


class SendBackForm(forms.Form):
    reason = forms.CharField(
        label="要补什么、改什么", max_length=200, widget=forms.Textarea(attrs={"rows": 3}), validators=[refuse_marked],
        error_messages={"required": "请写明退回原因，支部才知道改什么。"},
    )  # fmt: skip
