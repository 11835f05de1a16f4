"""One road by the day of the vote: the steps before and after it on working days, and the rows that they leave."""

from dataclasses import dataclass, field
from datetime import date, timedelta

from dateutil.relativedelta import relativedelta
from django.db.models import DateTimeField, F, Value
from django.db.models.functions import Cast, Least

from branches.demo import WEAK
from branches.models import Branch
from duties.demo.moments import at
from jobs.copying import insert
from members.models import Backbone, Member
from recruitment import legality
from recruitment.cases import calendar
from recruitment.models import Application, ApplicationStay, Guide, Publicity, RoadStep
from recruitment.road import in_force
from recruitment.sides import ABOVE
from recruitment.steps import ENTERS

DAY, WEEK = timedelta(days=1), timedelta(days=7)
SATURDAY = 5
BEFORE = [  # days before the vote of the branch: far enough apart to stay in order when moved to a working day
    ("apply", 735), ("initial_talk", 720), ("confirm_activist", 525), ("activist_filing", 516), ("assign_mentor", 510),
    ("cultivate", 350), ("cultivate", 180), ("confirm_prospect", 140), ("prospect_filing", 131), ("assign_sponsors", 126),
    ("political_review", 84), ("prospect_training", 70), ("committee_screen", 52), ("pre_review", 24),
    ("fill_application_form", 18),
]  # fmt: skip
AFTER = [  # days after the approval
    ("od_filing", 7), ("assign_group", 9), ("oath", 16),
]  # fmt: skip
REVIEWS = (84, 168, 252, 336)  # days after the vote
RECOMMENDED = ("党员推荐", "团支部推优", "工会推荐")
OPINIONS = "听取了党小组、培养联系人、党员和群众的意见，一致同意。"
REVIEWED = "思想上要求进步，工作认真负责，能按时参加党组织的活动；还要加强理论学习。"
PLACES = ("校务公开栏", "学校公告栏", "党务公开栏")


def workday(day):
    """The day, or the Friday before a weekend."""
    return day - DAY * max(0, day.weekday() - 4)


def late_talk(days):
    """The same days, the talk after more than a month."""
    return [(key, days[0][1] + DAY * 41 if key == "initial_talk" else on) for key, on in days]


