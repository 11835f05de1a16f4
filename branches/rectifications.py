"""整改: raising problems, and the road of each from 整改中 to 销号. Nobody accepts what they submitted, and an organisation
does not accept its own work."""

from datetime import timedelta
from functools import reduce
from operator import or_

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Count, Q
from django.utils import timezone

from accounts import audit
from branches.models import Branch, Rectification, RectificationStep
from branches.rights import places, require
from files.secrecy import refuse_marked
from rulebook.book import value

State, Act, Source = Rectification.State, RectificationStep.Act, Rectification.Source
ROAD = {  # which acts lead where
    State.OPEN: {Act.PLAN: State.OPEN, Act.POSTPONE: State.OPEN, Act.SUBMIT: State.SUBMITTED},
    State.RETURNED: {Act.PLAN: State.RETURNED, Act.POSTPONE: State.RETURNED, Act.SUBMIT: State.SUBMITTED},
    State.SUBMITTED: {Act.ACCEPT: State.ACCEPTED, Act.RETURN: State.RETURNED},
    State.ACCEPTED: {Act.CLOSE: State.CLOSED, Act.REOPEN: State.OPEN},
    State.CLOSED: {Act.REOPEN: State.OPEN},
}
VERBS = {Act.PLAN: "rectify.do", Act.SUBMIT: "rectify.do"}  # of the branch; everything else is for whoever accepts
ACCEPTS = "rectify.accept"
SAID = {  # how the record calls each act
    Act.RAISE: "rectify.raise", Act.PLAN: "rectify.plan", Act.SUBMIT: "rectify.submit", Act.RETURN: "rectify.send_back",
    Act.ACCEPT: "rectify.accept", Act.CLOSE: "rectify.close", Act.REOPEN: "rectify.reopen",
    Act.POSTPONE: "rectify.postpone",
}  # fmt: skip
OWN_WORK = "党组织不验收自己的整改，请上级党组织办理。"
SAME_HANDS = {
    Act.ACCEPT: "不能验收自己提交的整改，请由另一位同志验收。",
    Act.CLOSE: "不能给自己提交的整改销号，请由另一位同志销号。",
}


# --- raising


def usual_due(on):
    """The last day that a problem raised on this day gets when nobody names another."""
    return on + timedelta(days=value("rectify.days", on=on))


@transaction.atomic
def raise_items(rows, *, by, on):
    """Raise problems in one go; returns the items. Each row: branch, source, problem, and as far as known due_on, measure,
    owner, source_number, screening, mark, inspection, origin.

    `origin` is a saved row to the right of this app. Its own action has asked whether `by` may; without it this one asks.
    """
    made = [_item(dict(row), by, on) for row in rows]
    for item in made:
        item.save()
        _told(item, Act.RAISE, by=by, on=on, source=item.source, due_on=str(item.due_on))
    return made


def _item(row, by, on):
    origin = row.pop("origin", None)
    if origin is not None:
        row |= {"origin_label": origin._meta.label, "origin_id": origin.pk}
    else:
        require(by, "rectify.raise", at=row["branch"])
    if row["branch"].closed_on and row["branch"].closed_on < on:
        raise ValidationError(f"{row['branch']}已撤销，不能再提出整改。")
    row["due_on"] = row.get("due_on") or usual_due(on)
    # A due day already past when the problem is entered afterwards: it was raised by then.
    item = Rectification(**row, raised_on=min(on, row["due_on"]) if origin else on, created_by=by)
    return _checked(item)


def _checked(item):
    for name in ("problem", "measure", "owner", "source_number", "done"):
        text = getattr(item, name)
        setattr(item, name, text.strip() if name == "done" else " ".join(text.split()))
        refuse_marked(getattr(item, name), item._meta.get_field(name).verbose_name)
    item.full_clean(exclude=["created_by"])
    return item


