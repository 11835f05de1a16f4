"""Holidays as the notice gives them, the schools' terms, and the opening of a year."""

from datetime import date

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.urls import reverse
from django.utils import timezone

from accounts.models import AuditEvent
from assessment.models import Scheme
from branches.actions import root
from branches.models import Assignment, ContactPoint, ResponsibilityLine
from branches.rights import Role
from duties.models import Duty
from portal.settings import calendar, year_opening
from portal.settings.forms import SchoolTermForm
from rulebook import book
from rulebook.models import CalendarDay, SchoolTerm
from tests.factories import (
    BranchFactory,
    ContactPointFactory,
    DecisionFactory,
    ResponsibilityLineFactory,
    RoundFactory,
    SchoolTermFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 22)
NOTICE = """一、元旦：1月1日（周五）至3日（周日）放假，共3天。
二、春节：2月5日至11日放假调休，共7天。1月31日（周日）、2月14日（周日）上班。
三、国庆节：10月1日（周五）至7日（周四）放假调休，共7天。9月26日（周日）、10月9日（周六）上班。"""


def person(role=Role.ADMIN):
    return UserFactory(serving=root(), role=role)


class TestNotice:
    def test_the_state_councils_own_words_are_read(self):
        days = {row.on: (row.is_working, row.name) for row in calendar.read(NOTICE, 2027)}

        assert days[date(2027, 1, 1)] == (False, "元旦")
        assert date(2027, 1, 2) not in days, "a Saturday is free anyway"
        assert [day for day, (works, _) in days.items() if works] == [
            date(2027, 1, 31), date(2027, 2, 14), date(2027, 9, 26), date(2027, 10, 9),
        ]  # fmt: skip
        assert sum(not works for works, _ in days.values()) == 1 + 5 + 5

    def test_one_day_in_a_line_is_read_too(self):
        days = calendar.read("2027-01-01 休 元旦\n2027/1/31 班", 2027)

        assert days == [(date(2027, 1, 1), False, "元旦"), (date(2027, 1, 31), True, "")]

    @pytest.mark.parametrize(
        ("text", "words"),
        [
            ("劳动节快乐", "没有读出"), ("国庆节：13月1日放假", "日期不对"), ("2月30日放假", "日期不对"), ("5日放假", "日期不对"),
            ("2026-01-01 休", "不是 2027 年"), ("1月1日放假。1月1日上班。", "一处写放假"), ("1月1日至3月1日放假", "日期不对"),
            ("1月1日放假\n" * 81, "最多 80 行"),
        ],
    )  # fmt: skip
    def test_what_cannot_be_read_is_named(self, text, words):
        with pytest.raises(ValidationError, match=words):
            calendar.read(text, 2027)

    def test_a_year_is_laid_down_whole_and_only_once(self):
        by, days = person(), calendar.read(NOTICE, 2027)
        CalendarDay.objects.create(on=date(2027, 5, 3), is_working=False, source="x")

        assert calendar.lay_down(2027, days, source="通知", by=by, on=TODAY) == len(days) + 1
        assert calendar.lay_down(2027, days, source="通知", by=by, on=TODAY) == 0

        assert not CalendarDay.objects.filter(on=date(2027, 5, 3)).exists()
        assert book.is_calendar_known(2027)
        assert AuditEvent.objects.filter(action="calendar.lay_down").count() == 1

    def test_a_decided_year_keeps_its_days(self):
        RoundFactory(
            year=2025, state="published", opened_on=date(2025, 11, 1), self_check_until=date(2025, 11, 20),
            judging_until=date(2025, 12, 20), published_on=date(2026, 1, 5), objections_until=date(2026, 1, 12),
        )  # fmt: skip

        with pytest.raises(ValidationError, match="已经公布"):
            calendar.lay_down(2025, calendar.read("5月1日放假", 2025), source="x", by=person(), on=TODAY)
        with pytest.raises(ValidationError, match="2025 年度考核已经公布"):
            calendar.lay_down(2026, calendar.read("2025年12月31日放假", 2026), source="x", by=person(), on=TODAY)
        assert not CalendarDay.objects.filter(on=date(2025, 12, 31)).exists()

    def test_staff_may_not(self):
        with pytest.raises(PermissionDenied):
            calendar.lay_down(2027, [], source="x", by=person(Role.STAFF), on=TODAY)

    def test_the_page_shows_before_it_saves(self, client):
        client.force_login(person())
        url = f"{reverse('portal:calendar')}?year={timezone.localdate().year + 1}"
        body = {"notice": "5月3日放假", "source": "通知"}

        shown = client.post(url, body | {"act": "try"})

        assert "还没有保存" in shown.content.decode()
        assert not CalendarDay.objects.filter(on__year=timezone.localdate().year + 1).exists()
        wrong = client.post(url, {"notice": "没有日期", "source": "通知", "act": "save"}).content.decode()
        assert "没有读出" in wrong
        assert "没有日期" in wrong


