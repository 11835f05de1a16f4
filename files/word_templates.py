"""A county's own Word forms over templates/word: which one holds on a day. Whether somebody may change it the caller asks."""

from pathlib import Path

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction

from accounts import audit
from files.actions import keep, open_file
from files.models import StoredFile, WordTemplate
from files.secrecy import refuse_marked
from office import word_form

FOLDER = Path(settings.BASE_DIR) / "templates" / "word"


def ours(key):
    """The bytes of the form that comes with the portal; `key` is its place below templates/word, without the ending."""
    return (FOLDER / f"{key}.docx").read_bytes()


def versions(key):
    """What the county laid down for a form, the newest first."""
    return WordTemplate.objects.filter(key=key).select_related("file", "created_by")


def in_force(keys, on):
    """key → the county's `WordTemplate` that holds on a day, of those that have one with a file. One query."""
    found = {}
    for row in WordTemplate.objects.filter(key__in=keys, from_on__lte=on).select_related("file"):
        found.setdefault(row.key, row)
    return {key: row for key, row in found.items() if row.file_id}


def data(key, on, held=None):
    """The bytes of the form in force; while the county's own waits for the scanner ours serves. `held`: of `in_force`."""
    row = (in_force([key], on) if held is None else held).get(key)
    if row is None or row.file.state != StoredFile.State.CLEAN:
        return ours(key)
    return open_file(row.file)


@transaction.atomic
def replace(key, upload, *, from_on, note="", fields, columns, by):
    """Take a county's form into use from a day on; one with a placeholder that nobody knows is refused by its name."""
    kept = keep(upload, by=by, kinds=[StoredFile.Kind.WORD])
    if kept.state != StoredFile.State.CLEAN:
        raise ValidationError("现在不能检查病毒，表样没有保存，请稍后再传。")
    asked = word_form.used(open_file(kept))
    unknown = [*(set(asked.fields) - set(fields)), *(set(asked.columns) - set(columns))]
    if unknown:
        named = "、".join(f"{{{{{name}}}}}" for name in sorted(unknown)[:5])
        raise ValidationError(f"模板里有系统不认识的字段：{named}。请对照字段表改好再传，名称要一字不差。")
    if not asked.fields and not asked.columns:
        raise ValidationError("模板里一个字段也没有，填不进内容。请下载现用表样，在它上面改。")
    return _lay_down(WordTemplate(key=key, file=kept, from_on=from_on, note=note, created_by=by), by)


@transaction.atomic
def go_back(key, *, from_on, note="", by):
    """Ours holds again from a day on; what was laid down before stays on record."""
    if key not in in_force([key], from_on):
        raise ValidationError("这一天用的就是系统自带的表样。")
    return _lay_down(WordTemplate(key=key, from_on=from_on, note=note, created_by=by), by)


def _lay_down(row, by):
    refuse_marked(row.note, "说明")
    row.full_clean(exclude=["created_by"])
    row.save()
    audit.record("files.word_template", row, by=by, key=row.key, from_on=str(row.from_on), own=bool(row.file_id))
    return row
