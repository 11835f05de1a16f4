"""A county in disorder: days, states and numbers of the invented county moved at random, as long as the database allows it.

What the portal would never let anybody enter is in it too; the records alone decide what a year gives.
"""

from pathlib import Path

from django.db import connection

from accounts.models import User
from duties.models import Fulfilment
from portal.actions import tend
from recruitment.cases import cases
from recruitment.models import Application
from recruitment.steps import where

DAYS = "(%s + (floor(random() * 90) - 45)::int)"
NEAR = "(%s + (floor(random() * 7) - 3)::int)"  # to both sides of an edge


def days(column, by=DAYS):
    return f"{column} = {by % column}"


def pick(column, *values):
    """One of these SQL values."""
    chosen = " ".join(f"WHEN {number} THEN {value}" for number, value in enumerate(values))
    return f"{column} = CASE floor(random() * {len(values)})::int {chosen} END"


CHANGES = (  # table, share of its rows, what becomes of them
    ("meetings_meeting", 0.25, days("held_on")),
    ("meetings_meeting", 0.05, pick("state", "'draft'", "'returned'", "'submitted'")),
    ("meetings_meeting", 0.2, "attended_count = floor(random() * (due_count + 1))::int"),
    ("meetings_meetingkind", 0.05, pick("assessment_year", "2025", "2026")),
    ("meetings_meetingkind", 0.05, pick("kind", "'org_life_meeting'", "'theme_party_day'", "'ideology_study'")),
    ("meetings_attendance", 0.2, pick("mark", "'leave'", "'absent'", "'present'")),
    ("meetings_activity", 0.2, pick("withdrawn_at", "now()", "NULL") + ", withdrawn_by_id = created_by_id"),
    ("branches_branch", 0.1, "founded_on = date '2025-05-15' + floor(random() * 400)::int"),
    ("branches_branch", 0.05, "closed_on = greatest(founded_on, date '2025-06-28' + floor(random() * 500)::int)"),
    ("branches_term", 0.4, days("started_on")),
    ("branches_term", 0.4, "expires_on = greatest(started_on + 1, date '2024-10-25' + floor(random() * 500)::int)"),
    ("branches_term", 0.2, pick("expires_on", "NULL", "expires_on")),
    ("branches_term", 0.3, pick("committee_size", "0", "3", "5")),
    ("branches_group", 0.4, "ended_on = greatest(started_on, date '2025-01-10' + floor(random() * 600)::int)"),
    ("branches_receipt", 0.3, pick("mark", "'present'", "'leave'", "'absent'", "''")),
    ("branches_notice", 0.2, days("held_on")),
    ("branches_rectification", 0.3, days("due_on")),
    ("branches_rectification", 0.2, "settled_on = " + NEAR % "due_on"),
    ("branches_rectification", 0.1, "state = 'submitted'"),
    ("branches_rectificationstep", 0.2, days('"on"')),
    ("branches_screening", 0.2, pick("state", "'approved'", "'issued'", "'submitted'")),
    ("branches_screeningmark", 0.1, "is_applicable = random() < 0.5"),
    ("branches_screeningmark", 0.1, "points = round((random() * 5)::numeric, 2)"),
    ("branches_standarditem", 0.3, "is_scored_elsewhere = random() < 0.5"),
    ("branches_title", 0.3, pick("state", "'ended'", "'named'") + ", ended_why = '终止', " + days("state_on")),
    ("branches_title", 0.5, days("named_on") + ", " + pick("level", "'省级'", "'市级'", "'县级'", "'国家级'")),
    ("branches_weakcase", 0.7, days("listed_on") + ", " + days("closed_on")),
    ("members_post", 0.3, "ended_on = greatest(started_on, date '2024-11-15' + floor(random() * 500)::int)"),
    ("members_post", 0.3, "started_on = least(coalesce(ended_on, 'infinity'), " + DAYS % "started_on" + ")"),
    ("members_membership", 0.1, "ended_on = greatest(started_on, date '2025-02-01' + floor(random() * 600)::int)"),
    ("members_membership", 0.5, pick("end_reason", "'died'", "'transferred'", "'adjusted'", "'resigned'")),
    ("members_membership", 0.1, "started_on = least(coalesce(ended_on, 'infinity'), date '2025-02-01' + floor(random() * 600)::int)"),
    ("members_duespayment", 0.2, days("paid_on")),
    ("members_duespayment", 0.05, "paid = payable * floor(random() * 2)::int"),
    ("members_duespayment", 0.05, "payable = NULL"),
    ("members_transfer", 0.5, days("received_on") + ", issued_on = issued_on + floor(random() * 4)::int"),
    ("members_transfer", 0.2, pick("state", "'returned'", "'withdrawn'", "'done'") + ", refusal = '退回'"),
    ("members_transfer", 0.6, "dues_paid_through = date_trunc('month', issued_on::timestamp)::date + floor(random() * 90)::int"),
    ("members_transfer", 0.9, "dues_paid_through = date_trunc('month', dues_paid_through::timestamp)"),
    ("members_transferstep", 0.4, "taken_on = taken_on - floor(random() * 45)::int"),  # a letter opened anew: the first day
    ("members_honour", 0.1, "revoked_on = conferred_on + floor(random() * 300)::int"),
    ("members_honour", 0.4, days("conferred_on") + ", " + pick("matter", "'同一件事'", "''", "' 同一件事 '")),
    ("members_honour", 0.4, pick("level", "'nation'", "'province'", "'city'", "'school'")),
    ("members_appraisal", 0.2, "held_on = date '2026-03-28' + floor(random() * 7)::int"),
    ("members_appraisal", 0.1, pick("state", "'draft'", "'submitted'")),
    ("members_masspoll", 0.3, "satisfied = floor(random() * 8)::int, fairly = floor(random() * 4)::int, dissatisfied = 1"),
    ("members_backbone", 0.5, days("started_on") + ", start_estimated = random() < 0.2"),
    ("members_backbone", 0.2, "ended_on = greatest(started_on, date '2025-03-01' + floor(random() * 300)::int)"),
    ("training_trainingclass", 0.15, pick("state", "'cancelled'", "'running'") + ", cancel_reason = '取消'"),
    ("training_classsession", 0.2, days("held_on") + ", " + pick("hours", "hours", "2.5", "8")),
    ("training_enrolment", 0.05, "withdrawn_on = date '2025-06-01', withdrawn_why = '公差'"),
    ("training_signin", 0.1, "mark = 'leave', method = '', device = '', reason = '公差', entered_at = now()"),
    ("training_otherhours", 0.2, pick("state", "'entered'", "'returned'") + ", return_reason = '退', checked_at = NULL, "
     "checked_by_id = NULL"),
    ("training_otherhours", 0.2, "hours = 1 + floor(random() * 60)::int"),
    ("recruitment_roadstep", 0.1, days('"on"')),
    ("recruitment_roadstep", 0.05, days('"on"', NEAR)),
    ("recruitment_roadstep", 0.1, pick("explained", "'说明'", "''")),
    ("recruitment_roadstep", 0.02, "is_imported = NOT is_imported"),
    ("recruitment_roadstep", 0.02, "data = '{}'"),
    ("recruitment_roadstep", 0.02, "vote_id = NULL"),
    ("recruitment_publicity", 0.2, "ended_on = started_on + floor(random() * 9)::int"),
    ("recruitment_guide", 0.1, "ended_on = greatest(started_on, date '2025-03-01' + floor(random() * 300)::int)"),
    ("recruitment_application", 0.1, pick("extended_months", "6", "0", "12")),
    ("meetings_vote", 0.1, "in_favour = present - floor(random() * 3)::int, written = floor(random() * 3)::int"),
    ("members_member", 0.02, "birth_on = NULL"),
    ("members_responsibilityletter", 0.1, days("signed_on")),
    ("assessment_secretaryreport", 0.3, days("submitted_on")),
    ("assessment_secretaryreport", 0.3, days("returned_on") + ", " + days("rewrite_until")),
    ("assessment_secretaryreviewcampaign", 0.5, days("due_on")),
    ("assessment_manualscore", 0.2, "points = round((random() * 2)::numeric, 2)"),
    ("duties_filing", 0.1, days("filed_on")),
)  # fmt: skip
GONE = (
    ("members_duespayment", 0.1), ("members_responsibilityletter", 0.1), ("assessment_manualscore", 0.1),
    ("meetings_attendance", 0.05), ("training_signin", 0.1), ("duties_filing", 0.05),
)  # fmt: skip
NEW = tuple(Path(__file__).with_suffix(".sql").read_text("utf-8").rstrip().rstrip(";").split(";\n"))
ROWS = """
DO $shake$ DECLARE one bigint; BEGIN
    FOR one IN SELECT id FROM (SELECT id FROM {table} ORDER BY id) every WHERE random() < {share} LOOP
        BEGIN
            {act} WHERE id = one;
        EXCEPTION WHEN check_violation OR exclusion_violation OR unique_violation OR not_null_violation
            OR raise_exception THEN NULL;
        END;
    END LOOP;
END $shake$"""


