"""Pictures of the manual: few colours, since pages have few, so that all of them together stay small."""

import io

from PIL import Image

COLOURS = 48


def keep(data, path):
    path.parent.mkdir(exist_ok=True)
    Image.open(io.BytesIO(data)).convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE).save(path, optimize=True)
