"""其他学时: entered with a proof, confirmed from above by another, sent back and mended."""

from datetime import date

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.urls import reverse

from accounts.models import AuditEvent, Stale
from branches.actions import root
from branches.rights import Role
from files.models import StoredFile
from tests.factories import BranchFactory, MemberFactory, OtherHoursFactory, UserFactory
from tests.factories_files import upload
from tests.factories_training import NOW
from training import ledger, other_hours
from training.models import OtherHours

pytestmark = pytest.mark.django_db
ON = date(2025, 6, 30)
State = OtherHours.State


@pytest.fixture
def committee():
    return BranchFactory(committee=True)


@pytest.fixture
def branch(committee):
    return BranchFactory(parent=committee)


@pytest.fixture
def secretary(branch):
    return UserFactory(serving=branch)


@pytest.fixture
def upper(committee):
    return UserFactory(serving=committee, role=Role.COMMITTEE)


@pytest.fixture
def member(branch):
    return MemberFactory(branch=branch, name="王芳")


def typed(**fields):
    usual = {
        "kind": "online", "title": "云南干部在线学习", "started_on": date(2025, 3, 1), "ended_on": date(2025, 3, 31), "hours": 6,
        "evidence": "网络学习证明",
    }  # fmt: skip
    return OtherHours(**usual | fields)


def enter(secretary, members, **options):
    fields = {name: options.pop(name) for name in list(options) if name not in ("upload", "sure")}
    return other_hours.enter(typed(**fields), members, by=secretary, on=ON, **options)


def refusal(act):
    with pytest.raises(ValidationError) as refused:
        act()
    return "；".join(refused.value.messages)


# --- entering


def test_one_proof_serves_several_members(secretary, member, branch):
    other = MemberFactory(branch=branch)

    rows = enter(secretary, [member, other], evidence="", upload=upload())

    assert {row.file_id for row in rows} == {StoredFile.objects.get().pk}
    assert {(row.state, row.year, row.branch) for row in rows} == {("entered", 2025, branch)}
    assert AuditEvent.objects.filter(action="hours.enter").count() == 2


def test_without_a_proof_nothing_is_entered(secretary, member):
    assert "请上传证明材料" in refusal(lambda: enter(secretary, [member], evidence=""))
    assert not OtherHours.objects.exists()


def test_what_goes_over_new_year_is_split(secretary, member):
    with pytest.raises(ValidationError, match="请分成两条登记"):
        enter(secretary, [member], started_on=date(2024, 12, 30), ended_on=date(2025, 1, 3))


@pytest.mark.parametrize(
    ("ended_on", "words"), [(date(2025, 7, 1), "还没有结束"), (date(2025, 2, 1), "止日不能早于起日")]
)
def test_days_that_cannot_be(secretary, member, ended_on, words):
    assert words in refusal(lambda: enter(secretary, [member], ended_on=ended_on))


@pytest.mark.parametrize("hours", [0, -1, 401])
def test_hours_that_cannot_be(secretary, member, hours):
    assert "学时须大于 0" in refusal(lambda: enter(secretary, [member], hours=hours))


def test_what_bears_a_mark_of_secrecy_is_refused(secretary, member):
    with pytest.raises(ValidationError):
        enter(secretary, [member], title="机密★学习材料")


def test_the_same_again_is_only_entered_by_who_is_sure(secretary, member, branch):
    other = MemberFactory(branch=branch)
    enter(secretary, [member])

    assert refusal(lambda: enter(secretary, [member, other])).startswith("王芳同志已经登记过")
    assert len(enter(secretary, [member, other], sure=True)) == 2


def test_what_was_sent_back_is_no_duplicate(secretary, member, branch):
    OtherHoursFactory(
        member=member, branch=branch, state="returned", return_reason="x", checked_by=UserFactory(), checked_at=NOW
    )

    assert enter(secretary, [member])


