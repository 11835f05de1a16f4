"""PF3 and EX3.1: each person's road into the Party, judged step by step by the edition of the step's own day."""

from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal

from .book import ROOT, data, plus, read, within

BESIDE = ("extension_vote", "extension_approval", "cancellation_vote", "cancellation_approval")
NONE = Decimal(0)
ENDS = ("_on", "_from", "_until")


def editions():
    """[(first day, {step: its law in the order of the road})], the older edition first; one may amend another."""
    raw = {content["edition"]: content for content in map(read, _files())}
    found = []
    for content in raw.values():
        steps = raw[content["amends"]]["steps"] if "amends" in content else content["steps"]
        changed = content["steps"] if "amends" in content else {}
        found.append((content["from"], {step["key"]: step | changed.get(step["key"], {}) for step in steps}))
    return sorted(found, key=lambda row: row[0])


def _files():
    return [path.relative_to(ROOT) for path in sorted((ROOT / "recruitment/editions").glob("*.yaml"))]


class Step:
    def __init__(self, pk, branch, key, on, told, is_undone, is_imported, explained, vote, training, came_on):
        self.pk, self.branch, self.key, self.on, self.told = pk, branch, key, on, told
        self.is_undone, self.is_imported, self.is_explained = is_undone, is_imported, bool(explained)
        self.vote, self.training, self.came_on = vote, training, None if is_imported else came_on


