"""A draft scheme and its forms, for the tests of its pages."""

from datetime import date

from django.urls import reverse

from assessment import drafting

TODAY = date(2026, 11, 20)


def url(name, *args):
    return reverse(f"assessment:{name}", args=args)


def typed(page, **changes):
    """What the form of a page would send: its values as they are shown, with changes."""
    form = page.context["form"]
    sent = {}
    for field in form:
        value = field.value()
        if isinstance(value, bool):
            if value:
                sent[field.name] = "on"
        elif value is not None:
            sent[field.name] = value if isinstance(value, list) else str(value)
    return sent | changes


def faults(page):
    return page.context["form"].errors


def part(scheme, code, key=None):
    scheme.refresh_from_db()
    return drafting.part_of(drafting.item_of(scheme.content, code), key or code)
