"""Files that hang on a row of this app: who sees them, who changes them, and until when."""

from datetime import date

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from accounts.models import AuditEvent
from branches import attachments
from branches.models import OWNERS, Attachment, Screening
from branches.rights import Role, Task
from files.models import StoredFile
from tests.factories import (
    AssignmentFactory,
    AttachmentFactory,
    BranchFactory,
    InspectionFactory,
    RectificationFactory,
    ScreeningFactory,
    UserFactory,
    WeakCaseFactory,
)
from tests.factories_files import photo

pytestmark = pytest.mark.django_db


def picture(name="台账.jpg"):
    return SimpleUploadedFile(name, photo(), "image/jpeg")


@pytest.fixture
def item():
    return RectificationFactory()


@pytest.fixture
def secretary(item):
    return UserFactory(serving=item.branch, role=Role.SECRETARY)


def test_a_file_hangs_on_its_row_and_is_taken_down_for_good(item, secretary):
    row = attachments.attach(item, picture(), by=secretary)

    assert (row.owner, row.branch, list(attachments.of(item))) == (item, item.branch, [row])
    attachments.detach(row, by=secretary)
    assert not Attachment.objects.exists()
    assert not StoredFile.objects.exists()
    acts = AuditEvent.objects.filter(label=item._meta.label).order_by("pk").values_list("action", flat=True)
    assert list(acts) == ["attachment.add", "attachment.remove"]


def test_what_was_handed_in_stays_as_it_was(item, secretary):
    row = attachments.attach(item, picture(), by=secretary)
    type(item).objects.filter(pk=item.pk).update(
        state="submitted", done="改好", submitted_by=secretary, submitted_at="2025-06-01T00:00Z"
    )

    for act in (
        lambda: attachments.detach(row, by=secretary),
        lambda: attachments.attach(item, picture(), by=secretary),
    ):
        with pytest.raises(ValidationError, match="不能再增减"):
            act()


def test_a_stranger_and_a_superior_change_nothing(item):
    for user in (
        UserFactory(serving=BranchFactory(), role=Role.SECRETARY),
        UserFactory(serving=item.branch.parent, role=Role.STAFF),
    ):
        with pytest.raises(PermissionDenied):
            attachments.attach(item, picture(), by=user)


def test_twenty_are_enough(item, secretary):
    AttachmentFactory.create_batch(attachments.MOST, rectification=item)

    with pytest.raises(ValidationError, match="最多放 20 个"):
        attachments.attach(item, picture(), by=secretary)


def test_only_who_judges_this_visit_adds_to_it():
    assessor, other = UserFactory(), UserFactory()
    screening = ScreeningFactory(state=Screening.State.JUDGING, assessor=assessor, visited_on=date(2025, 4, 1))
    for user in (assessor, other):
        AssignmentFactory(user=user, branch=screening.branch, task=Task.ASSESSOR, until=date(2099, 12, 31))

    assert attachments.attach(screening, picture(), by=assessor).owner == screening
    with pytest.raises(PermissionDenied):
        attachments.attach(screening, picture(), by=other)


def test_the_papers_of_a_listing_are_kept_by_both_sides():
    case = WeakCaseFactory()
    staff, secretary = (
        UserFactory(serving=case.branch.parent, role=Role.STAFF),
        UserFactory(serving=case.branch, role=Role.SECRETARY),
    )

    for user in (staff, secretary):
        assert attachments.attach(case, picture(), by=user).weak_case == case


def test_each_kind_of_owner_has_its_states_or_none():
    for name, (model, _, _) in OWNERS.items():
        states = attachments.STILL_OPEN.get(name)
        assert states is None or set(states) <= set(model.State.values)


def test_pages_serve_whoever_sees_the_row_and_nobody_else(client, item, secretary):
    row = attachments.attach(item, picture(), by=secretary)
    stranger = UserFactory(serving=BranchFactory(), role=Role.SECRETARY)
    urls = [reverse(f"branches:{name}", args=[row.pk]) for name in ("file", "file_thumbnail")]

    client.force_login(secretary)
    assert [client.get(url).status_code for url in urls] == [200, 200]
    client.force_login(stranger)
    assert [client.get(url).status_code for url in urls] == [404, 404]
    assert client.post(reverse("branches:file_remove", args=[row.pk])).status_code == 404
    assert client.post(reverse("branches:file_add", args=["rectification", item.pk])).status_code == 404
    assert client.post(reverse("branches:file_add", args=["branch", item.pk])).status_code == 404


def test_several_files_by_form_and_one_of_them_wrong(client, item, secretary):
    client.force_login(secretary)
    url = reverse("branches:file_add", args=["rectification", item.pk])

    wrong = SimpleUploadedFile("程序.exe", b"MZ\x90", "application/octet-stream")
    answer = client.post(url, {"files": [picture(), wrong]}, follow=True)

    assert item.attachments.count() == 1
    assert "“程序.exe”没有保存" in answer.content.decode()
    assert "已保存 1 个文件" in answer.content.decode()
    row = item.attachments.get()
    assert "已撤下" in client.post(reverse("branches:file_remove", args=[row.pk]), follow=True).content.decode()
    assert "请先选择文件" in client.post(url, follow=True).content.decode()


def test_a_visit_that_is_closed_keeps_its_papers():
    visit = InspectionFactory()
    staff = UserFactory(serving=visit.branch.parent, role=Role.STAFF)
    row = attachments.attach(visit, picture(), by=staff)
    type(visit).objects.filter(pk=visit.pk).update(state="closed", closed_by=staff, closed_at="2025-06-01T00:00Z")

    with pytest.raises(ValidationError, match="已了结"):
        attachments.detach(row, by=staff)
