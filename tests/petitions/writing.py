"""An organiser's browser: fills in the editor as it stands on the page, changed where the test says."""

from __future__ import annotations

import html
import re
from typing import Any

from flask import Flask
from flask.testing import FlaskClient

from petition.accounts.service import add_user
from petition.core.db import read_again, writing
from petition.organisations.models import Membership, Role
from petition.organisations.service import find_organisation
from petition.petitions import service
from petition.petitions.models import Petition, State
from tests.conftest import PASSWORD, SLUG, signed_in

INPUT = re.compile(r'<input id="[^"]+" name="([^"]+)" type="[^"]+" value="([^"]*)"')
AREA = re.compile(r'<textarea id="[^"]+" name="([^"]+)"[^>]*>\n(.*?)</textarea>', re.DOTALL)
SELECT = re.compile(r'<select id="[^"]+" name="([^"]+)"[^>]*>(.*?)</select>', re.DOTALL)
CHOSEN = re.compile(r'<option value="([^"]*)" selected>')
TICKED = re.compile(r'<input type="checkbox" id="[^"]+" name="([^"]+)" value="yes" checked>')
HIDDEN = re.compile(r'<input type="hidden" name="(csrf_token|seen)" value="([^"]*)"')


def filled(page: str) -> dict[str, str]:
    """The editor's fields as a browser would send them back."""
    fields = {name: html.unescape(value) for name, value in INPUT.findall(page)}
    fields |= {name: html.unescape(value) for name, value in AREA.findall(page)}
    for name, options in SELECT.findall(page):
        chosen = CHOSEN.search(options)
        fields[name] = html.unescape(chosen[1]) if chosen else ""
    fields |= dict.fromkeys(TICKED.findall(page), "yes")
    return fields | {
        name: html.unescape(value) for name, value in HIDDEN.findall(page) if name in ("csrf_token", "seen")
    }


def write(client: FlaskClient, slug: str = SLUG, do: str = "save", **changes: Any) -> Any:
    """Opens the editor, changes fields (`en__title` is the title in English) and presses a button."""
    page = client.get(f"/organiser/petitions/{slug}/edit")
    assert page.status_code == 200
    return press(client, filled(page.text), slug, do, **changes)


def press(
    client: FlaskClient, fields: dict[str, str], slug: str = SLUG, do: str = "save", **changes: str | None
) -> Any:
    """Sends the editor's fields."""
    named = {name.replace("__", "-"): value for name, value in changes.items()}
    sent = {name: value for name, value in (fields | named).items() if value is not None}
    return client.post(f"/organiser/petitions/{slug}/edit", data=sent | {"do": do})


def token_on(page: str) -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert found
    return found[1]


def go(client: FlaskClient, state: str, slug: str = SLUG) -> Any:
    """Presses a button of the organiser's state page."""
    token = token_on(client.get("/organiser/petitions/new").text)
    return client.post(f"/organiser/petitions/{slug}/state", data={"csrf_token": token, "state": state})


def decide(client: FlaskClient, what: str, slug: str = SLUG, **fields: str) -> Any:
    """Sends a form of the administrator's page: `state`, `note` or `assign`."""
    token = token_on(client.get(f"/admin/petitions/{slug}").text)
    return client.post(f"/admin/petitions/{slug}/{what}", data={"csrf_token": token} | fields)


def administrator(app: Flask) -> FlaskClient:
    with app.app_context(), writing() as session:
        add_user(session, "admin@example.org", "Site Admin", PASSWORD, admin=True)
    return signed_in(app, "admin@example.org")


def member(app: Flask, role: Role, slug: str = "river-friends") -> FlaskClient:
    """Somebody with one role in an organisation."""
    address = f"{role.replace(' ', '-')}@{slug}.example.org"
    with app.app_context(), writing() as session:
        user = add_user(session, address, "Somebody", PASSWORD)
        session.add(Membership(organisation_id=find_organisation(session, slug).id, user_id=user.id, role=role))
    return signed_in(app, address)


def texts(app: Flask, slug: str = SLUG) -> list[tuple[int, dict[str, str]]]:
    """Every version with its title in each language."""
    with app.app_context():
        found = service.find(read_again(), slug)
        return [(text.version, {one.locale: one.title for one in text.in_all_languages}) for text in found.texts]


def state_of(app: Flask, slug: str = SLUG) -> State:
    with app.app_context():
        return service.find(read_again(), slug).state


def change(app: Flask, slug: str = SLUG, **columns: Any) -> None:
    """Sets columns of a petition past all rules."""
    with app.app_context(), writing() as session:
        found: Petition = service.find(session, slug)
        for name, value in columns.items():
            setattr(found, name, value)
