"""称号和主题创建: the road of a title, who takes which step, and what named titles and brands are worth."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
import time_machine
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction

from accounts.models import AuditEvent, Stale
from branches import titles
from branches.actions import root
from branches.facts import brands
from branches.models import Branch, CatalogueEntry, Title
from branches.rights import Role
from members.facts import titles as honour_points
from rulebook.facts import Period
from tests.factories import BranchFactory, HonourFactory, TitleFactory, UserFactory

pytestmark = pytest.mark.django_db
TODAY = date(2025, 11, 20)
AT = datetime(2025, 11, 6, 2, 0, tzinfo=UTC)
NAMED = {"number": "云教党〔2025〕40号", "named_on": date(2025, 11, 6)}


@pytest.fixture(autouse=True)
def _today():
    with time_machine.travel("2025-11-20 10:00+08:00", tick=False):
        yield


@pytest.fixture
def committee():
    return BranchFactory(committee=True)


@pytest.fixture
def branch(committee):
    return BranchFactory(parent=committee)


@pytest.fixture
def secretary(branch):
    return UserFactory(serving=branch)


@pytest.fixture
def boss(committee):
    return UserFactory(serving=committee, role=Role.COMMITTEE)


@pytest.fixture
def second():
    return UserFactory(serving=root(), role=Role.ADMIN)


def entry(word):
    return CatalogueEntry.objects.get(catalogue="title", label__contains=word)


def put_up(branch, by, word="示范", level="县级", **fields):
    return titles.put_up(
        Title(branch=branch, entry=entry(word), level=level, year=2025, **fields), by=by, on=date(2025, 3, 1)
    )


def moved(title, act, by, **data):
    return titles.move(title, act, by=by, on=TODAY, **data)


def test_from_the_reserve_to_the_naming(branch, secretary, boss, staff):
    title = put_up(branch, secretary)
    assert (title.state, title.due_on) == ("reserve", date(2025, 9, 30))
    assert titles.is_late(title, TODAY)
    assert not titles.is_late(title, date(2025, 9, 30))

    moved(title, "recommend", secretary)
    title = moved(title, "report", boss)
    assert (title.state, title.reported_by) == ("reported", boss)
    title = moved(title, "name", staff, **NAMED)

    assert (title.state, title.state_on, title.named_by) == ("named", NAMED["named_on"], staff)
    acts = AuditEvent.objects.filter(action__startswith="title.").order_by("pk").values_list("action", flat=True)
    assert list(acts) == ["title.add", "title.recommend", "title.report", "title.name"]


def test_who_takes_which_step(branch, secretary, boss, staff, second):
    title = put_up(branch, secretary)
    for act in ("report", "name"):
        with pytest.raises(ValidationError, match="现在是“储备”"):
            moved(title, act, staff)
    moved(title, "recommend", secretary)
    with pytest.raises(ValidationError, match="自己不能上报自己的"):
        moved(title, "report", secretary)
    moved(title, "report", staff)
    with pytest.raises(ValidationError, match="由工委办理"):
        moved(title, "name", boss, **NAMED)
    with pytest.raises(ValidationError, match="另一位同志"):
        moved(title, "name", staff, **NAMED)
    assert titles.allowed(Title.objects.get(), staff) == ["end"]
    assert titles.allowed(Title.objects.get(), second) == ["name", "end"]
    with pytest.raises(PermissionDenied):
        moved(title, "name", UserFactory(serving=BranchFactory()), **NAMED)
    assert moved(title, "name", second, **NAMED).state == "named"


def test_a_naming_needs_its_number_its_day_and_its_stars(branch, secretary, staff):
    title = put_up(branch, secretary, "星级", "")
    moved(title, "recommend", secretary)
    moved(title, "report", UserFactory(serving=root(), role=Role.ADMIN))
    for data, words in (
        ({**NAMED, "number": " "}, "命名要有文号"), ({**NAMED, "named_on": date(2025, 11, 21)}, "命名日期应在"),
        ({**NAMED, "named_on": date(2024, 12, 31)}, "命名日期应在"), (NAMED, "请填评定的星级"), ({**NAMED, "stars": 6}, "一至五星"),
        ({**NAMED, "stars": 4, "number": "秘密★1年"}, "密级标志"),
    ):  # fmt: skip
        with pytest.raises(ValidationError, match=words):
            moved(title, "name", staff, **data)
    assert moved(title, "name", staff, **NAMED, stars=4).stars == 4


def test_a_brand_needs_its_name_before_it_goes_up(branch, secretary):
    title = put_up(branch, secretary, "品牌", "")
    with pytest.raises(ValidationError, match="品牌名称"):
        moved(title, "recommend", secretary)
    title.name = "烛光先锋"
    title = titles.edit(title, version=title.version, by=secretary)
    with pytest.raises(Stale):
        titles.edit(title, version=title.version - 1, by=secretary)
    title = moved(title, "recommend", secretary)
    assert moved(title, "back", secretary).state == "reserve"


@pytest.mark.parametrize(
    ("word", "level", "fields", "words"),
    [
        ("示范", "", {}, "请选一级"), ("示范", "国家级", {}, "请选一级"), ("星级", "县级", {}, "不分级别"),
        ("示范", "县级", {"stars": 3}, "只有星级"), ("示范", "县级", {"idea": "绝密★"}, "密级标志"),
    ],
)  # fmt: skip
def test_what_is_no_title_is_refused_in_words(branch, secretary, word, level, fields, words):
    with pytest.raises(ValidationError, match=words):
        put_up(branch, secretary, word, level, **fields)
    assert not Title.objects.exists()


@pytest.mark.parametrize("year", [0, 2023, 2027, 20000])
def test_a_year_is_this_one_or_beside_it(branch, secretary, staff, year):
    with pytest.raises(ValidationError, match="前后一年"):
        titles.put_up(Title(branch=branch, entry=entry("示范"), level="县级", year=year), by=secretary, on=TODAY)
    old = Title(branch=branch, entry=entry("示范"), level="县级", year=20000, number="x", named_on=TODAY)
    with pytest.raises(ValidationError, match="到今年之间"):
        titles.enter(old, by=staff, on=TODAY)


def test_once_a_year_and_what_ended_says_why(branch, secretary, staff):
    title = put_up(branch, secretary)
    with pytest.raises(ValidationError, match="已登记这一项"):
        put_up(branch, secretary)
    with pytest.raises(ValidationError, match="原因"):
        moved(title, "end", secretary, ended_why=" ")
    ended = moved(title, "end", secretary, ended_why="今年不再争创")
    with pytest.raises(ValidationError, match="现在是“未命名或撤销”"):
        moved(ended, "recommend", secretary)
    with pytest.raises(ValidationError, match="不能再改"):
        titles.edit(ended, version=ended.version, by=secretary)


def test_staff_enter_what_was_named_before_but_not_their_own(branch, staff, secretary):
    def old(branch, **fields):
        return Title(branch=branch, entry=entry("文明"), level="市级", year=2023, **fields)

    paper = {"number": "x", "named_on": date(2023, 12, 1)}
    title = titles.enter(old(branch, **paper), by=staff, on=TODAY)

    assert (title.state, title.named_by, title.state_on) == ("named", staff, date(2023, 12, 1))
    with pytest.raises(ValidationError, match="命名要有文号"):
        titles.enter(old(BranchFactory(), named_on=date(2023, 12, 1)), by=staff, on=TODAY)
    with pytest.raises(ValidationError, match="另一位同志"):
        titles.enter(old(root(), **paper), by=staff, on=TODAY)
    with pytest.raises(PermissionDenied):
        titles.enter(old(branch, **paper), by=secretary, on=TODAY)


def test_the_work_committees_own_goes_up_by_another_person(staff, second):
    title = put_up(root(), staff, "模范机关")
    moved(title, "recommend", staff)
    with pytest.raises(ValidationError, match="自己不能上报"):
        moved(title, "report", staff)
    moved(title, "report", second)
    assert moved(title, "name", staff, **NAMED).state == "named"


def test_many_go_up_at_once_or_none(committee, boss):
    rows = [
        TitleFactory(branch=BranchFactory(parent=committee), entry=entry("示范"), state="recommended") for _ in range(3)
    ]
    TitleFactory.create(branch=committee, entry=entry("示范"), state="recommended")
    own = Title.objects.get(branch=committee)
    with pytest.raises(ValidationError, match="自己不能上报自己的"):
        titles.report_all([*rows, own], by=boss, on=TODAY)
    assert not Title.objects.filter(state="reported").exists()

    assert titles.report_all(rows, by=boss, on=TODAY) == 3
    with pytest.raises(ValidationError, match="勾选"):
        titles.report_all([], by=boss, on=TODAY)


# --- what they count


def won(branch, word="示范", level="县级", number="云教党〔2025〕40号", named_on=date(2025, 11, 6), **fields):
    state = {"state": "named", "state_on": named_on, "named_on": named_on, "named_by": UserFactory(), "named_at": AT}
    return TitleFactory(branch=branch, entry=entry(word), level=level, number=number, **{**state, **fields})


def points(branch, on=TODAY):
    found = honour_points(Branch.objects.filter(pk=branch.pk), Period.of_year(2025, on=on), most=8)
    return found and found[branch.pk]


def test_a_named_title_counts_by_its_level(branch):
    assert points(branch) is None
    title = won(branch, level="市级")

    fact = points(branch)

    assert (fact.value, fact.whole, fact.model, fact.pks) == (4, 8, "branches.Title", (title.pk,))
    assert fact.note == "党建示范创建（市级）"
    assert points(branch, on=date(2025, 11, 5)) is None, "not named yet on that day"


def test_of_one_matter_only_the_highest_counts_whatever_is_on_record_twice(branch):
    won(branch, level="县级")
    assert points(branch).value == 2
    won(branch, level="市级", number="2号")
    assert points(branch).value == 4
    HonourFactory(branch=branch, level="province", matter="党建示范创建", conferred_on=date(2025, 6, 1))
    fact = points(branch)
    assert (fact.value, fact.model) == (6, "members.Honour")
    assert "另有 2 项不重复计" in fact.note
    HonourFactory(
        branch=branch, level="county", title="模范教职工小家", matter="", number="7号", conferred_on=date(2025, 6, 1)
    )
    assert points(branch).value == 8
    won(branch, "文明", number="7号")
    assert points(branch).value == 8, "the paper that the honour names already"


def test_what_has_no_level_or_was_taken_back_does_not_count(branch):
    won(branch, "品牌", level="", name="烛光先锋")
    assert points(branch) is None
    gone = won(branch)
    Title.objects.filter(pk=gone.pk).update(state="ended", state_on=date(2025, 11, 18), ended_why="x")
    assert points(branch) is None
    assert points(branch, on=date(2025, 11, 17)).value == 2


def test_a_brand_is_the_schools_and_counts_for_its_branches(branch, committee):
    elsewhere = BranchFactory()
    everyone = Branch.objects.filter(pk__in=[branch.pk, elsewhere.pk])

    def found(year=2025, on=TODAY):
        return brands(everyone, Period.of_year(year, on=on))

    assert found() is None
    brand = won(committee, "品牌", level="", name="烛光先锋", year=2024, named_on=date(2024, 12, 3))

    fact = found()[branch.pk]
    assert (fact.value, fact.whole, fact.pks, fact.note) == (Decimal(1), 1, (brand.pk,), "烛光先锋")
    assert found()[elsewhere.pk].value == 0
    assert found()[elsewhere.pk].missing == ("没有命名的党建品牌",)
    assert found(2023) is None, "named after that year"
    Title.objects.filter(pk=brand.pk).update(state="ended", state_on=date(2025, 5, 1), ended_why="x")
    assert found() is None
    assert found(on=date(2025, 4, 30))[branch.pk].value == 1


def test_facts_ask_once_for_all(django_assert_num_queries, branch, committee):
    won(committee, "品牌", level="", name="x")
    won(branch)
    BranchFactory.create_batch(5, parent=committee)
    period = Period.of_year(2025, on=TODAY)
    with django_assert_num_queries(2):
        brands(Branch.objects.all(), period)


# --- the database holds it too


@pytest.mark.parametrize(
    ("fields", "constraint"),
    [
        ({"number": ""}, "title_named_by_paper"), ({"named_on": None}, "title_named_on_a_day"),
        ({"same": True}, "title_named_by_another"), ({"stars": 6}, "title_one_to_five_stars"),
        ({"state": "ended", "ended_why": ""}, "title_ended_says_why"),
    ],
)  # fmt: skip
def test_constraints(branch, fields, constraint):

    title = won(branch)
    if fields.pop("same", False):
        fields = {"reported_by": title.named_by}
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        Title.objects.filter(pk=title.pk).update(**fields)
