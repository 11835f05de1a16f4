"""Pictures of every page at 360 and 1366 px: `make screenshots` puts all of them into var/screenshots and some into docs."""

import os
import shutil
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from config import browser
from config.embedded import Servers
from tests.browser.pages import PAGES
from tests.browser.site import ROOT, serving
from tests.browser.stories.pictures import keep

PUBLISHED = {  # in the README: the secretary's phone, the staff's desk, a score explained; a class, who signed in; a road
    "shuji-home-360": "secretary-home.png",
    "gongwei-home-1366": "staff-home.png",
    "shuji-assessment-1366": "score.png",
    "gongwei-class-1366": "class.png",
    "gongwei-board-1366": "sign-in.png",
    "gongwei-road-1366": "road.png",
}


IN_MANUAL = {"gongwei-class-1366": "class", "gongwei-board-1366": "sign-in"}  # the other pictures come from the stories
SWEEP = """
from django.utils import timezone
from reminders import sweep
sweep.run(timezone.now())
"""  # nothing of the beat runs beside the pictures


def shoot(site, chromium, folder):
    for username, paths in PAGES.items():
        for width in (360, 1366):
            page = chromium.new_page(viewport={"width": width, "height": 900}, locale="zh-CN")
            site.sign_in(page, username)
            extra = ["/assessment/"] if username == "shuji" else []
            for path in [*paths, *extra, *_records(page, site, username)]:
                page.goto(site.url + path)
                name = path.strip("/").replace("/", "-").replace("?", "-").replace("=", "-") or "home"
                page.screenshot(path=folder / f"{username}-{name}-{width}.png", full_page=True)
            if username == "gongwei":
                shoot_class(page, site, folder, f"{username}-{{}}-{width}.png")
                shoot_road(page, site, folder / f"{username}-road-{width}.png")
            page.close()


def shoot_class(page, site, folder, name):
    """A class that runs today, and the board of its sign-ins; the first screen of each, for both are long."""
    page.goto(f"{site.url}/training/?state=running&kind=secretary")
    page.locator("main td.lead a").first.click()
    page.screenshot(path=folder / name.format("class"))
    page.get_by_role("link", name="签到", exact=True).click()
    page.locator("nav.chips a").first.click()  # the session that most have signed for
    page.wait_for_load_state()
    page.screenshot(path=folder / name.format("board"))


def shoot_road(page, site, path):
    """The road of somebody who was chosen as a prospect, as far as the first screen goes."""
    page.goto(f"{site.url}/recruitment/list/?stage=prospect")
    page.locator("main a[href^='/recruitment/']").filter(has_text="同志").first.click()
    page.screenshot(path=path)


def _records(page, site, username):
    """The first record of each list, as somebody would click it."""
    if username not in ("gongwei", "shuji"):
        return []
    found = []
    for path, pattern in (
        ("/meetings/", r"/meetings/\d+/$"),
        ("/members/", r"/members/\d+/$"),
        ("/branches/", r"/branches/\d+/$"),
        ("/recruitment/list/?stage=probation", r"/recruitment/\d+/$"),
    ):
        page.goto(site.url + path)
        found += page.evaluate(
            "(p) => [...document.querySelectorAll('main a')].map((a) => new URL(a.href).pathname).filter((h) => h.match(p)).slice(0, 1)",
            pattern,
        )
    return found


def main():
    size = float(sys.argv[1]) if len(sys.argv) > 1 else 1
    folder = ROOT / "var/screenshots"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    with (
        tempfile.TemporaryDirectory(prefix="portal-shots-") as place,
        Servers(Path(place) / "embedded", fast=True) as servers,
    ):
        os.environ.update(servers.environment, VAR_DIR=place)
        with serving(Path(place) / "site", size=size) as site, sync_playwright() as playwright:
            site.furnish(SWEEP)
            chromium = playwright.chromium.launch(executable_path=browser.find(), args=browser.arguments())
            shoot(site, chromium, folder)
            chromium.close()
    (ROOT / "docs/screenshots").mkdir(parents=True, exist_ok=True)
    for shot, name in PUBLISHED.items():
        shutil.copy(folder / f"{shot}.png", ROOT / "docs/screenshots" / name)
    for shot, name in IN_MANUAL.items():
        keep((folder / f"{shot}.png").read_bytes(), ROOT / "static/manual" / f"{name}.png")


if __name__ == "__main__":
    main()
