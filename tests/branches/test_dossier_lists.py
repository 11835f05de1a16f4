"""The lists of 支部档案: counts, filters, what a list costs, and what it says when it is empty."""

import io
from datetime import date

import openpyxl
import pytest
import time_machine
from django.urls import reverse

from branches.actions import root
from branches.models import (
    CatalogueEntry,
)
from branches.rights import Role, Task
from tests.factories import (
    AssignmentFactory,
    BranchFactory,
    ContactPointFactory,
    ContactVisitFactory,
    GovernanceFactory,
    InstructorFactory,
    ResponsibilityLineFactory,
    SevenOnesFactory,
    TitleFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db
LISTS = ["dossiers", "contacts", "instructors", "titles", "sevens", "duties4"]


@pytest.fixture(autouse=True)
def _today():
    with time_machine.travel("2025-11-20 10:00+08:00", tick=False):
        yield


@pytest.fixture
def committee():
    return BranchFactory(committee=True, name="云岭一中党委", stage="senior")


@pytest.fixture
def branch(committee):
    return BranchFactory(parent=committee, name="云岭一中第一党支部", stage="senior", nature="public")


@pytest.fixture
def private():
    return BranchFactory(name="晨曦幼儿园党支部", stage="kindergarten", nature="private")


@pytest.fixture
def secretary(branch):
    return UserFactory(serving=branch)


@pytest.fixture
def boss(committee):
    return UserFactory(serving=committee, role=Role.COMMITTEE)


def entries(catalogue):
    return CatalogueEntry.objects.of(catalogue, 2025)


def full(branch):
    """One of everything in a branch's file."""
    contact = ContactPointFactory(branch=branch)
    ContactVisitFactory(contact=contact)
    GovernanceFactory(branch=branch)
    TitleFactory(branch=branch, entry=entries("title")[0], state="recommended", due_on=date(2025, 9, 30))
    SevenOnesFactory(branch=branch, entry=entries("seven_ones")[0])
    return contact


def page(client, name, *args, user=None, **query):
    if user is not None:
        client.force_login(user)
    response = client.get(reverse(f"branches:{name}", args=args), query)
    assert response.status_code == 200, response.status_code
    return response.content.decode()


def sheet(client, name, **query):
    response = client.get(reverse(f"branches:{name}"), query)
    assert response.status_code == 200
    return [
        [str(cell.value or "") for cell in row]
        for row in openpyxl.load_workbook(io.BytesIO(response.content)).active.iter_rows()
    ]


# --- lists


def test_the_overview_counts_stages_and_finds_what_is_missing(client, branch, private, staff):
    full(private)
    text = page(client, "dossiers", user=staff)
    assert "还没有登记" in text
    assert private.name in page(client, "dossiers", stage="running").split("<tbody")[1]
    assert branch.name not in page(client, "dossiers", stage="running").split("<tbody")[1]
    for lack in ("party_rules", "office_rules", "charter", "instructor"):
        assert private.name in page(client, "dossiers", lack=lack).split("<tbody")[1]
    assert branch.name in page(client, "dossiers", lack="contact").split("<tbody")[1]
    InstructorFactory(branch=private)
    assert "没有符合条件" in page(client, "dossiers", lack="instructor")
    assert private.name in sheet(client, "dossiers_export", stage="running")[4]


@pytest.mark.parametrize("name", LISTS)
def test_a_list_costs_the_same_at_any_length(client, count_queries, staff, name):
    def more(count):
        for _ in range(count):
            branch = BranchFactory(stage="kindergarten", nature="private")
            full(branch)
            InstructorFactory(branch=branch)
            ResponsibilityLineFactory(branch=root(), year=2025)

    client.force_login(staff)
    more(2)
    url = reverse(f"branches:{name}")
    count_queries(url)
    before = count_queries(url)
    more(9)
    assert count_queries(url) == before
    assert before <= 26


def test_a_file_and_a_leaders_page_cost_the_same_at_any_length(client, count_queries, branch, staff):
    client.force_login(staff)
    contact = full(branch)
    urls = [
        contact.get_absolute_url(),
        reverse("branches:dossier", args=[branch.pk]),
        reverse("branches:contacts_mine"),
    ]
    for url in urls:
        count_queries(url)
    before = [count_queries(url) for url in urls]
    for day in range(1, 10):
        ContactVisitFactory(contact=contact, visited_on=date(2025, 5, day))
        ContactPointFactory(branch=branch)
        TitleFactory(branch=branch, entry=entries("title")[2], year=2025 - day, level="县级")
    assert [count_queries(url) for url in urls] == before


@pytest.mark.parametrize("name", LISTS)
def test_each_list_says_what_to_do_when_there_is_nothing(client, name):
    lonely = BranchFactory(committee=True)
    text = page(client, name, user=UserFactory(serving=lonely, role=Role.COMMITTEE), q="没有这样的")
    assert 'class="empty"' in text


def test_a_former_contact_sees_nothing_more(client, branch):
    user = UserFactory()
    AssignmentFactory(
        user=user, branch=branch, task=Task.CONTACT, started_on=date(2025, 1, 1), until=date(2025, 11, 19)
    )
    client.force_login(user)
    assert client.get(reverse("branches:dossier", args=[branch.pk])).status_code == 403
