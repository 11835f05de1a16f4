"""发展党员计划: a 党委 files what it plans, the 工委 issues places. Places are a limit, never a target (禁止突击发展)."""

from dataclasses import dataclass, field

from django.core.exceptions import ValidationError
from django.db import transaction

from accounts import audit
from branches.actions import root
from branches.models import Branch
from branches.rights import require
from files.secrecy import refuse_marked
from recruitment import figures
from recruitment.models import Application, RecruitmentQuota, RoadStep

OWNERS = (Branch.Kind.COMMITTEE, Branch.Kind.WORK_COMMITTEE)
MOST = 500
LIMIT = "名额是上限，不要求用满，禁止突击发展。"


@dataclass
class Line:
    """A plan with what became of it: taken in, of those 业务骨干, and who is on the way before 预审."""

    quota: RecruitmentQuota
    admitted: list = field(default_factory=list)
    ahead: list = field(default_factory=list)
    beyond: list = field(default_factory=list)  # 预审 passed in the year although the places were used: (file, row)

    @property
    def backbones(self):
        return sum(person.is_backbone for person in self.admitted)

    @property
    def share(self):
        """Percent of those taken in, as documents count it: cut, not rounded up."""
        return self.backbones * 100 // len(self.admitted) if self.admitted else None

    @property
    def left(self):
        return None if self.quota.places is None else max(0, self.quota.places - len(self.admitted))

    @property
    def is_used_up(self):
        return self.quota.places is not None and len(self.admitted) >= self.quota.places

    @property
    def is_below_share(self):
        wanted = self.quota.backbone_share
        return bool(wanted and self.admitted and self.backbones * 100 < wanted * len(self.admitted))


def years(on):
    """The years for which a plan may be filed: this one, and from November on the next."""
    return (on.year, on.year + 1) if on.month >= 11 else (on.year,)


@transaction.atomic
def plan(quota, *, version=None, by, on):
    """File the plan of a 党委 for a year, or put it right until the places are issued."""
    branch = Branch.objects.select_for_update(of=("self",), no_key=True).get(pk=quota.branch_id)
    require(by, "recruit.approve", at=branch)
    if branch.kind not in OWNERS:
        raise ValidationError({"branch": "发展党员计划由党委上报。"})
    _sensible("planned", quota.planned)
    if quota.pk:
        known = RecruitmentQuota.objects.select_for_update(of=("self",)).get(pk=quota.pk)
        known.claim(version)
        if known.places is not None:
            raise ValidationError("名额已经下达，计划不能再改。")
        before, known.planned, quota = known.planned, quota.planned, known
    else:
        before, quota.created_by = None, by
        if quota.year not in years(on):
            raise ValidationError({"year": "只能上报本年度的计划；下一年度的从 11 月起上报。"})
    quota.full_clean()
    quota.save()
    audit.record("recruit.plan", quota, by=by, branch=branch.pk, year=quota.year, before=before, after=quota.planned)
    return quota


@transaction.atomic
def issue(quota, *, places, backbone_share, number, issued_on, version, by, on):
    """Issue places with their structure, or issue them anew by another document."""
    require(by, "recruit.quota", at=root())
    quota = RecruitmentQuota.objects.select_for_update(of=("self",)).select_related("branch").get(pk=quota.pk)
    quota.claim(version)
    _sensible("places", places)
    if issued_on > on:
        raise ValidationError({"issued_on": "下达日期不能晚于今天。"})
    refuse_marked(number, "依据文号")
    before = quota.places
    quota.places, quota.backbone_share, quota.number, quota.issued_on = (
        places,
        backbone_share,
        number.strip(),
        issued_on,
    )
    quota.full_clean()
    quota.save()
    audit.record("recruit.quota", quota, by=by, branch=quota.branch_id, year=quota.year, before=before, after=places)
    return quota


def _sensible(name, number):
    if not 0 <= number <= MOST:
        raise ValidationError({name: f"人数应为 0 至 {MOST}。"})


# --- what became of it


def owner_paths(quotas):
    """The longest paths first: a branch belongs to the nearest 党委."""
    return sorted(((quota.branch.path, quota) for quota in quotas), key=lambda pair: -len(pair[0]))


def lines(quotas, applications, year, *, on):
    """[Line] of the plans of a year. A number of queries that does not grow with them."""
    quotas = list(quotas)
    found = {quota.pk: Line(quota) for quota in quotas}
    of_year = figures.of_year(applications, year, on=on)
    people = [*of_year.people["admitted"], *of_year.people["prospects"]]
    paths = dict(Branch.objects.filter(pk__in={person.branch for person in people}).values_list("pk", "path"))
    above = owner_paths(quotas)
    inner = set(Branch.objects.filter(kind=Branch.Kind.COMMITTEE).values_list("path", flat=True))

    def line_of(person):
        path = paths.get(person.branch, "")
        nearest = max((each for each in inner if path.startswith(each)), key=len, default="")
        for start, quota in above:
            if path.startswith(start) and len(start) >= len(nearest):
                return found[quota.pk]
        return None

    for person in of_year.people["admitted"]:
        if (line := line_of(person)) is not None:
            line.admitted.append(person)
    passed = _pre_reviews([person.application.pk for person in people], year)
    for person in of_year.people["prospects"]:
        if (line := line_of(person)) is not None:
            line.ahead.append(person)
            if line.is_used_up and person.application.pk in passed:
                line.beyond.append((person.application, passed[person.application.pk]))
    for line in found.values():
        line.beyond += _too_many(line, passed)
    return list(found.values())


def _too_many(line, passed):
    """Those taken in after the places were used up, by the day of the approval."""
    if line.quota.places is None:
        return []
    later = sorted(line.admitted, key=lambda person: (person.on, person.application.pk))[line.quota.places :]
    return [(person.application, passed[person.application.pk]) for person in later if person.application.pk in passed]


def _pre_reviews(applications, year):
    """application → the row of its 预审 of that year, with the words why."""
    rows = RoadStep.objects.filter(application__in=applications, step="pre_review", is_undone=False, on__year=year)
    return {row.application_id: row for row in rows.order_by("pk")}


def warning(application, on):
    """Words for whoever is about to pass 预审: the places of the 党委 are used up. None when they are not, or none were issued."""
    branch = application.branch
    above = [int(pk) for pk in branch.path.strip("/").split("/")]
    owner = Branch.objects.filter(pk__in=above, kind__in=OWNERS).order_by("-path").first()
    quota = RecruitmentQuota.objects.filter(branch=owner, year=on.year).select_related("branch").first()
    if quota is None or quota.places is None:
        return None
    below = Application.objects.filter(branch__path__startswith=owner.path)
    line = lines([quota], below, on.year, on=on)[0]
    if not line.is_used_up:
        return None
    return f"{owner}本年度名额 {quota.places} 名，已接收 {len(line.admitted)} 名，名额已用完。确需办理的，请在情况说明中写明理由。"
