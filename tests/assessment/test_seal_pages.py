"""The pages of what is sealed: the receipt, the check, what changed afterwards, and a publication taken back by two persons."""

from datetime import date

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.test import Client
from django.urls import reverse

from accounts.models import AuditEvent, Stale
from assessment import afterwards, reopening, results, rounds, sealing
from assessment.models import ManualScore, Reopening, Round, Seal, Verdict
from branches.models import Branch, Notice
from jobs.models import Job
from meetings.models import Meeting
from tests.assessment.sealed import COUNT, as_owner, finalised, graded_year, sealed
from tests.assessment.year import YEAR, hold, scores
from tests.factories import BranchFactory, ManualScoreFactory, UserFactory
from tests.factories_assessment import SealedScoreFactory, VerdictFactory, VetoFactory

pytestmark = pytest.mark.django_db
EMPTY = '{"grade": "合格", "total": "80.00"}'
REASON = "第三小学的会议记录补录有误，更正后重新公布。"


@pytest.fixture(autouse=True)
def outside(settings, tmp_path):
    settings.VAR_DIR = tmp_path


@pytest.fixture
def round():
    return graded_year()


def person(role):
    return UserFactory(serving=Branch.objects.get(parent=None), role=role)


@pytest.fixture
def staff():
    return person("staff")


@pytest.fixture
def admin():
    return person("admin")


def pages(user):
    browser = Client()
    browser.force_login(user)
    return browser


# --- the list, the receipt, the check


def test_before_anything_is_sealed_the_page_says_what_to_do(staff):
    text = pages(staff).get(reverse("assessment:seals")).text
    assert "还没有封存" in text
    assert "查验全部封存" not in text
    assert pages(staff).get(reverse("assessment:seal_verify")).status_code == 302


def test_the_receipt_tells_all_that_is_signed(round, staff):
    seal = sealed(round)
    sealing.keep_heads()
    browser = pages(staff)

    assert f"{seal.head[:16]}…" in browser.get(reverse("assessment:seals")).text
    text = browser.get(seal.get_absolute_url()).text
    for digits in (seal.head, seal.signature, seal.previous):
        assert " ".join(digits[at : at + 8] for at in range(0, len(digits), 8)) in text
    assert seal.key_id in text
    assert "链头已存在数据库之外" in text
    assert text.count("小学党支部</a>") == COUNT
    assert browser.get(seal.get_absolute_url(), {"q": "第2"}).text.count("小学党支部</a>") == 1
    assert "没有合条件的党组织" in browser.get(seal.get_absolute_url(), {"q": "zz"}).text


def test_the_receipt_costs_the_same_at_any_length(staff, client, count_queries):
    row = SealedScoreFactory(result=EMPTY)
    client.force_login(staff)
    before = count_queries(row.seal.get_absolute_url())
    SealedScoreFactory.create_batch(5, seal=row.seal, result=EMPTY)

    assert count_queries(row.seal.get_absolute_url()) == before


def test_a_branch_s_own_people_see_no_seal(round):
    seal = sealed(round)
    secretary = pages(UserFactory(serving=Branch.objects.filter(kind="branch").first()))

    assert secretary.get(seal.get_absolute_url()).status_code == 403
    assert secretary.get(reverse("assessment:changes", args=[YEAR])).status_code == 403


def test_the_check_tells_that_all_holds_and_what_does_not(round, staff):
    sealed(round)
    sealing.keep_heads()
    browser = pages(staff)

    text = browser.post(reverse("assessment:seal_verify"), follow=True).text
    assert f"1 份封存、{COUNT} 行逐行核对" in text
    assert "没有不符" in browser.get(reverse("assessment:seals")).text

    as_owner("UPDATE assessment_sealedscore SET result = '{}' WHERE position = 2")
    text = browser.post(reverse("assessment:seal_verify"), follow=True).text
    assert "第 2 行（第2小学党支部）的“结果（规范文本）”被改动" in text
    assert "1 处不符" in browser.get(reverse("assessment:seals")).text
    assert Job.objects.filter(kind="assessment.seal_verify", state="done").count() == 2


