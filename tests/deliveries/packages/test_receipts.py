"""Receipts: each signer's own proof of being on a list, and nobody else's."""

from __future__ import annotations

import json
from base64 import b64decode
from typing import Any
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from flask import Flask
from flask.testing import FlaskClient

from petition.deliveries.packages.models import LEAVES_IN_A_ROW
from petition.deliveries.proof import tree
from petition.deliveries.proof.canonical import commitment
from petition.petitions.models import Petition
from petition.signatures.models import ListName
from tests.conftest import add_petition
from tests.deliveries.packages.frozen import freeze
from tests.deliveries.packages.making import add_people
from tests.site_visits import Visits


@pytest.fixture
def visits(app: Flask, petition: Petition) -> Visits:
    return Visits(app)


def address_of(visits: Visits, browser: FlaskClient, package_id: UUID) -> str:
    (ref,) = visits.refs(browser)
    return f"/my/signatures/{ref}/receipts/{package_id}"


def receipt(visits: Visits, browser: FlaskClient, package_id: UUID, **query: str) -> dict[str, Any]:
    answer = browser.get(address_of(visits, browser, package_id), query_string=query)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json
    return found


def assert_holds(found: dict[str, Any]) -> dict[str, Any]:
    """The receipt proves what it says, by arithmetic alone; returns its line."""
    manifest = found["manifest"]
    key = load_pem_public_key(found["key"].encode())
    assert isinstance(key, Ed25519PublicKey)
    canonical = json.dumps(manifest, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    key.verify(b64decode(found["sig"]), canonical)
    path = [bytes.fromhex(one) for one in found["path"]]
    leaf, root = tree.leaf(found["line"].encode()), bytes.fromhex(manifest["tree"]["root"])
    assert tree.holds(leaf, found["index"], manifest["tree"]["size"], path, root)
    line: dict[str, Any] = json.loads(found["line"])
    assert line["n"] == found["index"] + 1
    return line


def test_a_receipt_proves_the_line_and_with_its_secret_whose_it_is(visits: Visits) -> None:
    browser = visits.counted("ana@example.org", name="Ana Maria Test", city="Seoul", list_name="full")
    visits.counted("eva@example.org", name="Eva Other", list_name="full")
    package_id = freeze(visits.app)
    without = receipt(visits, browser, package_id)
    line = assert_holds(without)
    assert (line["name"], line["city"], line["shown"]) == ("Ana Maria Test", "Seoul", "full")
    assert "secret" not in without
    with_secret = receipt(visits, browser, package_id, secret="yes")
    assert commitment(bytes.fromhex(with_secret.pop("secret"))) == line["c"]
    assert with_secret == without


def test_it_is_a_file_that_nobody_keeps(visits: Visits) -> None:
    browser = visits.counted("ana@example.org")
    answer = browser.get(address_of(visits, browser, freeze(visits.app)))
    assert answer.headers["Content-Disposition"] == 'attachment; filename="receipt-1.json"'
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.content_type == "application/json"


def test_every_line_of_a_long_list_has_one_by_the_rows_that_are_kept(visits: Visits) -> None:
    size = 2 * LEAVES_IN_A_ROW + 3
    add_people(visits.app, [("KR", f"Person Number {n:04}", None, ListName.FULL) for n in range(size - 3)])
    browsers = [
        visits.counted(f"{name}@example.org", name=f"{name} Test", country=country, list_name="full")
        for name, country in (("first", "AT"), ("middle", "KR"), ("last", "US"))
    ]
    package_id = freeze(visits.app)
    found = [receipt(visits, browser, package_id) for browser in browsers]
    for one in found:
        assert_holds(one)
    assert (found[0]["index"], found[2]["index"]) == (0, size - 1)


def test_nobody_has_a_receipt_of_another_or_of_a_list_they_are_not_on(visits: Visits) -> None:
    ana = visits.counted("ana@example.org")
    package_id = freeze(visits.app)
    late = visits.counted("late@example.org", name="Too Late")
    assert late.get(address_of(visits, late, package_id)).status_code == 404
    theirs = address_of(visits, ana, package_id)
    assert late.get(theirs).status_code == 404
    assert visits.app.test_client().get(theirs).status_code == 403
    assert late.get(f"/my/signatures/é/receipts/{package_id}").status_code == 404
    assert "receipts" not in late.get(f"/my/signatures/{visits.refs(late)[0]}").text


def test_two_people_of_one_address_have_each_their_own(visits: Visits) -> None:
    visits.counted("both@example.org", name="Ana Test", list_name="full")
    browser = visits.counted("both@example.org", name="Ben Test", country="FR", list_name="full")
    packages = [freeze(visits.app, countries=["FR"]), freeze(visits.app, "cn-fr-paris-embassy")]
    found = []
    for ref in visits.refs(browser):
        answers = [browser.get(f"/my/signatures/{ref}/receipts/{package_id}") for package_id in packages]
        found.append([json.loads(one.json["line"])["name"] for one in answers if one.status_code == 200])
    assert sorted(found) == [["Ana Test"], ["Ben Test", "Ben Test"]]


def test_the_own_page_says_in_plain_words_what_a_receipt_tells(visits: Visits) -> None:
    browser = visits.counted("ana@example.org")
    package_id = freeze(visits.app)
    freeze(visits.app, "cn-fr-paris-embassy")
    assert "2 lists you are on" in browser.get("/my").text
    page = browser.get(f"/my/signatures/{visits.refs(browser)[0]}").text
    assert "whoever gets it from you and has the list knows which line is yours" in page
    assert page.count("Receipt with the secret") == page.count("Receipt without the secret") == 2
    assert f"/packages/{package_id}" in page


def test_a_package_that_is_not_ready_has_none(visits: Visits) -> None:
    browser = visits.counted("ana@example.org")
    package_id = freeze(visits.app)
    visits.rows("UPDATE package SET state = 'building'")
    assert browser.get(address_of(visits, browser, package_id)).status_code == 404


def test_who_has_withdrawn_still_has_one(visits: Visits) -> None:
    browser = visits.counted("ana@example.org", name="Ana Maria Test", list_name="initials")
    package_id = freeze(visits.app)
    visits.change(browser, visits.refs(browser)[0], "withdraw")
    assert assert_holds(receipt(visits, browser, package_id))["name"] == "A M T"


@pytest.mark.parametrize("choice", ["full", "initials", "count"])
def test_when_the_line_is_kept_no_more_it_is_made_again_from_what_the_signer_says(
    visits: Visits, choice: str
) -> None:
    said = {"name": "Zoe\u0308 Maria Test", "city": "Seoul", "list_name": choice}
    browser = visits.counted("ana@example.org", **said)
    package_id = freeze(visits.app)
    before = receipt(visits, browser, package_id, secret="yes")
    visits.rows("UPDATE package_line SET line = NULL")
    assert receipt(visits, browser, package_id, secret="yes") == before
    others = said | {"country": "KR", "list_name": "count" if choice == "full" else "full"}
    assert visits.change(browser, visits.refs(browser)[0], **others).status_code == 303
    assert receipt(visits, browser, package_id, secret="yes") == before


def test_a_line_kept_no_more_that_says_something_else_has_none_and_the_page_says_why(visits: Visits) -> None:
    browser = visits.counted("ana@example.org", name="Ana Test", list_name="full")
    package_id = freeze(visits.app)
    visits.change(browser, visits.refs(browser)[0], name="Anna Test", country="KR", list_name="full")
    assert assert_holds(receipt(visits, browser, package_id))["name"] == "Ana Test"
    visits.rows("UPDATE package_line SET line = NULL")
    assert browser.get(address_of(visits, browser, package_id)).status_code == 410
    page = browser.get(f"/my/signatures/{visits.refs(browser)[0]}").text
    assert "its line is not kept here any more" in page
    assert "Receipt with" not in page


def test_the_download_of_ones_data_lists_the_packages(visits: Visits) -> None:
    add_petition(visits.app, "another", title="Another matter")
    browser = visits.counted("ana@example.org", name="Ana Test", list_name="full")
    package_id = freeze(visits.app)
    (own,) = json.loads(browser.get("/my/data.json").data)["signatures"]
    (listed,) = own["packages"]
    assert (listed["package"], listed["line_number"]) == (str(package_id), 1)
    assert json.loads(listed["line"])["name"] == "Ana Test"
    assert "United Kingdom" in listed["mission"]
