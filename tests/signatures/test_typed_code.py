"""The code in the mail, for mail programs that break links."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine

from petition.core.clock import now
from tests.conftest import add_petition
from tests.site_visits import Response, Visits

HERE, ELSEWHERE = "192.0.2.1", "198.51.100.7"
WRONG = "00000-00000"


def type_in(visits: Visits, address: str, code: str, network: str = HERE) -> Response:
    return visits.app.test_client().post(
        "/confirm", data={"email": address, "code": code}, environ_overrides={"REMOTE_ADDR": network}
    )


def mailed_code(visits: Visits, address: str, **fields: str) -> str:
    known = visits.mails()
    visits.sign(address, **fields)
    (mail,) = [mail for mail in visits.mails() if mail not in known]
    return mail.code


def test_the_code_leads_to_the_page_that_the_link_leads_to(visits: Visits) -> None:
    code = mailed_code(visits, "ana@example.org", name="Ana Test")
    answer = type_in(visits, "ana@example.org", code)
    assert answer.status_code == 303
    assert answer.headers["Location"] == visits.mails("ana@example.org")[0].path
    assert visits.total() == 0
    visits.press(answer.headers["Location"])
    assert visits.total() == 1


def test_a_code_is_read_as_people_type_it(visits: Visits) -> None:
    code = mailed_code(visits, "ana@example.org")
    look_alike = code.replace("0", "O").replace("1", "l")
    for typed in (
        code.lower(),
        code.replace("-", ""),
        f"  {' '.join(code)} ",
        look_alike,
        look_alike.replace("l", "I"),
    ):
        assert type_in(visits, "ANA+x@example.org", typed).status_code == 303
        visits.rows("DELETE FROM rate_hit")


def test_a_code_typed_again_after_confirming_shows_that_it_counts(visits: Visits) -> None:
    code = mailed_code(visits, "ana@example.org")
    visits.press(type_in(visits, "ana@example.org", code).headers["Location"])
    again = visits.app.test_client().get(type_in(visits, "ana@example.org", code).headers["Location"])
    assert "You are counted" in again.text


def test_a_code_belongs_to_one_address_and_attempt(visits: Visits) -> None:
    add_petition(visits.app, "another")
    codes = [mailed_code(visits, "ana@example.org", name=name) for name in ("First", "Second")]
    codes.append(mailed_code(visits, "ana@example.org", name="Third", slug="another"))
    for code, name in zip(codes, ("First", "Second", "Third"), strict=True):
        page = visits.app.test_client().get(type_in(visits, "ana@example.org", code).headers["Location"])
        assert f'value="{name}"' in page.text
    assert type_in(visits, "ben@example.org", codes[0]).status_code == 404


def test_a_wrong_code_keeps_what_was_typed(visits: Visits) -> None:
    mailed_code(visits, "ana@example.org")
    page = type_in(visits, "ana@example.org", WRONG)
    assert page.status_code == 404
    assert "do not belong together" in page.text
    assert 'value="ana@example.org"' in page.text
    assert 'value="00000-00000"' in page.text


def test_five_tries_then_a_pause_that_another_network_does_not_share(visits: Visits) -> None:
    code = mailed_code(visits, "ana@example.org")
    assert [type_in(visits, "ana@example.org", WRONG).status_code for _try in range(5)] == [404] * 5
    refused = type_in(visits, "ana@example.org", code)
    assert refused.status_code == 429
    assert 0 < int(refused.headers["Retry-After"]) <= 3600
    assert 'value="ana@example.org"' in refused.text
    assert type_in(visits, "ana@example.org", code, ELSEWHERE).status_code == 303


def test_a_stranger_s_tries_at_my_address_do_not_lock_me_out(visits: Visits) -> None:
    code = mailed_code(visits, "ana@example.org")
    for number in range(8):
        type_in(visits, f"ANA+{number}@example.org", WRONG, ELSEWHERE)
    assert type_in(visits, "ana@example.org", WRONG, ELSEWHERE).status_code == 429
    assert type_in(visits, "ana@example.org", code, HERE).status_code == 303


@pytest.mark.parametrize("purged", [False, True])
def test_a_code_ends_with_its_link_after_fourteen_days(visits: Visits, purged: bool) -> None:
    code = mailed_code(visits, "ana@example.org")
    with time_machine.travel(now() + timedelta(days=14, minutes=1), tick=True):
        if purged:
            visits.purge()
            assert type_in(visits, "ana@example.org", code).status_code == 404
        else:
            page = visits.app.test_client().get(type_in(visits, "ana@example.org", code).headers["Location"])
            assert "This link has ended." in page.text


def test_a_code_is_kept_as_a_hash_only_once_its_mail_has_left(visits: Visits) -> None:
    code = mailed_code(visits, "ana@example.org").replace("-", "")
    visits.purge()
    assert code not in repr(visits.everything())
    for file in visits.app.config["INSTANCE"].glob("petition.db*"):
        assert code.encode() not in file.read_bytes()


@pytest.mark.parametrize(("email", "code"), [("", WRONG), ("no address", WRONG), ("ana@example.org", " ")])
def test_a_half_filled_form_comes_back(visits: Visits, email: str, code: str) -> None:
    page = type_in(visits, email, code)
    assert page.status_code == 422
    assert "aria-describedby" in page.text
