"""A report as a Word document: the three sections, and a footnote behind every figure that reads as it was filled in."""

from assessment.review_figures import placed
from assessment.review_text import sections
from office.paper import Heading, Noted, Paper, Text

FOOTER = "带脚注的数字由系统记录统计；“〔未登记〕”处系统没有查到记录　非涉密"


def paper(report, *, on):
    """The report as it stands; what is not handed in yet is marked as a draft. The same rows, the same bytes."""
    review, day = report.review, report.submitted_on or on
    post = f"{review.branch.name}书记　{review.person_name}"
    blocks = [Text(post, align="center"), *([Text(f"（{review.split}）", align="center")] if review.split else [])]
    for row in sections(report.submitted_on or on):
        blocks.append(Heading(row["label"]))
        text = getattr(report, row["key"])
        pieces = [Noted(words, note) if note else words for words, _, note in placed(text, report.filled)]
        blocks.append(Text(pieces) if pieces else Text("〔还没有写〕"))
    return Paper(
        f"{review.campaign.year}年度\n抓基层党建工作述职报告", dated=day, organ=review.branch.name, signer=f"述职人　{review.person_name}",
        is_draft=report.submitted_on is None, footer=FOOTER, blocks=blocks,
    )  # fmt: skip
