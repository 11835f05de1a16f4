"""一票否决: two different persons and a paper; in force only once confirmed; lifted by a paper; never after the end."""

from datetime import date

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from accounts.models import AuditEvent, Stale
from assessment import scoring, vetoes
from assessment.models import Round, Veto
from branches.actions import root
from branches.rights import Role
from tests.assessment.rounds_of_a_year import YEAR, People
from tests.factories import BranchFactory, RoundFactory, SchemeFactory, UserFactory, VetoFactory

pytestmark = pytest.mark.django_db
ON = date(2025, 12, 1)


@pytest.fixture
def people():
    return People()


@pytest.fixture
def branch():
    SchemeFactory()
    return BranchFactory(founded_on=date(2020, 1, 1))


def propose(branch, by, **changed):
    given = {"reason": "fraud", "number": "通报〔2025〕9号", "dated": date(2025, 11, 5)} | changed
    return vetoes.propose(branch, YEAR, **given, by=by, on=ON)


def limit(branch):
    """What limits the branch's grade, in words."""
    (score,) = scoring.grade(YEAR, on=ON)
    return "；".join(part.reason for item in score.items for part in item.parts if part.best)


def test_it_limits_the_grade_only_once_another_confirmed_it(people, branch):
    veto = propose(branch, people.staff)
    assert limit(branch) == ""

    vetoes.confirm(veto, version=1, by=people.other)

    assert limit(branch) == "按一票否决条款，等次最高为基本合格"
    vetoes.lift(veto, number="教体〔2025〕20号", version=2, by=people.staff)
    assert limit(branch) == ""
    assert list(AuditEvent.objects.filter(action__startswith="veto.").order_by("pk").values_list("action", flat=True)) == [
        "veto.propose", "veto.confirm", "veto.lift",
    ]  # fmt: skip


def test_who_proposed_it_does_not_confirm_it(people, branch):
    veto = propose(branch, people.staff)

    with pytest.raises(ValidationError, match="提出人以外的另一人"):
        vetoes.confirm(veto, version=1, by=people.staff)
    assert Veto.objects.get().confirmed_at is None


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"reason": "lateness"}, "reason"), ({"number": " "}, "number"), ({"dated": date(2025, 12, 2)}, "dated"),
        ({"number": "机密★通报"}, ""),
    ],
    ids=["not in the scheme", "no paper", "of tomorrow", "secret"],
)  # fmt: skip
def test_reason_paper_and_day_must_be_right(people, branch, changed, field):
    with pytest.raises(ValidationError) as refusal:
        propose(branch, people.staff, **changed)

    assert not field or field in refusal.value.message_dict
    assert not Veto.objects.exists()


def test_the_same_is_not_proposed_twice_but_again_after_it_was_lifted(people, branch):
    veto = propose(branch, people.staff)
    with pytest.raises(ValidationError, match="已经提出过"):
        propose(branch, people.other)

    vetoes.lift(veto, number="提错了支部", version=1, by=people.staff)
    propose(branch, people.other)


def test_it_is_lifted_by_a_paper_once(people, branch):
    veto = propose(branch, people.staff)
    with pytest.raises(ValidationError, match="注明解除依据"):
        vetoes.lift(veto, number=" ", version=1, by=people.staff)
    with pytest.raises(Stale):
        vetoes.lift(veto, number="x", version=7, by=people.staff)

    vetoes.lift(veto, number="x", version=1, by=people.staff)
    with pytest.raises(ValidationError, match="已经解除"):
        vetoes.lift(veto, number="x", version=2, by=people.staff)
    with pytest.raises(ValidationError, match="已经解除"):
        vetoes.confirm(veto, version=2, by=people.other)


@pytest.mark.parametrize("act", ["propose", "confirm", "lift"])
def test_after_the_end_of_the_year_nothing_changes(people, branch, act):
    veto = VetoFactory(branch=branch, reason="safety", proposed_by=people.staff)
    RoundFactory(final=True)

    with pytest.raises(ValidationError, match="已经审定封存"):
        {
            "propose": lambda: propose(branch, people.staff),
            "confirm": lambda: vetoes.confirm(veto, version=1, by=people.other),
            "lift": lambda: vetoes.lift(veto, number="x", version=1, by=people.staff),
        }[act]()
    assert Round.objects.get().state == "final"


def test_only_what_the_year_grades(people, branch):
    with pytest.raises(ValidationError, match="不在 2025 年度考核的范围内"):
        propose(BranchFactory(founded_on=date(2026, 1, 1)), people.staff)


@pytest.mark.parametrize("role", [Role.LEADER, Role.INSPECTOR])
def test_only_staff_propose(branch, role):
    with pytest.raises(PermissionDenied):
        propose(branch, UserFactory(serving=root(), role=role))


def test_a_leader_confirms(people, branch):
    vetoes.confirm(propose(branch, people.staff), version=1, by=UserFactory(serving=root(), role=Role.LEADER))

    assert limit(branch)


class TestPages:
    def test_the_branch_reads_the_clause_and_not_the_paper(self, client, branch):
        VetoFactory(branch=branch, confirmed=True, number="独有文号〔2025〕1号")
        client.force_login(UserFactory(serving=branch))

        page = client.get(f"/assessment/{YEAR}/{branch.pk}/").content.decode()

        assert "按一票否决条款" in page
        assert "独有文号" not in page
        assert client.get("/assessment/vetoes/").status_code == 403

    def test_who_proposed_it_finds_no_button_to_confirm(self, client, people, branch):
        veto = propose(branch, people.staff)
        for person, shown in ((people.staff, False), (people.other, True)):
            client.force_login(person)
            page = client.get("/assessment/vetoes/").content.decode()
            assert (f"/assessment/vetoes/{veto.pk}/confirm/" in page) is shown

    def test_the_whole_way_by_forms(self, client, people, branch):
        client.force_login(people.staff)
        body = {"year": YEAR, "branch": branch.pk, "reason": "safety", "number": "通报1号", "dated": "2025-11-05"}
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("django.utils.timezone.localdate", lambda *_: ON)
            assert client.post("/assessment/vetoes/add/", body | {"dated": "2025-12-09"}).status_code == 200
            assert client.post("/assessment/vetoes/add/", body).status_code == 302
        veto = Veto.objects.get()
        client.force_login(people.other)
        assert client.post(f"/assessment/vetoes/{veto.pk}/confirm/", {"version": 1}).status_code == 302
        client.force_login(people.staff)
        client.post(f"/assessment/vetoes/{veto.pk}/lift/", {"number": "教体2号", "version": 2})
        assert Veto.objects.get().lifted_number == "教体2号"
