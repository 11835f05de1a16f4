import os
import secrets

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import transaction
from django.utils import timezone

from accounts.models import User
from branches.actions import appoint, root
from branches.rights import Role


class Command(BaseCommand):
    help = "建立首位管理员；已有账号时什么也不做"

    @transaction.atomic
    def handle(self, **options):
        if User.objects.exclude(username="system").exists():
            self.stdout.write("已有账号，没有新建管理员")
            return
        password = secrets.token_urlsafe(12)
        admin = User.objects.create_user("admin", password, name="首位管理员", must_change_password=True)
        appoint(admin, root(), Role.ADMIN, started_on=timezone.localdate(), by=User.objects.system())
        path = settings.VAR_DIR / "first-admin.txt"
        path.touch(mode=0o600)
        path.write_text(f"admin {password}\n", "utf-8")
        os.chmod(path, 0o600)
        self.stdout.write(f"首位管理员：账号 admin，密码 {password}（首次登录须修改；另存于 {path.name}，仅本机可读）")
