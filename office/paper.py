"""What an official paper says, apart from how Word or PDF shows it: office.word and office.pdf write the same paper.

    paper = Paper("关于……的通报", dated=on, organ="中共……工作委员会", number="……〔2025〕3号", kind=LETTERHEAD, blocks=[
        Text("现将有关情况通报如下。"), Heading("总体情况"), Text("……"), Table(["单位", "次数"], rows),
    ])
    to_word(paper); to_pdf(paper)

Text is data everywhere: it may come from any record and is cleaned here, once, when the paper is described.
"""

import datetime
import re
from dataclasses import dataclass, field
from decimal import Decimal

from office.titles import title_lines

LETTERHEAD, PLAIN = "letterhead", "plain"  # 红头: 通报, 通知; without: 手册, 公开表, 催办单

# Control characters, surrogates, non-characters, and the marks that turn the direction of what follows.
UNPRINTABLE = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ud800-\udfff\ufeff\ufff9-\ufffb\ufffe\uffff]"
)
LINE_END = re.compile("\r\n|[\n\r\x0b\x0c\x1c-\x1f\x85\u2028\u2029]")
NUMERALS = "〇一二三四五六七八九"
WIDTH_IN_POINTS = 440  # 156 mm, rounded down


def clean(value):
    """One line of text as both formats can hold it."""
    return LINE_END.sub(" ", UNPRINTABLE.sub("", str(value).replace("\t", " "))).strip()


def clean_lines(value):
    """The lines of a text, without those that are empty."""
    lines = [clean(line) for line in LINE_END.split(str(value))]
    return [line for line in lines if line] or [""]


