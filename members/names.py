"""The keys by which names are found and ordered: pinyin initials (拼音首字母) and the strokes of 姓氏笔画序."""

from functools import cache
from pathlib import Path

from pypinyin import Style, lazy_pinyin

FILE = Path(__file__).parent / "strokes.txt"
DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
STEP = 128  # characters in a row of counts
LAST = "99"  # what is no Chinese character stands behind all that are
LENGTH = 150  # of the column

# Surnames that are read otherwise than the same character elsewhere; pypinyin knows words, not surnames.
READ_AS = {
    "单": "s", "曾": "z", "解": "x", "仇": "q", "区": "o", "查": "z", "翟": "z", "覃": "q", "乐": "y",
    "召": "s", "种": "c", "祭": "z", "繁": "p", "秘": "b", "折": "s", "句": "g", "佴": "n", "郇": "x",
}  # fmt: skip
COMPOUND = (
    "欧阳 司马 上官 诸葛 夏侯 东方 皇甫 尉迟 公孙 令狐 宇文 长孙 慕容 司徒 司空 端木 独孤 南宫 万俟 闻人 赫连 澹台 公冶 宗政 "
    "濮阳 淳于 单于 太叔 申屠 仲孙 轩辕 钟离 鲜于 闾丘 亓官 呼延 西门 百里 东郭 拓跋"
)


def keys_of(name, given=""):
    """What a member's row keeps beside the name: `initials` (those given by hand go before) and `strokes`."""
    return {"initials": given or initials(name), "strokes": strokes(name)}


def initials(name):
    """The pinyin initials by which a name is found: 周明远 → zmy, 曾明 → zm."""
    surname = next((name[:length] for length in (2, 1) if name[:length] in READ_AS and len(name) > length), "")
    rest = lazy_pinyin(name.removeprefix(surname), style=Style.FIRST_LETTER, errors="ignore")
    return (READ_AS.get(surname, "") + "".join(rest))[:50].lower()


def strokes(name):
    """A text whose order is 姓氏笔画序: for each character its strokes, then their kinds 横竖撇点折, then its code.

    A surname of one character stands before one of two, a given name of one character before longer ones (单名在前).
    """
    letters = [char for char in name if char.isalnum()]
    surname = 2 if "".join(letters[:2]) in COMPOUND and len(letters) > 2 else 1
    keys = [_key(char) for char in letters]
    keys.insert(surname, "1" if len(letters) - surname <= 1 else "2")
    keys.insert(1, str(surname))
    return "".join(keys)[:LENGTH]


def _key(char):
    orders, counts = _data()
    code = ord(char)
    if order := orders.get(char):
        return f"{len(order):02}{order}{code:05x}"
    base = code - code % STEP
    row = counts.get(base, "")
    count = DIGITS.index(row[code - base]) if code - base < len(row) else 0
    # Where only the number of strokes is known, behind the characters whose order is known.
    return f"{count:02}6{code:05x}" if count else f"{LAST}{code:05x}"


@cache
def _data():
    """(character → kinds of its strokes, first code of a row → numbers of strokes), read once."""
    orders, counts, part = {}, {}, None
    for line in FILE.read_text("utf-8").splitlines():
        if line.startswith("#"):
            continue
        if line.startswith("= "):
            part = line[2:]
        elif part == "orders":
            orders[line[0]] = line[1:]
        else:
            base, _, row = line.partition(" ")
            counts[int(base, 16)] = row
    return orders, counts
