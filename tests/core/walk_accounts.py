"""The part of the way that leads past the pages and mails of accounts."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pyotp

from petition.core.clock import now
from tests.conftest import PASSWORD

if TYPE_CHECKING:
    from tests.core.walk import Walk

ADDRESS, NEW = "new.organiser@example.org", "newer.organiser@example.org"
FACTOR = "/account/second-factor"


def through_accounts(walk: Walk) -> None:
    """Makes an account, changes everything of it, and comes back without the password."""
    walk.client = walk.app.test_client()
    _registering(walk)
    secret = _second_factor(walk)
    _changing(walk)
    _coming_back(walk, secret)


def _send(walk: Walk, page: str, path: str, status: int = 200, on: str | None = None, **fields: Any) -> str:
    shown = walk.client.get(on or path, query_string={"lang": walk.language}).text
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', shown)[1]
    return walk.post(page, path, status, csrf_token=token, **fields)


def _registering(walk: Walk) -> None:
    walk.get("register", "/register")
    walk.post("register: nothing filled in", "/register", 422)
    account = {"name": "ანა", "email": ADDRESS, "password": PASSWORD}
    walk.post("register: inbox", "/register", **account)
    link, _code = walk.mailed(ADDRESS)
    walk.get("register: link", link)
    walk.post("register: done", link)
    walk.post("register: inbox again", "/register", **account)
    walk.send()
    walk.get("register: used link", link, 404)
    walk.get("account", "/account")


def _second_factor(walk: Walk) -> str:
    walk.get("second factor: none", FACTOR)
    begun = _send(walk, "second factor: begun", f"{FACTOR}/begin", on=FACTOR)
    secret = re.search(r'<code dir="ltr">([A-Z2-7 ]+)<', begun)[1].replace(" ", "")
    _send(walk, "second factor: wrong", FACTOR, 403, code="000000")
    _send(walk, "second factor: codes", FACTOR, code=pyotp.TOTP(secret).at(now()))
    walk.get("second factor: on", FACTOR)
    walk.get("account: with second factor", "/account")
    walk.get("confirm: code", "/account/confirm")
    return secret


def _changing(walk: Walk) -> None:
    _send(walk, "account: no name", "/account/name", 422, on="/account", name="")
    _send(walk, "account: name", "/account/name", on="/account", name="ნინო")
    walk.get("account: password", "/account/password")
    _send(walk, "account: short password", "/account/password", 422, password="short")
    _send(walk, "account: password changed", "/account/password", password=PASSWORD)
    walk.get("account: address", "/account/address")
    _send(walk, "account: wrong address", "/account/address", 422, email="no")
    _send(walk, "account: inbox", "/account/address", email=NEW)
    link, _code = walk.mailed(NEW)
    walk.get("account: new address", link)
    _send(walk, "account: moved", link)
    walk.send()


def _coming_back(walk: Walk, secret: str) -> None:
    walk.client = walk.app.test_client()
    walk.get("reset: ask", "/reset")
    walk.post("reset: wrong address", "/reset", 422, email="no")
    walk.post("reset: inbox", "/reset", email=NEW)
    link, _code = walk.mailed(NEW)
    walk.get("reset", link)
    walk.post("reset: short password", link, 422, password="short")
    walk.post("reset: done", link, password=PASSWORD)
    _send(walk, "sign in: code", "/login", email=NEW, password=PASSWORD)
    _send(walk, "sign in: wrong code", "/login/code", 403, code="000000")
    later = pyotp.TOTP(secret).at(now() + timedelta(seconds=30))
    _send(walk, "sign in: with code", "/login/code", code=later)
    _send(walk, "second factor: removed", f"{FACTOR}/remove", on=FACTOR)
    walk.get("confirm: password", "/account/confirm")
    _send(walk, "sessions: ended", "/account/sessions/end", on="/account")
    walk.send()
