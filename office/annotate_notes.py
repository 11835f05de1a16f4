"""Notes at the cells of one sheet: the texts and the boxes that show them. Runs in the child process of office.annotate."""

import re

from office.annotate_sheet import place
from office.package import Unusual, appended, attribute, letters, opened, prefix, text_of, with_attribute

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
AUTHOR = "预检"
OPENING = "【预检"  # by which an earlier check's words are known again; nothing in it makes a program split the run
NOTES = (
    f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<comments xmlns="{MAIN}"><authors></authors>'
    "<commentList></commentList></comments>"
).encode()
SHAPE_TYPE = (
    b'<v:shapetype id="_x0000_t202" coordsize="21600,21600" o:spt="202" path="m,l,21600r21600,l21600,xe">'
    b'<v:stroke joinstyle="miter"/><v:path gradientshapeok="t" o:connecttype="rect"/></v:shapetype>'
)
BOXES = (
    b'<xml xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office" '
    b'xmlns:x="urn:schemas-microsoft-com:office:excel"><o:shapelayout v:ext="edit">'
    b'<o:idmap v:ext="edit" data=""/></o:shapelayout>' + SHAPE_TYPE + b"</xml>"
)
BLOCK = 1024  # numbers of boxes are given out in blocks of so many
WIDTH = 260  # pixels
CHARACTERS = 18  # of a Chinese text in a line of that width
MOST_LINES = 30


class Texts:
    """The part that holds the notes' texts."""

    def __init__(self, xml):
        if b"<!" in xml:
            raise Unusual("markup")
        self.xml = opened(opened(xml, "authors"), "commentList")
        self.mark = prefix(self.xml, "comments")
        self._one = re.compile(rb"<%(p)scomment(?=\s)[^>]*>.*?</%(p)scomment\s*>" % {b"p": self.mark}, re.DOTALL)

    def clean(self):
        """Take out what an earlier check wrote; returns (places it stood at, those of them with nothing left)."""
        stood, empty = set(), set()

        def without(found):
            whole = found[0]
            if OPENING.encode() not in whole:
                return whole
            at = place(attribute(whole[: whole.index(b">")] + b" ", "ref"))
            stood.add(at)
            p = self.mark
            begin = whole.index(OPENING.encode())
            rest = whole[begin:]
            # To the end of this run; whatever runs follow it are ours as well.
            kept = whole[:begin].rstrip()
            rest = rest[rest.index(b"</%st" % p) :]
            rest = re.sub(rb"<%(p)sr(?=[\s>]).*?</%(p)sr\s*>" % {b"p": p}, b"", rest, flags=re.DOTALL)
            whole = kept + rest
            text = b"".join(re.findall(rb"<%(p)st(?:\s[^>]*)?>([^<]*)<" % {b"p": p}, whole))
            if text.strip():
                return whole
            empty.add(at)
            return b""

        self.xml = self._one.sub(without, self.xml)
        return stood, empty

    def add(self, notes):
        """Write {(row, column): text}; returns the places that had a note already."""
        had, p = set(), self.mark

        def widened(found):
            at = place(attribute(found[0][: found[0].index(b">")] + b" ", "ref"))
            if at not in notes or at in had:
                return found[0]
            had.add(at)
            return appended(found[0], "text", self._run("\n" + notes[at]))

        xml = self._one.sub(widened, self.xml)
        author = len(re.findall(rb"<%sauthor(?=[\s/>])" % p, xml))
        xml = appended(xml, "authors", b"<%(p)sauthor>%(name)s</%(p)sauthor>" % {b"p": p, b"name": AUTHOR.encode()})
        new = [
            b'<%(p)scomment ref="%(ref)s" authorId="%(author)d" shapeId="0"><%(p)stext>%(run)s</%(p)stext></%(p)scomment>'
            % {
                b"p": p,
                b"ref": f"{letters(column)}{row}".encode(),
                b"author": author,
                b"run": self._run(text),
            }
            for (row, column), text in notes.items()
            if (row, column) not in had
        ]
        self.xml = appended(xml, "commentList", b"".join(new))
        return had

    def all(self):
        """Every note there is: {(row, column): text}."""
        pieces = re.compile(rb"<%(p)st(?:\s[^>]*)?>([^<]*)<" % {b"p": self.mark})
        return {
            place(attribute(whole[: whole.index(b">")] + b" ", "ref")): b"".join(pieces.findall(whole)).decode()
            for whole in self._one.findall(self.xml)
        }

    def _run(self, text):
        return (
            b'<%(p)sr><%(p)srPr><%(p)ssz val="9"/><%(p)scolor indexed="81"/><%(p)srFont val="\xe5\xae\x8b\xe4\xbd\x93"/>'
            b'<%(p)scharset val="134"/></%(p)srPr><%(p)st xml:space="preserve">%(text)s</%(p)st></%(p)sr>'
        ) % {b"p": self.mark, b"text": text_of(text)}


