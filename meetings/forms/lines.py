"""The rows of a meeting's form of which there may be several: lines of the agenda, votes, candidates. Empty ones are left out."""

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator

from branches.forms import whole_number
from files.secrecy import refuse_marked
from meetings import voting
from meetings.models import AgendaItem, Candidate, Vote

MOST_LINES, MOST_VOTES, MOST_NAMES = 30, 5, 30  # rows of one form
MOST_COUNTED = 1_000_000
SPARE = 3  # empty rows that stand ready, and that 再加几行 adds
DONT_KEEP = {"data-draft-off": True}  # names of persons are not kept on the device


def typed(data, prefix, names, most):
    """The rows that were posted under a prefix, as dicts of what was typed."""
    count = min(whole_number(data.get(f"{prefix}-rows")) or 0, most)
    return [{name: data.get(f"{prefix}-{number}-{name}", "") for name in names} for number in range(count)]


def number(text):
    """A count of persons or ballots as typed, or None."""
    found = whole_number(text)
    return found if found is not None and found < MOST_COUNTED else None


# --- agenda


class AgendaLine(forms.Form):
    kind = forms.ChoiceField(label="议题类别", choices=AgendaItem.Kind, initial=AgendaItem.Kind.OTHER)
    title = forms.CharField(label="议题", max_length=200, required=False)
    study_item = forms.TypedChoiceField(label="对应计划", coerce=int, empty_value=None, required=False)

    names = ("kind", "title", "study_item")

    def __init__(self, *args, plans, **kwargs):
        super().__init__(*args, **kwargs)
        self.titles = {pk: title for _, items in plans for pk, title in items}
        self.fields["study_item"].choices = [("", "不对应计划"), *plans]

    def clean_title(self):
        title = self.cleaned_data["title"]
        refuse_marked(title, "议题")
        return title

    def clean(self):
        """A line that names only an item of the plan bears the item's words."""
        cleaned = super().clean()
        if item := cleaned.get("study_item"):
            cleaned["title"] = cleaned.get("title") or self.titles[item]
        return cleaned


def plans_of(plans):
    """The items of study plans as the groups of a choice: [(plan, [(pk, title)])]. Two queries."""
    found = []
    for plan in plans.prefetch_related("items"):
        items = plan.items.all()
        if items:
            found.append((plan.title, [(item.pk, item.title) for item in items]))
    return found


def agenda_rows(meeting, *, with_plan=True):
    """The stored lines as rows of the form; another meeting's skeleton comes without what was learnt by the plan."""
    return [
        {"kind": item.kind, "title": item.title, "study_item": item.study_item_id if with_plan else None}
        for item in meeting.agenda.all()
    ]


def in_use(rows):
    return [row for row in rows if row["title"].strip() or row["study_item"]]


def padded(rows, *, first=(), more=False):
    """Rows with empty ones behind; an agenda with nothing in it yet begins with the kinds that the county's rule puts first."""
    rows = [*rows] if in_use(rows) else [{"kind": kind, "title": "", "study_item": None} for kind in first]
    want = len(rows) + SPARE if more else max(len(rows), SPARE)
    blank = {"kind": AgendaItem.Kind.OTHER, "title": "", "study_item": None}
    return (rows + [blank] * (want - len(rows)))[:MOST_LINES]


class Agenda:
    """The lines of an agenda; with `data` those with words in them are checked."""

    def __init__(self, rows, *, plans, data=None):
        used = in_use(rows)
        self.has_plans, self.is_used = bool(plans), bool(used)
        self.forms = [
            AgendaLine(data if row in used else None, prefix=f"agenda-{place}", initial=row, plans=plans)
            for place, row in enumerate(rows)
        ]

    def is_valid(self):
        return all(form.is_valid() for form in self.forms if form.is_bound)

    @property
    def has_errors(self):
        return any(form.errors for form in self.forms)

    def items(self):
        """Unsaved lines, in order; of an agenda that is valid."""
        return [
            AgendaItem(
                kind=form.cleaned_data["kind"], title=form.cleaned_data["title"],
                study_item_id=form.cleaned_data["study_item"],
            )
            for form in self.forms if form.is_bound
        ]  # fmt: skip


# --- votes


class VoteForm(forms.ModelForm):
    class Meta:
        model = Vote
        fields = (
            "rule", "title", "entitled", "present", "written", "in_favour", "against", "abstained", "seats",
            "ballots_out", "ballots_back",
        )  # fmt: skip
        error_messages = {
            "title": {"required": "请填写表决事项。"},
            "entitled": {"required": "请填写应到会有表决权的人数。"},
            "present": {"required": "请填写实到会有表决权的人数。"},
        }

    zeros = ("written", "in_favour", "against", "abstained")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for name in self.zeros:
            self.fields[name].required = False
        self.fields["seats"].validators.append(MaxValueValidator(MOST_NAMES, "应选名额最多 %(limit_value)s 名。"))
        for name in (*self.zeros, "entitled", "present", "ballots_out", "ballots_back"):
            self.fields[name].validators.append(MaxValueValidator(MOST_COUNTED - 1, "数字太大，请核对。"))

    def clean_title(self):
        title = self.cleaned_data["title"]
        refuse_marked(title, "表决事项")
        return title

    def clean(self):
        cleaned = super().clean()
        for name in self.zeros:
            if name not in self.errors:
                cleaned[name] = cleaned.get(name) or 0
        return cleaned


TYPED = [name for name in VoteForm.Meta.fields if name not in ("rule", "entitled")]  # what is not filled in beforehand
EMPTY = ("", "0", None)


