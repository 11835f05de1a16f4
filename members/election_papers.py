"""The papers a branch writes in an election, as drafts: filled as far as the records go, blanks where only people know."""

from members import ballots
from members.elections import LEAVES, Key, least_candidates
from members.models import Election, Membership
from office.paper import Paper, Record, Signatures, Table, Text, official_date

BLANK = "　　　　"
REQUEST, CANDIDATES, RESULT = "request", "candidates", "result"


def paper(election, which, *, on):
    """The draft of one of the three papers: 换届请示, 候选人预备人选请示, 选举结果报告."""
    make = {REQUEST: _request, CANDIDATES: _candidates, RESULT: _result}[which]
    title, blocks = make(election, on)
    branch = election.branch
    return Paper(
        f"{branch.name}\n{title}", dated=on, organ=branch.name, addressee=str(branch.parent), signer=branch.name,
        blocks=[*blocks, Signatures(["书记"])], is_draft=True,
    )  # fmt: skip


def _day(day):
    return official_date(day) if day else f"{BLANK}年{BLANK}月{BLANK}日"


def _word(election):
    return "补选" if election.kind == Election.Kind.BY else "换届选举"


def _seats(election):
    if not election.seats:
        return "不设支部委员会，设书记 1 名"
    return f"{'补选' if election.kind == Election.Kind.BY else '设'}委员 {election.seats} 名"


def _request(election, on):
    """Without numbers that nobody entered; the reasons of a by-election are for its writer."""
    branch, word = election.branch, _word(election)
    serving = branch.terms.filter(started_on__lte=on).order_by("-started_on").first()
    since = f"本届于 {_day(serving.started_on)}选举产生" if serving else "本届"
    ends = f"，{_day(serving.expires_on)}任期届满" if serving and serving.expires_on else ""
    resolved = {step.key: step.done_on for step in election.steps.all()}.get(Key.RESOLUTION)
    stays = Membership.objects.on(on).filter(
        **({"branch": branch} if branch.kind in LEAVES else {"branch__path__startswith": branch.path})
    )
    full = stays.filter(kind=Membership.Kind.FULL).count()
    more = (
        [
            f"委员候选人按不少于应选人数五分之一的差额提名，拟提名 {least_candidates(election.seats, on)} 名；书记、副书记等额选举。"
        ]
        if election.seats
        else ["书记由党员大会等额选举产生。"]
    )
    return f"关于{word}的请示", [
        Text(f"{since}{ends}。现有党员 {stays.count()} 名，其中正式党员 {full} 名。"),
        Text(f"经 {_day(resolved)}研究，拟于 {_day(election.planned_on)}召开党员大会进行{word}，{_seats(election)}。"),
        *(Text(line) for line in more),
        Text("选举采用无记名投票方式。当否，请批复。"),
    ]


def _candidates(election, on):
    names = list(election.nominees.select_related("member").order_by("pk"))
    table = Table(
        ["序号", "姓名", "性别", "民族", "出生年月", "入党时间", "转正时间", "拟任职务"],
        [
            [
                place, nominee.member.name, nominee.member.get_sex_display(), nominee.member.get_ethnicity_display(),
                f"{nominee.member.birth_on:%Y-%m}" if nominee.member.birth_on else "", nominee.member.joined_on,
                nominee.member.converted_on, nominee.get_office_display(),
            ]
            for place, nominee in enumerate(names, 1)
        ],
        caption="候选人预备人选名册",
        empty="尚未登记候选人",
    )  # fmt: skip
    return f"关于{_word(election)}候选人预备人选的请示", [
        Text(f"根据同意{_word(election)}的批复，经党员酝酿推荐、集体研究，提出候选人预备人选 {len(names)} 名，名册附后。当否，请批复。"),
        table,
    ]  # fmt: skip


def _result(election, on):
    names = list(election.nominees.select_related("member").order_by("pk"))
    chosen = [nominee for nominee in names if nominee.is_elected]
    counts = [
        [("选举日期", _day(election.held_on)), ("应选名额", ballots.places(election, names) or "")],
        [("应到有选举权人数", election.due_count), ("实到有选举权人数", election.attended_count)],
        [("发出选票", election.ballots_issued), ("收回选票", election.ballots_returned)],
        [("有效选票", election.ballots_valid), ("当选人数", len(chosen) if election.held_on else "")],
    ]
    rows = [
        [place, nominee.member.name, nominee.votes, "当选" if nominee.is_elected else "", nominee.get_office_display()]
        for place, nominee in enumerate(names, 1)
    ]
    return f"关于{_word(election)}结果的报告", [
        Text(f"{election.branch.name}于 {_day(election.held_on)}召开党员大会，以无记名投票方式进行了{_word(election)}。现将结果报告如下。"),
        Record(counts, caption="选举情况"),
        Table(["序号", "候选人", "得赞成票", "结果", "职务"], rows, caption="得票和当选情况", empty="尚未登记候选人"),
        Text("以上选举结果，请予审批、备案。"),
        Signatures(["监票人", "计票人"]),
    ]  # fmt: skip