UNFILED = """
DELETE FROM {table} f USING duties_duty d JOIN branches_branch b ON b.id = d.branch_id
WHERE f.duty_id = d.id AND (b.closed_on IS NOT NULL OR b.founded_on > date '2025-01-01' OR b.id IN (
    SELECT branch_id FROM branches_orgchange WHERE kind = 'upgraded'))"""  # a duty that something hangs on stays, owed or not


def shake(seed, years):
    """Put the county into a disorder of its own for each seed, and its duties in step with it again."""
    people = list(User.objects.order_by("pk").values_list("pk", flat=True)[:2])
    with connection.cursor() as cursor:
        rows = [ROWS.format(table=table, share=share, act=f"DELETE FROM {table}") for table, share in GONE]  # noqa: S608
        rows += [
            ROWS.format(table=table, share=share, act=f"UPDATE {table} SET {change}")  # noqa: S608
            for table, share, change in CHANGES
        ]
        for number, statement in enumerate([*rows, *NEW]):
            cursor.execute("SELECT setseed(%s)", [(seed * 1000 + number) % 99991 / 99991])
            cursor.execute(statement, {"by": people[0], "other": people[1]} if statement in NEW else None)
        for table in ("duties_filing", "duties_unlock"):
            cursor.execute(UNFILED.format(table=table))
        # What a record of its own action would have written: a filing meets its duty on its day.
        cursor.execute("DELETE FROM duties_fulfilment")
        cursor.execute("""
            INSERT INTO duties_fulfilment (duty_id, label, object_id, "on")
            SELECT duty_id, 'duties.Filing', id, filed_on FROM duties_filing""")
    roads = list(Application.objects.select_related("member"))
    for pk, case in cases(roads).items():
        Application.objects.filter(pk=pk).update(stage=where(case)[0])
    for year in (min(years) - 1, *years):  # what was held in January may count for the year before
        tend(year, by=User.objects.system())
    assert Fulfilment.objects.exists()
