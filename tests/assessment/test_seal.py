"""The seal: what it holds is what was on record at one instant, its texts alone give it again, and whoever comes second gets
the same."""

import stat
from datetime import date

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection, connections, transaction
from django.test.utils import CaptureQueriesContext

from accounts.models import AuditEvent, User
from assessment import canonical, results, scoring, sealing
from assessment.models import Seal, SealedScore
from assessment.tasks import keep_heads
from branches.models import Branch
from meetings.models import Meeting
from tests.assessment.sealed import COUNT, as_owner, finalised, graded_year, sealed
from tests.assessment.year import OVER, YEAR, decimal
from tests.factories import BranchFactory, ManualScoreFactory, UserFactory
from tests.factories_assessment import AdjustmentFactory, RoundFactory, VerdictFactory, VetoFactory

pytestmark = pytest.mark.django_db
LATER = date(2026, 6, 1)


@pytest.fixture(autouse=True)
def outside(settings, tmp_path):
    settings.VAR_DIR = tmp_path


@pytest.fixture
def round():
    return graded_year()


def told(score):
    return (score.branch, score.branch.name, score.total, score.rank, score.grade, score.group, score.why, score.items)


def test_a_seal_holds_the_year_and_its_texts_give_it_again(round):
    live = scoring.grade(YEAR, on=OVER)

    seal = sealed(round)

    rows = list(seal.scores.order_by("position"))
    assert [row.branch_id for row in rows] == [score.branch.pk for score in live]
    assert (seal.number, seal.count, seal.previous, seal.as_of) == (1, COUNT, sealing.START, OVER)
    inputs, decided = canonical.inputs_of(seal.scheme, seal.county, [row.inputs for row in rows])
    assert sealing.results_of(inputs, decided) == {row.branch_id: row.result for row in rows}
    assert canonical.texts(inputs, decided=decided)[2] == {row.branch_id: row.inputs for row in rows}
    standing = results.standing(YEAR, on=LATER)
    assert (standing.stage, standing.seal, standing.on) == ("published", seal, OVER)
    assert [told(score) for score in standing.scores] == [told(score) for score in live]
    assert standing.scores[0].branch.path == rows[0].branch.path


def test_what_changes_afterwards_changes_nothing(round):
    sealed(round)
    before = [told(score) for score in results.standing(YEAR, on=LATER).scores]
    branch = Branch.objects.get(pk=before[0][0].pk)
    branch.name, branch.stage = "改过的名称", "senior"
    branch.save()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE meetings_meeting SET state = 'draft'")
    ManualScoreFactory(branch=branch, part="EX2.2", points=1)

    assert [told(score) for score in results.standing(YEAR, on=LATER).scores] == before
    assert results.standing(YEAR, on=LATER, only={branch.pk}).scores[0].branch.name == before[0][1]


def test_a_year_is_live_until_it_is_published(round):
    round.state = "review"
    round.save()

    assert results.standing(YEAR, on=date(2025, 12, 31)).stage == "running"
    standing = results.standing(YEAR, on=OVER)
    assert (standing.stage, standing.seal, len(standing.scores)) == ("over", None, COUNT)
    (only,) = results.standing(YEAR, on=OVER, only={standing.scores[1].branch.pk}).scores
    assert only.branch == standing.scores[1].branch
    assert results.standing(2019, on=OVER).seal is None


def test_a_sealed_year_costs_the_same_at_any_number(round):
    sealed(round)
    branch = SealedScore.objects.first().branch_id
    with CaptureQueriesContext(connection) as all_of_them:
        results.standing(YEAR, on=LATER)
    with CaptureQueriesContext(connection) as one:
        results.standing(YEAR, on=LATER, only={branch})

    assert len(all_of_them) == len(one) == 4


def test_sealing_twice_gives_the_same_seal(round):
    assert sealed(round) == sealed(round)
    assert AuditEvent.objects.filter(action="seal.make").count() == 1
    event = AuditEvent.objects.get(action="seal.make")
    assert event.detail["head"] == Seal.objects.get().head


def test_the_name_of_then_is_sealed(round):
    from tests.factories import OrgChangeFactory

    branch = Branch.objects.in_order().filter(kind="branch").first()
    OrgChangeFactory(branch=branch, kind="renamed", before="当年的名称", on=date(2026, 2, 1))

    seal = sealed(round)

    assert results.standing(YEAR, on=LATER).scores[0].branch.name == "当年的名称"
    assert canonical.data(seal.county)["roster"][0] == [branch.pk, "当年的名称"]


