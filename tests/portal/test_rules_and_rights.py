"""规则 and 权限一览 as pages one can use: folded by chapter, searched by a word, one's own post first."""

import re

import pytest

from branches.rights import ROLES, VERBS, Role, Task
from portal.templatetags.words import in_words
from portal.views.rules import CHAPTERS, heading_of
from rulebook.book import in_force, rules
from tests.county import TODAY

pytestmark = pytest.mark.django_db
CODE = re.compile(r"[{}_]|[A-Za-z]{4,}|\b(?:of|None|True|False)\b")
NAMES = re.compile(r"Word|Excel")


def main_of(answer):
    text = answer.content.decode()
    return text[text.index("<main") : text.index("</main>")]


def chapters(text):
    """heading → (is it open, what stands in it)."""
    found = re.findall(r'<details class="panel flow chapter"( open)?>.*?<h2>(.*?)</h2>(.*?)</details>', text, re.DOTALL)
    return {heading: (bool(is_open), inside) for is_open, heading, inside in found}


def test_no_rule_speaks_in_code():
    said = {key: f"{rows[-1].label} {in_words(rows[-1])} {rows[-1].note}" for key, rows in rules().items()}

    assert {key: words for key, words in said.items() if CODE.search(NAMES.sub("", words))} == {}


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("review.scale", "好 100 分、较好 85 分、一般 70 分、差 50 分"),
        ("review.must_rectify", "一般、差"),
        ("letter.integrity", "自签订之日起至当年 12 月 31 日有效。"),
    ],
)
def test_grades_and_articles_are_sentences(key, words):
    assert in_words(rules()[key][-1]).endswith(words)


def test_only_what_serves_the_system_stands_under_the_system():
    assert {key.split(".")[0] for key in rules() if heading_of(key, CHAPTERS) == "系统"} <= {
        "copying", "pack", "portal", "privacy", "job", "import", "export",
    }  # fmt: skip


def test_the_rules_are_folded_by_chapter_and_all_there(ask):
    found = chapters(main_of(ask("secretary a1", "get", "/settings/rules/")))

    assert [*found] == [label for label, _ in CHAPTERS]
    assert not any(is_open for is_open, _ in found.values())
    assert sum(inside.count('class="ruled"') for _, inside in found.values()) == len(in_force(on=TODAY))


def test_all_of_them_unfold_without_script(ask):
    found = chapters(main_of(ask("secretary a1", "get", "/settings/rules/?all=1")))

    assert all(is_open for is_open, _ in found.values())


def test_a_rule_is_found_by_a_word_of_what_it_says(ask):
    text = main_of(ask("secretary a1", "get", "/settings/rules/?q=现场得分"))
    found = chapters(text)

    assert [*found] == ["考核述职"]
    assert found["考核述职"][0]
    assert text.count('class="ruled"') == 1


def test_what_the_county_may_decide_is_told_from_what_stands_above(ask):
    every, local, above = (
        main_of(ask("secretary a1", "get", f"/settings/rules/?only={only}")).count('class="ruled"')
        for only in ("", "local", "above")
    )

    assert local + above == every
    assert min(local, above) > 0


def test_a_word_that_no_rule_holds_leads_back(ask):
    assert "没有这样的规则" in main_of(ask("secretary a1", "get", "/settings/rules/?q=zzzz"))


@pytest.mark.parametrize(
    ("person", "own"),
    [("secretary a1", [Role.SECRETARY]), ("staff", [Role.STAFF]), ("inspector", [Role.INSPECTOR])],
)
def test_ones_own_post_comes_first_and_stands_open(ask, person, own):
    found = chapters(main_of(ask(person, "get", "/settings/rights/")))

    assert [*found][: len(own)] == [role.label for role in own]
    assert [heading for heading, (is_open, _) in found.items() if is_open] == [role.label for role in own]
    assert {*found} == {*Role.labels, *Task.labels}


def test_a_post_lists_all_that_it_may_and_nothing_else(ask):
    _, inside = chapters(main_of(ask("secretary a1", "get", "/settings/rights/")))[Role.SECRETARY.label]
    told = {
        part.strip() for row in re.findall(r"</b></div><div>(.*?)</div>", inside, re.DOTALL) for part in row.split("；")
    }

    assert told == {VERBS[verb] for verb in ROLES[Role.SECRETARY]}


def test_what_reaches_less_far_says_so(ask):
    _, inside = chapters(main_of(ask("committee a", "get", "/settings/rights/")))[Role.COMMITTEE.label]

    assert f"{VERBS['meeting.edit']}（只限本级）" in inside
    assert f"{VERBS['transfer.approve']}；" in inside


def test_who_may_do_a_thing_is_found_by_a_word(ask):
    text = main_of(ask("secretary a1", "get", "/settings/rights/?q=审批逾期"))
    assert "没有这样的权限" in text

    text = main_of(ask("secretary a1", "get", "/settings/rights/?q=逾期补办"))
    assert VERBS["duty.unlock"] in text
    assert {name for name in Role.labels if name in text} == {Role.ADMIN.label, Role.STAFF.label}
