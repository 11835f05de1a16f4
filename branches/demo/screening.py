"""分析研判 in the invented county: a closed campaign of the year before, this year's as far as the day allows, and a draft standard."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

from django.db.models import F, Sum

from branches import screenings, standards
from branches.demo.county import GOOD, WEAK
from branches.models import (
    Appointment,
    Assignment,
    Rectification,
    RectificationStep,
    Screening,
    ScreeningCampaign,
    ScreeningMark,
    Standard,
)
from branches.rights import Task
from jobs.copying import insert, rewrite
from rulebook.book import value

State, Kind = Screening.State, Screening.Kind
GOT = {GOOD: (17, 20), WEAK: (1, 8)}  # twentieths of an item's points that an assessor gives
USUAL = (13, 18)
BETTER = 3  # twentieths more when looked at again
POOR = Decimal("0.5")  # of an item's points: below it a problem is named
STILL = 20  # days that a visit under way may take
FAR = ((State.ISSUED, 86), (State.APPROVED, 5), (State.SUBMITTED, 4), (State.JUDGING, 3), (State.WAITING, 2))
OFFICE, JUDGES = "lingdao", ("gongwei", "shuji2", "dangwei")


def build(county, rng):
    staff, at = county.users["gongwei"], county.top.branch
    source = standards.samples()["strong_and_good"]["source"]
    standard = standards.create(
        Standard(branch=at, title="五强五好党支部标准", edition="示例", source=source),
        by=county.system,
        sample="strong_and_good",
    )
    standards.create(
        Standard(branch=at, title="党支部标准化规范化建设标准", edition="征求意见稿", source=source), by=county.system, sample="six_aspects"
    )  # fmt: skip
    Standard.objects.filter(branch=at).update(created_by=staff)
    days = value("screening.phases", on=county.today)
    for year in county.years:
        phases = {name: date.fromisoformat(f"{year}-{day}") for name, day in days.items()}
        campaign = ScreeningCampaign(
            branch=at, year=year, title=f"{year} 年基层党组织分析研判", standard=standard, created_by=staff,
            number=f"云教党〔{year}〕6号", scale=value("screening.scale", on=county.today), **phases,
        )  # fmt: skip
        screenings.save(campaign, by=county.system)
        ScreeningCampaign.objects.filter(pk=campaign.pk).update(created_by=staff)
        if phases["screens_from"] <= county.today:
            _Round(county, rng, campaign).run()


class _Round:
    """One campaign from its list to its letters."""

    def __init__(self, county, rng, campaign):
        self.county, self.rng = county, rng
        self.is_past = campaign.year < county.today.year
        self.until = min(county.today, campaign.screens_until)
        self.campaign = screenings.open_campaign(campaign, by=county.system, on=self.until)
        self.numbers = 0
        self.manner = {sketch.branch.pk: sketch.manner[-1] for sketch in county.sketches}
        self.judges = [county.users[name] for name in JUDGES]
        posts = Appointment.objects.filter(user__in=self.judges)
        self.own = set(posts.values_list("user", "branch"))

    def run(self):
        rows = list(self.campaign.screenings.order_by("branch__order", "pk"))
        self._judge(rows, self.campaign.screens_from, self.until)
        again = list(screenings.awaiting_look_back(self.campaign))
        if self.county.today > self.campaign.screens_until and again:
            on = min(self.county.today, self.campaign.reviews_until)
            screenings.look_back(self.campaign, again, by=self.county.system, on=on)
            rows = list(self.campaign.screenings.filter(kind=Kind.LOOK_BACK).order_by("branch__order", "pk"))
            self._judge(rows, on - timedelta(days=30), on)
        if self.is_past:
            ScreeningCampaign.objects.filter(pk=self.campaign.pk).update(state="closed", version=F("version") + 1)

    def _judge(self, rows, since, until):
        """Who judges, how many points, how far it is, class and letter of each."""
        states = [State.ISSUED] if self.is_past else [state for state, share in FAR for _ in range(share)]
        far = {row.pk: self.rng.choice(states) for row in rows}
        for number, row in enumerate(rows):
            able = [user for user in self.judges if (user.pk, row.branch_id) not in self.own]
            row.assessor = able[number % len(able)] if far[row.pk] != State.WAITING or number % 2 else None
        if not self.is_past:  # somebody is out on visits, whatever the day
            out = [row for row in rows if row.assessor == self.county.users["shuji2"]][:2]
            far |= {row.pk: State.JUDGING for row in out}
        self._mark([row for row in rows if far[row.pk] != State.WAITING], far, until)
        sums = self._sums(rows)
        for row in rows:
            if far[row.pk] != State.WAITING:
                self._settle(row, far[row.pk], sums[row.pk], since, until)
        names = [
            "assessor", "state", "visited_on", "points", "whole", "computed_class", "approved_class", "advice", "submitted_by",
            "submitted_at", "approved_by", "approved_at", "letter_number", "issued_by", "issued_at",
        ]  # fmt: skip
        rewrite(rows, names)
        self._raise([row for row in rows if row.state == State.ISSUED], until)
        on = {State.WAITING, State.JUDGING} if not self.is_past else ()
        later = self.county.today + timedelta(days=STILL)
        insert(
            Assignment(
                user=row.assessor, branch_id=row.branch_id, task=Task.ASSESSOR, started_on=since,
                until=later if far[row.pk] in on else max(until, since), group="研判组", created_by=self.county.users["gongwei"],
            )
            for row in rows if row.assessor
        )  # fmt: skip

    def _raise(self, rows, on):
        """The letters turned the two poorest items of a branch into 整改, when they were poor at all."""
        of_row, found, made = {row.pk: row for row in rows}, {}, []
        poor = ScreeningMark.objects.filter(screening__in=of_row, points__lt=F("item__points") * POOR)
        order = ("screening__branch__order", "screening__branch__name", "item__group__order", "item__order", "item")
        for mark in poor.select_related("item").order_by(*order):
            marks = found.setdefault(mark.screening_id, [])
            if len(marks) < 2:
                mark.problem, mark.due_on = f"{mark.item.label}：没有做到位，请对照标准补齐", on + timedelta(days=30)
                marks.append(mark)
                row = of_row[mark.screening_id]
                made.append(
                    Rectification(
                        branch_id=row.branch_id, source=Rectification.Source.SCREENING, source_number=row.letter_number,
                        screening=row, mark=mark, problem=mark.problem, raised_on=on, due_on=mark.due_on,
                        created_by=self.county.users["gongwei"],
                    )
                )  # fmt: skip
        rewrite([mark for marks in found.values() for mark in marks], ["problem", "due_on"])
        items = insert(made)
        insert(
            RectificationStep(item=item, act=RectificationStep.Act.RAISE, on=on, created_by=item.created_by)
            for item in items
        )

    def _mark(self, rows, far, until):
        """Points by the branch's manner for what the records leave open: taken out and written anew in one go."""
        more = BETTER if rows and rows[0].kind == Kind.LOOK_BACK else 0
        of_judge = {row.pk: row for row in rows}
        empty = ScreeningMark.objects.filter(screening__in=of_judge, points=None, is_applicable=True)
        order = ("screening__branch__order", "screening__branch__name", "item__group__order", "item__order", "item")
        marks = list(empty.select_related("item").order_by(*order))
        empty.delete()
        for place, mark in enumerate(marks):
            row = of_judge[mark.screening_id]
            if far[row.pk] == State.JUDGING and place % 2:  # half way through the visit
                mark.pk = None
                continue
            low, high = GOT.get(self.manner.get(row.branch_id), USUAL)
            twentieths = min(20, self.rng.randint(low, high) + more)
            mark.pk, mark.points = None, (mark.item.points * twentieths / 10).quantize(Decimal(1)) / 2
            mark.marked_by, mark.marked_at = row.assessor, _noon(until)
        insert(marks)

    def _sums(self, rows):
        marks = ScreeningMark.objects.filter(screening__in=[row.pk for row in rows], points__isnull=False)
        found = marks.values("screening").annotate(got=Sum("points"), whole=Sum("item__points")).order_by()
        return {each["screening"]: (each["got"], each["whole"]) for each in found}

    def _settle(self, row, state, sums, since, until):
        row.state = state
        if state == State.JUDGING:
            return
        row.points, row.whole = sums
        row.visited_on = since + timedelta(days=self.rng.randint(0, max(0, (until - since).days - 5)))
        row.computed_class = screenings.class_of(self.campaign.scale, row.points, row.whole)
        row.advice = "对照得分不足的项目逐项整改，按期报送整改情况。"
        row.submitted_by, row.submitted_at = row.assessor, _noon(row.visited_on)
        if state == State.SUBMITTED:
            return
        row.approved_class = row.computed_class
        row.approved_by, row.approved_at = self.county.users[OFFICE], _noon(until)
        if state == State.ISSUED:
            self.numbers += 1
            row.letter_number = f"云教党函〔{self.campaign.year}〕{self.numbers}号"
            row.issued_by, row.issued_at = self.county.users["gongwei"], _noon(until)


def _noon(day):
    return datetime.combine(day, time(4), UTC)
