"""The road of one person as a page shows it: the steps by stage, which days are lawful, what comes next. Pure: no database."""

from dataclasses import dataclass, field
from typing import NamedTuple

from recruitment import wording
from recruitment.needs import birthday
from recruitment.road import in_force, known_editions

SECRET_CHECKS = {"political_review": "passed", "branch_vote": "vote", "conversion_vote": "vote"}
SHORT = {
    "applicant": "申请入党", "activist": "积极分子", "prospect": "发展对象", "admission": "接收预备", "probation": "教育转正",
}  # fmt: skip
DONE, NOW, FAR, GAP = "done", "now", "todo", "gap"


@dataclass
class Line:
    """A step on the page: `state` done, now, todo, or gap (the road went past it without a record); its days; what was
    entered; what is wrong with it."""

    step: object
    state: str
    days: tuple = ()
    when: tuple = ()  # pairs (词, day or words) of what has not been done yet
    told: str = ""
    faults: tuple = ()
    is_imported: bool = False
    explained: str = ""
    words: tuple = ()  # what was written of it, of a row of reviews each by its number
    is_closed: bool = False
    undone: tuple = ()  # pairs (day, why) of how often it was taken back
    fill: str = ""  # of a gap: where it may be entered

    @property
    def css(self):
        return "done late" if self.faults else "todo" if self.state == GAP else self.state


@dataclass
class Part:
    """A stage: its lines, and how far it is."""

    key: str
    label: str
    lines: list = field(default_factory=list)

    @property
    def short(self):
        return SHORT[self.key]

    @property
    def first(self):
        return self.lines[0].step.number

    @property
    def last(self):
        return self.lines[-1].step.number

    @property
    def is_done(self):
        return all(line.state in (DONE, GAP) for line in self.lines)

    @property
    def is_open(self):
        return not self.is_done and any(line.state != FAR for line in self.lines)

    @property
    def gaps(self):
        return sum(line.state == GAP for line in self.lines)

    @property
    def has_faults(self):
        return any(line.faults for line in self.lines)


class Check(NamedTuple):
    """A rule about days, and how it was kept: state of a badge, its word, the rule, the days."""

    state: str
    word: str
    says: str
    detail: str
    article: str


def shown(faults, sees):
    """The faults that these eyes may read: neither a vote nor a conclusion is guessed from what is wrong."""
    editions, found = known_editions(), []
    for fault in faults:
        check = SECRET_CHECKS.get(fault.step)
        secret = check and any(
            need["check"] == check and fault.says.startswith(need["says"])
            for edition in editions
            for need in edition.steps[fault.step].needs
        )
        if not secret or sees(fault.step):
            found.append(fault)
    return found


def parts(acts, following, faults, on, *, gaps=(), rows=None, undone=None, told=None, sees=lambda key: True):
    """[Part]: all steps of the road. `rows`: step → rows that hold, `undone`: step → [(day, why)] of what was taken back;
    `told`: row → what it says, in words."""
    passed = {each.step for each in gaps}
    edition = in_force(on)
    after = {each.step: each for each in following}
    found = {key: Part(key, label) for key, label in edition.stages.items()}
    for key, step in edition.steps.items():
        line = Line(step, GAP) if key in passed else _line(step, acts, after.get(key), on, edition)
        line.faults = tuple(fault for fault in faults if fault.step == key)
        line.is_closed = not sees(key)
        line.undone = tuple((undone or {}).get(key, ()))
        taken = (rows or {}).get(key, ())
        if taken:
            line.is_imported = any(row.is_imported for row in taken)
            if not line.is_closed:
                line.explained = "；".join(row.explained for row in taken if row.explained)
                line.words = _written(taken)
            line.told = "；".join(dict.fromkeys(filter(None, map(told or str, taken))))
        found[step.stage].lines.append(line)
    return list(found.values())


def _written(taken):
    """The words of a step, those of several reviews with the number of each."""
    if len(taken) == 1:
        return tuple(row.words for row in taken if row.words)
    return tuple(f"第 {number} 次：{row.words}" for number, row in enumerate(taken, 1) if row.words)


def _line(step, acts, following, on, edition):
    days = tuple(act.on for act in acts.get(step.key, ()))
    if days and not (step.repeats and following):
        return Line(step, DONE, days)
    if following is None:
        return Line(step, FAR, when=tuple(wording.later(step, edition)))
    if following.is_barred(on):
        return Line(step, NOW, days, (("已过最长期限", wording.day_words(following.last, on)),))
    until = wording.limit(following)
    when = [("最早", "即日起" if following.earliest <= on else wording.day_words(following.earliest, on))]
    if until:
        when.append(("最迟", wording.day_words(until, on)))
    return Line(step, DONE if days else NOW, days, tuple(when))


