"""Lines of Chinese text for a PDF: where they break, what may not begin or end one, and how they are drawn.

No font is put into the file: STSong-Light is one of the Chinese fonts that PDF defines by name, and whoever opens the file
brings his own for it. A font with all signs would add ten megabytes to each paper, and the good ones may not be passed on.
"""

from reportlab.lib.colors import Color, black
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.platypus import Flowable

SONG, ROMAN, ROMAN_BOLD = "STSong-Light", "Times-Roman", "Times-Bold"
MISSING = "〓"  # the printers' mark for a type that is not in the case
NOT_FIRST = set("，。、；：！？）》〉】〕］｝」』”’％…—·,.;:!?)]}%")
NOT_LAST = set("（《〈【〔［｛「『“‘([{￥＃")
UNMAPPED = set("ńňɑɡ\uf979\uf995\uf9e7\uf9f1\ufa0c").union(map(chr, range(0xFE30, 0xFE45)))  # in GBK, not in the font
STROKE = 0.022  # of the size, by which a bold sign is thicker: the font has no bold cut

pdfmetrics.registerFont(UnicodeCIDFont(SONG))


def unprintable(text):
    """The signs that would stand as 〓."""
    return {sign for sign in text if not _is_printable(sign) and not _is_shapeless(sign) and sign != "\n"}


def _is_latin(sign):
    return " " <= sign <= "~" or sign == "·" or ("\xc0" <= sign <= "\xff" and sign not in "×÷")


def _is_printable(sign):
    """Whether the sign is in the font's collection (GB 18030 of 2000, as UniGB-UCS2-H maps it) or in the Latin font's."""
    if _is_latin(sign) or "\u3400" <= sign <= "\u4db5":
        return True
    try:
        return bool(sign.encode("gbk")) and sign not in UNMAPPED
    except UnicodeEncodeError:
        return False


def _is_shapeless(sign):
    """Unusual spaces, and selectors of a variant, which change only the sign before them."""
    return (
        (sign.isspace() and sign not in " 　") or "\ufe00" <= sign <= "\ufe0f" or "\U000e0100" <= sign <= "\U000e01ef"
    )


class Lines(Flowable):
    """Paragraphs of one look; each is a list of (text, is_bold)."""

    def __init__(self, paragraphs, size, leading, *, align="left", bold=False, color=black, first=0, left=0, right=0):
        super().__init__()
        self.paragraphs = paragraphs
        self.size, self.leading, self.align, self.color = size, leading, align, color
        self.bold, self.first, self.left, self.right = bold, first, left, right
        self.lines, self.broken_for = None, None

    def break_for(self, width):
        """The lines for this width: (indent, signs, is_last of its paragraph)."""
        if self.broken_for != width:
            self.broken_for, self.lines = width, []
            room = width - self.left - self.right
            for runs in self.paragraphs:
                for index, (signs, is_last) in enumerate(_lines(list(self._signs(runs)), room, self.first)):
                    self.lines.append((self.left + (0 if index else self.first), signs, is_last))
        return self.lines

    def cut(self, width, start, stop):
        """Some of the lines, as a flowable of its own."""
        part = Lines([], self.size, self.leading, align=self.align, color=self.color, left=self.left, right=self.right)
        part.lines, part.broken_for = self.break_for(width)[start:stop], width
        return part

    def wrap(self, width, height):
        self.width, self.height = width, len(self.break_for(width)) * self.leading
        return width, self.height

    def split(self, width, height):
        lines, fits = self.break_for(width), int(height / self.leading + 0.001)
        if len(lines) - fits == 1 and fits > 2:
            fits -= 1  # no single line at the head of a page
        if fits < min(2, len(lines)):
            return []
        return [self.cut(width, 0, fits), self.cut(width, fits, None)]

    def draw(self):
        for number, (indent, signs, is_last) in enumerate(self.lines):
            room = self.width - indent - self.right
            free = room - sum(width for _, _, width in signs)
            spread, start = 0, indent
            if self.align == "justify" and not is_last and len(signs) > 1:
                spread = free / (len(signs) - 1)
            elif self.align in ("center", "right"):
                start += free / (2 if self.align == "center" else 1)
            self._draw_line(
                signs, start, self.height - number * self.leading - self.leading / 2 - self.size * 0.36, spread
            )

    def _draw_line(self, signs, x, y, spread):
        text = self.canv.beginText(x, y)
        text.setFillColor(self.color)
        text.setStrokeColor(self.color)
        text.setCharSpace(spread)
        self.canv.setLineWidth(self.size * STROKE)
        at = 0
        while at < len(signs):
            font, bold = signs[at][1]
            end = at
            while end < len(signs) and signs[end][1] == (font, bold):
                end += 1
            text.setFont(ROMAN_BOLD if bold and font == ROMAN else font, self.size, self.leading)
            text.setTextRenderMode(2 if bold and font == SONG else 0)
            text.textOut("".join(sign for sign, _, _ in signs[at:end]))
            at = end
        text.setTextRenderMode(0)
        text.setCharSpace(0)
        self.canv.drawText(text)

    def _signs(self, runs):
        for text, bold in runs:
            for sign in text:
                if _is_shapeless(sign):
                    continue
                sign = sign if _is_printable(sign) else MISSING
                font = ROMAN if _is_latin(sign) else SONG
                look = (font, bold or self.bold)
                name = ROMAN_BOLD if look == (ROMAN, True) else font
                yield sign, look, pdfmetrics.stringWidth(sign, name, self.size)


