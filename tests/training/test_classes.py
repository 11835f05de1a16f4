"""A class from its plan to its end: each step when it is due, by whom it may be taken, and every refusal in words."""

from contextlib import nullcontext
from datetime import date, datetime

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone

from accounts import audit
from accounts.models import Stale, User
from branches.actions import root
from branches.models import Notice, Receipt
from branches.rights import Role
from duties.models import Duty
from tests import factories
from training import announcing, classes, quotas
from training.models import SignIn, TrainingClass

pytestmark = pytest.mark.django_db
State = TrainingClass.State
DAY, FIRST = date(2025, 4, 1), date(2025, 4, 14)
ACTS = {
    "open": lambda row, by: classes.open_(row, by=by),
    "begin": lambda row, by: classes.begin(row, by=by, on=FIRST),
    "finish": lambda row, by: classes.finish(row, by=by, at=at(2025, 4, 15, 18)),
    "cancel": lambda row, by: classes.cancel(row, reason="报名人数不足", by=by),
    "reopen": lambda row, by: classes.reopen(row, reason="还有一次课", by=by),
    "take_back": lambda row, by: classes.take_back(row, reason="补图片", by=by),
}


def at(*parts):
    return datetime(*parts, tzinfo=timezone.get_default_timezone())


@pytest.fixture
def upper():
    return factories.BranchFactory(kind="committee")


@pytest.fixture
def boss(upper):
    return factories.UserFactory(serving=upper, role=Role.COMMITTEE)


def planned(upper, **fields):
    """A class that could be opened at once."""
    row = factories.TrainingClassFactory(branch=upper, plan="方案", **fields)
    factories.ClassSessionFactory(training_class=row)
    return row


def in_state(upper, state, **fields):
    if state == State.ARCHIVED:
        fields |= {"archived_by": factories.UserFactory(), "archived_at": timezone.now()}
    if state == State.CANCELLED:
        fields["cancel_reason"] = "因故"
    return planned(upper, state=state, **fields)


# --- the road


@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize("state", State)
def test_each_act_is_taken_in_its_states_alone_and_says_the_present_one_otherwise(upper, staff, state, act):
    row = in_state(upper, state)
    # a class that was never begun by hand is begun by finishing it; what runs has begun
    fits = act in classes.ROAD[state] or (act, state) in {("finish", State.OPEN), ("begin", State.RUNNING)}

    with nullcontext() if fits else pytest.raises(ValidationError, match=state.label):
        ACTS[act](row, staff)

    row.refresh_from_db()
    after = State.CLOSING if act == "finish" else classes.ROAD[state].get(act, state)
    assert row.state == (after if fits else state)


def test_each_step_is_recorded_and_a_form_opened_before_it_is_stale(upper, boss):
    row = planned(upper)
    classes.open_(row, by=boss)

    event = audit.of(row).first()
    assert (event.action, event.by, event.detail["before"], event.detail["after"]) == (
        "training.open", boss, "planned", "open",
    )  # fmt: skip
    with pytest.raises(Stale):
        classes.save(TrainingClass.objects.get(pk=row.pk), version=1, by=boss)


@pytest.mark.parametrize(
    ("plan", "file", "session", "words"),
    [("方案", False, True, ""), ("", True, True, ""), ("", False, True, "培训方案"), ("方案", False, False, "至少一次课"),
     ("  \n", False, True, "培训方案")],
    ids=["plan written", "plan uploaded", "no plan", "no session", "empty plan"],
)  # fmt: skip
def test_a_class_is_opened_with_a_plan_and_a_session(upper, boss, plan, file, session, words):
    row = factories.TrainingClassFactory(branch=upper, plan=plan)
    if file:
        factories.ClassFileFactory(training_class=row, role="plan")
    if session:
        factories.ClassSessionFactory(training_class=row)

    with pytest.raises(ValidationError, match=words) if words else nullcontext():
        classes.open_(row, by=boss)


