"""Pictures for the uploads: (label, name, bytes, what must be gone); nothing must be gone of a harmless one."""

import io
import struct
import zlib
from functools import cache

from PIL import Image
from PIL.PngImagePlugin import PngInfo

from tests.factories_files import photo

SCRIPT = b"<script>alert(document.cookie)</script>"
HTML = b"<!DOCTYPE html><html><body>" + SCRIPT + b"</body></html>"
SVG = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><script>alert(2)</script></svg>'
EXE = b"MZ\x90\x00\x03\x00\x00\x00" + b"\0" * 200 + b"This program cannot be run in DOS mode"
PLACE = b"N24.123456 E103.654321"


def saved(image, form, **options):
    stream = io.BytesIO()
    image.save(stream, form, **options)
    return stream.getvalue()


def pixels(mode="RGB", size=(64, 48)):
    return Image.open(io.BytesIO(photo(size))).convert(mode)


def segment(marker, content):
    return b"\xff" + bytes([marker]) + struct.pack(">H", len(content) + 2) + content


def jpeg_with(marker, content):
    """A JPEG with one more segment before its own."""
    data = photo((64, 48))
    return data[:2] + segment(marker, content) + data[2:]


def chunk(kind, content):
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def png_with(kind, content):
    data = saved(pixels(), "PNG")
    return data[:33] + chunk(kind, content) + data[33:]