class NameForm(forms.Form):
    name = forms.CharField(label="候选人", max_length=50, required=False, widget=forms.TextInput(DONT_KEEP))
    votes = forms.IntegerField(label="得票", min_value=0, max_value=999_999, required=False)

    names = ("name", "votes")


def vote_rows(meeting):
    """The stored votes as pairs (row, rows of candidates)."""
    return [
        (
            {name: getattr(vote, name) for name in VoteForm.Meta.fields},
            [{"name": each.name, "votes": each.votes} for each in vote.candidates.all()],
        )
        for vote in meeting.votes.prefetch_related("candidates")
    ]


def votes_typed(data):
    rows = typed(data, "vote", VoteForm.Meta.fields, MOST_VOTES)
    return [(row, typed(data, f"vote-{place}-name", NameForm.names, MOST_NAMES)) for place, row in enumerate(rows)]


class Ballot:
    """One vote of the form: its totals, its candidates, and what the rule of that meeting says of them."""

    def __init__(self, place, row, names, *, on, book, data=None):
        self.place, self.prefix, self.row, self.on, self.book = place, f"vote-{place}", row, on, book
        filled = [each for each in names if each["name"].strip()]
        self.is_used = bool(filled) or any(row[name] not in EMPTY for name in TYPED)
        self.form = VoteForm(data if self.is_used else None, prefix=self.prefix, initial=row)
        self.names = [
            NameForm(data if self.is_used else None, prefix=f"{self.prefix}-name-{at}", initial=each)
            for at, each in enumerate(names)
        ]
        self.candidates = [
            Candidate(name=each["name"].strip(), votes=number(each["votes"]) or 0, position=at)
            for at, each in enumerate(filled)
        ]

    @property
    def is_election(self):
        return self.row["rule"] == Vote.Rule.ELECTION

    def is_valid(self):
        if not (self.form.is_valid() and all(form.is_valid() for form in self.names)):
            return False
        try:
            self._judge()
        except ValidationError as error:
            self.form.add_error(None, error)
        return not self.form.errors

    @property
    def has_errors(self):
        return bool(self.form.errors) or any(form.errors for form in self.names)

    def vote(self):
        """(unsaved vote, unsaved candidates), of a ballot that is valid."""
        return self.form.instance, self.candidates if self.is_election else []

    def _judge(self):
        row = self.row
        return voting.judge(
            row["rule"], entitled=number(row["entitled"]) or 0, present=number(row["present"]) or 0,
            in_favour=number(row["in_favour"]) or 0, written=number(row["written"]) or 0, on=self.on, book=self.book,
        )  # fmt: skip

    @property
    def verdict(self):
        """What the rule asks and how the vote stands: {text, cite, sign, words, elected, hint}; None of an empty row."""
        if not self.row["rule"] or number(self.row["entitled"]) is None:
            return None
        try:
            found = self._judge()
        except ValidationError as error:
            return {"text": error.messages[0], "sign": "late"}
        must = f"须到会 {found.must_come} 人以上"
        if self.is_election:
            must += "，得票超过实到会人数一半的方能当选"
        else:
            must += f"，须赞成 {found.must_agree} 票以上"
        told = {"text": f"{must}。", "cite": found.source.partition("：")[0], "hint": self._hint()}
        if number(self.row["present"]) is None:
            return told
        if self.is_election:
            _, ranked = voting.elected(Vote(**self._counts()), self.on, self.candidates, book=self.book)
            told |= {"sign": "done" if found.stands else "miss", "words": "" if found.stands else found.words}
            told["elected"] = [
                {"name": each.name, "votes": each.votes, "is_in": is_in} for each, is_in in ranked
            ] if found.stands else []  # fmt: skip
            return told
        return told | {"sign": "done" if found.carries else "miss", "words": found.words}

    def _counts(self):
        return {name: number(self.row[name]) or 0 for name in ("entitled", "present", "seats")}

    def _hint(self):
        """差额: too few names for the seats."""
        seats = number(self.row["seats"])
        if not self.is_election or not seats:
            return ""
        least = voting.least_candidates(seats, self.on, book=self.book)
        if len(self.candidates) >= least:
            return ""
        return (
            f"应选 {seats} 名委员，差额不少于应选人数的 20%，候选人不少于 {least} 名，现有 {len(self.candidates)} 名。"
        )


class Ballots:
    """All votes of the form, up to `MOST_VOTES`; `blank` holds what stands in an empty one beforehand."""

    def __init__(self, rows, *, on, book, blank=None, data=None, more=False, more_names=None):
        rows = [*rows]
        if data is None and (not rows or more):
            rows.append((dict.fromkeys(VoteForm.Meta.fields, "") | blank, []))
        self.all = [
            Ballot(place, row, self._names(names, more_names == place, data), on=on, book=book, data=data)
            for place, (row, names) in enumerate(rows[:MOST_VOTES])
        ]
        self.may_add = len(self.all) < MOST_VOTES

    @staticmethod
    def _names(names, more, data):
        if data is not None:
            return names
        want = len(names) + SPARE if more else max(len(names), SPARE + 1)
        return [*names, *[{"name": "", "votes": ""}] * (want - len(names))][:MOST_NAMES]

    def is_valid(self):
        return all(ballot.is_valid() for ballot in self.all if ballot.is_used)

    @property
    def is_used(self):
        return any(ballot.is_used for ballot in self.all)

    @property
    def has_errors(self):
        return any(ballot.has_errors for ballot in self.all)

    def votes(self):
        return [ballot.vote() for ballot in self.all if ballot.is_used]
