"""What a mail looks like when it arrives."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from html.parser import HTMLParser
from typing import Any

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient

from petition.core import i18n
from petition.core.db import db
from petition.core.errors import SettingRefused
from petition.core.tokens import read_handle
from petition.petitions.models import Petition
from petition.settings import Settings, read_settings
from petition.signatures.mails import CONFIRM, OWN_PAGE
from petition.worker import Worker
from tests.conftest import CODE, LINK, add_petition, running
from tests.smtp_sink import SmtpSink

ANNA = "anna@mail.test"
PLAIN_TAGS = {"html", "head", "meta", "title", "body", "div", "p", "a", "b", "strong", "bdi", "span"}
PLAIN_ATTRIBUTES = {"lang", "dir", "style", "href", "charset", "name", "content"}
LONGEST_LINE = 998  # RFC 5322, 2.1.1
HOSTILE = "Visit spam.test now, <b>win</b> & Bcc: x@y.test"

SendMail = Callable[[], int]


@pytest.fixture
def mailed(sign: Callable[..., Any], send_mail: SendMail, sink: SmtpSink) -> Callable[..., EmailMessage]:
    """Signs and returns the mail that came of it."""

    def signing(email: str = ANNA, **fields: Any) -> EmailMessage:
        assert sign(email, **fields).status_code == 303
        assert send_mail() == 1
        return sink.messages[-1].message

    return signing


def text_of(message: EmailMessage) -> str:
    part = message.get_body(("plain",))
    assert part
    return str(part.get_content())


def html_of(message: EmailMessage) -> str:
    part = message.get_body(("html",))
    assert part
    return str(part.get_content())


class Markup(HTMLParser):
    """The elements of an HTML part with their attributes, and its text."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(source)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def test_a_mail_has_a_plain_and_an_html_form_of_the_same(mailed: Callable[..., EmailMessage]) -> None:
    message = mailed()
    assert message.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]
    markup = Markup(html_of(message))
    text = text_of(message)
    assert "Free the river" in text
    assert "Free the river" in markup.text
    links = [attributes["href"] for tag, attributes in markup.elements if tag == "a"]
    assert links[0] == LINK.findall(text)[0]
    assert CODE.findall(text)[0] in markup.text


def test_the_headers_tell_that_a_machine_wrote_it_and_in_which_language(mailed: Callable[..., EmailMessage]) -> None:
    before = datetime.now(UTC) - timedelta(seconds=1)
    message = mailed()
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Content-Language"] == "en"
    assert before <= message["Date"].datetime <= datetime.now(UTC)
    assert message["To"] == ANNA
    assert message["From"] == "Petition <petitions@localhost>"
    assert re.fullmatch(r"<[0-9a-f]{32}@127\.0\.0\.1>", message["Message-ID"])
    assert message["Subject"] == "Please confirm your signature"


def test_the_link_stands_alone_on_its_line_and_ends_with_the_token(
    mailed: Callable[..., EmailMessage], app: Flask
) -> None:
    [link] = LINK.findall(text_of(mailed()))
    with app.app_context():
        assert len(read_handle(CONFIRM, link.rpartition("/")[2])) == 16


def test_the_code_stands_alone_on_its_line_and_leads_to_the_same_page(
    mailed: Callable[..., EmailMessage], client: FlaskClient
) -> None:
    text = text_of(mailed())
    [code], [link] = CODE.findall(text), LINK.findall(text)
    answer = client.post("/confirm", data={"email": ANNA, "code": code})
    assert link.endswith(answer.location)


def test_the_mail_with_the_way_to_the_own_page_has_its_link_alone_on_a_line(
    client: FlaskClient, send_mail: SendMail, sink: SmtpSink, app: Flask
) -> None:
    client.post("/my", data={"email": ANNA})
    assert send_mail() == 1
    message = sink.messages[0].message
    [link] = LINK.findall(text_of(message))
    with app.app_context():
        assert len(read_handle(OWN_PAGE, link.rpartition("/")[2])) == 16
    assert message["Auto-Submitted"] == "auto-generated"
    assert Markup(html_of(message)).elements


def test_opening_a_mail_loads_nothing_and_reports_to_nobody(
    mailed: Callable[..., EmailMessage], client: FlaskClient, send_mail: SendMail, sink: SmtpSink
) -> None:
    mailed()
    client.post("/my", data={"email": ANNA})
    send_mail()
    for received in sink.messages:
        source = html_of(received.message)
        elements = Markup(source).elements
        assert {tag for tag, _attributes in elements} <= {
            "html",
            "head",
            "meta",
            "title",
            "body",
            "div",
            "p",
            "a",
            "b",
            "strong",
            "bdi",
            "span",
        }
        assert {name for _tag, attributes in elements for name in attributes} <= {
            "lang",
            "dir",
            "style",
            "href",
            "charset",
            "name",
            "content",
        }
        assert "url(" not in source
        assert all(attributes["href"].startswith("http://127.0.0.1") for tag, attributes in elements if tag == "a")


