from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from accounts.models import User
from office import Unreadable
from portal import actions


class Command(BaseCommand):
    help = "导入一份工作簿：organisations 党组织基本情况表、roster 党员花名册、meetings 组织生活台账、recruitment 发展党员台账"

    def add_arguments(self, parser):
        parser.add_argument("kind", choices=actions.IMPORTS)
        parser.add_argument("file", type=Path)
        parser.add_argument("--dry-run", action="store_true", help="只预检，不写入")
        parser.add_argument("--only-valid", action="store_true", help="有错的行不导入，其余导入")

    def handle(self, *, kind, file, dry_run, only_valid, **options):
        try:
            with transaction.atomic():
                actions.one_at_a_time()
                plan = actions.plan(kind, file.read_bytes(), file.name, on=timezone.localdate())
                self._tell(plan)
                self._write(kind, plan, dry_run, only_valid)
        except OSError as error:
            raise CommandError(f"打不开 {file}：{error.strerror}") from error
        except Unreadable as error:
            raise CommandError(f"{file.name}：{error}") from error
        if plan.errors:
            raise SystemExit(1)

    def _tell(self, plan):
        for problem in plan.errors:
            self.stdout.write(str(problem))
        for problem in plan.warnings:
            self.stderr.write(f"提醒 {problem}")
        counts = f"可导入 {len(plan.good)} 行，有错误 {len(plan.bad)} 行，提醒 {len(plan.warnings)} 处"
        self.stderr.write(f"共 {len(plan.rows)} 行，{counts}")

    def _write(self, kind, plan, dry_run, only_valid):
        if dry_run:
            self.stderr.write("预检完毕，没有写入任何数据")
        elif plan.bad and not only_valid:
            self.stderr.write("有错误，没有写入任何数据；改正后重试，或加 --only-valid 只导入无错的行")
        else:
            added, changed = actions.write(kind, plan, by=User.objects.system(), on=timezone.localdate())
            self.stderr.write(f"已导入：新增 {added}，更新 {changed}，未变 {len(plan.good) - added - changed}")
