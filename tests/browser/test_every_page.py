"""Every page of every role: fits a phone, names itself, asks nothing of another host (see `open_page`)."""

import pytest

from tests.browser.looked import TOO_WIDE
from tests.browser.pages import PAGES


@pytest.mark.parametrize("phone", [True, False], ids=["360", "1366"])
@pytest.mark.parametrize("username", sorted(PAGES))
def test_pages_fit_and_speak(site, open_page, username, phone):
    page = open_page(phone=phone)
    site.sign_in(page, username)
    for path in PAGES[username]:
        answer = page.goto(site.url + path)
        assert answer.status == 200, path
        width = page.evaluate(TOO_WIDE)
        assert width <= 0, f"{path} is {width} px too wide"
        if phone:
            page.evaluate("document.documentElement.classList.add('large')")
            width = page.evaluate(TOO_WIDE)
            assert width <= 0, f"{path} is {width} px too wide in 大字版"
        assert page.locator("h1").count() == 1, path
        assert page.evaluate("document.documentElement.lang") == "zh-CN"
        unnamed = page.evaluate(
            """() => [...document.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea")]
               .filter((e) => !(e.textContent.trim() || e.getAttribute("aria-label") || e.getAttribute("aria-labelledby")
                 || e.title || (e.labels && e.labels.length) || e.getAttribute("alt"))).map((e) => e.outerHTML.slice(0, 120))"""
        )
        assert unnamed == [], path
