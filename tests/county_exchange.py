"""What other programs are given in COUNTY-S: a token of each of three people, a calendar, an address that is told."""

from accounts.models import AuditEvent, User
from exchange.models import ApiToken, Hook, HookDelivery
from exchange.tokens import feed_digest
from tests import factories
from tests.routes_exchange import FEED

OWNERS = ("admin", "staff", "secretary a1")


def connect(county, rows):
    for person in OWNERS:
        factories.ApiTokenFactory(user=county.people[person], name="x")
    factories.FeedFactory(user=county.people["secretary a1"], branch=county.branches["a1"], digest=feed_digest(FEED))
    hook = factories.HookFactory(branch=county.branches["root"], name="x", created_by=county.people["admin"])
    system = User.objects.system()
    record = AuditEvent.objects.create(by=system, action="meeting.submit", label="meetings.Meeting", object_id="1")
    factories.HookDeliveryFactory(hook=hook, record=record, branch=county.branches["a1"], state="sent", note="x")
    rows["hook"] = [("root", hook)]


def eyes(county, person):
    """model → keys of the rows whose words are for this person: one's own tokens, and all of them for who looks after them."""
    me, manages = county.people.get(person), county.reach(person, "hook.manage")
    tokens = ApiToken.objects.all() if manages else ApiToken.objects.filter(user=me)
    return {
        "apitoken": set(tokens.values_list("pk", flat=True)) if me else set(),
        **{
            model._meta.model_name: set(model.objects.values_list("pk", flat=True)) if manages else set()
            for model in (Hook, HookDelivery)
        },
    }