@transaction.atomic
def follow(origin, *, branch, source, said, changed, by, on):
    """The item of a record to the right: raised with it by what is `said` (problem, measure, owner, due_on), and while the
    branch still works on it changed by those of its fields that were `changed`. A last day that is past stays."""
    known = Rectification.objects.select_for_update(of=("self",)).select_related("branch")
    item = known.filter(origin_label=origin._meta.label, origin_id=origin.pk).first()
    if item is None:
        return raise_items([{"branch": branch, "source": source, "origin": origin, **said}], by=by, on=on)[0]
    fresh = {name: said[name] for name in changed if getattr(item, name) != said[name]}
    if not fresh or Act.PLAN not in ROAD[item.state]:
        return item
    if item.due_on < on and fresh.get("due_on", item.due_on) > item.due_on:
        raise ValidationError({"due_on": "整改期限已过；要往后延的，请上级党组织在“整改”里办理延期。"})
    for name, text in fresh.items():
        setattr(item, name, text)
    item.raised_on = min(item.raised_on, item.due_on)
    item.version += 1
    _checked(item).save()
    return _told(item, Act.PLAN, by=by, on=on, changed=sorted(fresh))


# --- the road


@transaction.atomic
def plan(item, *, measure, owner, due_on, version, by, on):
    """What the branch will do, who answers for it and until when; later than was asked is for the superior to allow."""
    item = _locked(item, Act.PLAN, by)
    item.claim(version)
    if due_on > item.due_on:
        raise ValidationError({"due_on": f"整改期限最迟是 {item.due_on:%Y-%m-%d}；要往后延的，请上级党组织办理延期。"})
    item.measure, item.owner, item.due_on = measure, owner, due_on
    _checked(item).save(update_fields=["measure", "owner", "due_on", "version"])
    return _told(item, Act.PLAN, by=by, on=on, due_on=str(due_on))


@transaction.atomic
def submit(item, *, done, by, on):
    """Hand the item in for acceptance: what was done, in words."""
    item = _locked(item, Act.SUBMIT, by)
    if not done.strip():
        raise ValidationError({"done": "请写明整改情况。"})
    item.state, item.done, item.submitted_by, item.submitted_at = State.SUBMITTED, done, by, timezone.now()
    return _moved(item, Act.SUBMIT, ["done", "submitted_by", "submitted_at"], item.done, by=by, on=on)


@transaction.atomic
def accept(item, *, words="", by, on):
    """Somebody above finds it done. What counts as the day of completion is the day of that handing in."""
    item = _locked(item, Act.ACCEPT, by)
    handed_in = item.steps.filter(act=Act.SUBMIT).order_by("pk").last()
    item.state, item.accepted_by, item.accepted_at = State.ACCEPTED, by, timezone.now()
    item.settled_on = handed_in.on if handed_in else timezone.localtime(item.submitted_at).date()
    return _moved(item, Act.ACCEPT, ["accepted_by", "accepted_at", "settled_on"], words, by=by, on=on)


@transaction.atomic
def send_back(item, *, words, by, on):
    item = _locked(item, Act.RETURN, by)
    item.state = State.RETURNED
    return _moved(item, Act.RETURN, [], _why(words), by=by, on=on)


@transaction.atomic
def close(item, *, words="", by, on):
    item = _locked(item, Act.CLOSE, by)
    item.state = State.CLOSED
    return _moved(item, Act.CLOSE, [], words, by=by, on=on)


@transaction.atomic
def reopen(item, *, words, due_on, by, on):
    """The problem is back: the branch works on it again until the day named."""
    item = _locked(item, Act.REOPEN, by)
    why = _why(words)
    if due_on < on:
        raise ValidationError({"due_on": "新的整改期限不能早于今天。"})
    item.state, item.due_on, item.reopened = State.OPEN, due_on, item.reopened + 1
    item.accepted_by = item.accepted_at = item.settled_on = None
    changed = ["due_on", "reopened", "accepted_by", "accepted_at", "settled_on"]
    return _moved(item, Act.REOPEN, changed, why, by=by, on=on)


@transaction.atomic
def postpone(item, *, due_on, words, by, on):
    """A later last day, by whoever may accept."""
    item = _locked(item, Act.POSTPONE, by)
    why = _why(words)
    if due_on <= item.due_on:
        raise ValidationError({"due_on": f"新的期限要晚于现在的 {item.due_on:%Y-%m-%d}。"})
    before, item.due_on = item.due_on, due_on
    return _moved(item, Act.POSTPONE, ["due_on"], why, by=by, on=on, before=str(before))


