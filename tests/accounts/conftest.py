"""People with accounts: their browsers, and the mails they get."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from email.message import EmailMessage
from typing import Any

import pyotp
import pytest
import sqlalchemy as sa
from argon2 import PasswordHasher
from flask import Flask
from werkzeug.test import TestResponse

from petition.accounts import service
from petition.core.clock import now
from petition.core.db import db
from petition.worker import Worker
from tests.conftest import PASSWORD
from tests.core.walk import delivered

OWNER = "owner@river.example.org"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')
LINK = re.compile(r"^http://127\.0\.0\.1:8000(/\S+)$", re.MULTILINE)
SECRET = re.compile(r'<code dir="ltr">([A-Z2-7 ]+)</code>')
CODES = re.compile(r"<li><code>([0-9A-Z]{5}-[0-9A-Z]{5})</code>")


class Person:
    """Somebody in front of a browser of their own."""

    def __init__(self, app: Flask, agent: str = FIREFOX, network: str = "127.0.0.1") -> None:
        self.app = app
        self.client = app.test_client()
        self.client.environ_base |= {"HTTP_USER_AGENT": agent, "REMOTE_ADDR": network}

    def get(self, path: str) -> TestResponse:
        return self.client.get(path)

    def post(self, path: str, page: str | None = None, **fields: Any) -> TestResponse:
        """Opens the page (by default of the same address) and sends its form."""
        token = TOKEN.search(self.client.get(page or path).text)
        return self.client.post(path, data=fields | ({"csrf_token": token[1]} if token else {}))

    def sign_in(self, email: str = OWNER, password: str = PASSWORD) -> TestResponse:
        return self.post("/login", email=email, password=password)

    def is_in(self) -> bool:
        return self.get("/organiser").status_code == 200

    def set_up_second_factor(self) -> tuple[str, list[str]]:
        """Sets it up with a code of this moment; returns the secret and the recovery codes."""
        page = "/account/second-factor"
        assert self.post(f"{page}/begin", page).status_code == 303
        found = SECRET.search(self.get(page).text)
        assert found
        secret = found[1].replace(" ", "")
        answer = self.post(page, code=code_at(secret, now()))
        assert answer.status_code == 200
        return secret, CODES.findall(answer.text)


def code_at(secret: str, moment: datetime) -> str:
    """What an authenticator shows."""
    return pyotp.TOTP(secret).at(moment)


@pytest.fixture
def person(app: Flask, petition: object) -> Callable[..., Person]:
    """Makes people."""
    return lambda **about: Person(app, **about)


@pytest.fixture
def owner(person: Callable[..., Person]) -> Person:
    """The owner of the organisation, signed in; all mail about that is delivered."""
    someone = person()
    assert someone.sign_in().status_code == 303
    return someone


class Mailbox:
    """The mails that people get, each shown once."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._known: set[str] = set()

    def new(self) -> list[EmailMessage]:
        """What was sent since the last look."""
        Worker(self._app, once=True).run()
        fresh = [mail for mail in delivered(self._app) if mail["Message-ID"] not in self._known]
        self._known.update(mail["Message-ID"] for mail in fresh)
        return fresh

    def one(self, to: str) -> str:
        """The text of the only new mail."""
        (mail,) = self.new()
        assert mail["To"] == to
        return text_of(mail)

    def link(self, to: str) -> str:
        """The path of the link in the only new mail."""
        found = LINK.search(self.one(to))
        assert found
        return found[1]

    def subjects(self) -> list[tuple[str, str]]:
        """To whom what was sent since the last look."""
        return sorted((mail["To"], mail["Subject"]) for mail in self.new())


def text_of(mail: EmailMessage) -> str:
    part = mail.get_body(("plain",))
    assert part
    return str(part.get_content())


@pytest.fixture
def mailbox(app: Flask) -> Mailbox:
    return Mailbox(app)


class CountingHasher(PasswordHasher):
    """Argon2 that keeps count of how often it worked."""

    work = 0

    def hash(self, *args: Any, **named: Any) -> str:
        self.work += 1
        return super().hash(*args, **named)

    def verify(self, *args: Any, **named: Any) -> bool:
        self.work += 1
        return bool(super().verify(*args, **named))


@pytest.fixture
def hasher(monkeypatch: pytest.MonkeyPatch) -> CountingHasher:
    quick = service._hasher
    counting = CountingHasher(quick.time_cost, quick.memory_cost, quick.parallelism)
    monkeypatch.setattr(service, "_hasher", counting)
    return counting


@pytest.fixture
def statements(app: Flask) -> list[str]:
    """What is sent to the database, in order."""
    sent: list[str] = []

    def keep(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        sent.append(statement)

    with app.app_context():
        engines = (db.engine, app.extensions["petition.limiter"].storage.engine)
    for engine in engines:
        sa.event.listen(engine, "before_cursor_execute", keep)
    return sent
