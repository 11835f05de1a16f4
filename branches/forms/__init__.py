import re
import unicodedata
from html import escape

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS
from django.db.models.fields import BLANK_CHOICE_DASH
from django.forms.models import ModelChoiceIterator
from django.forms.utils import flatatt
from django.utils.html import format_html

from branches.models import Branch

EMPTY = "（空）"
DASH, EMPTY_CHOICE = BLANK_CHOICE_DASH[0][1], "请选择"
DIGITS = 18  # of the longest key; of a longer number not even the digits are read


def whole_number(text):
    """A key or a count as an address or a form sends it, or None when it is none."""
    text = str("" if text is None else text).strip()
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= DIGITS else None


def search_word(data, name="q"):
    """The word of a search box outside a form: short, and without what no database takes."""
    return data.get(name, "").replace("\0", "").strip()[:50]


def is_personal_number(text, digits):
    """Whether a search text holds so many digits in a row: a number that belongs to somebody and stands in no address."""
    plain = re.sub(r"[\s\-—]", "", unicodedata.normalize("NFKC", text))
    return re.search(rf"\d{{{digits}}}", plain) is not None


class Counted(ModelChoiceIterator):
    """The rows of a choice that the page has counted are not asked for again to be shown."""

    def __iter__(self):
        if self.field.empty_label is not None:
            yield "", self.field.empty_label
        yield from map(self.choice, self.queryset)


def _named(rows):
    """Of organisations to choose from only what is shown and what a filter asks."""
    return rows.only("name", "path") if rows.model is Branch and not rows.query.select_related else rows


class OneOf(forms.Select):
    """A select without groups, written at once as `select.html` writes it: some hundred organisations as widgets of their own
    took longer than the rows of the list."""

    def render(self, name, value, attrs=None, renderer=None):
        chosen, marks = set(self.format_value(value)), flatatt(self.build_attrs(self.attrs, attrs))
        options = "".join(
            f'\n  <option value="{escape(str(key))}"{" selected" * (str(key) in chosen)}>'
            f"{escape(str(EMPTY_CHOICE if label == DASH else label))}</option>"
            for key, label in self.choices
        )  # each part is escaped; they are put into the pattern as they stand, so that none is escaped once more
        pattern = options.replace("{", "{{").replace("}", "}}")
        return format_html(f'<select name="{{}}" class="form-select"{{}}>{pattern}\n</select>', name, marks)


class FilterForm(forms.Form):
    """The search box and the filters above a list. They live in the address; a choice that does not exist is ignored."""

    q = forms.CharField(label="搜索", required=False, max_length=50, widget=forms.SearchInput)

    placeholder = "搜索"
    digits = 11  # of a phone number; of a list of persons fewer give somebody away
    refused = False

    def clean_q(self):
        """A number that belongs to somebody is not searched for by address, and not sent back in one."""
        text = self.cleaned_data["q"]
        if not is_personal_number(text, self.digits):
            return text
        self.refused, self.data = True, self.data.copy()
        del self.data["q"]
        return ""

    def __init__(self, data, **offered):
        super().__init__(data, auto_id="filter-%s")
        for name, field in self.fields.items():
            field.required = False
            if type(field.widget) is forms.Select:
                field.widget = OneOf(field.widget.attrs, field.choices)
            if name in offered:
                if hasattr(field, "queryset"):
                    field.iterator, field.queryset = Counted, _named(offered[name])
                else:
                    field.choices = offered[name]
        self.fields["q"].label = self.fields["q"].widget.attrs["placeholder"] = self.placeholder
        self.full_clean()
        self.asked = {name: found for name, found in self.cleaned_data.items() if found not in (None, "")}

    def drop(self, name):
        """Leave out a filter that has nothing to choose between."""
        del self.fields[name]
        self.asked.pop(name, None)

    @property
    def chips(self):
        """The filters chosen, each in words and with the address of the list without it."""
        return [
            {"label": f"{self.fields[name].label}：{self._words(name, found)}", "url": self._without(name)}
            for name, found in self.asked.items()
            if name != "q" and not self[name].is_hidden
        ]

    @property
    def beyond(self):
        """The address of the same search over everything, without the filters."""
        return self._without(*[name for name in self.fields if name != "q" and not self[name].is_hidden])

    def _words(self, name, found):
        field = self.fields[name]
        return str(found) if isinstance(field, forms.ModelChoiceField) else dict(field.choices)[found]

    def _without(self, *names):
        query = self.data.copy()
        for name in (*names, "page"):
            query.pop(name, None)
        return f"?{query.urlencode()}"


class BranchFilter(FilterForm):
    kind = forms.ChoiceField(label="组织类别", choices=[("", "全部类别"), *Branch.Kind.choices])
    stage = forms.ChoiceField(label="学段", choices=[("", "全部学段"), *Branch.Stage.choices])

    placeholder = "名称或学校"


class VersionedForm(forms.ModelForm):
    """A row that two people may edit: who comes second keeps what was typed and sees what the other saved."""

    version = forms.IntegerField(required=False, widget=forms.HiddenInput)
    theirs = ()

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.initial.setdefault("version", self.instance.version if self.instance.pk else None)

    @property
    def is_stale(self):
        return self.has_error(NON_FIELD_ERRORS, "stale")

    def catch_up(self, fresh, *, hidden=()):
        """Go on from the row as the other left it; `theirs` are the fields that differ from what was typed here."""
        self.data = self.data.copy()
        self.data["version"] = str(fresh.version)
        self.theirs = [
            {"label": self.fields[name].label, "now": shown(fresh, name)}
            for name in self.fields
            if hasattr(fresh, name)
            and name not in ("version", *hidden, *getattr(fresh, "CLASSIFIED", ()))
            and (name in self.errors or shown(fresh, name) != shown(self.instance, name))
        ]


def shown(thing, name):
    """One field of a row as a page shows it."""
    display = getattr(thing, f"get_{name}_display", None)
    found = display() if display else getattr(thing, name)
    return EMPTY if found in (None, "") else str(found)


class BranchForm(VersionedForm):
    """The plain facts of an organisation; its name, founding, merging and closing are acts of their own."""

    class Meta:
        model = Branch
        fields = ("stage", "area", "nature", "note")

    def clean(self):
        """Second come, second told: raises `Stale` when the row is newer than this form."""
        cleaned = super().clean()
        self.instance.claim(cleaned.get("version") or 0)
        return cleaned