def bomb(side):
    """A real PNG of side × side black points: a few kilobytes."""
    row = b"\0" * (side // 8 + 1)
    packer = zlib.compressobj(1)
    packed = b"".join(packer.compress(row * 500) for _ in range(side // 500)) + packer.flush()
    head = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")


def wide_jpeg():
    """A JPEG that says it is 60000 points wide and high."""
    data = bytearray(photo((64, 48)))
    at = data.index(b"\xff\xc0")
    data[at + 5 : at + 9] = struct.pack(">HH", 60000, 60000)
    return bytes(data)


def with_gps():
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by a quarter
    exif[0x010E] = PLACE.decode()
    exif.get_ifd(0x8825).update({1: "N", 2: (24.0, 7.0, 24.4), 3: "E", 4: (103.0, 39.0, 15.6)})
    return exif


def animated(form):
    return saved(pixels(), form, save_all=True, append_images=[pixels("L").convert("RGB")], duration=100)


def text_in_png():
    info = PngInfo()
    info.add_text("Comment", SCRIPT.decode())
    info.add_itxt("XML:com.adobe.xmp", SCRIPT.decode(), zip=False)
    return info


@cache
def good():
    return [
        ("jpeg", "党日活动.jpg", photo(), b""),
        ("upper case", "IMG_0001.JPG", photo(), b""),
        ("jpeg extension", "照片.jpeg", photo(), b""),
        ("progressive", "a.jpg", photo(progressive=True), b""),
        ("grey", "a.jpg", saved(pixels("L"), "JPEG"), b""),
        ("cmyk", "a.jpg", saved(pixels("CMYK"), "JPEG"), b""),
        ("large", "a.jpg", photo((4000, 3000)), b""),
        ("several in one", "a.jpg", saved(pixels(), "MPO", save_all=True, append_images=[pixels()]), b"MPF\0"),
        ("png", "a.png", saved(pixels(), "PNG"), b""),
        ("png grey", "a.png", saved(pixels("L"), "PNG"), b""),
        ("png with holes", "a.png", saved(pixels("RGBA"), "PNG"), b""),
        ("png palette", "a.png", saved(pixels("P"), "PNG"), b""),
        ("png palette with a hole", "a.png", saved(pixels("P"), "PNG", transparency=0), b""),
        ("png two colours", "a.png", saved(pixels("1"), "PNG"), b""),
        ("png grey with holes", "a.png", saved(pixels("LA"), "PNG"), b""),
        ("png of 16 bits", "a.png", saved(Image.new("I;16", (40, 40), 30000), "PNG"), b""),
        ("png of one point", "a.png", saved(Image.new("L", (1, 1)), "PNG"), b""),
        ("webp", "a.webp", saved(pixels(), "WEBP"), b"WEBP"),
        ("webp without loss", "a.webp", saved(pixels("RGBA"), "WEBP", lossless=True), b"WEBP"),
        ("moving webp", "a.webp", animated("WEBP"), b"ANIM"),
        ("moving png", "a.png", animated("PNG"), b"acTL"),
        # --- with something in them
        ("exif with gps", "a.jpg", photo(exif=with_gps()), PLACE),
        ("png with gps", "a.png", photo(form="PNG", exif=with_gps()), PLACE),
        ("webp with gps", "a.webp", photo(form="WEBP", exif=with_gps()), PLACE),
        ("script in a comment", "a.jpg", photo(comment=SCRIPT), SCRIPT),
        ("script in a raw comment", "a.jpg", jpeg_with(0xFE, SCRIPT), SCRIPT),
        ("xmp", "a.jpg", jpeg_with(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + SCRIPT), SCRIPT),
        ("unknown segment", "a.jpg", jpeg_with(0xEA, SCRIPT), SCRIPT),
        ("colour profile", "a.jpg", photo(icc_profile=SCRIPT * 5), SCRIPT),
        ("html behind the end", "a.jpg", photo() + HTML, SCRIPT),
        ("php behind the end", "a.jpg", photo() + b"<?php system($_GET[0]); ?>", b"<?php"),
        ("zip behind the end", "a.jpg", photo() + b"PK\x03\x04" + HTML, b"PK\x03\x04"),
        ("exe behind the end", "a.png", saved(pixels(), "PNG") + EXE, b"MZ\x90"),
        ("script in png text", "a.png", saved(pixels(), "PNG", pnginfo=text_in_png()), SCRIPT),
        ("script in an unknown chunk", "a.png", png_with(b"xxXx", SCRIPT), SCRIPT),
        ("html behind png", "a.png", saved(pixels(), "PNG") + HTML, SCRIPT),
        ("html behind webp", "a.webp", saved(pixels(), "WEBP") + HTML, SCRIPT),
    ]


@cache
def bad():
    jpeg, png, webp = photo(), saved(pixels(), "PNG"), saved(pixels(), "WEBP")
    gif = saved(pixels("P"), "GIF")
    polyglot = b"GIF89a/*" + gif[8:] + b"*/=1;" + SCRIPT
    return [
        ("svg", "徽标.svg", SVG),
        ("svg as png", "a.png", SVG),
        ("svg as jpg", "a.jpg", SVG),
        ("gif", "a.gif", gif),
        ("gif as jpg", "a.jpg", gif),
        ("gif and html", "a.gif", polyglot),
        ("gif and html as jpg", "a.jpg", polyglot),
        ("gif and html as png", "a.png", polyglot),
        ("bmp", "a.bmp", saved(pixels(), "BMP")),
        ("bmp as jpg", "a.jpg", saved(pixels(), "BMP")),
        ("tiff", "a.tiff", saved(pixels(), "TIFF")),
        ("tiff as jpg", "a.jpg", saved(pixels(), "TIFF")),
        ("ico as png", "a.png", saved(pixels(), "ICO")),
        ("avif as jpg", "a.jpg", saved(pixels(), "AVIF")),
        ("heic", "IMG_1.heic", b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + b"\0" * 100),
        ("heic as jpg", "IMG_1.jpg", b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + b"\0" * 100),
        ("png as jpg", "a.jpg", png),
        ("jpg as png", "a.png", jpeg),
        ("webp as jpg", "a.jpg", webp),
        ("html as jpg", "a.jpg", HTML),
        ("exe as png", "a.png", EXE),
        ("script behind a magic number", "a.jpg", b"\xff\xd8\xff\xe0" + HTML),
        ("script behind a png number", "a.png", b"\x89PNG\r\n\x1a\n" + HTML),
        ("empty jpg", "a.jpg", b""),
        ("empty png", "a.png", b""),
        ("zeros", "a.jpg", b"\0" * 5000),
        ("half a jpg", "a.jpg", jpeg[: len(jpeg) // 2]),
        ("head of a jpg", "a.jpg", jpeg[:100]),
        ("half a png", "a.png", png[: len(png) // 2]),
        ("half a webp", "a.webp", webp[: len(webp) // 2]),
        ("bomb of 144 Mpx", "a.png", bomb(12_000)),
        ("bomb of 400 Mpx", "a.png", bomb(20_000)),
        ("bomb of 26 Mpx", "a.png", bomb(5_100)),
        ("jpeg of 3600 Mpx", "a.jpg", wide_jpeg()),
        ("bomb of text", "a.png", png_with(b"zTXt", b"a\0\0" + zlib.compress(b"A" * 100_000_000, 9))),
        ("too large", "a.jpg", jpeg + b"\0" * 15 * 1024 * 1024),
    ]
