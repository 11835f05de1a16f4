"""People already under way: what a row of an old ledger says of their road, and its way into the files, written in bulk.

The past is kept as it was told. What is unlawful in it is not refused: each row is marked `is_imported`, and the engine
goes on naming what is wrong wherever the road is shown.
"""

from dataclasses import dataclass, field
from datetime import date

from django.db import transaction

from accounts import audit
from branches.actions import root
from branches.rights import require
from jobs.copying import insert
from jobs.trail import Trail
from members.models import Member
from members.names import keys_of
from recruitment import legality, steps
from recruitment.cases import ROLES
from recruitment.models import Application, ApplicationStay, Guide, Publicity, RoadStep
from recruitment.road import known_editions

OF_PERSON = ("name", "sex", "ethnicity", "birth_on", "education", "position", "title")
PLACE = "接续登记，原表没有公示地点"
# Where a ledger names who or which number but not the day, the day of a step that comes with it is taken and said so.
USUAL = {
    "assign_mentor": (("mentors", "more_mentors"), ("confirm_activist",)),
    "assign_sponsors": (("sponsors", "more_sponsors"), ("prospect_filing", "confirm_prospect")),
    "fill_application_form": (("form_number",), ("pre_review", "branch_vote")),
}
TYPED = {  # what of a row belongs to the data of a step: step → {name in the data: column}
    "confirm_activist": {"recommended_by": "recommended_by"},
    "confirm_prospect": {"opinions": "opinions"},
    "political_review": {"conclusion": "conclusion"},
    "prospect_training": {"hours": "hours", "passed": "passed"},
    "fill_application_form": {"form_number": "form_number"},
}
VOTES = {"branch_vote": "", "conversion_vote": "conversion_"}
COUNTS = ("entitled", "present", "in_favour", "against", "abstained")


@dataclass(frozen=True)
class Taken:
    """A step of the past: its day, its data with days as dates, and why the day is not that of the ledger."""

    step: str
    on: date
    data: dict = field(default_factory=dict)
    explained: str = ""


def roads_steps():
    return known_editions()[-1].steps


def usual_day(found, key):
    """The step whose day stands in for one that the ledger does not tell, or None."""
    told, bases = USUAL.get(key, ((), ()))
    if found.get(key) or not any(found.get(name) for name in told):
        return None
    return next((base for base in bases if found.get(base)), None)


def told(found, *, organ=None):
    """[Taken] in the order of the road, from the cleaned values of a row; `organ`: who approved."""
    result = []
    for key, step in roads_steps().items():
        said = found.get(key)
        if step.repeats:
            days = said if isinstance(said, tuple) else ()
            result += [Taken(key, day) for day in sorted(days)]
            continue
        explained = ""
        if said is None and (base := usual_day(found, key)):
            said, explained = found[base], f"原表没有日期，按“{roads_steps()[base].label}”的日期登记"
        if said is not None:
            result.append(Taken(key, said, _data(key, found, organ), explained))
    return result


def _data(key, found, organ):
    data = {name: found[column] for name, column in TYPED.get(key, {}).items() if found.get(column) is not None}
    if key == "apply" and found.get("received_on"):
        data["received_on"] = found["received_on"]
    elif key == "confirm_activist" and isinstance(found.get("cultivate"), int):
        data["reviews_told"] = found["cultivate"]
    elif key == "prospect_training" and found.get("training_from"):
        data["from_on"] = found["training_from"]
        data["days"] = (found[key] - found["training_from"]).days + 1
    elif key == "pre_review":
        data["conclusion"] = "passed"
    elif key in VOTES:
        counts = {name: found.get(f"{VOTES[key]}{name}") for name in COUNTS}
        if None not in (counts["entitled"], counts["present"], counts["in_favour"]):
            secret = bool(found.get(f"{VOTES[key]}secret"))
            data["vote"] = {name: count or 0 for name, count in counts.items()} | {"written": 0, "secret": secret}
    elif key in ("committee_approval", "conversion_approval") and organ is not None:
        data |= {"organ": organ.pk, "approver": organ.kind}
    return data


