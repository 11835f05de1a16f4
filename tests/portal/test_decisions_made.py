"""A county's decision on a local rule: by whom, from when, by what paper, and what it does."""

from datetime import date, timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.urls import reverse

from accounts.models import AuditEvent, Stale
from branches.actions import root
from branches.rights import Role
from duties.actions import generate
from duties.models import Duty
from portal.settings import decisions
from portal.settings.forms import DecisionForm
from rulebook import book
from rulebook.models import Decision
from tests.factories import BranchFactory, DecisionFactory, RoundFactory, UserFactory

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 22)
SOURCE = "2026 年 11 月 20 日工委会议"


def admin():
    return UserFactory(serving=root(), role=Role.ADMIN)


def decide(key="rectify.days", value=45, *, from_on=TODAY, source=SOURCE, reason="", then=None, by=None):
    return decisions.decide(
        key, value, from_on=from_on, source=source, reason=reason, then=then, by=by or admin(), on=TODAY
    )


def test_it_holds_from_its_day_and_never_before():
    decide(from_on=date(2027, 1, 1))

    assert book.value("rectify.days", on=date(2026, 12, 31)) == 30
    assert book.value("rectify.days", on=date(2027, 1, 1)) == 45
    event = AuditEvent.objects.get(action="rule.decide")
    assert event.detail == {"key": "rectify.days", "from_on": "2027-01-01", "source": SOURCE}


def test_a_later_one_of_the_same_day_stands():
    decide(value=45)
    decide(value=50)

    assert book.value("rectify.days", on=TODAY) == 50
    assert Decision.objects.filter(key="rectify.days").count() == 2, "nothing is written over"


def test_within_one_reading_the_book_of_a_day_is_made_once_and_anew_after_a_decision(django_assert_num_queries):
    with book.read_once():
        with django_assert_num_queries(1):
            before = book.in_force(on=TODAY)
            assert book.in_force(on=TODAY) is before
            assert book.value("rectify.days", on=date(2027, 1, 1)) == 30
        decide(from_on=TODAY)
        assert book.in_force(on=TODAY)["rectify.days"].value == 45
        assert before["rectify.days"].value == 30
    assert book.in_force(on=TODAY) is not book.in_force(on=TODAY), "outside, nothing is kept"


def test_nobody_changes_the_book_that_others_read():
    with pytest.raises(TypeError):
        book.in_force(on=TODAY)["rectify.days"] = None


def test_the_row_of_a_file_holds_from_its_first_day_to_the_next_row():
    def held(row, on):
        return max(
            (each for each in book.rules()[row.key] if each.since <= on), key=lambda each: each.since, default=None
        )

    with book.read_once():
        for row in (row for rows in book.rules().values() for row in rows):
            before = row.since - timedelta(days=1)
            assert book.rule(row.key, on=row.since) == row
            assert book.rule(row.key, on=before) == held(row, before)


@pytest.mark.parametrize("role", [Role.STAFF, Role.LEADER, Role.INSPECTOR])
def test_only_administrators_decide(role):
    with pytest.raises(PermissionDenied):
        decide(by=UserFactory(serving=root(), role=role))


@pytest.mark.parametrize(
    ("change", "field", "words"),
    [
        ({"source": "  "}, "source", "依据"),
        ({"from_on": date(2026, 11, 21)}, "reason", "事由"),
        ({"from_on": date(2028, 11, 23)}, "from_on", "两年"),
        ({"from_on": date(2018, 10, 27)}, "from_on", "才有"),
        ({"value": 0}, "part", "1 至 365"),
    ],
    ids=["no paper", "past without reason", "too far ahead", "before the rule", "out of bounds"],
)
def test_what_is_wrong_is_said_beside_its_box(change, field, words):
    with pytest.raises(ValidationError) as refused:
        decide(**change)

    assert words in refused.value.message_dict[field][0]
    assert not Decision.objects.exists()


@pytest.mark.parametrize(
    ("from_on", "is_free"), [(date(2025, 12, 31), False), (date(2026, 1, 1), True)], ids=["decided year", "the next"]
)
def test_a_decided_year_keeps_its_rules(from_on, is_free):
    RoundFactory(
        year=2025, state="published", opened_on=date(2025, 11, 1), self_check_until=date(2025, 11, 20),
        judging_until=date(2025, 12, 20), published_on=date(2026, 1, 5), objections_until=date(2026, 1, 12),
    )  # fmt: skip

    if is_free:
        assert decide(from_on=from_on, reason="补登").pk
    else:
        with pytest.raises(ValidationError, match="最早填 2026-01-01"):
            decide(from_on=from_on, reason="补登")


def test_a_rule_of_those_above_is_not_for_the_county():
    with pytest.raises(ValidationError, match="上级规定"):
        decide("term.years", 4)


def test_the_same_value_again_is_no_decision():
    with pytest.raises(ValidationError, match="没有要改的"):
        decide(value=30)


