"""Random walks along the road into the Party: any step, on any day, by anybody, with any data. The road holds.

On the engine alone, over both editions; and through the actions with rows, where the register must agree after each act.
"""

import random
from dataclasses import replace
from datetime import date, timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from accounts.models import AuditEvent
from branches.rights import Role
from meetings.models import Vote
from members.models import Membership
from recruitment import applications, legality, matters, probation, steps
from recruitment.cases import calendar, cases
from recruitment.legality import Act, Case
from recruitment.models import Application, RoadStep
from recruitment.road import in_force, known_editions
from tests import factories
from tests.proofs.scale import BLOCKS, SEED, times
from tests.recruitment.roads import is_working
from tests.recruitment.walks import DAYS, TODAY, Site

SEQUENCES, ACTS = 10_000, 60
WALKS = 300
STEPS = list(known_editions()[-1].steps)
FULL = {"full": True}
GOOD = {
    "apply": {"received_on": date(2023, 9, 4)}, "confirm_activist": {"recommended_by": "推优"}, "confirm_prospect": {"opinions": "同意"},
    "assign_mentor": {"mentors": [FULL]}, "assign_sponsors": {"sponsors": [FULL, FULL]},
    "political_review": {"conclusion": "passed"}, "prospect_training": {"days": 3, "hours": 24, "passed": True},
    "pre_review": {"conclusion": "passed"}, "fill_application_form": {"form_number": "1"},
    "branch_vote": {"vote": {"entitled": 11, "present": 9, "in_favour": 9, "secret": True}},
    "conversion_vote": {"vote": {"entitled": 11, "present": 9, "in_favour": 9, "secret": True}},
    "committee_approval": {"approver": "committee"}, "conversion_approval": {"approver": "work_committee"},
}  # fmt: skip
BAD = [
    {}, {"mentors": [FULL] * 3}, {"sponsors": [FULL, {"full": False}]}, {"conclusion": "failed"}, {"days": 2, "hours": 20},
    {"vote": {"entitled": 10, "present": 5, "in_favour": 5}}, {"approver": "general"},
    {"vote": {"entitled": 9, "present": 6, "in_favour": 6, "written": 2}},
]  # fmt: skip
NEARBY = [-400, -31, -1, 0, 0, 0, 1, 3, 20, 30, 31, 90, 91, 180, 366]


# --- the engine alone


def tried(chance, acts, nexts, now):
    """An act at random: mostly the next one with what it needs, on a day near its first or last lawful one."""
    if acts and chance.random() < 0.06:
        return Act(chance.choice(list(acts)), now, {}, undoes=True), now
    found = chance.choice(nexts) if nexts and chance.random() < 0.85 else None
    key = found.step if found else chance.choice(STEPS)
    edge = chance.choice([found.earliest, found.due, found.last]) if found else None
    usual = max(found.earliest, now) if found else now
    day = (edge or usual) if chance.random() < 0.3 else usual
    on = day + timedelta(days=chance.choice(NEARBY)) if chance.random() < 0.35 else day
    on = min(max(on, date(2014, 5, 28)), date(2035, 1, 1))
    data = dict(GOOD.get(key, {})) if chance.random() < 0.9 else dict(chance.choice(BAD))
    if key == "confirm_prospect" and chance.random() < 0.85:
        start = on - timedelta(days=chance.choice([6, 7, 8, 12, 15]))
        data |= {"public_from": start, "public_until": on - timedelta(days=chance.choice([0, 1, 1]))}
    return Act(key, on, data), max(now, on)


def check(case):
    acts = legality.standing(case)
    blocking = [fault for fault in legality.faults(case, is_working=is_working) if fault.blocks]
    assert blocking == [], blocking
    for key, taken in acts.items():
        for act in taken:
            step = in_force(act.on).steps[key]
            assert all(before in acts for before in step.after), (key, "rests on nothing")
            assert all(min(each.on for each in acts[before]) <= act.on for before in step.after), (key, "goes back")
        assert len(taken) == 1 or step.repeats, key
    return acts


def wander(chance, sequences):
    """How many steps were taken and refused, and how many roads came to the archive."""
    taken, refused, archived = 0, 0, 0
    for _ in range(sequences):
        now = date(chance.choice([2019, 2023, 2024, 2025]), chance.randint(1, 12), chance.randint(1, 28))
        case = Case((), born=chance.choice([date(1995, 5, 17), date(2006, 2, 28), date(2004, 2, 29), None]))
        acts, nexts = {}, legality.following(case, on=now, is_working=is_working)
        for _ in range(ACTS):
            act, now = tried(chance, acts, nexts, now)
            if act.undoes and "archive" in acts:
                continue
            if act.undoes:
                check(case)  # what is wrong stays wrong until it is taken back: here and at the end is enough
                lost = legality.fallen(acts, act.step, in_force(act.on))
            elif (found := legality.refusal(case, act, is_working=is_working)) is not None:
                assert found.blocks
                assert found.says
                assert found.article
                refused += 1
                continue
            assert "archive" not in acts
            case = replace(case, acts=(*case.acts, act))
            before, acts = acts, legality.standing(case)
            nexts = legality.following(case, on=now, is_working=is_working)
            if act.undoes:
                assert set(before) - set(acts) <= lost
            taken += not act.undoes
        archived += "archive" in check(case)
    return taken, refused, archived


