"""试算: the same engine twice on the same records; who changes grade and why; nothing is stored."""

from datetime import date
from decimal import Decimal

import pytest
import time_machine
from django.apps import apps
from django.db import connection
from django.urls import reverse

from accounts.models import AuditEvent, User
from assessment import (
    drafting,
    scoring,
    tasks,  # noqa: F401 - registers the work
    what_if,
)
from assessment import scheme as schemes
from branches.actions import root
from branches.models import Branch
from branches.rights import Role
from jobs import actions as jobs
from office.reader import read
from portal.actions import tend
from tests.assessment.year import MONTHS, OVER, YEAR, hold
from tests.factories import BranchFactory, ManualScoreFactory, SchemeFactory, UserFactory, VetoFactory

pytestmark = pytest.mark.django_db


def pool(content, quota=0.3):
    """Small counties compare all with all."""
    content["groups"]["least"] = 1
    content["groups"]["rows"] = []
    content["grades"][0]["quota"] = quota
    return content


@pytest.fixture
def county():
    """Three branches: every month by the 25th, every month late, half the months."""
    rows = [BranchFactory(), BranchFactory(), BranchFactory()]
    hold(rows[0], "theme_party_day", *((month, 25) for month in MONTHS))
    hold(rows[1], "theme_party_day", *((month, 29 if month != 2 else 28) for month in MONTHS))
    hold(rows[2], "theme_party_day", *((month, 25) for month in range(1, 7)))
    tend(YEAR, by=User.objects.system())
    return rows


def stricter():
    """A month met late counts nothing."""
    content = pool(schemes.frozen(YEAR))
    drafting.item_of(content, "AT1")["parts"][0]["options"]["late"] = 0
    return content


def rows_of_database():
    """A digest of every row of every table."""
    with connection.cursor() as cursor:
        found = {}
        for model in apps.get_models():
            table = connection.ops.quote_name(model._meta.db_table)
            cursor.execute(f"SELECT md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), '')) FROM {table} t")  # noqa: S608
            found[table] = cursor.fetchone()[0]
    return found


def test_the_scheme_in_force_changes_nothing(county):
    found = what_if.run(schemes.in_force(YEAR), YEAR, kind="branch", on=OVER)

    assert found.moved == []
    assert [line.delta for line in found.lines] == [0, 0, 0]
    assert [line.why for line in found.lines] == ["", "", ""]


def test_both_sides_are_what_the_engine_gives_for_each_scheme(county):
    before, after = pool(schemes.frozen(YEAR)), stricter()

    found = what_if.run(after, YEAR, kind="branch", on=OVER, against=before)

    for side, content in (("before", before), ("after", after)):
        by_itself = scoring.grade(YEAR, on=OVER, content=content)
        assert [(score.branch, score.total, score.rank, score.grade) for score in by_itself] == [
            (score.branch, score.total, score.rank, score.grade)
            for score in (getattr(line, side) for line in found.lines)
        ]


def test_why_a_branch_falls_names_the_item_and_its_points(county):
    found = what_if.run(stricter(), YEAR, kind="branch", on=OVER, against=pool(schemes.frozen(YEAR)))

    late = found.lines[1]
    assert [row.code for row in late.items][:1] == ["AT1"]
    assert late.items[0].delta < 0
    assert late.why.startswith("AT1 主题党日（每月） ")
    assert (found.lines[0].delta, found.lines[2].delta) == (0, 0)
    assert sum((row.delta for row in late.items), Decimal(0)) == pytest.approx(late.delta, abs=Decimal("0.02"))
    assert [line.branch for line in found.biggest(up=False)] == [county[1]]
    assert found.biggest(up=True) == []


def test_an_item_that_came_or_went_is_told_as_such(county):
    after = pool(schemes.frozen(YEAR))
    after["items"].remove(drafting.item_of(after, "AT2"))
    drafting.item_of(after, "AT1")["points"] = 12
    drafting.item_of(after, "AT1")["parts"][0]["points"] = 12

    found = what_if.run(after, YEAR, kind="branch", on=OVER, against=pool(schemes.frozen(YEAR)))

    assert schemes.problems(after, "branch") == []
    assert any("AT1" in row.words and "→" in row.words for row in found.lines[0].items)


def test_a_grade_that_moves_with_the_line_alone_says_so(county):
    for branch in county:
        for part, points in (("PF10", 3), ("EX2.2", 3), ("PF1.3", 2)):
            ManualScoreFactory(branch=branch, part=part, points=points)
    before, after = pool(schemes.frozen(YEAR), 1), pool(schemes.frozen(YEAR), 1)
    after["grades"][0]["at_least"] = 120

    found = what_if.run(after, YEAR, kind="branch", on=OVER, against=before)

    told = [line for line in found.lines if line.is_moved]
    assert all(line.delta == 0 for line in told)
    assert {line.why for line in told} <= {"得分没有变，等次的分数线、名额或者比较组变了"}
    assert {grade: now for grade, _, now in found.distribution[0][1]}["优秀"] == 0