class Roads:
    """All roads of the county as they stand."""

    def __init__(self, ask, book):
        self.book, self.editions = book, editions()
        self.people = {
            pk: (member, born, extended, came_on if is_imported else None)
            for pk, member, born, extended, is_imported, came_on in ask("""
                SELECT a.id, a.member_id, m.birth_on, a.extended_months, a.is_imported,
                    (a.created_at AT TIME ZONE 'Asia/Shanghai')::date
                FROM recruitment_application a JOIN members_member m ON m.id = a.member_id""")
        }  # fmt: skip
        entered = defaultdict(list)
        for application, *row in ask("""
            SELECT s.application_id, s.id, s.branch_id, s.step, s."on", s.data::text, s.is_undone, s.is_imported,
                s.explained, v.entitled, v.present, v.in_favour, v.written, s.enrolment_id, e.outcome
            FROM recruitment_roadstep s LEFT JOIN meetings_vote v ON v.id = s.vote_id
            LEFT JOIN training_enrolment e ON e.id = s.enrolment_id
            WHERE s.step <> ALL(%(beside)s) ORDER BY s.id""", {"beside": list(BESIDE)}):  # fmt: skip
            *said, told, undone, imported, explained, entitled, present, agreed, written, enrolment, outcome = row
            vote = None if entitled is None else (entitled, present, agreed, written)
            training = (enrolment, outcome == "completed") if enrolment else None
            came_on = self.people[application][3]
            entered[application].append(
                Step(*said, data(told), undone, imported, explained, vote, training, came_on)
            )  # fmt: skip
        self.standing = {application: self._standing(rows) for application, rows in entered.items()}
        self._read_beside(ask)

    def _read_beside(self, ask):
        self.guides, self.stays, self.watched = defaultdict(list), defaultdict(list), defaultdict(list)
        for application, role, *stay in ask(
            "SELECT application_id, role, member_id, started_on, ended_on FROM recruitment_guide"
        ):
            self.guides[application, role].append(stay)
        for member, *stay in ask("SELECT member_id, started_on, ended_on FROM members_membership WHERE kind = 'full'"):
            self.stays[member].append(stay)
        for member, *stay in ask(
            "SELECT member_id, started_on, ended_on FROM members_sanction WHERE kind = 'probation'"
        ):
            self.watched[member].append(stay)
        self.notices = {
            (application, step): (first, last)
            for application, step, first, last in ask(
                "SELECT application_id, matter, started_on, ended_on FROM recruitment_publicity ORDER BY id"
            )
        }
        self.courses = {
            enrolment: (count, hours)
            for enrolment, count, hours in ask("""
                SELECT n.enrolment_id, count(DISTINCT s.held_on), sum(s.hours)
                FROM training_signin n JOIN training_classsession s ON s.id = n.session_id
                WHERE n.mark = 'present' GROUP BY n.enrolment_id""")
        }  # fmt: skip

    def law(self, day):
        past = [steps for since, steps in self.editions if since <= day]
        return past[-1] if past else self.editions[0][1]

    # --- what stands

    def _standing(self, rows):
        """step → its rows that hold: what was taken back is gone, and all that rested on it."""
        found = defaultdict(list)
        for row in rows:
            if row.is_undone:
                self._take_back(found, row)
            else:
                found[row.key].append(row)
        return {key: steps for key, steps in found.items() if steps}

    def _take_back(self, found, row):
        law = self.law(row.on)
        if law[row.key].get("repeats") and len(found[row.key]) > 1:
            found[row.key].pop()  # the review entered last; what rests on the others stays
            first = min(each.on for each in found[row.key])
            direct = [key for key, step in law.items() if row.key in step.get("after", ()) and found[key]]
            lost = {key for key in direct if found[key][0].on < first}
            lost |= {further for key in lost for further in _resting(law, key)}
        else:
            lost = {row.key} | _resting(law, row.key)
        for key in lost:
            found[key] = []

    # --- what is wrong

    def wrong(self, application, row):
        """Whether the step is unlawful, or late without an explanation."""
        blocks, late = self._found(application, row)
        return blocks or (late and not row.is_explained)

    def _found(self, application, row):
        law, acts = self.law(row.on), self.standing[application]
        step, blocks, late = law[row.key], False, False
        after = step.get("after", ())
        if any(key not in acts or row.on < min(each.on for each in acts[key]) for key in after):
            blocks = True
        reviews = [key for key, each in self.editions[-1][1].items() if each.get("repeats", {}).get("until") == row.key]
        if any(row.on < max(each.on for each in acts[key]) for key in reviews if key in acts):
            blocks = True
        if "repeats" in step:
            after_end, is_late = self._review(application, row, step["repeats"])
            blocks, late = blocks or after_end, late or is_late
        for span in step.get("spans", ()):
            since = self._day(application, span["of"], row)
            if since is None:
                continue
            early = "least" in span and row.on < self._after(application, since, span["least"])
            over = "most" in span and row.on > self._after(application, since, span["most"])
            if early or over:
                blocks, late = blocks or span.get("blocks", False), late or not span.get("blocks", False)
        for need in step.get("needs", ()):
            if not getattr(self, f"_{need['check']}")(need, application, row):
                blocks, late = blocks or need.get("blocks", False), late or not need.get("blocks", False)
        return blocks, late

    def _review(self, application, row, rule):
        acts = self.standing[application]
        ends = self._day(application, rule["until"], None)
        begun = self._day(application, rule["of"], None)
        if begun is None:
            return bool(ends and row.on > ends), False
        before = max([begun, *(each.on for each in acts[row.key] if each.on < row.on)])
        every = rule["every"]["months"]
        due, count = plus(before, every), 1
        while row.came_on and due < row.came_on:  # from paper: the first that was still to come
            count += 1
            due = plus(due, every)
        return bool(ends and row.on > ends), row.on > due

    def _day(self, application, name, own):
        key, _, inner = name.partition(".")
        rows = [own] if own is not None and own.key == key else self.standing[application].get(key)
        if not rows:
            return None
        return _date(rows[-1].told.get(inner)) if inner else rows[-1].on

    def _after(self, application, since, amount):
        [(unit, number)] = amount.items()
        if unit == "days":
            return since + timedelta(days=number)
        if unit == "workdays":
            return self._workday(since, number)
        return plus(since, number + (self.people[application][2] if unit == "probation" else 0))

    def _workday(self, day, number):
        """The last of so many working days, the first day counted when it is one."""
        while True:
            number -= self.book.is_working(day)
            if number <= 0:
                return day
            day += timedelta(days=1)

    # --- needs

    def _age(self, need, application, row):
        born = self.people[application][1]
        if born is None:
            return False
        leap = born.month == 2 and born.day == 29
        try:
            day = born.replace(year=born.year + need["years"])
        except ValueError:
            day = date(born.year + need["years"], 3, 1) if leap else None
        return row.on >= day

    def _filled(self, need, application, row):
        return bool(row.told.get(need["of"]))

    def _passed(self, need, application, row):
        return row.told.get(need["of"]) == "passed"

    def _workdays(self, need, application, row):
        first, last = self.notices.get((application, row.key)) or (
            _date(row.told.get("public_from")), _date(row.told.get("public_until")),
        )  # fmt: skip
        return bool(first and last and self._workday(first, need["least"]) <= last < row.on)

    def _training(self, need, application, row):
        if row.told.get("exception"):
            return True
        count, hours, passed = (row.told.get(name, 0) for name in ("days", "hours", "passed"))
        if row.training:
            enrolment, passed = row.training
            count, hours = self.courses.get(enrolment, (0, 0))
        return (count >= need["days"] or hours >= need["hours"]) and bool(passed or not need.get("passed"))

    def _people(self, need, application, row):
        role = {"mentors": "mentor", "sponsors": "sponsor"}[need["of"]]
        if need["of"] in row.told:
            people = row.told[need["of"]]
            good = [each["full"] and not each.get("on_probation") for each in people]
            if not need.get("not_on_probation_in_party"):
                good = [each["full"] for each in people]
        else:
            people = [member for member, *stay in self.guides[application, role] if within(row.on, *stay)]
            good = [
                any(within(row.on, *stay) for stay in self.stays[member])
                and not (
                    need.get("not_on_probation_in_party")
                    and any(within(row.on, *stay) for stay in self.watched[member])
                )
                for member in people
            ]
        return need["least"] <= len(people) <= need["most"] and all(good)

    def _vote(self, need, application, row):
        if row.vote is None:
            return False
        entitled, present, agreed, written = row.vote
        agreed -= 0 if need["written"] == "counted" else written
        secret = bool(row.told.get("secret")) or not need.get("secret")
        return present * 2 > entitled and agreed * 2 > entitled and secret

    def _approver(self, need, application, row):
        return row.told.get("approver") in need["kinds"]

    def _stays(self, need, application, row):
        leaves = _date(row.told.get("leaves_on"))
        return not leaves or leaves > plus(row.on, need["months"])


