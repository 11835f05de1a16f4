"""What is shown in place of a classified value."""

import re


def mask_id_number(value):
    """Eighteen stars: with the county and the birth date known, any digit of the tail gives the rest away."""
    return "*" * 18 if value else ""


def mask_phone(value):
    """138****1234; of a landline the area code and two digits, of anything else two digits at most."""
    return "/".join(_mask_one(part.strip()) for part in (value or "").split("/"))


def _mask_one(phone):
    if re.fullmatch(r"\d{11}", phone) and phone[0] == "1":
        return f"{phone[:3]}****{phone[-4:]}"
    area, dash, number = phone.partition("-")
    if not dash or not area.startswith("0"):
        area, dash, number = "", "", phone
    shown = number[-2:] if len(number) > 4 else ""
    return f"{area}{dash}{'*' * (len(number) - len(shown))}{shown}"
