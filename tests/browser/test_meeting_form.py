"""The meeting form in Chromium: few taps, votes judged beside, and nothing lost when the signal is."""

import re

import pytest
from playwright.sync_api import expect

MINUTES = "一、唱国歌，重温入党誓词。\n二、学习师德师风建设要求。\n三、六名同志谈体会。\n四、布置暑期家访。"


class Taps:
    """Counts what a finger does; typing is no tap."""

    def __init__(self, page):
        self.page, self.count = page, 0

    def on(self, place):
        self.count += 1
        place.scroll_into_view_if_needed()
        place.tap()

    def write(self, place, text):
        self.on(place)
        self.page.keyboard.insert_text(text)


@pytest.fixture(scope="session")
def thirty(site):
    """A secretary whose branch has thirty members."""
    return site.new_branch(30)


@pytest.fixture
def phone(browser):
    """A phone with touch; what the browser complains about fails the test, but that the line is down."""
    context = browser.new_context(
        viewport={"width": 360, "height": 780}, has_touch=True, is_mobile=True, locale="zh-CN",
        timezone_id="Asia/Shanghai",
    )  # fmt: skip
    complaints = []
    page = context.new_page()
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    yield page
    context.close()
    assert complaints == []


def test_a_theme_party_day_in_twelve_taps(site, phone, record_property):
    """From the signed-in home: thirty on the roll, two absent, the four forms, four lines of minutes."""
    site.sign_in(phone, site.new_branch(30))  # its own: the other stories hand in records of theirs
    taps = Taps(phone)
    duty = phone.locator("li.duty", has=phone.locator(".name", has_text="主题党日")).first
    taps.on(duty.get_by_role("link", name=re.compile("登记")))
    phone.wait_for_url(re.compile("/meetings/add/"))
    rows = phone.locator("[data-roll] li")
    assert rows.count() == 30
    taps.on(phone.get_by_role("button", name="四项都做了"))
    taps.on(phone.get_by_role("button", name="全体到会"))
    taps.on(phone.locator("[data-roll] summary"))
    for number in (2, 20):
        taps.on(rows.nth(number).get_by_text("缺席", exact=True))
    taps.write(phone.locator("#id_topic"), "教室里的示范岗")
    taps.write(phone.locator("#id_minutes"), MINUTES)
    taps.on(phone.get_by_role("button", name="提交", exact=True))
    phone.wait_for_url(re.compile(r"/meetings/\d+/$"))

    text = phone.locator("main").inner_text()
    assert "应到 30，实到 28" in text
    assert "唱国歌" in text
    record_property("taps", taps.count)
    assert taps.count <= 12


@pytest.fixture
def form(site, phone, thirty):
    """open(query) → the form, on the phone of the secretary of thirty."""
    site.sign_in(phone, thirty)

    def open_(query="?kind=theme_party_day"):
        phone.goto(f"{site.url}/meetings/add/{query}")
        phone.wait_for_load_state("networkidle")
        return phone

    return open_


def fold(page, name):
    part = page.locator(f"details#{name}")
    if part.get_attribute("open") is None:
        part.locator("> summary").click()


def test_a_vote_is_judged_while_it_is_typed(form):
    page = form("?kind=members_meeting")
    fold(page, "votes")
    page.locator("#id_vote-0-title").fill("通过年度计划")
    page.locator("#id_vote-0-present").fill("20")
    page.locator("#id_vote-0-in_favour").fill("15")
    page.locator("#id_vote-0-in_favour").press("Tab")
    page.locator("#vote-0-verdict", has_text="得赞成 15 票，没有通过").wait_for()
    page.locator("#id_vote-0-in_favour").fill("16")
    page.locator("#id_vote-0-in_favour").press("Tab")
    page.locator("#vote-0-verdict", has_text="得赞成 16 票，通过").wait_for()

    page.locator("#id_vote-0-rule").select_option("election")
    assert page.locator("#id_vote-0-in_favour").is_hidden()
    page.locator("#id_vote-0-present").fill("24")
    page.locator("#id_vote-0-seats").fill("1")
    page.locator("#id_vote-0-name-0-name").fill("柳青")
    page.locator("#id_vote-0-name-0-votes").fill("20")
    page.locator("#id_vote-0-name-0-votes").press("Tab")
    page.locator("#vote-0-verdict", has_text="20 票，当选").wait_for()
    page.get_by_role("button", name="再加几名候选人").click()
    page.locator("#id_vote-0-name-6-name").wait_for()
    assert page.locator("#id_vote-0-name-0-name").input_value() == "柳青"


def test_the_agenda_opens_with_its_kind_and_grows(form):
    page = form("?kind=theme_party_day")
    assert page.locator("details#agenda").get_attribute("open") is None
    page.locator("[name=kinds][value=members_meeting]").check()
    page.locator("#id_agenda-0-title").wait_for()
    assert page.locator("#id_agenda-0-kind").input_value() == "first"
    page.locator("#id_agenda-0-title").fill("学习重要讲话")
    page.get_by_role("button", name="再加几行").click()
    page.locator("#id_agenda-5-title").wait_for()
    assert page.locator("#id_agenda-0-title").input_value() == "学习重要讲话"
    width = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert width <= 0


