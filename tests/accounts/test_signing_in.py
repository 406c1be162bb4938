"""Signing in and out: neutral answers, equal work, limits, sessions that end, forms nobody else can send."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa
import time_machine
from argon2 import extract_parameters
from argon2.exceptions import VerifyMismatchError
from argon2.low_level import Type
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from petition.accounts import service
from petition.accounts.models import User, UserSession
from petition.core import retention
from petition.core.clock import now
from petition.core.db import db, read_again, writing
from petition.core.errors import DomainError
from petition.settings import ROOT, Settings
from tests.commands import environment, run
from tests.conftest import PASSWORD, running, signed_in

OWNER, STRANGER = "owner@river.example.org", "stranger@example.org"
TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')
pytestmark = pytest.mark.usefixtures("petition")


def token_of(client: FlaskClient, url: str = "/login") -> str:
    found = TOKEN.search(client.get(url).text)
    assert found
    return found[1]


def try_in(client: FlaskClient, email: str, password: str) -> TestResponse:
    return client.post("/login", data={"email": email, "password": password, "csrf_token": token_of(client)})


WRONG = [
    (OWNER, "wrong password"),
    (STRANGER, "wrong password"),
    (STRANGER, PASSWORD),
    ("no address", PASSWORD),
    ("", ""),
]


def test_a_wrong_password_and_an_unknown_address_get_the_same_answer(app: Flask) -> None:
    pages = set()
    for email, password in WRONG:
        answer = try_in(app.test_client(), email, password)
        assert (answer.status_code, answer.headers["Cache-Control"]) == (403, "no-store")
        pages.add(re.sub(r'value="[^"]*"', "", answer.text))
    assert len(pages) == 1


def test_an_unknown_address_costs_the_same_statements(app: Flask, statements: list[str]) -> None:
    work = []
    for email, password in WRONG:
        statements.clear()
        try_in(app.test_client(), email, password)
        work.append(list(statements))
    assert work[0]
    assert all(one == work[0] for one in work)


def test_an_unknown_address_costs_the_same_hashing(inside: Flask) -> None:
    known = service.find_user(read_again(), OWNER).password_hash
    for unknown in (service.decoy(), service.decoy()):
        assert extract_parameters(unknown) == extract_parameters(known)
        with pytest.raises(VerifyMismatchError):
            service._hasher.verify(unknown, PASSWORD)
    assert service.decoy() != service.decoy()


def test_outside_of_tests_hashing_costs_what_it_should(app: Flask) -> None:
    """The tests' own processes hash cheaply; a command's, started like any other, does not."""
    environ = environment(app.config["INSTANCE"], app.config["DATABASE_URL"])
    done = run(environ, "user", "add", STRANGER, "--password-stdin", "--name", "Stranger", stdin=f"{PASSWORD}\n")
    assert (done.returncode, done.stderr) == (0, "account added\n")
    with app.app_context():
        parameters = extract_parameters(service.find_user(read_again(), STRANGER).password_hash)
    assert (parameters.type, parameters.hash_len) == (Type.ID, 32)
    assert parameters.memory_cost >= 19 * 1024
    decoy = "from petition.accounts import service; print(service.decoy(), end='')"
    printed = subprocess.run([sys.executable, "-c", decoy], cwd=ROOT, capture_output=True, text=True, check=True)
    assert extract_parameters(printed.stdout) == parameters


def test_the_right_password_leads_to_the_desk(app: Flask) -> None:
    client = app.test_client()
    answer = try_in(client, "Owner@River.Example.org", PASSWORD)
    assert (answer.status_code, answer.location) == (303, "/organiser")
    assert client.get("/organiser").status_code == 200


def test_too_many_tries_at_one_account_are_stopped_also_with_the_right_password(app: Flask) -> None:
    client = app.test_client()
    with time_machine.travel(now(), tick=False) as clock:
        for _turn in range(10):
            assert try_in(client, OWNER, "wrong password").status_code == 403
        refused = try_in(client, OWNER, PASSWORD)
        assert refused.status_code == 429
        assert "too often" in refused.text
        assert int(refused.headers["Retry-After"]) > 0
        assert try_in(client, STRANGER, PASSWORD).status_code == 403
        clock.shift(timedelta(minutes=10, seconds=1))
        assert try_in(client, OWNER, PASSWORD).status_code == 303


def test_an_unknown_address_is_stopped_after_as_many_tries(app: Flask) -> None:
    client = app.test_client()
    answers = [try_in(client, STRANGER, PASSWORD).status_code for _turn in range(11)]
    assert answers == [403] * 10 + [429]


def test_too_many_tries_from_one_network_are_stopped(app: Flask) -> None:
    client = app.test_client()
    answers = [try_in(client, f"someone{number}@example.org", PASSWORD).status_code for number in range(21)]
    assert answers == [403] * 20 + [429]


def test_with_the_limits_off_nobody_is_stopped(settings: Settings) -> None:
    with running(replace(settings, limits="off")) as app:
        client = app.test_client()
        assert {try_in(client, OWNER, "wrong password").status_code for _turn in range(12)} == {403}


def test_signing_in_without_the_forms_token_is_refused(app: Flask) -> None:
    other = token_of(app.test_client())
    for token in ({}, {"csrf_token": ""}, {"csrf_token": "nonsense"}, {"csrf_token": other}):
        client = app.test_client()
        client.get("/login")
        answer = client.post("/login", data={"email": OWNER, "password": PASSWORD, **token})
        assert answer.status_code == 403
        assert client.get("/organiser").status_code == 303


def test_signing_out_without_the_forms_token_changes_nothing(app: Flask) -> None:
    client = signed_in(app)
    for token in ({}, {"csrf_token": token_of(app.test_client())}):
        client.post("/logout", data=token)
        assert client.get("/organiser").status_code == 200


def cookie(client: FlaskClient) -> str:
    found = client.get_cookie("petition")
    assert found
    return found.value


def with_cookie(app: Flask, value: str) -> FlaskClient:
    client = app.test_client()
    client.set_cookie("petition", value)
    return client


def test_signing_out_ends_the_session_on_the_server_too(app: Flask) -> None:
    client = signed_in(app)
    stolen = cookie(client)
    assert with_cookie(app, stolen).get("/organiser").status_code == 200
    answer = client.post("/logout", data={"csrf_token": token_of(client, "/organiser")})
    assert (answer.status_code, answer.location) == (303, "/login")
    assert client.get("/organiser").status_code == 303
    assert with_cookie(app, stolen).get("/organiser").status_code == 303


def test_signing_out_leaves_other_browsers_signed_in(app: Flask) -> None:
    here, there = signed_in(app), signed_in(app)
    here.post("/logout", data={"csrf_token": token_of(here, "/organiser")})
    assert there.get("/organiser").status_code == 200


def test_signing_in_again_ends_the_former_session(app: Flask) -> None:
    client = signed_in(app)
    former = cookie(client)
    assert try_in(client, OWNER, PASSWORD).status_code == 303
    assert with_cookie(app, former).get("/organiser").status_code == 303
    assert client.get("/organiser").status_code == 200


def test_a_cookie_set_before_signing_in_opens_nothing(app: Flask) -> None:
    client = app.test_client()
    client.get("/login")
    planted = cookie(client)
    assert try_in(client, OWNER, PASSWORD).status_code == 303
    assert cookie(client) != planted
    assert with_cookie(app, planted).get("/organiser").status_code == 303


def test_a_session_ends_after_twelve_hours_and_is_forgotten(app: Flask) -> None:
    client = signed_in(app)
    began = now()
    with time_machine.travel(began + timedelta(hours=11, minutes=55)):
        assert client.get("/organiser").status_code == 200
    with time_machine.travel(began + timedelta(hours=12, minutes=1)), app.app_context():
        assert client.get("/organiser").status_code == 303
        retention.purge()
        assert read_again().scalar(sa.select(sa.func.count()).select_from(UserSession)) == 0


def test_the_database_holds_neither_password_nor_session_token(app: Flask) -> None:
    client = signed_in(app)
    with client.session_transaction() as held:
        token = held["organiser"]
    with app.app_context():
        user = service.find_user(read_again(), OWNER)
        kept = db.session.scalars(sa.select(UserSession.token_hash)).all()
        assert service.user_of(db.session(), token) == user
        assert service.user_of(db.session(), token + "x") is None
        assert service.user_of(db.session(), kept[0].hex()) is None
    assert PASSWORD not in user.password_hash
    assert token.encode() not in kept


def test_who_loses_the_account_is_signed_out_at_once(app: Flask) -> None:
    client = signed_in(app)
    with app.app_context(), writing() as session:
        session.execute(sa.text("DELETE FROM membership"))
        session.execute(sa.delete(User))
    assert client.get("/organiser").status_code == 303


@pytest.mark.parametrize(
    ("email", "name", "password", "words"),
    [
        ("nobody", "Name", PASSWORD, "this is not a mail address"),
        ("OWNER@river.example.org", "Name", PASSWORD, "There is already an account"),
        ("new@example.org", "", PASSWORD, "the name must not be empty"),
        ("new@example.org", "a\nb", PASSWORD, "the name must be one line"),
        ("new@example.org", "Name", "too short", "the password must have"),
    ],
)
def test_a_bad_account_is_refused_in_one_line(
    inside: Flask, email: str, name: str, password: str, words: str
) -> None:
    def add() -> None:
        with writing() as session:
            service.add_user(session, email, name, password)

    with pytest.raises(DomainError) as caught:
        add()
    assert caught.value.message.startswith(words)
    assert caught.value.message.isprintable()
    assert read_again().scalar(sa.select(sa.func.count()).select_from(User)) == 1


def test_nobody_is_found_by_what_is_no_address(inside: Flask) -> None:
    for email in ("nobody", STRANGER):
        with pytest.raises(DomainError):
            service.find_user(read_again(), email)
