"""A person's whole road into the Party: the secretary on a phone, those above at the desk, three years of days between them."""

import re
import secrets
import zipfile

import pytest
from playwright.sync_api import expect

from office import word_form
from recruitment.documents import NOT_OWED, documents
from tests import migrated
from tests.browser.site import serving

PERSON = "何景明"
PEOPLE = {  # who acts → where the person serves, the post
    "secretary": ("branch", "SECRETARY"),
    "general": ("general", "COMMITTEE"),
    "committee": ("committee", "COMMITTEE"),
    "staff": ("county", "STAFF"),
    "inspector": ("county", "INSPECTOR"),
}
COUNTY = """
from branches.actions import root
from branches.models import Branch
from branches.rights import Role
from tests import factories
county = root()
committee = factories.BranchFactory(committee=True, name="中共云岭示范县第一中学委员会")
general = factories.BranchFactory(kind=Branch.Kind.GENERAL, stage="", parent=committee, name="中共云岭示范县第一中学高中部总支部委员会")
branch = factories.BranchFactory(parent=general, name="中共云岭示范县第一中学高一年级支部委员会")
factories.MemberFactory.create_batch(6, branch=branch)
for username, place, role in {people}:
    user = factories.UserFactory(
        username=username, name="某同志", serving=locals()[place], role=Role[role], must_change_password=False
    )
    user.set_password({passwords}[username])
    user.save()
"""
OPINIONS = {f"opinion_{who}": "同意" for who in ("group", "mentor", "members", "masses")}


@pytest.fixture(scope="module")
def site(tmp_path_factory, chromium_path):
    """A county of one branch, whose clock the story sets: no demo county, whose days are those of today."""
    folder = tmp_path_factory.mktemp("road")
    with serving(folder, size=0, template=migrated.template(), application="tests.browser.clock:application") as found:
        found.folder = folder
        found.passwords = {username: secrets.token_urlsafe(12) for username in PEOPLE}
        people = [(username, *place) for username, place in PEOPLE.items()]
        found.furnish(COUNTY.format(people=people, passwords=found.passwords))
        yield found


class Walk:
    """The pages of those who act, each signed in once a day."""

    def __init__(self, site, open_page):
        self.site, self.open_page = site, open_page
        self.pages, self.present, self.pk = {}, set(), None
        self.fresh = None  # the page that shows the road as the last step left it

    def on(self, day):
        self.fresh = None
        (self.site.folder / "clock").write_text(day)
        self.present.clear()

    def by(self, username):
        if username not in self.pages:
            self.pages[username] = self.open_page(phone=username == "secretary")
        page = self.pages[username]
        if username not in self.present:
            self.present.add(username)
            wish = f"/recruitment/{self.pk}/" if self.pk else "/recruitment/"
            page.goto(f"{self.site.url}/sign-in/?next={wish}")
            page.get_by_label("账号").fill(username)
            page.get_by_label("密码", exact=True).fill(self.site.passwords[username])
            page.get_by_role("button", name="登录").click()
            page.wait_for_url(self.site.url + wish)
            fits(page)
            self.fresh = page if self.pk else None
        return page

    def road(self, username):
        """The road as it now is; a step leaves its page on the road."""
        page, url = self.by(username), f"{self.site.url}/recruitment/{self.pk}/"
        if self.fresh is not page or page.url != url:
            page.goto(url)
            fits(page)
        self.fresh = page
        return page

    def next(self, username):
        """What the head of the road says."""
        return self.road(username).locator("section.next").inner_text()

    def open(self, username, key):
        """The page of a step, by the way the road offers it."""
        page = self.road(username)
        page.locator(f"a[href*='/step/{key}/']").first.click()
        fits(page)
        return page

    def step(self, username, key, on=None, **typed):
        """Take a step; the page is the road again."""
        page = self.open(username, key)
        fill(page, {**({"on": on} if on else {}), **typed})
        save(page, "登记")
        expect(page.locator("h1")).to_contain_text(PERSON)
        fits(page)
        self.fresh = page
        return page


def fits(page):
    page.wait_for_load_state()
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"], page.url


def fill(page, typed):
    for name, value in typed.items():
        field = page.locator(f"main [name={name}]")
        if field.first.get_attribute("type") in ("radio", "checkbox"):
            for each in [value] if isinstance(value, str) else range(value):
                (field.nth(each) if isinstance(each, int) else page.locator(f"[name={name}][value='{each}']")).check()
        elif field.evaluate("field => field.tagName") == "SELECT":
            field.select_option(**value) if isinstance(value, dict) else field.select_option(value)
        else:
            field.fill(value)


def save(page, label):
    page.get_by_role("button", name=label, exact=True).last.click()


def refused(page, label, *words):
    """What was sent is refused, in these words, and still stands there."""
    save(page, label)
    for each in words:
        expect(page.get_by_role("alert").first).to_contain_text(each)
    fits(page)


