"""What a canary looks like, which columns bear one, and which of them stand in a text."""

import re

from django.apps import apps
from django.db import models

from vault.fields import SealedTextField

OURS = [
    "accounts", "rulebook", "files", "jobs", "branches", "duties", "members", "meetings", "training", "recruitment",
    "assessment", "datacalls", "reminders", "exchange", "portal",
]  # fmt: skip
CANARY = re.compile(r"Ⓒ([a-z]+)-(\d+)-([a-z0-9_]+)")
# Words that code compares or sorts by, and what is public in every office.
NO_CANARY = {
    "User": {"password"}, "Branch": {"path"}, "Duty": {"rule", "period"},
    "Member": {"id_number_index", "initials", "initials_given", "strokes", "work_began"}, "StoredFile": {"sha256", "media_type"},
    "Fulfilment": {"label"}, "Batch": {"kind", "plan_hash"}, "Decision": {"key"}, "ManualScore": {"part"},
    **{name: {"part"} for name in ("Judgement", "Objection", "Adjustment")}, "Veto": {"reason"}, "Verdict": {"proposed", "grade"},
    "ResultUse": {"use", "grade"},
    "Activity": {"kind"}, "Export": {"listing"}, "ExportDefinition": {"listing"}, "LadderStep": {"subject", "handed_to"},
    "AuditEvent": {"action", "label", "object_id"}, "CalendarDay": {"name", "source"}, "SchoolTerm": {"name"},
    "CatalogueEntry": {"label", "note", "source", "levels", "due"}, "Title": {"level"},
    "Screening": {"computed_class", "approved_class"}, "StandardItem": {"fact"}, "Rectification": {"origin_label"},
    "WeakStep": {"act"}, "ClassPass": {"digest"}, "Question": {"document"}, "SignIn": {"device"},
    "Seal": {"scheme", "county", "previous", "head", "key_id", "signature"},  # nobody writes on a sealed row
    "SealedScore": {"inputs", "result", "digest", "signature"},
    "ApiToken": {"prefix", "digest"}, "Feed": {"digest"}, "Hook": {"url"}, "HookDelivery": {"event", "kind"},
    "DataCallColumn": {"known", "options"}, "PackItem": {"kind"}, "Copied": {"system", "label", "digest"},
    "RoadStep": {"step"}, "StepFile": {"step", "document"}, "Application": {"step"},
}  # fmt: skip


def canary_columns(model):
    """The columns of free text: neither chosen from a list, nor sealed, nor compared by the code."""
    return [
        field.name
        for field in model._meta.concrete_fields
        if isinstance(field, (models.CharField, models.TextField))
        and not isinstance(field, SealedTextField)
        and not field.choices
        and field.name not in NO_CANARY.get(model.__name__, ())
    ]


def canary(row, column):
    """The mark of one cell; in a short column the column is named by its number."""
    field = row._meta.get_field(column)
    mark = f"Ⓒ{row._meta.model_name}-{row.pk}-{column}"
    if field.max_length and len(mark) > field.max_length:
        mark = f"Ⓒ{row._meta.model_name}-{row.pk}-c{row._meta.concrete_fields.index(field)}"
        assert len(mark) <= field.max_length, f"{mark} is too long for its column"
    return mark


def short(model, column):
    """Both ways in which a canary may name a column."""
    model = next(found for found in apps.get_models() if found.__name__ == model and found._meta.app_label in OURS)
    return {column, f"c{model._meta.concrete_fields.index(model._meta.get_field(column))}"}


def strangers(text, may_read):
    """The canaries in a text that are not for these eyes."""
    return {found.group() for found in CANARY.finditer(text) if not may_read(found[1], int(found[2]), found[3])}
