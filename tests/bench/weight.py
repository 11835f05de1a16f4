"""What a visitor's first page and the pages after it weigh on the line."""

import gzip
import re
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles import finders
from django.test import Client

from accounts.models import User

TEXT = {".css", ".js", ".svg", ".json", ".txt"}  # of these the server sends what was compressed once and for all


def weights(pages):
    """[(job, goal, what was found)]: the sign-in page with all it loads, and the heaviest of the main `pages` by itself."""
    client = Client()
    first = client.get(settings.LOGIN_REDIRECT_URL, follow=True, headers={"accept-encoding": "gzip"})
    loaded = {}
    _load(_text(first), loaded)
    own, later = len(first.content), []
    for _, person, url, _ in pages:
        client = Client()
        client.force_login(User.objects.get(username=person))
        answer = client.get(url, headers={"accept-encoding": "gzip"})
        later.append((len(answer.content), url))
        _load(_text(answer), loaded)
    total = own + sum(loaded.values())
    heaviest, url = max(later)
    return [
        ("first page and all that the main pages load", "≤ 180 KB", f"{total / 1024:.0f} KB ({len(loaded)} files)"),
        ("heaviest later page", "≤ 40 KB", f"{heaviest / 1024:.0f} KB ({url})"),
    ]


def _text(answer):
    data = gzip.decompress(answer.content) if answer.get("content-encoding") else answer.content
    return data.decode()


def _load(text, loaded, folder=""):
    """Enter the static files that a page or a style sheet names: name → bytes on the line."""
    prefix = re.escape(settings.STATIC_URL)
    names = re.findall(rf'(?:src|href)="{prefix}([^"#?]+)', text)
    if folder:
        found = re.findall(r"url\(['\"]?(?!data:|#)([^'\")#?]+)", text)
        names += [str((Path("/") / folder / name).resolve().relative_to("/")) for name in found]
    for name in names:
        if name in loaded or not (path := finders.find(name)):
            continue
        data = Path(path).read_bytes()
        loaded[name] = len(gzip.compress(data, 9)) if Path(name).suffix in TEXT else len(data)
        if name.endswith(".css"):
            _load(data.decode(), loaded, str(Path(name).parent))
