"""The pages of the visit and of what came out: who opens them, what they keep, and that they cost the same at any length."""

import io
from datetime import date
from decimal import Decimal

import pytest
import time_machine
from django.urls import reverse
from openpyxl import load_workbook

from branches import feedback, visits
from branches.actions import root
from branches.models import Screening, ScreeningCampaign
from branches.rights import Role, Task
from tests.branches.test_feedback import issue
from tests.branches.test_visits import handed_in, judged_branch
from tests.factories import (
    AppointmentFactory,
    AssignmentFactory,
    BranchFactory,
    MeetingFactory,
    ScreeningCampaignFactory,
    ScreeningFactory,
    ScreeningMarkFactory,
    StandardGroupFactory,
    StandardItemFactory,
    UserFactory,
)

SINCE = date(2025, 1, 1)
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("_day")]


@pytest.fixture
def _day():
    with time_machine.travel("2025-04-16T02:00:00Z", tick=False):
        yield


def fields(screening, *choices, **more):
    """What the judging page sends."""
    screening.refresh_from_db()
    data = {"version": screening.version, "visited_on": "2025-04-15"}
    for row, choice in zip(screening.marks.order_by("pk"), choices, strict=False):
        if isinstance(choice, tuple):
            data |= dict(zip([f"{row.pk}-choice", f"{row.pk}-points", f"{row.pk}-words"], choice, strict=False))
        else:
            data[f"{row.pk}-choice"] = choice
    return data | more


def page(screening, name="visit"):
    return reverse(f"branches:{name}", args=[screening.pk])


# --- the assessor


def test_the_list_is_that_of_whoever_was_sent(client):
    mine, other = judged_branch(), judged_branch()
    client.force_login(mine.assessor)

    text = client.get(reverse("branches:visits")).text

    assert str(mine.branch) in text
    assert str(other.branch) not in text
    assert "0／2" in text
    assert client.get(page(other)).status_code == 404


def test_a_visit_from_the_first_tap_to_the_end(client):
    screening = judged_branch(state="waiting")
    client.force_login(screening.assessor)

    assert "开始研判" in client.get(page(screening)).text
    client.post(page(screening, "visit_start"))
    assert client.post(page(screening), fields(screening, "full")).status_code == 302
    assert "已判 1/2" in client.get(page(screening)).text
    answer = client.post(page(screening), fields(screening, "full", ("other", "12.5", "缺两次记录"), finish="1"))
    assert answer["Location"] == page(screening, "visit_finish")
    shown = client.get(answer["Location"]).text
    assert "缺两次记录" in shown
    assert "一般" in shown
    row = screening.marks.order_by("pk").last()
    screening.refresh_from_db()
    data = {
        "version": screening.version, "visited_on": "2025-04-15", "advice": "补齐。", f"{row.pk}-raise": "on",
        f"{row.pk}-problem": "缺两次会议记录", "submit": "1",
    }  # fmt: skip
    assert client.post(page(screening, "visit_finish"), data)["Location"] == reverse("branches:visits")

    screening.refresh_from_db()
    row.refresh_from_db()
    assert (screening.state, screening.points, screening.advice) == ("submitted", Decimal("22.5"), "补齐。")
    assert (row.problem, row.words) == ("缺两次会议记录", "缺两次记录")


def test_what_is_sent_in_between_is_answered_in_few_words(client):
    screening = judged_branch()
    client.force_login(screening.assessor)

    def send(data):
        return client.post(page(screening), data, headers={"x-visit": "1"})

    kept = send(fields(screening, "half"))
    assert (kept.status_code, kept.json()) == (200, {"version": screening.version + 1})
    assert screening.marks.order_by("pk").first().points == 5
    wrong = send(fields(screening, ("other", "99")))
    assert (wrong.status_code, list(wrong.json())) == (422, ["faults"])
    assert send(fields(screening, "full", version=1)).status_code == 409
    assert screening.marks.order_by("pk").first().points == 5