@pytest.mark.parametrize("block", range(BLOCKS))
def test_no_case_of_lawful_steps_is_unlawful(block, record_property):
    taken, refused, archived = wander(random.Random(f"{SEED}/road/{block}"), times(SEQUENCES))
    record_property("figures", f"{taken} taken, {refused} refused, {archived} archived")
    assert refused
    assert archived or times(SEQUENCES) < 100


# --- through the actions


class Walk:
    """One road, everybody who might try something, and a clock."""

    def __init__(self, chance, site):
        self.chance, self.site = chance, site
        self.application = site.begin()
        if chance.random() < 0.7:
            site.walk(chance.choice(DAYS)[0], self.application)
        self.application.refresh_from_db()

    def person(self, key):
        if self.chance.random() < 0.7:
            return self.site.by(key)
        return self.chance.choice(self.site.people)

    def day(self, key):
        usual = {step: day for step, day, _ in DAYS}.get(key, date(2025, 1, 1))
        moved = usual + timedelta(days=self.chance.choice(NEARBY)) if self.chance.random() < 0.3 else usual
        return self.chance.choice([moved, moved, moved, moved, TODAY, TODAY + timedelta(days=1)])

    def beside(self, key, on):
        chance, site = self.chance, self.site
        found = {"explained": chance.choice(["补登", "补登", "", "机密★"])}
        if key in ("assign_mentor", "assign_sponsors"):
            found["guides"] = chance.sample([*site.members, site.stranger], k=chance.choice([1, 2, 2, 2, 3]))
        if key in steps.VOTED or chance.random() < 0.03:
            found["vote"] = chance.choice([None, *[site.vote(on, in_favour=chance.choice([9, 9, 9, 5]))] * 4])
        if key == "prospect_training" and chance.random() < 0.2:
            found["enrolment"] = site.enrolment
        return found

    def data(self, key):
        usual = next((data for step, _, data in DAYS if step == key), {})
        if key == "fill_application_form":
            usual = {"form_number": f"53{self.application.pk:07}"}
        return (
            dict(usual)
            if self.chance.random() < 0.9
            else dict(self.chance.choice([{}, {"days": "x"}, {"conclusion": "failed"}]))
        )

    def choose(self):
        acts = legality.standing(cases([self.application])[self.application.pk])
        nexts = [key for key, _, _ in DAYS if key not in acts]
        roll = self.chance.random()
        if "od_filing" in acts and roll < 0.2:
            return self.chance.choice(["propose", "decide", "decide", "retract"]), ""
        if roll < 0.6 and nexts:
            return "take", nexts[0]
        if roll < 0.7:
            return "take", self.chance.choice(STEPS)
        if roll < 0.76:
            return "take_back", self.chance.choice([*acts] or STEPS)
        return self.chance.choice(
            ["ask", "answer", "publish", "close", "transfer", "propose", "propose", "decide", "decide"]
        ), ""

    def call(self, act, key, by):
        chance, site, application = self.chance, self.site, self.application
        if act == "take":
            on = self.day(key)
            return steps.take(application, key, on, self.data(key), by=by, today=TODAY, **self.beside(key, on))
        if act == "take_back":
            words = chance.choice(["有误", "有误", "", "机密★"])
            return steps.take_back(application, key, words, self.day(key), by=by, today=TODAY)
        if act == "ask":
            return site.clear(
                application, date(2025, 4, 20), chance.choice(["clear", "clear", "clear", "doubt", "unfit"])
            )
        if act == "answer":
            row = application.replies.order_by("?").first()
            if row is None:
                raise ValidationError("没有可登记的回复。")
            return matters.answer(row, conclusion="clear", replied_on=date(2025, 5, 2), by=by, today=TODAY)
        if act == "publish":
            return site.publish(application, date(2025, 3, 24), date(2025, 3, 24 + chance.choice([2, 4, 4, 7])))
        if act == "close":
            outcome = chance.choice(["withdrawn", "ended", "refused", "admitted", "died"])
            reason = chance.choice(["", "", "", "", "说明"])
            return applications.close(application, outcome, self.day(""), reason, by=by, today=TODAY)
        if act == "transfer":
            other = chance.choice([site.branch, site.other])
            return applications.transfer(application, other, since=self.day(""), by=by, today=TODAY)
        on = chance.choice([date(2026, 7, 10), date(2026, 7, 15), date(2026, 2, 1)])
        if act == "retract":
            key = chance.choice([row.step for row in application.decisions()] or ["extension_vote"])
            return probation.take_back(application, key, "有误", date(2026, 8, 1), by=by, today=TODAY)
        if act == "propose":
            kind = chance.choice(["extension", "extension", "extension", "cancellation"])
            months = chance.choice([5, 6, 6, 12, 13])
            return probation.propose(
                application, kind, on, vote=site.vote(on), months=months, words="说明", by=by, today=TODAY
            )
        return probation.decide(application, date(2026, 8, 1), by=by, today=TODAY)