def cell(value):
    """A value as it stands in a table."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, datetime.datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    if isinstance(value, datetime.date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return f"{value:f}"
    return "\n".join(clean_lines(value))


def official_date(day):
    """2025年3月1日: Arabic numerals, months and days without a leading nought."""
    return f"{day.year}年{day.month}月{day.day}日"


def chinese_number(number):
    """1 to 999 as headings count them: 一, 十, 十一, 二十, 一百〇一."""
    if number >= 100:
        rest = number % 100
        joint = "" if not rest else "〇" if rest < 10 else "一" if rest < 20 else ""
        return NUMERALS[number // 100] + "百" + joint + (chinese_number(rest) if rest else "")
    tens, ones = divmod(number, 10)
    return ("" if not tens else "十" if tens == 1 else NUMERALS[tens] + "十") + (NUMERALS[ones] if ones else "")


# --- blocks


@dataclass(frozen=True)
class Heading:
    """A heading of level 1 to 4; both writers number it 一、（一）1.（1） unless it is not `numbered`."""

    text: str
    level: int = 1
    numbered: bool = True
    new_page: bool = False

    def __post_init__(self):
        if self.level not in (1, 2, 3, 4):
            raise ValueError("a heading has level 1 to 4")
        object.__setattr__(self, "text", clean(self.text))


@dataclass(frozen=True)
class Bold:
    """A part of a Text that stands out."""

    text: str


class Noted(str):
    """A part of a Text with a footnote: a string, so that who writes no footnotes writes its words all the same."""

    def __new__(cls, text, note):
        made = super().__new__(cls, text)
        made.note = clean(note)
        return made


@dataclass(frozen=True)
class Text:
    """A paragraph: a string (each of its lines becomes a paragraph) or a list of strings, Noted and Bold."""

    content: object
    align: str = "justify"  # left, center, right; only justified text is indented by two signs
    paragraphs: tuple = field(init=False)  # of tuples of (text, is_bold)

    def __post_init__(self):
        parts = [self.content] if isinstance(self.content, str | Bold) else self.content
        paragraphs = [[]]
        for part in parts:
            is_bold, note = isinstance(part, Bold), getattr(part, "note", "")
            lines = LINE_END.split(str(part.text if is_bold else part))
            for index, line in enumerate(lines):
                if index and paragraphs[-1]:
                    paragraphs.append([])
                line = LINE_END.sub(" ", UNPRINTABLE.sub("", line.replace("\t", " ")))
                if line.strip():
                    line = line if paragraphs[-1] else line.lstrip()
                    paragraphs[-1].append((Noted(line, note) if note else line, is_bold))
        object.__setattr__(self, "paragraphs", tuple(tuple(runs) for runs in paragraphs if runs))


@dataclass(frozen=True)
class Table:
    """A framed table whose head is repeated on each page.

    `widths` are proportions (by default they follow the contents); `empty` is what stands there when there is no row;
    a `landscape` table has pages of its own, turned.
    """

    head: list
    rows: list
    widths: list = ()
    caption: str = ""
    note: str = ""
    empty: str = "无"
    landscape: bool = False

    def __post_init__(self):
        if not self.head:
            raise ValueError("a table has a head; pairs of label and value are a Record")
        columns = len(self.head)
        rows = tuple(tuple(cell(value) for value in row) for row in self.rows)
        if any(len(row) != columns for row in rows) or (self.widths and len(self.widths) != columns):
            raise ValueError("each row of a table has as many cells as its head")
        object.__setattr__(self, "head", tuple(clean(label) for label in self.head))
        object.__setattr__(self, "rows", rows)
        object.__setattr__(self, "widths", tuple(self.widths) or _widths([self.head, *rows]))
        for name in ("caption", "note", "empty"):
            object.__setattr__(self, name, clean(getattr(self, name)))


@dataclass(frozen=True)
class Record:
    """A form filled in: rows of (label, value); a single pair takes the whole width, e.g. [[时间, 地点], [内容]]."""

    rows: list
    caption: str = ""
    note: str = ""

    def __post_init__(self):
        rows = tuple(tuple((clean(label), cell(value)) for label, value in row) for row in self.rows)
        object.__setattr__(self, "rows", tuple(row for row in rows if row))
        for name in ("caption", "note"):
            object.__setattr__(self, name, clean(getattr(self, name)))

    @property
    def pairs(self):
        """How many pairs the fullest row has."""
        return max((len(row) for row in self.rows), default=1)


@dataclass(frozen=True)
class Break:
    """A new page."""


@dataclass(frozen=True)
class Signatures:
    """Lines to sign on: a label, a rule, and the blank date."""

    labels: list
    with_date: bool = True

    def __post_init__(self):
        object.__setattr__(self, "labels", tuple(clean(label) for label in self.labels))


@dataclass(frozen=True)
class Checklist:
    """Things to tick: strings, or (string, is_done)."""

    items: list

    def __post_init__(self):
        pairs = [(item, False) if isinstance(item, str) else item for item in self.items]
        object.__setattr__(self, "items", tuple((clean(text), bool(done)) for text, done in pairs))

    @property
    def lines(self):
        """The items with their boxes; brackets, because every Chinese font has them and ticking by pen is easy."""
        return tuple(f"［{'√' if done else '　'}］{text}" for text, done in self.items)


@dataclass(frozen=True)
class Further:
    """A further paper of the same batch (letters to many), on a page of its own with its title, number and addressee."""

    title: str
    number: str = ""
    addressee: str = ""

    def __post_init__(self):
        object.__setattr__(self, "title", "\n".join(clean_lines(self.title)))
        for name in ("number", "addressee"):
            object.__setattr__(self, name, clean(getattr(self, name)))


@dataclass(frozen=True)
class Annex:
    """An attachment from a new page on, after signature and date; what follows belongs to it. Counted and listed."""

    title: str
    new_page: bool = True

    def __post_init__(self):
        object.__setattr__(self, "title", clean(self.title))


# --- the paper


@dataclass(frozen=True)
class Paper:
    """A paper; only title and date must be given. `dated` is the day it bears, also in the file's properties."""

    title: str  # may hold line feeds where it shall break
    dated: datetime.date
    blocks: list = ()
    kind: str = PLAIN
    organ: str = ""  # 发文机关
    mark: str = ""  # 发文机关标志; by default the organ and 文件
    number: str = ""  # 发文字号
    addressee: str = ""  # 主送机关
    signer: str = ""  # 署名; the organ of a letterhead unless given
    attachments: list = ()  # 附件说明; the titles of the Annex blocks unless given
    copies: list = ()  # 抄送
    copies_label: str = "抄送"  # 报送 in a 简报
    issuer: str = ""  # 印发机关; the organ of a letterhead unless given
    issued_on: datetime.date | None = None  # 印发日期; the paper's date unless given
    has_cover: bool = False  # title, organ and date on a page of their own
    is_draft: bool = False
    landscape: bool = False
    header: str = ""
    footer: str = ""

    def __post_init__(self):
        if self.kind not in (LETTERHEAD, PLAIN):
            raise ValueError("a paper is letterhead or plain")
        for name in ("organ", "mark", "number", "addressee", "signer", "copies_label", "issuer", "header", "footer"):
            object.__setattr__(self, name, clean(getattr(self, name)))
        object.__setattr__(self, "title", "\n".join(clean_lines(self.title)))
        blocks = tuple(self.blocks)
        object.__setattr__(self, "blocks", blocks)
        annexes = [block.title for block in blocks if isinstance(block, Annex)]
        names = [self.attachments] if isinstance(self.attachments, str) and self.attachments else self.attachments
        object.__setattr__(self, "attachments", tuple(clean(name) for name in names or annexes))
        copies = [self.copies] if isinstance(self.copies, str) and self.copies else self.copies
        object.__setattr__(self, "copies", tuple(filter(None, (clean(name).rstrip("。，") for name in copies))))
        if self.has_letterhead:
            object.__setattr__(self, "mark", self.mark or f"{self.organ}文件")
            object.__setattr__(self, "signer", self.signer or self.organ)
            object.__setattr__(self, "issuer", self.issuer or self.organ)

    @property
    def has_letterhead(self):
        return self.kind == LETTERHEAD

    @property
    def title_lines(self):
        """The title, broken into lines of about one length where it is too long for one."""
        return title_lines(self.title)

    @property
    def addressee_line(self):
        return self.addressee.rstrip("：:") + "："

    @property
    def copies_line(self):
        return f"{self.copies_label}：" + "，".join(self.copies) + "。"

    @property
    def issued_line(self):
        return official_date(self.issued_on or self.dated) + "印发"

    @property
    def has_imprint(self):
        """Whether 版记 stands at the end."""
        return bool(self.issuer or self.copies)

    def numbered(self):
        """Steps (label, block, is_turned) before the signature, and those after it.

        Headings get their numbers, annexes 附件1; a heading above a landscape table goes to the turned page with it.
        """
        several = sum(isinstance(block, Annex) for block in self.blocks) > 1
        body, after, counts, annexes = [], [], [0] * 5, 0
        for block, turned in zip(self.blocks, self._turned(), strict=True):
            label = ""
            if isinstance(block, Annex):
                annexes, counts = annexes + 1, [0] * 5
                label = f"附件{annexes}" if several else "附件"
            elif isinstance(block, Heading) and block.numbered:
                counts[block.level] += 1
                counts[block.level + 1 :] = [0] * (4 - block.level)
                label = _label(block.level, counts[block.level])
            (after if annexes else body).append((label, block, turned))
        return body, after

    def _turned(self):
        turned, following = [], self.landscape
        for block in reversed(self.blocks):
            if isinstance(block, Table):
                following = block.landscape or self.landscape
            elif not isinstance(block, Heading | Break | Annex):
                following = self.landscape
            turned.append(following)
        return turned[::-1]


