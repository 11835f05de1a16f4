"""The file of an election: its order, who may stand, when it stands, and the term that comes of it."""

from datetime import date, timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from branches.actions import root
from branches.facts import months_late_electing as electing
from branches.models import Term
from branches.rights import Role
from meetings.actions import entitled_at
from members import ballots, elections, facts, vacancies
from members.models import Election, ElectionStep, Membership, Post, Sanction, Standing
from rulebook.facts import Period
from tests import factories

pytestmark = pytest.mark.django_db
TODAY, HELD = date(2025, 11, 20), date(2025, 6, 20)
Key, Office = ElectionStep.Key, Post.Office
PAPERS = {
    Key.NOTICE: date(2024, 9, 1), Key.RESOLUTION: date(2025, 4, 20), Key.REQUEST: date(2025, 4, 22),
    Key.REPLY: date(2025, 5, 6), Key.CANDIDATES: date(2025, 5, 20), Key.CANDIDATE_REQUEST: date(2025, 5, 22),
    Key.CANDIDATE_REPLY: date(2025, 6, 3),
}  # fmt: skip


class Field:
    """A branch of ten with a running term, its secretary and the staff above."""

    def __init__(self):
        self.branch = factories.BranchFactory()
        self.team = factories.MemberFactory.create_batch(10, branch=self.branch)
        self.old = factories.TermFactory(
            branch=self.branch, started_on=date(2022, 6, 1), expires_on=date(2025, 6, 1), committee_size=3,
            secretary_name=self.team[0].name,
        )  # fmt: skip
        offices = (Office.SECRETARY, Office.ORGANISATION, Office.PUBLICITY)
        self.posts = [
            factories.PostFactory(term=self.old, member=member, office=office)
            for member, office in zip(self.team, offices, strict=False)
        ]
        self.secretary = factories.UserFactory(serving=self.branch)
        self.staff = factories.UserFactory(serving=root(), role=Role.STAFF)

    def begin(self, **fields):
        election = Election(branch=self.branch, **{"seats": 3, **fields})
        return elections.begin(election, by=self.secretary, on=TODAY)

    def ready(self, election, *, stand=4, papers=PAPERS):
        for key, day in papers.items():
            by = self.staff if key in elections.FROM_ABOVE else self.secretary
            elections.enter_step(election, key, done_on=day, number="云教工〔2025〕5号", by=by, on=TODAY)
        offices = [Office.SECRETARY, Office.ORGANISATION, Office.PUBLICITY, *[Office.COMMITTEE] * 9][:stand]
        for member, office in zip(self.team[3:], offices, strict=False):
            elections.nominate(election, member, office, by=self.secretary, on=TODAY)

    def vote(self, election, votes=(10, 9, 8, 3), offices=None, held_on=HELD, **counts):
        election.refresh_from_db()
        nominees = list(election.nominees.order_by("pk"))
        counts = {"due": None, "attended": 10, "issued": 10, "returned": 10, "valid": 10} | counts
        given = {
            nominee.pk: (count, office or nominee.office)
            for nominee, count, office in zip(nominees, votes, offices or [None] * len(nominees), strict=True)
        }
        return ballots.record_result(
            election, held_on=held_on, counts=counts, votes=given, by=self.secretary, on=TODAY, version=election.version
        )

    def report(self, election):
        for key, day in ((Key.FIRST_COMMITTEE, HELD), (Key.RESULT_REPORT, date(2025, 6, 23))):
            if key in elections.asked_steps(election):
                elections.enter_step(election, key, done_on=day, number="", by=self.secretary, on=TODAY)

    def finish(self, election):
        return ballots.finish(
            election, number="云教工复〔2025〕9号", replied_on=date(2025, 6, 30), by=self.staff, on=TODAY
        )


@pytest.fixture
def field():
    return Field()


