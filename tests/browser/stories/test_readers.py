"""督查 follows a figure to the record and changes nothing; 纪检 has its own few pages."""

import re

from playwright.sync_api import expect


def test_an_inspector_goes_from_a_figure_to_the_record(tell):
    page = tell.by("ducha")
    tell.menu(page, "量化考核")
    page.locator("main table a[href*='/assessment/']").first.click()
    tell.look(page, "score")
    expect(page.locator("main")).to_contain_text("还可得")
    tell.go(page, "/duties/")
    tell.menu(page, "组织生活")
    page.locator("main table a[href^='/meetings/']").first.click()
    page.wait_for_url(re.compile(r"/meetings/\d+/$"))
    tell.look(page)
    for act in ("修改", "通过", "退回", "删除"):
        assert page.get_by_role("link", name=act, exact=True).count() == 0
        assert page.get_by_role("button", name=act, exact=True).count() == 0
    for closed in ("/branches/screenings/", "/reminders/ladder/", "/imports/"):
        assert page.request.get(f"{tell.site.url}{closed}").status == 403


def test_discipline_sees_its_own_pages_only(tell):
    page = tell.by("jijian")
    tell.menu(page, "党纪处分")
    tell.menu(page, "廉政风险点")
    tell.menu(page, "党员")
    page.locator("main table td.lead a").first.click()
    tell.look(page)
    assert not re.search(r"\d{17}[\dX]", page.locator("main").inner_text()), "the ID number is masked"
    menu = [link.inner_text().strip() for link in page.locator("#menu a").all()]
    assert not {"组织生活", "量化考核", "发展党员", "整改"} & {*menu}
    for closed in ("/meetings/", "/assessment/", "/recruitment/", "/branches/rectifications/"):
        assert page.request.get(f"{tell.site.url}{closed}").status == 403