def mark_size(paper):
    """Points of the red mark: as large as one line allows, never larger than is usual."""
    return max(22, min(52, int(WIDTH_IN_POINTS / max(width(paper.mark), 1))))


def attachment_lines(paper):
    """(label, name) of 附件说明: the label stands once, the names are counted when there are several."""
    if len(paper.attachments) == 1:
        return [("附件：", paper.attachments[0])]
    return [
        (f"{'附件：' if index == 1 else '　　　'}{index}.", name) for index, name in enumerate(paper.attachments, 1)
    ]


def signature_indents(paper):
    """Signs to leave free on the right of (signer, date): the date four, the signer centred above it."""
    signer, dated = width(paper.signer), width(official_date(paper.dated))
    middle = max(4 + dated / 2, 2 + signer / 2)
    return max(0, middle - signer / 2), middle - dated / 2 if signer < 24 else 4


def width(text):
    """Width of a text in signs; Latin letters and digits take half of one."""
    return sum(0.5 if ord(sign) < 0x2E80 and sign not in "“”‘’…—·" else 1 for sign in text)


def table_size(columns, *, landscape):
    """The letters of a table in points: 小四, or 五号 when it has many columns."""
    return 12 if columns <= (10 if landscape else 6) else 10.5


def centred_columns(rows):
    """Per column, whether it is centred: short entries are, sentences begin at the left."""
    return [max(map(_longest, column)) <= 8 for column in zip(*rows, strict=True)]


def _label(level, count):
    return {1: f"{chinese_number(count)}、", 2: f"（{chinese_number(count)}）", 3: f"{count}.", 4: f"（{count}）"}[
        level
    ]


def _longest(text):
    return max(map(width, text.split("\n")))


def _widths(rows):
    """Proportions by content: enough for short entries, no more than two fifths for long ones."""
    wanted = [min(20, max(2, *map(_longest, column))) + 1 for column in zip(*rows, strict=True)]
    return tuple(wanted)