def test_a_plan_that_was_taken_down_is_no_plan(upper, boss):
    row = factories.TrainingClassFactory(branch=upper)
    factories.ClassSessionFactory(training_class=row)
    factories.ClassFileFactory(training_class=row, role="plan", removed_at=timezone.now())

    with pytest.raises(ValidationError, match="培训方案"):
        classes.open_(row, by=boss)


@pytest.mark.parametrize(
    ("on", "begun"), [(date(2025, 4, 13), False), (FIRST, True)], ids=["the day before", "to the day"]
)
def test_a_class_begins_on_its_first_day(upper, boss, on, begun):
    row = planned(upper, state="open")

    with nullcontext() if begun else pytest.raises(ValidationError, match="4 月 14 日，还没有到"):
        classes.begin(row, by=boss, on=on)


def test_the_first_who_signs_in_begins_it_and_the_second_changes_nothing(upper):
    row = planned(upper, state="open")
    system = User.objects.system()

    classes.begin(row, by=system, on=FIRST)
    classes.begin(row, by=system, on=FIRST)

    assert audit.of(row).filter(action="training.begin").count() == 1


@pytest.mark.parametrize(
    ("when", "over"),
    [((2025, 4, 14, 11, 59), False), ((2025, 4, 14, 12, 0), True)],
    ids=["a minute short", "to the minute"],
)
def test_a_class_is_finished_when_its_last_session_has_ended(upper, boss, when, over):
    row = planned(upper, state="running")

    with nullcontext() if over else pytest.raises(ValidationError, match="4 月 14 日 12:00 才结束"):
        classes.finish(row, by=boss, at=at(*when))


def test_a_class_that_nobody_began_by_hand_is_begun_and_finished_in_one(upper, boss):
    row = planned(upper, state="open")

    assert classes.finish(row, by=boss, at=at(2025, 4, 14, 12)).state == State.CLOSING
    assert [event.action for event in audit.of(row)] == ["training.finish", "training.begin"]


@pytest.mark.parametrize(("mark", "refused"), [("present", True), ("leave", False)])
def test_a_class_where_somebody_was_there_is_not_cancelled(upper, boss, mark, refused):
    row = planned(upper, state="running")
    factories.SignInFactory(
        session=row.sessions.get(), mark=mark, **({} if mark == "present" else {
            "method": "", "reason": "出差", "entered_by": boss, "entered_at": timezone.now()})
    )  # fmt: skip

    with pytest.raises(ValidationError, match="已经有学员签到") if refused else nullcontext():
        classes.cancel(row, reason="因故", by=boss)
    assert SignIn.objects.count() == 1


@pytest.mark.parametrize("act", [classes.cancel, classes.reopen, classes.take_back])
def test_going_back_needs_a_reason_and_bears_no_mark(upper, staff, act):
    state = {classes.cancel: "open", classes.reopen: "closing", classes.take_back: "archived"}[act]
    row = in_state(upper, State(state))

    with pytest.raises(ValidationError, match="请写明原因"):
        act(row, reason="  ", by=staff)
    with pytest.raises(ValidationError, match="密级标志"):
        act(row, reason="机密★一年", by=staff)


def test_what_is_archived_is_taken_back_by_the_work_committee_alone(upper, boss, staff):
    row = in_state(upper, State.ARCHIVED, gap_reason="没有图片")

    with pytest.raises(PermissionDenied):
        classes.take_back(row, reason="补图片", by=boss)
    found = classes.take_back(row, reason="补图片", by=staff)

    assert (found.state, found.archived_by, found.archived_at, found.gap_reason) == (State.CLOSING, None, None, "")
    assert audit.of(row).first().detail["reason"] == "补图片"


def test_a_class_of_the_restricted_kind_is_moved_by_those_who_may_see_it(upper, boss, staff):
    row = planned(upper, kind="remedial")

    with pytest.raises(PermissionDenied):
        classes.open_(row, by=boss)
    assert classes.open_(row, by=staff).state == State.OPEN


