"""Where somebody is signed in: the list, ending one or all, new devices, and proving again who one is."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask

from petition.accounts import devices, service, sessions
from petition.accounts.models import KnownDevice, UserSession
from petition.accounts.signed_in import local_path
from petition.core import retention
from petition.core.clock import now
from petition.core.db import read_again, writing
from tests.accounts.conftest import FIREFOX, OWNER, Mailbox, Person, code_at
from tests.conftest import PASSWORD

People = Callable[..., Person]
END = re.compile(r'action="(/account/sessions/[0-9a-f]+/end)"')
SAFARI = "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605 Version/19.0 Mobile Safari/604.1"
CHROME = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/140.0.0.0 Safari/537.36"
AGENTS = {
    FIREFOX: "Firefox, Linux",
    SAFARI: "Safari, iPhone",
    CHROME: "Chrome, Windows",
    f"{CHROME} Edg/140.0.0.0": "Edge, Windows",
    "Mozilla/5.0 (Linux; Android 16) AppleWebKit/537.36 Chrome/140.0 Mobile Safari/537.36": "Chrome, Android",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 15_0) AppleWebKit/605 Version/19.0 Safari/605": "Safari, macOS",
    "curl/8": "",
    "<script>": "",
}


@pytest.mark.parametrize("agent", AGENTS)
def test_a_device_is_told_by_family_and_system_without_a_version(agent: str) -> None:
    assert devices.described(agent) == AGENTS[agent]


def test_the_account_page_lists_where_somebody_is_signed_in(owner: Person, person: People) -> None:
    phone = person(agent=SAFARI)
    phone.sign_in()
    page = owner.get("/account").text
    assert page.count("Firefox, Linux") == page.count("Safari, iPhone") == page.count("this browser") == 1
    assert page.index("Safari, iPhone") < page.index("Firefox, Linux"), "the one used last comes first"


def test_one_session_can_be_ended_and_nobody_elses(app: Flask, owner: Person, person: People) -> None:
    phone = person(agent=SAFARI)
    phone.sign_in()
    with app.app_context(), writing() as session:
        service.add_user(session, "other@example.org", "Other", PASSWORD)
    other = person()
    other.sign_in("other@example.org")
    (end,) = END.findall(owner.get("/account").text)
    assert other.post(end, "/account").status_code == 404
    assert owner.client.post(end).status_code == 403, "without the form's token"
    assert phone.is_in()
    assert owner.post(end, "/account").status_code == 303
    assert not phone.is_in()
    assert owner.is_in()
    assert owner.post(end, "/account").status_code == 404


def test_signing_out_everywhere_ends_every_session_of_the_account(owner: Person, person: People) -> None:
    phone = person(agent=SAFARI)
    phone.sign_in()
    assert owner.client.post("/account/sessions/end").status_code == 403
    assert phone.is_in()
    answer = owner.post("/account/sessions/end", "/account")
    assert (answer.status_code, answer.location) == (303, "/login")
    assert not owner.is_in()
    assert not phone.is_in()


def test_a_session_says_when_it_was_used_last(app: Flask, owner: Person) -> None:
    def seen() -> object:
        with app.app_context():
            return read_again().scalars(sa.select(UserSession.seen_at)).one()

    first, began = seen(), now()
    with time_machine.travel(began + timedelta(minutes=4), tick=False):
        owner.get("/organiser")
        assert seen() == first, "not every look is written down"
    with time_machine.travel(began + timedelta(minutes=6), tick=False):
        owner.get("/organiser")
        assert seen() == now()


def test_a_new_device_or_network_is_told_and_a_known_one_is_not(person: People, mailbox: Mailbox) -> None:
    told = [(OWNER, "Your account was used from a new device or network")]
    for about, mails in (
        ({}, told),
        ({}, []),
        ({"agent": SAFARI}, told),
        ({"network": "192.0.2.1"}, told),
        ({"agent": SAFARI}, []),
    ):
        assert person(**about).sign_in().status_code == 303
        assert mailbox.subjects() == mails


def test_the_mail_tells_the_device_and_the_way_to_the_account(person: People, mailbox: Mailbox) -> None:
    person(agent=SAFARI, network="192.0.2.1").sign_in()
    text = mailbox.one(OWNER)
    assert "Safari, iPhone" in text
    assert "/account\n" in text
    assert "192.0.2" not in text


def test_a_wrong_password_makes_no_device_known(person: People, mailbox: Mailbox) -> None:
    assert person().sign_in(password="wrong").status_code == 403
    assert mailbox.new() == []
    person().sign_in()
    assert len(mailbox.new()) == 1


def test_a_device_is_forgotten_ninety_days_after_its_last_use(app: Flask, person: People, mailbox: Mailbox) -> None:
    began = now()
    person().sign_in()
    with time_machine.travel(began + timedelta(days=80)):
        person().sign_in()
    for days, known in ((169, 1), (171, 0)):
        with time_machine.travel(began + timedelta(days=days)), app.app_context():
            retention.purge()
            assert read_again().scalar(sa.select(sa.func.count()).select_from(KnownDevice)) == known


CONFIRM = "/account/confirm?next=/account/password"


def test_ten_minutes_after_signing_in_one_has_to_prove_it_again(owner: Person) -> None:
    began = now()
    with time_machine.travel(began + timedelta(minutes=9)):
        assert owner.get("/account/password").status_code == 200
    with time_machine.travel(began + timedelta(minutes=11)):
        answer = owner.get("/account/password")
        assert (answer.status_code, answer.location) == (303, CONFIRM)
        assert owner.get("/account").status_code == 200
        assert owner.post(CONFIRM, password="wrong").status_code == 403
        assert owner.get("/account/password").status_code == 303
        answer = owner.post(CONFIRM, password=PASSWORD)
        assert (answer.status_code, answer.location) == (303, "/account/password")
        assert owner.get("/account/password").status_code == 200
    with time_machine.travel(began + timedelta(minutes=22)):
        assert owner.get("/account/password").status_code == 303


def test_who_has_a_second_factor_proves_it_with_that(owner: Person) -> None:
    secret, codes = owner.set_up_second_factor()
    with time_machine.travel(now() + timedelta(minutes=11), tick=False) as clock:
        assert 'name="password"' not in owner.get(CONFIRM).text
        assert owner.post(CONFIRM, password=PASSWORD).status_code == 403
        typed = code_at(secret, now())
        assert owner.post(CONFIRM, code=typed).status_code == 303
        assert owner.get("/account/password").status_code == 200
        clock.shift(timedelta(minutes=11))
        assert owner.post(CONFIRM, code=typed).status_code == 403
        assert owner.post(CONFIRM, code=codes[0]).status_code == 303


def test_proving_it_in_one_browser_says_nothing_of_another(owner: Person, person: People) -> None:
    phone = person(agent=SAFARI)
    phone.sign_in()
    with time_machine.travel(now() + timedelta(minutes=11)):
        assert owner.post(CONFIRM, password=PASSWORD).status_code == 303
        assert phone.get("/account/password").status_code == 303


def test_nobody_proves_anything_without_a_session_or_the_forms_token(owner: Person, person: People) -> None:
    assert person().get(CONFIRM).location == "/login"
    assert person().client.post(CONFIRM, data={"password": PASSWORD}).location == "/login"
    with time_machine.travel(now() + timedelta(minutes=11)):
        assert owner.client.post(CONFIRM, data={"password": PASSWORD}).status_code == 403
        assert owner.get("/account/password").status_code == 303


def test_guessing_the_password_of_an_open_session_is_stopped(owner: Person) -> None:
    answers = [owner.post(CONFIRM, password="wrong").status_code for _try in range(10)]
    assert answers == [403] * 9 + [429], "signing in was the first of ten"


@pytest.mark.parametrize(
    "path",
    [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "/account\\..\\evil",
        "javascript:alert(1)",
        "evil.example",
        "/\tevil",
        "/a\r\nSet-Cookie: a=b",
        "",
        " /account",
    ],
)
def test_the_way_back_never_leads_off_the_site(owner: Person, person: People, path: str) -> None:
    assert local_path(path) is None
    answer = owner.client.post(
        "/account/confirm", query_string={"next": path}, data=_token(owner) | {"password": PASSWORD}
    )
    assert (answer.status_code, answer.location) == (303, "/account")
    someone = person()
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', someone.get("/login").text)
    assert token
    login = {"email": OWNER, "password": PASSWORD, "csrf_token": token[1]}
    assert someone.client.post("/login", query_string={"next": path}, data=login).location == "/organiser"


def _token(someone: Person) -> dict[str, str]:
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', someone.get("/account/confirm").text)
    assert token
    return {"csrf_token": token[1]}


def test_a_session_counts_as_proven_for_ten_minutes_to_the_second(app: Flask, owner: Person) -> None:
    with app.app_context():
        found = read_again().scalars(sa.select(UserSession)).one()
        with time_machine.travel(found.confirmed_at + timedelta(minutes=10) - timedelta(seconds=1), tick=False):
            assert sessions.was_confirmed_lately(found)
        with time_machine.travel(found.confirmed_at + timedelta(minutes=10), tick=False):
            assert not sessions.was_confirmed_lately(found)
