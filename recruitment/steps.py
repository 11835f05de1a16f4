"""Taking a step of the road, and taking it back. The one place that adds `RoadStep` rows by hand.

Each act: lock → who may → not ahead of today → the row → what the engine says of it → what it changes → the record.
What is unlawful is refused with the article and the day that would have been right; what is only late is kept when it is
explained. Forms call `may_take` and `take`; `where` tells the columns that lists repeat, for imports too.
"""

from dataclasses import dataclass, replace

from django.core.exceptions import ValidationError
from django.db import transaction

from accounts import audit
from branches.models import Branch
from branches.rights import may, require
from files.secrecy import refuse_marked
from recruitment import admission, guiding, legality, votes
from recruitment.cases import calendar, cases
from recruitment.evidence import checked, cleaned
from recruitment.models import Application, ApplicationStay, RoadStep
from recruitment.road import BESIDE, in_force, known_editions
from recruitment.sides import ABOVE, ANSWERS, APPROVALS, above, approving, may_take, needs_committee, verb
from recruitment.turns import Eyes

__all__ = ["Entry", "enter", "lock", "may_take", "may_take_back", "take", "take_back", "take_many", "where"]

Stage = Application.Stage
ENTERS = {  # what a person is, from which step on: 发展对象 after the superior's consent, 预备党员 with the approval
    "apply": Stage.APPLICANT,
    "confirm_activist": Stage.ACTIVIST,
    "prospect_filing": Stage.PROSPECT,
    "committee_screen": Stage.ADMISSION,
    "committee_approval": Stage.PROBATION,
}
VOTED = frozenset({"branch_vote", "conversion_vote"})
LATE = "late"  # the code of a refusal that an explanation lifts


@dataclass
class Entry:
    """What one person's step shows: `data` by the keys of the edition, a vote (saved, or unsaved with its meeting), an
    enrolment of a completed course, members who begin to guide, words, and why it is late."""

    data: dict | None = None
    vote: object = None
    enrolment: object = None
    guides: tuple = ()
    organ: Branch | None = None
    words: str = ""
    explained: str = ""


def lock(application):
    rows = Application.objects.select_for_update(of=("self",)).select_related("member", "branch__parent")
    return rows.get(pk=application.pk)


def where(case):
    """(stage, step reached, day since when in that stage) of a case: what `Application` repeats for lists."""
    acts, edition = legality.standing(case), known_editions()[-1]
    stage, since = Stage.APPLICANT, None
    for key, entered in ENTERS.items():  # past a step without a record at the latest with what rests on it
        days = [act.on for step in ({key} & acts.keys() or edition.resting[key]) for act in acts.get(step, ())]
        if days:
            stage, since = entered, min(days)
    reached = [key for key in edition.steps if key in acts]
    return stage, reached[-1] if reached else "apply", since


@transaction.atomic
def take(
    application,
    key,
    on,
    data=None,
    *,
    vote=None,
    enrolment=None,
    guides=(),
    organ=None,
    words="",
    explained="",
    by,
    today,
):
    """Take one step on a day. Raises ValidationError in words, with code `late` when only an explanation is missing."""
    entry = Entry(data, vote, enrolment, tuple(guides), organ, words, explained)
    return enter(lock(application), key, on, entry, by=by, today=today)


@transaction.atomic
def take_many(applications, key, on, data=None, entries=None, *, by, today):
    """One meeting, several persons, each decided upon alone: all steps or none. `entries`: application pk → `Entry`, whose
    data goes before the shared `data`. Raises ValidationError naming each person who cannot take the step."""
    entries, taken, refused = entries or {}, [], []
    locked = Application.objects.select_for_update(of=("self",)).select_related("member", "branch__parent")
    for application in locked.filter(pk__in=[row.pk for row in applications]).order_by("pk"):
        entry = entries.get(application.pk) or Entry()
        entry = replace(entry, data={**(data or {}), **(entry.data or {})})
        try:
            with transaction.atomic():
                taken.append(enter(application, key, on, entry, by=by, today=today))
        except ValidationError as error:
            refused += [
                ValidationError(f"{application.member}：{each.messages[0]}", code=each.code)
                for each in ValidationError([error]).error_list  # those of fields too
            ]
    if refused:
        raise ValidationError(refused)
    return taken


