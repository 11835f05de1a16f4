"""Whatever people put into a scheme: all that is wrong is told at once, with its place, and what passes can be scored by."""

import copy
import json
from datetime import date
from decimal import Decimal
from types import SimpleNamespace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assessment import catalogue, ranking, scoring
from assessment import scheme as schemes
from assessment.demo.schemes import next_year
from assessment.result import CENT
from assessment.scheme_check import RULES, problems
from assessment.scheme_diff import changes
from rulebook.facts import Fact, Period, resolve

FILES = {path.stem: schemes.load(path) for path in sorted(schemes.FOLDER.glob("*.yaml"))}
ON = date(2026, 1, 10)


def content(name="2025"):
    return json.loads(json.dumps(FILES[name], default=str))


def the(scheme, code):
    return next(item for item in scheme["items"] if item["code"] == code)


# --- everything at once, with its place


def test_all_that_is_wrong_is_told_at_once_with_its_place():
    scheme = content()
    the(scheme, "AT5")["parts"][0]["full"] = 0.5
    the(scheme, "AT1")["method"] = "看看"
    the(scheme, "PF4")["parts"][0]["points"] = 6
    scheme["grades"][0]["quota"] = 3

    assert [(each.code, each.part, each.field) for each in problems(scheme, "branch")] == [
        ("AT1", "", "method"),
        ("AT5", "AT5", "full"),
        ("PF4", "", "points"),
        ("", "", "grades"),
    ]


ODD = [
    None, True, False, "", "x", "8", "\0", 0, -1, 1, 0.1, 0.333, 7.777777, 1e400, -1e400, float("nan"), 10**400, 10**5000, [], {},
    [None], [[]], {"a": 1}, {"at_least": 1}, Decimal("NaN"), Decimal("1E+400"), "机密★", "a/b", " ",
]  # fmt: skip


def places(value, path=()):
    """Each place of a content where something can be put."""
    yield path
    rows = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inside in rows:
        yield from places(inside, (*path, key))


def put(scheme, path, value):
    *before, last = path
    where = scheme
    for key in before:
        where = where[key]
    where[last] = value


def kinds_of_places(scheme):
    """One place of each kind: the same field of another item of the same rule would tell nothing new."""
    found = {}
    for path in list(places(scheme))[1:]:
        shape = tuple("row" if isinstance(step, int) else step for step in path)
        item = scheme["items"][path[1]] if path[0] == "items" and len(path) > 1 else {}
        part = item["parts"][path[3]] if "parts" in path and len(path) > 3 else {}
        found.setdefault((shape, item.get("dimension"), part.get("by")), path)
    return found.values()


def test_every_cell_of_a_scheme_may_hold_anything_or_be_missing():
    """Nothing crashes the check; what it lets pass, the engine scores by."""
    scheme, passed = content(), 0
    for path in kinds_of_places(scheme):
        for odd in ODD:
            spoiled = copy.deepcopy(scheme)
            put(spoiled, path, odd)
            passed += scores_if_sound(spoiled)
        gone = copy.deepcopy(scheme)
        *before, last = path
        where = gone
        for key in before:
            where = where[key]
        del where[last]
        passed += scores_if_sound(gone)

    assert passed > 100, "a check that refuses everything proves nothing"


@pytest.mark.parametrize("odd", [None, [], "x", 8, {}, {"dimensions": []}, {"items": 8}], ids=str)
def test_what_is_no_scheme_at_all_is_told(odd):
    assert problems(odd)


# --- what passes can be scored by


def branch(pk=1, stage="primary"):
    return SimpleNamespace(
        pk=pk, name=f"云岭第{pk}小学党支部", stage=stage, founded_on=date(2018, 1, 1), closed_on=None
    )


NUMBERS = st.one_of(
    st.integers(-5, 40).map(Decimal),
    st.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=-(10**6), max_value=10**6),
    st.sampled_from([Decimal(0), Decimal("1E+30"), Decimal("-1E+30"), Decimal("0.0000000001"), Decimal(10**20)]),
)
FACTS = st.builds(
    Fact, value=NUMBERS, whole=st.one_of(st.none(), NUMBERS), missing=st.lists(st.just("3 月"), max_size=2).map(tuple),
    open=NUMBERS, note=st.sampled_from(["", "迟办"]), is_void=st.booleans(),
)  # fmt: skip
PLAIN = {1: Fact(Decimal(3), Decimal(4), open=Decimal(1)), 2: Fact(Decimal(0), Decimal(0)), 3: Fact(Decimal(2), None)}


def inputs(scheme, facts):
    rows = (branch(1), branch(2, "senior"), branch(3, ""), branch(4))
    return scoring.Inputs(
        2025, ON, scheme, rows, facts, {(1, "PF10"): scoring.Judged(Decimal(2), "有实例")}, vetoes={1: ["fraud"]}
    )


def keys(scheme):
    return [part["key"] for item in scheme["items"] for part in item["parts"] if "fact" in part]


def scores_if_sound(scheme):
    """Whether the content passes; then every branch gets its points, within their bounds, and a grade."""
    if problems(scheme, "branch"):
        return False
    check_scores(scheme, dict.fromkeys(keys(scheme), PLAIN))
    return True


