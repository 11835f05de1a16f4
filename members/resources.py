from functools import partial
from pathlib import Path

from dateutil.relativedelta import relativedelta
from django.db import models

import vault
from branches.models import Branch, Term
from jobs.planning import WARNING, Chosen, Parsed, SheetResource, person_name, same_name, text
from members.models import Backbone, Member, Membership, Post, Standing
from office import values
from rulebook import codes
from rulebook.book import in_force, rules


class Status(models.TextChoices):
    """What a roster says in the column 党籍状态."""

    NORMAL = "normal", Standing.NORMAL
    SUSPENDED = Standing.Kind.SUSPENDED.value, Standing.Kind.SUSPENDED.label


# Columns of the roster that are columns of a member and nothing more.
PLAIN = ("name", "sex", "ethnicity", "birth_on", "education", "title", "joined_on", "converted_on", "note")


class Coded(Parsed):
    """A cell whose word stands for a code of a national list; a word that no list knows is named, and the cell left out."""

    def __init__(self, name, *, warn=True):
        self.labels = dict(codes.choices(name))
        super().__init__(partial(self._code, codes.words(name)), warn=warn, shown=lambda code: self.labels[code])

    def _code(self, words, value):
        said = "".join(str(value).split())
        for word in (said, said + "族", said.removesuffix("学历"), said.removesuffix("毕业")):
            if word in words:
                return words[word]
        raise ValueError(f"“{value}”不在代码表里，应为：{'、'.join(list(self.labels.values())[:12])} 等")


class RosterResource(SheetResource):
    """党员花名册: one row a member of one branch."""

    columns_file = Path(__file__).parent / "columns.yaml"
    kind_label = "党员花名册"
    classified = frozenset({"id_number", "phone"})
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
        }

    def check(self, plan):
        branches = {same_name(branch.name): branch for branch in Branch.objects.filter(closed_on=None)}
        serving = dict(Term.objects.on(self.on).values_list("branch", "secretary_name"))
        today = in_force(on=self.on)
        min_age = today["membership.min_age"].value
        probation = rules()["probation.months"]
        for row in plan.rows:
            found = row.values
            branch = branches.get(same_name(found["branch"])) if found.get("branch") else None
            row.extra["branch"] = branch
            if found.get("branch") and branch is None:
                self.fault(
                    plan, row, "branch", f"党组织不存在：系统中没有“{found['branch']}”，请与党组织基本情况表核对名称"
                )
            elif branch and branch.kind not in (Branch.Kind.BRANCH, Branch.Kind.JOINT, Branch.Kind.TEMPORARY):
                self.fault(plan, row, "branch", f"党员应编入党支部，“{branch.name}”是{branch.get_kind_display()}")
            self._check_dates(plan, row, min_age, probation)
            if branch and Post.Office.SECRETARY in (found.get("posts") or ()):
                known = serving.get(branch.pk)
                if known and known != found.get("name"):
                    self.fault(plan, row, "posts", f"与基本情况表不一致：表中书记为“{known}”，请核对", WARNING)
        self._check_duplicates(plan)
        for row in plan.rows:
            self._check_against_id(plan, row)

    def _check_against_id(self, plan, row):
        found = row.values
        if not (number := found.get("id_number")) or row.extra["is_copy"]:
            return  # a number that belongs to somebody else says nothing about this person
        if found.get("birth_on") and found["birth_on"] != values.id_birth_on(number):
            self.fault(plan, row, "birth_on", "出生日期与身份证号不一致，请核对", WARNING)
        if found.get("sex") and Member.Sex(found["sex"]).label != values.id_sex(number):
            self.fault(plan, row, "sex", "性别与身份证号不一致，请核对", WARNING)

    def _check_dates(self, plan, row, min_age, probation):
        found = row.values
        number = found.get("id_number")
        born = found.get("birth_on") or (values.id_birth_on(number) if number else None)
        joined, converted = found.get("joined_on"), found.get("converted_on")
        for key in ("birth_on", "joined_on", "converted_on"):
            if found.get(key) and found[key] > self.on:
                self.fault(plan, row, key, f"{self.labels[key]}在今天以后，请核对")
        if joined and born and joined < born + relativedelta(years=min_age):
            self.fault(plan, row, "joined_on", f"入党时未满{min_age}周岁，请核对出生日期和入党日期")
        if joined and converted and converted < joined:
            self.fault(plan, row, "converted_on", "转正早于入党，请核对")
        elif joined and converted:
            # A joiner of 29 February is due on 28 February: months are clamped to the month's end.
            months = next((rule.value for rule in reversed(probation) if rule.since <= joined), None)
            if months and converted < joined + relativedelta(months=months):
                self.fault(plan, row, "converted_on", f"预备期不足{months}个月，请核对入党日期和转正日期")

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
        for row in known:
            pk, term = row.extra["member"].pk, serving.get(row.extra["branch"].pk)
            self._compare_fields(row)
            self._compare_kind(row)
            said = row.values.get("status")
            if said and (said == Standing.Kind.SUSPENDED) != (pk in suspended):
                self.change(row, "status", Status.SUSPENDED if pk in suspended else Status.NORMAL, said)
            if (name := row.values.get("backbone")) and name not in backbones.get(pk, ()):
                self.change(row, "backbone", "、".join(backbones.get(pk, ())), name)
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
        if (phone := row.values.get("phone")) and vault.reveal(member, "phone") != phone:
            row.extra["fresh"]["phone"] = phone
            self.change(row, "phone", member.phone, phone)

    def _compare_kind(self, row):
        """On probation in the register, full in the roster, with the day: a full membership follows."""
        membership, kinds = row.extra["membership"], Membership.Kind
        row.extra["converts"] = (
            membership.kind == kinds.PROBATIONARY and row.values["kind"] == kinds.FULL and bool(row.values.get("converted_on"))
        )  # fmt: skip
        if row.extra["converts"]:
            self.change(row, "kind", membership.kind, row.values["kind"])
