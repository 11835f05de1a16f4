"""Pictures for the invented county: drawn, nobody in them, nothing to read."""

import io
import random

from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image, ImageDraw

SIZE = (960, 640)
WALLS = ["#e9e2d0", "#dfe7e4", "#ece6ea", "#e3e6ee"]
WOODS = ["#9a6b3f", "#7d5a3a", "#b08050"]


def room(seed):
    """A meeting room with empty rows of desks: colours, windows and the number of rows follow the seed."""
    rng = random.Random(f"room/{seed}")
    image = Image.new("RGB", SIZE, rng.choice(WALLS))
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 400, 960, 640), fill="#cfc7b8")
    for place in range(rng.randint(2, 4)):
        left = 60 + 230 * place + rng.randint(-20, 20)
        draw.rectangle((left, 90, left + 140, 270), fill="#bcd8ea", outline="#8a8a86", width=6)
        draw.line((left + 70, 90, left + 70, 270), fill="#8a8a86", width=5)
    draw.rectangle((300, 30, 660, 72), fill="#b3262a")
    wood = rng.choice(WOODS)
    for row in range(rng.randint(2, 4)):
        top, inset = 380 + 68 * row, 140 - 38 * row
        for column in range(4):
            left = inset + column * (960 - 2 * inset) // 4
            width = (960 - 2 * inset) // 4 - 24
            draw.rectangle((left, top, left + width, top + 16 + 3 * row), fill=wood)
            draw.line((left + 10, top + 16, left + 10, top + 50), fill="#5b4a3a", width=5)
            draw.line((left + width - 10, top + 16, left + width - 10, top + 50), fill="#5b4a3a", width=5)
    return _upload(image, f"会场{seed}.jpg", "JPEG")


def page(seed):
    """A ruled page of a record book with wavy lines where there would be writing."""
    rng = random.Random(f"page/{seed}")
    image = Image.new("RGB", (640, 900), "#f6f1e2")
    draw = ImageDraw.Draw(image)
    draw.line((70, 0, 70, 900), fill="#d98c8c", width=2)
    for line in range(22):
        height = 70 + 37 * line
        draw.line((30, height, 610, height), fill="#b9c4cf", width=1)
        end = rng.randint(300, 590)
        wave = [(at, height - 9 - rng.randint(0, 9)) for at in range(88, end, 7)]
        draw.line(wave, fill="#33415c", width=3)
    return _upload(image, f"记录本{seed}.png", "PNG")


def _upload(image, name, kind):
    made = io.BytesIO()
    image.save(made, kind, quality=82)
    return SimpleUploadedFile(name, made.getvalue())
