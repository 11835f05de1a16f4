"""Mergers, splits and moves: what goes, what stays as it was, what is refused; and any day seen again afterwards."""

import random
from datetime import date, timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from accounts.models import AuditEvent
from branches.actions import root
from branches.models import Branch, Placement, Succession, Term
from branches.rights import Role, may
from duties.actions import generate
from duties.facts import met
from duties.models import Duty
from meetings.facts import held
from members import changes, structure
from members.models import GroupMembership, Membership, Post, Transfer
from rulebook.facts import Period
from tests import factories

pytestmark = pytest.mark.django_db
JULY, TODAY = date(2025, 7, 1), date(2025, 11, 20)
JUNE_30 = JULY - timedelta(days=1)
NUMBER = "云教工发〔2025〕12号"


def branch_of(count, probationary=0, **fields):
    branch = factories.BranchFactory(**fields)
    branch.team = factories.MemberFactory.create_batch(count, branch=branch)
    for member in factories.MemberFactory.create_batch(probationary, joined_on=date(2025, 1, 10), converted_on=None):
        factories.MembershipFactory(
            member=member, branch=branch, kind=Membership.Kind.PROBATIONARY, started_on=date(2025, 1, 10)
        )
    return branch


def leaving(branch):
    member = branch.team[0]
    return Transfer.objects.create(
        direction="out", member=member, kind="full", from_branch=branch, to_place="中共邻县第一中学支部", reason="工作调动",
        created_by=factories.UserFactory(),
    )  # fmt: skip


def merged(olds, staff, *, since=JULY, on=TODAY, name="云岭联合党支部", **asked):
    into = asked.pop("into", None) or Branch(name=name, kind=Branch.Kind.BRANCH)
    return structure.merge(olds, into=into, parent=root(), since=since, number=NUMBER, by=staff, on=on, **asked)