def _lines(signs, width, first):
    """Signs in lines: a Latin word or a number stays whole when it fits, punctuation stays with its word."""
    if not signs:
        yield [], True
        return
    start, room = 0, width - first
    while start < len(signs):
        used, end = 0, start
        while end < len(signs) and used + signs[end][2] <= room + 0.01:
            used += signs[end][2]
            end += 1
        if end < len(signs):
            end = _good_break(signs, start, max(end, start + 1))
        yield signs[start:end], end == len(signs)
        start, room = end, width


def _good_break(signs, start, end):
    """The last place up to `end` where the line may break; `end` itself when there is none nearby."""
    for at in range(end, max(start, end - 30), -1):
        before, after = signs[at - 1][0], signs[at][0]
        in_word = before < "\x7f" and after < "\x7f" and " " not in (before, after)
        if not in_word and after not in NOT_FIRST and before not in NOT_LAST and after != " ":
            return at
    return end


def rule(width, weight=1, color=black, above=0, below=0):
    """A line across the text."""
    return _Rule(width, weight, color, above, below)


class _Rule(Flowable):
    def __init__(self, width, weight, color, above, below):
        super().__init__()
        self.width, self.weight, self.color, self.above, self.below = width, weight, color, above, below

    def wrap(self, width, height):
        return self.width, self.above + self.below

    def draw(self):
        self.canv.setStrokeColor(self.color)
        self.canv.setLineWidth(self.weight)
        self.canv.line(0, self.below, self.width, self.below)


RED, GREY = Color(1, 0, 0), Color(0.65, 0.65, 0.65)


TALLEST = 15.5 / 2.54 * 72  # the text of a turned page, less a little


class AtBottom(Flowable):
    """Flowables at the lower edge of the page, whatever room is left above them."""

    def __init__(self, content):
        super().__init__()
        self.content = content

    def wrap(self, width, height):
        self.width = width
        self.parts = [(part, part.wrap(width, height)[1]) for part in self.content]
        needed = sum(part_height for _, part_height in self.parts)
        return width, max(needed, height - 0.01)

    def split(self, width, height):
        """Only what no page can hold is let go on over the next one."""
        return self.content if sum(part_height for _, part_height in self.parts) > TALLEST else []

    def draw(self):
        y = sum(height for _, height in self.parts)
        for part, height in self.parts:
            y -= height
            part.drawOn(self.canv, 0, y)
