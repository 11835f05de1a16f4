"""The papers of a file: which are due, who sees which, what is blank in them, and the scans."""

import re
from datetime import date

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import AuditEvent
from branches.rights import Role
from files import word_templates
from office import word_form
from recruitment import document_fields, documents
from recruitment.management.commands.word_forms import FORMS
from recruitment.models import StepFile
from recruitment.road import known_editions
from tests import factories
from tests.factories_files import upload
from tests.recruitment.papers import ABSENT, read_by_libreoffice, walked

pytestmark = pytest.mark.django_db
ON = date(2026, 12, 30)
ALL = {"vote.see", "review.see"}


@pytest.fixture(autouse=True)
def store_folder(tmp_path, settings):
    settings.MEDIA_ROOT = tmp_path / "store"
    settings.FILES_MIN_FREE = 0


def serving(application, role=Role.SECRETARY):
    at = application.branch if role in (Role.SECRETARY, Role.EDITOR) else application.branch.parent
    return factories.UserFactory(serving=at, role=role)


def paper(key):
    return documents.documents()[key]


def of(folder, key):
    return next(line for line in folder.lines if line.document.key == key)


# --- what there is


def test_each_paper_that_the_editions_name_is_one_of_ours():
    named = {
        f"{key}-{name}"
        for edition in known_editions()
        for key, step in edition.steps.items()
        for name in step.documents
    }

    assert named - set(documents.documents()) == set()


def test_each_form_is_there_and_asks_only_for_known_fields():
    with_form = {key for key, document in documents.documents().items() if document.has_form}

    assert with_form == set(FORMS)
    for key in with_form:
        asked = word_form.used(word_templates.ours(paper(key).template))
        assert set(asked.fields) <= set(document_fields.fields()), key
        assert set(asked.columns) <= set(document_fields.columns()), key
        assert "依据条款" in asked.fields, key


@pytest.mark.parametrize("key", [key for key in FORMS if key.endswith("-publicity")])
def test_what_hangs_on_a_wall_tells_the_month_of_birth_and_not_the_day(key):
    asked = word_form.used(word_templates.ours(f"recruitment/{key}")).fields

    assert "出生年月" in asked
    assert {"出生日期", "公民身份号码"} & set(asked) == set()
    single, _ = document_fields.values(walked(until="apply"), verbs=())
    assert single["出生年月"] == "1995年5月"


@pytest.mark.parametrize("key", FORMS)
def test_the_committed_forms_are_those_that_the_code_writes(key):
    assert word_form.text(word_templates.ours(f"recruitment/{key}")) == word_form.text(FORMS[key]().bytes())


def test_closed_fields_stand_in_closed_papers_alone():
    for key in FORMS:
        asked = word_form.used(word_templates.ours(paper(key).template))
        verbs = {document_fields.fields()[name].verb for name in asked.fields}
        verbs |= {document_fields.columns()[name].verb for name in asked.columns}
        assert verbs - {""} <= {paper(key).verb}, key


# --- what is known of a person


def test_everything_registered_stands_in_its_place():
    application = walked()
    single, groups = document_fields.values(application, verbs=ALL)

    told = {name: single.get(name) for name in (
        "姓名", "性别", "申请日期", "收到日期", "推荐方式", "培养联系人", "入党介绍人", "政审结论", "培训学时", "审批党委", "支部大会赞成",
        "预备期开始", "预备期满", "发展对象公示反映件数", "审批文号", "公民身份号码",
    )}  # fmt: skip
    assert told == {
        "姓名": "何景行", "性别": "男", "申请日期": "2024年3月1日", "收到日期": "2024年3月4日", "推荐方式": "党员推荐",
        "培养联系人": "高雪、周明", "入党介绍人": "高雪、周明", "政审结论": "合格", "培训学时": "24",
        "审批党委": "中共云岭县第一中学委员会", "支部大会赞成": "9", "预备期开始": "2025年11月28日", "预备期满": "2026年11月28日",
        "发展对象公示反映件数": "0", "审批文号": "云教党批〔2025〕9号", "公民身份号码": "（请核对证件后手填）",
    }  # fmt: skip
    assert [row["日期"] for row in groups["考察"]] == ["2025年3月3日", "2025年9月1日"]
    assert groups["联审"][0]["结论"] == "未发现问题"


