"""述职评议 in the invented county: the complete year through to the feedback, by manner; the running year as far as it is."""

import random
from datetime import date, datetime, time, timedelta

from django.db.models import DateTimeField, F
from django.db.models.functions import Cast
from django.utils import timezone

from assessment import review_ballots as ballots
from assessment import review_figures as figures
from assessment import review_terms as terms
from assessment import review_years
from assessment.models import SecretaryReport, SecretaryReview, SecretaryReviewCampaign, SecretaryReviewProblem
from branches.demo import GOOD, ORDINARY, WEAK
from branches.models import Rectification, RectificationStep
from jobs.copying import insert

State, Act = SecretaryReview.State, RectificationStep.Act
NEVER = {GOOD: 0.0, ORDINARY: 0.02, WEAK: 0.3}  # never handed in
BACK = {GOOD: 0.05, ORDINARY: 0.25, WEAK: 0.75}  # sent back once
AGAIN = {GOOD: 0.0, ORDINARY: 0.06, WEAK: 0.35}  # of those, a second time
EARLY = {GOOD: 0.7, ORDINARY: 0.35, WEAK: 0.05}  # of the running year handed in by now
BALLOTS = {GOOD: (78, 17, 5, 0), ORDINARY: (48, 38, 12, 2), WEAK: (10, 27, 45, 18)}  # per cent of each grade
ORDER = (
    SecretaryReview.Grade.GOOD,
    SecretaryReview.Grade.FAIR,
    SecretaryReview.Grade.ORDINARY,
    SecretaryReview.Grade.POOR,
)
AUDIENCE = "党员、教师代表、服务对象代表"
VAGUE = "工作抓得还不够紧，学习还不够深入，创新还不够。原因是思想认识有待提高。"
SHORTCOMINGS = {
    GOOD: (
        "（一）党建和教研融合的成果还没有形成可推广的做法。\n"
        "（二）青年党员教师的培养台账更新不够及时。\n"
        "原因是牵头的同志兼课多，计划排得靠后，没有按月盯进度。"
    ),
    ORDINARY: (
        "（一）组织生活形式偏旧，有两次主题党日以读文件为主。\n"
        "（二）联系教学一线教师不够经常，听课少于年初计划。\n"
        "原因是统筹不够，遇到教学任务紧就往后放。"
    ),
    WEAK: (
        "（一）组织生活没有做到按月开展，个别月份事后补记。\n"
        "（二）整改事项有超期的，责任人没有盯到底。\n"
        "（三）党费收缴不及时。\n"
        "原因是重业务轻党务，本人投入精力不足。"
    ),
}  # fmt: skip
PLANS = {
    GOOD: (
        "（一）三月底前形成融合教研的两个课例，在片区交流。\n"
        "（二）青年党员教师培养台账每月更新。\n"
        "（三）下半年再发展一名教学骨干。"
    ),
    ORDINARY: (
        "（一）每季度排一次主题党日计划，至少一半在课堂和社区开展。\n"
        "（二）每月听课、谈心不少于两次，记入工作纪实。\n"
        "（三）每月检查一次台账。"
    ),
    WEAK: (
        "（一）每月 20 日前开展主题党日，当月登记。\n"
        "（二）整改事项逐件定人、定期限，每周过一次。\n"
        "（三）党费当月收齐、当月上缴。"
    ),
}  # fmt: skip
REASONS = (
    "不足写得空泛，没有写具体的事和原因，请对照检查发现的问题重写。",
    "下步打算没有时限和责任人，请写清办什么、何时办成。",
)
FEEDBACK = {
    "good": "工作扎实，数字与记录相符，继续抓好融合，形成可推广的做法。",
    "fair": "总体较好，组织生活还要抓得更实，按月落实。",
    "ordinary": "履职有差距，请对照指出的问题逐项整改，按期报送情况。",
    "poor": "履职差距明显，请对照问题限期整改，上级党组织将约谈。",
}  # fmt: skip
PROBLEMS = ("抓支部班子成员“一岗双责”不够实。", "联系教学一线党员教师不经常。", "组织生活事后补记，没有当月登记。")
DONE = "已逐项落实到人，近三个月按计划执行，记录齐全。"


