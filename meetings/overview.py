"""Who was talked with and who taught: per secretary, per pair of a branch, per lecturer, per leading cadre. One query a table."""

from django.db.models import Count, F, Q

from branches.models import Branch, Term
from meetings.activities import kinds
from meetings.models import Activity, Attendance, Meeting, MeetingKind
from members.models import LeadingCadre, Post

Mark = Attendance.Mark


def secretary_talks(user, year, *, per_year, on):
    """Each school's organisation with its secretary and the talks of the year, those with the fewest first."""
    branches = Branch.objects.visible_to(user).at_work(on).owing().exclude(kind=Branch.Kind.WORK_COMMITTEE)
    # The talks are kept by organisations above: their number belongs to the secretary who was talked with.
    talks = dict(
        Activity.objects.counted()
        .filter(kind="secretary_talk", assessment_year=year, about__in=branches)
        .order_by()
        .values_list("about")
        .annotate(Count("pk"))
    )
    names = _secretaries(branches, on)
    rows = [
        {
            "branch": branch, "secretary": names.get(branch.pk, ""), "count": talks.get(branch.pk, 0),
            "missing": max(per_year - talks.get(branch.pk, 0), 0),
        }
        for branch in branches.in_order()
    ]  # fmt: skip
    return sorted(rows, key=lambda row: -row["missing"])


def _secretaries(branches, on):
    """branch id → who is secretary on that day: by the posts, or by the name that a workbook gave."""
    terms = Term.objects.on(on).filter(branch__in=branches).exclude(secretary_name="")
    names = {term.branch_id: f"{term.secretary_name}同志" for term in terms}
    posts = Post.objects.filter(office=Post.Office.SECRETARY, term__branch__in=branches, started_on__lte=on)
    found = posts.exclude(ended_on__lt=on).values_list("term__branch", "member__name").order_by("started_on")
    return names | {branch: f"{name}同志" for branch, name in found}


def heart_talks(user, year, *, on):
    """(the pairs, rows of branches): how many talks of each pair a branch has entered; those that miss a pair first."""
    branches = Branch.objects.visible_to(user, verb="meeting.see").at_work(on).graded()
    question = next(each for each in kinds()["heart_talk"].questions if each.key == "pair")
    found = (
        Activity.objects.visible_to(user)
        .counted()
        .filter(kind="heart_talk", assessment_year=year, branch__in=branches)
        .order_by()
        .values_list("branch", "answers__pair")
        .annotate(Count("pk"))
    )
    counts = {(branch, pair): number for branch, pair, number in found}
    rows = [
        {
            "branch": branch,
            "cells": [
                {"label": label, "count": counts.get((branch.pk, pair), 0)} for pair, label in question.options.items()
            ],
        }
        for branch in branches.in_order()
    ]
    return list(question.options.values()), sorted(
        rows, key=lambda row: -sum(not cell["count"] for cell in row["cells"])
    )


def lecturers(user, year, *, on):
    """Secretaries and leading cadres with the lectures (党课) that they gave in the year, those with none first. Three queries.

    Lectures count wherever they were given: a leader may teach in any branch.
    """
    posts = (
        Post.objects.visible_to(user)
        .filter(office=Post.Office.SECRETARY, started_on__lte=on)
        .exclude(ended_on__lt=on)
        .filter(term__branch__in=Branch.objects.at_work(on))
        .values_list("member", "member__name", "term__branch__name")
        .order_by("term__branch__order")
    )
    cadres = LeadingCadre.objects.visible_to(user).on(on).values_list("member", "member__name", "office")
    people = {}
    for member, name, place in [*cadres, *((member, name, f"{place}书记") for member, name, place in posts)]:
        row = people.setdefault(member, {"member": member, "name": f"{name}同志", "places": [], "count": 0})
        row["places"].append(place)
    given = MeetingKind.objects.filter(
        kind=MeetingKind.Kind.PARTY_LECTURE, assessment_year=year, meeting__state__in=Meeting.COUNTED,
        meeting__lecturer__in=people,
    )  # fmt: skip
    for member, number in given.values_list("meeting__lecturer").annotate(Count("meeting", distinct=True)).order_by():
        people[member]["count"] = number
    return sorted(people.values(), key=lambda row: row["count"] > 0)


def double_life(user, year, *, on):
    """Leading cadres and how often they came to the meetings of their own branch in the year, by its rolls. Two queries."""
    cadres = LeadingCadre.objects.visible_to(user).on(on).select_related("member").order_by("member__strokes", "pk")
    rows = {cadre.member_id: {"cadre": cadre, "due": 0, "attended": 0, "share": None} for cadre in cadres}
    lines = (
        Attendance.objects.filter(
            member__in=rows, meeting__state__in=Meeting.COUNTED, meeting__held_on__year=year,
            member__memberships__branch=F("meeting__branch"),
            member__memberships__started_on__lte=F("meeting__held_on"),
        )
        .exclude(mark=Mark.EXCUSED)
        .filter(Q(member__memberships__ended_on=None) | Q(member__memberships__ended_on__gte=F("meeting__held_on")))
        .order_by()
        .values_list("member")
        .annotate(due=Count("pk", distinct=True), attended=Count("pk", distinct=True, filter=Q(mark=Mark.PRESENT)))
    )  # fmt: skip
    for member, due, attended in lines:
        rows[member] |= {"due": due, "attended": attended, "share": round(100 * attended / due)}
    return sorted(rows.values(), key=lambda row: row["share"] if row["share"] is not None else -1)
