"""Pages travel compressed for slow lines; files do not, and the length of a page tells nobody what stands in it."""

import gzip

import pytest
from django.http import HttpResponse
from django.test import RequestFactory

from accounts.middleware import LighterPages

PAGE, SHEET = "text/html; charset=utf-8", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
WORDS = "支部党员大会一般每季度召开一次。" * 200


def answered(media_type, accepts="gzip", path="/"):
    send = LighterPages(lambda request: HttpResponse(WORDS, content_type=media_type))
    return send(RequestFactory().get(path, headers={"Accept-Encoding": accepts}))


def test_a_page_is_small_on_the_line_and_whole_in_the_browser():
    answer = answered(PAGE)

    assert answer.headers["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in answer.headers["Vary"]
    assert len(answer.content) < len(WORDS.encode()) / 10
    assert gzip.decompress(answer.content).decode() == WORDS


@pytest.mark.parametrize(("media_type", "accepts"), [(SHEET, "gzip"), (PAGE, "identity")], ids=["file", "not asked"])
def test_files_and_who_cannot_read_it_get_it_plain(media_type, accepts):
    assert answered(media_type, accepts).content == WORDS.encode()


def test_the_same_page_has_many_lengths():
    assert len({len(answered(PAGE).content) for _ in range(40)}) > 5


@pytest.mark.django_db
def test_the_portal_does_so(client):
    answer = client.get("/sign-in/", headers={"Accept-Encoding": "gzip"})

    assert answer.headers["Content-Encoding"] == "gzip"
    assert "登录" in gzip.decompress(answer.content).decode()
