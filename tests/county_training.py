"""教育培训 in COUNTY-S: a class of each 党委 and of 工委, with somebody of each branch below; hours from elsewhere."""

from datetime import UTC, datetime

from branches.rights import BELOW, ROLES
from tests import factories
from training.models import (
    ClassFile,
    ClassPass,
    ClassQuota,
    ClassSession,
    Enrolment,
    Exam,
    ExamQuestion,
    ExamResult,
    OtherHours,
    Question,
    SignIn,
    Survey,
    Teacher,
    TrainingClass,
)

AT = datetime(2025, 4, 14, 1, 0, tzinfo=UTC)
OF_CLASS = (ClassQuota, ClassSession, ClassFile, Survey)
OF_ENROLMENT = (SignIn, ClassPass, ExamResult)
OWNERS_OF_CLASSES = ("root", "a", "b")


def train(county, rows):
    """Add to `rows`: what → [(organisation that owns the row, row)]."""
    by = county.people["admin"]
    county.classes = {}  # (owner, kind of situation) → class

    def add(what, name, row):
        rows.setdefault(what, []).append((name, row))

    for owner in OWNERS_OF_CLASSES:
        branch = county.branches[owner]
        for situation, fields in (
            ("class", {"state": "open"}), ("class_planned", {}), ("class_running", {"state": "running"}),
            ("class_closing", {"state": "closing"}),
            ("class_archived", {"state": "archived", "archived_by": by, "archived_at": AT, "gap_reason": "x"}),
            ("class_closed_kind", {"state": "running", "kind": "remedial"}),
            ("class_quota", {"state": "open"}),
        ):  # fmt: skip
            training_class = factories.TrainingClassFactory(
                branch=branch, created_by=by, number="x", organiser="x", team="x", topic="x", plan="x", summary="x",
                **fields,
            )  # fmt: skip
            county.classes[owner, situation] = training_class
            add(situation, owner, training_class)
            if situation == "class_quota":
                add("quota", owner, factories.ClassQuotaFactory(
                    training_class=training_class, branch=county.branches["a1" if owner != "b" else "b1"]
                ))  # fmt: skip
            _hold(county, owner, situation, training_class, by, add)
        add("teacher", owner, factories.TeacherFactory(branch=branch, created_by=by))
        add("question", owner, factories.QuestionFactory(
            branch=branch, article="x", explanation="x", created_by=by
        ))  # fmt: skip
    for name in county.graded:
        if name != "shut":
            add("other_hours", name, factories.OtherHoursFactory(
                branch=county.branches[name], member=county.members[name][0], organiser="x", created_by=by,
                file=factories.StoredFileFactory(),
            ))  # fmt: skip


def _hold(county, owner, situation, training_class, by, add):
    if situation not in ("class", "class_running", "class_archived", "class_closed_kind"):
        return
    suffix = {"class": "", "class_running": "_running", "class_archived": "_archived", "class_closed_kind": "_closed"}
    suffix = suffix[situation]
    session = factories.ClassSessionFactory(training_class=training_class, place="x")
    add(f"class_session{suffix}", owner, session)
    add(f"class_file{suffix}", owner, factories.ClassFileFactory(
        training_class=training_class, title="x", role="courseware", created_by=by
    ))  # fmt: skip
    survey = factories.SurveyFactory(
        training_class=training_class, created_by=by, remarks=["x"], answered=6,
        **({"state": "closed", "closed_at": AT} if situation == "class_archived" else {}),
    )  # fmt: skip
    add(f"survey{suffix}", owner, survey)
    exam = factories.ExamFactory(training_class=training_class, created_by=by)
    factories.ExamQuestionFactory(exam=exam, question__branch=training_class.branch, question__created_by=by)
    add(f"exam{suffix}", owner, exam)
    for name in county.graded:
        if name == "shut" or not county.lies_below(name, owner):
            continue
        branch, member = county.branches[name], county.members[name][1]
        enrolment = factories.EnrolmentFactory(
            training_class=training_class, branch=branch, member=member, unit="x", position="x", created_by=by
        )
        add(f"enrolment{suffix}", name, enrolment)
        add(f"enrolment_of_{owner}{suffix}", owner, enrolment)
        add(f"sign_in{suffix}", owner, factories.SignInFactory(
            session=session, enrolment=enrolment, method="later", reason="x", entered_by=by, entered_at=AT
        ))  # fmt: skip
        factories.ClassPassFactory(enrolment=enrolment, created_by=by)
        factories.ExamResultFactory(exam=exam, enrolment=enrolment)
    outsider = factories.EnrolmentFactory(
        training_class=training_class, member=None, branch=None, name="x", unit="x", position="x", created_by=by
    )
    add(f"outsider{suffix}", owner, outsider)


