"""The question bank: what a question is, what becomes of one that was used, what a workbook may bring."""

import io
from datetime import date

import openpyxl
import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from accounts.models import User
from branches.actions import root
from office import Unreadable
from tests import factories
from training import questions
from training.models import ExamQuestion, Question

pytestmark = pytest.mark.django_db
ON = date(2025, 4, 15)
HEAD = ["题型", "题目", "选项A", "选项B", "选项C", "选项D", "答案", "解析", "出自", "条款"]


def system():
    return User.objects.system()


def build(**fields):
    return factories.QuestionFactory.build(branch=root(), created_by=system(), **fields)


def sheet(*rows, head=HEAD):
    book = openpyxl.Workbook()
    for row in (head, *rows):
        book.active.append(row)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def read(*rows, **options):
    return questions.read(sheet(*rows, **options), "题库.xlsx", branch=root(), on=ON)


# --- one question


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"options": ["甲"]}, "选项应有 2 至 8 个"), ({"options": list("123456789")}, "选项应有 2 至 8 个"),
        ({"options": ["甲", "甲"]}, "两个选项一样"), ({"answer": [4]}, "选项之内"), ({"answer": []}, "选出正确答案"),
        ({"answer": [0, 1]}, "只有一个答案"), ({"kind": "judge", "answer": [2]}, "选项之内"),
        ({"document": "nothing"}, "列出的文件"), ({"text": "绝密★一年"}, "密级"),
    ],
)  # fmt: skip
def test_what_is_no_question(fields, words):
    with pytest.raises(ValidationError, match=words):
        questions.save(build(**fields), by=system(), on=ON)


def test_a_question_to_judge_has_two_options_whatever_was_typed():
    saved = questions.save(build(kind="judge", options=[], answer=[1]), by=system(), on=ON)

    assert saved.options == ["正确", "错误"]


def test_only_who_holds_classes_keeps_a_bank():
    with pytest.raises(PermissionDenied):
        questions.save(build(), by=factories.UserFactory(serving=factories.BranchFactory()), on=ON)


def test_a_question_on_a_draft_is_edited_in_place():
    question = factories.QuestionFactory(branch=root())
    factories.ExamQuestionFactory(question=question)
    question.text = "改过的题目"

    assert questions.save(question, version=question.version, by=system(), on=ON).pk == question.pk


@pytest.mark.parametrize("state", ["open", "closed"])
def test_a_question_on_a_paper_already_given_is_copied_and_drafts_take_the_copy(state):
    question = factories.QuestionFactory(branch=root(), text="原来的题目")
    given = factories.ExamQuestionFactory(
        question=question, exam__state=state, exam__closed_at=factories.NOW if state == "closed" else None
    )
    draft = factories.ExamQuestionFactory(question=question)
    question.text = "改过的题目"

    copy = questions.save(question, version=question.version, by=system(), on=ON)

    old = Question.objects.get(pk=question.pk)
    assert (old.text, old.is_retired, copy.text, copy.is_retired) == ("原来的题目", True, "改过的题目", False)
    assert ExamQuestion.objects.get(pk=given.pk).question_id == old.pk
    assert ExamQuestion.objects.get(pk=draft.pk).question_id == copy.pk


def test_who_comes_second_is_told():
    question = factories.QuestionFactory(branch=root())

    for act in (
        lambda: questions.save(question, version=question.version - 1, by=system(), on=ON),
        lambda: questions.retire(question, is_retired=True, version=0, by=system()),
    ):
        with pytest.raises(ValidationError) as refusal:
            act()
        assert refusal.value.code == "stale"


def test_a_retired_question_is_restored_before_it_is_changed():
    question = questions.retire(factories.QuestionFactory(branch=root()), is_retired=True, version=1, by=system())

    with pytest.raises(ValidationError, match="先恢复"):
        questions.save(question, version=question.version, by=system(), on=ON)
    with pytest.raises(ValidationError, match="已停用"):
        questions.retire(question, is_retired=True, version=question.version, by=system())
    assert not questions.retire(question, is_retired=False, version=question.version, by=system()).is_retired


