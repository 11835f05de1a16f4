"""The portal is no place for state secrets: a text that bears a 密级 mark is refused before it is stored."""

import re
import unicodedata

from django.core.exceptions import ValidationError

REFUSAL = "{where}带有密级标志“{mark}”。本系统为非涉密系统，严禁录入国家秘密、工作秘密，请按保密规定另行报送。"

STARS = "★☆✩✪✫✬✭✮✯✰⭐🌟⍟*"
_GAP = r"[^\S\n]*"  # never across lines: "…保守秘密" may be followed by a list whose items begin with a star
_DEGREE = rf"(绝{_GAP}密|机{_GAP}密|秘{_GAP}密)"
MARKS = [
    re.compile(rf"{_DEGREE}{_GAP}级?{_GAP}[{STARS}]"),
    re.compile(rf"密{_GAP}级{_GAP}[:：]?{_GAP}[\[【〔(（<《]?{_GAP}{_DEGREE}"),
    re.compile(rf"[\[【〔(（]{_GAP}{_DEGREE}{_GAP}级?{_GAP}[\]】〕)）]"),
    re.compile(rf"\A\s*{_DEGREE}{_GAP}(?:\n|\Z)"),  # alone in the upper left corner
]
# Signs without width would let a mark through that the reader sees: joiners, marks of direction, selectors.
_UNSEEN = re.compile(r"[\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufe00-\ufe0f\ufeff]")


def marked(text):
    """The 密级 mark that a text bears, such as `机密★`, however it is spaced or written; None without one."""
    plain = _UNSEEN.sub("", unicodedata.normalize("NFKC", text))
    plain = re.sub(r"[\r\v\f\x85\u2028\u2029]+", "\n", plain)
    for mark in MARKS:
        if found := mark.search(plain):
            return re.sub(r"\s+", "", found[0])
    return None


def refuse_marked(text, where="内容"):
    """A validator for any text field; raises ValidationError for a text with a mark."""
    if mark := marked(text):
        raise ValidationError(REFUSAL.format(where=where, mark=mark), code="secret")
