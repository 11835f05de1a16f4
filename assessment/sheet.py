"""What the score sheet and the 工作台 show of one branch's score: finished rows with their records and ways to act."""

from collections import defaultdict
from datetime import date
from decimal import Decimal
from functools import cached_property

from django.urls import reverse

from assessment import evidence
from assessment.result import NOT_APPLICABLE, PENDING, SCORED, ZERO, cents
from branches import statements
from branches.rights import may
from duties import records as records_of
from duties import table
from duties.models import Duty
from meetings.models import Meeting
from rulebook.book import in_force

LISTED = 4  # periods of a duty shown at once; those that are late, missed or open are always shown
RECENT = 6  # meetings listed where all of them count together
LISTS = {  # records that stand in a list of their own
    "members.Appraisal": "members:appraisals", "members.MassPoll": "members:polls", "members.Honour": "members:honours",
    "members.Transfer": "members:transfers", "branches.Screening": "branches:campaigns",
    "branches.Rectification": "branches:rectifications", "branches.AdmonitionTalk": "branches:talks",
    "branches.Title": "branches:titles", "branches.WeakCase": "branches:weak_cases",
    "assessment.SecretaryReview": "assessment:secretary_reviews",
}  # fmt: skip
WHOLE = {
    "members.DuesPayment",
    "training.SignIn",
    "recruitment.RoadStep",
}  # what is counted over everybody and has one page for all of it
EVIDENCE = {
    "meetings.Meeting",
    "meetings.Activity",
    "duties.Filing",
    "branches.Notice",
    "branches.Inspection",
    "branches.OrgChange",
    "training.ClassSession",
    *LISTS,
}  # records that have a page
WAYS = {  # what can still be had without a duty: where it stands, who may go there, the word on the button, how it comes about
    "members.facts.dues_on_time": ("members:dues_month", "dues.edit", "登记", "由支部按月登记党费"),
    "members.facts.appraised": ("members:appraisals", "appraisal.edit", "登记", "由支部登记民主评议"),
    "training.facts.hours_reached": ("training:hours", "training.see", "看学时", "参加培训自动计学时"),
    "training.facts.coverage": ("training:coverage", "training.see", "看名单", "参加党校培训自动计入"),
    "training.facts.six_haves": ("training:list", "training.see", "看班次", "由办班的党组织补齐"),
}  # fmt: skip
DOES = {"dues.edit", "appraisal.edit"}  # whoever holds these does it there
WORDS = {SCORED: "", PENDING: "待评", NOT_APPLICABLE: "不适用"}


def of_year(user, branch, year):
    """The duties of the branch in the year with their records, the newest first; a queryset."""
    duties = Duty.objects.visible_to(user).filter(branch=branch, year=year).select_related("notice")
    return records_of.told(duties.order_by("-opens_on"))


