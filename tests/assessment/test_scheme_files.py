"""Every scheme file adds up, and one that does not is refused with the file and the item in the message."""

import copy
from datetime import date

import pytest

from assessment import scheme as schemes
from assessment import scoring
from assessment.scheme import BadScheme
from branches.models import Branch
from tests.factories import BranchFactory, HonourFactory, MassPollFactory

CODES = (
    "AT1 8, AT2 4, AT3 4, AT4a 2, AT4b 2, AT5 6, AT6 4, PF1 5, PF2 5, PF3 6, PF4 5, PF5 6, PF6 5, PF7 4, PF8 8, PF9 3, PF10 3, "
    "EX1 8, EX2 6, EX3 6, B1 5, V1 0"
)


@pytest.mark.parametrize("path", sorted(schemes.FOLDER.glob("*.yaml")), ids=lambda path: path.stem)
def test_every_scheme_file_loads(path):
    content = schemes.load(path)

    assert content["year"] == int(path.stem[:4])
    assert sum(dimension["weight"] for dimension in content["dimensions"]) == 100


@pytest.mark.parametrize("year", [2015, 2019, 2024, 2026, 2030])
def test_a_year_for_which_a_rule_was_not_yet_laid_down_can_be_asked_for(year, db):
    branch = BranchFactory()
    HonourFactory(branch=branch, conferred_on=date(year, 7, 1))
    MassPollFactory(branch=branch, year=year)

    assert scoring.score(Branch.objects.filter(pk=branch.pk), year, on=date(2026, 11, 21))


def test_the_scheme_of_2025_is_the_default_scheme_in_every_item():
    content = schemes.load(schemes.FOLDER / "2025.yaml")

    assert [f"{item['code']} {item['points']}" for item in content["items"]] == CODES.split(", ")
    assert {row["key"]: row["weight"] for row in content["dimensions"]} == {
        "attendance": 30,
        "performance": 50,
        "excellence": 20,
    }
    assert [(row["label"], row["at_least"], row.get("quota")) for row in content["grades"]] == [
        ("优秀", 85, 0.3),
        ("合格", 70, None),
        ("基本合格", 60, None),
        ("不合格", 0, None),
    ]
    assert content["status"] == "示例"


def test_every_item_says_its_rule_its_source_and_its_evidence():
    for item in schemes.load(schemes.FOLDER / "2025.yaml")["items"]:
        assert item["method"] in ("日常掌握", "实地查验", "调阅档案")
        assert all(item[field].strip() for field in ("clause", "source", "evidence"))


def the(content, code):
    return next(item for item in content["items"] if item["code"] == code)


def lighter(content):
    content["dimensions"][0]["weight"] = 29


def other_weights(content):
    content["dimensions"][0]["weight"], content["dimensions"][1]["weight"] = 31, 49


def twice(content):
    the(content, "AT2")["code"] = "AT1"


def parts_differ(content):
    the(content, "PF1")["parts"][0]["points"] = 1


def no_dimension(content):
    the(content, "AT1")["dimension"] = "luck"


def no_fact(content):
    the(content, "AT1")["parts"][0]["fact"] = "duties.facts.luck"


def not_a_fact(content):
    the(content, "AT1")["parts"][0]["fact"] = "os.system"


def nothing_to_score(content):
    del the(content, "AT1")["parts"][0]["fact"]


def half_a_line(content):
    del the(content, "AT5")["parts"][0]["zero"]


def unknown_rule(content):
    the(content, "AT1")["parts"][0]["by"] = "shar"


def no_rule(content):
    del the(content, "AT1")["parts"][0]["by"]


def one_key_twice(content):
    the(content, "AT2")["parts"][0]["key"] = "AT1"


def a_flat_line(content):
    the(content, "AT5")["parts"][0]["zero"] = 0.9


def bands_upside_down(content):
    content["grades"].reverse()


def no_lowest_band(content):
    content["grades"].pop()


@pytest.mark.parametrize(
    "spoil",
    [unknown_rule, no_rule, one_key_twice, a_flat_line, bands_upside_down, no_lowest_band],
    ids=lambda spoil: spoil.__name__,
)
def test_a_scheme_that_would_fail_only_when_scored_is_refused_when_loaded(spoil):
    content = copy.deepcopy(schemes.load(schemes.FOLDER / "2025.yaml"))
    spoil(content)

    with pytest.raises(BadScheme, match=r"^2025\.yaml"):
        schemes.check(content, "2025.yaml")


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lighter, "2025.yaml：各维度合计 99 分，应为 100 分"),
        (other_weights, "2025.yaml：维度 attendance 各项合计 30 分，应为 31 分"),
        (twice, "2025.yaml AT1：代码重复"),
        (parts_differ, "2025.yaml PF1：评分点合计与满分 5 不符"),
        (no_dimension, "2025.yaml AT1：没有维度 luck"),
        (no_fact, "2025.yaml AT1 AT1：没有指标来源 duties.facts.luck"),
        (not_a_fact, "2025.yaml AT1 AT1：os.system 不是指标来源的写法"),
        (nothing_to_score, "2025.yaml AT1 AT1： 不是指标来源的写法"),
        (half_a_line, "2025.yaml AT5 AT5：计分规则 linear 缺少 zero"),
    ],
    ids=lambda value: value.__name__ if callable(value) else "",
)
def test_a_scheme_that_cannot_be_used_is_refused(spoil, message):
    content = copy.deepcopy(schemes.load(schemes.FOLDER / "2025.yaml"))
    spoil(content)

    with pytest.raises(BadScheme) as refusal:
        schemes.check(content, "2025.yaml")

    assert message in str(refusal.value)


def test_a_year_without_a_file_goes_by_the_last_one_and_says_so():
    content = schemes.of_year(2027)

    assert (content["year"], content["title"]) == (2027, "2027 年度学校党组织量化考核办法")
    assert "2027 年方案未发布前沿用 2025 年" in content["source"]
    assert schemes.of_year(2025)["source"].endswith("审定）")
