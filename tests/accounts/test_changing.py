"""What somebody changes of their account: name, password, address; and the command for a lost second factor."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask

from petition.accounts import service
from petition.accounts.models import AddressChange
from petition.core import retention
from petition.core.audit import AuditEntry
from petition.core.clock import now
from petition.core.db import read_again, writing
from tests.accounts.conftest import OWNER, Mailbox, Person
from tests.conftest import PASSWORD

People = Callable[..., Person]
NEW, NEW_PASSWORD = "new@example.org", "another long password"


def actions(app: Flask) -> list[str]:
    with app.app_context():
        return list(read_again().scalars(sa.select(AuditEntry.action).order_by(AuditEntry.at)))


def test_a_changed_password_ends_all_sessions_but_this_one(
    app: Flask, owner: Person, person: People, mailbox: Mailbox
) -> None:
    other = person()
    other.sign_in()
    mailbox.new()
    assert owner.post("/account/password", password=NEW_PASSWORD).status_code == 303
    assert owner.is_in()
    assert not other.is_in()
    assert other.sign_in().status_code == 403
    assert other.sign_in(password=NEW_PASSWORD).status_code == 303
    assert mailbox.subjects() == [(OWNER, "The password of your account was changed")]
    assert actions(app) == ["password changed"]


def test_a_password_that_is_too_short_changes_nothing(owner: Person, person: People) -> None:
    assert owner.post("/account/password", password="short").status_code == 422
    assert person().sign_in().status_code == 303


@pytest.mark.parametrize("path", ["/account/name", "/account/password", "/account/address"])
def test_no_change_without_the_forms_token(app: Flask, owner: Person, mailbox: Mailbox, path: str) -> None:
    mailbox.new()
    fields = {"name": "Other", "password": NEW_PASSWORD, "email": NEW}
    assert owner.client.post(path, data=fields).status_code == 422
    assert (actions(app), mailbox.new()) == ([], [])
    assert "Other" not in owner.get("/account").text


def test_the_name_can_be_changed(app: Flask, owner: Person) -> None:
    assert owner.post("/account/name", "/account", name="  أحمد  ").status_code == 303
    assert 'value="أحمد"' in owner.get("/account").text
    assert owner.post("/account/name", "/account", name="").status_code == 422
    assert actions(app) == ["name changed"]


def test_a_new_address_counts_when_its_link_is_used_and_the_old_one_is_told(
    app: Flask, owner: Person, person: People, mailbox: Mailbox
) -> None:
    mailbox.new()
    assert owner.post("/account/address", email=NEW).status_code == 303
    link = mailbox.link(NEW)
    for _time in range(2):
        assert NEW in owner.get(link).text
        assert owner.client.head(link).status_code == 200
    assert person().sign_in(NEW).status_code == 403
    assert owner.client.post(link).status_code == 403, "without the form's token"
    assert owner.post(link).status_code == 303
    assert mailbox.subjects() == [(OWNER, "Your account has a new address and leaves this one")]
    assert person().sign_in(OWNER).status_code == 403
    assert person().sign_in(NEW).status_code == 303
    assert NEW in owner.get("/account").text
    assert actions(app) == ["address changed"]
    assert owner.get(link).status_code == 404
    assert owner.client.post(link).status_code == 404


def test_the_link_is_only_for_who_asked_for_it(app: Flask, owner: Person, person: People, mailbox: Mailbox) -> None:
    """Else an account would follow a mistyped address to a stranger."""
    with app.app_context(), writing() as session:
        service.add_user(session, "other@example.org", "Other", PASSWORD)
    mailbox.new()
    owner.post("/account/address", email=NEW)
    link = mailbox.link(NEW)
    nobody, other = person(), person()
    for answer in (nobody.get(link), nobody.client.post(link)):
        assert answer.status_code == 303
        assert answer.location.startswith("/login?next=/account")
    other.sign_in("other@example.org")
    assert other.get(link).status_code == 404
    assert other.post(link, "/account").status_code == 404
    led = nobody.get(link).location
    assert nobody.post(led, email=OWNER, password=PASSWORD).location == link
    assert nobody.post(link).status_code == 303
    assert person().sign_in(NEW).status_code == 303


def test_of_two_new_addresses_the_first_confirmed_counts(owner: Person, person: People, mailbox: Mailbox) -> None:
    mailbox.new()
    owner.post("/account/address", email=NEW)
    first = mailbox.link(NEW)
    owner.post("/account/address", email="newer@example.org")
    second = mailbox.link("newer@example.org")
    assert owner.post(second).status_code == 303
    assert owner.post(first, "/account").status_code == 404
    assert person().sign_in("newer@example.org").status_code == 303


def test_the_link_ends_after_a_day_and_is_forgotten(app: Flask, owner: Person, mailbox: Mailbox) -> None:
    mailbox.new()
    began = now()
    owner.post("/account/address", email=NEW)
    link = mailbox.link(NEW)
    with time_machine.travel(began + timedelta(days=1, minutes=1)), app.app_context():
        owner.sign_in()
        assert owner.get(link).status_code == 404
        assert owner.post(link, "/account").status_code == 404
        retention.purge()
        assert read_again().scalar(sa.select(sa.func.count()).select_from(AddressChange)) == 0


def test_an_address_with_an_account_gets_the_same_answer_and_is_never_taken(
    app: Flask, owner: Person, mailbox: Mailbox
) -> None:
    with app.app_context(), writing() as session:
        service.add_user(session, "other@example.org", "Other", PASSWORD)
    mailbox.new()
    taken, free = (owner.post("/account/address", email=email) for email in ("other@example.org", NEW))
    assert (taken.status, taken.location, taken.data) == (free.status, free.location, free.data)
    assert mailbox.subjects() == [
        (NEW, "Please confirm your new address"),
        ("other@example.org", "You have an account already"),
    ]
    with app.app_context(), writing() as session:
        service.register_proven(session, NEW, "Quicker", PASSWORD)


def test_who_took_the_new_address_meanwhile_keeps_it(app: Flask, owner: Person, mailbox: Mailbox) -> None:
    mailbox.new()
    owner.post("/account/address", email=NEW)
    link = mailbox.link(NEW)
    with app.app_context(), writing() as session:
        service.register_proven(session, NEW, "Quicker", PASSWORD)
    assert owner.post(link).status_code == 409
    assert OWNER in owner.get("/account").text


def test_sensitive_pages_ask_again_who_it_is(owner: Person) -> None:
    with time_machine.travel(now() + timedelta(minutes=11)):
        for path in ("/account/password", "/account/address", "/account/second-factor"):
            answer = owner.get(path)
            assert (answer.status_code, answer.location) == (303, f"/account/confirm?next={path}")


def test_nobody_sees_an_account_without_signing_in(person: People) -> None:
    for path in ("", "/password", "/address", "/confirm", "/second-factor"):
        assert person().get(f"/account{path}").location == "/login"
    for path in ("/name", "/password", "/sessions/end", "/sessions/00/end", "/second-factor/remove", "/confirm"):
        assert person().client.post(f"/account{path}").location == "/login"


def test_asking_for_addresses_is_limited(owner: Person) -> None:
    answers = [owner.post("/account/address", email=NEW).status_code for _time in range(6)]
    assert answers == [303] * 5 + [429]
