"""T-PRIV-1, T-PRIV-2: each column is classified, and what pages show together does not give an ID number away."""

import re
from datetime import date
from pathlib import Path

import pytest
import yaml
from django.apps import apps

import vault
from members.models import Member
from tests.canaries import OURS
from vault.fields import SealedTextField

ROOT = Path(__file__).resolve().parents[2]
CLASSES = {"S0", "S1", "S2", "S3"}
OF_NO_CONTENT = {"row_key", "version"}
# Kept so that nobody can read them back at all, or under a key that is not in the database.
ONE_WAY = {
    "accounts.User.password": "hashed", "accounts.SecondFactor.recovery": "hashed",
    "members.Member.id_number_index": "keyed index, key outside the database",
    **dict.fromkeys(("exchange.ApiToken.digest", "exchange.Feed.digest"), "keyed digest, key outside the database"),
}  # fmt: skip
# Codes and days of 处分 are read by rule only (sanction.see); there is no text in them to seal.
BY_RIGHT = re.compile(r"members\.Sanction\.\w+")
FLOOR = 500  # county and birth date and sex known: 500 numbers are left, as the check digit is computed


def columns():
    return {
        f"{model._meta.label}.{field.name}": field
        for model in apps.get_models()
        if model._meta.app_label in OURS or model._meta.app_label == "portal"
        for field in model._meta.concrete_fields
        if not field.is_relation and not field.primary_key and field.name not in OF_NO_CONTENT
    }


def entered_fields():
    """label → class → names; every word as it stands there (`on` is a column and no yes)."""
    return yaml.load((ROOT / "vault/fields.yaml").read_text("utf-8"), yaml.BaseLoader)  # noqa: S506 - plain strings


def register():
    """label.column → class, as the register of fields says."""
    content = entered_fields()
    return {
        f"{label}.{name}": level
        for label, levels in content.items()
        for level, names in levels.items()
        for name in names
    }


def test_each_column_is_classified_once():
    content = entered_fields()
    entered = [f"{label}.{name}" for label, levels in content.items() for names in levels.values() for name in names]

    assert set(columns()) - set(entered) == set(), "enter new columns in vault/fields.yaml"
    assert set(entered) - set(columns()) == set(), "no such columns any more"
    assert len(entered) == len(set(entered))
    assert {level for levels in content.values() for level in levels} <= CLASSES


def test_what_is_most_sensitive_is_sealed():
    classes, found = register(), columns()
    sealed = {name for name, field in found.items() if isinstance(field, SealedTextField)}
    private = {name for name in classes if re.search(r"\.(phone|\w+_phone|address)$", name)}
    most = {name for name, level in classes.items() if level == "S3" and not BY_RIGHT.fullmatch(name)}

    assert most - sealed - set(ONE_WAY) == set()
    assert private - sealed == set()
    assert {name for name in sealed if classes[name] not in ("S2", "S3")} == set()


# --- what is left to guess


def left_to_guess(text, number):
    """How many ID numbers fit what a page shows of a person whose county is known."""
    born, count = date(int(number[6:10]), int(number[10:12]), int(number[12:14])), 1
    if f"{born:%Y-%m-%d}" not in text:
        count *= 30 if f"{born:%Y-%m}" in text else 365 if f"{born:%Y}" in text else 365 * 60
    count *= 1000
    if re.search(r"[男女]", text):
        count //= 2
    if number[-4:] in text or number[14:] in text:
        count = 1
    return count


@pytest.mark.django_db
@pytest.mark.parametrize("person", ["admin", "staff", "committee a", "secretary a1", "discipline", "inspector a"])
def test_no_page_gives_an_id_number_away(county, ask, person):
    member = Member.objects.get(pk=county.members["a1"][0].pk)
    number = vault.reveal(member, "id_number")
    pages = [
        "/members/",
        f"/members/{member.pk}/",
        f"/members/{member.pk}/edit/",
        "/members/?order=strokes",
        "/members/duplicates/",
    ]
    shown = {url: ask(person, "get", url).content.decode() for url in pages}
    for url, text in shown.items():
        assert left_to_guess(text, number) >= FLOOR, url
        for start in range(len(number) - 7):  # the birth date alone has eight digits in a row, hyphened on pages
            assert number[start : start + 8] not in text, url


@pytest.mark.parametrize(
    ("text", "enough"),
    [
        ("1981-02-03 女 ******************", True),
        ("1981-02-03 女 **************0017", False),
        ("1981-02 女", True),
    ],
    ids=["mask", "tail", "month"],
)
def test_the_count_would_notice(text, enough):
    assert (left_to_guess(text, "990099198102030017") >= FLOOR) == enough
