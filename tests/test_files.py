"""Each file that holds rules, columns or a scheme loads; a bad row is named by file and number."""

from collections import Counter
from datetime import date
from pathlib import Path

import pytest
import yaml

from assessment import scheme
from branches.models import Branch
from duties.periods import GROUPS
from jobs.planning import dictionary
from meetings import activities
from meetings.models import MeetingKind
from rulebook import book
from rulebook.facts import resolve
from tests.factories import DecisionFactory

ROOT = Path(__file__).resolve().parent.parent
TODAY = date(2025, 11, 20)
THIS_YEAR = date(2026, 11, 20)
COLUMNS = sorted(ROOT.glob("*/columns.yaml"))
RULES = sorted(ROOT.glob("rulebook/*.yaml"))
SCHEMES = sorted(ROOT.glob("assessment/schemes/*.yaml"))


def name(path):
    return str(path.relative_to(ROOT))


# --- rules

GOOD = {"key": "a.b", "label": "某事", "value": 3, "from": date(2018, 10, 28), "source": "某条例", "local": True}


@pytest.mark.parametrize("path", RULES, ids=name)
def test_a_rule_file_loads_and_each_row_says_where_it_comes_from(path):
    rows = book.load(path)

    assert rows
    for rule in rows:
        assert rule.label
        assert rule.source
        assert rule.since <= THIS_YEAR


def test_no_key_stands_in_two_files():
    counted = Counter(key for path in RULES for key in {rule.key for rule in book.load(path)})

    assert [key for key, count in counted.items() if count > 1] == []


@pytest.mark.parametrize(
    ("row", "complaint"),
    [
        ({"colour": "red"}, "不认识的字段 colour"),
        ({"key": None}, "缺少 key"),
        ({"value": None}, "缺少 value"),
        ({"source": None}, "缺少 source"),
        ({"from": "soon"}, "from 须为日期"),
        ({"local": "yes"}, "local 须为 true 或 false"),
        ({"source": "  "}, "source 不能空"),
    ],
    ids=["unknown field", "no key", "no value", "no source", "no date", "local is a word", "empty source"],
)
def test_a_bad_rule_is_named_by_file_and_row(tmp_path, row, complaint):
    bad = {key: value for key, value in (GOOD | row).items() if value is not None}
    path = tmp_path / "county.yaml"
    path.write_text(yaml.safe_dump([GOOD, bad], allow_unicode=True), "utf-8")

    with pytest.raises(book.BadRule) as error:
        book.load(path)

    assert "county.yaml 第 2 条" in str(error.value)
    assert complaint in str(error.value)


def test_two_rules_of_one_day_are_refused(tmp_path, monkeypatch):
    (tmp_path / "one.yaml").write_text(yaml.safe_dump([GOOD, GOOD | {"value": 4}], allow_unicode=True), "utf-8")
    monkeypatch.setattr(book, "FOLDER", tmp_path)

    with pytest.raises(book.BadRule, match=r"a\.b：同一天有两条规定"):
        book.rules.__wrapped__()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("duty.theme_party_day", {"per": "month", "window": [20, 28], "target": 25, "due": 28}),
        ("duty.members_meeting", {"per": "quarter"}),
        ("duty.committee_meeting", {"per": "month", "owed_if": "branches.facts.committee_intervals"}),
        ("duty.group_meeting", {"per": "month", "owed_if": "branches.facts.group_intervals"}),
        ("duty.party_lecture", {"per": "quarter"}),
        ("duty.org_life_meeting", {"per": "year", "extends": 3}),
        ("term.years", {"branch": 3, "joint": 3, "general": 3, "committee": 5}),
        ("branch.min_full_members", 3),
        ("branch.max_members", 50),
        ("branch.committee_threshold", 7),
        ("branch.joint_units", 5),
        ("term.grace_months", 2),
        ("meeting.quorum_share", 0.5),
        ("appraisal.months", [1, 2, 3]),
        ("heart_talk.per_year", 1),
        ("membership.min_age", 18),
        ("probation.months", 12),
        ("hours.member", 32),
        ("hours.secretary", 56),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_the_documents_say_is_in_the_book(key, expected):
    value = book.value(key, on=TODAY)

    if isinstance(expected, dict):
        assert value.items() >= expected.items()
    else:
        assert value == expected


@pytest.mark.django_db
def test_each_kind_of_meeting_has_its_duty_and_each_condition_resolves():
    duties = {
        key: rule
        for key, rule in book.in_force(on=THIS_YEAR).items()
        if key.startswith("duty.") and "per" in rule.value
    }
    by = {key.removeprefix("duty."): rule.value.get("by", "meeting") for key, rule in duties.items()}

    assert {kind for kind in by if by[kind] == "meeting"} == {*MeetingKind.Kind.values, "leader_lecture"}
    assert {kind for kind in by if by[kind] == "filing"} == set(
        yaml.safe_load((ROOT / "duties/filings.yaml").read_text("utf-8"))
    )
    assert {kind for kind in by if by[kind] == "activity"} == {kind.duty for kind in activities.kinds().values()} - {""}
    for rule in duties.values():
        assert rule.value["per"] in {"month", "quarter", "half", "term", "year", "notice"}
        assert rule.value["group"] in GROUPS
        assert set(rule.value["owed_by"]) <= set(Branch.Kind.values) - {"temporary"}
        assert "shift" not in rule.value or rule.value["by"] == "filing", "a meeting of the 1st would meet two months"
        assert rule.value.get("target", 0) <= rule.value.get("due", 31)
        if "owed_if" in rule.value:
            assert callable(resolve(rule.value["owed_if"]))


