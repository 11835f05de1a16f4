"""年度数据: each figure counted by hand, the records behind it one click away, 未登记 where the portal keeps nothing."""

import io
from datetime import date

import openpyxl
import pytest
import time_machine
from django.urls import reverse

from branches.actions import root
from branches.models import CatalogueEntry, OrgChange
from branches.rights import Role
from portal.reports import making, sheet
from portal.reports.catalogue import BY_KEY
from portal.reports.figure_records import Books
from portal.reports.year_figures import BY_KEY as FIGURES
from portal.reports.year_figures import UNKNOWN, found
from tests.factories import (
    ActivityFactory,
    AdmonitionTalkFactory,
    ApplicationFactory,
    BranchFactory,
    EnrolmentFactory,
    GovernanceFactory,
    HonourFactory,
    InstructorFactory,
    MeetingFactory,
    MemberFactory,
    OrgChangeFactory,
    PostFactory,
    RoadStepFactory,
    SanctionFactory,
    TermFactory,
    TitleFactory,
    TrainingClassFactory,
    UserFactory,
    WeakCaseFactory,
)
from tests.recruitment.roads import ROAD

TODAY = date(2025, 11, 20)


@pytest.fixture
def admin(db):
    return UserFactory(serving=root(), role=Role.ADMIN)


@pytest.fixture
def branch(db):
    return BranchFactory(name="云岭第一小学党支部")


def ask(by, on=TODAY, year=2025):
    return making.ask_of(BY_KEY["year_figures"], {"year": year, "on": on}, user=by, today=TODAY)


def number(key, by, on=TODAY, year=2025):
    return found(FIGURES[key], Books(ask(by, on, year)))[1]


def meeting(branch, kind, on=date(2025, 5, 6), **fields):
    return MeetingFactory(branch=branch, held_on=on, kinds=(kind,), **({"accepted": True} | fields))


def title(branch, word, level, on=date(2025, 9, 1), **fields):
    entry = CatalogueEntry.objects.get(catalogue=CatalogueEntry.Catalogue.TITLE, label=word)  # of the samples
    named = {
        "state": "named",
        "state_on": on,
        "named_on": on,
        "number": "云党〔2025〕8号",
        "named_by": UserFactory(),
        "named_at": NOW,
    }
    return TitleFactory(branch=branch, entry=entry, level=level, **(named | fields))


NOW = "2025-09-02T01:00:00Z"


def _lectures(branch):
    meeting(branch, "party_lecture")
    meeting(BranchFactory(), "party_lecture", on=TODAY)
    meeting(branch, "party_lecture", on=date(2024, 5, 6))
    meeting(branch, "party_lecture", accepted=False, returned=True)


def _own(kind):
    def make(branch):
        meeting(root(), kind)
        meeting(branch, kind)

    return make


def _activities(*rows):
    """Rows of (kind, whether of the work committee, fields)."""

    def make(branch):
        for kind, is_own, fields in rows:
            ActivityFactory(branch=root() if is_own else branch, kind=kind, **fields)

    return make


def _classes(branch):
    training = TrainingClassFactory(branch=root())
    for _ in range(3):
        EnrolmentFactory(training_class=training, branch=branch, member=MemberFactory(branch=branch))
    TrainingClassFactory(branch=root(), state="cancelled", cancel_reason="与会议冲突")
    TrainingClassFactory(
        branch=root(), starts_on=date(2024, 4, 1), ends_on=date(2024, 4, 2), enrols_until=date(2024, 3, 1)
    )


def _changes(branch):
    OrgChangeFactory(branch=branch, kind=OrgChange.Kind.OVERSIZED, on=date(2025, 4, 1))
    OrgChangeFactory(branch=branch, kind=OrgChange.Kind.SPLIT, on=date(2025, 4, 1))  # of one organisation: counted once
    OrgChangeFactory(branch=branch, kind=OrgChange.Kind.OVERSIZED, on=date(2024, 4, 1))


def _instructors(branch):
    for place in (branch, BranchFactory()):
        InstructorFactory(branch=place, name="孙立群", position="县第一中学副书记")
    InstructorFactory(branch=BranchFactory(), started_on=date(2023, 1, 1), ended_on=date(2024, 12, 31))


