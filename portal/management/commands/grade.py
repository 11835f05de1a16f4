from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from accounts.models import User
from assessment import scoring, workbook
from assessment.models import Scheme
from portal.actions import tend

NAMED = {Scheme.Kind.BRANCH: "支部", Scheme.Kind.COMMITTEE: "党委、党总支"}


class Command(BaseCommand):
    help = "计算一年的量化考核得分和拟定等次，写成工作簿或 JSON"

    def add_arguments(self, parser):
        parser.add_argument("year", type=int)
        parser.add_argument("--out", type=Path, help="写成 Excel 工作簿")
        parser.add_argument("--json", type=Path, help="写成 JSON")
        parser.add_argument(
            "--kind",
            choices=Scheme.Kind.values,
            default=Scheme.Kind.BRANCH,
            help="branch 党支部；committee 党委、党总支",
        )

    def handle(self, *, year, out, json, kind, **options):
        today = timezone.localdate()
        if not 2000 <= year <= today.year + 1:
            raise CommandError(f"年度应在 2000 至 {today.year + 1} 之间")
        on = scoring.last_day(year, today)
        tend(year, by=User.objects.system())
        scores = scoring.grade(year, on=on, kind=kind)
        try:
            if out:
                out.write_bytes(workbook.as_workbook(scores, year, on=on))
            if json:
                json.write_text(workbook.as_json(scores, year, on=on), "utf-8")
        except OSError as error:
            raise CommandError(f"写不了 {error.filename}：{error.strerror}") from error
        counts = {}
        for score in scores:
            counts[score.grade] = counts.get(score.grade, 0) + 1
        self.stdout.write(
            f"{year} 年度：{len(scores)} 个{NAMED[kind]}；"
            + "，".join(f"{grade} {count}" for grade, count in counts.items())
        )
