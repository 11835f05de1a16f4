import re
from functools import partial
from pathlib import Path

from django.db import models

import vault
from branches.models import Branch, Group, Term
from branches.names import Unknown
from jobs.planning import ERROR, WARNING, Chosen, Parsed, SheetResource, person_name, same_name, text
from members.models import Backbone, GroupMembership, Member, Membership, Post, Standing
from members.register import Checks
from office import values
from rulebook import codes


class Status(models.TextChoices):
    """What a roster says in the column 党籍状态."""

    NORMAL = "normal", Standing.NORMAL
    SUSPENDED = Standing.Kind.SUSPENDED.value, Standing.Kind.SUSPENDED.label


# Columns of the roster that are columns of a member and nothing more.
PLAIN = (
    "name", "former_name", "sex", "ethnicity", "native_place", "birth_on", "education", "degree", "party_school",
    "graduated_from", "work_began", "work", "position", "title", "subject", "teaching_stage", "staffing", "retired_on",
    "joined_on", "converted_on", "introducers", "note",
)  # fmt: skip
SEALED = ("phone", "address")  # compared in clear, and told only as changed
PARTY_SCHOOLS = {"中央党校": Member.PartySchool.CENTRAL, "省级党校": Member.PartySchool.PROVINCIAL}
PARTY_SCHOOLS |= {"省委党校": Member.PartySchool.PROVINCIAL}
YES = {"是": True, "否": False, "有": True, "Y": True, "N": False, "√": True, "×": False}


class Coded(Parsed):
    """A cell whose word stands for a code of a national list; a word that no list knows is named, and the cell left out."""

    def __init__(self, name, *, warn=True):
        self.labels = dict(codes.choices(name))
        super().__init__(partial(self._code, codes.words(name)), warn=warn, shown=lambda code: self.labels[code])

    def _code(self, words, value):
        said = "".join(str(value).split())
        for school in PARTY_SCHOOLS:
            said = said.removeprefix(school)
        for word in (
            said,
            said + "族",
            said.removesuffix("学历"),
            said.removesuffix("毕业"),
            said.removesuffix("学位"),
        ):
            if word in words:
                return words[word]
        raise ValueError(f"“{value}”不在代码表里，应为：{'、'.join(list(self.labels.values())[:12])} 等")


def since(value):
    """When work began, as far as a cell says: 1998, 1998-07 or 1998-07-15; the first of a month is taken for the month."""
    try:
        on = values.parse_date(value)
    except ValueError:
        if found := re.fullmatch(r"\s*((?:19|20)\d\d)\s*年?\s*", str(value)):
            return found[1]
        on = None
    if on is not None and on.day > 1:
        return on.isoformat()
    year, month = values.parse_month(value)
    return f"{year}-{month:02}"


