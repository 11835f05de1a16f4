"""述职评议 from the draft to the feedback: each step by whom it is for, in its order, refused in words otherwise."""

from datetime import date
from decimal import Decimal

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from accounts.models import AuditEvent, Stale
from assessment import review_ballots, review_years
from assessment import review_writing as writing
from assessment import secretary_reviews as reviews
from assessment.models import SecretaryReview, SecretaryReviewCampaign
from branches.actions import root
from branches.models import Rectification
from branches.rights import Role
from tests.factories import (
    BranchFactory,
    MemberFactory,
    PostFactory,
    SecretaryReportFactory,
    SecretaryReviewCampaignFactory,
    SecretaryReviewFactory,
    TermFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db
DAY = date(2025, 12, 10)
WHOLE = {"achievements": "开大会 4 次。", "shortcomings": "联系不够经常。", "plans": "每月听课一次。"}
VOTES = {"good": 20, "fair": 6, "ordinary": 2, "poor": 0}


class Site:
    """A branch below a 党委, each with its secretary, and the staff of 工委."""

    def __init__(self):
        self.upper = BranchFactory(parent=root(), kind="committee")
        self.branch = BranchFactory(parent=self.upper)
        self.writer = UserFactory(serving=self.branch)
        self.above = UserFactory(serving=self.upper, role=Role.COMMITTEE)
        self.staff = UserFactory(serving=root(), role=Role.STAFF)
        self.member = MemberFactory(branch=self.branch, name="岳明", user=self.writer)
        self.post = PostFactory(term=TermFactory(branch=self.branch), member=self.member)
        self.campaign = SecretaryReviewCampaignFactory()
        self.review = SecretaryReviewFactory(campaign=self.campaign, branch=self.branch, member=self.member)

    def written(self, **texts):
        report = writing.start(self.review, by=self.writer, on=DAY)
        return writing.save(report, texts=WHOLE | texts, version=report.version, by=self.writer)

    def submitted(self, on=DAY):
        report = self.written()
        return writing.submit(report, version=report.version, by=self.writer, on=on)

    def held(self, **votes):
        review = reviews.accept(self.submitted(), by=self.above)
        return reviews.hold(
            review, held_on=date(2025, 12, 20), attended=30, audience="全体党员、教师代表", votes=VOTES | votes,
            version=review.version, by=self.above, on=date(2025, 12, 20),
        )  # fmt: skip

    def graded(self, grade="good", reason="", **votes):
        review = self.held(**votes)
        return reviews.grade(
            review, grade=grade, reason=reason, version=review.version, by=self.above, on=date(2025, 12, 22)
        )


@pytest.fixture
def site():
    return Site()


# --- the year


def test_opening_a_year_lists_every_organisation_with_a_secretary(site):
    SecretaryReview.objects.all().delete()
    SecretaryReviewCampaign.objects.all().delete()
    vacant = BranchFactory(parent=site.upper)
    temporary = TermFactory(branch=BranchFactory(parent=site.upper, kind="temporary"), secretary_name="赵云").branch
    closed = TermFactory(
        branch=BranchFactory(parent=site.upper, closed_on=date(2025, 6, 1)), secretary_name="赵云"
    ).branch
    by_name = TermFactory(branch=site.upper, secretary_name="钱海").branch
    campaign = SecretaryReviewCampaign(year=2025, opens_on=date(2025, 11, 1), due_on=date(2025, 12, 15), rewrite_days=7)

    campaign, count = review_years.open_year(campaign, by=site.staff, on=date(2025, 11, 3))

    listed = {row.branch: row.person_name for row in SecretaryReview.objects.all()}
    assert listed == {site.branch: "岳明", by_name: "钱海"}
    assert count == 2
    assert not {vacant, temporary, closed} & set(listed)


def test_a_year_is_opened_by_whoever_runs_it_and_for_a_year_that_is_due(site):
    campaign = SecretaryReviewCampaign(year=2026, opens_on=date(2026, 11, 1), due_on=date(2026, 12, 15), rewrite_days=7)

    with pytest.raises(PermissionDenied):
        review_years.open_year(campaign, by=site.above, on=date(2026, 11, 3))
    with pytest.raises(ValidationError, match="现在可以启动"):
        review_years.open_year(campaign, by=site.staff, on=date(2025, 11, 3))
    campaign.due_on = date(2026, 11, 2)
    with pytest.raises(ValidationError, match="报送期限已经过了"):
        review_years.open_year(campaign, by=site.staff, on=date(2026, 11, 3))


def test_a_post_that_is_filled_later_is_put_on_the_list(site):
    vacant = BranchFactory(parent=site.upper)
    assert review_years.enlist(site.campaign, by=site.staff, on=DAY) == []

    PostFactory(term=TermFactory(branch=vacant), member=MemberFactory(name="新任"), started_on=date(2025, 12, 1))

    assert [row.person_name for row in review_years.enlist(site.campaign, by=site.staff, on=DAY)] == ["新任"]
    assert review_years.enlist(site.campaign, by=site.staff, on=DAY) == []


def test_another_last_day_holds_for_what_is_not_handed_in_yet(site):
    done = SecretaryReviewFactory(campaign=site.campaign, state="submitted")
    site.campaign.due_on = date(2025, 12, 25)

    review_years.change_year(site.campaign, version=1, by=site.staff, on=DAY)

    site.review.refresh_from_db()
    done.refresh_from_db()
    assert (site.review.due_on, done.due_on) == (date(2025, 12, 25), date(2025, 12, 15))


# --- writing


def test_half_a_report_may_be_kept_but_only_a_whole_one_handed_in(site):
    report = site.written(plans="  \n ")

    with pytest.raises(ValidationError) as refused:
        writing.submit(report, version=report.version, by=site.writer, on=DAY)

    assert refused.value.message_dict == {"plans": ["“下步打算”还没有写。"]}
    site.review.refresh_from_db()
    assert site.review.state == "draft"


def test_the_hints_of_the_draft_are_no_report(site):
    report = writing.start(site.review, by=site.writer, on=DAY)

    with pytest.raises(ValidationError) as refused:
        writing.submit(report, version=report.version, by=site.writer, on=DAY)

    assert set(refused.value.message_dict) == {"shortcomings", "plans"}


def test_a_text_with_a_mark_of_secrecy_is_refused_beside_its_box(site):
    with pytest.raises(ValidationError) as refused:
        site.written(shortcomings="机密★ 一年")

    assert "非涉密" in refused.value.message_dict["shortcomings"][0]


def test_two_who_write_at_once_lose_nothing(site):
    report = site.written()

    with pytest.raises(Stale):
        writing.save(report, texts=WHOLE, version=report.version - 1, by=site.writer)


@pytest.mark.parametrize(
    ("on", "allowed"), [(date(2025, 10, 31), False), (date(2025, 11, 1), True)], ids=["a day early", "opening day"]
)
def test_reports_come_in_from_the_opening_day(site, on, allowed):
    report = site.written()
    if allowed:
        assert writing.submit(report, version=report.version, by=site.writer, on=on).state == "submitted"
        return
    with pytest.raises(ValidationError, match="2025-11-01 启动"):
        writing.submit(report, version=report.version, by=site.writer, on=on)


def test_a_vacant_post_reports_nothing(site):
    report = site.written()
    site.post.ended_on = date(2025, 12, 1)
    site.post.save()

    with pytest.raises(ValidationError, match="书记空缺"):
        writing.submit(report, version=report.version, by=site.writer, on=DAY)


def test_whoever_holds_the_post_reports_and_the_split_is_told(site):
    site.post.ended_on = date(2025, 6, 30)
    site.post.save()
    PostFactory(term=site.post.term, member=MemberFactory(name="高山", branch=site.branch), started_on=date(2025, 7, 1))

    review = site.submitted()

    assert review.person_name == "高山"
    assert review.split == "年初至 6 月 30 日由岳明同志任书记；7 月 1 日起由高山同志任书记"


def test_a_secretary_who_came_after_the_year_does_not_report_on_it(site):
    PostFactory(term=site.post.term, member=MemberFactory(name="后来"), started_on=date(2026, 1, 5))
    site.post.ended_on = date(2026, 1, 4)
    site.post.save()

    assert site.submitted(on=date(2026, 2, 1)).person_name == "岳明"


# --- sent back, kept side by side


def test_a_report_that_comes_back_is_kept_beside_the_next(site):
    review = site.submitted()

    review = reviews.send_back(
        review, reason="不足写得空，请写具体的事。", until=date(2025, 12, 17), by=site.above, on=date(2025, 12, 11)
    )

    assert (review.state, review.returns, review.due_on) == ("returned", 1, date(2025, 12, 17))
    first, second = review.reports.order_by("number")
    assert (first.reason, first.returned_on, first.submitted_on) == (
        "不足写得空，请写具体的事。",
        date(2025, 12, 11),
        DAY,
    )
    assert (second.number, second.submitted_on, second.shortcomings) == (2, None, "联系不够经常。")

    writing.save(second, texts=WHOLE | {"shortcomings": "全年听课 6 次，少于计划的 9 次。"}, version=1, by=site.writer)
    second.refresh_from_db()
    review = writing.submit(second, version=second.version, by=site.writer, on=date(2025, 12, 15))
    first.refresh_from_db()

    assert review.state == "submitted"
    assert first.shortcomings == "联系不够经常。"
    with pytest.raises(ValidationError, match="不能撰写"):
        writing.save(first, texts=WHOLE, version=first.version, by=site.writer)


@pytest.mark.parametrize(
    ("reason", "until", "field"),
    [("", date(2025, 12, 17), "reason"), ("重写", date(2025, 12, 11), "until")],
    ids=["no reason", "no day left"],
)
def test_sending_back_needs_a_reason_and_time(site, reason, until, field):
    review = site.submitted()

    with pytest.raises(ValidationError) as refused:
        reviews.send_back(review, reason=reason, until=until, by=site.above, on=date(2025, 12, 11))

    assert field in refused.value.message_dict


# --- nobody judges the own report


def test_nobody_judges_the_own_report(site):
    review = site.submitted()
    site.writer.appointments.create(branch=site.upper, role=Role.COMMITTEE, started_on=date(2025, 1, 1))
    both = type(site.writer).objects.get(pk=site.writer.pk)

    with pytest.raises(ValidationError, match="自己的述职"):
        reviews.accept(review, by=both)
    assert "accept" not in reviews.ways(review, both)
    assert reviews.accept(review, by=site.above).state == "accepted"


def test_an_organisation_does_not_judge_its_own_secretary(site):
    PostFactory(term=TermFactory(branch=site.upper), member=MemberFactory(name="上级书记"))
    review = SecretaryReviewFactory(campaign=site.campaign, branch=site.upper, state="submitted")
    SecretaryReportFactory(review=review, submitted=True)

    with pytest.raises(ValidationError, match="上级党组织"):
        reviews.accept(review, by=site.above)
    assert reviews.accept(review, by=site.staff).state == "accepted"


def test_elsewhere_and_below_may_nothing(site):
    review = site.submitted()
    elsewhere = UserFactory(serving=BranchFactory(parent=root(), kind="committee"), role=Role.COMMITTEE)

    for user in (site.writer, elsewhere):
        with pytest.raises(PermissionDenied):
            reviews.accept(review, by=user)
    with pytest.raises(PermissionDenied):
        writing.start(review, by=site.staff, on=DAY)


# --- steps in their order


STEPS = {
    "submit": lambda site, review: writing.submit(review.reports.last(), version=1, by=site.writer, on=DAY),
    "accept": lambda site, review: reviews.accept(review, by=site.above),
    "send_back": lambda site, review: reviews.send_back(review, reason="重写", until=date(2025, 12, 20), by=site.above, on=DAY),
    "hold": lambda site, review: reviews.hold(
        review, held_on=DAY, attended=30, audience="", votes=VOTES, version=review.version, by=site.above, on=DAY
    ),
    "grade": lambda site, review: reviews.grade(
        review, grade="good", reason="再评", version=review.version, by=site.above, on=DAY
    ),
    "tell": lambda site, review: reviews.tell(review, feedback="好", problems=[], due_on=None, by=site.above, on=DAY),
}  # fmt: skip


@pytest.mark.parametrize("state", SecretaryReview.State.values)
@pytest.mark.parametrize("act", STEPS)
def test_a_step_out_of_its_order_is_refused_in_words(site, state, act):
    traits = {state: True} if state in ("accepted", "held", "graded", "told") else {"state": state}
    review = SecretaryReviewFactory(campaign=site.campaign, branch=BranchFactory(parent=site.upper), **traits)
    SecretaryReportFactory(review=review, submitted=state not in ("draft", "returned"))
    PostFactory(term=TermFactory(branch=review.branch), member=MemberFactory(name="某某"))
    site.writer = UserFactory(serving=review.branch)

    if act in reviews.ROAD[state]:
        assert STEPS[act](site, review).state == reviews.ROAD[state][act]
        return
    with pytest.raises(ValidationError, match="现在是"):
        STEPS[act](site, review)
    review.refresh_from_db()
    assert review.state == state


# --- the evaluation


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"attended": 27}, "attended"),
        ({"held_on": date(2025, 12, 9)}, "held_on"),
        ({"held_on": date(2025, 12, 21)}, "held_on"),
    ],
    ids=["more ballots than came", "before the report", "tomorrow"],
)
def test_the_totals_must_be_possible(site, changes, field):
    review = reviews.accept(site.submitted(), by=site.above)
    given = {"held_on": date(2025, 12, 20), "attended": 28, "audience": "", "votes": VOTES, "version": review.version}

    with pytest.raises(ValidationError) as refused:
        reviews.hold(review, **(given | changes), by=site.above, on=date(2025, 12, 20))

    assert field in refused.value.message_dict


