from datetime import date

from django import forms

from branches.forms import VersionedForm
from files.secrecy import refuse_marked
from reminders import bulletin
from reminders.models import Bulletin


class PeriodForm(forms.Form):
    """Which month or quarter a 通报 is about."""

    period = forms.ChoiceField(label="哪一期", error_messages={"required": "请选哪一期。"})

    def __init__(self, *args, on, begun=(), **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["period"].choices = [
            (value, f"{words}　已起草" if value in begun else words) for value, words in bulletin.choices(on)
        ]
        self.initial.setdefault("period", bulletin.just_over(on))

    @property
    def chosen(self):
        """(kind, first day) of the period."""
        kind, _, first = self.cleaned_data["period"].partition("/")
        return Bulletin.Kind(kind), date.fromisoformat(first)


class BulletinForm(VersionedForm):
    class Meta:
        model = Bulletin
        fields = ("title", "number", "opening", "praise", "criticism", "demands")
        widgets = {
            "opening": forms.Textarea(attrs={"rows": 5}), "praise": forms.Textarea(attrs={"rows": 6}),
            "criticism": forms.Textarea(attrs={"rows": 10}), "demands": forms.Textarea(attrs={"rows": 4}),
        }  # fmt: skip

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for name in self._meta.fields:
            self.fields[name].validators.append(refuse_marked)