def check_scores(scheme, facts):
    scores = scoring.evaluate(inputs(scheme, facts))
    grades = {row["label"] for row in scheme["grades"]} | {scheme["undetermined"]["label"]}
    for score in ranking.ranked(scores, scheme, Period.of_year(2025, on=ON)):
        assert score.grade in grades
        for item in score.items:
            for part in item.parts:
                assert 0 <= part.points <= part.most, part
                assert 0 <= part.still <= part.most - part.points + CENT, part  # each is rounded by itself


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_odd_facts_never_break_a_sound_scheme(data):
    """Whole of nothing, negative, huge, without a whole: points stay within their bounds."""
    scheme = data.draw(st.sampled_from([content("2025"), content("2025-committee")]))
    facts = {
        key: data.draw(st.one_of(st.none(), st.dictionaries(st.integers(1, 4), FACTS, max_size=4)))
        for key in keys(scheme)
    }

    check_scores(scheme, facts)


RULE_FIELDS = {
    "share": st.just({}),
    "linear": st.sampled_from([{"full": 0.9, "zero": 0.6}, {"full": 1, "zero": 0}]),
    "minus": st.sampled_from([{"each": 0.5}, {"each": 100}]),
    "per_missing": st.sampled_from([{"each": 0.01}, {"each": 3}]),
    "threshold": st.sampled_from([{"at_least": 0.9}, {"at_least": 4}]),
    "step": st.sampled_from(
        [
            {"steps": [{"at_least": 1, "points": 1}]},
            {"steps": [{"at_least": 0, "points": 0}, {"at_least": 3, "points": 2}]},
        ]
    ),
}


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_every_rule_that_fits_a_record_can_score_odd_facts_of_it(data):
    source = data.draw(st.sampled_from([each for each in catalogue.sources().values() if "cap" not in each.rules]))
    rule = data.draw(st.sampled_from(source.rules))
    scheme = content()
    part = {"key": "AT5", "label": "试", "points": 6, "by": rule, "fact": source.path} | data.draw(RULE_FIELDS[rule])
    options = source.chosen({name: ask["least"] for name, ask in source.asks.items()})
    part |= {"options": options} if options else {}
    part |= data.draw(st.sampled_from([{}, {"floor": 1}, {"cap": 4}, {"stages": ["senior"]}]))
    the(scheme, "AT5")["parts"] = [part]

    assert [each for each in problems(scheme, source.kinds[0]) if each.code == "AT5"] == []
    check_scores(scheme, {"AT5": data.draw(st.dictionaries(st.integers(1, 4), FACTS, max_size=4))})


# --- the catalogue: what may be counted


def functions(module):
    """The facts that an app offers: functions of branches and a period."""
    for name, thing in vars(module).items():
        if callable(thing) and not name.startswith("_") and not isinstance(thing, type):
            code = getattr(thing, "__code__", None)
            if code and code.co_varnames[:2] == ("branches", "period"):
                yield name


def test_the_catalogue_names_every_fact_that_exists_and_no_other():
    import importlib

    offered = {
        f"{app}.facts.{name}"
        for app in ("duties", "branches", "members", "meetings", "training", "recruitment", "assessment")
        for name in functions(importlib.import_module(f"{app}.facts"))
    }
    named = {source.path for source in catalogue.sources().values()}

    assert named & set(catalogue.beside()) == set()
    assert offered == named | set(catalogue.beside())
    for path in named:
        resolve(path)


def test_every_part_of_the_schemes_names_a_record_of_the_catalogue():
    for scheme in FILES.values():
        for item in scheme["items"]:
            for part in item["parts"]:
                if "fact" in part:
                    source = catalogue.source_of(part["fact"], part.get("options", {}))
                    assert source, part["key"]
                    assert part["by"] in source.rules, part["key"]


def test_every_row_of_the_catalogue_says_what_it_counts_and_which_rules_fit():
    for source in catalogue.sources().values():
        assert all(
            [source.label, source.counts, source.unit, source.span, source.records, source.waits_for, source.group]
        )
        assert set(source.rules) <= set(RULES) - {"manual", "veto"}
        assert set(source.kinds) <= set(catalogue.KINDS)
        assert catalogue.source_of(source.path, source.chosen({})) == source


def test_every_duty_that_organisations_owe_can_be_counted(db):
    from rulebook.book import in_force

    duties = {
        key.removeprefix("duty.")
        for key, rule in in_force(on=ON).items()
        if key.startswith("duty.") and "owed_by" in rule.value
    }
    counted = {source.options["rule"] for source in catalogue.sources().values() if source.path == "duties.facts.met"}

    assert counted == duties


def test_the_mean_of_the_branches_is_for_committees_alone():
    """A scheme for branches that counted it would ask for itself."""
    scheme = content()
    the(scheme, "AT5")["parts"][0] |= {"fact": "assessment.facts.mean_of_branches"}

    assert [each.words for each in problems(scheme, "branch")] == ["“所属党支部平均分”不能用在这类党组织的方案里"]
    assert problems(scheme, "committee") == []


def test_the_draft_of_the_demo_can_be_tried_and_changes_two_items():
    draft = next_year(2027)

    assert problems(draft, "branch") == []
    assert {row.code for row in changes(schemes.frozen(2026), draft)} == {"AT5", "PF4"}
