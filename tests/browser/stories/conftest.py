import os
import re

import pytest

from portal.help import book
from portal.help.manual import FOLDER
from tests.browser.stories.pictures import keep

PICTURES = os.environ.get("MANUAL_PICTURES")  # `make screenshots` asks for them
NAMED = {picture.name: picture for chapter in book.chapters() for part in chapter.sections for picture in part.pictures}
SWEEP = "from django.utils import timezone\nfrom reminders import sweep\nsweep.run(timezone.now())"
SLOWEST = 8_000  # ms until something that should be there is missed


class Teller:
    """Who does what: pages of signed-in people, each looked at for what does not fit, some kept for the manual."""

    def __init__(self, site, open_page, phone):
        self.site, self.open_page, self.phone = site, open_page, phone

    def by(self, username, **look):
        page = self.open_page(phone=self.phone, **look)
        page.set_default_timeout(SLOWEST)
        self.site.sign_in(page, username)
        return page

    def go(self, page, path):
        page.goto(f"{self.site.url}{path}")
        return self.look(page)

    def save(self, page, label):
        """The last button of that name is the one of the page's own form."""
        page.get_by_role("button", name=label, exact=True).last.click()
        page.wait_for_load_state()
        return self.look(page)

    def look(self, page, name=""):
        """The page fits its width; under `name` it is kept, when the manual shows it at this width."""
        page.wait_for_load_state()
        beyond = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert beyond <= 0, f"{page.url} is {beyond} px too wide"
        if name and NAMED[name].phone == self.phone:
            self.keep(page, name)
        return page

    def keep(self, page, name):
        if PICTURES:
            keep(page.screenshot(), FOLDER / NAMED[name].path)

    def menu(self, page, label):
        """By the menu, as somebody finds it."""
        if self.phone:
            more = page.get_by_role("navigation", name="常用").get_by_role("link", name="更多")
            if not more.count():  # the buttons of a form stand in its place
                self.go(page, "/")
            more.click()
        page.get_by_role("navigation", name="主导航").get_by_role("link", name=re.compile(f"^{label}")).first.click()
        return self.look(page)


@pytest.fixture(scope="module", autouse=True)
def _reminded(site):
    """In the pictures the reminders run as they do in the portal; nothing of the beat runs beside a test."""
    if PICTURES:
        site.furnish(SWEEP)


@pytest.fixture(params=[True, False], ids=["360", "1366"])
def phone(request):
    return request.param


@pytest.fixture
def tell(site, open_page, phone):
    return Teller(site, open_page, phone)
