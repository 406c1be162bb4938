"""Logs: JSON lines about routes, and nothing in them of anybody."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

import pytest
import sqlalchemy as sa
from flask import Flask

from petition.core.clock import now
from petition.core.db import read_again
from petition.core.logs import JsonLines, log, start_logging
from petition.core.tokens import form_token
from petition.petitions.models import Petition
from petition.settings import Settings
from petition.worker import Worker
from tests.conftest import LINK, PASSWORD, SLUG, add_petition, running, signed_in
from tests.core.conftest import ADDRESS, NAME, code_of, mails
from tests.smtp_sink import SmtpSink


@pytest.fixture
def lines() -> Iterator[Callable[[], list[dict[str, Any]]]]:
    """What the program's own log line format wrote, read as JSON."""
    last_resort = logging.lastResort
    start_logging()
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonLines())
    log.handlers[:] = [handler]
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    log.handlers.clear()
    logging.lastResort = last_resort


@pytest.fixture
def app(settings: Settings) -> Iterator[Flask]:
    """The application with pages that fail on what somebody typed."""

    def crash(what: str) -> str:
        raise ValueError(what)

    def misread(what: str) -> str:
        read_again().execute(sa.text("SELECT :what FROM nowhere"), {"what": what})
        return what

    with running(settings) as made:
        made.add_url_rule("/crash/<what>", view_func=crash)
        made.add_url_rule("/misread/<what>", view_func=misread)
        yield made


def test_a_request_is_a_line_of_json_with_its_route_and_id(app: Flask, lines: Any) -> None:
    answer = app.test_client().get("/confirm/a-secret-token?mail=a@example.org")
    (line,) = lines()
    assert line["route"] == "/confirm/<token>"
    assert (line["level"], line["event"], line["method"], line["status"]) == ("info", "request", "GET", 404)
    assert line["ms"] >= 0
    assert line["request_id"] == answer.headers["X-Request-Id"]
    assert "secret" not in json.dumps(line)
    assert "example.org" not in json.dumps(line)


def test_each_request_has_an_id_of_its_own_and_takes_none_from_outside(app: Flask, lines: Any) -> None:
    for _turn in range(3):
        app.test_client().get("/healthz", headers={"X-Request-Id": "mine"})
    ids = [line["request_id"] for line in lines()]
    assert len(set(ids)) == 3
    assert "mine" not in ids


def test_what_has_no_route_is_logged_without_its_path(app: Flask, lines: Any) -> None:
    app.test_client().get("/confirm/token/with/slashes")
    app.test_client().open("/confirm/token", method="PUT")
    assert [line["route"] for line in lines()] == ["(no route)", "(no route)"]
    assert "token" not in json.dumps(lines())


@pytest.mark.parametrize(("url", "error"), [("/crash/", "ValueError"), ("/misread/", "Error")])
def test_a_crash_is_logged_by_its_kind_and_place_without_its_words(
    app: Flask, lines: Any, url: str, error: str
) -> None:
    answer = app.test_client().get(url + ADDRESS)
    assert answer.status_code == 500
    assert ADDRESS not in answer.text
    crash, request = lines()
    assert (crash["level"], crash["event"]) == ("error", "crash")
    assert crash["error"].endswith(error)
    assert crash["route"] == url + "<what>"
    assert crash["request_id"] == request["request_id"] == answer.headers["X-Request-Id"]
    assert crash["at_lines"]
    assert ADDRESS not in json.dumps([crash, request])


def test_a_line_stays_one_line(lines: Any) -> None:
    log.warning("words with\na break and ünïcode", extra={"more": "first\nsecond\u2028third"})
    (line,) = lines()
    assert line["event"] == "words with\na break and ünïcode"
    assert line["more"] == "first\nsecond\u2028third"


def test_what_a_library_warns_of_is_a_line_without_its_words(capfd: pytest.CaptureFixture[str], lines: Any) -> None:
    library, root = logging.getLogger("some.library"), logging.getLogger()
    root_handlers, root.handlers[:] = root.handlers[:], []
    try:
        library.warning("cannot read %s", ADDRESS)
    finally:
        root.handlers[:] = root_handlers
    line = json.loads(capfd.readouterr().err)
    assert (line["level"], line["event"].split(":")[0]) == ("warning", "some.library at test_logs.py")
    assert ADDRESS not in json.dumps(line)


def walk_through(app: Flask, petition: Petition, sign: Any, send_mail: Any) -> set[str]:
    """Everything a signer and an organiser do; returns the secrets that were on the way."""
    reader, late = app.test_client(), "late.secret@example.org"
    sign(ADDRESS, name="")
    for address in (ADDRESS, late):
        sign(address, name=NAME, city="Geheimstadt", comment="Geheime Worte")
    reader.post("/my", data={"email": ADDRESS})
    send_mail()
    texts = mails(app)
    links = [urlsplit(match[1]).path for text in texts if (match := LINK.search(text))]
    tokens = {link.rpartition("/")[2] for link in links}
    confirm = [link for link in links if "/confirm/" in link]
    code = next(code_of(text) for text in texts if late in text and "/confirm/" in text)
    assert reader.get(confirm[0]).status_code == 200
    assert reader.post(confirm[0]).status_code == 200
    assert reader.get(confirm[0][:-1]).status_code == 404
    assert reader.post("/confirm", data={"email": late, "code": code}).status_code == 303
    reader.post("/confirm", data={"email": late, "code": "AAAAA-AAAAA"})
    own = next(link for link in links if "/my/" in link)
    assert reader.post(own).status_code == 303
    assert NAME in reader.get("/my").text
    reader.get("/my/data.json")
    organiser = signed_in(app)
    organiser.get(f"/organiser/petitions/{SLUG}/list.csv", buffered=True)
    organiser.post("/login", data={"email": "owner@river.example.org", "password": "wrong geheim"})
    reader.get(f"/petitions?q={ADDRESS}")
    reader.get(f"/crash/{ADDRESS}")
    return {ADDRESS, late, NAME, "Geheim", "Geheime", code, PASSWORD, "wrong geheim", "river.example.org", *tokens}


def test_a_whole_signing_leaves_no_name_address_or_token_in_the_log(
    app: Flask, petition: Petition, sign: Any, send_mail: Any, lines: Any
) -> None:
    secrets = walk_through(app, petition, sign, send_mail)
    assert len(secrets) >= 12
    found = lines()
    assert len(found) > 15
    written = json.dumps(found, ensure_ascii=False)
    assert [secret for secret in secrets if secret in written] == []
    assert "127.0.0.1" not in written


def test_a_mail_that_cannot_be_sent_is_logged_without_its_address(
    settings: Settings, sink: SmtpSink, lines: Any
) -> None:
    """The mail server's answer quotes the address; our line about it does not."""
    sink.refuse_with(f"550 5.1.1 <{ADDRESS}>: no such mailbox")
    with running(replace(settings, mail_url=sink.url)) as app:
        add_petition(app)
        with app.app_context():
            token = form_token(now(), 1)
        form = {"name": NAME, "country": "KR", "email": ADDRESS, "form_token": token}
        assert app.test_client().post(f"/petitions/{SLUG}/sign", data=form).status_code == 303
        worker = Worker(app, once=True)
        worker.run()
    assert worker.sent == 0
    failures = [line for line in lines() if line["event"] == "mail failed"]
    assert [line["permanent"] for line in failures] == [True]
    assert ADDRESS not in json.dumps(lines())
    assert NAME not in json.dumps(lines())