class TestGeneral:
    def test_it_opens_the_term_and_leaves_the_old_one_as_it_was(self, field):
        leader = factories.PostFactory(term=field.old, member=field.team[8], office=Office.GROUP_LEADER)
        election = field.begin()
        field.ready(election)
        field.vote(election)
        field.report(election)
        election = field.finish(election)

        assert election.state == Election.State.DONE
        term = election.term
        assert (term.started_on, term.expires_on, term.committee_size) == (HELD, date(2028, 6, 20), 3)
        assert term.secretary_name == field.team[3].name
        assert (election.due_count, election.attended_count) == (10, 10)
        assert set(term.posts.values_list("member", "office", "ended_on")) == {
            (field.team[3].pk, "secretary", None), (field.team[4].pk, "organisation", None),
            (field.team[5].pk, "publicity", None), (field.team[8].pk, "group_leader", None),
        }  # fmt: skip
        assert set(field.old.posts.values_list("ended_on", flat=True)) == {HELD - timedelta(days=1)}
        field.old.refresh_from_db()
        leader.refresh_from_db()
        assert (field.old.expires_on, field.old.secretary_name) == (date(2025, 6, 1), field.team[0].name)
        with pytest.raises(ValidationError, match="已完成，不能再改"):
            elections.enter_step(election, Key.NOTICE, done_on=HELD, number="", by=field.staff, on=TODAY)

    def test_no_office_for_whoever_left_before_the_reply(self, field):
        election = field.begin()
        field.ready(election)
        field.vote(election)
        field.report(election)
        Membership.objects.filter(member=field.team[4]).update(ended_on=HELD + timedelta(days=5))

        with pytest.raises(ValidationError, match="已不在"):
            field.finish(election)

    def test_without_a_committee_the_meeting_elects_the_secretary(self, field):
        election = field.begin(seats=0)
        assert Key.FIRST_COMMITTEE not in elections.asked_steps(election)
        field.ready(election, stand=1)
        field.vote(election, votes=(10,))
        field.report(election)

        assert field.finish(election).term.committee_size == 0

    @pytest.mark.parametrize(
        ("missing", "key", "words"),
        [
            (Key.REQUEST, Key.REPLY, "请先登记“换届请示”"),
            (Key.CANDIDATES, Key.CANDIDATE_REQUEST, "请先登记“候选人酝酿、推荐”"),
            (Key.CANDIDATE_REQUEST, Key.CANDIDATE_REPLY, "请先登记“候选人预备人选请示”"),
        ],
    )
    def test_no_reply_without_its_request(self, field, missing, key, words):
        election = field.begin()
        with pytest.raises(ValidationError, match=words):
            elections.enter_step(election, key, done_on=HELD, number="", by=field.staff, on=TODAY)

    def test_no_ballot_before_the_candidates_are_agreed_to(self, field):
        election = field.begin()
        papers = {key: day for key, day in PAPERS.items() if key != Key.CANDIDATE_REPLY}
        field.ready(election, papers=papers)

        with pytest.raises(ValidationError, match="请先登记“候选人预备人选批复”"):
            field.vote(election)
        assert not election.steps.filter(key=Key.CONGRESS).exists()
        election.refresh_from_db()
        assert election.held_on is None

    def test_days_go_forward(self, field):
        election = field.begin()
        field.ready(election, papers={Key.REQUEST: date(2025, 5, 20)}, stand=0)

        with pytest.raises(ValidationError, match="不能早于“换届请示”"):
            elections.enter_step(election, Key.REPLY, done_on=date(2025, 5, 19), number="", by=field.staff, on=TODAY)
        with pytest.raises(ValidationError, match="不能晚于今天"):
            elections.enter_step(election, Key.REPLY, done_on=date(2025, 11, 21), number="", by=field.staff, on=TODAY)

    def test_a_request_less_than_a_month_ahead_is_pointed_at(self, field):
        election = field.begin(planned_on=date(2025, 6, 1))
        step = factories.ElectionStepFactory(election=election, key=Key.REQUEST, done_on=date(2025, 5, 2))

        assert elections.warnings(election, {step.key: step}) != []
        step.done_on = date(2025, 5, 1)
        assert elections.warnings(election, {step.key: step}) == []

    def test_the_superior_answers_and_never_the_branch_itself(self, field):
        election = field.begin()
        field.ready(election, papers={Key.REQUEST: date(2025, 5, 20)}, stand=0)
        upper = factories.BranchFactory(committee=True)
        own = factories.UserFactory(serving=upper, role=Role.COMMITTEE)
        its = factories.ElectionFactory(branch=upper)
        factories.ElectionStepFactory(election=its, key=Key.REQUEST)

        for one, by in ((election, field.secretary), (its, own)):
            with pytest.raises(PermissionDenied):
                elections.enter_step(one, Key.REPLY, done_on=date(2025, 5, 21), number="", by=by, on=TODAY)


