"""The invented county small: the same every time, on any day, and each post with its account."""

import hashlib
import random
import re
from dataclasses import dataclass
from datetime import date
from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection, transaction

import vault
from accounts.models import User
from branches import demo as branches
from branches.models import Appointment, Branch
from branches.rights import Role
from meetings.models import (
    Meeting,
)
from members.models import Member
from portal import demo, packs
from portal.models import Pack
from tests.portal.demo_rows import ROWS

TODAY = date(2026, 11, 20)
SMALL = 0.1
NUMBERED = re.compile(r"'N\d+'")  # the period of a notice's duty holds the key of the notice


def digest():
    """One figure per table, so that a difference names its place."""
    found = {
        model.__name__: hashlib.sha256(
            "\n".join(sorted(NUMBERED.sub("'N'", repr(row)) for row in model.objects.values_list(*names))).encode()
        ).hexdigest()
        for model, names in ROWS.items()
    }
    numbers = sorted(
        (vault.reveal(member, "id_number"), vault.reveal(member, "phone")) for member in Member.objects.all()
    )
    return found | {"numbers": hashlib.sha256(repr(numbers).encode()).hexdigest()}


def digest_of(*, until=None, **asked):
    """Build, as far as before the step `until`, look, and take it back."""
    with transaction.atomic(), pytest.MonkeyPatch.context() as patch:
        if until:
            patch.setattr(demo, "STEPS", demo.STEPS[: [app for app, _ in demo.STEPS].index(until)])
        demo.build(**{"size": SMALL, "seed": "7", "today": TODAY} | asked)
        found = digest()
        transaction.set_rollback(True)
    return found


@dataclass
class Small:
    """The county of the command with what it said and kept, its digest, and those of two others."""

    out: str
    folder: Path
    digest: dict
    again: dict
    other: dict


@pytest.fixture(scope="class")
def _small(django_db_setup, django_db_blocker, tmp_path_factory):
    """One small county by the command, for a class of tests, taken back at its end."""
    folder, out = tmp_path_factory.mktemp("small"), StringIO()
    (folder / "demo-accounts.txt").touch(mode=0o644)  # left from another county, readable by all
    with django_db_blocker.unblock(), transaction.atomic(), pytest.MonkeyPatch.context() as patch:
        again, other = digest_of(), digest_of(seed="2", until="quality")
        patch.setattr(settings, "VAR_DIR", folder)
        call_command("demo_county", "--size", str(SMALL), "--seed", "7", "--on", str(TODAY), stdout=out)
        connection.check_constraints()  # once here, or each test would check the whole county again at its end
        yield Small(out.getvalue(), folder, digest(), again, other)
        transaction.set_rollback(True)


@pytest.fixture
def small(_small, db):
    return _small


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("size", "today"), [(0.1, date(2026, 1, 1)), (0.2, date(2028, 2, 29)), (0.2, date(2026, 3, 30))], ids=str
)
def test_it_can_be_built_on_any_day_at_any_size(size, today):
    demo.build(size=size, seed="1", today=today)

    assert not Meeting.objects.exclude(state="draft").filter(held_on__gt=today).exists()
    assert Meeting.objects.filter(state="returned").exists()


@pytest.mark.django_db
@pytest.mark.parametrize("size", [0.3, 0.56, 3])
def test_organisations_of_any_size_have_names_of_their_own(size):
    county = demo.County(size, "1", TODAY, User.objects.system())
    branches.build(county, random.Random("1"))

    names = Branch.objects.values_list("name", flat=True)
    assert len(set(names)) == len(names) > 100 * size


@pytest.mark.django_db
def test_a_database_in_use_is_refused(tmp_path, settings):
    settings.VAR_DIR = tmp_path
    Member.objects.create(name="周明远")

    with pytest.raises(CommandError, match="示范县只能建在空库里") as refused:
        call_command("demo_county")

    assert refused.value.returncode == 1
    assert not list(tmp_path.iterdir())
    assert not User.objects.exclude(username="system").exists()


@pytest.mark.django_db
@pytest.mark.parametrize("size", ["0", "-1", "101", "大", "nan"])
def test_a_size_that_makes_no_sense_is_refused(size):
    with pytest.raises(CommandError, match="规模应为"):
        call_command("demo_county", f"--size={size}")


class TestSmall:
    def test_the_same_seed_gives_the_same_county(self, small):
        assert small.again == small.digest
        differs = {name for name in small.digest if small.other[name] != small.digest[name]}
        assert differs >= {"Branch", "Member", "Meeting", "numbers"}

    @pytest.mark.parametrize("username", ["gongwei", "shuji"])
    def test_a_pack_waits_filled_for_who_draws_them_up(self, small, username):
        user = User.objects.get(username=username)
        pack = Pack.objects.visible_to(user).get(created_by=user)

        found = dict(packs.contents(pack, user, on=TODAY))
        assert len(found) >= 10
        assert sum(bool(papers) for papers in found.values()) > len(found) / 2

    def test_each_post_has_an_account_whose_password_works(self, small):
        path = small.folder / "demo-accounts.txt"
        assert path.stat().st_mode & 0o777 == 0o600
        assert path.read_text("utf-8").strip() in small.out
        rows = [line.split() for line in path.read_text("utf-8").splitlines()[1:]]
        *rows, plain = rows  # the last one is a member who holds no post
        assert {role for _, _, role, _ in rows} == {role.label for role in Role}
        member = User.objects.get(username=plain[0])
        assert member.check_password(plain[1])
        assert member.member.memberships.get(ended_on=None).branch.name == plain[3]
        assert not member.appointments.exists()
        for name, password, role, branch in rows:
            user = User.objects.get(username=name)
            assert user.check_password(password)
            assert not user.must_change_password
            post = Appointment.objects.serving(TODAY).get(user=user)
            assert (post.get_role_display(), post.branch.name) == (role, branch)
        secretary = User.objects.get(username="shuji")
        assert secretary.member.name == secretary.name
        assert secretary.member.posts.get(office="secretary").term.branch == secretary.appointments.get().branch
