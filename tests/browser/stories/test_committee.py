"""党委 approves a step of recruitment that waits for it; the branch sees what comes next."""

import re
import secrets

from playwright.sync_api import expect

FURNISH = """
from datetime import timedelta
from django.utils import timezone
from branches.models import Appointment, Branch
from branches.rights import Role
from tests import factories
today = timezone.localdate()
top = Appointment.objects.get(user__username="dangwei").branch
branch = factories.BranchFactory(parent=top, name="中共云岭示范县第一中学{username}支部委员会")
user = factories.UserFactory(username="{username}", name="林书记", serving=branch, must_change_password=False)
user.set_password("{password}")
user.save()
days = dict(apply=400, initial_talk=385, confirm_activist=3)
application = factories.ApplicationFactory(
    branch=branch, member__name="何景明{number}", applied_on=today - timedelta(days=400), stage_since_on=today - timedelta(days=3),
    stage="activist", created_by=user,
)
factories.ApplicationStayFactory(application=application)
data = dict(
    apply=dict(received_on=str(today - timedelta(days=399))), initial_talk=dict(talker="林书记"),
    confirm_activist=dict(recommended_by="共青团组织推优"),
)
for step, ago in days.items():
    factories.RoadStepFactory(application=application, step=step, on=today - timedelta(days=ago), data=data[step], created_by=user)
"""


def test_a_committee_takes_the_step_that_waits_for_it(tell, site):
    number = len(site.passwords)
    username = f"faren{number}"
    site.passwords[username] = secrets.token_urlsafe(12)
    site.furnish(FURNISH.format(username=username, password=site.passwords[username], number=number))
    person = f"何景明{number}"

    page = tell.by("dangwei")
    tell.menu(page, "发展党员")
    tell.go(page, f"/recruitment/?tab=mine&q={person}")
    page.get_by_role("link", name=re.compile(person)).first.click()
    tell.look(page, "road")
    page.locator("a[href*='/step/activist_filing/']").first.click()
    tell.look(page)
    page.locator("[name=number]").fill("一中党〔2026〕9号")
    tell.save(page, "登记")
    expect(page.locator("h1")).to_contain_text(person)
    expect(page.locator("#step-activist_filing")).to_contain_text("9号")

    own = tell.by(username)
    tell.go(own, "/recruitment/")
    own.get_by_role("link", name=re.compile(person)).first.click()
    expect(tell.look(own).locator("section.next")).to_contain_text("培养联系人")
