"""工委: Monday morning, from who is behind to a 通报 that the leader signs and the branches receive."""

import re

from playwright.sync_api import expect


def test_monday_from_the_call_list_to_a_signed_bulletin(tell, site, phone):
    staff = tell.by("gongwei")
    tell.look(staff, "staff-home")
    tell.menu(staff, "应办事项")
    tell.menu(staff, "催办单")
    tell.look(staff, "urge")
    expect(staff.locator("h1")).to_have_text("催办单")
    behind = staff.locator("#sheet td.lead a").first
    name = behind.inner_text()
    behind.click()
    expect(tell.look(staff).locator("body")).to_contain_text(name)
    tell.go(staff, "/reminders/calls/")
    assert not re.search(r"(?<!\d)1\d{10}(?!\d)", staff.locator("main").inner_text()), (
        "numbers are masked until asked for"
    )
    staff.locator("[name=reason]").fill("催办逾期事项")
    staff.locator("[name=password]").fill(site.passwords["gongwei"])
    tell.save(staff, "显示完整号码")
    expect(staff.locator("main")).to_contain_text("已记入操作记录")

    tell.go(staff, "/reminders/bulletins/")
    period = staff.get_by_label("哪一期")
    period.select_option(index=period.locator("option").count() - 1 if phone else 3)  # nobody has drafted these
    tell.save(staff, "起草")
    tell.look(staff, "bulletin")
    address, title = staff.url, staff.locator("h1").inner_text()
    expect(staff.locator("main")).to_contain_text("完成率")
    assert staff.get_by_role("button", name="签发").count() == 0, "who drafts does not sign"

    leader = tell.by("lingdao")
    leader.goto(address)
    tell.look(leader)
    tell.save(leader, "签发")
    expect(leader.locator("main")).to_contain_text(re.compile("签发"))
    staff.reload()
    tell.save(staff, "发给各党组织")
    own = tell.by("shuji")
    tell.go(own, "/duties/notices/")
    expect(own.locator("main")).to_contain_text(title)
