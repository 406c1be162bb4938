"""The sign form: what is taken, what comes back and how."""

from __future__ import annotations

import html
import re
from datetime import timedelta

import pytest
import time_machine

from petition.core.clock import now
from petition.core.tokens import form_token
from petition.petitions.models import State
from tests.conftest import SLUG, add_petition
from tests.site_visits import Response, Visits

EVERYTHING = {
    "name": 'Ana "A" <Test>',
    "email": "ana@@example",
    "country": "JP",
    "city": "Ōsaka & Kyōto",
    "comment": "First line\nsecond <line>",
    "list_name": "initials",
    "show_name": "yes",
    "updates": "yes",
}


def unescaped(page: Response) -> str:
    return html.unescape(page.text)


def assert_everything_is_kept(page: Response) -> None:
    text = unescaped(page)
    for name in ("name", "email", "city"):
        assert re.search(rf'name="{name}"[^>]* value="{re.escape(EVERYTHING[name])}"', text), name
    assert '<option value="JP" selected>' in text
    assert f"{EVERYTHING['comment']}</textarea>" in text
    assert 'value="initials" checked' in text
    for tick in ("show_name", "updates"):
        assert f'name="{tick}" value="yes" checked' in text


def send(visits: Visits, **fields: str) -> Response:
    return visits.app.test_client().post(f"/petitions/{SLUG}/sign", data=visits.form(**fields))


@pytest.mark.parametrize(
    "name",
    [
        "Null",
        "田",
        "홍길동",
        "محمد بن عبد الله",
        "Πέτρος Ω",
        "நரேந்திர",
        "O'Neil-Ó Súilleabháin",
        "Juan Carlos María de la Cruz y Borbón",
        "می‌خواهم",
        "x" * 120,
        "🌊",
    ],
)
def test_a_name_is_any_script_one_word_or_six(visits: Visits, name: str) -> None:
    assert send(visits, name=f"  {name} ").status_code == 303
    assert visits.rows("SELECT name FROM signer") == [(name,)]


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("", "Enter your name."),
        (" \u200b\u2060\ufeff\u200d ", "Enter your name."),
        ("x" * 121, "This is too long."),
        ("Buy at https://x.example", "A name cannot hold a link."),
        ("www.x.example", "A name cannot hold a link."),
        ("Ana\u202eanA", "characters that cannot be shown"),
        ("Ana\x00", "characters that cannot be shown"),
        ("Ana\nTest", "characters that cannot be shown"),
    ],
)
def test_a_name_is_refused_only_where_it_does_harm(visits: Visits, name: str, why: str) -> None:
    page = send(visits, name=name)
    assert page.status_code == 422
    assert why in page.text
    assert visits.rows("SELECT count(*) FROM signature UNION ALL SELECT count(*) FROM outbox") == [(0,), (0,)]


def test_a_refused_form_comes_back_with_every_field_and_says_what_is_wrong_where(visits: Visits) -> None:
    page = send(visits, **EVERYTHING)
    assert page.status_code == 422
    assert_everything_is_kept(page)
    assert page.headers["Cache-Control"] == "no-store"
    field = re.search(r'<input id="email"[^>]*>', page.text)
    assert field
    described = re.search(r'aria-describedby="([^"]+)"', field[0])
    assert described
    assert "email-error" in described[1].split()
    assert 'aria-invalid="true"' in field[0]
    for named in described[1].split():
        assert f'id="{named}"' in page.text
    assert re.search(r'id="email-error">Enter an address like', page.text)
    assert re.search(r'role="alert".*<a href="#email">E-mail: Enter an address', page.text, re.DOTALL)


def test_every_wrong_field_has_its_line_in_the_summary(visits: Visits) -> None:
    wrong = {"name": "", "email": "", "country": "ZZ", "city": "x" * 81, "comment": "x" * 1001, "list_name": "loud"}
    page = send(visits, **wrong)
    links = re.findall(r'<li><a href="#(\w+)">', page.text)
    assert sorted(links) == sorted(wrong)
    for field in links:
        assert f'id="{field}"' in page.text
        assert f'id="{field}-error"' in page.text


