"""The home of the settings, the pages beside it, and what may no longer be changed in passing."""

import io
from datetime import date

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse
from docx import Document

from accounts import audit
from branches.actions import root
from branches.rights import Role
from portal.settings import home
from recruitment import documents
from tests.factories import BranchFactory, DecisionFactory, PostFactory, UserFactory

pytestmark = pytest.mark.django_db


def person(role):
    return UserFactory(serving=root(), role=role)


def routes_of(user):
    return {row["entry"].route for _, rows in home.groups(user) for row in rows}


def test_each_sees_what_the_own_post_may_change():
    admin, staff = routes_of(person(Role.ADMIN)), routes_of(person(Role.STAFF))

    assert {"portal:decisions", "portal:calendar", "portal:posts", "reminders:channels"} <= admin - staff
    assert {"portal:year_open", "assessment:schemes", "branches:catalogue"} <= staff


def test_each_says_who_changed_it_last(client):
    by = person(Role.ADMIN)
    audit.record("rule.decide", DecisionFactory(), by=by, key="x")
    client.force_login(by)

    page = client.get(reverse("portal:settings")).content.decode()

    assert f"最近一次：{by}" in page
    assert "对规则作出决定" in page


def test_the_home_costs_the_same_whatever_was_done(django_assert_num_queries):
    by = person(Role.ADMIN)
    routes_of(by)
    for _ in range(5):
        audit.record("rule.decide", DecisionFactory(), by=by, key="x")

    with django_assert_num_queries(2):
        home.groups(by)


@pytest.mark.parametrize("route", ["portal:names", "portal:word_templates"])
def test_the_pages_beside_open(client, route):
    client.force_login(person(Role.ADMIN))

    assert client.get(reverse(route)).status_code == 200


def test_a_form_is_looked_at_filled_before_it_is_used(client):
    client.force_login(person(Role.STAFF))
    key = next(key for key, document in documents.documents().items() if document.has_form)

    sent = client.get(reverse("recruitment:template_word", args=[key]), {"sample": "1"})

    text = "\n".join(part.text for part in Document(io.BytesIO(sent.content)).paragraphs)
    assert "示例" in text
    assert "{{" not in text


def test_a_name_is_changed_by_a_paper_and_not_in_passing(client):
    branch = BranchFactory(name="原名支部")
    client.force_login(person(Role.STAFF))
    url = reverse("branches:edit", args=[branch.pk])

    client.post(
        url, {"name": "新名支部", "stage": "primary", "area": "", "nature": "", "note": "x", "version": branch.version}
    )

    branch.refresh_from_db()
    assert (branch.name, branch.note) == ("原名支部", "x")
    assert reverse("members:change_rename", args=[branch.pk]) in client.get(url).content.decode()


def test_an_office_does_not_end_before_it_began():
    post = PostFactory(started_on=date(2026, 3, 2))
    post.ended_on = date(2026, 3, 1)

    with pytest.raises(ValidationError, match="不能早于任职日期"):
        post.full_clean()
    post.ended_on = date(2026, 3, 2)
    post.full_clean()
