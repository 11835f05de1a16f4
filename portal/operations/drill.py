"""Whether what was restored is a portal again: every key opens, both chains hold, and the pages answer.

Everything here looks at the database and the folders of the running settings; `manage.py drill` runs it apart.
"""

import hashlib
from contextlib import contextmanager
from functools import partial

from django.apps import apps
from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.db.models import F, TextField
from django.db.models.functions import Cast
from django.test import Client
from django.urls import reverse

import vault
from accounts import chain, sessions
from accounts.models import User
from assessment import sealing, verification
from branches.models import Appointment
from branches.rights import Role
from files import store
from files.models import StoredFile
from portal.operations.programs import Failed
from vault.fields import PREFIX, SealedTextField

SAMPLE = 50  # stored files
PAGES = (
    "portal:home", "duties:list", "members:list", "branches:list", "meetings:list", "recruitment:board", "training:list",
    "assessment:list", "assessment:seals", "portal:audit", "portal:accounts", "portal:rules", "reminders:list",
)  # fmt: skip


def check(*, on, tell=lambda words: None):
    """Every check in turn; returns the figures. Raises Failed with the first that does not hold."""
    figures = {}
    for words, step in (
        ("解密", opened),
        ("文件抽查", files),
        ("操作记录链", acts),
        ("封存链", seals),
        ("打开页面", partial(pages, on)),
    ):
        tell(words)
        figures |= step()
    return figures


def opened():
    """Every sealed value of every column opens: one put in another's place is found wherever it lies."""
    keys, count = vault.keys.ring().data, 0
    for model in apps.get_models():
        for field in model._meta.concrete_fields:
            if isinstance(field, SealedTextField):
                rows = model.objects.order_by().annotate(token=Cast(F(field.name), TextField())).exclude(token="")
                strange = rows.exclude(token=None)
                for number in keys:
                    begins = f"{PREFIX}{number}|"
                    strange = strange.exclude(token__startswith=begins)
                    for row in rows.filter(token__startswith=begins).only("row_key", field.name).iterator():
                        _open(row, field, number)
                        count += 1
                if lost := strange.count():
                    raise Failed(
                        f"{model._meta.verbose_name}有 {lost} 个加密的{field.verbose_name}，密钥目录里没有它们的密钥。"
                    )
    return {"values": count}


def _open(row, field, number):
    try:
        vault.reveal(row, field.name)
    except vault.Broken as error:
        told = f"{row._meta.verbose_name}（编号 {row.pk}）的{field.verbose_name}"
        raise Failed(f"{told}用密钥 data-{number} 解不开：密钥不对或密文已损坏。") from error


def files():
    """The newest stored files are there, open, and are what was stored."""
    rows = StoredFile.objects.order_by("-pk")
    for stored in rows[:SAMPLE]:
        try:
            data = store.read(stored.row_key)
        except store.Missing as error:
            raise Failed(f"文件（编号 {stored.pk}）不在存储中，或解不开。") from error
        if hashlib.sha256(data).hexdigest() != stored.sha256:
            raise Failed(f"文件（编号 {stored.pk}）的内容与登记的摘要不符。")
    gone = sum(1 for key in rows.values_list("row_key", flat=True) if not store.place(key).is_file())
    if gone:
        raise Failed(f"有 {gone} 个登记在册的文件不在存储中。")
    return {"files": rows.count()}


def acts():
    found = chain.verify(heads=chain.kept_heads())
    if found.broken:
        raise Failed(f"操作记录链有断点：{found.broken}。")
    return {"links": found.links}


def seals():
    found = verification.verify(heads=sealing.kept_heads())
    if found.breaks:
        raise Failed(f"封存的结果没有通过查验：{found.breaks[0]}。")
    return {"seals": found.seals}


def pages(on):
    """The first administrator looks at the main pages; a visitor at the door."""
    browser = Client(SERVER_NAME=settings.ALLOWED_HOSTS[0].lstrip(".*") or "localhost", raise_request_exception=False)
    shown = []
    with _without_front():
        for address in (reverse("portal:livez"), reverse("portal:readyz"), reverse("accounts:sign_in")):
            _look(browser, address, shown)
        if user := _administrator(on):
            _sign_in(browser, user)
            for name in PAGES:
                _look(browser, reverse(name), shown)
    return {"pages": len(shown)}


@contextmanager
def _without_front():
    """The drill has no HTTPS front before it."""
    before = settings.SECURE_SSL_REDIRECT
    settings.SECURE_SSL_REDIRECT = False
    try:
        yield
    finally:
        settings.SECURE_SSL_REDIRECT = before


def _administrator(on):
    served = Appointment.objects.serving(on).filter(role=Role.ADMIN, user__is_active=True)
    return User.objects.filter(pk__in=served.values("user")).order_by("pk").first()


def _sign_in(browser, user):
    """As after password and code, without either: this database is thrown away."""
    User.objects.filter(pk=user.pk).update(must_change_password=False)
    browser.force_login(User.objects.get(pk=user.pk), backend="django.contrib.auth.backends.ModelBackend")
    session = browser.session
    if SESSION_KEY not in session:
        raise Failed("恢复后的门户不能登录。")
    sessions.open_session(session, user)
    session["factor"] = True
    session.save()


def _look(browser, address, shown):
    status = browser.get(address).status_code
    if status != 200:
        raise Failed(f"页面 {address} 打不开（状态 {status}）。")
    shown.append(address)