def enter(application, key, on, entry, *, by, today):
    """Add the row of a locked application."""
    step = in_force(on).steps.get(key)
    if step is None:
        raise ValidationError("没有这个步骤。")
    organ = approving(application, key, by, organ=entry.organ, is_proved=is_proved(key, entry))
    refuse_closed(application)
    _refuse_gone(application.branch)
    if on > today:
        raise ValidationError("办理日期不能晚于今天。")
    refuse_marked(entry.words, "情况说明")
    refuse_marked(entry.explained, "日期说明")
    data = checked(application, key, on, cleaned(entry.data), entry.enrolment, today=today)
    before = cases([application])[application.pk]
    _two_persons(application, key, before, by)
    if organ is not None:
        data |= {"organ": organ.pk, "approver": organ.kind}
    branch = branch_on(application, on)
    if admission.is_on_probation(key):
        admission.home(application, key)
    if role := guiding.STEPS.get(key):
        guiding.check(entry.guides, application, branch, role, on, entry.words)
    elif entry.guides:
        raise ValidationError("这一步不确定培养联系人或入党介绍人。")
    vote = _vote(application, key, branch, on, entry, before)
    row = RoadStep(
        application=application, branch=branch, step=key, on=on, data=data, words=entry.words.strip(),
        explained=entry.explained.strip(), vote=vote, enrolment=entry.enrolment, created_by=by,
    )  # fmt: skip
    row.full_clean()
    row.save()
    if role:
        guiding.appoint(entry.guides, application, role, on, by)
    case = _judge(application, before, entry)
    _change(application, key, on, data, case)
    settle(application, case)
    audit.record("recruit.step", application, by=by, step=key, on=str(on), late=bool(row.explained))
    return row


def is_proved(key, entry):
    """A course that was completed on record speaks for itself."""
    return key == "prospect_training" and entry.enrolment is not None


def refuse_closed(application):
    if application.outcome:
        raise ValidationError(f"档案已办结（{application.get_outcome_display()}），不能再办理。")


def _refuse_gone(branch):
    """No road goes on in a branch that is no more: first it follows to the one that goes on."""
    if branch.closed_on:
        raise ValidationError(f"{branch}已于 {branch.closed_on:%Y-%m-%d} 撤销，请上级党组织先把档案转到接续的党支部。")


def branch_on(application, on):
    """In which branch the person was led on that day; before the first, the first."""
    stays = list(
        ApplicationStay.objects.filter(application=application).select_related("branch").order_by("started_on")
    )
    found = [stay for stay in stays if stay.started_on <= on] or stays[:1]
    return found[-1].branch if found else application.branch


def _two_persons(application, key, case, by):
    """Nobody decides about what they entered themselves."""
    asked = ANSWERS.get(key)
    if asked is None or asked not in legality.standing(case):
        return
    row = application.steps.filter(step=asked, is_undone=False).order_by("-pk").first()
    if row is not None and row.created_by_id == by.pk:
        label = in_force(row.on).steps[asked].label
        raise ValidationError(f"“{label}”是您登记的，这一步请由另一位同志办理。")


def _vote(application, key, branch, on, entry, case):
    if key not in VOTED:
        if entry.vote is not None:
            raise ValidationError("这一步不用表决票数。")
        return None
    refuse(legality.refusal(case, _known(key, on), is_working=calendar()))
    if key == "branch_vote":
        _sponsored(application, branch, on)
    elif waiting := votes.pending(application):
        label = BESIDE[waiting.step]
        raise ValidationError(f"“{label}”（{waiting.on:%Y-%m-%d}）还在等上级党委批准；决议有误的，请先退回。")
    return votes.settle(entry.vote, application, key, branch, on)


def _sponsored(application, branch, on):
    """Two sponsors at the meeting itself, fit on that day as they were when they were named."""
    sponsors = [row.member for row in guiding.running(application, guiding.Role.SPONSOR, on)]
    if len(sponsors) != guiding.MOST:
        raise ValidationError(f"支部大会讨论时应有两名入党介绍人，现有 {len(sponsors)} 名，请先补齐。（第二十条）")
    guiding.check(sponsors, application, branch, guiding.Role.SPONSOR, on)


def _known(key, on):
    """A vote as if it were carried: whether the rest allows it is told first, before the ballots are counted."""
    return legality.Act(key, on, {"vote": {"entitled": 1, "present": 1, "in_favour": 1, "secret": True}})


def refuse(fault):
    if fault is not None:
        raise ValidationError(words_of(fault), code="unlawful")


def words_of(fault):
    """What is wrong, the article, and the day that would have been right."""
    day = f"，应为 {fault.day:%Y-%m-%d}" if fault.day and f"{fault.day:%Y-%m-%d}" not in fault.says else ""
    return f"{fault.says}{day}。（{fault.article}）"


