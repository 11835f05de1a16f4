"""What 整顿 reminds of and when it stops, and how it limits the grade of the year."""

import copy
import io
from datetime import date

import openpyxl
import pytest

from accounts.models import User
from assessment import scheme as schemes
from assessment import scoring, workbook
from assessment.scheme import BadScheme
from branches.actions import root
from branches.facts import weak_standing
from branches.models import Branch, WeakCase
from branches.rights import Role
from reminders.models import Reminder
from rulebook.facts import Period
from tests.assessment.year import MONTHS, OVER, YEAR, hold
from tests.factories import (
    BranchFactory,
    SchemeFactory,
    TermFactory,
    UserFactory,
    WeakCaseFactory,
    WeakProgressFactory,
)
from tests.reminders.test_sweep import lines, sweep_days

pytestmark = pytest.mark.django_db
MONTH, PLAN, DUE = "remind.weak_month", "remind.weak_plan", "remind.weak_due"


class TestReminders:
    @pytest.fixture
    def case(self):
        """At work since 12 March 2025, a plan until the end of the year; other matters of the branch are in order."""
        branch = BranchFactory(parent=BranchFactory(committee=True))
        return WeakCaseFactory(
            branch=branch, rectifying=True, rectifying_since=date(2025, 3, 12), due_on=date(2026, 6, 30)
        )

    def told(self, user):
        return [line for line in lines(user) if line[1].startswith("remind.weak")]

    def test_a_month_is_asked_for_until_it_is_reported(self, case):
        secretary, upper = (
            UserFactory(serving=case.branch),
            UserFactory(serving=case.branch.parent, role=Role.COMMITTEE),
        )
        beside = UserFactory(serving=BranchFactory(parent=case.branch.parent))

        sweep_days("04-01", "04-14")
        WeakProgressFactory(case=case, month=date(2025, 3, 1), reported_on=date(2025, 4, 15))
        sweep_days("04-15", "04-30")

        # The 5th is the day; the 6th is a Sunday, the 12th a Saturday: who is late is told on the next working day.
        assert self.told(secretary) == [("04-03", MONTH, "04-03"), ("04-07", MONTH, "04-07"), ("04-14", MONTH, "04-14")]
        assert self.told(upper) == [("04-14", MONTH, "04-14")]
        assert self.told(beside) == []
        assert not Reminder.objects.filter(rule=MONTH, cleared_at=None).exists()

    def test_no_label_is_in_what_is_sent(self, case):
        from branches import facts

        for words in (facts.month_words, facts.plan_words, facts.case_words):
            ((title, url),) = words([case.pk], date(2025, 4, 3)).values()
            assert "软弱涣散" not in title
            assert "整顿" in title
            assert url.startswith("/branches/weak/")
        assert facts.month_words([case.pk], date(2025, 4, 3))[case.pk][0] == "3 月整顿月报"

    def test_the_plan_and_the_last_day(self, case):
        secretary = UserFactory(serving=case.branch)
        WeakProgressFactory(case=case, month=date(2025, 3, 1), reported_on=date(2025, 4, 1))
        WeakCase.objects.update(state="listed", listed_on=date(2025, 4, 1), rectifying_since=None)

        sweep_days("04-10", "04-18")
        WeakCase.objects.update(state="plan_filed", due_on=date(2025, 5, 29))
        sweep_days("04-21", "05-05")

        assert self.told(secretary) == [("04-14", PLAN, "04-14"), ("04-17", PLAN, "04-17"), ("04-29", DUE, "04-29")]

    def test_a_committee_is_reminded_itself_and_a_closed_branch_is_not(self, case):
        upper = case.branch.parent
        head, former = UserFactory(serving=upper, role=Role.COMMITTEE), UserFactory(serving=case.branch)
        WeakCaseFactory(branch=upper, rectifying=True, rectifying_since=date(2025, 3, 12), due_on=date(2026, 6, 30))
        Branch.objects.filter(pk=case.branch_id).update(closed_on=date(2025, 3, 31))

        sweep_days("04-03", "04-03")

        assert self.told(head) == [("04-03", MONTH, "04-03")]
        assert self.told(former) == []


class TestStanding:
    def value(self, branch, *, year=2025, on=date(2026, 3, 1)):
        found = weak_standing(Branch.objects.filter(pk=branch.pk), Period.of_year(year, on=on))
        return found[branch.pk].value if branch.pk in found else None

    @pytest.mark.parametrize(
        ("listed", "closed", "value"),
        [
            (date(2024, 5, 1), None, 2), (date(2024, 5, 1), date(2025, 3, 1), 1), (date(2024, 5, 1), date(2024, 12, 31), None),
            (date(2025, 5, 1), date(2026, 1, 10), 2), (date(2026, 1, 10), None, None),
        ],
    )  # fmt: skip
    def test_by_the_end_of_the_year(self, listed, closed, value):
        case = WeakCaseFactory(
            **({"closed": True, "closed_on": closed} if closed else {"rectifying": True}), listed_on=listed
        )

        assert self.value(case.branch) == value

    def test_not_before_the_day_on_which_one_looks(self):
        case = WeakCaseFactory(closed=True, listed_on=date(2025, 4, 1), closed_on=date(2025, 9, 20))

        assert self.value(case.branch, on=date(2025, 9, 1)) == 2
        assert self.value(case.branch, on=date(2025, 9, 20)) == 1

    def test_who_was_only_suspected_or_cleared_is_not_limited(self):
        assert self.value(WeakCaseFactory().branch) is None
        assert self.value(WeakCaseFactory(state="cleared", cleared_why="空缺已补").branch) is None

    def test_a_relapse_counts_as_listed(self):
        first = WeakCaseFactory(closed=True)
        WeakCaseFactory(rectifying=True, branch=first.branch, earlier=first, listed_on=date(2025, 11, 3))

        assert self.value(first.branch) == 2


