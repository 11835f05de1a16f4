"""A PDF made anew from its pages: nothing that runs, opens, sends or hides. Runs in the child process."""

import io

import pikepdf
from pikepdf import Array, Dictionary, Name, Pdf, Stream

from files import pdf_text
from files.secrecy import refuse_marked
from office import Unreadable

LOCKED = "这个 PDF 设有密码或加密保护，请取消保护后另存，或打印后重新扫描再传。"

PAGE = {
    "/Type", "/Contents", "/Resources", "/MediaBox", "/CropBox", "/BleedBox", "/TrimBox", "/ArtBox", "/Rotate",
    "/UserUnit", "/Group", "/Annots", "/Parent",
}  # fmt: skip
NOTES = {  # kinds of annotation that only show something; a link's words stand on the page without it
    "/Highlight", "/Underline", "/StrikeOut", "/Squiggly", "/Square", "/Circle", "/Line", "/Polygon", "/PolyLine",
    "/Ink", "/FreeText", "/Stamp", "/Caret", "/Widget", "/Text",
}  # fmt: skip
NOTE = {
    "/Type", "/Subtype", "/Rect", "/AP", "/AS", "/F", "/C", "/IC", "/CA", "/Border", "/BS", "/BE", "/Contents", "/DA",
    "/DS", "/Q", "/RD", "/QuadPoints", "/InkList", "/L", "/LE", "/Vertices",
}  # fmt: skip
NEVER = {  # wherever it stands
    "/JS", "/JavaScript", "/AA", "/OpenAction", "/Launch", "/URI", "/AF", "/EF", "/EmbeddedFiles", "/RichMedia",
    "/RichMediaContent", "/RichMediaSettings", "/XFA", "/Metadata", "/PieceInfo", "/Ref", "/OPI", "/Alternates",
    "/StructParent", "/StructParents", "/LastModified",
}  # fmt: skip
ELSEWHERE = {"/F", "/FFilter", "/FDecodeParms"}  # of a stream: its content lies in another file
ACTIONS = {
    "/JavaScript", "/Launch", "/URI", "/SubmitForm", "/ImportData", "/ResetForm", "/GoToR", "/GoToE", "/Rendition",
    "/Movie", "/Sound", "/Named", "/Hide", "/SetOCGState", "/Trans", "/GoTo3DView", "/RichMediaExecute", "/Thread",
}  # fmt: skip
SCAN = 0xDA  # the marker of a JPEG behind which its pixels begin
TELLING = {0xFE, *range(0xE1, 0xEE), 0xEF}  # comments and all that programs add, but not how the colours are meant
TYPES = {"/Filespec", "/EmbeddedFile", "/Action"}
DEPTH = 60
END = 2048  # bytes in which the end must be marked


def rebuild(data, kind, limits):
    """(what is known of it, bytes, no thumbnail) of the new PDF."""
    if b"%%EOF" not in data[-END:]:
        raise Unreadable(
            "这个 PDF 不完整，可能没有传完或没有保存完。请重新下载或另存后再传。"
        )  # a repair would lose pages unseen
    try:
        source = pikepdf.open(io.BytesIO(data))
    except pikepdf.PasswordError as error:
        raise Unreadable(LOCKED) from error
    if source.is_encrypted:
        raise Unreadable(LOCKED)
    count = len(source.pages)
    if count > limits["pages"]:
        raise Unreadable(f"这个 PDF 有 {count} 页，最多 {limits['pages']} 页。请只保留需要的页，或分成几个文件再传。")
    if count == 0:
        raise Unreadable("这个 PDF 没有一页内容，请检查后重新选择文件。")
    made = Pdf.new()
    for page in source.pages:
        bare(page.obj)
        made.pages.append(page)
    for thing in made.objects:
        scrub(thing)
    refuse_marked(pdf_text.of(made), "文件内容")
    stream = io.BytesIO()
    made.save(stream, object_stream_mode=pikepdf.ObjectStreamMode.generate)
    known = {"media_type": "application/pdf", "width": None, "height": None, "look": None}
    return known, stream.getvalue(), b""


def bare(page):
    """Leave a page what it shows, and of its annotations those that only show something."""
    keep(page, PAGE)
    notes = page.get("/Annots")
    if notes is None:
        return
    kept = []
    for note in notes if isinstance(notes, Array) else ():
        if isinstance(note, Dictionary) and word(note, "/Subtype") in NOTES:
            keep(note, NOTE)
            kept.append(note)
    page["/Annots"] = Array(kept)


def keep(thing, names):
    for name in set(thing.keys()) - names:
        del thing[name]


def without_metadata(photo):
    """A JPEG inside a PDF without the segments that tell where and with what it was taken; its pixels are untouched."""
    kept, at = photo[:2], 2
    while photo[at : at + 1] == b"\xff" and len(photo) > at + 4:
        marker, end = photo[at + 1], at + 2 + int.from_bytes(photo[at + 2 : at + 4], "big")
        if marker == SCAN:
            break
        if marker not in TELLING:
            kept += photo[at:end]
        at = end
    return kept + photo[at:]


def scrub(thing, depth=0):
    """Take out what a page's pictures, fonts and forms could still carry. Each indirect object comes by itself."""
    if depth > DEPTH:
        raise Unreadable("这个 PDF 的内部结构异常，请打印后重新扫描再传。")
    if isinstance(thing, Array):
        for item in thing:
            if not item_is_elsewhere(item):
                scrub(item, depth + 1)
        return
    if not isinstance(thing, (Dictionary, Stream)):
        return
    is_stream = isinstance(thing, Stream)
    if is_dangerous(thing):
        for name in set(thing.keys()) - {"/Length"}:
            del thing[name]
        if is_stream:
            thing.write(b"")
        return
    if is_stream and word(thing, "/Filter") == "/DCTDecode":
        photo, how = thing.read_raw_bytes(), thing.get("/DecodeParms")
        thing.write(without_metadata(photo), filter=Name.DCTDecode, decode_parms=how)
    gone = NEVER | ELSEWHERE if is_stream else NEVER
    for name, item in list(thing.items()):
        if name in gone:
            del thing[name]
        elif not item_is_elsewhere(item):
            scrub(item, depth + 1)


def item_is_elsewhere(item):
    """Whether it is visited as an object of its own."""
    return isinstance(item, (Array, Dictionary, Stream)) and item.is_indirect


def is_dangerous(thing):
    """An action, a file inside, a program for a printer."""
    is_program = isinstance(thing, Stream) and "/PS" in (word(thing, "/Subtype"), word(thing, "/Subtype2"))
    return is_program or word(thing, "/S") in ACTIONS or word(thing, "/Type") in TYPES


def word(thing, key):
    value = thing.get(key)
    return str(value) if isinstance(value, Name) else ""
