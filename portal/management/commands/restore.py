from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from portal.management.commands.backup import passphrase
from portal.operations import key_copies, programs, restoring
from portal.operations.programs import Failed


class Command(BaseCommand):
    help = "把备份恢复到空的数据库和空的文件目录；--keys 从密钥备份恢复密钥"
    requires_system_checks = ()

    def add_arguments(self, parser):
        parser.add_argument("folder", type=Path, nargs="?", help="一份备份（portal-日期-时间）")
        parser.add_argument("--into", help="空数据库的地址；不写则为 DATABASE_URL 所指的库")
        parser.add_argument("--files", type=Path, default=settings.MEDIA_ROOT, help="空的文件目录")
        parser.add_argument("--heads", type=Path, default=settings.VAR_DIR, help="放链头文件的目录")
        parser.add_argument("--identity", type=Path, help="加密备份的解密私钥文件")
        parser.add_argument("--keys", type=Path, help="密钥备份文件")
        parser.add_argument("--into-keys", type=Path, help="恢复密钥到这个空目录")
        parser.add_argument("--passphrase-file", type=Path)

    def handle(self, *, folder, into, files, heads, identity, keys, into_keys, passphrase_file, **options):
        try:
            if keys:
                if not into_keys:
                    raise Failed("请用 --into-keys 给出放密钥的空目录。")
                names = key_copies.bring_back(keys, into_keys, passphrase=passphrase(passphrase_file))
                return f"密钥已恢复到 {into_keys}：{'、'.join(names)}。请把 KEY_DIR 指到这里。"
            if not folder:
                raise Failed("请给出一份备份的目录。")
            address = programs.parsed(into) if into else programs.address_of(connection.settings_dict)
            content = restoring.restore(
                folder, address=address, media=files, heads_in=heads, identity=private(identity), tell=self.tell
            )
        except Failed as reason:
            raise CommandError(str(reason)) from reason
        rows = sum(count for count, _ in content["tables"].values())
        return f"恢复完成：{content['name']}，{len(content['tables'])} 张表 {rows} 行，逐表核对一致，文件校验和一致。"

    def tell(self, words):
        self.stderr.write(f"· {words}", ending="\n")


def private(path):
    if not path:
        return ""
    try:
        return path.read_text("ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise Failed(f"解密私钥文件读不出：{path}。") from error
