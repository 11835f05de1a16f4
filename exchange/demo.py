"""Other programs of the invented county: a data platform that reads and is told, tokens that ran out and were taken back."""

from datetime import timedelta

from accounts import audit
from branches.actions import root
from duties.demo.moments import at
from exchange.hooks import newest
from exchange.models import ApiToken, Feed, Hook, HookDelivery
from exchange.tokens import MARK, digest_of, feed_digest
from jobs.copying import insert
from meetings.models import Meeting

State = HookDelivery.State
TOLD = [  # how it ended, after how many attempts, and what the record says
    (State.SENT, 1, ""), (State.SENT, 1, ""), (State.SENT, 2, ""), (State.SENT, 1, ""), (State.FAILED, 1, "对方拒收（410）"),
    (State.UNKNOWN, 8, "没有等到对方的答复"), (State.SENT, 1, ""), (State.SENT, 1, ""),
]  # fmt: skip


def build(county, rng):
    """Nobody knows what these tokens are, so they open nothing."""
    today, staff = county.today, county.users["gongwei"]
    for name, verbs, days, used, revoked in [
        ("县教育局数据平台取数", ["branch.see", "meeting.see", "duty.see"], 180, 1, False),
        ("年终总结取数（临时）", [], -20, 22, False),
        ("旧数据大屏", ["branch.see"], 90, 11, True),
    ]:
        secret = f"{MARK}{rng.getrandbits(128):032x}"
        ended = {"revoked_at": at(today - timedelta(days=9), 10), "revoked_by": staff} if revoked else {}
        ApiToken.objects.create(
            user=staff, name=name, prefix=secret[:12], digest=digest_of(secret), epoch=staff.session_epoch, verbs=verbs,
            expires_on=today + timedelta(days=days), last_used_on=today - timedelta(days=used), **ended,
        )  # fmt: skip
    secretary = county.users["shuji"]
    branch = secretary.appointments.first().branch
    Feed.objects.create(
        user=secretary,
        branch=branch,
        digest=feed_digest(f"{rng.getrandbits(128):032x}"),
        epoch=secretary.session_epoch,
        last_used_on=today,
    )
    _hook(county, rng)


def _hook(county, rng):
    """It is switched off, since its address leads nowhere."""
    admin = county.users["gongwei"]
    hook = Hook.objects.create(
        name="县教育局数据平台", branch=root(), url="https://platform.example.invalid/dangjian/events",
        events=["meeting.submitted", "notice.issued", "class.closed", "assessment.published"],
        secret=f"{rng.getrandbits(256):064x}", is_active=False, position=newest(), created_by=admin,
    )  # fmt: skip
    meetings = list(Meeting.objects.counted().order_by("-held_on", "-pk")[: len(TOLD)])
    record = audit.record("hook.switch", hook, by=admin, on=False)
    insert([
        HookDelivery(
            hook=hook, record=record, event="meeting.submitted", kind="meetings", object_id=meeting.pk,
            branch_id=meeting.branch_id, happened_at=at(meeting.held_on, 17), state=state, attempts=attempts, note=note,
            next_at=at(meeting.held_on, 17), claimed_at=at(meeting.held_on, 17), settled_at=at(meeting.held_on, 17),
        )
        for meeting, (state, attempts, note) in zip(meetings, TOLD, strict=False)
    ])  # fmt: skip