def _judge(application, before, entry):
    """The case with its new last act; refused when that is unlawful, or late and not explained."""
    is_working = calendar()
    case = cases([application])[application.pk]
    refuse(legality.refusal(before, case.acts[-1], is_working=is_working))
    old = set(legality.faults(before, is_working=is_working))
    fresh = [fault for fault in legality.faults(case, is_working=is_working) if fault not in old]
    if not application.is_imported:  # an imported road has its faults, kept and shown
        refuse(next((fault for fault in fresh if fault.blocks), None))
    late = [fault for fault in fresh if not fault.blocks and fault.step == case.acts[-1].step]
    if late and not entry.explained.strip():
        raise ValidationError(f"{words_of(late[0])}请在“日期说明”中写明原因。", code=LATE)
    return case


def settle(application, case):
    """Write what lists repeat of the case."""
    application.stage, application.step, since = where(case)
    application.stage_since_on = since or application.applied_on
    application.save(update_fields=["stage", "step", "stage_since_on"])


def _change(application, key, on, data, case):
    """What a step changes beside the road itself."""
    acts = legality.standing(case)
    if key == "fill_application_form":
        _number(application, data.get("form_number", ""))
    elif key == admission.ADMITS:
        admission.admit(application, on=on, joined_on=acts["branch_vote"][0].on)
    elif key == admission.CONVERTS:
        admission.convert(application, converted_on=acts["conversion_vote"][0].on)
    elif key == "archive":
        application.outcome, application.ended_on = Application.Outcome.ADMITTED, on
        application.full_clean(exclude=["member", "branch"])
        application.save(update_fields=["outcome", "ended_on"])


def _number(application, number):
    application.form_number = number
    application.full_clean(exclude=["member", "branch"])
    application.save(update_fields=["form_number"])


# --- taking back


def is_held(application, key):
    """Whether the step cannot be taken back because the file is closed: the archive alone opens it again."""
    return bool(application.outcome) and (key != "archive" or application.outcome != Application.Outcome.ADMITTED)


def may_take_back(application, key, by):
    """Whether this person may take the step back: the branch its own, as long as nothing of those above rests on it."""
    if is_held(application, key):
        return False
    acts = legality.standing(cases([application])[application.pk])
    if key not in acts:
        return False
    lost = legality.fallen(acts, key, in_force(acts[key][-1].on))
    return Eyes(by).may_take_back(key, lost, application.branch)


@transaction.atomic
def take_back(application, key, words, on, *, by, today):
    """Take a step back with all that rests on it, by a row with the reason; what it changed elsewhere is changed back."""
    application = lock(application)
    if not may(by, "recruit.edit", at=application.branch) and not may(by, "recruit.approve", at=application.branch):
        require(by, verb(key), at=application.branch)
    if is_held(application, key):
        refuse_closed(application)
    case = cases([application])[application.pk]
    acts = legality.standing(case)
    if key not in acts:
        raise ValidationError("这一步没有办理，不能退回。")
    if key == "apply":
        raise ValidationError("入党申请不能退回：日期写错的，请更正申请日期；不再申请的，请办理终止。")
    if not words.strip():
        raise ValidationError({"words": "请写明退回的原因。"})
    refuse_marked(words, "退回原因")
    if not acts[key][-1].on <= on <= today:
        raise ValidationError({"on": f"退回日期应在办理日期 {acts[key][-1].on:%Y-%m-%d} 和今天之间。"})
    lost = legality.fallen(acts, key, in_force(on))
    if lost & (ABOVE | APPROVALS):
        above(application.branch, by, generals=not needs_committee(lost))
    elif "political_review" in lost and not Eyes(by).is_above(application.branch):
        require(by, "review.edit", at=application.branch)
    admission.undo(application, {step: acts[step][0].on for step in lost})
    guides = _dismiss(application, lost)
    if "fill_application_form" in lost:
        _number(application, "")
    if key == "archive":
        application.outcome, application.ended_on = "", None
        application.full_clean(exclude=["branch"])
        application.save(update_fields=["outcome", "ended_on"])
    if admission.ADMITS in lost and application.extended_months:
        application.extended_months = 0
        application.save(update_fields=["extended_months"])
    row = RoadStep(
        application=application, branch=branch_on(application, on), step=key, on=on, words=words.strip(), is_undone=True,
        data={"guides": guides} if guides else {}, created_by=by,
    )  # fmt: skip
    row.full_clean()
    row.save()
    settle(application, cases([application])[application.pk])
    audit.record("recruit.take_back", application, by=by, step=key, on=str(on), fallen=sorted(lost))
    return row


def _dismiss(application, lost):
    """Whoever was named by a step that fell never served; who it was stays in the row that takes the step back."""
    roles = [role for key, role in guiding.STEPS.items() if key in lost]
    rows = application.guides.filter(role__in=roles)
    members = sorted(rows.values_list("member", flat=True))
    rows.delete()
    return members
