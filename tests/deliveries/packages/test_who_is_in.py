"""Who is in a package, and who is in the next one: those who count at its instant, from wherever they came."""

from __future__ import annotations

from collections import Counter
from hashlib import sha256
from typing import NamedTuple

import pytest
import sqlalchemy as sa
from flask import Flask

from petition.accounts.models import User
from petition.core.db import writing
from petition.deliveries.proof import verify
from petition.petitions import service as petitions
from petition.signatures import moderating, own_changes
from petition.signatures.attempts import SIGNER_OF, Attempt
from petition.signatures.models import Signature, Signer
from tests.conftest import SLUG
from tests.deliveries.packages.making import FULL, PEOPLE, Built, add_people, asked, built
from tests.deliveries.packages.searching import texts
from tests.lists import PROVEN, bring
from tests.site_visits import Visits

WITHDRAWN, STRUCK_OUT = "Wilma Drawnback", "Strickland Outerbridge"
COLUMNS = "name,country,email,city,list_name\n"
AGREED = COLUMNS + "Imelda Portmanteau,DE,im@example.org,Bremen,full\nIgnatius Portofino,DE,ig@example.org,Kassel,\n"
SAID_NOWHERE = COLUMNS + "Inigo Brinksmanship,DE,in@example.org,Marburg,full\n"
NEVER_SHOWN = [
    *("Pendula", "Waitingham", "Tarryville", "Strickland", "Outerbridge", "Grenoble"),
    *("Ignatius", "Portofino", "Kassel", "Inigo", "Brinksmanship", "Marburg"),
]


class Two(NamedTuple):
    """A package, its ZIP as it was when it was ready, and one that was made after somebody withdrew."""

    first: Built
    zip_then: bytes
    second: Built


@pytest.fixture(scope="module")
def two(house: Flask) -> Two:
    """Besides PEOPLE: one who withdraws, one struck out, one who is pending, and two lists from elsewhere."""
    add_people(house, [("FR", STRUCK_OUT, "Grenoble", FULL), ("FR", WITHDRAWN, "Toulouse", FULL)], len(PEOPLE))
    strike_out(house)
    pending = {"name": "Pendula Waitingham", "country": "FR", "city": "Tarryville", "list_name": "full"}
    assert Visits(house).sign("pendula@example.org", **pending).status_code == 303
    assert bring(house, AGREED, names_as_in_file=True, **PROVEN).added == 2
    assert bring(house, SAID_NOWHERE, **PROVEN).added == 1
    first = built(house, asked(house))
    zip_then = first.path.read_bytes()
    withdraw(house)
    return Two(first, zip_then, built(house, asked(house)))


def found(session: sa.orm.Session, name: str) -> Attempt:
    query = sa.select(Signature, Signer).join(Signer, SIGNER_OF).where(Signer.name == name)
    return Attempt(*session.execute(query).one(), petitions.find(session, SLUG))


def strike_out(app: Flask) -> None:
    with app.app_context(), writing() as session:
        owner = session.scalars(sa.select(User).where(User.email == "owner@river.example.org")).one()
        own = found(session, STRUCK_OUT)
        key = own.signature.bucket, own.signature.id
        moderating.invalidate(session, owner, own.petition, key, "Nobody of that name lives there.")


def withdraw(app: Flask) -> None:
    with app.app_context(), writing() as session:
        own_changes.withdraw(session, found(session, WITHDRAWN))


def said(package: Built) -> Counter[tuple[str, ...]]:
    """What the lines say of people; their numbers and commitments differ in every package."""
    return Counter((one["country"], one["shown"], one.get("name", ""), one.get("city", "")) for one in package.lines)


def test_whoever_withdraws_later_is_not_in_later_packages(two: Two) -> None:
    assert said(two.first) - said(two.second) == Counter([("FR", "full", WITHDRAWN, "Toulouse")])
    assert said(two.second) - said(two.first) == Counter()
    assert two.second.manifest["signature_count"] == two.first.manifest["signature_count"] - 1
    assert two.second.manifest["shown"]["full"] == two.first.manifest["shown"]["full"] - 1
    assert appear(two.first, ["Drawnback"])
    assert not appear(two.second, ["Wilma", "Drawnback", "Toulouse"])


def test_the_package_made_before_stays_byte_for_byte(two: Two) -> None:
    assert two.first.path.read_bytes() == two.zip_then
    assert two.first.package.zip_sha256 == sha256(two.zip_then).hexdigest()
    for package in (two.first, two.second):
        assert verify.check(package.path, deep=True).faults == []


def test_whoever_is_pending_or_struck_out_is_in_none(two: Two) -> None:
    assert {one["country"] for one in two.second.lines} == {country for country, *_rest in PEOPLE} | {"DE"}
    assert len(two.first.lines) == len(PEOPLE) + 4
    for package in (two.first, two.second):
        assert not appear(package, NEVER_SHOWN)


def test_imported_signatures_are_counted_unless_their_source_said_more(two: Two) -> None:
    manifest = two.first.manifest
    assert manifest["signatures_by_origin"] == {"web": 13, "paper": 5, "import": 3}
    assert {"code": "DE", "signature_count": 3} in manifest["signatures_by_country"]
    of_lists = {line: number for line, number in said(two.first).items() if line[0] == "DE"}
    assert of_lists == {("DE", "full", "Imelda Portmanteau", "Bremen"): 1, ("DE", "count", "", ""): 2}


def appear(package: Built, words: list[str]) -> set[str]:
    """The files in which one of the words is found."""
    return {
        name
        for name, content in package.entries.items()
        if any(word in text for text in texts(name, content) for word in words)
    }
