"""Marks of one session turned into finished rows for the board and the pages of marks: no arithmetic in templates."""

from collections import Counter, defaultdict

from django.db.models import Count, F, Q
from django.utils import timezone
from django.utils.html import format_html_join

from training import sign_in
from training.models import SignIn

Mark, Method = SignIn.Mark, SignIn.Method
GUESTS = "外来学员"
MARK = ("pk", "enrolment", "mark", "method", "signed_at", "answered_at", "device", "reason", "entered")


def chosen(sessions, key, *, at):
    """The session asked for by key, else the one that runs or comes next today, else the last that was."""
    for session in sessions:
        if session.pk == key:
            return session
    coming = [each for each in sessions if at <= sign_in.hours_of(each, sign_in.rule_of(each))[1]]
    return coming[0] if coming else sessions[-1] if sessions else None


def rows(session, people):
    """One line for each person: the mark (MARK, or None), its sign and its words; two queries. `session` carries `now`."""
    people = people.on_roll().filter(training_class=session.training_class_id).order_by("branch__order", "branch", "pk")
    entered = session.sign_ins.annotate(entered=F("entered_by__name"))
    marks = {mark.enrolment: mark for mark in entered.values_list(*MARK, named=True)}
    begins_at = timezone.localtime(sign_in.begins_at(session))
    phones = Counter(mark.device for mark in marks.values() if mark.device)
    found = []
    for pk, name, unit, place in people.values_list("pk", "name", "unit", "branch__name"):
        mark = marks.get(pk)
        sign, words, is_late = _words(mark, begins_at)
        found.append(
            {
                "pk": pk, "name": name, "mark": mark, "sign": sign, "words": words, "is_late": is_late,
                "place": place or unit or GUESTS,
                "answer": _answer(session, mark), "shares": bool(mark) and phones[mark.device] > 1,
            }
        )  # fmt: skip
    return found


def _words(mark, begins_at):
    """(sign, words, whether it was late); hours are told where `begins_at` is."""
    if mark is None:
        return "wait", "未签", False
    if mark.mark == Mark.LEAVE:
        return "na", f"请假（{mark.reason}）", False
    if mark.method == Method.PAPER:
        return "done", "纸质签到", False
    at = mark.signed_at.astimezone(begins_at.tzinfo)
    if mark.method == Method.LATER:
        return "back", f"补签 {at:%-m-%-d %H:%M}（{mark.reason}）", False
    is_late = mark.signed_at >= begins_at and at.time().replace(second=0, microsecond=0) != begins_at.time()
    return ("late", f"迟到 {at:%H:%M}", True) if is_late else ("done", f"{at:%H:%M}", False)


def _with_hours(lines):
    """Names and when they came, one after the other: a hall has a thousand, too many for a loop of the page."""
    pairs = ((line["name"], line["words"]) for line in lines)
    return format_html_join("、", '{}<small class="muted"> {}</small>', pairs)


def _answer(session, mark):
    """Of the last 二次点名: `yes`, `no`, or nothing when it does not concern the person."""
    called = session.called_again_at
    if called is None or mark is None or mark.mark == Mark.LEAVE or mark.method in (Method.PAPER, Method.LATER):
        return ""
    return "yes" if mark.answered_at and mark.answered_at >= called else "no"


def board(session, people):
    """Counts, branches with their names, phones that signed for several, who did not answer the second call."""
    lines = rows(session, people)
    branches, phones = defaultdict(list), defaultdict(list)
    for line in lines:
        branches[line["place"]].append(line)
        if line["mark"] and line["mark"].device:
            phones[line["mark"].device].append(f"{line['name']}同志")
    return {
        "counts": _counts(lines),
        "branches": [
            {
                "name": name, **_counts(found), "here": _with_hours(_marked(found, Mark.PRESENT)),
                "on_leave": [line["name"] for line in _marked(found, Mark.LEAVE)],
                "missing": [line["name"] for line in found if line["mark"] is None],
            }
            for name, found in branches.items()
        ],
        "phones": [{"count": len(names), "names": names} for names in phones.values() if len(names) > 1],
        "late": [line for line in lines if line["is_late"]],
        "silent": [line for line in lines if line["answer"] == "no"],
        "answered": sum(line["answer"] == "yes" for line in lines),
    }  # fmt: skip


def counted(session):
    """How many are due, signed, and answered the second call, for the screen of the hall: two queries."""
    here = session.sign_ins.filter(mark=Mark.PRESENT, enrolment__withdrawn_on=None)
    answered = Q(answered_at__gte=session.called_again_at) if session.called_again_at else Q(pk=None)
    by_phone = Q(method__in=[Method.SCAN, Method.CODE])
    found = here.aggregate(
        signed=Count("pk"), called=Count("pk", filter=by_phone), answered=Count("pk", filter=answered & by_phone)
    )
    return found | {"due": session.training_class.enrolments.on_roll().count()}


def _marked(lines, mark):
    return [line for line in lines if line["mark"] and line["mark"].mark == mark]


def _counts(lines):
    here, leave = len(_marked(lines, Mark.PRESENT)), len(_marked(lines, Mark.LEAVE))
    return {"due": len(lines), "signed": here, "leave": leave, "absent": len(lines) - here - leave}