def _terms(branch):
    first = TermFactory(branch=branch, started_on=date(2022, 5, 1), expires_on=date(2025, 5, 1))
    again = TermFactory(branch=branch, started_on=date(2025, 5, 1), expires_on=date(2028, 5, 1))
    TermFactory(branch=BranchFactory(), started_on=date(2025, 6, 1))  # the first of a new branch
    stays, comes = (MemberFactory(branch=branch) for _ in range(2))
    PostFactory(term=first, member=stays, office="secretary", ended_on=date(2025, 4, 30))
    PostFactory(term=again, member=stays, office="secretary", is_dual_leader=True, dual_basis="云教〔2025〕3号")
    PostFactory(term=first, member=comes, office="committee", ended_on=date(2025, 4, 30))
    PostFactory(term=again, member=comes, office="deputy")


def _honours(branch):
    HonourFactory(branch=branch, conferred_on=date(2025, 6, 30))
    HonourFactory(branch=branch, conferred_on=date(2025, 6, 30), revoked_on=date(2025, 9, 1))
    HonourFactory(branch=branch, conferred_on=date(2025, 9, 10))
    for _ in range(2):
        HonourFactory(
            branch=branch, member=MemberFactory(branch=branch), title="优秀共产党员", conferred_on=date(2025, 7, 1)
        )


def _sanctions(branch):
    SanctionFactory(member=MemberFactory(branch=branch))
    SanctionFactory(member=MemberFactory(branch=branch), started_on=date(2024, 5, 1), number="云纪〔2024〕1号")


def _roads(branch):
    for acts in (ROAD[:4], ROAD[:9], ROAD[:18]):  # an activist, a prospect, one taken in
        application = ApplicationFactory(branch=branch, applied_on=ROAD[0].on)
        for act in acts:
            RoadStepFactory(application=application, step=act.step, on=act.on, data={})


LESSONS = _activities(
    ("master_class", False, {"count": 3, "answers": {"form": "model"}}),
    ("master_class", False, {"count": None, "answers": {"form": "open"}}),
    ("master_class", False, {"count": 2, "answers": {"form": "sent"}}),
)
TEAMS = _activities(
    ("volunteering", False, {"answers": {"team": "护学岗队"}}),
    ("volunteering", False, {"answers": {"team": "护学岗队 "}}),
    ("volunteering", False, {"answers": {}}),
    ("volunteering", True, {"answers": {"team": "护学岗队"}}),
)
BY_HAND = [
    ("theory_study", _own("theory_study"), 1),
    ("party_study", _own("special_party_study"), 1),
    ("lectures", _lectures, 2),
    ("work_committee", _activities(("work_committee_meeting", True, {}), ("work_committee_meeting", True, {})), 2),
    ("civics", _activities(("civics_lesson", False, {})), 1),
    ("research", _activities(("research", False, {}), ("research", True, {})), 2),
    ("cases", _activities(("education_case", False, {})), 1),
    ("reflections", _activities(("reflection", True, {"count": 5}), ("reflection", False, {"count": 7})), 5),
    ("heart_talks", _activities(("secretary_talk", True, {})), 1),
    ("classes", _classes, 1),
    ("trained", _classes, 3),
    ("admonished", lambda branch: AdmonitionTalkFactory(branch=branch), 1),
    ("sanctions", _sanctions, 1),
    ("adjusted", _changes, 1),
    ("oversized", _changes, 1),
    ("weak_closed", lambda branch: WeakCaseFactory(branch=branch, closed=True), 1),
    ("instructors", _instructors, 1),
    (
        "charters",
        lambda branch: GovernanceFactory(branch=branch, charter_on=date(2024, 9, 1), charter_number="云教〔2024〕5号"),
        1,
    ),
    ("model_province", lambda branch: title(branch, "党建示范创建", "省级"), 1),
    ("model_local", lambda branch: title(branch, "党建示范创建", "市级"), 1),
    ("civil_province", lambda branch: title(branch, "文明学校", "省级"), 1),
    ("civil_city", lambda branch: title(branch, "文明学校", "县级"), 0),
    ("elected", _terms, 1),
    ("secretaries", _terms, 0),
    ("deputies", _terms, 1),
    ("dual_leaders", _terms, 1),
    ("july_groups", _honours, 1),
    ("july_people", _honours, 2),
    ("activists", _roads, 1),
    ("prospects", _roads, 1),
    ("admitted", _roads, 1),
    ("converted", _roads, 0),
    ("backbones", _roads, 0),
    ("backbone_share", _roads, 0),
    ("teams", TEAMS, 2),
    ("studios", LESSONS, 1),
    ("lessons", LESSONS, 4),
    ("sent", LESSONS, 1),
]


@pytest.mark.parametrize(("key", "make", "expected"), BY_HAND, ids=[key for key, _, _ in BY_HAND])
def test_a_figure_is_what_a_person_counts(admin, branch, key, make, expected):
    make(branch)

    assert number(key, admin) == expected


