from collections import Counter
from pathlib import Path

import vault
from branches.models import Branch, Group, Term
from jobs.planning import WARNING, Chosen, Parsed, SheetResource, at_most, person_name, same_name, text
from office import values


class OrganisationResource(SheetResource):
    """党组织基本情况表: one row an organisation, with its present term."""

    columns_file = Path(__file__).parent / "columns.yaml"
    kind_label = "党组织基本情况表"
    classified = frozenset({"contact_phone"})
    who_key = "name"

    class Meta:
        model = Branch
        fields = ()

    @classmethod
    def widgets(cls):
        return {
            "name": Parsed(text(100, spaced=False)),
            "kind": Chosen(Branch.Kind, cls.words("kind")),
            "parent": Parsed(text(100, spaced=False)),
            "schools": Parsed(_schools, shown="、".join),
            "stage": Chosen(Branch.Stage, cls.words("stage"), warn=True),
            "area": Chosen(Branch.Area, cls.words("area"), warn=True),
            "nature": Chosen(Branch.Nature, cls.words("nature"), warn=True),
            "founded_on": Parsed(values.parse_date),
            "secretary_name": Parsed(person_name),
            "contact_phone": Parsed(values.parse_phone, warn=True),
            "started_on": Parsed(values.parse_date),
            "expires_on": Parsed(values.parse_date),
            "committee_size": Parsed(at_most(50)),
            "groups": Parsed(at_most(100)),
            "note": Parsed(text(200)),
        }

    def is_needed(self, key, row):
        return key != "parent" or row.values.get("kind") != Branch.Kind.WORK_COMMITTEE

    def check(self, plan):
        on_record = {
            same_name(name): same_name(upper or "")
            for name, upper in Branch.objects.filter(closed_on=None).values_list("name", "parent__name")
        }
        first, tops = {}, []
        for row in plan.rows:
            name = row.values.get("name")
            if name and (earlier := first.setdefault(same_name(name), row)) is not row:
                self.fault(
                    plan, row, "name", f"党组织名称重复，与 {self.table.cell(earlier.number, 'name')} 相同，请保留一行"
                )
            if row.values.get("kind") == Branch.Kind.WORK_COMMITTEE:
                tops.append(row)
        for row in tops[1:]:
            self.fault(plan, row, "kind", f"只能有一个党工委，{self.table.cell(tops[0].number, 'kind')} 已是党工委")
        for row in plan.rows:
            self._check_dates(plan, row)
            if row.values.get("kind") == Branch.Kind.WORK_COMMITTEE:
                row.values["parent"] = None  # the root hangs on nothing here, whatever stands above it in the county
            parent = row.values.get("parent")
            if parent and same_name(parent) not in first and same_name(parent) not in on_record:
                self.fault(plan, row, "parent", f"上级党组织不存在：表中和系统中都没有“{parent}”，请核对名称")
            elif (
                parent
                and (upper := on_record.get(same_name(row.values.get("name") or "")))
                and upper != same_name(parent)
            ):
                self.fault(
                    plan, row, "parent", "与系统中的上级党组织不同；导入不改变隶属关系，请按调整程序办理", WARNING
                )
        self._check_chains(plan, first, on_record)

    def _check_dates(self, plan, row):
        founded, started, expires = (row.values.get(key) for key in ("founded_on", "started_on", "expires_on"))
        if founded and founded > self.on:
            self.fault(plan, row, "founded_on", "成立日期在今天以后，请核对")
        if started and started > self.on:
            self.fault(plan, row, "started_on", "换届日期在今天以后，请核对")
        if started and founded and started < founded:
            self.fault(plan, row, "started_on", "换届日期早于成立日期，请核对", WARNING)
        if started and expires and expires <= started:
            self.fault(plan, row, "expires_on", "届满日期应晚于换届日期，请核对")
        if expires and not started:
            self.fault(plan, row, "started_on", "填了届满日期，换届日期也要填", WARNING)

    def _check_chains(self, plan, first, on_record):
        """A row below a row that stays out cannot go in either, and no chain may run in a circle."""
        changed = True
        while changed:
            changed = False
            for row in plan.good:
                upper = first.get(same_name(row.values["parent"])) if row.values.get("parent") else None
                if upper is not None and upper.is_bad and same_name(row.values["parent"]) not in on_record:
                    self.fault(plan, row, "parent", f"上级党组织所在的 {upper.number} 行有错，先改那一行")
                    changed = True
        for row in plan.good:
            seen, step = set(), row
            while step is not None and step.values.get("parent"):
                if step.number in seen:
                    self.fault(plan, row, "parent", "上级党组织互为上下级，请核对")
                    break
                seen.add(step.number)
                step = first.get(same_name(step.values["parent"]))

    def compare(self, plan):
        known = {same_name(branch.name): branch for branch in Branch.objects.filter(closed_on=None)}
        top = Branch.objects.get(parent=None)
        found = []
        for row in plan.good:
            is_top = row.values["kind"] == Branch.Kind.WORK_COMMITTEE
            row.extra["branch"] = branch = top if is_top else known.get(same_name(row.values["name"]))
            row.is_new = branch is None
            if branch:
                found.append((row, branch))
        branches = [branch.pk for _, branch in found]
        terms, serving = {}, {term.branch_id: term for term in Term.objects.filter(branch__in=branches).on(self.on)}
        for term in Term.objects.filter(branch__in=branches):
            terms[term.branch_id, term.started_on] = term
        groups = Counter(Group.objects.filter(branch__in=branches, ended_on=None).values_list("branch", flat=True))
        link = Branch.schools.through.objects.filter(branch__in=branches)
        schools = {}
        for branch, name in link.order_by("pk").values_list("branch", "school__name"):
            schools.setdefault(branch, []).append(name)
        for row, branch in found:
            self._compare_branch(row, branch, schools.get(branch.pk, []))
            started = row.values.get("started_on")
            term = terms.get((branch.pk, started)) if started else serving.get(branch.pk)
            self._compare_term(row, term, serving.get(branch.pk))
            wanted = row.values.get("groups")
            if wanted is not None and wanted != groups[branch.pk]:
                self.change(row, "groups", groups[branch.pk], wanted)

    def _compare_branch(self, row, branch, schools):
        row.extra["fresh"] = fresh = {}
        for key in PLAIN:
            if (new := row.values.get(key)) is not None and new != getattr(branch, key):
                fresh[key] = new
                self.change(row, key, getattr(branch, key), new)
        if (phone := row.values.get("contact_phone")) and vault.reveal(branch, "contact_phone") != phone:
            fresh["contact_phone"] = phone
            self.change(row, "contact_phone", branch.contact_phone, phone)
        more = [name for name in row.values.get("schools") or () if name not in schools]
        if more:
            self.change(row, "schools", schools, [*schools, *more])

    def _compare_term(self, row, term, serving):
        """A day of election that is on record names its term; another day begins a new one."""
        said = {key: row.values[key] for key in TERM if row.values.get(key) is not None}
        row.extra["term"], started = term, row.values.get("started_on")
        if term is None and started:
            self.change(row, "started_on", serving and serving.started_on, started)
        for key, new in said.items():
            before = getattr(term or serving, key, None)
            if before != new:
                self.change(row, key, before, new)


PLAIN = ("name", "kind", "stage", "area", "nature", "founded_on", "note")
TERM = ("expires_on", "committee_size", "secretary_name")


def _schools(cell):
    parts = str(cell).replace("，", "、").replace(",", "、").split("、")
    return tuple(dict.fromkeys(text(100)(part) for part in parts if part.strip()))
