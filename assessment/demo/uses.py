"""What was done because of the results of the years that were decided: most of it, some still left lying."""

import random
from datetime import timedelta

from accounts import audit
from assessment import uses
from assessment.models import ResultUse, Round
from branches.models import AdmonitionTalk, Branch

DONE = {  # way → (share of the results, days after the meeting, what was done, number of the paper)
    "award": (0.8, 30, "推荐为先进基层党组织，参加“七一”表彰评选", "云岭教体工委〔{}〕6号"),
    "cadre": (0.85, 18, "结果抄送干部人事股，作为书记和班子成员使用的参考", "云岭教体工委函〔{}〕3号"),
    "review": (0.7, 12, "扣分较多的指标列入书记述职评议的问题清单", ""),
    "school": (1, 25, "党建考核结果计入本年度办学绩效考核", "云岭教体〔{}〕11号"),
    "weak_clue": (0.6, 20, "对照认定情形研究，暂不列入整顿，跟踪三个月", "云岭教体工委纪要〔{}〕5号"),
}
TALKED, TALK_AFTER = 0.75, 9
RESULTS = (AdmonitionTalk.Result.RECTIFY, AdmonitionTalk.Result.RECTIFY, AdmonitionTalk.Result.FOLLOW)


def build(county):
    """The uses of every year that was decided."""
    for round_ in Round.objects.filter(state=Round.State.FINAL).order_by("year"):
        of_round(county, round_)


def of_round(county, round_):
    year = round_.year
    rng, staff = random.Random(f"{county.seed}/uses/{year}"), county.users["gongwei"]
    results, ways = uses.finals(year), {way.key: way for way in uses.ways(county.today)}
    branches = Branch.objects.filter(pk__in=results).in_order()
    rows = []
    for key, (share, days, words, number) in DONE.items():
        day = min(round_.meeting_on + timedelta(days=days), county.today)
        chosen = [
            branch for branch in branches if results[branch.pk].grade in ways[key].grades and rng.random() < share
        ]
        rows += [
            ResultUse(
                year=year, branch=branch, use=key, grade=results[branch.pk].grade, words=words, organ="县委教育体育工委",
                number=number.format(year + 1), on=day, entered_by=staff,
            )
            for branch in chosen
        ]  # fmt: skip
        audit.record("use.enter", by=staff, year=year, use=key, rows=len(chosen), on=str(day))
    ResultUse.objects.bulk_create(rows, batch_size=2000)
    _talks(round_, [branch for branch in branches if results[branch.pk].grade in ways["talk"].grades], county, rng)


def _talks(round_, branches, county, rng):
    staff, made = county.users["gongwei"], []
    for branch in branches:
        if rng.random() < TALKED:
            day = min(round_.meeting_on + timedelta(days=TALK_AFTER + rng.randrange(8)), county.today)
            made.append(
                AdmonitionTalk(
                    branch=branch,
                    talked_on=day,
                    talked_with="支部书记",
                    talked_by="工委分管领导",
                    result=rng.choice(RESULTS),
                    created_by=staff,
                )
            )
    AdmonitionTalk.objects.bulk_create(made, ignore_conflicts=True)