class RosterResource(SheetResource):
    """党员花名册: one row a member of one branch."""

    columns_file = Path(__file__).parent / "columns.yaml"
    kind_label = "党员花名册"
    classified = frozenset({"id_number", "phone", "address"})
    who_key = "name"

    class Meta:
        model = Member
        fields = ()

    @classmethod
    def widgets(cls):
        return {
            "branch": Parsed(text(100, spaced=False)),
            "name": Parsed(person_name),
            "sex": Chosen(Member.Sex, cls.words("sex"), warn=True),
            "ethnicity": Coded("ethnicity"),
            "birth_on": Parsed(values.parse_date),
            "id_number": Parsed(values.parse_id_number),
            "education": Coded("education"),
            "joined_on": Parsed(values.parse_date),
            "converted_on": Parsed(values.parse_date),
            "kind": Chosen(Membership.Kind, cls.words("kind")),
            "posts": Chosen(Post.Office, cls.words("posts"), warn=True, many=True),
            "title": Parsed(text(40)),
            "backbone": Parsed(text(40)),
            "phone": Parsed(values.parse_phone, warn=True),
            "status": Chosen(Status, cls.words("status"), warn=True),
            "note": Parsed(text(200)),
            "former_name": Parsed(person_name, warn=True),
            "native_place": Parsed(text(60), warn=True),
            "degree": Coded("degree"),
            "party_school": Chosen(Member.PartySchool, PARTY_SCHOOLS, warn=True),
            "graduated_from": Parsed(text(100), warn=True),
            "work_began": Parsed(since, warn=True),
            "work": Coded("work"),
            "position": Parsed(text(60), warn=True),
            "subject": Parsed(text(40), warn=True),
            "teaching_stage": Chosen(Branch.Stage, cls.words("teaching_stage"), warn=True),
            "staffing": Chosen(Member.Staffing, cls.words("staffing"), warn=True),
            "retired_on": Parsed(values.parse_date, warn=True),
            "address": Parsed(text(200), warn=True),
            "introducers": Parsed(text(60), warn=True),
            "group": Parsed(text(40, spaced=False), warn=True),
            "lost": Parsed(partial(values.parse_choice, mapping=YES), warn=True),
            "away": Parsed(partial(values.parse_choice, mapping=YES), warn=True),
        }

    def check(self, plan):
        branches = {same_name(branch.name): branch for branch in Branch.objects.filter(closed_on=None)}
        unknown = Unknown(branch.name for branch in branches.values())
        serving = dict(Term.objects.on(self.on).values_list("branch", "secretary_name"))
        checks = Checks(self.on)
        for row in plan.rows:
            found = row.values
            branch = branches.get(same_name(found["branch"])) if found.get("branch") else None
            row.extra["branch"] = branch
            if found.get("branch") and branch is None:
                self.fault(plan, row, "branch", unknown(found["branch"]))
            elif branch and branch.kind not in (Branch.Kind.BRANCH, Branch.Kind.JOINT, Branch.Kind.TEMPORARY):
                self.fault(plan, row, "branch", f"党员应编入党支部，“{branch.name}”是{branch.get_kind_display()}")
            for key, message, is_warning in checks.faults(found, self.labels):
                self.fault(plan, row, key, message, WARNING if is_warning else ERROR)
            self._fill_party_school(row)
            if branch and Post.Office.SECRETARY in (found.get("posts") or ()):
                known = serving.get(branch.pk)
                if known and known != found.get("name"):
                    self.fault(plan, row, "posts", f"与基本情况表不一致：表中书记为“{known}”，请核对", WARNING)
        self._check_duplicates(plan)
        for row in plan.rows:
            if not row.extra["is_copy"]:  # a number that belongs to somebody else says nothing about this person
                for key, message in checks.mismatches(row.values):
                    self.fault(plan, row, key, message, WARNING)
        self._check_groups(plan)
        self._check_whereabouts(plan)

    def _fill_party_school(self, row):
        """省委党校本科 in the column of 学历 says two things."""
        said = str(row.extra["raw"].get("education") or "")
        school = next((school for word, school in PARTY_SCHOOLS.items() if word in said), None)
        if school and row.values.get("education") and not row.values.get("party_school"):
            row.values["party_school"] = school

    def _check_groups(self, plan):
        """A 党小组 has to be formed before somebody is in it: the day is not in the roster."""
        formed = {(group.branch_id, same_name(group.name)): group for group in Group.objects.filter(ended_on=None)}
        for row in plan.rows:
            branch, name = row.extra.get("branch"), row.values.get("group")
            row.extra["group"] = formed.get((branch.pk, same_name(name))) if branch and name else None
            if branch and name and row.extra["group"] is None:
                self.fault(plan, row, "group", f"支部还没有“{name}”，请先在系统中成立党小组；这一格不导入", WARNING)
                row.values["group"] = None

    def _check_whereabouts(self, plan):
        """A roster says that somebody is lost or away, not since when, why and where: to be entered, not invented."""
        for row in plan.rows:
            for key, word in (("lost", "失联"), ("away", "流动")):
                if row.values.get(key):
                    message = f"名册上为{word}；请在这位同志的页面登记情形、起始日期和去向，这一格不导入"
                    self.fault(plan, row, key, message, WARNING)

    def _check_duplicates(self, plan):
        first = {}
        for row in plan.rows:
            row.extra["is_copy"] = False
            if number := row.values.get("id_number"):
                row.extra["index"] = vault.index_for(Member, "id_number", number)
                earlier = first.setdefault(number, row)
                if earlier is not row:
                    where = self.table.cell(earlier.number, "id_number")
                    row.extra["is_copy"] = True
                    self.fault(plan, row, "id_number", f"身份证号重复，与 {where} 相同，请保留一行")
        on_record = {
            member.id_number_index: member
            for member in Member.objects.filter(id_number_index__in=[row.extra["index"] for row in first.values()])
        }
        now_in = {
            membership.member_id: membership
            for membership in Membership.objects.filter(member__in=on_record.values(), ended_on=None)
        }
        for row in first.values():
            row.extra["member"] = member = on_record.get(row.extra["index"])
            row.extra["membership"] = now_in.get(member.pk) if member else None
            if member and (branch := row.extra.get("branch")):
                self._check_known(plan, row, branch, row.extra["membership"])

    def _check_known(self, plan, row, branch, membership):
        """Somebody on record already: only the own branch's roster may speak of them."""
        if membership is None:
            self.fault(plan, row, "id_number", "这位同志已离开原支部，请先办理组织关系转接，再更新名册")
        elif membership.branch_id != branch.pk:
            message = "身份证号已登记在其他党支部，请先办理组织关系转接，或联系上级党组织核实"
            self.fault(plan, row, "id_number", message)
        elif (
            membership.kind == Membership.Kind.PROBATIONARY
            and row.values.get("kind") == Membership.Kind.FULL
            and not row.values.get("converted_on")
        ):
            message = "系统中为预备党员；按正式党员更新须有转正日期，请补上，否则类别不变"
            self.fault(plan, row, "kind", message, WARNING)

    def compare(self, plan):
        known = [row for row in plan.good if row.extra.get("member")]
        for row in plan.good:
            row.is_new = not row.extra.get("member")
        members = [row.extra["member"].pk for row in known]
        suspended = set(Standing.objects.filter(member__in=members, ended_on=None).values_list("member", flat=True))
        backbones, posts, serving = {}, {}, dict(Term.objects.on(self.on).values_list("branch", "pk"))
        for member, name in Backbone.objects.filter(member__in=members, ended_on=None).values_list("member", "name"):
            backbones.setdefault(member, []).append(name)
        held = Post.objects.filter(member__in=members, term__in=serving.values(), ended_on=None)
        for member, term, office in held.order_by("pk").values_list("member", "term", "office"):
            posts.setdefault((member, term), []).append(office)
        rows = GroupMembership.objects.filter(member__in=members, ended_on=None)
        inside = {member: (group, name) for member, group, name in rows.values_list("member", "group", "group__name")}
        for row in known:
            pk, term = row.extra["member"].pk, serving.get(row.extra["branch"].pk)
            self._compare_fields(row)
            self._compare_kind(row)
            said = row.values.get("status")
            if said and (said == Standing.Kind.SUSPENDED) != (pk in suspended):
                self.change(row, "status", Status.SUSPENDED if pk in suspended else Status.NORMAL, said)
            if (name := row.values.get("backbone")) and name not in backbones.get(pk, ()):
                self.change(row, "backbone", "、".join(backbones.get(pk, ())), name)
            if (group := row.extra["group"]) and group.pk != inside.get(pk, (None, None))[0]:
                self.change(row, "group", inside.get(pk, (None, ""))[1], group.name)
            offices = posts.get((pk, term), [])
            more = [office for office in row.values.get("posts") or () if office not in offices]
            if more and term:
                self.change(row, "posts", offices, [*offices, *more])

    def _compare_fields(self, row):
        member, row.extra["fresh"] = row.extra["member"], {}
        for key in PLAIN:
            new = row.values.get(key)
            if new not in (None, "") and new != getattr(member, key):
                row.extra["fresh"][key] = new
                self.change(row, key, getattr(member, key), new)
        for key in SEALED:
            if (new := row.values.get(key)) and vault.reveal(member, key) != new:
                row.extra["fresh"][key] = new
                self.change(row, key, getattr(member, key), new)

    def _compare_kind(self, row):
        """On probation in the register, full in the roster, with the day: a full membership follows."""
        membership, kinds = row.extra["membership"], Membership.Kind
        row.extra["converts"] = (
            membership.kind == kinds.PROBATIONARY and row.values["kind"] == kinds.FULL and bool(row.values.get("converted_on"))
        )  # fmt: skip
        if row.extra["converts"]:
            self.change(row, "kind", membership.kind, row.values["kind"])
