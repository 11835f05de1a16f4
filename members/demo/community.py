"""双报到 of the invented county by the manner of its branches, 承诺 of the year, and drawn portraits in the star branch."""

import io
import random
from datetime import date, timedelta
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db.models import DateTimeField, F
from django.db.models.functions import Cast
from PIL import Image, ImageDraw

from branches.demo import GOOD, VILLAGES, WEAK
from files.actions import keep
from jobs.copying import insert
from members.models import (
    CommunityLink,
    CommunityReport,
    CommunityService,
    Member,
    Pledge,
    ServiceHand,
)

SHARES = {GOOD: (0.95, 4), WEAK: (0.3, 1)}  # of members who report, services of a year
USUAL = (0.75, 2)
TOPICS = ["周末学生课业辅导", "社区环境卫生整治", "反诈和防溺水宣传", "看望孤寡老人", "文明交通劝导", "家庭教育讲座"]
PLEDGES = [
    "上好每一堂课，不让一个孩子掉队", "坚持家访，做家长的贴心人", "带好一名青年教师", "廉洁从教，不收礼、不有偿补课",
    "关心留守学生，每周谈心一次", "带头学习，带头服务社区", "守住课堂阵地，讲好思政第一课",
]  # fmt: skip
PORTRAITS = 6


def build(county):
    """Draws from a stream of its own; rows are written in bulk."""
    rng, year = random.Random(f"{county.seed}/community"), county.today.year
    links, services, hands, reports, pledges = [], [], [], [], []
    leaves = [sketch for sketch in county.sketches if sketch.is_leaf and sketch.term and not sketch.branch.closed_on]
    for sketch in leaves:
        here = [stay.pk for stay in sketch.roster if stay.until is None]
        manner = sketch.manner[1]
        share, count = (1, 4) if sketch.is_star else SHARES.get(manner, USUAL)
        place = f"{rng.choice(VILLAGES)}社区"
        since = max(date(year - 1, 3, 1) + timedelta(days=rng.randint(0, 90)), sketch.branch.founded_on)
        common = {"branch": sketch.branch, "created_by": sketch.author}
        if not sketch.is_retired:
            if manner != WEAK or sketch.is_star:
                links.append(CommunityLink(community=place, started_on=since, **common))
            links += [
                CommunityLink(community=place, member_id=pk, started_on=since, **common)
                for pk in here
                if rng.random() < share
            ]
            for _ in range(count):
                held_on = date(year, 1, 10) + timedelta(days=rng.randint(0, 320))
                if held_on <= county.today:
                    service = CommunityService(community=place, held_on=held_on, topic=rng.choice(TOPICS), **common)
                    services.append(service)
                    hands += [
                        ServiceHand(service=service, member_id=stay.pk, hours=Decimal(rng.choice((1, 2, 2, 3))))
                        for stay in sketch.roster
                        if stay.covers(held_on) and rng.random() < 0.35
                    ]
            if manner == GOOD or sketch.is_star:
                reports += [
                    CommunityReport(
                        year=year - 1, to=to, reported_on=date(year - 1, 12, 20), result="good" if to == "community" else "",
                        summary="在职党员全部报到，按季度开展服务。", **common,
                    )
                    for to in CommunityReport.To.values
                ]  # fmt: skip
        if manner != WEAK or sketch.is_star:
            pledges += [
                Pledge(member_id=pk, year=year, text=rng.choice(PLEDGES), created_by=sketch.author)
                for pk in here
                if rng.random() < 0.9
            ]
    for rows in (links, services, hands, reports, pledges):
        insert(rows)
    for model, day in ((CommunityLink, "started_on"), (CommunityService, "held_on"), (CommunityReport, "reported_on")):
        model.objects.update(created_at=Cast(F(day), DateTimeField()))
    _portraits(next((sketch for sketch in leaves if sketch.is_star), None))


def _portraits(star):
    """Faces of nobody for the first members of the star branch."""
    first = dict.fromkeys(
        [pk for pk, _ in star.committee] + [stay.pk for stay in star.roster if stay.until is None] if star else ()
    )
    for number, pk in enumerate(list(first)[:PORTRAITS]):
        try:
            stored = keep(_portrait(number), by=star.author)
        except ValidationError:  # the disk is nearly full: the county goes without pictures
            return
        Member.objects.filter(pk=pk).update(photo=stored)


def _portrait(number):
    """A head and shoulders without features; the colours follow the number."""
    image = Image.new("RGB", (300, 375), "#8fb0d0")
    draw = ImageDraw.Draw(image)
    coat = ("#33415c", "#5b4a3a", "#3f5f4f")[number % 3]
    draw.ellipse((40, 240, 260, 520), fill=coat)
    draw.ellipse((95, 70, 205, 220), fill="#e8c9a8")
    draw.pieslice((88, 55, 212, 200), 180, 360, fill="#2b2622")
    made = io.BytesIO()
    image.save(made, "JPEG", quality=82)
    return SimpleUploadedFile(f"照片{number + 1}.jpg", made.getvalue())