def test_only_for_the_own_members(secretary, branch):
    with pytest.raises(PermissionDenied):
        enter(secretary, [MemberFactory(branch=BranchFactory())])
    gone = MemberFactory(branch=branch)
    gone.memberships.update(ended_on=date(2025, 5, 1))
    assert "不在任何支部" in refusal(lambda: enter(secretary, [gone]))
    assert "请勾选" in refusal(lambda: enter(secretary, []))


# --- from above


@pytest.fixture
def row(secretary, member):
    return enter(secretary, [member])[0]


def test_an_organisation_above_confirms(row, upper):
    done = other_hours.confirm(row, by=upper)

    assert (done.state, done.checked_by) == (State.CONFIRMED, upper)


def test_the_branch_itself_confirms_nothing(row, branch):
    with pytest.raises(PermissionDenied):
        other_hours.confirm(row, by=UserFactory(serving=branch))


def test_a_committee_does_not_confirm_its_own(committee, upper):
    own = OtherHoursFactory(member=MemberFactory(branch=committee), branch=committee)

    with pytest.raises(PermissionDenied, match="由上级党组织办理"):
        other_hours.confirm(own, by=upper)
    assert other_hours.confirm(own, by=UserFactory(serving=root(), role=Role.STAFF)).state == State.CONFIRMED


def test_nobody_confirms_what_they_entered_not_even_for_the_root(branch):
    staff, other = (UserFactory(serving=root(), role=Role.STAFF) for _ in range(2))
    for home in (branch, root()):
        row = OtherHoursFactory(member=MemberFactory(branch=home), branch=home, created_by=staff)
        assert not other_hours.may_check(row, staff)
        assert "登记的人不能核实" in refusal(lambda row=row: other_hours.confirm(row, by=staff))
        assert other_hours.confirm(row, by=other).state == State.CONFIRMED


def test_sent_back_it_does_not_count_until_it_is_mended(row, upper, secretary, member):
    assert "请写明退回的原因" in refusal(lambda: other_hours.send_back(row, reason=" ", by=upper))
    back = other_hours.send_back(row, reason="证明看不清", by=upper)
    assert ledger.hours([member], 2025, on=ON)[member.pk].other == 0
    assert "已退回，不能再这样办理" in refusal(lambda: other_hours.confirm(back, by=upper))

    back.hours = 8
    mended = other_hours.mend(back, version=back.version, by=secretary, on=ON)

    assert (mended.state, mended.return_reason, mended.checked_by, mended.hours) == (State.ENTERED, "", None, 8)
    assert ledger.hours([member], 2025, on=ON)[member.pk].other == 8
    assert other_hours.confirm(mended, by=upper)


def test_what_is_confirmed_stays_until_it_is_sent_back(row, upper, secretary):
    done = other_hours.confirm(row, by=upper)

    assert "已核实" in refusal(lambda: other_hours.mend(done, version=done.version, by=secretary, on=ON))
    assert "已核实" in refusal(lambda: other_hours.withdraw(done, reason="x", by=secretary))
    assert other_hours.send_back(done, reason="重复", by=upper).state == State.RETURNED


def test_who_comes_second_is_told(row, secretary):
    other_hours.mend(row, version=row.version, by=secretary, on=ON)

    with pytest.raises(Stale):
        other_hours.mend(row, version=row.version, by=secretary, on=ON)


def test_a_proof_goes_with_the_last_who_has_it(secretary, member, branch):
    first, second = enter(secretary, [member, MemberFactory(branch=branch)], evidence="", upload=upload())

    other_hours.withdraw(first, reason="登记错了", by=secretary)
    assert StoredFile.objects.exists()
    other_hours.withdraw(second, reason="登记错了", by=secretary)
    assert not StoredFile.objects.exists()
    assert AuditEvent.objects.filter(action="hours.withdraw", detail__reason="登记错了").count() == 2


