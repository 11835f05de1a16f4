"""The invented county of size 1: lawful in form, and with something to see for every post."""

import re
from collections import Counter
from datetime import date, timedelta

import pytest
from django.apps import apps
from django.db import connection
from django.db.models import F

import vault
from accounts.models import AuditEvent, User
from assessment import scoring
from branches.models import Branch, Notice, Receipt, Term
from duties.models import Duty, Filing, Fulfilment, Unlock
from duties.periods import labels
from files.actions import open_file
from files.models import StoredFile
from meetings import likeness, voting
from meetings.actions import due_at
from meetings.activities import kinds
from meetings.models import (
    Activity,
    AgendaItem,
    Campaign,
    Finding,
    Flag,
    Guidance,
    Meeting,
    MeetingKind,
    StudyPlan,
    Vote,
)
from members.models import Exemption, LeadingCadre, Member, Membership
from office.values import id_birth_on, id_sex, parse_id_number, parse_phone
from portal.actions import tend
from reminders.models import Bulletin, Channel, Delivery, Digest, LadderStep, Sweep
from tests.portal.demo_rows import ROWS
from training import coverage, ledger, six_haves
from training.models import OtherHours, SignIn, TrainingClass

TODAY = date(2026, 11, 20)


@pytest.fixture
def full(demo_county):
    return demo_county


