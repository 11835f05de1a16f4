"""The ledger, the rolls, the plan of a year and its figures: what they count, on which day, and for whose eyes."""

from datetime import date
from io import BytesIO

import pytest
import time_machine
from django.core.exceptions import PermissionDenied, ValidationError
from django.urls import reverse
from openpyxl import load_workbook

from accounts.models import AuditEvent
from branches.actions import root
from branches.models import Branch
from branches.rights import Role
from members.models import Backbone
from recruitment import figures, quotas
from recruitment.models import Application, RecruitmentQuota, RoadStep
from tests.factories import BranchFactory, UserFactory
from tests.factories_recruitment import (
    ApplicantFactory,
    ApplicationFactory,
    ApplicationStayFactory,
    RecruitmentQuotaFactory,
    RoadStepFactory,
)
from tests.recruitment.roads import ROAD

TODAY = date(2025, 12, 15)
Stage = Application.Stage


def walked(branch, until, *, stage=Stage.PROBATION, **changed):
    """A file whose steps were taken on the days of the lawful road, up to one; `changed`: step=date."""
    names = {name: changed.pop(name) for name in list(changed) if name in ("member", "form_number")}
    application = ApplicationFactory(branch=branch, applied_on=date(2023, 9, 1), stage=stage, step=until, **names)
    ApplicationStayFactory(application=application)
    for act in ROAD:
        data = {
            name: str(value) if isinstance(value, date) else value
            for name, value in act.data.items()
            if name not in ("mentors", "sponsors")
        }
        on = changed.get(act.step, act.on)
        RoadStepFactory(application=application, step=act.step, on=on, data=data)
        if act.step == until:
            break
    return application


@pytest.fixture
def committee(db):
    return BranchFactory(kind=Branch.Kind.COMMITTEE, parent=root(), name="中共某校委员会")


@pytest.fixture
def branch(committee):
    return BranchFactory(parent=committee)


@pytest.fixture
def head(committee):
    return UserFactory(serving=committee, role=Role.COMMITTEE)


@pytest.fixture
def staff(db):
    return UserFactory(serving=root(), role=Role.STAFF)


def figures_of(year, *, on=TODAY):
    return figures.of_year(Application.objects.all(), year, on=on)


# --- figures


@pytest.mark.parametrize(
    ("on", "admitted"), [(date(2025, 8, 29), 0), (date(2025, 8, 30), 1)], ids=["the day before", "the day"]
)
def test_who_is_taken_in_counts_from_the_day_of_the_approval(branch, on, admitted):
    walked(branch, "committee_approval")
    found = figures_of(2025, on=on)

    assert (found.count("admitted"), found.count("prospects")) == (admitted, 1 - admitted)


def test_a_past_year_gives_the_same_again_whatever_came_later(branch):
    application = walked(branch, "committee_approval")
    before = figures_of(2024)
    assert (before.count("activists"), before.count("confirmed"), before.count("admitted")) == (1, 1, 0)

    RoadStepFactory(
        application=application, step="committee_approval", on=date(2025, 10, 1), is_undone=True, words="有误", data={}
    )
    assert figures_of(2025, on=date(2025, 9, 30)).count("admitted") == 1
    assert figures_of(2025).count("admitted") == 0
    assert figures_of(2024) == before


def test_a_closed_file_leaves_the_stock_on_the_day_of_its_end(branch):
    application = walked(branch, "activist_filing", stage=Stage.ACTIVIST)
    Application.objects.filter(pk=application.pk).update(
        outcome="withdrawn", ended_on=date(2025, 3, 1), end_reason="本人撤回"
    )

    assert figures_of(2025, on=date(2025, 2, 28)).count("activists") == 1
    assert figures_of(2025, on=date(2025, 3, 1)).count("activists") == 0


@pytest.mark.parametrize(
    ("started_on", "ended_on", "counts"),
    [(date(2025, 7, 10), None, 1), (date(2025, 7, 11), None, 0), (date(2024, 1, 1), date(2025, 7, 9), 0)],
    ids=["from the day of the vote", "a day late", "over the day before"],
)
def test_a_backbone_is_one_on_the_day_of_the_vote(branch, started_on, ended_on, counts):
    person = ApplicantFactory(position="副校长")
    walked(branch, "committee_approval", member=person)
    Backbone.objects.create(member=person, name="县级骨干教师", started_on=started_on, ended_on=ended_on)
    found = figures_of(2025)

    assert (found.backbones, found.heads) == (counts, 1)


