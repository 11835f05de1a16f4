"""What a branch keeps and shows on paper, written from its records: 党支部工作手册 of a year, 党务公开表 of a quarter."""

from collections import Counter, defaultdict
from datetime import date, timedelta

from dateutil.relativedelta import relativedelta

import vault
from branches.models import Branch, Group, Term
from branches.rights import may
from duties import matrix
from meetings import activities, voting
from meetings.models import Activity, Attendance, Meeting, MeetingKind, StudyPlan, Vote
from members import dues_sheet
from members.models import Appraisal, AppraisalRow, Member, Membership, Post
from office.paper import Heading, Paper, Record, Table, Text, official_date
from rulebook.book import rules
from vault.masks import mask_id_number, mask_phone

KINDS = dict(MeetingKind.Kind.choices)
QUARTERS = "一二三四"
TALKS = ("heart_talk", "secretary_talk")
NOT_YET = "发展公示尚未在门户登记，请另纸公开。"


def handbook(user, branch, year, *, on):
    """The year of a branch as `user` may read it, as of a day: votes only for whom the table of rights lets see them."""
    first, last = date(year, 1, 1), date(year, 12, 31)
    day = min(on, last)
    name, records = branch.name_on(day), records_of(user, branch, first, last)
    blocks = [
        Heading("支部概况"), _profile(user, branch, day),
        Heading("支部委员会"), *_committee(user, branch, first, day),
        Heading("党员名册"), _roster(user, branch, day),
        Heading("年度计划"), *_plans(user, branch, year),
        Heading("组织生活记录", new_page=True), *meeting_pages(user, records),
        Heading("谈心谈话", new_page=True), _talks(user, branch, first, last),
        Heading("应办事项完成情况"), _duties(user, branch, year, on),
        Heading("大事记"), _chronicle(user, branch, records, first, last),
    ]  # fmt: skip
    return Paper(
        f"党支部工作手册\n（{year}年度）", dated=day, organ=name, has_cover=True, blocks=blocks,
        header=f"{name}　{year}年度工作手册", footer="非涉密",
    )  # fmt: skip


def disclosure(user, branch, year, quarter, *, on):
    """What a branch shows on its board for a quarter; what no record feeds yet is left out openly."""
    first = date(year, 3 * quarter - 2, 1)
    last = first + relativedelta(months=3) - timedelta(days=1)
    day = min(on, last)
    name, records = branch.name_on(day), records_of(user, branch, first, last)
    rows = [
        [meeting.held_on.isoformat(), "、".join(_kinds(meeting)), meeting.topic, f"{meeting.attended_count}／{meeting.due_count}"]
        for meeting in records
    ]  # fmt: skip
    blocks = [
        Heading("党员情况"), Record(_counted(user, branch, day)),
        Heading("组织生活"), Table(["日期", "类别", "主题", "实到／应到"], rows, widths=[5, 6, 11, 5]),
        Heading("发展党员"), _joined(user, branch, first, last),
        Heading("换届和任职"), *_elections(user, branch, first, last, day),
        Heading("组织生活会、民主评议和应办事项"),
        Text(_appraisal(records) + _appraised(user, branch, first, last) + _done(branch, first, last, on)),
        Heading("党费收缴"), *_dues(user, branch, year, quarter, day), Text(NOT_YET),
    ]  # fmt: skip
    return Paper(
        f"党务公开表\n（{year}年第{QUARTERS[quarter - 1]}季度）", dated=day, organ=name, signer=name, blocks=blocks,
        footer="公开内容由门户记录生成，张贴前请支部核对",
    )  # fmt: skip


def records_of(user, branch, first, last):
    """The records handed in of a stretch, oldest first, with all that a page of the handbook shows."""
    found = Meeting.objects.visible_to(user).counted().filter(branch=branch, held_on__range=(first, last))
    return list(
        found.select_related("lecturer").prefetch_related("kinds", "agenda", "roll__member").order_by("held_on", "pk")
    )


def _kinds(meeting):
    held = {row.kind for row in meeting.kinds.all()}
    return [label for kind, label in KINDS.items() if kind in held]


# --- who belongs to the branch


def _term(user, branch, day):
    return Term.objects.visible_to(user).filter(branch=branch).on(day).first()


def _profile(user, branch, day):
    term = _term(user, branch, day)
    schools = "、".join(school.name for school in branch.schools.all())
    groups = Group.objects.visible_to(user).filter(branch=branch, started_on__lte=day).exclude(ended_on__lt=day)
    upper = Branch.objects.visible_to(user).filter(pk=branch.parent_id).first() or branch.parent
    return Record([
        [("党支部名称", branch.name_on(day))],
        [("组织类别", branch.get_kind_display()), ("成立日期", branch.founded_on)],
        [("上级党组织", upper.name if upper else "—")],
        [("所在单位", schools or "—")],
        [("本届换届日期", term.started_on if term else "—"), ("届满日期", term.expires_on or "—" if term else "—")],
        [("支委数", term.committee_size if term else "—"), ("党小组", "、".join(group.name for group in groups) or "不划分")],
        *_counted(user, branch, day),
    ], note=f"截至 {official_date(day)}。")  # fmt: skip


