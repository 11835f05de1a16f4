"""What changed from one scheme to the next is said in words."""

import copy

import pytest

from assessment import scheme as schemes
from assessment.scheme_diff import ADDED, CHANGED, REMOVED, changes


@pytest.fixture
def before():
    return copy.deepcopy(schemes.load(schemes.FOLDER / "2025.yaml"))


@pytest.fixture
def after(before):
    return copy.deepcopy(before)


def the(content, code):
    return next(item for item in content["items"] if item["code"] == code)


def test_the_same_scheme_has_no_changes(before, after):
    assert changes(before, after) == []


def test_points_and_rules_of_an_item_are_compared(before, after):
    the(after, "AT5")["parts"][0]["full"] = 0.95
    the(after, "AT1")["points"] = 7
    the(after, "AT1")["parts"][0] |= {"points": 7, "options": {"rule": "theme_party_day"}}

    assert [(row.code, row.what, row.before, row.after) for row in changes(before, after)] == [
        ("AT1", "分值", "8 分", "7 分"),
        ("AT1", "评分点：主题党日", "8 分，主题党日，按完成比例得分；迟办一件按 0.7 件计", "7 分，主题党日，按完成比例得分"),
        (
            "AT5", "评分点：到会率", "6 分，党员到会率，达到 90% 得满分，60% 及以下不得分，之间按比例得分",
            "6 分，党员到会率，达到 95% 得满分，60% 及以下不得分，之间按比例得分",
        ),
    ]  # fmt: skip


def test_items_that_came_and_went_are_told_as_such(before, after):
    gone = the(after, "PF9")
    after["items"].remove(gone)
    after["items"].append(gone | {"code": "PF11", "label": "双报到"})

    assert [(row.kind, row.code, row.label) for row in changes(before, after)] == [
        (ADDED, "PF11", "双报到"),
        (REMOVED, "PF9", "组织关系转接和数据质量"),
    ]


def test_what_holds_for_all_comes_first(before, after):
    the(after, "AT2")["clause"] = "每季度一次。"
    after["grades"][0]["quota"] = 0.25
    after["dimensions"][0]["weight"] = 31

    found = changes(before, after)

    assert [(row.kind, row.code, row.what) for row in found] == [
        (CHANGED, "", "权重"),
        (CHANGED, "", "等次"),
        (CHANGED, "AT2", "计分办法"),
    ]
    assert "不超过本组的 25%" in found[1].after