@pytest.mark.django_db
class TestDecision:
    @pytest.mark.parametrize(
        ("on", "months"), [(date(2025, 5, 31), 2), (date(2025, 6, 1), 3)], ids=["the day before", "from its day"]
    )
    def test_it_holds_from_its_date_only(self, on, months):
        DecisionFactory(key="term.grace_months", value=3, from_on=date(2025, 6, 1))

        assert book.value("term.grace_months", on=on) == months

    def test_the_newest_one_holds(self):
        DecisionFactory(value=4, from_on=date(2025, 9, 1), source="新")
        DecisionFactory(value=3, from_on=date(2025, 6, 1), source="旧")

        assert book.rule("term.grace_months", on=TODAY).source == "新"

    def test_what_the_centre_laid_down_the_county_cannot_change(self):
        DecisionFactory(key="branch.min_full_members", value=1, from_on=date(2025, 1, 1))

        assert book.value("branch.min_full_members", on=TODAY) == 3

    def test_a_decision_about_nothing_known_changes_nothing(self):
        before = set(book.in_force(on=TODAY))
        DecisionFactory(key="no.such.rule", from_on=date(2025, 1, 1))

        assert set(book.in_force(on=TODAY)) == before

    def test_a_key_that_no_file_knows_is_a_mistake_of_ours(self):
        with pytest.raises(KeyError):
            book.value("no.such.rule", on=TODAY)

    def test_before_the_first_document_there_is_no_value(self):
        assert book.value("hours.member", on=date(2019, 5, 5)) is None


# --- columns


@pytest.mark.parametrize("path", COLUMNS, ids=name)
class TestColumns:
    def test_no_word_means_two_columns(self, path):
        columns, _ = dictionary(path)
        words = Counter(word for column in columns for word in (column.label, *column.synonyms))

        assert [word for word, count in words.items() if count > 1] == []
        assert len({column.key for column in columns}) == len(columns)

    def test_something_is_required_and_something_is_the_identity(self, path):
        columns, _ = dictionary(path)

        assert [column.key for column in columns if column.required]
        assert len([column.key for column in columns if column.identity]) == 1

    def test_words_belong_to_a_column_and_mean_a_known_choice(self, path):
        columns, words = dictionary(path)
        resource = next(
            found
            for app in ("branches", "members", "meetings", "recruitment")
            for found in vars(__import__(f"{app}.resources", fromlist=["resources"])).values()
            if getattr(found, "columns_file", None) == path
        )
        fields = resource.widgets()

        assert set(words) <= {column.key for column in columns}
        assert set(fields) == {column.key for column in columns}
        for key, meanings in words.items():
            choices = fields[key].choices
            assert set(meanings.values()) <= set(choices.values), key
            assert not set(meanings) & set(choices.labels), "a label needs no synonym"


def test_the_four_workbooks_have_their_columns():
    assert [name(path) for path in COLUMNS] == [
        "branches/columns.yaml",
        "meetings/columns.yaml",
        "members/columns.yaml",
        "recruitment/columns.yaml",
    ]


# --- schemes


@pytest.mark.parametrize("path", SCHEMES, ids=name)
def test_a_scheme_loads_and_bears_its_year(path):
    content = scheme.load(path)

    assert content["year"] == int(path.stem[:4])
    assert sum(row["weight"] for row in content["dimensions"]) == 100
    assert [row["at_least"] for row in content["grades"]] == sorted(
        (row["at_least"] for row in content["grades"]), reverse=True
    )
    assert all(item["clause"] and item["source"] and item["method"] for item in content["items"])


def spoil(content, change):
    """A copy of the scheme with one thing wrong."""
    copy = yaml.safe_load(yaml.safe_dump(content, allow_unicode=True))
    change(copy)
    return copy


def theme_day(content):
    return next(item for item in content["items"] if item["code"] == "AT1")


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (lambda c: c["dimensions"][0].update(weight=31), "各维度合计 101 分"),
        (lambda c: theme_day(c).update(points=9), "AT1：评分点合计与满分 9 不符"),
        (
            lambda c: (theme_day(c).update(points=9), theme_day(c)["parts"][0].update(points=9)),
            "维度 attendance 各项合计 31 分",
        ),
        (lambda c: theme_day(c).update(code="AT2"), "AT2：代码重复"),
        (lambda c: theme_day(c).update(dimension="mood"), "没有维度 mood"),
        (lambda c: theme_day(c)["parts"][0].update(by="guess"), "AT1 AT1"),
        (lambda c: theme_day(c)["parts"][0].update(by="linear"), "缺少 full、zero"),
        (lambda c: theme_day(c)["parts"][0].update(fact="duties.facts.nothing"), "没有指标来源 duties.facts.nothing"),
        (lambda c: theme_day(c)["parts"][0].update(fact="duties.models.Duty"), "不是指标来源的写法"),
    ],
    ids=["weights", "points", "dimension sum", "code", "dimension", "rule", "numbers of a rule", "fact", "not a fact"],
)
def test_a_bad_scheme_is_named_by_file_and_item(change, complaint):
    with pytest.raises(scheme.BadScheme) as error:
        scheme.check(spoil(scheme.load(SCHEMES[-1]), change), "2030.yaml")

    assert "2030.yaml" in str(error.value)
    assert complaint in str(error.value)


def test_a_year_without_a_scheme_goes_by_the_last_and_says_so():
    known = scheme.of_year(2025)
    later = scheme.of_year(2027)

    assert later["year"] == 2027
    assert later["items"] == known["items"]
    assert "2027 年方案未发布前沿用 2025 年" in later["source"]
