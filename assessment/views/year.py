"""What the pages of a year share."""

from django.http import Http404
from django.utils import timezone

from assessment import scoring

FIRST_YEAR = 2000
AT_ONCE = 300  # branches whose workbook is made while one waits


def checked(year):
    """The year, or 404 for one that nobody can have graded."""
    if not FIRST_YEAR <= year <= timezone.localdate().year + 1:
        raise Http404
    return year


def looked_at(year):
    """The day on which a page looks at a year."""
    return scoring.last_day(year, timezone.localdate())
