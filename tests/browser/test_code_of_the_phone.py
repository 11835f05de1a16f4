"""The second step, and what it guards: set up with a phone, asked for at the door, and a look that its subject is told of."""

import base64
import re
import secrets

from django_otp.oath import totp

READER = """
from accounts.models import User
from tests.factories import UserFactory
branch = User.objects.get(username="dangyuan").member.memberships.get(ended_on=None).branch
user = UserFactory(username="{username}", name="陆书记", serving=branch, must_change_password=False)
user.set_password("{password}")
user.save()
"""


def code(secret, *, later=0):
    """What the phone shows now, or in so many steps: a code opens once, so the one after it must be a later one."""
    return f"{totp(base64.b32decode(secret.replace(' ', '')), drift=later):06}"


def test_a_look_behind_the_second_step_is_told_to_the_person(site, open_page):
    site.passwords["lushuji"] = secrets.token_urlsafe(12)
    site.furnish(READER.format(username="lushuji", password=site.passwords["lushuji"]))
    page, plain = open_page(), open_page(phone=True)
    site.sign_in(page, "lushuji")
    page.goto(f"{site.url}/second-factor/")
    page.get_by_role("button", name="开始设置").click()
    secret = page.locator("#secret").text_content()
    page.get_by_label("验证码").fill(code(secret))
    page.get_by_role("button", name="开启", exact=True).click()
    assert page.locator("#codes code").count() == 10

    page.locator(".who-menu summary").click()
    page.get_by_role("button", name="退出登录").click()
    page.get_by_label("账号").fill("lushuji")
    page.get_by_label("密码", exact=True).fill(site.passwords["lushuji"])
    page.get_by_role("button", name="登录").click()
    page.get_by_label("验证码").fill(code(secret, later=1))
    page.get_by_role("button", name="登录").click()
    page.wait_for_url(f"{site.url}/")

    site.sign_in(plain, "dangyuan")
    assert "还没有人查看过" in plain.locator("main").inner_text(), (
        "the own record stands in place of an empty front page"
    )
    name = plain.locator(".pagehead .sub").inner_text().strip()
    page.goto(f"{site.url}/members/?q={name.removesuffix('同志')}")
    page.locator("main table").get_by_role("link", name=name).click()
    page.get_by_role("link", name=re.compile(r"查看\s*手机")).click()
    page.get_by_label("联系本人").check()
    page.clock.install()
    page.get_by_role("button", name="查看").click()
    value = page.locator("[data-hide-after]")
    assert value.inner_text().startswith("154")
    page.clock.fast_forward(31_000)
    assert value.inner_text() == "已隐去"

    plain.reload()
    told = plain.locator("#looks tbody tr").inner_text()
    assert "陆书记同志" in told
    assert "联系本人" in told
