"""通报 of a month or a quarter: figures as of a day, a draft in words, a signature, and a notice to everybody below.

Named are organisations and what they did not do, by the name on the seal and in 单位序; never a person.
"""

from collections import defaultdict
from datetime import date, timedelta

from dateutil.relativedelta import relativedelta
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from accounts import audit
from branches.models import Branch, Notice
from branches.rights import require
from duties import matrix, notices
from duties.models import Duty
from duties.periods import labels
from office import paper as office
from reminders.models import Bulletin
from rulebook.book import value

State = Bulletin.State
ROAD = {
    State.DRAFT: {"sign": State.SIGNED},
    State.SIGNED: {"reopen": State.DRAFT, "publish": State.PUBLISHED},
}
NAMED = 30  # praised by name; of more it is said how many they are
MONTHS = {Bulletin.Kind.MONTH: 1, Bulletin.Kind.QUARTER: 3}
DEMANDS = "各党组织要对照应办事项查漏补缺，已经办理、尚未登记的尽快登记；确有困难的，向上级党组织说明情况。"


def stretch(kind, day):
    """(first day, last day) of the month or quarter that holds the day."""
    months = MONTHS[kind]
    first = date(day.year, (day.month - 1) // months * months + 1, 1)
    return first, first + relativedelta(months=months) - timedelta(days=1)


def choices(on):
    """Periods that a 通报 can be drafted for: (kind/first day, words), the running ones and those just over."""
    found = []
    for kind, count in ((Bulletin.Kind.MONTH, 4), (Bulletin.Kind.QUARTER, 3)):
        day = on
        for _ in range(count):
            first, last = stretch(kind, day)
            note = "，还没过完" if last >= on else ""
            found.append((f"{kind}/{first.isoformat()}", f"{period_words(kind, first)}（{kind.label}{note}）"))
            day = first - timedelta(days=1)
    return found


def just_over(on):
    """The month before, as a choice: what one drafts on a Monday."""
    first, _ = stretch(Bulletin.Kind.MONTH, on.replace(day=1) - timedelta(days=1))
    return f"{Bulletin.Kind.MONTH}/{first.isoformat()}"


def period_words(kind, first):
    """2026 年 10 月, 2026 年第三季度."""
    return (
        f"{first.year} 年 {first.month} 月"
        if kind == Bulletin.Kind.MONTH
        else f"{first.year} 年第{'一二三四'[first.month // 3]}季度"
    )


# --- the figures


def figures(branch, first, last, on):
    """What fell due in the period below `branch`, as of a day: counts, the year's rates, and the organisations.

    `praise`: all done on time; `criticism`: with what is missing; `bottom`: the least complete, as many as the rule says.
    """
    below = Branch.objects.at_work(on).filter(path__startswith=branch.path).exclude(pk=branch.pk)
    duties = (
        Duty.objects.filter(branch__in=below, due_on__range=(first, last), due_on__lt=on)
        .select_related("branch", "notice")
        .order_by("branch__order", "branch", "due_on", "pk")
    )
    names, of_branch = labels(on), defaultdict(list)
    for duty in duties:
        of_branch[duty.branch].append(duty)
    rows = [_row(each, found, names) for each, found in of_branch.items()]
    counts = {name: sum(row[name] for row in rows) for name in ("owed", "met", "late")}
    year = matrix.totals(below.values("pk"), first.year, on)
    months = [
        {"month": row["month"].month, "owed": row["owed"], "met": row["met"]} | _rates(row)
        for row in matrix.by_month(below.values("pk"), first.year, on)
    ]
    bottom = value("bulletin.bottom", on=on) or 0
    least = sorted((row for row in rows if row["items"]), key=lambda row: row["met"] / row["owed"])[:bottom]
    return {
        "counts": counts | matrix.rates(counts | {"missed": counts["owed"] - counts["met"]}),
        "branches": len(rows), "year": year, "months": months,
        "praise": [row for row in rows if row["met"] == row["owed"] and not row["late"]],
        "criticism": [row for row in rows if row["items"]],
        "bottom": [row | {"share": round(100 * row["met"] / row["owed"], 1)} for row in least],
    }  # fmt: skip


def _rates(row):
    return {name: row[name] for name in ("completeness", "timeliness")}


def _row(branch, duties, names):
    missing = [duty for duty in duties if not duty.met_on]
    return {
        "branch": branch.pk, "name": branch.name, "owed": len(duties), "met": len(duties) - len(missing),
        "late": sum(duty.met_on > duty.due_on for duty in duties if duty.met_on),
        "items": [duty.label if duty.notice_id else f"{duty.label}{names.get(duty.rule, '')}" for duty in missing],
        "duties": [duty.pk for duty in missing],
    }  # fmt: skip


# --- the words


def words(kind, first, on, found):
    """What the figures say, as an office would write it: title, opening, praise, criticism."""
    counts, period = found["counts"], period_words(kind, first)
    opening = f"{period}应办事项已到期 {counts['owed']} 件，涉及 {found['branches']} 个党组织。截至 {_day(on)}，"
    if counts["owed"]:
        opening += (
            f"已办 {counts['met']} 件，其中迟办 {counts['late']} 件；完成率 {counts['completeness']}%，"
            f"及时率 {counts['timeliness']}%。"
        )
    else:
        opening += "没有到期的事项。"
    if found["year"]["completeness"] is not None:
        opening += (
            f"{first.year} 年以来，完成率 {found['year']['completeness']}%，及时率 {found['year']['timeliness']}%。"
        )
    praise = ""
    if len(found["praise"]) > NAMED:
        praise = f"除有未办、迟办事项的以外，其余 {len(found['praise'])} 个党组织到期事项全部按时办结，予以表扬。"
    elif found["praise"]:
        names = "、".join(row["name"] for row in found["praise"])
        praise = f"以下 {len(found['praise'])} 个党组织到期事项全部按时办结，予以表扬：{names}。"
    criticism = ""
    if found["criticism"]:
        lines = [f"{row['name']}：{'、'.join(row['items'])}。" for row in found["criticism"]]
        head = f"截至 {_day(on)}，以下 {len(found['criticism'])} 个党组织有到期未办的事项，予以批评："
        criticism = "\n".join([head, *lines])
    if found["bottom"]:
        names = "、".join(f"{row['name']}（{row['share']}%）" for row in found["bottom"])
        criticism += f"\n完成率靠后的党组织：{names}。"
    return {
        "title": f"关于{period.replace(' ', '')}党建应办事项完成情况的通报",
        "opening": opening, "praise": praise, "criticism": criticism,
    }  # fmt: skip


def _day(day):
    return f"{day.year} 年 {day.month} 月 {day.day} 日"


# --- the road


@transaction.atomic
def draft(branch, kind, first, *, by, on):
    """Begin the 通报 of a period from the figures of the day."""
    branch = Branch.objects.select_for_update(no_key=True).get(pk=branch.pk)  # two at once: the second is told
    require(by, "bulletin.draft", at=branch)
    opens_on, ends_on = stretch(kind, first)
    if opens_on > on:
        raise ValidationError("这一期还没有开始，不能起草通报。")
    found = figures(branch, opens_on, ends_on, on)
    bulletin = Bulletin(
        branch=branch, kind=kind, opens_on=opens_on, ends_on=ends_on, counted_on=on, figures=found, demands=DEMANDS,
        created_by=by, edited_by=by, edited_at=timezone.now(), **words(kind, opens_on, on, found),
    )  # fmt: skip
    bulletin.full_clean()
    bulletin.save()
    audit.record("bulletin.draft", bulletin, by=by, on=str(on))
    return bulletin


@transaction.atomic
def redraft(bulletin, *, by, on):
    """Count again: figures, opening, praise and criticism as of the day; what is demanded stays as it was written."""
    bulletin = _locked(bulletin, "bulletin.draft", by)
    _refuse_unless(bulletin, State.DRAFT)
    bulletin.figures = figures(bulletin.branch, bulletin.opens_on, bulletin.ends_on, on)
    found = words(Bulletin.Kind(bulletin.kind), bulletin.opens_on, on, bulletin.figures)
    for name in ("opening", "praise", "criticism"):
        setattr(bulletin, name, found[name])
    bulletin.counted_on, bulletin.edited_by, bulletin.edited_at = on, by, timezone.now()
    bulletin.version += 1
    bulletin.full_clean()
    bulletin.save()
    audit.record("bulletin.redraft", bulletin, by=by, on=str(on))
    return bulletin


@transaction.atomic
def edit(form, *, version, by):
    """Save the words of a draft. Raises `Stale` when somebody saved it in between."""
    locked = _locked(form.instance, "bulletin.draft", by)
    _refuse_unless(locked, State.DRAFT)
    locked.claim(version)
    form.instance.version, form.instance.state = locked.version, locked.state
    form.instance.figures, form.instance.counted_on = locked.figures, locked.counted_on
    form.instance.edited_by, form.instance.edited_at = by, timezone.now()
    form.instance.full_clean()
    return audit.save(form, by=by)


def outdated(bulletin):
    """The organisations that the draft criticises for something they have done since: their names, in order."""
    named = {pk: row["name"] for row in bulletin.figures["criticism"] for pk in row["duties"]}
    done = Duty.objects.filter(pk__in=named, met_on__isnull=False).values_list("pk", flat=True)
    gone = set(named) - set(Duty.objects.filter(pk__in=named).values_list("pk", flat=True))
    changed = {*done, *gone}
    return list(dict.fromkeys(name for pk, name in named.items() if pk in changed))


@transaction.atomic
def sign(bulletin, *, by, version):
    """Sign the draft as it was read. Not by who wrote it, and not while it blames somebody for what is done by now."""
    bulletin = _move(bulletin, "sign", "bulletin.sign", by=by, version=version)
    if by.pk in (bulletin.created_by_id, bulletin.edited_by_id):
        raise ValidationError("起草或修改过通报的同志不能签发，请由另一位同志签发。")
    if names := outdated(bulletin):
        raise ValidationError(f"{'、'.join(names)}在起草以后已经补办，请先按今天的记录重新起草。")
    bulletin.signed_by, bulletin.signed_at = by, timezone.now()
    return _saved(bulletin, "sign", by)


@transaction.atomic
def reopen(bulletin, *, by, version):
    """Take a signature back before the 通报 is out."""
    bulletin = _move(bulletin, "reopen", "bulletin.sign", by=by, version=version)
    bulletin.signed_by = bulletin.signed_at = None
    return _saved(bulletin, "reopen", by)


@transaction.atomic
def publish(bulletin, *, by, on, version):
    """Send the signed 通报 out as a notice to everybody below; the notice names who signed it."""
    bulletin = _move(bulletin, "publish", "bulletin.draft", by=by, version=version)
    notice = Notice(
        branch=bulletin.branch, kind=Notice.Kind.BULLETIN, number=bulletin.number, title=bulletin.title,
        body=as_text(bulletin), created_by=bulletin.created_by,
    )  # fmt: skip
    notice.full_clean()
    notice.save()
    notices.issue(notice, by=by, on=on, verb="bulletin.draft")
    Notice.objects.filter(pk=notice.pk).update(issued_by=bulletin.signed_by)
    bulletin.notice = notice
    return _saved(bulletin, "publish", by)


def _locked(bulletin, verb, by):
    bulletin = Bulletin.objects.select_for_update(of=("self",)).select_related("branch").get(pk=bulletin.pk)
    require(by, verb, at=bulletin.branch)
    return bulletin


def _refuse_unless(bulletin, state):
    if bulletin.state != state:
        raise ValidationError(f"这份通报{bulletin.get_state_display()}，不能再改；签发后要改的，请签发人退回。")


def _move(bulletin, act, verb, *, by, version):
    bulletin = _locked(bulletin, verb, by)
    before = State(bulletin.state)
    if act not in ROAD.get(before, {}):
        raise ValidationError(f"这份通报现在是“{before.label}”，不能这样办理。")
    bulletin.claim(version)
    bulletin.state = ROAD[before][act]
    return bulletin


def _saved(bulletin, act, by):
    bulletin.full_clean()
    bulletin.save()
    audit.record(f"bulletin.{act}", bulletin, by=by, after=bulletin.state)
    return bulletin


# --- on paper


PARTS = (("opening", "总体情况"), ("praise", "表扬"), ("criticism", "批评"), ("demands", "下一步要求"))


def as_text(bulletin):
    """The 通报 as plain text, for a notice or to be pasted into a group."""
    shown = [(label, text) for name, label in PARTS if (text := getattr(bulletin, name))]
    return "\n\n".join(
        f"{office.chinese_number(number)}、{label}\n{text}" for number, (label, text) in enumerate(shown, 1)
    )


def to_paper(bulletin):
    """The 通报 under the letterhead; a draft says that it is one."""
    blocks = []
    for name, label in PARTS:
        if text := getattr(bulletin, name):
            blocks += [office.Heading(label), office.Text(text)]
        if name == "opening" and bulletin.figures["months"]:
            blocks.append(_by_month(bulletin))
    return office.Paper(
        bulletin.title, dated=timezone.localtime(bulletin.signed_at).date() if bulletin.signed_at else bulletin.counted_on,
        organ=bulletin.branch.name, number=bulletin.number, kind=office.LETTERHEAD, addressee="各基层党组织",
        blocks=blocks, is_draft=bulletin.state == State.DRAFT,
    )  # fmt: skip


def _by_month(bulletin):
    rows = [
        [f"{row['month']} 月", row["owed"], row["met"], f"{row['completeness']}%", f"{row['timeliness']}%"]
        for row in bulletin.figures["months"]
        if row["owed"]
    ]
    return office.Table(
        ["月份", "到期", "已办", "完成率", "及时率"], rows, caption=f"{bulletin.opens_on.year}年各月完成情况",
        note=f"按事项的期末所在月份，截至 {bulletin.counted_on:%Y-%m-%d}。",
    )  # fmt: skip