def timeline(vote_on, approved_on=None, converted_on=None):
    """[(step, day)] of a lawful road around the vote of the branch, however far it reaches."""
    days = [(key, workday(vote_on - DAY * before)) for key, before in BEFORE]
    approved_on = approved_on or workday(vote_on + DAY * 30)
    days += [("branch_vote", vote_on), ("superior_talk", max(vote_on, workday(vote_on + (approved_on - vote_on) // 2)))]
    days += [("committee_approval", approved_on), *((key, workday(approved_on + DAY * after)) for key, after in AFTER)]
    days += [("probation_review", max(approved_on + DAY * 9, workday(vote_on + DAY * after))) for after in REVIEWS]
    converted_on = converted_on or workday(vote_on + relativedelta(months=12) + WEEK) + DAY * 3
    asked_on = min(converted_on, max(vote_on + relativedelta(months=12), converted_on - DAY * 5))
    settled_on = workday(converted_on + DAY * 25)
    return [
        *days, ("transfer_apply", asked_on), ("conversion_vote", converted_on), ("conversion_approval", settled_on),
        ("archive", workday(settled_on + DAY * 20)),
    ]  # fmt: skip


@dataclass
class Road:
    """One file before it is written."""

    sketch: object
    member: Member
    rows: list = field(default_factory=list)  # RoadStep
    guides: list = field(default_factory=list)
    notices: list = field(default_factory=list)
    stays: list = field(default_factory=list)
    fields: dict = field(default_factory=dict)

    def on(self, key):
        return next((row.on for row in self.rows if row.step == key), None)


class Drawn:
    """All roads of the county before they are written."""

    def __init__(self, county, rng):
        self.county, self.rng = county, rng
        self.is_working, self.roads, self.numbers = calendar(), [], 0
        self.papers, self.backbones = county.scaled(12, least=2), []
        self.applicants, self.left, self.taken_in = [], [], 0  # Member and Membership to be written
        self.honoured = set(Backbone.objects.values_list("member", flat=True))
        self.branches = {sketch.branch.pk: sketch.branch for sketch in [county.top, *county.sketches]}
        self.clerk = {sketch.branch.pk: sketch.author for sketch in county.sketches if not sketch.is_leaf}

    def organ(self, sketch):
        """The nearest organisation above that approves: a 党委, or 工委 itself."""
        at_ = sketch.parent
        while at_.kind == Branch.Kind.GENERAL:
            at_ = self.branches[at_.parent_id]
        return at_

    def draw(self, sketch, member, days, *, votes=None, is_imported=False, without=(), explained=None, **fields):
        """The road by its days, up to the day of the build. `votes`: step → Vote; `without`: steps that nobody recorded."""
        road = Road(sketch, member, fields={"is_imported": is_imported, **fields})
        organ = self.organ(sketch)
        for key, on in days:
            if on > self.county.today or key in without:
                continue
            data = self._data(key, on, organ, sketch)
            row = RoadStep(
                branch=sketch.branch, step=key, on=on, data=data, is_imported=is_imported, vote=(votes or {}).get(key),
                explained=(explained or {}).get(key, ""), created_by=self._author(key, sketch, organ),
                words=REVIEWED if key in ("cultivate", "probation_review") else "",
            )  # fmt: skip
            road.rows.append(row)
            self._guide(road, key, on)
            if key == "confirm_prospect" and in_force(on).steps[key].documents.count("publicity"):
                road.notices.append(self.notice(road, key, on, objections=0))
        self.roads.append(road)
        return road

    def _author(self, key, sketch, organ):
        if key not in ABOVE:
            return sketch.author
        clerk = self.clerk.get(organ.pk, self.county.users["gongwei"])
        return clerk if clerk != sketch.author else self.county.users["gongwei-admin"]

    def _data(self, key, on, organ, sketch):
        data = {"organ": organ.pk, "approver": organ.kind} if key in ABOVE else {}
        if key == "apply":
            data["received_on"] = str(on + DAY * 2)
        elif key == "confirm_activist":
            data["recommended_by"] = self.rng.choice(RECOMMENDED)
        elif key == "confirm_prospect":
            data["opinions"] = OPINIONS
        elif key in ("political_review", "pre_review"):
            data["conclusion"] = "passed"
        elif key == "prospect_training":
            data |= {
                "days": 3,
                "hours": 24,
                "passed": True,
                "certificate": f"云教党校〔{on.year}〕{on.month:02d}{on.day:02d}号",
            }
        elif key == "fill_application_form":
            self.numbers += 1
            data["form_number"] = f"5399{self.numbers:06d}"
        elif key in ("branch_vote", "conversion_vote"):
            data["secret"] = True
        return data

    def _guide(self, road, key, on):
        role = {"assign_mentor": Guide.Role.MENTOR, "assign_sponsors": Guide.Role.SPONSOR}.get(key)
        if role is None:
            return
        full = [
            stay.pk for stay in road.sketch.roster if stay.is_full and stay.covers(on) and stay.pk != road.member.pk
        ]
        mine = road.sketch.roster and [stay.pk for stay in road.sketch.roster if stay.until is None and stay.pk in full]
        for pk in (mine or full)[-2:]:
            road.guides.append(Guide(member_id=pk, role=role, started_on=on, created_by=road.sketch.author))

    def notice(self, road, matter, before, *, objections=None, started_on=None):
        """A notice of five working days that is over on the day before the step."""
        start = started_on
        if start is None:
            start = before - WEEK
            while legality.last_workday(start, 5, self.is_working) >= before:
                start -= DAY
        return Publicity(
            matter=matter, started_on=start, ended_on=legality.last_workday(start, 5, self.is_working),
            place=self.rng.choice(PLACES), objections=objections, created_by=road.sketch.author,
        )  # fmt: skip

    def write(self):
        """All rows in portions by their kind; the instants of entry are those of the days, as branches keep their records."""
        insert(self.applicants)
        insert(self.left)
        applications = insert(self._application(road) for road in self.roads)
        steps, stays, guides, notices = [], [], [], []
        for road, application in zip(self.roads, applications, strict=True):
            road.application = application
            for rows, all_ in ((road.rows, steps), (road.guides, guides), (road.notices, notices)):
                for row in rows:
                    row.application = application
                all_ += rows
            stays += road.stays or [ApplicationStay(branch=application.branch, started_on=application.applied_on)]
            for row in stays[-len(road.stays or [0]) :]:
                row.application = application
        for rows in (steps, stays, guides, notices, self.backbones):
            insert(rows)
        self._enter()

    def _enter(self):
        """Entered two days after the step, in weak branches nine; never after the day of the build."""
        last = Value(at(self.county.today, 15), DateTimeField())
        for rows, slack in (
            (RoadStep.objects.exclude(branch__in=self._weak), 2), (RoadStep.objects.filter(branch__in=self._weak), 9),
        ):  # fmt: skip
            rows.update(created_at=Least(Cast(F("on") + DAY * slack, DateTimeField()), last))
        Application.objects.update(created_at=Least(Cast(F("applied_on") + DAY * 2, DateTimeField()), last))

    @property
    def _weak(self):
        return {sketch.branch.pk for sketch in self.county.sketches if sketch.manner[1] == WEAK}

    def _application(self, road):
        reached = _standing(road.rows)
        stages = [(stage, key) for key, stage in ENTERS.items() if key in reached]
        stage, key = stages[-1] if stages else (Application.Stage.APPLICANT, "apply")
        first = road.rows[0].on
        numbers = [row.data["form_number"] for row in road.rows if row.step == "fill_application_form"]
        is_over = "archive" in reached
        return Application(
            **{
                "member": road.member, "branch": road.sketch.branch, "applied_on": first, "stage": stage,
                "step": _last(reached), "stage_since_on": reached.get(key, first), "created_by": road.sketch.author,
                "form_number": numbers[-1] if "fill_application_form" in reached else "",
                "outcome": Application.Outcome.ADMITTED if is_over else "",
                "ended_on": reached["archive"] if is_over else None,
            } | road.fields
        )  # fmt: skip


def _standing(rows):
    """step → day of its first row that holds, by the engine."""
    acts = tuple(legality.Act(row.step, row.on, {}, row.is_undone) for row in rows)
    return {key: taken[0].on for key, taken in legality.standing(legality.Case(acts)).items()}


def _last(reached):
    return [key for key in in_force(date.max).steps if key in reached][-1]
