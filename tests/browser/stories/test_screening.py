"""研判: judged at the school, approved by another, put right by the branch, checked and closed."""

import re
import secrets

from playwright.sync_api import expect

from tests.browser.test_visit import FURNISH


def item(page, label):
    return page.locator("fieldset.visit-item", has=page.locator("legend", has_text=label))


def today(page):
    return page.evaluate("new Date().toLocaleDateString('sv')")


def test_from_a_screening_to_its_closure(tell, site, phone):
    secretary = site.new_branch(3)
    branch = f"中共云岭示范县新设第{len(site.passwords) - 1}学校支部委员会"
    username = f"panren{len(site.passwords)}"
    site.passwords[username] = secrets.token_urlsafe(12)
    title = f"研判{username}"
    site.furnish(FURNISH.format(branch=branch, username=username, password=site.passwords[username], title=title))

    assessor = tell.by(username, script=False)
    tell.menu(assessor, "到校研判")
    assessor.get_by_role("link", name=re.compile("去研判")).click()
    assessor.get_by_role("button", name="开始研判").click()
    for label, word in (("组织设置强第2项", "满分"), ("作用发挥好第1项", "一半"), ("作用发挥好第2项", "满分")):
        item(assessor, label).get_by_text(word, exact=True).last.click()
    item(assessor, "作用发挥好第1项").get_by_label(re.compile("说明")).fill("缺两次记录")
    tell.look(assessor, "visit")
    assessor.get_by_role("button", name="判完，去汇总").click()
    assessor.wait_for_url(re.compile("/finish/$"))
    assessor.locator(".raise", has_text="作用发挥好第1项").get_by_role("checkbox").check()
    assessor.get_by_label("到校日期").fill(today(tell.open_page()))
    tell.save(assessor, "提交审定")

    staff = tell.by("gongwei")
    tell.go(staff, f"/branches/approvals/?q={branch[-12:]}")
    staff.get_by_label(f"选中：{branch}").check()
    tell.save(staff, "审定所选")
    tell.menu(staff, "研判反馈")
    if phone:
        staff.get_by_role("link", name=re.compile("筛选")).or_(staff.get_by_text("筛选", exact=True)).first.click()
    staff.get_by_label("研判", exact=True).select_option(label=title)
    staff.get_by_role("button", name="查询").last.click()
    staff.get_by_role("link", name="反馈函", exact=True).click()
    staff.get_by_label("文号（号数以前）").fill(f"云教党函试{username}〔2026〕")
    tell.save(staff, "编号发出所选")
    expect(staff.get_by_text("已发出 1 份反馈函")).to_be_visible()

    own = tell.by(secretary)
    tell.menu(own, "整改")
    own.locator("main table td.lead a").first.click()
    own.get_by_role("link", name="整改措施").first.click()
    own.locator("[name=measure]").fill("每月 25 日前补齐记录，由组织委员核对。")
    own.locator("[name=owner]").fill("组织委员")
    tell.save(own, "保存")
    own.get_by_role("link", name="提交验收").first.click()
    own.locator("[name=done]").fill("两次记录已补登，制度上墙。")
    tell.save(own, "提交验收")
    address = own.url

    staff.goto(address)
    for act in ("验收", "销号"):
        staff.get_by_role("link", name=act, exact=True).click()
        words = staff.locator("[name=words]")
        if words.count():
            words.fill("看了补登的记录，情况属实。")
        staff.locator("button[form=step]").click()
        tell.look(staff)
    tell.look(staff, "rectification")
    expect(staff.locator("main")).to_contain_text("销号")