def test_a_fault_and_a_newer_copy_keep_what_was_typed(client):
    screening = judged_branch()
    client.force_login(screening.assessor)

    wrong = client.post(page(screening), fields(screening, ("other", "99", "多给了"))).text
    assert "0 至 10 分" in wrong
    assert "多给了" in wrong
    client.post(page(screening), fields(screening, ("none", "", "先存的")))
    stale = client.post(page(screening), fields(screening, ("full", "", "后存的"), version=1)).text

    assert "刚被别人改过" in stale
    assert "先存的" in stale
    assert "后存的" in stale


@pytest.mark.parametrize(
    ("choice", "points", "applicable"),
    [
        ("full", 10, True), ("half", 5, True), ("none", 0, True), (("other", "3.25"), Decimal("3.25"), True),
        (("na", "", "没有"), None, False),
    ],
    ids=["full", "half", "none", "other", "na"],
)  # fmt: skip
def test_each_button_says_what_it_means(client, choice, points, applicable):
    screening = judged_branch()
    client.force_login(screening.assessor)

    client.post(page(screening), fields(screening, choice))

    row = screening.marks.order_by("pk").first()
    assert (row.points, row.is_applicable) == (points, applicable)


def test_what_the_records_fill_in_is_folded_with_its_evidence(client):
    screening = judged_branch()
    meetings = [MeetingFactory(branch=screening.branch, topic=f"第{place}次学习") for place in range(3)]
    far = MeetingFactory(topic="别处的会")
    row = screening.marks.order_by("pk").first()
    row.points, row.is_filled = Decimal("3.33"), True
    row.seen = {
        "value": "1", "whole": "3", "model": "meetings.Meeting", "pks": [*(each.pk for each in meetings), far.pk],
        "missing": ["3 月主题党日"], "note": "",
    }  # fmt: skip
    row.save()
    client.force_login(screening.assessor)

    text = client.get(page(screening)).text
    assert "应有 3，做到 1" in text
    assert "3 月主题党日" in text
    assert "看 4 条记录" in text
    shown = client.get(reverse("branches:mark_evidence", args=[row.pk])).text
    assert "第1次学习" in shown
    assert "别处的会" not in shown
    assert "另有 1 条" in shown
    refused = client.post(page(screening), fields(screening, "full")).text
    assert "写明改动的理由" in refused


def test_the_pages_cost_the_same_at_any_length(client, count_queries, staff):
    screening = judged_branch(points=(10,))
    client.force_login(screening.assessor)
    urls = [reverse("branches:visits"), page(screening), page(screening, "visit_finish")]
    before = [count_queries(url) for url in urls]
    group = StandardGroupFactory(standard=screening.campaign.standard)
    for item in StandardItemFactory.create_batch(8, group=group, points=5):
        ScreeningMarkFactory(screening=screening, item=item, points=1, words="x")
    for _ in range(5):
        more = ScreeningFactory(
            campaign=screening.campaign, assessor=screening.assessor, judging=True, branch=BranchFactory()
        )
        AssignmentFactory(
            user=screening.assessor,
            branch=more.branch,
            task=Task.ASSESSOR,
            started_on=date(2025, 1, 1),
            until=date(2099, 1, 1),
        )

    assert [count_queries(url) for url in urls] == before


# --- approval, results, letters


def test_a_second_person_approves_one_or_many(client, staff):
    one, two, own = (handed_in(Decimal(each), points=(30,)) for each in (29, 20, 10))
    own.assessor = own.submitted_by = staff
    own.save()
    client.force_login(staff)
    url = reverse("branches:approvals")

    assert "您研判的" in client.get(url).text
    client.post(url, {"pk": [one.pk, own.pk]})
    client.post(page(two, "screening_approve"), {"version": two.version, "chosen": "lagging"})
    two.refresh_from_db()
    assert two.state == "submitted", "another class without a reason"
    client.post(
        page(two, "screening_approve"), {"version": two.version, "chosen": "lagging", "reason": "有一票否决情形"}
    )

    states = {row.pk: (row.state, row.approved_class) for row in Screening.objects.all()}
    assert states == {one.pk: ("approved", "advanced"), two.pk: ("approved", "lagging"), own.pk: ("submitted", "")}
    client.post(
        page(one, "screening_return"), {"version": Screening.objects.get(pk=one.pk).version, "reason": "重看第 1 项"}
    )
    assert Screening.objects.get(pk=one.pk).state == "returned"