def _counted(user, branch, day):
    kinds = list(Membership.objects.visible_to(user).filter(branch=branch).on(day).values_list("kind", flat=True))
    full = kinds.count(Membership.Kind.FULL)
    return [[("党员总数", f"{len(kinds)} 人"), ("正式、预备", f"{full} 人、{len(kinds) - full} 人")]]


def _committee(user, branch, first, day):
    """班子 in the order of its offices, everybody who served in the year."""
    posts = (
        Post.objects.visible_to(user)
        .filter(term__branch=branch, started_on__lte=day)
        .exclude(ended_on__lt=first)
        .select_related("member")
    )
    order = [*Post.Office]
    rows = [
        [post.get_office_display(), post.member.name, post.started_on, post.ended_on or ""]
        for post in sorted(posts, key=lambda post: (order.index(post.office), post.started_on, post.pk))
    ]
    if rows:
        return [Table(["党内职务", "姓名", "任职日期", "免职日期"], rows)]
    term = _term(user, branch, day)
    name = term.secretary_name if term else ""
    return [Text(f"书记：{name}同志。支委名单尚未登记。" if name else "尚未登记。")]


def _roster(user, branch, day):
    """Numbers are masked; of who has left the branch since, not even those are shown."""
    rows = Membership.objects.visible_to(user).filter(branch=branch).on(day).for_list()
    here = set(Member.objects.visible_to(user).values_list("pk", flat=True))
    table = []
    for number, row in enumerate(rows.order_by("member__initials", "member"), 1):
        member = row.member
        is_here = member.pk in here
        table.append([
            number, member.name, member.get_sex_display(), member.ethnicity,
            f"{member.birth_on:%Y-%m}" if member.birth_on else "", member.joined_on, member.converted_on,
            row.get_kind_display(), mask_id_number(vault.reveal(member, "id_number")) if is_here else "",
            mask_phone(vault.reveal(member, "phone")) if is_here else "",
        ])  # fmt: skip
    head = ["序号", "姓名", "性别", "民族", "出生年月", "入党日期", "转正日期", "类别", "公民身份号码", "手机"]
    widths = [3, 6, 3, 4, 5, 6, 6, 5, 12, 7]  # a date or a number never breaks, a long name does
    note = f"截至 {official_date(day)}；号码已隐去。"
    return Table(head, table, widths=widths, landscape=True, note=note, empty="名册上没有党员")


def _plans(user, branch, year):
    plans = [
        plan
        for plan in StudyPlan.objects.visible_to(user)
        .filter(year=year)
        .select_related("branch")
        .prefetch_related("items")
        if branch.path.startswith(plan.branch.path)
    ]
    blocks = []
    for plan in plans:
        rows = [[f"{item.month} 月" if item.month else "全年", item.title] for item in plan.items.all()]
        blocks += [
            Heading(f"{plan.title}（{plan.branch}制定）", level=2),
            Table(["月份", "学习内容"], rows, widths=[1, 7]),
        ]
    return blocks or [Text("本年度没有登记学习计划。")]


# --- what it did


def meeting_pages(user, records):
    votes = defaultdict(list)
    for vote in Vote.objects.visible_to(user).filter(meeting__in=records).prefetch_related("candidates"):
        votes[vote.meeting_id].append(vote)
    blocks = []
    for meeting in records:
        blocks += _meeting(meeting, votes[meeting.pk])
    return blocks or [Text("本年度没有提交的记录。")]


def _meeting(meeting, votes):
    """One record as the paper handbook has it: head, agenda, roll, votes, resolutions, minutes."""
    day = f"{meeting.held_on.month}月{meeting.held_on.day}日"
    roll = defaultdict(list)
    for line in sorted(meeting.roll.all(), key=lambda line: (line.member.initials, line.member_id)):
        roll[line.mark].append(line.member.name)
    lecturer = meeting.lecturer.name if meeting.lecturer else meeting.lecturer_name
    excused = f"；免于考勤 {meeting.excused_count} 人" if meeting.excused_count else ""
    rows = [
        [("时间", official_date(meeting.held_on)), ("地点", meeting.place or "—")],
        [("主持人", meeting.host or "—"), ("主讲人", lecturer or "—")],
        [("应到实到", f"应到 {meeting.due_count} 人，实到 {meeting.attended_count} 人{excused}")],
        *[[(mark.label, "、".join(roll[mark]))] for mark in Attendance.Mark if roll[mark]],
        [
            (
                "议题",
                "\n".join(f"{item.get_kind_display()}：{item.title}" for item in meeting.agenda.all()) or meeting.topic,
            )
        ],
    ]
    rows += [[("表决", "\n".join(_vote(vote, meeting.held_on) for vote in votes))]] if votes else []
    rows += [[("决议", meeting.resolutions)]] if meeting.resolutions else []
    rows += [[("外出党员意见", meeting.remote_opinions)]] if meeting.remote_opinions else []
    rows += [[("记录", meeting.minutes or "没有文字记录")]]
    return [Heading(f"{day}　{'、'.join(_kinds(meeting))}：{meeting.topic}", level=2), Record(rows)]


