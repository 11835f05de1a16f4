"""反馈函: numbers, 整改 items, who is told, and what the letter says."""

import io
import zipfile
from datetime import date
from decimal import Decimal

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from branches import feedback, visits
from branches.models import Notice, Receipt, Rectification
from branches.visits import Judgement
from tests.branches.test_visits import handed_in, mark
from tests.factories import NoticeFactory, ScreeningCampaignFactory, ScreeningFactory, ScreeningMarkFactory, UserFactory

pytestmark = pytest.mark.django_db
TODAY, DUE = date(2025, 6, 2), date(2025, 9, 30)
PREFIX = "云教党函〔2025〕"


def approved(campaign, staff, *points, problem=""):
    screening = handed_in(*points, campaign=campaign)
    visits.send_back(screening, reason="补写问题", by=staff)
    screening.refresh_from_db()
    visits.start(screening, by=screening.assessor)
    mark(screening, Judgement(Decimal(points[0]), problem=problem, words="记录不全"), advice="补齐会议记录。")
    return visits.approve(visits.submit(screening, by=screening.assessor), by=staff)


def issue(campaign, rows, staff, **more):
    given = {"prefix": PREFIX, "serial": 7, "due_on": DUE, "by": staff, "on": TODAY} | more
    return feedback.issue(campaign, rows, **given)


def test_letters_are_numbered_items_raised_and_each_branch_told(staff):
    campaign = ScreeningCampaignFactory()
    rows = [approved(campaign, staff, 5, 20, problem="会议记录不全"), approved(campaign, staff, 10, 20)]

    issued = issue(campaign, rows, staff)

    assert [row.letter_number for row in issued] == [f"{PREFIX}7号", f"{PREFIX}8号"]
    item = Rectification.objects.get()
    assert (item.branch, item.problem, item.due_on) == (rows[0].branch, "会议记录不全", DUE)
    assert (item.source, item.screening_id, item.mark.screening_id) == ("screening", rows[0].pk, rows[0].pk)
    for row in rows:
        notice = Notice.objects.get(addressed_to=row.branch)
        assert (notice.kind, notice.state) == ("letter", "issued")
        assert list(Receipt.objects.filter(notice=notice).values_list("branch", flat=True)) == [row.branch_id]
        assert not any(label in notice.title + notice.body for label in ("先进", "一般", "后进", "分）"))
    assert feedback.next_number(campaign, TODAY) == (PREFIX, 9)


@pytest.mark.parametrize(
    ("more", "words"),
    [({"due_on": TODAY}, "今天以后"), ({"serial": 3}, "3号 已经用过")],
    ids=["due", "number"],
)
def test_letters_that_cannot_go_out(staff, more, words):
    campaign = ScreeningCampaignFactory()
    row = approved(campaign, staff, 5, 20)
    NoticeFactory(number=f"{PREFIX}3号")

    with pytest.raises(ValidationError, match=words):
        issue(campaign, [row], staff, **more)
    with pytest.raises(PermissionDenied):
        issue(campaign, [row], UserFactory(serving=row.branch))
    row.refresh_from_db()
    assert row.state == "approved"


def test_only_what_is_approved_goes_out(staff):
    row = handed_in(8, 12)

    with pytest.raises(ValidationError, match="待审定"):
        issue(row.campaign, [row], staff)


def test_the_letter_says_what_came_out(staff):
    campaign = ScreeningCampaignFactory(title="2025 年全覆盖分析研判")
    row = approved(campaign, staff, 5, 20, problem="会议记录不全")
    draft = feedback.letter(row, on=TODAY)
    issue(campaign, [row], staff)
    row.refresh_from_db()
    paper = feedback.letter(row, on=TODAY)

    words = "".join(run for block in paper.blocks for each in getattr(block, "paragraphs", ()) for run, _ in each)
    cells = [cell for block in paper.blocks for line in getattr(block, "rows", ()) for cell in line]
    assert (draft.is_draft, paper.is_draft, paper.number) == (True, False, f"{PREFIX}7号")
    assert "满分 30 分，得 25 分，类别为“一般”" in words
    assert "补齐会议记录。" in words
    assert {"会议记录不全", "2025-09-30"} <= set(cells)
    assert paper.addressee == row.branch.name
    names = zipfile.ZipFile(io.BytesIO(feedback.packed([row], on=TODAY))).namelist()
    assert names == [f"001{row.branch.name}.docx"]


@pytest.mark.parametrize(
    ("now", "before", "word"),
    [("advanced", "ordinary", "晋位"), ("ordinary", "ordinary", "保持"), ("lagging", "ordinary", "退位")],
)
def test_what_became_of_the_class(now, before, word):
    rows = [ScreeningFactory(approved=True, approved_class=key) for key in (now, before)]

    assert feedback.change(*rows)[1] == word


def test_the_year_before_is_told_by_its_last_round():
    old, older = ScreeningCampaignFactory(year=2024), ScreeningCampaignFactory(year=2023)
    first = ScreeningFactory(issued=True, campaign=old)
    back = ScreeningFactory(
        issued=True,
        campaign=old,
        branch=first.branch,
        kind="look_back",
        first=first,
        letter_number="云教党函〔2024〕9号",
    )
    ScreeningFactory(issued=True, campaign=older, branch=first.branch, letter_number="云教党函〔2023〕9号")
    ScreeningMarkFactory(screening=back)

    found = feedback.final(type(back).objects.all(), 2025)

    assert found == {first.branch_id: back}
