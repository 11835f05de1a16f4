from django.core.management.base import BaseCommand, CommandError

from accounts import chain


class Command(BaseCommand):
    help = "校验操作记录链；有断点时说明在哪一环，并以 1 退出"

    def handle(self, **options):
        found = chain.verify(heads=chain.kept_heads())
        if found.broken:
            raise CommandError(f"操作记录链有断点：{found.broken}（此前 {found.links} 环完好）", returncode=1)
        self.stdout.write(f"操作记录链完好：{found.links} 环，另有 {found.waiting} 条待成链；链头 {found.head}")