def test_the_words_of_a_rule_follow_its_numbers():
    value = book.value("ladder.days", on=TODAY) | {"upper": 10}

    with pytest.raises(ValidationError, match="说明"):
        decide("ladder.days", value)
    assert decide("ladder.days", value | {"text": "满 10 天党委（总支）看到"}).pk


def test_who_comes_second_is_told():
    then = decisions.seen("rectify.days")
    decide(value=45, then=then)

    with pytest.raises(Stale):
        decide(value=50, then=then)


def test_a_mark_of_secrecy_is_refused():
    with pytest.raises(ValidationError, match="密级"):
        decide(source="机密★ 会议纪要")


def test_the_past_of_a_rule_names_files_and_decisions():
    decide(from_on=date(2027, 1, 1))
    decide(value=20)

    lines = decisions.history("rectify.days", on=TODAY)

    assert [(line.rule.value, line.is_now) for line in lines] == [(45, False), (20, True), (30, False)]


class TestEffect:
    def test_what_it_would_do_to_the_duties_is_counted_and_taken_back(self):
        BranchFactory.create_batch(2, founded_on=date(2020, 1, 1))
        by = admin()
        generate(2026, by=by)
        before = list(Duty.objects.order_by("pk").values_list("pk", "due_on"))
        value = book.value("duty.monthly_dispatch", on=TODAY) | {"owed_by": []}

        found = decisions.effect(
            "duty.monthly_dispatch", value, from_on=date(2026, 10, 1), source=SOURCE, reason="补登", by=by, on=TODAY
        )

        assert (found.year, found.added, found.moved) == (2026, 0, 0)
        assert found.removed == 6, "October to December of two branches"
        assert list(Duty.objects.order_by("pk").values_list("pk", "due_on")) == before
        assert not Decision.objects.exists()
        assert book.value("duty.monthly_dispatch", on=TODAY)["owed_by"], "nothing of the trial is remembered"

    def test_what_is_no_duty_has_none(self):
        assert decisions.effect("rectify.days", 45, from_on=TODAY, source=SOURCE, by=admin(), on=TODAY) is None


class TestPages:
    def test_the_list_names_what_may_be_decided(self, client):
        client.force_login(admin())
        DecisionFactory(key="rectify.days", value=45, from_on=date(2099, 1, 1))

        page = client.get(reverse("portal:decisions"), {"q": "整改期限"}).content.decode()

        assert "整改期限缺省天数" in page
        assert "2099-01-01 起另有规定" in page
        assert "任期（年）" not in client.get(reverse("portal:decisions"), {"q": "任期"}).content.decode()

    def test_every_form_gives_back_what_it_was_given(self):
        for key in filter(decisions.is_settable, book.rules()):
            held = book.rules()[key][-1].value
            form = DecisionForm(key=key, held=held)
            sent = {name: form[name].value() for name in form.fields}

            bound = DecisionForm(sent | {"from_on": "2026-11-22", "source": "x", "reason": ""}, key=key, held=held)

            assert bound.is_valid(), (key, bound.errors)
            assert bound.value == held

    def test_saved_it_is_in_force_for_the_next_request(self, client):
        client.force_login(admin())
        url = reverse("portal:decision", args=["rectify.days"])
        day = client.get(url).context["today"]
        body = {"part": "45", "from_on": str(day), "source": SOURCE, "reason": "", "then": "0", "act": "save"}

        assert client.post(url, body).status_code == 302
        assert "45 天" in client.get(url).content.decode()

    def test_tried_it_changes_nothing(self, client):
        client.force_login(admin())
        url = reverse("portal:decision", args=["rectify.days"])
        day = client.get(url).context["today"]

        page = client.post(url, {"part": "45", "from_on": str(day), "source": SOURCE, "then": "0", "act": "try"})

        assert "还没有保存" in page.content.decode()
        assert not Decision.objects.exists()

    def test_what_was_typed_stays_beside_what_is_wrong(self, client):
        client.force_login(admin())

        page = client.post(
            reverse("portal:decision", args=["rectify.days"]), {"part": "999", "from_on": "x", "source": ""}
        )

        text = page.content.decode()
        assert page.status_code == 200
        assert 'value="999"' in text
        assert "不能大于 365" in text

    @pytest.mark.parametrize("key", ["term.years", "no.such.rule", "member.birthday"])
    def test_what_is_not_to_be_decided_has_no_page(self, client, key):
        client.force_login(admin())

        assert client.get(reverse("portal:decision", args=[key])).status_code == 404


def test_the_name_of_the_portal_is_decided(client):
    by = admin()
    decide("portal.name", "示例教育党建", by=by)
    client.force_login(by)

    assert book.portal_name(on=TODAY) == "示例教育党建"
    assert book.portal_name(on=date(2026, 11, 21)) == "云岭教育党建"
