"""A list of people as an office keeps it, read into the roll of a class: each row found or explained, nothing written yet."""

from collections import defaultdict

from django.core import signing
from django.core.exceptions import ValidationError

import vault
from accounts import audit
from branches.models import within
from branches.rights import places
from files.secrecy import refuse_marked
from jobs.planning import same_name
from members.models import Member, Membership
from office import Unreadable, reader, table
from office.values import clean_name, parse_id_number
from training import enrolling, rolls

MOST = 1000  # rows of one list
LENGTH = 100  # of a cell that is kept
FRESH = 3600  # seconds for which a list that was read may be entered
COLUMNS = (
    table.Column("name", "姓名", ("学员姓名", "党员姓名", "参训人员", "学员"), required=True, identity=True),
    table.Column(
        "unit", "党组织",
        ("所在党组织", "党支部", "所在党支部", "所在支部", "支部", "单位", "工作单位", "所在单位", "学校"),
        required=True,
    ),
    table.Column("position", "职务", ("现任职务", "党内职务", "单位职务", "单位及职务", "职务（职称）")),
    table.Column("id_number", "身份证号", ("身份证号码", "公民身份号码", "身份证", "公民身份证号码")),
)  # fmt: skip


def read(training_class, data, file_name, *, by):
    """[row] of a list: number, name, unit, position, and the member when an ID number told who it is.

    The number itself is not kept: it is looked up by its blind index, only where `by` may look people up by it.
    Raises `Unreadable`.
    """
    found = table.find_table(reader.read(data, file_name), COLUMNS, kind_label="学员名单")
    rows = []
    for number, values in found.rows:
        texts = {key: _text(values.get(key)) for key in ("name", "unit", "position")}
        for key, text in texts.items():
            refuse_marked(text, found.cell(number, key) if key in found.columns else "名单")
        if texts["name"] or texts["unit"]:
            rows.append({"number": number, **texts, "index": _index(values.get("id_number"))})
    if not rows:
        raise Unreadable("表里只有表头，没有人员，请核对是否选错了文件。")
    if len(rows) > MOST:
        raise Unreadable(f"表里有 {len(rows)} 行，一次最多 {MOST} 人，请分成几份。")
    indexes = [row["index"] for row in rows if row["index"]]
    known = Member.objects.visible_to(by, verb="member.reveal").filter(id_number_index__in=indexes)
    members = dict(known.values_list("id_number_index", "pk"))
    for row in rows:
        row["member"] = members.get(row.pop("index"))
    if indexes:  # somebody looked people up by their numbers
        audit.record("enrolment.match_numbers", training_class, by=by, asked=len(indexes), found=len(members))
    return rows


def _text(cell):
    return "" if cell is None else str(cell).strip()[:LENGTH]


def _index(cell):
    """The blind index of a sound number; one that is not says nothing, for the name finds the person as well."""
    try:
        number = parse_id_number(cell) if cell is not None else ""
    except ValueError:
        return ""
    return vault.index_for(Member, "id_number", number) if number else ""


def keep(rows, training_class, by):
    """The rows as the page sends them back with the confirmation: sealed against change, for this class and person."""
    return signing.dumps(rows, salt=_salt(training_class, by), compress=True)


def kept(text, training_class, by):
    try:
        return signing.loads(text, salt=_salt(training_class, by), max_age=FRESH)
    except signing.BadSignature as error:
        raise ValidationError("这份名单读入已久，请重新选择文件。") from error


def _salt(training_class, by):
    return f"training.roll|{training_class.pk}|{by.pk}"


def plan(rows, *, by, on):
    """class → [Choice] of the rows of a list, as `rolls.enrol_many` asks for it."""
    return lambda training_class: resolve(training_class, rows, by=by, on=on)


def resolve(training_class, rows, *, by, on):
    """[Choice] of the rows: the member by name and organisation among the organisations of the class. A few queries for all."""
    homes = _homes(training_class, rows, by, on)
    branches = {branch.pk: branch for branch in enrolling.addressed(training_class, on)}
    choices = []
    for row in rows:
        choice = rolls.Choice(None, None, row["position"][:60], row["name"], number=row["number"])
        choice.unit = row["unit"]
        choices.append(choice)
        try:
            name = clean_name(row["name"])[0] if row["name"] else ""
        except ValueError as error:
            choice.fault = str(error)
            continue
        home = _home(choice, homes.get(name, []), row)
        if home is not None:
            choice.member, choice.branch, choice.unit = home.member, home.branch, ""
            if home.branch_id not in branches:
                choice.fault = f"这个班次没有分给{home.branch}名额"
    return rolls.weigh(training_class, choices)


def _homes(training_class, rows, by, on):
    """name → the memberships of that day within the scope of whoever holds the class, also of who has just left."""
    names = set()
    for row in rows:
        try:
            names.add(clean_name(row["name"])[0])
        except ValueError:
            continue
    scope = within(places(by, "training.run"), "branch__path")
    stays = Membership.objects.filter(
        scope, member__name__in=names, branch__path__startswith=training_class.branch.path
    )
    stays = stays.filter(started_on__lte=on).select_related("member", "branch").order_by("-started_on", "pk")
    found, seen = defaultdict(list), set()
    for stay in stays:
        if stay.member_id not in seen:  # where the person is now, or was last
            seen.add(stay.member_id)
            stay.is_over = stay.ended_on is not None and stay.ended_on < on
            found[stay.member.name].append(stay)
    return found


def _home(choice, homes, row):
    """The one membership that a row means; otherwise the choice gets its fault."""
    wanted = same_name(row["unit"])
    if row["member"]:
        homes = [home for home in homes if home.member_id == row["member"]]
        if not homes:
            choice.fault = "姓名和身份证号对不上，请核对"
            return None
    exact = [home for home in homes if same_name(home.branch.name) == wanted]
    found = exact or [home for home in homes if wanted and wanted in same_name(home.branch.name)]
    if row["member"]:
        found = homes  # the number tells who it is, however the organisation is written
    here = [home for home in found if not home.is_over]
    if len(here) == 1:
        return here[0]
    if not row["name"]:
        choice.fault = "请填姓名"
    elif len({home.branch_id for home in here}) > 1:
        choice.fault = f"有 {len(here)} 位同名的同志，请写明党组织全称"
    elif here:
        choice.fault = "这个党组织有同名的同志，请逐个添加，或在表里加上身份证号"
    elif found:
        choice.fault = "这位同志已不在名册上（已转出、离开）"
    elif homes:
        choice.fault = "这个人不在这个党组织，请核对"
    else:
        choice.fault = "主办范围内的名册上没有这个人，请核对姓名；外来学员请逐个添加"
    return None
