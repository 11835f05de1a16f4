"""The pages of exams and of the question bank: drawn up, sat on a phone, read by who may."""

from datetime import date

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from branches.actions import root
from branches.rights import Role
from tests import factories
from tests.training.test_questions import HEAD, sheet
from training import exams, questions
from training.models import Exam, ExamResult, Question

pytestmark = pytest.mark.django_db
ON = date(2025, 4, 15)


@pytest.fixture
def staff(client):
    user = factories.UserFactory(serving=root(), role=Role.STAFF)
    client.force_login(user)
    return user


def held(state="open", number=7, **fields):
    """An exam with so many questions, and two of different branches on the roll; the first has an account."""
    training_class = factories.TrainingClassFactory(state="running", branch=root(), **fields)
    exam = factories.ExamFactory(
        training_class=training_class,
        state=state,
        pass_points=10,
        closed_at=factories.NOW if state == "closed" else None,
    )
    for position in range(1, number + 1):
        factories.ExamQuestionFactory(
            exam=exam, position=position, points=10, question__branch=root(), question__text=f"试题甲{position}"
        )
    people = [factories.EnrolmentFactory(training_class=training_class) for _ in range(2)]
    people[0].member.user = factories.UserFactory(name=people[0].member.name)
    people[0].member.save(update_fields=["user"])
    return exam, people


def of(exam, name="exam", *args):
    return reverse(f"training:{name}", args=[exam.pk, *args])


# --- drawing up


def test_a_paper_from_nothing_to_open(client, staff):
    training_class = factories.TrainingClassFactory(state="running", branch=root())
    factories.EnrolmentFactory(training_class=training_class)
    client.post(reverse("training:question_samples"))
    made = client.post(
        reverse("training:exam_add", args=[training_class.pk]),
        {"title": "结业考试", "minutes": "30", "pass_points": "12"},
    )
    exam = Exam.objects.get()
    assert made.url == of(exam)

    chosen = Question.objects.filter(kind="multiple")[:2]
    client.post(of(exam, "exam_choose"), {"questions": [row.pk for row in chosen], "points": "4"})
    seeds = {"seed": "5", "points-single": "2", "points-multiple": "3", "points-judge": "1"}
    client.post(of(exam, "exam_draw"), seeds | {"constitution-single": "4", "branch_work-judge": "2"})
    assert exams.total(exam) == 2 * 4 + 4 * 2 + 2 * 1

    lines = exams.paper(exam)
    change = {f"points-{line.pk}": "3" for line in lines} | {f"off-{lines[0].pk}": "on"}
    client.post(of(exam, "exam_lines"), change)
    assert exams.total(exam) == 3 * 7
    assert "试卷刚被改过" in client.post(of(exam, "exam_lines"), change, follow=True).content.decode()
    change = {f"points-{line.pk}": "3" for line in exams.paper(exam)}
    assert client.post(of(exam, "exam_act", "open"), follow=True).status_code == 200
    exam.refresh_from_db()
    assert exam.state == "open"
    assert "这场考试考试中" in client.post(of(exam, "exam_lines"), change, follow=True).content.decode()


def test_more_than_the_bank_has_is_refused_beside_the_box(client, staff):
    exam, _ = held("draft", 0)
    client.post(reverse("training:question_samples"))
    seeds = {"seed": "5", "points-single": "2", "points-multiple": "3", "points-judge": "1"}

    page = client.post(of(exam, "exam_draw"), seeds | {"discipline-multiple": "99"}).content.decode()
    assert "题库里只有 2 道可用" in page
    assert 'value="99"' in page
    assert "至少填一处" in client.post(of(exam, "exam_draw"), seeds).content.decode()


def test_questions_of_another_bank_do_not_come_onto_a_paper(client):
    committee, other = factories.BranchFactory(committee=True), factories.BranchFactory(committee=True)
    exam = factories.ExamFactory(training_class__branch=committee, training_class__state="running")
    foreign = factories.QuestionFactory(branch=other, text="别处的题")
    client.force_login(factories.UserFactory(serving=committee, role=Role.COMMITTEE))

    assert "别处的题" not in client.get(of(exam, "exam_choose")).content.decode()
    client.post(of(exam, "exam_choose"), {"questions": [foreign.pk], "points": "4"})
    assert exam.lines.count() == 0
    assert client.get(foreign.get_absolute_url()).status_code == 404


def test_the_printed_paper_has_no_answers_and_the_key_is_apart(client, staff):
    exam, _ = held("draft", 0)
    question = factories.QuestionFactory(branch=root(), kind="multiple", answer=[0, 2], explanation="只在答案里")
    factories.ExamQuestionFactory(exam=exam, question=question, points=5)

    paper, key = (client.get(of(exam, "exam_print") + way).content.decode() for way in ("", "?key=1"))

    assert "A. 实现共产主义" in paper
    assert "只在答案里" not in paper
    assert "<td>AC</td>" in key