class TestMerge:
    def test_members_posts_and_groups_go_with_the_day(self, staff):
        one, two = branch_of(4, 1), branch_of(3)
        post = factories.PostFactory(term=factories.TermFactory(branch=one), member=one.team[0])
        group = factories.GroupFactory(branch=one)
        place = GroupMembership.objects.create(member=one.team[1], group=group, started_on=date(2024, 1, 1))
        one.schools.add(school := factories.SchoolFactory())

        new = merged([one, two], staff).branch

        one.refresh_from_db()
        assert one.closed_on == JUNE_30
        assert (new.founded_on, new.order, list(new.schools.all())) == (JULY, one.order, [school])
        assert structure.heads(JUNE_30) == {one.pk: structure.Heads(4, 1), two.pk: structure.Heads(3, 0)}
        assert structure.heads(JULY) == {new.pk: structure.Heads(7, 1)}
        assert set(Membership.objects.filter(branch=one).values_list("ended_on", "end_reason")) == {
            (JUNE_30, "adjusted")
        }
        for row in (post, group, place):
            row.refresh_from_db()
            assert row.ended_on == JUNE_30
        assert set(Succession.objects.values_list("old", "new", "on", "kind")) == {
            (one.pk, new.pk, JULY, "merged"), (two.pk, new.pk, JULY, "merged"),
        }  # fmt: skip
        assert not Term.objects.filter(branch=new).exists(), "the new branch has to elect"
        assert AuditEvent.objects.get(action="branch.merge").detail["members"] == 8

    def test_one_goes_on_and_takes_the_other_in(self, staff):
        one, two = branch_of(4), branch_of(3)

        merged([two], staff, into=one)

        one.refresh_from_db()
        assert one.closed_on is None
        assert structure.heads(JULY) == {one.pk: structure.Heads(7, 0)}

    def test_the_figures_of_the_year_stay_right_before_and_after(self, staff):
        """A merger in July: the old branches owe and keep January to June, the new one July to December."""
        one, two = branch_of(4), branch_of(4)
        generate(2025, by=staff)
        meetings = [
            factories.MeetingFactory(branch=one, held_on=date(2025, month, 24), accepted=True) for month in (3, 5)
        ]
        before = {
            branch.pk: held([branch.pk], Period.of_year(2025, on=JUNE_30), kind="theme_party_day")
            for branch in (one, two)
        }

        new = merged([one, two], staff).branch
        generate(2025, by=staff)

        months = lambda branch: set(  # noqa: E731
            Duty.objects.filter(branch=branch, rule="theme_party_day").values_list("period", flat=True)
        )
        assert months(one) == months(two) == {f"2025-0{month}" for month in range(1, 7)}
        assert months(new) == {f"2025-{month:02}" for month in range(7, 13)}
        period = Period.of_year(2025, on=TODAY)
        owed = met([one.pk, two.pk, new.pk], period, rule="theme_party_day")
        assert {pk: fact.whole for pk, fact in owed.items()} == {one.pk: 6, two.pk: 6, new.pk: 6}
        after = {branch.pk: held([branch.pk], period, kind="theme_party_day") for branch in (one, two)}
        assert after == before
        assert after[one.pk][one.pk].pks == tuple(sorted(meeting.pk for meeting in meetings))
        assert new.pk not in held([new.pk], period, kind="theme_party_day")

    @pytest.mark.parametrize(
        ("spoil", "words"),
        [
            (lambda one: leaving(one), "组织关系转接没有办结"),
            (lambda one: factories.ElectionFactory(branch=one), "换届选举没有办结"),
            (lambda one: factories.MemberFactory(branch=one, since=date(2025, 7, 8)), "党员进出、转正 1 条"),
            (lambda one: factories.GroupFactory(branch=one, started_on=date(2025, 8, 1)), "党小组变动 1 条"),
            (lambda one: factories.TermFactory(branch=one, started_on=JULY), "换届 1 条"),
        ],
        ids=["transfer", "election", "came later", "group later", "term later"],
    )  # fmt: skip
    def test_what_is_unsettled_is_settled_first(self, staff, spoil, words):
        one, two = branch_of(4), branch_of(3)
        spoil(one)

        with pytest.raises(ValidationError, match=words):
            merged([one, two], staff)

        assert not Succession.objects.exists()
        assert not Branch.objects.filter(name="云岭联合党支部").exists()

    @pytest.mark.parametrize(
        ("asked", "words"),
        [({"since": date(2025, 11, 21)}, "不能晚于今天"), ({"since": factories.LONG_AGO}, "生效日期应在这一天以后")],
        ids=["future", "before founding"],
    )
    def test_the_day_is_one_that_can_be(self, staff, asked, words):
        with pytest.raises(ValidationError, match=words):
            merged([branch_of(4), branch_of(3)], staff, **asked)

    def test_too_few_full_members_make_no_branch(self, staff):
        with pytest.raises(ValidationError, match="正式党员 2 人，不足 3 人"):
            merged([branch_of(1), branch_of(1, 2)], staff)

    def test_only_who_restructures_at_the_top_may(self):
        upper = factories.BranchFactory(committee=True)
        by = factories.UserFactory(serving=upper, role=Role.COMMITTEE)

        with pytest.raises(PermissionDenied):
            merged([branch_of(4, parent=upper), branch_of(3, parent=upper)], by)

    def test_a_rehearsal_leaves_nothing_and_names_who_goes(self, staff):
        one, two = branch_of(4), branch_of(3)

        outcome = structure.rehearse(merged, [one, two], staff)

        assert len(outcome.moves) == 7
        assert structure.heads(JULY) == {one.pk: structure.Heads(4, 0), two.pk: structure.Heads(3, 0)}
        assert not AuditEvent.objects.filter(action="branch.merge").exists()
        one.refresh_from_db()
        assert one.closed_on is None
        Membership.objects.filter(member=one.team[0]).update(ended_on=date(2025, 6, 1))
        with pytest.raises(ValidationError, match="名单有了变化"):
            merged([one, two], staff, seen=outcome.digest)


class TestSplit:
    def cut(self, old, parts, staff, **asked):
        parts = [
            structure.Part(
                Branch(name=f"云岭第{number}党支部", kind=Branch.Kind.BRANCH), [member.pk for member in members]
            )
            for number, members in enumerate(parts, 1)
        ]
        return structure.split(old, parts, since=JULY, number=NUMBER, by=staff, on=TODAY, **asked)

    def test_into_two_and_the_old_one_is_no_more(self, staff):
        old = branch_of(7)

        outcome = self.cut(old, [old.team[:3], old.team[3:]], staff)

        old.refresh_from_db()
        assert old.closed_on == JUNE_30
        assert sorted(structure.heads(JULY).values(), key=lambda row: row.full) == [
            structure.Heads(3),
            structure.Heads(4),
        ]
        assert Placement.objects.on(JULY).filter(branch__name__startswith="云岭第", parent=root()).count() >= 2
        assert Succession.objects.filter(old=old, kind="split").count() == 2
        assert len(outcome.moves) == 7

    def test_one_part_leaves_and_the_rest_goes_on(self, staff):
        old = branch_of(7)
        term = factories.TermFactory(branch=old)
        stays, goes = (factories.PostFactory(term=term, member=old.team[place]) for place in (0, 6))

        self.cut(old, [old.team[4:]], staff, keeps=True)

        old.refresh_from_db()
        assert old.closed_on is None
        assert structure.heads(JULY)[old.pk] == structure.Heads(4)
        assert dict(Post.objects.values_list("pk", "ended_on")) == {stays.pk: None, goes.pk: JUNE_30}

    def test_nobody_is_forgotten_and_nobody_is_in_two(self, staff):
        old = branch_of(8)

        with pytest.raises(ValidationError, match="每位党员都要分到一个党支部"):
            self.cut(old, [old.team[:3], old.team[3:6]], staff)
        with pytest.raises(ValidationError, match="只能分到一个"):
            self.cut(old, [old.team[:4], old.team[3:]], staff)


