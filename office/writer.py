"""Workbooks and CSV out: no cell of ours is ever taken for a formula, and the same input gives the same bytes."""

import csv
import datetime
import io
import re
from decimal import Decimal

import xlsxwriter
from django.utils import timezone
from import_export.formats import base_formats
from xlsxwriter.utility import xl_col_to_name
from xlsxwriter.worksheet import Worksheet

MAX_TEXT = 32_767  # of a cell; beyond it XlsxWriter would drop the text without a word
CUT = "…（内容过长，已截断）"
EXACT_DIGITS = 15
LARGEST = 10**EXACT_DIGITS
FIRST_DAY = datetime.date(1900, 1, 1)
UNSTAMPED = datetime.datetime(2000, 1, 1, tzinfo=datetime.UTC)  # what "created" says when nobody passes a moment

# Control characters, lone surrogates and non-characters: XML cannot carry them. Tab and line feed stay.
UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
# What a spreadsheet skips before it looks for a formula sign, and the signs, half- and full-width.
FORMULA = re.compile(r"[\s\ufeff\u200b\u2060]*[=+\-@＝＋－＠]|\t")
DISALLOWED_IN_NAME = re.compile(r"[\[\]:*?/\\]")

# The same acts without asking whether "A1" was meant: that would be a tenth of the time of a large workbook.
BLANK, STRING, NUMBER = (
    getattr(Worksheet, f"write_{kind}").__wrapped__ for kind in ("blank", "string", "number")
)  # fmt: skip


def clean_text(value):
    """Text as a cell can hold it: without byte order mark and control characters."""
    text = str(value)
    if text.isprintable() and len(text) <= MAX_TEXT:  # nearly all there is
        return text
    text = UNPRINTABLE.sub("", text.replace("\r\n", "\n")).lstrip("\ufeff")
    return text if len(text) <= MAX_TEXT else text[: MAX_TEXT - len(CUT)] + CUT


class Workbook:
    """A workbook in memory; `created` is written into the file instead of the clock's time.

    With `folder` a long one: its rows go to a file there, one after the other, so that memory does not grow with them. The
    folder should be nobody else's, since names stand in that file until the workbook is closed.
    """

    def __init__(self, *, title, created=UNSTAMPED, author="", folder=None):
        self._stream = io.BytesIO()
        where = {"constant_memory": True, "tmpdir": str(folder)} if folder else {"in_memory": True}
        self._book = xlsxwriter.Workbook(
            self._stream,
            {**where, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False},
        )
        self._book.set_properties(
            {"title": clean_text(title), "author": clean_text(author), "created": _naive(created)}
        )
        self._formats, self._looks = {}, {}

    def looks(self, **look):
        """The formats of a look for each type of cell: plain, text, day, moment; equal ones are shared."""
        key = tuple(look.items())
        if key not in self._looks:
            types = ({}, {"num_format": "@"}, {"num_format": "yyyy-mm-dd"}, {"num_format": "yyyy-mm-dd hh:mm"})
            self._looks[key] = [self.format(**{**kind, **look}) for kind in types]
        return self._looks[key]

    def format(self, **properties):
        """A cell format; equal ones are shared."""
        key = tuple(sorted(properties.items()))
        if key not in self._formats:
            self._formats[key] = self._book.add_format(properties)
        return self._formats[key]

    def sheet(self, name):
        """A new empty sheet."""
        name = DISALLOWED_IN_NAME.sub("_", clean_text(name)).strip("'")[:31] or "Sheet"
        return Sheet(self, self._book.add_worksheet(name))

    def add_table(self, name, headers, rows, *, title="", widths=()):
        """A new sheet, ready to print: title, header repeated on each page, rows; returns it for what follows below."""
        sheet = self.sheet(name)
        if title:
            sheet.title(title, len(headers))
        sheet.header(headers, widths)
        for row in rows:
            sheet.append(row)
        return sheet

    def stamp(self, name, text):
        """A property of the document that stays when sheets are deleted or renamed."""
        self._book.set_custom_property(name, clean_text(text))

    def name_range(self, name, sheet, column, rows):
        """Give the first `rows` cells of a sheet's column a name that formulas and validations can use."""
        letter = xl_col_to_name(column, col_abs=True)
        self._book.define_name(name, f"='{sheet}'!{letter}$1:{letter}${rows}")

    def close(self):
        """The finished file."""
        self._book.close()
        return self._stream.getvalue()


