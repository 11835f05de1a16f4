"""The page of a member and that of a branch lead to what may be begun there, and lead nobody else to it."""

from datetime import date

import pytest
from django.urls import reverse

from branches.actions import root
from branches.rights import Role
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def post():
    term = factories.TermFactory(branch=factories.BranchFactory())
    return factories.PostFactory(term=term, member=factories.MemberFactory(branch=term.branch))


def doors(client, post, user):
    client.force_login(user)
    branch, member = post.term.branch, post.member
    pages = [
        client.get(reverse(name, args=[row.pk])).content.decode()
        for name, row in (("members:detail", member), ("branches:detail", branch))
    ]
    wanted = [
        f"{reverse('members:transfer_add')}?member={member.pk}", reverse("members:post_end", args=[post.pk]),
        f"{reverse('members:election_add')}?branch={branch.pk}",
    ]  # fmt: skip
    return [url for url in wanted if any(f'href="{url}"' in page for page in pages)], wanted


def test_the_secretary_finds_transfer_dismissal_and_election_and_each_opens(client, post):
    found, wanted = doors(client, post, factories.UserFactory(serving=post.term.branch))

    assert found == wanted
    assert [client.get(url).status_code for url in found] == [200, 200, 200]


def test_who_only_looks_finds_none(client, post):
    found, _ = doors(client, post, factories.UserFactory(serving=root(), role=Role.INSPECTOR))

    assert found == []


def test_what_is_over_is_not_offered(client, post):
    member, branch = post.member, post.term.branch
    post.ended_on = date(2025, 1, 31)
    post.save(update_fields=["ended_on"])
    member.memberships.update(ended_on=date(2025, 1, 31))
    branch.closed_on = date(2025, 1, 31)
    branch.save(update_fields=["closed_on"])

    client.force_login(factories.UserFactory(serving=root(), role=Role.STAFF))
    page = client.get(reverse("branches:detail", args=[branch.pk])).content.decode()

    assert reverse("members:election_add") + "?" not in page