# --- many


def test_a_workbook_brings_all_three_kinds_however_they_are_written():
    lines = read(
        ["单选题", "题一", "甲", "乙", None, None, "b", None, "党章", "第六条"],
        ["多选", "题二", "甲", "乙", "丙", None, "A、C", "见原文", "《中国共产党纪律处分条例》", None],
        ["判断题", "题三", None, None, None, None, "错", None, "支部工作条例", None],
        ["判断", "题四", None, None, None, None, "√", None, "中国共产党支部工作条例（试行）", 8],
    )

    assert [line.faults for line in lines] == [[]] * 4
    found = [line.question for line in lines]
    assert [(row.kind, row.answer, row.document) for row in found] == [
        ("single", [1], "constitution"), ("multiple", [0, 2], "discipline"), ("judge", [1], "branch_work"), ("judge", [0], "branch_work")
    ]  # fmt: skip
    assert questions.add_many(root(), found, source="sheet", by=system(), on=ON) == 4
    assert questions.add_many(root(), found, source="sheet", by=system(), on=ON) == 0


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        (["问答", "题", "甲", "乙", None, None, "A", None, "党章", None], "A2：“问答”不认识"),
        (["单选", None, "甲", "乙", None, None, "A", None, "党章", None], "B2：没有题目"),
        (["单选", "题", "甲", "乙", None, None, "E", None, "党章", None], "选项之内"),
        (["单选", "题", "甲", "乙", None, None, "是", None, "党章", None], "G2：“是”不认识"),
        (["单选", "题", "甲", "乙", None, None, "AB", None, "党章", None], "只有一个答案"),
        (["单选", "题", "甲", None, "丙", None, "A", None, "党章", None], "选项中间有空着的"),
        (["单选", "题", "甲", "乙", None, None, "A", None, "宪法", None], "I2：“宪法”不在文件清单里"),
        (["判断", "题", None, None, None, None, "也许", None, "党章", None], "G2：“也许”不认识"),
        (["单选", "题" * 401, "甲", "乙", None, None, "A", None, "党章", None], "400"),
        (["单选", "旧 题", "甲", "乙", None, None, "A", None, "党章", None], "与题库里的题目相同"),
    ],
)  # fmt: skip
def test_each_fault_of_a_workbook_names_its_cell(row, fault):
    factories.QuestionFactory(branch=root(), text="旧题")

    (line,) = read(row)

    assert line.question is None
    assert any(fault in words for words in line.faults), line.faults


def test_the_same_question_twice_in_one_workbook():
    row = ["单选", "题", "甲", "乙", None, None, "A", None, "党章", None]

    assert [bool(line.faults) for line in read(row, row)] == [False, True]


@pytest.mark.parametrize(
    ("data", "words"),
    [(b"no workbook", "文件"), (sheet(), "只有表头"), (sheet(["x"], head=["备注"]), "表头")],
    ids=["not a workbook", "empty", "another table"],
)
def test_what_is_no_question_sheet(data, words):
    with pytest.raises(Unreadable, match=words):
        questions.read(data, "题库.xlsx", branch=root(), on=ON)


def test_the_samples_are_sound_and_come_once():
    found = questions.samples()

    assert len(found) >= 20
    assert len({row.document for row in found}) == 5
    number = questions.add_many(root(), found, source="samples", by=system(), on=ON)
    assert number == len(found)
    assert questions.add_many(root(), questions.samples(), source="samples", by=system(), on=ON) == 0


def test_what_is_exported_is_what_an_import_takes():
    questions.add_many(root(), questions.samples(), source="samples", by=system(), on=ON)
    every = list(Question.objects.all())
    other = factories.BranchFactory(committee=True)

    lines = questions.read(questions.workbook(every, on=ON), "题库.xlsx", branch=other, on=ON)

    assert [line.faults for line in lines if line.faults] == []
    told = lambda rows: [(row.document, row.article, row.kind, row.text, row.options, row.answer) for row in rows]  # noqa: E731
    assert told(line.question for line in lines) == told(every)
