"""称号和主题创建: the road of a title from the reserve over recommendation and report to its naming by a paper."""

from calendar import monthrange
from datetime import date

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from accounts import audit
from branches.actions import root
from branches.models import Branch, CatalogueEntry, Title
from branches.rights import may, require
from files.secrecy import refuse_marked

State = Title.State
ROAD = {  # state → {act: the state after it}
    State.RESERVE: {"recommend": State.RECOMMENDED, "end": State.ENDED},
    State.RECOMMENDED: {"report": State.REPORTED, "back": State.RESERVE, "end": State.ENDED},
    State.REPORTED: {"name": State.NAMED, "end": State.ENDED},
    State.NAMED: {"end": State.ENDED},
    State.ENDED: {},
}
ACTS = {"recommend": "推荐", "report": "上报", "back": "退回储备", "name": "登记命名", "end": "终止或撤销"}
STARS, BRAND = "星级", "品牌"  # in the county's own wording of the list: what gets stars, what needs a name
FIRST = 1990  # the first year of which titles are still written down
EDITABLE = (State.RESERVE, State.RECOMMENDED)
TEXTS = ("name", "idea", "results", "number", "ended_why")


def entries(year):
    return CatalogueEntry.objects.of(CatalogueEntry.Catalogue.TITLE, year)


def levels_of(entry):
    """The levels of one entry, the highest first; none where it has no levels."""
    return [word for word in entry.levels.split("、") if word]


def due_of(entry, year):
    """The day until which this entry has to be handed up in a year, or None."""
    if not entry.due:
        return None
    month, day = map(int, entry.due.split("-"))
    return date(year, month, min(day, monthrange(year, month)[1]))


def is_late(title, on):
    """Whether it should have been handed up by now."""
    return title.due_on is not None and title.state in EDITABLE and title.due_on < on


def _check(title):
    if title.entry.catalogue != CatalogueEntry.Catalogue.TITLE:
        raise ValidationError({"entry": "请从称号和主题里选。"})
    levels = levels_of(title.entry)
    if levels and title.level not in levels:
        raise ValidationError({"level": f"“{title.entry}”分{'、'.join(levels)}，请选一级。"})
    if not levels and title.level:
        raise ValidationError({"level": f"“{title.entry}”不分级别，请留空。"})
    if title.stars and STARS not in title.entry.label:
        raise ValidationError({"stars": "只有星级支部填星级。"})
    for name in TEXTS:
        refuse_marked(getattr(title, name), title._meta.get_field(name).verbose_name)


@transaction.atomic
def put_up(title, *, by, on):
    """A branch strives for something: it stands in the reserve of the year."""
    require(by, "file.edit", at=title.branch)
    if abs(title.year - on.year) > 1:
        raise ValidationError({"year": "年度应是今年或者前后一年。"})
    return _add(title, State.RESERVE, by, on, due_on=due_of(title.entry, title.year))


@transaction.atomic
def enter(title, *, by, on):
    """A title that was named before, or elsewhere, by its paper; only 工委 writes that down."""
    require(by, "file.run", at=root())
    if title.branch.parent_id is None:
        raise ValidationError("工委自己的称号，请先登记为储备，再由另一位同志登记命名。")
    if not title.named_on:
        raise ValidationError({"named_on": "请填命名日期。"})
    if title.named_on > on:
        raise ValidationError({"named_on": "命名日期不能晚于今天。"})
    if not FIRST <= title.year <= on.year:
        raise ValidationError({"year": f"年度应在 {FIRST} 年到今年之间。"})
    title.named_by, title.named_at = by, timezone.now()
    return _add(title, State.NAMED, by, title.named_on)


def _add(title, state, by, state_on, due_on=None):
    if title.branch.closed_on:
        raise ValidationError("这个党组织已经撤销。")
    title.state, title.state_on, title.due_on, title.created_by = state, state_on, due_on, by
    _check(title)
    if state == State.NAMED:
        _complete(title)
    title.full_clean()
    title.save()
    audit.record("title.add", title, by=by, state=state, branch=title.branch_id)
    return title


