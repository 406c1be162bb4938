"""What tests share: an application on a real, migrated database of its own, a petition, a worker.

Whatever uses a database runs on SQLite and on PostgreSQL; `only_on("sqlite", "why")` marks what is about one.
"""

from __future__ import annotations

import contextlib
import functools
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher
from flask import Flask
from flask.testing import FlaskClient

from petition.accounts import service as accounts
from petition.accounts.models import User
from petition.app import create_app
from petition.core import committer
from petition.core.clock import now
from petition.core.db import db, writing
from petition.core.tokens import form_token
from petition.organisations.models import Organisation
from petition.organisations.service import add_organisation
from petition.petitions import service as petitions
from petition.petitions.models import Petition, State
from petition.settings import Settings, read_settings
from petition.translations.catalogues import compile_stale
from petition.worker import Worker
from tests.compiled import CompiledRule, keep_compiled, use_compiled
from tests.databases import KINDS, Databases, databases_of, migrate
from tests.memory import prefer_memory
from tests.smtp_sink import SmtpSink

KEYS = {"PETITION_SECRET_KEY": "secret for tests " * 4, "PETITION_ADDRESS_KEY": "addresses of tests " * 4}
PASSWORD = "correct horse battery"
SLUG = "free-the-river"
HERE = Path(__file__).parent
LONG = {"faults", "browser", "worker", "cli", "journeys"}  # folders in which a test may take ten seconds and more

Flask.url_rule_class = CompiledRule
# The cost of hashing a password, which is a quarter of a second, would be most of a small test about organisers.
# What it is in every other process, tests/accounts/test_signing_in.py holds.
accounts._hasher = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)


def pytest_configure() -> None:
    """Compiles the catalogues: without that, pages speak English in every language."""
    prefer_memory()
    compile_stale()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Runs what uses a database once on each kind."""
    if "database_kind" in metafunc.fixturenames:
        only = metafunc.definition.get_closest_marker("only_on")
        kinds = [only.args[0]] if only else KINDS
        metafunc.parametrize("database_kind", kinds, scope="session", indirect=True)


@pytest.hookimpl(trylast=True)  # after pytest's own grouping by what the session's fixtures are made for
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Puts what takes long first, for each kind of database: else one core waits at the end for the other's last."""
    items.sort(key=lambda item: (_kind(item), item.path.relative_to(HERE).parts[0] not in LONG))


def _kind(item: pytest.Item) -> int:
    callspec = getattr(item, "callspec", None)
    kind = callspec and callspec.params.get("database_kind")
    return KINDS.index(kind) + 1 if kind else 0


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Prints what tests have measured (`record_property("measured", …)`)."""
    for report in terminalreporter.getreports("passed"):
        for name, words in report.user_properties:
            if name == "measured":
                terminalreporter.write_line(words)


def make_settings(instance: Path, url: str, **changes: Any) -> Settings:
    """The settings of a development instance in a folder of the test's own, with the database at the URL."""
    environ = {
        "PETITION_INSTANCE": str(instance),
        "PETITION_DATABASE_URL": url,
        "PETITION_ENV": "development",
        **KEYS,
    }
    return replace(read_settings(environ), **changes)


@pytest.fixture(scope="session")
def database_kind(request: pytest.FixtureRequest) -> str:
    """`sqlite` or `postgresql`."""
    return str(request.param)


@pytest.fixture(scope="session")
def databases(database_kind: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Databases]:
    """Makes databases; what `migrated()` returns is a copy of one that was migrated once."""
    instance = tmp_path_factory.mktemp("migrated")
    with databases_of(database_kind) as made:
        url = made.empty(instance)
        with running(make_settings(instance, url)) as app:
            migrate(app)
        made.keep_as_template(url)
        yield made


@pytest.fixture
def settings(tmp_path: Path, databases: Databases) -> Iterator[Settings]:
    """The test's settings; its database is migrated already."""
    url = databases.migrated(tmp_path / "instance")
    (tmp_path / "instance").mkdir(exist_ok=True)
    yield make_settings(tmp_path / "instance", url)
    databases.drop(url)


@contextlib.contextmanager
def running(settings: Settings) -> Iterator[Flask]:
    """An application whose connections are closed at the end."""
    app = create_app(settings)
    app.testing = True
    app.config["KEEP_SECONDS"] = 0  # what a test did is seen at once
    use_compiled(app)
    try:
        yield app
    finally:
        keep_compiled(app)
        committer.close(app)
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


@functools.cache
def password_hash() -> str:
    """The hash of PASSWORD, made once. Whoever verifies it pays the cost that stands in it."""
    return accounts.hash_password(PASSWORD)


def _organisation(session: Any) -> Any:
    found = session.query(Organisation).filter_by(slug="river-friends").one_or_none()
    if found is None:
        owner = User(email="owner@river.example.org", name="Owner", password_hash=password_hash())
        session.add(owner)
        session.flush()
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


LINK = re.compile(r"^(http\S+/(?:confirm|my|register|reset|account/address)/\S+)$", re.MULTILINE)
CODE = re.compile(r"^([0-9A-Z]{5}-[0-9A-Z]{5})$", re.MULTILINE)