def _book(on):
    """The rules about votes of that day; national documents alone fix them, so no decision of the county is asked for."""
    known = {key: rows for key, rows in rules().items() if key.startswith("vote.")}
    return {key: past[-1] for key, rows in known.items() if (past := [row for row in rows if row.since <= on])}


def _vote(vote, on):
    """One vote by its totals and what the rule of that day makes of them."""
    book = _book(on)
    if f"vote.{vote.rule}" not in book:  # a day before the rule: the totals as they stand
        return (
            f"{vote.title}：实到 {vote.present} 人；赞成 {vote.in_favour}、反对 {vote.against}、弃权 {vote.abstained}。"
        )
    if vote.rule == Vote.Rule.ELECTION:
        verdict, ranked = voting.elected(vote, on, book=book)
        names = "，".join(f"{each.name} {each.votes} 票{'（当选）' if won else ''}" for each, won in ranked)
        return f"{vote.title}：应到会有选举权 {vote.entitled} 人，实到 {vote.present} 人；{names if verdict.stands else verdict.words}。"
    verdict = voting.judge(
        vote.rule,
        entitled=vote.entitled,
        present=vote.present,
        in_favour=vote.in_favour,
        written=vote.written,
        on=on,
        book=book,
    )
    return (
        f"{vote.title}：应到会有表决权 {vote.entitled} 人，实到 {vote.present} 人；赞成 {vote.in_favour}、反对 {vote.against}、"
        f"弃权 {vote.abstained}；{'通过' if verdict.carries else '没有通过'}。"
    )


def _talks(user, branch, first, last):
    """Day, parties and result; there is nothing else on record."""
    kinds = activities.kinds()
    found = _activities(user, branch, first, last).filter(kind__in=TALKS).prefetch_related("people")
    rows = [
        [row.held_on, kinds[row.kind].label, _parties(row), _answers(kinds[row.kind], row)]
        for row in found.select_related("about")
    ]
    return Table(["日期", "类别", "双方", "情况"], rows, widths=[3, 4, 6, 5], note="只记时间、双方和结果。")


def _parties(row):
    people = "、".join(
        member.name for member in sorted(row.people.all(), key=lambda member: (member.initials, member.pk))
    )
    return people or (row.about.name if row.about else "")


def _answers(kind, row):
    told = [question.told(row.answers.get(question.key)) for question in kind.questions]
    return "；".join(filter(None, told))


def _activities(user, branch, first, last):
    rows = Activity.objects.visible_to(user).counted().filter(branch=branch, held_on__range=(first, last))
    return rows.order_by("held_on", "pk")


def _duties(user, branch, year, on):
    branches = Branch.objects.visible_to(user, verb="duty.see").filter(pk=branch.pk)
    rows = [
        [cell.label, cell.owed, cell.met, cell.late, cell.missed, cell.open]
        for _, cells in matrix.rows(branches, year, on)
        for cell in cells
        if cell.owed or cell.open
    ]
    return Table(["事项", "到期", "已办", "其中迟办", "缺", "现在待办"], rows, note=f"截至 {official_date(on)}。")


def _chronicle(user, branch, records, first, last):
    """What happened to the branch and what it did outside its meetings, by the day."""
    events = [
        (meeting.held_on, f"召开{'、'.join(_kinds(meeting))}：{meeting.topic}")
        for meeting in records
        if {row.kind for row in meeting.kinds.all()} & {"members_meeting", "org_life_meeting"}
    ]
    events += [(day, what) for day, what in ((branch.founded_on, "支部成立"), (branch.closed_on, "支部撤销")) if day]
    terms = Term.objects.visible_to(user).filter(branch=branch, started_on__range=(first, last))
    events += [(term.started_on, "换届选举产生新一届支部领导班子") for term in terms]
    events += [(on, f"{names}同志{what}") for on, what, names in _moves(user, branch, first, last)]
    kinds = activities.kinds()
    events += [
        (row.held_on, f"{kinds[row.kind].label}{f'：{row.title}' if row.title else ''}")
        for row in _activities(user, branch, first, last).exclude(kind__in=TALKS)
        if row.kind in kinds
    ]
    rows = [[day, what] for day, what in sorted(events, key=lambda event: event[0]) if first <= day <= last]
    return Table(["日期", "事项"], rows, widths=[1, 5])


