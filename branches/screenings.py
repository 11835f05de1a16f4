"""A campaign of 分析研判: planned, opened over all branches at once, filled in from the records, given to assessors.

The visit to one branch, its marks and its class are `branches/visits.py`.
"""

from decimal import Decimal
from itertools import pairwise
from typing import NamedTuple

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone

from accounts import audit
from branches import assignments, standards
from branches.models import (
    Appointment,
    Assignment,
    Branch,
    Rectification,
    Screening,
    ScreeningCampaign,
)
from branches.prefilling import OPEN, prefill
from branches.rights import Task, require
from files.secrecy import refuse_marked
from jobs.copying import insert

State, Kind, Judging = ScreeningCampaign.State, Screening.Kind, Screening.State
ROAD = {State.DRAFT: {"open": State.OPEN}, State.OPEN: {"close": State.CLOSED}, State.CLOSED: {"reopen": State.OPEN}}
JUDGED = (Judging.SUBMITTED, Judging.APPROVED, Judging.ISSUED)
SETTLED = (Judging.APPROVED, Judging.ISSUED)
MOST_CLASSES = 6


# ---- planning


def taking_part(campaign, on):
    """The branches that a campaign has to reach: all below its owner that get a grade, in 单位序."""
    return Branch.objects.at_work(on).graded().filter(path__startswith=campaign.branch.path).in_order()


def check_scale(scale):
    """Classes from the best down, each with its own floor, the last from nothing; raises ValidationError in words."""
    labels, floors = [row["label"] for row in scale], [row["at_least"] for row in scale]
    if not 2 <= len(scale) <= MOST_CLASSES:
        raise ValidationError(f"分类标准应有 2 至 {MOST_CLASSES} 类。")
    if len(set(labels)) < len(labels):
        raise ValidationError("分类标准里有两类同名。")
    if any(upper <= lower for upper, lower in pairwise(floors)):
        raise ValidationError("分类标准应从高到低排列，每一类的分数线都要比上一类低。")
    if floors[0] > 100 or floors[-1] != 0:
        raise ValidationError("最高一类的分数线不能超过 100，最低一类应从 0 开始。")


def class_of(scale, points, whole):
    """The key of the class that so many points of so many possible come to."""
    share = points * 100 / whole
    return next(row["key"] for row in scale if share >= Decimal(str(row["at_least"])))


def label_of(scale, key):
    return next((row["label"] for row in scale if row["key"] == key), "")


@transaction.atomic
def save(campaign, *, by, version=None):
    """Write a draft, or of an open campaign its name and dates: standard and scale stay as they were opened."""
    require(by, "screening.run", at=campaign.branch)
    before = None
    if campaign.pk:
        before = ScreeningCampaign.objects.select_for_update(of=("self",)).get(pk=campaign.pk)
        before.claim(version)
        campaign.version = before.version
        if before.state == State.CLOSED:
            raise ValidationError("这次研判已经结束；要改的，先重新开放。")
        if before.state == State.OPEN and (before.standard_id, before.scale) != (campaign.standard_id, campaign.scale):
            raise ValidationError("研判已经启动，标准和分类标准不能再改。")
    else:
        campaign.created_by = by
    for name in ("title", "number"):
        refuse_marked(getattr(campaign, name), campaign._meta.get_field(name).verbose_name)
    check_scale(campaign.scale)
    if not campaign.branch.path.startswith(campaign.standard.branch.path):
        raise ValidationError({"standard": "请选本单位或上级制定的标准。"})
    campaign.full_clean()
    campaign.save()
    if before and before.state == State.OPEN:
        _prolong(before, campaign)
    audit.record("screening_campaign.save", campaign, by=by)
    return campaign


def _prolong(before, after):
    """Assessors who were sent until the end of a phase stay until its new end."""
    for kind, name in UNTIL.items():
        old, new = getattr(before, name), getattr(after, name)
        if old != new:
            sent = Screening.objects.filter(campaign=after, kind=kind, state__in=OPEN, branch=OuterRef("branch"))
            Assignment.objects.filter(
                Exists(sent.filter(assessor=OuterRef("user"))), task=Task.ASSESSOR, until=old, started_on__lte=new
            ).update(until=new)


UNTIL = {Kind.FIRST: "screens_until", Kind.LOOK_BACK: "reviews_until"}