def test_a_person_moved_counts_where_the_step_was_taken(branch, committee):
    application = walked(branch, "committee_approval")
    other = BranchFactory(parent=committee)
    Application.objects.filter(pk=application.pk).update(branch=other)

    assert [person.branch for person in figures_of(2025).people["admitted"]] == [branch.pk]


# --- plans


def test_a_committee_files_its_plan_and_the_places_are_issued(committee, head, staff):
    quota = quotas.plan(RecruitmentQuota(branch=committee, year=2026, planned=3), by=head, on=TODAY)
    said = {"places": 2, "backbone_share": 60, "number": "某教党〔2026〕2 号", "issued_on": date(2025, 12, 10)}
    with pytest.raises(PermissionDenied):
        quotas.issue(quota, **said, version=quota.version, by=head, on=TODAY)
    quota = quotas.issue(quota, **said, version=quota.version, by=staff, on=TODAY)

    assert (quota.planned, quota.places, quota.backbone_share) == (3, 2, 60)
    with pytest.raises(ValidationError, match="不能再改"):
        quotas.plan(quota, version=quota.version, by=head, on=TODAY)
    assert set(AuditEvent.objects.values_list("action", flat=True)) >= {"recruit.plan", "recruit.quota"}


@pytest.mark.parametrize(
    ("on", "allowed"), [(date(2025, 10, 31), False), (date(2025, 11, 1), True)], ids=["October", "November"]
)
def test_next_years_plan_is_filed_from_november_on(committee, head, on, allowed):
    quota = RecruitmentQuota(branch=committee, year=2026, planned=0)
    if allowed:
        assert quotas.plan(quota, by=head, on=on).pk
    else:
        with pytest.raises(ValidationError, match="从 11 月起"):
            quotas.plan(quota, by=head, on=on)


def test_a_branch_files_no_plan(branch, head):
    with pytest.raises(ValidationError, match="由党委上报"):
        quotas.plan(RecruitmentQuota(branch=branch, year=2025, planned=1), by=head, on=TODAY)


def test_places_that_are_used_up_warn_before_and_are_named_after(committee, branch):
    RecruitmentQuotaFactory(branch=committee, year=2025, places=1, issued_on=date(2025, 2, 10))
    waiting = walked(branch, "committee_screen", stage=Stage.ADMISSION)
    assert quotas.warning(waiting, TODAY) is None

    walked(branch, "committee_approval", form_number="1")
    assert "名额 1 名，已接收 1 名，名额已用完" in quotas.warning(waiting, TODAY)
    RoadStepFactory(application=waiting, step="pre_review", on=date(2025, 11, 1), words="引进人才", data={})
    (line,) = quotas.lines(RecruitmentQuota.objects.select_related("branch"), Application.objects.all(), 2025, on=TODAY)
    assert [(row.pk, step.words) for row, step in line.beyond] == [(waiting.pk, "引进人才")]
    assert (len(line.admitted), line.left, line.share) == (1, 0, 0)


def test_the_plan_of_the_work_committee_leaves_out_what_a_committee_answers_for(committee, branch):
    for owner in (root(), committee):
        RecruitmentQuotaFactory(branch=owner, year=2025)
    direct = BranchFactory(parent=root())
    for place in (branch, direct):
        walked(place, "committee_approval")
    found = quotas.lines(RecruitmentQuota.objects.select_related("branch"), Application.objects.all(), 2025, on=TODAY)

    assert {line.quota.branch_id: [person.branch for person in line.admitted] for line in found} == {
        root().pk: [direct.pk], committee.pk: [branch.pk],
    }  # fmt: skip


# --- sheets and pages


@pytest.fixture
def now():
    with time_machine.travel(TODAY):
        yield


def sheet(response, name=None):
    book = load_workbook(BytesIO(response.content))
    rows = list((book[name] if name else book.worksheets[0]).iter_rows(values_only=True))
    start = next(number for number, row in enumerate(rows) if row[0] == "序号")
    return rows[start], rows[start + 1 :]


def voted(branch):
    application = walked(branch, "branch_vote", stage=Stage.ADMISSION)
    row = RoadStep.objects.get(application=application, step="branch_vote")
    row.data = {"vote": {"entitled": 11, "present": 9, "in_favour": 8, "against": 0, "abstained": 1, "written": 0}}
    row.save()
    return application