class TestMove:
    def test_the_subtree_and_the_rights_go_with_it(self, staff):
        here, there = (factories.BranchFactory(committee=True) for _ in "ab")
        branch = branch_of(4, parent=here)
        was, comes = (factories.UserFactory(serving=upper, role=Role.COMMITTEE) for upper in (here, there))

        structure.move(branch, there, since=JULY, number=NUMBER, by=staff, on=TODAY)

        branch.refresh_from_db()
        assert branch.path == f"{there.path}{branch.pk}/"
        assert not may(was, "member.see", at=branch)
        assert may(comes, "member.see", at=branch)
        assert structure.tree(JUNE_30)[branch.pk].parent == here.pk
        assert structure.tree(JULY)[branch.pk].parent == there.pk

    def test_below_paths_follow(self, staff):
        general = factories.BranchFactory(kind=Branch.Kind.GENERAL)
        leaf = factories.BranchFactory(parent=general)
        upper = factories.BranchFactory(committee=True)

        structure.move(general, upper, since=JULY, number=NUMBER, by=staff, on=TODAY)

        leaf.refresh_from_db()
        assert leaf.path == f"{upper.path}{general.pk}/{leaf.pk}/"

    def test_never_below_itself_nor_below_a_branch(self, staff):
        general = factories.BranchFactory(kind=Branch.Kind.GENERAL)
        inner = factories.BranchFactory(parent=general, kind=Branch.Kind.GENERAL)

        for parent, words in ((inner, "自己的下级"), (factories.BranchFactory(), "下面不能再设"), (root(), "现在就在")):
            with pytest.raises(ValidationError, match=words):
                structure.move(general, parent, since=JULY, number=NUMBER, by=staff, on=TODAY)


