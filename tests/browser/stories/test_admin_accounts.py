"""管理员: the secretary changes; the new one must choose a password and sees what the old one did."""

import re
import secrets

from playwright.sync_api import expect


def test_a_secretary_is_changed(tell, site, phone):
    old = site.new_branch(4)
    branch = f"中共云岭示范县新设第{len(site.passwords) - 1}学校支部委员会"
    before = tell.by(old)
    tell.go(before, "/meetings/add/?kind=theme_party_day")
    before.get_by_role("button", name="全体到会").click()
    before.locator("#id_topic").fill("交接前的主题党日")
    before.locator("#id_minutes").fill("一、学习。\n二、讨论。")
    before.get_by_role("button", name="提交", exact=True).click()
    before.wait_for_url(re.compile(r"/meetings/\d+/$"))
    record = before.url

    admin = tell.by("gongwei-admin")
    tell.go(admin, f"/settings/accounts/?q={old}")
    admin.locator("main table a").first.click()
    tell.look(admin)
    admin.get_by_role("link", name=re.compile("免职")).click()
    admin.get_by_role("button", name=re.compile("免职")).last.click()
    expect(tell.look(admin).locator("main")).to_contain_text(re.compile("已免|至 20"))
    tell.go(admin, "/settings/accounts/add/")
    name = f"jiren{len(site.passwords)}"
    admin.get_by_label("账号").fill(name)
    admin.get_by_label("姓名").fill("叶知秋")
    admin.get_by_label("党组织").select_option(label=branch)
    admin.get_by_label("岗位").select_option("secretary")
    tell.look(admin, "account")
    tell.save(admin, "开通")
    site.passwords[name] = admin.locator("#password").inner_text().strip()

    after = tell.open_page(phone=phone)
    after.goto(f"{site.url}/sign-in/")
    after.get_by_label("账号").fill(name)
    after.get_by_label("密码", exact=True).fill(site.passwords[name])
    after.get_by_role("button", name="登录").click()
    after.wait_for_url(f"{site.url}/password/")
    after.goto(f"{site.url}/members/")
    after.wait_for_url(f"{site.url}/password/")
    boxes = after.locator("main input[type=password]")
    for number, text in enumerate((site.passwords[name], *[secrets.token_urlsafe(12)] * 2)):
        boxes.nth(number).fill(text)
    tell.save(after, "保存新密码")
    after.goto(record)
    expect(tell.look(after).locator("h1")).to_contain_text("交接前的主题党日")
