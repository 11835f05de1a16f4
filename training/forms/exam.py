"""What a paper is made from, how it is sat, and points from paper."""

from decimal import Decimal

from django import forms

from branches.forms import VersionedForm, whole_number
from training.models import Exam, Question

MOST = 999
POINTS = {"step": "0.1", "min": "0", "inputmode": "decimal"}


def points_field(label, **options):
    return forms.DecimalField(
        label=label, max_digits=5, decimal_places=1, widget=forms.NumberInput(attrs=POINTS), **options
    )


class ExamForm(VersionedForm):
    class Meta:
        model = Exam
        fields = ("title", "minutes", "pass_points")


class ChooseForm(forms.Form):
    """Questions ticked in the list, each with the same points; keys of others are refused by the queryset."""

    questions = forms.ModelMultipleChoiceField(
        label="题目", queryset=Question.objects.none(), error_messages={"required": "请先勾选题目。"}
    )
    points = points_field("每题分值", initial=Decimal(2), min_value=Decimal("0.1"), max_value=Decimal(100))

    def __init__(self, *args, bank, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["questions"].queryset = bank


class DrawForm(forms.Form):
    """How many to draw of each document and kind that the bank has, and what each kind is worth."""

    seed = forms.IntegerField(
        label="抽题号", min_value=0, max_value=999_999, help_text="同一个号抽出同样的题；换一个号就另抽一组。"
    )

    def __init__(self, data=None, *, stock, documents, initial=None):
        super().__init__(data, initial=initial)
        self.stock, self.documents = stock, documents
        for kind in Question.Kind:
            self.fields[f"points-{kind}"] = points_field(
                f"{kind.label}题每题分值", initial=Decimal(2), min_value=Decimal("0.1"), max_value=Decimal(100)
            )
        for (document, kind), there in stock.items():
            self.fields[f"{document}-{kind}"] = forms.IntegerField(
                label=f"{documents.get(document, document)}：{Question.Kind(kind).label}", required=False, min_value=0,
                max_value=there, widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
                error_messages={"max_value": f"题库里只有 {there} 道可用。"},
            )  # fmt: skip

    def clean(self):
        cleaned = super().clean()
        if not self.errors and not self.wanted:
            raise forms.ValidationError("请至少填一处抽几道题。")
        return cleaned

    @property
    def wanted(self):
        """{(document, kind): how many}."""
        asked = {key: self.cleaned_data.get(f"{key[0]}-{key[1]}") for key in self.stock}
        return {key: number for key, number in asked.items() if number}

    def points(self, kind):
        return self.cleaned_data[f"points-{kind}"]

    @property
    def table(self):
        """[(name of the document, [(kind, box or None, how many there are)])] for the page."""
        rows = []
        for document in dict.fromkeys(document for document, _ in self.stock):
            cells = [
                (
                    kind,
                    self[f"{document}-{kind}"] if (document, kind) in self.stock else None,
                    self.stock.get((document, kind), 0),
                )
                for kind in Question.Kind
            ]
            rows.append((self.documents.get(document, document), cells))
        return rows

    @property
    def worth(self):
        return [self[f"points-{kind}"] for kind in Question.Kind]


class LinesForm(forms.Form):
    """The points of each line of a paper; a ticked line is taken off."""

    def __init__(self, *args, lines, **kwargs):
        super().__init__(*args, **kwargs)
        self.lines = lines
        for line in lines:
            self.fields[f"points-{line.pk}"] = points_field(
                f"第 {line.position} 题分值", initial=line.points, min_value=Decimal("0.1"), max_value=Decimal(100)
            )
            self.fields[f"off-{line.pk}"] = forms.BooleanField(label=f"撤下第 {line.position} 题", required=False)

    @property
    def points(self):
        """{line key: points, or None of a line that goes}."""
        found = self.cleaned_data
        return {
            line.pk: None if found.get(f"off-{line.pk}") else found[f"points-{line.pk}"] for line in self.lines
        }  # fmt: skip

    @property
    def rows(self):
        return [(line, self[f"points-{line.pk}"], self[f"off-{line.pk}"]) for line in self.lines]


class PointsForm(forms.Form):
    """Points of everybody on the roll who did not sit on screen."""

    def __init__(self, *args, people, results, most, **kwargs):
        super().__init__(*args, **kwargs)
        self.people, self.results = people, results
        for person in people:
            row = results.get(person.pk)
            if row is None or not row.started_at:
                self.fields[f"points-{person.pk}"] = points_field(
                    f"{person.name}同志得分", required=False, initial=row.points if row else None, min_value=Decimal(0),
                    max_value=most, error_messages={"max_value": f"不能高于满分 {most} 分。"},
                )  # fmt: skip

    @property
    def points(self):
        return {
            person.pk: self.cleaned_data.get(f"points-{person.pk}")
            for person in self.people
            if f"points-{person.pk}" in self.fields
        }

    @property
    def rows(self):
        """[(person, box or None, result)]."""
        for person in self.people:
            name = f"points-{person.pk}"
            yield person, self[name] if name in self.fields else None, self.results.get(person.pk)


def answers_of(data, lines):
    """{line key: [options]} of one posted step; of a bent key nothing, of a bent option -1, which is refused."""
    found = {}
    for line in lines:
        if f"shown-{line.pk}" in data:
            chosen = [whole_number(text) for text in data.getlist(f"answer-{line.pk}")]
            found[str(line.pk)] = [-1 if index is None else index for index in chosen]
    return found
