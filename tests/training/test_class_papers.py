"""What a class leaves on paper: 简报, 结业证书, and the zip that is unpacked here as Windows would."""

import hashlib
import io
import re
import zipfile
from datetime import UTC, date, datetime

import openpyxl
import pytest
from django.core.exceptions import ValidationError

from branches.actions import root
from files.models import StoredFile
from office.word import to_word
from tests.factories import (
    ClassFileFactory,
    ClassSessionFactory,
    EnrolmentFactory,
    SignInFactory,
    StoredFileFactory,
    SurveyFactory,
    TrainingClassFactory,
)
from tests.factories_files import photo
from tests.office.papers import opened
from training import class_papers
from training.models import Enrolment, TrainingClass

pytestmark = pytest.mark.django_db
ON = date(2025, 4, 20)
FOLDERS = ["01-培训方案", "02-教学日程表", "03-学员名册", "04-学员签到表", "05-图片资料", "06-总结简报"]


@pytest.fixture
def held():
    """A class that was held, with somebody who came to all of it."""
    row = TrainingClassFactory(branch=root(), state="closing", plan="一、培训对象\n各支部书记", title="书记培训班")
    session = ClassSessionFactory(training_class=row)
    person = EnrolmentFactory(training_class=row, name="周明远", branch=row.branch)
    SignInFactory(session=session, enrolment=person)
    return row


def picture(row, shade=0, **fields):
    return ClassFileFactory(
        training_class=row, title=f"现场{shade}", file=StoredFileFactory(data=photo(shade=shade), **fields)
    )


def unpacked(data):
    with zipfile.ZipFile(io.BytesIO(data)) as found:
        assert found.testzip() is None
        return {info.filename: found.read(info) for info in found.infolist()}


def index(files):
    sheet = openpyxl.load_workbook(io.BytesIO(files["目录.xlsx"])).active
    return [[cell.value for cell in row] for row in sheet.iter_rows(min_row=3)]


def text_of(paper):
    document = opened(to_word(paper))
    words = [paragraph.text for paragraph in document.paragraphs]
    return "\n".join(words + [cell.text for table in document.tables for row in table.rows for cell in row.cells])


class TestZip:
    def test_six_folders_and_an_index_that_agrees_with_them(self, held):
        picture(held, 1)
        TrainingClass.objects.filter(pk=held.pk).update(summary="一、基本情况\n办得好")
        held.refresh_from_db()

        files = unpacked(class_papers.pack(held))

        assert sorted({name.split("/")[0] for name in files}) == [*FOLDERS, "目录.xlsx"]
        rows = index(files)
        assert [row[0] for row in rows] == list(range(1, 7))
        for _, folder, name, length, digest, _ in rows:
            data = files[f"{folder}/{name}"]
            assert (len(data), hashlib.sha256(data).hexdigest()) == (length, digest)
        assert "周明远" in text_of_bytes(files["04-学员签到表/学员签到表.docx"])
        roll = openpyxl.load_workbook(io.BytesIO(files["03-学员名册/学员名册.xlsx"])).active
        assert [cell.value for cell in roll[3]][:6] == [1, "周明远", held.branch.name, None, 4, 4]

    def test_what_is_missing_is_named_with_the_reason(self):
        row = TrainingClassFactory(branch=root(), state="closing", gap_reason="相机损坏")
        files = unpacked(class_papers.pack(row))
        assert set(files) == {"目录.xlsx"}
        rows = index(files)
        assert [row[1] for row in rows] == FOLDERS
        assert {row[2] for row in rows} == {"（缺）"}
        assert all("相机损坏" in row[5] for row in rows)

    def test_the_same_content_is_the_same_file(self, held):
        picture(held, 1)
        assert class_papers.pack(held) == class_papers.pack(held)

    def test_names_are_such_as_windows_takes(self, held):
        for name in ('开班<式>:"合影"?.jpg', "开班_式.JPG", "长" * 110 + ".jpg", "con.jpg", "现场 .jpg"):
            ClassFileFactory(training_class=held, file=StoredFileFactory(name=name))
            ClassFileFactory(training_class=held, file=StoredFileFactory(name=name))
        data = class_papers.pack(held)
        names = list(unpacked(data))
        assert len({name.lower() for name in names}) == len(names) == 10 + 5
        for name in names:
            assert len(name) <= 110
            for part in name.split("/"):
                assert not re.search(r'[\\:*?"<>|\x00-\x1f]', part)
                assert part == part.rstrip(" .")
                assert part.split(".")[0].lower() not in ("con", "nul", "aux", "prn")
        with zipfile.ZipFile(io.BytesIO(data)) as found:
            assert all(info.flag_bits & 0x800 for info in found.infolist())  # names are UTF-8

    def test_what_waits_for_the_scanner_is_left_out_and_said(self, held):
        picture(held, 1, state=StoredFile.State.QUARANTINED)
        files = unpacked(class_papers.pack(held))
        assert not [name for name in files if name.startswith("05")]
        assert any("没有装入：还没有通过病毒检查" in (row[5] or "") for row in index(files))

    def test_what_was_taken_down_stays_out(self, held):
        row = picture(held, 1)
        row.removed_at = datetime(2025, 4, 20, tzinfo=UTC)
        row.save()
        assert not [name for name in unpacked(class_papers.pack(held)) if name.startswith("05")]

    def test_beyond_its_size_a_file_is_left_out_and_said(self, held, monkeypatch):
        picture(held, 1)
        monkeypatch.setattr(class_papers, "LARGEST", 1)
        files = unpacked(class_papers.pack(held))
        assert set(files) == {"目录.xlsx"}
        assert any("打包文件太大" in (row[5] or "") for row in index(files))

    def test_it_says_how_far_it_is(self, held):
        steps = []
        class_papers.pack(held, tell=lambda done, total, note: steps.append((done, total)))
        assert steps[0] == (0, 4)
        assert steps[-1] == (4, 4)