def _locked(campaign, by):
    found = ScreeningCampaign.objects.select_for_update(of=("self",)).select_related("branch", "standard")
    campaign = found.get(pk=campaign.pk)
    require(by, "screening.run", at=campaign.branch)
    return campaign


def _running(campaign, by):
    campaign = _locked(campaign, by)
    if campaign.state != State.OPEN:
        raise ValidationError(f"这次研判现在是“{campaign.get_state_display()}”，不能这样办理。")
    return campaign


def _move(campaign, act):
    if act not in ROAD[campaign.state]:
        raise ValidationError(f"这次研判现在是“{campaign.get_state_display()}”，不能这样办理。")
    before, campaign.state = campaign.state, ROAD[campaign.state][act]
    campaign.version += 1
    return before


@transaction.atomic
def open_campaign(campaign, *, by, on):
    """Freeze the standard, put every branch at work on the list, and fill in what the records say."""
    campaign = _locked(campaign, by)
    before = _move(campaign, "open")
    branches = list(taking_part(campaign, on))
    if not branches:
        raise ValidationError("这个单位下面还没有党支部，不能启动。")
    standards.freeze(campaign.standard, by=by)
    campaign.opened_at = timezone.now()
    campaign.full_clean()
    campaign.save(update_fields=["state", "version", "opened_at"])
    insert(Screening(campaign=campaign, branch=branch) for branch in branches)
    marks = prefill(campaign, Kind.FIRST, on=on)
    audit.record(
        "screening_campaign.open",
        campaign,
        by=by,
        before=before,
        after=campaign.state,
        branches=len(branches),
        marks=marks,
    )
    return campaign


@transaction.atomic
def complete_list(campaign, *, by, on):
    """Put branches founded since on the list (补充名单); returns how many."""
    campaign = _running(campaign, by)
    listed = Screening.objects.filter(campaign=campaign, kind=Kind.FIRST)
    fresh = list(taking_part(campaign, on).exclude(pk__in=listed.values("branch")))
    if not fresh:
        raise ValidationError("名单已经齐全，没有要补充的党组织。")
    insert(Screening(campaign=campaign, branch=branch) for branch in fresh)
    prefill(campaign, Kind.FIRST, on=on, branches=fresh)
    audit.record("screening_campaign.complete", campaign, by=by, branches=len(fresh))
    return len(fresh)


@transaction.atomic
def close(campaign, *, by, on):
    """End a campaign that has reached every branch still at work."""
    campaign = _locked(campaign, by)
    before = _move(campaign, "close")
    here = taking_part(campaign, on)
    settled = Screening.objects.filter(campaign=campaign, kind=Kind.FIRST, state__in=SETTLED)
    if missed := here.exclude(pk__in=settled.values("branch")).count():
        raise ValidationError(f"还有 {missed} 个党组织没有审定，全覆盖以后才能结束。")
    again = Screening.objects.filter(campaign=campaign, kind=Kind.LOOK_BACK, branch__in=here).exclude(state__in=SETTLED)
    if begun := again.count():
        raise ValidationError(f"还有 {begun} 个党组织的回头看没有审定，审定以后才能结束。")
    campaign.save(update_fields=["state", "version"])
    audit.record("screening_campaign.close", campaign, by=by, before=before, after=campaign.state)
    return campaign


@transaction.atomic
def reopen(campaign, *, by):
    campaign = _locked(campaign, by)
    before = _move(campaign, "reopen")
    campaign.save(update_fields=["state", "version"])
    audit.record("screening_campaign.reopen", campaign, by=by, before=before, after=campaign.state)
    return campaign


# ---- filled in from the records


@transaction.atomic
def refill(campaign, *, by, on):
    """按最新记录重新预填: for all that is not handed in yet; hand marks stay."""
    campaign = _running(campaign, by)
    number = sum(prefill(campaign, kind, on=on) for kind in Kind)
    audit.record("screening_campaign.refill", campaign, by=by, marks=number)
    return number


# ---- who judges