SEES = [
    ("staff", root, Role.STAFF, 200, 200), ("leader", root, Role.LEADER, 200, 200), ("committee", "up", Role.COMMITTEE, 200, 200),
    ("secretary", "own", Role.SECRETARY, 404, 200), ("editor", "own", Role.EDITOR, 404, 404),
    ("inspector", root, Role.INSPECTOR, 404, 404), ("other secretary", "other", Role.SECRETARY, 404, 404),
    ("other committee", "far", Role.COMMITTEE, 404, 404), ("discipline", root, Role.DISCIPLINE, 404, 404),
]  # fmt: skip


@pytest.mark.parametrize(("place", "role", "before", "after"), [row[1:] for row in SEES], ids=[row[0] for row in SEES])
def test_who_sees_the_result_and_when(client, staff, place, role, before, after):
    up, far = BranchFactory(kind="committee"), BranchFactory(kind="committee")
    branch = BranchFactory(parent=up)
    places = {"up": up, "own": branch, "other": BranchFactory(parent=up), "far": far}
    screening = handed_in(Decimal(20), points=(30,), branch=branch)
    visits.approve(screening, by=staff)
    user = UserFactory(serving=root() if place is root else places[place], role=role)
    client.force_login(user)

    assert client.get(page(screening, "screening")).status_code == before
    issue(screening.campaign, [screening], staff)
    assert client.get(page(screening, "screening")).status_code == after
    assert client.get(page(screening, "screening_letter")).status_code in ({200} if after == 200 else {403, 404})
    if role in (Role.INSPECTOR, Role.EDITOR):  # they read the notice, which says nothing of it
        text = client.get(reverse("duties:notices")).text
        assert not any(word in text for word in ("先进", "后进"))


def test_an_assessor_sees_nothing_once_the_task_has_ended(client, staff):
    screening = handed_in(Decimal(20), points=(30,))
    client.force_login(screening.assessor)
    assert client.get(page(screening, "screening")).status_code == 200
    screening.assessor.assignments.update(until=date(2025, 4, 15))

    assert client.get(page(screening, "screening")).status_code == 404
    assert client.get(page(screening)).status_code == 403


def test_who_judged_has_neither_the_draft_nor_the_letter(client, staff):
    screening = handed_in(Decimal(20), points=(30,))
    AppointmentFactory(user=screening.assessor, branch=BranchFactory(), role=Role.SECRETARY)
    visits.approve(screening, by=staff)
    client.force_login(screening.assessor)

    assert client.get(page(screening, "screening_letter")).status_code == 404
    issue(screening.campaign, [screening], staff)
    assert client.get(page(screening, "screening_letter")).status_code == 404
    result = client.get(page(screening, "screening"))
    assert result.status_code == 200
    assert page(screening, "screening_letter") not in result.text


def test_results_are_taken_along_only_where_reports_may_be(client, staff):
    up = BranchFactory(kind="committee")
    below, own = BranchFactory(parent=up), BranchFactory()
    for branch in (below, own):
        screening = visits.approve(handed_in(Decimal(20), points=(30,), branch=branch), by=staff)
        issue(screening.campaign, [screening], staff, serial=screening.pk)
    user = UserFactory(serving=up, role=Role.COMMITTEE)
    AppointmentFactory(user=user, branch=own, role=Role.SECRETARY)
    client.force_login(user)

    taken = []
    for campaign in ScreeningCampaign.objects.all():
        book = load_workbook(
            io.BytesIO(client.get(reverse("branches:results_export"), {"campaign": campaign.pk}).content)
        )
        taken += [str(cell) for row in book.active.iter_rows(values_only=True) for cell in row]
    assert below.name in taken
    assert own.name not in taken