def test_nothing_that_was_typed_into_the_form_is_in_the_mail(mailed: Callable[..., EmailMessage]) -> None:
    message = mailed(name="Spam Dot Test", city="Winville", comment=f"{HOSTILE} https://spam.test/win", country="KR")
    whole = message.as_string() + text_of(message) + html_of(message)
    for typed in ("Spam Dot", "Winville", "spam.test", "win</b>", "Bcc", "Korea"):
        assert typed not in whole


def test_where_the_request_says_it_went_is_not_in_the_mail(
    app: Flask, petition: Petition, send_mail: SendMail, sink: SmtpSink, sign: Callable[..., Any]
) -> None:
    app.test_client().post(
        "/my", data={"email": ANNA}, headers={"Host": "spam.test", "X-Forwarded-Host": "spam.test"}
    )
    assert send_mail() == 1
    message = sink.messages[0].message
    assert "spam.test" not in message.as_string() + text_of(message) + html_of(message)


@pytest.mark.parametrize(
    "address",
    ["anna@mail.test\r\nBcc: b@mail.test", "anna@mail.test%0d%0aBcc: b@mail.test", "anna@mail.test,b@mail.test"],
)
def test_an_address_cannot_smuggle_in_a_header_or_a_second_recipient(
    address: str, sign: Callable[..., Any], send_mail: SendMail, sink: SmtpSink
) -> None:
    assert sign(address).status_code == 422
    assert send_mail() == 0
    assert sink.messages == []


def test_a_title_of_many_lines_and_signs_cannot_break_the_mail(
    app: Flask, sign: Callable[..., Any], send_mail: SendMail, sink: SmtpSink
) -> None:
    title = "“Свободу” реке & 강에게 <b>자유를</b> " + "x" * 200
    add_petition(app, slug="signs", title=title)
    sign(ANNA, slug="signs")
    send_mail()
    message = sink.messages[0].message
    assert title in text_of(message)
    assert title in Markup(html_of(message)).text
    assert "<b>자유를" not in html_of(message)


def test_no_line_is_too_long_and_all_bytes_are_ascii(
    app: Flask, sign: Callable[..., Any], send_mail: SendMail, sink: SmtpSink
) -> None:
    add_petition(app, slug="long", title="강" * 290)
    sign("a" * 64 + "@" + ".".join(["b" * 60] * 3) + ".test", slug="long")
    send_mail()
    [raw] = sink.raw
    assert raw.isascii()
    assert max(len(line) for line in raw.split(b"\r\n")) <= LONGEST_LINE
    assert b"\n" not in raw.replace(b"\r\n", b"")


@pytest.mark.parametrize("language", i18n.LANGUAGES)
def test_the_mail_speaks_the_language_in_which_was_signed(
    language: str, client: FlaskClient, sign: Callable[..., Any], send_mail: SendMail, sink: SmtpSink, app: Flask
) -> None:
    client.post(f"/my?lang={language}", data={"email": ANNA})
    send_mail()
    message = sink.messages[0].message
    assert message["Content-Language"] == language
    root = dict(Markup(html_of(message)).elements)["html"]
    assert root == {"lang": language, "dir": i18n.direction(language)}
    with app.app_context(), i18n.speaking(language):
        words = app.jinja_env.from_string('{{ _("Your signatures") }}').render()
    assert message["Subject"] == words


def test_a_language_that_is_gone_falls_back_to_english_and_says_so(
    app: Flask, sign: Callable[..., Any], send_mail: SendMail, sink: SmtpSink
) -> None:
    sign(ANNA)
    with app.app_context(), db.engine.connect().execution_options(writes=True) as connection:
        connection.exec_driver_sql("UPDATE outbox SET locale = 'tlh'")
        connection.commit()
    send_mail()
    assert sink.messages[0].message["Content-Language"] == "en"


def test_a_second_try_carries_the_same_message_id(
    sign: Callable[..., Any], send_mail: SendMail, sink: SmtpSink, owed: Callable[..., list[Any]]
) -> None:
    sign(ANNA)
    sink.disconnect_at("DATA", times=1)
    started = datetime.now(UTC)
    assert send_mail() == 0
    with time_machine.travel(started + timedelta(seconds=30), tick=True):
        assert send_mail() == 1
    [again] = sink.messages
    assert again.message["Message-ID"].startswith(f"<{owed('id')[0].hex}@")


def test_the_sender_may_have_a_name_of_its_own(
    settings: Settings, app: Flask, sign: Callable[..., Any], sink: SmtpSink
) -> None:
    sign(ANNA)
    with running(replace(settings, mail_from="Grüne Flüsse <petitions@example.org>")) as named:
        Worker(named, once=True).run()
    [received] = sink.messages
    assert received.sender == "petitions@example.org"
    assert received.message["From"] == "Grüne Flüsse <petitions@example.org>"


def test_a_sender_that_is_no_address_is_refused_at_once() -> None:
    with pytest.raises(SettingRefused, match="PETITION_MAIL_FROM the sender must be a mail address"):
        read_settings({"PETITION_ENV": "development", "PETITION_MAIL_FROM": "petitions at example.org"})