@pytest.mark.parametrize("token", ["", "nonsense", "6f000~x"])
def test_a_form_without_a_good_token_comes_back_filled_in_and_then_passes(visits: Visits, token: str) -> None:
    page = send(visits, **EVERYTHING | {"email": "ana@example.org", "form_token": token})
    assert page.status_code == 422
    assert "press the button again" in page.text
    assert 'value="ana@example.org"' in page.text
    fresh = re.search(r'name="form_token" value="([^"]+)"', page.text)
    assert fresh
    again = EVERYTHING | {"email": "ana@example.org", "form_token": fresh[1]}
    assert send(visits, **again).status_code == 303


def test_a_page_left_open_for_a_day_still_passes_and_for_two_does_not(visits: Visits) -> None:
    for hours, status in ((23, 303), (49, 422)):
        with visits.app.app_context():
            token = form_token(now() - timedelta(hours=hours), 1)
        assert send(visits, form_token=token).status_code == status


def test_past_the_limit_the_filled_form_comes_back_and_says_when(visits: Visits) -> None:
    send(visits)
    visits.rows("UPDATE rate_hit SET hits = 300")
    page = send(visits, **EVERYTHING | {"email": "ana@example.org"})
    assert page.status_code == 429
    assert 0 < int(page.headers["Retry-After"]) <= 600
    assert 'value="ana@example.org"' in page.text
    assert "Please try again in a few minutes." in page.text
    assert visits.rows("SELECT count(*) FROM signature") == [(1,)]


def test_limits_can_be_lifted_for_load_tests(visits: Visits) -> None:
    visits.app.config["LIMITS"] = "off"
    send(visits)
    assert visits.rows("SELECT * FROM rate_hit") == []


@pytest.mark.parametrize("state", [State.PAUSED, State.CLOSED, State.ARCHIVED])
def test_a_petition_that_is_not_open_shows_no_form_and_takes_no_signature(visits: Visits, state: State) -> None:
    add_petition(visits.app, state=state)
    assert 'action="/petitions/' not in visits.app.test_client().get(f"/petitions/{SLUG}").text
    page = send(visits)
    assert page.status_code == 409
    assert "This petition takes no signatures now." in page.text
    assert visits.rows("SELECT * FROM signature") == []


def test_a_petition_past_its_end_takes_no_signature(visits: Visits) -> None:
    add_petition(visits.app, closes_at=now() + timedelta(hours=1))
    assert send(visits).status_code == 303
    with time_machine.travel(now() + timedelta(hours=2), tick=True):
        assert send(visits).status_code == 409


@pytest.mark.parametrize(("state", "status"), [(State.DRAFT, 404), (State.HIDDEN, 404), (State.TAKEN_DOWN, 410)])
def test_a_petition_that_is_not_public_takes_no_signature(visits: Visits, state: State, status: int) -> None:
    add_petition(visits.app, state=state)
    assert send(visits).status_code == status
    assert visits.rows("SELECT * FROM signature") == []


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 303),
        ({"Origin": "null", "Sec-Fetch-Site": "same-origin"}, 303),
        ({"Origin": "http://localhost"}, 303),
        ({"Origin": "https://elsewhere.example"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
    ],
)
def test_only_what_says_it_comes_from_another_site_is_refused(
    visits: Visits, headers: dict[str, str], status: int
) -> None:
    answer = visits.app.test_client().post(f"/petitions/{SLUG}/sign", data=visits.form(), headers=headers)
    assert answer.status_code == status


@pytest.mark.parametrize(
    ("address", "hint"),
    [
        ("ana@gmial.com", "Did you mean an address at gmail.com?"),
        ("ana@mailinator.com", "lasts only for minutes"),
        ("ana@example.org", None),
    ],
)
def test_a_strange_domain_gets_a_hint_and_never_a_stop(visits: Visits, address: str, hint: str | None) -> None:
    answer = visits.sign(address)
    assert answer.status_code == 303
    page = visits.app.test_client().get(answer.headers["Location"]).text
    assert (hint in page) if hint else ('class="notice"><' not in page and "Did you mean" not in page)
    assert visits.mails(address)


def test_the_signature_and_its_mail_are_stored_together_or_not_at_all(visits: Visits) -> None:
    visits.rows("ALTER TABLE outbox RENAME TO outbox_elsewhere")
    visits.app.testing = False
    assert send(visits).status_code == 500
    assert visits.rows("SELECT * FROM signature UNION ALL SELECT * FROM signature") == []
    assert visits.rows("SELECT * FROM signer") == []
