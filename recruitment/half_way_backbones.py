"""骨干类别 of people under way, as an old ledger names them: which of the county's rows a line adds, and what is not sure of it.

Whoever joins as a backbone counts for 双培养 and for the structure of a year only from a day that somebody wrote down.
"""

from collections import defaultdict

from members.actions import backbone
from members.models import Backbone

UNDATED = "没有骨干认定日期，照实登记；不知从哪天起，不计入业务骨干占比和双培养，请补上日期"
NO_LEVEL = "“{}”没有写层级（校级、县级、市级等），照实登记，请核对"
TWICE = "“{}”与“{}”是同一类，只登记前一项，请核对"
KNOWN = "名册上已登记为“{}”，以名册为准，这一项不登记"


def told(rows, on):
    """row number → ([Backbone without its person], [words to check]), of the rows that name any. One query."""
    said = [row for row in rows if row.values.get("backbone")]
    members = [row.extra["member"].pk for row in said if row.extra["member"] is not None]
    on_record = defaultdict(list)
    for held in Backbone.objects.filter(member__in=members).order_by("pk"):
        on_record[held.member_id].append(held)
    return {row.number: _of(row.values, on_record[getattr(row.extra["member"], "pk", None)], on) for row in said}


def _of(found, known, on):
    since, made, words = found.get("backbone_from"), {}, []
    for name in found["backbone"]:
        each = backbone(name, started_on=since or on, start_estimated=since is None)
        before = next((row for row in known if row.kind == each.kind and _overlaps(row, each)), None)
        if before is not None:
            words += [] if before.name == name else [KNOWN.format(before.name)]
        elif each.kind in made:
            words.append(TWICE.format(name, made[each.kind].name))
        else:
            made[each.kind] = each
            words += [] if each.level else [NO_LEVEL.format(name)]
    if made and since is None:
        words.append(UNDATED)
    return list(made.values()), words


def _overlaps(row, made):
    return row.ended_on is None or row.ended_on >= made.started_on
