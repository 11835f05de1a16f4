"""One step of several persons at once: what they share once, what is each one's own beside the name."""

from django import forms

from meetings.models import Vote
from recruitment import steps
from recruitment.forms.step import VOTES, StepForm, number, text

BALLOTS = ("in_favour", "against", "abstained")
OWN = {"fill_application_form": ("form_number",), **dict.fromkeys(VOTES, BALLOTS)}
# Steps whose contents are nobody else's: who guides, what the departments said.
ALONE = frozenset({"apply", "assign_mentor", "assign_sponsors", "political_review"})


class BatchForm(StepForm):
    """`applications`: the files in which the step can come next."""

    def __init__(self, *args, applications, **kwargs):
        super().__init__(*args, **kwargs)
        self.applications = applications
        for name in (*OWN.get(self.key, ()), "written", "enrolment"):
            self.fields.pop(name, None)
        if self.key == "prospect_training":  # by the course on record alone, each one's own
            for name in ("days", "hours", "certificate", "passed", "exception"):
                self.fields.pop(name)
        for row in applications:
            self.fields[f"take-{row.pk}"] = forms.BooleanField(label=str(row.member), required=False)
            for name in OWN.get(self.key, ()):
                label = Vote._meta.get_field(name).verbose_name if name in BALLOTS else "入党志愿书编号"
                made = number(label) if name in BALLOTS else text(label, 40)
                made.label = f"{row.member}：{label}"
                self.fields[f"{name}-{row.pk}"] = made

    @property
    def shared(self):
        return [self[name] for name in self.fields if "-" not in name]

    @property
    def lines(self):
        return [
            {
                "application": row, "tick": self[f"take-{row.pk}"],
                "own": [self[f"{name}-{row.pk}"] for name in OWN.get(self.key, ())],
            }
            for row in self.applications
        ]  # fmt: skip

    @property
    def chosen(self):
        return [row for row in self.applications if self.cleaned_data.get(f"take-{row.pk}")]

    def clean(self):
        cleaned = forms.Form.clean(self)
        if not self.chosen:
            raise forms.ValidationError("请勾选要办理的同志。")
        if self.key in VOTES:
            for name in ("entitled", "present"):
                if cleaned.get(name) is None and name not in self.errors:
                    self.add_error(name, f"请填写{self.fields[name].label}。")
        for row in self.chosen:
            for name in OWN.get(self.key, ())[:1]:
                if cleaned.get(f"{name}-{row.pk}") in (None, "") and f"{name}-{row.pk}" not in self.errors:
                    self.add_error(f"{name}-{row.pk}", "请填写。")
        return cleaned

    def entries(self, meetings, courses):
        """(day, shared data, application pk → `steps.Entry`). `courses`: person → the course that was completed."""
        typed = self.cleaned_data
        shared = {name: typed[name] for name in self.fields if "-" not in name}
        words, why = shared.pop("words", ""), shared.pop("explained", "")
        organ, on, meeting = shared.pop("organ", None), shared.pop("on", None), None
        counts = {name: shared.pop(name, None) or 0 for name in ("entitled", "present")}
        if self.key in VOTES:
            meeting = meetings.filter(pk=int(shared.pop("meeting"))).first()
            on = meeting.held_on
        if self.key == "confirm_prospect":
            shared = {"opinions": self.opinions(shared)}
        found = {}
        for row in self.chosen:
            entry = steps.Entry({}, organ=organ, words=words, explained=why, enrolment=courses.get(row.member_id))
            own = {name: typed.get(f"{name}-{row.pk}") for name in OWN.get(self.key, ())}
            if meeting is not None:
                own = {name: count or 0 for name, count in own.items()}
                entry.vote = Vote(meeting=meeting, rule=Vote.Rule.RECRUITMENT, **counts, **own)
            else:
                entry.data = own
            found[row.pk] = entry
        return on, shared, found
