"""The schemes of the invented county: published year by year for both kinds, and a draft for the next year to be tried."""

from datetime import UTC, date, datetime

from assessment import drafting
from assessment import scheme as schemes
from assessment.models import Scheme

ISSUED = (3, 10)  # the month and day on which a year's scheme is issued
NEXT = {  # what the draft of the next year tries: attendance is asked for more strictly, dues by a line
    "AT5": {"clause": "各类会议实到合计除以应到合计；达到 95% 得满分，75% 及以下不得分，之间按比例得分。", "full": 0.95, "zero": 0.75},
    "PF4": {
        "clause": "按时缴纳月数占应缴月数达到 98% 得满分，85% 及以下不得分，之间按比例得分。", "by": "linear", "full": 0.98, "zero": 0.85,
    },
}  # fmt: skip


def build(county):
    """Bulk: one row a year and kind."""
    staff = county.users["gongwei"]
    content = next_year(county.years[1] + 1)
    rows = [
        Scheme(year=content["year"], kind=Scheme.Kind.BRANCH, title=content["title"], content=content, created_by=staff)
    ]
    for year in sorted((*county.past, *county.years)):
        day = min(date(year, *ISSUED), county.today)
        for kind in Scheme.Kind:
            content = schemes.frozen(year, kind)
            county.numbers[year] = county.numbers.get(year, 0) + 1
            rows.append(
                Scheme(
                    year=year, kind=kind, title=content["title"], content=content, state=Scheme.State.PUBLISHED,
                    number=f"云岭教工委〔{year}〕{county.numbers[year]}号", created_by=staff, published_by=staff,
                    published_at=datetime(day.year, day.month, day.day, 2, tzinfo=UTC),
                )
            )  # fmt: skip
    Scheme.objects.bulk_create(rows)


def next_year(year):
    """The draft: the last scheme with two items changed."""
    content = schemes.frozen(year)
    for code, changed in NEXT.items():
        item = drafting.item_of(content, code)
        item["clause"] = changed["clause"]
        item["parts"][0] |= {name: value for name, value in changed.items() if name != "clause"}
    return content
