"""Ledgers of the running year: talks, deeds, lessons, ideology, and the talks of 工委 with secretaries."""

import calendar
from datetime import date

from django.db.models import DateTimeField, F
from django.db.models.functions import Cast

from branches.demo import GOOD, ORDINARY, WEAK
from duties import actions as duties
from jobs.copying import insert
from meetings.activities import LABEL, kinds
from meetings.demo import deeds
from meetings.models import Activity

FLUSH = 4000
PLACE = (GOOD, ORDINARY, WEAK)


class Ledger:
    """Draws activities of one organisation after the other."""

    def __init__(self, county, rng):
        self.county, self.rng, self.drawn, self.people = county, rng, [], []

    def keep(self, sketch):
        """A year's entries of a branch; the star has something of every kind."""
        rng, place, today = self.rng, PLACE.index(sketch.manner[1]), self.county.today
        for key, (months, times) in deeds.OFTEN.items():
            begun = [month for month in months if month <= today.month]
            wanted = times[0] if sketch.is_star else times[place]
            chosen = [month for month in begun if rng.random() < wanted / len(months)]
            if sketch.is_star and begun and not chosen:
                chosen = begun[-1:]
            if key == "civics_lesson":  # no two of one term
                chosen = list({month < 7: month for month in chosen}.values())
            for month in chosen:
                self._add(sketch, key, self._day(month))

    def _day(self, month):
        """A working day of that month, not in the future; None when there was none yet."""
        today = self.county.today
        last = today.day if month == today.month else calendar.monthrange(today.year, month)[1]
        days = [day for number in range(3, last + 1) if (day := date(today.year, month, number)).weekday() < 5]
        return self.rng.choice(days) if days else None

    def _add(self, sketch, key, on, **fields):
        if on is None or not sketch.branch.founded_on <= on <= (sketch.branch.closed_on or on):
            return
        fields = fields or getattr(self, f"_{key}")(sketch, on)
        people = fields.pop("people", ())
        activity = Activity(
            branch=sketch.branch, kind=key, held_on=on, assessment_year=on.year, created_by=sketch.author, **fields
        )
        self.drawn.append(activity)
        self.people += [(activity, pk) for pk in people]

    def _there(self, sketch, on, count):
        """Some members of that day."""
        found = [stay.pk for stay in sketch.roster if stay.covers(on)]
        return self.rng.sample(found, min(count, len(found)))

    def write(self):
        insert(self.drawn)
        link = Activity.people.through
        insert([link(activity=activity, member_id=pk) for activity, pk in self.people])
        met = [
            (each.branch_id, duty, each.assessment_year, each.pk, each.held_on)
            for each in self.drawn
            if (duty := kinds()[each.kind].duty)
        ]
        duties.fulfil(LABEL, met)
        self.drawn, self.people = [], []

    # --- what each kind asks for

    def _heart_talk(self, sketch, on):
        pair = self.rng.choices(["committee", "committee_member", "member"], (2, 5, 2))[0]
        result = "understood" if self.rng.random() < 0.85 else "follow"
        return {"people": self._there(sketch, on, 2), "answers": {"pair": pair, "result": result}}

    def _five_colours(self, sketch, on):
        colour = self.rng.choice(list(deeds.COLOURS))
        return {"title": self.rng.choice(deeds.COLOURS[colour]), "answers": {"colour": colour}} | self._crowd(sketch)

    def _crowd(self, sketch):
        return {
            "count": max(2, round(sketch.headcount * self.rng.uniform(0.3, 0.8))),
            "hours": self.rng.choice([1, 1.5, 2, 3]),
        }

    def _four_musts(self, sketch, on):
        answers = {"helpers": max(2, sketch.headcount // 2), "talked": True, "tutored": self.rng.random() < 0.9}
        answers |= {"visited": self.rng.random() < 0.7, "joined": self.rng.random() < 0.8}
        return {"count": max(2, round(sketch.headcount * 0.6)), "answers": answers}

    def _volunteering(self, sketch, on):
        school = sketch.schools[0].name if sketch.schools else "机关"
        team = self.rng.choice(deeds.TEAMS).format(school)[:60]
        return {"title": self.rng.choice(deeds.VOLUNTEERING), "answers": {"team": team}} | self._crowd(sketch)

    def _pioneer_post(self, sketch, on):
        return {"title": self.rng.choice(deeds.POSTS), "people": self._there(sketch, on, self.rng.randint(1, 4))}

    def _master_class(self, sketch, on):
        form = self.rng.choice(["model", "sent", "open"])
        return {
            "title": self.rng.choice(deeds.CLASSES), "count": self.rng.randint(1, 2), "people": self._there(sketch, on, 1),
            "answers": {"form": form},
        }  # fmt: skip

    def _deed(self, sketch, on):
        title, owner = self.rng.choice(deeds.DEEDS)
        is_done = (self.county.today - on).days > 30
        feedback = self.rng.choice(["content", "content", "basic", "none"]) if is_done else "none"
        result = "done" if is_done else "doing"
        return {"title": title, "answers": {"owner": owner, "due": "一个月内", "result": result, "feedback": feedback}}

    def _groups_work(self, sketch, on):
        field = self.rng.choice(list(deeds.GROUPS))
        return {
            "title": self.rng.choice(deeds.GROUPS[field]),
            "count": self.rng.randint(8, 60),
            "answers": {"field": field},
        }

    def _civics_lesson(self, sketch, on):
        return {"title": self.rng.choice(deeds.CIVICS), "count": self.rng.randint(35, 240)}

    def _education_case(self, sketch, on):
        side = self.rng.choice(["model", "warning"])
        return {
            "title": self.rng.choice(deeds.CASES[side]),
            "count": max(3, sketch.headcount - 2),
            "answers": {"side": side},
        }

    def _reflection(self, sketch, on):
        return {"count": max(2, round(sketch.headcount * self.rng.uniform(0.4, 0.95)))}

    def _research(self, sketch, on):
        return {"title": self.rng.choice(deeds.RESEARCH)}

    def _ideology_notice(self, sketch, on):
        return {"title": f"{on.year} 年意识形态工作情况内部通报", "number": f"内部通报〔{on.year}〕1号"}

    def _five_inclusions(self, sketch, on):
        included = self.rng.choice(list(deeds.INCLUDED))
        return {"title": deeds.INCLUDED[included], "answers": {"included": included}}

    def _three_reports(self, sketch, on):
        report = self.rng.choice(["yearly", "yearly", "special", "duty"])
        return {
            "title": deeds.REPORTS[report],
            "number": f"专报〔{on.year}〕{self.rng.randint(1, 3)}号",
            "answers": {"report": report},
        }

    def _three_reviews(self, sketch, on):
        names = [name for _, name in sketch.committee] or [sketch.author.name]
        answers = {
            "channel": self.rng.choice(deeds.CHANNELS),
            "first": names[-1],
            "second": names[len(names) // 2],
            "final": names[0],
        }
        return {"title": self.rng.choice(deeds.MANUSCRIPTS), "answers": answers}

    def _approval(self, sketch, on):
        sort = self.rng.choice(list(deeds.APPROVALS))
        approver = sketch.committee[0][1] if sketch.committee else sketch.author.name
        answers = {"sort": sort, "approver": approver}
        return {
            "title": deeds.APPROVALS[sort],
            "number": f"审批〔{on.year}〕{self.rng.randint(1, 20)}号",
            "answers": answers,
        }

    # --- 工委 and the school committees

    def of_the_top(self, upper, below):
        """Talks with every secretary (not yet all of them twice), its own sittings, research in branches."""
        rng, today = self.rng, self.county.today
        for sketch in below:
            for months in ((3, 4, 5, 6), (9, 10, 11)):
                begun = [month for month in months if month <= today.month]
                if begun and not sketch.is_vacant and rng.random() < 0.92:
                    result = "follow" if sketch.manner[1] == WEAK and rng.random() < 0.4 else "understood"
                    self._add(
                        upper,
                        "secretary_talk",
                        self._day(rng.choice(begun)),
                        about=sketch.branch,
                        answers={"result": result},
                    )
        for month in range(1, today.month + 1):
            if on := self._day(month):
                title = deeds.COUNTY_MEETINGS[month % 3 == 0].format(month if month % 3 else month // 3)
                self._add(upper, "work_committee_meeting", on, title=title, number=f"会议纪要〔{on.year}〕{month}期")
        for month in (4, 5, 10, 11):
            if month <= today.month and below:
                self._add(
                    upper,
                    "research",
                    self._day(month),
                    title=rng.choice(deeds.RESEARCH),
                    about=rng.choice(below).branch,
                )


def build(county, rng):
    ledger = Ledger(county, rng)
    at_work = [sketch for sketch in county.sketches if sketch.term and sketch.branch.closed_on is None]
    ledger.of_the_top(county.top, [sketch for sketch in at_work if sketch.is_leaf])
    for sketch in at_work:
        if sketch.is_leaf:
            ledger.keep(sketch)
        elif sketch.branch.kind == sketch.branch.Kind.COMMITTEE:
            ledger.of_the_top(sketch, [other for other in at_work if other.parent is sketch.branch])
        if not sketch.is_leaf and (on := ledger._day(min(10, county.today.month))) and rng.random() < 0.8:
            ledger._add(sketch, "ideology_notice", on)
        if len(ledger.drawn) >= FLUSH:
            ledger.write()
    ledger.write()
    Activity.objects.update(created_at=Cast(F("held_on"), DateTimeField()))
