"""The 通报表扬 of a year: whom the final seal gives the best grade, drafted as a notice."""

from django.core.exceptions import ValidationError
from django.db import transaction

from accounts import audit
from assessment import results
from assessment.judging import schemes_of
from assessment.models import Round, Scheme
from branches.actions import root
from branches.models import Notice
from branches.rights import require


@transaction.atomic
def draft(year, *, by, on):
    """A draft to those praised, in 单位序; it goes the way of every notice. One that is there already is given back."""
    place = root()
    require(by, "notice.issue", at=place)
    round = Round.objects.select_for_update(of=("self",)).filter(year=year, state=Round.State.FINAL).first()
    if round is None:
        raise ValidationError(f"{year} 年度考核还没有审定，登记审定以后才能起草通报。")
    praised, grades = {}, []
    for kind, content in schemes_of(round):
        best = content["grades"][0]["label"]
        scores = results.standing(year, on=on, kind=kind).scores
        if found := [score.branch for score in scores if score.grade == best]:
            praised[Scheme.Kind(kind).label, best] = found
            grades.append(best)
    if not praised:
        raise ValidationError(f"{year} 年度没有党组织被评为最高等次，不用通报表扬。")
    title = f"关于{year}年度考核{'、'.join(dict.fromkeys(grades))}党组织的通报"
    notices = Notice.objects.filter(branch=place, kind=Notice.Kind.COMMENDATION, title=title)
    if known := notices.exclude(state=Notice.State.WITHDRAWN).first():
        return known
    notice = Notice(branch=place, kind=Notice.Kind.COMMENDATION, title=title, body=_text(round, praised), created_by=by)
    notice.full_clean()
    notice.save()
    notice.addressed_to.set([branch for found in praised.values() for branch in found])
    audit.record("branches.notice.add", notice, by=by, year=year)
    return notice


def _text(round, praised):
    met = round.meeting_on
    lines = [
        f"{round.year}年度考核已经{met.year}年{met.month}月{met.day}日工委会议审定。下列党组织考核成绩突出，现予通报表扬："
    ]
    for (kind, grade), found in praised.items():
        lines.append(f"{kind}，{grade} {len(found)} 个：")
        lines += [f"{place}．{branch.name}" for place, branch in enumerate(found, 1)]
    return "\n".join([*lines, "希望受到表扬的党组织珍惜荣誉，继续保持。"])
