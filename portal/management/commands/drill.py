import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.utils import timezone

from portal import upkeep
from portal.management.commands.backup import passphrase
from portal.management.commands.restore import private
from portal.operations import drill, key_copies, making, programs, restoring
from portal.operations.programs import Failed


class Command(BaseCommand):
    help = "恢复演练：把备份恢复到一个临时的空环境，核对行数、校验和、密钥、两条链，并打开主要页面"
    requires_system_checks = ()

    def add_arguments(self, parser):
        parser.add_argument("folder", type=Path, nargs="?", help="一份备份；不写则用 BACKUP_DIR 里最新的一份")
        parser.add_argument("--identity", type=Path, help="加密备份的解密私钥文件")
        parser.add_argument("--keys", type=Path, help="用这份密钥备份，而不是本机的密钥（演练异地保管的那份）")
        parser.add_argument("--passphrase-file", type=Path)
        parser.add_argument("--here", action="store_true", help="就在当前（空的）环境里恢复并检查")

    def handle(self, *, folder, identity, keys, passphrase_file, here, **options):
        begun = timezone.now()
        try:
            folder = folder or making.newest(settings.BACKUP_DIR)
            if not folder:
                raise Failed("没有找到备份。请给出一份备份的目录，或设置 BACKUP_DIR。")
            if here:
                return self.rehearse(folder, private(identity))
            figures = self.apart(folder, identity, keys, passphrase_file)
        except Failed as reason:
            if not here:
                upkeep.note("drill", begun, timezone.now(), reason=str(reason))
            raise CommandError(str(reason)) from reason
        seconds = round((timezone.now() - begun).total_seconds(), 1)
        upkeep.note("drill", begun, timezone.now(), backup=Path(folder).name, **figures)
        told = "，".join(f"{label} {figures[key]}" for key, label in LABELS.items() if key in figures)
        return f"演练通过（{seconds} 秒）：{told}。"

    def rehearse(self, folder, identity):
        content = restoring.restore(
            folder, address=programs.address_of(connection.settings_dict), media=settings.MEDIA_ROOT,
            heads_in=settings.VAR_DIR, identity=identity, tell=self.tell,
        )  # fmt: skip
        figures = {
            "tables": len(content["tables"]),
            "rows": sum(count for count, _ in content["tables"].values()),
            **drill.check(on=timezone.localdate(), tell=self.tell),
        }
        return json.dumps(figures)

    def apart(self, folder, identity, keys, passphrase_file):
        """The same, in a process with servers and folders of its own that are thrown away."""
        with tempfile.TemporaryDirectory(prefix="portal-drill-") as place:
            key_folder = settings.VAULT_KEY_DIR
            if keys:
                key_folder = Path(place, "keys")
                key_copies.bring_back(keys, key_folder, passphrase=passphrase(passphrase_file))
            for name in ("vendor", "static"):
                Path(place, name).mkdir()
            argv = ["-m", "config.apart", place, "manage.py", "drill", str(Path(folder).resolve()), "--here"]
            argv += ["--identity", str(identity.resolve())] if identity else []
            # Static files are no part of a backup: their names are taken as they are.
            environment = os.environ | {"KEY_DIR": str(key_folder), "PORTAL_TESTING": "1"}
            done = subprocess.run(
                [sys.executable, *argv], cwd=settings.BASE_DIR, env=environment, capture_output=True, text=True
            )
        if done.returncode:
            lines = [line for line in done.stderr.splitlines() if line.strip() and not line.startswith(("· ", " "))]
            raise Failed(lines[-1].removeprefix("CommandError: ") if lines else "演练没有成功。")
        return json.loads(done.stdout.strip().splitlines()[-1])

    def tell(self, words):
        self.stderr.write(f"· {words}", ending="\n")


LABELS = {
    "tables": "表", "rows": "行", "values": "解密", "files": "文件", "links": "操作记录链环", "seals": "封存", "pages": "页面",
}  # fmt: skip
