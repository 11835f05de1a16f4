import re
from collections import defaultdict
from pathlib import Path

from branches.models import Branch
from branches.names import Unknown
from jobs.planning import ERROR, WARNING, Chosen, Parsed, SheetResource, at_most, person_name, same_name, text
from members.models import Member, Membership
from members.resources import Coded
from office import values
from recruitment import half_way, half_way_backbones, legality, steps
from recruitment.applications import FIRST_YEAR, LEADS
from recruitment.cases import ROLES, calendar
from recruitment.models import Application
from recruitment.on_record import OnRecord
from recruitment.road import known_editions, probation_ends

MOST = 2000  # persons at one meeting; more is a slip of the pen
EACH = re.compile(r"[、，,；;\n]+")
DATES = ("birth_on", "received_on", "public_from", "public_until", "training_from", "backbone_from", "ends_on")
APPROVES = (Branch.Kind.COMMITTEE, Branch.Kind.WORK_COMMITTEE)
PASSED = {"合格": "passed", "通过": "passed", "政审合格": "passed", "未发现问题": "passed", "同意": "passed",
          "不合格": "failed", "未通过": "failed", "政审不合格": "failed"}  # fmt: skip
YES = {"合格": True, "结业": True, "是": True, "已结业": True, "√": True, "不合格": False, "否": False, "未结业": False}
SECRET = {"无记名投票": True, "无记名": True, "票决": True, "举手": False, "举手表决": False, "记名": False}


class Days(Parsed):
    """One day or several in a cell, or only how often: a tuple of dates, or a number."""

    def __init__(self):
        super().__init__(values.parse_date)

    def clean(self, value, row=None, *, date1904=False, **kwargs):
        count = re.fullmatch(r"(\d{1,2})(?:\.0+)?次?", str(value).strip())
        if count:
            return int(count[1])
        parts = EACH.split(value) if isinstance(value, str) else [value]
        found = [values.parse_date(part, date1904=date1904) for part in parts if not values.is_blank(part)]
        return tuple(dict.fromkeys(found))


def names(value):
    """The names in a cell, one or several."""
    return tuple(dict.fromkeys(person_name(part) for part in EACH.split(str(value)) if part.strip()))


def several(value):
    """What somebody is called, once or several times."""
    clean = text(40)
    return tuple(dict.fromkeys(clean(part) for part in EACH.split(str(value)) if part.strip()))


