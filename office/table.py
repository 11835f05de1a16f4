"""Finding a table in a sheet by the names of its columns, wherever it stands and in whatever order."""

import hashlib
import re
import unicodedata
from dataclasses import dataclass, field
from itertools import islice
from typing import NamedTuple

from office import Unreadable
from office.reader_child import column_letter

HEADER_WITHIN = 40  # filled rows looked at; above the header stand only a title and a line or two
BRACKETS = re.compile(r"\([^()]*\)|\[[^\[\]]*\]|【[^【】]*】|〔[^〔〕]*〕")
FOOTER = re.compile(
    r"(?:合计|总计|小计|共计)(?:[:(]|共?\d|$)"
    r"|(?:制表|填表|填报|统计|审核|负责|联系|经办)(?:人|单位|日期|时间|电话)[^:]{0,6}:"
    r"|单位负责人[^:]{0,6}:|(?:备注|说明|注|填表说明|填报说明)\d?:"
)


class Column(NamedTuple):
    """A column that a kind of table may have; `identity` marks the one that names whom or what a row is about.

    `otherwise` are words taken for it only where no other column bears its label or a synonym.
    """

    key: str
    label: str
    synonyms: tuple = ()
    required: bool = False
    identity: bool = False
    otherwise: tuple = ()


class Unmatched(Unreadable):
    """Read, but what its columns mean is not clear: somebody has to say it."""


class MissingColumns(Unmatched):
    """The table was found, but not every required column; `missing` are keys, `unknown` pairs of (cell, header)."""

    def __init__(self, message, *, missing, unknown):
        super().__init__(message)
        self.missing, self.unknown = missing, unknown


def normalise(header):
    """A header as it is compared: half-width, without spaces, line breaks, asterisks and colons."""
    text = unicodedata.normalize("NFKC", str(header))
    return "".join(char for char in text if not char.isspace() and char not in "*:★※\u200b\ufeff").lower()


def _bare(header):
    """A normalised header without what stands in brackets, such as a unit."""
    return BRACKETS.sub("", header)


@dataclass
class Table:
    """A table found in a sheet; iterate `rows` as often as needed."""

    sheet: str
    header_rows: tuple  # row numbers, one or two
    columns: dict  # key → column index from 0
    unknown: list  # (cell, header) of the columns that no key claims
    identity: str | None
    date1904: bool
    body: list = field(repr=False)

    @property
    def rows(self):
        """(row number, {key: value}) of every data row; blank rows and footers are left out."""
        for number, cells in self.body:
            if not self._is_footer(cells):
                yield number, {key: self._at(cells, index) for key, index in self.columns.items()}

    def cell(self, row, key):
        """The address of a value, such as G64."""
        return f"{column_letter(self.columns[key])}{row}"

    @staticmethod
    def _at(cells, index):
        return cells[index] if index < len(cells) else None

    def _is_footer(self, cells):
        filled = [index for index, value in enumerate(cells) if value is not None]
        first = cells[filled[0]]
        named = self.identity in self.columns and self._at(cells, self.columns[self.identity]) is not None
        if not named and len(filled) == 1:
            return True
        # 合计 may stand in the identity's own column when that is the first; further right it would be a name.
        if named and self.columns[self.identity] != filled[0]:
            return False
        return isinstance(first, str) and bool(FOOTER.match("".join(unicodedata.normalize("NFKC", first).split())))


class _Header(NamedTuple):
    """One reading of a row, or of two rows together, as the header."""

    sheet: object
    position: int  # of the first data row in sheet.rows
    numbers: tuple
    claims: list  # (index, key or None, row number, text) of each headed column

    def keys(self):
        return {key for _, key, _, _ in self.claims if key}

    @property
    def signature(self):
        """A hash of the headers in their order: the same header row, whatever stands above or below it."""
        texts = "\n".join(normalise(text) for _, _, _, text in self.claims)
        return hashlib.sha256(texts.encode()).hexdigest()

    def samples(self, index):
        """The first three filled cells below a header."""
        cells = (cells[index] for _, cells in self.sheet.rows[self.position :] if index < len(cells))
        return list(islice((cell for cell in cells if cell is not None), 3))


def headings(sheets, columns, *, at=None):
    """The row that is most likely the header, or the one that stands `at` (sheet, row numbers); None in an empty workbook.

    It has `sheet`, `numbers`, `claims` (column index, key or None, row number, text), `signature` and `samples(index)`.
    """
    known, required = _index(columns), {column.key for column in columns if column.required}
    found = [header for sheet in sheets for header in _readings(sheet, known) if header.claims]
    if at:
        found = [header for header in found if (header.sheet.name, header.numbers) == (at[0], tuple(at[1]))]
    return max(found, key=lambda header: _likeness(header, required), default=None)


def _likeness(header, required):
    """How much a row is like a header. Where no column is known, the one with the most different words and no figures.

    A single column may be known by chance: a cell of the table may say 党员.
    """
    keys = header.keys() if len(header.keys()) > 1 else set()
    cells = [
        cell for number, cells in header.sheet.rows if number in header.numbers for cell in cells if cell is not None
    ]
    words = {cell for cell in cells if isinstance(cell, str) and not any(char.isdigit() for char in cell)}
    return len(keys & required), len(keys), -len(header.numbers), 2 * len(words) - len(cells), -header.numbers[0]