class TestTerms:
    def form(self, term=None, **typed):
        data = {"name": "2027—2028 学年上学期", "started_on": "2027-09-01", "ended_on": "2028-01-20"} | typed
        return SchoolTermForm(data, instance=term or SchoolTerm())

    def save(self, form, by=None):
        assert form.is_valid(), form.errors
        return calendar.save_term(form, by=by or person())

    def test_one_is_entered_and_put_right(self):
        by = person()
        term = self.save(self.form(), by)
        self.save(self.form(term, started_on="2027-08-30"), by)

        assert SchoolTerm.objects.get(pk=term.pk).started_on == date(2027, 8, 30)
        assert AuditEvent.objects.filter(label="rulebook.SchoolTerm", object_id=term.pk).count() == 2

    @pytest.mark.parametrize(
        "typed", [{"started_on": "2028-01-10", "ended_on": "2028-03-01"}, {"started_on": "2027-07-15", "ended_on": "2027-08-20"}],
        ids=["days in common", "the same half of a year"],
    )  # fmt: skip
    def test_two_do_not_share_days_nor_a_half_year(self, typed):
        SchoolTermFactory(name="x", started_on=date(2027, 9, 1), ended_on=date(2028, 1, 20))

        with pytest.raises(ValidationError):
            self.save(self.form(name="y", **typed))


class TestOpening:
    def test_everything_that_needs_no_judgement_is_done_at_once_and_only_once(self):
        by, branch = person(), BranchFactory(founded_on=date(2020, 1, 1))
        ResponsibilityLineFactory(branch=root(), year=2026)
        ContactPointFactory(
            branch=branch, name="某某", started_on=date(2026, 1, 1), ended_on=date(2026, 12, 31), user=UserFactory()
        )

        done = year_opening.open_year(2027, by=by, on=date(2026, 12, 20))
        again = year_opening.open_year(2027, by=by, on=date(2026, 12, 20))

        assert {"duties", "scheme", "committee_scheme", "lines", "contacts"} <= set(done)
        assert again == {}
        assert Duty.objects.filter(year=2027).exists()
        assert set(Scheme.objects.filter(year=2027).values_list("state", flat=True)) == {Scheme.State.DRAFT}
        assert ResponsibilityLine.objects.filter(year=2027).count() == 1
        later = ContactPoint.objects.get(started_on=date(2027, 1, 1))
        assert (later.name, later.ended_on) == ("某某", date(2027, 12, 31))
        assert Assignment.objects.filter(user=later.user, until=date(2027, 12, 31)).exists()
        assert AuditEvent.objects.filter(action="year.open").count() == 1

    def test_what_lasts_on_is_not_doubled(self):
        ContactPointFactory(branch=BranchFactory(), started_on=date(2026, 1, 1), ended_on=None)

        done = year_opening.open_year(2027, by=person(), on=date(2026, 12, 20))

        assert "contacts" not in done
        assert ContactPoint.objects.count() == 1

    def test_nobody_gives_rights_to_oneself(self):
        by = person()
        ContactPointFactory(branch=BranchFactory(), started_on=date(2026, 1, 1), ended_on=date(2026, 12, 31), user=by)

        assert "请另一位同志办理" in year_opening.open_year(2027, by=by, on=date(2026, 12, 20))["contacts"]
        assert ContactPoint.objects.count() == 1

    @pytest.mark.parametrize(
        ("on", "years"), [(date(2026, 9, 30), [2026]), (date(2026, 10, 1), [2026, 2027])], ids=["summer", "autumn"]
    )
    def test_the_next_year_opens_from_the_autumn_on(self, on, years):
        assert year_opening.years(on) == years

    def test_from_when_is_for_the_county_to_decide(self):
        DecisionFactory(key="portal.next_year", value={"opens": "12-01", "text": "12 月起"}, from_on=date(2026, 1, 1))

        assert year_opening.years(date(2026, 11, 30)) == [2026]
        assert year_opening.years(date(2026, 12, 1)) == [2026, 2027]

    def test_staff_may_and_a_secretary_may_not(self):
        assert year_opening.open_year(2026, by=person(Role.STAFF), on=TODAY)
        with pytest.raises(PermissionDenied):
            year_opening.open_year(2026, by=UserFactory(serving=BranchFactory(), role=Role.SECRETARY), on=TODAY)

    def test_what_fails_leaves_nothing(self, monkeypatch):
        def fail(*args, **kwargs):
            raise ValidationError("不成")

        monkeypatch.setattr(year_opening.dossier, "carry_lines", fail)
        ResponsibilityLineFactory(branch=root(), year=2026)
        BranchFactory(founded_on=date(2020, 1, 1))

        with pytest.raises(ValidationError, match="不成"):
            year_opening.open_year(2027, by=person(), on=date(2026, 12, 20))
        assert not Duty.objects.filter(year=2027).exists()

    @pytest.mark.parametrize(("role", "leads"), [(Role.ADMIN, True), (Role.STAFF, False)], ids=["admin", "staff"])
    def test_a_step_leads_only_where_its_reader_may_go(self, client, role, leads):
        client.force_login(person(role))

        page = client.get(reverse("portal:year_open")).content.decode()

        assert (f'<td class="lead"><a href="{reverse("portal:calendar")}">' in page) == leads
        assert "节假日" in page

    def test_the_page_says_what_was_done(self, client):
        client.force_login(person())
        year = timezone.localdate().year
        url = f"{reverse('portal:year_open')}?year={year}"

        assert client.post(url).status_code == 302
        page = client.get(url).content.decode()

        assert "启用记录" in page
        assert "还没有按过" not in page
