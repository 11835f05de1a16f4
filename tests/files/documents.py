"""PDFs for the uploads, as tests.files.pictures; and what hides in them."""

import io
import zlib
from functools import cache

import pikepdf
from pikepdf import Array, Dictionary, Name, Stream
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen import canvas

from tests.factories_files import photo
from tests.files.pictures import EXE, HTML, PLACE, SCRIPT, with_gps

EVIL = b"app.alert.evil"
CALC = b"calc.exe"


def pdf(*lines, pages=1, **options):
    """A PDF with these lines on each page."""
    pdfmetrics.registerFont(UnicodeCIDFont("STSong-Light"))
    stream = io.BytesIO()
    sheet = canvas.Canvas(stream, **options)
    for _ in range(pages):
        sheet.setFont("STSong-Light", 12)
        for number, line in enumerate(lines or ["支部工作总结"]):
            sheet.drawString(50, 800 - 20 * number, line)
        sheet.showPage()
    sheet.save()
    return stream.getvalue()


def changed(change, **save):
    """A PDF that `change(pdf, root, page)` has spoilt."""
    with pikepdf.open(io.BytesIO(pdf())) as made:
        change(made, made.Root, made.pages[0].obj)
        stream = io.BytesIO()
        made.save(stream, compress_streams=False, object_stream_mode=pikepdf.ObjectStreamMode.disable, **save)
    return stream.getvalue()


def script():
    return Dictionary(S=Name.JavaScript, JS=EVIL)


def note(subtype, **more):
    return Dictionary(Type=Name.Annot, Subtype=Name(f"/{subtype}"), Rect=[0, 0, 100, 100], **more)


def on_page(*notes):
    def change(made, root, page):
        page.Annots = made.make_indirect(Array([made.make_indirect(each) for each in notes]))

    return changed(change)


def at_root(**entries):
    def change(made, root, page):
        for name, make in entries.items():
            root[f"/{name}"] = make(made)

    return changed(change)


def attached(made):
    file = Stream(made, EXE, Type=Name.EmbeddedFile)
    spec = Dictionary(Type=Name.Filespec, F="evil.exe", EF=Dictionary(F=file))
    return Dictionary(EmbeddedFiles=Dictionary(Names=["evil.exe", made.make_indirect(spec)]))


def hidden_in_picture(made, root, page):
    form = Stream(made, b"q Q", Type=Name.XObject, Subtype=Name.Form, BBox=[0, 0, 9, 9])
    form.PieceInfo = Dictionary(Evil=Dictionary(Private=EVIL))
    form.Metadata = Stream(made, EVIL)
    form.AF = Array([Dictionary(Type=Name.Filespec, EF=Dictionary(F=Stream(made, EVIL)))])
    program = Stream(made, EVIL, Type=Name.XObject, Subtype=Name.PS)
    page.Resources.XObject = Dictionary(Fm0=form, Ps0=program)
    page.AF = form.AF


def photographed(made, root, page):
    """A scanned page, as scanning programs put the photo in as it is."""
    data = photo((64, 48), exif=with_gps(), comment=SCRIPT)
    picture = Stream(made, b"", Type=Name.XObject, Subtype=Name.Image, Width=64, Height=48, BitsPerComponent=8)
    picture.ColorSpace = Name.DeviceRGB
    picture.write(data, filter=Name.DCTDecode)
    page.Resources.XObject = Dictionary(Im0=picture)


def elsewhere(made, root, page):
    page.Contents.F = Dictionary(Type=Name.Filespec, F="http://evil.example/page")


def form_field(made, root, page):
    shown = Stream(made, b"q Q", Type=Name.XObject, Subtype=Name.Form, BBox=[0, 0, 9, 9])
    field = note("Widget", FT=Name.Tx, T="f", AP=Dictionary(N=shown), A=script(), AA=Dictionary(K=script()))
    page.Annots = Array([made.make_indirect(field)])
    root.AcroForm = Dictionary(Fields=page.Annots, XFA=Stream(made, EVIL), CO=Array([]))


def bomb():
    """A page whose content unpacks to a gigabyte and more."""
    packer = zlib.compressobj(9, wbits=-15)
    block = packer.compress(b" " * 10_000_000) + packer.flush(zlib.Z_FULL_FLUSH)  # may be repeated as it is
    twice = zlib.compress(b"\x78\xda" + block * 130 + zlib.compress(b"")[2:], 9)

    def change(made, root, page):
        content = Stream(made, b"")
        content.write(twice, filter=Array([Name.FlateDecode, Name.FlateDecode]))
        page.Contents = content

    return changed(change)


