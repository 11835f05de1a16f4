"""The same photo saved again is found; another is not."""

import io
import random

import pytest
from PIL import Image, ImageDraw, ImageEnhance

from files.models import StoredFile
from files.rebuild_image import look
from tests.factories import StoredFileFactory

pytestmark = pytest.mark.django_db


def scene(seed, size=(1200, 900)):
    """Something like a photo: patches of light, and some lines."""
    draw = random.Random(seed)
    small = Image.frombytes("RGB", (12, 9), draw.randbytes(12 * 9 * 3))
    image = small.resize(size, Image.Resampling.BICUBIC)
    pen = ImageDraw.Draw(image)
    for _ in range(30):
        pen.line([draw.randrange(size[0]), draw.randrange(size[1])] * 2 + [9, 9], fill=draw.randrange(1 << 24), width=3)
    return image


def resaved(image, quality):
    stream = io.BytesIO()
    image.save(stream, "JPEG", quality=quality)
    return Image.open(stream)


CHANGES = {
    "saved again": lambda image: resaved(image, 60),
    "saved badly": lambda image: resaved(image, 15),
    "made smaller": lambda image: image.resize((400, 300)),
    "sent through a chat": lambda image: resaved(image.resize((800, 600)), 50),
    "brighter": lambda image: ImageEnhance.Brightness(image).enhance(1.15),
    "grey": lambda image: image.convert("L"),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_the_same_photo_is_found_and_no_other(change):
    rows = {seed: StoredFileFactory(look=look(scene(seed))) for seed in range(12)}

    for seed in (0, 5):
        assert list(StoredFile.objects.looking_like(look(change(scene(seed))))) == [rows[seed]]


def test_two_hundred_photos_are_all_told_apart():
    looks = [look(scene(seed, (240, 180))) for seed in range(200)]
    differing = [((one ^ other) & (2**64 - 1)).bit_count() for i, one in enumerate(looks) for other in looks[:i]]

    assert min(differing) > 6


def test_a_picture_without_contrast_looks_like_nothing():
    blank = look(Image.new("RGB", (600, 800), "white"))
    StoredFileFactory(look=blank)

    assert blank is None
    assert not StoredFile.objects.looking_like(blank).exists()


def test_the_likest_comes_first_and_signs_do_not_matter():
    exact, near = StoredFileFactory(look=-1), StoredFileFactory(look=-4)
    StoredFileFactory(look=0)

    assert list(StoredFile.objects.looking_like(-1)) == [exact, near]
