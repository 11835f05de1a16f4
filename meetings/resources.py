from pathlib import Path

from branches.models import Branch
from branches.names import Unknown
from jobs.planning import WARNING, Chosen, Parsed, SheetResource, at_most, same_name, text
from meetings.actions import assessed_year
from meetings.models import Meeting, MeetingKind
from office import values

FIRST_YEAR = 1921
MOST = 100_000  # persons at one meeting; more is a slip of the pen


class RegisterResource(SheetResource):
    """组织生活台账: one row a meeting."""

    columns_file = Path(__file__).parent / "columns.yaml"
    kind_label = "组织生活台账"

    class Meta:
        model = Meeting
        fields = ()

    @classmethod
    def widgets(cls):
        return {
            "branch": Parsed(text(100, spaced=False)),
            "kinds": Chosen(MeetingKind.Kind, cls.words("kinds"), many=True),
            "held_on": Parsed(values.parse_date),
            "topic": Parsed(text(200)),
            "host": Parsed(text(50)),
            "due_count": Parsed(at_most(MOST)),
            "attended_count": Parsed(at_most(MOST)),
            "place": Parsed(text(100)),
            "assessment_year": Parsed(_year),
            "note": Parsed(text(200)),
        }

    def check(self, plan):
        branches = {same_name(branch.name): branch for branch in Branch.objects.all().order_by("closed_on")}
        first, unknown = {}, Unknown(branch.name for branch in branches.values())
        for row in plan.rows:
            found = row.values
            branch = branches.get(same_name(found["branch"])) if found.get("branch") else None
            row.extra["branch"] = branch
            if found.get("branch") and branch is None:
                self.fault(plan, row, "branch", unknown(found["branch"]))
            due, attended, held_on = found.get("due_count"), found.get("attended_count"), found.get("held_on")
            if due is not None and attended is not None and attended > due:
                self.fault(plan, row, "attended_count", f"实到 {attended} 人多于应到 {due} 人，请核对")
            if held_on and held_on.year < FIRST_YEAR:
                self.fault(plan, row, "held_on", f"召开日期早于 {FIRST_YEAR} 年，请核对")
            if held_on and held_on > self.on:
                self.fault(plan, row, "held_on", "召开日期在今天以后，请核对")
            if held_on and (year := found.get("assessment_year")) and abs(year - held_on.year) > 1:
                self.fault(plan, row, "assessment_year", f"考核年度 {year} 与召开日期不符，请核对")
            if held_on and branch and held_on < branch.founded_on:
                self.fault(
                    plan, row, "held_on", f"召开日期早于支部成立日期 {branch.founded_on:%Y-%m-%d}，请核对", WARNING
                )
            if held_on and branch and branch.closed_on and held_on > branch.closed_on:
                self.fault(plan, row, "held_on", f"支部已于 {branch.closed_on:%Y-%m-%d} 撤销，请核对")
            if row.is_bad:
                continue
            row.extra["years"] = {
                kind: found.get("assessment_year") or assessed_year(kind, held_on) for kind in found["kinds"]
            }
            earlier = first.setdefault((branch.pk, held_on, found["topic"], frozenset(found["kinds"])), row)
            if earlier is not row:
                self.fault(
                    plan, row, "branch", f"与第 {earlier.number} 行重复（支部、类型、日期、主题都相同），请保留一行"
                )
        self.first = first

    def compare(self, plan):
        """A meeting already on record is left as it is: the same file twice changes nothing."""
        first, days = self.first, {day for _, day, _, _ in self.first}
        if not days:
            return
        on_record = {}
        for branch, day, topic, pk, kind in (
            Meeting.objects.counted()
            .filter(held_on__range=(min(days), max(days)))
            .values_list("branch", "held_on", "topic", "pk", "kinds__kind")
        ):
            on_record.setdefault(pk, (branch, day, topic, set()))[3].add(kind)
        known = {(branch, day, topic, frozenset(kinds)) for branch, day, topic, kinds in on_record.values()}
        for key, row in first.items():
            row.is_new = key not in known


def _year(cell):
    number = values.parse_count(str(cell).strip().removesuffix("年度").removesuffix("年"))
    if number is None or not FIRST_YEAR <= number <= 2100:
        raise ValueError("考核年度应为四位年份，如 2025")
    return number
