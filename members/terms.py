"""换届到期一览 (domain-rules §10, number 5): when each leadership expires, what has been done about it, which seats are empty."""

from collections import Counter
from datetime import datetime, time

from django.db.models import F, OuterRef, Subquery

from branches.models import Term
from members import elections, vacancies
from members.models import Election, ElectionStep, TermExtension
from office.writer import Workbook
from rulebook.book import value

HEADERS = ["序号", "党组织", "届次", "上次换届", "届满", "距今天数", "提醒", "请示", "批复", "延期", "补选缺额"]
WIDTHS = (5, 38, 8, 12, 12, 9, 12, 24, 24, 20, 20)
OVERDUE, UNKNOWN, VACANT, EXTENDED = "overdue", "unknown", "vacant", "extended"


def notice_days(on):
    """180, 90, 60, 30: how many days ahead an expiry is pointed at."""
    return sorted(value("election.notice_days", on=on), reverse=True)


def electing(branches, on):
    """Of these the organisations at work that elect their leadership, each with `began` and `expires_on` of its term."""
    serving = Term.objects.filter(branch=OuterRef("pk"), started_on__lte=on).order_by("-started_on")
    return (
        branches.at_work(on)
        .filter(kind__in=elections.ELECTING)
        .select_related("parent")
        .annotate(
            began=Subquery(serving.values("started_on")[:1]), expires_on=Subquery(serving.values("expires_on")[:1])
        )
    )


def by_expiry(branches):
    """The soonest first; those whose expiry nobody entered stand last."""
    return branches.order_by(F("expires_on").asc(nulls_last=True), "order", "pk")


def narrowed(branches, state, on):
    """Only those in a state of the list's filter: overdue, within so many days, unknown, with an empty seat, extended."""
    if state == OVERDUE:
        return branches.filter(expires_on__lt=on)
    if state == UNKNOWN:
        return branches.filter(expires_on=None)
    if state == EXTENDED:
        return branches.filter(pk__in=TermExtension.objects.filter(until__gte=on).values("term__branch"))
    if state == VACANT:
        return branches.filter(pk__in=vacancies.found(Term.objects.filter(branch__in=branches.values("pk")), on))
    return branches.filter(expires_on__range=(on, on + int(state) * vacancies.DAY))


def level(expires_on, on, notices):
    """(sign, words) of an expiry, or None while it is far off or unknown."""
    if expires_on is None:
        return None
    left = (expires_on - on).days
    if left < 0:
        return "miss", f"逾期 {-left} 天"
    within = min((days for days in notices if left <= days), default=None)
    return None if within is None else ("late" if within < max(notices) else "wait", f"{within} 天内届满")


def rows(branches, on):
    """A finished row per organisation of `electing`. The queries do not depend on their number."""
    branches, notices = list(branches), notice_days(on)
    pks = [branch.pk for branch in branches]
    terms = Term.objects.filter(branch__in=pks)
    serving = {term.branch_id: term for term in terms.on(on)}
    numbers = Counter(terms.filter(started_on__lte=on).order_by().values_list("branch", flat=True))
    empty = vacancies.found(terms, on)
    extended = {row.term_id: row for row in TermExtension.objects.filter(term__in=serving.values())}
    files = {row.branch_id: row for row in Election.objects.open().filter(branch__in=pks)}
    papers = {}
    for step in ElectionStep.objects.filter(election__in=files.values()):
        papers.setdefault(step.election_id, {})[step.key] = step
    found = []
    for branch in branches:
        term, election = serving.get(branch.pk), files.get(branch.pk)
        steps = papers.get(election.pk, {}) if election else {}
        found.append(
            {
                "branch": branch, "term": term, "number": numbers[branch.pk], "election": election,
                "days": (term.expires_on - on).days if term and term.expires_on else None,
                "level": level(term.expires_on, on, notices) if term else None,
                "request": steps.get(ElectionStep.Key.REQUEST), "reply": steps.get(ElectionStep.Key.REPLY),
                "extension": extended.get(term.pk) if term else None, "vacancy": empty.get(branch.pk),
            }
        )  # fmt: skip
    return found


def workbook(found, *, on, organ, words=()):
    """The list as filtered, to print and sign; the same rows give the same bytes."""
    title = "换届到期一览表"
    book = Workbook(title=title, created=datetime.combine(on, time()))
    sheet = book.sheet("换届到期一览")
    sheet.title(title, len(HEADERS))
    line = f"填报单位（盖章）：{organ}　　统计截止日：{on:%Y-%m-%d}　　制表人：　　　　审核人：　　　　联系电话："
    sheet.write(sheet.row, 0, line)
    sheet.row += 1
    if words:
        sheet.write(sheet.row, 0, f"范围：{'　'.join(words)}")
        sheet.row += 1
    sheet.header(HEADERS, WIDTHS)
    first = sheet.row - 1
    for place, row in enumerate(found, 1):
        term, extension = row["term"], row["extension"]
        sheet.append(
            [
                place, row["branch"].name, f"第 {row['number']} 届" if row["number"] else "", term and term.started_on,
                term and term.expires_on, row["days"], row["level"][1] if row["level"] else "", _paper(row["request"]),
                _paper(row["reply"]), f"由 {extension.before:%Y-%m-%d} 延期（{extension.number}）" if extension else "",
                _empty(row["vacancy"], on),
            ]
        )  # fmt: skip
    sheet.filter(first, max(first, sheet.row - 1), len(HEADERS))
    sheet.write(sheet.row, 0, "届次按本系统登记的届数；请示、批复是正在办理的这一次换届的。")
    return book.close()


def _paper(step):
    return f"{step.done_on:%Y-%m-%d} {step.number}".strip() if step else ""


def _empty(vacancy, on):
    if not vacancy:
        return ""
    return f"{vacancy.words}（{f'{vacancy.since:%Y-%m-%d} 起，{vacancy.days(on)} 天' if vacancy.since else '何时起未登记'}）"
