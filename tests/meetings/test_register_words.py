"""The words that offices use for kinds of meeting in their registers."""

import pytest

from meetings.models import MeetingKind
from meetings.resources import RegisterResource

Kind = MeetingKind.Kind


@pytest.mark.parametrize(
    ("word", "kinds"),
    [
        ("理论学习中心组学习", {Kind.THEORY_STUDY}), ("党委中心组学习", {Kind.THEORY_STUDY}),
        ("民主生活会", {Kind.DEMOCRATIC_LIFE_MEETING}),
        ("领导班子民主生活会", {Kind.DEMOCRATIC_LIFE_MEETING}), ("专题研究党建工作", {Kind.SPECIAL_PARTY_STUDY}),
        ("意识形态工作专题会议", {Kind.IDEOLOGY_STUDY}), ("主题党日、党课", {Kind.THEME_PARTY_DAY, Kind.PARTY_LECTURE}),
    ],
)  # fmt: skip
def test_a_word_of_an_office_is_its_kind(word, kinds):
    assert set(RegisterResource.widgets()["kinds"].clean(word)) == kinds


@pytest.mark.parametrize("kind", Kind, ids=str)
def test_our_own_label_is_a_word(kind):
    assert RegisterResource.widgets()["kinds"].clean(kind.label) == (kind,)
