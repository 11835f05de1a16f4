"""Writing a report: the draft from the records, typing, a file from elsewhere, fresh figures, handing it in."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from accounts import audit
from assessment import review_figures as figures
from assessment import review_terms as terms
from assessment.models import SecretaryReport
from assessment.review_text import KEYS, cut, sections, tidy
from assessment.review_years import person
from assessment.secretary_reviews import locked, moved
from branches.models import Branch
from files.actions import discard, keep, open_file
from files.models import StoredFile
from files.secrecy import refuse_marked
from office.word_text import lines
from rulebook.book import value

LONGEST = 20_000  # signs of one section


@transaction.atomic
def start(review, *, by, on):
    """The report in hand; the first one is drafted from the records as of today."""
    review = locked(review, "write", by)
    known = review.reports.filter(submitted_on=None).first()
    if known:
        return known
    _meet(review, on)
    paragraphs = figures.of(review.branch, review.campaign.year, on=on)
    starters = value("review.starters", on=on) or {}
    report = SecretaryReport(
        review=review, number=1, achievements=figures.draft(paragraphs), shortcomings=starters.get("shortcomings", ""),
        plans=starters.get("plans", ""), filled=figures.kept(paragraphs), filled_on=on, created_by=by,
    )  # fmt: skip
    report.full_clean()
    report.save()
    review.save()
    audit.record("secretary_review.start", review, by=by, figures=len(report.filled))
    return report


def _meet(review, on):
    """Who reports is whoever holds the post now, until the report is in."""
    rows = terms.stretches(Branch.objects.filter(pk=review.branch_id), review.campaign.year).get(review.branch_id, [])
    for name, text in person(rows, review.campaign, on).items():
        setattr(review, name, text)


@transaction.atomic
def save(report, *, texts, version, by):
    """Keep the three sections as typed; half a report may be kept, only a whole one handed in."""
    report = _in_hand(report, by)
    report.claim(version)
    changed = [key for key in KEYS if getattr(report, key) != tidy(texts[key])]
    _put(report, texts)
    report.save()
    audit.record("secretary_review.save", report.review, by=by, number=report.number, changed=changed)
    return report


@transaction.atomic
def save_and_submit(report, *, texts, version, by, on):
    """What was typed is kept and handed in, or neither."""
    report = save(report, texts=texts, version=version, by=by)
    return submit(report, version=report.version, by=by, on=on)


def _put(report, texts):
    labels = {row["key"]: row["label"] for row in sections(timezone.localtime(report.created_at).date())}
    for key in KEYS:
        text = tidy(texts[key])
        try:
            refuse_marked(text, f"“{labels[key]}”")
        except ValidationError as error:
            raise ValidationError({key: error.messages}) from error
        if len(text) > LONGEST:
            raise ValidationError({key: f"这一部分有 {len(text)} 字，最多 {LONGEST} 字。"})
        setattr(report, key, text)
    report.full_clean()


@transaction.atomic
def take_file(report, upload, *, by, on):
    """A report written elsewhere: the file is kept, its words become the three sections."""
    report = _in_hand(report, by)
    before, report.file = report.file, keep(upload, by=by, kinds=[StoredFile.Kind.WORD])
    if report.file.state != StoredFile.State.CLEAN:
        raise ValidationError("文件要先过病毒检查，现在还读不出文字。请稍后再传，或者把文字贴到下面三个框里。")
    _put(report, cut(lines(open_file(report.file)), on))
    report.version += 1
    report.save()
    if before:
        discard(before, by=by)
    audit.record("secretary_review.upload", report.review, by=by, number=report.number, file=report.file_id)
    return report


@transaction.atomic
def refill(report, *, version, by, on):
    """Bring the figures up to date where they still read as they were filled in. Returns (report, how many changed)."""
    report = _in_hand(report, by)
    report.claim(version)
    now = figures.kept(figures.of(report.review.branch, report.review.campaign.year, on=on))
    count = 0
    for key in KEYS:
        text, changed = figures.refreshed(getattr(report, key), report.filled, now)
        setattr(report, key, text)
        count += changed
    report.filled, report.filled_on = now, on
    report.save()
    audit.record("secretary_review.refill", report.review, by=by, number=report.number, changed=count)
    return report, count


@transaction.atomic
def submit(report, *, version, by, on):
    """Hand the report in: all three sections, by whoever is secretary now."""
    report = _in_hand(report, by, act="submit")
    report.claim(version)
    review = report.review
    if on < review.campaign.opens_on:
        raise ValidationError(f"述职评议 {review.campaign.opens_on:%Y-%m-%d} 启动，到那天起再提交。")
    starters = value("review.starters", on=on) or {}
    empty = {
        row["key"]: f"“{row['label']}”还没有写。"
        for row in sections(on)
        if getattr(report, row["key"]) in ("", tidy(starters.get(row["key"], "")))
    }
    if empty:
        raise ValidationError(empty)
    _meet(review, on)
    report.submitted_on, report.submitted_by, report.submitted_at = on, by, timezone.now()
    report.full_clean()
    report.save()
    return moved(review, "submit", by=by, number=report.number)


def _in_hand(report, by, act="write"):
    """The locked report that is being written, with its locked review."""
    review = locked(report.review, act, by)
    report = SecretaryReport.objects.select_for_update(of=("self",)).select_related("file").get(pk=report.pk)
    report.review = review
    if report.submitted_on:
        raise ValidationError("这一稿已经提交，不能再改。")
    return report
