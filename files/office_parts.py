"""Which parts of a .docx or .xlsx are kept, and what is taken out of them. Runs in the child process."""

import posixpath
import re

from lxml import etree

from office import Unreadable

TYPES_PART = "[Content_Types].xml"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
TYPES = f"{{{PACKAGE}/content-types}}"
RELATIONS = f"{{{PACKAGE}/relationships}}"
POINTERS = (  # the two namespaces in which an element names a relationship
    "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}",
    "{http://purl.oclc.org/ooxml/officeDocument/relationships}",
)
KEPT = {
    "word": re.compile(
        r"""(?:word/)?_rels/[\w. -]*\.rels
        | word/(?:document|styles|settings|fontTable|numbering|footnotes|endnotes|comments|commentsExtended|commentsIds
            |header\d*|footer\d*)\.xml
        | word/(?:theme|charts|diagrams|drawings)/(?:_rels/)?[\w. -]+\.(?:xml|rels)
        | word/media/[^/]+\.(?:png|jpe?g|gif|bmp)""",
        re.VERBOSE | re.IGNORECASE,
    ),
    "sheet": re.compile(
        r"""(?:xl/)?_rels/[\w. -]*\.rels
        | xl/(?:workbook|styles|sharedStrings|metadata)\.xml
        | xl/(?:worksheets|chartsheets|theme|tables|charts|drawings|diagrams|comments|threadedComments|persons)
            /(?:_rels/)?[\w. -]+\.(?:xml|rels|vml)
        | xl/comments\d*\.xml
        | xl/media/[^/]+\.(?:png|jpe?g|gif|bmp)""",
        re.VERBOSE | re.IGNORECASE,
    ),
}
MAIN_TYPES = {
    "word": "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml",
    "sheet": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml",
}
EXTENSIONS = {
    "rels": "application/vnd.openxmlformats-package.relationships+xml", "xml": "application/xml",
    "vml": "application/vnd.openxmlformats-officedocument.vmlDrawing",
    "png": "image/png", "jpg": "image/jpeg", "jpeg": "image/jpeg", "gif": "image/gif", "bmp": "image/bmp",
}  # fmt: skip
POINTING_AT = {  # kinds of relationship that show something, by the last word of their type
    "officeDocument", "styles", "settings", "fontTable", "numbering", "footnotes", "endnotes", "comments",
    "commentsExtended", "commentsIds", "header", "footer", "theme", "chart", "chartUserShapes", "chartStyle",
    "chartColorStyle", "diagramData", "diagramLayout", "diagramQuickStyle", "diagramColors", "diagramDrawing",
    "drawing", "vmlDrawing", "image", "worksheet", "chartsheet", "sharedStrings", "sheetMetadata", "table",
    "threadedComment", "person",
}  # fmt: skip
STRIPPED = {"hyperlink", "blip", "pageSetup", "imagedata", "fill", "stroke"}  # remain without what they pointed to
NEVER_EMPTY = {
    "hyperlinks",
    "oleObjects",
    "controls",
    "externalReferences",
    "pivotCaches",
    "tableParts",
    "ext",
    "extLst",
}
UNWANTED = {"OLEObject", "FmlaMacro", "altChunk", "attachedTemplate", "svgBlip", "dataBinding", "control", "mailMerge"}
FIELDS = re.compile(  # what a Word field may do by itself; all others keep their last result
    r"\s*(?:PAGE|NUMPAGES|SECTIONPAGES|SECTION|PAGEREF|REF|NOTEREF|TOC|TC|SEQ|STYLEREF|DATE|TIME|CREATEDATE|SAVEDATE"
    r"|EQ|SYMBOL|ADVANCE|FORMTEXT|FORMCHECKBOX|FORMDROPDOWN|=)(?:\s|\\|$)",
    re.IGNORECASE,
)
WITHIN = re.compile(r"\s*HYPERLINK\s+\\l\s+\"?[\w. -]+\"?\s*(?:\\[a-z]\s*)*", re.IGNORECASE)
REACHING_OUT = re.compile(
    r"\b(?:WEBSERVICE|HYPERLINK|IMAGE|RTD|CALL|REGISTER(?:\.ID)?|EXEC|DDE|FILTERXML|SQL\.REQUEST)\s*\(|\|[^!]*!|://|\\\\",
    re.IGNORECASE,
)
WORDS = {"t", "v", "delText", "oddHeader", "oddFooter", "evenHeader", "evenFooter", "firstHeader", "firstFooter"}
ENDS_LINE = {"p", "si", "row", "br", "c", *WORDS - {"t", "delText"}}
STRANGE = "文件的内部结构不是普通文档（含有外部定义），请把内容复制到新建的文件后再传。"