def test_every_figure_is_counted_by_hand():
    assert {key for key, _, _ in BY_HAND} == set(FIGURES)


def test_what_is_not_kept_is_said_to_be_unknown_not_nought(admin, branch):
    rows = BY_KEY["year_figures"].build(ask(admin))[0].rows()

    assert {row[1] for row in rows} == {UNKNOWN}


def test_nought_is_said_where_the_matter_is_kept_and_nothing_fell_into_the_year(admin, branch):
    meeting(branch, "party_lecture", on=date(2024, 5, 6))

    assert number("lectures", admin) == 0
    assert number("lectures", admin, on=date(2024, 12, 31), year=2024) == 1


@pytest.mark.parametrize(
    ("on", "count"), [(date(2025, 5, 5), None), (date(2025, 5, 6), 1)], ids=["the day before", "the day"]
)
def test_a_figure_counts_up_to_the_day(admin, branch, on, count):
    meeting(branch, "party_lecture", on=date(2025, 5, 6))

    assert number("lectures", admin, on=on) == count


def test_sanctions_are_for_those_alone_who_deal_with_them(admin, branch):
    _sanctions(branch)
    staff = UserFactory(serving=root(), role=Role.STAFF)
    tables = [BY_KEY["year_figures"].build(ask(by)) for by in (admin, staff)]

    labels = [{row[0] for row in table[0].rows()} for table in tables]
    assert "党纪处分" in labels[0]
    assert "党纪处分" not in labels[1]
    assert all(row[0] != "党纪处分" for row in tables[0][1].rows())  # a number, and nobody behind it


def test_the_number_in_the_workbook_adds_up_the_records_of_its_sheet(admin, branch):
    LESSONS(branch)
    _lectures(branch)
    asked = ask(admin)
    data = sheet.as_workbook(BY_KEY["year_figures"], asked, BY_KEY["year_figures"].build(asked))
    book, shown = (openpyxl.load_workbook(io.BytesIO(data), data_only=only) for only in (False, True))

    records = [row for row in shown["所计记录"].iter_rows(min_row=5, values_only=True) if isinstance(row[0], int)]
    for row in range(5, book["年度数据"].max_row):
        formula = book["年度数据"][f"C{row}"].value
        if isinstance(formula, str) and formula.startswith("=SUMIF"):
            label, told = shown["年度数据"][f"B{row}"].value, shown["年度数据"][f"C{row}"].value
            assert told == sum(record[5] for record in records if record[1] == label), label
    assert {row[1] for row in records} == {"讲党课", "党员名师课堂", "名师课堂示范课", "送课下乡"}


class TestPages:
    @pytest.fixture(autouse=True)
    def _on_the_day(self):
        with time_machine.travel("2025-11-20T02:00:00Z", tick=False):
            yield

    def test_the_records_are_one_click_away_and_lead_on(self, admin, branch, client):
        held = meeting(branch, "party_lecture", topic="学习党章")
        client.force_login(admin)

        page = client.get(reverse("portal:report", args=["year_figures"])).content.decode()
        url = reverse("portal:report_figure", args=["lectures"])
        records = client.get(url).content.decode()

        assert f'href="{url}?"' in page
        assert held.get_absolute_url() in records
        assert "学习党章" in records
        assert branch.name in records

    def test_who_may_not_see_the_matter_does_not_see_its_records(self, branch, client):
        client.force_login(UserFactory(serving=root(), role=Role.STAFF))

        assert client.get(reverse("portal:report_figure", args=["sanctions"])).status_code == 404
        assert client.get(reverse("portal:report_figure", args=["nothing"])).status_code == 404

    def test_a_committee_counts_what_lies_below_it(self, branch, client):
        upper = BranchFactory(kind="committee")
        meeting(BranchFactory(parent=upper), "party_lecture")
        meeting(branch, "party_lecture")
        secretary = UserFactory(serving=upper, role=Role.COMMITTEE)

        assert number("lectures", secretary) == 1

    @pytest.mark.parametrize("key", ["lectures", "lessons", "trained", "elected", "admitted", "july_people"])
    def test_the_number_of_queries_does_not_grow_with_the_records(self, admin, branch, client, count_queries, key):
        client.force_login(admin)
        make = next(make for each, make, _ in BY_HAND if each == key)
        url = reverse("portal:report_figure", args=[key])
        make(branch)
        client.get(url)
        few = count_queries(url)
        for _ in range(4):
            make(BranchFactory())

        assert count_queries(url) <= few