def test_letters_go_out_from_the_page(client, staff):
    campaign = ScreeningCampaignFactory()
    rows = [visits.approve(handed_in(Decimal(each), points=(30,), campaign=campaign), by=staff) for each in (29, 20)]
    client.force_login(staff)
    url = reverse("branches:letters", args=[campaign.pk])

    assert client.get(url).text.count("看草稿") == 2
    data = {"prefix": "云教党函〔2025〕", "serial": 1, "due_on": "2025-09-30"}
    assert "先选定" in client.post(url, data).text
    assert client.post(url, data | {"pk": [row.pk for row in rows]})["Location"].endswith("?tab=out")
    out = client.get(url + "?tab=out").text
    assert "云教党函〔2025〕2号" in out
    assert "第 1–2 份" in out
    pack = client.get(reverse("branches:letters_pack", args=[campaign.pk]))
    assert pack["Content-Type"] == "application/zip"


def test_the_results_say_what_became_of_each_and_no_class_stands_in_an_address(client, staff, tmp_path):
    old, campaign = ScreeningCampaignFactory(year=2024), ScreeningCampaignFactory()
    row = visits.approve(handed_in(Decimal(29), points=(30,), campaign=campaign), by=staff)
    ScreeningFactory(issued=True, campaign=old, branch=row.branch, letter_number="云教党函〔2024〕1号")
    visits.approve(handed_in(Decimal(3), points=(30,), campaign=campaign), by=staff)
    client.force_login(staff)
    url = reverse("branches:results")

    text = client.get(url).text
    assert "晋位" in text
    assert "?place=3" in text
    assert "lagging" not in text
    assert len(client.get(url + "?place=3").context["rows"]) == 1
    (tmp_path / "a.xlsx").write_bytes(client.get(reverse("branches:results_export")).content)
    cells = [[cell.value for cell in line] for line in load_workbook(tmp_path / "a.xlsx").active.iter_rows()]
    assert [
        "序号",
        "党组织",
        "学段",
        "上轮得分",
        "上轮类别",
        "本轮得分",
        "本轮类别",
        "变化",
        "研判人",
        "审定人",
    ] in cells
    assert any(line[1] == row.branch.name and line[7] == "晋位" for line in cells)


def test_before_and_after_stand_side_by_side(client, staff):
    campaign = ScreeningCampaignFactory()
    first = visits.approve(handed_in(Decimal(10), points=(30,), campaign=campaign), by=staff)
    back = handed_in(Decimal(29), points=(30,), campaign=campaign, branch=first.branch, kind="look_back", first=first)
    visits.approve(back, by=staff)
    client.force_login(staff)

    text = client.get(page(back, "screening_compare")).text

    assert "▲ 提高 19" in text
    assert "晋位" in text
    assert feedback.change(Screening.objects.get(pk=back.pk), Screening.objects.get(pk=first.pk))[1] == "晋位"


def test_lists_cost_the_same_at_any_length(client, count_queries, staff):
    campaign, old = ScreeningCampaignFactory(), ScreeningCampaignFactory(year=2024)
    client.force_login(staff)

    def more(number):
        for _ in range(number):
            branch = BranchFactory()
            ScreeningFactory(campaign=campaign, submitted=True, branch=branch)
            ScreeningFactory(campaign=old, issued=True, branch=branch, letter_number=f"号{branch.pk}")
        for _ in range(number):
            ScreeningFactory(campaign=campaign, approved=True, branch=BranchFactory())

    urls = [reverse("branches:approvals"), reverse("branches:results"), reverse("branches:letters", args=[campaign.pk])]
    more(1)
    before = [count_queries(url) for url in urls]
    more(6)

    assert [count_queries(url) for url in urls] == before
