"""Hours of everybody and who has been to 党校, over every branch of the county."""

from django.db import connection
from django.db.models import Count
from django.utils import timezone

from branches.models import Branch
from members.models import Membership
from training import coverage, ledger
from training.models import TrainingClass

# The least that could count the same: the lines themselves, summed by member, nothing asked of whom and how much.
_SUMS = """
SELECT member_id, sum(hours) FROM (
    SELECT e.member_id, s.hours FROM training_signin AS n
    JOIN training_classsession AS s ON s.id = n.session_id JOIN training_enrolment AS e ON e.id = n.enrolment_id
    WHERE n.mark = 'present' AND s.held_on >= %(first)s
    UNION ALL SELECT a.member_id, 2 FROM meetings_attendance AS a JOIN meetings_meeting AS m ON m.id = a.meeting_id
    WHERE a.mark = 'present' AND m.held_on >= %(first)s
    UNION ALL SELECT member_id, hours FROM training_otherhours WHERE year = %(year)s
) AS lines GROUP BY member_id
"""
_BEEN = """
SELECT m.branch_id, count(*), count(*) FILTER (WHERE m.member_id IN (
    SELECT e.member_id FROM training_signin AS n
    JOIN training_classsession AS s ON s.id = n.session_id JOIN training_enrolment AS e ON e.id = n.enrolment_id
    JOIN training_trainingclass AS c ON c.id = s.training_class_id
    WHERE n.mark = 'present' AND s.held_on >= %(first)s AND c.is_party_school
)) FROM members_membership AS m WHERE m.ended_on IS NULL GROUP BY m.branch_id
"""


def _bare(statement, on):
    def floor():
        with connection.cursor() as cursor:
            cursor.execute(statement, {"year": on.year, "first": on.replace(month=1, day=1)})
            cursor.fetchall()

    return floor


def hours():
    on = timezone.localdate()
    keys = list(Branch.objects.filter(closed_on=None).values_list("pk", flat=True))
    return lambda: ledger.of_branches(keys, on.year, on=on), _bare(_SUMS, on)


def covered():
    on = timezone.localdate()
    keys = list(Membership.objects.filter(ended_on=None).values_list("branch", flat=True).distinct())
    return lambda: coverage.of_branches(keys, on.year, on=on), _bare(_BEEN, on)


def busiest():
    """The class with the most people on its roll among those that sign in."""
    found = TrainingClass.objects.filter(sessions__is_signed=True).annotate(people=Count("enrolments", distinct=True))
    return found.order_by("-people", "pk").values_list("pk", flat=True)[0]