@transaction.atomic
def assign(campaign, kind, user, branches, *, until, group="", by, on):
    """Send somebody to judge branches; whoever was to judge them before is released. Nobody judges the own organisation."""
    campaign, kind = _running(campaign, by), Kind(kind)
    branches = list(branches)
    found = Screening.objects.filter(campaign=campaign, kind=kind, branch__in=branches).select_related(
        "branch", "assessor"
    )
    rows = list(found.select_for_update(of=("self",)))
    if len(rows) < len({branch.pk for branch in branches}):
        raise ValidationError(f"有的党组织不在这一轮{kind.label}的名单里，请先补充名单。")
    if handed_in := [row for row in rows if row.state not in OPEN]:
        raise ValidationError(f"{handed_in[0].branch}的研判{handed_in[0].get_state_display()}，不能再换研判人。")
    if own := Appointment.objects.serving(on).filter(user=user, branch__in=branches).select_related("branch").first():
        raise ValidationError(f"{user}在{own.branch}任职，不能研判自己所在的党组织，请另派一位同志。")
    _let_go(rows, but=user, by=by, on=on)
    number = assignments.assign(user, branches, Task.ASSESSOR, until=until, group=group, by=by, on=on)
    found.update(assessor=user, version=F("version") + 1)
    audit.record("screening_campaign.assign", campaign, by=by, user=user.pk, kind=kind, branches=len(rows))
    return number


def _let_go(rows, *, but, by, on):
    of_person = {}
    for row in rows:
        if row.assessor_id and (but is None or row.assessor_id != but.pk):
            of_person.setdefault(row.assessor, []).append(row.branch)
    for person, branches in of_person.items():
        assignments.release(person, branches, Task.ASSESSOR, by=by, on=on)


@transaction.atomic
def release(campaign, kind, user, *, branches=None, by, on):
    """Take branches not handed in yet out of somebody's hands; what was marked stays for the next one."""
    campaign = _running(campaign, by)
    found = Screening.objects.filter(campaign=campaign, kind=kind, assessor=user, state__in=OPEN)
    if branches is not None:
        found = found.filter(branch__in=branches)
    rows = list(found.select_related("branch", "assessor").select_for_update(of=("self",)))
    if not rows:
        raise ValidationError("没有可以收回的党组织：已经提交的，研判人不再更换。")
    _let_go(rows, but=None, by=by, on=on)
    Screening.objects.filter(pk__in=[row.pk for row in rows]).update(assessor=None, version=F("version") + 1)
    audit.record("screening_campaign.release", campaign, by=by, user=user.pk, kind=kind, branches=len(rows))
    return len(rows)


# ---- 回头看


def awaiting_look_back(campaign, *, everybody=False):
    """First screenings with a class and without 回头看; unless `everybody`, those not of the best class or with 整改 not
    yet accepted."""
    found = Screening.objects.filter(campaign=campaign, kind=Kind.FIRST, state__in=SETTLED, look_back=None)
    if everybody:
        return found
    open_items = Rectification.objects.unsettled().filter(screening=OuterRef("pk"))
    return found.filter(~Q(approved_class=campaign.scale[0]["key"]) | Exists(open_items))


@transaction.atomic
def look_back(campaign, firsts, *, by, on):
    """Begin 回头看 for some of the branches, each bound to its first screening and filled in anew; returns how many."""
    campaign = _running(campaign, by)
    keys = [first.pk for first in firsts]
    rows = list(awaiting_look_back(campaign, everybody=True).filter(pk__in=keys).select_for_update(of=("self",)))
    if not rows:
        raise ValidationError("没有可以启动回头看的党组织：要先审定过筛子的类别，而且没有启动过。")
    insert(Screening(campaign=campaign, branch_id=row.branch_id, kind=Kind.LOOK_BACK, first_id=row.pk) for row in rows)
    prefill(campaign, Kind.LOOK_BACK, on=on, branches=[row.branch_id for row in rows])
    audit.record("screening_campaign.look_back", campaign, by=by, branches=len(rows))
    return len(rows)


# ---- how far it is


class Coverage(NamedTuple):
    whole: int
    judged: int

    @property
    def percent(self):
        """Rounded down: 100 % only when nobody is left."""
        return self.judged * 100 // self.whole if self.whole else 0


def unit_of(owner, path):
    """The path of the 党委 or 总支 under which a branch stands below the campaign's owner; "" when directly below it."""
    steps = path[len(owner) :].split("/")
    return owner + steps[0] + "/" if len(steps) > 2 else ""


def coverage(campaign, rows):
    """unit path → Coverage of pairs (path of a branch, state); under None all together."""
    found = {None: [0, 0]}
    for path, state in rows:
        for key in (None, unit_of(campaign.branch.path, path)):
            tally = found.setdefault(key, [0, 0])
            tally[0] += 1
            tally[1] += state in JUDGED
    return {key: Coverage(*tally) for key, tally in found.items()}
