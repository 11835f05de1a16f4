"""How much is asked of whom: counted in the forms themselves, what the portal fills in beforehand told apart."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml
from django import forms
from django.db.models import Count, Q
from django.utils.module_loading import import_string

from datacalls.models import DataCall, DataCallColumn
from duties.questions import filings

FILE = Path(__file__).with_name("burden.yaml")
Source = DataCallColumn.Source
TICKS = ("sort", "stage")  # boxes that only help to tick others


@dataclass(frozen=True)
class Job:
    """One job: how many fields its form has, how many of them must be filled, how many stand there already."""

    name: str
    who: str
    often: str
    fields: int
    required: int
    known: int
    origin: str

    @property
    def typed(self):
        """What is left to fill in by hand, at most."""
        return self.fields - self.known


@dataclass(frozen=True)
class Year:
    """临时收表 of a year: how many forms, and how many of their columns were asked and how many brought along."""

    year: int
    calls: int
    asked: int
    known: int


@cache
def declared():
    return yaml.safe_load(FILE.read_text("utf-8"))


def fields_of(path):
    """name → field of a form class, without what nobody fills in."""
    found = import_string(path).base_fields
    return {
        name: field
        for name, field in found.items()
        if not isinstance(field.widget, forms.HiddenInput) and name not in TICKS
    }


def jobs():
    """[Job] in the order of the file."""
    found = []
    for row in declared():
        if "filing" in row:
            questions = filings()[row["filing"]].questions
            count, required, known = len(questions), sum(not question.optional for question in questions), 0
        else:
            fields = fields_of(row["form"])
            count, required = len(fields), sum(field.required for field in fields.values())
            known = len(set(row["known"]) & set(fields))
        found.append(Job(row["job"], row["who"], row["often"], count, required, known, row["from"]))
    return found


def calls(user, years):
    """[Year] of the 收表 that a person may see, drafts left out. One query."""
    sent = DataCall.objects.visible_to(user).filter(opened_at__year__in=years).order_by()
    rows = sent.values("opened_at__year").annotate(
        calls=Count("pk", distinct=True), asked=Count("columns", filter=Q(columns__source=Source.ASKED)),
        known=Count("columns", filter=Q(columns__source=Source.KNOWN)),
    )  # fmt: skip
    found = {
        row["opened_at__year"]: Year(row["opened_at__year"], row["calls"], row["asked"], row["known"]) for row in rows
    }
    return [found.get(year, Year(year, 0, 0, 0)) for year in years]