def _moves(user, branch, first, last):
    """Who came and who went, by the day; the first roster opens for everybody at once and is no event."""
    rows = (
        Membership.objects.visible_to(user).filter(branch=branch).select_related("member").order_by("member__initials")
    )
    came, went = defaultdict(list), defaultdict(list)
    for row in rows:
        if first <= row.started_on <= last and not row.start_estimated:
            came[row.started_on].append(row.member.name)
        if row.ended_on and first <= row.ended_on <= last:
            went[row.ended_on].append(row.member.name)
    return [
        (day, what, "、".join(names))
        for found, what in ((came, "编入本支部"), (went, "离开本支部"))
        for day, names in found.items()
    ]


# --- what is shown on the board


def _joined(user, branch, first, last):
    """接收预备党员 and 转正 of the quarter, by the days on the register."""
    rows = Membership.objects.visible_to(user).filter(branch=branch).on(last).select_related("member")
    events = [
        (getattr(row.member, column), what, row.member.name)
        for row in rows
        for column, what in (("joined_on", "接收为预备党员"), ("converted_on", "转为正式党员"))
        if getattr(row.member, column) and first <= getattr(row.member, column) <= last
    ]
    if not events:
        return Text("本季度没有接收预备党员，没有预备党员转正。")
    return Table(["日期", "姓名", "情况"], [[day, f"{name}同志", what] for day, what, name in sorted(events)])


def _elections(user, branch, first, last, day):
    term = _term(user, branch, day)
    text = "没有登记届次。"
    if term:
        expires = f"，{official_date(term.expires_on)}届满" if term.expires_on else ""
        is_new = "本季度完成换届，" if first <= term.started_on <= last else ""
        text = f"{is_new}本届支部班子 {official_date(term.started_on)}产生{expires}。"
    posts = (
        Post.objects.visible_to(user)
        .filter(term__branch=branch, started_on__range=(first, last))
        .select_related("member")
    )
    order = [*Post.Office]
    rows = [
        [post.started_on, f"{post.member.name}同志", post.get_office_display()]
        for post in sorted(posts, key=lambda post: (order.index(post.office), post.pk))
    ]
    if not rows:
        return [Text(f"{text}本季度没有任职变动。")]
    return [Text(text), Table(["任职日期", "姓名", "党内职务"], rows)]


def _appraisal(records):
    held = [meeting for meeting in records if "org_life_meeting" in {row.kind for row in meeting.kinds.all()}]
    if not held:
        return "本季度没有召开组织生活会。"
    return "；".join(
        f"{official_date(meeting.held_on)}召开组织生活会，应到 {meeting.due_count} 人，实到 {meeting.attended_count} 人" for meeting in held
    ) + "。"  # fmt: skip


def _appraised(user, branch, first, last):
    """How the members were graded, in totals; names are not for a notice board."""
    settled = Appraisal.objects.visible_to(user).settled().filter(branch=branch, held_on__range=(first, last)).first()
    if settled is None:
        return ""
    counts = Counter(settled.rows.exclude(final="").values_list("final", flat=True))
    words = "、".join(f"{label} {counts[grade]} 人" for grade, label in AppraisalRow.Grade.choices if counts[grade])
    return f"{settled.year} 年度民主评议党员结果：{words}。"


def _dues(user, branch, year, quarter, on):
    """Who paid how much for the months of the quarter; open within the branch."""
    if not may(user, "dues.see", at=branch):
        return [Text("党费收缴由支部另纸公开。")]
    found = dues_sheet.public(branch, year, quarter, on=on)
    if not found["rows"]:
        return [Text("本季度没有登记党费。")]
    head = ["姓名", *(f"{month.month} 月（元）" for month in found["months"]), "合计（元）"]
    rows = [[f"{row['member'].name}同志", *row["cells"], row["sum"]] for row in found["rows"]]
    return [Table(head, [*rows, ["合计", *found["sums"], found["sum"]]])]


def _done(branch, first, last, on):
    found = [row for row in matrix.by_month([branch.pk], first.year, on) if first <= row["month"] <= last]
    owed, met, late = (sum(row[name] for row in found) for name in ("owed", "met", "late"))
    if not owed:
        return "本季度没有到期的应办事项。"
    return f"本季度到期 {owed} 件，已办 {met} 件{f'，其中迟办 {late} 件' if late else ''}。"