class TestBallot:
    @pytest.mark.parametrize(
        ("attended", "stands"), [(8, True), (7, False)], ids=["four fifths to the head", "one short"]
    )
    def test_four_fifths_of_those_with_a_vote_have_to_come(self, field, attended, stands):
        election = field.begin()
        field.ready(election)
        count = {"attended": attended, "issued": attended, "returned": attended, "valid": attended}
        if not stands:
            with pytest.raises(ValidationError, match="须到会 8 人以上"):
                field.vote(election, votes=(7, 7, 5, 2), **count)
        else:
            assert field.vote(election, votes=(8, 7, 5, 4), **count).nominees.filter(is_elected=True).count() == 3

    @pytest.mark.parametrize(
        ("votes", "elected"),
        [((10, 9, 6, 5), 3), ((10, 9, 5, 5), 2), ((10, 7, 6, 6), 2)],
        ids=["more than half", "half is not enough", "equal at the last seat"],
    )
    def test_more_than_half_of_those_present(self, field, votes, elected):
        election = field.begin()
        field.ready(election)

        assert field.vote(election, votes=votes).nominees.filter(is_elected=True).count() == elected
        if elected < 3:
            field.report(election)
            with pytest.raises(ValidationError, match=f"应选 3 名，当选 {elected} 名"):
                field.finish(election)

    @pytest.mark.parametrize(
        ("counts", "words"),
        [
            ({"issued": 11}, "发出的选票不能多于实到"), ({"issued": 9, "returned": 10}, "选举无效"),
            ({"valid": 9}, "不能多于有效选票"), ({"attended": 11}, "实到不能多于应到"),
        ],
        ids=["issued", "more back than out", "valid", "more than due"],
    )  # fmt: skip
    def test_the_papers_add_up(self, field, counts, words):
        election = field.begin()
        field.ready(election)
        with pytest.raises(ValidationError, match=words):
            field.vote(election, **counts)

    def test_one_more_than_a_fifth_stands(self, field):
        assert [elections.least_candidates(seats, TODAY) for seats in (3, 5, 7, 9)] == [4, 6, 9, 11]
        election = field.begin()
        field.ready(election, stand=3)
        with pytest.raises(ValidationError, match="候选人至少 4 名"):
            field.vote(election, votes=(10, 9, 8))

    def test_who_was_chosen_secretary_by_the_committee_is_written_so(self, field):
        election = field.begin()
        field.ready(election)
        field.vote(election, votes=(3, 9, 9, 9))
        field.report(election)
        with pytest.raises(ValidationError, match="当选的委员中没有书记"):
            field.finish(election)
        field.vote(election, votes=(3, 9, 9, 9), offices=["committee", "secretary", "publicity", "organisation"])

        assert field.finish(election).term.secretary_name == field.team[4].name


class TestWhoStands:
    def refused(self, field, member, office=Office.COMMITTEE):
        election = Election.objects.open().filter(branch=field.branch).first() or field.begin()
        with pytest.raises(ValidationError) as refusal:
            elections.nominate(election, member, office, by=field.secretary, on=TODAY)
        return "".join(refusal.value.messages)

    def test_only_full_members_of_the_branch(self, field):
        fresh = factories.MemberFactory()
        factories.MembershipFactory(member=fresh, branch=field.branch, kind=Membership.Kind.PROBATIONARY)

        assert "不是" in self.refused(field, fresh)
        assert "不是" in self.refused(field, factories.MemberFactory(branch=factories.BranchFactory()))

    def test_why_somebody_is_barred_is_not_told(self, field):
        watched, suspended = field.team[5:7]
        Sanction.objects.create(
            member=watched,
            kind="probation",
            started_on=date(2025, 1, 1),
            number="云纪〔2025〕1号",
            created_by=field.staff,
        )
        Standing.objects.create(member=suspended, started_on=date(2025, 1, 1), created_by=field.staff)

        first, second = self.refused(field, watched), self.refused(field, suspended)
        assert first.removeprefix(str(watched)) == second.removeprefix(str(suspended)) == elections.REFUSED
        assert "察看" not in first

    @pytest.mark.parametrize(("converted", "may"), [(date(2024, 11, 21), False), (date(2024, 11, 20), True)])
    def test_a_secretary_has_a_year_as_full_member(self, field, converted, may):
        member = factories.MemberFactory(branch=field.branch, joined_on=date(2023, 11, 1), converted_on=converted)
        if not may:
            assert "1 年以上党龄" in self.refused(field, member, Office.SECRETARY)
        else:
            assert elections.nominate(field.begin(), member, Office.SECRETARY, by=field.secretary, on=TODAY)

    def test_one_candidate_for_secretary(self, field):
        election = field.begin()
        elections.nominate(election, field.team[4], Office.SECRETARY, by=field.secretary, on=TODAY)

        assert "等额" in self.refused(field, field.team[5], Office.SECRETARY)

    def test_those_barred_have_no_vote_in_a_meeting_either(self, field):
        assert entitled_at(field.branch, TODAY) == 10
        Sanction.objects.create(
            member=field.team[5], kind="probation", started_on=date(2025, 1, 1), ended_on=TODAY, number="x",
            created_by=field.staff,
        )  # fmt: skip
        Standing.objects.create(member=field.team[6], started_on=date(2025, 1, 1), created_by=field.staff)
        factories.ExemptionFactory(
            member=field.team[7], scope="quorum", basis="x", started_on=date(2025, 1, 1), ended_on=None
        )

        assert entitled_at(field.branch, TODAY) == 7
        assert entitled_at(field.branch, TODAY + timedelta(days=1)) == 8


