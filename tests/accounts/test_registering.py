"""Registering: a confirmed address, one answer for all, links that work once, for a day, for whoever asked."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask
from werkzeug.test import TestResponse

from petition.accounts import links, service
from petition.accounts.models import ExactAddress, Registration, User
from petition.core import retention
from petition.core.clock import now
from petition.core.db import db, read_again, writing
from petition.core.errors import DomainError
from petition.core.tokens import read_handle, sign_handle
from tests.accounts.conftest import OWNER, CountingHasher, Mailbox, Person
from tests.conftest import PASSWORD

NEW = "newcomer@example.org"
People = Callable[..., Person]


def register(someone: Person, email: str = NEW, password: str = PASSWORD) -> TestResponse:
    return someone.client.post("/register", data={"name": "New Comer", "email": email, "password": password})


def accounts(app: Flask) -> set[str]:
    with app.app_context():
        return set(read_again().scalars(sa.select(User.email)))


def test_a_confirmed_address_makes_an_account_and_signs_in(app: Flask, person: People, mailbox: Mailbox) -> None:
    someone = person()
    answer = register(someone)
    assert (answer.status_code, answer.location) == (303, "/register/check-inbox")
    link = mailbox.link(NEW)
    for _time in range(2):
        assert "New Comer" in someone.get(link).text
        assert someone.client.head(link).status_code == 200
    assert accounts(app) == {OWNER}
    answer = someone.client.post(link)
    assert (answer.status_code, answer.location) == (303, "/organiser")
    assert accounts(app) == {OWNER, NEW}
    assert someone.is_in()
    assert mailbox.new() == [], "the device that made the account is no news"
    assert person().sign_in(NEW).status_code == 303


def test_an_address_with_an_account_gets_the_same_answer_to_the_byte(person: People, mailbox: Mailbox) -> None:
    pages = set()
    for email in (OWNER, NEW, "Owner+tag@river.example.org"):
        someone = person()
        answer = register(someone, email)
        headers = {name: value for name, value in answer.headers if name not in {"Set-Cookie", "X-Request-Id"}}
        inbox = someone.get(answer.location)
        pages.add((answer.status, answer.data, str(headers), inbox.data, inbox.status))
    assert len(pages) == 1
    assert mailbox.subjects() == [
        ("Owner+tag@river.example.org", "You have an account already"),
        (NEW, "Please confirm your account"),
        (OWNER, "You have an account already"),
    ]


def test_an_address_with_an_account_costs_the_same_work(
    person: People, hasher: CountingHasher, statements: list[str]
) -> None:
    work = []
    for email in (OWNER, NEW):
        before = hasher.work
        statements.clear()
        register(person(), email)
        work.append((hasher.work - before, list(statements)))
    assert work[0] == work[1]
    assert work[0][0] == 1


def test_the_mail_about_an_account_that_is_there_leads_to_the_sign_in_page(person: People, mailbox: Mailbox) -> None:
    register(person(), OWNER)
    assert mailbox.link(OWNER) == "/login"


def test_nothing_that_was_typed_in_stands_in_the_mail(person: People, mailbox: Mailbox) -> None:
    spam = {"name": "Buy at spam.example", "email": NEW, "password": PASSWORD}
    assert person().client.post("/register", data=spam).status_code == 303
    assert "spam" not in mailbox.one(NEW)


def test_in_another_browser_the_password_is_asked_for(app: Flask, person: People, mailbox: Mailbox) -> None:
    """Else somebody could choose the password, and the owner of the address confirm it."""
    register(person())
    link, other = mailbox.link(NEW), person()
    assert 'name="password"' in other.get(link).text
    for wrong in ("", "another password"):
        assert other.client.post(link, data={"password": wrong}).status_code == 403
    assert accounts(app) == {OWNER}
    assert other.client.post(link, data={"password": PASSWORD}).status_code == 303
    assert other.is_in()


def test_the_password_of_a_registration_cannot_be_guessed_for_long(person: People, mailbox: Mailbox) -> None:
    register(person())
    link, other = mailbox.link(NEW), person()
    answers = [other.client.post(link, data={"password": "wrong"}).status_code for _try in range(11)]
    assert answers == [403] * 10 + [429]
    assert other.client.post(link, data={"password": PASSWORD}).status_code == 429


def test_a_link_works_once_and_ends_all_others_of_the_address(person: People, mailbox: Mailbox) -> None:
    first, second = person(), person()
    register(first)
    one = mailbox.link(NEW)
    register(second)
    other = mailbox.link(NEW)
    assert second.client.post(other).status_code == 303
    for someone, link in ((second, other), (first, one)):
        assert someone.get(link).status_code == 404
        assert someone.client.post(link).status_code == 404


def test_a_link_ends_after_a_day_and_is_forgotten(app: Flask, person: People, mailbox: Mailbox) -> None:
    someone, began = person(), now()
    register(someone)
    link = mailbox.link(NEW)
    with time_machine.travel(began + timedelta(hours=23, minutes=55)), app.app_context():
        assert someone.get(link).status_code == 200
        retention.purge()
        assert someone.get(link).status_code == 200
    with time_machine.travel(began + timedelta(days=1, minutes=1)), app.app_context():
        assert someone.get(link).status_code == 404
        assert someone.client.post(link).status_code == 404
        retention.purge()
        assert read_again().scalar(sa.select(sa.func.count()).select_from(Registration)) == 0
    assert accounts(app) == {OWNER}


def test_a_mail_that_had_to_wait_a_day_is_not_sent(app: Flask, person: People, mailbox: Mailbox) -> None:
    register(person())
    with time_machine.travel(now() + timedelta(days=1, minutes=1)):
        assert mailbox.new() == []


def test_a_changed_link_and_one_for_something_else_are_refused(person: People, mailbox: Mailbox) -> None:
    someone = person()
    register(someone)
    token = mailbox.link(NEW).rpartition("/")[2]
    for path in (f"/register/{token[:-1]}", f"/register/{token}x", f"/reset/{token}", f"/my/{token}"):
        assert someone.get(path).status_code == 404


def test_who_took_the_address_meanwhile_keeps_it(app: Flask, person: People, mailbox: Mailbox) -> None:
    someone = person()
    register(someone)
    link = mailbox.link(NEW)
    with app.app_context(), writing() as session:
        service.register_proven(session, NEW, "Quicker", "another long password")
    answer = someone.client.post(link)
    assert answer.status_code == 409
    assert "already an account" in answer.text
    assert not someone.is_in()


def test_what_is_filled_in_badly_is_said_beside_the_field(person: People, mailbox: Mailbox) -> None:
    someone = person()
    whole = {"name": "New", "email": NEW, "password": PASSWORD}
    for wrong in ({"name": " "}, {"name": "a" * 121}, {"email": "no"}, {"password": "too short"}, {"name": "a\0b"}):
        answer = someone.client.post("/register", data=whole | wrong)
        assert answer.status_code == 422
        assert answer.text.count('class="problem"') == 1
        assert PASSWORD not in answer.text
    assert mailbox.new() == []


def test_asking_too_often_for_one_address_or_from_one_network_is_stopped(person: People) -> None:
    answers = [register(person(), email).status_code for email in [NEW] * 6 + [OWNER] * 6]
    assert answers == ([303] * 5 + [429]) * 2
    answers = [register(person(), f"someone{number}@example.org").status_code for number in range(9)]
    assert answers == [303] * 8 + [429]


def test_mail_goes_to_the_address_as_it_was_written(app: Flask, person: People, mailbox: Mailbox) -> None:
    someone, written = person(), "New.Comer+petitions@example.org"
    register(someone, written)
    assert someone.client.post(mailbox.link(written)).status_code == 303
    with app.app_context():
        user = service.find_user(read_again(), written)
        assert (user.email, user.address.exact) == ("new.comer@example.org", written)
        assert db.session.scalars(sa.select(ExactAddress.address)).all() == [written]
    person().client.post("/reset", data={"email": "new.comer@example.org"})
    assert "/reset/" in mailbox.link(written)


def test_an_invited_person_needs_no_second_mail(app: Flask, person: People, mailbox: Mailbox) -> None:
    with app.app_context(), writing() as session:
        service.register_proven(session, NEW, "Invited", PASSWORD)
    assert person().sign_in(NEW).status_code == 303
    with app.app_context(), pytest.raises(DomainError), writing() as session:
        service.register_proven(session, NEW, "Again", PASSWORD)


def test_the_database_holds_no_link_that_works(app: Flask, person: People, mailbox: Mailbox) -> None:
    register(person())
    token = mailbox.link(NEW).rpartition("/")[2]
    with app.app_context():
        kept = read_again().scalars(sa.select(Registration.handle_hash)).one()
        handle = read_handle(links.REGISTER, token)
        assert handle not in kept
        assert person().get(f"/register/{sign_handle(links.REGISTER, kept[:16])}").status_code == 404


def test_the_sign_in_page_leads_to_registering_and_to_a_new_password(person: People) -> None:
    page = person().get("/login").text
    assert set(re.findall(r'href="(/re\w+)"', page)) == {"/register", "/reset"}
