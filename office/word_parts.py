"""The pieces of WordprocessingML that python-docx has no words for: styles, fonts, grid, borders, page field."""

import zipfile

from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls, qn

# A Chinese office has these fonts, though under several names: 方正小标宋 is sold, so many machines have another cut of it;
# 仿宋_GB2312 and 楷体_GB2312 came with old Windows, 仿宋 and 楷体 with new, 华文 with Macs, and WPS brings its own.
# Word takes one name per run; the others stand in the font table, where it looks when the first is missing.
TITLE, GOTHIC, KAI, BODY, SONG = "方正小标宋简体", "黑体", "楷体_GB2312", "仿宋_GB2312", "宋体"
ROMAN = "Times New Roman"
FONTS = {
    TITLE: ("FZXiaoBiaoSong-B05S", "方正小标宋_GBK", "小标宋", "华文中宋", "STZhongsong", "宋体", "SimSun"),
    GOTHIC: ("SimHei", "方正黑体_GBK", "华文黑体", "STHeiti", "Noto Sans CJK SC"),
    KAI: ("楷体", "KaiTi", "KaiTi_GB2312", "方正楷体_GBK", "华文楷体", "STKaiti"),
    BODY: ("仿宋", "FangSong", "FangSong_GB2312", "方正仿宋_GBK", "华文仿宋", "STFangsong"),
    SONG: ("SimSun", "方正书宋_GBK", "华文宋体", "STSong", "Noto Serif CJK SC"),
}
BODY_SIZE = 16  # 3号
LINE = 579  # twentieths of a point: 22 of them are 225 mm
SIGNS = 28  # in a line of 156 mm

# A sign takes 15.79 points of the line then; said by spacing, since programs disagree about a grid of signs.
CLOSER = -5  # twentieths of a point

# id, name, font, size, bold, paragraph properties; a heading is in the navigation pane by its outline level
EXACT = '<w:spacing w:before="0" w:after="0" w:line="{}" w:lineRule="exact"/>'
LOOSE = '<w:snapToGrid w:val="0"/><w:spacing w:before="{0}" w:after="{0}" w:line="240" w:lineRule="auto"/>'
BODY_LINE = EXACT.format(LINE)
HEADING = f'<w:keepNext/>{BODY_LINE}<w:outlineLvl w:val="{{}}"/>'
STYLES = [
    ("Normal", "Normal", BODY, BODY_SIZE, False, BODY_LINE),
    ("Mark", "Mark", TITLE, 52, False, LOOSE.format(0)),
    ("Title", "Title", TITLE, 22, False, '<w:keepNext/><w:snapToGrid w:val="0"/>' + EXACT.format(660)),
    ("Heading1", "heading 1", GOTHIC, BODY_SIZE, False, HEADING.format(0)),
    ("Heading2", "heading 2", KAI, BODY_SIZE, False, HEADING.format(1)),
    ("Heading3", "heading 3", BODY, BODY_SIZE, True, HEADING.format(2)),
    ("Heading4", "heading 4", BODY, BODY_SIZE, False, HEADING.format(3)),
    ("Cell", "Cell", BODY, 12, False, LOOSE.format(40)),
    ("Gap", "Gap", BODY, 2, False, '<w:snapToGrid w:val="0"/>' + EXACT.format(120)),
    ("Imprint", "Imprint", BODY, 14, False, '<w:snapToGrid w:val="0"/>' + EXACT.format(480)),
    ("Header", "header", SONG, 10.5, False, LOOSE.format(0)),
    ("Footer", "footer", SONG, 14, False, LOOSE.format(0)),
]

# What follows these children of w:pPr in the schema, as far as this package writes it.
AFTER_BORDER = ("w:shd", "w:tabs", "w:snapToGrid", "w:spacing", "w:ind", "w:jc", "w:outlineLvl", "w:rPr", "w:sectPr")


