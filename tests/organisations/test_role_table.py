"""The table of who may do what (`role_table.txt`), tried out: every address, every method, everybody.

Walking changes nothing, so all walk past the same objects; that nothing has changed, each walk asserts.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from flask import Flask
from flask.testing import FlaskClient

from petition.accounts.models import User
from petition.accounts.service import start_session
from petition.accounts.signed_in import COOKIE
from petition.core.addresses import parse_address
from petition.core.db import Base, writing
from petition.deliveries.models import ExportState
from petition.organisations import invitations
from petition.organisations.models import Membership, Organisation, Role
from petition.organisations.service import add_organisation, find_organisation
from petition.petitions.models import Petition
from petition.updates import service as updates
from tests.conftest import SLUG, add_petition, make_settings, password_hash, running
from tests.databases import Databases, raw_engine
from tests.deliveries.journal.made import of_deliveries
from tests.deliveries.packages.making import add_mission, asked
from tests.endorsements.conftest import draft_endorsement
from tests.exports import add_request
from tests.petitions.partnership import accepted, add_lake

TABLE = Path(__file__).with_name("role_table.txt")
TOLD = ("/organiser", "/admin", "/api")
MEMBERS = {
    "owner": Role.OWNER,
    "editor": Role.EDITOR,
    "officer": Role.DELIVERY_OFFICER,
    "moderator": Role.MODERATOR,
    "observer": Role.OBSERVER,
}
EVERYBODY = (*MEMBERS, "other", "none", "admin", "nobody")
OPEN_TOO_LONG = "This page was open for too long"
TRACES = {"audit_entry", "audit_detail", "audit_head"}  # a list is downloaded


class Row(NamedTuple):
    """A line of the table: an address and who may."""

    method: str
    rule: str
    may: dict[str, str]


def rows() -> Iterator[Row]:
    for line in TABLE.read_text("utf-8").splitlines():
        if line.strip() and not line.startswith("#"):
            method, rule, *may = line.split()
            assert len(may) == len(EVERYBODY), line
            yield Row(method, rule, dict(zip(EVERYBODY, may, strict=True)))


class Objects(NamedTuple):
    """What stands for the parts of addresses: of the first organisation, and what belongs to it."""

    values: dict[str, str]

    def url(self, rule: str) -> str:
        """The address of the object; the part before `<slug>` says what sort of object that is."""
        return re.sub(r"(\w+)/<(?:\w+:)?(\w+)>|\.<(\w+)>", self._filled, rule)

    def _filled(self, found: re.Match[str]) -> str:
        if found[3]:
            return f".{self.values[found[3]]}"
        return f"{found[1]}/{self.values.get(f'{found[1]}/{found[2]}') or self.values[found[2]]}"


class Site(NamedTuple):
    """An application with the objects, a browser for each who walks, and the rows as they were before."""

    app: Flask
    objects: Objects
    browsers: dict[str, FlaskClient]
    before: dict[str, list[str]]

    def walk(self, name: str, tries: Iterable[tuple[str, Row, str]]) -> str:
        """Tries methods at the addresses of rows in a browser; what is not as expected, a line for each."""
        wrong = []
        for method, row, expected in tries:
            answer = self.browsers[name].open(self.objects.url(row.rule), method=method, buffered=True)
            if (found := allowed(answer)) != expected:
                wrong.append(f"{method} {row.rule}: {found} instead of {expected}")
        after = stored(self.app)
        wrong += [f"the table {table} has changed" for table, was in self.before.items() if was != after[table]]
        return "\n".join(wrong)


def stored(app: Flask) -> dict[str, list[str]]:
    """Every row, of all tables but those in which a walk leaves its traces."""
    tables = [table for name, table in Base.metadata.tables.items() if name not in TRACES]
    with raw_engine(app.config["DATABASE_URL"]) as engine, engine.connect() as connection:
        return {
            table.name: sorted(repr(row) for row in connection.exec_driver_sql(f'SELECT * FROM "{table.name}"'))
            for table in tables
        }


def make_objects(app: Flask) -> Objects:
    """A petition of the organisation `river-friends`, an update, a wanted export and a package of it, an invitation,
    a member.

    Whoever adds an address with a new sort of object adds the object here.
    """
    add_petition(app)
    add_mission(app)
    package_id = str(asked(app).id)
    with app.app_context(), writing() as session:
        river = find_organisation(session, "river-friends")
        owner = session.query(User).one()
        address = parse_address("invited@example.org")
        petition = session.query(Petition).one()
        update = updates.draft(session, owner, petition, {"en": updates.Words("News", "We were heard.")})
        endorsement = draft_endorsement(session, owner, petition)
        invitation = invitations.invite(session, owner, river, address, [Role.EDITOR], "en")
        return Objects(
            {
                "petitions/slug": SLUG,
                "missions/slug": "cn-gb-london-embassy",
                "organisations/slug": river.slug,
                "format": "csv",
                "user_id": str(owner.id),
                "import_id": str(update.id),
                "request_id": str(add_request(session, petition, owner, ExportState.WAITING).id),
                "update_id": str(update.id),
                "endorsement_id": str(endorsement.id),
                "invitation_id": str(invitation.id),
                "number": "1",
                **of_deliveries(session, petition),
                "package_id": package_id,
            }
        )


@contextlib.contextmanager
def site_of(databases: Databases, instance: Path) -> Iterator[tuple[Flask, Objects]]:
    """An application of the module's own, with the objects."""
    url = databases.migrated(instance)
    with running(make_settings(instance, url)) as app:
        yield app, make_objects(app)
    databases.drop(url)


