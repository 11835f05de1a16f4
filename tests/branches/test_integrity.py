"""廉政风险点 of posts, looked at again in time; 四种形态 as numbers; who sees neither."""

import io
from datetime import date

import pytest
import time_machine
from django.core.exceptions import PermissionDenied, ValidationError
from django.urls import reverse
from openpyxl import load_workbook

from branches import integrity
from branches.actions import root
from branches.models import FormCount, IntegrityRisk
from branches.rights import Role
from tests import factories

pytestmark = pytest.mark.django_db
ON = date(2025, 6, 20)


@pytest.fixture(autouse=True)
def _today():
    with time_machine.travel("2025-06-20 10:00+08:00", tick=False):
        yield


@pytest.fixture
def branch():
    return factories.BranchFactory(name="第一小学党支部")


@pytest.fixture
def secretary(branch):
    return factories.UserFactory(serving=branch, name="周建平")


@pytest.fixture
def discipline():
    return factories.UserFactory(serving=root(), role=Role.DISCIPLINE)


def risk_of(branch, **fields):
    return IntegrityRisk(
        branch=branch, level="high",
        **{"place": "食堂采购", "risk": "询价不充分", "measure": "三家询价，公示", "owner_post": "总务主任", "found_on": ON,
           "review_on": date(2025, 12, 20)} | fields,
    )  # fmt: skip


def test_a_review_moves_the_day_and_the_end_stops_it(branch, secretary):
    risk = integrity.save_risk(
        risk_of(branch, found_on=date(2025, 1, 10), review_on=date(2025, 7, 10)), by=secretary, on=ON
    )
    risk = integrity.review(risk, reviewed_on=date(2025, 6, 18), version=risk.version, by=secretary, on=ON)
    assert (risk.reviewed_on, risk.review_on) == (date(2025, 6, 18), date(2025, 12, 18))

    with pytest.raises(ValidationError, match="2025-06-18 至今天"):
        integrity.review(risk, reviewed_on=date(2025, 6, 1), version=risk.version, by=secretary, on=ON)
    risk = integrity.close(risk, closed_on=ON, version=risk.version, by=secretary, on=ON)
    assert not IntegrityRisk.objects.open().exists()
    for act in (
        lambda: integrity.review(risk, reviewed_on=ON, version=risk.version, by=secretary, on=ON),
        lambda: integrity.close(risk, closed_on=ON, version=risk.version, by=secretary, on=ON),
        lambda: integrity.save_risk(risk, version=risk.version, by=secretary, on=ON),
    ):
        with pytest.raises(ValidationError, match="2025-06-20 消除"):
            act()


def test_the_next_review_is_not_put_off_beyond_the_rule(branch, secretary):
    with pytest.raises(ValidationError, match="最迟填 2025-12-20") as refused:
        integrity.save_risk(risk_of(branch, review_on=date(2025, 12, 21)), by=secretary, on=ON)
    assert set(refused.value.error_dict) == {"review_on"}
    integrity.save_risk(risk_of(branch), by=secretary, on=ON)


@pytest.mark.parametrize(
    ("name", "text"),
    [("place", "王校长审批"), ("owner_post", "周建平"), ("risk", "李红同志经手的采购"), ("measure", "由张老师负责")],
)
def test_a_person_is_refused(branch, secretary, name, text):
    text = text if name != "measure" else "公示，张老师负责"
    with pytest.raises(ValidationError, match="不写姓名") as refused:
        integrity.save_risk(risk_of(branch, **{name: text}), by=secretary, on=ON)
    assert set(refused.value.error_dict) == {name}


@pytest.mark.parametrize(
    "text", ["总务主任", "副校长（分管后勤）", "关工委主任", "高中部年级主任", "党支部书记", "办公室"]
)
def test_a_post_is_none(branch, text):
    assert not integrity.names_somebody(text, branch)