def test_an_extended_probation_ends_later():
    single, _ = document_fields.values(walked(until="branch_vote", extended_months=6), verbs=ALL)

    assert single["预备期满"] == "2027年5月28日"


def test_the_class_knows_better_than_what_was_typed():
    application = walked(until="prospect_training")
    course = factories.TrainingClassFactory(title="发展对象培训班", organiser="县委党校")
    enrolment = factories.EnrolmentFactory(
        training_class=course, outcome="completed", certificate="发展〔2025〕第001号"
    )
    for day in (28, 29, 30):
        session = factories.ClassSessionFactory(training_class=course, held_on=date(2025, 10, day), hours=8)
        factories.SignInFactory(session=session, enrolment=enrolment)
    application.steps.filter(step="prospect_training").update(enrolment=enrolment)
    single, _ = document_fields.values(application, verbs=ALL)

    assert (single["培训班次"], single["培训主办单位"], single["培训天数"], single["培训学时"], single["结业证号"]) == (
        "发展对象培训班", "县委党校", "3", "24", "发展〔2025〕第001号",
    )  # fmt: skip


def test_a_step_taken_back_leaves_its_places_blank():
    application = walked(until="pre_review")
    factories.RoadStepFactory(
        application=application, step="prospect_filing", on=date(2025, 11, 20), is_undone=True, words="日期有误"
    )
    single, _ = document_fields.values(application, verbs=ALL)

    assert "预审日期" not in single
    assert single["确定发展对象日期"] == "2025年9月15日"


def test_closed_values_are_not_for_everybody():
    single, groups = document_fields.values(walked(), verbs=set())
    closed = [name for name, field in document_fields.fields().items() if field.verb and name in single]

    assert {single[name] for name in closed} == {"（限授权查看）"}
    assert {"政审结论", "支部大会赞成", "转正大会赞成", "政审情况"} <= set(closed)
    assert single["政审日期"] == "2025年10月20日"
    assert groups["联审"] == []


# --- the forms, filled


def test_what_lacks_is_named_before_the_download_and_blank_in_it():
    application = walked(until="initial_talk")
    written = documents.write(application, [paper("activist_filing-filing_form")], serving(application), on=ON)
    found = written["activist_filing-filing_form"]

    assert {"积极分子备案日期", "确定积极分子日期", "推荐方式", "参加工作时间"} <= {
        field.name for field in found.missing
    }
    assert "姓名" not in {field.name for field in found.missing}
    assert word_form.BLANK in word_form.text(found.data)


def test_a_group_without_lines_lacks_too():
    application = walked(until="initial_talk")
    application.guides.update(started_on=date(2024, 9, 12), role="sponsor")
    application.guides.all().delete()
    found = documents.write(application, [paper("assign_mentor-mentor_record")], serving(application), on=ON)

    assert "联系人.姓名" in {field.name for field in found["assign_mentor-mentor_record"].missing}


@pytest.mark.parametrize(("day", "edition"), [(date(2026, 5, 10), "2014"), (date(2026, 5, 11), "2026")])
def test_the_small_print_names_the_edition_of_the_day(day, edition):
    application = walked(until="oath")
    application.steps.filter(step="oath").update(on=day)
    steps = document_fields.steps_of(application)

    assert f"（{edition} 年）" in documents.article(paper("oath-oath_record"), steps, on=ON)


@pytest.mark.parametrize(
    ("role", "key", "may"),
    [
        (Role.SECRETARY, "political_review-political_review", True), (Role.EDITOR, "political_review-political_review", False),
        (Role.INSPECTOR, "political_review-political_review", False), (Role.INSPECTOR, "branch_vote-resolution", False),
        (Role.EDITOR, "branch_vote-resolution", True), (Role.INSPECTOR, "oath-oath_record", True),
    ],
)  # fmt: skip
def test_political_review_and_votes_are_for_few_eyes(role, key, may):
    application = walked()
    user = serving(application, role)

    assert of(documents.state(application, user), key).is_closed is not may
    if may:
        documents.write(application, [paper(key)], user, on=ON)
    else:
        with pytest.raises(PermissionDenied):
            documents.write(application, [paper(key)], user, on=ON)