def element(tag, **attributes):
    """<w:…> with attributes of the same namespace."""
    made = OxmlElement(tag)
    for name, value in attributes.items():
        made.set(qn(f"w:{name}"), str(value))
    return made


def prepare(document):
    """An empty document with our styles and fonts, and nothing of the library's own template: no picture, no author."""
    part = document.part
    part._styles_part._element = parse_xml(_styles())
    for relation in list(part.rels.values()):
        if relation.reltype.endswith(("/stylesWithEffects", "/customXml", "/webSettings", "/numbering", "/theme")):
            part.rels.pop(relation.rId)
        elif relation.reltype.endswith("/fontTable"):
            relation.target_part._blob = _font_table().encode()
    for relation in list(part.package.rels.values()):
        if relation.reltype.endswith(("/thumbnail", "/extended-properties")):
            part.package.rels.pop(relation.rId)
    settings = document.settings.element
    for child in list(settings):
        if not child.tag.endswith(("}compat", "}evenAndOddHeaders")):
            settings.remove(child)
    settings.insert(0, element("w:characterSpacingControl", val="compressPunctuation"))
    settings.insert(0, element("w:defaultTabStop", val=640))
    for setting in settings.iter(qn("w:compatSetting")):
        if setting.get(qn("w:name")) == "compatibilityMode":
            setting.set(qn("w:val"), "15")


def set_grid(section):
    """22 lines on an upright page."""
    section._sectPr.remove_all("w:docGrid")
    section._sectPr.append(element("w:docGrid", type="lines", linePitch=LINE))


def set_indents(paragraph, *, size, first=0, left=0, right=0, hanging=0):
    """Indents in signs of the given size; written in both measures, for readers that know only one."""
    ind = None
    for name, signs in (("left", left + hanging), ("right", right), ("firstLine", first), ("hanging", hanging)):
        if signs:
            ind = paragraph._p.get_or_add_pPr().get_or_add_ind() if ind is None else ind
            ind.set(qn(f"w:{name}Chars"), str(round(signs * 100)))
            ind.set(qn(f"w:{name}"), str(round(signs * size * 20)))


def set_rules(paragraph, rules, *, space, color):
    """Lines above, below and between paragraphs: (side, eighths of a point)."""
    made = OxmlElement("w:pBdr")
    for side, size in rules:
        made.append(element(f"w:{side}", val="single", sz=size, space=space, color=color))
    paragraph._p.get_or_add_pPr().insert_element_before(made, *AFTER_BORDER)


def add_page_field(run):
    """The number of the page, the only field of a document."""
    for kind in ("begin", None, "end"):
        if kind:
            run._r.append(element("w:fldChar", fldCharType=kind))
        else:
            code = OxmlElement("w:instrText")
            code.text = "PAGE"
            run._r.append(code)


def table(widths, *, rules):
    """An empty table of fixed columns (twips); `rules` are (side, eighths of a point)."""
    made = OxmlElement("w:tbl")
    properties = OxmlElement("w:tblPr")
    properties.append(element("w:tblW", w=sum(widths), type="dxa"))
    properties.append(element("w:jc", val="center"))
    borders = OxmlElement("w:tblBorders")
    for side, size in rules:
        borders.append(element(f"w:{side}", val="single" if size else "nil", sz=size, space=0, color="000000"))
    properties.append(borders)
    properties.append(element("w:tblLayout", type="fixed"))
    margins = OxmlElement("w:tblCellMar")
    for side in ("left", "right"):
        margins.append(element(f"w:{side}", w=70, type="dxa"))
    properties.append(margins)
    grid = OxmlElement("w:tblGrid")
    for width in widths:
        grid.append(element("w:gridCol", w=width))
    made.append(properties)
    made.append(grid)
    return made


def hold_at_bottom(paragraph, width):
    """A paragraph in the frame at the lower edge of the text, wherever the text before it ends."""
    frame = element(
        "w:framePr", w=width, wrap="around", vAnchor="margin", hAnchor="margin", xAlign="left", yAlign="bottom"
    )
    paragraph._p.get_or_add_pPr().insert_element_before(frame, "w:widowControl", "w:numPr", "w:pBdr", *AFTER_BORDER)


