"""A visit on a phone: judged where the line is down, sent when it is back, approved by another, told by a letter."""

import re
import secrets

import pytest
from playwright.sync_api import expect

ANOTHER = "draft:0:/branches/visits/1/"  # what somebody else left on this phone
FURNISH = """
from datetime import timedelta
from decimal import Decimal
from django.utils import timezone
from branches.actions import root
from branches.models import Branch
from tests import factories
today = timezone.localdate()
branch = Branch.objects.get(name="{branch}")
user = factories.UserFactory(username="{username}", name="研判员", must_change_password=False)
user.set_password("{password}")
user.save()
campaign = factories.ScreeningCampaignFactory(
    branch=root(), year=today.year, title="{title}", screens_from=today - timedelta(days=30), screens_until=today + timedelta(days=30),
    rectifies_until=today + timedelta(days=90), reviews_until=today + timedelta(days=90), created_by=user, standard__created_by=user,
    standard__title="{title}",
)
factories.AssignmentFactory(user=user, branch=branch, started_on=today, until=today + timedelta(days=30), created_by=user)
screening = factories.ScreeningFactory(campaign=campaign, branch=branch, assessor=user)
for label in ("组织设置强", "作用发挥好"):
    group = factories.StandardGroupFactory(standard=campaign.standard, label=label)
    for number in (1, 2):
        item = factories.StandardItemFactory(group=group, label=f"{{label}}第{{number}}项", points=5)
        filled = number == 1 and label == "组织设置强"
        factories.ScreeningMarkFactory(
            screening=screening, item=item, points=Decimal("4.50") if filled else None, is_filled=filled,
            seen={{"value": "9", "whole": "10", "model": "", "pks": [], "missing": ["3 月主题党日"], "note": ""}} if filled else {{}},
        )
"""


@pytest.fixture
def phone(browser):
    """A phone with touch. That the line is down is no fault of the page."""
    context = browser.new_context(
        viewport={"width": 360, "height": 780},
        has_touch=True,
        is_mobile=True,
        locale="zh-CN",
        timezone_id="Asia/Shanghai",
    )
    complaints = []
    page = context.new_page()
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on(
        "console",
        lambda message: (
            complaints.append(message.text)
            if message.type == "error" and "ERR_INTERNET_DISCONNECTED" not in message.text
            else None
        ),
    )
    yield page
    context.close()
    assert complaints == []


@pytest.fixture
def sent(site):
    """A new branch, and the sign-in names of its secretary and of somebody who was sent to judge it."""
    secretary = site.new_branch(3)
    branch = f"中共云岭示范县新设第{len(site.passwords) - 1}学校支部委员会"
    username = f"yanpan{len(site.passwords)}"
    site.passwords[username] = secrets.token_urlsafe(12)
    title = f"研判{username}"
    site.furnish(FURNISH.format(branch=branch, username=username, password=site.passwords[username], title=title))
    return secretary, username, branch, title


def item(page, label):
    return page.locator("fieldset.visit-item", has=page.locator("legend", has_text=label))


def choose(page, label, word):
    item(page, label).get_by_text(word, exact=True).tap()


def test_a_visit_without_a_line_and_what_becomes_of_it(site, phone, open_page, sent):
    secretary, assessor, branch, title = sent
    site.sign_in(phone, assessor)
    phone.evaluate(f"localStorage.setItem('{ANOTHER}', '{{}}')")
    phone.goto(f"{site.url}/branches/visits/")
    phone.get_by_role("link", name=re.compile("去研判")).tap()
    phone.get_by_role("button", name="开始研判").tap()
    state = phone.locator("[data-visit-state]")
    expect(phone.locator("[data-visit-count]")).to_have_text("已判 1/4")
    assert phone.evaluate("document.documentElement.scrollWidth") == 360
    assert phone.evaluate(f"localStorage.getItem('{ANOTHER}')") is None, "nothing of another person stays"

    choose(phone, "组织设置强第2项", "满分")
    expect(state).to_contain_text("已提交到系统", timeout=15000)
    phone.context.set_offline(True)
    choose(phone, "作用发挥好第1项", "一半")
    item(phone, "作用发挥好第1项").get_by_label(re.compile("说明")).fill("缺两次记录")
    expect(state).to_contain_text("已存在本机")
    phone.get_by_role("button", name="暂存", exact=True).last.tap()
    expect(state).to_contain_text("联网后自动提交")
    phone.context.set_offline(False)
    expect(state).to_contain_text("已提交到系统", timeout=15000)
    phone.reload()
    expect(phone.locator("[data-visit-count]")).to_have_text("已判 3/4")
    assert item(phone, "作用发挥好第1项").get_by_label(re.compile("说明")).input_value() == "缺两次记录"

    # The browser is closed while the line is down; it is all there when the page is opened again.
    phone.context.set_offline(True)
    choose(phone, "作用发挥好第2项", "自填")
    item(phone, "作用发挥好第2项").get_by_label("得分", exact=True).fill("4.25")
    expect(state).to_contain_text("已存在本机")
    url = phone.url
    phone.goto("about:blank")
    phone.context.set_offline(False)
    phone.goto(url)
    expect(phone.locator("[data-visit-state]")).to_contain_text("已提交到系统", timeout=15000)
    expect(phone.locator("[data-visit-count]")).to_have_text("已判 4/4")
    assert phone.evaluate("Object.keys(localStorage).filter((key) => key.startsWith('draft:')).length") == 0

    phone.get_by_role("button", name="判完，去汇总").tap()
    phone.wait_for_url(re.compile("/finish/$"))
    phone.locator(".raise", has_text="作用发挥好第1项").get_by_role("checkbox").check()
    phone.get_by_label("到校日期").fill(phone.evaluate("new Date().toLocaleDateString('sv')"))
    phone.get_by_role("button", name="提交审定").tap()
    phone.wait_for_url(f"{site.url}/branches/visits/")
    assert "待审定" in phone.locator("main").inner_text()

    desk = open_page()
    site.sign_in(desk, "gongwei")
    desk.goto(f"{site.url}/branches/approvals/?q={branch[-12:]}")
    desk.get_by_label(f"选中：{branch}").check()
    desk.get_by_role("button", name="审定所选").click()
    desk.goto(f"{site.url}/branches/screenings/")
    desk.get_by_label("研判", exact=True).select_option(label=title)
    desk.get_by_role("button", name="查询").click()
    desk.get_by_role("link", name="反馈函", exact=True).click()
    desk.get_by_label("文号（号数以前）").fill(f"云教党函试{assessor}〔2026〕")
    desk.get_by_role("button", name="编号发出所选").click()
    expect(desk.get_by_text("已发出 1 份反馈函")).to_be_visible()

    own = open_page(phone=True)
    site.sign_in(own, secretary)
    own.goto(f"{site.url}/branches/screenings/")
    own.get_by_role("link", name=branch).click()
    text = own.locator("main").inner_text()
    assert "16.25" in text
    assert "缺两次记录" in text
    assert "整改事项" in text
    with own.expect_download() as letter:
        own.get_by_role("link", name="下载 Word").click()
    assert letter.value.suggested_filename.endswith(".docx")
