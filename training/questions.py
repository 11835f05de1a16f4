"""The question bank (题库): entered by hand, from a workbook, or from the samples; changed without touching a paper already given."""

import re
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import yaml
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Case, Count, Q, Value, When

from accounts import audit
from branches.rights import require
from files.secrecy import refuse_marked
from office import Unreadable, reader, table
from office.writer import Workbook
from rulebook.book import value
from training.models import Exam, ExamQuestion, Question

Kind = Question.Kind
SAMPLES = Path(__file__).with_name("questions.yaml")
RIGHT, WRONG = "正确", "错误"
LETTERS = "ABCDEFGH"
MOST = 500  # rows of one workbook
KINDS = {
    "单选": Kind.SINGLE, "单选题": Kind.SINGLE, "单项选择": Kind.SINGLE, "单项选择题": Kind.SINGLE,
    "多选": Kind.MULTIPLE, "多选题": Kind.MULTIPLE, "多项选择": Kind.MULTIPLE, "多项选择题": Kind.MULTIPLE,
    "判断": Kind.JUDGE, "判断题": Kind.JUDGE, "是非": Kind.JUDGE, "是非题": Kind.JUDGE,
}  # fmt: skip
YES = {"正确", "对", "√", "✓", "是", "A", "T", "TRUE"}
NO = {"错误", "错", "×", "✗", "X", "否", "B", "F", "FALSE"}
COLUMNS = (
    table.Column("kind", "题型", ("类型", "题目类型"), required=True),
    table.Column("text", "题目", ("题干", "试题", "题目内容"), required=True, identity=True),
    *(table.Column(f"option{sign}", f"选项{sign}", (sign, f"选项 {sign}")) for sign in LETTERS),
    table.Column("answer", "答案", ("正确答案", "标准答案"), required=True),
    table.Column("explanation", "解析", ("答案解析", "说明")),
    table.Column("document", "出自", ("出自文件", "依据", "文件"), required=True),
    table.Column("article", "条款", ("条", "条目")),
)
LABELS = {column.key: column.label for column in COLUMNS}


def documents(on):
    """key → name of the documents that questions are filed under, in the order of the rule."""
    return {row["key"]: row["label"] for row in value("training.documents", on=on)}


def in_order(found, on):
    """By document in the order of the rule, then as they were entered."""
    place = Case(
        *(When(document=key, then=Value(number)) for number, key in enumerate(documents(on))), default=Value(MOST)
    )
    return found.order_by(place, "pk")


def searched(found, asked):
    """What the filters of a list leave."""
    for name in ("document", "kind"):
        if name in asked:
            found = found.filter(**{name: asked[name]})
    if "q" in asked:
        found = found.filter(Q(text__contains=asked["q"]) | Q(article__contains=asked["q"]))
    return found


def stock(found, on):
    """{(document, kind): how many}, by document in the order of the rule. One query."""
    order = list(documents(on))
    rows = found.order_by().values_list("document", "kind").annotate(Count("pk"))
    rows = {(document, kind): number for document, kind, number in rows}
    place = {key: number for number, key in enumerate(order)}
    return dict(sorted(rows.items(), key=lambda row: (place.get(row[0][0], len(order)), row[0])))


# --- one question


def check(question, *, on):
    """Raise for what the table itself cannot refuse: answers beyond the options, the same option twice, a 密级 mark."""
    faults = {}
    for name in ("text", "explanation"):
        refuse_marked(getattr(question, name), question._meta.get_field(name).verbose_name)
    if question.document not in documents(on):
        faults["document"] = "请从列出的文件里选。"
    if question.kind == Kind.JUDGE:
        question.options = [RIGHT, WRONG]
    question.options = [str(option).strip() for option in question.options if str(option).strip()]
    question.answer = sorted(set(question.answer))
    if not 2 <= len(question.options) <= len(LETTERS):
        faults["options"] = f"选项应有 2 至 {len(LETTERS)} 个，现在有 {len(question.options)} 个。"
    elif len(set(question.options)) < len(question.options):
        faults["options"] = "有两个选项一样，请改一个。"
    elif not question.answer or question.answer[-1] >= len(question.options):
        faults["answer"] = "请选出正确答案，答案须在选项之内。"
    elif question.kind != Kind.MULTIPLE and len(question.answer) != 1:
        faults["answer"] = f"{question.get_kind_display()}题只有一个答案。"
    if faults:
        raise ValidationError(faults)