# --- sitting


def test_a_person_sits_page_by_page_and_is_told_after_the_end(client):
    exam, people = held()
    client.force_login(people[0].member.user)
    url, lines = of(exam, "sit"), exams.paper(exam)
    assert "开始答题" in client.get(url).content.decode()
    assert ExamResult.objects.count() == 0
    client.post(url, {"begin": "1"})
    assert "试题甲6" not in client.get(url).content.decode()

    step = {f"shown-{line.pk}": "1" for line in lines[:5]} | {f"answer-{lines[0].pk}": "0", "to": "2"}
    assert client.post(url, step).url == f"{url}?step=2"
    assert "已答 1/7" in client.get(f"{url}?step=2").content.decode()
    page = client.get(url).content.decode()
    assert f'name="answer-{lines[0].pk}" value="0" checked' in page
    client.post(url, {f"shown-{lines[6].pk}": "1", f"answer-{lines[6].pk}": "0", "finish": "1"})

    page = client.get(url).content.decode()
    assert "已交卷" in page
    assert "20 分" not in page
    exams.close(exam, by=factories.UserFactory(serving=root(), role=Role.STAFF))
    page = client.get(url).content.decode()
    assert "20 分" in page
    assert "正确答案" in page


def test_what_is_left_out_of_a_shown_question_takes_the_answer_back(client):
    exam, people = held(number=1)
    (line,) = exams.paper(exam)
    client.force_login(people[0].member.user)
    client.post(of(exam, "sit"), {"begin": "1"})
    client.post(of(exam, "sit"), {f"shown-{line.pk}": "1", f"answer-{line.pk}": "0"})
    client.post(of(exam, "sit"), {f"shown-{line.pk}": "1"})

    assert ExamResult.objects.get().answers == {str(line.pk): []}


@pytest.mark.parametrize("chosen", ["9", "-1", "x", "9" * 40, ""])
def test_bent_answers_are_refused_in_words(client, chosen):
    exam, people = held(number=1)
    (line,) = exams.paper(exam)
    client.force_login(people[0].member.user)
    client.post(of(exam, "sit"), {"begin": "1"})

    page = client.post(of(exam, "sit"), {f"shown-{line.pk}": "1", f"answer-{line.pk}": chosen, "to": "x"})

    assert "对不上" in page.content.decode()
    assert ExamResult.objects.get().answers == {}


def test_strangers_and_drafts_are_not_there(client):
    exam, people = held("draft")
    client.force_login(people[0].member.user)
    assert client.get(of(exam, "sit")).status_code == 404
    Exam.objects.update(state="open")
    client.force_login(factories.UserFactory(serving=root(), role=Role.ADMIN))
    assert client.get(of(exam, "sit")).status_code == 404
    client.logout()
    assert client.get(of(exam, "sit")).status_code == 404


# --- who sees what


def test_a_branch_sees_the_points_of_its_own_people_and_no_question(client):
    exam, people = held("closed")
    for person in people:
        factories.ExamResultFactory(exam=exam, enrolment=person, points=50)
    client.force_login(factories.UserFactory(serving=people[0].branch))

    page = client.get(of(exam)).content.decode()

    assert people[0].name in page
    assert people[1].name not in page
    assert "试题甲1" not in page
    assert "答题网址" not in page
    for name in ("exam_print", "exam_points", "exam_choose", "exam_draw", "exam_edit", "exam_export"):
        assert client.get(of(exam, name)).status_code == 403
    assert client.get(reverse("training:questions")).status_code == 403


def test_who_runs_another_class_does_not_draw_up_this_one(client):
    exam, _ = held("draft")
    client.force_login(factories.UserFactory(serving=factories.BranchFactory(committee=True), role=Role.COMMITTEE))

    for name in ("exam_print", "exam_points", "exam_choose", "exam_draw", "exam_edit", "exam_export"):
        assert client.get(of(exam, name)).status_code == 404
    assert client.post(of(exam, "exam_act", "open")).status_code == 404


def test_the_restricted_kind_is_closed_to_others(client):
    exam, _ = held(kind="remedial")
    client.force_login(factories.UserFactory(serving=root(), role=Role.INSPECTOR))

    assert client.get(of(exam)).status_code == 404
    assert client.get(reverse("training:exams", args=[exam.training_class_id])).status_code == 404


def test_points_from_paper_in_one_table(client, staff):
    exam, people = held()
    exams.begin(exam, people[1])
    page = client.get(of(exam, "exam_points")).content.decode()
    assert f"points-{people[0].pk}" in page
    assert f"points-{people[1].pk}" not in page

    assert "不能高于满分" in client.post(of(exam, "exam_points"), {f"points-{people[0].pk}": "70.5"}).content.decode()
    assert client.post(of(exam, "exam_points"), {f"points-{people[0].pk}": "65.5"}).status_code == 302
    assert ExamResult.objects.get(enrolment=people[0]).points == 65.5
    client.post(of(exam, "exam_act", "close"))
    page = client.get(of(exam)).content.decode()
    assert "65.5" in page
    assert "合格" in page
    assert client.get(of(exam, "exam_export")).headers["Content-Type"].endswith("sheet")


