"""What a step has to show: its data cleaned, and checked against what is on record beside the road."""

import re
from datetime import date
from decimal import Decimal

from django.core.exceptions import ValidationError

from files.secrecy import refuse_marked
from recruitment.matters import begun_on, is_of_this_turn, open_notice, reviewed
from training.models import Enrolment, TrainingClass

KEY = re.compile(r"[a-z][a-z_]{0,23}")
# What is read from rows of their own, or said by the act itself: never typed.
OWN = frozenset({
    "vote", "mentors", "sponsors", "guides", "approver", "organ", "public_from", "public_until",
})  # fmt: skip
NUMBERS = ("days", "hours")
OF_COURSE = (*NUMBERS, "passed")
MARKS = ("passed", "secret")
LONGEST = 500
MOST = 1000


def cleaned(data):
    """The data as it is stored: days as texts, nothing empty, nothing that is read from elsewhere."""
    found = {}
    for name, value in (data or {}).items():
        if value in (None, "") or name in OWN:
            continue
        if not KEY.fullmatch(str(name)):
            raise ValidationError(f"不认识的内容“{name}”。")
        found[name] = _one(name, value)
    return {name: value for name, value in found.items() if value != ""}


def _one(name, value):
    if name.endswith("_on"):
        try:
            return str(value if isinstance(value, date) else date.fromisoformat(value))
        except (TypeError, ValueError):
            raise ValidationError("日期请写成 2025-06-30 的样子。") from None
    if name in NUMBERS:
        if isinstance(value, bool) or not isinstance(value, int | float | Decimal) or not 0 <= value <= MOST:
            raise ValidationError("天数、学时请填数字。")
        return value if isinstance(value, int) else float(value)
    if name in MARKS:
        return value is True
    if isinstance(value, bool | int | float):
        return value
    if not isinstance(value, str) or len(value) > LONGEST:
        raise ValidationError(f"每项内容不超过 {LONGEST} 字。")
    refuse_marked(value)
    return value.strip()


def checked(application, key, on, data, enrolment, *, today):
    """The data when what is on record agrees with it."""
    if key == "apply":
        received = data.get("received_on")
        if not received or not str(application.applied_on) <= received <= str(today):
            raise ValidationError({"received_on": "请填党组织收到申请书的日期，不早于申请日期、不晚于今天。"})
    elif key == "prospect_training":
        _course(application, data, enrolment, on)
    elif enrolment is not None:
        raise ValidationError("这一步不用培训记录。")
    elif key == "confirm_prospect":
        notice = open_notice(application, key)
        if notice is not None and not is_of_this_turn(notice):
            raise ValidationError("登记的公示在确定为入党积极分子以前，请重新公示。")
        if notice is not None and notice.objections is None:
            raise ValidationError("公示结果还没有登记，请先登记公示期间有无反映。")
    elif key == "political_review" and data.get("conclusion") == "passed":
        reviewed(application, on)
    return data


def _course(application, data, enrolment, on):
    if enrolment is None:
        if not data.get("exception") and not data.get("certificate"):
            raise ValidationError("请选培训班的结业记录，或者填写天数、学时和结业证号。")
        return
    enrolment = Enrolment.objects.select_related("training_class").filter(pk=enrolment.pk).first()
    if enrolment is None or enrolment.member_id != application.member_id:
        raise ValidationError("所选的培训记录不是这位同志的。")
    course = enrolment.training_class
    if course.kind != TrainingClass.Kind.CANDIDATE or enrolment.withdrawn_on:
        raise ValidationError("请选发展对象培训班的记录。")
    if enrolment.outcome != Enrolment.Outcome.COMPLETED:
        raise ValidationError("这位同志在所选的培训班没有结业。")
    since = begun_on(application, "prospect_filing")
    if since and course.starts_on < since:
        raise ValidationError(
            f"所选的培训班 {course.starts_on:%Y-%m-%d} 开班，在成为发展对象（{since:%Y-%m-%d}）以前。（第十七条）"
        )
    last = course.sessions.order_by("-held_on").values_list("held_on", flat=True).first()
    if last and on < last:
        raise ValidationError(f"培训到 {last:%Y-%m-%d} 才结束，办理日期不能更早。")
    if data.get("exception"):
        raise ValidationError(
            "选了结业记录的，不另写没有集中培训的理由；确属个别特殊情况的，由上级党组织登记，不选结业记录。"
        )
    for name in OF_COURSE:  # the sign-ins tell them
        data.pop(name, None)
