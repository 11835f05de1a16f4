"""Where the keyboard stands: it is never thrown back to the top of a page."""

import re


def test_the_keyboard_goes_on_where_a_piece_was_exchanged(site, open_page):
    page = open_page()
    site.sign_in(page, "shuji")
    page.goto(f"{site.url}/meetings/add/?kind=theme_party_day")
    page.locator("#agenda > summary").focus()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="再加几行").focus()
    with page.expect_response(lambda answer: answer.request.method == "POST"):
        page.keyboard.press("Enter")

    page.locator("button[name=more_agenda]:focus").wait_for()


def test_the_first_tab_leads_past_the_menu(site, open_page):
    page = open_page()
    site.sign_in(page, "shuji")
    page.keyboard.press("Tab")
    assert "跳到正文" in page.evaluate("document.activeElement.textContent")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")

    assert page.evaluate("!!document.activeElement.closest('main')")
    assert re.match(r"\d+(\.\d+)?px", page.evaluate("getComputedStyle(document.activeElement).outlineWidth"))
