"""What somebody fills in about a class: one to five for the class and for each session attended, and a remark."""

from django import forms

from training import surveys

REQUIRED = {"required": "请评这一项。", "invalid_choice": "请从列出的五档里选。"}


class AnswerForm(forms.Form):
    """The questions of one person. Nothing of it is kept anywhere but in the sums."""

    remark = forms.CharField(
        label="意见和建议", required=False, max_length=surveys.LONGEST, widget=forms.Textarea(attrs={"rows": 3}),
    )  # fmt: skip

    def __init__(self, data=None, *, survey, sessions):
        super().__init__(data)
        self.survey, self.sessions = survey, sessions
        words = surveys.grades_of(survey)
        self.choices = list(zip(surveys.SCORES, words, strict=True))[::-1]
        for question in survey.questions["of_class"]:
            self._add(surveys.CLASS, question, question["label"], is_required=True)
        for session in sessions:
            for question in survey.questions["of_session"]:
                self._add(str(session.pk), question, f"{session.topic}：{question['label']}", is_required=False)
        self.order_fields([name for name in self.fields if name != "remark"] + ["remark"])

    def _add(self, part, question, label, *, is_required):
        self.fields[f"{part}-{question['key']}"] = forms.TypedChoiceField(
            label=label, choices=self.choices, coerce=int, empty_value=None, required=is_required,
            widget=forms.RadioSelect, error_messages=REQUIRED,
        )  # fmt: skip

    def clean(self):
        """A session is judged in all its questions or in none."""
        cleaned = super().clean()
        for session in self.sessions:
            names = self._names(str(session.pk), "of_session")
            given = [name for name in names if cleaned.get(name) is not None]
            if given and len(given) < len(names):
                for name in set(names) - set(given) - set(self.errors):
                    self.add_error(name, "这节课还有一项没有评；没有听这节课的，两项都不选。")
        return cleaned

    def _names(self, part, which):
        return [f"{part}-{question['key']}" for question in self.survey.questions[which]]

    @property
    def of_class(self):
        return [self._row(surveys.CLASS, question) for question in self.survey.questions["of_class"]]

    @property
    def of_sessions(self):
        """[(session, its rows)] as the page shows them."""
        asked = self.survey.questions["of_session"]
        return [(session, [self._row(str(session.pk), question) for question in asked]) for session in self.sessions]

    def _row(self, part, question):
        return {"field": self[f"{part}-{question['key']}"], "label": question["label"]}

    @property
    def scores(self):
        """{"class" or session key: {question: 1…5}} of what was judged."""
        found = {surveys.CLASS: self._given(surveys.CLASS, "of_class")}
        for session in self.sessions:
            if given := self._given(str(session.pk), "of_session"):
                found[str(session.pk)] = given
        return found

    def _given(self, part, which):
        given = {
            question["key"]: self.cleaned_data.get(f"{part}-{question['key']}")
            for question in self.survey.questions[which]
        }
        return {key: score for key, score in given.items() if score is not None}
