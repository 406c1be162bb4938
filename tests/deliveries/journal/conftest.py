"""A delivery officer's browser, and readers'."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient

from petition.core.db import read_again, writing
from petition.deliveries.journal.models import Delivery
from petition.petitions.models import Petition
from tests.conftest import SLUG, signed_in
from tests.deliveries.journal import made

ALL = f"/petitions/{SLUG}/deliveries"
MINE = f"/organiser/petitions/{SLUG}/deliveries"


@dataclass
class Officer:
    """Whoever plans and records, signed in; `look` is anybody."""

    app: Flask
    browser: FlaskClient

    def press(self, path: str, **fields: Any) -> Any:
        """Posts a form of the page with its token."""
        token = re.search(r'name="csrf_token" value="([^"]+)"', self.browser.get("/organiser").text)
        assert token
        return self.browser.post(path, data={"csrf_token": token[1], **fields}, content_type="multipart/form-data")

    def done(self, path: str, **fields: Any) -> None:
        """The same; it must be taken."""
        answer = self.press(path, **fields)
        assert answer.status_code == 303, answer.text

    def plan(self, *cities: str, at: str = "2026-03-01T12:00") -> list[str]:
        """Plans deliveries past the pages; their ids."""
        return made.plan(self.app, *cities, at=at)

    def package(self, delivery_id: str, **more: Any) -> str:
        """The id of a package that could be handed over there."""
        with self.app.app_context(), writing() as session:
            return str(made.with_package(session, session.get_one(Delivery, UUID(delivery_id)), **more).id)

    def record(self, delivery_id: str, kind: str, at: str = "2026-02-22T11:00", **words: str) -> None:
        """Records what happened, by the page."""
        told = {
            "delivered": {"to_whom": "the consular counter", "by_whom": "River Friends"},
            "posted": {"carrier": "Royal Mail"},
            "sent": {"reference": "<1@example.org>"},
            "refused": {"said": "We take nothing."},
        }[kind]
        self.done(
            f"/organiser/deliveries/{delivery_id}/record/{kind}", **{"at": at, "package": "none"} | told | words
        )

    def entry(self, delivery_id: str) -> str:
        """The path of the page that corrects the newest entry."""
        found = re.findall(r'href="(/organiser/deliveries/[^"]+/entries/[0-9a-f-]+)"', self.desk(delivery_id))
        assert found
        return str(found[-1])

    def desk(self, delivery_id: str) -> str:
        """The organiser's page of a delivery."""
        return str(self.browser.get(f"/organiser/deliveries/{delivery_id}").text)

    def look(self, path: str, **query: str) -> str:
        """A page as anybody sees it."""
        return str(self.app.test_client().get(path, query_string=query).text)

    def planned_at(self, delivery_id: str) -> datetime:
        """The instant that is kept."""
        with self.app.app_context():
            return read_again().get_one(Delivery, UUID(delivery_id)).planned_at


@pytest.fixture
def officer(app: Flask, petition: Petition) -> Officer:
    return Officer(app, signed_in(app))