@pytest.mark.parametrize("who", ["secretary", "inspector", "other committee"])
def test_nobody_else_runs_a_class(upper, who):
    person = {
        "secretary": lambda: factories.UserFactory(serving=factories.BranchFactory(parent=upper)),
        "inspector": lambda: factories.UserFactory(serving=root(), role=Role.INSPECTOR),
        "other committee": lambda: factories.UserFactory(
            serving=factories.BranchFactory(kind="committee"), role=Role.COMMITTEE
        ),
    }[who]()
    row = planned(upper)

    for act in (ACTS["open"], ACTS["cancel"]):
        with pytest.raises(PermissionDenied):
            act(row, person)


# --- planning


def unsaved(upper, **fields):
    return TrainingClass(
        **{"branch": upper, "kind": "affairs", "title": "培训班", "starts_on": FIRST, "ends_on": date(2025, 4, 15)}
        | fields
    )


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"ends_on": date(2025, 4, 13)}, "不能早于开班日期"),
        ({"enrols_until": date(2025, 4, 15)}, "报名截止不能晚于开班日期"),
        ({"ends_on": date(2027, 4, 16)}, "超过两年"),
        ({"plan": "秘密★"}, "密级标志"),
        ({"title": "（机密）培训班"}, "密级标志"),
    ],
    ids=["ends before", "enrols after", "mistyped year", "marked plan", "marked title"],
)  # fmt: skip
def test_what_a_class_may_not_be(upper, boss, fields, words):
    with pytest.raises(ValidationError, match=words):
        classes.save(unsaved(upper, **fields), by=boss)


def test_a_branch_holds_no_class(boss, staff, upper):
    with pytest.raises(ValidationError, match="工委、党委、党总支主办"):
        classes.save(unsaved(factories.BranchFactory(parent=upper)), by=staff)
    with pytest.raises(PermissionDenied):
        classes.save(unsaved(root()), by=boss)
    with pytest.raises(PermissionDenied):
        classes.save(unsaved(upper, kind="remedial"), by=boss)


def test_kind_owner_and_state_stay_as_they_are_whatever_is_sent(upper, boss):
    row = planned(upper)
    sent = TrainingClass.objects.get(pk=row.pk)
    sent.kind, sent.state, sent.branch, sent.title = "secretary", "archived", root(), "新名称"

    saved = classes.save(sent, version=1, by=boss)

    assert (saved.kind, saved.state, saved.branch, saved.title) == ("affairs", "planned", upper, "新名称")


def test_the_dates_of_a_class_keep_its_sessions_inside(upper, boss):
    row = planned(upper)
    row.starts_on = date(2025, 4, 15)

    with pytest.raises(ValidationError, match="4 月 14 日的课不在起止日期内"):
        classes.save(row, version=1, by=boss)


def test_a_former_class_brings_plan_timetable_and_quotas_with_its_days_shifted(upper, boss):
    below = factories.BranchFactory(parent=upper)
    like = planned(upper, state="archived", archived_by=boss, archived_at=timezone.now())
    gone = factories.ClassSessionFactory(
        training_class=like, held_on=date(2025, 4, 15), teacher=factories.TeacherFactory(branch=upper, is_retired=True)
    )
    factories.ClassQuotaFactory(training_class=like, branch=below, places=3)
    factories.ClassQuotaFactory(
        training_class=like, branch=factories.BranchFactory(parent=upper, closed_on=date(2025, 12, 31)), places=3
    )

    made = classes.save(unsaved(upper, starts_on=date(2026, 4, 13), ends_on=date(2026, 4, 13)), like=like, by=boss)

    assert list(made.sessions.values_list("held_on", "topic", "teacher")) == [
        (date(2026, 4, 13), "党支部工作条例解读", None), (date(2026, 4, 13), gone.topic, None),
    ]  # fmt: skip
    assert list(made.quotas.values_list("branch", "places")) == [(below.pk, 3)]


# --- opening with a notice


