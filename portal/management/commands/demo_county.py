import argparse
import math
import os
import unicodedata
from datetime import date

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from accounts.models import User
from portal import demo

HEAD = ("账号", "密码", "岗位", "党组织")


class Command(BaseCommand):
    help = "在空库里建立示范县：全部虚构，供试看和测速；同一种子、规模和日期得到同样的数据"

    def add_arguments(self, parser):
        parser.add_argument(
            "--size", type=_size, default=1.0, help="规模：1 为 120 个党组织、约 3000 名党员（可为小数）"
        )
        parser.add_argument("--seed", default="1", help="种子")
        parser.add_argument(
            "--on", type=date.fromisoformat, default=None, metavar="YYYY-MM-DD", help="“今天”，默认当日"
        )

    def handle(self, *, size, seed, on, **options):
        if not demo.is_empty():
            raise CommandError("库中已有党组织或党员，没有建立示范县；示范县只能建在空库里。")
        names = [name for name, _ in demo.POSTS]
        if taken := User.objects.filter(username__in=names).values_list("username", flat=True):
            raise CommandError(f"账号 {'、'.join(taken)} 已存在，没有建立示范县。")
        with transaction.atomic():  # no county without its passwords on disk, and no passwords without a county
            county = demo.build(size=size, seed=seed, today=on or timezone.localdate())
            path = _keep(county.accounts)
        self.stdout.write(
            f"示范县已建立：{len(county.sketches)} 个党组织，{county.people} 名党员。人名、校名、号码均为虚构。"
        )
        self.stdout.write(_table([HEAD, *county.accounts]))
        self.stdout.write(f"以上密码不要求首次修改，仅供试看；另存于 {path}，仅本机账户可读。")


def _size(text):
    try:
        size = float(text)
    except ValueError:
        size = math.nan
    if not 0 < size <= 100:
        raise argparse.ArgumentTypeError("规模应为大于 0、不超过 100 的数")
    return size


def _keep(accounts):
    """The table in a file that was never readable by others, not even while it was written."""
    path = settings.VAR_DIR / "demo-accounts.txt"
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(_table([HEAD, *accounts]) + "\n")
    return path


def _table(rows):
    """Columns in line also where a character is two cells wide."""
    widths = [max(map(_width, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(text + " " * (width - _width(text)) for text, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )


def _width(text):
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)
