"""T-LOG: a year's usual acts leave no ID number and no phone in clear: not in the log, the tables, the queue or a printout."""

import io
import logging
from datetime import date

import pytest
import redis
from django.conf import settings
from django.contrib.sessions.models import Session
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.test import Client

from accounts.models import User
from branches.actions import root
from branches.rights import Role
from config.celery import app
from members.models import Member
from portal.tasks import tend_duties
from tests.factories import BranchFactory, MemberFactory, UserFactory, id_number
from tests.office.workbooks import xlsx
from tests.security.rows import dump

pytestmark = pytest.mark.django_db
PASSWORD = "right-Horse-9-staple"
NUMBERS = [id_number(serial, date(1985, 3, 4)) for serial in range(100, 108)]
PHONES = [f"1975550{serial}" for serial in range(1000, 1008)]
WRONG = NUMBERS[6][:-1] + ("0" if NUMBERS[6][-1] != "0" else "1")  # a slip of the pen is as private as the number
SECRETS = [*NUMBERS, *PHONES, WRONG]


def roster(branch):
    header = ["姓名", "公民身份号码", "所在党组织", "入党日期", "转正日期", "人员类别", "手机"]
    people = [*zip(NUMBERS[:5], PHONES[:5], strict=True), (WRONG, PHONES[5]), (NUMBERS[0], PHONES[6])]
    rows = [
        [f"周明{'一二三四五六七'[row]}", number, branch.name, "2010-07-01", "2011-07-01", "正式党员", phone]
        for row, (number, phone) in enumerate(people)
    ]
    return xlsx([header, *rows])


@pytest.fixture
def log():
    """All that is logged, written as the portal writes it, down to what is of no account."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logging.Formatter(settings.LOGGING["formatters"]["line"]["format"]))
    logger = logging.getLogger()
    before = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    yield stream
    logger.removeHandler(handler)
    logger.setLevel(before)


@pytest.fixture
def queue():
    """Redis with what the tasks put there, emptied afterwards."""
    store = redis.from_url(settings.REDIS_URL.replace("redis+socket:", "unix:").replace("virtual_host=", "db="))
    yield store
    store.flushdb()


def stored(store):
    """Every key and value, of any kind."""
    return b"\n".join(key + b" " + store.dump(key) + values(store, key) for key in store.scan_iter())


def values(store, key):
    kind = store.type(key)
    read = {
        b"list": lambda: b"".join(store.lrange(key, 0, -1)),
        b"string": lambda: store.get(key),
        b"hash": lambda: str(store.hgetall(key)).encode(),
    }
    return read.get(kind, lambda: b"")()


@pytest.fixture
def lived_in(log, queue, monkeypatch, tmp_path, capfd):
    """A branch, its people, and what they do in a year. Returns the printed lines."""
    branch = BranchFactory()
    User.objects.system()
    admin, secretary = UserFactory(serving=root(), role=Role.ADMIN), UserFactory(serving=branch)
    for user in (admin, secretary):
        user.set_password(PASSWORD)
        user.save()
    MemberFactory(branch=branch, id_number=NUMBERS[7], phone=PHONES[7])
    office, school = (Client(raise_request_exception=False) for _ in range(2))
    for browser, user in ((office, admin), (school, secretary)):
        browser.post("/sign-in/", {"username": NUMBERS[0], "password": PHONES[0]})
        browser.post("/sign-in/", {"username": user.username, "password": PHONES[0]})
        browser.post("/sign-in/", {"username": user.username, "password": PASSWORD})
    file = SimpleUploadedFile("花名册.xlsx", roster(branch))
    batch = office.post("/imports/roster/", {"file": file})["Location"]
    assert office.get(batch).status_code == 200
    assert office.post(batch, {"only_valid": "1"}).status_code == 302
    office.post("/imports/roster/", {"file": SimpleUploadedFile("again.xlsx", roster(branch))})
    member = Member.objects.visible_to(secretary).get(name="周明一")
    page = f"/members/{member.pk}/edit/"
    body = {field.html_name: field.value() or "" for field in school.get(page).context["form"]}
    assert school.post(page, body | {"new_phone": PHONES[1], "note": "新"}).status_code == 302
    assert school.post(page, body | {"new_phone": WRONG}).status_code == 200
    assert school.get("/members/", {"q": NUMBERS[0]}).status_code == 302
    assert school.post("/members/find/", {"number": NUMBERS[0]}).status_code == 302
    assert school.post("/members/find/", {"number": NUMBERS[-1]}).status_code in (200, 302)
    assert school.get(f"/members/{member.pk}/").status_code == 200
    assert school.get(f"/{PHONES[0][:0]}nothing-here/").status_code == 404
    with monkeypatch.context() as broken:
        broken.setattr("members.forms.person.MemberForm.is_valid", lambda form: 1 / 0)
        assert school.post(page, body | {"new_phone": PHONES[2]}).status_code == 500
        broken.setattr("members.views.member.Membership.objects", None)
        assert school.get("/members/", {"q": NUMBERS[0]}).status_code == 500
    path = tmp_path / "花名册.xlsx"
    path.write_bytes(roster(branch))
    with pytest.raises(SystemExit):
        call_command("import_workbook", "roster", str(path), "--only-valid")
    tend_duties.delay()
    assert Member.objects.visible_to(secretary).count() == 6
    return "".join(capfd.readouterr())


def test_nothing_private_is_left_in_clear(lived_in, log, queue):
    sessions = str([session.get_decoded() for session in Session.objects.all()])
    places = {
        "log": log.getvalue(), "tables": dump(), "sessions": sessions, "queue": stored(queue).decode("latin1"),
        "printed": lived_in,
    }  # fmt: skip
    found = {
        (place, secret)
        for place, text in places.items()
        for secret in SECRETS
        for form in (secret, secret.encode().hex(), secret[::-1])
        if form in text
    }

    assert found == set()
    assert "Internal Server Error: /members/" in places["log"]
    assert "member.import" in places["tables"]
    assert "tend_duties" in places["queue"]
    assert "校验位错误" in lived_in


def test_the_search_would_find_one(db):
    BranchFactory(note=NUMBERS[0])

    assert NUMBERS[0] in dump()


def test_a_task_takes_no_argument_that_could_tell():
    assert all(not task.run.__defaults__ for name, task in app.tasks.items() if not name.startswith("celery."))