class Replay:
    """The same county kept by hand: who stands below whom, who is where and how, after each event."""

    def __init__(self):
        self.parent, self.home, self.days = {}, {}, []

    def keep(self, day):
        self.days.append((day, dict(self.parent), dict(self.home)))

    def on(self, day):
        """branch → (parent, full, probationary) on that day."""
        _, parent, home = max((row for row in self.days if row[0] <= day), key=lambda row: row[0])
        at = list(home.values())
        return {pk: (upper, at.count((pk, "full")), at.count((pk, "probationary"))) for pk, upper in parent.items()}


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_any_day_is_seen_again_as_a_replay_of_the_events_has_it(staff, seed):
    """Eighty events of every kind in a random order; for twenty random days the tree and the heads equal the replay."""
    rng, day, replay = random.Random(seed), date(2020, 1, 1), Replay()
    uppers = [factories.BranchFactory(committee=True, founded_on=date(2019, 1, 1)) for _ in range(3)]
    replay.parent |= {upper.pk: root().pk for upper in uppers}
    done = {}

    def enter(pk, branch_pk, kind):
        Membership.objects.create(member_id=pk, branch_id=branch_pk, kind=kind, started_on=day)
        replay.home[pk] = (branch_pk, kind)

    def leave(pk, reason):
        Membership.objects.filter(member=pk, ended_on=None).update(ended_on=day - structure.DAY, end_reason=reason)
        return replay.home.pop(pk)

    def found():
        upper = rng.choice([*uppers, root()])
        branch = factories.BranchFactory(parent=upper, founded_on=day)
        replay.parent[branch.pk] = upper.pk
        for member in factories.MemberFactory.create_batch(rng.randint(4, 7)):
            enter(member.pk, branch.pk, rng.choice(["full", "full", "full", "probationary"]))

    def shift():
        branch, upper = one(), rng.choice([*uppers, root()])
        structure.move(branch, upper, since=day, number=NUMBER, by=staff, on=day)
        replay.parent[branch.pk] = upper.pk

    def join():
        olds = some(2)
        new = Branch(name=f"合并 {day}", kind=Branch.Kind.BRANCH)
        structure.merge(olds, into=new, parent=root(), since=day, number=NUMBER, by=staff, on=day)
        follow(olds, lambda pk: new.pk)
        replay.parent[new.pk] = root().pk

    def absorb():
        old, into = some(2)
        structure.merge([old], into=into, since=day, number=NUMBER, by=staff, on=day)
        follow([old], lambda pk: into.pk)

    def divide():
        old, keeps = one(), rng.random() < 0.5
        team = [pk for pk, (at, _) in replay.home.items() if at == old.pk]
        half = len(team) // 2
        names = [team[:half]] if keeps else [team[:half], team[half:]]
        parts = [
            structure.Part(Branch(name=f"拆分 {day} {number}", kind=Branch.Kind.BRANCH), chosen)
            for number, chosen in enumerate(names)
        ]
        structure.split(old, parts, since=day, number=NUMBER, by=staff, on=day, keeps=keeps)
        to = {pk: part.branch.pk for part in parts for pk in part.members}
        upper = replay.parent[old.pk]
        follow([] if keeps else [old], to.get, moved=to)
        replay.parent |= {part.branch.pk: upper for part in parts}

    def lift():
        old = one()
        team = [pk for pk, (at, _) in replay.home.items() if at == old.pk]
        halves = enumerate((team[: len(team) // 2], team[len(team) // 2 :]))
        parts = [structure.Part(Branch(name=f"升格 {day} {n}", kind=Branch.Kind.BRANCH), half) for n, half in halves]
        changes.upgrade(old, Branch.Kind.GENERAL, parts=parts, since=day, number=NUMBER, by=staff, on=day)
        to = {pk: part.branch.pk for part in parts for pk in part.members}
        follow([], to.get, moved=to)
        replay.parent |= {part.branch.pk: old.pk for part in parts}

    def begin():
        draft = Branch(name=f"成立 {day}", kind=Branch.Kind.BRANCH)
        new = changes.found(draft, root(), since=day, number=NUMBER, by=staff, on=day)
        replay.parent[new.pk] = root().pk

    def shut():
        old = rng.choice([each for each in leaves() if each.pk not in {at for at, _ in replay.home.values()}])
        changes.dissolve(old, since=day, number=NUMBER, by=staff, on=day)
        del replay.parent[old.pk]

    def follow(olds, where, moved=None):
        gone = {old.pk for old in olds}
        for pk, (at, kind) in list(replay.home.items()):
            if at in gone or pk in (moved or ()):
                replay.home[pk] = (where(pk), kind)
        for pk in gone:
            del replay.parent[pk]

    def die():
        leave(rng.choice(list(replay.home)), "died")

    def transfer():
        pk = rng.choice(list(replay.home))
        _, kind = leave(pk, "adjusted")
        enter(pk, one().pk, kind)

    def convert():
        pk = rng.choice([pk for pk, (_, kind) in replay.home.items() if kind == "probationary"])
        at, _ = leave(pk, "converted")
        enter(pk, at, "full")

    def leaves():
        return sorted(Branch.objects.filter(kind="branch").at_work(day), key=lambda branch: branch.pk)

    def one():
        return rng.choice(leaves())

    def some(count):
        return rng.sample(leaves(), count)

    replay.keep(day - structure.DAY)
    acts = 6 * [found, shift, join, absorb, divide, lift, begin, shut, die, transfer, convert, convert]
    rng.shuffle(acts)
    for act in [found] * 6 + acts:
        day += timedelta(days=rng.randint(1, 25))
        kept = dict(replay.parent), dict(replay.home)
        try:
            act()
        except (ValidationError, IndexError, ValueError):  # refused, or nobody to do it with: nothing may have changed
            replay.parent, replay.home = kept
        else:
            done[act.__name__] = done.get(act.__name__, 0) + 1
        replay.keep(day)

    assert len(done) >= 10  # a seed may have no 党支部 large enough to be raised
    for _ in range(20):
        seen_on = date(2020, 1, 1) + timedelta(days=rng.randint(0, (day - date(2020, 1, 1)).days))
        known = replay.on(seen_on)
        seen = {
            pk: (place.parent, place.heads.full, place.heads.probationary)
            for pk, place in structure.tree(seen_on).items()
            if pk != root().pk
        }
        assert seen == known
