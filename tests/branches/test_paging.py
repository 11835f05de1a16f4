"""Lists of years of rows: counted as far as people leaf, and the foot says so."""

from datetime import date, timedelta

import pytest
from django.urls import reverse

from branches.paging import LongPaginator
from meetings.models import Meeting
from tests.factories import MeetingFactory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(("rows", "count", "pages", "has_more"), [(0, 0, 1, False), (4, 4, 2, False), (5, 4, 2, True)])
def test_it_counts_to_its_end_and_says_whether_there_is_more(branch, rows, count, pages, has_more, monkeypatch):
    monkeypatch.setattr(LongPaginator, "leafed", 4)
    MeetingFactory.create_batch(rows, branch=branch)

    found = LongPaginator(Meeting.objects.order_by("-held_on", "-pk"), 3)

    assert (found.count, found.num_pages, found.has_more) == (count, pages, has_more)


def test_the_page_says_that_older_ones_are_found_by_filters(branch, secretary, client, monkeypatch):
    monkeypatch.setattr(LongPaginator, "leafed", 2)
    for number in range(3):
        MeetingFactory(branch=branch, held_on=date(2025, 5, 20) - timedelta(days=number), topic=f"第{number}次学习")

    page = client.get(reverse("meetings:list")).content.decode()

    assert "只列最近 2 条，更早的请按条件查找" in page
    assert "第1次学习" in page
    assert "第2次学习" not in page
    assert "第2次学习" in client.get(reverse("meetings:list"), {"q": "第2次"}).content.decode()
