"""COUNTY-S with a script in every text column, and what a real browser makes of its pages (T-XSS).

Whatever a payload would make of a page bears the mark `x55`: an element or an attribute of that name is a breach, whether or
not the CSP would have stopped it. A cell begins with `Ⓒ<column>.<payload>.`, so that what was shown can be counted.
"""

import re
from concurrent.futures import ThreadPoolExecutor
from itertools import count, product

from django.apps import apps
from django.db import IntegrityError, transaction
from playwright.sync_api import sync_playwright

from accounts.models import AuditEvent, User
from branches.models import Branch
from config import browser
from tests.browser.gathered import Shown, served
from tests.canaries import OURS, canary_columns

_ENDS = ("", '">', "'>", "</textarea>", "</title>", "</script>", "</option></select>", "-->", "</style>")
_VECTORS = (
    "<script x55>alert(1)</script>", "<img x55 src=x onerror=alert(1)>", "<svg x55 onload=alert(1)>",
    "<iframe x55 srcdoc='<script>alert(1)</script>'>", "<details x55 open ontoggle=alert(1)>",
    "<a x55 href=javascript:alert(1)>点", "<x55 hx-get=/ hx-trigger=load hx-on::load=alert(1)>",
    "<input x55 autofocus onfocus=alert(1)>", "<base x55 href=//evil.example/>",
    "<link x55 rel=stylesheet href=//evil.example/a.css>", "<b x55>",
)  # fmt: skip
_WITHOUT_BRACKETS = (
    '" x55="', "' x55='", '" x55 autofocus onfocus=alert(1) y="', "' x55 onmouseover=alert(1) y='", "` x55=`", " x55=1 ",
    "javascript:alert(1)", "JaVaScRiPt:alert(1)", "java\tscript:alert(1)", "data:text/html,<script>alert(1)</script>",
    "//evil.example/", "&lt;script x55&gt;alert(1)&lt;/script&gt;", "&#60;img x55 src=x onerror=alert(1)&#62;",
    "\\u003cimg x55 src=x onerror=alert(1)\\u003e", "＜img x55 src=x onerror=alert(1)＞", "{{constructor.constructor('alert(1)')()}}",
    "${alert(1)}", "{% debug %}{{ request }}", "<!--<img x55 src=x onerror=alert(1)>", "<![CDATA[<b x55>]]>", "\u202e<b x55>",
)  # fmt: skip
PAYLOADS = [end + vector for end, vector in product(_ENDS, _VECTORS)] + list(_WITHOUT_BRACKETS)
MANY = 400  # so many characters of payloads go into a cell without a limit
CELL = re.compile(r"Ⓒ(\d+)\.(\d+)\.")
BREACH = """() => [...document.querySelectorAll("*")].filter((e) => e.localName === "x55" || e.hasAttribute("x55")
    || ["href", "src", "action", "formaction", "hx-get", "hx-post"].some((name) =>
         /^[\\s\\0]*(j\\s*a\\s*v\\s*a\\s*script|vbscript|data:text|\\/\\/evil)/i.test(e.getAttribute(name) || "")))
  .map((e) => e.outerHTML.slice(0, 200))"""
LISTEN = """window.broken = []; addEventListener("securitypolicyviolation", (e) => window.broken.push(
  `${e.violatedDirective} ${e.blockedURI} ${e.sample}`));"""


def columns():
    """(model, column) of every free text."""
    models = [model for model in apps.get_models() if model._meta.app_label in OURS and model is not AuditEvent]
    return [(model, name) for model in models for name in canary_columns(model)]


def plant(turn=0):
    """Write payloads into every text column, past every rule of the forms; `turn` shifts which."""
    for number, (model, name) in enumerate(columns()):
        room = model._meta.get_field(name).max_length
        rows = model.objects.exclude(username="system") if model is User else model.objects.all()
        for shift, pk in enumerate(rows.order_by("pk").values_list("pk", flat=True)):
            text = cell(number, turn * 12 + shift, room)
            _write(model, pk, name, text) or _write(model, pk, name, f"{pk}{text}"[:room])
    Branch.objects.filter(parent=None).update(name="县委教育体育工委")


def _write(model, pk, name, text):
    """Whether the database took it: where no two rows may say the same, it does not."""
    try:
        with transaction.atomic():
            model.objects.filter(pk=pk).update(**{name: text})
    except IntegrityError:
        return False
    return True


def cell(number, first, room):
    """The text of one cell of column `number`: the payload `first`, or as many as there is room for; in a short one what fits."""
    text = ""
    for index in count(first):
        payload = f"Ⓒ{number}.{index % len(PAYLOADS)}.{PAYLOADS[index % len(PAYLOADS)]}"
        if len(text + payload) > (room or MANY):
            break
        text += payload
    if text:
        return text
    fits = [payload for payload in PAYLOADS if len(payload) <= room]
    return fits[first % len(fits)] if fits else "\"<b>'"[:room]


def again(ask, pages):
    """The same pages as they are now."""
    asked = [(page, ask(page.person, "get", page.url)) for page in pages]
    return [Shown(page.name, page.person, page.url, now.content, dict(now.headers)) for page, now in asked]


def shown(pages):
    """The pairs (column, payload) that stand in these pages."""
    return {(int(found[1]), int(found[2])) for page in pages for found in CELL.finditer(page.body.decode())}


def open_all(pages, chromium_path):
    """address → what a payload did there, in a browser that holds to the CSP as everybody's does."""
    with ThreadPoolExecutor(1) as alone:
        return alone.submit(_open_all, pages, chromium_path).result()


def _open_all(pages, chromium_path):
    faults = {}
    with served(pages) as (url, _), sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=chromium_path, args=browser.arguments())
        context = chromium.new_context(viewport={"width": 1280, "height": 900})
        context.add_init_script(LISTEN)
        page = context.new_page()
        said = []
        page.on("dialog", lambda dialog: (said.append(f"dialog {dialog.message}"), dialog.dismiss()))
        page.on("request", lambda asked: asked.url.startswith((url, "data:")) or said.append(f"asked {asked.url}"))
        page.on("pageerror", lambda error: said.append(str(error)))
        for number, now in enumerate(pages):
            page.goto(f"{url}/{number}/")
            if wrong := [*page.evaluate(BREACH), *page.evaluate("window.broken"), *said]:
                faults[f"{now.url} ({now.person})"] = wrong
            said.clear()
        chromium.close()
    return faults
