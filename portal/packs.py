"""迎检资料包: a list of titles becomes one file with 卷内目录 in front and a folder of evidence behind each title."""

import io
import zipfile

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max

from accounts import audit
from branches.models import Branch
from branches.rights import require
from files.actions import discard, keep
from files.intake import clean_name
from office.paper import Paper, Table, Text, official_date
from office.word import to_word
from portal import evidence
from portal.models import Pack, PackItem
from rulebook.book import in_force

MEGABYTE = 1024 * 1024
LARGEST = 200 * MEGABYTE  # of one pack; what goes beyond it is named in the list
MOST = 60  # titles
NAME = 40
STAMP = (1980, 1, 1, 0, 0, 0)


def templates(*, on):
    """[(key, label, [(title, kind)])] of the lists that a pack can begin with."""
    rows = [rule for key, rule in in_force(on=on).items() if key.startswith("pack.")]
    return [(rule.key, rule.label, [tuple(item) for item in rule.value["items"]]) for rule in rows]


@transaction.atomic
def start(pack, template, *, by, on):
    """A new pack with the titles of a template (none: empty)."""
    require(by, "pack.run", at=pack.branch)
    found = {key: items for key, _, items in templates(on=on)}
    pack.created_by = by
    pack.full_clean()
    pack.save()
    for position, (title, kind) in enumerate(found.get(template, ()), 1):
        PackItem.objects.create(pack=pack, position=position, title=title, kind=kind)
    audit.record("pack.start", pack, by=by, template=template)
    return pack


def _lock(pack, by):
    pack = Pack.objects.select_for_update(of=("self",)).select_related("branch").get(pk=pack.pk)
    require(by, "pack.run", at=pack.branch)
    return pack


@transaction.atomic
def edit(form, *, version, by):
    """Another name or stretch of time. Raises `Stale`."""
    pack = _lock(form.instance, by)
    pack.claim(version)
    form.instance.version = pack.version
    return audit.save(form, by=by)


@transaction.atomic
def put_item(item, upload, *, by):
    """Add a title, or change it; a paper is kept with it."""
    pack = _lock(item.pack, by)
    if not item.pk:
        if pack.items.count() >= MOST:
            raise ValidationError(f"目录最多 {MOST} 项，请把相近的合成一项。")
        item.position = (pack.items.aggregate(last=Max("position"))["last"] or 0) + 1
    elif not pack.items.filter(pk=item.pk).exists():
        raise ValidationError("这一项刚被删去，请刷新后再看。")
    old = item.file
    if item.kind == evidence.UPLOAD and upload:
        item.file = keep(upload, by=by)
    elif item.kind != evidence.UPLOAD:
        item.file = None
    item.full_clean()
    item.save()
    if old is not None and old != item.file:
        discard(old, by=by)
    audit.record("pack.item", pack, by=by, item=item.pk)
    return item


@transaction.atomic
def drop_item(item, *, by):
    pack = _lock(item.pack, by)
    if not pack.items.filter(pk=item.pk).exists():
        raise ValidationError("这一项刚被删去，请刷新后再看。")
    stored = item.file
    item.delete()
    if stored is not None:
        discard(stored, by=by)
    audit.record("pack.drop_item", pack, by=by)
    return pack


@transaction.atomic
def move_item(item, *, up, by):
    """One place up or down among the titles."""
    pack = _lock(item.pack, by)
    rows = list(pack.items.order_by("position", "pk"))
    if item not in rows:
        raise ValidationError("这一项刚被删去，请刷新后再看。")
    at = rows.index(item)
    other = at - 1 if up else at + 1
    if 0 <= other < len(rows):
        rows[at], rows[other] = rows[other], rows[at]
        for position, row in enumerate(rows, 1):
            row.position = position
        PackItem.objects.bulk_update(rows, ["position"])
        audit.record("pack.item", pack, by=by, item=item.pk)
    return pack


