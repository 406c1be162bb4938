"""Looking at signatures and striking out false ones: found as asked, written down, counted down exactly."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
import time_machine
from flask.testing import FlaskClient

from petition.core.audit import AuditEntry
from petition.core.clock import now
from petition.core.db import read_again
from petition.signatures import moderating
from tests import acts, lists
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


def ref_of(moderator: FlaskClient, name: str) -> str:
    """What the page calls a signature."""
    found = re.search(r'name="ref" value="([^"]+)"', send(moderator, name=name).text)
    assert found
    return found[1]


def struck_out(moderator: FlaskClient, name: str) -> str:
    ref = ref_of(moderator, name)
    assert send(moderator, f"{PAGE}/invalidate", ref=ref, reason="Invented").status_code == 303
    return ref


def put_back(moderator: FlaskClient, ref: str, reason: str = "A mistake") -> Any:
    return send(moderator, f"{PAGE}/restore", ref=ref, reason=reason)


def test_what_was_struck_out_by_mistake_counts_again_as_it_did(
    visits: Visits, moderator: FlaskClient, people: None
) -> None:
    before, kept = acts.look(visits.app), "SELECT id, place, person_hash, confirmed_at, ended_at FROM signature"
    row = visits.rows(f"{kept} WHERE country = 'KR' AND state = 1")
    ref = struck_out(moderator, "Ana")
    assert "Put back" in send(moderator, name="Ana").text
    unexplained = put_back(moderator, ref, " ")
    assert (unexplained.status_code, "Say why" in unexplained.text) == (422, True)
    done = put_back(moderator, ref)
    assert done.status_code == 303
    assert "counts again" in moderator.get(done.location).text
    seen = acts.look(visits.app)
    assert seen == before
    seen.assert_adds_up()
    assert visits.rows(f"{kept} WHERE country = 'KR' AND state = 1") == row
    assert visits.rows("SELECT address FROM signer WHERE name = 'Ana Test'") == [(None,)], "news ended for good"
    twice = put_back(moderator, ref)
    assert (twice.status_code, "is not struck out" in twice.text) == (422, True)
    assert acts.look(visits.app) == before
    (entry,) = entries(visits, "signature restored")
    assert entry.details == {"country": "KR"}
    assert "put back a signature" in moderator.get("/organiser/organisations/river-friends/audit").text


def test_a_signer_who_signed_again_or_withdrew_is_not_counted_against_their_will(
    visits: Visits, moderator: FlaskClient, people: None
) -> None:
    ref = struck_out(moderator, "Ana")
    browser = visits.counted("ana@example.org", name="ANA  test")
    again = put_back(moderator, ref)
    assert (again.status_code, "has signed again since" in again.text) == (422, True)
    assert visits.change(browser, visits.refs(browser)[0], "withdraw").status_code == 303
    withdrawn = put_back(moderator, ref)
    assert (withdrawn.status_code, "has withdrawn since" in withdrawn.text) == (422, True)
    seen = acts.look(visits.app)
    assert seen.rows.total() == 2
    seen.assert_adds_up()


def test_an_address_has_room_for_two(visits: Visits, moderator: FlaskClient, people: None) -> None:
    ref = struck_out(moderator, "Ana")
    visits.counted("ana@example.org", name="Husband")
    assert put_back(moderator, ref).status_code == 303
    assert visits.rows("SELECT DISTINCT place FROM signature WHERE state = 1 ORDER BY place") == [(1,), (2,)]
    assert send(moderator, f"{PAGE}/invalidate", ref=ref, reason="Invented").status_code == 303
    visits.counted("ana@example.org", name="Daughter")
    full = put_back(moderator, ref)
    assert (full.status_code, "no room for a third" in full.text) == (422, True)
    acts.look(visits.app).assert_adds_up()


def test_whose_name_is_forgotten_cannot_be_put_back(visits: Visits, moderator: FlaskClient, people: None) -> None:
    ref = struck_out(moderator, "Ana")
    with time_machine.travel(now() + timedelta(days=13)):
        visits.purge()
    assert visits.rows("SELECT count(*) FROM signer WHERE name = 'Ana Test'") == [(1,)]
    with time_machine.travel(now() + timedelta(days=15)):
        visits.purge()
    moderator = signed_in(visits.app)  # the purge has ended all sessions
    assert "Put back" not in send(moderator, country="KR").text
    gone = put_back(moderator, ref)
    assert (gone.status_code, "has been forgotten" in gone.text) == (422, True)
    acts.look(visits.app).assert_adds_up()


def test_what_came_with_a_list_that_was_taken_back_stays_so(visits: Visits, moderator: FlaskClient) -> None:
    added = lists.bring(visits.app, "name,country,email\nAna Test,KR,ana@example.org\n", **lists.PROVEN)
    ref = ref_of(moderator, "Ana")
    lists.take_back(visits.app, added)
    refused = put_back(moderator, ref)
    assert (refused.status_code, "taken back as a whole" in refused.text) == (422, True)
    assert acts.look(visits.app).rows.total() == 0


def test_what_never_counted_is_no_mistake_to_put_right(visits: Visits, moderator: FlaskClient) -> None:
    added = lists.bring(visits.app, "name,country,email\nAna Test,KR,ana@example.org\n", **lists.MAILED)
    lists.take_back(visits.app, added)
    assert names(send(moderator).text) == ["Ana Test"]
    assert "Put back" not in send(moderator).text


def test_a_reference_of_another_petition_or_of_nobody_strikes_out_nobody(
    visits: Visits, moderator: FlaskClient, people: None
) -> None:
    add_petition(visits.app, "other")
    ref = re.search(r'name="ref" value="([^"]+)"', send(moderator, name="Ana").text)
    assert ref
    for path, sent in ((PAGE.replace(SLUG, "other"), ref[1]), (PAGE, ref[1][:-6] + "AAAAAA"), (PAGE, "")):
        for act in ("invalidate", "restore"):
            assert send(moderator, f"{path}/{act}", ref=sent, reason="Invented").status_code == 404
    assert acts.look(visits.app).rows.total() == 3
