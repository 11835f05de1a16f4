"""The library of teachers and the files of a class: who keeps them, who sees them, and what is handed out."""

from datetime import date, datetime

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from accounts.models import AuditEvent
from tests import factories
from tests.factories_files import upload
from tests.training.scene import planned, shown
from training.models import ClassFile, TrainingClass

pytestmark = pytest.mark.django_db
State = TrainingClass.State


@pytest.fixture(autouse=True)
def _today():
    with time_machine.travel(datetime(2025, 4, 8, 9, tzinfo=timezone.get_default_timezone()), tick=False):
        yield


# --- teachers


def test_the_library_shows_hours_taught_this_year_and_links_a_member_in_reach(client, upper, branch, boss, secretary):
    member = factories.MemberFactory(branch=branch, name="李红梅")
    factories.MemberFactory(branch=factories.BranchFactory(), name="李红梅")
    teacher = factories.TeacherFactory(branch=upper, name="李红梅", unit="")
    held = planned(upper, state="running", starts_on=date(2025, 4, 1), ends_on=date(2025, 4, 30), enrols_until=None)
    held.sessions.update(teacher=teacher, held_on=date(2025, 4, 8))
    factories.ClassSessionFactory(training_class=held, teacher=teacher, held_on=date(2025, 4, 9))
    client.force_login(boss)
    (row,) = client.get(reverse("training:teachers")).context["rows"]
    assert row["hours"] == 4, "what is still to come does not count"
    assert "名册里有同名的党员" in shown(client, teacher.get_absolute_url())
    url = reverse("training:teacher_edit", args=[teacher.pk])
    choices = list(client.get(url).context["form"].fields["member"].queryset)
    assert choices == [member]

    client.post(url, {"name": "李红梅", "member": member.pk, "is_retired": "on", "version": "1"})

    teacher.refresh_from_db()
    assert (teacher.member, teacher.is_retired) == (member, True)
    assert client.get(reverse("training:teachers")).context["rows"] == []
    assert len(client.get(reverse("training:teachers"), {"state": "retired"}).context["rows"]) == 1
    client.force_login(secretary)
    page = shown(client, teacher.get_absolute_url())
    assert member.get_absolute_url() in page
    assert url not in page
    shown(client, url, 403)


# --- files


def test_files_go_up_several_at_once_and_come_down(client, upper, boss):
    row = planned(upper, state="running")
    client.force_login(boss)
    add = reverse("training:file_add", args=[row.pk])

    client.post(add, {"role": "picture", "files": [upload(name="一.jpg"), upload(name="二.jpg")]})
    page = client.post(add, {"role": "picture", "files": [upload(b"x", "三.exe")]}, follow=True).content.decode()
    assert "“三.exe”没有保存" in page
    assert "请先选择文件" in client.post(add, {"role": "picture"}).content.decode()

    files = list(ClassFile.objects.all())
    assert len(files) == 2
    thumbnail = client.get(reverse("training:file_thumbnail", args=[files[0].pk]))
    assert thumbnail["Content-Type"] == "image/jpeg"
    client.post(reverse("training:file_remove", args=[files[0].pk]))
    shown(client, files[0].get_absolute_url(), 404)
    assert client.get(files[1].get_absolute_url()).status_code == 200


def test_those_invited_take_courseware_and_nothing_else(client, upper, branch, boss, secretary):
    row = planned(upper, state="open")
    courseware = factories.ClassFileFactory(training_class=row, role="courseware")
    picture = factories.ClassFileFactory(training_class=row, role="picture")
    client.force_login(secretary)

    assert client.get(courseware.get_absolute_url()).status_code == 200
    shown(client, picture.get_absolute_url(), 404)
    page = shown(client, reverse("training:files", args=[row.pk]))
    assert courseware.get_absolute_url() in page
    assert picture.get_absolute_url() not in page
    courseware.refresh_from_db()
    assert courseware.downloads == 1
    assert not AuditEvent.objects.filter(action="files.download").exists(), "who takes courseware is not kept"


def test_a_session_shows_its_courseware_to_those_invited_and_all_its_files_to_whoever_runs_it(
    client, upper, branch, boss, secretary
):
    row = planned(upper, state="open")
    session = row.sessions.get()
    courseware, picture = (
        factories.ClassFileFactory(training_class=row, session=session, role=role) for role in ("courseware", "picture")
    )
    for person, expected in ((secretary, [courseware]), (boss, [courseware, picture])):
        client.force_login(person)
        assert list(client.get(session.get_absolute_url()).context["files"]) == expected


def test_a_member_takes_courseware_by_the_own_account_and_a_stranger_does_not(client, upper, branch):
    row, other = planned(upper, state="open"), planned(upper, state="open")
    member = factories.MemberFactory(branch=branch, user=factories.UserFactory())
    factories.EnrolmentFactory(training_class=row, branch=branch, member=member)
    file, foreign = (factories.ClassFileFactory(training_class=each, role="courseware") for each in (row, other))
    url = reverse("training:handout", args=[file.pk])
    assert "签到链接" in shown(client, reverse("training:handouts"))
    shown(client, url, 404)
    client.force_login(member.user)

    assert url in shown(client, reverse("training:handouts"))
    assert client.get(url).status_code == 200
    shown(client, reverse("training:handout", args=[foreign.pk]), 404)
