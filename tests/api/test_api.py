"""The JSON API: what it says is what it is described to say, adds up, and can be kept and paged through."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient

from petition.core.clock import now
from petition.core.db import writing
from petition.petitions.models import Petition, State
from petition.tallies import service as tallies
from tests.api.schema import faults
from tests.conftest import SLUG, add_petition
from tests.processes import wait_until

API = "/api/v1"
NOON = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)
MOVES = {
    ("KR", NOON): 5,
    ("KR", NOON + timedelta(minutes=29)): 1,
    ("KR", NOON + timedelta(hours=1)): 2,
    ("US", NOON + timedelta(days=1)): 3,
    ("XK", NOON + timedelta(days=1, hours=5)): 1,
    ("JP", NOON): 1,
}


def move(app: Flask, petition: Petition, changes: dict[tuple[str, datetime], int]) -> None:
    """Moves the counters of a petition: (country, moment) to signatures."""
    with app.app_context(), writing() as session:
        moved = {(petition.id, country, at): number for (country, at), number in changes.items()}
        tallies.add(session.connection(), moved)


@pytest.fixture
def counted(app: Flask, petition: Petition) -> FlaskClient:
    """A reader of a petition with twelve signatures from three countries, one of a fourth withdrawn."""
    move(app, petition, MOVES)
    move(app, petition, {("JP", NOON): -1})
    return app.test_client()


@pytest.fixture
def document(counted: FlaskClient) -> dict[str, Any]:
    return counted.get(f"{API}/openapi.json").json


def schema_of(document: dict[str, Any], path: str, status: int) -> dict[str, Any]:
    responses = document["paths"][path]["get"]["responses"]
    found = responses.get(str(status), responses["default"])
    schema: dict[str, Any] = found["content"]["application/json"]["schema"]
    return schema


@pytest.mark.parametrize(
    ("path", "url", "status"),
    [
        ("/petitions", "/petitions", 200),
        ("/petitions", "/petitions?q=river&state=open&page=1&lang=ko", 200),
        ("/petitions", "/petitions?q=nothing", 200),
        ("/petitions", "/petitions?page=2", 200),
        ("/petitions", "/petitions?state=draft", 400),
        ("/petitions", "/petitions?state=nonsense", 400),
        ("/petitions", "/petitions?page=0", 400),
        ("/petitions", "/petitions?page=-1", 400),
        ("/petitions", "/petitions?page=one", 400),
        ("/petitions", "/petitions?page=" + "9" * 5000, 400),
        ("/petitions/{slug}", f"/petitions/{SLUG}", 200),
        ("/petitions/{slug}", f"/petitions/{SLUG}?lang=ar", 200),
        ("/petitions/{slug}", "/petitions/rich", 200),
        ("/petitions/{slug}", "/petitions/none", 404),
        ("/petitions/{slug}", "/petitions/%00", 404),
        ("/petitions/{slug}", "/petitions/draft", 404),
        ("/petitions/{slug}", "/petitions/gone", 410),
        ("/petitions/{slug}/tally", f"/petitions/{SLUG}/tally", 200),
        ("/petitions/{slug}/tally", f"/petitions/{SLUG}/tally?by=hour", 200),
        ("/petitions/{slug}/tally", f"/petitions/{SLUG}/tally?by=day&country=XK", 200),
        ("/petitions/{slug}/tally", f"/petitions/{SLUG}/tally?country=FR", 200),
        ("/petitions/{slug}/tally", f"/petitions/{SLUG}/tally?by=week", 400),
        ("/petitions/{slug}/tally", f"/petitions/{SLUG}/tally?country=kr", 400),
        ("/petitions/{slug}/tally", f"/petitions/{SLUG}/tally?country=%00", 400),
        ("/petitions/{slug}/tally", "/petitions/none/tally", 404),
    ],
)
def test_every_answer_is_as_described(
    app: Flask, counted: FlaskClient, document: dict[str, Any], path: str, url: str, status: int
) -> None:
    add_petition(app, "rich", goal=9, closes_at=now() + timedelta(days=1), addressee_country="KR")
    add_petition(app, "draft", state=State.DRAFT)
    add_petition(app, "gone", state=State.TAKEN_DOWN)
    answer = counted.get(API + url)
    assert answer.status_code == status
    assert answer.mimetype == "application/json"
    assert faults(schema_of(document, path, status), answer.json, document) == []
    if status != 200:
        assert answer.json["error"]["status"] == status


def test_every_address_of_the_api_is_described(app: Flask, document: dict[str, Any]) -> None:
    rules = [rule for rule in app.url_map.iter_rules() if rule.rule.startswith(API)]
    addresses = {re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule.removeprefix(API)) for rule in rules}
    assert addresses == {*document["paths"], "/openapi.json"}
    for path, methods in document["paths"].items():
        assert set(methods) == {"get"}
        named = {one["name"] for one in methods["get"]["parameters"] if one["in"] == "path"}
        assert named == set(re.findall(r"{(\w+)}", path))
    assert document["openapi"] == "3.1.0"
    assert document["servers"] == [{"url": f"{app.config['BASE_URL']}{API}"}]


def test_a_check_that_finds_nothing_wrong_would_find_it(document: dict[str, Any]) -> None:
    def found(**changes: Any) -> list[str]:
        right = {"status": 404, "code": "c", "message": "m"}
        return faults(document["components"]["schemas"]["Error"], {"error": right | changes}, document)

    assert found() == []
    assert found(status="404") == ["$.error.status is no integer"]
    assert found(status=-1) == ["$.error.status is below 0"]
    assert found(more=1) == ["$.error.more is not described"]


def test_a_petition_says_what_the_contract_says(counted: FlaskClient) -> None:
    content = counted.get(f"{API}/petitions/{SLUG}?lang=en").json
    opened, as_of = content.pop("opened_at"), content.pop("as_of")
    assert content == {
        "slug": SLUG,
        "title": "Free the river",
        "addressee": "the Minister of Waters",
        "state": "open",
        "locale": "en",
        "goal": None,
        "signature_count": 12,
        "signatures_by_country": [
            {"code": "KR", "name": "South Korea", "signature_count": 8},
            {"code": "US", "name": "United States", "signature_count": 3},
            {"code": "XK", "name": "Kosovo", "signature_count": 1},
        ],
        "closes_at": None,
        "organisation": "river-friends",
    }
    assert opened <= as_of
    assert (
        counted.get(f"{API}/petitions").json["data"][0]["signatures_by_country"] == content["signatures_by_country"]
    )


def test_country_names_are_in_the_language_asked_for(counted: FlaskClient) -> None:
    def first(**how: Any) -> str:
        name: str = counted.get(f"{API}/petitions/{SLUG}", **how).json["signatures_by_country"][0]["name"]
        return name

    assert first(query_string={"lang": "ko"}) == first(headers={"Accept-Language": "ko"}) == "대한민국"
    assert first(query_string={"lang": "en"}, headers={"Accept-Language": "ko"}) == "South Korea"


def test_nobody_yet_is_zero_and_no_countries(app: Flask, petition: Petition) -> None:
    content = app.test_client().get(f"{API}/petitions/{SLUG}").json
    assert (content["signature_count"], content["signatures_by_country"]) == (0, [])
    assert app.test_client().get(f"{API}/petitions/{SLUG}/tally").json["series"] == []


def series(client: FlaskClient, query: str = "") -> tuple[int, dict[str, int]]:
    content = client.get(f"{API}/petitions/{SLUG}/tally{query}").json
    found = {one["start"]: one["signature_count"] for one in content["series"]}
    assert list(found) == sorted(found)
    assert sum(found.values()) == content["signature_count"]
    return content["signature_count"], found


def test_the_series_goes_by_day_by_hour_and_by_country(counted: FlaskClient) -> None:
    first, second = "2026-03-01T00:00:00Z", "2026-03-02T00:00:00Z"
    assert series(counted) == series(counted, "?by=day") == (12, {first: 8, second: 4})
    hours = {"01T12": 6, "01T13": 2, "02T12": 3, "02T17": 1}
    assert series(counted, "?by=hour") == (12, {f"2026-03-{key}:00:00Z": number for key, number in hours.items()})
    assert series(counted, "?country=KR") == (8, {first: 8})
    assert series(counted, "?country=US") == (3, {second: 3})
    assert series(counted, "?country=JP") == series(counted, "?country=FR") == (0, {})


def test_the_tally_page_has_the_same_numbers_as_json(counted: FlaskClient) -> None:
    petition = counted.get(f"{API}/petitions/{SLUG}?lang=en").json
    content = counted.get(f"/petitions/{SLUG}/tally.json?lang=en").json
    tally = counted.get(f"{API}/petitions/{SLUG}/tally").json
    for more in ("series", "signatures_by_origin"):
        assert content.pop(more) == tally[more]
    assert content | {"as_of": 0} == petition | {"as_of": 0}


def test_other_sites_may_read_and_nobody_may_write(counted: FlaskClient) -> None:
    for url in ("/petitions", f"/petitions/{SLUG}", f"/petitions/{SLUG}/tally", "/openapi.json", "/petitions/none"):
        answer = counted.get(API + url, headers={"Origin": "https://elsewhere.example"})
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert "Access-Control-Allow-Credentials" not in answer.headers
        for method in ("POST", "PUT", "PATCH", "DELETE"):
            refused = counted.open(API + url, method=method)
            assert refused.status_code == 405
            assert refused.json["error"]["code"] == "method_not_allowed"
            assert "GET" in refused.headers["Allow"]


def test_while_nothing_is_new_the_answer_is_not_sent_again(app: Flask, counted: FlaskClient) -> None:
    with time_machine.travel(now(), tick=False) as clock:
        for url in ("/petitions", f"/petitions/{SLUG}", f"/petitions/{SLUG}/tally?by=hour", "/openapi.json"):
            first = counted.get(API + url)
            clock.shift(timedelta(seconds=5))
            again = counted.get(API + url, headers={"If-None-Match": first.headers["ETag"]})
            assert (again.status_code, again.data) == (304, b""), url
            assert again.headers["Access-Control-Allow-Origin"] == "*"
            if "openapi" not in url:
                assert counted.get(API + url).text != first.text, "the time of reading has moved on"


def test_whatever_is_new_is_sent(app: Flask, counted: FlaskClient, petition: Petition) -> None:
    for url in ("/petitions", f"/petitions/{SLUG}", f"/petitions/{SLUG}/tally"):
        tag = counted.get(API + url).headers["ETag"]
        move(app, petition, {("FR", NOON): 1})
        assert counted.get(API + url, headers={"If-None-Match": tag}).status_code == 200


def test_an_answer_is_at_most_a_second_old(app: Flask, counted: FlaskClient, petition: Petition) -> None:
    app.config["KEEP_SECONDS"] = 1

    def number() -> int:
        shown: int = counted.get(f"{API}/petitions/{SLUG}").json["signature_count"]
        return shown

    assert number() == 12
    move(app, petition, {("FR", NOON): 1})
    wait_until(lambda: number() == 13, 1.5, "the new count")


def test_all_pages_together_have_every_petition_once(app: Flask) -> None:
    slugs = {f"river-{number}" for number in range(45)}
    for slug in slugs:
        add_petition(app, slug, title=f"Free {slug}", state=State.CLOSED)
    add_petition(app, "other")
    client = app.test_client()
    url, seen, pages = f"{API}/petitions?q=river&state=closed&lang=en", [], []
    while url:
        content = client.get(url).json
        seen += [one["slug"] for one in content["data"]]
        pages.append(content["links"])
        assert content["links"]["self"]
        url = content["links"]["next"]
    assert sorted(seen) == sorted(slugs)
    assert len(pages) == 3
    assert pages[0]["prev"] is pages[2]["next"] is None
    assert pages[1]["prev"] == pages[0]["self"] == pages[2]["first"]
    assert pages[1]["next"] == pages[2]["self"] == pages[0]["last"]
    assert all("lang=en" in page["self"] and "q=river" in page["self"] for page in pages)
    after = client.get(f"{API}/petitions?q=river&state=closed&page=4").json
    assert (after["data"], after["links"]["next"]) == ([], None)