@transaction.atomic
def edit(title, *, version, by):
    """Change what is said of a title before it is handed up."""
    known = _locked(title.pk)
    require(by, "file.edit", at=known.branch)
    if known.state not in EDITABLE:
        raise ValidationError(f"现在是“{known.get_state_display()}”，内容不能再改。")
    known.claim(version)
    for name in ("level", "name", "idea", "results"):
        setattr(known, name, getattr(title, name))
    _check(known)
    known.full_clean()
    known.save()
    audit.record("title.edit", known, by=by)
    return known


def allowed(title, user):
    """The acts that `user` may do now with this title, as far as rights and state go."""
    return [act for act in ROAD[title.state] if _refusal(title, act, user) is None]


def next_step(title, user):
    """(the step that comes next in words, why `user` may not take it or nothing), where there is one."""
    act = next(iter(ROAD[title.state]), "end")
    return (ACTS[act], _refusal(title, act, user) or "") if act != "end" else ("", "")


def _refusal(title, act, user):
    """Why `user` may not do `act` on this title, in words; None when nothing stands against it."""
    branch = title.branch
    above = _above(branch)
    runs_above = above is not None and may(user, "file.run", at=above)
    if above is None:  # 工委's own: another person takes the place of an organisation above
        runs_above = may(user, "file.run", at=branch) and user.pk != title.created_by_id
    if act in ("recommend", "back") or (act == "end" and title.state == State.RESERVE):
        return None if runs_above or may(user, "file.edit", at=branch) else "由本党组织或者上级办理。"
    if act == "report" or (act == "end" and title.state == State.RECOMMENDED):
        return None if runs_above else "由上级党组织办理，自己不能上报自己的。"
    if not may(user, "file.run", at=root()):
        return "由工委办理。"
    if act == "name" and title.reported_by_id == user.pk:
        return "是您上报的，命名请由另一位同志登记。"
    return None


def _above(branch):
    return Branch.objects.filter(pk=branch.parent_id).first() if branch.parent_id else None


@transaction.atomic
def move(title, act, *, by, on, version=None, number="", named_on=None, stars=None, ended_why=""):
    """One step of the road; `name` takes the paper's number and day, `end` says why."""
    title = _locked(title.pk)
    require(by, "file.see", at=title.branch)
    after = ROAD[title.state].get(act)
    if after is None:
        raise ValidationError(f"“{title}”现在是“{title.get_state_display()}”，不能{ACTS.get(act, '这样办')}。")
    if refusal := _refusal(title, act, by):
        raise ValidationError(f"{ACTS[act]}：{refusal}")
    if version is not None:
        title.claim(version)
    else:
        title.version += 1
    before, title.state, title.state_on = title.state, after, on
    if act in ("recommend", "report") and BRAND in title.entry.label and not title.name:
        raise ValidationError("请先填写品牌名称。")
    if act == "report":
        title.reported_by, title.reported_at = by, timezone.now()
    if act == "name":
        if named_on is None or not date(title.year, 1, 1) <= named_on <= on:
            raise ValidationError({"named_on": f"命名日期应在 {title.year} 年以后、今天或今天以前。"})
        title.number, title.named_on, title.stars, title.state_on = number, named_on, stars or title.stars, named_on
        title.named_by, title.named_at = by, timezone.now()
        _complete(title)
    if act == "end":
        if not ended_why.strip():
            raise ValidationError({"ended_why": "请写明未命名或撤销的原因。"})
        title.ended_why = ended_why.strip()
    _check(title)
    title.full_clean()
    title.save()
    audit.record(f"title.{act}", title, by=by, before=before, after=after, on=str(title.state_on))
    return title


def _complete(title):
    """What a naming must say."""
    if not title.number.strip():
        raise ValidationError({"number": "命名要有文号。"})
    if STARS in title.entry.label and not title.stars:
        raise ValidationError({"stars": "请填评定的星级。"})
    if BRAND in title.entry.label and not title.name:
        raise ValidationError({"name": "请先填写品牌名称。"})


@transaction.atomic
def report_all(titles, *, by, on):
    """Hand up several recommended titles at once: all of them, or none with the reason. Returns how many."""
    if not titles:
        raise ValidationError("请先勾选要上报的。")
    for title in titles:
        try:
            move(title, "report", by=by, on=on)
        except ValidationError as error:
            raise ValidationError(f"{title.branch}：{'；'.join(error.messages)}") from error
    return len(titles)


def _locked(pk):
    return Title.objects.select_for_update(of=("self",)).select_related("branch", "entry").get(pk=pk)