def test_only_who_may_seals(round):
    secretary = UserFactory(serving=Branch.objects.filter(kind="branch").first())
    for stage in Seal.Stage:
        with pytest.raises(PermissionDenied):
            sealing.seal(round, "branch", stage, by=secretary, on=OVER)
    assert not Seal.objects.exists()


# --- final


def test_the_final_seal_rests_on_what_was_published(round):
    first = sealed(round)
    branch, other, third = (score.branch for score in results.standing(YEAR, on=LATER).scores[:3])
    Meeting.objects.all().update(state="draft")
    AdjustmentFactory(round=round, branch=branch, part="PF10", points=decimal("1.00"), reason="误记")
    AdjustmentFactory(round=round, branch=branch, part="PF10", points=decimal("3.00"), reason="补齐材料")
    VetoFactory(branch=other, confirmed=True, reason="discipline")
    VerdictFactory(round=round, branch=third, grade="优秀", reason="成绩突出")
    proposed = {score.branch: score for score in results.proposed(round)}

    last = finalised(round)

    assert (last.number, last.previous, last.stage) == (2, first.head, "final")
    standing = results.standing(YEAR, on=LATER)
    scores = {score.branch: score for score in standing.scores}
    before = {row.branch_id: canonical.data(row.result) for row in first.scores.all()}
    part = next(part for item in scores[branch].items for part in item.parts if part.key == "PF10")
    assert (part.points, part.reason) == (3, "补齐材料（公布后调整）")
    assert scores[branch].total == proposed[branch].total > decimal(before[branch.pk]["total"])
    assert (scores[other].grade, scores[other].veto) == ("不合格", proposed[other].veto)
    assert (scores[third].grade, standing.proposed[third.pk]) == ("优秀", proposed[third].grade)
    assert scores[third].why.endswith("工委会议审定：成绩突出")
    untouched = standing.scores[3]
    assert str(untouched.total) == before[untouched.branch.pk]["total"]
    assert standing.stage == "final"
    county = canonical.data(last.county)
    assert (county["meeting_on"], county["minutes_number"]) == ("2026-01-22", "纪要〔2026〕2号")


def test_what_was_never_published_is_not_final(round):
    with pytest.raises(ValidationError, match="还没有公布得分"):
        sealed(round, "final")
    with pytest.raises(ValidationError, match="还没有公布得分"):
        results.proposed(round)


def test_committees_are_sealed_beside_the_branches(round):
    sealed(round)
    BranchFactory(kind="committee")

    seal = sealing.seal(round, "committee", "published", by=User.objects.system(), on=OVER)

    assert (seal.number, seal.count, str(seal)) == (2, 1, "2025 年度党委、党总支考核公布")
    assert results.standing(YEAR, on=LATER, kind="committee").seal == seal


# --- one instant


def test_a_round_that_only_this_transaction_knows_is_read_here(round):
    here = connections["default"]
    with sealing.one_moment(round):
        assert connections["default"] is here


def test_a_failure_inside_gives_the_connection_back(round):
    here = connections["default"]
    with pytest.raises(ZeroDivisionError), sealing.one_moment(round):
        1 / 0  # noqa: B018
    assert connections["default"] is here


# --- the heads outside


def test_the_head_is_told_outside_when_it_is_committed(round, settings, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        seal = sealed(round)

    path = settings.VAR_DIR / "seal-heads.log"
    assert sealing.kept_heads() == [(1, seal.head)]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert sealing.keep_heads() == 0
    finalised(round)
    keep_heads()
    assert [number for number, _ in sealing.kept_heads()] == [1, 2]


def test_a_line_that_cannot_be_read_fits_no_seal(settings):
    (settings.VAR_DIR / "seal-heads.log").write_text("2026-01-12 7 abc\n这一行坏了\n", "utf-8")

    assert sealing.kept_heads()[0] == (7, "abc")
    assert sealing.kept_heads()[1][0] == 1


def test_without_seals_nothing_is_written(settings):
    assert (sealing.keep_heads(), sealing.kept_heads()) == (0, [])
    assert not (settings.VAR_DIR / "seal-heads.log").exists()


def test_a_seal_is_never_written_over(round):
    seal = sealed(round)
    with pytest.raises(Exception, match="append-only"), transaction.atomic():
        seal.save()
    as_owner("SELECT 1")
    assert RoundFactory(year=YEAR) == round
