"""A class is opened with a 通知 to those whom it is for."""

from django.core.exceptions import ValidationError
from django.db import transaction

from accounts import audit
from branches.models import Notice
from branches.rights import may
from duties import notices
from office.paper import official_date
from training import classes


def may_announce(training_class, user):
    """Whether `user` may send the notice of a class; the restricted kind is never announced."""
    return not training_class.is_restricted and may(user, "notice.issue", at=training_class.branch)


def draft(training_class):
    """What the notice of a class says, to begin with: (title, body)."""
    row = training_class
    span = official_date(row.starts_on)
    if row.ends_on != row.starts_on:
        span += f"至{official_date(row.ends_on)}"
    lines = [
        f"定于{span}举办{row.title}，现将有关事项通知如下。",
        f"一、时间：{span}。",
        f"二、地点：{row.place or '另行通知'}。",
    ]
    sessions = list(row.sessions.all())
    topics = "；".join(dict.fromkeys(session.topic.rstrip("。；") for session in sessions[:12]))
    lines.append(f"三、内容：{topics}{'等' if len(sessions) > 12 else ''}。")
    quotas = "按分配的名额" if row.quotas.exists() else ""
    if row.enrols_until:
        lines.append(f"四、报名：请{quotas}于{official_date(row.enrols_until)}前在系统“教育培训”中报名。")
    else:
        lines.append(f"四、报名：请{quotas}在系统“教育培训”中报名。")
    lines.append("五、请参训同志妥善安排工作，按时到课；因故不能参加的，由所在党组织提前请假或者换人。")
    return f"关于举办{row.title}的通知", "\n".join(lines)


@transaction.atomic
def open_(training_class, *, notice=None, by, on):
    """Open a class, and with `notice` (number, title, body) tell those whom it is for. Returns the class.

    The notice goes the way of every notice; its deadline is the last day of enrolment, so that nobody overlooks it.
    """
    row = classes.open_(training_class, by=by)
    if notice is None:
        return row
    if row.is_restricted:
        raise ValidationError("思想素质提升班不发通知。")
    deadline_on = row.enrols_until if row.enrols_until and row.enrols_until >= on else None
    made = Notice(
        branch=row.branch, kind=Notice.Kind.NOTICE, deadline_on=deadline_on, created_by=by,
        number=notice["number"], title=notice["title"], body=notice["body"],
    )  # fmt: skip
    made.full_clean()
    made.save()
    made.addressed_to.set(row.quotas.values_list("branch", flat=True))
    audit.record("branches.notice.add", made, by=by, training_class=row.pk)
    notices.issue(made, by=by, on=on)
    return row