class Sheet:
    """One branch's score with the duties and records behind it: one query for the duties, one for all kinds of records.

    The records are read when somebody looks at where the points come from, not for what can still be had.
    """

    def __init__(self, score, year, *, user, on, today, is_sealed=False):
        self.score, self.year, self.user, self.on, self.branch = score, year, user, on, score.branch
        self.is_sealed, self.today = is_sealed, today
        self.ways, self.book = table.allowed(user, score.branch), in_force(on=on)
        self.options = {
            part["key"]: part["options"]
            for item in score.content["items"]
            for part in item["parts"]
            if part.get("options", {}).get("rule")
        }
        self.duties = defaultdict(list)
        key = ("sheet", score.branch.pk, year, statements.of_person(user, today))
        for duty in records_of.read(statements.instances(key, lambda: of_year(user, score.branch, year))):
            self.duties[duty.rule].append(duty)

    @cached_property
    def records(self):
        """Kind of record → key → record, of those that this person may see: as far as the page shows them."""
        wanted = defaultdict(set)
        for part in (part for item in self.score.items for part in item.parts):
            if rule := self._rule(part):
                for done in (self.counted[duty][0] for duty in self._shown(part, rule)[0] if self.counted[duty]):
                    if done.label in EVIDENCE:
                        wanted[done.label].add(done.object_id)
            elif part.fact and part.fact.model in EVIDENCE:
                wanted[part.fact.model].update(part.fact.pks)
        found = evidence.read(self.user, wanted, today=self.today)
        for records in found.values():
            for record in records.values():
                if getattr(record, "branch_id", None) == self.branch.pk:
                    record.branch = self.branch
        return found

    # ---- what can still be had

    def gains(self, rows):
        """What can still be had (`rows`: of the forecast), what can be done today first, then by the day until which it counts."""
        found = [self._gain(row) for row in rows]
        found.sort(key=lambda gain: gain["is_later"])
        if first := next((gain for gain in found if gain["url"]), None):
            first["is_first"] = True
        return found

    def _gain(self, row):
        gain, rule = told(row, self.user, self.branch, self.on), self.book.get(f"duty.{row['rule']}")
        if not row["rule"]:
            return gain
        if gain["until"].year > self.year and rule and rule.note:
            gain["hint"] = f"{rule.note}（{rule.source.partition('：')[0]}）"
        left = [duty for duty in self.duties[row["rule"]] if not duty.met_on and duty.ends_on >= self.on]
        if now := next((duty for duty in reversed(left) if duty.opens_on <= self.on), None):
            gain["url"] = self._add(now)
            gain["hint"] = gain["hint"] or ("" if gain["url"] else "由支部登记")
        return gain

    def _add(self, duty):
        """The way to meet an open duty, for somebody who may."""
        rule = self.book.get(f"duty.{duty.rule}")
        return table.act_url(duty, rule) if rule and table.way(rule) in self.ways else ""

    # ---- where it comes from

    def dimensions(self):
        """Dimension → items; the first item that is worth a look stands open, and its dimension with it."""
        self.counted = self._counted()
        found = [self._dimension(dimension) for dimension in self.score.dimensions]
        if extra := self.score.bonus:
            items = [self._item(item) for item in extra]
            scored = [item.points for item in extra if item.state == SCORED]
            found.append({"label": "加分、一票否决", "points": sum(scored, ZERO) if scored else None, "weight": None, "items": items,
                          "is_open": False})  # fmt: skip
        items = [item for dimension in found for item in dimension["items"]]
        first = next((item for item in items if item["still"]), items[0])
        first["is_open"] = True
        for dimension in found:
            dimension["is_open"] = dimension["is_open"] or first in dimension["items"]
        return found

    def _counted(self):
        """Duty → the records that meet it: of a sealed year those that it was sealed with, whatever came since."""
        facts = {part.key: set(part.fact.pks) for item in self.score.items for part in item.parts if part.fact}
        of_rule = {options["rule"]: facts.get(key, set()) for key, options in self.options.items()}
        found = {}
        for rule, duties in self.duties.items():
            for duty in duties:
                rows = duty.done
                if self.is_sealed:
                    rows = [done for done in rows if done.object_id in of_rule.get(rule, ())]
                    duty.met_on = min((done.on for done in rows), default=None)
                found[duty] = rows
        return found

    def _dimension(self, dimension):
        notes = []
        if dimension.points is not None and dimension.out_of < dimension.weight:
            notes.append(f"已评 {plain(dimension.out_of)} 分，折算成 {plain(dimension.weight)} 分")
        return {
            "label": dimension.label, "points": dimension.points, "weight": dimension.weight, "still": dimension.still,
            "note": "；".join(notes), "items": [self._item(item) for item in dimension.items],
            "is_open": dimension.points is not None,
        }  # fmt: skip

    def _item(self, item):
        waiting = sum((part.most for part in item.parts if part.state == PENDING), ZERO)
        none = sum((part.most for part in item.parts if part.state == NOT_APPLICABLE), ZERO)
        rows = [self._part(part) for part in item.parts]
        evidence = [row for row in rows if row["periods"] or row["records"] or row["whole_url"]]
        return {
            "code": item.code, "label": item.label,
            "most": item.most, "points": item.points, "still": item.still,
            "word": WORDS[item.state], "state": {PENDING: "wait", NOT_APPLICABLE: "na"}.get(item.state, ""),
            "waiting": waiting if item.state == SCORED else ZERO,
            "lost": item.most - item.points - item.still - waiting - none if item.state == SCORED else ZERO,
            "clause": item.clause, "source": item.source, "parts": rows if len(rows) > 1 else [],
            "key": rows[0]["key"] if len(rows) == 1 else "", "reason": item.reason if len(rows) == 1 else "", "evidence": evidence,
            "is_open": False,
        }  # fmt: skip

    def _part(self, part):
        rule = self._rule(part)
        shown, rest = self._shown(part, rule) if rule else ((), 0)
        records = [] if rule else self._records(part)
        state, word = {PENDING: ("wait", "待评"), NOT_APPLICABLE: ("na", "不适用")}.get(part.state, ("done", ""))
        return {
            "key": part.key, "label": part.label, "most": part.most, "points": part.points, "reason": part.reason,
            "state": state, "word": word,
            "is_scored": part.state == SCORED, "periods": self._periods(part, rule, shown), "punctual_rest": rest,
            "not_yet": sum(duty.opens_on > self.on for duty in self.duties[rule]) if rule else 0,
            "records": records[:RECENT], "records_count": len(records),
            "has_counts": bool(part.fact) and part.fact.model == Meeting._meta.label,
            "records_url": self._records_url(part, rule),
            "whole_url": self._records_url(part, rule) if part.fact and part.fact.model in WHOLE else "",
        }  # fmt: skip

    def _rule(self, part):
        return self.options.get(part.key, {}).get("rule")

    def _shown(self, part, rule):
        """(the duties of the periods that the page lists, newest first; how many more there are, all of them met in time)."""
        opened = [duty for duty in self.duties[rule] if duty.opens_on <= self.on] if part.state == SCORED else []
        punctual = [duty for duty in opened if duty.state(self.on) == "done"]
        left = punctual[max(0, LISTED - len(opened) + len(punctual)) :]
        return [duty for duty in opened if duty not in left], len(left)

    def _records_url(self, part, rule):
        """All records of a rule, or all meetings; what was called by 上级 stands in the list of notices."""
        if part.fact and part.fact.model == "branches.Notice":
            return f"{reverse('duties:notices')}?kind=meeting&year={self.year}"
        if part.fact and part.fact.model in LISTS:
            return f"{reverse(LISTS[part.fact.model])}?branch={self.branch.pk}&year={self.year}"
        if part.fact and part.fact.model == "training.SignIn":
            return f"{reverse('training:hours')}?branch={self.branch.pk}&year={self.year}"
        if part.fact and part.fact.model == "recruitment.RoadStep":
            return f"{reverse('recruitment:list')}?branch={self.branch.pk}"
        if part.fact and part.fact.model == "training.ClassSession":
            return reverse("training:list")
        if part.fact and part.fact.model == "members.DuesPayment":
            return reverse("members:dues_year", args=[self.branch.pk, self.year])
        if self.duties[rule] and not self._is_of_meetings(rule):
            return f"{reverse('duties:list')}?branch={self.branch.pk}&year={self.year}"
        query = f"?branch={self.branch.pk}&year={self.year}"
        return reverse("meetings:list") + query + (f"&kind={rule}" if rule else "")

    def _is_of_meetings(self, rule):
        row = self.book.get(f"duty.{rule}")
        return row is None or table.way(row) == table.MEETING

    def _periods(self, part, rule, duties):
        """What each of these periods gave."""
        if not duties:
            return []
        full = part.most / len(self.duties[rule])
        late = full * Decimal(str(self.options[part.key].get("late", 1)))
        return [self._period(duty, full, late) for duty in duties]

    def _period(self, duty, full, late):
        state = duty.state(self.on)
        first = next(iter(self.counted[duty]), None)
        row = {"label": duty.label, "state": state, "record": self._record(first) if first else None,
               "day": duty.met_on and _day(duty.met_on), "until": "", "points": "—", "url": ""}  # fmt: skip
        if state == "done":
            row |= {"word": "按时", "points": cents(full)}
        elif state == "late":
            word = f"{_day(duty.due_on)}以后" + ("" if late == full else f"，计 {plain(late / full)} 次")
            row |= {"word": word, "points": cents(late)}
        elif state == "miss":
            row |= {"word": "缺", "points": ZERO}
        elif self.is_sealed:
            row |= {"state": "na", "word": "封存时没有到期"}
        else:
            row |= {"word": f"还可得 {cents(full)}", "until": _day(duty.due_on if duty.due_on >= self.on else duty.ends_on),
                    "url": self._add(duty)}  # fmt: skip
        return row | {"points": str(row["points"])}

    def _record(self, done):
        return self.records.get(done.label, {}).get(done.object_id)

    def _records(self, part):
        """The records that count together, newest first."""
        if not part.fact or part.fact.model not in EVIDENCE:
            return []
        known = self.records.get(part.fact.model, {})
        found = [known[pk] for pk in part.fact.pks if pk in known]
        return sorted(found, key=lambda record: (record.held_on, record.pk), reverse=True)


def told(gain, user, branch, on):
    """A gain of the forecast as a line; what no duty asks for with the place where it is done, or with who does it."""
    opens = gain["opens"] and date.fromisoformat(gain["opens"])
    found = {
        "words": gain["words"], "count": gain["count"], "points": Decimal(gain["points"]), "opens": opens,
        "until": date.fromisoformat(gain["until"]), "is_later": bool(opens and opens > on), "hint": "", "url": "", "act": "登记",
    }  # fmt: skip
    if gain["rule"]:
        return found
    page, verb, act, found["hint"] = WAYS.get(gain["fact"], ("", "", "", "按记录自动计分，不用另外登记"))
    if page and may(user, verb, at=branch):
        args = [branch.pk, on.year, on.month] if page == "members:dues_month" else []
        query = "" if args else f"?branch={branch.pk}&year={on.year}"
        found |= {"act": act, "url": reverse(page, args=args) + query, "hint": "" if verb in DOES else found["hint"]}
    return found


def plain(number):
    """1.50 → 1.5, 30.00 → 30."""
    return f"{Decimal(number).quantize(Decimal('0.01')).normalize():f}"


def _day(day):
    return f"{day.month} 月 {day.day} 日"
