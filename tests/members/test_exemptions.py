"""考勤豁免 and 党员领导干部: entered and ended by who may edit the member; each stretch once."""

from datetime import date

import pytest
import time_machine
from django.core.exceptions import PermissionDenied, ValidationError
from django.urls import reverse

from accounts.models import AuditEvent
from branches.actions import root
from branches.rights import Role
from meetings.actions import due_at, entitled_at
from members import actions
from members.models import Exemption, LeadingCadre
from tests.factories import BranchFactory, MemberFactory, UserFactory
from tests.factories_life import ExemptionFactory, LeadingCadreFactory

pytestmark = pytest.mark.django_db
TODAY = date(2025, 11, 20)
LIST, CADRES = reverse("members:exemptions"), reverse("members:cadres")


@pytest.fixture(autouse=True)
def _today():
    with time_machine.travel("2025-11-20 10:00+08:00", tick=False):
        yield


@pytest.fixture
def member(branch):
    return MemberFactory(branch=branch)


def fresh(member, **fields):
    return Exemption(
        member=member, **{"scope": "attendance", "reason": "infirm", "started_on": date(2025, 3, 1), **fields}
    )


def test_who_is_exempt_is_excused_on_the_roll_of_that_time_alone(branch, member, secretary):
    actions.exempt(fresh(member, ended_on=date(2025, 6, 30)), by=secretary, on=TODAY)

    assert [each.excused for each in due_at(branch, (), date(2025, 6, 30))] == ["年老体弱"]
    assert [each.excused for each in due_at(branch, (), date(2025, 7, 1))] == [""]
    assert AuditEvent.objects.filter(action="member.exempt", object_id=str(member.pk)).exists()


def test_who_is_not_counted_lowers_the_number_entitled(branch, member, secretary):
    MemberFactory(branch=branch)
    before = entitled_at(branch, TODAY)

    actions.exempt(
        fresh(member, scope="quorum", reason="abroad", basis="支部党员大会 2025-02-20"), by=secretary, on=TODAY
    )

    assert entitled_at(branch, TODAY) == before - 1


@pytest.mark.parametrize(
    ("fields", "word"),
    [
        ({"scope": "quorum"}, "请填依据"),
        ({"ended_on": date(2025, 2, 28)}, "止日不能早于起日"),
        ({"started_on": date(2025, 6, 1)}, "这段时间已经登记过"),
    ],
    ids=["no basis", "ends before it begins", "twice"],
)
def test_what_cannot_be_is_refused_in_words(member, secretary, fields, word):
    ExemptionFactory(member=member, started_on=date(2025, 5, 1))

    with pytest.raises(ValidationError, match=word):
        actions.exempt(fresh(member, **fields), by=secretary, on=TODAY)


def test_the_last_day_is_set_once_it_is_known(member, secretary):
    row = ExemptionFactory(member=member)

    actions.end_exemption(row, last=date(2025, 11, 30), by=secretary, on=TODAY)
    actions.end_exemption(row, last=TODAY, by=secretary, on=TODAY)
    row.refresh_from_db()
    assert row.ended_on == TODAY
    with pytest.raises(ValidationError, match="已经结束"):
        actions.end_exemption(row, last=TODAY, by=secretary, on=date(2025, 11, 21))


def test_the_branch_of_today_says_who_may(member):
    stranger = UserFactory(serving=BranchFactory())
    for act, thing in (
        (actions.exempt, fresh(member)), (actions.name_cadre, LeadingCadre(member=member, office="局长", started_on=TODAY)),
    ):  # fmt: skip
        with pytest.raises(PermissionDenied):
            act(thing, by=stranger, on=TODAY)
    for act, row in (
        (actions.end_exemption, ExemptionFactory(member=member)), (actions.release_cadre, LeadingCadreFactory(member=member)),
    ):  # fmt: skip
        with pytest.raises(PermissionDenied):
            act(row, last=TODAY, by=stranger, on=TODAY)


