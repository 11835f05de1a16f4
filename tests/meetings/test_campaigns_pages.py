"""The pages of a round: the table of who is how far, a branch's own page, guidance groups."""

from datetime import date, timedelta

import pytest
import time_machine
from django.urls import reverse

from accounts.models import User
from branches.actions import root
from branches.rights import Role
from duties.actions import generate
from files.models import StoredFile
from meetings.actions import meet_again
from meetings.models import Campaign, Finding, Guidance, StepDone
from tests.factories import BranchFactory, MeetingFactory, UserFactory
from tests.factories_files import upload
from tests.factories_life import (
    CampaignFactory,
    CampaignStepFactory,
    FindingFactory,
    GuidanceFactory,
    StepDoneFactory,
)
from tests.files.documents import pdf

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _today():
    with time_machine.travel("2026-01-20 10:00+08:00", tick=False):
        yield


@pytest.fixture
def branch():
    return BranchFactory()


@pytest.fixture
def campaign():
    return CampaignFactory(branch=root(), state="open")


@pytest.fixture
def staff(client):
    user = UserFactory(serving=root(), role=Role.STAFF)
    client.force_login(user)
    return user


def url(name, thing):
    return reverse(f"meetings:{name}", args=[thing.pk])


def test_the_plan_may_be_a_file_and_is_seen_below_once_the_round_is_open(client, staff, campaign, branch):
    CampaignStepFactory(campaign=campaign)
    sent = {"title": "2025 年度组织生活会", "opens_on": "2025-12-01", "ends_on": "2026-03-31", "version": "1",
            "steps": "2026-01-10 会前学习"}  # fmt: skip

    refused = client.post(url("campaign_edit", campaign), sent | {"document": upload(b"<svg/>", "方案.svg")})
    assert "2026-01-10 会前学习" in refused.content.decode()
    campaign.refresh_from_db()
    assert campaign.plan_file is None

    assert (
        client.post(url("campaign_edit", campaign), sent | {"document": upload(pdf("方案"), "方案.pdf")}).status_code
        == 302
    )
    again = sent | {"version": "2", "document": upload(pdf("新方案"), "新方案.pdf")}
    assert client.post(url("campaign_edit", campaign), again).status_code == 302
    assert StoredFile.objects.get().name == "新方案.pdf", "the plan before is not kept where nobody can reach it"
    client.force_login(UserFactory(serving=branch))
    answer = client.get(url("campaign_file", campaign))
    assert answer["Content-Disposition"].startswith("attachment")
    assert answer.content[:4] == b"%PDF"
    Campaign.objects.update(state=Campaign.State.DRAFT)
    assert client.get(url("campaign_file", campaign)).status_code == 404


def test_a_round_is_suggested_written_opened_and_closed(client, staff):
    form = client.get(reverse("meetings:campaign_add")).context["form"]
    data = {name: form[name].value() for name in ("kind", "assessment_year", "title", "opens_on", "ends_on", "steps")}

    answer = client.post(reverse("meetings:campaign_add"), data | {"branch": root().pk, "plan": "方案"})

    found = Campaign.objects.get()
    assert answer["Location"] == found.get_absolute_url()
    assert (found.assessment_year, found.steps.count(), found.state) == (2025, 6, "draft")
    client.post(url("campaign_move", found), {"act": "open"})
    found.refresh_from_db()
    assert found.state == "open"
    client.post(url("campaign_move", found), {"act": "nonsense"})
    client.post(url("campaign_move", found), {"act": "close"})
    assert client.get(url("campaign_edit", found)).status_code == 302


def test_what_was_typed_is_kept_when_a_step_is_wrong(client, staff, campaign):
    data = {"title": "新名", "opens_on": "2025-12-01", "ends_on": "2026-03-31", "steps": "4月1日 开会", "version": "1"}

    text = client.post(url("campaign_edit", campaign), data).content.decode()

    assert "之间" in text
    assert "4月1日 开会" in text
    assert "第 1 行" in client.post(url("campaign_edit", campaign), data | {"steps": "开会"}).content.decode()
    stale = client.post(url("campaign_edit", campaign), data | {"steps": "1月9日 开会", "version": "0"})
    assert campaign.title in {row["now"] for row in stale.context["stale"]["rows"]}


