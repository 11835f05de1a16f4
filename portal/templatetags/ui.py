"""What plain Django lacks in templates: icons, state badges, a field that names its rule, the gaps of a pager."""

import re
from decimal import Decimal
from functools import cache

from django import template
from django.db.models.fields import BLANK_CHOICE_DASH
from django.forms import Field
from django.forms.utils import flatatt
from django.forms.widgets import ChoiceWidget, FileInput
from django.templatetags.static import static
from django.utils.html import format_html, format_html_join

from vault.masks import mask_phone

register = template.Library()

# A state has three signs: the shape, the word, the colour (which is the class).
WORDS = {
    "done": "已办",
    "late": "迟办",
    "miss": "缺",
    "wait": "待办",
    "back": "退回",
    "draft": "草稿",
    "na": "不适用",
}


@register.simple_tag
@cache
def icon(name, extra=""):
    """A line icon of static/icons.svg; it is decoration, the word beside it speaks."""
    return format_html(
        '<svg class="i{}" aria-hidden="true"><use href="{}#{}"/></svg>',
        f" {extra}" if extra else "",
        static("icons.svg"),
        name,
    )


@register.simple_tag
@cache
def glyph(state, extra=""):
    """The filled sign of a state (●▲■○↩—)."""
    return format_html(
        '<svg class="g g-{}{}" aria-hidden="true"><use href="{}#s-{}"/></svg>',
        state,
        f" {extra}" if extra else "",
        static("icons.svg"),
        state,
    )


@register.simple_tag
def badge(state="", text=""):
    """A state in running text or a cell; without a known state it is a plain category (正式党员)."""
    if state not in WORDS:
        return format_html('<span class="st">{}</span>', text or state)
    return format_html('<span class="st st-{}">{}{}</span>', state, glyph(state), text or WORDS[state])


@register.simple_tag
def options(widget):
    """The choices of a <select>, the empty one in words. Not by a template for each: two hundred organisations took longer than
    all the rest of a page."""

    def line(option):
        label = "请选择" if option["label"] == BLANK_CHOICE_DASH[0][1] else option["label"]
        marks = {name: mark for name, mark in option["attrs"].items() if name != "class"}
        return option["value"], flatatt(marks) if marks else "", label

    return format_html_join(
        "",
        "{}{}{}",
        (
            (
                format_html('\n  <optgroup label="{}">', group) if group else "",
                format_html_join("", '\n  <option value="{}"{}>{}</option>', map(line, found)),
                format_html("\n  </optgroup>{}", "") if group else "",
            )
            for group, found, _ in widget["optgroups"]
        ),
    )


@register.simple_tag
def matrix_cell(cell):
    """One organisation and one duty (of duties/table.py). Drawn here, as a table holds hundreds."""
    url, ok = cell.get("url", ""), flatatt({"class": "ok"}) if cell["is_fine"] else ""
    tag, link = ("a", flatatt({"href": url})) if url else ("span", "")
    return format_html(
        '<td{}><{}{} class="m m-{}" data-k="{}">{}<b>{}</b><small>{}</small></{}></td>',
        ok, tag, link, cell["state"], cell["label"], glyph(cell["state"]), cell["figure"], cell["word"], tag,
    )  # fmt: skip


@register.simple_tag
def described(field, rule=""):
    """The widget of a form field, tied to its help, its rule and its errors for those who hear the page."""
    ids = [
        f"{field.auto_id}_{part}"
        for part, is_there in (("helptext", field.help_text), ("rule", rule), ("error", field.errors))
        if is_there
    ]
    if not ids or field.use_fieldset:
        return field.as_widget()
    return field.as_widget(attrs={"aria-describedby": " ".join(ids)})


@register.filter
def sent_files(form):
    """Whether files came with what was refused: a browser keeps what was typed, not what was chosen."""
    return bool(form.files)


