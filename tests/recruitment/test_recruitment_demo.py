"""The roads of the invented county: in every stage, and none is wrong that is not meant to be."""

from collections import Counter
from datetime import date

import pytest
from dateutil.relativedelta import relativedelta
from django.db.models import F, Min

from branches.models import Branch
from branches.weak_clues import suspects
from members.models import Backbone, Membership
from recruitment import figures, legality, quotas, steps
from recruitment.cases import calendar, cases
from recruitment.models import Application, DepartmentReply, Publicity, RecruitmentQuota, RoadStep

TODAY = date(2026, 11, 20)


@pytest.fixture
def county(demo_county):
    return demo_county


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
    assert county.took["recruitment"] < 2


def test_every_stage_and_every_situation_is_there(county):
    rows = Application.objects.all()

    assert set(rows.open().values_list("stage", flat=True)) == set(Application.Stage.values)
    assert set(rows.values_list("outcome", flat=True)) == {"", "admitted", "withdrawn", "ended", "cancelled"}
    extended = rows.filter(extended_months=6)
    assert sorted(extended.values_list("outcome", "stage")) == [("", "probation"), ("admitted", "probation")]
    assert rows.open().filter(is_imported=True).count() >= 5
    assert RoadStep.objects.filter(is_undone=True).count() == 1
    assert rows.annotate(first=Min("stays__started_on")).filter(first=F("applied_on")).count() == rows.count()
    assert {row.stays.count() for row in rows} == {1, 2}
    replies = DepartmentReply.objects.filter(replied_on=None)
    assert replies.filter(due_on__lt=TODAY).exists()
    assert replies.filter(due_on__gte=TODAY).exists()
    running = Publicity.objects.get(objections=None)
    assert running.started_on <= TODAY < running.ended_on
    assert set(RecruitmentQuota.objects.values_list("year", flat=True)) == {2025, 2026}
    voted = rows.filter(step="superior_talk", stage="admission", steps__step="branch_vote")
    assert min(voted.values_list("steps__on", flat=True)) < date(2026, 5, 20), "six months have gone by"


def test_the_road_of_who_is_extended_rests_on_a_vote_and_goes_on(county):
    row = Application.objects.open().select_related("member").get(extended_months=6)
    vote = row.steps.get(step="extension_vote").vote
    stay = row.member.memberships.get()

    assert row.steps.filter(step="extension_approval", on__gt=vote.meeting.held_on).exists()
    assert row.member.name in vote.title
    assert vote.title in vote.meeting.resolutions
    assert vote.meeting.agenda.filter(title=f"表决：{vote.title}").exists()
    assert stay.kind == "probationary"
    assert stay.started_on < vote.meeting.held_on
    assert row.member.joined_on + relativedelta(months=12) <= vote.meeting.held_on
    assert row.member.joined_on + relativedelta(months=18) > TODAY


def test_limits_are_kept_but_by_one_and_nobody_is_without_for_long_but_a_few(county):
    for year in county.years:
        found = quotas.lines(RecruitmentQuota.objects.filter(year=year), Application.objects.all(), year, on=TODAY)
        assert sum(len(line.admitted) > line.quota.places for line in found) == 1
        assert sum(line.is_used_up for line in found) < len(found)
        assert sum(bool(line.beyond) for line in found) <= 2
    rows = suspects(Branch.objects.all(), TODAY)
    without = [branch for branch, signs in rows if any(sign.key == "prospects" for sign in signs)]
    assert 0.05 < len(without) / Branch.objects.graded().count() < 0.2


def test_those_taken_in_are_backbones_of_several_kinds_and_some_lead_a_school(county):
    found = figures.of_year(Application.objects.all(), 2026, on=TODAY)

    assert found.heads > 1
    assert 0.3 < found.backbones / found.count("admitted") < 0.9
    taken = Application.objects.filter(stage="probation").values("member")
    assert set(Backbone.objects.filter(member__in=taken).values_list("kind", flat=True)) == set(Backbone.Kind.values)
    assert Backbone.objects.filter(member__in=taken, name__contains="后备").exists()


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
