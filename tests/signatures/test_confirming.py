"""DESIGN rules 3 and 4: only the button counts a signature, and an address counts two people at most."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
import sqlalchemy as sa
import time_machine

from petition.core.clock import now
from petition.petitions.models import State
from tests.conftest import SLUG, add_petition
from tests.site_visits import Visits

FIELDS = {"name": "Ana Test", "country": "KR"}


def test_reading_mailed_links_changes_no_row(visits: Visits) -> None:
    waiting = visits.link("ana@example.org")
    counted = visits.link("ben@example.org")
    visits.press(counted)
    visits.app.test_client().post("/my", data={"email": "ana@example.org"})
    own_page = next(mail.path for mail in visits.mails("ana@example.org") if mail.path.startswith("/my/"))
    before = visits.everything()
    for path in (waiting, counted, own_page, "/confirm", "/my", f"/petitions/{SLUG}"):
        for method in ("GET", "HEAD"):
            answer = visits.app.test_client().open(path, method=method)
            assert answer.status_code == 200
            assert "Set-Cookie" not in answer.headers
    assert visits.everything() == before
    assert visits.total() == 1


def test_the_page_behind_the_link_shows_every_field_before_the_button(visits: Visits) -> None:
    said = {"name": "Зоя Иванова", "country": "RU", "city": "Omsk <b>", "comment": "Two\nlines & more"}
    path = visits.link("zoya@example.org", **said, list_name="initials", show_name="yes", updates="yes")
    page = visits.app.test_client().get(path).text
    before_button = page[: page.index("Yes, count my signature")]
    assert "Not counted yet" in before_button
    assert 'value="Зоя Иванова"' in before_button
    assert '<option value="RU" selected>' in before_button
    assert 'value="Omsk &lt;b&gt;"' in before_button
    assert "Two\nlines &amp; more</textarea>" in before_button
    assert 'value="initials" checked' in before_button
    for tick in ("show_name", "updates"):
        assert re.search(rf'name="{tick}" value="yes" checked', before_button)


def test_what_is_changed_on_the_page_is_what_counts(visits: Visits) -> None:
    path = visits.link("ana@example.org", name="Anna Tset", country="JP", show_name="yes", list_name="full")
    visits.press(path, name="Ana Test", country="TW", city="Taipei", list_name="count")
    assert visits.api()["signatures_by_country"] == [{"code": "TW", "name": "Taiwan", "signature_count": 1}]
    assert visits.rows("SELECT name, city FROM signer") == [("Ana Test", "Taipei")]
    assert visits.rows("SELECT country, show_name, list_name FROM signature") == [("TW", 0, 0)]


def test_a_wrong_change_comes_back_with_the_fields_and_counts_nothing(visits: Visits) -> None:
    path = visits.link("ana@example.org")
    page = visits.press(path, name="http://x.example", country="KR", city="Seoul")
    assert page.status_code == 422
    assert 'value="http://x.example"' in page.text
    assert 'value="Seoul"' in page.text
    assert 'aria-describedby="name-error' in page.text
    assert visits.total() == 0


def test_pressing_twice_counts_once_and_says_the_same(visits: Visits) -> None:
    path = visits.link("ana@example.org")
    pages = [visits.press(path), visits.press(path), visits.app.test_client().get(path)]
    assert [page.status_code for page in pages] == [200, 200, 200]
    assert all("You are counted" in page.text for page in pages)
    assert visits.total() == 1


def test_a_second_press_with_bad_fields_still_says_that_it_is_counted(visits: Visits) -> None:
    path = visits.link("ana@example.org")
    visits.press(path)
    assert "You are counted" in visits.press(path, name="", country="").text


def test_a_link_confirms_its_own_attempt_whatever_came_before_and_after(visits: Visits) -> None:
    squatter = visits.link("ana@example.org", name="Mallory One", country="RU")
    mine = visits.link("ana@example.org", name="Ana Test", country="KR")
    later = visits.link("ana@example.org", name="Mallory Two", country="VA")
    visits.press(mine)
    assert visits.rows("SELECT name FROM signer JOIN signature ON id = signature_id WHERE state = 1") == [
        ("Ana Test",)
    ]
    for other in (squatter, later):
        assert "Not counted yet" in visits.app.test_client().get(other).text
    assert visits.api()["signatures_by_country"][0]["code"] == "KR"


def test_two_people_share_an_address_and_a_third_is_told_who_they_are(visits: Visits) -> None:
    names = ["Иван Петров", "محمد علي", "王小明"]
    links = [visits.link("family@example.org", name=name) for name in names]
    for link in links[:2]:
        assert "You are counted" in visits.press(link).text
    refused = visits.press(links[2]).text
    assert "This address has two signatures already." in refused
    assert "Иван Петров and محمد علي" in refused
    assert "/my" in refused
    assert visits.total() == 2


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("ana@example.org", "ANA@Example.ORG"),
        ("ana@example.org", "ana+petition@example.org"),
        ("ana.test@gmail.com", "anatest@gmail.com"),
        ("anatest@gmail.com", "a.n.a.test+x@googlemail.com"),
    ],
)
def test_an_alias_is_the_same_address(visits: Visits, first: str, second: str) -> None:
    visits.counted(first)
    again = visits.press(visits.link(second, name="ANA  TEST")).text
    assert "You have already signed as Ana Test." in again
    assert visits.total() == 1


@pytest.mark.parametrize(
    ("first", "second"),
    [("ana.test@example.org", "anatest@example.org"), ("ana@gmail.com", "ana@gmail.example")],
)
def test_dots_matter_elsewhere_than_at_gmail(visits: Visits, first: str, second: str) -> None:
    visits.counted(first)
    visits.counted(second)
    assert visits.total() == 2


def test_mail_goes_to_the_exact_address_given(visits: Visits) -> None:
    given = ["A.N.A+tag@Gmail.com", "Zoé.O'Neil@example.org"]
    for address in given:
        visits.sign(address)
    local_parts = {mail.to.partition("@")[0] for mail in visits.mails()}
    assert local_parts == {"A.N.A+tag", "Zoé.O'Neil"}


def test_the_same_address_signs_each_petition(visits: Visits) -> None:
    add_petition(visits.app, "another")
    visits.counted("ana@example.org")
    visits.counted("ana@example.org", "another")
    assert (visits.total(), visits.total("another")) == (1, 1)
    assert len(set(visits.rows("SELECT address_hash FROM signature"))) == 2


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ("place = 1, person_hash = address_hash", "(?i)unique constraint"),
        ("place = 3, person_hash = address_hash", "ck_signature_place"),
        ("place = 2, person_hash = NULL", "ck_signature_confirmed_has_person"),
        ("place = NULL, person_hash = address_hash", "ck_signature_confirmed_has_place"),
        ("place = 2, person_hash = (SELECT person_hash FROM signature WHERE state = 1)", "(?i)unique constraint"),
    ],
)
def test_the_database_itself_refuses_what_rule_4_forbids(visits: Visits, changes: str, why: str) -> None:
    visits.counted("ana@example.org")
    visits.link("ana@example.org", name="Second")
    with pytest.raises(sa.exc.IntegrityError, match=why):
        visits.rows(f"UPDATE signature SET state = 1, confirmed_at = '2026-01-01', {changes} WHERE state = 0")


def test_a_link_lives_for_fourteen_days(visits: Visits) -> None:
    path = visits.link("ana@example.org")
    with time_machine.travel(now() + timedelta(days=13, hours=23), tick=True):
        assert "Not counted yet" in visits.app.test_client().get(path).text
    with time_machine.travel(now() + timedelta(days=14, minutes=1), tick=True):
        assert "This link has ended." in visits.app.test_client().get(path).text
        assert "This link has ended." in visits.press(path, **FIELDS).text
    assert visits.total() == 0


@pytest.mark.parametrize("end", ["paused", "past its end"])
def test_a_petition_that_takes_no_signatures_counts_none(visits: Visits, end: str) -> None:
    path = visits.link("ana@example.org")
    if end == "paused":
        add_petition(visits.app, state=State.PAUSED)
    else:
        add_petition(visits.app, closes_at=now() - timedelta(seconds=1))
    for page in (visits.app.test_client().get(path), visits.press(path, **FIELDS)):
        assert "This petition takes no signatures now." in page.text
    assert visits.total() == 0


def test_a_changed_link_is_no_link(visits: Visits) -> None:
    path = visits.link("ana@example.org")
    for wrong in (path[:-1], path + "A", path[:-1] + chr(ord(path[-1]) ^ 1), path.replace("/confirm/", "/my/")):
        assert visits.press(wrong, **FIELDS).status_code == 404
    assert visits.total() == 0


def test_confirming_leaves_an_organiser_signed_in(visits: Visits) -> None:
    browser = visits.app.test_client()
    with browser.session_transaction() as session:
        session["organiser"] = "somebody"
    visits.press(visits.link("ana@example.org"), browser)
    with browser.session_transaction() as session:
        assert session["organiser"] == "somebody"
        assert session["own_page"]