@pytest.mark.parametrize(
    ("votes", "said", "points"),
    [
        ((20, 6, 2, 0), "good", "94.64"), ((14, 14, 0, 0), "fair", "92.50"), ((15, 14, 0, 0), "good", "92.76"),
        ((0, 0, 5, 5), "poor", "60.00"), ((1, 0, 0, 0), "good", "100.00"),
    ],
    ids=["most are good", "half is not more than half", "one more than half", "half poor", "one ballot"],
)  # fmt: skip
def test_what_the_ballots_say(votes, said, points):
    row = SecretaryReview(**dict(zip(["votes_good", "votes_fair", "votes_ordinary", "votes_poor"], votes, strict=True)))

    assert review_ballots.said(row, DAY) == said
    assert review_ballots.points(row, DAY) == Decimal(points)


def test_a_grade_other_than_the_ballots_say_needs_its_reason(site):
    with pytest.raises(ValidationError, match="测评票看是“好”"):
        site.graded(grade="fair")

    review = SecretaryReview.objects.get(pk=site.review.pk)
    review = reviews.grade(
        review, grade="fair", reason="平时整改不及时", version=review.version, by=site.above, on=date(2025, 12, 22)
    )
    assert (review.state, review.grade, review.grade_reason) == ("graded", "fair", "平时整改不及时")