def crew(site):
    """Everybody beside the two who may."""
    site.other = factories.BranchFactory(parent=site.committee)
    site.stranger = factories.MemberFactory(branch=site.other)
    site.enrolment = factories.EnrolmentFactory(outcome="completed")
    root = site.committee.parent
    seats = [
        (site.branch, Role.SECRETARY), (site.branch, Role.EDITOR), (site.committee, Role.COMMITTEE), (root, Role.STAFF),
        (root, Role.LEADER), (root, Role.INSPECTOR), (site.other, Role.SECRETARY),
    ]  # fmt: skip
    site.people = [factories.UserFactory(serving=place, role=role) for place, role in seats] + [factories.UserFactory()]
    both = factories.UserFactory(serving=site.branch)
    factories.AppointmentFactory(user=both, branch=root, role=Role.STAFF)
    site.people += [both, site.secretary, site.upper]
    return site


def agree(application, working):
    """What lists repeat, the register and the engine say the same."""
    case = cases([application])[application.pk]
    acts = legality.standing(case)
    assert [fault for fault in legality.faults(case, is_working=working) if fault.blocks] == []
    stage, step, since = steps.where(case)
    assert (application.stage, application.step, application.stage_since_on) == (stage, step, since)
    running = Membership.objects.filter(member=application.member, ended_on=None).first()
    member = application.member
    member.refresh_from_db()
    if application.outcome == "cancelled":
        assert running is None
    elif "conversion_approval" in acts:
        assert running.kind == "full"
        assert member.converted_on == acts["conversion_vote"][0].on
    elif "committee_approval" in acts:
        assert running.kind == "probationary"
        assert member.joined_on == acts["branch_vote"][0].on
    else:
        assert running is None
        assert member.joined_on is None
    assert ("archive" in acts) == (application.outcome == "admitted")
    if "committee_approval" in acts:
        decided = [row.step for row in application.decisions()]
        assert bool(application.extended_months) == ("extension_approval" in decided)
    for role, key in (("mentor", "assign_mentor"), ("sponsor", "assign_sponsors")):
        assert application.guides.filter(role=role).exists() == (key in acts)


def attempt(walk, act, key, by):
    """(the refusal or None, its words). Anything but a refusal in words goes through."""
    try:
        walk.call(act, key, by)
    except (ValidationError, PermissionDenied) as error:
        return error, "".join(getattr(error, "messages", [str(error)])).strip()
    return None, ""


def events():
    return AuditEvent.objects.filter(action__startswith="recruit.").count()


def stroll(chance, walks):
    """How many acts were done and refused, and how far the roads came."""
    taken, refused, reached = 0, 0, set()
    site, working = crew(Site()), calendar()
    for _ in range(walks):
        walk = Walk(chance, site)
        for _ in range(ACTS // 2):
            act, key = walk.choose()
            by = walk.person("conversion_approval" if act in ("decide", "transfer") else key)
            known, rows, votes = events(), RoadStep.objects.count(), Vote.objects.count()
            error, why = attempt(walk, act, key, by)
            if error is not None:
                assert why, (act, key)
                refused += 1
                if act not in ("ask", "publish"):  # two acts each
                    assert (events(), RoadStep.objects.count(), Vote.objects.count()) == (known, rows, votes), (
                        act,
                        key,
                    )
                    if act == "take" and isinstance(error, PermissionDenied):
                        assert not steps.may_take(walk.application, key, by) or key == "prospect_training"
                continue
            taken += 1
            assert events() > known
            if act not in ("ask", "publish"):
                assert events() == known + 1, (act, key)
            walk.application = Application.objects.select_related("member", "branch").get(pk=walk.application.pk)
            agree(walk.application, working)
            reached.add(walk.application.outcome or walk.application.stage)
            reached |= {"extended"} if walk.application.extended_months else set()
            reached |= {act} & {"retract"}
    return taken, refused, reached


@pytest.mark.django_db
@pytest.mark.parametrize("block", range(BLOCKS))
def test_no_walk_through_the_actions_leaves_the_road(block, record_property):
    taken, refused, reached = stroll(random.Random(f"{SEED}/road-rows/{block}"), times(WALKS))
    record_property("figures", f"{taken} done, {refused} refused, reached {sorted(reached)}")
    assert taken
    assert refused