@transaction.atomic
def drop(pack, *, by):
    """The pack goes, with what was uploaded for it; the records it showed stay where they are."""
    pack = _lock(pack, by)
    audit.record("pack.drop", pack, by=by)
    stored = [item.file for item in pack.items.select_related("file") if item.file_id]
    pack.items.all().delete()
    pack.delete()
    for file in stored:
        discard(file, by=by)


# --- the file


def asked(pack, user, *, on):
    """What a pack asks of the portal, for the eyes of this person."""
    branches = Branch.objects.visible_to(user, verb="pack.run").at_work(pack.starts_on, pack.ends_on)
    branches = branches.filter(path__startswith=pack.branch.path).in_order()
    own = [branch for branch in branches if branch.pk == pack.branch_id]
    others = [branch for branch in branches if branch.pk != pack.branch_id]
    return evidence.Asked(user, (*own, *others), pack.starts_on, pack.ends_on, on)


def contents(pack, user, *, on):
    """[(item, [Paperwork])] in order; nothing is made yet."""
    wanted = asked(pack, user, on=on)
    found = []
    for item in pack.items.select_related("file").order_by("position", "pk"):
        if item.kind == evidence.UPLOAD:
            found.append((item, evidence.of_file(item.title, item.file, on) if item.file_id else []))
        else:
            found.append((item, evidence.found(item.kind, wanted) if wanted.branches else []))
    return found


def build(pack, user, *, on, tell=lambda done, total, note: None):
    """(bytes, how many papers, titles without any) of the pack as `user` may see it."""
    stream, packed, rows, lacking, papers = io.BytesIO(), 0, [], [], 0
    parts = contents(pack, user, on=on)
    with zipfile.ZipFile(stream, "w") as target:
        for number, (item, found) in enumerate(parts, 1):
            tell(number - 1, len(parts), item.title)
            folder, names, beyond, broken = f"{number:02}-{clean_name(item.title)[:NAME]}", set(), 0, 0
            for paper in found:
                if packed + paper.size > LARGEST:
                    beyond += 1
                    continue
                try:
                    data = paper.make()
                except ValidationError:
                    broken += 1
                    continue
                if packed + len(data) > LARGEST:
                    beyond += 1
                    continue
                packed += len(data)
                _write(target, f"{folder}/{_fresh(paper.name, names)}", data)
            papers += len(names)
            if not names:
                lacking.append(item.title)
            rows.append(
                [number, item.title, _days(found), f"{len(names)} 份" if names else "", _note(names, beyond, broken)]
            )
        _write(target, "00-卷内目录.docx", to_word(_contents_page(pack, rows, on)))
    return stream.getvalue(), papers, lacking


def _fresh(name, names):
    stem, _, ending = name.rpartition(".")
    number, found = 1, name
    while found in names:
        number += 1
        found = f"{stem}（{number}）.{ending}"
    names.add(found)
    return found


def _days(found):
    days = sorted(day for paper in found for day in paper.days if day)
    if not days:
        return ""
    return f"{days[0]}" if days[0] == days[-1] else f"{days[0]} 至 {days[-1]}"


def _note(names, beyond, broken):
    words = ["缺"] if not names else []
    words += [f"另有 {beyond} 份超过 {LARGEST // MEGABYTE} MB，没有装入，请在系统里单独下载"] if beyond else []
    words += [f"另有 {broken} 份文件打不开，没有装入"] if broken else []
    return "；".join(words)


def _contents_page(pack, rows, on):
    blocks = [
        Text(
            f"资料起止：{official_date(pack.starts_on)}至{official_date(pack.ends_on)}；编制日期：{official_date(on)}。"
        ),
        Table(["序号", "题名", "日期", "份数", "备注"], rows, widths=[2, 9, 6, 3, 7], empty="目录里还没有题名"),
    ]
    return Paper(f"{pack.title}\n卷内目录", dated=on, organ=pack.branch.name, blocks=blocks, footer="非涉密")


def _write(target, name, data):
    entry = zipfile.ZipInfo(name, STAMP)
    entry.create_system = 0  # the same on every machine
    target.writestr(entry, data, zipfile.ZIP_STORED)  # all of it is compressed already


def name_of(pack):
    return f"{clean_name(pack.title)[:NAME]}.zip"
