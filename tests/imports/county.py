"""A small county invented for the tests: what its three workbooks say, and what the portal should hold after them."""

from datetime import date
from typing import NamedTuple

import vault
from accounts.models import User
from branches.models import Branch, Term
from meetings.models import Meeting
from members.models import Membership
from office.values import ID_CHECK, ID_WEIGHTS
from portal import actions

TODAY = date(2026, 1, 15)
WORK_COMMITTEE = "中共青禾县委教育体育工作委员会"
COMMITTEE = "中共青禾县第一中学委员会"
GRADE_ONE = "中共青禾县第一中学高一年级支部委员会"
GRADE_TWO = "中共青禾县第一中学高二年级支部委员会"
TOWN = "中共青禾县城关小学支部委员会"
JOINT = "中共青禾县河口片区联合支部委员会"


class Table(NamedTuple):
    """One workbook of the county: the keys of its columns, how this office calls them, and a dict of cells per row."""

    kind: str
    sheet: str
    headings: dict
    rows: list

    def called(self, *others):
        """The same table under other column names, in the order of the keys."""
        return self._replace(headings=dict(zip(self.headings, others, strict=True)))

    def grid(self):
        """The header row and the data rows."""
        return [list(self.headings.values()), *([row.get(key) for key in self.headings] for row in self.rows)]

    def with_row(self, number, **cells):
        """The same table with some cells of one row (from 0) replaced."""
        rows = [row | cells if index == number else row for index, row in enumerate(self.rows)]
        return self._replace(rows=rows)

    def plus(self, **cells):
        """The same table and one more row, like the last but for `cells`."""
        return self._replace(rows=[*self.rows, self.rows[-1] | cells])


def id_number(birth_on, serial, *, area="990101"):
    """An ID number of 18 characters with its check digit, of an area that does not exist."""
    body = f"{area}{birth_on:%Y%m%d}{serial:03d}"
    return body + ID_CHECK[sum(weight * int(digit) for weight, digit in zip(ID_WEIGHTS, body, strict=True)) % 11]


def _organisation(name, kind, parent, schools, stage, founded_on, secretary, started_on, committee, groups):
    return {
        "name": name,
        "kind": kind,
        "parent": parent,
        "schools": schools,
        "stage": stage,
        "founded_on": founded_on,
        "secretary_name": secretary,
        "started_on": started_on,
        "committee_size": committee,
        "groups": groups,
    }


def organisations():
    """党组织基本情况表: a work committee, a committee with two branches, a small branch and a joint one."""
    since = date(2024, 6, 18)
    return Table(
        "organisations",
        "基本情况",
        {
            "name": "党组织名称",
            "kind": "组织类别",
            "parent": "上级党组织",
            "schools": "所在单位",
            "stage": "学段",
            "founded_on": "成立日期",
            "secretary_name": "书记",
            "started_on": "换届日期",
            "committee_size": "支委数",
            "groups": "党小组数",
        },
        [
            _organisation(
                WORK_COMMITTEE, "党工委", None, "青禾县教育体育局", "机关", date(2003, 4, 1), None, None, None, None
            ),
            _organisation(
                COMMITTEE, "党委", WORK_COMMITTEE, "青禾县第一中学", "高中", date(1998, 9, 1), "梁海", since, 7, 0
            ),
            _organisation(
                GRADE_ONE, "党支部", COMMITTEE, "青禾县第一中学", "高中", date(1999, 3, 5), "王芳", since, 5, 2
            ),
            _organisation(
                GRADE_TWO, "党支部", COMMITTEE, "青禾县第一中学", "高中", date(2001, 12, 31), "周明远", since, 3, 0
            ),
            _organisation(
                TOWN, "党支部", WORK_COMMITTEE, "青禾县城关小学", "小学", date(1985, 7, 1), "马秀英", since, 0, 0
            ),
            _organisation(
                JOINT,
                "联合党支部",
                WORK_COMMITTEE,
                "青禾县河口小学、青禾县河口幼儿园",
                "小学",
                date(2016, 2, 29),
                "𠮷田敏",
                since,
                3,
                0,
            ),
        ],
    )


def _member(branch, name, sex, birth_on, joined_on, converted_on, posts, serial):
    return {
        "branch": branch,
        "name": name,
        "sex": sex,
        "birth_on": birth_on,
        "id_number": id_number(birth_on, serial),
        "joined_on": joined_on,
        "converted_on": converted_on,
        "kind": "正式党员" if converted_on else "预备党员",
        "posts": posts,
        "phone": f"1380000{serial:04d}",
    }


def roster():
    """党员花名册: nine members, one on probation, one who joined on 29 February."""
    return Table(
        "roster",
        "花名册",
        {
            "branch": "所在党组织",
            "name": "姓名",
            "sex": "性别",
            "birth_on": "出生日期",
            "id_number": "公民身份号码",
            "joined_on": "入党日期",
            "converted_on": "转正日期",
            "kind": "人员类别",
            "posts": "党内职务",
            "phone": "手机",
        },
        [
            _member(GRADE_ONE, "王芳", "女", date(1980, 5, 4), date(2004, 2, 29), date(2005, 2, 28), "书记", 2),
            _member(
                GRADE_ONE,
                "赵铁柱",
                "男",
                date(1990, 1, 1),
                date(2012, 7, 1),
                date(2013, 7, 1),
                "组织委员、党小组长",
                13,
            ),
            _member(
                GRADE_ONE, "买买提·艾合买提", "男", date(1985, 6, 30), date(2010, 9, 10), date(2011, 9, 10), None, 15
            ),
            _member(GRADE_TWO, "周明远", "男", date(1975, 12, 31), date(1999, 6, 1), date(2000, 6, 1), "书记", 17),
            _member(GRADE_TWO, "𠮷田敏", "女", date(1988, 3, 8), date(2009, 11, 20), date(2010, 11, 20), None, 18),
            _member(TOWN, "马秀英", "女", date(1969, 10, 1), date(1995, 7, 1), date(1996, 7, 1), "书记", 20),
            _member(TOWN, "孙小满", "女", date(2001, 8, 15), date(2025, 6, 20), None, None, 22),
            _member(JOINT, "𠮷田敏", "女", date(1978, 2, 2), date(2002, 4, 5), date(2003, 4, 5), "书记", 24),
            _member(JOINT, "何其正", "男", date(1955, 1, 20), date(1975, 3, 1), date(1976, 1, 1), None, 25),
        ],
    )