def test_who_edits_second_is_told(client, staff):
    exam, _ = held("draft")
    data = {"title": "结业考试", "minutes": "30", "pass_points": "12", "version": exam.version}
    assert client.post(of(exam, "exam_edit"), data).status_code == 302

    assert "刚被别人改过" in client.post(of(exam, "exam_edit"), data | {"title": "另一个名称"}).content.decode()


@pytest.mark.parametrize("page", ["exam", "exams", "questions", "exam_choose", "exam_points", "sit"])
def test_a_page_costs_the_same_for_one_row_and_ten(client, staff, count_queries, page):
    exam, people = held("draft" if page == "exam_choose" else "open", number=1)
    url = reverse("training:questions") if page == "questions" else of(exam, page)
    if page == "exams":
        url = reverse("training:exams", args=[exam.training_class_id])
    if page == "sit":
        client.force_login(people[0].member.user)
        exams.begin(exam, people[0])
    factories.QuestionFactory(branch=root())
    client.get(url)
    before = count_queries(url)

    for position in range(10):
        factories.QuestionFactory(branch=root())
        question = factories.QuestionFactory(branch=root())
        factories.ExamQuestionFactory(exam=exam, question=question, position=20 + position)
        person = factories.EnrolmentFactory(training_class=exam.training_class)
        factories.ExamResultFactory(exam=exam, enrolment=person)
        factories.ExamFactory(training_class=exam.training_class, state="open")

    assert count_queries(url) == before


# --- the bank


def test_a_question_is_added_searched_changed_and_retired(client, staff):
    data = {
        "document": "discipline",
        "article": "第八条",
        "kind": "multiple",
        "text": "处分有哪些？",
        "options": "警告\n严重警告\n\n罚款",
    }
    page = client.post(reverse("training:question_add"), data).content.decode()
    assert "请选择正确答案" in page
    made = client.post(reverse("training:question_add"), data | {"answer": ["0", "1"]})
    question = Question.objects.get()
    assert made.url == question.get_absolute_url()
    assert (question.options, question.answer) == (["警告", "严重警告", "罚款"], [0, 1])

    factories.QuestionFactory(branch=root(), text="另一道题")
    page = client.get(
        reverse("training:questions"), {"q": "处分", "document": "discipline", "kind": "multiple"}
    ).content.decode()
    assert "处分有哪些" in page
    assert "另一道题" not in page
    edit = reverse("training:question_edit", args=[question.pk])
    client.post(edit, data | {"answer": ["0"], "version": question.version})
    stale = client.post(edit, data | {"answer": ["1"], "version": question.version}).content.decode()
    assert "答案 A" in stale
    question.refresh_from_db()
    client.post(reverse("training:question_retire", args=[question.pk]), {"version": question.version})
    assert "处分有哪些" not in client.get(reverse("training:questions")).content.decode()
    assert "处分有哪些" in client.get(reverse("training:questions"), {"state": "retired"}).content.decode()


def test_a_workbook_is_looked_through_first_and_then_taken(client, staff):
    good = ["单选", "题一", "甲", "乙", None, None, "A", None, "党章", "第六条"]
    bad = ["单选", "题二", "甲", "乙", None, None, "Z", None, "党章", None]
    url = reverse("training:question_import")
    upload = lambda *rows: {"file": _upload(sheet(*rows, head=HEAD))}  # noqa: E731

    page = client.post(url, upload(good, bad))
    assert "可导入 1 道" in page.content.decode()
    assert "“Z”不认识" in page.content.decode()
    assert Question.objects.count() == 0

    sealed = page.context["sealed"]
    assert "重新选择文件" in client.post(url, {"rows": sealed[:-4] + "xxxx"}, follow=True).content.decode()
    client.post(url, {"rows": sealed})
    assert [row.text for row in Question.objects.all()] == ["题一"]
    client.post(url, {"rows": sealed})
    assert Question.objects.count() == 1
    other = factories.UserFactory(serving=root(), role=Role.STAFF)
    client.force_login(other)
    assert "重新选择文件" in client.post(url, {"rows": sealed}, follow=True).content.decode()


def _upload(data):
    return SimpleUploadedFile("题库.xlsx", data)


def test_the_bank_goes_out_as_a_workbook(client, staff):
    questions.add_many(root(), questions.samples(), source="samples", by=staff, on=ON)

    assert client.get(reverse("training:questions_export")).headers["Content-Type"].endswith("sheet")
