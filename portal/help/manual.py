"""The manual as a paper: the same words and pictures as its pages, with the rules in force on a day."""

from django.conf import settings

from office.paper import Bold, Break, Heading, Paper, Table, Text
from office.pictures import Picture, Pictures
from portal.templatetags.words import in_words
from rulebook.book import in_force

FOLDER = settings.BASE_DIR / "static"


def exists(picture):
    return (FOLDER / picture.path).exists()


def paper(chapters, *, organ, on):
    rules = in_force(on=on)
    blocks = []
    for chapter in chapters:
        if blocks and len(chapters) > 1:
            blocks.append(Break())
        blocks += [Heading(chapter.title), Text(f"给谁看：{chapter.who}。")]
        for section in chapter.sections:
            blocks += _section(section, rules)
    title = "学校党建工作门户操作手册" if len(chapters) > 1 else f"操作手册：{chapters[0].title}"
    return Paper(
        title, dated=on, organ=organ, has_cover=len(chapters) > 1, blocks=tuple(blocks),
        footer=f"规定以 {on.year}年{on.month}月{on.day}日有效的为准",
    )  # fmt: skip


def _section(section, rules):
    blocks = [Heading(section.title, level=2), Text(section.why)]
    blocks += [Text((Bold(f"第{number}步　"), text)) for number, text in enumerate(section.steps, 1)]
    blocks += [Text((Bold("注意　"), note)) for note in section.notes]
    if lines := [(rules[key].label, in_words(rules[key]), rules[key].source) for key in section.rules if key in rules]:
        blocks.append(Table(["事项", "规定", "依据"], lines, widths=[2, 3, 4], caption="本节所依据的规定"))
    shown = [
        Picture((FOLDER / picture.path).read_bytes(), picture.caption)
        for picture in section.pictures
        if exists(picture)
    ]
    if shown:
        blocks.append(Pictures(shown))
    return blocks