@pytest.mark.parametrize(("role", "sees"), [(Role.STAFF, True), (Role.INSPECTOR, False)], ids=["staff", "督查"])
def test_votes_and_reviews_leave_only_with_whoever_may_see_them(client, branch, now, role, sees):
    voted(branch)
    client.force_login(UserFactory(serving=root(), role=role))
    header, (row,) = sheet(client.get(reverse("recruitment:export")))
    found = dict(zip(header, row, strict=True))

    suffix = "" if sees else "（限授权查看）"
    assert found[f"大会应到{suffix}"] == (11 if sees else None)
    assert found[f"大会弃权{suffix}"] == (1 if sees else None)
    assert found[f"政治审查{suffix}"] == ("2025-05-20 合格" if sees else None)
    assert found["支部大会"].date() == date(2025, 7, 10)
    assert AuditEvent.objects.filter(action="recruit.ledger").count() == 1


def test_no_name_is_a_formula(client, branch, now, staff):
    walked(branch, "initial_talk", stage=Stage.APPLICANT, member=ApplicantFactory(name="=1+1"))
    client.force_login(staff)
    _, (row,) = sheet(client.get(reverse("recruitment:export")))

    assert "=1+1" in row
    book = load_workbook(BytesIO(client.get(reverse("recruitment:export")).content))
    assert {cell.data_type for line in book.worksheets[0].iter_rows() for cell in line} <= {"s", "n", "d"}


def test_the_rolls_and_the_plan_stand_in_one_workbook(client, committee, branch, now, staff):
    RecruitmentQuotaFactory(branch=committee, year=2025, planned=4, places=2, issued_on=date(2025, 2, 10))
    voted(branch)
    walked(branch, "committee_approval", form_number="1")
    client.force_login(staff)
    answer = client.get(reverse("recruitment:export_rolls"))

    assert [len(sheet(answer, name)[1]) for name in ("入党积极分子名册", "发展对象名册", "预备党员名册")] == [0, 1, 1]
    _header, (row,) = sheet(answer, "2025年发展党员计划完成表")
    assert (row[2], row[3], row[5], row[-1]) == (4, 2, 1, 1)


def test_a_branch_takes_no_ledger_along(client, branch, now):
    client.force_login(UserFactory(serving=branch, role=Role.SECRETARY))

    assert client.get(reverse("recruitment:export")).status_code == 403


@pytest.mark.parametrize("name", ["export", "export_rolls", "figures", "quotas"])
def test_what_it_costs_does_not_grow_with_the_persons(client, count_queries, committee, branch, now, staff, name):
    client.force_login(staff)
    RecruitmentQuotaFactory(branch=committee, year=2025)
    page = reverse(f"recruitment:{name}")
    walked(branch, "committee_approval")
    client.get(page)
    before = count_queries(page)
    for number in range(4):
        walked(BranchFactory(parent=committee), "committee_approval", form_number=str(number))
    assert count_queries(page) == before


def test_the_pages_say_limit_and_name_the_people(client, committee, branch, now, head):
    RecruitmentQuotaFactory(branch=committee, year=2025, places=1, issued_on=date(2025, 2, 10))
    application = walked(branch, "committee_approval")
    client.force_login(head)

    assert "名额是上限，不要求用满" in client.get(reverse("recruitment:quotas")).text
    page = client.get(reverse("recruitment:figures"), {"year": "2025", "show": "admitted"}).text
    assert application.member.name in page


def test_the_forms_file_and_issue(client, committee, now, head, staff):
    client.force_login(head)
    client.post(reverse("recruitment:quota_add"), {"branch": committee.pk, "year": 2026, "planned": 3})
    quota = RecruitmentQuota.objects.get()
    assert (
        client.post(reverse("recruitment:quota_edit", args=[quota.pk]), {"planned": 2, "version": 1}).status_code == 302
    )
    client.force_login(staff)
    issued = {"places": 1, "backbone_share": "", "number": "", "issued_on": "2025-12-10", "version": 2}
    assert client.post(reverse("recruitment:quota_issue", args=[quota.pk]), issued).status_code == 302
    stale = client.post(reverse("recruitment:quota_issue", args=[quota.pk]), issued)
    quota.refresh_from_db()

    assert (quota.planned, quota.places, stale.status_code) == (2, 1, 200)
    assert "刚被别人改过" in stale.text