class RecruitmentResource(SheetResource):
    """发展党员台账: one row a person, the road so far."""

    columns_file = Path(__file__).parent / "columns.yaml"
    kind_label = "发展党员台账"
    classified = frozenset({"id_number", "conclusion"})
    who_key = "name"

    class Meta:
        model = Application
        fields = ()

    @classmethod
    def widgets(cls):
        count = {
            f"{prefix}{name}": Parsed(at_most(MOST)) for prefix in half_way.VOTES.values() for name in half_way.COUNTS
        }
        return {
            **{
                key: Days() if step.repeats else Parsed(values.parse_date)
                for key, step in half_way.roads_steps().items()
            },
            **{key: Parsed(values.parse_date) for key in DATES},
            **{key: Parsed(names) for key in ("mentors", "more_mentors", "sponsors", "more_sponsors")},
            **count,
            **{f"{prefix}secret": Parsed(_word(SECRET)) for prefix in half_way.VOTES.values()},
            "name": Parsed(person_name),
            "branch": Parsed(text(100, spaced=False)),
            "sex": Chosen(Member.Sex, cls.words("sex"), warn=True),
            "ethnicity": Coded("ethnicity"),
            "id_number": Parsed(values.parse_id_number),
            "education": Coded("education"),
            "position": Parsed(text(60), warn=True),
            "title": Parsed(text(40), warn=True),
            "backbone": Parsed(several),
            "recommended_by": Parsed(text(100)),
            "opinions": Parsed(text(200)),
            "conclusion": Parsed(_word(PASSED)),
            "hours": Parsed(at_most(1000)),
            "passed": Parsed(_word(YES)),
            "form_number": Parsed(text(40, spaced=False)),
            "organ": Parsed(text(100, spaced=False)),
            "extended": Parsed(at_most(known_editions()[-1].extension["most"])),
        }

    def fault(self, plan, row, key, message, level=ERROR):
        """What the ledger has no column for is told beside who or which number stands for it, else at the name."""
        if key not in self.table.columns and key in self.labels:
            beside = (*half_way.USUAL.get(key, ((),))[0], "name")
            message = f"{self.labels[key]}：{message}"
            key = next((each for each in beside if each in self.table.columns), key)
        super().fault(plan, row, key, message, level)

    def check(self, plan):
        self.branches = list(Branch.objects.all())
        self._check_places(plan)
        for row in plan.rows:
            self._check_days(plan, row)
            self._check_votes(plan, row)
        self._check_persons(plan)
        self._check_numbers(plan)
        self._check_backbones(plan)
        self._check_roads(plan)

    # --- where

    def _check_places(self, plan):
        by_name = {
            same_name(branch.name): branch for branch in sorted(self.branches, key=lambda row: row.closed_on is None)
        }
        by_key = {branch.pk: branch for branch in self.branches}
        unknown = Unknown(branch.name for branch in self.branches)
        for row in plan.rows:
            found = row.values
            branch = by_name.get(same_name(found["branch"])) if found.get("branch") else None
            row.extra |= {
                "branch": branch,
                "organ": None,
                "member": None,
                "membership": None,
                "taken": [],
                "guides": {},
            }
            if found.get("branch") and branch is None:
                self.fault(plan, row, "branch", unknown(found["branch"]))
            elif branch and branch.kind not in LEADS:
                self.fault(plan, row, "branch", f"入党申请由党支部受理，“{branch.name}”是{branch.get_kind_display()}")
            elif branch and branch.closed_on:
                self.fault(plan, row, "branch", f"支部已于 {branch.closed_on:%Y-%m-%d} 撤销，请填现在培养的支部")
            if found.get("organ"):
                row.extra["organ"] = by_name.get(same_name(found["organ"]))
                if row.extra["organ"] is None:
                    self.fault(plan, row, "organ", unknown(found["organ"]))
            elif branch:
                above = [by_key[int(pk)] for pk in branch.path.strip("/").split("/")[:-1]]
                row.extra["organ"] = next((each for each in reversed(above) if each.kind in APPROVES), None)

    # --- when

    def _check_days(self, plan, row):
        found = row.values
        born = found.get("birth_on")
        if born is None and found.get("id_number"):
            born = values.id_birth_on(found["id_number"])
        row.extra["born"] = born
        days = [(key, found[key]) for key in DATES[1:-1] if found.get(key)]
        for key in half_way.roads_steps():
            said = found.get(key)
            days += [(key, day) for day in (said if isinstance(said, tuple) else [said] if said and said != 0 else [])
                     if not isinstance(day, int)]  # fmt: skip
        for key, day in [("birth_on", born), *days]:
            if day and day > self.on:
                self.fault(plan, row, key, f"{self.labels[key]}在今天以后，请核对")
            elif day and day.year < FIRST_YEAR:
                self.fault(plan, row, key, f"{self.labels[key]}早于 {FIRST_YEAR} 年，请核对")
            elif day and born and key != "birth_on" and day <= born:
                self.fault(plan, row, key, f"{self.labels[key]}早于出生日期 {born:%Y-%m-%d}，请核对")
        for first, last in (("apply", "received_on"), ("public_from", "public_until"),
                            ("training_from", "prospect_training")):  # fmt: skip
            if found.get(first) and found.get(last) and found[last] < found[first]:
                self.fault(plan, row, last, f"{self.labels[last]}早于{self.labels[first]}，请核对")
        for first, last in (("public_from", "public_until"), ("public_until", "public_from"),
                            ("training_from", "prospect_training"), ("backbone_from", "backbone")):  # fmt: skip
            if found.get(first) and not found.get(last):
                self.fault(plan, row, last, f"填了{self.labels[first]}，{self.labels[last]}也要填，请补上")
        self._check_order(plan, row)
        rule = known_editions()[-1].extension
        if found.get("extended") and found["extended"] < rule["least"]:
            self.fault(plan, row, "extended", f"预备期只能延长一次，{rule['says']}，请核对")
        if isinstance(found.get("cultivate"), int):
            message = "只写了考察次数，次数照记；每次考察要有日期，请补上，没有日期的不登记"
            self.fault(plan, row, "cultivate", message, WARNING)
        if found.get("apply") and not found.get("received_on"):
            message = "收到申请书的日期未填，无法核对是否在一个月内谈话，请补上"
            self.fault(plan, row, "received_on", message, WARNING)

    def _check_order(self, plan, row):
        """A step before one that it rests on cannot be: one of the two days is wrong."""
        found, road = row.values, half_way.roads_steps()

        def days(key):
            said = found.get(key)
            return list(said) if isinstance(said, tuple) else [said] if said and not isinstance(said, int) else []

        for key, step in road.items():
            for before in self._all_before(key):
                if days(key) and days(before) and min(days(key)) < min(days(before)):
                    said = f"{self.labels[key]}早于{self.labels[before]} {min(days(before)):%Y-%m-%d}"
                    self.fault(plan, row, key, f"{said}，步骤先后颠倒，请核对这两个日期")
                    break
            if step.repeats and days(key) and (end := days(step.repeats["until"])) and max(days(key)) > end[0]:
                until = self.labels[step.repeats["until"]]
                self.fault(plan, row, key, f"{max(days(key)):%Y-%m-%d} 的考察晚于{until}，步骤先后颠倒，请核对")

    def _all_before(self, key):
        """The steps on which one rests, the nearest first."""
        road, found, looked = half_way.roads_steps(), [], list(half_way.roads_steps()[key].after)
        while looked:
            at = looked.pop(0)
            if at not in found:
                found.append(at)
                looked += road[at].after
        return found

    def _check_votes(self, plan, row):
        for key, prefix in half_way.VOTES.items():
            entitled, present, agreed, against, abstained = (
                row.values.get(f"{prefix}{name}") for name in half_way.COUNTS
            )
            if entitled is not None and present is not None and present > entitled:
                self.fault(plan, row, f"{prefix}present", f"实到 {present} 人多于应到 {entitled} 人，请核对")
            cast = (agreed or 0) + (against or 0) + (abstained or 0)
            if present is not None and cast > present:
                self.fault(
                    plan, row, f"{prefix}in_favour", f"赞成、反对、弃权共 {cast} 票，多于实到 {present} 人，请核对"
                )
            if any(each is not None for each in (entitled, present, agreed)) and not row.values.get(key):
                self.fault(plan, row, key, f"填了票数，{self.labels[key]}也要填，请补上")

    # --- who

    def _check_persons(self, plan):
        known = OnRecord(plan.rows, self.on)
        self.known, first = known, {}
        for row in plan.rows:
            found, branch = row.values, row.extra["branch"]
            if not found.get("name") or branch is None:
                continue
            key = found.get("id_number") or (found["name"], branch.pk, row.extra["born"])
            earlier = first.setdefault(key, row)
            if earlier is not row:
                column = "id_number" if found.get("id_number") else "name"
                self.fault(plan, row, column, f"与第 {earlier.number} 行是同一个人，请保留一行")
                continue
            if found.get("id_number"):
                for column, message in known.mismatches(found):
                    self.fault(plan, row, column, message, WARNING)
            member, refused = known.person(found, branch, row.extra["born"])
            if refused:
                self.fault(plan, row, *refused)
                continue
            row.extra["member"] = member
            if member is not None:
                row.extra["born"] = row.extra["born"] or member.birth_on
                row.extra["road"] = known.open_roads.get(member.pk)
                self._check_known(plan, row, member)
            elif found.get("committee_approval"):
                message = "名册上没有这位预备党员，请先导入党员花名册，再导入这份台账"
                self.fault(plan, row, "committee_approval", message)

    def _check_known(self, plan, row, member):
        """Somebody on the register begins with the days on record; both must say the same of what the person is."""
        found, membership = row.values, self.known.memberships.get(member.pk)
        row.extra["membership"] = membership
        if (road := row.extra["road"]) is not None or membership is None:
            if road is None and found.get("committee_approval"):
                self.fault(
                    plan, row, "committee_approval", "名册上没有这位预备党员，请先导入党员花名册，再导入这份台账"
                )
            return
        for key, day, word in (
            ("branch_vote", member.joined_on, "入党日期"),
            ("conversion_vote", member.converted_on, "转正日期"),
        ):
            if day and not found.get(key):
                found[key] = day
                self.fault(plan, row, key, f"未填，按名册的{word} {day:%Y-%m-%d} 登记，请核对", WARNING)
            elif day and found[key] != day:
                self.fault(plan, row, key, f"与名册的{word} {day:%Y-%m-%d} 不一致，请核对", WARNING)
        if not found.get("committee_approval"):
            first = max(filter(None, (self.known.joined[member.pk], found.get("branch_vote"))))
            found["committee_approval"] = first
            message = f"未填，名册上已是党员，按名册的起始日期 {first:%Y-%m-%d} 登记，请核对"
            self.fault(plan, row, "committee_approval", message, WARNING)
        is_full = membership.kind == Membership.Kind.FULL
        if is_full and not found.get("conversion_approval"):
            self.fault(plan, row, "conversion_approval", "名册上已是正式党员，请填写转正审批日期")
        elif found.get("conversion_approval") and not is_full:
            message = "名册上仍是预备党员，请先用花名册更新转正日期，再导入这份台账"
            self.fault(plan, row, "conversion_approval", message)

    def _check_numbers(self, plan):
        """A number of 入党志愿书 is given once."""
        first = defaultdict(list)
        for row in plan.rows:
            if row.values.get("form_number"):
                first[row.values["form_number"]].append(row)
        used = dict(
            Application.objects.filter(form_number__in=first).order_by("pk").values_list("form_number", "member")
        )
        for number, rows in first.items():
            for row in rows:
                member = row.extra["member"]
                if row is not rows[0]:
                    message = f"志愿书编号与第 {rows[0].number} 行相同，请核对"
                elif number in used and (member is None or member.pk != used[number]):
                    message = "这个志愿书编号已经用过，请核对"
                else:
                    continue
                self.fault(plan, row, "form_number", message)

    def _check_backbones(self, plan):
        told = half_way_backbones.told(plan.rows, self.on)
        for row in plan.rows:
            row.extra["backbones"], words = told.get(row.number, ([], []))
            for each in words:
                self.fault(plan, row, "backbone", each, WARNING)

    # --- the road as it was

    def _check_roads(self, plan):
        """Who guided, by name; then what the engine says of the past: kept, and told by its cell."""
        is_working = calendar()
        for row in plan.rows:
            found = row.values
            if row.is_bad or not found.get("apply"):
                continue
            if row.extra.get("road") is not None:
                message = "已有发展党员档案，不再导入；后面的步骤请在档案里办理"
                self.fault(plan, row, "name", message, WARNING)
                continue
            row.extra["taken"] = half_way.told(found, organ=row.extra["organ"])
            self._check_archive(plan, row)
            self._name_guides(plan, row)
            for each in row.extra["taken"]:
                if each.explained:
                    self.fault(plan, row, each.step, f"{each.explained}，请核对", WARNING)
            case = half_way.case_of(row)
            for fault in legality.faults(case, is_working=is_working):
                kind = "不合规定" if fault.blocks else "超过期限或依据不全"
                message = f"{kind}：{steps.words_of(fault)}照实登记，档案里标明。"
                self.fault(plan, row, fault.step, message, WARNING)
            self._check_end(plan, row, case)

    def _check_archive(self, plan, row):
        found = row.values
        if found.get("archive") and not found.get("conversion_approval"):
            self.fault(plan, row, "archive", "填了归档日期，转正审批日期也要填，请补上")

    def _check_end(self, plan, row, case):
        """预备期满 as written, against the branch's vote and the rule."""
        said, vote = row.values.get("ends_on"), row.values.get("branch_vote")
        if said and vote:
            right = probation_ends(vote, case.extended)
            if said != right:
                self.fault(plan, row, "ends_on", f"预备期满应为 {right:%Y-%m-%d}，请核对；期满日由系统计算", WARNING)

    def _name_guides(self, plan, row):
        columns = {"mentors": ("mentors", "more_mentors"), "sponsors": ("sponsors", "more_sponsors")}
        days = {each.step: each.on for each in row.extra["taken"]}
        for step, (name, role) in ROLES.items():
            people = [(column, person) for column in columns[name] for person in row.values.get(column) or ()]
            found = []
            for column, person in people:
                guide = self.known.guide(person, row.extra["branch"], days[step]) if step in days else None
                if guide is None:
                    message = f"在支部党员中没有找到唯一的“{person}”，这一位请导入后在档案里补登"
                    self.fault(plan, row, column, message, WARNING)
                elif guide["member"] != getattr(row.extra["member"], "pk", None):
                    found.append(guide)
            row.extra["guides"][role] = list({guide["member"]: guide for guide in found}.values())

    def compare(self, plan):
        """A road already on record is left as it is: the same file twice changes nothing."""
        for row in plan.good:
            row.is_new = row.extra.get("road") is None


def _word(words):
    """A parser for a cell whose word is one of these."""
    return lambda value: values.parse_choice(value, words)