def ways(item, user):
    """The acts of which each may succeed for this person now, as far as the page can know."""
    return [act for act in ROAD[item.state] if _refusal(item, act, user) is None and _holds(item, act, user)]


# --- how far items are


def stages(on):
    """(key, label, sign, test) of where an item can stand: with the branch by how long it is overdue, with whoever accepts,
    done. Each item is in exactly one."""
    at_branch, first, found = Q(state__in=[State.OPEN, State.RETURNED]), 1, []
    found.append(("due", "未到期", "wait", at_branch & Q(due_on__gte=on)))
    edges = value("rectify.ageing", on=on)
    for last in edges:
        days = (on - timedelta(days=last), on - timedelta(days=first))
        found.append((f"late{first}", f"超期 {first}–{last} 天", "late", at_branch & Q(due_on__range=days)))
        first = last + 1
    found.append(
        (f"late{first}", f"超期 {edges[-1]} 天以上", "miss", at_branch & Q(due_on__lte=on - timedelta(days=first)))
    )
    done = (
        (State.SUBMITTED, "待验收", "wait"),
        (State.ACCEPTED, "已验收、待销号", "done"),
        (State.CLOSED, "已销号", "done"),
    )
    return found + [(str(state), label, sign, Q(state=state)) for state, label, sign in done]


def counted(rows, on):
    """(key, label, sign, how many) by `stages`. One query."""
    each = stages(on)
    counts = rows.order_by().aggregate(**{key: Count("pk", filter=test) for key, _, _, test in each})
    return [(key, label, sign, counts[key]) for key, label, sign, _ in each]


# --- what all acts share


def lies_above(user, branch):
    """Whether `user` accepts for an organisation above this one; the highest has none above, there it is its own."""
    held = places(user, ACCEPTS)
    return any(
        (below and branch.path.startswith(path) and path != branch.path)
        or (branch.parent_id is None and path == branch.path)
        for path, below in held
    )


def acceptable(user):
    """The organisations whose items `user` may accept, send back and postpone: those strictly below the own posts."""
    tests = [
        Q(path__startswith=path) & ~Q(path=path) if below else Q(pk__in=[]) for path, below in places(user, ACCEPTS)
    ] + [Q(path=path, parent=None) for path, _ in places(user, ACCEPTS)]
    return Branch.objects.filter(reduce(or_, tests, Q(pk__in=[])))


def waiting(user):
    """What was handed in and waits for this person: not what they handed in themselves."""
    found = Rectification.objects.visible_to(user).filter(state=State.SUBMITTED, branch__in=acceptable(user))
    return found.exclude(submitted_by=user.pk)


def _holds(item, act, user):
    return any(
        item.branch.path == path or (below and item.branch.path.startswith(path))
        for path, below in places(user, VERBS.get(act, ACCEPTS))
    )


def _refusal(item, act, user):
    if act not in ROAD[item.state]:
        return f"这件整改现在的状态是“{State(item.state).label}”，不能{act.label}。"
    if act not in VERBS and not lies_above(user, item.branch):
        return OWN_WORK
    return SAME_HANDS.get(act) if item.submitted_by_id == user.pk else None


def _locked(item, act, by):
    item = Rectification.objects.select_for_update(of=("self",)).select_related("branch").get(pk=item.pk)
    require(by, VERBS.get(act, ACCEPTS), at=item.branch)
    if refusal := _refusal(item, act, by):
        raise ValidationError(refusal)
    return item


def _why(words):
    if not words.strip():
        raise ValidationError({"words": "请写明原因。"})
    return words


def _moved(item, act, changed, words, *, by, on, **detail):
    item.version += 1
    _checked(item).save(update_fields=["state", "version", *changed])
    return _told(item, act, words, by=by, on=on, **detail)


def _told(item, act, words="", *, by, on, **detail):
    """The step and the record of an act that was done."""
    step = RectificationStep(item=item, act=act, on=on, words=" ".join(words.split()), created_by=by)
    refuse_marked(step.words, "说明")
    step.full_clean(exclude=["item", "created_by"])
    step.save()
    audit.record(SAID[act], item, by=by, state=item.state, **detail)
    return item