def row(made, *, is_head=False, may_split=False):
    """A new row; a head is repeated on each page, a row of long text may go on over the page."""
    added = OxmlElement("w:tr")
    properties = OxmlElement("w:trPr")
    if not may_split:
        properties.append(OxmlElement("w:cantSplit"))
    if is_head:
        properties.append(OxmlElement("w:tblHeader"))
    if len(properties):
        added.append(properties)
    made.append(added)
    return added


def cell(added, width, *, span=1, valign="center", rule=None):
    """A new cell of a row; its paragraphs are for the caller to append."""
    tc = OxmlElement("w:tc")
    properties = OxmlElement("w:tcPr")
    properties.append(element("w:tcW", w=width, type="dxa"))
    if span > 1:
        properties.append(element("w:gridSpan", val=span))
    if rule:
        borders = OxmlElement("w:tcBorders")
        borders.append(element("w:bottom", val="single", sz=rule, space=0, color="000000"))
        properties.append(borders)
    properties.append(element("w:vAlign", val=valign))
    tc.clear()  # the library puts a paragraph in
    tc.append(properties)
    added.append(tc)
    return tc


def repack(stream, out, day):
    """The package with one date for all its parts, which stand in the order of their names."""
    date = (max(day.year, 1980), day.month, day.day, 0, 0, 0)
    with zipfile.ZipFile(stream) as source, zipfile.ZipFile(out, "w") as target:
        for name in sorted(source.namelist(), key=lambda name: (name != "[Content_Types].xml", name)):
            entry = zipfile.ZipInfo(name, date)
            entry.compress_type, entry.create_system = zipfile.ZIP_DEFLATED, 0
            target.writestr(entry, source.read(name))


def _styles():
    made = [
        f'<w:styles {nsdecls("w")}><w:docDefaults><w:rPrDefault><w:rPr>{_fonts(BODY)}<w:sz w:val="{BODY_SIZE * 2}"/>'
        f'<w:szCs w:val="{BODY_SIZE * 2}"/><w:lang w:val="en-US" w:eastAsia="zh-CN" w:bidi="ar-SA"/></w:rPr></w:rPrDefault>'
        "<w:pPrDefault/></w:docDefaults>"
    ]
    for ident, name, font, size, bold, layout in STYLES:
        based = "" if ident == "Normal" else '<w:basedOn w:val="Normal"/>'
        default = ' w:default="1"' if ident == "Normal" else ""
        closer = f'<w:spacing w:val="{CLOSER}"/>' if BODY_LINE in layout else '<w:spacing w:val="0"/>'
        made.append(
            f'<w:style w:type="paragraph"{default} w:styleId="{ident}"><w:name w:val="{name}"/>{based}<w:qFormat/>'
            f"<w:pPr>{layout}</w:pPr><w:rPr>{_fonts(font)}{'<w:b/>' if bold else ''}"
            f'{closer}<w:sz w:val="{round(size * 2)}"/><w:szCs w:val="{round(size * 2)}"/></w:rPr></w:style>'
        )
    return "".join(made) + "</w:styles>"


def _fonts(font):
    return f'<w:rFonts w:ascii="{ROMAN}" w:hAnsi="{ROMAN}" w:eastAsia="{font}" w:cs="{ROMAN}"/>'


def _font_table():
    fonts = "".join(
        f'<w:font w:name="{name}"><w:altName w:val="{",".join(others)}"/><w:charset w:val="86"/>'
        f'<w:family w:val="{"modern" if name == GOTHIC else "roman"}"/><w:pitch w:val="variable"/></w:font>'
        for name, others in FONTS.items()
    )
    return f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?><w:fonts {nsdecls("w")}>{fonts}</w:fonts>'