@transaction.atomic
def save(question, *, version=None, by, on):
    """Enter a question or change it. One that stands on a paper already given is replaced by a copy and retired itself.

    Papers still being drawn up take the copy. Returns the question that now holds.
    """
    if question.pk is None:
        require(by, "training.run", at=question.branch)
        return _save(question, "question.add", by=by, on=on)
    known = Question.objects.select_for_update(of=("self",)).select_related("branch").get(pk=question.pk)
    require(by, "training.run", at=known.branch)
    known.claim(version or 0)
    if known.is_retired:
        raise ValidationError("这道题已停用，先恢复再修改。")
    if not ExamQuestion.objects.filter(question=known).exclude(exam__state=Exam.State.DRAFT).exists():
        question.branch, question.version = known.branch, known.version
        question.created_by, question.created_at = known.created_by, known.created_at
        return _save(question, "question.edit", by=by, on=on)
    copy = Question(branch=known.branch, created_by=by)
    for name in ("document", "article", "kind", "text", "options", "answer", "explanation"):
        setattr(copy, name, getattr(question, name))
    copy = _save(copy, "question.add", by=by, on=on)
    ExamQuestion.objects.filter(question=known, exam__state=Exam.State.DRAFT).update(question=copy)
    known.is_retired = True
    known.save(update_fields=["is_retired", "version"])
    audit.record("question.replace", known, by=by, copy=copy.pk)
    return copy


def _save(question, act, *, by, on):
    check(question, on=on)
    if question.pk is None:
        question.created_by = by
    question.full_clean()
    question.save()
    audit.record(act, question, by=by, document=question.document, kind=question.kind)
    return question


@transaction.atomic
def retire(question, *, is_retired, version, by):
    """Take a question out of use, or back in."""
    question = Question.objects.select_for_update(of=("self",)).select_related("branch").get(pk=question.pk)
    require(by, "training.run", at=question.branch)
    question.claim(version)
    if question.is_retired == is_retired:
        raise ValidationError("这道题已停用。" if is_retired else "这道题正在使用。")
    question.is_retired = is_retired
    question.save(update_fields=["is_retired", "version"])
    audit.record("question.retire" if is_retired else "question.restore", question, by=by)
    return question


# --- many at once


@dataclass
class Line:
    """One row of a workbook: the question that it makes, or what is wrong, cell by cell."""

    number: int
    text: str
    question: Question | None = None
    faults: list = field(default_factory=list)


def read(data, file_name, *, branch, on):
    """The rows of a workbook as `Line`s; raises `Unreadable`. Two queries, however many rows."""
    found = table.find_table(reader.read(data, file_name), COLUMNS, kind_label="题库")
    rows = list(found.rows)
    if not rows:
        raise Unreadable("表里只有表头，没有题目，请核对是否选错了文件。")
    if len(rows) > MOST:
        raise Unreadable(f"表里有 {len(rows)} 行，一次最多 {MOST} 道题，请分成几个文件。")
    names = {label: key for key, label in documents(on).items()}
    seen = _known(branch)
    return [_line(found, number, cells, names, seen, branch, on) for number, cells in rows]


def _known(branch):
    """text → where it stands already."""
    texts = Question.objects.filter(branch=branch, is_retired=False).values_list("text", flat=True)
    return {_bare(text): "题库里" for text in texts}


def _bare(text):
    return re.sub(r"\W", "", text)


def _line(found, number, cells, names, seen, branch, on):
    typed = {key: _text(cells.get(key)) for key in LABELS}
    line = Line(number, typed["text"])

    def fault(key, message):
        where = found.cell(number, key) if key in found.columns else f"第 {number} 行"
        line.faults.append(f"{where}：{message}")

    kind = KINDS.get(typed["kind"])
    if kind is None:
        fault("kind", f"“{typed['kind']}”不认识，请写 单选、多选 或 判断")
    document = _document(typed["document"], names)
    if document is None:
        fault("document", f"“{typed['document']}”不在文件清单里，请写 {'、'.join(list(names)[:3])} 等")
    if not typed["text"]:
        fault("text", "没有题目")
    elif (bare := _bare(typed["text"])) in seen:
        fault("text", f"与{seen[bare]}的题目相同")
    else:
        seen[bare] = f"第 {number} 行"
    options = [RIGHT, WRONG] if kind == Kind.JUDGE else _options(typed, fault)
    answer = _answer(typed["answer"], kind, fault)
    if line.faults:
        return line
    line.question = Question(
        branch=branch, document=document, article=typed["article"], kind=kind, text=typed["text"], options=options,
        answer=answer, explanation=typed["explanation"],
    )  # fmt: skip
    try:
        check(line.question, on=on)
        line.question.full_clean(exclude=["branch", "created_by"])
    except ValidationError as error:
        for key, messages in getattr(error, "message_dict", {"text": error.messages}).items():
            where = key if key in LABELS else f"option{LETTERS[0]}" if key == "options" else "text"
            fault(where, "；".join(messages))
        line.question = None
    return line


