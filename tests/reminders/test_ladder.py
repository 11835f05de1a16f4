"""提醒→通报→约谈→问责建议: proposed by days, taken by a person, answered, handed over, closed."""

from datetime import date, timedelta

import pytest
import time_machine
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.urls import reverse

from branches.actions import root
from branches.rights import Role
from reminders import ladder
from reminders.models import Bulletin, LadderStep
from rulebook.facts import Period
from tests.factories import (
    BranchFactory,
    BulletinFactory,
    DutyFactory,
    FulfilmentFactory,
    LadderStepFactory,
    NoticeFactory,
    UserFactory,
)
from tests.factories_ladder import FIGURES

pytestmark = pytest.mark.django_db
DUE = date(2025, 9, 28)
Level = LadderStep.Level
THEME = "theme_party_day"


@pytest.fixture
def branch():
    branch = BranchFactory(parent=BranchFactory(committee=True))
    DutyFactory(branch=branch, period="2025-09")
    return branch


def after(days):
    return DUE + timedelta(days=days)


def proposed(branch, on, **options):
    return [(each.subject, each.level) for each in ladder.proposals([branch.pk], on, **options)]


def take(branch, level, by, days, **fields):
    return ladder.take(branch, THEME, level, by=by, on=after(days), **fields)


def close(step, by):
    return ladder.close(step, outcome="说明属实，不再推进", by=by, version=step.version)


# --- what comes next


@pytest.mark.parametrize(("days", "is_proposed"), [(0, False), (1, True), (180, True), (181, False)])
def test_a_reminder_from_the_first_day_overdue(branch, days, is_proposed):
    assert proposed(branch, after(days)) == ([(THEME, Level.REMINDER)] if is_proposed else [])


@pytest.mark.parametrize(
    ("role", "at", "least"), [(Role.STAFF, "root", 15), (Role.COMMITTEE, "parent", 7), (Role.SECRETARY, "own", 0)]
)
def test_the_higher_the_later(branch, client, role, at, least):
    place = {"root": root(), "parent": branch.parent, "own": branch}[at]
    client.force_login(UserFactory(serving=place, role=role))
    seen = []
    for days in (least - 1, least):
        with time_machine.travel(f"{after(max(days, 1 if least == 0 and days == least else days))} 10:00+08:00"):
            seen.append(client.get(reverse("reminders:ladder")).context["tabs"][0]["count"])

    assert seen == [0, 1]


@pytest.mark.parametrize(
    ("level", "needs"), [(Level.BULLETIN, 30), (Level.TALK, 45), (Level.ACCOUNTABILITY, 60)], ids=str
)
def test_each_further_step_at_its_day(branch, staff, level, needs):
    before = ladder.ORDER[: ladder.ORDER.index(level)]
    for lower in before:
        LadderStepFactory(
            branch=branch, level=lower, on=after(1), duties=list(branch.duties.values_list("pk", flat=True)),
            parties="x" if lower == Level.TALK else "",
        )  # fmt: skip

    assert proposed(branch, after(needs - 1)) == []
    assert proposed(branch, after(needs)) == [(THEME, level)]


def test_no_two_steps_within_the_days_for_an_answer(branch, staff):
    take(branch, Level.REMINDER, staff, 28)

    assert proposed(branch, after(34)) == []
    assert proposed(branch, after(35)) == [(THEME, Level.BULLETIN)]


def test_after_the_last_step_nothing_is_proposed(branch):
    LadderStepFactory(
        branch=branch, level=Level.ACCOUNTABILITY, on=after(1), duties=list(branch.duties.values_list("pk", flat=True))
    )

    assert proposed(branch, after(100)) == []


def test_what_is_done_is_not_proposed(branch):
    FulfilmentFactory(duty=branch.duties.get())

    assert proposed(branch, after(40)) == []


def test_what_was_closed_is_not_proposed_again_but_a_new_miss_begins_anew(branch, staff):
    close(take(branch, Level.REMINDER, staff, 20), staff)
    assert proposed(branch, after(30)) == []

    DutyFactory(branch=branch, period="2025-10")

    assert proposed(branch, after(40)) == [(THEME, Level.REMINDER)]


def test_the_work_committee_itself_and_a_closed_branch_are_left_out():
    closed = BranchFactory(closed_on=date(2025, 10, 1))
    for place in (root(), closed):
        DutyFactory(branch=place, period="2025-09")

    assert ladder.proposals([root().pk, closed.pk], after(40)) == []


def test_the_basis_says_why_now(branch, staff):
    take(branch, Level.REMINDER, staff, 16)
    found = ladder.proposals([branch.pk], after(33))[0]

    assert "主题党日（9 月）没有办理" in found.basis
    assert "逾期 33 天" in found.basis
    assert "10 月 14 日已提醒，没有说明" in found.basis


