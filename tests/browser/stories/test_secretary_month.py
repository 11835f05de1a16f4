"""书记: the 主题党日 in a minute and a half, and a whole month without a mouse."""

import re
import time

from playwright.sync_api import expect

SECONDS = 90
ACTIVE = """() => { const e = document.activeElement; return (e.getAttribute("aria-label")
  || (e.labels && e.labels.length ? [...e.labels].map((l) => l.textContent).join(" ") : e.textContent) || "").trim() }"""
FURTHEST = 250  # keys until something is reached


def duty(page, name):
    return page.locator("li.duty", has=page.locator(".name", has_text=name)).first


def done(page, name):
    """The same among what is done, which stands folded below."""
    folded = page.locator("details", has=page.locator("summary", has_text="已办的"))
    return folded.locator("li.duty", has=page.locator(".name", has_text=name)).first


def test_a_theme_party_day_within_ninety_seconds(tell, site):
    page = tell.by(site.new_branch(12))
    tell.look(page, "secretary-home")
    begun = time.monotonic()
    duty(page, "主题党日").get_by_role("link", name=re.compile("登记")).click()
    page.get_by_role("button", name="四项都做了").click()
    page.get_by_role("button", name="全体到会").click()
    page.get_by_label("主题", exact=True).fill("教室里的示范岗")
    page.locator("#id_minutes").fill("一、唱国歌。\n二、重温入党誓词。\n三、讨论示范岗。")
    tell.look(page, "meeting-form")
    page.get_by_role("button", name="提交", exact=True).click()
    page.wait_for_url(re.compile(r"/meetings/\d+/$"))
    assert time.monotonic() - begun < SECONDS
    tell.look(page, "meeting-done")
    expect(page.locator("main")).to_contain_text("应到 12，实到 12")

    tell.go(page, "/")
    expect(done(page, "主题党日")).to_contain_text("已办")
    tell.go(page, "/duties/")
    tell.look(page, "duties")


class Keys:
    """A person without a mouse: Tab, Enter, Space and typing; what is reached is what the page gives the focus."""

    def __init__(self, page):
        self.page = page

    def to(self, pattern):
        for _ in range(FURTHEST):
            self.page.keyboard.press("Tab")
            if re.search(pattern, self.page.evaluate(ACTIVE)):
                return self
        raise AssertionError(f"{self.page.url}: {pattern} is not reached by Tab")

    def press(self, key="Enter"):
        self.page.keyboard.press(key)
        return self

    def type(self, text):
        self.page.keyboard.insert_text(text)
        return self

    def opens(self, pattern):
        self.page.wait_for_url(re.compile(pattern))
        self.page.wait_for_load_state("networkidle")
        return self

    def leaves(self, part):
        self.page.wait_for_url(lambda url: part not in url)
        self.page.wait_for_load_state("networkidle")
        return self


def test_a_secretarys_month_by_keyboard_alone(tell, site, phone):
    username = site.new_branch(6)
    page = tell.open_page(phone=phone)
    page.goto(f"{site.url}/sign-in/")
    keys = Keys(page)
    keys.to("账号").type(username).to("密码").type(site.passwords[username]).press().opens(f"{site.url}/$")

    keys.to("跳到正文").press().to("填报.*意识形态").press().opens("/file/$")
    keys.to("^无$").press("Space").to("^填报$").press().leaves("/file/")
    tell.go(page, "/")
    keys.to("填报.*调度").press().opens("/file/$")
    keys.to("要点").type("照要点办了两件。").to("下月").type("开学后续办。").to("^填报$").press().leaves("/file/")
    tell.go(page, "/")
    keys.to("登记.*主题党日").press().opens("/meetings/add/")
    keys.to("四项都做了").press().to("全体到会").press()
    page.wait_for_load_state("networkidle")
    page.locator("#id_topic").focus()  # the fragment that came gave the focus back to the page
    keys.type("家访前的一课").to("^记录(?!本)").type("一、学习。\n二、讨论。").to("^提交$").press().opens(
        r"/meetings/\d+/$"
    )
    expect(page.locator("main")).to_contain_text("家访前的一课")

    tell.go(page, "/")
    for name in ("意识形态月报", "一月一调度", "主题党日"):
        expect(done(page, name)).to_contain_text("已办")