def test_problems_of_the_feedback_become_items_of_rectification(site):
    review = site.graded()

    review = reviews.tell(
        review, feedback="总体好。", problems=["联系教师不经常。", "", " 台账不全。 "], due_on=date(2026, 2, 1), by=site.above,
        on=date(2025, 12, 25),
    )  # fmt: skip

    items = Rectification.objects.order_by("pk")
    assert [(row.problem, row.source, row.due_on) for row in items] == [
        ("联系教师不经常。", "review", date(2026, 2, 1)), ("台账不全。", "review", date(2026, 2, 1)),
    ]  # fmt: skip
    assert {row.origin_id for row in items} == set(review.problems.values_list("pk", flat=True))
    assert review.state == "told"


def test_a_low_grade_names_at_least_one_problem(site):
    review = site.graded(grade="ordinary", reason="综合评定")

    with pytest.raises(ValidationError, match="至少指出一个问题"):
        reviews.tell(review, feedback="改进。", problems=[" "], due_on=None, by=site.above, on=date(2025, 12, 25))


def test_the_record_of_acts_holds_no_text_of_a_report_and_no_ballot(site):
    site.graded()

    told = str(list(AuditEvent.objects.filter(action__startswith="secretary_review").values_list("detail", flat=True)))
    assert "联系不够" not in told
    assert "good" not in told
    assert AuditEvent.objects.filter(action="secretary_review.grade").count() == 1
