"""党组织: 基本情况表 (2), 换届到期一览 (5), 软弱涣散台账 (10), 晋位升级表 (11)."""

from collections import Counter, defaultdict
from datetime import timedelta

from django.db.models import Prefetch, Q

import vault
from branches import feedback, visits
from branches.models import Branch, Group, OrgChange, Placement, Screening, Term, WeakCase, WeakMeasure
from branches.screenings import label_of
from branches.weak_cases import slots
from members import terms
from members.models import Membership, Post
from portal.reports.table import SUM, Column, Table, until
from vault.masks import mask_phone

# --- 2

ORGANISATIONS = [
    Column("党组织名称", 38), Column("类别", 9), Column("上级党组织", 32), Column("成立日期", 11), Column("书记", 10),
    Column("换届日期", 11), Column("届满日期", 11), Column("支委数", 7), Column("正式党员", 7, SUM), Column("预备党员", 7, SUM),
    Column("党小组数", 7, SUM), Column("覆盖单位", 26), Column("联系人电话", 14),
]  # fmt: skip
STAYS = [Column("党组织名称", 38), Column("姓名", 12), Column("人员类别", 10), Column("在本党组织起", 12)]


def organisations(ask):
    branches = list(ask.at_work("branch.see").prefetch_related("schools"))
    keys = [branch.pk for branch in branches]
    kinds = OrgChange.objects.kinds_on(ask.on)
    parents = dict(Placement.objects.filter(branch__in=keys).on(ask.on).values_list("branch", "parent"))
    known = Branch.objects.in_bulk({*parents.values(), *(branch.parent_id for branch in branches if branch.parent_id)})
    serving = {term.branch_id: term for term in Term.objects.filter(branch__in=keys).on(ask.on)}
    seats = Post.objects.filter(term__in=serving.values(), office=Post.Office.SECRETARY, started_on__lte=ask.on)
    seats = seats.exclude(ended_on__lt=ask.on).order_by("started_on", "pk")
    secretaries = dict(seats.values_list("term", "member__name"))
    counts = Counter(Membership.objects.filter(branch__in=keys).on(ask.on).values_list("branch", "kind"))
    groups = Counter(
        Group.objects.filter(branch__in=keys, started_on__lte=ask.on)
        .exclude(ended_on__lt=ask.on)
        .values_list("branch", flat=True)
    )
    labels, rows = dict(Branch.Kind.choices), []
    for branch in branches:
        term = serving.get(branch.pk)
        parent = known.get(parents.get(branch.pk, branch.parent_id))
        rows.append(
            (
                ask.name(branch), labels[kinds.get(branch.pk, branch.kind)], ask.name(parent), branch.founded_on,
                (secretaries.get(term.pk) or term.secretary_name) if term else "", term and term.started_on,
                term and term.expires_on, term and term.committee_size, counts[branch.pk, Membership.Kind.FULL],
                counts[branch.pk, Membership.Kind.PROBATIONARY], groups[branch.pk],
                "、".join(school.name for school in branch.schools.all()), mask_phone(vault.reveal(branch, "contact_phone")),
            )
        )  # fmt: skip
    return [
        Table("党组织基本情况", "党组织基本情况表", ORGANISATIONS, rows, unit="个"),
        Table("党员明细", "党组织基本情况表所计党员", STAYS, lambda most: stays(ask, most), unit="人", evidence=True),
    ]


def stays(ask, most):
    rows = Membership.objects.filter(branch__in=ask.keys("member.see")).on(ask.on).for_list()
    rows = rows.order_by("branch__order", "branch_id", "member__strokes", "pk")[:most]
    return [(ask.name(row.branch), row.member.name, row.get_kind_display(), row.started_on) for row in rows]


# --- 5

TERMS = [
    Column("支部", 40), Column("届次", 8), Column("上次换届", 11), Column("届满", 11), Column("距今天数", 8), Column("提醒", 12),
    Column("请示", 20), Column("批复", 20), Column("延期", 20), Column("补选缺额", 20),
]  # fmt: skip


def terms_due(ask):
    branches = terms.by_expiry(terms.electing(ask.reach("election.see"), ask.on))
    rows = [
        (
            ask.name(row["branch"]), f"第 {row['number']} 届" if row["number"] else "", row["term"] and row["term"].started_on,
            row["term"] and row["term"].expires_on, row["days"], row["level"][1] if row["level"] else "",
            _paper(row["request"], ask.on), _paper(row["reply"], ask.on), _extended(row["extension"], ask.on),
            _empty(row["vacancy"], ask.on),
        )
        for row in terms.rows(branches, ask.on)
    ]  # fmt: skip
    note = "届次按本系统登记的届数；请示、批复是正在办理的这一次换届的。"
    return [Table("换届到期一览", "换届到期一览表", TERMS, rows, unit="个", note=note)]


def _paper(step, on):
    return f"{step.done_on:%Y-%m-%d} {step.number}".strip() if step and step.done_on <= on else ""


def _extended(row, on):
    return f"由 {row.before:%Y-%m-%d} 延期（{row.number}）" if row and row.approved_on <= on else ""


def _empty(vacancy, on):
    if not vacancy:
        return ""
    since = f"{vacancy.since:%Y-%m-%d} 起，{vacancy.days(on)} 天" if vacancy.since else "何时起未登记"
    return f"{vacancy.words}（{since}）"


