"""Looking at signatures and striking out false ones: found as asked, written down, counted down exactly."""

from __future__ import annotations

import re
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from petition.core.audit import AuditEntry
from petition.core.clock import now
from petition.core.db import read_again
from petition.signatures import moderating
from tests import acts
from tests.conftest import SLUG, add_petition, signed_in
from tests.site_visits import Visits

PAGE = f"/organiser/petitions/{SLUG}/signatures"


@pytest.fixture
def moderator(visits: Visits) -> FlaskClient:
    return signed_in(visits.app)


@pytest.fixture
def people(visits: Visits) -> None:
    """Three who count, one of them with news by mail, and one who does not count yet."""
    visits.counted("ana@example.org", name="Ana Test", country="KR", city="Seoul", comment="Because.", updates="yes")
    visits.counted("ben@example.org", name="Ben Probe", country="US")
    visits.counted("eva@example.org", name="Eva Probe", country="US")
    visits.sign("pending@example.org", name="Pen Ding")


def send(client: FlaskClient, path: str = PAGE, **fields: Any) -> Any:
    token = re.search(r'name="csrf_token" value="([^"]+)"', client.get(PAGE).text)
    assert token
    return client.post(path, data={"csrf_token": token[1], **fields})


def names(page: str) -> list[str]:
    return re.findall(r'<strong dir="auto">([^<]+)</strong>', page)


def entries(visits: Visits, action: str) -> list[AuditEntry]:
    with visits.app.app_context():
        found = sa.select(AuditEntry).where(AuditEntry.action == action).order_by(AuditEntry.number)
        return list(read_again().scalars(found))


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ({}, ["Eva Probe", "Ben Probe", "Ana Test"]),
        ({"name": "probe"}, ["Eva Probe", "Ben Probe"]),
        ({"name": "probe eva"}, ["Eva Probe"]),
        ({"name": "%"}, []),
        ({"country": "US", "name": "b"}, ["Eva Probe", "Ben Probe"]),
        ({"address": "ANA+tag@example.org"}, ["Ana Test"]),
        ({"address": "nobody@example.org"}, []),
        ({"day": "2012-02-12"}, []),
    ],
)
def test_signatures_are_found_by_what_is_asked(
    visits: Visits, moderator: FlaskClient, people: None, search: dict[str, str], found: list[str]
) -> None:
    page = send(moderator, **search)
    assert page.status_code == 200
    assert names(page.text) == found
    assert "example.org" not in page.text.replace(search.get("address", "-"), "")
    (entry,) = entries(visits, "signatures seen")
    assert entry.details == {"by": [name for name in ("name", "country", "day", "address") if name in search]} | {
        "page": 1,
        "number": len(found),
    }


def test_today_is_a_day_too(visits: Visits, moderator: FlaskClient, people: None) -> None:
    assert len(names(send(moderator, day=f"{now():%Y-%m-%d}").text)) == 3


def test_opening_the_page_shows_nobody_and_writes_nothing(
    visits: Visits, moderator: FlaskClient, people: None
) -> None:
    assert names(moderator.get(PAGE).text) == []
    assert entries(visits, "signatures seen") == []


def test_many_come_page_by_page(
    visits: Visits, moderator: FlaskClient, people: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(moderating, "PAGE", 2)
    assert names(send(moderator).text) == ["Eva Probe", "Ben Probe"]
    assert names(send(moderator, page="2").text) == ["Ana Test"]


@pytest.mark.parametrize("wrong", [{"day": "yesterday"}, {"address": "nobody"}])
def test_a_search_that_cannot_be_says_why_and_keeps_what_was_typed(
    visits: Visits, moderator: FlaskClient, wrong: dict[str, str]
) -> None:
    page = send(moderator, name="Ana", **wrong)
    assert page.status_code == 422
    for typed in ("Ana", *wrong.values()):
        assert f'value="{typed}"' in page.text
    assert entries(visits, "signatures seen") == []


def test_a_signature_struck_out_counts_no_more_and_its_address_is_forgotten(
    visits: Visits, moderator: FlaskClient, people: None
) -> None:
    ref = re.search(r'name="ref" value="([^"]+)"', send(moderator, name="Ana").text)
    assert ref
    unexplained = send(moderator, f"{PAGE}/invalidate", ref=ref[1], reason=" ")
    assert (unexplained.status_code, "Say why" in unexplained.text) == (422, True)
    assert acts.look(visits.app).rows.total() == 3
    done = send(moderator, f"{PAGE}/invalidate", ref=ref[1], reason="Invented")
    assert done.status_code == 303
    seen = acts.look(visits.app)
    assert seen.rows.total() == 2
    seen.assert_adds_up()
    assert visits.rows("SELECT address FROM signer WHERE name = 'Ana Test'") == [(None,)]
    again = send(moderator, f"{PAGE}/invalidate", ref=ref[1], reason="Invented")
    assert "does not count any more" in again.text
    assert "struck out" in send(moderator, name="Ana").text
    (entry,) = entries(visits, "signature invalidated")
    assert entry.details == {"country": "KR"}
    assert visits.link("ana@example.org", name="Ana Test")  # its owner may sign again


def test_a_reference_of_another_petition_or_of_nobody_strikes_out_nobody(
    visits: Visits, moderator: FlaskClient, people: None
) -> None:
    add_petition(visits.app, "other")
    ref = re.search(r'name="ref" value="([^"]+)"', send(moderator, name="Ana").text)
    assert ref
    for path, sent in ((PAGE.replace(SLUG, "other"), ref[1]), (PAGE, ref[1][:-6] + "AAAAAA"), (PAGE, "")):
        assert send(moderator, f"{path}/invalidate", ref=sent, reason="Invented").status_code == 404
    assert acts.look(visits.app).rows.total() == 3