class TestByElection:
    LEFT = date(2025, 3, 31)

    def gone(self, field, place=0):
        return elections.end_post(field.posts[place], last=self.LEFT, by=field.secretary, on=TODAY)

    def test_it_needs_an_empty_seat(self, field):
        with pytest.raises(ValidationError, match="没有登记的空缺"):
            field.begin(kind="by", seats=1)

    def test_it_fills_the_seat_in_the_running_term(self, field):
        self.gone(field)
        assert vacancies.of(field.branch, TODAY) == vacancies.Vacancy(True, date(2025, 4, 1), 1, date(2025, 4, 1))
        election = field.begin(kind="by", seats=1)
        field.ready(election, stand=2, papers={key: day for key, day in PAPERS.items() if key != Key.NOTICE})
        field.vote(election, votes=(9, 1))
        field.report(election)
        election = field.finish(election)

        assert election.term is None
        field.old.refresh_from_db()
        assert (field.old.started_on, field.old.expires_on) == (date(2022, 6, 1), date(2025, 6, 1))
        assert field.old.secretary_name == field.team[3].name
        assert not vacancies.of(field.branch, TODAY)
        assert Post.objects.filter(term=field.old, member=field.team[3], started_on=HELD, ended_on=None).count() == 1

    def test_the_committee_may_choose_among_its_own(self, field):
        self.gone(field)
        election = field.begin(kind="by", seats=0)
        for key, day in PAPERS.items():
            if key != Key.NOTICE:
                by = field.staff if key in elections.FROM_ABOVE else field.secretary
                elections.enter_step(election, key, done_on=day, number="", by=by, on=TODAY)
        elections.nominate(election, field.team[1], Office.SECRETARY, by=field.secretary, on=TODAY)
        field.vote(election, votes=(9,))
        field.report(election)
        field.finish(election)

        field.posts[1].refresh_from_db()
        assert field.posts[1].ended_on == HELD - timedelta(days=1)
        found = vacancies.of(field.branch, TODAY)
        assert (found.has_no_secretary, found.seats) == (False, 1), "the seat that was left is empty still"


class TestExtension:
    def test_once_and_by_a_year_at_most(self, field):
        asked = {"number": "云教工复〔2025〕1号", "approved_on": date(2025, 5, 1), "by": field.staff, "on": TODAY}
        with pytest.raises(ValidationError, match="延期最长 12 个月"):
            elections.extend(field.old, until=date(2026, 6, 2), **asked)
        late = lambda: electing([field.branch.pk], Period.of_year(2025, on=TODAY))[field.branch.pk].value  # noqa: E731
        assert late() == 3
        elections.extend(field.old, until=date(2026, 6, 1), **asked)
        field.old.refresh_from_db()
        assert field.old.expires_on == date(2026, 6, 1)
        assert late() == 0
        with pytest.raises(ValidationError, match="已经批准过延期"):
            elections.extend(field.old, until=date(2026, 6, 10), **asked)
        with pytest.raises(PermissionDenied):
            elections.extend(field.old, until=date(2026, 6, 10), **asked | {"by": field.secretary})


class TestFact:
    def late(self, field, on=TODAY):
        return facts.months_late_electing([field.branch.pk], Period.of_year(2025, on=on)).get(field.branch.pk)

    def test_a_secretary_missing_beyond_the_grace_counts_by_the_month(self, field):
        Term.objects.filter(pk=field.old.pk).update(expires_on=date(2026, 6, 1))
        assert self.late(field).value == 0
        field.posts[0].ended_on = date(2025, 3, 31)
        field.posts[0].save()

        assert self.late(field, on=date(2025, 6, 30)).value == 0
        assert self.late(field, on=date(2025, 7, 1)).value == 1
        assert self.late(field).value == 5
        assert "书记自 2025-04-01 起空缺" in self.late(field).missing[0]
        factories.PostFactory(term=field.old, member=field.team[5], started_on=date(2025, 8, 1))
        assert self.late(field).value == 2

    def test_where_no_secretary_was_ever_on_record_nothing_is_known(self, field):
        branch = factories.BranchFactory()
        factories.TermFactory(branch=branch, secretary_name="", expires_on=date(2026, 1, 1))

        assert facts.months_late_electing([branch.pk], Period.of_year(2025, on=TODAY))[branch.pk].value == 0
        assert facts.months_late_filling([branch.pk], Period.of_year(2025, on=TODAY)) == {}
