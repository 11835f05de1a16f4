"""临时收表 in COUNTY-S: one of each upper organisation, asked of every branch below it; one of them came back."""

from datetime import UTC, date, datetime

from datacalls.models import DataCall, DataCallAnswer, DataCallColumn
from portal.models import Pack, PackItem
from tests import factories

OWNERS = ("root", "a", "b", "c")
AT = datetime(2025, 11, 3, 2, 0, tzinfo=UTC)


def ask(county, rows):
    by = county.people["admin"]
    for owner in OWNERS:
        call = factories.DataCallFactory(
            branch=county.branches[owner],
            created_by=by,
            opened=True,
            note="x",
            file=factories.StoredFileFactory(created_by=by),
        )
        factories.DataCallColumnFactory(call=call, position=0, header="x")
        factories.DataCallColumnFactory(call=call, position=1, header="x", source="asked", known="")
        rows.setdefault("call", []).append((owner, call))
        rows.setdefault("call_notice", []).append((owner, call.notice))
        for name in county.graded:
            if not county.lies_below(name, owner):
                continue
            answer = factories.DataCallAnswerFactory(
                call=call, branch=county.branches[name], state="submitted" if owner == "root" else "returned",
                submitted_by=by, submitted_at=AT, as_of_on=date(2025, 11, 3), return_reason="x", returned_by=by, returned_at=AT,
            )  # fmt: skip
            factories.DataCallRowFactory(answer=answer, cells={"0": "x", "1": "x"})
            factories.ReceiptFactory(notice=call.notice, branch=county.branches[name])
            if owner != "root":
                rows.setdefault("call_answer", []).append((name, answer))

    for name in ("root", "a", "a1", "b1"):
        pack = factories.PackFactory(branch=county.branches[name], created_by=by)
        rows.setdefault("pack", []).append((name, pack))
        rows.setdefault("pack_item", []).append((name, factories.PackItemFactory(pack=pack)))


def eyes(county, person):
    """model → keys of the rows whose words are for this person."""
    places = county.reach(person, "call.see")
    seen = {county.branches[name].pk for name in places}
    below = {owner for owner in OWNERS if any(county.lies_below(place, owner) for place in places)}
    owners = {county.branches[name].pk for name in below} | seen
    calls = DataCall.objects.filter(branch__in=owners)
    columns = DataCallColumn.objects.filter(call__in=calls)
    answers = DataCallAnswer.objects.filter(branch__in=seen)
    return {
        "datacall": set(calls.values_list("pk", flat=True)), "datacallcolumn": set(columns.values_list("pk", flat=True)),
        **_packs(county, person), "datacallanswer": set(answers.values_list("pk", flat=True)),
    }  # fmt: skip


def _packs(county, person):
    own = Pack.objects.filter(branch__in=[county.branches[name].pk for name in county.reach(person, "pack.run")])
    items = PackItem.objects.filter(pack__in=own)
    return {"pack": set(own.values_list("pk", flat=True)), "packitem": set(items.values_list("pk", flat=True))}
