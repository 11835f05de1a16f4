"""T-UPL: whatever is uploaded, what is kept was made anew, opens, and is never shown in the browser."""

import io
import re
import warnings
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import docx
import filetype
import openpyxl
import pikepdf
import pytest
from django.core.exceptions import ValidationError
from lxml import etree
from PIL import Image

from files import actions
from files.intake import clean_name, identify
from files.models import StoredFile
from files.office_parts import POINTERS
from files.rebuild import rebuilt
from tests.factories import UserFactory
from tests.factories_files import photo
from tests.files import documents, packages, pictures

Kind = StoredFile.Kind


class Upload:
    """An upload under the very name that a browser could send; Django's own class would clean it first."""

    def __init__(self, name, data):
        self.name, self.data, self.size = name, data, len(data)

    def read(self):
        return self.data


@pytest.fixture
def side_by_side(monkeypatch):
    """Runs the child processes of many files at once, so that `keep` finds their answers ready."""

    def answer(upload):
        _, name, data, *_ = upload
        try:
            kind = identify(clean_name(name), data)
        except ValidationError:
            return None, None  # `keep` will say so by itself
        try:
            return (kind, data), rebuilt(data, kind)
        except ValidationError as refusal:
            return (kind, data), refusal

    def run(uploads):
        with ThreadPoolExecutor(4) as pool:
            answers = dict(pool.map(answer, uploads))

        def ready(data, kind):
            if isinstance(answers[kind, data], ValidationError):
                raise answers[kind, data]
            return answers[kind, data]

        monkeypatch.setattr(actions, "rebuilt", ready)
        return uploads

    return run


@pytest.fixture
def keep(db):
    user = UserFactory()
    return lambda name, data: actions.keep(Upload(name, data), by=user)


def opened(data, kind):
    """All that lies in a file, unpacked; raises when the file does not open."""
    if kind == Kind.IMAGE:
        with Image.open(io.BytesIO(data)) as image:
            image.load()
            assert set(image.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
        return data
    if kind == Kind.PDF:
        with pikepdf.open(io.BytesIO(data)) as made:
            assert set(made.Root.keys()) == {"/Type", "/Pages"}
            return b"".join(_all_of(thing) for thing in made.objects)
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        found = {name: package.read(name) for name in package.namelist()}
    _every_pointer_has_its_target(found)
    if kind == Kind.WORD:
        assert docx.Document(io.BytesIO(data)).paragraphs
    else:
        assert openpyxl.load_workbook(io.BytesIO(data)).active["A1"].value
    return b"".join(name.encode() + content for name, content in found.items())


def _all_of(thing):
    said = thing.unparse(resolved=False)
    if not isinstance(thing, pikepdf.Stream):
        return said
    if thing.get("/Filter") != pikepdf.Name.DCTDecode:
        return said + thing.read_bytes()
    with Image.open(io.BytesIO(thing.read_raw_bytes())) as photo:
        photo.load()
    return said + thing.read_raw_bytes()


def _every_pointer_has_its_target(parts):
    """A loose end is what makes Office say that a file is damaged."""
    for name, content in parts.items():
        if not name.endswith((".xml", ".vml")):
            continue
        folder, _, file = name.rpartition("/")
        relations = parts.get(f"{folder}/_rels/{file}.rels", b"<none/>")
        known = {entry.get("Id") for entry in etree.fromstring(relations)}
        used = {
            value
            for element in etree.fromstring(content).iter()
            for key, value in element.attrib.items()
            if key.startswith(POINTERS)
        }
        assert used <= known, name


def lying(folder):
    return [path for path in Path(folder).rglob("*") if path.is_file()]


@pytest.mark.parametrize(
    "corpus", [pictures, documents, packages], ids=lambda module: module.__name__.rpartition(".")[2]
)
def test_a_good_file_is_kept_made_anew_and_opens(corpus, keep, side_by_side):
    wrong = []
    for label, name, data, gone in side_by_side(corpus.good()):
        stored = keep(name, data)
        made = actions.open_file(stored)
        if made == data:
            wrong.append(f"{label}: as it came")
        if filetype.guess_mime(made) != stored.media_type:
            wrong.append(f"{label}: is no {stored.media_type}")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # of openpyxl, about what it does not know
            inside = opened(made, stored.kind)
        if gone and gone in inside:
            wrong.append(f"{label}: {gone!r} is still there")
        response = actions.serve(stored)
        if not response["Content-Disposition"].startswith("attachment") or response.content != made:
            wrong.append(f"{label}: {response['Content-Disposition']}")

    assert wrong == []
    assert StoredFile.objects.count() == len(corpus.good())


@pytest.mark.parametrize(
    "corpus", [pictures, documents, packages], ids=lambda module: module.__name__.rpartition(".")[2]
)
def test_a_bad_file_is_refused_with_what_to_do_and_leaves_nothing(corpus, keep, store_folder, side_by_side):
    kept = []
    for label, name, data in side_by_side(corpus.bad()):
        try:
            keep(name, data)
        except ValidationError as refusal:
            if not re.search(r"请|严禁", refusal.messages[0]):
                kept.append(f"{label}: {refusal.messages[0]}")
        else:
            kept.append(label)

    assert kept == []
    assert StoredFile.objects.count() == 0
    assert lying(store_folder) == []


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("../../etc/cron.d/照片.jpg", "照片.jpg"),
        ("..\\..\\windows\\照片.jpg", "照片.jpg"),
        ("C:\\Users\\某\\照片.jpg", "照片.jpg"),
        ("照片\u202egpj.exe.jpg", "照片gpj.exe.jpg"),
        ("照\u200b片\u2066.jpg\u2069", "照片.jpg"),
        ("照片\r\nSet-Cookie: a=b.jpg", "照片Set-Cookie_ a=b.jpg"),
        ("照片\0.jpg", "照片.jpg"),
        ("照\t片 　 一.jpg", "照片 一.jpg"),
        ('a"b<c>|d?*.jpg', "a_b_c__d__.jpg"),
        (".jpg", "文件.jpg"),
        ("....jpg", "文件.jpg"),
        ("CON.jpg", "文件.jpg"),
        ("照片 .jpg", "照片.jpg"),
        ("a.php.jpg", "a.php.jpg"),
        ("a.JPEG", "a.JPEG"),
        ("a.jpg.", "a.jpg"),
        ("长" * 300 + ".jpg", "长" * 116 + ".jpg"),
        ("𠮷野.jpg", "𠮷野.jpg"),
    ],
    ids=lambda value: ascii(value)[:30],
)
def test_a_name_is_cleaned(name, expected, keep, monkeypatch):
    made = rebuilt_once()
    monkeypatch.setattr(actions, "rebuilt", lambda data, kind: made)

    stored = keep(name, photo())

    assert stored.name == expected
    assert "\n" not in actions.serve(stored)["Content-Disposition"]


