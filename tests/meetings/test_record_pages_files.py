"""Files of a meeting and its papers: kept safe, named when refused, served to those who may see the record, and printed."""

from datetime import date

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from branches.actions import root
from branches.rights import Role
from files.models import StoredFile
from meetings import actions
from meetings.models import Meeting, MeetingFile, Vote
from tests import factories
from tests.factories_files import upload
from tests.factories_life import CandidateFactory, MeetingFileFactory, VoteFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("may_26")]


@pytest.fixture(autouse=True)
def store_folder(tmp_path, settings):
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture
def draft(branch):
    return factories.MeetingFactory(branch=branch, held_on=date(2025, 5, 24), due_count=4, attended_count=4)


class TestUploads:
    def test_files_are_kept_with_the_record_in_one_go(self, branch, members, secretary, typed, send):
        files = {"files_minutes": [upload(), upload(name="第二页.jpg")], "files_photo": [upload(name="现场.jpg")]}
        send(typed(branch, members, minutes="", **files))

        meeting = Meeting.objects.get()
        assert meeting.state == "submitted"
        assert sorted(meeting.files.values_list("role", flat=True)) == ["minutes", "minutes", "photo"]

    def test_none_is_asked_for(self, branch, members, secretary, typed, send):
        send(typed(branch, members))

        assert Meeting.objects.get().state == "submitted"

    def test_a_refused_file_is_named_and_the_rest_is_kept(self, client, branch, members, secretary, typed, send):
        bad = SimpleUploadedFile("坏照片.jpg", b"not a picture")
        answer = send(typed(branch, members, files_photo=[upload(), bad]))

        meeting = Meeting.objects.get()
        assert answer["Location"] == reverse("meetings:edit", args=[meeting.pk])
        page = client.get(answer["Location"]).content.decode()
        assert "文件“坏照片.jpg”没有保存" in page
        assert "还没有提交" in page
        assert (meeting.state, meeting.minutes, meeting.files.count()) == ("draft", "学习讨论。", 1)

    @pytest.mark.parametrize("name", ["files_photo", "files_minutes"])
    def test_a_photo_is_a_picture(self, branch, members, secretary, typed, send, name):
        send(typed(branch, members, **{name: [SimpleUploadedFile("表.xlsx", b"PK\x03\x04rest")]}))

        assert not MeetingFile.objects.exists()

    def test_chosen_files_are_named_when_the_form_comes_back(self, branch, members, secretary, typed, send):
        page = send(typed(branch, members, topic="", files_photo=[upload(name="现场.jpg")])).content.decode()

        assert "重新选择：现场.jpg" in page
        assert not StoredFile.objects.exists()

    def test_too_many_at_once(self, branch, members, secretary, typed, send):
        page = send(typed(branch, members, files_other=[upload(name=f"{at}.jpg") for at in range(10)])).content.decode()

        assert "一次最多选 9 个文件" in page
        assert not Meeting.objects.exists()

    def test_a_record_has_so_many_and_no_more(self, draft, secretary):
        MeetingFileFactory.create_batch(actions.MOST_FILES, meeting=draft)

        with pytest.raises(ValidationError, match="最多放 20 个"):
            actions.attach(draft, upload(), role=MeetingFile.Role.PHOTO, by=secretary)

    def test_what_counts_takes_no_more_files(self, branch, secretary):
        sent = factories.MeetingFactory(branch=branch, submitted=True)

        with pytest.raises(ValidationError, match="退回后再改"):
            actions.attach(sent, upload(), role=MeetingFile.Role.PHOTO, by=secretary)


