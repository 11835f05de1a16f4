"""The pages of standards and campaigns."""

from datetime import date
from decimal import Decimal

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User
from branches import screenings, standards
from branches.actions import root
from branches.models import Assignment, Screening, ScreeningCampaign, Standard, StandardItem
from branches.rights import Role
from tests.factories import (
    BranchFactory,
    ScreeningCampaignFactory,
    ScreeningFactory,
    StandardFactory,
    StandardGroupFactory,
    StandardItemFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db
ON = date(2025, 4, 20)


@pytest.fixture(autouse=True)
def _today():
    with time_machine.travel("2025-04-20 10:00+08:00", tick=False):
        yield


@pytest.fixture
def staff(client):
    user = UserFactory(serving=root(), role=Role.STAFF)
    client.force_login(user)
    return user


@pytest.fixture
def draft(staff):
    made = Standard(branch=root(), title="五强五好", edition="2025 年版")
    return standards.create(made, by=staff, sample="strong_and_good")


@pytest.fixture
def campaign(draft, staff):
    made = ScreeningCampaignFactory(standard=draft, state="draft", opened_at=None)
    BranchFactory.create_batch(2, parent=BranchFactory(committee=True))
    return screenings.open_campaign(made, by=staff, on=ON)


def url(name, *keys):
    return reverse(f"branches:{name}", args=keys)


def text(answer):
    return answer.content.decode()


def test_a_standard_is_made_from_a_sample_changed_and_saved_as_a_later_edition(client, staff):
    sent = {
        "branch": root().pk,
        "title": "标准化",
        "edition": "2025 年版",
        "number": "",
        "source": "示例",
        "sample": "six_aspects",
    }
    answer = client.post(url("standard_add"), sent)
    made = Standard.objects.get()
    assert answer.url == made.get_absolute_url()
    assert (made.is_sample, standards.whole(made)) == (True, 100)
    page = text(client.get(made.get_absolute_url()))
    assert "数据完整准确" in page
    assert "每处扣 1 分" in page

    item = StandardItem.objects.get(label="活动场所")
    row = {
        "group": item.group_id,
        "label": "党员活动室",
        "points": "6",
        "evidence": "",
        "judged": "site",
        "version": made.version,
    }
    assert client.post(url("standard_item", item.pk), row | {"record": "theme_party_day"}).status_code == 302
    item.refresh_from_db()
    assert (item.fact, item.options, item.rule) == ("duties.facts.met", {"rule": "theme_party_day"}, "share")

    again = client.post(f"{url('standard_add')}?from={made.pk}", sent | {"edition": "2026 年版"})
    later = Standard.objects.get(edition="2026 年版")
    assert again.url == later.get_absolute_url()
    assert (later.origin, standards.whole(later)) == (made, 101)


def test_who_comes_second_sees_what_the_other_wrote(client, draft):
    item = StandardItem.objects.get(label="党课按时讲")
    row = {
        "group": item.group_id,
        "label": "党课",
        "points": "3",
        "judged": "records",
        "version": draft.version,
        "record": "",
    }
    assert client.post(url("standard_item", item.pk), row).status_code == 302

    answer = client.post(url("standard_item", item.pk), row | {"label": "党课每季一次"})

    page = text(answer)
    assert "刚被别人改过" in page
    assert "党课每季一次" in page, "what was typed is kept"
    fresh = Standard.objects.get(pk=draft.pk).version
    assert (
        client.post(url("standard_item", item.pk), row | {"label": "党课每季一次", "version": fresh}).status_code == 302
    )


def test_a_record_that_costs_points_asks_how_many(client, draft):
    group = draft.groups.first()
    row = {
        "group": group.pk,
        "label": "设置",
        "points": "3",
        "judged": "records",
        "version": draft.version,
        "record": "setting",
    }

    assert "每处扣几分" in text(client.post(url("standard_item_add", group.pk), row))
    assert client.post(url("standard_item_add", group.pk), row | {"each": "0.5"}).status_code == 302
    assert group.items.get(label="设置").each == Decimal("0.5")


def test_rows_move_and_go_and_a_group_goes_only_when_it_is_empty(client, draft):
    first, second = draft.groups.all()[:2]
    client.post(url("standard_move", draft.pk), {"group": second.pk, "to": "up", "version": draft.version})
    assert list(draft.groups.values_list("pk", flat=True)[:2]) == [second.pk, first.pk]

    version = Standard.objects.get(pk=draft.pk).version
    refused = client.post(url("standard_drop", draft.pk), {"group": first.pk, "version": version}, follow=True)
    assert "下面还有项目" in text(refused)
    item = first.items.first()
    client.post(url("standard_drop", draft.pk), {"item": item.pk, "version": version})
    assert not first.items.filter(pk=item.pk).exists()


def test_what_a_campaign_goes_by_is_frozen(client, campaign):
    standard = campaign.standard
    version = Standard.objects.get(pk=standard.pk).version
    answer = client.post(url("standard_edit", standard.pk), {"title": "另", "edition": "另", "version": version})

    assert "不能再改" in text(answer)
    assert client.post(url("standard_act", standard.pk), {"act": "retire"}).status_code == 302
    assert Standard.objects.get(pk=standard.pk).state == "retired"


def test_a_campaign_is_planned_opened_and_told_to_those_below(client, staff, draft):
    branch = BranchFactory()
    page = text(client.get(url("campaign_add")))
    assert 'value="2025-03-01"' in page
    sent = {
        "branch": root().pk, "standard": draft.pk, "year": "2025", "title": "分析研判", "screens_from": "2025-03-01",
        "screens_until": "2025-05-31", "rectifies_until": "2025-09-30", "reviews_until": "2025-09-30",
        "label_0": "好", "floor_0": "85", "label_1": "中", "floor_1": "60", "label_2": "差", "floor_2": "10",
    }  # fmt: skip
    assert "应从 0 开始" in text(client.post(url("campaign_add"), sent))
    assert client.post(url("campaign_add"), sent | {"floor_2": "0"}).status_code == 302
    campaign = ScreeningCampaign.objects.get()
    assert [row["label"] for row in campaign.scale] == ["好", "中", "差"]

    secretary = UserFactory(serving=branch)
    client.force_login(secretary)
    assert client.get(campaign.get_absolute_url()).status_code == 404, "a draft is nobody's business below"
    client.force_login(staff)
    assert "1 个党支部" in text(client.get(url("campaign_open", campaign.pk)))
    client.post(url("campaign_open", campaign.pk))
    assert ScreeningCampaign.objects.get().state == "open"
    client.force_login(User.objects.get(pk=secretary.pk))
    page = text(client.get(campaign.get_absolute_url()))
    assert "还没有反馈" in page
    assert "差" not in page.split("<main", 1)[-1].split("怎样研判")[0]


def test_branches_go_into_somebodys_hands_by_committee_and_back(client, staff, campaign):
    upper = Screening.objects.select_related("branch__parent").first().branch.parent
    anna = UserFactory(serving=BranchFactory())
    here = url("campaign_assessors", campaign.pk)
    sent = {"kind": "first", "user": anna.pk, "until": "2025-05-31", "group": "第一组", "under": upper.pk}

    assert client.post(here, sent).status_code == 302
    assert Assignment.objects.filter(user=anna, task="assessor", group="第一组").count() == 2
    page = text(client.get(here))
    assert "都已派人" in page
    branch = Screening.objects.first().branch_id
    client.post(here, {"kind": "first", "release": anna.pk, "branch": branch})
    assert Screening.objects.filter(assessor=anna).count() == 1
    assert "请选一个党委" in text(client.post(here, sent | {"under": ""}))


def test_looking_back_is_begun_from_its_page(client, campaign):
    ScreeningFactory(approved=True, campaign=campaign, approved_class="advanced")
    middle = ScreeningFactory(approved=True, campaign=campaign, approved_class="ordinary")
    here = url("campaign_look_back", campaign.pk)

    assert "2 个" in text(client.get(here))
    assert client.post(here, {"who": "needed"}).status_code == 302
    assert Screening.objects.get(kind="look_back").first == middle
    assert "请选至少一个" in text(client.post(here, {"who": "picked"}))


@pytest.mark.parametrize(
    ("query", "count"),
    [("", 2), ("state=unassigned", 2), ("state=late", 0), ("state=issued", 0), ("kind=look_back", 0), ("q=没有的", 0)],
)
def test_the_list_narrows_by_state(client, campaign, query, count):
    answer = client.get(f"{campaign.get_absolute_url()}?{query}")

    assert answer.context["page"].paginator.count == count


def test_a_committee_sees_its_own_branches_and_a_secretary_what_was_fed_back(client, campaign):
    upper = Screening.objects.select_related("branch__parent").first().branch.parent
    other = ScreeningFactory(campaign=campaign, issued=True)
    client.force_login(UserFactory(serving=upper, role=Role.COMMITTEE))
    page = text(client.get(campaign.get_absolute_url()))
    assert other.branch.name not in page
    assert "0／2" in page

    client.force_login(UserFactory(serving=other.branch))
    page = text(client.get(campaign.get_absolute_url()))
    assert other.branch.name in page
    assert "覆盖" not in page


def test_the_sheet_holds_what_is_filtered(client, campaign):
    answer = client.get(f"{url('campaign_export', campaign.pk)}?state=waiting")

    assert answer["Content-Type"].startswith("application/vnd.openxmlformats")


@pytest.mark.parametrize("act", ["close", "reopen", "complete", "refill", "burn"])
def test_an_act_that_cannot_be_done_says_why(client, campaign, act):
    page = text(client.post(url("campaign_act", campaign.pk), {"act": act}, follow=True))

    words = {"close": "全覆盖以后", "reopen": "不能这样", "complete": "齐全", "refill": "项有变化", "burn": "没有这样"}
    assert words[act] in page


@pytest.mark.parametrize("name", ["campaign", "campaign_assessors", "campaign_look_back", "campaigns"])
def test_queries_do_not_depend_on_branches(client, campaign, name):
    def count():
        with CaptureQueriesContext(connection) as queries:
            answer = client.get(url(name, *([campaign.pk] if name != "campaigns" else [])))
        assert answer.status_code == 200
        return len(queries)

    screenings.assign(
        campaign, "first", UserFactory(serving=BranchFactory()), [row.branch for row in campaign.screenings.select_related("branch")],
        until=ON, by=User.objects.system(), on=ON,
    )  # fmt: skip
    ScreeningFactory(campaign=campaign, approved=True)
    count()
    before = count()
    for _ in range(9):
        ScreeningFactory(campaign=campaign, judging=True, branch=BranchFactory(parent=BranchFactory(committee=True)))
        ScreeningFactory(campaign=campaign, approved=True)
    assert count() == before


def test_queries_of_a_standard_do_not_depend_on_its_rows(client, staff):
    standard = StandardFactory()
    StandardItemFactory(group=StandardGroupFactory(standard=standard))

    def count():
        with CaptureQueriesContext(connection) as queries:
            client.get(standard.get_absolute_url())
        return len(queries)

    count()
    before = count()
    for _ in range(9):
        StandardItemFactory.create_batch(2, group=StandardGroupFactory(standard=standard))
    assert count() == before