def test_the_table_shows_each_state(client, staff, campaign, branch):
    for due_on, done_on in (
        (date(2026, 1, 10), date(2026, 1, 9)), (date(2026, 1, 10), date(2026, 1, 12)),
        (date(2026, 1, 19), None), (date(2026, 1, 20), None),
    ):  # fmt: skip
        step = CampaignStepFactory(campaign=campaign, due_on=due_on)
        if done_on:
            StepDoneFactory(step=step, branch=branch, done_on=done_on)

    (row,) = client.get(campaign.get_absolute_url()).context["rows"]

    assert [cell["state"] for cell in row["cells"]] == ["done", "late", "miss", "wait", "na"]


def test_the_meeting_is_the_duty_of_the_year(client, staff, campaign, branch):
    generate(2025, by=User.objects.system())
    MeetingFactory(branch=branch, submitted=True, held_on=date(2026, 1, 15), kinds=("org_life_meeting",))
    meet_again(2025)

    (row,) = client.get(campaign.get_absolute_url()).context["rows"]

    assert (row["cells"][-1]["state"], row["cells"][-1]["figure"]) == ("done", "1-15")


def test_who_guides_sees_the_own_branches_first(client, staff, campaign):
    first, mine, last = BranchFactory.create_batch(3)
    GuidanceFactory(campaign=campaign, branch=mine, guide=staff)
    step = CampaignStepFactory(campaign=campaign, due_on=date(2026, 1, 10))
    StepDoneFactory(step=step, branch=last)

    def names(**asked):
        return [row["name"] for row in client.get(campaign.get_absolute_url(), asked).context["rows"]]

    assert names() == [mine.name, first.name, last.name]
    assert names(only="mine") == [mine.name]
    assert names(only="free") == [first.name, last.name]
    assert names(only="late") == [mine.name, first.name]
    assert names(q=last.name) == [last.name]


def test_a_branch_works_through_its_own_page(client, secretary, campaign, branch):
    step = CampaignStepFactory(campaign=campaign)
    own = f"{url('campaign_branch', campaign)}?branch={branch.pk}"

    assert client.get(campaign.get_absolute_url())["Location"] == own
    sent = {"branch": branch.pk, "step": step.pk}
    assert "请填写完成日期" in client.post(url("campaign_finish", campaign), sent).content.decode()
    late = client.post(url("campaign_finish", campaign), sent | {"done_on": "2026-01-21"})
    assert "今天以后" in late.content.decode()
    assert client.post(url("campaign_finish", campaign), sent | {"done_on": "2026-01-09"})["Location"] == own
    assert StepDone.objects.get().done_on == date(2026, 1, 9)

    problem = {
        "branch": branch.pk,
        "problem": "形式单一",
        "measure": "走进社区",
        "owner": "书记",
        "due_on": "2026-06-30",
    }
    marked = client.post(url("campaign_find", campaign), problem | {"problem": "秘密★ 事项"}).content.decode()
    assert "密级标志" in marked
    assert "走进社区" in marked
    client.post(url("campaign_find", campaign), problem)
    found = Finding.objects.get()
    client.post(url("finding_edit", found), problem | {"measure": "结对共建", "version": "1"})
    found.refresh_from_db()
    assert (found.measure, found.version) == ("结对共建", 2)
    stale = client.post(url("finding_edit", found), problem | {"version": "1"})
    assert [row["now"] for row in stale.context["stale"]["rows"]] == ["结对共建"]


def test_a_branch_cannot_report_for_another(client, secretary, campaign, branch):
    other, step = BranchFactory(), CampaignStepFactory(campaign=campaign)
    sent = {"branch": other.pk, "step": step.pk, "done_on": "2026-01-09"}

    assert client.post(url("campaign_finish", campaign), sent).status_code == 404
    assert client.post(url("campaign_find", campaign), sent).status_code == 404
    assert client.get(f"{url('campaign_branch', campaign)}?branch={other.pk}").status_code == 404
    foreign = CampaignStepFactory(campaign=CampaignFactory(branch=root(), state="open", assessment_year=2024))
    assert (
        client.post(url("campaign_finish", campaign), sent | {"branch": branch.pk, "step": foreign.pk}).status_code
        == 404
    )
    assert client.get(url("finding_edit", FindingFactory(campaign=campaign, branch=other))).status_code == 404


