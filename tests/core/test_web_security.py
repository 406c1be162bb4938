"""Who may send us a form, and whose word about the visitor's address is taken."""

from __future__ import annotations

import ipaddress
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

from petition.core.clock import now
from petition.core.tokens import form_token
from petition.core.web_security import TrustedProxies
from petition.petitions.models import Petition
from petition.settings import Settings
from tests.conftest import SLUG, running, signed_in

ACCEPTED, REFUSED = 303, 403
HEADERS: list[tuple[dict[str, str], int]] = [
    ({}, ACCEPTED),
    ({"Origin": "null"}, ACCEPTED),
    ({"Origin": "null", "Sec-Fetch-Site": "same-origin"}, ACCEPTED),
    ({"Origin": "http://localhost", "Sec-Fetch-Site": "same-origin"}, ACCEPTED),
    ({"Origin": "https://localhost"}, ACCEPTED),
    ({"Origin": "http://127.0.0.1:8000"}, ACCEPTED),
    ({"Sec-Fetch-Site": "same-origin"}, ACCEPTED),
    ({"Sec-Fetch-Site": "none"}, ACCEPTED),
    ({"Sec-Fetch-Site": "cross-site"}, REFUSED),
    ({"Origin": "null", "Sec-Fetch-Site": "cross-site"}, REFUSED),
    ({"Origin": "http://localhost", "Sec-Fetch-Site": "cross-site"}, REFUSED),
    ({"Origin": "https://evil.example"}, REFUSED),
    ({"Origin": "http://localhost.evil.example"}, REFUSED),
    ({"Origin": "http://localhost:81"}, REFUSED),
    ({"Origin": "http://localhost@evil.example"}, REFUSED),
    ({"Origin": "https://sub.localhost", "Sec-Fetch-Site": "same-site"}, REFUSED),
    ({"Origin": "http://["}, REFUSED),
    ({"Origin": ""}, REFUSED),
    ({"Origin": "nonsense"}, REFUSED),
]


@pytest.mark.parametrize(("headers", "status"), HEADERS)
def test_only_what_says_it_comes_from_elsewhere_is_refused(
    app: Flask, client: FlaskClient, headers: dict[str, str], status: int
) -> None:
    with app.app_context():
        token = form_token(now(), 1)
    form = {"name": "Ana", "country": "KR", "email": "a@example.org", "form_token": token}
    answer = client.post(f"/petitions/{SLUG}/sign", data=form, headers=headers)
    assert answer.status_code == status


@pytest.mark.parametrize("url", ["/my", "/login", "/logout", "/confirm", "/my/leave"])
def test_every_form_is_guarded(client: FlaskClient, url: str) -> None:
    assert client.post(url, headers={"Sec-Fetch-Site": "cross-site"}).status_code == REFUSED


def test_reading_from_another_site_is_nobodys_harm(client: FlaskClient) -> None:
    headers = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
    assert client.get(f"/petitions/{SLUG}", headers=headers).status_code == 200


def test_signed_in_forms_need_their_own_token_too(app: Flask, petition: Petition) -> None:
    organiser = signed_in(app)
    organiser.post("/logout", headers={"Sec-Fetch-Site": "same-origin"})
    assert organiser.get("/organiser").status_code == 200


def seen(peer: str, trusted: tuple[str, ...], **headers: str) -> tuple[str, str]:
    """The address and scheme that the application sees."""
    found: dict[str, Any] = {}
    environ = {"REMOTE_ADDR": peer, "wsgi.url_scheme": "http", **headers}
    TrustedProxies(lambda environ, _start: found.update(environ) or [], list(map(ipaddress.ip_network, trusted)))(
        environ, None
    )
    return found["REMOTE_ADDR"], found["wsgi.url_scheme"]


LAN, V6 = "10.0.0.0/8", "fd00::/8"


@pytest.mark.parametrize(
    ("peer", "trusted", "forwarded", "visitor"),
    [
        ("203.0.113.9", (), "198.51.100.1", "203.0.113.9"),
        ("203.0.113.9", (LAN,), "198.51.100.1", "203.0.113.9"),
        ("10.0.0.1", (LAN,), "198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", (LAN,), "192.0.2.66, 198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", (LAN,), "192.0.2.66, 10.9.9.9, 198.51.100.1, 10.0.0.2", "198.51.100.1"),
        ("10.0.0.1", (LAN,), "10.0.0.3, 10.0.0.2", "10.0.0.3"),
        ("10.0.0.1", (LAN,), "", "10.0.0.1"),
        ("10.0.0.1", (LAN,), " , ", "10.0.0.1"),
        ("10.0.0.1", (LAN,), "198.51.100.1, unknown", "10.0.0.1"),
        ("10.0.0.1", (LAN,), "198.51.100.1:5555", "198.51.100.1"),
        ("10.0.0.1", (LAN,), "[2001:db8::7]:5555", "2001:db8::7"),
        ("10.0.0.1", (LAN,), "2001:db8::7", "2001:db8::7"),
        ("fd00::1", (V6,), "2001:db8::7", "2001:db8::7"),
        ("fd00::1", (LAN,), "2001:db8::7", "fd00::1"),
        ("fd00::1", (LAN, V6), "2001:db8::7, 10.0.0.5", "2001:db8::7"),
        ("::ffff:10.0.0.1", (LAN,), "198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", (LAN,), "::ffff:198.51.100.1", "198.51.100.1"),
        ("", (LAN,), "198.51.100.1", ""),
    ],
)
def test_the_visitors_address_is_the_last_one_a_trusted_proxy_saw(
    peer: str, trusted: tuple[str, ...], forwarded: str, visitor: str
) -> None:
    assert seen(peer, trusted, HTTP_X_FORWARDED_FOR=forwarded)[0] == visitor


@given(st.lists(st.text("0123456789.:[]abcdef, x"), max_size=5))
def test_nothing_a_visitor_sends_changes_the_address_we_see(spoofed: list[str]) -> None:
    chain = ",".join([*spoofed, "198.51.100.1"])
    assert seen("10.0.0.1", (LAN,), HTTP_X_FORWARDED_FOR=chain)[0] == "198.51.100.1"
    assert seen("198.51.100.1", (LAN,), HTTP_X_FORWARDED_FOR=chain)[0] == "198.51.100.1"


@pytest.mark.parametrize(
    ("peer", "said", "scheme"),
    [
        ("10.0.0.1", "https", "https"),
        ("10.0.0.1", "javascript", "http"),
        ("203.0.113.9", "https", "http"),
    ],
)
def test_the_scheme_is_the_trusted_proxys_to_say(peer: str, said: str, scheme: str) -> None:
    assert seen(peer, (LAN,), HTTP_X_FORWARDED_PROTO=said)[1] == scheme


def test_limits_count_the_visitor_behind_the_proxy(settings: Settings) -> None:
    behind = replace(settings, trusted_proxies=[ipaddress.ip_network("127.0.0.1")])
    for found, alike in ((behind, False), (settings, True)):
        with running(found) as app:
            assert (_asks_until_refused(app.test_client(), "192.0.2.1") > 0) is True
            refused = _asks_until_refused(app.test_client(), "192.0.2.2") == 0
            assert refused is alike


def _asks_until_refused(client: FlaskClient, visitor: str) -> int:
    def ask(number: int) -> int:
        form = {"email": f"someone{number}@example.org"}
        return client.post("/my", data=form, headers={"X-Forwarded-For": visitor}).status_code

    return next(number for number in range(100) if ask(number) == 429)
