"""States that a round must never reach, whatever order its acts come in."""

from datetime import date

import pytest
from django.core.exceptions import ValidationError

from assessment import judging, objections, reopening, rounds, vetoes
from assessment.models import Round
from branches.actions import root
from branches.models import Branch
from branches.rights import Role
from tests.assessment import rounds_of_a_year as year
from tests.assessment.rounds_of_a_year import MEETING, PUBLISHED, YEAR
from tests.factories import AppointmentFactory, BranchFactory, ObjectionFactory, OrgChangeFactory, UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.time_machine(MEETING)]


@pytest.fixture
def branch(people):
    return BranchFactory(founded_on=date(2020, 1, 1))


@pytest.fixture
def published(people, branch):
    return year.to_publication(people, [branch])


@pytest.fixture
def deciding(people, published):
    return year.move(people, MEETING)


def finalise(people, **changed):
    given = {
        "meeting_on": MEETING,
        "minutes_number": "工委会议纪要〔2026〕2号",
        "version": Round.objects.get(year=YEAR).version,
    }
    return rounds.finalise(YEAR, **given | changed, by=people.admin, on=MEETING)


def test_a_veto_confirmed_after_the_meeting_set_a_grade_still_limits_it(people, branch, deciding):
    best = deciding.scheme.content["grades"][0]["label"]
    rounds.decide(YEAR, branch, grade=best, reason="会议认为材料齐全", by=people.admin)
    veto = vetoes.propose(
        branch, YEAR, reason="fraud", number="通报〔2026〕1号", dated=date(2026, 1, 20), by=people.staff, on=MEETING
    )
    vetoes.confirm(veto, version=1, by=people.other)

    with pytest.raises(ValidationError, match="一票否决"):
        finalise(people)


def test_after_the_window_staff_adjust_nothing_on_their_own(people, branch, published):
    with pytest.raises(ValidationError, match="异议期"):
        objections.adjust(YEAR, branch, "PF10", points=0, reason="核对材料", by=people.staff, on=MEETING)


def test_while_a_reopening_waits_nothing_is_final(people, branch, deciding):
    reopening.ask(YEAR, reason="发现一处错误", by=people.staff)

    with pytest.raises(ValidationError, match="重新公布"):
        finalise(people)


def test_while_a_veto_waits_for_its_second_person_nothing_is_final(people, branch, deciding):
    row = vetoes.propose(
        branch, YEAR, reason="fraud", number="x〔2026〕1号", dated=MEETING, by=people.staff, on=MEETING
    )

    with pytest.raises(ValidationError, match="没有确认"):
        finalise(people)

    vetoes.confirm(row, version=row.version, by=people.other)
    assert finalise(people).state == Round.State.FINAL


def test_nobody_adjusts_the_own_branch(people, branch, published):
    insider = UserFactory(serving=branch, role=Role.SECRETARY)
    AppointmentFactory(user=insider, branch=root(), role=Role.STAFF)
    with pytest.raises(ValidationError, match="任职"):
        objections.adjust(YEAR, branch, "PF10", points=0, reason="核对材料", by=year.fresh(insider), on=PUBLISHED)
    row = ObjectionFactory(round=published, branch=branch, part="PF10", phase="published")
    with pytest.raises(ValidationError, match="任职"):
        objections.answer(
            row, outcome="upheld", words="有理", points=0, version=1, by=year.fresh(insider), on=PUBLISHED
        )


def test_no_veto_for_a_year_to_come(people, branch):
    for of in (2027, 2035, 9999):
        with pytest.raises(ValidationError):
            vetoes.propose(
                branch, of, reason="fraud", number="x〔2026〕1号", dated=MEETING, by=people.staff, on=MEETING
            )


def test_what_became_a_general_branch_after_the_year_is_judged_as_it_was(people, branch):
    year.open_round(people)
    year.send(people, [branch])
    year.move(people, year.AFTER_CHECK)
    Branch.objects.filter(pk=branch.pk).update(kind="general")
    OrgChangeFactory(branch=branch, kind="upgraded", on=date(2026, 1, 4), before="branch", after="general")
    branch.refresh_from_db()
    assert branch in judging.graded(Round.objects.get(year=YEAR), date(2026, 1, 5))

    year.judge_all(people, branch, on=date(2026, 1, 5))
    year.move(people, date(2026, 1, 9))
    year.publish(people)
    objections.adjust(YEAR, branch, "PF10", points=0, reason="核对材料", by=people.staff, on=PUBLISHED)
    year.move(people, MEETING)

    assert rounds.decide(YEAR, branch, grade="合格", reason="会议认为", by=people.admin).grade == "合格"
