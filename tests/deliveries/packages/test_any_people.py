"""Whoever signs and whatever they choose: packages add up, show nobody more than they chose, and prove every line."""

from __future__ import annotations

from collections import Counter
from itertools import count

import pytest
import sqlalchemy as sa
from flask import Flask
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from petition.core.db import read_again
from petition.deliveries.packages import receipts
from petition.deliveries.proof import verify
from petition.petitions import service as petitions
from petition.signatures.attempts import SIGNER_OF, Attempt
from petition.signatures.models import ListName, Signature, Signer
from tests.conftest import add_petition
from tests.deliveries.packages.making import COUNT, FULL, INITIALS, Built, add_people, asked, built
from tests.deliveries.packages.searching import texts

SCRIPTS = [
    *("bdfhjkmpqvwxz", "бджзклмнпрст", "عبتثجحدرسش", "कखगघचजटडतदनप", "กขคงจชซดตถทน"),
    *("가나다라마바사아자차카타", "李王張劉陳楊趙黃周吳徐孫", "あいうえおかきくけこさし"),
]
"""Letters that are a grapheme each, of which no word is made by chance."""
LONG = 6
NUMBERS = count(1)

words = st.sampled_from(SCRIPTS).flatmap(
    lambda letters: st.lists(st.sampled_from(letters), min_size=LONG, max_size=9, unique=True).map("".join)
)
names = st.lists(words, min_size=1, max_size=3).map(" ".join) | st.sampled_from(["Al", "李 明", "김 철"])
people_of_any_kind = st.lists(
    st.tuples(st.sampled_from(["IN", "KR", "US"]), names, st.none() | words, st.sampled_from(ListName)),
    min_size=3,
    max_size=6,
)
Person = tuple[str, str, str | None, ListName]
Said = tuple[str, str, str, str]


def said_of(person: Person) -> Said:
    """Country, manner, name and city as a list may show them. Initials that are half of a name would give it away."""
    country, name, city, choice = person
    firsts = [word[0] for word in name.split()]
    if choice == FULL:
        return country, "full", name, city or ""
    if choice == INITIALS and 2 * len(firsts) < len(name.replace(" ", "")):
        return country, "initials", " ".join(firsts), city or ""
    return country, "count", "", ""


def withheld(people: list[Person]) -> set[str]:
    """The words of their names, and the cities, that a list may not show."""
    shown = " ".join(" ".join(said_of(person)) for person in people)
    told = {word for _country, name, city, _choice in people for word in (*name.split(), city or "")}
    return {word for word in told if len(word) >= LONG and word not in shown}


@pytest.mark.only_on("sqlite", "what the other tests of packages read from both is the same here")
@settings(max_examples=4, derandomize=True, deadline=None, phases=[Phase.generate])
@given(people=people_of_any_kind)
def test_any_people_with_any_choices(house: Flask, people: list[Person]) -> None:
    slug = f"river-{next(NUMBERS)}"
    add_petition(house, slug)
    add_people(house, people, slug=slug)
    made = built(house, asked(house, slug=slug))
    assert verify.check(made.path, deep=True).faults == []
    assert_adds_up(made, people)
    assert_withholds(made, [*withheld(people), "mail.test"])
    assert_receipts_hold(house, slug, made)


def assert_adds_up(made: Built, people: list[Person]) -> None:
    """Every count is what the lines are, and they are the people as they chose."""
    expected = Counter(map(said_of, people))
    lines = [(one["country"], one["shown"], one.get("name", ""), one.get("city", "")) for one in made.lines]
    assert Counter(lines) == expected
    manifest, total = made.manifest, len(people)
    assert manifest["signature_count"] == manifest["tree"]["size"] == total
    by_country = {one["code"]: one["signature_count"] for one in manifest["signatures_by_country"]}
    assert by_country == Counter(country for country, *_rest in people)
    ways = Counter(shown for _country, shown, _name, _city in lines)
    assert manifest["shown"] == {choice.name.lower(): ways[choice.name.lower()] for choice in (FULL, INITIALS, COUNT)}
    assert sum(manifest["signatures_by_origin"].values()) == total
    assert sum(one["signature_count"] for one in manifest["texts"]) == total


def assert_withholds(made: Built, hidden: list[str]) -> None:
    """None of this is in any byte of any file."""
    for name, content in made.entries.items():
        for text in texts(name, content):
            assert not [word for word in hidden if word in text], name


def assert_receipts_hold(app: Flask, slug: str, made: Built) -> None:
    """Each signer has a receipt, with and without the secret, and it proves a line that says what they chose."""
    path, found = made.path.with_name("receipt.json"), []
    with app.app_context():
        session = read_again()
        petition = petitions.find(session, slug)
        mine = sa.select(Signature, Signer).join(Signer, SIGNER_OF).where(Signature.petition_id == petition.id)
        for signature, signer in session.execute(mine).all():
            own = Attempt(signature, signer, petition)
            for with_secret in (True, False):
                n, receipt = receipts.make(session, own, made.package.id, with_secret)
                path.write_bytes(receipt)
                report = verify.check(path, key=made.manifest["key"])
                assert (report.kind, report.faults, report.authentic) == ("receipt", [], True)
            line = made.lines[n - 1]
            shown = line["country"], line["shown"], line.get("name", ""), line.get("city", "")
            assert shown == said_of((signature.country, signer.name, signer.city, signature.list_name))
            found.append(n)
    assert sorted(found) == [line["n"] for line in made.lines]