class Boxes:
    """The drawing that holds the notes' boxes. It is VML, which need not be well-formed, so it is never parsed."""

    SHAPE = re.compile(rb"<v:shape(?=\s).*?</v:shape\s*>", re.DOTALL)

    def __init__(self, content):
        # Some libraries name the spaces anew at each element; where there are but notes, all boxes are drawn again.
        root = re.match(rb"\s*(?:<\?xml[^>]*>\s*)?<xml\s[^>]*>", content)
        self.is_anew = not root or any(b"xmlns:%s=" % name not in root[0] for name in (b"v", b"o", b"x"))
        if self.is_anew and set(re.findall(rb"""ObjectType\s*=\s*["'](\w+)""", content)) - {b"Note"}:
            raise Unusual("boxes")
        self.content = BOXES if self.is_anew else content

    @staticmethod
    def blocks(content):
        """The blocks of numbers that a drawing uses."""
        lists = re.findall(rb"""<o:idmap[^>]*\bdata\s*=\s*["']([\d,\s]*)["']""", content)
        used = {int(shape) // BLOCK for shape in re.findall(rb"_x0000_s(\d+)", content)}
        return used | {int(number) for numbers in lists for number in re.findall(rb"\d+", numbers)}

    @staticmethod
    def _place(shape):
        row = re.search(rb"<x:Row>\s*(\d+)\s*</x:Row>", shape)
        column = re.search(rb"<x:Column>\s*(\d+)\s*</x:Column>", shape)
        return (int(row[1]) + 1, int(column[1]) + 1) if row and column else None

    def drop(self, places):
        """Take out the boxes of notes that are no more."""
        if places:
            self.content = self.SHAPE.sub(
                lambda found: b"" if self._place(found[0]) in places else found[0], self.content
            )

    def stretch(self, notes):
        """Make room in the boxes that had a text already."""

        def longer(found):
            text = notes.get(self._place(found[0]))
            return found[0] if text is None else re.sub(rb"<x:Anchor>([^<]*)</x:Anchor>", with_room(text), found[0])

        def with_room(text):
            def anchor(found):
                numbers = [number.strip() for number in found[1].split(b",")]
                if len(numbers) != 8 or not all(number.isdigit() for number in numbers):
                    return found[0]
                numbers[6] = str(int(numbers[6]) + lines(text)).encode()
                return b"<x:Anchor>%s</x:Anchor>" % b", ".join(numbers)

            return anchor

        if notes:
            self.content = self.SHAPE.sub(longer, self.content)

    def add(self, notes, *, first_block, width):
        """Boxes for {(row, column): text}; returns the next free block. `width` tells that of a column in pixels."""
        if not notes:
            return first_block
        past = first_block + (len(notes) + BLOCK) // BLOCK
        shapes = [
            self._box(first_block * BLOCK + 1 + index, at, text, width)
            for index, (at, text) in enumerate(notes.items())
        ]
        mine = ",".join(str(block) for block in range(first_block, past)).encode()
        if b'id="_x0000_t202"' not in self.content:
            shapes.insert(0, SHAPE_TYPE)
        self.content = re.sub(
            rb"<o:idmap[^>]*>",
            lambda found: with_attribute(
                found[0], "data", ",".join(filter(None, [attribute(found[0], "data"), mine.decode()]))
            ),
            self.content,
            count=1,
        )
        end = self.content.rindex(b"</xml>")
        self.content = self.content[:end] + b"".join(shapes) + self.content[end:]
        return past

    @staticmethod
    def _box(number, at, text, width):
        row, column = at
        right, room = column + 1, WIDTH  # the box begins one column further, and ends where it is wide enough
        while room > width(right) and right < 16_000:
            room -= width(right)
            right += 1
        # Corners as (column, pixels into it, row, pixels into it), from 0.
        anchor = f"{column}, 12, {max(row - 2, 0)}, 4, {right - 1}, {room}, {max(row - 2, 0) + lines(text)}, 12"
        return (
            f'<v:shape id="_x0000_s{number}" type="#_x0000_t202" style="position:absolute;margin-left:80pt;margin-top:2pt;'
            f'width:{WIDTH * 3 // 4}pt;height:{lines(text) * 15}pt;z-index:1;visibility:hidden;mso-fit-shape-to-text:t" '
            'fillcolor="#ffffe1" o:insetmode="auto"><v:fill color2="#ffffe1"/><v:shadow on="t" color="black" obscured="t"/>'
            '<v:path o:connecttype="none"/><v:textbox style="mso-direction-alt:auto;mso-fit-shape-to-text:t">'
            '<div style="text-align:left"></div></v:textbox><x:ClientData ObjectType="Note"><x:MoveWithCells/>'
            f"<x:SizeWithCells/><x:Anchor>{anchor}</x:Anchor><x:AutoFill>False</x:AutoFill><x:Row>{row - 1}</x:Row>"
            f"<x:Column>{column - 1}</x:Column></x:ClientData></v:shape>"
        ).encode()


def lines(text):
    """How many lines a note takes in its box."""
    return min(MOST_LINES, sum(1 + len(line) // CHARACTERS for line in text.split("\n")) + 1)
