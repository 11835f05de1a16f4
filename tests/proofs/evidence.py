"""Whether every automatic point names the records it rests on, or says in words that there are none."""

from collections import defaultdict

from django.db import connection

from assessment import scoring

# label → the organisations to which a record belongs, or over which it counts
OWNERS = {
    "assessment.SecretaryReview": "SELECT id, branch_id FROM assessment_secretaryreview",
    "branches.Notice": "SELECT notice_id, branch_id FROM branches_receipt WHERE mark <> ''",
    "branches.Rectification": "SELECT id, branch_id FROM branches_rectification",
    "branches.Screening": "SELECT id, branch_id FROM branches_screening",
    "branches.Term": "SELECT id, branch_id FROM branches_term",
    # A school's brand is that of the branches below it as well.
    "branches.Title": """
        SELECT t.id, b.id FROM branches_title t JOIN branches_branch o ON o.id = t.branch_id
        JOIN branches_branch b ON starts_with(b.path, o.path)""",
    "branches.WeakCase": "SELECT id, branch_id FROM branches_weakcase",
    "duties.Filing": "SELECT f.id, d.branch_id FROM duties_filing f JOIN duties_duty d ON d.id = f.duty_id",
    "meetings.Activity": "SELECT id, branch_id FROM meetings_activity",
    "meetings.Meeting": "SELECT id, branch_id FROM meetings_meeting",
    "members.Appraisal": "SELECT id, branch_id FROM members_appraisal",
    "members.Honour": "SELECT id, branch_id FROM members_honour",
    "members.MassPoll": "SELECT id, branch_id FROM members_masspoll",
    "members.Transfer": """
        SELECT id, from_branch_id FROM members_transfer UNION SELECT id, to_branch_id FROM members_transfer""",
    "recruitment.RoadStep": "SELECT id, branch_id FROM recruitment_roadstep",
    "training.ClassSession": """
        SELECT s.id, e.branch_id FROM training_classsession s
        JOIN training_enrolment e ON e.training_class_id = s.training_class_id""",
}
# Rows too many to name: a page of the branch lists them all. (branch) → whether there are any of the year
WHOLE_LISTS = {
    "members.DuesPayment": """
        SELECT DISTINCT m.branch_id FROM members_membership m JOIN members_duespayment p ON p.member_id = m.member_id
        WHERE extract(year FROM p.month) = %(year)s""",
    "training.SignIn": """
        SELECT DISTINCT m.branch_id FROM members_membership m WHERE m.member_id IN (
            SELECT e.member_id FROM training_signin n JOIN training_enrolment e ON e.id = n.enrolment_id
            UNION SELECT member_id FROM training_otherhours UNION SELECT member_id FROM meetings_attendance)""",
}


def _rows(statement, params=None):
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        return cursor.fetchall()


def unproved(year, on):
    """[(branch, part, what is wrong)] of every scored automatic part of a year; and how many were looked at."""
    owners = defaultdict(lambda: defaultdict(set))
    for label, statement in OWNERS.items():
        for pk, branch in _rows(statement):
            owners[label][pk].add(branch)
    listed = {label: {pk for (pk,) in _rows(statement, {"year": year})} for label, statement in WHOLE_LISTS.items()}
    found, seen = [], 0
    for score in scoring.grade(year, on=on):
        for part in (part for item in score.items for part in item.parts):
            if part.state == scoring.SCORED and part.fact is not None:
                seen += 1
                found += [(score.branch.pk, part.key, words) for words in _wrong(part, score.branch.pk, owners, listed)]
    return found, seen


def _wrong(part, branch, owners, listed):
    fact = part.fact
    if fact.pks:
        strangers = [pk for pk in fact.pks if branch not in owners[fact.model].get(pk, ())]
        if strangers:
            yield f"{fact.model} {strangers} 不是这个支部的记录"
        return
    if fact.model in listed:
        if fact.value and branch not in listed[fact.model]:
            yield f"没有 {fact.model} 的记录，却有 {fact.value}"
        return
    if fact.whole is not None and fact.value:
        yield f"{fact.value}/{fact.whole} 没有记录"
    none_found = fact.missing or fact.note or fact.open or (fact.whole is None and part.reason == "无扣分")
    if not none_found:
        yield f"没有记录，也没有说明：{part.reason}"