class TestVeto:
    @pytest.fixture
    def three(self):
        """Three branches with full marks in what is scored: one still listed, one struck off, one that is free."""
        found = BranchFactory.create_batch(3)
        for branch in found:
            TermFactory(branch=branch, committee_size=3, started_on=date(2024, 1, 1), expires_on=date(2027, 1, 1))
            hold(branch, "theme_party_day", *((month, 25) for month in MONTHS), attended=10)
            hold(branch, ("members_meeting", "party_lecture"), (3, 3), (6, 6), (9, 9), (12, 9), attended=10)
            hold(branch, "org_life_meeting", (12, 1))
        WeakCaseFactory(branch=found[0], rectifying=True)
        WeakCaseFactory(branch=found[1], closed=True)
        return found

    def grades(self):
        from portal.actions import tend

        tend(YEAR, by=User.objects.system())
        return {score.branch: score for score in scoring.grade(YEAR, on=OVER)}

    def generous(self, **changes):
        """The year's scheme with room for all, so that nothing but the veto limits a grade."""
        content = copy.deepcopy(schemes.frozen(YEAR))
        content["grades"][0] |= {"quota": 1, "at_least": 1}
        content["undetermined"] |= {"applicable": 0}
        for item in content["items"]:
            if item["code"] == "V1" and "parts" in changes:
                item["parts"] = changes["parts"]
        SchemeFactory(year=YEAR, content=content)

    def test_the_grade_is_no_better_than_what_is_left(self, three):
        self.generous()
        listed, off, free = three

        found = self.grades()

        assert [found[branch].grade for branch in three] == ["基本合格", "合格", "优秀"]
        assert found[listed].why == found[listed].veto == "按一票否决条款，等次最高为基本合格"
        assert found[off].veto == "按一票否决条款，等次最高为合格"
        assert (found[free].why, found[free].veto) == ("", "")
        assert found[listed].total == found[free].total, "a veto takes no points"
        assert found[listed].rank == found[free].rank

    def test_a_grade_that_is_worse_by_itself_stays(self, three):
        content = copy.deepcopy(schemes.frozen(YEAR))
        content["grades"] = [row | {"at_least": 1000} for row in content["grades"][:-1]] + [content["grades"][-1]]
        content["undetermined"] |= {"applicable": 0}
        SchemeFactory(year=YEAR, content=content)

        found = self.grades()[three[0]]

        assert (found.grade, found.why) == ("不合格", "")
        assert found.veto

    def test_a_year_that_was_opened_before_knows_no_such_part(self, three):
        part = {"key": "V1", "label": "一票否决", "points": 0, "by": "minus", "each": 0, "waits_for": "一票否决登记"}
        self.generous(parts=[part])

        found = self.grades()

        assert {score.grade for score in found.values()} == {"优秀"}
        assert not any(score.veto for score in found.values())

    def test_the_workbook_says_it_in_its_column(self, three):
        self.generous()
        self.grades()

        data = workbook.as_workbook(scoring.grade(YEAR, on=OVER), YEAR, on=OVER)

        rows = list(openpyxl.load_workbook(io.BytesIO(data)).worksheets[0].iter_rows(values_only=True))
        head = next(row for row in rows if row[0] == "序号")
        shown = {row[1]: dict(zip(head, row, strict=True)) for row in rows[rows.index(head) + 1 :]}
        assert shown[three[0].name]["一票否决"] == "按一票否决条款，等次最高为基本合格"
        assert not shown[three[2].name]["一票否决"]

    def test_the_sheet_leads_to_the_case_for_those_who_may_see_it(self, client, three):
        self.generous()
        self.grades()
        case = WeakCase.objects.get(branch=three[0])

        for user, sees in (
            (UserFactory(serving=three[0]), True), (UserFactory(serving=root(), role=Role.INSPECTOR), False),
        ):  # fmt: skip
            client.force_login(user)
            text = client.get(f"/assessment/{YEAR}/{three[0].pk}/").content.decode()
            assert "按一票否决条款" in text
            assert (case.get_absolute_url() in text) == sees

    @pytest.mark.parametrize(
        ("change", "words"),
        [({"caps": {"2": "尚可", "1": "合格"}}, "没有等次 尚可"), ({"because": {"2": "x"}}, "要写同样的值")],
        ids=["no such grade", "a value without its reason"],
    )
    def test_a_cap_that_cannot_be_used_is_refused_by_name(self, change, words):
        content = copy.deepcopy(schemes.of_year(YEAR))
        next(item for item in content["items"] if item["code"] == "V1")["parts"][0].update(change)

        with pytest.raises(BadScheme, match=f"2025.yaml V1 V1.1：.*{words}"):
            schemes.check(content, "2025.yaml")
