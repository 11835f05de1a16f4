"""书记述职评议情况表: who reported, how often it came back, points on the spot, grade, problems and what became of them."""

from collections import defaultdict
from datetime import datetime, time

from assessment import review_ballots as ballots
from assessment.models import SecretaryReviewProblem
from branches.models import Rectification
from office.writer import Workbook

TITLE = "书记述职评议情况表"
HEADERS = ("序号", "书记", "党组织", "报告状态", "发回次数", "现场得分", "等次", "问题", "整改")
WIDTHS = (6, 12, 34, 14, 10, 10, 8, 46, 24)
DONE = (Rectification.State.ACCEPTED, Rectification.State.CLOSED)


def problems_of(reviews):
    """review id → [(problem, its item of 整改 or None)]. Two queries."""
    rows = list(SecretaryReviewProblem.objects.filter(review__in=reviews).order_by("review", "pk"))
    label = SecretaryReviewProblem._meta.label
    items = {
        item.origin_id: item
        for item in Rectification.objects.filter(origin_label=label, origin_id__in=[row.pk for row in rows])
    }
    found = defaultdict(list)
    for row in rows:
        found[row.review_id].append((row, items.get(row.pk)))
    return found


def mended(pairs):
    """整改 of a review in words: 3 件，已验收 2 件."""
    items = [item for _, item in pairs if item]
    done = sum(item.state in DONE for item in items)
    return f"{len(items)} 件，已验收 {done} 件" if items else ""


def as_workbook(reviews, *, organ, on, words=()):
    """The bytes of a workbook with one sheet. The same input, the same bytes."""
    reviews = list(reviews)
    problems = problems_of([review.pk for review in reviews])
    book = Workbook(title=TITLE, created=datetime.combine(on, time()))
    sheet = book.sheet(TITLE)
    sheet.title(TITLE, len(HEADERS))
    line = f"填报单位（盖章）：{organ}　　统计截止日：{on:%Y-%m-%d}　　制表人：　　　　审核人：　　　　联系电话："
    sheet.write(sheet.row, 0, line)
    sheet.row += 1
    if words:
        sheet.write(sheet.row, 0, f"范围：{'　'.join(words)}")
        sheet.row += 1
    sheet.header(HEADERS, WIDTHS)
    for number, review in enumerate(reviews, 1):
        pairs = problems.get(review.pk, [])
        said = "\n".join(f"{place}. {row.problem}" for place, (row, _) in enumerate(pairs, 1))
        sheet.append(
            [
                number, review.person_name, review.branch.name, review.get_state_display(), review.returns or None,
                ballots.points(review, on), ballots.label_of(review.grade, on), said, mended(pairs),
            ],
            text_wrap=True,
        )  # fmt: skip
    return book.close()
