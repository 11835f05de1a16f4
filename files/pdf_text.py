"""The words of a PDF as far as its fonts tell them: enough to find a mark, not to read by. Runs in the child process."""

import re

import pikepdf
from pikepdf import Array, Dictionary, Stream, String

ENCODINGS = {  # of the CMaps that Chinese programs name instead of giving a table
    "GBK": "gbk", "GBKp": "gbk", "GBK2K": "gb18030", "GBpc": "gbk", "GB": "gb2312",
    "UniGB-UCS2": "utf-16-be", "UniGB-UTF16": "utf-16-be", "UniGB-UTF8": "utf-8",
}  # fmt: skip
HEX = re.compile(rb"<([0-9A-Fa-f\s]*)>")
ROOM = 20_000_000  # signs
TABLE = 200_000  # entries of one font's table
FAR = 200  # thousandths of an em: a gap that separates words


def of(pdf):
    """The text of all pages, and of every drawing and note that they use; a new line wherever the writing moves."""
    lines = []
    fonts = {}
    for page in pdf.pages:
        lines.append(_written(page.obj, page.obj.get("/Resources"), fonts))
        if sum(map(len, lines)) > ROOM:
            break
    for thing in pdf.objects:
        if isinstance(thing, Stream) and thing.get("/Subtype") == "/Form":
            lines.append(_written(thing, thing.get("/Resources"), fonts))
        elif isinstance(thing, Dictionary) and isinstance(thing.get("/Contents"), String):
            lines.append(str(thing["/Contents"]))
    return "\n".join(lines)


def _written(holder, resources, fonts):
    """What one content stream writes."""
    named = resources.get("/Font", {}) if isinstance(resources, Dictionary) else {}
    decode, out, height = _plain, [], None
    for operands, operator in pikepdf.parse_content_stream(holder):
        sign = str(operator)
        if sign == "Tf" and operands:
            decode = _decoder(named.get(str(operands[0])), fonts)
        elif sign in ("Tj", "'", '"') and operands:
            out.append("\n" * (sign != "Tj"))
            out.append(decode(operands[-1]))
        elif sign == "TJ" and operands and isinstance(operands[0], Array):
            out += [decode(item) if isinstance(item, String) else " " * (-item > FAR) for item in operands[0]]
        elif sign == "T*" or (sign in ("Td", "TD") and len(operands) == 2 and operands[1] != 0):
            out.append("\n")
        elif sign == "Tm" and len(operands) == 6:
            out.append("\n" * (operands[5] != height))
            height = operands[5]
    return "".join(out)


def _plain(text):
    return bytes(text).decode("latin-1") if isinstance(text, String) else ""


def _decoder(font, fonts):
    """bytes → text for one font."""
    if not isinstance(font, Dictionary):
        return _plain
    key = font.objgen if font.is_indirect else None
    if key is None or key not in fonts:
        made = _made(font)
        if key is None:
            return made
        fonts[key] = made
    return fonts[key]


def _made(font):
    table = font.get("/ToUnicode")
    if isinstance(table, Stream):
        return _by_table(*_table(table.read_bytes()))
    if font.get("/Subtype") == "/Type0":
        name = re.sub(r"-[HV]$", "", str(font.get("/Encoding", "")).lstrip("/"))
        encoding = ENCODINGS.get(name.removesuffix("-EUC"), "utf-16-be")
        return lambda text: bytes(text).decode(encoding, "ignore") if isinstance(text, String) else ""
    return _plain


def _by_table(table, widths):
    def decode(text):
        data, at, out = bytes(text) if isinstance(text, String) else b"", 0, []
        while at < len(data):
            for width in widths:
                if data[at : at + width] in table:
                    break
            out.append(table.get(data[at : at + width], ""))
            at += width
        return "".join(out)

    return decode


def _table(source):
    """code → text as a ToUnicode table says, and the lengths that its codes have."""
    table = {}
    for block in re.findall(rb"beginbfchar(.*?)endbfchar", source, re.S):
        codes = [bytes.fromhex(code.decode()) for code in HEX.findall(block)]
        for code, text in zip(codes[::2], codes[1::2], strict=False):
            table[code] = text.decode("utf-16-be", "ignore")
    for block in re.findall(rb"beginbfrange(.*?)endbfrange", source, re.S):
        for first, last, start, listed in re.findall(rb"<([^>]*)>\s*<([^>]*)>\s*(?:<([^>]*)>|\[([^\]]*)\])", block):
            _add_range(table, first, last, start, listed)
            if len(table) > TABLE:
                break
    return table, sorted({len(code) for code in table}, reverse=True) or [1]


def _add_range(table, first, last, start, listed):
    low, high, width = int(first, 16), int(last, 16), len(bytes.fromhex(first.decode()))
    if start:
        head, unit = bytes.fromhex(start.decode())[:-2], int(start[-4:], 16)
    texts = [bytes.fromhex(code.decode()) for code in HEX.findall(listed)]
    for offset in range(min(high - low + 1, 0x10000)):
        if start:
            text = head + ((unit + offset) & 0xFFFF).to_bytes(2, "big")
        elif offset < len(texts):
            text = texts[offset]
        else:
            break
        table[(low + offset).to_bytes(width, "big")] = text.decode("utf-16-be", "ignore")
