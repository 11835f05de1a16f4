"""Exports of COUNTY-S, and a backup that failed.

A list asked for and columns kept, of each who may; what was asked for above is seen by who decides."""

from django.db.models import Q

from portal.models import Export, ExportDefinition, MaintenanceRun, SavedReport
from tests import factories

SAVING = ("admin", "staff")
PEOPLE = {"admin": "root", "staff": "root", "secretary a1": "a1"}


def take_along(county, rows):
    for person, place in PEOPLE.items():
        whose = {"created_by": county.people[person], "branch": county.branches[place]}
        export = factories.ExportFactory(asked="x", scope="x", answer="x", sha256="x", row_hash="x", **whose)
        kept = factories.ExportDefinitionFactory(name="x", **whose | {"branch": None})
        rows.setdefault("export", []).append((person, export))
        rows.setdefault("own_export", []).append((person, export))
        rows.setdefault("export_columns", []).append((person, kept))
    factories.MaintenanceRunFactory(is_good=False, reason="x")
    for person in SAVING:
        saved = factories.SavedReportFactory(name="x", created_by=county.people[person])
        rows.setdefault("saved_report", []).append((person, saved))


def lies_open(county, person, owner):
    """One's own, and those asked for where one decides."""
    return owner == person or PEOPLE.get(owner) in county.reach(person, "export.approve")


def eyes(county, person):
    """model → keys of the rows whose words are for this person."""
    me = county.people.get(person)
    decides = [county.branches[name].pk for name in county.reach(person, "export.approve")]
    seen = Export.objects.filter(Q(created_by=me) | Q(branch__in=decides)) if me else Export.objects.none()
    kept = ExportDefinition.objects.filter(created_by=me) if me else ExportDefinition.objects.none()
    return {
        "export": set(seen.values_list("pk", flat=True)),
        "exportdefinition": set(kept.values_list("pk", flat=True)),
        "savedreport": set(SavedReport.objects.filter(created_by=me).values_list("pk", flat=True)) if me else set(),
        "maintenancerun": set(MaintenanceRun.objects.values_list("pk", flat=True))
        if county.reach(person, "status.see")
        else set(),
        "user": set(seen.values_list("created_by", flat=True)),  # their names
    }