def _text(cell):
    text = "" if cell is None else str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell)
    return re.sub(r"\s+", " ", text.replace("\0", "")).strip()[:1000]


def _document(text, names):
    """The key of a document by its name, however it is bracketed."""
    bare = re.sub(r"[《》\s]", "", text)
    found = [
        key for name, key in names.items() if bare in (name, name.removeprefix("中国共产党"), f"中国共产党{name}", key)
    ]
    if not found and bare:
        plain = bare.replace("（试行）", "").replace("(试行)", "").removeprefix("中国共产党")
        found = [key for name, key in names.items() if plain == name.replace("（试行）", "").removeprefix("中国共产党")]
    return found[0] if found else None


def _options(typed, fault):
    filled = [sign for sign in LETTERS if typed[f"option{sign}"]]
    if filled != list(LETTERS[: len(filled)]):
        fault(f"option{filled[-1]}", "选项中间有空着的，请从 A 起依次填写")
    return [typed[f"option{sign}"] for sign in filled]


def _answer(text, kind, fault):
    plain = re.sub(r"[\s,，、;；.]", "", text).upper()
    if kind == Kind.JUDGE:
        if plain not in YES | NO:
            fault("answer", f"“{text}”不认识，判断题写 正确 或 错误")
        return [0 if plain in YES else 1]
    if not plain or set(plain) - set(LETTERS):
        fault("answer", f"“{text}”不认识，请写选项字母，如 A 或 ABD")
        return [0]
    return [LETTERS.index(sign) for sign in plain]


@transaction.atomic
def add_many(branch, questions, *, source, by, on):
    """Enter many questions at once: all or none, one event. Those that are there already are left out; returns how many came."""
    require(by, "training.run", at=branch)
    seen, new = _known(branch), []
    for question in questions:
        bare = _bare(question.text)
        if bare not in seen:
            seen[bare] = ""
            question.branch, question.created_by = branch, by
            check(question, on=on)
            question.full_clean(validate_constraints=False)
            new.append(question)
    Question.objects.bulk_create(new)
    audit.record("question.import", branch, by=by, source=source, rows=len(new))
    return len(new)


@cache
def _samples():
    return yaml.safe_load(SAMPLES.read_text("utf-8"))


def samples():
    """The questions that come with the portal, not saved: each true by the article that it names."""
    return [
        Question(
            document=row["document"], article=row["article"], kind=row["kind"], text=row["text"],
            options=list(row.get("options") or [RIGHT, WRONG]), answer=list(row["answer"]),
            explanation=row.get("explanation", ""),
        )
        for row in _samples()
    ]  # fmt: skip


def workbook(questions, *, on):
    """题库 as a workbook, in the columns that an import takes."""
    names = documents(on)
    book = Workbook(title="题库")
    sheet = book.sheet("题库")
    sheet.header([column.label for column in COLUMNS], (8, 60, *[20] * len(LETTERS), 10, 40, 28, 12))
    for question in questions:
        options = [] if question.kind == Kind.JUDGE else question.options
        sheet.append(
            [question.get_kind_display(), question.text, *options, *[None] * (len(LETTERS) - len(options)), told(question),
             question.explanation, names.get(question.document, ""), question.article],
            text_wrap=True,
        )  # fmt: skip
    return book.close()


def letters(answer):
    """[0, 2] → "AC"."""
    return "".join(LETTERS[index] for index in sorted(answer))


def told(question):
    """The right answer in a word: AC, or 正确."""
    return question.options[question.answer[0]] if question.kind == Kind.JUDGE else letters(question.answer)


def signed(question):
    """[("A", option), …]."""
    return list(zip(LETTERS, question.options, strict=False))