@cache
def good():
    launch = Dictionary(S=Name.Launch, F="calc.exe", Win=Dictionary(F="calc.exe"))
    return [
        ("pdf", "工作总结.pdf", pdf(), b""),
        ("upper case", "扫描件.PDF", pdf(), b""),
        ("three pages", "a.pdf", pdf(pages=3), b""),
        ("two hundred pages", "a.pdf", pdf(pages=200), b""),
        ("not packed", "a.pdf", pdf(pageCompression=0), b""),
        ("words about secrets", "a.pdf", pdf("严禁录入国家秘密、工作秘密", "★ 第二条"), b""),
        ("script on opening", "a.pdf", at_root(OpenAction=lambda made: script()), EVIL),
        (
            "script by name",
            "a.pdf",
            at_root(Names=lambda made: Dictionary(JavaScript=Dictionary(Names=["a", script()]))),
            EVIL,
        ),
        ("script on closing", "a.pdf", at_root(AA=lambda made: Dictionary(WC=script())), EVIL),
        ("launch on opening", "a.pdf", at_root(OpenAction=lambda made: launch), CALC),
        ("launch by a link", "a.pdf", on_page(note("Link", A=launch)), CALC),
        ("link to a file", "a.pdf", on_page(note("Link", A=Dictionary(S=Name.URI, URI="file:///c:/calc.exe"))), CALC),
        (
            "link to the web",
            "a.pdf",
            on_page(note("Link", A=Dictionary(S=Name.URI, URI="http://evil.example"))),
            b"evil.ex",
        ),
        ("link to another pdf", "a.pdf", on_page(note("Link", A=Dictionary(S=Name.GoToR, F="calc.exe"))), CALC),
        ("script of a stamp", "a.pdf", on_page(note("Stamp", A=script(), AA=Dictionary(E=script()))), EVIL),
        ("file in a note", "a.pdf", on_page(note("FileAttachment", FS=Dictionary(F="calc.exe"))), CALC),
        ("rich media", "a.pdf", on_page(note("RichMedia", RichMediaContent=Dictionary(Assets=EVIL))), EVIL),
        ("film", "a.pdf", on_page(note("Movie", Movie=Dictionary(F="calc.exe"))), CALC),
        ("screen", "a.pdf", on_page(note("Screen", A=Dictionary(S=Name.Rendition, JS=EVIL))), EVIL),
        (
            "script of a page",
            "a.pdf",
            changed(lambda made, root, page: page.update({"/AA": Dictionary(O=script())})),
            EVIL,
        ),
        ("file inside", "a.pdf", at_root(Names=attached), EXE),
        ("form with xfa", "a.pdf", changed(form_field), EVIL),
        ("hidden in a picture", "a.pdf", changed(hidden_in_picture), EVIL),
        ("content elsewhere", "a.pdf", changed(elsewhere), b"evil.example"),
        ("author", "a.pdf", changed(lambda made, root, page: made.docinfo.update({"/Author": "calc.exe"})), CALC),
        ("photo with gps", "a.pdf", changed(photographed), PLACE),
        ("photo with a comment", "a.pdf", changed(photographed), SCRIPT),
        ("html behind the end", "a.pdf", pdf() + HTML, SCRIPT),
    ]


@cache
def bad():
    plain = pdf()
    lock = pikepdf.Encryption
    return [
        ("no pdf at all", "a.pdf", b"%PDF-1.7\n" + HTML),
        ("html as pdf", "a.pdf", HTML),
        ("exe as pdf", "a.pdf", EXE),
        ("html before the pdf", "a.pdf", HTML + plain),
        ("empty pdf", "a.pdf", b""),
        ("half a pdf", "a.pdf", plain[: len(plain) // 2]),
        ("pdf without an end", "a.pdf", plain[:-60]),
        ("201 pages", "a.pdf", pdf(pages=201)),
        ("no page", "a.pdf", changed(lambda made, root, page: made.pages.__delitem__(0))),
        ("locked", "a.pdf", changed(lambda *_: None, encryption=lock(user="u", owner="o"))),
        ("locked for changes", "a.pdf", changed(lambda *_: None, encryption=lock(user="", owner="o"))),
        ("too large", "a.pdf", plain + b"\0" * 15 * 1024 * 1024),
        ("marked", "a.pdf", pdf("机密★20年", "关于……的请示")),
        ("marked with gaps", "a.pdf", pdf("秘　密 ★ 1年")),
        ("pdf as docx", "a.docx", plain),
    ]
