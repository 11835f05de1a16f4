"""Editing the parts of an .xlsx in place: only what is inserted changes, every other byte stays. Runs in a child process.

The XML is not taken apart and written anew, as no library writes back all that a workbook may hold (charts, shapes,
extensions of WPS). `Unusual` is raised for a spelling that editing by place cannot be sure of.
"""

import io
import posixpath
import re
import zipfile
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

from defusedxml import ElementTree

RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
RELATIONS_PART = b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"></Relationships>'
TYPES_PART = "[Content_Types].xml"
UTF8 = re.compile(rb"""<\?xml[^>]*?encoding\s*=\s*["'](?!utf-8|us-ascii)""", re.IGNORECASE)
CHUNK = 1024 * 1024


class Unusual(Exception):
    """The workbook is spelt in a way that cannot be edited by place."""


def letters(column):
    """The spreadsheet's name of a column, from 1."""
    name = ""
    while column:
        column, rest = divmod(column - 1, 26)
        name = chr(65 + rest) + name
    return name


def number_of(name):
    """The number of a column, from 1."""
    number = 0
    for letter in name:
        number = number * 26 + ord(letter) - 64
    return number


def text_of(text):
    """Text for between two tags: what a spreadsheet would take for an escape is escaped itself."""
    return escape(re.sub(r"_(?=x[0-9A-Fa-f]{4}_)", "_x005F_", text)).encode()


def attribute(tag, name):
    """The value of a plain attribute (a number, an address) in a start tag, as text, or None."""
    found = re.search(rb"""\s%s\s*=\s*(?:"([^"]*)"|'([^']*)')""" % name.encode(), tag)
    return (found[1] if found[1] is not None else found[2]).decode() if found else None


def with_attribute(tag, name, value):
    """A start tag in which the attribute has the value."""
    pattern = re.compile(rb"""(\s%s\s*=\s*)(?:"[^"]*"|'[^']*')""" % name.encode())
    if pattern.search(tag):
        return pattern.sub(lambda found: found[1] + b'"%s"' % str(value).encode(), tag, count=1)
    end = -2 if tag.endswith(b"/>") else -1
    return tag[:end].rstrip() + b' %s="%s"' % (name.encode(), str(value).encode()) + tag[end:]


def opened(xml, tag):
    """The XML in which the first `<tag …/>` is `<tag …></tag>`; unchanged where it is not written so."""
    return re.sub(rb"<((?:\w+:)?%s)((?:\s[^>]*?)?)\s*/>" % tag.encode(), rb"<\1\2></\1>", xml, count=1)


def appended(xml, tag, addition):
    """The XML with the addition as the last content of the last `tag`."""
    xml = opened(xml, tag)
    end = re.compile(rb"</(?:\w+:)?%s\s*>" % tag.encode())
    places = [found.start() for found in end.finditer(xml)]
    if not places:
        raise Unusual(tag)
    return xml[: places[-1]] + addition + xml[places[-1] :]


def prefix(xml, tag):
    """The namespace prefix, with its colon, under which an element is written."""
    found = re.search(rb"<(\w+:|)%s(?=[\s/>])" % tag.encode(), xml)
    if not found:
        raise Unusual(tag)
    return found[1]


def check(xml):
    """Raise Unusual for what is not well-formed, or may hold tags that are none."""
    if b"<!" in xml or UTF8.match(xml.removeprefix(b"\xef\xbb\xbf")):  # a comment, CDATA
        raise Unusual("markup")
    parser = expat.ParserCreate()
    try:
        for start in range(0, len(xml), CHUNK):
            parser.Parse(xml[start : start + CHUNK])
        parser.Parse(b"", True)
    except expat.ExpatError as error:
        raise Unusual("not well-formed") from error


class Package:
    """The parts of one workbook."""

    def __init__(self, data):
        self._archive = zipfile.ZipFile(io.BytesIO(data))
        self._changed = {}
        self._names = {name.lower() for name in self._archive.namelist()}

    def __contains__(self, name):
        return name in self._changed or name in self._archive.NameToInfo

    def names(self):
        """The names of the parts that the workbook came with."""
        return self._archive.namelist()

    def read(self, name):
        return self._changed[name] if name in self._changed else self._archive.read(name)

    def write(self, name, content):
        self._changed[name] = content
        self._names.add(name.lower())

    def free_name(self, pattern):
        """The first name of the pattern (with {}) that no part bears."""
        number = 1
        while pattern.format(number).lower() in self._names:
            number += 1
        return pattern.format(number)

    def save(self):
        """The bytes of the workbook: the untouched parts first as they were, in their order."""
        for name, content in self._changed.items():
            if name.endswith((".xml", ".rels")):
                check(content)
        stream = io.BytesIO()
        with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
            old = [about for about in self._archive.infolist() if not about.is_dir()]
            for about in old:
                new = zipfile.ZipInfo(about.filename, about.date_time)
                new.compress_type = zipfile.ZIP_DEFLATED
                archive.writestr(new, self.read(about.filename))
            known = {about.filename for about in old}
            for name, content in self._changed.items():
                if name not in known:
                    new = zipfile.ZipInfo(name)  # of the year 1980, as Excel itself has it
                    new.compress_type = zipfile.ZIP_DEFLATED
                    archive.writestr(new, content)
        return stream.getvalue()

    # --- relationships and types

    @staticmethod
    def _relations_name(part):
        folder, name = posixpath.split(part)
        return posixpath.join(folder, "_rels", f"{name}.rels")

    def relations(self, part):
        """Id → (last word of the type, name of the part) of what a part refers to inside the workbook."""
        name = self._relations_name(part)
        if name not in self:
            return {}
        found = {}
        for row in ElementTree.fromstring(self.read(name)):
            if row.get("TargetMode") != "External":
                target = posixpath.normpath(posixpath.join("/", posixpath.dirname(part), row.get("Target", "")))
                found[row.get("Id")] = row.get("Type", "").rpartition("/")[2], target.lstrip("/")
        return found

    def relate(self, part, kind, target):
        """A new relationship; returns its id."""
        name = self._relations_name(part)
        xml = self.read(name) if name in self else RELATIONS_PART
        number = 1
        while b'"rIdNote%d"' % number in xml:
            number += 1
        key = f"rIdNote{number}"
        row = b'<%sRelationship Id="%s" Type=%s Target=%s/>' % (
            prefix(xml, "Relationships"),
            key.encode(),
            quoteattr(f"{RELATIONS}/{kind}").encode(),
            quoteattr(posixpath.relpath(target, posixpath.dirname(part))).encode(),
        )
        self.write(name, appended(xml, "Relationships", row))
        return key

    def declare(self, part, content_type):
        """Say what a new part is."""
        xml = self.read(TYPES_PART)
        row = b'<%sOverride PartName="/%s" ContentType="%s"/>' % (
            prefix(xml, "Types"),
            part.encode(),
            content_type.encode(),
        )
        self.write(TYPES_PART, appended(xml, "Types", row))