def test_last_months_agenda_serves_again(site, form):
    page = form("?kind=committee_meeting&on=2026-01-05")
    page.locator("#id_topic").fill("一月支委会")
    page.locator("#id_place").fill("党员活动室")
    page.locator("#id_agenda-2-title").fill("研究本月工作")
    for name in ("due_count", "attended_count"):
        page.locator(f"#id_{name}").fill("3")
    page.get_by_role("button", name="存草稿").last.click()
    page.wait_for_url(re.compile(r"/meetings/\d+/$"))

    page = form("?kind=committee_meeting&on=2026-02-05")
    page.locator("#id_place").fill("")
    page.get_by_role("button", name=re.compile("套用 1 月 5 日的议题")).click()
    expect(page.locator("#id_agenda-0-title")).to_have_value("研究本月工作")
    expect(page.locator("#id_place")).to_have_value("党员活动室")


def test_what_was_typed_waits_on_the_device(site, form):
    page = form()
    page.locator("#id_topic").fill("写了一半")
    page.locator("#id_minutes").fill(MINUTES)
    page.locator("#id_host").fill("某某")
    page.locator("[data-device-state]", has_text=re.compile(r"已存在本机 \d\d:\d\d，还没有提交")).wait_for()
    stored = page.evaluate("JSON.stringify(localStorage)")
    assert "写了一半" in stored
    assert "某某" not in stored, "no names of persons"

    page = form()
    page.get_by_role("button", name="恢复本机上的内容").wait_for()
    assert page.locator("#id_topic").input_value() == ""
    page.get_by_role("button", name="恢复本机上的内容").click()
    assert page.locator("#id_topic").input_value() == "写了一半"
    assert page.locator("#id_minutes").input_value() == MINUTES

    page.get_by_role("button", name="全体到会").click()
    page.get_by_role("button", name="存草稿").last.click()
    page.wait_for_url(re.compile(r"/meetings/\d+/$"))
    assert page.evaluate("Object.keys(localStorage).filter((key) => key.startsWith('draft:')).length") == 0, (
        "saved: gone"
    )


def test_what_nobody_wants_goes(form):
    page = form()
    page.locator("#id_topic").fill("不要的")
    page.locator("[data-device-state]", has_text="已存在本机").wait_for()
    page = form()
    page.get_by_role("button", name="不要了").click()
    page = form()
    assert page.get_by_role("button", name="恢复本机上的内容").is_hidden()


def test_it_goes_when_the_person_signs_out(site, form):
    page = form()
    page.locator("#id_topic").fill("共用的手机")
    page.locator("[data-device-state]", has_text="已存在本机").wait_for()
    page.locator(".who-menu > summary").click()
    page.get_by_role("button", name="退出登录").click()
    page.wait_for_url(re.compile("/sign-in/"))

    assert "共用的手机" not in page.evaluate("JSON.stringify(localStorage)")


def test_without_a_line_it_says_so_and_offers_again(form):
    page = form()
    page.get_by_role("button", name="全体到会").click()
    page.wait_for_load_state("networkidle")
    page.locator("#id_topic").fill("山里的主题党日")
    page.context.set_offline(True)
    page.get_by_role("button", name="提交", exact=True).click()
    page.locator("#device", has_text="现在没有网络，没有交上去").wait_for()
    assert page.locator("#id_topic").input_value() == "山里的主题党日"
    assert "山里的主题党日" in page.evaluate("JSON.stringify(localStorage)")

    page.context.set_offline(False)
    page.get_by_role("button", name="现在提交").click()
    page.wait_for_url(re.compile(r"/meetings/\d+/$"))
    assert "山里的主题党日" in page.locator("h1").inner_text()


def test_papers_fit_and_print(form):
    page = form("?kind=members_meeting&kind=org_life_meeting")
    page.locator("#id_topic").fill("换届选举")
    fold(page, "votes")
    page.locator("#id_vote-0-rule").select_option("election")
    for name, value in (
        ("title", "选举支委"),
        ("present", "28"),
        ("seats", "3"),
        ("ballots_out", "28"),
        ("ballots_back", "28"),
    ):
        page.locator(f"#id_vote-0-{name}").fill(value)
    for place, name in enumerate(["柳青", "谷雨", "杜衡", "石兰"]):
        page.locator(f"#id_vote-0-name-{place}-name").fill(name)
    page.get_by_role("button", name="存草稿").last.click()
    page.wait_for_url(re.compile(r"/meetings/\d+/$"))
    detail = page.url
    for paper, sheets in (("签到表", 1), ("测评票", 1), ("选票", 7), ("计票单", 1)):
        page.goto(detail)
        page.get_by_role("link", name=re.compile(paper)).first.click()
        page.locator(".sheet-page").wait_for()
        assert page.locator("h1").count() == 1
        width = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert width <= 0, paper
        assert pages_of(page.pdf(prefer_css_page_size=True)) == sheets, paper


def pages_of(pdf):
    return len(re.findall(rb"/Type\s*/Page\b(?!s)", pdf))