def case_of(row):
    """The road of a row as the engine reads it; what it will read again once the row is written."""
    found, acts = row.values, []
    notices = (
        {str(Publicity.Matter.PROSPECT): (found["public_from"], found["public_until"])}
        if found.get("public_from")
        else {}
    )
    for each in row.extra["taken"]:
        data = dict(each.data)
        if each.step in ROLES:
            name, role = ROLES[each.step]
            data.setdefault(name, row.extra["guides"].get(role, []))
        if each.step in notices:
            data["public_from"], data["public_until"] = notices[each.step]
        acts.append(legality.Act(each.step, each.on, data, on_paper=True))
    return legality.Case(tuple(acts), row.extra.get("born"), found.get("extended") or 0, notices)


@transaction.atomic
def import_recruitment(rows, *, by, on, trail=None):
    """Write the good rows of a plan whose road is not on record: persons, files, steps, guides, notices.

    Memberships are not written here: who is 预备党员 came with the roster.
    """
    trail = trail or Trail()
    require(by, "import.run", at=root())
    fresh = [row for row in rows if row.is_new]
    trail.add(insert([_person(row) for row in fresh if row.extra.get("member") is None]))
    applications = [_application(row, by) for row in fresh]
    trail.add(insert(applications))
    stays, taken, guides, notices, backbones = [], [], [], [], []
    for row, application in zip(fresh, applications, strict=True):
        branch = row.extra["branch"]
        stays.append(ApplicationStay(application=application, branch=branch, started_on=application.applied_on))
        taken += [_step(each, application, branch, by) for each in row.extra["taken"]]
        guides += _guides(row, application, by)
        backbones += _backbones(row)
        if row.values.get("public_from"):
            notices.append(
                Publicity(
                    application=application, matter=Publicity.Matter.PROSPECT, started_on=row.values["public_from"],
                    ended_on=row.values["public_until"], place=PLACE, created_by=by,
                )
            )  # fmt: skip
    for made in (stays, taken, guides, notices, backbones):
        trail.add(insert(made))
    audit.record("recruit.import", by=by, added=len(applications), steps=len(taken))


def _person(row):
    found = row.values
    member = Member(
        **{name: found[name] for name in OF_PERSON if found.get(name) not in (None, "")}
        | {"birth_on": row.extra["born"]},
        **keys_of(found["name"]),
        id_number=found.get("id_number") or "",
    )
    row.extra["member"] = member
    return member


def _application(row, by):
    found = row.values
    stage, step, since = steps.where(case_of(row))
    archived = found.get("archive")
    return Application(
        member=row.extra["member"], branch=row.extra["branch"], applied_on=found["apply"], stage=stage, step=step,
        stage_since_on=since or found["apply"], extended_months=found.get("extended") or 0,
        form_number=found.get("form_number") or "", is_imported=True, created_by=by, ended_on=archived,
        outcome=Application.Outcome.ADMITTED if archived else "",
    )  # fmt: skip


def _step(each, application, branch, by):
    data = {name: str(value) if isinstance(value, date) else value for name, value in each.data.items()}
    return RoadStep(
        application=application, branch=branch, step=each.step, on=each.on, data=data, explained=each.explained,
        is_imported=True, created_by=by,
    )  # fmt: skip


def _backbones(row):
    for each in row.extra["backbones"]:
        each.member = row.extra["member"]
    return row.extra["backbones"]


def _guides(row, application, by):
    days = {ROLES[each.step][1]: each.on for each in row.extra["taken"] if each.step in ROLES}
    return [
        Guide(application=application, member_id=guide["member"], role=role, started_on=days[role], created_by=by)
        for role, guides in row.extra["guides"].items()
        for guide in guides
        if role in days
    ]
