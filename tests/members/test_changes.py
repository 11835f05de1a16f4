"""更名, 升格, 撤销, 成立: what goes with the day, what is refused in a sentence, and that the past stays as it was."""

from datetime import date, timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from accounts.models import AuditEvent
from assessment import scoring, workbook
from branches.actions import root
from branches.models import Appointment, Branch, OrgChange, Placement, Succession, Term
from branches.rights import Role, may
from duties.actions import generate
from duties.models import Duty
from members import changes, facts, structure
from members.models import GroupMembership, Membership, Post
from portal.papers import handbook
from rulebook.facts import Period
from tests import factories

pytestmark = pytest.mark.django_db
JULY, TODAY = date(2025, 7, 1), date(2025, 11, 20)
JUNE_30 = JULY - timedelta(days=1)
NUMBER = "云教工发〔2025〕12号"
PAPER = {"since": JULY, "number": NUMBER, "on": TODAY}
GENERAL, COMMITTEE = Branch.Kind.GENERAL, Branch.Kind.COMMITTEE


def branch_of(count, **fields):
    branch = factories.BranchFactory(**fields)
    branch.team = factories.MemberFactory.create_batch(count, branch=branch)
    return branch


def halves(branch):
    """Two branches to be founded with one half of the members each."""
    team = [member.pk for member in branch.team]
    return [
        structure.Part(Branch(name=f"云岭{word}支部", kind=Branch.Kind.BRANCH), part)
        for word, part in (("一", team[: len(team) // 2]), ("二", team[len(team) // 2 :]))
    ]


def kinds_of(branch):
    return set(branch.changes.values_list("kind", flat=True))


class TestRename:
    def test_the_old_name_holds_for_the_days_before(self, staff):
        branch = factories.BranchFactory(name="云岭一小支部")

        changes.rename(branch, "云岭实验小学 支部", by=staff, **PAPER)
        changes.rename(branch, "云岭附小支部", by=staff, **PAPER | {"since": date(2025, 9, 1)})

        branch.refresh_from_db()
        assert branch.name == "云岭附小支部"
        names = {JUNE_30: "云岭一小支部", JULY: "云岭实验小学支部", date(2025, 9, 1): "云岭附小支部"}
        assert {day: branch.name_on(day) for day in names} == names
        assert changes.former_names(branch) == [("云岭实验小学支部", date(2025, 8, 31)), ("云岭一小支部", JUNE_30)]
        assert AuditEvent.objects.filter(action="branch.rename").count() == 2

    @pytest.mark.parametrize(
        ("name", "paper", "words"),
        [
            ("云岭一小支部", {}, "与现在的名称相同"), ("云岭二小支部", {}, "已有同名"),
            ("新名", {"since": date(2025, 11, 21)}, "不能晚于今天"), ("新名", {"since": date(1900, 1, 1)}, "生效日期应在"),
        ],
    )  # fmt: skip
    def test_refusals(self, staff, name, paper, words):
        branch = factories.BranchFactory(name="云岭一小支部")
        factories.BranchFactory(name="云岭二小支部")

        with pytest.raises(ValidationError, match=words):
            changes.rename(branch, name, by=staff, **PAPER | paper)

        assert not OrgChange.objects.exists()

    def test_not_before_an_earlier_one_and_not_by_a_committee(self, staff):
        branch = factories.BranchFactory()
        changes.rename(branch, "云岭附小支部", by=staff, **PAPER)
        with pytest.raises(ValidationError, match="已登记过更名"):
            changes.rename(branch, "又一个支部", by=staff, **PAPER | {"since": date(2025, 6, 1)})

        upper = factories.BranchFactory(committee=True)
        by = factories.UserFactory(serving=upper, role=Role.COMMITTEE)
        with pytest.raises(PermissionDenied):
            changes.rename(factories.BranchFactory(parent=upper), "新名", by=by, **PAPER)

    def test_papers_of_the_past_keep_the_name_of_their_time(self, staff):
        branch = factories.BranchFactory(name="云岭一小支部")
        generate(2024, by=staff)
        before = workbook.as_json(scoring.grade(2024, on=date(2025, 3, 1)), 2024, on=date(2025, 3, 1))

        changes.rename(branch, "云岭附小支部", by=staff, **PAPER)

        assert workbook.as_json(scoring.grade(2024, on=date(2025, 3, 1)), 2024, on=date(2025, 3, 1)) == before
        assert handbook(staff, branch, 2024, on=TODAY).organ == "云岭一小支部"
        branch.refresh_from_db()
        assert handbook(staff, branch, 2025, on=TODAY).organ == "云岭附小支部"


class TestUpgrade:
    def test_a_branch_becomes_a_general_one_with_its_members_below(self, staff):
        branch = branch_of(54)
        term = factories.TermFactory(branch=branch, committee_size=5)
        stays = factories.PostFactory(term=term, member=branch.team[0])
        leads = factories.PostFactory(term=term, member=branch.team[1], office=Post.Office.GROUP_LEADER)
        group = factories.GroupFactory(branch=branch)
        place = GroupMembership.objects.create(member=branch.team[1], group=group, started_on=date(2024, 1, 1))

        outcome = changes.upgrade(branch, GENERAL, parts=halves(branch), by=staff, **PAPER)

        branch.refresh_from_db()
        below = list(Branch.objects.filter(parent=branch))
        assert (branch.kind, branch.closed_on, len(below)) == (GENERAL, None, 2)
        assert structure.heads(JUNE_30) == {branch.pk: structure.Heads(54)}
        assert structure.heads(JULY) == {each.pk: structure.Heads(27) for each in below}
        assert all(each.path.startswith(branch.path) for each in below)
        for row in (stays, leads, group, place):
            row.refresh_from_db()
        assert [stays.ended_on, leads.ended_on, group.ended_on, place.ended_on] == [None, JUNE_30, JUNE_30, JUNE_30]
        assert kinds_of(branch) == {"upgraded", "oversized"}
        assert all(kinds_of(each) == {"founded"} for each in below)
        assert Succession.objects.filter(old=branch, kind="split").count() == 2
        row = branch.changes.get(kind="upgraded")
        assert (row.from_words, row.to_words) == ("党支部", "党总支")
        assert len(outcome.moves) == 54
        assert AuditEvent.objects.get(action="branch.upgrade").detail["members"] == 54

    def test_grades_and_duties_of_the_years_before_stay(self, staff):
        branch, other = branch_of(8), branch_of(5)
        generate(2024, by=staff)
        generate(2025, by=staff)
        on = date(2025, 3, 1)
        before = workbook.as_json(scoring.grade(2024, on=on), 2024, on=on)
        owed = set(Duty.objects.filter(branch=branch, year=2024).values_list("rule", "period"))

        changes.upgrade(branch, GENERAL, parts=halves(branch), by=staff, **PAPER)
        for year in (2024, 2025):
            generate(year, by=staff)

        assert workbook.as_json(scoring.grade(2024, on=on), 2024, on=on) == before
        assert set(Duty.objects.filter(branch=branch, year=2024).values_list("rule", "period")) == owed
        days = Duty.objects.filter(branch=branch, year=2025, rule="theme_party_day").values_list("period", flat=True)
        assert sorted(days) == [f"2025-{month:02}" for month in range(1, 7)]
        parts = Branch.objects.filter(parent=branch)
        assert Duty.objects.filter(branch__in=parts, year=2025, rule="theme_party_day").count() == 12
        graded = {score.branch.pk for score in scoring.grade(2025, on=TODAY)}
        assert branch.pk not in graded
        assert {other.pk, *(part.pk for part in parts)} <= graded

    def test_a_general_branch_becomes_a_committee_and_nothing_else_moves(self, staff):
        general = factories.BranchFactory(kind=GENERAL)
        leaf = branch_of(5, parent=general)

        changes.upgrade(general, COMMITTEE, by=staff, **PAPER)

        general.refresh_from_db()
        assert general.kind == COMMITTEE
        assert structure.heads(JULY) == {leaf.pk: structure.Heads(5)}
        assert set(Branch.objects.of_kind([GENERAL], JUNE_30)) == {general}
        assert not Branch.objects.of_kind([GENERAL], JULY).exists()

    def test_refusals(self, staff):
        branch = branch_of(8)
        committee = factories.BranchFactory(committee=True)
        some = halves(branch)
        some[0].members = some[0].members[1:]
        few = halves(branch)
        few[1].members += few[0].members[2:]
        few[0].members = few[0].members[:2]
        for asked, words in (
            ((branch, GENERAL, []), "至少设 2 个党支部"),
            ((branch, GENERAL, some), "每位党员都要分到"),
            ((branch, GENERAL, few), "不足 3 人"),
            ((committee, GENERAL, []), "只能由党支部升格"),
            ((branch_of(8, parent=committee), COMMITTEE, []), "上级是党委.*先划转"),
        ):
            with pytest.raises(ValidationError, match=words):
                changes.upgrade(asked[0], asked[1], parts=asked[2], by=staff, **PAPER)
        branch.refresh_from_db()
        assert branch.kind == Branch.Kind.BRANCH
        assert not OrgChange.objects.exists()


class TestDissolve:
    def test_all_that_hangs_on_it_ends_with_the_day_before(self, staff):
        branch = branch_of(2)
        Membership.objects.filter(branch=branch).update(ended_on=date(2025, 6, 20), end_reason="transferred")
        post = factories.PostFactory(term=factories.TermFactory(branch=branch), member=branch.team[0])
        group = factories.GroupFactory(branch=branch)
        contact = factories.ContactPointFactory(branch=branch)
        secretary = factories.UserFactory(serving=branch)
        late = factories.AppointmentFactory(branch=branch, role=Role.EDITOR, started_on=date(2025, 8, 1))

        outcome = changes.dissolve(branch, by=staff, **PAPER)

        branch.refresh_from_db()
        for row in (post, group, contact, late):
            row.refresh_from_db()
        assert [branch.closed_on, post.ended_on, group.ended_on, contact.ended_on] == [JUNE_30] * 4
        assert late.ended_on == date(2025, 8, 1), "begun before anybody knew: it ends on its own first day"
        assert set(Placement.objects.filter(branch=branch).values_list("ended_on", flat=True)) == {JUNE_30}
        assert not Appointment.objects.serving(TODAY).filter(branch=branch).exists()
        assert not may(secretary, "member.see", at=branch)
        assert outcome.accounts == 2
        assert kinds_of(branch) == {"dissolved"}
        assert AuditEvent.objects.filter(action="branch.dissolve").count() == 1

    @pytest.mark.parametrize(
        ("spoil", "words"),
        [
            (lambda branch: factories.MemberFactory(branch=branch), "还有党员 1 人，请先转出"),
            (lambda branch: factories.BranchFactory(parent=branch), "下面还有 1 个党组织"),
            (lambda branch: factories.ElectionFactory(branch=branch), "换届选举没有办结"),
            (lambda branch: factories.TermFactory(branch=branch, started_on=JULY), "换届 1 条"),
            (lambda branch: factories.RectificationFactory(branch=branch), "整改事项没有办结"),
            (lambda branch: factories.WeakCaseFactory(branch=branch), "整顿事项没有办结"),
        ],
        ids=["members", "below", "election", "later term", "rectification", "weak"],
    )
    def test_what_others_expect_of_it_is_settled_first(self, staff, spoil, words):
        branch = factories.BranchFactory()
        spoil(branch)

        with pytest.raises(ValidationError, match=words):
            changes.dissolve(branch, by=staff, **PAPER)

        branch.refresh_from_db()
        assert branch.closed_on is None
        assert not AuditEvent.objects.filter(action="branch.dissolve").exists()

    def test_the_top_stays(self, staff):
        with pytest.raises(ValidationError, match="党工委不能"):
            changes.dissolve(root(), by=staff, **PAPER)


class TestFound:
    def test_a_new_one_stands_below_its_superior_from_its_day(self, staff):
        upper = factories.BranchFactory(committee=True)

        branch = changes.found(
            Branch(name="云岭新城小学支部", kind="branch"), upper, schools=["云岭新城小学"], by=staff, **PAPER
        )

        assert branch.path == f"{upper.path}{branch.pk}/"
        assert (branch.founded_on, [str(school) for school in branch.schools.all()]) == (JULY, ["云岭新城小学"])
        assert structure.tree(JULY)[branch.pk].parent == upper.pk
        assert branch.pk not in structure.tree(JUNE_30)
        assert branch.changes.get().number == NUMBER

    @pytest.mark.parametrize(
        ("kind", "below", "words"),
        [
            ("committee", GENERAL, "党总支下面不能设党委"),
            ("branch", "branch", "下面不能再设"),
            ("branch", GENERAL, "已有同名"),
        ],
    )
    def test_refusals(self, staff, kind, below, words):
        upper = factories.BranchFactory(kind=below, name="云岭新城小学支部")

        with pytest.raises(ValidationError, match=words):
            changes.found(Branch(name="云岭新城小学支部", kind=kind), upper, by=staff, **PAPER)


class TestBeside:
    """What merging, splitting and moving leave beside their own rows."""

    def test_a_merger_ends_the_accounts_and_says_by_which_paper(self, staff):
        one, two = branch_of(4), branch_of(4)
        factories.UserFactory(serving=one)

        structure.merge([one], into=two, by=staff, **PAPER)

        row = one.changes.get()
        assert (row.kind, row.before, row.after) == ("merged", one.name, two.name)
        assert not Appointment.objects.serving(TODAY).filter(branch=one).exists()

    @pytest.mark.parametrize(("count", "kinds"), [(50, {"split"}), (51, {"split", "oversized"})])
    def test_parting_a_branch_with_too_many_members_is_that_too(self, staff, count, kinds):
        branch = branch_of(count)
        structure.split(branch, halves(branch), by=staff, **PAPER)

        assert kinds_of(branch) == kinds

    def test_a_move_names_both_superiors(self, staff):
        here, there = (factories.BranchFactory(committee=True) for _ in "ab")
        branch = branch_of(4, parent=here)

        structure.move(branch, there, by=staff, **PAPER)

        assert list(branch.changes.values_list("kind", "before", "after")) == [("moved", here.name, there.name)]


def test_adjusted_counts_an_organisation_once_and_only_what_the_rule_names(staff):
    upper, period = factories.BranchFactory(committee=True), Period.of_year(2025, on=TODAY)
    branch = branch_of(51, parent=upper)
    assert facts.adjusted([root().pk], period) is None

    changes.rename(upper, "云岭中学委员会", by=staff, **PAPER)
    structure.split(branch, halves(branch), by=staff, **PAPER)

    found = facts.adjusted([root().pk, upper.pk], period)
    assert {pk: (fact.value, len(fact.pks)) for pk, fact in found.items()} == {root().pk: (1, 2), upper.pk: (1, 2)}
    assert facts.adjusted([upper.pk], Period.of_year(2024, on=TODAY)) is None


def test_term_keeps_its_days_when_its_organisation_is_upgraded(staff):
    branch = branch_of(8)
    term = factories.TermFactory(branch=branch)
    known = Term.objects.filter(pk=term.pk).values().get()

    changes.upgrade(branch, GENERAL, parts=halves(branch), by=staff, **PAPER)

    assert Term.objects.filter(pk=term.pk).values().get() == known
