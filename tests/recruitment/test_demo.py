"""The roads of the invented county: in every stage, and none is wrong that is not meant to be."""

import time
from collections import Counter
from datetime import date

import pytest
from django.db import connection, transaction
from django.db.models import F, Min

from members.models import Membership
from portal import demo
from recruitment import demo as roads
from recruitment import legality, steps
from recruitment.cases import calendar, cases
from recruitment.models import Application, DepartmentReply, Publicity, RecruitmentQuota, RoadStep

TODAY = date(2026, 11, 20)


@pytest.fixture(scope="module")
def _county(django_db_setup, django_db_blocker):
    def timed(county, rng):
        started = time.process_time()
        roads.build(county, rng)
        county.seconds = time.process_time() - started

    with django_db_blocker.unblock(), transaction.atomic(), pytest.MonkeyPatch.context() as patch:
        patch.setattr(demo, "STEPS", [(app, timed if app == "recruitment" else step) for app, step in demo.STEPS])
        found = demo.build(size=0.5, seed="1", today=TODAY)
        connection.check_constraints()
        yield found
        transaction.set_rollback(True)


@pytest.fixture
def county(_county, db):
    return _county


def test_no_road_of_the_portal_is_unlawful_and_two_are_late_and_explained(county):
    rows = {row.pk: row for row in Application.objects.select_related("member")}
    is_working, late = calendar(), []
    for pk, case in cases(rows.values()).items():
        faults = legality.faults(case, is_working=is_working)
        if rows[pk].is_imported:
            assert faults, "what came from paper is flagged"
        else:
            assert not [fault for fault in faults if fault.blocks], (rows[pk].step, faults)
            late += [(pk, fault.step) for fault in faults]
        assert (rows[pk].stage, rows[pk].step, rows[pk].stage_since_on) == steps.where(case)

    assert sorted(step for _, step in late) == ["cultivate", "initial_talk"]
    for pk, step in late:
        assert RoadStep.objects.filter(application=pk, step=step).exclude(explained="").exists()
    assert county.seconds < 2


def test_every_stage_and_every_situation_is_there(county):
    rows = Application.objects.all()

    assert set(rows.open().values_list("stage", flat=True)) == set(Application.Stage.values)
    assert set(rows.values_list("outcome", flat=True)) == {"", "admitted", "withdrawn", "ended", "cancelled"}
    assert rows.filter(extended_months=6).count() == 1
    assert rows.open().filter(is_imported=True).count() >= 5
    assert RoadStep.objects.filter(is_undone=True).count() == 1
    assert rows.annotate(first=Min("stays__started_on")).filter(first=F("applied_on")).count() == rows.count()
    assert {row.stays.count() for row in rows} == {1, 2}
    replies = DepartmentReply.objects.filter(replied_on=None)
    assert replies.filter(due_on__lt=TODAY).exists()
    assert replies.filter(due_on__gte=TODAY).exists()
    assert Publicity.objects.get(objections=None).ended_on > TODAY
    assert set(RecruitmentQuota.objects.values_list("year", flat=True)) == {2025, 2026}
    voted = rows.filter(step="superior_talk", stage="admission", steps__step="branch_vote")
    assert min(voted.values_list("steps__on", flat=True)) < date(2026, 5, 20), "six months have gone by"


def test_the_register_says_the_same(county):
    probation = Membership.objects.on(TODAY).filter(kind="probationary")
    with_road = probation.filter(member__applications__outcome="", member__applications__stage="probation")

    assert with_road.count() > probation.count() * 0.8
    for row in Application.objects.filter(stage="probation", is_imported=False).select_related("member"):
        on = dict(row.steps.filter(is_undone=False).values_list("step", "on"))
        stays = list(row.member.memberships.order_by("started_on").values_list("kind", "started_on"))
        assert row.member.joined_on == on["branch_vote"]
        assert stays[0] == ("probationary", on["committee_approval"])
        if "conversion_vote" in on:
            assert row.member.converted_on == on["conversion_vote"]
            assert stays[1] == ("full", on["conversion_vote"])


def test_the_same_seed_gives_the_same_roads(county):
    found = Counter(RoadStep.objects.values_list("step", flat=True))

    assert found["apply"] == Application.objects.count()
    for row in RoadStep.objects.order_by("?")[:60]:
        row.full_clean()
