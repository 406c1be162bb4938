"""A forgotten password: one answer for all, a link that dies early, and no way round the second factor."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import sqlalchemy as sa
import time_machine
from flask import Flask
from werkzeug.test import TestResponse

from petition.accounts import changing, links, service
from petition.accounts.models import PasswordReset
from petition.core import retention
from petition.core.addresses import parse_address
from petition.core.audit import AuditEntry
from petition.core.clock import now
from petition.core.db import read_again, writing
from petition.core.tokens import sign_handle
from tests.accounts.conftest import OWNER, CountingHasher, Mailbox, Person, code_at
from tests.conftest import PASSWORD

NEW_PASSWORD = "another long password"
People = Callable[..., Person]


def ask(someone: Person, email: str = OWNER) -> TestResponse:
    return someone.client.post("/reset", data={"email": email})


def choose(someone: Person, link: str, password: str = NEW_PASSWORD) -> TestResponse:
    return someone.client.post(link, data={"password": password})


def test_the_link_sets_a_new_password_and_signs_nobody_in(app: Flask, person: People, mailbox: Mailbox) -> None:
    someone = person()
    assert ask(someone).status_code == 303
    link = mailbox.link(OWNER)
    for _time in range(2):
        assert someone.get(link).status_code == 200
        assert someone.client.head(link).status_code == 200
    assert someone.sign_in().status_code == 303, "looking at the link changes nothing"
    answer = choose(someone, link)
    assert (answer.status_code, answer.location) == (303, "/login")
    assert not someone.is_in()
    assert someone.sign_in().status_code == 403
    assert someone.sign_in(password=NEW_PASSWORD).status_code == 303
    with app.app_context():
        entry = read_again().scalars(sa.select(AuditEntry)).one()
        owner = service.find_user(read_again(), OWNER)
        assert (entry.action, entry.actor, entry.object) == ("password reset", str(owner.id), str(owner.id))


def test_an_unknown_address_gets_the_same_answer_at_the_same_cost(
    person: People, mailbox: Mailbox, hasher: CountingHasher, statements: list[str]
) -> None:
    seen = []
    for email in (OWNER, "stranger@example.org"):
        someone = person()
        statements.clear()
        answer = ask(someone, email)
        work = list(statements)
        headers = {name: value for name, value in answer.headers if name != "X-Request-Id"}
        seen.append((answer.status, answer.data, headers, someone.get(answer.location).data, work))
    assert seen[0] == seen[1]
    assert hasher.work == 0
    assert mailbox.subjects() == [(OWNER, "A new password")], "nobody else is written to"


def test_a_link_works_once_and_ends_all_others(person: People, mailbox: Mailbox) -> None:
    someone = person()
    ask(someone)
    first = mailbox.link(OWNER)
    ask(someone)
    second = mailbox.link(OWNER)
    assert choose(someone, second).status_code == 303
    for link in (first, second):
        assert someone.get(link).status_code == 404
        assert choose(someone, link, "a third long password").status_code == 404
    assert someone.sign_in(password=NEW_PASSWORD).status_code == 303


def test_a_link_ends_after_an_hour_and_is_forgotten(app: Flask, person: People, mailbox: Mailbox) -> None:
    someone, began = person(), now()
    ask(someone)
    link = mailbox.link(OWNER)
    with time_machine.travel(began + timedelta(minutes=59)), app.app_context():
        retention.purge()
        assert someone.get(link).status_code == 200
    with time_machine.travel(began + timedelta(hours=1, seconds=1)), app.app_context():
        assert someone.get(link).status_code == 404
        assert choose(someone, link).status_code == 404
        retention.purge()
        assert read_again().scalar(sa.select(sa.func.count()).select_from(PasswordReset)) == 0
        assert someone.sign_in().status_code == 303


def test_a_changed_password_ends_the_link(owner: Person, mailbox: Mailbox) -> None:
    mailbox.new()
    ask(owner)
    link = mailbox.link(OWNER)
    assert owner.post("/account/password", password=NEW_PASSWORD).status_code == 303
    assert owner.get(link).status_code == 404
    assert choose(owner, link, "a third long password").status_code == 404


def test_a_changed_address_ends_the_link(owner: Person, mailbox: Mailbox) -> None:
    mailbox.new()
    ask(owner)
    reset = mailbox.link(OWNER)
    owner.post("/account/address", email="new@example.org")
    assert owner.post(mailbox.link("new@example.org")).status_code == 303
    assert owner.get(reset).status_code == 404
    assert choose(owner, reset).status_code == 404


def test_the_second_factor_is_asked_for_after_a_reset(owner: Person, person: People, mailbox: Mailbox) -> None:
    secret, _codes = owner.set_up_second_factor()
    mailbox.new()
    someone = person()
    ask(someone)
    assert choose(someone, mailbox.link(OWNER)).status_code == 303
    answer = someone.sign_in(password=NEW_PASSWORD)
    assert answer.location == "/login/code"
    assert not someone.is_in()
    with time_machine.travel(now() + timedelta(minutes=1)):
        assert someone.post("/login/code", code=code_at(secret, now())).status_code == 303
        assert someone.is_in()


def test_all_sessions_end_and_the_owner_is_told(owner: Person, person: People, mailbox: Mailbox) -> None:
    mailbox.new()
    someone = person()
    ask(someone)
    choose(someone, mailbox.link(OWNER))
    assert not owner.is_in()
    assert mailbox.subjects() == [(OWNER, "The password of your account was changed")]


def test_a_password_that_is_too_short_keeps_the_link(person: People, mailbox: Mailbox) -> None:
    someone = person()
    ask(someone)
    link = mailbox.link(OWNER)
    for short in ("", "too short", "a" * 1001):
        assert choose(someone, link, short).status_code == 422
    assert choose(someone, link).status_code == 303


def test_a_link_for_nobody_and_one_for_something_else_are_refused(app: Flask, person: People) -> None:
    someone = person()
    with app.app_context(), writing() as session:
        address = service.find_user(session, OWNER).address
        real = changing.ask_reset(session, address, "en")
        for_nobody = changing.ask_reset(session, parse_address("stranger@example.org"), "en")
        paths = [f"/reset/{sign_handle(links.RESET, for_nobody)}", f"/reset/{sign_handle(links.REGISTER, real)}"]
        works = sign_handle(links.RESET, real)
    for path in [*paths, f"/reset/{works}x", f"/register/{works}", f"/account/address/{works}", "/reset/nonsense"]:
        assert someone.get(path).status_code == 404
        assert choose(someone, path).status_code == 404
    assert someone.get(f"/reset/{works}").status_code == 200


def test_asking_too_often_is_stopped_for_known_and_unknown_alike(person: People) -> None:
    for email in (OWNER, "stranger@example.org"):
        answers = [ask(person(), email) for _time in range(6)]
        assert [answer.status_code for answer in answers] == [303] * 5 + [429]
        assert int(answers[-1].headers["Retry-After"]) > 0


def test_the_password_is_not_written_back_into_the_page(person: People) -> None:
    answer = person().post("/login", email=OWNER, password=PASSWORD + "x")
    assert answer.status_code == 403
    assert PASSWORD not in answer.text
