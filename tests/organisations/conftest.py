"""Two organisations with a petition each, their owners, and an administrator of the site who owns nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from petition.accounts.service import add_user
from petition.core.db import writing
from petition.mail.models import OwedMail
from petition.organisations.service import add_organisation
from petition.petitions import service as petitions
from petition.petitions.models import State
from tests.conftest import PASSWORD, SLUG, add_petition, signed_in

OTHER = "free-the-lake"


@dataclass(frozen=True)
class People:
    """A browser for each."""

    member: FlaskClient
    stranger: FlaskClient
    admin: FlaskClient
    nobody: FlaskClient

    def others(self) -> list[FlaskClient]:
        """Those who do not work for the organisation of the first petition, but are signed in."""
        return [self.stranger, self.admin]


@pytest.fixture
def people(app: Flask) -> People:
    add_petition(app)
    with app.app_context(), writing() as session:
        add_user(session, "admin@example.org", "Admin", PASSWORD, admin=True)
        owner = add_user(session, "owner@lake.example.org", "Lake Owner", PASSWORD)
        lake = add_organisation(session, "lake-friends", "Lake Friends", owner)
        values: dict[str, Any] = {
            "title": "Free the lake",
            "addressee": "the Minister",
            "body": "Now.",
            "locale": "en",
        }
        petitions.store(session, petitions.Draft(slug=OTHER, organisation=lake, state=State.OPEN, **values))
    signed = [signed_in(app), signed_in(app, "owner@lake.example.org"), signed_in(app, "admin@example.org")]
    with app.app_context(), writing() as session:
        session.execute(sa.delete(OwedMail))  # nobody is told that somebody signed in
    return People(*signed, app.test_client())


WRITING = {
    "/organiser/petitions/new": "/organiser/petitions/new",
    "/organiser/petitions/<slug>/edit": f"/organiser/petitions/{SLUG}/edit",
    "/organiser/petitions/<slug>/history": f"/organiser/petitions/{SLUG}/history",
    "/organiser/petitions/<slug>/state": f"/organiser/petitions/{SLUG}/state",
}
POSTED = {*list(WRITING)[:2], "/organiser/petitions/<slug>/state", "/organiser/petitions/<slug>/picture"}
"""What changes something: tests/petitions tries it. The pages of /admin are tried there too."""
URLS = WRITING | {
    "/organiser": "/organiser",
    "/organiser/petitions/<slug>": f"/organiser/petitions/{SLUG}",
    "/organiser/petitions/<slug>/list.<format>": f"/organiser/petitions/{SLUG}/list.csv",
    "/organiser/petitions/<slug>/signatures/add": f"/organiser/petitions/{SLUG}/signatures/add",
}
POSTED = {  # pages that change something: tests/signatures/test_import_pages.py tries them as everybody
    "/organiser/petitions/<slug>/signatures/add",
    "/organiser/petitions/<slug>/signatures/sheet",
    "/organiser/petitions/<slug>/signatures/<import_id>/undo",
}
