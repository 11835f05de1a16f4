"""A picture made anew from its pixels: no metadata, no comment, nothing behind its end. Runs in the child process."""

import io
import warnings
from importlib import import_module

from PIL import Image, ImageOps

from office import Unreadable

for decoder in ("Bmp", "Gif", "Jpeg", "Png", "WebP"):  # a decoder that is not loaded has no faults
    import_module(f"PIL.{decoder}ImagePlugin")
FORMATS = ["JPEG", "PNG", "WEBP"]
IN_DOCUMENTS = [*FORMATS, "GIF", "BMP"]
QUALITY = 85
FEW_COLOURS = 256
FLAT = 8  # steps of grey: below it a picture has no look of its own, such as a blank page


def rebuild(data, kind, limits):
    """(what is known of it, bytes, thumbnail) of the new picture."""
    pixels = opened(data, limits["pixels"], limits["side"])
    few = pixels.getcolors(FEW_COLOURS) is not None
    small = pixels.copy()
    small.thumbnail((limits["small"], limits["small"]))
    head = {
        "media_type": "image/png" if few else "image/jpeg",
        "width": pixels.width,
        "height": pixels.height,
        "look": look(pixels),
    }
    return head, written(pixels, "PNG" if few else "JPEG"), written(small, "JPEG")


def opened(data, max_pixels, side, formats=FORMATS, *, see_through=False):
    """The pixels, upright, no longer than `side`, on white unless `see_through`: a new image that knows nothing of its file."""
    Image.MAX_IMAGE_PIXELS = max_pixels
    with warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        try:
            image = Image.open(io.BytesIO(data), formats=formats)
        except (Image.DecompressionBombWarning, Image.DecompressionBombError) as error:
            raise Unreadable(
                f"这张照片超过 {max_pixels // 10_000} 万像素。请把手机相机的分辨率调低后重新拍照，或缩小后另存为 JPG 再传。"
            ) from error
        if image.format in ("JPEG", "MPO"):
            image.draft("RGB", (side, side))  # decodes a large photo at a half or a quarter: less work, less memory
        image.load()
    image = ImageOps.exif_transpose(image)
    image.thumbnail((side, side), reducing_gap=3.0)
    return copied(image, see_through)


def copied(image, see_through):
    """A new image with these pixels."""
    if image.mode.startswith("I"):
        image = image.convert("I").point(lambda value: value / 256).convert("L")  # 16 bits a pixel
    if "transparency" in image.info or image.mode in ("LA", "PA", "La", "RGBa"):
        image = image.convert("RGBA")
    if image.mode != "RGBA":
        return _pasted("RGB", image.convert("RGB"))
    return _pasted("RGBA", image) if see_through else _pasted("RGB", image, image.getchannel("A"))


def _pasted(mode, image, mask=None):
    new = Image.new(mode, image.size, "white" if mode == "RGB" else (0, 0, 0, 0))
    new.paste(image, mask=mask)
    return new


def written(image, form):
    """Its bytes, with nothing but pixels in them."""
    stream = io.BytesIO()
    if form == "JPEG":
        image.save(stream, "JPEG", quality=QUALITY, optimize=True)
    else:
        image.save(stream, form)
    return stream.getvalue()


def look(image):
    """Where it gets lighter from left to right, in 8 × 8 places: 64 bits that outlive saving and shrinking.

    None for a picture without contrast, which would look like every other such picture.
    """
    grey = image.convert("L").resize((9, 8), Image.Resampling.BOX)
    values = grey.tobytes()
    if max(values) - min(values) < FLAT:
        return None
    bits = 0
    for row in range(8):
        for column in range(8):
            at = row * 9 + column
            bits = bits << 1 | (values[at + 1] > values[at])
    return bits - (1 << 64) if bits >> 63 else bits  # as the database keeps it, with a sign