@pytest.mark.skipif(ABSENT, reason="LibreOffice is not on this machine")
def test_libreoffice_reads_what_was_filled(tmp_path):
    application = walked()
    wanted = [paper("political_review-political_review"), paper("cultivate-review_form")]
    written = documents.write(application, wanted, serving(application), on=ON)
    found = read_by_libreoffice(tmp_path, {key: each.data for key, each in written.items()})

    for content, pages in found.values():
        assert pages == 1
        assert "何景行" in content
        assert not re.search(r"\{\{|\}\}|None", content)


# --- what is due, and the scans


def test_papers_of_steps_that_were_taken_are_due_and_a_scan_fulfils_them():
    application = walked(until="initial_talk")
    secretary = serving(application)
    before = documents.state(application, secretary)
    documents.attach(application, paper("apply-application"), upload(), by=secretary)
    after = documents.state(application, secretary)

    assert [line.document.key for line in before.due] == [
        "apply-application",
        "apply-receipt",
        "initial_talk-talk_record",
    ]
    assert (before.have, after.have, after.of) == (0, 1, 3)
    assert AuditEvent.objects.filter(action="recruitment.attach", detail__paper="apply-application").count() == 1


def test_a_notice_that_is_only_local_custom_is_owed_by_nobody():
    assert not of(documents.state(walked(), factories.User.objects.system()), "branch_vote-publicity").is_due


def test_a_scan_is_taken_down_and_stays_on_record():
    application = walked(until="initial_talk")
    secretary = serving(application)
    made = documents.attach(application, paper("apply-application"), upload(), by=secretary)
    documents.remove(made, by=secretary)

    assert documents.state(application, secretary).have == 0
    assert StepFile.objects.get(pk=made.pk).removed_at
    with pytest.raises(ValidationError, match="已经撤下"):
        documents.remove(made, by=secretary)


def test_after_the_archive_nothing_is_added_or_taken_down():
    application = walked()
    secretary = serving(application)
    made = documents.attach(application, paper("apply-application"), upload(), by=secretary)
    factories.RoadStepFactory(application=application, step="archive", on=ON)

    with pytest.raises(ValidationError, match="已经归档"):
        documents.attach(application, paper("apply-application"), upload(), by=secretary)
    with pytest.raises(ValidationError, match="已经归档"):
        documents.remove(made, by=secretary)


@pytest.mark.parametrize(
    ("role", "key", "may"),
    [
        (Role.SECRETARY, "oath-oath_record", True), (Role.EDITOR, "oath-oath_record", True),
        (Role.COMMITTEE, "committee_approval-approval", True), (Role.INSPECTOR, "oath-oath_record", False),
        (Role.EDITOR, "political_review-political_review", False), (Role.SECRETARY, "political_review-political_review", True),
    ],
)  # fmt: skip
def test_who_may_add_a_scan(role, key, may):
    application = walked()
    user = serving(application, role)

    assert documents.may_attach(application, paper(key), user) is may
    if may:
        assert documents.attach(application, paper(key), upload(), by=user).document == paper(key).paper
    else:
        with pytest.raises(PermissionDenied):
            documents.attach(application, paper(key), upload(), by=user)


def test_only_pictures_and_pdf_are_scans():
    application = walked(until="initial_talk")

    with pytest.raises(ValidationError, match="只接受"):
        documents.attach(application, paper("apply-receipt"), upload(b"PK\x03\x04", "a.docx"), by=serving(application))


def test_the_queries_of_the_list_do_not_grow_with_the_scans():
    application = walked()
    secretary = serving(application)

    def queries():
        with CaptureQueriesContext(connection) as found:
            documents.state(application, secretary)
        return len(found)

    queries()
    factories.StepFileFactory(application=application)
    one = queries()
    for _ in range(9):
        factories.StepFileFactory(application=application)

    assert queries() == one