def test_a_veto_counts_on_both_sides(county):
    VetoFactory(branch=county[0], confirmed=True)

    found = what_if.run(stricter(), YEAR, kind="branch", on=OVER)

    assert "一票否决" in found.lines[0].before.veto
    assert "一票否决" in found.lines[0].after.veto


def test_what_both_schemes_count_is_counted_once(county, django_assert_max_num_queries):
    content = schemes.in_force(YEAR)
    with django_assert_max_num_queries(10_000) as alone:
        scoring.grade(YEAR, on=OVER, content=content)
    with django_assert_max_num_queries(10_000) as both:
        what_if.run(stricter(), YEAR, kind="branch", on=OVER, against=content)

    assert len(both) <= len(alone) + 2


def test_committees_are_tried_by_their_own_scheme(county):
    above = BranchFactory(committee=True)
    for branch in county:
        Branch.objects.filter(pk=branch.pk).update(parent=above, path=f"{above.path}{branch.pk}/")
    content = schemes.frozen(YEAR, "committee")
    content["grades"][0]["at_least"] = 0

    found = what_if.run(content, YEAR, kind="committee", on=OVER)

    assert [line.branch for line in found.lines] == [above]


# --- the pages


@pytest.fixture
def staff(client):
    user = UserFactory(serving=root(), role=Role.STAFF)
    client.force_login(user)
    return user


@pytest.fixture(autouse=True)
def today():
    with time_machine.travel("2026-01-20 10:00+08:00", tick=False):
        yield


def page(scheme, **asked):
    return reverse("assessment:what_if", args=[scheme.pk]), asked


def test_looking_stores_nothing(county, staff, client):
    draft = SchemeFactory(year=2026, draft=True, content=stricter(), created_by=staff)
    url, asked = page(draft, year=YEAR)
    client.get(reverse("assessment:schemes"))
    before = rows_of_database()

    answers = [client.get(url, asked | more) for more in ({}, {"all": "1"}, {"all": "1", "q": "第"})]

    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert rows_of_database() == before


def test_the_page_shows_first_whose_grade_changes(county, staff, client):
    SchemeFactory(year=YEAR, content=pool(schemes.frozen(YEAR)))
    draft = SchemeFactory(year=2026, draft=True, content=stricter(), created_by=staff)
    url, asked = page(draft, year=YEAR)

    some, everybody = client.get(url, asked), client.get(url, asked | {"all": "1"})

    assert len(everybody.context["rows"]) == 3
    assert [row["branch"] for row in some.context["rows"]] == [line.branch for line in some.context["trial"].moved]
    assert "等次分布" in some.content.decode()
    assert [row.code for row in some.context["changes"]] == ["AT1"]


def test_a_draft_with_faults_is_put_right_first(county, staff, client):
    content = stricter()
    content["items"].pop(0)
    draft = SchemeFactory(year=2026, draft=True, content=content, created_by=staff)

    for name in ("what_if", "what_if_workbook"):
        answer = client.get(reverse(f"assessment:{name}", args=[draft.pk]))
        assert answer.url == draft.get_absolute_url()


def test_the_workbook_holds_every_branch_and_what_was_changed(county, staff, client):
    draft = SchemeFactory(year=2026, draft=True, content=stricter(), created_by=staff)
    url = reverse("assessment:what_if_workbook", args=[draft.pk])

    first, again = (client.get(url, {"year": YEAR}).content for _ in range(2))

    assert first == again
    names = {sheet.name for sheet in read(first, "trial.xlsx")}
    assert names == {"等次有变化的", "全部", "等次分布", "方案的变化"}
    assert AuditEvent.objects.filter(action="scheme.try").count() == 2


def test_a_large_county_gets_a_job(county, staff, client, monkeypatch):
    monkeypatch.setattr("assessment.views.what_if.AT_ONCE", 2)
    draft = SchemeFactory(year=2026, draft=True, content=stricter(), created_by=staff)
    url, asked = page(draft, year=YEAR)

    assert "/jobs/" in client.get(url, asked).url


def test_the_job_leaves_the_workbook_for_its_owner(county, staff):
    draft = SchemeFactory(year=2026, draft=True, content=stricter(), created_by=staff)

    job = jobs.start("assessment.what_if", {"scheme": draft.pk, "year": YEAR}, by=staff, is_small=True)

    assert job.state == "done", job.error
    assert job.output.name == "2026 年度学校党组织量化考核办法试算（2025年记录）.xlsx"


def test_queries_do_not_grow_with_the_branches(county, staff, client, count_queries):
    draft = SchemeFactory(year=2026, draft=True, content=stricter(), created_by=staff)
    url = f"{reverse('assessment:what_if', args=[draft.pk])}?year={YEAR}&all=1"
    before = count_queries(url)
    BranchFactory.create_batch(5, founded_on=date(2018, 1, 1))

    assert count_queries(url) == before


def test_only_who_writes_schemes_tries_them(client):
    published = SchemeFactory(year=YEAR)
    client.force_login(UserFactory(serving=root(), role=Role.INSPECTOR))

    assert client.get(reverse("assessment:what_if", args=[published.pk])).status_code == 403