@pytest.fixture(scope="module")
def site(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """For each of EVERYBODY."""
    with site_of(databases, tmp_path_factory.mktemp("roles")) as (app, objects):
        yield Site(app, objects, _browsers(app, "river-friends", EVERYBODY), stored(app))


@pytest.fixture(scope="module")
def partners_site(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """For the people of an organisation that is a partner of the petition."""
    with site_of(databases, tmp_path_factory.mktemp("partners")) as (app, objects):
        add_lake(app)
        accepted(app)
        yield Site(app, objects, _browsers(app, "lake-friends", MEMBERS), stored(app))


def _browsers(app: Flask, organisation: str, names: Iterable[str]) -> dict[str, FlaskClient]:
    clients = {name: app.test_client() for name in names}
    with app.app_context(), writing() as session:
        theirs = find_organisation(session, organisation)
        for name, client in clients.items():
            if name == "nobody":
                continue
            with client.session_transaction() as cookie:
                cookie[COOKIE] = start_session(session, _person(session, theirs, name).id)
    return clients


def _person(session: Any, organisation: Organisation, name: str) -> User:
    user = User(email=f"{name}@people.example.org", name=name, password_hash=password_hash(), admin=name == "admin")
    session.add(user)
    session.flush()
    if name in MEMBERS:
        session.add(Membership(organisation_id=organisation.id, user_id=user.id, role=MEMBERS[name]))
    elif name == "other":
        add_organisation(session, "lake-friends", "Lake Friends", user)
    return user


def allowed(answer: Any) -> str:
    """What an answer says in the words of the table."""
    if answer.status_code == 303 and answer.location.partition("?")[0] == "/login":
        return "login"
    if answer.status_code == 404:
        return "no"
    if answer.status_code in {200, 303, 422} or OPEN_TOO_LONG in answer.text:
        return "yes"
    return f"{answer.status_code}?"


def test_every_address_and_method_has_a_line(site: Site) -> None:
    there_are = {
        (method, rule.rule)
        for rule in site.app.url_map.iter_rules()
        if rule.rule.startswith(TOLD)
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    lines = [(row.method, row.rule) for row in rows()]
    assert set(lines) == there_are
    assert len(lines) == len(set(lines))


@pytest.mark.parametrize("name", EVERYBODY)
def test_everybody_may_what_the_table_says_and_nothing_else(site: Site, name: str) -> None:
    """HEAD is tried wherever GET is refused, and by the owner everywhere."""
    tries = [(row.method, row, row.may[name]) for row in rows()]
    heads = [
        ("HEAD", row, may) for method, row, may in tries if method == "GET" and (may != "yes" or name == "owner")
    ]
    assert site.walk(name, [*tries, *heads]) == ""


def test_every_line_is_about_something_that_exists(site: Site) -> None:
    assert all("<" not in site.objects.url(row.rule) for row in rows())


WHOEVER_SENDS = ("owner", "editor")
OF_PARTNERS = "/organiser/petitions/<slug>/partners/<int:number>"
OF_UPDATES = ("/organiser/petitions/<slug>/updates", "/organiser/petitions/<slug>/updates/new")


def may_as_partner(row: Row, role: str) -> str:
    """What the table means for somebody with that role in a partner of the petition, and no other."""
    if row.rule == OF_PARTNERS:
        return "yes" if role == "owner" else "no"
    if row.rule.startswith("/organiser/missions"):
        return row.may[role]
    if row.rule in OF_UPDATES:
        return "yes" if role in WHOEVER_SENDS else "no"
    if "petitions/<slug>" in row.rule and row.may["other"] == "no":
        return row.may["observer"]
    return row.may["other"]


@pytest.mark.parametrize("role", MEMBERS)
def test_the_people_of_a_partner_see_what_an_observer_sees_and_write_to_its_own_readers(
    partners_site: Site, role: str
) -> None:
    assert partners_site.walk(role, [(row.method, row, may_as_partner(row, role)) for row in rows()]) == ""