def applied(walk):
    """Step 1: the written application, entered by hand."""
    page = walk.by("secretary")
    page.goto(f"{walk.site.url}/recruitment/")
    page.get_by_role("link", name="登记入党申请").first.click()
    fits(page)
    fill(page, {"name": PERSON, "birth_on": "1995-05-17", "applied_on": "2025-09-01", "received_on": "2025-09-03"})
    fill(page, {"sex": {"label": "男"}, "ethnicity": {"label": "汉族"}})
    save(page, "登记")
    expect(page.locator("h1")).to_contain_text(PERSON)
    walk.pk = int(re.search(r"/recruitment/(\d+)/", page.url)[1])
    fits(page)


def met(walk, on, topic):
    """A members' meeting, entered and handed in. Its minutes are the branch's."""
    page = walk.by("secretary")
    page.goto(f"{walk.site.url}/meetings/add/?kind=members_meeting&on={on}")
    page.locator("#id_topic").fill(topic)
    page.locator("#id_place").fill("党员活动室")
    page.locator("#id_minutes").fill("一、介绍人介绍情况。\n二、支委会报告审查情况。\n三、讨论并无记名投票表决。")
    page.get_by_role("button", name="全体到会").click()
    save(page, "提交")
    page.wait_for_url(re.compile(r"/meetings/\d+/$"))


def activist(walk):
    """Steps 2 to 6, and on the phone the two reviews of the year."""
    assert "10 月 3 日前" in walk.next("secretary")
    walk.step("secretary", "initial_talk", "2025-09-10", talker="林书记", place="党员活动室")
    walk.step("secretary", "confirm_activist", "2025-09-22", recommended_by="共青团组织推优")
    first, _, rest = walk.next("secretary").partition("等上级党组织为何景明同志办理入党积极分子备案")
    assert "指定一至两名培养联系人" in first, "what waits for oneself comes first"
    assert rest
    walk.step("committee", "activist_filing", "2025-09-22", number="一中党〔2025〕9号")
    walk.step("secretary", "assign_mentor", "2025-09-22", guides=2)

    walk.on("2026-09-21")  # the day before the year is full
    for day in ("2026-03-20", "2026-09-18"):
        walk.step("secretary", "cultivate", day, words="学习认真，主动承担毕业班工作。")


def prospect(walk):
    """Steps 7 to 11: a notice over 国庆, refused a day too early, the review of seven departments."""
    walk.on("2026-09-28")
    page = walk.road("secretary")
    page.get_by_role("link", name="先登记公示").first.click()
    assert page.locator("[name=ended_on]").input_value() == "2026-10-09", "国庆 does not count, the exchanged days do"
    fill(page, {"ended_on": "2026-10-04"})
    refused(page, "登记公示", "不少于 5 个工作日，最早到 2026-10-09")
    fill(page, {"ended_on": "2026-10-09"})
    save(page, "登记公示")
    assert "最早 10 月 10 日" in walk.next("secretary")

    walk.on("2026-10-10")
    page = walk.road("secretary")
    page.get_by_role("link", name=re.compile("登记结果")).first.click()
    fill(page, {"objections": "0"})
    save(page, "登记结果")
    page = walk.open("secretary", "confirm_prospect")
    fill(page, {"on": "2026-10-09", **OPINIONS})
    refused(page, "登记", "2026-10-10", "第十三条")
    assert page.locator("[name=opinion_masses]").input_value() == "同意"
    fill(page, {"on": "2026-10-10"})
    save(page, "登记")
    walk.step("committee", "prospect_filing", "2026-10-10")
    walk.step("secretary", "assign_sponsors", "2026-10-10")  # ticked already: the mentors

    page = walk.road("secretary")
    page.get_by_role("link", name="登记发函和回复").click()
    fits(page)
    save(page, "登记发函")
    walk.on("2026-11-02")
    page = walk.open("secretary", "political_review")
    fill(page, {"on": "2026-11-02", "conclusion": "passed"})
    refused(page, "登记", "还没有回复“未发现问题”")
    page.get_by_role("link", name=re.compile("各部门发函和回复")).click()
    for number in range(page.locator("select[name^=conclusion]").count()):
        page.locator("select[name^=conclusion]").nth(number).select_option("clear")
        page.locator("[name^=replied_on]").nth(number).fill("2026-10-23")
    save(page, "登记回复")
    expect(page.locator("main")).to_contain_text("各部门都已回复")
    walk.step("secretary", "political_review", "2026-11-02", conclusion="passed")
    walk.step("committee", "prospect_training", "2026-11-02", days="3", hours="24", certificate="2026-031", passed=1)

    page = walk.road("inspector")  # 督查: that it was done, and when; no department, no conclusion
    expect(page.locator("#step-political_review")).to_contain_text("限授权查看")
    text = page.content()
    assert "政审联审" not in text
    assert "未发现问题" not in text
    assert page.request.get(f"{walk.site.url}/recruitment/{walk.pk}/review/").status == 403