def is_kept(name, kind):
    return bool(KEPT[kind].fullmatch(name))


def cleaned(content, kind, limits):
    """(name → bytes of the new parts, all their words)."""
    types = declared(content[TYPES_PART], kind)
    trees = {
        name: tree(data) for name, data in content.items() if name.endswith((".xml", ".vml")) and name != TYPES_PART
    }
    present = set(content)
    made, text = {}, []
    for name in list(content):
        if name.endswith(".rels"):
            relations, gone = related(content[name], owner_of(name), present)
            made[name] = relations
            if (owner := owner_of(name)) in trees:
                unpoint(trees[owner], gone)
    for name, root in trees.items():
        defuse(root)
        text += words(root)
        made[name] = serialised(root)
    for name in content:
        if "/media/" in name:
            made[name] = picture(content[name], name, limits)
    return {TYPES_PART: content_types(types, made, kind)} | made, "".join(text)


def tree(data):
    """A part as a tree; entities and foreign definitions are refused, not resolved."""
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True, remove_pis=True
    )
    root = etree.fromstring(data, parser)
    if root.getroottree().docinfo.doctype:
        raise Unreadable(STRANGE)
    return root


def serialised(root):
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)


def name_of(element):
    return etree.QName(element).localname if isinstance(element.tag, str) else ""


# --- the package


def declared(data, kind):
    """part name → content type as the file says; a macro type is refused whatever the file is called."""
    found = {}
    for entry in tree(data):
        media_type = entry.get("ContentType", "")
        if re.search("macroEnabled|vbaProject", media_type):
            raise Unreadable("文件含有宏，请另存为不含宏的文件再传。")
        if re.search("activeX|oleObject", media_type, re.IGNORECASE):
            raise Unreadable("文件里嵌入了控件或对象，请删去后再传。")
        if name_of(entry) == "Override":
            found[entry.get("PartName", "").lstrip("/")] = media_type
    main = {"word": "word/document.xml", "sheet": "xl/workbook.xml"}[kind]
    if found.get(main) != MAIN_TYPES[kind]:
        raise Unreadable("文件不是普通文档（可能是模板或别的格式），请用 WPS 或 Office 打开后另存再传。")
    return found


def content_types(types, made, kind):
    root = etree.Element(f"{TYPES}Types", nsmap={None: TYPES[1:-1]})
    for extension in sorted({name.rpartition(".")[2].lower() for name in made}):
        etree.SubElement(root, f"{TYPES}Default", Extension=extension, ContentType=EXTENSIONS[extension])
    for name in made:
        if name.endswith(".xml") and name in types:
            etree.SubElement(root, f"{TYPES}Override", PartName=f"/{name}", ContentType=types[name])
    return serialised(root)


def owner_of(name):
    """The part that a .rels part speaks for."""
    folder, _, file = name.rpartition("_rels/")
    return folder + file.removesuffix(".rels")