def _meeting(branch, kinds, held_on, topic, due, attended):
    return {
        "branch": branch,
        "kinds": kinds,
        "held_on": held_on,
        "topic": topic,
        "host": "王芳",
        "due_count": due,
        "attended_count": attended,
    }


def register():
    """组织生活台账: seven meetings of 2025, one of two kinds, one held in the January after."""
    return Table(
        "meetings",
        "台账",
        {
            "branch": "党组织名称",
            "kinds": "类型",
            "held_on": "日期",
            "topic": "主题",
            "host": "主持人",
            "due_count": "应到",
            "attended_count": "实到",
        },
        [
            _meeting(GRADE_ONE, "主题党日", date(2025, 3, 25), "师德师风专题学习", 3, 3),
            _meeting(GRADE_ONE, "主题党日、党课", date(2025, 4, 29), "党员先锋岗", 3, 2),
            _meeting(GRADE_ONE, "支委会", date(2025, 4, 2), "研究发展党员工作", 5, 4),
            _meeting(GRADE_TWO, "支部党员大会", date(2025, 8, 8), "学习贯彻全会精神", 2, 2),
            _meeting(GRADE_TWO, "组织生活会", date(2026, 1, 9), "2025 年度组织生活会", 2, 2),
            _meeting(TOWN, "党课", date(2025, 9, 17), "防溺水家访", 2, 1),
            _meeting(JOINT, "主题党日", date(2025, 11, 28), "关爱留守儿童", 2, 2),
        ],
    )


TABLES = {"organisations": organisations, "roster": roster, "meetings": register}


def plan(file, *, on=TODAY):
    """The dry run of (kind, bytes, file name)."""
    return actions.plan(*file, on=on)


def bring(file, *, on=TODAY):
    """Import the good rows of (kind, bytes, file name). Returns (added, changed)."""
    return actions.write(file[0], plan(file, on=on), by=User.objects.system(), on=on)


def said(found):
    """What a dry run found wrong: cell → message of each error."""
    return {problem.cell: problem.message for problem in found.errors}


def held_organisations():
    """The organisations on record, in the words of the workbook."""
    terms = {term.branch_id: term for term in Term.objects.on(TODAY)}
    return {
        (
            branch.name,
            branch.get_kind_display(),
            branch.parent.name if branch.parent else None,
            branch.get_stage_display(),
            branch.founded_on,
            "、".join(sorted(school.name for school in branch.schools.all())),
            *(
                (term.secretary_name, term.started_on, term.committee_size)
                if (term := terms.get(branch.pk))
                else (None, None, None)
            ),
            branch.groups.filter(ended_on=None).count(),
        )
        for branch in Branch.objects.select_related("parent")
    }


def told_organisations(table):
    """The same of the workbook's own rows."""
    return {
        (
            row["name"],
            row["kind"],
            row["parent"],
            row["stage"],
            row["founded_on"],
            "、".join(sorted(row["schools"].split("、"))),
            row["secretary_name"],
            row["started_on"],
            row["committee_size"],
            row["groups"] or 0,
        )
        for row in table.rows
    }


def held_members():
    """The members on record, in the words of the workbook."""
    return {
        (
            each.branch.name,
            each.member.name,
            each.member.get_sex_display(),
            each.member.birth_on,
            vault.reveal(each.member, "id_number"),
            each.member.joined_on,
            each.member.converted_on,
            each.get_kind_display(),
            frozenset(post.get_office_display() for post in each.member.posts.all()),
            vault.reveal(each.member, "phone"),
        )
        for each in Membership.objects.filter(ended_on=None).select_related("member", "branch")
    }


def told_members(table):
    """The same of the workbook's own rows."""
    return {
        (
            *(
                row[key]
                for key in ("branch", "name", "sex", "birth_on", "id_number", "joined_on", "converted_on", "kind")
            ),
            frozenset((row["posts"] or "").split("、")) - {""},
            row["phone"],
        )
        for row in table.rows
    }


def held_meetings():
    """The meetings on record, in the words of the workbook."""
    return {
        (
            each.branch.name,
            frozenset(kind.get_kind_display() for kind in each.kinds.all()),
            each.held_on,
            each.topic,
            each.host,
            each.due_count,
            each.attended_count,
        )
        for each in Meeting.objects.counted().select_related("branch")
    }


def told_meetings(table):
    """The same of the workbook's own rows."""
    return {
        (
            row["branch"],
            frozenset(row["kinds"].split("、")),
            row["held_on"],
            row["topic"],
            row["host"],
            row["due_count"],
            row["attended_count"],
        )
        for row in table.rows
    }


HELD = {"organisations": held_organisations, "roster": held_members, "meetings": held_meetings}
TOLD = {"organisations": told_organisations, "roster": told_members, "meetings": told_meetings}
