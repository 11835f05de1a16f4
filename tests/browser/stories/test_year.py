"""The year's end: an assessor judges, staff publish, a branch objects and is answered, the result is sealed and goes out as a workbook."""

import re
import secrets

import openpyxl
import pytest
from playwright.sync_api import expect

from tests import migrated
from tests.browser.site import serving

# A round of the running year in which all is judged but one branch's first part, which two assessors have to judge.
FURNISH = """
from datetime import timedelta
from django.utils import timezone
from accounts.models import User
from assessment import rounds
from assessment.models import Judgement, ManualScore, Round, Scheme
from branches.models import Appointment, Assignment
from branches.rights import Task
from tests import factories
today = timezone.localdate()
staff, system = User.objects.get(username="gongwei"), User.objects.system()
found = dict((row.kind, row) for row in Scheme.objects.filter(year=today.year, state="published"))
round = Round.objects.create(
    year=today.year, state="judging", scheme=found["branch"], committee_scheme=found.get("committee"), opened_by=staff,
    opened_on=today - timedelta(days=30), self_check_until=today - timedelta(days=5), judging_until=today + timedelta(days=1),
)
own = Appointment.objects.get(user__username="shuji").branch
rows, left = [], None
for kind, content in rounds.schemes_of(round):
    for branch in rounds.graded_of(round, kind, today):
        for _, part in rounds.manual_parts(content, branch.stage):
            if branch == own and left is None:
                left = part
                continue
            rows.append(ManualScore(
                year=today.year, branch=branch, part=part["key"], points=1, reason="已看记录", is_settled=True, judged_by=system,
            ))
ManualScore.objects.bulk_create(rows)
for number, username in enumerate({names}):
    user = factories.UserFactory(username=username, name="考评员", must_change_password=False)
    user.set_password("{password}")
    user.save()
    Assignment.objects.create(user=user, branch=own, task=Task.GRADER, started_on=today, until=today + timedelta(days=1), created_by=staff)
    if number:
        Judgement.objects.create(year=today.year, branch=own, part=left["key"], assessor=user, points=1, reason="看了记录")
"""
WINDOW_OVER = """
from datetime import timedelta
from django.utils import timezone
from assessment.models import Round
today = timezone.localdate()
Round.objects.filter(year=today.year).update(published_on=today - timedelta(days=9), objections_until=today - timedelta(days=1))
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory, chromium_path):
    """A county of its own: what is sealed here would be sealed for the other stories too."""
    with serving(tmp_path_factory.mktemp("year"), size=0.1, template=migrated.template()) as found:
        yield found


@pytest.fixture
def phone():
    """There is one round a year: who judges and objects does it on a phone, who runs it at the desk."""
    return True


def at_desk(tell, username):
    page = tell.open_page()
    page.set_default_timeout(10_000)
    tell.site.sign_in(page, username)
    return page


def narrow_too(tell, page):
    """The same page as somebody at the desk has it on the phone."""
    wide = page.viewport_size
    page.set_viewport_size({"width": 360, "height": 780})
    tell.look(page)
    page.set_viewport_size(wide)
    return page


def test_a_year_from_judging_to_the_sealed_workbook(tell, site, tmp_path):
    names, password = [f"kaoping{number}" for number in (1, 2)], secrets.token_urlsafe(12)
    site.furnish(FURNISH.format(names=names, password=password))
    site.passwords.update(dict.fromkeys(names, password))

    grader = tell.by(names[0])
    tell.menu(grader, "考评组评分")
    points = grader.locator("#judge .pts input").first
    points.fill("1")
    grader.locator("#judge .why input, #judge .why textarea").first.fill("看了全年记录和佐证材料")
    tell.save(grader, "保存本页")
    expect(grader.locator("main")).to_contain_text("1／1")  # and the next item stands there

    staff = at_desk(tell, "gongwei")
    staff.goto(f"{site.url}/assessment/rounds/")
    staff.locator("main a[href$='/round/']").first.click()
    narrow_too(tell, staff)
    home = staff.url
    tell.save(staff, "转入复核")
    staff.get_by_role("link", name=re.compile("公布")).last.click()
    narrow_too(tell, staff)
    tell.save(staff, "公布并封存")
    staff.goto(home)
    tell.keep(staff, "round")

    own = tell.by("shuji")
    tell.menu(own, "考核自查")
    own.get_by_role("link", name="提出异议").click()
    own.locator("[name=part]").select_option(index=1)
    own.locator("[name=words]").fill("这一项有登记的材料，请核对。")
    tell.look(own, "objection")
    tell.save(own, "提交")

    staff.goto(f"{home}objections/")
    narrow_too(tell, staff)
    staff.get_by_role("link", name=re.compile("答复")).first.click()
    staff.locator("[name=outcome]").last.check()
    staff.locator("[name=words]").fill("经核对，材料不在本年度内，不采纳。")
    narrow_too(tell, staff)
    tell.save(staff, "答复")
    tell.menu(own, "考核自查")
    expect(own.locator("main")).to_contain_text("材料不在本年度内")

    site.furnish(WINDOW_OVER)
    staff.goto(home)
    tell.save(staff, "拟定等次")
    admin = at_desk(tell, "gongwei-admin")
    admin.goto(f"{home}decide/")
    narrow_too(tell, admin)
    admin.get_by_role("link", name="登记审定").click()
    admin.locator("[name=meeting_on]").fill(admin.evaluate("new Date().toLocaleDateString('sv')"))
    admin.locator("[name=minutes_number]").fill("云岭教体工委纪要〔2026〕12号")
    tell.save(admin, "审定并封存")
    admin.goto(home)
    expect(admin.locator("main")).to_contain_text("已审定封存")

    staff.goto(f"{site.url}/assessment/")
    with staff.expect_download() as waiting:
        staff.get_by_role("main").get_by_role("link", name=re.compile("导出")).first.click()
    waiting.value.save_as(tmp_path / "year.xlsx")
    summary = openpyxl.load_workbook(tmp_path / "year.xlsx", data_only=True)["考核汇总"]
    assert len([*summary.iter_rows()]) > 10