def rebuilt_once(found=[]):  # noqa: B006 - kept from one name to the next
    if not found:
        found.append(rebuilt(photo(), Kind.IMAGE))
    return found[0]


@pytest.mark.parametrize(
    "name",
    [
        "照片.jpg.exe",
        "照片.jpg.html",
        "照片.jpg.svg",
        "照片.jpg\u202e.html",
        "照片.php",
        "照片",
        "",
        "jpg",
        "a.jpg;.html",
        "机密★.jpg",
        "秘密 ☆ 一年.jpg",
        "机密.jpg",
        "【绝密】名单.jpg",
        "x/机密★.jpg",
        "机密★照片",
    ],
    ids=ascii,
)
def test_a_name_is_refused(name, keep):
    with pytest.raises(ValidationError, match=r"只接受|严禁录入国家秘密"):
        keep(name, photo())

    assert StoredFile.objects.count() == 0


def test_a_picture_gets_the_extension_of_what_is_kept(keep):
    assert keep("照片.webp", photo(form="WEBP")).name == "照片.jpg"
    assert keep("照片.png", photo(form="PNG")).name == "照片.jpg"
    assert keep("图.png", pictures.saved(Image.new("RGB", (9, 9), "red"), "PNG")).name == "图.png"


def test_a_photo_is_turned_upright_and_made_smaller(keep):
    stored = keep("照片.jpg", photo((4000, 3000), exif=pictures.with_gps()))

    assert (stored.width, stored.height) == (1920, 2560)
    with Image.open(io.BytesIO(actions.thumbnail(stored))) as small:
        assert small.size == (360, 480)
        assert small.format == "JPEG"


def test_only_the_kinds_that_are_asked_for(db):
    with pytest.raises(ValidationError, match="这里只接受 pdf 文件"):
        actions.keep(Upload("照片.jpg", photo()), by=UserFactory(), kinds=[Kind.PDF])


@pytest.mark.parametrize("kind", ["pdf", "image"])
def test_the_portal_itself_unpacks_nothing(kind):
    """Its own memory stays as it was, whatever the file would need."""
    data = documents.bomb() if kind == "pdf" else pictures.saved(Image.new("RGB", (5000, 4990)), "PNG")
    status = Path("/proc/self/status")
    Path("/proc/self/clear_refs").write_text("5")  # forget the highest mark so far
    before = int(re.search(r"VmRSS:\s+(\d+)", status.read_text())[1])
    try:
        rebuilt(data, kind)
    except ValidationError:
        assert kind == "pdf"
    after = int(re.search(r"VmHWM:\s+(\d+)", status.read_text())[1])

    assert after - before < 40 * 1024
