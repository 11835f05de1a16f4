"""From the draft to the end: published by a paper, given way to, closed with its year; and what may not get lost."""

from contextlib import nullcontext
from datetime import date

import pytest
import time_machine
from django.core.exceptions import ValidationError

from assessment import drafting
from assessment import scheme as schemes
from assessment.models import Scheme
from tests.assessment.drafts import TODAY, faults, part, typed, url
from tests.factories import BranchFactory, OrgChangeFactory, RoundFactory, SchemeFactory, VetoFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def today():
    with time_machine.travel(f"{TODAY} 10:00+08:00", tick=False):
        yield


@pytest.fixture
def draft(staff):
    return drafting.start(2027, "branch", by=staff, on=TODAY)


@pytest.fixture
def signed(client, staff):
    client.force_login(staff)
    return client


def publish(scheme, staff, number="教体工委〔2026〕9号"):
    scheme.refresh_from_db()
    return drafting.publish(scheme, number, by=staff, version=scheme.version)


def test_publishing_freezes_and_takes_the_place_of_the_one_before(signed, draft, staff):
    first = publish(draft, staff)
    again = drafting.start(2027, "branch", by=staff, on=TODAY)
    answer = signed.post(url("scheme_publish", again.pk), {"number": "教体工委〔2027〕1号", "version": again.version})

    first.refresh_from_db()
    again.refresh_from_db()
    assert answer.status_code == 302
    assert (first.state, again.state, again.number) == ("superseded", "published", "教体工委〔2027〕1号")
    assert schemes.in_force(2027)["title"] == again.title
    assert signed.get(url("scheme_item", again.pk, "AT1")).status_code == 404
    for refused in (
        lambda: drafting.save_section(again, "title", {}, by=staff, then=""),
        lambda: drafting.move(again, "AT1", None, 1, by=staff),
        lambda: drafting.discard(again, by=staff, version=again.version),
    ):
        with pytest.raises(Exception, match="不能再改"):
            refused()


def test_nothing_is_published_without_a_number_with_problems_or_after_the_round_began(signed, draft, staff):
    with pytest.raises(Exception, match="请填写印发方案的文号"):
        publish(draft, staff, "  ")
    drafting.remove(draft, "AT1", None, by=staff)
    with pytest.raises(Exception, match="还有 1 处要改"):
        publish(draft, staff)
    RoundFactory(year=2027, scheme=SchemeFactory(year=2027))
    with pytest.raises(Exception, match="2027 年度考核已经启动"):
        publish(draft, staff)


def test_what_was_changed_after_it_was_read_is_not_published_unseen(signed, draft):
    old = draft.version
    signed.post(url("scheme_move", draft.pk), {"code": "AT2", "to": "up"})

    page = signed.post(url("scheme_publish", draft.pk), {"number": "1号", "version": old})

    assert "刚被别人改过" in str(faults(page))
    assert page.context["form"]["number"].value() == "1号"


def test_a_reason_by_which_somebody_was_vetoed_stays_in_the_scheme(draft, staff):
    VetoFactory(year=2027, reason="fraud")
    content = draft.content
    drafting.item_of(content, "V1")["parts"][1]["reasons"].pop(2)
    draft.content = content
    draft.save()

    with pytest.raises(Exception, match="一票否决有 1 件"):
        publish(draft, staff)


def test_a_reason_stays_for_whom_it_was_a_branch_when_the_year_ended(staff):
    year = TODAY.year - 1
    branch = BranchFactory(kind="general")
    OrgChangeFactory(branch=branch, kind="upgraded", on=date(TODAY.year, 1, 4), before="branch", after="general")
    VetoFactory(year=year, branch=branch, reason="fraud")
    for kind, is_kept in (("committee", False), ("branch", True)):
        scheme = drafting.start(year, kind, by=staff, on=TODAY)
        for item in scheme.content["items"]:
            for each in item["parts"]:
                each["reasons"] = [row for row in each.get("reasons", ()) if row["key"] != "fraud"]
        scheme.save()

        with pytest.raises(ValidationError, match="一票否决有 1 件") if is_kept else nullcontext():
            drafting._keep_vetoes(scheme)


def test_a_reason_keeps_its_key_when_its_words_are_mended(signed, draft):
    where = url("scheme_part", draft.pk, "V1", "V1")

    answer = signed.post(
        where, typed(signed.get(where), reason_2="弄虚作假、瞒报", reason_4="其他", grade_4="基本合格")
    )

    assert answer.status_code == 302, faults(answer)
    assert [row["key"] for row in part(draft, "V1")["reasons"]] == [
        "discipline",
        "safety",
        "fraud",
        "no_election",
        "r1",
    ]


def test_a_scheme_is_closed_when_its_year_is_over_and_its_round_final(signed, staff):
    now, last = SchemeFactory(year=2026), SchemeFactory(year=2025)
    running = RoundFactory(year=2025, scheme=last)

    assert not drafting.may_close(now, on=TODAY)
    assert not drafting.may_close(last, on=TODAY)
    running.delete()
    signed.post(url("scheme_close", last.pk))
    last.refresh_from_db()
    assert (last.state, last.closed_by) == ("closed", staff)
    assert schemes.in_force(2025)["title"] == last.title


def test_two_who_begin_at_the_same_moment_make_one_draft(draft, staff, monkeypatch):
    monkeypatch.setattr(Scheme, "full_clean", lambda self: None)  # as if the other's were not there yet

    with pytest.raises(ValidationError, match="已有一份起草中"):
        drafting.start(2027, "branch", by=staff, on=TODAY)
    assert Scheme.objects.count() == 1


def test_an_unwanted_draft_goes(signed, draft):
    signed.post(url("scheme_discard", draft.pk), {"version": draft.version})

    assert not Scheme.objects.exists()


def test_queries_of_the_list_do_not_grow(signed, count_queries):
    SchemeFactory(year=2026)
    before = count_queries(url("schemes"))
    for year in range(2015, 2025):
        SchemeFactory(year=year)

    assert count_queries(url("schemes")) == before
