import json
import logging

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse

from tests.factories import ApiTokenFactory
from tests.routes_exchange import of_api


def lists():
    """name → view class of every list of the API."""
    found = {route.name.removeprefix("api:"): route.view for route in of_api() if not route.args}
    return {name: view.cls for name, view in found.items() if hasattr(view, "cls")}


@pytest.fixture(autouse=True)
def _never_too_many(settings):
    settings.API_LIMITS = dict.fromkeys(settings.API_LIMITS, 10**9)


@pytest.fixture
def fetch(db):
    """fetch(token's text, address, **headers) → (status, body); `fetch.response` is the whole answer."""
    client = Client(raise_request_exception=False)

    def get(secret, address, *, method="get", **headers):
        if secret is not None:
            headers["authorization"] = f"Bearer {secret}"
        with transaction.atomic():
            get.response = getattr(client, method)(address, headers=headers)
            transaction.set_rollback(True)
        body = get.response.content
        return get.response.status_code, json.loads(body) if body else None

    logging.disable(logging.ERROR)
    yield get
    logging.disable(logging.NOTSET)


@pytest.fixture
def secrets_of(county):
    """person → the text of a token; made in the county's transaction, which is taken back."""
    return {
        person: ApiTokenFactory(user=user, name="x").secret
        for person, user in county.people.items()
        if user is not None
    }


def address(name, *args):
    return reverse(f"api:{name}", args=args)
