"""What a question of the bank consists of, and how the bank is searched."""

from django import forms
from django.utils import timezone

from branches.forms import FilterForm, VersionedForm
from office import Unreadable
from training import questions
from training.models import Question


class QuestionFilter(FilterForm):
    document = forms.ChoiceField(label="出自文件")
    kind = forms.ChoiceField(label="题型", choices=[("", "全部题型"), *Question.Kind.choices])
    state = forms.ChoiceField(label="状态", choices=[("", "使用中"), ("retired", "已停用")])

    placeholder = "题目里的词"
    digits = 18  # a question may well hold a long number; one of 18 digits is somebody's

    def __init__(self, data, *, on):
        self.base_fields["document"].choices = [("", "全部文件"), *questions.documents(on).items()]
        super().__init__(data)


class QuestionForm(VersionedForm):
    """Options one per line; the right ones by their letters."""

    options = forms.CharField(
        label="选项", required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 5}),
        help_text="一行一个，不用写 A、B、C。判断题不用填。",
    )  # fmt: skip
    answer = forms.MultipleChoiceField(
        label="正确答案", choices=[(index, sign) for index, sign in enumerate(questions.LETTERS)],
        widget=forms.CheckboxSelectMultiple, help_text="第一行是 A，依次往下。判断题：A 为正确，B 为错误。",
    )  # fmt: skip

    class Meta:
        model = Question
        fields = ("document", "article", "kind", "text", "explanation")
        widgets = {"text": forms.Textarea(attrs={"rows": 3}), "explanation": forms.Textarea(attrs={"rows": 2})}

    def __init__(self, *args, on=None, **kwargs):
        super().__init__(*args, **kwargs)
        known = questions.documents(on or timezone.localdate())
        self.fields["document"] = forms.ChoiceField(label="出自文件", choices=list(known.items()))
        self.fields["article"].help_text = "如 第六条"
        if self.instance.pk:
            self.initial["document"] = self.instance.document
            self.initial["options"] = "\n".join(self.instance.options)
            self.initial["answer"] = self.instance.answer
        self.order_fields(["document", "article", "kind", "text", "options", "answer", "explanation", "version"])

    def clean(self):
        """The row as `questions.check` wants it; what is wrong with options and answers is said there."""
        cleaned = super().clean()
        self.instance.options = (
            [questions.RIGHT, questions.WRONG]
            if cleaned.get("kind") == Question.Kind.JUDGE
            else [line.strip() for line in cleaned.get("options", "").splitlines() if line.strip()]
        )
        self.instance.answer = [int(index) for index in cleaned.get("answer", ())]
        if long := [option for option in self.instance.options if len(option) > 200]:
            self.add_error("options", f"选项“{long[0][:20]}……”超过 200 字，请改短。")
        return cleaned

    def catch_up(self, fresh, *, hidden=()):
        """Options and answers as they were typed, not as the table keeps them."""
        super().catch_up(fresh, hidden=(*hidden, "options", "answer"))
        if (fresh.options, fresh.answer) != (self.instance.options, self.instance.answer):
            now = f"{'；'.join(fresh.options)}（答案 {questions.letters(fresh.answer)}）"
            self.theirs.append({"label": "选项和答案", "now": now})


class QuestionFile(forms.Form):
    file = forms.FileField(label="题库工作簿", help_text="列名：题型、题目、选项A……、答案、解析、出自、条款。")

    def __init__(self, *args, branch, on, **kwargs):
        super().__init__(*args, **kwargs)
        self.branch, self.on, self.rows = branch, on, []

    def clean_file(self):
        upload = self.cleaned_data["file"]
        try:
            self.rows = questions.read(upload.read(), upload.name, branch=self.branch, on=self.on)
        except Unreadable as error:
            raise forms.ValidationError(str(error)) from error
        return upload