ROLES = {"assign_mentor": "mentor", "assign_sponsors": "sponsor"}
CONCLUSIONS = {"passed": "合格", "failed": "不合格"}
COUNTS = ("entitled", "present", "in_favour")
NAMED = {  # data of a step as the page tells it
    "received_on": "{} 收到", "talker": "{}谈话", "place": "{}", "recommended_by": "{}", "opinions": "{}", "number": "{}",
    "days": "{} 天", "hours": "{} 学时", "certificate": "证号 {}", "exception": "{}", "form_number": "编号 {}", "group": "{}",
}  # fmt: skip


def _plain(value):
    """24.0 hours are 24."""
    return f"{value:g}" if isinstance(value, float) else value


def told(row, names, *, sees=True):
    """What one row of a step says, in a line. `names`: (role, day) → who began to guide that day."""
    if not sees:
        return "限授权查看"
    found = [NAMED[name].format(_plain(value)) for name, value in row.data.items() if name in NAMED and value != ""]
    if row.data.get("conclusion"):
        found.append(CONCLUSIONS.get(row.data["conclusion"], ""))
    if role := ROLES.get(row.step):
        found = ["、".join(f"{name}同志" for name in names.get((role, row.on), ()))]
    if row.enrolment_id:
        found = [row.enrolment.training_class.title]
    counts = row.data.get("vote") if row.vote is None else {name: getattr(row.vote, name) for name in COUNTS}
    if counts:  # of an imported road they stand in the row itself
        found = ["应到 {entitled} 人，实到 {present} 人，赞成 {in_favour} 票".format(**counts)]
    return "，".join(filter(None, found))


def checks(case, acts, faults, explained):
    """[Check] of the days that the rules fix, for steps that were taken, and of everything else that is wrong.

    `explained`: keys of the steps whose lateness is explained."""
    found, told = [], set()
    for key in known_editions()[-1].steps:
        for act in acts.get(key, ()):
            step = in_force(act.on).steps[key]
            wrong = [fault for fault in faults if fault.step == key]
            for span in step.spans:
                since = _day(span.of, acts, act)
                if since is not None and not any(fault.says == span.says for fault in wrong):
                    detail = f"{since:%Y-%m-%d} → {act.on:%Y-%m-%d}，{wording.length(since, act.on)}"
                    found.append(Check("done", "合规", span.says, detail, span.article))
            found += _kept_needs(step, act, case, wrong)
        for fault in faults:
            if fault.step == key and (fault.says, fault.day) not in told:
                told.add((fault.says, fault.day))
                found.append(_fault(fault, acts, key in explained))
    return found


def age(born, on):
    """Whole years, as the rule of eighteen counts them: born on 29 February one is a year older on 1 March."""
    years = on.year - born.year
    return years - (birthday(born, years) > on)


def _kept_needs(step, act, case, wrong):
    data = act.data
    for need in step.needs:
        if any(fault.says.startswith(need["says"]) for fault in wrong):
            continue
        detail = ""
        if need["check"] == "age" and case.born:
            detail = f"{act.on:%Y-%m-%d} 申请时 {age(case.born, act.on)} 周岁"
        elif need["check"] == "workdays" and data.get("public_from"):
            detail = f"{data['public_from']:%Y-%m-%d} 至 {data['public_until']:%Y-%m-%d}"
        elif need["check"] == "training":
            detail = data.get("exception") or f"{data.get('days', 0)} 天 {data.get('hours', 0):g} 学时"
        if detail:
            yield Check("done", "合规", need["says"], detail, need.get("article") or step.article)


def _fault(fault, acts, is_explained):
    done = "、".join(f"{act.on:%Y-%m-%d}" for act in acts.get(fault.step, ()))
    detail = f"应为 {fault.day:%Y-%m-%d}，实为 {done}" if fault.day else f"办理日期 {done}"
    if fault.blocks:
        return Check("miss", "不合规", fault.says, detail, fault.article)
    state, word = ("late", "已注明") if is_explained else ("late", "迟办")
    return Check(state, word, fault.says, f"{detail}{'，已附说明' if is_explained else ''}", fault.article)


def _day(name, acts, own):
    key, _, inner = name.partition(".")
    act = own if own.step == key else (acts.get(key) or [None])[-1]
    if act is None:
        return None
    return act.data.get(inner) if inner else act.on
