"""发展党员台账 as rows: what the file of each person says, closed columns only for whoever may see them.

A vote and a political review are closed even to 督查: their cells stay empty, and the heading says why.
"""

from collections import defaultdict
from dataclasses import dataclass

from django.db.models import Max, Min

from members.models import Backbone
from recruitment import outlook, timeline, wording
from recruitment.models import Guide, RoadStep
from recruitment.road import probation_ends
from training.models import SignIn

COUNTS = ("entitled", "present", "in_favour", "against", "abstained")
VOTES = ("branch_vote", "conversion_vote")


@dataclass
class Line:
    """One person of the ledger: the road, who guides by role, the row of each vote, 骨干 and the days of training."""

    road: outlook.Road
    guides: dict
    rows: dict
    backbones: tuple = ()
    training: tuple = ()

    @property
    def application(self):
        return self.road.application

    @property
    def member(self):
        return self.road.application.member

    def on(self, key):
        """The day of a step; of a row of reviews the last."""
        taken = self.road.acts.get(key)
        return taken[-1].on if taken else None

    def times(self, key):
        """How often a review was held; a number told by an old ledger when no day is known."""
        told = self.data("confirm_activist").get("reviews_told")
        return len(self.road.acts.get(key, ())) or told

    def data(self, key):
        taken = self.road.acts.get(key)
        return taken[-1].data if taken else {}

    def sees(self, key):
        return self.road.sees(key)

    def counts(self, key):
        """应到、实到、赞成、反对、弃权, empty for eyes to which the vote is closed."""
        row = self.rows.get(key)
        if row is None or not self.sees(key):
            return ("",) * len(COUNTS)
        if row.vote is not None:
            return tuple(getattr(row.vote, name) for name in COUNTS)
        told = row.data.get("vote") or {}
        return tuple(told.get(name, "") for name in COUNTS)

    @property
    def review(self):
        """政审: the conclusion for whoever may, else nothing."""
        if not self.sees("political_review"):
            return ""
        conclusion = timeline.CONCLUSIONS.get(self.data("political_review").get("conclusion"), "")
        day = self.on("political_review")
        return f"{day:%Y-%m-%d} {conclusion}".strip() if day else ""

    @property
    def ends_on(self):
        """预备期满: by the edition in force on the day of the vote, with what it was extended by."""
        vote = self.on("branch_vote")
        return None if vote is None else probation_ends(vote, self.application.extended_months)

    @property
    def standing(self):
        """当前步骤."""
        if self.application.outcome:
            return self.application.get_outcome_display()
        return f"已办：{self.road.step(self.application.step).label}"

    @property
    def overdue(self):
        """超期: of the next step, or words that something in the past was not in order."""
        found = []
        if self.road.next is not None and (mark := self.road.mark(self.road.next)).state == "miss":
            found.append(f"{self.road.step(self.road.next.step).label}{mark.words}")
        if self.road.unlawful:
            found.append(f"不合规 {self.road.unlawful} 处")
        if self.road.late:
            found.append(f"迟办 {self.road.late} 处")
        return "；".join(found)

    @property
    def title(self):
        return "、".join(filter(None, (self.member.position, self.member.title)))


def lines(applications, user, on):
    """[Line] of rows with `member` and `branch` loaded, in their order. A fixed number of queries."""
    applications = list(applications)
    guides, rows, backbones = defaultdict(lambda: defaultdict(list)), defaultdict(dict), defaultdict(list)
    running = Guide.objects.filter(application__in=applications, ended_on=None).select_related("member").order_by("pk")
    for guide in running:
        guides[guide.application_id][guide.role].append(guide.member.name)
    voted = RoadStep.objects.filter(
        application__in=applications, step__in=(*VOTES, "prospect_training"), is_undone=False
    )
    for row in voted.select_related("vote").order_by("pk"):
        rows[row.application_id][row.step] = row
    members = [row.member_id for row in applications]
    held = Backbone.objects.filter(member__in=members, started_on__lte=on).exclude(ended_on__lt=on).order_by("pk")
    for member, name in held.values_list("member", "name"):
        backbones[member].append(name)
    days = _trained([row["prospect_training"] for row in rows.values() if "prospect_training" in row])
    found = []
    for road in outlook.roads(applications, user, on):
        pk = road.application.pk
        found.append(
            Line(road, guides[pk], {key: row for key, row in rows[pk].items() if key in road.acts},
                 tuple(backbones[road.application.member_id]), days.get(pk, ()))
        )  # fmt: skip
    return found


def _trained(rows):
    """application → first and last day of the training, as far as known."""
    of = {row.enrolment_id: row.application_id for row in rows if row.enrolment_id}
    present = SignIn.objects.filter(enrolment__in=of, mark=SignIn.Mark.PRESENT).order_by().values("enrolment")
    spans = present.annotate(first=Min("session__held_on"), last=Max("session__held_on"))
    found = {of[enrolment]: (first, last) for enrolment, first, last in spans.values_list("enrolment", "first", "last")}
    for row in rows:
        if row.application_id not in found:
            found[row.application_id] = (row.data.get("from_on", ""), row.on)
    return found


def due_words(line):
    """What comes next, as the list says it."""
    following = line.road.next
    return (
        ""
        if following is None
        else f"{line.road.step(following.step).label}，{wording.mark(following, line.road.on).words}"
    )