def test_a_long_check_is_left_to_the_worker_and_asked_for_once(round, staff, monkeypatch):
    from assessment.views import seal as views

    monkeypatch.setattr(views, "AT_ONCE", COUNT - 1)
    sealed(round)
    browser = pages(staff)

    answer = browser.post(reverse("assessment:seal_verify"))
    job = Job.objects.get()
    assert answer.url == reverse("portal:job", args=[job.pk])
    assert browser.post(reverse("assessment:seal_verify")).url == reverse("portal:jobs")
    assert Job.objects.count() == 1


def test_the_inspector_of_a_committee_sees_seals_but_does_not_walk_the_county(round):
    seal = sealed(round)
    committee = BranchFactory(committee=True, name="乡镇党委")
    browser = pages(UserFactory(serving=committee, role="inspector"))

    assert "没有合条件的党组织" in browser.get(seal.get_absolute_url()).text
    assert browser.post(reverse("assessment:seal_verify")).url == reverse("assessment:seals")
    assert not Job.objects.exists()


# --- what changed afterwards


def test_what_came_and_went_is_told_with_its_records_and_changes_nothing(round, staff):
    seal = sealed(round)
    before = [score.total for score in results.standing(YEAR, on=date(2026, 6, 1)).scores]
    assert afterwards.changes(seal) == []
    row = seal.scores.get(position=1)
    gone = Meeting.objects.filter(branch=row.branch).order_by("held_on").last()
    as_owner("UPDATE meetings_meeting SET state = 'draft' WHERE id = %s", [gone.pk])
    as_owner("DELETE FROM duties_fulfilment WHERE object_id = %s", [gone.pk])
    hold(row.branch, "members_meeting", (3, 3))
    new = Meeting.objects.order_by("pk").last()
    scores()

    found = {change.part: change for change in afterwards.changes(seal)}

    assert (found["AT1"].removed, found["AT1"].added) == ((gone.pk,), ())
    assert (found["AT2"].removed, found["AT2"].added) == ((), (new.pk,))
    assert (found["AT2"].before.partition("；")[0], found["AT2"].after.partition("；")[0]) == ("0/4", "1/4")
    text = pages(staff).get(reverse("assessment:changes", args=[YEAR])).text
    assert new.get_absolute_url() in text
    assert "封存时" in text
    assert [score.total for score in results.standing(YEAR, on=date(2026, 6, 1)).scores] == before
    assert "没有合条件的变动" in pages(staff).get(reverse("assessment:changes", args=[YEAR]), {"q": "zz"}).text


def test_judgements_vetoes_and_lost_records_are_told(round, staff):
    seal = sealed(round)
    first, second, third = [row.branch for row in seal.scores.order_by("position")[:3]]
    ManualScore.objects.filter(branch=first).delete()
    ManualScoreFactory(branch=second, part="EX2.2", points=1)
    VetoFactory(branch=third, confirmed=True)

    told = {(c.branch, c.part): (c.before, c.after) for c in afterwards.changes(seal, vetoes=True)}

    assert told[first, "PF10"][1] == "没有评定"
    assert told[second, "EX2.2"] == ("没有评定", "1.00 分")
    assert told[third, ""] == ("没有", "弄虚作假")
    assert (third, "") not in {(c.branch, c.part) for c in afterwards.changes(seal)}
    only = afterwards.changes(seal, only={first.pk}, vetoes=True)
    assert {change.branch for change in only} == {first}


def test_facts_are_told_in_words():
    from decimal import Decimal

    from rulebook.facts import Fact

    assert afterwards._words(None) == "没有记录"
    void = Fact(Decimal("3.50"), missing=("责任书未签",), is_void=True)
    assert afterwards._words(void) == "3.5；缺：责任书未签；不得分"


def test_before_publication_there_is_nothing_to_compare(round, staff):
    assert "这一年还没有公布" in pages(staff).get(reverse("assessment:changes", args=[YEAR])).text