# --- taken by a person


def test_only_the_proposed_step_is_taken_and_only_once(branch, staff):
    with pytest.raises(ValidationError, match="应当办理的是“提醒”"):
        take(branch, Level.TALK, staff, 60, parties="x")
    step = take(branch, Level.REMINDER, staff, 20)
    with pytest.raises(ValidationError, match="不需要再办"):
        take(branch, Level.REMINDER, staff, 20)

    assert step.duties == [branch.duties.get().pk]
    assert step.basis


def test_a_branch_that_has_done_it_meanwhile_is_not_reminded(branch, staff):
    FulfilmentFactory(duty=branch.duties.get())

    with pytest.raises(ValidationError, match="已经办理"):
        take(branch, Level.REMINDER, staff, 20)


@pytest.mark.parametrize("role", [Role.SECRETARY, Role.EDITOR])
def test_a_branch_takes_no_step(branch, role):
    with pytest.raises(PermissionDenied):
        take(branch, Level.REMINDER, UserFactory(serving=branch, role=role), 20)


def test_one_open_step_per_matter_and_level(branch):
    LadderStepFactory(branch=branch)

    with pytest.raises(IntegrityError, match="ladder_one_open_step"), transaction.atomic():
        LadderStepFactory(branch=branch)


def test_a_public_rebuke_points_to_the_paper_that_names_the_branch(branch, staff):
    row = {"branch": branch.pk, "name": branch.name, "duties": [], "items": []}
    named = BulletinFactory(
        signed=True, state=Bulletin.State.PUBLISHED, notice=NoticeFactory(issued=True),
        figures={**FIGURES, "criticism": [row]},
    )  # fmt: skip
    take(branch, Level.REMINDER, staff, 20)

    assert take(branch, Level.BULLETIN, staff, 35).bulletin == named


def test_a_talk_names_its_parties_and_has_no_room_for_what_was_said(branch, staff):
    take(branch, Level.REMINDER, staff, 15)
    take(branch, Level.BULLETIN, staff, 31)
    with pytest.raises(ValidationError, match="谈话人"):
        take(branch, Level.TALK, staff, 46)
    take(branch, Level.TALK, staff, 46, parties="工委副书记高明同志；支部书记")

    names = {field.name for field in LadderStep._meta.get_fields()}
    assert not names & {"content", "minutes", "note", "record"}


# --- answered, handed over, closed


def test_the_branch_answers_and_nobody_else(branch, staff):
    step = take(branch, Level.REMINDER, staff, 20)
    with pytest.raises(PermissionDenied):
        ladder.answer(step, text="代答", by=staff, version=step.version)
    step = ladder.answer(step, text="书记住院，本周补开", by=UserFactory(serving=branch), version=step.version)

    assert step.answered_at
    assert "已作说明" in ladder.proposals([branch.pk], after(35))[0].basis


def test_a_proposal_for_accountability_is_handed_over_before_it_has_an_outcome(branch, staff):
    step = LadderStepFactory(branch=branch, level=Level.ACCOUNTABILITY, on=after(60))
    with pytest.raises(ValidationError, match="先登记移交"):
        close(step, staff)
    with pytest.raises(ValidationError, match="不能早于"):
        ladder.hand(step, to="县纪委监委派驻组", handed_on=after(59), by=staff, on=after(61), version=1)
    with pytest.raises(ValidationError, match="不能晚于今天"):
        ladder.hand(step, to="县纪委监委派驻组", handed_on=after(62), by=staff, on=after(61), version=1)
    step = ladder.hand(step, to="县纪委监委派驻组", handed_on=after(61), by=staff, on=after(61), version=1)

    assert close(step, staff).outcome


def test_only_a_proposal_for_accountability_is_handed_over(branch, staff):
    step = LadderStepFactory(branch=branch)

    with pytest.raises(ValidationError, match="只有问责建议"):
        ladder.hand(step, to="x", handed_on=step.on, by=staff, on=step.on, version=1)


def test_closing_closes_what_led_to_it_of_the_same_matter(branch, staff):
    lower, other = LadderStepFactory(branch=branch), LadderStepFactory(branch=branch, subject="party_lecture")
    step = LadderStepFactory(branch=branch, level=Level.BULLETIN)
    close(step, staff)

    lower.refresh_from_db()
    other.refresh_from_db()
    assert (lower.closed_by, other.closed_by) == (staff, None)
    with pytest.raises(ValidationError, match="已经了结"):
        close(step, staff)