def test_opening_tells_those_whom_it_is_for_until_the_last_day_of_enrolment(upper, boss):
    below, other = factories.BranchFactory(parent=upper), factories.BranchFactory(parent=upper)
    row = planned(upper, number="教党发〔2025〕7号")
    quotas.add(row, [below], 2, by=boss, on=DAY)
    title, body = announcing.draft(row)

    announcing.open_(row, notice={"number": row.number, "title": title, "body": body}, by=boss, on=DAY)

    notice = Notice.objects.get()
    assert (notice.state, notice.title, notice.deadline_on) == (
        "issued",
        f"关于举办{row.title}的通知",
        row.enrols_until,
    )
    assert [words in body for words in ("县委党校一楼报告厅", "党支部工作条例解读", "4月10日前")] == [True] * 3
    assert list(Receipt.objects.values_list("branch", flat=True)) == [below.pk]
    assert list(Duty.objects.filter(rule="notice").values_list("branch", flat=True)) == [below.pk]
    assert other.pk not in Receipt.objects.values_list("branch", flat=True)


def test_without_a_tick_nothing_is_sent_and_a_notice_that_is_refused_opens_nothing(upper, boss):
    first, second = planned(upper), planned(upper)
    factories.BranchFactory(parent=upper)
    factories.NoticeFactory(branch=upper, number="教党发〔2025〕7号", created_by=boss)

    announcing.open_(first, by=boss, on=DAY)
    assert Notice.objects.count() == 1
    with pytest.raises(ValidationError, match="这个文号已经用过"):
        announcing.open_(second, notice={"number": "教党发〔2025〕7号", "title": "通知", "body": "x"}, by=boss, on=DAY)


def test_the_restricted_kind_is_never_announced(upper, staff):
    row = planned(root(), kind="remedial")

    assert not announcing.may_announce(row, staff)
    with pytest.raises(ValidationError, match="不发通知"):
        announcing.open_(row, notice={"number": "", "title": "通知", "body": "x"}, by=staff, on=DAY)


# --- whom it is for


def test_quotas_are_given_changed_and_taken(upper, boss):
    row, below = planned(upper), [factories.BranchFactory(parent=upper) for _ in range(2)]
    stranger = factories.BranchFactory()

    assert quotas.add(row, [*below, stranger, upper], 2, by=boss, on=DAY) == 2
    first, second = row.quotas.order_by("pk")
    assert quotas.change(row, {first.pk: 5, second.pk: 2}, by=boss) == 1
    assert quotas.remove(row, [second.pk], by=boss) == 1
    assert list(row.quotas.values_list("branch", "places")) == [(first.branch_id, 5)]
    for places in (0, 1000):
        with pytest.raises(ValidationError, match="1 到 999"):
            quotas.change(row, {first.pk: places}, by=boss)


def test_a_quota_never_falls_below_those_who_enrolled_from_it_and_below(upper, boss):
    row = planned(upper, state="open")
    general = factories.BranchFactory(kind="general", parent=upper)
    quotas.add(row, [general], 3, by=boss, on=DAY)
    for _ in range(2):
        factories.EnrolmentFactory(training_class=row, branch=factories.BranchFactory(parent=general))
    quota = row.quotas.get()

    assert quotas.change(row, {quota.pk: 2}, by=boss) == 1
    with pytest.raises(ValidationError, match="已经报了 2 人"):
        quotas.change(row, {quota.pk: 1}, by=boss)


def test_nobody_on_the_roll_is_left_out(upper, boss):
    row, inside, outside = planned(upper, state="open"), *(factories.BranchFactory(parent=upper) for _ in range(2))
    factories.EnrolmentFactory(training_class=row, branch=outside)

    with pytest.raises(ValidationError, match="已经有人报名"):
        quotas.add(row, [inside], 2, by=boss, on=DAY)
    quotas.add(row, [inside, outside], 2, by=boss, on=DAY)
    with pytest.raises(ValidationError, match="已经有人报名"):
        quotas.remove(row, [row.quotas.get(branch=outside).pk], by=boss)
    assert quotas.remove(row, list(row.quotas.values_list("pk", flat=True)), by=boss) == 2