def test_without_changes_the_page_says_so(round, staff, count_queries, client):
    sealed(round)
    client.force_login(staff)
    assert "没有变动" in client.get(reverse("assessment:changes", args=[YEAR])).text
    url = reverse("assessment:changes", args=[YEAR])
    before = count_queries(url)
    for row in Seal.objects.get().scores.all():
        hold(row.branch, "members_meeting", (3, 3))
    scores()
    # what was counted is listed now: one query for the kind of record and its page, however many there are
    assert count_queries(url) - before <= 4


# --- published again


def test_a_publication_is_taken_back_by_two_and_sealed_once_more(round, staff, admin):
    first = sealed(round)
    VerdictFactory(round=round, branch=first.scores.first().branch)
    asked = reopening.ask(YEAR, reason=REASON, by=staff)
    reopening.approve(asked, version=asked.version, by=admin)

    round.refresh_from_db()
    assert (round.state, round.published_on, round.objections_until) == ("review", None, None)
    assert not Verdict.objects.exists()
    assert results.sealed(YEAR) is None
    hold(first.scores.first().branch, "members_meeting", (3, 3))
    scores()

    again = sealed(round)

    assert (again.number, again.attempt, again.previous) == (2, 2, first.head)
    assert str(again) == "2025 年度党支部考核公布（第 2 次）"
    assert sealed(round) == again
    Round.objects.update(state="published", published_on=date(2026, 1, 20), objections_until=date(2026, 1, 27))
    assert results.sealed(YEAR) == again
    assert [event.action for event in AuditEvent.objects.filter(action__startswith="reopening").order_by("pk")] == [
        "reopening.ask", "reopening.approve",
    ]  # fmt: skip
    from assessment import verification

    assert verification.verify().breaks == []


def test_nobody_approves_the_own_request(round, admin):
    asked = reopening.ask(YEAR, reason=REASON, by=admin)
    with pytest.raises(ValidationError, match="另一位同志"):
        reopening.approve(asked, version=asked.version, by=admin)


def test_only_who_may_asks_and_approves(round, staff):
    with pytest.raises(PermissionDenied):
        reopening.ask(YEAR, reason=REASON, by=person("leader"))
    asked = reopening.ask(YEAR, reason=REASON, by=staff)
    for act in (reopening.approve, reopening.close):
        with pytest.raises(PermissionDenied):
            act(asked, version=asked.version, by=person("staff"))


@pytest.mark.parametrize("state", ["self_check", "judging", "review"])
def test_what_is_not_published_is_not_taken_back(round, staff, state):
    Round.objects.update(state=state)
    with pytest.raises(ValidationError, match="不能这样办理"):
        reopening.ask(YEAR, reason=REASON, by=staff)


def test_what_is_final_stays(round, staff, admin):
    sealed(round)
    asked = reopening.ask(YEAR, reason=REASON, by=staff)
    finalised(round)
    with pytest.raises(ValidationError, match="不能这样办理"):
        reopening.ask(YEAR, reason=REASON, by=staff)
    with pytest.raises(ValidationError, match="不能这样办理"):
        reopening.approve(asked, version=asked.version, by=admin)


def test_a_request_is_closed_by_whoever_asked_or_decides_and_asked_for_anew(round, staff, admin):
    asked = reopening.ask(YEAR, reason=REASON, by=staff)
    with pytest.raises(ValidationError, match="正等批准"):
        reopening.ask(YEAR, reason=REASON, by=staff)
    reopening.close(asked, version=asked.version, by=staff)
    with pytest.raises(ValidationError, match="已经办结"):
        reopening.approve(asked, version=1, by=admin)
    again = reopening.ask(YEAR, reason=REASON, by=staff)
    with pytest.raises(Stale):
        reopening.close(again, version=again.version + 1, by=admin)
    assert reopening.close(again, version=again.version, by=admin).closed_by == admin
    assert Round.objects.get().state == "published"


def test_a_request_without_reason_is_no_request(round, staff):
    with pytest.raises(ValidationError):
        reopening.ask(YEAR, reason="  ", by=staff)