def admitted(walk):
    """Steps 12 to 19: a meeting too small, the approval that a 党总支 may not give, the register."""
    walk.step("secretary", "committee_screen", "2026-11-02")
    walk.step("committee", "pre_review", "2026-11-02", conclusion="passed")
    walk.step("secretary", "fill_application_form", "2026-11-02", form_number="530000001")
    met(walk, "2026-11-02", "讨论接收预备党员")
    page = walk.open("secretary", "branch_vote")
    fill(page, {"meeting": {"index": 1}, "entitled": "6", "present": "3", "in_favour": "3", "secret": 1})
    refused(page, "登记", "到会")
    fill(page, {"present": "6", "in_favour": "5", "against": "0", "abstained": "1"})
    save(page, "登记")
    expect(page.locator("#step-branch_vote")).to_contain_text("赞成 5 票")
    expect(walk.road("inspector").locator("#step-branch_vote")).to_contain_text("限授权查看")

    walk.on("2026-11-20")
    page = walk.step("general", "superior_talk", "2026-11-10", talker="党总支组织委员")
    assert page.locator("a[href*='/step/committee_approval/']").count() == 0
    page.goto(f"{walk.site.url}/recruitment/{walk.pk}/step/committee_approval/above/")
    expect(page.locator("body")).to_contain_text("“上级党委审批”由上级党委办理")
    assert "2 月 2 日" in walk.next("committee")
    walk.step("committee", "committee_approval", "2026-11-20", number="一中党〔2026〕21号")
    walk.step("staff", "od_filing", "2026-11-20")
    page = walk.by("secretary")
    page.goto(f"{walk.site.url}/members/?q={PERSON}")
    expect(page.locator("main")).to_contain_text("预备党员")
    walk.step("secretary", "assign_group", "2026-11-20")


def converted(walk):
    """Steps 20 to 25: an oath too late, four reviews, not a day before the year is full, the vote, the approval, the archive."""
    walk.on("2027-11-01")
    page = walk.open("secretary", "oath")
    fill(page, {"on": "2026-12-22", "place": "党员活动室"})
    refused(page, "登记", "一般在批准后一个月内举行入党宣誓", "写明原因")
    fill(page, {"explained": "等同批三名同志的批复到齐后一起举行"})
    save(page, "登记")
    expect(page.locator("#step-oath")).to_contain_text("同批三名同志")
    fits(page)
    for day in ("2027-02-01", "2027-04-30", "2027-07-29", "2027-10-28"):
        walk.step("secretary", "probation_review", day, words="按时参加组织生活，履行党员义务。")
    assert "最早 11 月 2 日" in walk.next("secretary")
    page = walk.by("secretary")
    page.goto(f"{walk.site.url}/recruitment/{walk.pk}/step/transfer_apply/")
    fill(page, {"on": "2027-11-01"})
    refused(page, "登记", "2027-11-02", "第三十一条")

    walk.on("2027-11-02")
    walk.step("secretary", "transfer_apply", "2027-11-02")
    met(walk, "2027-11-02", "讨论预备党员转正")
    walk.step("secretary", "conversion_vote", meeting={"index": 1}, entitled="6", present="6", in_favour="6", secret=1)
    walk.on("2027-11-20")
    walk.step("committee", "conversion_approval", "2027-11-20", number="一中党〔2027〕18号")
    page = walk.step("staff", "archive", "2027-11-20")
    expect(page.locator("main")).to_contain_text("档案已办结")
    assert page.locator(".tl-stage", has_text="已办").count() == 5
    page.goto(f"{walk.site.url}/members/?q={PERSON}")
    expect(page.locator("main")).to_contain_text("正式党员")


def packed(walk):
    """Every paper of the road in one zip, the forms written from what was entered."""
    page = walk.road("staff")
    page.get_by_role("link", name="全部材料和表样").click()
    fits(page)
    with page.expect_download() as download:
        page.get_by_role("link", name="整卷打包").click()
    with zipfile.ZipFile(download.value.path()) as whole:
        assert whole.testzip() is None
        return {name: whole.read(name) for name in whole.namelist()}


def test_a_road_from_application_to_archive(site, open_page):
    walk = Walk(site, open_page)
    walk.on("2025-09-22")
    applied(walk)
    activist(walk)
    prospect(walk)
    admitted(walk)
    converted(walk)
    papers = packed(walk)
    forms = {name: word_form.text(data) for name, data in papers.items() if name.endswith(".docx")}
    due = [
        document.title for document in documents().values() if document.has_form and document.key not in NOT_OWED[:2]
    ]
    for title in due:
        assert any(title in name for name in forms), title
    for name, text in forms.items():
        assert "None" not in text, name
        assert PERSON in text or "转正申请书" in name, name  # that one is written by hand
