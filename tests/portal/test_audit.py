"""The page of the record: who sees what of it, how it is narrowed, and what the check says."""

from datetime import UTC, datetime

import pytest
import time_machine
from django.db import connection

from accounts import audit, chain
from branches.actions import root
from branches.rights import Role
from jobs.models import Job
from jobs.runner import run_here
from members import own
from tests.factories import BranchFactory, MemberFactory, UserFactory
from tests.factories_transfers import TransferFactory

pytestmark = pytest.mark.django_db
PAGE, CHECK = "/settings/audit/", "/settings/audit/verify/"
NOON = datetime(2025, 11, 20, 4, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def around(monkeypatch, settings, tmp_path):
    """The tests' own transaction counts as committed."""
    start, end = chain.SETTLED.index("AND ((pg_snapshot_xmin"), chain.SETTLED.index("ORDER BY")
    monkeypatch.setattr(chain, "SETTLED", chain.SETTLED[:start] + chain.SETTLED[end:])
    settings.VAR_DIR = tmp_path
    with time_machine.travel(NOON, tick=False):
        yield


@pytest.fixture
def admin(client):
    user = UserFactory(serving=root(), role=Role.ADMIN)
    client.force_login(user)
    return user


def shown(client, **query):
    return [row["event"].action for row in client.get(PAGE, query).context["rows"]]


def test_it_is_narrowed_by_person_act_kind_and_day(client, admin):
    branch, person = BranchFactory(), UserFactory(name="周明远", username="zhoumy")
    audit.record("account.sign_in", person, by=person)
    audit.record("branches.branch.edit", branch, by=admin, changed={"name": "x"})
    with time_machine.travel(datetime(2025, 11, 18, 4, 0, tzinfo=UTC), tick=False):
        audit.record("meeting.submit", by=person)

    assert shown(client, q="明远") == ["meeting.submit", "account.sign_in"]
    assert shown(client, q="zhoumy", act="account.sign_in") == ["account.sign_in"]
    assert "branches.branch.edit" in shown(client, act="edit")
    assert set(shown(client, thing="branches.Branch")) == {"branches.branch.edit"}
    assert shown(client, day="2025-11-18") == ["meeting.submit"]
    assert shown(client, q="没有这个人") == []
    page = client.get(PAGE, {"thing": "branches.Branch"}).content.decode()
    assert f'href="{branch.get_absolute_url()}">{branch}' in page
    assert "修改：" in page


@pytest.mark.parametrize(
    ("role", "status"), [(Role.ADMIN, 200), (Role.INSPECTOR, 200), (Role.STAFF, 403), (Role.LEADER, 403)]
)
def test_who_reads_it(client, role, status):
    client.force_login(UserFactory(serving=root(), role=role))

    assert client.get(PAGE).status_code == status
    assert client.post(CHECK).status_code == status
    assert client.get(CHECK).status_code == (302 if status == 200 else 403)


def test_a_long_chain_is_walked_by_the_worker_and_its_answer_kept(client, admin, monkeypatch, settings):
    assert client.get(CHECK)["Location"] == PAGE, "nothing was checked so far"
    audit.record("account.sign_in", admin, by=admin)
    chain.extend()
    monkeypatch.setattr("portal.views.audit.AT_ONCE", 0)
    monkeypatch.setattr("jobs.actions.kick", lambda: None)

    page = client.post(CHECK)["Location"]
    job = Job.objects.get()
    assert page == f"/jobs/{job.pk}/"
    assert client.post(CHECK)["Location"] == "/jobs/", "one at a time"
    run_here(job)
    shown = client.get(CHECK).content.decode()
    assert "完好" in shown
    assert chain.head().digest in shown

    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("UPDATE accounts_auditevent SET action = 'x'")
        cursor.execute("SET LOCAL session_replication_role = DEFAULT")
    client.post(CHECK)
    run_here(Job.objects.first())
    assert "被动过" in client.get(CHECK).content.decode()


def test_a_check_asked_for_by_somebody_whose_post_has_ended_is_refused(client, admin):
    job = Job.objects.create(kind="portal.audit_verify", created_by=UserFactory())

    assert run_here(job).state == Job.State.FAILED


def test_an_account_is_named_to_who_manages_accounts(client, admin):
    person = UserFactory(name="周明远")
    audit.record("account.disable", person, by=admin)
    assert f'href="/settings/accounts/{person.pk}/">周明远' in client.get(PAGE).content.decode()

    client.force_login(UserFactory(serving=root(), role=Role.INSPECTOR))
    assert "周明远" not in client.get(PAGE).content.decode()


def test_an_inspector_below_reads_of_the_own_people_and_names_no_row_of_others(client):
    school, elsewhere = BranchFactory(committee=True), BranchFactory(name="别处党支部")
    ours, theirs = UserFactory(serving=school, role=Role.COMMITTEE), UserFactory(serving=elsewhere)
    audit.record("branches.branch.edit", elsewhere, by=ours)
    audit.record("branches.branch.edit", elsewhere, by=theirs)
    client.force_login(UserFactory(serving=school, role=Role.INSPECTOR))

    page = client.get(PAGE)

    assert [row["event"].by for row in page.context["rows"]] == [ours]
    assert "别处党支部" not in page.content.decode()
    assert client.post(CHECK)["Location"] == PAGE


def test_frequent_looks_are_marked_and_a_discipline_look_at_oneself_is_not_told(client, admin, settings):
    branch = BranchFactory()
    mine, other = MemberFactory(branch=branch, user=admin), MemberFactory(branch=branch)
    reader = UserFactory(serving=root(), role=Role.DISCIPLINE)
    settings.LOOKUP_LIMITS = {"hour": 20, "frequent": 1}
    for person in (mine, other):
        own.reveal(person, "phone", reason="superior", by=reader, on=NOON.date())

    rows = client.get(PAGE, {"act": "member.reveal"}).context["rows"]
    assert [(row["event"].object_id, row["is_frequent"]) for row in rows] == [(str(other.pk), True)]
    assert shown(client, frequent="1") == ["member.reveal"]


def test_the_check_says_whole_or_names_the_place(client, admin):
    events = [audit.record("meeting.submit", by=admin) for _ in range(3)]
    chain.extend()
    assert "完好" in client.post(CHECK).content.decode()
    assert chain.head().digest in client.get(PAGE).content.decode()

    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("UPDATE accounts_auditevent SET action = 'x' WHERE id = %s", [events[1].pk])
        cursor.execute("SET LOCAL session_replication_role = DEFAULT")
    answer = client.post(CHECK).content.decode()
    assert "操作记录被动过" in answer
    assert f"编号 {events[1].pk}）或链环被改动" in answer


def test_the_page_costs_the_same_at_any_length(client, admin, count_queries):
    def furnish():
        branch = BranchFactory()
        member = MemberFactory(branch=branch)
        for thing in (branch, member, admin):
            audit.record("members.member.edit", thing, by=UserFactory())

    furnish()
    before = count_queries(PAGE)
    for _ in range(6):
        furnish()
    assert count_queries(PAGE) == before


def test_rows_called_after_another_row_cost_the_same_at_any_number(client, admin, count_queries):
    for _ in range(2):
        audit.record("transfer.ask", TransferFactory(), by=admin)
    before = count_queries(PAGE)
    for _ in range(4):
        audit.record("transfer.ask", TransferFactory(), by=admin)
    assert count_queries(PAGE) == before
    assert "的组织关系转接" in client.get(PAGE).content.decode()
