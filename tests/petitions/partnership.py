"""A petition of River Friends, with Lake Friends as a partner."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from petition.accounts.models import User
from petition.accounts.service import add_user, find_user
from petition.core.db import db, read_again, writing
from petition.mail.models import OwedMail
from petition.organisations.models import Organisation
from petition.organisations.service import add_organisation
from petition.petitions import partners
from petition.petitions import service as petitions
from petition.petitions.models import Partner
from tests.conftest import PASSWORD, SLUG, signed_in

LAKE_OWNER = "owner@lake.example.org"


class Sides(NamedTuple):
    """Browsers of the owners of the lead and of the other organisation."""

    lead: FlaskClient
    lake: FlaskClient


def add_lake(app: Flask, slug: str = "lake-friends", name: str = "Lake Friends", owner: str = LAKE_OWNER) -> None:
    """Another organisation, with its owner."""
    with app.app_context(), writing() as session:
        add_organisation(session, slug, name, add_user(session, owner, f"Owner of {name}", PASSWORD))


def sides(app: Flask) -> Sides:
    """Both owners signed in; nothing is owed to them for that."""
    add_lake(app)
    both = Sides(signed_in(app), signed_in(app, LAKE_OWNER))
    with app.app_context(), writing() as session:
        session.execute(sa.delete(OwedMail))
    return both


def accepted(app: Flask, slug: str = "lake-friends", owner: str = LAKE_OWNER) -> Partner:
    """The organisation becomes a partner; detached."""
    with app.app_context():
        with writing() as session:
            petition = petitions.find(session, SLUG)
            lead = find_user(session, "owner@river.example.org")
            assert lead
            number = partners.invite(session, lead, petition, slug).number
            answer(session, owner, number)
        found = read_again().scalars(sa.select(Partner).where(Partner.number == number)).one()
        db.session.expunge_all()
        return found


def answer(session: Any, owner: str, number: int, accept: bool = True) -> None:
    """The owner of the organisation answers."""
    who = session.scalars(sa.select(User).where(User.email == owner)).one()
    partners.answer(session, who, partners.find(session, who, SLUG, number), accept)


def ended(app: Flask, number: int = 1) -> None:
    """The lead ends it."""
    with app.app_context(), writing() as session:
        lead = session.scalars(sa.select(User).where(User.email == "owner@river.example.org")).one()
        partners.end(session, lead, partners.of_lead(session, petitions.find(session, SLUG), number))


def renamed(app: Flask, slug: str, name: str) -> None:
    """The organisation has another name from now on."""
    with app.app_context(), writing() as session:
        session.scalars(sa.select(Organisation).where(Organisation.slug == slug)).one().name = name


def post(client: FlaskClient, path: str, of: str = "", **fields: Any) -> Any:
    """Sends a form with the token of its page."""
    token = re.search(r'name="csrf_token" value="([^"]+)"', client.get(of or path).text)
    assert token, client.get(path).status
    return client.post(path, data={"csrf_token": token[1], **fields})
