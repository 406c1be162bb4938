"""What signers do, straight to the services, each act in a transaction of its own: for many at once."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from flask import Flask

from petition.core.addresses import parse_address
from petition.core.committer import submit
from petition.core.db import read_again, writing
from petition.petitions import service as petitions
from petition.signatures import attempts, confirming, own_changes, recount, signing
from petition.signatures.confirming import Filled, Outcome, Press
from petition.signatures.signing import Wish
from tests.conftest import SLUG
from tests.databases import raw_engine

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
    """Reads rows and counters in one snapshot, past all of our code."""
    with raw_engine(app.config["DATABASE_URL"]) as engine, engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            connection.exec_driver_sql("SET LOCAL TIME ZONE 'UTC'")
        else:
            connection.exec_driver_sql("BEGIN")

        def counted(what: str, rest: str) -> Counter[Any]:
            sql = sa.text(f"SELECT {what} FROM {rest}".replace("WHERE", f"WHERE {of_petition} AND"))
            found = connection.execute(sql, {"slug": slug}).all()
            return Counter(
                {(key[0] if len(key) == 1 else tuple(key)): int(number) for *key, number in found if number}
            )

        of_petition = "petition_id = (SELECT id FROM petition WHERE slug = :slug)"
        hour = "substr(CAST(confirmed_at AS text), 1, 13)"
        rows = "signature WHERE state = 1 GROUP BY"
        return Seen(
            rows=counted("country, count(*)", f"{rows} country"),
            tally=counted("country, sum(signatures)", "tally WHERE true GROUP BY country"),
            row_hours=counted(f"{hour}, country, count(*)", f"{rows} {hour}, country"),
            hours=counted(
                "substr(CAST(hour AS text), 1, 13), country, sum(signatures)",
                "hourly_tally WHERE true GROUP BY hour, country",
            ),
        )