# --- 10

BEFORE = [Column("支部", 24), Column("认定情形", 20), Column("列入日期", 11)]
AFTER = [Column("措施", 24), Column("进度", 18), Column("验收", 18), Column("销号", 20)]
WEAK = [*BEFORE, Column("四个一（各一栏）", 16), *AFTER]


def weak_cases(ask):
    """The cases that stood on the list on some day of the year, as they were on the day asked."""
    entries = list(slots(ask.year))
    cases = WeakCase.objects.visible_to(ask.user).filter(branch__in=ask.keys("weak.see"), listed_on__lte=ask.end)
    cases = cases.exclude(closed_on__lt=ask.first).select_related("branch").order_by("listed_on", "pk")
    measures = WeakMeasure.objects.filter(started_on__lte=ask.on).order_by("started_on", "pk")
    cases = cases.prefetch_related("reasons", "progress", Prefetch("measures", measures), "checks__entry")
    rows = []
    for case in cases:
        helpers = defaultdict(list)
        for row in case.measures.all():
            last = until(row.ended_on, ask.on)
            span = f"{row.started_on:%Y-%m-%d}" + (f" 至 {last:%Y-%m-%d}" if last else " 起")
            helpers[row.entry_id].append(f"{row.who} {row.position}".strip() + f"（{span}）")
        closed = until(case.closed_on, ask.on)
        rows.append(
            (
                ask.name(case.branch), "；".join(sorted(str(entry) for entry in case.reasons.all())), case.listed_on,
                *("\n".join(helpers[entry.pk]) for entry in entries),
                case.plan if until(case.plan_filed_on, ask.on) else "", _progress(case, ask.on), _accepted(case, ask.on),
                f"{closed:%Y-%m-%d} {case.closed_number}".strip() if closed else "整顿中",
            )
        )  # fmt: skip
    columns = [*BEFORE, *(Column(entry.label, 16) for entry in entries), *AFTER]
    return [
        Table("整顿台账", f"{ask.year}年软弱涣散党组织整顿台账", columns, rows, unit="个", empty="没有列入整顿的党组织")
    ]


def _progress(case, on):
    reports = sorted((row for row in case.progress.all() if row.reported_on <= on), key=lambda row: row.month)
    if not reports:
        return "还没有月报"
    last = reports[-1]
    return f"已报 {len(reports)} 个月；{last.month:%Y-%m}：已解决 {last.settled} 个，未解决 {last.left} 个"


def _accepted(case, on):
    checks = [row for row in case.checks.all() if row.checked_on <= on]
    if not checks:
        return ""
    day = max(row.checked_on for row in checks)
    rows = [row for row in checks if row.checked_on == day]
    left = [str(row.entry) for row in rows if not row.is_settled]
    return f"{day:%Y-%m-%d} " + (f"没有解决：{'、'.join(left)}" if left else f"{len(rows)} 种情形全部解决")


# --- 11

PROMOTIONS = [
    Column("支部", 40), Column("学段", 10), Column("上轮得分", 9), Column("上轮类别", 11), Column("本轮得分", 9),
    Column("本轮类别", 11), Column("变化", 8), Column("审定日期", 11),
]  # fmt: skip
CLASSES = [
    Column("类别", 16),
    Column("党组织", 10, SUM),
    Column("晋位", 10, SUM),
    Column("保持", 10, SUM),
    Column("退位", 10, SUM),
]
SETTLED = (visits.State.APPROVED, visits.State.ISSUED)


def promotions(ask):
    """Each branch's class of the year beside that of the round before: the last word, 回头看 where there was one."""
    seen = Screening.objects.visible_to(ask.user).filter(branch__in=ask.keys("screening.see"), state__in=SETTLED)
    seen = seen.filter(Q(approved_at=None) | Q(approved_at__date__lt=ask.on + timedelta(days=1)))
    last = seen.filter(campaign__year=ask.year).order_by("branch", "-campaign", "-kind").distinct("branch")
    rows = (
        seen.filter(pk__in=last.values("pk"))
        .select_related("branch", "campaign")
        .order_by("branch__order", "branch_id")
    )
    known, found, classes = feedback.final(seen, ask.year), [], defaultdict(Counter)
    for row in rows:
        before = known.get(row.branch_id)
        change = feedback.change(row, before)
        classes[_label(row)][change[1] if change else ""] += 1
        found.append(
            (
                ask.name(row.branch), row.branch.get_stage_display(), feedback.percent(before), _label(before),
                feedback.percent(row), _label(row), change[1] if change else "首次研判", row.approved_at and row.approved_at.date(),
            )
        )  # fmt: skip
    sums = [
        (label, sum(count.values()), *(count[word] for word in ("晋位", "保持", "退位")))
        for label, count in sorted(classes.items())
    ]
    title = f"{ask.year}年党支部分类定级和晋位升级表"
    nothing = "这一年还没有审定的研判结果"
    note = "得分按研判项目折算成百分；有回头看的以回头看为准。"
    return [
        Table("晋位升级表", title, PROMOTIONS, found, unit="个", empty=nothing, note=note),
        Table("各类党组织", f"{ask.year}年各类党组织数", CLASSES, sums, empty=nothing),
    ]


def _label(row):
    return label_of(row.campaign.scale, row.approved_class or row.computed_class) if row else ""