class TestServed:
    def test_it_comes_as_a_download_and_small_on_the_page(self, client, draft, secretary):
        row = MeetingFileFactory(meeting=draft, role="photo")
        page = client.get(draft.get_absolute_url()).content.decode()
        assert reverse("meetings:file_thumbnail", args=[row.pk]) in page

        answer = client.get(reverse("meetings:file", args=[row.pk]))
        assert answer["Content-Disposition"].startswith("attachment")
        assert answer["Content-Type"] == "image/jpeg"
        assert client.get(reverse("meetings:file_thumbnail", args=[row.pk])).status_code == 200

    def test_what_waits_for_the_scanner_is_shown_by_name_alone(self, client, draft, secretary):
        row = MeetingFileFactory(meeting=draft, file__waiting=True)
        page = client.get(draft.get_absolute_url()).content.decode()

        assert "待查毒" in page
        assert reverse("meetings:file_thumbnail", args=[row.pk]) not in page
        assert client.get(reverse("meetings:file", args=[row.pk])).status_code == 409

    def test_strangers_find_nothing(self, client, draft):
        row = MeetingFileFactory(meeting=draft)
        client.force_login(factories.UserFactory(serving=factories.BranchFactory()))

        for name in ("file", "file_thumbnail"):
            assert client.get(reverse(f"meetings:{name}", args=[row.pk])).status_code == 404
        assert client.post(reverse("meetings:file_remove", args=[row.pk])).status_code == 404

    def test_it_is_taken_down_while_the_record_may_be_edited(self, client, draft, secretary):
        row = MeetingFileFactory(meeting=draft)
        client.post(reverse("meetings:file_remove", args=[row.pk]))

        row.refresh_from_db()
        assert row.removed_at
        assert client.get(reverse("meetings:file", args=[row.pk])).status_code == 404
        client.get(draft.get_absolute_url())  # says that it was taken down
        assert row.file.name not in client.get(draft.get_absolute_url()).content.decode()

    def test_not_from_a_record_that_counts(self, client, branch, secretary):
        row = MeetingFileFactory(meeting=factories.MeetingFactory(branch=branch, submitted=True))
        client.post(reverse("meetings:file_remove", args=[row.pk]))

        row.refresh_from_db()
        assert row.removed_at is None


class TestPapers:
    def test_the_sheet_to_sign(self, client, draft, members, secretary):
        factories.AttendanceFactory(meeting=draft, member=members[0], mark="leave")
        url = reverse("meetings:print_signin", args=[draft.pk])
        blank, filled = client.get(url).content.decode(), client.get(f"{url}?filled=1").content.decode()

        for page in (blank, filled):
            assert str(draft.branch) in page
            assert all(member.name in page for member in members)
        assert "<td>请假</td>" not in blank
        assert "<td>请假</td>" in filled

    def test_without_a_register_there_are_empty_lines(self, client, secretary, branch):
        draft = factories.MeetingFactory(branch=branch, held_on=date(2025, 5, 24))

        assert client.get(reverse("meetings:print_signin", args=[draft.pk])).content.decode().count("<tr>") == 21

    def test_ballots_for_everybody_who_votes(self, client, draft, secretary):
        vote = VoteFactory(meeting=draft, rule=Vote.Rule.ELECTION, seats=3, entitled=9, present=9, in_favour=0)
        CandidateFactory.create_batch(4, vote=vote)
        page = client.get(reverse("meetings:print_ballot", args=[draft.pk])).content.decode()

        assert page.count('class="ballot"') == 9
        assert page.count('class="ballots of-4"') == 3

    def test_a_tally_of_each_vote(self, client, draft, secretary):
        VoteFactory(meeting=draft, title="通过计划")
        CandidateFactory(vote=VoteFactory(meeting=draft, rule=Vote.Rule.ELECTION, seats=1, in_favour=0), name="柳青")
        page = client.get(reverse("meetings:print_tally", args=[draft.pk])).content.decode()

        assert "通过计划" in page
        assert "赞成" in page
        assert "柳青" in page

    def test_the_appraisal_names_the_members(self, client, draft, members, secretary):
        page = client.get(reverse("meetings:print_appraisal", args=[draft.pk])).content.decode()

        assert all(member.name in page for member in members)
        assert "基本合格" in page

    @pytest.mark.parametrize(("name", "code"), [("print_ballot", 403), ("print_tally", 403), ("print_signin", 200)])
    def test_papers_of_votes_are_closed_to_inspectors(self, client, draft, name, code):
        client.force_login(factories.UserFactory(serving=root(), role=Role.INSPECTOR))

        assert client.get(reverse(f"meetings:{name}", args=[draft.pk])).status_code == code


def test_the_record_costs_the_same_with_many_lines(client, count_queries, draft, members, secretary):
    def grow(count):
        for _ in range(count):
            VoteFactory(meeting=draft)
            CandidateFactory(vote=VoteFactory(meeting=draft, rule=Vote.Rule.ELECTION, in_favour=0, seats=1))
            MeetingFileFactory(meeting=draft)

    urls = [draft.get_absolute_url(), reverse("meetings:edit", args=[draft.pk])]
    grow(2)
    before = [count_queries(url) for url in urls]
    grow(4)

    assert [count_queries(url) for url in urls] == before