def test_several_are_confirmed_all_or_none(row, upper, secretary, branch):
    done = OtherHoursFactory(
        member=MemberFactory(branch=branch), branch=branch, state="confirmed", checked_by=UserFactory(), checked_at=NOW
    )

    assert "不能再这样办理" in refusal(lambda: other_hours.confirm_all([row, done], by=upper))
    row.refresh_from_db()
    assert row.state == State.ENTERED
    assert other_hours.confirm_all([row], by=upper) == 1


# --- pages


def test_a_secretary_enters_hours_for_two_and_the_committee_confirms_them(client, secretary, member, branch, upper):
    other = MemberFactory(branch=branch)
    client.force_login(secretary)
    form = {
        "kind": "upper", "title": "省委党校培训", "started_on": "2025-03-03", "ended_on": "2025-03-07", "hours": "40",
        "is_concentrated": "on", "members": [member.pk, other.pk], "upload": upload(),
    }  # fmt: skip
    page = client.get(reverse("training:other_hours_add")).content.decode()
    assert "非涉密系统" in page
    assert client.post(reverse("training:other_hours_add"), form).status_code == 302

    client.force_login(upper)
    page = client.get(reverse("training:other_hours") + "?state=entered").content.decode()
    assert page.count('name="row"') == 2
    keys = list(OtherHours.objects.values_list("pk", flat=True))
    client.post(reverse("training:other_hours_confirm_all"), {"row": keys})

    assert set(OtherHours.objects.values_list("state", flat=True)) == {"confirmed"}
    detail = client.get(OtherHours.objects.first().get_absolute_url()).content.decode()
    assert "已核实" in detail
    assert "退回" in detail
    file = client.get(reverse("training:other_hours_file", args=[keys[0]]))
    assert file["Content-Disposition"].startswith("attachment")


def test_a_duplicate_is_asked_about_and_everything_typed_is_kept(client, secretary, row, member):
    client.force_login(secretary)
    form = {
        "kind": "online", "title": row.title, "started_on": "2025-03-01", "ended_on": "2025-03-31", "hours": "6",
        "members": [member.pk], "evidence": "证书",
    }  # fmt: skip
    answer = client.post(reverse("training:other_hours_add"), form)
    assert "确实不是重复登记" in answer.content.decode()
    assert 'value="证书"' in answer.content.decode()

    assert client.post(reverse("training:other_hours_add"), form | {"sure": "on"}).status_code == 302


def test_sending_back_and_mending_by_page(client, row, upper, secretary):
    client.force_login(upper)
    client.post(reverse("training:other_hours_return", args=[row.pk]), {"reason": "证明看不清"})
    client.force_login(secretary)
    assert "证明看不清" in client.get(row.get_absolute_url()).content.decode()
    fresh = OtherHours.objects.get()
    form = {
        "kind": "online", "title": row.title, "started_on": "2025-03-01", "ended_on": "2025-03-31", "hours": "5.5",
        "evidence": "证书 1 号", "version": fresh.version,
    }  # fmt: skip
    assert client.post(reverse("training:other_hours_edit", args=[row.pk]), form).status_code == 302
    assert str(OtherHours.objects.get().hours) == "5.5"
    stale = client.post(reverse("training:other_hours_edit", args=[row.pk]), form | {"title": "另一个"})
    assert "刚被别人改过" in stale.content.decode()


def test_a_list_costs_the_same_at_any_length(client, upper, branch, count_queries):
    client.force_login(upper)
    OtherHoursFactory(branch=branch)
    before = count_queries(reverse("training:other_hours"))
    OtherHoursFactory.create_batch(9, branch=branch)

    assert count_queries(reverse("training:other_hours")) == before


def test_a_stranger_finds_nothing(client, row):
    client.force_login(UserFactory(serving=BranchFactory()))

    for name in ("other_hours_detail", "other_hours_edit", "other_hours_file", "other_hours_withdraw"):
        assert client.get(reverse(f"training:{name}", args=[row.pk])).status_code == 404
    assert row.title not in client.get(reverse("training:other_hours")).content.decode()
