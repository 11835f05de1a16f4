"""责任书: who owes one, a signing in one go, correction and withdrawal, the letters to print, the reminder."""

import io
from datetime import UTC, date, datetime

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.urls import reverse
from docx import Document

from accounts.models import AuditEvent, Stale
from branches.models import Branch
from branches.rights import Role
from members import letters
from members.facts import dual_leaders, letters_left, letters_signed
from members.models import ResponsibilityLetter
from office.word import to_word
from reminders import sweep
from reminders.models import Reminder
from rulebook.facts import Period
from tests.factories import (
    BranchFactory,
    MemberFactory,
    MembershipFactory,
    PostFactory,
    ResponsibilityLetterFactory,
    TermFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db
Kind = letters.Kind
ON = date(2025, 3, 20)


@pytest.fixture
def branch():
    found = BranchFactory()
    for name in ("王芳", "李军", "张丽"):
        MemberFactory(name=name, branch=found)
    return found


@pytest.fixture
def secretary(branch):
    return UserFactory(serving=branch)


def members(branch, year=2025, on=ON):
    return [member for member, _ in letters.members_of(branch, year, on=on)]


def test_everybody_on_the_roll_owes_two_and_the_branch_one(branch):
    (row,) = letters.standings([branch], 2025, on=ON)

    assert (row.owes_goal, row.owed, row.left) == (True, 3, 7)


@pytest.mark.parametrize(
    ("joined", "owed"),
    [(date(2025, 3, 31), 1), (date(2025, 4, 1), 0)],
    ids=["on the last day of the season", "a day later"],
)
def test_who_comes_after_the_signing_months_owes_nothing_for_that_year(joined, owed):
    place = BranchFactory()
    MembershipFactory(branch=place, started_on=joined)

    (row,) = letters.standings([place], 2025, on=date(2025, 12, 1))

    assert row.owed == owed


def test_who_moved_signs_where_he_is_and_once(branch):
    other, mover = BranchFactory(), members(branch)[0]
    stay = mover.memberships.get()
    stay.ended_on = date(2025, 2, 28)
    stay.save()
    MembershipFactory(member=mover, branch=other, started_on=date(2025, 3, 1))
    ResponsibilityLetterFactory(kind=Kind.MEMBER, branch=branch, member=mover, signed_on=date(2025, 2, 10))

    rows = {row.branch: row for row in letters.standings([branch, other], 2025, on=ON)}

    assert (rows[branch].owed, rows[other].owed, rows[other].signed[Kind.MEMBER]) == (2, 1, 1)


def test_a_signing_in_one_go_leaves_out_who_was_unticked(branch, secretary):
    signed = [member for member in members(branch) if member.name != "李军"]

    count = letters.sign(
        branch,
        2025,
        Kind.MEMBER,
        members=signed,
        counter_signer="周明",
        signed_on=date(2025, 2, 20),
        by=secretary,
        on=ON,
    )

    assert count == 2
    assert letters.unsigned_members([branch], 2025, on=ON).count([branch.name, "李军", Kind.MEMBER.label]) == 1
    event = AuditEvent.objects.get(action="letter.sign")
    assert event.detail["rows"] == 2


def test_signed_already_is_not_signed_again(branch, secretary):
    common = {"counter_signer": "周明", "signed_on": date(2025, 2, 20), "by": secretary, "on": ON}
    letters.sign(branch, 2025, Kind.INTEGRITY, members=members(branch), **common)

    with pytest.raises(ValidationError, match="没有新签的"):
        letters.sign(branch, 2025, Kind.INTEGRITY, members=members(branch), **common)

    assert ResponsibilityLetter.objects.count() == 3


@pytest.mark.parametrize(
    ("signed_on", "allowed"),
    [(date(2024, 12, 1), True), (date(2024, 11, 30), False), (ON, True), (date(2025, 3, 21), False)],
    ids=["december before", "too early", "today", "tomorrow"],
)
def test_the_day_of_a_signing(branch, secretary, signed_on, allowed):
    def act():
        letters.sign(
            branch, 2025, Kind.GOAL, signer="周明", counter_signer="赵", signed_on=signed_on, by=secretary, on=ON
        )

    if allowed:
        act()
    else:
        with pytest.raises(ValidationError, match=r"签订日期|请核对日期"):
            act()
    assert ResponsibilityLetter.objects.count() == allowed


def test_another_branch_cannot_enter_it(branch):
    stranger = UserFactory(serving=BranchFactory())

    with pytest.raises(PermissionDenied):
        letters.sign(branch, 2025, Kind.GOAL, signer="x", counter_signer="y", signed_on=ON, by=stranger, on=ON)


def test_who_comes_second_with_a_correction_is_told(branch, secretary):
    letter = ResponsibilityLetterFactory(branch=branch)
    mine, theirs = (ResponsibilityLetter.objects.get(pk=letter.pk) for _ in range(2))
    theirs.number = "责〔2025〕9号"
    letters.correct(theirs, version=1, by=secretary, on=ON)
    mine.number = "责〔2025〕8号"

    with pytest.raises(Stale):
        letters.correct(mine, version=1, by=secretary, on=ON)

    letter.refresh_from_db()
    assert letter.number == "责〔2025〕9号"


def test_withdrawn_it_is_owed_again_and_the_reason_stays(branch, secretary):
    letter = ResponsibilityLetterFactory(branch=branch)

    letters.withdraw(letter, reason="登记错了", by=secretary)

    assert letters.standings([branch], 2025, on=ON)[0].goal is None
    assert AuditEvent.objects.get(action="letter.withdraw").detail["reason"] == "登记错了"


def test_the_paper_has_a_page_for_each_who_has_not_signed(branch):
    ResponsibilityLetterFactory(kind=Kind.MEMBER, branch=branch, member=members(branch)[0])

    text = [
        each.text for each in Document(io.BytesIO(to_word(letters.paper(branch, 2025, Kind.MEMBER, on=ON)))).paragraphs
    ]

    assert sum("签订本责任书" in line for line in text) == 2
    assert text.count("学校党员目标管理责任书") == 2
    assert not any("{year}" in line for line in text)


def test_nothing_to_print_when_all_have_signed():
    assert letters.paper(BranchFactory(), 2025, Kind.MEMBER, on=ON) is None


def test_the_list_of_the_unsigned_agrees_with_the_counts(branch):
    done = BranchFactory()
    ResponsibilityLetterFactory(branch=done)

    left = letters.unsigned(Branch.objects.filter(pk__in=[branch.pk, done.pk]), 2025, on=ON)

    assert set(left) == {branch}


def test_the_fact_waits_until_letters_are_entered_at_all(branch):
    period = Period.of_year(2025, on=date(2025, 6, 1))
    branches = Branch.objects.filter(pk=branch.pk)

    assert letters_signed(branches, period) is None
    ResponsibilityLetterFactory(branch=branch)
    fact = letters_signed(branches, period)[branch.pk]

    assert (fact.value, fact.whole) == (1, 7)


def test_share_of_secretaries_who_lead_their_subject():
    term, other = TermFactory(), TermFactory()
    PostFactory(term=term, is_dual_leader=True, dual_basis="教研〔2024〕6号")
    PostFactory(term=other)

    facts = dual_leaders(Branch.objects.filter(pk__in=[term.branch_id, other.branch_id]), Period.of_year(2025, on=ON))

    assert {branch: fact.value for branch, fact in facts.items()} == {term.branch_id: 1, other.branch_id: 0}


@pytest.mark.parametrize(
    ("on", "told"),
    [
        (date(2025, 2, 28), True),  # 1 March is a Saturday: told on the working day before
        (date(2025, 3, 12), False),
        (date(2025, 3, 20), True),
        (date(2025, 3, 31), True),
        (date(2025, 4, 7), True),
    ],
    ids=str,
)
def test_secretaries_are_reminded_in_march_and_weekly_in_april(branch, secretary, on, told):
    ResponsibilityLetterFactory()

    sweep.run(datetime(on.year, on.month, on.day, 2, 0, tzinfo=UTC))

    found = Reminder.objects.filter(rule="remind.responsibility_letters", branch=branch, role=Role.SECRETARY, on=on)
    assert found.exists() is told


def test_the_reminder_stops_when_all_have_signed(branch):
    for kind in Kind:
        for member in [None] if kind == Kind.GOAL else members(branch):
            ResponsibilityLetterFactory(kind=kind, branch=branch, member=member)

    assert branch.pk not in letters_left(ON, of="season_ends", kept=30).values_list("pk", flat=True)


# --- pages


def test_the_list_costs_the_same_at_any_length(client, count_queries):
    client.force_login(UserFactory(serving=BranchFactory().parent, role=Role.STAFF))
    BranchFactory.create_batch(2)
    before = count_queries(reverse("members:letters"))
    for branch in BranchFactory.create_batch(8):
        MemberFactory(branch=branch)

    assert count_queries(reverse("members:letters")) == before


def test_a_signing_by_the_page(client, branch, secretary):
    client.force_login(secretary)
    url = reverse("members:letter_sign", args=[branch.pk, 2025])
    picked = [member.pk for member in members(branch)[:2]]

    refused = client.post(url, {"kind": "member", "counter_signer": "周明", "members": picked})
    accepted = client.post(
        url, {"kind": "member", "signed_on": "2025-02-20", "counter_signer": "周明", "number": "", "members": picked}
    )

    assert "周明" in refused.content.decode()
    assert accepted.status_code == 302
    assert ResponsibilityLetter.objects.filter(branch=branch, kind="member").count() == 2
    page = client.get(reverse("members:letter_branch", args=[branch.pk, 2025])).content.decode()
    assert page.count("2025-02-20") == 2


def test_the_letters_come_as_word(client, branch, secretary):
    client.force_login(secretary)

    answer = client.get(reverse("members:letter_print", args=[branch.pk, 2025]), {"kind": "integrity"})

    assert answer["Content-Type"].endswith("wordprocessingml.document")


def test_a_kind_that_does_not_exist_leads_back_to_the_kinds(client, branch, secretary):
    client.force_login(secretary)

    answer = client.get(reverse("members:letter_print", args=[branch.pk, 2025]), {"kind": "no"})

    assert answer.url == reverse("members:letter_branch", args=[branch.pk, 2025])


def test_a_dual_leader_needs_a_paper(client):
    post = PostFactory()
    client.force_login(UserFactory(serving=post.term.branch))
    url = reverse("members:dual_leader", args=[post.pk])

    without = client.post(url, {"is_dual": "on", "basis": ""})
    with_paper = client.post(url, {"is_dual": "on", "basis": "教研〔2024〕6号"})

    post.refresh_from_db()
    assert "请写明依据" in without.content.decode()
    assert (with_paper.status_code, post.is_dual_leader) == (302, True)