@register.filter
def faults(field):
    """What is wrong with a field, in words a person would say: 请填写地点 instead of 这个字段是必填项."""
    found = []
    for error in field.errors.as_data():
        if error.code == "required" and error.message == Field.default_error_messages["required"]:
            verb = "选择" if isinstance(field.field.widget, ChoiceWidget | FileInput) else "填写"
            found.append(f"请{verb}{field.label}。")
        else:
            found.extend(error.messages)
    return found


@register.filter
def share(part, whole):
    """`part` of `whole` in per cent as an SVG or CSS number: "79.12"; 0 when there is no whole."""
    if not whole:
        return "0"
    return f"{min(Decimal(part) * 100 / Decimal(whole), Decimal(100)):.2f}"


@register.simple_tag
def score_bar(full, got, more=0, thin=False):
    """Had | still to be had (hatched) | not had. Drawn here, as a sheet of points holds dozens."""
    had, hatched = share(got, full), share(more or 0, full)
    rest = format_html('<rect x="{}%" width="{}%" height="100%" fill="url(#hatch)"/>', had, hatched) if more else ""
    return format_html(
        '<svg class="tri{}" role="img" aria-label="满分 {}，已得 {}{}">'
        '<rect class="got" width="{}%" height="100%"/>{}</svg>',
        " thin" if thin else "", full, got, f"，还可得 {more}" if more else "", had, rest,
    )  # fmt: skip


@register.simple_tag
def score_figure(points, most=None, still=0, lost=0, waiting=0, word=""):
    """The figure at the right of a dimension or an item; `word` in place of the points: 待评, 不适用."""
    found = format_html('<span class="muted">{}</span>', word) if word else format_html("<b>{}</b>", points)
    if most:
        found += format_html(' <span class="muted small">／{}</span>', short_number(most))
    if still:
        found += format_html('<span class="plus">还可得 {}</span>', still)
    elif waiting or lost:
        words = f"待评 {short_number(waiting)}" if waiting else f"未得 {lost}"
        found += format_html('<span class="plus muted">{}</span>', words)
    return format_html('<span class="sc">{}</span>', found)


@register.filter
def short_number(number):
    """Points of a scheme: 8, 3.60."""
    return f"{number:.0f}" if number == int(number) else f"{number:.2f}"


@register.filter
def day(on):
    """11 月 22 日: what `date:"n 月 j 日"` says, for pages that say it dozens of times."""
    return f"{on.month} 月 {on.day} 日" if on else ""


@register.filter
def elided(page):
    """The page numbers to show: first, last, those around this one, and "…" for a gap."""
    return page.paginator.get_elided_page_range(page.number, on_each_side=1, on_ends=1)


@register.filter
def comrade(name):
    """Persons are ××同志."""
    return f"{name}同志" if name else "—"


@register.filter
def masked(phone):
    """138****1234."""
    return mask_phone(phone) or "—"


OFFERED = re.compile(r'<div class="empty">.*?</div>', re.DOTALL)  # up to the end of its acts
ADDRESS = re.compile(r'href="([^"]+)"')
ACT = re.compile(r'<a class="btn[^"]*" href="([^"]+)"[^>]*>.*?</a>\s*', re.DOTALL)


class SaidOnce(template.Node):
    child_nodelists = ("heading", "main")

    def __init__(self, heading, main):
        self.heading, self.main = heading, main

    def render(self, context):
        heading, main = self.heading.render(context), self.main.render(context)
        offered = {url for part in OFFERED.findall(main) for url in ADDRESS.findall(part)}
        if offered:
            heading = ACT.sub(lambda act: "" if act[1] in offered else act[0], heading)
        return heading + main


@register.tag
def said_once(parser, token):
    """{% said_once %} heading {% below %} page {% endsaid_once %}: what an empty list of the page offers as the next act, the
    heading leaves out."""
    heading = parser.parse(("below",))
    parser.delete_first_token()
    main = parser.parse(("endsaid_once",))
    parser.delete_first_token()
    return SaidOnce(heading, main)
