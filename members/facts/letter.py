"""责任书 of the year, and the secretaries who are 双带头人."""

from datetime import timedelta
from decimal import Decimal

from django.db.models import DateField, Exists, F, Value
from django.urls import reverse

from branches.models import Branch, Term
from members import letters
from members.models import Post, ResponsibilityLetter
from rulebook.facts import Fact


def letters_signed(branches, period):
    """branch id → Fact: 责任书 signed, of those owed for the year; None while the county has entered none for that year.

    Source: the county's yearly plan (逐级签订); three queries.
    """
    signed = ResponsibilityLetter.objects.filter(year=period.year)
    if not signed.exists():
        return None
    pks = {}
    for branch, pk in signed.filter(branch__in=branches).order_by("pk").values_list("branch", "pk"):
        pks.setdefault(branch, []).append(pk)
    found = {}
    for row in letters.standings(branches, period.year, on=period.on):
        whole = row.owes_goal + len(letters.PERSONAL) * row.owed
        if whole:
            words = ("党建工作目标责任书",) if row.owes_goal and row.goal is None else ()
            words += tuple(
                f"{letters.Kind(kind).label} {row.owed - count} 人"
                for kind, count in row.signed.items()
                if count < row.owed
            )
            found[row.branch.pk] = Fact(
                Decimal(whole - row.left), Decimal(whole), "members.ResponsibilityLetter",
                tuple(pks.get(row.branch.pk, ())), words,
            )  # fmt: skip
    return found


def letters_left(on, *, of, kept):
    """For reminders: organisations with letters of this year still to be signed, by the last day of the signing months.

    From the first of those months until `kept` days after the last; only once the county enters letters at all.
    """
    first, last = letters.season(on.year, on=on)
    used = ResponsibilityLetter.objects.filter(year__gte=on.year - 1)
    found = letters.unsigned(Branch.objects.at_work(on).filter(Exists(used)), on.year, on=on)
    if not first <= on <= last + timedelta(days=kept):
        found = found.none()
    return found.annotate(**{of: Value(last, DateField())}).annotate(day=F(of)).values_list("pk", "pk", "day", "day")


def letter_left_words(pks, on):
    """Key → (title, address of the act)."""
    return {pk: ("责任书还有未签的", reverse("members:letter_branch", args=[pk, on.year])) for pk in pks}


def dual_leaders(branches, period):
    """branch id → Fact: 1 of 1 when the secretary who serves is a 双带头人. Not applicable without a secretary. Two queries."""
    serving = Term.objects.on(min(period.on, period.end)).filter(branch__in=branches)
    day = min(period.on, period.end)
    posts = Post.objects.filter(term__in=serving.values("pk"), office=Post.Office.SECRETARY, started_on__lte=day)
    rows = posts.exclude(ended_on__lt=day).order_by("started_on")
    return {
        branch: Fact(Decimal(int(is_dual)), Decimal(1), "members.Post", (pk,), note=basis)
        for branch, pk, is_dual, basis in rows.values_list("term__branch", "pk", "is_dual_leader", "dual_basis")
    }