def _date(value):
    return date.fromisoformat(value) if isinstance(value, str) else value


def _resting(law, key):
    """Every step that comes after one, directly or by others."""
    found, fresh = set(), {key}
    while fresh:
        fresh = {step for step, each in law.items() if set(each.get("after", ())) & fresh} - found
        found |= fresh
    return found


def unlawful(roads, year, on):
    """branch → steps of the year that were unlawful, or late and not explained; what came from paper never counts."""
    first, until = date(year, 1, 1), min(on, date(year, 12, 31))
    any_step, found = False, {}
    for application, acts in roads.standing.items():
        for row in (each for steps in acts.values() for each in steps):
            if row.is_imported or not first <= row.on <= until:
                continue
            any_step = True
            found[row.branch] = found.get(row.branch, NONE) + bool(roads.wrong(application, row))
    return {branch: (value, None) for branch, value in found.items()} if any_step else None


def backbone_share(ask, roads, book, year, on):
    """Of those taken in during so many years, who was a backbone on the day of the vote."""
    years = book.at("recruit.backbone_years", date(year, 12, 31))
    first, until = date(year - years + 1, 1, 1), min(on, date(year, 12, 31))
    held = defaultdict(list)
    for member, *stay in ask("SELECT member_id, started_on, ended_on FROM members_backbone WHERE NOT start_estimated"):
        held[member].append(stay)
    latest = roads.editions[-1][1]
    approved = {"committee_approval"} | _resting(latest, "committee_approval")
    value, whole = defaultdict(Decimal), defaultdict(Decimal)
    for application, acts in roads.standing.items():
        vote = acts.get("branch_vote", [None])[-1]
        if vote is None or not approved & acts.keys() or not first <= vote.on <= until:
            continue
        whole[vote.branch] += 1
        value[vote.branch] += any(within(vote.on, *stay) for stay in held[roads.people[application][0]])
    return {branch: (value[branch], whole[branch]) for branch in whole} or None
