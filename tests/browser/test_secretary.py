"""The main job of a branch secretary: on a phone without script, and what was typed stays."""

import re


def test_a_secretary_registers_the_theme_party_day_on_a_phone_without_script(site, open_page):
    page = open_page(phone=True, script=False)
    site.sign_in(page, site.new_branch(12))
    duty = page.locator("li.duty", has=page.locator(".name", has_text="主题党日")).first
    assert "待办" in duty.inner_text() or "还差" in duty.inner_text()

    duty.get_by_role("link", name=re.compile("登记")).click()
    assert page.get_by_label("主题党日").first.is_checked()
    page.get_by_role("button", name="全体到会").click()
    rows = page.locator("[data-roll] li")
    due = rows.count()
    assert page.locator('input[value="present"]:checked').count() == due, "the server marked everybody present"
    for number in (0, 1):
        if not rows.nth(number).is_visible():
            page.locator("[data-roll] summary").click()
        rows.nth(number).get_by_text("缺席", exact=True).click()
    page.locator("#id_topic").fill("教室里的示范岗")
    page.locator("#id_minutes").fill("一、唱国歌。\n二、重温入党誓词。\n三、缴纳党费。\n四、讨论示范岗。")
    page.get_by_role("button", name="提交", exact=True).click()

    page.wait_for_url(re.compile(r"/meetings/\d+/$"))
    assert f"{due - 2}" in page.locator("main").inner_text()
    page.goto(site.url)
    page.locator("summary", has_text="已办的").click()
    duty = page.locator("li.duty", has=page.locator(".name", has_text=re.compile(r"^\s*主题党日")))
    assert "已办" in duty.inner_text()


def test_the_theme_party_day_takes_five_taps_on_a_phone(site, open_page):
    """The way that the ninety seconds allow: kind, day, place and host stand there already."""
    page = open_page(phone=True)
    site.sign_in(page, site.new_branch(12))
    taps = []

    def tap(target, text=""):
        taps.append(target)
        target.click()
        page.keyboard.type(text)

    tap(page.get_by_role("navigation", name="常用").get_by_role("link", name=re.compile("登记会议")))
    assert page.get_by_label("主题党日").first.is_checked()
    tap(page.locator("#id_topic"), "教室里的示范岗")
    tap(page.get_by_role("button", name="全体到会"))
    tap(page.locator("#id_minutes"), "一、缴纳党费。二、讨论示范岗。")
    tap(page.get_by_role("button", name="提交", exact=True))

    page.wait_for_url(re.compile(r"/meetings/\d+/$"))
    assert len(taps) == 5


def test_what_was_typed_stays_when_something_is_missing(site, open_page):
    page = open_page(phone=True)
    site.sign_in(page, "zhiwei")
    page.get_by_role("link", name=re.compile("登记会议")).first.click()
    page.get_by_label("党课").first.check()
    page.locator("#id_minutes").fill("先写了四行")
    page.get_by_role("button", name="提交", exact=True).click()

    assert page.locator("[data-errors]").is_visible()
    assert page.locator("#id_minutes").input_value() == "先写了四行"
    assert page.get_by_label("党课").first.is_checked()
