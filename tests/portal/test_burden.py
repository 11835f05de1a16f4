"""Less burden, held by tests: the page counts real forms, and no fact is asked twice."""

import importlib
from collections import defaultdict
from pathlib import Path

import pytest
import yaml
from django import forms
from django.urls import reverse

from branches.actions import root
from branches.forms import FilterForm
from branches.rights import Role
from datacalls import known
from portal import burden
from tests import factories

ROOT = Path(__file__).resolve().parent.parent.parent
ASKED = yaml.safe_load(Path(__file__).with_name("asked_once.yaml").read_text("utf-8"))


def modules():
    """Every module of forms of the project."""
    for path in sorted([*ROOT.glob("*/forms.py"), *ROOT.glob("*/forms/*.py"), *ROOT.glob("*/settings/forms.py")]):
        if ".venv" not in path.parts and path.parts[len(ROOT.parts)] != "tests":
            yield ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def _is_filter(form):
    return issubclass(form, FilterForm) or form.__name__.endswith(("Filter", "Search"))


def every_form():
    """Every class of form that somebody fills in; filters of lists ask for nothing."""
    ours = {importlib.import_module(module).__name__.partition(".")[0] for module in modules()}
    found, waiting = set(), [forms.BaseForm]
    while waiting:
        for form in waiting.pop().__subclasses__():
            if form not in found:
                found.add(form)
                waiting.append(form)
    return sorted(
        (form for form in found if form.__module__.partition(".")[0] in ours and not _is_filter(form)),
        key=lambda form: (form.__module__, form.__name__),
    )


def asked():
    """label → the forms that ask it."""
    found = defaultdict(set)
    for form in every_form():
        for name, field in form.base_fields.items():
            if not isinstance(field.widget, forms.HiddenInput):
                found[str(field.label or name)].add(f"{form.__module__}.{form.__name__}")
    return found


def facts():
    """The words of everything that the portal holds of an organisation or a person."""
    words = {
        word for per in known.PERS for each in known.catalogue(per).values() for word in (each.label, *each.headers)
    }
    return words | set(ASKED["also_facts"])


def test_every_form_is_walked():
    assert len(every_form()) > 200


def test_a_fact_that_the_portal_holds_is_asked_in_its_home_alone():
    """Elsewhere it is filled in from there; each exception says why it is another fact under the same word."""
    homes, exceptions = set(ASKED["homes"]), {form for row in ASKED["exceptions"] for form in row["forms"]}
    astray = {
        label: sorted(forms - homes - exceptions)
        for label, forms in asked().items()
        if label in facts() and forms - homes - exceptions
    }

    assert astray == {}, "带出已有的，或者在 asked_once.yaml 里写明为什么另问"


def test_a_word_that_several_matters_ask_belongs_to_each_act():
    """Reasons, numbers and days are of the act itself; any other word in two modules is suspected of asking a fact twice."""
    spread = {label for label, forms in asked().items() if len({form.rpartition(".")[0] for form in forms}) > 1}

    assert spread - facts() - set(ASKED["of_each_act"]) == set()


def test_the_lists_name_only_what_is_there():
    forms_there = {f"{form.__module__}.{form.__name__}" for form in every_form()}

    assert set(ASKED["homes"]) <= forms_there
    assert all(row["why"] and set(row["forms"]) <= forms_there for row in ASKED["exceptions"])


@pytest.mark.parametrize("row", burden.declared(), ids=lambda row: row["job"])
def test_what_is_said_to_be_known_is_a_field_of_the_form(row):
    assert {"job", "who", "often", "from"} <= set(row)
    if "form" in row:
        assert set(row["known"]) <= set(burden.fields_of(row["form"]))


@pytest.mark.django_db
def test_the_page_counts_the_real_forms(client):
    client.force_login(factories.UserFactory(serving=root(), role=Role.STAFF))
    context = client.get(reverse("portal:burden")).context
    notice = next(job for job in context["jobs"] if job.name == "签收并答复通知")

    assert (notice.fields, notice.required, notice.typed) == (1, 1, 1)
    assert context["fields"] == sum(job.fields for job in context["jobs"])
    assert [year.calls for year in context["years"]] == [0, 0]
