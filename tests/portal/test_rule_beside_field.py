"""The rule stands beside the field: no form leaves somebody alone with a box."""

import re
from pathlib import Path

import pytest

TEMPLATES = Path(__file__).parents[2] / "templates"
SAYS = re.compile(r'\brule=|class="rule\b|class="note"|class="note |components/note\.html')
FIELD = re.compile(r"components/(field|field_pair)\.html|\{% described ")
SAID_ELSEWHERE = {  # whose rule another template or the form itself says
    "assessment/judge_boxes.html": "the page around it quotes the clause",
    "assessment/round_form.html": "each page built on it brings its own",
    "assessment/secretary_review_year.html": "its help texts and the line under the title",
    "branches/standard_row.html": "one line of a standard; its page explains it",
    "branches/_visit_item.html": "the item itself is the rule",
    "portal/report.html": "chooses what a report shows",
    "training/_box.html": "a box of a line; its page explains it",
}


def forms():
    found = [path for path in sorted(TEMPLATES.rglob("*.html")) if "components" not in path.parts]
    return [path for path in found if FIELD.search(path.read_text("utf-8"))]


@pytest.mark.parametrize("path", forms(), ids=lambda path: str(path.relative_to(TEMPLATES)))
def test_a_form_says_by_which_rule_it_asks(path):
    if str(path.relative_to(TEMPLATES)) not in SAID_ELSEWHERE:
        assert SAYS.search(path.read_text("utf-8")), (
            "give a field its rule: in our words, with its source where a document says it"
        )


def test_what_is_said_elsewhere_is_still_needed():
    lacking = {str(path.relative_to(TEMPLATES)) for path in forms() if not SAYS.search(path.read_text("utf-8"))}

    assert set(SAID_ELSEWHERE) <= lacking


def test_no_rule_of_a_document_is_typed_into_a_template():
    """A number of days, members or hours beside a field comes from the rulebook, or it would stay when the rule changes."""
    typed = re.compile(r'rule="[^"“]*?\d+ ?(天|个工作日|学时|%|个月)')  # what is quoted is an example of what to type
    found = [
        f"{path.relative_to(TEMPLATES)}: {match.group()}"
        for path in forms()
        for match in typed.finditer(path.read_text("utf-8"))
    ]

    assert found == []
