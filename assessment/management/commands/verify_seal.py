from django.core.management.base import BaseCommand, CommandError

from assessment import sealing, verification


class Command(BaseCommand):
    help = "查验考核结果的封存：逐行核对摘要、签名、链头，按封存的依据重新计算；有不符时逐条列出，并以 1 退出"

    def add_arguments(self, parser):
        parser.add_argument("--year", type=int, help="只逐行查验这一年度的封存；各封存的先后和链头总要核对")

    def handle(self, *, year, **options):
        found = verification.verify(year=year, heads=sealing.kept_heads())
        for note in found.notes:
            self.stdout.write(f"说明：{note}")
        if found.breaks:
            words = "\n".join(f"  {each}" for each in found.breaks)
            raise CommandError(f"封存有 {len(found.breaks)} 处不符：\n{words}", returncode=1)
        self.stdout.write(f"封存完好：{found.seals} 份、{found.rows} 行；链头 {found.head}")
