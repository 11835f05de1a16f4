"""Where something was wrong or somebody is gone, a way leads on: the archive, the last decision, the file of who left."""

from datetime import date

import pytest
from django.urls import reverse

from branches.rights import Role
from members import standing
from members.models import Membership
from recruitment import probation, steps, votes
from tests import factories
from tests.recruitment.test_steps import refusal
from tests.recruitment.walks import TODAY, Site

pytestmark = pytest.mark.django_db

DAY = date(2026, 7, 15)


def url(name, *args):
    return reverse(f"recruitment:{name}", args=args)


@pytest.fixture
def site():
    return Site()


def propose(site, application, kind="extension", months=6):
    return probation.propose(
        application, kind, DAY, vote=site.vote(DAY), months=months, words="有误", by=site.secretary, today=TODAY
    )


def leave(site, application, reason):
    standing.leave(application.member, reason=reason, last=date(2026, 5, 1), basis="登记", by=site.upper, on=TODAY)


def page(client, user, application):
    client.force_login(user)
    return client.get(url("detail", application.pk)).content.decode()


def test_an_archive_that_was_wrong_is_taken_back(site, client):
    """Papers of a closed file are put right by taking the archive back; nothing else of it is."""
    application = site.walk()
    assert url("undo_above", application.pk, "archive") in page(client, site.upper, application)
    assert url("undo_above", application.pk, "conversion_approval") not in page(client, site.upper, application)
    assert not steps.may_take_back(application, "archive", site.secretary)
    taken_back = {"on": TODAY, "by": site.upper, "today": TODAY}
    assert "已办结" in refusal(steps.take_back, application, "conversion_approval", "有误", **taken_back)

    sent = {"on": "2026-09-10", "words": "材料不齐"}
    assert client.post(url("undo_above", application.pk, "archive"), sent).status_code == 302
    application.refresh_from_db()
    assert (application.outcome, application.ended_on, application.step) == ("", None, "conversion_approval")
    site.take(application, "archive", date(2026, 9, 20))
    application.refresh_from_db()
    assert (application.outcome, application.ended_on) == ("admitted", date(2026, 9, 20))


@pytest.mark.parametrize(
    ("reason", "outcome"),
    [(Membership.End.DIED, "died"), (Membership.End.RESIGNED, "withdrawn"), (Membership.End.CANCELLED, "cancelled")],
)
def test_the_file_of_a_probationer_who_is_gone_is_closed(site, client, reason, outcome):
    application = site.walk("transfer_apply")
    assert url("close", application.pk) not in page(client, site.secretary, application)
    leave(site, application, reason)
    seen = page(client, site.secretary, application)
    assert url("close", application.pk) in seen
    assert url("propose", application.pk, "extension") not in seen

    sent = {"outcome": outcome, "on": "2026-05-02", "reason": "已在名册办理"}
    assert client.post(url("close", application.pk), sent).status_code == 302
    application.refresh_from_db()
    assert (application.outcome, application.ended_on) == (outcome, date(2026, 5, 2))


def test_a_candidature_is_cancelled_by_vote_and_approval_and_not_by_closing_the_file(site, client):
    application = site.walk("transfer_apply")
    leave(site, application, Membership.End.DIED)
    client.force_login(site.secretary)
    client.post(url("close", application.pk), {"outcome": "cancelled", "on": "2026-05-02", "reason": "去世"})
    application.refresh_from_db()
    assert application.outcome == ""


def test_an_extension_entered_by_mistake_is_taken_back_and_then_its_vote(site, client):
    application = site.walk("conversion_vote")
    vote = propose(site, application)
    probation.decide(application, date(2026, 7, 20), by=site.upper, today=TODAY)
    address = url("undo_above", application.pk, "extension_approval")
    assert address in page(client, site.upper, application)
    assert address not in page(client, site.secretary, application)
    assert (
        client.post(url("undo", application.pk, "extension_approval"), {"on": TODAY, "words": "x"}).status_code == 302
    )
    application.refresh_from_db()
    assert application.extended_months == 6

    client.force_login(site.upper)
    assert client.post(address, {"on": "2026-07-21", "words": "登记有误"}).status_code == 302
    application.refresh_from_db()
    assert (application.extended_months, votes.pending(application)) == (0, vote)
    assert "退回发展党员步骤：上级党委批准延长预备期" in page(client, site.upper, application)
    client.force_login(site.secretary)
    assert (
        client.post(
            url("undo", application.pk, "extension_vote"), {"on": "2026-07-21", "words": "登记有误"}
        ).status_code
        == 302
    )
    assert votes.pending(application) is None
    assert not vote.holds
    site.take(application, "transfer_apply", date(2026, 7, 22))
    assert site.take(application, "conversion_vote", date(2026, 7, 25), {"secret": True})


def test_an_extension_stands_once_the_person_applied_anew(site):
    application = site.walk("conversion_vote")
    propose(site, application)
    probation.decide(application, date(2026, 7, 20), by=site.upper, today=TODAY)
    site.take(application, "transfer_apply", date(2027, 1, 10))
    args = ("extension_approval", "有误", TODAY)

    assert "请先退回" in refusal(probation.take_back, application, *args, by=site.upper, today=TODAY)
    steps.take_back(application, "transfer_apply", "有误", TODAY, by=site.secretary, today=TODAY)
    inspector = factories.UserFactory(serving=site.committee, role=Role.INSPECTOR)
    assert not probation.may_take_back(application, "extension_approval", inspector)
    assert probation.take_back(application, *args, by=site.upper, today=TODAY)
    assert "没有办理" in refusal(probation.take_back, application, *args, by=site.upper, today=TODAY)


@pytest.mark.parametrize("kind", ["extension", "cancellation"])
def test_no_conversion_while_a_decision_waits(site, kind):
    """The branch voted to extend or to cancel; before the superior answers it does not vote to convert."""
    application = site.walk("conversion_vote")
    propose(site, application, kind)
    args = (application, "conversion_vote", date(2026, 7, 20), {"secret": True})

    assert "还在等上级党委批准" in refusal(site.take, *args)
    probation.take_back(application, f"{kind}_vote", "决议有误", TODAY, by=site.secretary, today=TODAY)
    assert site.take(*args)