class TestSizeOne:
    def test_size_one_is_what_it_should_be_within_a_minute(self, full):
        assert sum(full.took.values()) < 60
        branches = Branch.objects.exclude(parent=None)
        kinds = Counter(branches.values_list("kind", flat=True))
        assert branches.count() == 121
        assert kinds["joint"] == 2
        assert kinds["temporary"] == 2
        assert branches.get(kind="temporary", closed_on__year=2025).founded_on.year == 2025
        assert kinds["committee"] > 3
        assert kinds["general"] > 3
        assert set(branches.values_list("stage", flat=True)) == set(Branch.Stage.values)
        assert set(branches.values_list("nature", flat=True)) == set(Branch.Nature.values)
        assert branches.filter(closed_on__gt=date(2026, 1, 1)).count() == 1
        assert branches.filter(founded_on=date(2025, 9, 1)).count() == 1
        assert 2700 < Member.objects.count() < 3300
        now = Membership.objects.on(TODAY)
        assert 0.01 < now.filter(kind="probationary").count() / now.count() < 0.05
        assert Member.objects.filter(name__regex=r"[\U00020000-\U0002A6DF]").exists()
        assert Member.objects.filter(name__contains="·", name__regex=".{12,}").exists()
        assert (
            now.filter(member__name="王春芳").values("branch").distinct().count()
            < now.filter(member__name="王春芳").count()
        )
        assert Meeting.objects.count() > 5000
        assert set(Meeting.objects.filter(held_on__month=11, held_on__year=2026).values_list("state", flat=True)) == {
            "draft", "submitted", "returned"
        }  # fmt: skip
        terms = Term.objects.on(TODAY).exclude(branch__parent=None)  # 工委 is appointed, not elected
        assert Branch.objects.filter(terms__in=[term.pk for term in terms if term.secretary_name == ""]).count() == 1
        assert 3 < sum(term.expires_on < TODAY for term in terms) < 25

    def test_branches_differ_and_the_year_can_be_graded(self, full):
        grades = Counter(score.grade for score in scoring.grade(2025, on=TODAY))

        assert set(grades) == {"优秀", "合格", "基本合格", "不合格", "不定等次"}
        assert Duty.objects.filter(year=2025, met_on=None).exists()
        assert Fulfilment.objects.filter(on__gt=F("duty__due_on"), duty__rule="theme_party_day").exists()
        assert MeetingKind.objects.filter(assessment_year=2025, meeting__held_on__year=2026).exists()
        assert not MeetingKind.objects.filter(assessment_year__lt=2023).exists()

    def test_the_duties_met_are_those_the_actions_would_find(self, full):
        before = set(Fulfilment.objects.values_list("duty", "object_id", "on"))
        for year in (2025, 2026):
            tend(year, by=full.system)

        assert set(Fulfilment.objects.values_list("duty", "object_id", "on")) == before

    def test_the_secretary_has_something_due_returned_begun_and_missed(self, full):
        branch = full.users["shuji"].appointments.get().branch
        duties = Duty.objects.filter(branch=branch, met_on=None)

        life = labels(TODAY, "life")
        assert duties.filter(period="2026-11", rule__in=life).get().rule == "theme_party_day"
        assert duties.filter(rule="theme_party_day", year=2026, ends_on__lt=TODAY).exists()
        assert Meeting.objects.filter(branch=branch, state="returned").get().return_reason
        assert Meeting.objects.filter(branch=branch, state="draft").exists()

    def test_training_shows_every_situation(self, full):
        classes = TrainingClass.objects.all()
        assert set(classes.values_list("state", flat=True)) == {"planned", "open", "running", "closing", "archived"}
        haves = six_haves.state(classes.select_related("branch"))
        archived = classes.filter(state="archived")
        assert {row.gap_reason != "" for row in archived if not six_haves.complete(haves[row.pk])} == {True}
        late = classes.get(state="closing", ends_on=TODAY - timedelta(days=8))
        assert six_haves.missing(haves[late.pk]) == ["图片资料"]
        assert 0.6 < coverage.total(Branch.objects.all(), 2026, on=TODAY).percent / 100 < 0.8
        assert set(SignIn.objects.values_list("method", flat=True)) == {"scan", "code", "paper", "later", ""}
        assert set(OtherHours.objects.values_list("state", flat=True)) == {"entered", "confirmed", "returned"}
        year = [row for row in ledger.of_branches(Branch.objects.all(), 2026, on=TODAY) if row.need]
        assert 0.05 < sum(row.is_short for row in year) / len(year) < 0.35
        secretary = ledger.hours([full.users["shuji"].member.pk], 2026, on=TODAY)[full.users["shuji"].member.pk]
        assert (secretary.need, secretary.total) == (56, 56)

    def test_rolls_agree_with_the_counts_and_the_register(self, full):
        rolled = Meeting.objects.filter(roll__isnull=False).distinct().prefetch_related("roll", "kinds")
        assert {(meeting.held_on.year, meeting.held_on.month) for meeting in rolled} == {(2026, 11)}
        for meeting in rolled:
            lines = meeting.roll.all()
            due = due_at(meeting.branch, {row.kind for row in meeting.kinds.all()}, meeting.held_on)
            assert {line.member_id for line in lines} == {member.pk for member in due}
            excused = {member.pk for member in due if member.excused}
            assert {line.member_id for line in lines if line.mark == "excused"} == excused
            assert len(lines) - len(excused) == meeting.due_count
            assert meeting.excused_count == len(excused)
            assert sum(line.mark == "present" for line in lines) == meeting.attended_count

    def test_numbers_are_lawful_in_form_and_nobodys(self, full):
        for member in Member.objects.all():
            number, phone = vault.reveal(member, "id_number"), vault.reveal(member, "phone")
            assert parse_id_number(number) == number
            assert number.startswith("99")
            assert id_birth_on(number) == member.birth_on
            assert id_sex(number) == member.get_sex_display()
            assert member.joined_on is None or member.joined_on.year - member.birth_on.year >= 18
            assert parse_phone(phone) == phone
            assert not phone or phone.startswith("154")

    def test_no_number_stands_in_any_column_in_clear(self, full):
        secrets = {vault.reveal(member, name) for member in Member.objects.all() for name in ("id_number", "phone")}
        secrets |= {vault.reveal(branch, "contact_phone") for branch in Branch.objects.all()}
        secrets.discard("")
        with connection.cursor() as cursor:
            for model in apps.get_models(include_auto_created=True):
                cursor.execute(f'SELECT t::text FROM "{model._meta.db_table}" t')  # noqa: S608
                for (row,) in cursor:
                    for run in re.findall(r"[0-9X]{11,}", row):
                        assert not secrets & {
                            run[at : at + size] for size in (11, 18) for at in range(len(run) - size + 1)
                        }

    def test_every_row_would_pass_its_own_rules(self, full):
        for model in [*ROWS, User, StoredFile]:
            for row in model.objects.order_by("?")[:15]:
                row.full_clean()

    def test_notices_were_received_answered_and_attended_by_manner(self, full):
        assert set(Notice.objects.values_list("kind", flat=True)) >= {
            "notice",
            "meeting",
            "dispatch",
            "agenda",
            "bulletin",
        }
        assert set(Notice.objects.values_list("state", flat=True)) == set(Notice.State.values)
        assert Notice.objects.filter(kind="dispatch", month__year=2026).count() == 11
        assert set(Receipt.objects.exclude(mark="").values_list("mark", flat=True)) == set(Receipt.Mark.values)
        good = [sketch.branch.pk for sketch in full.sketches if sketch.manner[1] == "good" and sketch.is_leaf]
        weak = [sketch.branch.pk for sketch in full.sketches if sketch.manner[1] == "weak" and sketch.is_leaf]
        unsigned = {
            name: Receipt.objects.filter(branch__in=branches, received_at=None).count() / len(branches)
            for name, branches in (("good", good), ("weak", weak))
        }
        assert unsigned["good"] < unsigned["weak"] / 3
        assert Duty.objects.filter(rule="notice", met_on=None).exists()
        assert Duty.objects.filter(rule="notice").exclude(met_on=None).exists()
        assert not Duty.objects.filter(notice__state="withdrawn").exists()

    def test_every_kind_of_record_is_there(self, full):
        assert set(MeetingKind.objects.values_list("kind", flat=True)) == set(MeetingKind.Kind.values)
        assert set(Activity.objects.values_list("kind", flat=True)) == set(kinds())
        assert set(Filing.objects.values_list("duty__rule", flat=True)) == {
            "ideology_return", "monthly_dispatch", "setting_check", "setting_return"
        }  # fmt: skip
        assert set(Exemption.objects.values_list("reason", flat=True)) >= {"infirm", "leave", "away"}
        assert set(Exemption.objects.values_list("scope", flat=True)) == set(Exemption.Scope.values)
        assert LeadingCadre.objects.count() > 2
        assert set(Flag.objects.values_list("kind", flat=True)) == set(Flag.Kind.values)
        assert Flag.objects.open().exists()
        assert Flag.objects.exclude(settled_at=None).exists()
        states = [(row.expires_on is not None, row.decided_at is not None) for row in Unlock.objects.all()]
        assert sorted(states) == [(False, False), (False, True), (True, True)]
        assert {(row.assessment_year, row.state) for row in Campaign.objects.all()} == {
            (2025, "closed"),
            (2026, "open"),
        }
        assert Finding.objects.exists()
        assert Meeting.objects.filter(is_from_paper=True).exists()
        assert not Meeting.objects.filter(state="accepted", held_on__year=2026, reviewed_at=None).exists()
        assert all(
            meeting.trace == likeness.trace(meeting.minutes)
            for meeting in Meeting.objects.filter(held_on__year=2026).order_by("?")[:50]
        )

    def test_what_was_late_was_followed_up(self, full):
        assert set(Bulletin.objects.values_list("kind", "state")) == {("quarter", "published"), ("month", "draft")}
        assert Bulletin.objects.get(state="published").notice.receipts.count() > 100
        assert set(LadderStep.objects.values_list("level", flat=True)) == set(LadderStep.Level.values)
        assert LadderStep.objects.filter(answered_at=None).exists()
        assert LadderStep.objects.exclude(answered_at=None).exists()
        assert LadderStep.objects.exclude(closed_at=None).exists()
        assert Channel.objects.get().is_test
        assert set(Delivery.objects.values_list("state", flat=True)) == set(Delivery.State.values)

    def test_agendas_follow_the_plans(self, full):
        items = AgendaItem.objects.filter(kind__in=["first", "second"]).select_related("study_item__plan", "meeting")
        assert items.count() > 1000
        for item in items.order_by("?")[:100]:
            assert item.study_item.plan.kind == item.kind
            assert (item.study_item.plan.year, item.study_item.month) == (
                item.meeting.held_on.year,
                item.meeting.held_on.month,
            )
            assert item.study_item.plan.branch in (full.top.branch, item.meeting.branch)

    def test_every_vote_can_be_and_most_carry(self, full):
        votes = list(Vote.objects.select_related("meeting").prefetch_related("candidates"))
        assert {vote.rule for vote in votes} >= {"ordinary", "recruitment", "election"}
        for vote in votes:
            on = vote.meeting.held_on
            assert vote.present <= vote.meeting.attended_count
            if vote.rule == "election":
                verdict, found = voting.elected(vote, on)
                assert verdict.stands
                assert sum(is_in for _, is_in in found) == vote.seats
                assert len(found) >= voting.least_candidates(vote.seats, on)
                assert sum(each.votes for each, _ in found) <= vote.seats * vote.ballots_back
            else:
                assert voting.judge(
                    vote.rule, entitled=vote.entitled, present=vote.present, in_favour=vote.in_favour,
                    written=vote.written, on=on,
                ).carries  # fmt: skip

    def test_pictures_open_and_one_was_used_twice(self, full):
        photos = StoredFile.objects.filter(meeting_file__role="photo")

        assert photos.count() == 3
        assert photos.values("sha256").distinct().count() == 2
        assert all(len(open_file(stored)) == stored.size for stored in StoredFile.objects.all())

    def test_the_people_of_the_demo_find_something_of_everything(self, full):
        star = full.users["shuji"].appointments.get().branch

        assert Receipt.objects.filter(branch=star, received_at=None, notice__state="issued").exists()
        assert Receipt.objects.filter(branch=star).exclude(answered_at=None).exists()
        assert Duty.objects.get(handed_to=full.users["zhiwei"]).branch == star
        assert Unlock.objects.filter(duty__branch=star, decided_at=None).exists()
        assert Exemption.objects.filter(created_by=full.users["shuji"]).on(TODAY).count() > 1
        assert set(Activity.objects.filter(branch=star).values_list("kind", flat=True)) == {
            kind.key for kind in kinds().values() if kind.kept_by(star)
        }
        assert StudyPlan.objects.filter(branch=star).count() == 2
        assert Finding.objects.filter(branch=star).exists()
        assert Vote.objects.filter(meeting__branch=star).exists()
        assert LadderStep.objects.open().filter(branch=star, answered_at=None).exists()
        upper = full.users["dangwei"].appointments.get().branch
        assert Notice.objects.filter(branch=upper, state="issued").exists()
        assert Meeting.objects.filter(branch=upper, kinds__kind="theory_study").exists()
        assert Activity.objects.filter(branch=upper, kind="secretary_talk").exists()
        assert Guidance.objects.filter(guide=full.users["lingdao"], campaign__state="open").exists()
        for name in ("shuji", "zhiwei", "dangwei", "gongwei"):
            assert Digest.objects.filter(user=full.users[name]).exists(), name

    def test_what_was_built_is_on_record(self, full):
        event = AuditEvent.objects.get(action="demo.build")

        assert abs(event.at - Sweep.objects.first().last_at) < timedelta(minutes=5), "or the first to look is alarmed"
        assert event.by.is_system
        assert event.detail["members"] == Member.objects.count()
