"""What an office writes in a cell, as a date, a name, a number; every refusal is a ValueError in words for the user.

A blank cell gives None, or "" where the value is text. No message repeats an ID number or a phone number.
"""

import calendar
import datetime
import re
import unicodedata
from functools import wraps

from office.reader import Faulty

FIRST_YEAR, LAST_YEAR = 1900, 2100
EPOCH, EPOCH_1904 = datetime.date(1899, 12, 30), datetime.date(1904, 1, 1)

TIME_OF_DAY = re.compile(r"(?<=[\d日])[T\s]+\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?$")
DAY = re.compile(r"(\d{4})(?:([-./])(\d{1,2})\2(\d{1,2})|年(\d{1,2})月(\d{1,2})[日号]?|(\d{2})(\d{2}))")
SERIAL = re.compile(r"[1-9]\d{4}(?:\.\d+)?")  # from 1927 on: smaller numbers are years, counts or slips
MONTH = re.compile(r"(\d{4})(?:[-./](\d{1,2})|年(\d{1,2})月|(\d{2}))")
YEAR = re.compile(r"(?:19|20)\d{2}年?")
COUNT = re.compile(r"(\d{1,9})(?:\.0+)?[人名个次位场期元]?")

MIDDLE_DOTS = str.maketrans(dict.fromkeys("•‧・･∙⋅", "·"))
NAME_LENGTH = 50

ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)  # GB 11643-1999, ISO 7064 MOD 11-2
ID_CHECK = "10X98765432"
SCIENTIFIC = re.compile(r"\d(?:\.\d+)?E\+?\d+", re.IGNORECASE)

MOBILE = re.compile(r"(?:\+?86|0086)?(1[3-9]\d{9})")
LANDLINE = re.compile(r"(?:0\d{2,3}-?)?[2-9]\d{6,7}(?:-\d{1,6})?|[48]00-?\d{3}-?\d{4}")


def _sound(parse):
    """The parser, which refuses a cell that holds no value at all but an error."""

    @wraps(parse)
    def refusing(value, *args, **options):
        if isinstance(value, Faulty):
            raise ValueError(value.message)
        return parse(value, *args, **options)

    return refusing


def is_blank(value):
    """Whether a cell holds nothing but spaces."""
    return value is None or (isinstance(value, str) and not value.strip())


def _compact(value):
    """Text half-width and without any space."""
    return "".join(unicodedata.normalize("NFKC", str(value)).split())


# --- dates


@_sound
def parse_date(value, *, date1904=False):
    """The date in a cell, or None; raises ValueError for what is no full date, as the day is never invented."""
    if is_blank(value):
        return None
    if isinstance(value, datetime.datetime):
        return value.date()
    if isinstance(value, datetime.date):
        return value
    text = _date_text(value)
    if found := DAY.fullmatch(text):
        return _date(*(int(part) for part in found.groups() if part and part.isdigit()))
    if SERIAL.fullmatch(text):
        return _from_serial(text, date1904)
    if found := MONTH.fullmatch(text):
        _month(*(int(part) for part in found.groups() if part))
        raise ValueError(f"“{value}”只写到月，请补上日，如 2021-07-01。")
    if YEAR.fullmatch(text):
        raise ValueError(f"“{value}”只写到年，请补上月和日，如 2021-07-01。")
    raise _no_date(value)


@_sound
def parse_month(value, *, date1904=False):
    """(year, month) of a cell that names a month or a full date, or None; raises ValueError."""
    if is_blank(value):
        return None
    if isinstance(value, float) and re.fullmatch(r"\d{4}\.1", str(value)):
        # The number 2021.1 is what a sheet makes of both 2021.1 and 2021.10.
        raise ValueError(f"“{value}”分不清是 1 月还是 10 月，请写成 2021-01 或 2021-10。")
    if found := not isinstance(value, datetime.date) and MONTH.fullmatch(_date_text(value)):
        return _month(*(int(part) for part in found.groups() if part))
    on = parse_date(value, date1904=date1904)
    return on.year, on.month


def _date_text(value):
    if isinstance(value, bool):
        raise _no_date(value)
    return _compact(TIME_OF_DAY.sub("", unicodedata.normalize("NFKC", str(value)).strip()))


def _no_date(value):
    return ValueError(f"“{value}”不是能识别的日期，请写成 2021-07-01 的样子。")


def _month(year, month):
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise ValueError(f"年份 {year} 不合理，请核对。")
    if not 1 <= month <= 12:
        raise ValueError(f"没有 {month} 月，请核对日期。")
    return year, month


def _date(year, month, day):
    _month(year, month)
    if not 1 <= day <= calendar.monthrange(year, month)[1]:
        raise ValueError(f"{year} 年 {month} 月没有 {day} 日，请核对日期。")
    return datetime.date(year, month, day)


def _from_serial(text, date1904):
    on = (EPOCH_1904 if date1904 else EPOCH) + datetime.timedelta(days=int(float(text)))
    if on.year > LAST_YEAR:
        raise _no_date(text)
    return on


# --- names


