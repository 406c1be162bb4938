"""What tests share: an application on a real, migrated SQLite file of its own, a petition, a worker."""

from __future__ import annotations

import contextlib
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from petition import migrating
from petition.accounts.service import add_user
from petition.app import create_app
from petition.core.clock import now
from petition.core.db import db, writing
from petition.core.tokens import form_token
from petition.organisations.service import add_organisation
from petition.petitions import service as petitions
from petition.petitions.models import Petition, State
from petition.settings import Settings, read_settings
from petition.signatures.consent import keep_wordings
from petition.translations.catalogues import compile_stale
from petition.worker import Worker
from tests.smtp_sink import SmtpSink

KEYS = {"PETITION_SECRET_KEY": "secret for tests " * 4, "PETITION_ADDRESS_KEY": "addresses of tests " * 4}
PASSWORD = "correct horse battery"
SLUG = "free-the-river"


def pytest_configure() -> None:
    """Compiles the catalogues: without that, pages speak English in every language."""
    compile_stale()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Prints what tests have measured (`record_property("measured", …)`)."""
    for report in terminalreporter.getreports("passed"):
        for name, words in report.user_properties:
            if name == "measured":
                terminalreporter.write_line(words)


def make_settings(instance: Path, **changes: Any) -> Settings:
    """The settings of a development instance in a folder of the test's own."""
    environ = {"PETITION_INSTANCE": str(instance), "PETITION_ENV": "development", **KEYS}
    return replace(read_settings(environ), **changes)


@pytest.fixture(scope="session")
def migrated_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database migrated once; each test gets a copy."""
    instance = tmp_path_factory.mktemp("migrated")
    app = create_app(make_settings(instance))
    with app.app_context():
        migrating.upgrade()
        with writing() as session:
            keep_wordings(session)
        db.session.remove()
        with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        db.engine.dispose()
    return instance / "petition.db"


@pytest.fixture
def settings(tmp_path: Path, migrated_database: Path) -> Settings:
    """The test's settings; its database file is migrated already."""
    instance = tmp_path / "instance"
    instance.mkdir()
    shutil.copy(migrated_database, instance / "petition.db")
    return make_settings(instance)


@contextlib.contextmanager
def running(settings: Settings) -> Iterator[Flask]:
    """An application whose connections are closed at the end."""
    app = create_app(settings)
    app.testing = True
    try:
        yield app
    finally:
        with app.app_context():
            db.session.remove()
            db.engine.dispose()
            app.extensions["petition.limiter"].storage.engine.dispose()


@pytest.fixture
def app(settings: Settings) -> Iterator[Flask]:
    with running(settings) as made:
        yield made


@pytest.fixture
def inside(app: Flask) -> Iterator[Flask]:
    """The application, with its context open."""
    with app.app_context():
        yield app


@pytest.fixture
def client(app: Flask, petition: Petition) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def petition(app: Flask) -> Petition:
    """An open petition, detached: its columns can be read anywhere."""
    return add_petition(app)


def add_petition(app: Flask, slug: str = SLUG, **changes: Any) -> Petition:
    """Stores a petition of the organisation `river-friends`, open unless told otherwise."""
    with app.app_context():
        with writing() as session:
            organisation = _organisation(session)
            draft = petitions.Draft(
                slug=slug,
                organisation=organisation,
                title="Free the river",
                addressee="the Minister of Waters",
                body="Let it *flow*.",
                locale="en",
                state=State.OPEN,
            )
            stored = petitions.store(session, replace(draft, **changes))
            slug = stored.slug
        found = petitions.find(db.session(), slug)
        assert found.texts
        assert found.organisation
        db.session.expunge_all()
    return found


def _organisation(session: Any) -> Any:
    from petition.organisations.models import Organisation

    found = session.query(Organisation).filter_by(slug="river-friends").one_or_none()
    if found is None:
        owner = add_user(session, "owner@river.example.org", "Owner", PASSWORD)
        found = add_organisation(session, "river-friends", "River Friends", owner)
    return found


@pytest.fixture
def sign(app: Flask, client: FlaskClient) -> Callable[..., Any]:
    """Fills in the form: `sign("a@example.org", name="Ana")` returns the answer."""

    def fill_in(email: str, slug: str = SLUG, **fields: Any) -> Any:
        with app.app_context():
            token = form_token(now(), 1)
        form = {"name": "Ana Test", "country": "KR", "email": email, "form_token": token} | fields
        return app.test_client().post(f"/petitions/{slug}/sign", data=form)

    return fill_in


@pytest.fixture
def send_mail(app: Flask) -> Callable[[], int]:
    """Runs a worker until nothing is due; returns how many mails left."""

    def run() -> int:
        worker = Worker(app, once=True)
        worker.run()
        return worker.sent

    return run


@pytest.fixture
def sink() -> Iterator[SmtpSink]:
    with SmtpSink() as server:
        yield server


def signed_in(app: Flask, email: str = "owner@river.example.org", password: str = PASSWORD) -> FlaskClient:
    """A browser in which an organiser has signed in."""
    client = app.test_client()
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', client.get("/login").text)
    assert token
    answer = client.post("/login", data={"email": email, "password": password, "csrf_token": token[1]})
    assert answer.status_code == 303
    return client


LINK = re.compile(r"^(http\S+/(?:confirm|my)/\S+)$", re.MULTILINE)
CODE = re.compile(r"^([0-9A-Z]{5}-[0-9A-Z]{5})$", re.MULTILINE)