def test_what_is_being_prepared_is_not_seen_below(client, secretary):
    draft = CampaignFactory(branch=root())

    assert client.get(draft.get_absolute_url()).status_code == 404
    assert draft.title not in client.get(reverse("meetings:campaigns")).content.decode()


def test_branches_are_given_to_a_group_by_area_or_one_by_one(client, staff, campaign):
    committee = BranchFactory(committee=True)
    inside, kindergarten = BranchFactory(parent=committee), BranchFactory(parent=committee, stage="kindergarten")
    picked, guide = BranchFactory(), UserFactory(serving=root(), role=Role.STAFF)
    here = url("campaign_guidance", campaign)
    sent = {"group": "第一指导组", "guide": guide.pk}

    assert "请选学段" in client.post(here, sent).content.decode()
    client.post(here, sent | {"under": committee.pk, "stage": "primary", "branches": [picked.pk]})

    assert set(Guidance.objects.values_list("branch", flat=True)) == {inside.pk, picked.pk}
    assert kindergarten.name in client.get(here).content.decode()
    client.post(here, {"release": Guidance.objects.get(branch=picked).pk})
    assert Guidance.objects.count() == 1
    assert client.post(here, {"release": "x"}).status_code == 404


def test_groups_stand_in_the_order_in_which_they_were_formed(client, staff, campaign):
    for group in ("第一指导组", "第二指导组", "第三指导组", "第一指导组"):
        GuidanceFactory(campaign=campaign, group=group)

    guided = client.get(url("campaign_guidance", campaign)).context["guided"]
    assert [row["group"] for row in guided] == ["第一指导组", "第一指导组", "第二指导组", "第三指导组"]


def test_a_guide_from_elsewhere_sees_what_is_guided_until_the_round_ends(client, staff, campaign):
    committee, elsewhere = BranchFactory(committee=True), BranchFactory()
    guide = UserFactory(serving=committee, role=Role.COMMITTEE)

    sent = {"group": "一组", "guide": guide.pk, "branches": [elsewhere.pk]}
    assert client.post(url("campaign_guidance", campaign), sent).status_code == 302
    client.force_login(guide)
    page = f"{url('campaign_branch', campaign)}?branch={elsewhere.pk}"
    assert client.get(page).status_code == 200
    with time_machine.travel(campaign.ends_on + timedelta(days=1), tick=False):
        client.force_login(User.objects.get(pk=guide.pk))
        assert client.get(page).status_code == 404


def test_pages_cost_the_same_at_any_length(client, count_queries, staff, campaign):
    steps = CampaignStepFactory.create_batch(2, campaign=campaign)
    first = BranchFactory()
    urls = [
        campaign.get_absolute_url(), f"{campaign.get_absolute_url()}?print=1", reverse("meetings:campaigns"),
        url("campaign_guidance", campaign), f"{url('campaign_branch', campaign)}?branch={first.pk}",
    ]  # fmt: skip

    def furnish(count):
        for _ in range(count):
            branch = BranchFactory()
            GuidanceFactory(campaign=campaign, branch=branch, guide=staff)
            for step in steps:
                StepDoneFactory(step=step, branch=branch)
            FindingFactory(campaign=campaign, branch=first)
            CampaignFactory(branch=branch)
        generate(2025, by=User.objects.system())

    furnish(2)
    few = [count_queries(each) for each in urls * 2][len(urls) :]
    furnish(8)

    assert [count_queries(each) for each in urls] == few


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"opens_on": "0025-12-01"}, "请核对年份"), ({"ends_on": "9999-12-31"}, "请核对年份"),
        ({"steps": "1月1日 学习\n" * 100_000}, "步骤太多"),
    ],
    ids=["opens in another age", "never ends", "thousands of steps"],
)  # fmt: skip
def test_a_slip_in_a_year_or_a_pasted_book_is_told(client, changed, words):
    client.force_login(UserFactory(serving=root(), role=Role.STAFF))
    data = {
        "branch": root().pk, "kind": "org_life_meeting", "assessment_year": "2025", "title": "组织生活会", "opens_on": "2025-12-01",
        "ends_on": "2026-03-31", "steps": "1月10日 学习", "plan": "",
    }  # fmt: skip

    assert words in client.post(reverse("meetings:campaign_add"), data | changed).content.decode()
