"""The site as signers use it: forms over HTTP, mails from the local mailbox, the own page in a browser's session."""

from __future__ import annotations

import email
import re
from email.message import EmailMessage
from email.policy import default
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from flask import Flask
from flask.testing import FlaskClient

from petition.core import retention
from petition.core.clock import now
from petition.core.db import Base
from petition.core.tokens import form_token
from petition.worker import Worker
from tests.conftest import CODE, LINK, SLUG
from tests.databases import unkept_engine

Response = Any
Rows = dict[str, list[tuple[Any, ...]]]


class Mail(NamedTuple):
    """What a signer gets: `path` is the mailed link's, `code` the one to type in (of confirm mails)."""

    to: str
    path: str
    code: str
    text: str


class Visits:
    """Everybody's visits to one instance. Each signs in a browser of their own."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self._engine = unkept_engine(app.config["DATABASE_URL"])  # asks its server who it is but once

    def form(self, **fields: Any) -> dict[str, Any]:
        """The sign form filled in, with its token."""
        with self.app.app_context():
            token = form_token(now(), 1)
        return {"name": "Ana Test", "country": "KR", "email": "ana@example.org", "form_token": token} | fields

    def sign(self, address: str, slug: str = SLUG, **fields: Any) -> Response:
        """Sends the sign form."""
        return self.app.test_client().post(f"/petitions/{slug}/sign", data=self.form(email=address, **fields))

    def work(self) -> int:
        """Runs a worker until nothing is due; returns how many mails left."""
        worker = Worker(self.app, once=True)
        worker.run()
        return worker.sent

    def purge(self) -> dict[str, int]:
        """Carries out the retention rules."""
        with self.app.app_context():
            gone = retention.purge()
            assert retention.empty_log()
            return gone

    def mails(self, to: str | None = None) -> list[Mail]:
        """Every mail to signers that has left, oldest first, to all or to one exact address."""
        self.work()
        folder = urlsplit(self.app.config["MAIL_URL"]).path
        paths = sorted(self.app.config["INSTANCE"].joinpath(folder).glob("new/*"), key=lambda path: path.name[11:])
        found = [_read(path.read_bytes()) for path in paths]
        return [mail for mail in found if mail and (to is None or mail.to == to)]

    def link(self, address: str, slug: str = SLUG, **fields: Any) -> str:
        """Signs, and returns the path of the link that was mailed."""
        known = {mail.path for mail in self.mails()}
        assert self.sign(address, slug, **fields).status_code == 303
        (new,) = [mail for mail in self.mails() if mail.path not in known]
        return new.path

    def press(self, path: str, browser: FlaskClient | None = None, **fields: Any) -> Response:
        """Presses the button of the confirm page; with fields, as a browser sends them."""
        return (browser or self.app.test_client()).post(path, data=fields)

    def counted(self, address: str, slug: str = SLUG, **fields: Any) -> FlaskClient:
        """Signs and confirms; returns the browser, with the own page open in it."""
        browser = self.app.test_client()
        page = self.press(self.link(address, slug, **fields), browser)
        assert "You are counted" in page.text
        return browser

    def refs(self, browser: FlaskClient) -> list[str]:
        """What the own page calls its signatures, as they stand on the page."""
        return re.findall(r'/my/signatures/([0-9a-f]+)"', browser.get("/my").text)

    def change(self, browser: FlaskClient, ref: str, act: str = "", **fields: Any) -> Response:
        """Sends one of the forms of an own signature: corrections, or `act` withdraw or erase."""
        page = browser.get(f"/my/signatures/{ref}")
        token = re.search(r'name="csrf_token" value="([^"]+)"', page.text)
        assert token, page.status
        return browser.post(
            f"/my/signatures/{ref}" + (f"/{act}" if act else ""), data=fields | {"csrf_token": token[1]}
        )

    def api(self, slug: str = SLUG) -> dict[str, Any]:
        """The petition as the API shows it."""
        found: dict[str, Any] = self.app.test_client().get(f"/api/v1/petitions/{slug}").json
        return found

    def total(self, slug: str = SLUG) -> int:
        """The public count."""
        return int(self.api(slug)["signature_count"])

    def rows(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        """Rows of the database, past all of our code; `?` stands for a value."""
        with self._engine.begin() as connection:
            if self._engine.dialect.name == "postgresql":
                sql = sql.replace("%", "%%").replace("?", "%s")
            found = connection.exec_driver_sql(sql, values)
            return [tuple(row) for row in found] if found.returns_rows else []

    def ids(self, table: str) -> list[str]:
        """The ids of all its rows, as hexadecimal digits."""
        return [one.hex() if isinstance(one, bytes) else one.hex for (one,) in self.rows(f"SELECT id FROM {table}")]

    def everything(self) -> Rows:
        """Every row of every table."""
        tables = [*Base.metadata.tables, "alembic_version"]
        with self._engine.begin() as connection:
            read = {table: connection.exec_driver_sql(f'SELECT * FROM "{table}"') for table in tables}
            return {table: sorted(map(tuple, rows), key=repr) for table, rows in read.items()}


def _read(raw: bytes) -> Mail | None:
    message = email.message_from_bytes(raw, policy=default)
    assert isinstance(message, EmailMessage)
    plain = message.get_body(("plain",))
    assert plain
    text = plain.get_content()
    link, code = LINK.search(text), CODE.search(text)
    if link is None:  # to an organiser
        return None
    return Mail(str(message["To"]), urlsplit(link[1]).path, code[1] if code else "", text)