def test_numbers_by_form_and_quarter(client, branch, discipline):
    integrity.count(branch, day=date(2025, 2, 3), numbers={1: 3, 2: 0}, by=discipline, on=ON)
    integrity.count(branch, day=date(2025, 6, 3), numbers={1: 1, 4: 2}, by=discipline, on=ON)
    table = integrity.by_quarter(FormCount.objects.all())
    assert table[0] == ("第一种形态", [3, 1, 0, 0], 4)
    assert table[-1] == ("合计", [3, 3, 0, 0], 6)
    with pytest.raises(ValidationError, match="至少填一种"):
        integrity.count(branch, day=ON, numbers={1: 0}, by=discipline, on=ON)
    with pytest.raises(ValidationError, match="已经登记"):
        integrity.count(branch, day=date(2025, 2, 3), numbers={1: 1}, by=discipline, on=ON)

    client.force_login(discipline)
    client.post(reverse("branches:form_count_drop", args=[FormCount.objects.get(on=date(2025, 2, 3)).pk]))
    assert FormCount.objects.filter(on__month=2).count() == 0
    answer = client.post(
        f"{reverse('branches:form_count_add')}?branch={branch.pk}", {"day": "2025-02-03", "form_1": "5"}
    )
    assert answer.status_code == 302
    assert client.get(reverse("branches:form_counts")).context["table"][-1][1] == [5, 3, 0, 0]
    book = load_workbook(io.BytesIO(client.get(reverse("branches:form_counts_export")).content))
    assert book["明细"].max_row == 3, "who takes no reports along gets no rows"


@pytest.mark.parametrize("role", [Role.INSPECTOR, Role.STAFF, Role.ADMIN, Role.SECRETARY])
def test_the_four_forms_are_closed(client, role):
    client.force_login(factories.UserFactory(serving=root(), role=role))
    assert client.get(reverse("branches:form_counts")).status_code == 403


def test_risks_are_seen_by_the_branch_and_those_charged_with_it(client, branch, secretary):
    risk = factories.IntegrityRiskFactory(branch=branch)
    stranger = factories.UserFactory(serving=factories.BranchFactory())
    inspector = factories.UserFactory(serving=root(), role=Role.INSPECTOR)
    for person, code in ((secretary, 200), (stranger, 404), (inspector, 403)):
        client.force_login(person)
        assert client.get(risk.get_absolute_url()).status_code == code
    with pytest.raises(PermissionDenied):
        integrity.save_risk(risk_of(branch), by=stranger, on=ON)


def test_the_list_puts_first_what_is_overdue_and_costs_the_same_at_any_length(client, branch, secretary, count_queries):
    late = factories.IntegrityRiskFactory(branch=branch, review_on=date(2025, 6, 1), found_on=date(2025, 1, 1))
    factories.IntegrityRiskFactory(branch=branch, review_on=date(2025, 9, 1), risk="另一个")
    client.force_login(secretary)
    url = reverse("branches:risks")
    answer = client.get(url)
    assert [row["sign"] for row in answer.context["rows"]] == ["late", "wait"]
    assert [row["risk"] for row in client.get(f"{url}?state=due").context["rows"]] == [late]

    before = count_queries(url)
    for place in range(10):
        factories.IntegrityRiskFactory(branch=branch, risk=f"风险 {place}", created_by=secretary)
    assert count_queries(url) == before


def test_entering_reviewing_and_a_stale_page(client, branch, secretary):
    client.force_login(secretary)
    typed = {"place": "食堂采购", "risk": "询价不充分", "level": "high", "measure": "公示", "owner_post": "总务主任",
             "found_on": "2025-06-20", "review_on": "2025-12-20", "version": ""}  # fmt: skip
    answer = client.post(reverse("branches:risk_add"), typed)
    risk = IntegrityRisk.objects.get()
    assert answer.url == risk.get_absolute_url()
    client.post(reverse("branches:risk_review", args=[risk.pk]), {"day": "2025-06-20", "version": "1"})

    answer = client.post(reverse("branches:risk_edit", args=[risk.pk]), typed | {"measure": "另写", "version": "1"})
    text = answer.content.decode()
    assert "刚被别人改过" in text
    assert "另写" in text
    assert client.post(
        reverse("branches:risk_edit", args=[risk.pk]),
        typed | {"measure": "另写", "version": answer.context["form"]["version"].value()},
    ).status_code == 302  # fmt: skip
    risk.refresh_from_db()
    assert (risk.measure, risk.reviewed_on) == ("另写", ON)


def test_the_history_of_an_organisation_does_not_tell_of_its_counts(client, branch, secretary, discipline):
    integrity.count(branch, day=date(2025, 6, 3), numbers={1: 1}, by=discipline, on=ON)
    integrity.drop_count(FormCount.objects.get(), by=discipline)
    for user in (secretary, factories.UserFactory(serving=root(), role=Role.INSPECTOR)):
        client.force_login(user)
        assert "四种形态" not in client.get(branch.get_absolute_url()).text