def related(data, owner, present):
    """(the new .rels, ids of what is gone): only what lies in this package and is kept."""
    root, gone = etree.Element(f"{RELATIONS}Relationships", nsmap={None: RELATIONS[1:-1]}), set()
    for entry in tree(data):
        target = entry.get("Target", "")
        path = posixpath.normpath(posixpath.join("/", posixpath.dirname(owner), target)).lstrip("/")
        is_inside = entry.get("TargetMode", "Internal") == "Internal" and ":" not in target and path in present
        if is_inside and entry.get("Type", "").rpartition("/")[2] in POINTING_AT:
            etree.SubElement(
                root, f"{RELATIONS}Relationship", Id=entry.get("Id", ""), Type=entry.get("Type", ""), Target=target
            )
        else:
            gone.add(entry.get("Id"))
    return serialised(root), gone


# --- what the parts say


def unpoint(root, gone):
    """Take out whatever points to a relationship that is gone: a loose end would make the file unreadable."""
    for element in list(root.iter()):
        loose = [key for key, value in element.attrib.items() if key.startswith(POINTERS) and value in gone]
        if not loose or element.getparent() is None:
            continue
        if (name_of(element) in STRIPPED and "spreadsheetml" not in element.tag) or name_of(element) == "pageSetup":
            for key in loose:
                del element.attrib[key]
        else:
            drop(element)


def drop(element):
    """Remove an element, and its list when that is left empty."""
    parent = element.getparent()
    if parent is None:
        return
    if element.tail and (before := element.getprevious()) is not None:
        before.tail = (before.tail or "") + element.tail
    elif element.tail:
        parent.text = (parent.text or "") + element.tail
    parent.remove(element)
    if not len(parent) and name_of(parent) in NEVER_EMPTY:
        drop(parent)


def defuse(root):
    """Fields, formulas and objects that reach out of the file: their last result stays."""
    for element in list(root.iter()):
        name = name_of(element)
        if name in UNWANTED or (name in ("f", "formula1", "formula2") and REACHING_OUT.search(element.text or "")):
            drop(element)
        elif name == "definedName" and REACHING_OUT.search(element.text or ""):
            element.text = "#REF!"
        elif name == "fldSimple":
            for key, value in element.attrib.items():
                if key.endswith("}instr") and not harmless(value):
                    element.set(key, " ")
        for key in {"href", "src", "macro"} & set(element.attrib):
            element.set(key, "")  # of drawings
    fields(root)


def harmless(instruction):
    return bool(FIELDS.match(instruction) or WITHIN.fullmatch(instruction))


def fields(root):
    """Empty the instructions of fields that do more than count and refer; a field's words may lie in several runs."""
    open_fields = [[]]
    for element in root.iter():
        name = name_of(element)
        if name == "fldChar":
            kind = next((value for key, value in element.attrib.items() if key.endswith("}fldCharType")), "")
            if kind == "begin":
                open_fields.append([])
            elif kind == "end" and len(open_fields) > 1:
                settle(open_fields.pop())
        elif name in ("instrText", "delInstrText"):
            open_fields[-1].append(element)
    for left in open_fields:
        settle(left)


def settle(instructions):
    if not harmless("".join(element.text or "" for element in instructions)):
        for element in instructions:
            element.text = " "


def words(root):
    """What a reader would see, a line for each paragraph or cell."""
    for element in root.iter():
        name = name_of(element)
        if name in ENDS_LINE:
            yield "\n"
        if name in WORDS and element.text:
            yield element.text
        elif name == "sheet":
            yield f"\n{element.get('name', '')}"


# --- pictures


def picture(data, name, limits):
    """A picture of the document, made anew in its own format: no place and no comment stays in it."""
    from files import rebuild_image  # only here: most documents have no picture, and decoders take time to load

    extension = name.rpartition(".")[2].lower()
    form = {"jpg": "JPEG", "jpeg": "JPEG", "png": "PNG", "gif": "GIF", "bmp": "BMP"}[extension]
    try:
        image = rebuild_image.opened(
            data, limits["pixels"], limits["side"], rebuild_image.IN_DOCUMENTS, see_through=form == "PNG"
        )
    except (OSError, SyntaxError, ValueError) as error:
        raise Unreadable("文件里有一张图片已损坏或格式不明，请在文档中重新插入这张图片（JPG 或 PNG）再传。") from error
    return rebuild_image.written(image, form)