def test_asking_and_approving_by_the_pages(round, staff, admin):
    sealed(round)
    asks, decides = pages(staff), pages(admin)
    assert "为什么要改后重新公布" in asks.get(reverse("assessment:reopen", args=[YEAR])).text
    assert asks.post(reverse("assessment:reopen", args=[YEAR]), {"reason": ""}).status_code == 200
    answer = asks.post(reverse("assessment:reopen", args=[YEAR]), {"reason": REASON})
    row = Reopening.objects.get()
    assert answer.url == reverse("assessment:reopening", args=[row.pk])
    text = asks.get(answer.url).text
    assert "由另一位同志批准" in text
    assert "撤回申请" in text
    assert "等批准" in decides.get(reverse("assessment:seals")).text
    assert "不同意" in decides.get(answer.url).text

    stale = decides.post(reverse("assessment:reopening_approve", args=[row.pk]), {"version": 7})
    assert "刚被别人改过" in stale.text
    done = decides.post(reverse("assessment:reopening_approve", args=[row.pk]), {"version": row.version}, follow=True)
    assert "已批准，考核回到复核" in done.text
    assert "不能重新公布" not in done.text
    assert "公布以后、审定以前才能重新公布" in asks.get(reverse("assessment:reopen", args=[YEAR])).text


def test_closing_by_the_pages(round, staff):
    row = reopening.ask(YEAR, reason=REASON, by=staff)
    text = pages(staff).post(
        reverse("assessment:reopening_close", args=[row.pk]), {"version": row.version}, follow=True
    ).text  # fmt: skip
    assert "申请已经办结" in text
    assert "不办理" in text


# --- whom the year praises


def test_the_best_of_the_sealed_year_are_drafted_into_a_commendation_once(round, staff):
    first = sealed(round).scores.first().branch
    site, url = pages(staff), reverse("assessment:round_praise", args=[YEAR])
    assert "还没有审定" in site.post(url, follow=True).text
    VerdictFactory(round=round, branch=first, grade="优秀", reason="成绩突出")
    finalised(round)
    assert "起草通报表扬" in site.get(reverse("assessment:round", args=[YEAR])).text

    made = [site.post(url)["Location"] for _ in range(2)]

    notice = Notice.objects.get(kind="commendation")
    assert made == [notice.get_absolute_url()] * 2
    assert (notice.state, list(notice.addressed_to.all())) == ("draft", [first])
    assert notice.body.count("．") == 1
    assert f"1．{first.name}" in notice.body
    assert "2026年1月22日工委会议审定" in notice.body
    notice.state, notice.issued_by, notice.issued_at = "withdrawn", staff, round.final_at
    notice.save()
    site.post(url)
    assert Notice.objects.filter(kind="commendation").count() == 2


def test_where_nobody_got_the_best_grade_nothing_is_drafted(round, staff):
    sealed(round)
    finalised(round)

    assert (
        "没有党组织被评为最高等次"
        in pages(staff).post(reverse("assessment:round_praise", args=[YEAR]), follow=True).text
    )
    assert not Notice.objects.exists()


# --- a grade that was set before a veto came


def test_a_veto_that_came_later_is_told_where_the_grade_was_set(round, admin):
    scheme = round.scheme
    low = [row | {"at_least": 1 - place} for place, row in enumerate(scheme.content["grades"][1:])]
    scheme.content = scheme.content | {"grades": low}  # the few records of this county are enough for 合格
    scheme.save()
    branch = sealed(round).scores.first().branch
    Round.objects.update(state="deciding")
    before = next(score.grade for score in results.proposed(round) if score.branch == branch)
    row = rounds.decide(YEAR, branch, grade="不合格", reason="工委会议研究", by=admin)
    assert (before, rounds.overtaken(round)) == (row.proposed, [])

    VetoFactory(branch=branch, confirmed=True, reason="discipline")

    assert rounds.overtaken(round) == [branch]
    site = pages(admin)
    assert f"另定时拟定为{before}" in site.get(reverse("assessment:round_decide", args=[YEAR])).text
    assert f"当时拟定为{before}" in site.get(reverse("assessment:round_verdict", args=[YEAR, branch.pk])).text
    assert "拟定又有变动的 1 个" in site.get(reverse("assessment:round_final", args=[YEAR])).text
