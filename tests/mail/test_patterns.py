"""A mail filled into a pattern is, byte for byte, the mail that is made anew."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any

import pytest
import time_machine
from flask import Flask, template_rendered

from petition.core.clock import now
from petition.core.i18n import LANGUAGES
from petition.core.ids import new_id
from petition.core.tokens import new_handle, sign_handle
from petition.mail.outbox import Claimed
from petition.mail.patterns import NotFillable, Pattern
from petition.mail.rendering import Letter, Press, as_bytes, compose
from petition.signatures.mails import Title
from petition.signatures.signing import shown_code

TITLES = [
    "Free the river",
    "“Свободу” реке & 강에게 <b>자유를</b>=20 = \u2028 " + "x" * 200,
    "أنقذوا النهر " * 20,
    ".",
]
BASES = ["http://127.0.0.1:8000", f"https://{'long-' * 10}name.example.org/{'under/' * 12}petitions"]
ADDRESSES = ["a@b.test", "first.last+tag@mail.example.org", f"{'a' * 56}@example.test"]
UNUSUAL_ADDRESSES = [
    f"{'a' * 64}@{'b' * 60}.{'c' * 60}.{'d' * 60}.test",
    "анна@mail.test",
    "a@почта.test",
    '"a b"@mail.test',
    "o'neil&sons=x@mail.test",
    "a..b@mail.test",
]


@pytest.fixture
def still(inside: Flask) -> Iterator[Flask]:
    """The application at a moment that does not pass."""
    with time_machine.travel(datetime.now(UTC), tick=False):
        yield inside


def claimed(template: str, recipient: str, language: str) -> Claimed:
    return Claimed(7, new_id(), template, language, recipient, {}, now())


def letter(template: str, base: str, title: str) -> Letter:
    link = sign_handle(template, new_handle())
    if template == "own_page":
        return Letter({"site": "127.0.0.1:8000"}, {"link": f"{base}/my/{link}"})
    same = {"code_page": f"{base}/confirm", "site": base, "petition": Title(title, "en")}
    return Letter(same, {"link": f"{base}/confirm/{link}", "code": shown_code("0123456789")})


def anew(mail: Claimed, shown: Letter) -> bytes:
    return as_bytes(compose(mail, shown, now()), international=not mail.recipient.isascii())


@pytest.fixture
def renderings(inside: Flask) -> Iterator[list[str]]:
    """The names of the templates rendered so far."""
    seen: list[str] = []

    def note(_app: Flask, template: Any, **_more: Any) -> None:
        seen.append(template.name)

    with template_rendered.connected_to(note, inside):
        yield seen


@pytest.mark.parametrize("base", BASES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_all_letters_in_all_languages_are_what_they_were_when_made_anew(
    still: Flask, language: str, base: str
) -> None:
    still.config["BASE_URL"] = base
    press = Press()
    for template, titles in (("confirm", TITLES), ("own_page", TITLES[:1])):
        for title in titles:
            for address in ADDRESSES:
                mail, shown = claimed(template, address, language), letter(template, base, title)
                assert press.message(mail, shown) == anew(mail, shown)


@pytest.mark.parametrize("address", UNUSUAL_ADDRESSES)
def test_an_unusual_address_stands_in_the_header_as_the_standard_library_writes_it(
    still: Flask, address: str
) -> None:
    press = Press()
    for to in (ADDRESSES[0], address):
        mail, shown = claimed("confirm", to, "ko"), letter("confirm", BASES[0], TITLES[0])
        assert press.message(mail, shown) == anew(mail, shown)


def test_a_link_that_html_would_change_is_not_filled_in(still: Flask) -> None:
    press = Press()
    for link in ("http://a.test/x", "http://a.test/?a=b&c='d'"):
        mail, shown = claimed("own_page", "a@b.test", "en"), Letter({"site": "a.test"}, {"link": link})
        assert press.message(mail, shown) == anew(mail, shown)


@pytest.mark.parametrize("base", BASES)
def test_only_the_first_mail_of_its_sort_renders_templates(still: Flask, renderings: list[str], base: str) -> None:
    still.config["BASE_URL"] = base
    press, sent = Press(), set()
    for address in ADDRESSES:
        sent.add(press.message(claimed("confirm", address, "en"), letter("confirm", base, TITLES[1])))
        assert sorted(set(renderings)) == [
            "mail/confirm/body.html",
            "mail/confirm/body.txt",
            "mail/confirm/subject.txt",
        ]
        assert len(renderings) == 3
    assert len(sent) == 3
    press.message(claimed("confirm", address, "ko"), letter("confirm", base, TITLES[1]))
    press.message(claimed("confirm", address, "ko"), letter("confirm", base, TITLES[2]))
    assert len(renderings) == 9


LINES = ["{}", "{} ", "{}\t", "a{}=b", "강{}강", "x" * 70 + "{}" + "é" * 40, "{} and {}", ".{}", "{}" + " " * 90]


@pytest.mark.parametrize("line", LINES)
def test_soft_line_breaks_move_with_what_is_filled_in(line: str) -> None:
    def message(value: str) -> bytes:
        made = EmailMessage(policy=SMTP)
        made["Message-ID"] = "<1@mail.test>"
        made["Subject"] = "für Ü"
        made.set_content(f"first\n\n{line.replace('{}', value)}\nlast = " + "ü" * 60 + "\n", cte="quoted-printable")
        made.make_alternative("=_x")
        return made.as_bytes()

    pattern = Pattern(message("0123456789abcdef"), {"id": "<1@mail.test>"}, {"value": "0123456789abcdef"})
    for length in range(160):
        assert pattern.fill({"id": "<1@mail.test>", "value": "v" * length}) == message("v" * length)


@pytest.mark.parametrize("header", ["Subject: none", "Subject: token, and again: token", "Subject: tok\r\n en"])
def test_a_header_that_does_not_show_its_token_once_cannot_be_filled_in(header: str) -> None:
    with pytest.raises(NotFillable):
        Pattern(f"{header}\r\n\r\nbody\r\n".encode(), {"subject": "token"}, {"link": "0123"})


def test_a_pattern_is_not_kept_for_ever(still: Flask, monkeypatch: pytest.MonkeyPatch, renderings: list[str]) -> None:
    monkeypatch.setattr("petition.mail.rendering.MOST_PATTERNS", 2)
    press = Press()
    for number in range(5):
        press.message(claimed("confirm", "a@b.test", "en"), letter("confirm", BASES[0], f"Title {number}"))
    assert len(press._patterns) <= 2