def test_counts_by_level(branch):
    step = LadderStepFactory(branch=branch, level=Level.TALK, parties="x", on=date(2025, 11, 20))
    LadderStepFactory(branch=branch, level=Level.TALK, parties="x", on=date(2024, 11, 20), subject="notice")

    found = ladder.taken([branch.pk], Period.of_year(2025, on=date(2025, 12, 31)), level=Level.TALK)

    assert (found[branch.pk].value, found[branch.pk].pks) == (1, (step.pk,))


# --- pages


def test_staff_take_steps_and_the_branch_answers_by_pages(client, branch, staff):
    with time_machine.travel(f"{after(20)} 10:00+08:00", tick=False):
        client.force_login(staff)
        page = reverse("reminders:ladder")
        assert "提醒" in client.get(page).content.decode()
        data = {"each": f"{Level.REMINDER}:{THEME}", "list": "1"}
        assert client.post(reverse("reminders:ladder_take", args=[branch.pk]), data)["Location"] == page
        step = LadderStep.objects.get()

        client.force_login(UserFactory(serving=branch))
        own, answer = reverse("reminders:ladder_branch", args=[branch.pk]), f"answer-{step.pk}"
        assert step.basis in client.get(own).content.decode()
        post = reverse("reminders:ladder_answer", args=[step.pk])
        assert "请写明情况" in client.post(post, {f"{answer}-version": 1}).content.decode()
        stale = client.post(post, {f"{answer}-version": 9, f"{answer}-text": "留着的话"}).content.decode()
        assert "刚被别人改过" in stale
        assert "留着的话" in stale
        client.post(post, {f"{answer}-version": 1, f"{answer}-text": "本周补开"})

        client.force_login(staff)
        step.refresh_from_db()
        assert step.answer == "本周补开"
        close = {f"close-{step.pk}-version": step.version, f"close-{step.pk}-outcome": "已补办"}
        client.post(reverse("reminders:ladder_close", args=[step.pk]), close)
        step.refresh_from_db()
        assert step.outcome == "已补办"
        assert client.get(f"{page}?tab=closed").context["rows"][0]["step"] == step


def test_what_is_ticked_of_an_organisation_is_taken_at_once_or_not_at_all(client, branch, staff):
    DutyFactory(branch=branch, rule="party_lecture", period="2025-Q3")
    with time_machine.travel(f"{after(20)} 10:00+08:00", tick=False):
        client.force_login(staff)
        page, take = reverse("reminders:ladder"), reverse("reminders:ladder_take", args=[branch.pk])
        (row,) = client.get(page).context["rows"]
        ticks = [f"{each['proposal'].level}:{each['proposal'].subject}" for each in row["each"]]
        assert sorted(ticks) == sorted([f"reminder:{THEME}", "reminder:party_lecture"])

        for wrong, said in (
            ([], "请先勾选要登记的事项"), ([ticks[0], "reminder:nothing"], "已经处理过"), (["talk:x"], "请从建议里选一步办理"),
            ([ticks[0], ticks[1].replace("reminder", "bulletin")], "现在应当办理的是“提醒”"),
        ):  # fmt: skip
            answer = client.post(take, {"each": wrong, "list": "1"}, follow=True)
            assert said in answer.content.decode()
            assert not LadderStep.objects.exists()

        answer = client.post(take, {"each": ticks, "list": "1", "page": "2"}, follow=True)
        assert "提醒（2 件）" in answer.content.decode()
        assert answer.redirect_chain == [(f"{page}?page=2", 302)]
        assert set(LadderStep.objects.values_list("subject", flat=True)) == {THEME, "party_lecture"}
        assert not client.get(page).context["rows"]


def test_inspectors_do_not_open_it_and_strangers_find_nothing(client, branch):
    step = LadderStepFactory(branch=branch)
    client.force_login(UserFactory(serving=branch.parent, role=Role.INSPECTOR))
    assert client.get(reverse("reminders:ladder")).status_code == 403
    client.force_login(UserFactory(serving=BranchFactory()))
    assert client.get(reverse("reminders:ladder_branch", args=[branch.pk])).status_code == 404
    assert client.post(reverse("reminders:ladder_answer", args=[step.pk])).status_code == 404


def test_pages_cost_the_same_at_any_length(client, staff, count_queries):
    def furnish(count):
        for _ in range(count):
            branch = BranchFactory()
            duty = DutyFactory(branch=branch, period="2025-08")
            LadderStepFactory(branch=BranchFactory(), duties=[duty.pk])

    with time_machine.travel(f"{after(20)} 10:00+08:00", tick=False):
        client.force_login(staff)
        furnish(2)
        urls = [f"{reverse('reminders:ladder')}?tab={tab}" for tab in ("next", "open")]
        for url in urls:
            count_queries(url)
        few = [count_queries(url) for url in urls]
        furnish(10)

        assert [count_queries(url) for url in urls] == few
        assert max(few) < 25
