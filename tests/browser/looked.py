"""What a browser finds fault with on pages of COUNTY-S: axe by the WCAG 2.1 AA tags, width, console, foreign requests."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from playwright.sync_api import sync_playwright

from config import browser
from tests.browser.gathered import served

AXE = Path(__file__).resolve().parents[2] / "node_modules/axe-core/axe.min.js"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]
ASK = """async (tags) => {
  const found = await axe.run(document, {runOnly: tags, resultTypes: ["violations"], preload: false});
  return found.violations.flatMap((v) => v.nodes.map((n) => `${v.id}: ${n.target.join(" ")} ${n.html.slice(0, 160)}`));
}"""
TOO_WIDE = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"


def look(pages, chromium_path, *, width=1280, large=False):
    """address → what is wrong with it. In a thread of its own: Playwright's loop must not stand where Django works."""
    with ThreadPoolExecutor(1) as alone:
        return alone.submit(_look, pages, chromium_path, width, large).result()


def _look(pages, chromium_path, width, large):
    faults, axe = {}, AXE.read_text("utf-8")
    with served(pages) as (url, strange), sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=chromium_path, args=browser.arguments())
        context = chromium.new_context(viewport={"width": width, "height": 900}, locale="zh-CN", bypass_csp=True)
        context.route(lambda asked: not asked.startswith(url), lambda route: strange.append(route.request.url))
        page = context.new_page()
        said = []
        page.on("console", lambda message: said.append(message.text) if message.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: said.append(str(error)))
        for number, shown in enumerate(pages):
            page.goto(f"{url}/{number}/")
            if large:
                page.evaluate("document.documentElement.classList.add('large')")
            page.evaluate(axe)
            wrong = [*page.evaluate(ASK, TAGS), *said]
            if (wide := page.evaluate(TOO_WIDE)) > 0:
                wrong.append(f"{wide} px too wide")
            if page.locator("h1").count() != 1:
                wrong.append("not one h1")
            if wrong:
                faults[f"{shown.url} ({shown.person})"] = wrong
            said.clear()
        if foreign := [asked for asked in strange if not asked.startswith("/")]:
            faults["requests that leave the host"] = foreign
        chromium.close()
    return faults