class Sheet:
    """One sheet, filled from the top; `row` is the index of the next free row."""

    def __init__(self, book, worksheet):
        self.book, self.worksheet, self.row = book, worksheet, 0
        worksheet.set_paper(9)  # A4
        worksheet.set_landscape()
        worksheet.fit_to_pages(1, 0)
        worksheet.set_footer("&C第 &P 页，共 &N 页")

    def title(self, text, columns):
        """A centred title over `columns` columns."""
        look = {"bold": True, "font_size": 16, "align": "center", "valign": "vcenter"}
        if columns > 1:
            self.worksheet.merge_range(self.row, 0, self.row, columns - 1, "", self.book.format(**look))
        self.write(self.row, 0, text, **look)
        self.worksheet.set_row(self.row, 30)
        self.row += 1

    def header(self, labels, widths=()):
        """The header row: framed, frozen and repeated on each printed page."""
        for index, label in enumerate(labels):
            self.write(
                self.row,
                index,
                label,
                bold=True,
                border=1,
                bg_color="#F2F2F2",
                align="center",
                valign="vcenter",
                text_wrap=True,
            )
            width = widths[index] if index < len(widths) else max(8, min(40, 2 * len(str(label)) + 2))
            self.worksheet.set_column(index, index, width)
        self.worksheet.repeat_rows(self.row)
        self.worksheet.freeze_panes(self.row + 1, 0)
        self.row += 1

    def append(self, values, **look):
        """One framed row of data."""
        self.put(values, self.book.looks(**{"border": 1, "valign": "vcenter", **look}))
        self.row += 1

    def put(self, values, looks, column=0):
        """Cells of the present row from a column on, by looks that were asked for once: for sheets of very many rows."""
        for index, value in enumerate(values, column):
            self._put(self.row, index, value, looks)

    def write(self, row, column, value, **look):
        """A cell by the type of its value; text is always text, whatever sign it begins with."""
        self._put(row, column, value, self.book.looks(**look))

    def _put(self, row, column, value, looks):
        plain, text, day, moment = looks
        page, kind = self.worksheet, type(value)
        if value is None or (kind is str and not value):
            BLANK(page, row, column, None, plain)
        elif kind is str:
            STRING(page, row, column, clean_text(value), text)
        elif kind is int and -LARGEST < value < LARGEST:
            NUMBER(page, row, column, value, plain)
        elif isinstance(value, bool):
            page.write_string(row, column, "是" if value else "否", plain)
        elif isinstance(value, (int, float, Decimal)) and _is_exact(value):
            NUMBER(page, row, column, float(value) if kind is Decimal else value, plain)
        elif value == "":  # text of another type
            page.write_blank(row, column, None, plain)
        elif isinstance(value, datetime.datetime) and (value := _naive(value)).date() >= FIRST_DAY:
            page.write_datetime(row, column, value, moment)
        elif isinstance(value, datetime.date) and not isinstance(value, datetime.datetime) and value >= FIRST_DAY:
            page.write_datetime(row, column, value, day)
        else:
            page.write_string(row, column, clean_text(value), text)

    def write_formula(self, row, column, formula, *, value, **look):
        """A formula of our own templates and the value it shows at first; never for text from outside."""
        self.worksheet.write_formula(row, column, formula, self.book.format(**look), value)

    def watermark(self, text):
        """Text at the head and foot of every printed page."""
        small = clean_text(text).replace("&", "&&").replace("\n", " ")[:200]
        self.worksheet.set_header(f"&L&8{small}")
        self.worksheet.set_footer(f"&L&8{small}&R第 &P 页，共 &N 页")

    def filter(self, first_row, last_row, columns):
        """Filter buttons on the header in `first_row`."""
        self.worksheet.autofilter(first_row, 0, last_row, columns - 1)


def _naive(moment):
    return timezone.make_naive(moment) if timezone.is_aware(moment) else moment


def _is_exact(number):
    """Whether a spreadsheet, which keeps 15 digits, shows the number unchanged."""
    if isinstance(number, (int, float)):
        return abs(number) < LARGEST
    number = Decimal(number)
    if number.is_finite() and len(str(number)) <= EXACT_DIGITS and "E" not in str(number):
        return True  # nearly all there are
    return number.is_finite() and len(number.normalize().as_tuple().digits) <= EXACT_DIGITS and abs(number) < LARGEST


class XLSX(base_formats.Format):
    """django-import-export's outgoing .xlsx; reading is office.reader's alone."""

    def get_title(self):
        return "xlsx"

    def get_extension(self):
        return "xlsx"

    def get_content_type(self):
        return base_formats.XLSX.CONTENT_TYPE

    def can_export(self):
        return True

    def export_data(self, dataset, *, created=UNSTAMPED, **kwargs):
        """The dataset as the bytes of a workbook."""
        title = dataset.title or "导出"
        book = Workbook(title=title, created=created)
        book.add_table(title, dataset.headers or [], dataset)
        return book.close()


class CSV(base_formats.Format):
    """django-import-export's outgoing .csv: UTF-8 with a byte order mark, formula signs disarmed."""

    def get_title(self):
        return "csv"

    def get_extension(self):
        return "csv"

    def get_content_type(self):
        return "text/csv; charset=utf-8"

    def is_binary(self):
        return False

    def can_export(self):
        return True

    def export_data(self, dataset, **kwargs):
        """The dataset as text."""
        stream = io.StringIO()
        writer = csv.writer(stream)
        for row in [dataset.headers or [], *dataset]:
            writer.writerow([csv_cell(value) for value in row])
        return "\ufeff" + stream.getvalue()


def csv_file(header, rows, *, last=""):
    """A CSV as bytes, UTF-8 with a byte order mark; `last` is a line by itself at the end."""
    stream = io.StringIO()
    writer = csv.writer(stream)
    writer.writerow(header)
    for row in rows:
        writer.writerow([csv_cell(value) for value in row])
    if last:
        writer.writerow([csv_cell(last)])
    return ("\ufeff" + stream.getvalue()).encode()


def csv_cell(value):
    """A cell of a CSV; text that a spreadsheet could take for a formula gets an apostrophe."""
    if value is None or (isinstance(value, (int, float, Decimal)) and not isinstance(value, bool)):
        return value
    text = clean_text(value)
    return "'" + text if FORMULA.match(text) else text
