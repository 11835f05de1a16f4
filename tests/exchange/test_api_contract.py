"""What programs of others are built upon: each list with its columns and parameters, as `contract.yaml` keeps them.

A column or parameter that goes, or changes its kind, breaks those programs: the address then gets a new version. What is added
is written into the file with the same commit.
"""

from pathlib import Path

import pytest
import yaml

from exchange import document

KEPT = Path(__file__).with_name("contract.yaml")


def told():
    """list → {columns: {name: kind}, asks: {name: kind}} of the description that programs read."""
    return {
        each["key"]: {
            "columns": {column["name"]: column["kind"] for column in each["columns"]},
            "asks": {parameter["name"]: parameter["kind"] for parameter in each["parameters"]},
        }
        for _, lists in document.chapters()
        for each in lists
    }


def test_the_interfaces_are_as_they_were_promised():
    kept, now = yaml.safe_load(KEPT.read_text("utf-8")), told()

    assert {name for name in kept if name not in now} == set()
    changed = {name: _differing(kept[name], now[name]) for name in kept}
    assert {name: found for name, found in changed.items() if found} == {}
    assert set(now) == set(kept), "a list that is not in contract.yaml"


def _differing(kept, now):
    return {
        (part, name): (kept[part].get(name), now[part].get(name))
        for part in ("columns", "asks")
        for name in kept[part].keys() | now[part].keys()
        if kept[part].get(name) != now[part].get(name)
    }


@pytest.mark.parametrize("part", ["columns", "asks"])
def test_a_drift_is_told_by_its_name(part):
    kept = {"columns": {"id": "整数"}, "asks": {"branch": "整数"}}
    now = {"columns": {"id": "整数"}, "asks": {"branch": "整数"}} | {part: {"id2": "整数"}}

    assert (part, "id2") in _differing(kept, now)


def test_every_operation_only_reads():
    """Nothing that is sent twice does anything twice: there is nothing to be made idempotent."""
    methods = {method for paths in document.schema()["paths"].values() for method in paths}

    assert methods == {"get"}
