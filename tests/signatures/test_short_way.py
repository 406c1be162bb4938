"""The short way in front of Flask: it says what the long way says, and leaves to it what is not plainly right."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlencode

import pytest
from flask import Flask, request, request_started

from petition.core import limits
from petition.core.logs import log, start_logging
from petition.petitions.models import Petition, State
from tests.conftest import SLUG
from tests.site_visits import Response, Visits

FORM = "application/x-www-form-urlencoded"
LONG = f"{FORM}; charset=utf-8"  # what no browser says of a form, though it may: it takes the long way
SIGN = f"/petitions/{SLUG}/sign"
FIELDS = {"name": "Ana Test", "country": "KR"}
OF_ITS_OWN = {"X-Request-Id", "Content-Length"}


@contextmanager
def coming_to_flask(app: Flask) -> Iterator[list[str]]:
    """The paths of the requests that Flask gets meanwhile."""
    paths: list[str] = []

    def note(_app: Flask, **_about: Any) -> None:
        paths.append(request.path)

    with request_started.connected_to(note, app):
        yield paths


@pytest.fixture
def kept(app: Flask, petition: Petition) -> Visits:
    """Visits to a site that keeps its pages, as it does for real, but for longer."""
    app.config["KEEP_SECONDS"] = 60.0
    return Visits(app)


def send(visits: Visits, path: str, fields: dict[str, Any], content_type: str = FORM, **headers: str) -> Response:
    body = urlencode(fields)
    return visits.app.test_client().post(path, data=body, content_type=content_type, headers=headers)


def headers(answer: Response, *besides: str) -> list[tuple[str, str]]:
    return sorted((name, value) for name, value in answer.headers.items() if name not in {*OF_ITS_OWN, *besides})


def stored(visits: Visits) -> list[list[Any]]:
    """What stands in the tables, less what is new each time."""
    signatures = (
        "SELECT locale, country, state, show_name, list_name, updates, via, domain, text_version FROM signature"
    )
    return [
        visits.rows(sql)
        for sql in (
            signatures,
            "SELECT name, city, comment, address FROM signer",
            "SELECT recipient, locale FROM outbox",
        )
    ]


@pytest.mark.parametrize("query", ["", "?lang=ko", "?by=nobody", "?by=nobody&lang=ar", "?lang=xx"])
@pytest.mark.parametrize("address", ["ana@example.org", "ana@gmial.com", "ana@mailinator.com", "Ünal@bücher.example"])
def test_signing_says_and_stores_the_same_both_ways(visits: Visits, query: str, address: str) -> None:
    fields = visits.form(
        email=address, name="홍길동", city="서울", comment="a\r\nb", list_name="full", show_name="yes"
    )
    with coming_to_flask(visits.app) as long:
        short_answer = send(visits, SIGN + query, fields, **{"Accept-Language": "ko,en;q=0.5"})
        assert long == []
        rows = stored(visits)
        visits.rows("DELETE FROM outbox")
        visits.rows("DELETE FROM signer")
        visits.rows("DELETE FROM signature")
        long_answer = send(visits, SIGN + query, fields, LONG, **{"Accept-Language": "ko,en;q=0.5"})
        assert long == [SIGN]
    assert short_answer.status == long_answer.status == "303 SEE OTHER"
    assert headers(short_answer) == headers(long_answer)
    assert rows == stored(visits)
    assert rows[1] == [("홍길동", "서울", "a\nb", rows[1][0][3])]


@pytest.mark.parametrize("query", ["", "?lang=ko"])
def test_confirming_says_the_same_both_ways(kept: Visits, query: str) -> None:
    first, second, third = (kept.link(f"signer{number}@example.org") for number in range(3))
    with coming_to_flask(kept.app) as long:
        assert "1" in send(kept, first + query, FIELDS).text
        assert long == [first]  # somebody has to make the page
        short_answer = send(kept, second + query, FIELDS)
        assert long == [first]
        long_answer = send(kept, third + query, FIELDS, LONG)
        assert long == [first, third]
    assert short_answer.status == long_answer.status == "200 OK"
    assert headers(short_answer, "Set-Cookie") == headers(long_answer, "Set-Cookie")
    assert short_answer.text.count(">2<") == 1
    assert short_answer.text.replace(">2<", ">3<") == long_answer.text
    assert kept.rows("SELECT state FROM signature") == [(1,)] * 3


def test_confirming_the_short_way_opens_the_own_page(kept: Visits) -> None:
    first, second = kept.link("ana@example.org"), kept.link("ben@example.org")
    kept.press(first, **FIELDS)
    browser = kept.app.test_client()
    with coming_to_flask(kept.app) as long:
        cookie = kept.press(second, browser, **FIELDS | {"name": "Ben Test"}).headers["Set-Cookie"]
        assert long == []
    assert cookie.endswith("; HttpOnly; Path=/; SameSite=Lax")
    assert "Ben Test" in browser.get("/my").text


def test_what_a_short_way_came_to_is_not_done_again_by_flask(visits: Visits) -> None:
    link = visits.link("ana@example.org")
    with coming_to_flask(visits.app) as long:
        assert "You are counted" in visits.press(link, **FIELDS).text
        assert long == [link]
    assert visits.rows("SELECT count(*) FROM own_page_session") == [(1,)]
    assert visits.total() == 1


def test_a_refusal_is_counted_once_and_told_by_flask(visits: Visits) -> None:
    def hits() -> list[tuple[Any, ...]]:
        return visits.rows("SELECT hits FROM rate_hit")

    send(visits, SIGN, visits.form())
    assert hits() == [(1,)]
    visits.rows("UPDATE rate_hit SET hits = ?", limits.SIGN.amount - 1)
    assert send(visits, SIGN, visits.form()).status_code == 303, "the last that is allowed"
    refused = send(visits, SIGN, visits.form())
    assert refused.status_code == 429
    assert 'value="Ana Test"' in refused.text
    assert hits() == [(limits.SIGN.amount + 1,)]


def test_a_petition_that_ended_meanwhile_gives_the_form_back(kept: Visits) -> None:
    send(kept, SIGN, kept.form())  # the petition is kept as it was
    kept.rows("UPDATE petition SET state = ?", State.PAUSED)
    refused = send(kept, SIGN, kept.form(email="ben@example.org", name="Ben Test"))
    assert refused.status_code == 409
    assert "Ben Test" in refused.text
    assert kept.rows("SELECT count(*) FROM signature") == [(1,)]


ODD = {
    "a name is missing": (SIGN, {"name": ""}, {}, 422),
    "there is no such country": (SIGN, {"country": "XX"}, {}, 422),
    "there is no such address": (SIGN, {"email": "ana@"}, {}, 422),
    "the token is another's": (SIGN, {"form_token": "12345.1~abc"}, {}, 422),
    "the page is another site's": (SIGN, {}, {"Origin": "https://elsewhere.example"}, 403),
    "the browser says so": (SIGN, {}, {"Sec-Fetch-Site": "cross-site"}, 403),
    "no host is called so": (SIGN, {}, {"Origin": "http://localhost", "Host": "a/b"}, 403),
    "it is long": (SIGN, {"comment": "long " * 4000}, {}, 422),
    "the query has more in it": (SIGN + "?utm_source=mail", {}, {}, 303),
    "there is no such petition": ("/petitions/nowhere/sign", {}, {}, 404),
    "there is no such link": ("/confirm/abc~def", {}, {}, 404),
}


@pytest.mark.parametrize(("path", "fields", "said", "status"), ODD.values(), ids=ODD)
def test_what_is_not_plainly_right_is_answered_by_flask(
    visits: Visits, path: str, fields: dict[str, str], said: dict[str, str], status: int
) -> None:
    with coming_to_flask(visits.app) as long:
        answer = send(visits, path, visits.form(**fields), **said)
    assert answer.status_code == status
    assert len(long) == 1


def test_whoever_has_a_session_keeps_it_by_way_of_flask(visits: Visits) -> None:
    browser = visits.counted("ana@example.org")
    link = visits.link("ben@example.org", name="Ben Test")
    with coming_to_flask(visits.app) as long:
        visits.press(link, browser, **FIELDS | {"name": "Ben Test"})
    assert long == [link]


def test_bytes_that_are_no_text_are_answered_by_flask(visits: Visits) -> None:
    with coming_to_flask(visits.app) as long:
        answer = visits.app.test_client().post(SIGN, data=b"name=\xff\xfe", content_type=FORM)
        escaped = visits.app.test_client().post(SIGN, data=b"name=%FF%FE", content_type=FORM)
    assert {answer.status_code, escaped.status_code} <= {400, 422}
    assert long == [SIGN, SIGN]


@pytest.mark.only_on("sqlite", "nothing is asked of the database")
def test_the_short_way_is_logged_as_the_long_one(visits: Visits, capfd: pytest.CaptureFixture[str]) -> None:
    start_logging()
    send(visits, SIGN, visits.form())
    send(visits, SIGN, visits.form(), LONG)
    log.handlers.clear()
    lines = [line for line in capfd.readouterr().err.splitlines() if '"event": "request"' in line]
    assert len(lines) == 2
    assert all(f'"route": "{SIGN.replace(SLUG, "<slug>")}", "status": 303' in line for line in lines)
