import getpass
import os
import sys
from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from portal import upkeep
from portal.operations import key_copies, locks
from portal.operations.programs import Failed


class Command(BaseCommand):
    help = "备份数据库和文件到一个目录（不含密钥）；--keys 另行备份密钥"
    requires_system_checks = ()

    def add_arguments(self, parser):
        parser.add_argument("target", type=Path, nargs="?", help="放备份的目录")
        parser.add_argument("--recipient", default=settings.BACKUP_RECIPIENT, help="加密给这把公钥（64 位十六进制）")
        parser.add_argument(
            "--keys", type=Path, help="把密钥加口令备份到另一个目录；口令取自 --passphrase-file 或当面输入"
        )
        parser.add_argument("--passphrase-file", type=Path)
        parser.add_argument("--new-identity", type=Path, help="生成一对备份密钥：私钥写入这个文件，公钥显示出来")
        parser.add_argument("--tidy", action="store_true", help="备份后清理：留 35 天，另每月第一份留 12 个月")

    def handle(self, *, target, recipient, keys, passphrase_file, new_identity, tidy, **options):
        try:
            if new_identity:
                return self.make_identity(new_identity)
            if keys:
                path = key_copies.keep(
                    keys, passphrase=passphrase(passphrase_file, twice=True), now=timezone.localtime()
                )
                return f"密钥已备份：{path}。请与数据备份分开保管，口令由两人分别封存。"
            if not target:
                raise Failed("请给出放备份的目录，例如：manage.py backup /srv/backup")
            recipient = locks.recipient(recipient) if recipient else ""
            folder, content = upkeep.back_up(target, recipient=recipient, tidy=tidy, now=timezone.now(), tell=self.tell)
        except Failed as reason:
            raise CommandError(str(reason)) from reason
        rows = sum(count for count, _ in content["tables"].values())
        size = sum(size for size, _ in content["files"].values())
        lock = "已加密" if recipient else "未加密"
        return f"备份完成（{lock}）：{folder}，{len(content['tables'])} 张表 {rows} 行，{size / 1e6:.1f} MB。密钥不在其中。"

    def make_identity(self, path):
        private, public = locks.new_identity()
        try:
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except OSError as error:
            raise Failed(f"私钥文件 {path} 不能新建：{error.strerror}。") from error
        with open(handle, "w") as file:
            file.write(private + "\n")
        return f"公钥（写入 BACKUP_RECIPIENT）：{public}\n私钥在 {path}，请移到别处保管，本机不要留。"

    def tell(self, words):
        self.stderr.write(f"· {words}", ending="\n")


def passphrase(path, *, twice=False):
    """From a file, or typed by somebody who sits there."""
    if path:
        try:
            return path.read_text("utf-8").strip()
        except OSError as error:
            raise Failed(f"口令文件读不出：{error.strerror}（{path}）。") from error
    if not sys.stdin.isatty():
        raise Failed("请用 --passphrase-file 给出口令文件。")
    typed = getpass.getpass("口令：")
    if twice and getpass.getpass("再输一次：") != typed:
        raise Failed("两次输入的口令不同。")
    return typed