def test_a_cadre_is_named_once_and_released_once(member, secretary):
    row = actions.name_cadre(
        LeadingCadre(member=member, office="副局长", started_on=date(2025, 1, 1)), by=secretary, on=TODAY
    )

    with pytest.raises(ValidationError, match="已登记为党员领导干部"):
        actions.name_cadre(LeadingCadre(member=member, office="局长", started_on=TODAY), by=secretary, on=TODAY)
    with pytest.raises(ValidationError, match="不能早于任职日期"):
        actions.release_cadre(row, last=date(2024, 12, 31), by=secretary, on=TODAY)
    actions.release_cadre(row, last=TODAY, by=secretary, on=TODAY)
    with pytest.raises(ValidationError, match="已经登记了免职日期"):
        actions.release_cadre(row, last=TODAY, by=secretary, on=TODAY)


def test_the_list_shows_who_is_set_aside_now(client, secretary, branch):
    now, over, later = (
        ExemptionFactory(member=MemberFactory(branch=branch, name=name), **days)
        for name, days in {
            "周今": {}, "周过": {"ended_on": date(2025, 11, 19)}, "周后": {"started_on": date(2025, 12, 1)},
        }.items()
    )  # fmt: skip
    ExemptionFactory(member=MemberFactory(branch=BranchFactory(), name="周外"))

    def shown(**asked):
        return {row["exemption"] for row in client.get(LIST, asked).context["rows"]}

    assert shown() == {now, later}
    assert shown(when="all") == {now, over, later}
    assert shown(q="周今") == {now}
    assert shown(scope="quorum") == set()


@pytest.mark.parametrize(("role", "knows"), [(Role.SECRETARY, True), (Role.EDITOR, False)], ids=["secretary", "editor"])
def test_custody_is_known_only_to_who_answers_for_the_member(client, branch, member, role, knows):
    ExemptionFactory(member=member, reason="custody", basis="县纪委〔2025〕1 号")
    client.force_login(UserFactory(serving=branch, role=role))

    for url in (LIST, member.get_absolute_url()):
        text = client.get(url).content.decode()
        assert ("被采取强制措施" in text, "县纪委" in text, "依规定" in text) == (knows, knows, not knows)
    assert due_at(branch, (), date(2025, 11, 20))[0].excused == "依规定"


def test_entered_and_ended_from_the_page_of_the_member(client, secretary, member):
    url = reverse("members:exemption_add", args=[member.pk])
    sent = {"scope": "quorum", "reason": "abroad", "started_on": "2025-11-01"}

    text = client.post(url, sent).content.decode()
    assert "请填依据" in text
    assert "密级标志" in client.post(url, sent | {"basis": "机密★"}).content.decode()
    client.post(url, sent | {"basis": "支部党员大会"})
    row = Exemption.objects.get()
    assert "支部党员大会" in client.get(member.get_absolute_url()).content.decode()
    end = reverse("members:exemption_end", args=[row.pk])
    assert "止日不能早于起日" in client.post(end, {"last": "2025-10-01"}).content.decode()
    assert client.post(end, {"last": "2025-11-20"})["Location"] == member.get_absolute_url()


def test_a_cadre_is_entered_and_released_from_the_page_of_the_member(client, secretary, member):
    client.post(reverse("members:cadre_add", args=[member.pk]), {"office": "副局长", "started_on": "2025-01-01"})

    row = LeadingCadre.objects.get()
    assert "副局长" in client.get(CADRES).content.decode()
    client.post(reverse("members:cadre_end", args=[row.pk]), {"last": "2025-11-19"})
    assert "副局长" not in client.get(CADRES).content.decode()
    assert "副局长" in client.get(CADRES, {"when": "all"}).content.decode()


def test_others_cannot_reach_it(client, secretary):
    stranger = MemberFactory(branch=BranchFactory())
    rows = {"exemption_end": ExemptionFactory(member=stranger), "cadre_end": LeadingCadreFactory(member=stranger)}

    for name, thing in {"exemption_add": stranger, "cadre_add": stranger, **rows}.items():
        assert client.get(reverse(f"members:{name}", args=[thing.pk])).status_code == 404


@pytest.mark.parametrize("url", [LIST, CADRES])
def test_a_list_costs_the_same_at_any_length(client, count_queries, url):
    client.force_login(UserFactory(serving=root(), role=Role.STAFF))

    def furnish(count):
        for _ in range(count):
            member = MemberFactory(branch=BranchFactory())
            ExemptionFactory(member=member)
            LeadingCadreFactory(member=member)

    furnish(2)
    count_queries(url)
    few = count_queries(url)
    furnish(8)

    assert count_queries(url) == few