def eyes(county, person):
    """model → keys of the rows that `person` may read, worked out from the tables of rights alone."""

    def below(verb):  # what lies where `person` holds a post or a task
        return {county.branches[name].pk for name in county.reach(person, verb)}

    own = county.reach(person, "training.see")
    closed = below("training.closed")
    classes = set()
    for (owner, situation), training_class in county.classes.items():
        branch = county.branches[owner]
        seen = branch.pk in below("training.see")
        opened = situation != "class_planned" and any(owner in county._uppers(name) for name in own)
        if situation == "class_quota":
            opened = opened and _is_for(county, person, "a1" if owner != "b" else "b1")
        if (seen or opened) and (situation != "class_closed_kind" or branch.pk in closed):
            classes.add(training_class.pk)
    found = {TrainingClass: classes}
    for model in OF_CLASS:
        found[model] = set(model.objects.filter(training_class__in=classes).values_list("pk", flat=True))
    mine = set()
    for pk, branch, held_by, kind in Enrolment.objects.values_list(
        "pk", "branch", "training_class__branch", "training_class__kind"
    ):
        seen = {branch, held_by} & below("training.see")
        if seen and (kind != "remedial" or held_by in closed):
            mine.add(pk)
    found[Enrolment] = mine
    for model in OF_ENROLMENT:
        found[model] = set(model.objects.filter(enrolment__in=mine).values_list("pk", flat=True))
    exams = set(Exam.objects.filter(training_class__in=classes).values_list("pk", flat=True))
    found[Exam] = exams
    found[ExamQuestion] = set(ExamQuestion.objects.filter(exam__in=exams).values_list("pk", flat=True))
    runs = below("training.run")
    bank = {pk for pk, branch in Question.objects.values_list("pk", "branch") if branch in runs}
    found[Question] = bank | set(
        ExamQuestion.objects.filter(exam__training_class__branch__in=runs).values_list("question", flat=True)
    )
    uppers = {county.branches[upper].pk for name in own for upper in (name, *county._uppers(name))}
    found[Teacher] = {pk for pk, branch in Teacher.objects.values_list("pk", "branch") if branch in uppers}
    found[OtherHours] = {
        pk for pk, branch in OtherHours.objects.values_list("pk", "branch") if branch in below("training.see")
    }
    attached = set(ClassFile.objects.filter(training_class__in=classes).values_list("file", flat=True))
    attached |= set(OtherHours.objects.filter(pk__in=found[OtherHours]).values_list("file", flat=True))
    found = {model._meta.model_name: keys for model, keys in found.items()}
    found["member"] = set(Enrolment.objects.filter(pk__in=mine).values_list("member", flat=True)) - {None}
    return found | {"attached": attached}


def _is_for(county, person, branch):
    """Whether a class that one branch has a quota of is for somebody with this post: that branch, or who is above it."""
    for role, place in county.posts.get(person, ()):
        reaches = ROLES[role].get("training.see")
        if reaches and (place == branch or (reaches == BELOW and county.lies_below(branch, place))):
            return True
    return any(place == branch for _, place in county.tasks.get(person, ()))
