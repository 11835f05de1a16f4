"""A step by its own form, sent by the right person; the addresses and the errors of a page."""

from datetime import date

from django.urls import reverse

from meetings.models import MeetingKind
from recruitment import steps
from tests import factories


def url(name, *args):
    return reverse(f"recruitment:{name}", args=args)


def errors(response):
    return {name: "".join(map(str, found)) for name, found in response.context["form"].errors.items()}


TYPED = {  # what a person types in each form beside the day
    "initial_talk": {"talker": "王伟"},
    "confirm_activist": {"recommended_by": "党员推荐"},
    "cultivate": {"words": "表现良好"},
    "confirm_prospect": dict.fromkeys(("opinion_group", "opinion_mentor", "opinion_members", "opinion_masses"), "同意"),
    "political_review": {"conclusion": "passed"},
    "prospect_training": {"days": "3", "hours": "24", "certificate": "2025-07", "passed": "on"},
    "pre_review": {"conclusion": "passed"},
    "fill_application_form": {"form_number": "530000001"},
    "superior_talk": {"talker": "李强"},
    "oath": {"place": "会议室"},
    "probation_review": {"words": "表现良好"},
}
BALLOT = {"entitled": "11", "present": "9", "in_favour": "9", "against": "0", "abstained": "0", "secret": "on"}


def send(site, client, application, key, on, **fields):
    """The step by its own form, by the right person."""
    data = {"on": str(on), **TYPED.get(key, {}), "explained": "补登", **fields}
    if key == "assign_mentor":
        data["guides"] = [site.members[0].pk]
    if key == "assign_sponsors":
        data["guides"] = [row.pk for row in site.members[:2]]
    if key in steps.VOTED:
        meeting = factories.MeetingFactory(
            branch=site.branch, held_on=on, accepted=True, kinds=[MeetingKind.Kind.MEMBERS_MEETING]
        )
        data |= BALLOT | {"meeting": f"m{meeting.pk}"}
    if key == "political_review":
        site.clear(application, date(2025, 4, 20))
    name = "step_review" if key == "political_review" else "step_above" if site.by(key) is site.upper else "step"
    client.force_login(site.by(key))
    assert client.get(url(name, application.pk, key)).status_code == 200
    return client.post(url(name, application.pk, key), data)
