"""Input of sessions: one, or several lines at once."""

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q

from branches.forms import VersionedForm, whole_number
from branches.forms.inspection import day
from training.models import ClassSession, Teacher

LINES, MOST_LINES = 5, 30  # empty lines of one form
NEEDED = {
    "held_on": "请填写日期。",
    "begins": "请填写开始时间。",
    "ends": "请填写结束时间。",
    "topic": "请填写教学内容。",
}
DEFAULTS = {"form": ClassSession.Form.LECTURE, "is_signed": True}


def clock(label):
    return forms.TimeField(
        label=label, widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        error_messages={"invalid": "请填写有效时间，如 14:30。"},
    )  # fmt: skip


class SessionForm(VersionedForm):
    """One session. Somebody who is not yet in the library is typed by name; hours left empty follow the rule."""

    held_on, begins, ends = day("日期"), clock("开始"), clock("结束")
    new_teacher = forms.CharField(label="或者写姓名", max_length=50, required=False)

    class Meta:
        model = ClassSession
        fields = ("held_on", "begins", "ends", "topic", "form", "teacher", "place", "hours", "is_signed")
        widgets = {"hours": forms.NumberInput(attrs={"step": "0.5", "min": "0.5", "max": "12"})}
        labels = {"is_signed": "要签到"}

    def __init__(self, *args, known, **kwargs):
        """`known`: key → teacher who may be chosen, read once for all lines."""
        super().__init__(*args, **kwargs)
        self.fields["teacher"] = forms.TypedChoiceField(
            label=self.fields["teacher"].label, coerce=lambda key: known[int(key)], empty_value=None, required=False,
            choices=[("", "没有或者另写"), *((key, _told(teacher)) for key, teacher in known.items())],
        )  # fmt: skip
        self.fields["hours"].required = False
        for name, words in NEEDED.items():
            self.fields[name].error_messages["required"] = words

    def clean(self):
        cleaned = super().clean()
        if cleaned.get("teacher") and cleaned.get("new_teacher"):
            self.add_error("new_teacher", ValidationError("授课人已经在名单里选了，不用再写姓名。"))
        return cleaned

    def _post_clean(self):
        """What the database asks of a session is asked by the act, after the rule has given the hours."""
        for name, found in self.cleaned_data.items():
            if name in self._meta.fields and name not in self.errors:
                setattr(self.instance, name, found)

    @property
    def is_used(self):
        """Whether anything was typed into this line."""
        return any(
            self[name].value()
            for name in ("held_on", "begins", "ends", "topic", "place", "hours", "new_teacher", "teacher")
        )


def _told(teacher):
    return "，".join(filter(None, [str(teacher), teacher.unit, teacher.subjects]))


def choices(user, asked=None):
    """key → teacher whom a class may ask: not those who are no longer asked, unless the session has that one already."""
    found = Teacher.objects.visible_to(user, verb="training.see").filter(Q(is_retired=False) | Q(pk=asked and asked.pk))
    return {teacher.pk: teacher for teacher in found.order_by("name", "unit", "pk")}


def lines(data, *, known, training_class):
    """Forms for several sessions: five empty ones that carry on the day, or what was typed; asked for more, five are added."""
    if data is None:
        count, more = LINES, 0
    else:
        count, more = min(whole_number(data.get("rows")) or LINES, MOST_LINES), LINES if "more" in data else 0
    found = []
    for number in range(min(count + more, MOST_LINES)):
        initial = DEFAULTS | {
            "held_on": training_class.starts_on if number == 0 and not training_class.sessions.exists() else None
        }
        blank = {"prefix": f"s{number}", "known": known, "initial": initial, "use_required_attribute": False}
        form = SessionForm(data, instance=ClassSession(training_class=training_class), **blank)
        if not form.is_bound or number >= count or not form.is_used:  # an empty line has nothing to be wrong
            form = SessionForm(instance=ClassSession(training_class=training_class), **blank)
        found.append(form)
    return found