def find_table(sheets, columns, *, kind_label, layouts=None):
    """The table whose header names the most of `columns`; raises Unreadable, as Unmatched where its columns can be told.

    `layouts` (signature → the keys of its columns in their order, None for one left out) are header rows of which
    somebody has said what they mean; they go before any guess.
    """
    known = _index(columns)
    required = {column.key for column in columns if column.required}

    def score(header):
        keys = header.keys()
        return len(keys & required), len(keys)

    # max() keeps the first of equals. One header row goes before two, or a title would count as a row of the header.
    readings = [list(_readings(sheet, known)) for sheet in sheets if sheet.rows]
    for header in (header for found in readings for header in found if layouts):
        if (keys := layouts.get(header.signature)) and len(keys) == len(header.claims):
            claims = [(*claim[:1], key, *claim[2:]) for claim, key in zip(header.claims, keys, strict=True)]
            return _table(header._replace(claims=claims), columns, kind_label, is_told=True)
    of_sheets = [max(found, key=lambda header: (*score(header), -len(header.numbers))) for found in readings]
    best = max(of_sheets, key=score, default=None)
    if best is None or not best.keys() or 2 * score(best)[0] < len(required):
        looked_in = "、".join(f"“{sheet.name}”" for sheet in sheets) or "（无可见工作表）"
        wanted = "、".join(column.label for column in columns if column.required)
        raise Unmatched(f"没有找到{kind_label}的表头。已查看工作表{looked_in}；表头应含：{wanted}。")
    return _table(best, columns, kind_label)


def _index(columns):
    known = {}
    for column in columns:
        for name in (column.label, *column.synonyms, *column.otherwise):
            if known.setdefault(normalise(name), column.key) != column.key:
                raise ValueError(f"{name} names two columns: {known[normalise(name)]} and {column.key}")
    return known


def _readings(sheet, known):
    """Every way to read the upper rows of a sheet as a header."""
    rows = sheet.rows[:HEADER_WITHIN]
    for position, (number, cells) in enumerate(rows):
        yield _Header(sheet, position + 1, (number,), _claims([None] * len(cells), cells, (number, number), known))
        following = rows[position + 1] if position + 1 < len(rows) else (0, [])
        if following[0] == number + 1:
            numbers = (number, number + 1)
            yield _Header(sheet, position + 2, numbers, _claims(cells, following[1], numbers, known))


def _claims(upper, lower, numbers, known):
    """Which key each column claims, by both rows together, else by the lower, else by the upper alone."""
    claims, group = [], ""
    for index in range(max(len(upper), len(lower))):
        above = str(upper[index]) if index < len(upper) and upper[index] is not None else ""
        below = str(lower[index]) if index < len(lower) and lower[index] is not None else ""
        group = above or group  # a merged heading holds its text in its first cell only
        if not above and not below:
            continue
        names = [group + below, below] if below else [above]
        key = _key(names, known)
        claims.append((index, key, numbers[1] if below else numbers[0], below or above))
    return claims


def _key(names, known):
    names = [normalise(name) for name in names]
    return next((known[name] for name in [*names, *map(_bare, names)] if name in known), None)


def _table(header, columns, kind_label, *, is_told=False):
    labels = {column.key: column.label for column in columns}
    # A word that only stands in for another yields to it: 主要内容 is the topic where no column is called 主题.
    stand_ins = {normalise(name) for column in columns for name in column.otherwise}
    named = {key for _, key, _, text in header.claims if key and normalise(text) not in stand_ins}
    found, unknown = {}, []
    for index, key, number, text in header.claims:
        address = f"{column_letter(index)}{number}"
        if is_told and key is None:
            continue  # left out on purpose
        if key is None or (not is_told and key in named and normalise(text) in stand_ins):
            unknown.append((address, " ".join(text.split())))
        elif key in found:
            first = found[key][1]
            raise Unmatched(
                f"工作表“{header.sheet.name}”有两列都像“{labels[key]}”：{first} 和 {address}。"
                "请删去或改名其中一列后再上传。"
            )
        else:
            found[key] = index, address
    missing = [column.key for column in columns if column.required and column.key not in found]
    if missing:
        names = "、".join(f"“{labels[key]}”" for key in missing)
        seen = "、".join(f"{address}“{text}”" for address, text in unknown) or "无"
        raise MissingColumns(
            f"工作表“{header.sheet.name}”的{kind_label}缺少列：{names}。未认出的列：{seen}。请把列名改为系统认识的名称后再上传。",
            missing=missing,
            unknown=unknown,
        )
    return Table(
        sheet=header.sheet.name,
        header_rows=header.numbers,
        columns={key: index for key, (index, _) in found.items()},
        unknown=unknown,
        identity=next((column.key for column in columns if column.identity), None),
        date1904=header.sheet.date1904,
        body=header.sheet.rows[header.position :],
    )
