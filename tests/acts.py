"""What signers do, straight to the services, each act in a transaction of its own: for many at once."""

from __future__ import annotations

import sqlite3
from collections import Counter
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from flask import Flask

from petition.core.addresses import parse_address
from petition.core.committer import submit
from petition.core.db import read_again, writing
from petition.petitions import service as petitions
from petition.signatures import attempts, confirming, own_changes, recount, signing
from petition.signatures.confirming import Filled, Outcome, Press
from petition.signatures.signing import Wish
from tests.conftest import SLUG

NETWORK = b"n" * 16


def sign(app: Flask, address: str, name: str = "Ana Test", country: str = "KR", slug: str = SLUG) -> bytes:
    """Signs; returns the handle in the link that is owed."""
    with app.app_context():
        petition = petitions.recent(slug)
        page = signing.Page(petition.text.version, "en", NETWORK)
        new = signing.sign(petition, parse_address(address), Wish(name, country), page)
        submit(signing.store, new)
    handle: bytes = new.signature[signing.SIGNATURE_COLUMNS.index("handle")]
    return handle


def confirm(app: Flask, handle: bytes, country: str | None = None) -> Outcome:
    """Uses the link."""
    with app.app_context():
        name = attempts.find(read_again(), handle).signer.name
        read_again()  # ends the reading: nobody reads while waiting for a commit
        filled = Filled(Wish(name, country), "en") if country else None
        return submit(confirming.confirm, Press(handle, filled)).outcome


def correct(app: Flask, handle: bytes, country: str) -> None:
    """Corrects the country."""
    with app.app_context(), writing() as session:
        found = attempts.find(session, handle)
        own_changes.correct(session, found, Wish(found.signer.name, country), "en")


def withdraw(app: Flask, handle: bytes) -> None:
    """Takes the signature back."""
    with app.app_context(), writing() as session:
        own_changes.withdraw(session, attempts.find(session, handle))


def erase(app: Flask, handle: bytes) -> None:
    """Erases the signature."""
    with app.app_context(), writing() as session:
        own_changes.erase(session, attempts.find(session, handle))


def rebuild(app: Flask, slug: str = SLUG) -> int:
    """Mends the counters; says how many were wrong."""
    with app.app_context(), writing() as session:
        return recount.rebuild(session, petitions.find(session, slug).id)


@dataclass(frozen=True)
class Seen:
    """What one moment's database says: confirmed rows and counters, by country, and by hour and country."""

    rows: Counter[str]
    tally: Counter[str]
    row_hours: Counter[tuple[str, str]]
    hours: Counter[tuple[str, str]]

    def assert_adds_up(self) -> None:
        """Rule 1, to the last hour of the last country."""
        assert self.tally == self.rows
        assert self.hours == self.row_hours
        assert self.hours.total() == self.tally.total() == self.rows.total()


def look(app: Flask, slug: str = SLUG) -> Seen:
    """Reads rows and counters in one snapshot of the file, past all of our code."""
    with closing(sqlite3.connect(app.config["INSTANCE"] / "petition.db", isolation_level=None)) as file:
        file.execute("BEGIN")
        ((petition_id,),) = file.execute("SELECT id FROM petition WHERE slug = ?", (slug,)).fetchall()

        def counted(what: str, rest: str) -> Counter[Any]:
            found = file.execute(f"SELECT {what} FROM {rest}", (petition_id,)).fetchall()
            return Counter({(key[0] if len(key) == 1 else tuple(key)): number for *key, number in found if number})

        hour = "substr(confirmed_at, 1, 13)"
        rows = "signature WHERE petition_id = ? AND state = 1 GROUP BY"
        return Seen(
            rows=counted("country, count(*)", f"{rows} country"),
            tally=counted("country, sum(signatures)", "tally WHERE petition_id = ? GROUP BY country"),
            row_hours=counted(f"{hour}, country, count(*)", f"{rows} {hour}, country"),
            hours=counted(
                "substr(hour, 1, 13), country, sum(signatures)",
                "hourly_tally WHERE petition_id = ? GROUP BY hour, country",
            ),
        )
