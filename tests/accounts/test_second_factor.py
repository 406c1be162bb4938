"""The second factor: codes that are taken once, recovery codes, limits, and what a stolen database tells."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask

from petition.accounts import service
from petition.accounts.models import BegunSignIn, RecoveryCode, SecondFactor
from petition.core import retention
from petition.core.audit import AuditEntry
from petition.core.clock import now
from petition.core.db import read_again, writing
from petition.settings import Settings
from tests.accounts.conftest import CODES, OWNER, SECRET, Mailbox, Person, code_at
from tests.conftest import PASSWORD, add_petition, running

People = Callable[..., Person]
PAGE = "/account/second-factor"
STEP = timedelta(seconds=30)


def code(someone: Person, typed: str) -> int:
    answer = someone.post("/login/code", code=typed)
    assert answer.location != "/login", "nobody is half-way in here"
    return answer.status_code


def waits_for_code(someone: Person) -> bool:
    return someone.sign_in().location == "/login/code"


def test_the_second_factor_is_asked_for_after_the_password(
    app: Flask, owner: Person, person: People, mailbox: Mailbox
) -> None:
    secret, codes = owner.set_up_second_factor()
    assert len(set(codes)) == 10
    someone = person()
    assert waits_for_code(someone)
    assert not someone.is_in()
    with app.app_context():
        assert service.find_user(read_again(), OWNER).has_second_factor
    with time_machine.travel(now() + STEP):
        for wrong in ("", "000000", "12345", code_at(secret, now() + timedelta(minutes=5))):
            assert code(someone, wrong) == 403
        assert code(someone, code_at(secret, now())) == 303
        assert someone.is_in()
    assert (OWNER, "Your account now has a second factor") in mailbox.subjects()


def test_the_picture_and_the_letters_hold_the_secret_only_while_it_is_set_up(owner: Person) -> None:
    assert owner.post(f"{PAGE}/begin", PAGE).status_code == 303
    page = owner.get(PAGE).text
    assert "<svg" in page
    assert "style=" not in page
    found, again = SECRET.search(page), SECRET.search(owner.get(PAGE).text)
    assert found
    assert again
    assert found[1] == again[1], "looking again changes nothing"
    secret = found[1].replace(" ", "")
    assert owner.post(PAGE, code="000000").status_code == 403
    answer = owner.post(PAGE, code=code_at(secret, now()))
    assert len(CODES.findall(answer.text)) == 10
    later = owner.get(PAGE).text
    assert "<svg" not in later
    assert found[1] not in later
    assert owner.post(PAGE, code=code_at(secret, now() + STEP)).status_code == 403, "it is set up already"
    assert owner.post(f"{PAGE}/begin", PAGE).status_code == 400


def test_until_a_first_code_was_shown_the_password_is_enough(app: Flask, owner: Person, person: People) -> None:
    owner.post(f"{PAGE}/begin", PAGE)
    assert person().sign_in().location == "/organiser"
    with time_machine.travel(now() + timedelta(days=1, minutes=1)), app.app_context():
        retention.purge()
        assert read_again().scalar(sa.select(sa.func.count()).select_from(SecondFactor)) == 0


def test_a_code_is_taken_once_and_none_that_is_older(owner: Person, person: People) -> None:
    secret, _codes = owner.set_up_second_factor()
    first, second = person(), person()
    assert waits_for_code(first)
    assert waits_for_code(second)
    with time_machine.travel(now() + 2 * STEP, tick=False) as clock:
        typed, older = code_at(secret, now()), code_at(secret, now() - STEP)
        assert code(first, typed) == 303
        assert code(second, typed) == 403
        assert code(second, older) == 403
        clock.shift(STEP)
        assert code(second, typed) == 403
        assert code(second, code_at(secret, now())) == 303


def test_a_clock_may_be_one_step_wrong_and_no_more(owner: Person, person: People) -> None:
    secret, _codes = owner.set_up_second_factor()
    with time_machine.travel(now() + timedelta(minutes=30), tick=False) as clock:
        for steps, status in ((-2, 403), (-1, 303), (2, 403), (1, 303)):
            someone = person()
            assert waits_for_code(someone)
            assert code(someone, code_at(secret, now() + steps * STEP)) == status, steps
            clock.shift(timedelta(minutes=11))


def test_the_code_that_set_it_up_signs_nobody_in(owner: Person, person: People) -> None:
    with time_machine.travel(now(), tick=False):
        secret, _codes = owner.set_up_second_factor()
        someone = person()
        assert waits_for_code(someone)
        assert code(someone, code_at(secret, now())) == 403


def test_each_recovery_code_works_once_however_it_is_typed(
    app: Flask, owner: Person, person: People, mailbox: Mailbox
) -> None:
    _secret, codes = owner.set_up_second_factor()
    mailbox.new()
    first, second = person(), person()
    assert waits_for_code(first)
    assert code(first, f" {codes[3].lower().replace('-', ' ')} ") == 303
    assert first.is_in()
    assert (OWNER, "A recovery code of your account was used") in mailbox.subjects()
    assert waits_for_code(second)
    assert code(second, codes[3]) == 403
    assert code(second, codes[4]) == 303
    assert "8 recovery codes are left" in owner.get("/account").text


def test_new_recovery_codes_end_the_former(owner: Person, person: People, mailbox: Mailbox) -> None:
    _secret, codes = owner.set_up_second_factor()
    mailbox.new()
    fresh = CODES.findall(owner.post(f"{PAGE}/codes", PAGE).text)
    assert len(fresh) == 10
    assert set(fresh).isdisjoint(codes)
    assert mailbox.subjects() == [(OWNER, "New recovery codes were made for your account")]
    someone = person()
    assert waits_for_code(someone)
    assert code(someone, codes[0]) == 403
    assert code(someone, fresh[0]) == 303


def test_another_accounts_codes_are_refused(app: Flask, owner: Person, person: People) -> None:
    with app.app_context(), writing() as session:
        service.add_user(session, "other@example.org", "Other", PASSWORD)
    other, someone = person(), person()
    other.sign_in("other@example.org")
    secret, codes = other.set_up_second_factor()
    owner.set_up_second_factor()
    assert waits_for_code(someone)
    with time_machine.travel(now() + STEP):
        for typed in (codes[0], code_at(secret, now())):
            assert code(someone, typed) == 403


def test_without_the_password_there_is_no_place_to_type_a_code(owner: Person, person: People) -> None:
    _secret, codes = owner.set_up_second_factor()
    someone = person()
    for answer in (someone.get("/login/code"), someone.client.post("/login/code", data={"code": codes[0]})):
        assert (answer.status_code, answer.location) == (303, "/login")
    assert not someone.is_in()


def test_the_code_must_come_within_ten_minutes(app: Flask, owner: Person, person: People) -> None:
    _secret, codes = owner.set_up_second_factor()
    someone, began = person(), now()
    assert waits_for_code(someone)
    with time_machine.travel(began + timedelta(minutes=11)), app.app_context():
        assert someone.client.post("/login/code", data={"code": codes[0]}).location == "/login"
        retention.purge()
        assert read_again().scalar(sa.select(sa.func.count()).select_from(BegunSignIn)) == 0


def test_a_changed_password_ends_a_sign_in_that_has_begun(owner: Person, person: People) -> None:
    _secret, codes = owner.set_up_second_factor()
    someone = person()
    assert waits_for_code(someone)
    assert owner.post("/account/password", password="another long password").status_code == 303
    assert someone.client.post("/login/code", data={"code": codes[0]}).location == "/login"
    assert not someone.is_in()


def test_guessing_codes_is_stopped_also_with_the_limits_off(settings: Settings) -> None:
    with running(replace(settings, limits="off")) as app:
        add_petition(app)
        owner = Person(app)
        owner.sign_in()
        _secret, codes = owner.set_up_second_factor()
        someone = Person(app, network="192.0.2.7")
        assert waits_for_code(someone)
        assert [code(someone, "000000") for _try in range(11)] == [403] * 10 + [429]
        assert waits_for_code(someone)
        assert code(someone, codes[0]) == 429
        for number in range(20):
            other = Person(app, network=f"198.51.100.{number}")
            assert waits_for_code(other)
            code(other, "000000")
        last = Person(app, network="203.0.113.1")
        assert waits_for_code(last)
        assert code(last, codes[0]) == 429, "nor from everywhere at once"


def test_removing_it_makes_the_password_enough_and_is_told(owner: Person, person: People, mailbox: Mailbox) -> None:
    _secret, codes = owner.set_up_second_factor()
    mailbox.new()
    assert owner.post(f"{PAGE}/remove", PAGE).status_code == 303
    assert mailbox.subjects() == [(OWNER, "The second factor of your account was removed")]
    someone = person()
    assert someone.sign_in().location == "/organiser"
    assert someone.client.post("/login/code", data={"code": codes[0]}).location == "/login"


def test_every_change_stands_in_the_audit_log(app: Flask, owner: Person) -> None:
    secret, codes = owner.set_up_second_factor()
    owner.post(f"{PAGE}/codes", PAGE)
    owner.post(f"{PAGE}/remove", PAGE)
    with app.app_context():
        entries = read_again().scalars(sa.select(AuditEntry).order_by(AuditEntry.at)).all()
    assert [entry.action for entry in entries] == [
        "second factor set up",
        "recovery codes made",
        "second factor removed",
    ]
    assert not any(secret in str(entry.details) or codes[0] in str(entry.details) for entry in entries)


@pytest.mark.parametrize("path", ["/begin", "", "/codes", "/remove"])
def test_no_change_without_the_forms_token_or_long_after_signing_in(owner: Person, path: str) -> None:
    owner.set_up_second_factor()
    before = owner.get("/account").text
    assert owner.client.post(PAGE + path).status_code == 403
    with time_machine.travel(now() + timedelta(minutes=11)):
        answer = owner.client.post(PAGE + path, headers={"Referer": f"http://localhost{PAGE}"})
        assert (answer.status_code, answer.location) == (303, f"/account/confirm?next={PAGE}")
        assert owner.get(PAGE).location == f"/account/confirm?next={PAGE}"
    assert owner.get("/account").text.count("10 recovery codes are left") == before.count("10 recovery") == 1


def test_a_stolen_database_holds_neither_secret_nor_codes(app: Flask, owner: Person) -> None:
    secret, codes = owner.set_up_second_factor()
    with app.app_context():
        sealed = read_again().scalars(sa.select(SecondFactor.secret)).one()
        hashes = read_again().scalars(sa.select(RecoveryCode.code_hash)).all()
    assert secret not in sealed
    assert len(hashes) == 10
    assert not any(code.replace("-", "").encode() in kept for code in codes for kept in hashes)


def test_codes_survive_a_new_secret_key_with_the_former_as_fallback(settings: Settings) -> None:
    with running(settings) as app:
        add_petition(app)
        owner = Person(app)
        owner.sign_in()
        secret, codes = owner.set_up_second_factor()
    new = "quite another secret key for tests"
    for fallbacks, time_code, recovery_code in (((settings.secret_key,), 303, 303), ((), 403, 303)):
        changed = replace(settings, secret_key=new, secret_key_fallbacks=fallbacks)
        with running(changed) as app, time_machine.travel(now() + timedelta(minutes=len(fallbacks) + 1)):
            someone, other = Person(app), Person(app)
            assert waits_for_code(someone)
            assert code(someone, code_at(secret, now())) == time_code
            assert waits_for_code(other)
            assert code(other, codes.pop()) == recovery_code