@_sound
def clean_name(value):
    """(name, whether it differs from what was written); raises ValueError for what cannot be stored or printed."""
    if is_blank(value):
        return "", False
    if type(value) is not str:
        raise ValueError("姓名不是文字，请核对。")
    # NFC only: NFKC would replace characters that are part of a person's name.
    text = unicodedata.normalize("NFC", value).translate(MIDDLE_DOTS)
    text = "".join(char for char in text if unicodedata.category(char) != "Cf")  # zero-width and direction marks
    name = re.sub(r" ?· ?", "·", " ".join(text.split()))
    joined = name.replace(" ", "")
    if joined and all(map(_is_han, joined)) and graphemes(joined) <= 4:
        name = joined
    for char in name:
        if unicodedata.category(char) == "Co":
            raise ValueError(
                "姓名里有自造字（造字程序造的字），换一台电脑就显示不出。请改用标准汉字或拼音代替并在备注说明。"
            )
        if unicodedata.category(char) in ("Cc", "Cs") or char == "\ufffd":
            raise ValueError("姓名里有乱码，请核对后重填。")
    if graphemes(name) > NAME_LENGTH:
        raise ValueError(f"姓名超过 {NAME_LENGTH} 个字，请核对。")
    return name, name != value


def graphemes(text):
    """How many characters a reader sees: marks and variation selectors belong to the one before."""
    return sum(unicodedata.category(char) not in ("Mn", "Me", "Cf") for char in text)


def _is_han(char):
    # Ranges and not names: the newest extensions are unknown to the Unicode tables of older Pythons.
    if unicodedata.category(char) == "Mn":
        return True  # a variation selector
    code = ord(char)
    return (
        0x3400 <= code <= 0x4DBF or 0x4E00 <= code <= 0x9FFF or 0xF900 <= code <= 0xFAFF or 0x20000 <= code <= 0x3FFFF
    )


# --- ID numbers


@_sound
def parse_id_number(value):
    """An ID number of 18 characters, or ""; one of 15 digits is converted; raises ValueError."""
    if is_blank(value):
        return ""
    if not isinstance(value, str) or SCIENTIFIC.fullmatch(_compact(value)):
        raise ValueError("身份证号为数值，末位已失真，请将该列设为文本后重填。")
    number = _compact(value).upper()
    if re.fullmatch(r"[0-9]{15}", number):
        number = number[:6] + "19" + number[6:]
        number += _check_digit(number)
    elif not re.fullmatch(r"[0-9]{17}[0-9X]", number):
        raise ValueError(f"身份证号应为 18 位，现为 {len(number)} 位或含有其他字符，请核对。")
    elif _check_digit(number) != number[-1]:
        raise ValueError("身份证号校验位错误，请对照身份证核对。")
    try:
        id_birth_on(number)
    except ValueError as error:
        raise ValueError("身份证号中的出生日期不存在，请对照身份证核对。") from error
    return number


def _check_digit(number):
    return ID_CHECK[sum(weight * int(digit) for weight, digit in zip(ID_WEIGHTS, number, strict=False)) % 11]


def id_birth_on(number):
    """The date of birth in an ID number of 18 characters; raises ValueError when there is no such day."""
    return _date(int(number[6:10]), int(number[10:12]), int(number[12:14]))


def id_sex(number):
    """男 or 女, by the 17th digit of an ID number of 18 characters."""
    return "男" if int(number[16]) % 2 else "女"


# --- the rest


@_sound
def parse_phone(value):
    """One or more phone numbers joined by "/", or ""; raises ValueError, which an importer shows as a warning."""
    if is_blank(value):
        return ""
    if type(value) not in (str, int):
        raise ValueError("联系电话不是号码，请核对。")
    parts = [_compact(part) for part in re.split(r"[/、,，;；\n]", unicodedata.normalize("NFKC", str(value)))]
    return "/".join(_one_phone(part) for part in parts if part)


def _one_phone(text):
    digits = re.sub(r"[-()‐-―]", "", text)
    if found := MOBILE.fullmatch(digits):
        return found[1]
    landline = re.sub(r"[‐-―]", "-", text).replace("(", "").replace(")", "-")
    if LANDLINE.fullmatch(landline):
        return landline
    raise ValueError("联系电话的位数不对：手机应为 11 位，座机应为区号加 7 或 8 位。请核对。")


@_sound
def parse_count(value):
    """A whole number from 0, or None; raises ValueError."""
    if is_blank(value):
        return None
    if not isinstance(value, bool) and (found := COUNT.fullmatch(_compact(value))):
        return int(found[1])
    raise ValueError(f"“{value}”应为整数（0 或以上），请核对。")


@_sound
def parse_choice(value, mapping):
    """What `mapping` gives for the cell's text, spaces aside, or None; raises ValueError naming the choices."""
    if is_blank(value):
        return None
    known = {_compact(text): chosen for text, chosen in mapping.items()}
    if (text := _compact(value)) in known:
        return known[text]
    raise ValueError(f"“{value}”不在可选范围内，应为：{'、'.join(mapping)}。")