def build(county):
    """Draws from a stream of its own; rows are written in bulk, as the acts would have left them."""
    rng = random.Random(f"{county.seed}/reviews")
    for place, year in enumerate(county.years):
        opens_on, due_on, days = review_years.season(year, on=county.today)
        if county.today >= opens_on:
            _Year(county, rng, place, year, (opens_on, due_on, days)).build()
    raised = Rectification.objects.filter(origin_label=SecretaryReviewProblem._meta.label)
    for rows, day in (  # an hour of that day, not of the build
        (SecretaryReviewCampaign.objects.all(), "opens_on"), (SecretaryReport.objects.all(), "filled_on"), (raised, "raised_on"),
        (RectificationStep.objects.filter(item__in=raised), "on"),
    ):  # fmt: skip
        rows.update(created_at=Cast(F(day), DateTimeField()) + timedelta(hours=2))


class _Year:
    """One year of all organisations."""

    def __init__(self, county, rng, place, year, season):
        self.county, self.rng, self.place, self.year = county, rng, place, year
        self.opens_on, self.due_on, self.days = season
        self.today, self.is_over = county.today, year < county.today.year
        self.staff, self.admin = county.users["gongwei"], county.users["gongwei-admin"]
        self.reviews, self.reports, self.problems, self.items, self.steps = [], [], [], [], []

    def build(self):
        self.campaign = SecretaryReviewCampaign.objects.create(
            branch=self.county.top.branch, year=self.year, opens_on=self.opens_on, due_on=self.due_on,
            rewrite_days=self.days, number=f"云岭教工委〔{self.year}〕31号", created_by=self.admin,
        )  # fmt: skip
        day = terms.day_of(self.year, self.today)
        owing = {branch.pk for branch in terms.owing(day if not self.is_over else self.due_on)}
        self.sketches = [sketch for sketch in self.county.sketches if sketch.branch.pk in owing]
        held = terms.stretches(owing, self.year)
        filled_on = min(self.today, self.due_on - timedelta(days=7))
        self.filled = figures.of_all([sketch.branch for sketch in self.sketches], self.year, on=filled_on)
        self.filled_on = filled_on
        for sketch in self.sketches:
            rows = held.get(sketch.branch.pk, [])
            who = terms.incumbent(rows, day)
            if who:
                self._review(sketch, who, terms.split(rows, self.year))
        self._write()

    def _write(self):
        insert(self.reviews)
        for row in (*self.reports, *self.problems):
            row.review_id = row.review.pk  # had none when they were described
        insert(self.reports)
        insert(self.problems)
        for item, problem in zip(self.items, self.problems, strict=True):
            item.origin_id = problem.pk
        insert(self.items)
        for step in self.steps:
            step.item_id = step.item.pk
        insert(self.steps)

    def _review(self, sketch, who, split):
        manner, rng = sketch.manner[self.place], self.rng
        review = SecretaryReview(
            campaign=self.campaign, branch=sketch.branch, member_id=who.member, person_name=who.name, split=split,
            due_on=self.due_on,
        )  # fmt: skip
        self.reviews.append(review)
        writer = sketch.author or self.staff
        judge = self.admin if writer == self.staff else self.staff  # nobody judges what they handed in
        late = rng.random() < NEVER[manner]
        if self.is_over:
            if not late or sketch.is_star:
                self._through(review, sketch, manner, writer, judge)
            return
        if sketch.is_star or rng.random() < EARLY[manner]:
            sent = min(self.today, self.opens_on + timedelta(days=rng.randint(8, 30)))
            is_sent = not sketch.is_star
            self._report(review, manner, writer, 1, sent if is_sent else None)
            review.state = State.SUBMITTED if is_sent else State.DRAFT

    def _report(self, review, manner, writer, number, sent, *, vague=False):
        paragraphs = self.filled[review.branch_id]
        report = SecretaryReport(
            review=review, number=number, achievements=figures.draft(paragraphs), filled=figures.kept(paragraphs),
            shortcomings=VAGUE if vague else SHORTCOMINGS[manner], plans=PLANS[manner], filled_on=self.filled_on,
            created_by=writer,
        )  # fmt: skip
        if sent:
            report.submitted_on, report.submitted_by, report.submitted_at = sent, writer, _at(sent)
        self.reports.append(report)
        return report

    def _through(self, review, sketch, manner, writer, judge):
        """From the first report to the feedback."""
        rng = self.rng
        returns = (rng.random() < BACK[manner]) + 0
        returns += returns and rng.random() < AGAIN[manner]
        if sketch.is_star:
            returns = 1
        on = self.due_on - timedelta(days=rng.randint(0, 12))
        for number in range(1, returns + 1):
            report = self._report(review, manner, writer, number, on, vague=True)
            report.returned_on = on + timedelta(days=1)
            report.returned_by, report.returned_at, report.reason = judge, _at(report.returned_on), REASONS[number - 1]
            report.rewrite_until = report.returned_on + timedelta(days=self.days)
            on = report.returned_on + timedelta(days=rng.randint(2, self.days))
            review.due_on, review.returns = report.rewrite_until, number
        self._report(review, manner, writer, returns + 1, on)
        accepted = on + timedelta(days=2)
        review.state, review.accepted_by, review.accepted_at = State.ACCEPTED, judge, _at(accepted)
        self._held(review, manner, judge)
        self._graded(review, judge)

    def _held(self, review, manner, judge):
        held_on = date(self.year + 1, 1, 6) + timedelta(days=self.rng.randint(0, 8))
        if held_on > self.today:
            return
        whole = self.rng.randint(18, 46)
        shares = [max(0, share + self.rng.randint(-6, 6)) for share in BALLOTS[manner]]
        votes = [whole * share // sum(shares) for share in shares]
        review.state, review.held_on, review.attended, review.audience = State.HELD, held_on, whole, AUDIENCE
        review.votes_good, review.votes_fair, review.votes_ordinary, review.votes_poor = votes
        review.held_by, review.held_at = judge, _at(held_on)

    def _graded(self, review, judge):
        day = review.held_on and review.held_on + timedelta(days=5)
        if day is None or day > self.today:
            return
        grade = ballots.said(review, day)
        if review.returns > 1 and grade == ORDER[0]:
            grade, review.grade_reason = ORDER[1], "报告两次发回重写，平时整改不够及时，综合评定。"
        review.state, review.grade, review.graded_by, review.graded_at = State.GRADED, grade, judge, _at(day)
        told = day + timedelta(days=4)
        if told > self.today:
            return
        review.state, review.feedback, review.told_by, review.told_at = State.TOLD, FEEDBACK[grade], judge, _at(told)
        count = {ORDER[0]: 0, ORDER[1]: self.rng.random() < 0.2}.get(grade, 2)
        for text in self.rng.sample(PROBLEMS, int(count)):
            self._problem(review, text, judge, told)

    def _problem(self, review, text, judge, told):
        self.problems.append(SecretaryReviewProblem(review=review, problem=text, created_by=judge))
        writer = self.reports[-1].submitted_by
        due, done = told + timedelta(days=45), told + timedelta(days=self.rng.randint(25, 50))
        item = Rectification(
            branch=review.branch, source=Rectification.Source.REVIEW, source_number=f"{self.year} 年度述职评议",
            origin_label=SecretaryReviewProblem._meta.label, problem=text, raised_on=told, due_on=due, created_by=judge,
            measure="列出清单，逐项落实到人，按月报送情况。", owner="党组织书记",
        )  # fmt: skip
        self.items.append(item)
        self.steps.append(RectificationStep(item=item, act=Act.RAISE, on=told, created_by=judge))
        if done <= self.today:
            item.state, item.done, item.submitted_by, item.submitted_at = (
                Rectification.State.ACCEPTED, DONE, writer, _at(done),
            )  # fmt: skip
            item.accepted_by, item.accepted_at, item.settled_on = judge, _at(done + timedelta(days=3)), done
            self.steps += [
                RectificationStep(item=item, act=Act.SUBMIT, on=done, words=DONE, created_by=writer),
                RectificationStep(item=item, act=Act.ACCEPT, on=done + timedelta(days=3), created_by=judge),
            ]


def _at(day):
    return datetime.combine(day, time(10), tzinfo=timezone.get_default_timezone())