def text_of_bytes(data):
    document = opened(data)
    return "\n".join(cell.text for table in document.tables for row in table.rows for cell in row.cells)


class TestBriefing:
    def test_what_is_known_is_written_and_what_is_not_stays_blank(self, held):
        for shade in range(3):
            picture(held, shade)
        paper = class_papers.briefing(held, number="第3期", copies="县委组织部", on=ON)
        text = text_of(paper)
        assert "教育培训简报" in text
        assert "第3期" in text
        assert "报送：县委组织部。" in text
        assert "100%" in text
        assert "＿＿＿" in text  # nobody was asked how satisfied
        assert len(opened(to_word(paper)).inline_shapes) == 3
        assert "周明远" not in text

    def test_the_summary_stands_in_it_once_it_is_written(self, held):
        held.summary = "一、基本情况\n大家听得认真。"
        text = text_of(class_papers.briefing(held, on=ON))
        assert "大家听得认真。" in text
        assert "____________" not in text

    def test_never_more_than_six_pictures_and_too_few_are_said(self, held):
        assert "图片不足 2 张" in text_of(class_papers.briefing(held, on=ON))
        rows = [picture(held, shade) for shade in range(8)]
        shown = class_papers.pictures(held)
        assert len(shown) == 6
        assert (shown[0], shown[-1]) == (rows[0], rows[-1])

    def test_four_answers_say_nothing(self, held):
        counts = {"class": {"content": [0, 0, 0, 0, 4]}}
        SurveyFactory(
            training_class=held, state="closed", closed_at=datetime(2025, 4, 20, tzinfo=UTC), answered=4, counts=counts
        )
        facts = dict(pair for row in class_papers.briefing(held, on=ON).blocks[0].rows for pair in row)
        assert facts["满意度"] == "＿＿＿"

    def test_the_restricted_kind_has_none(self):
        row = TrainingClassFactory(branch=root(), state="closing", kind="remedial")
        with pytest.raises(ValidationError, match="不出简报"):
            class_papers.briefing(row, on=ON)


def test_a_certificate_for_everybody_who_has_a_number(held):
    Enrolment.objects.update(certificate="云教党培〔2025〕1号-001")
    EnrolmentFactory(training_class=held, name="没有证书")
    EnrolmentFactory(training_class=held, name="吴天明", certificate="云教党培〔2025〕1号-002")
    text = text_of(class_papers.certificates(held, Enrolment.objects.order_by("pk"), on=ON))
    assert text.count("结业证书") == 2
    assert "周明远同志于2025年4月14日至2025年4月15日参加书记培训班学习，修完 4 学时的课程" in text
    assert "云教党培〔2025〕1号-002" in text
    assert "没有证书" not in text
    assert class_papers.certificates(held, Enrolment.objects.filter(certificate=""), on=ON) is None
