"""Adding signatures that were collected elsewhere, and taking them back: all of a list in one transaction.

Sheets of paper with a witness, and lists with a note on their consent, count at once. Everybody on any other list
is mailed to and counts after using the link, as on the web; of their history nothing is looked at (DESIGN rule 5).
"""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from typing import Any, cast
from uuid import UUID

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.engine import Connection
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm import Session

from petition.core import audit
from petition.core.clock import now
from petition.core.db import unhurried
from petition.core.ids import new_id
from petition.core.many_rows import ManyRows
from petition.core.retention import Transaction
from petition.petitions.models import Petition, State
from petition.petitions.service import takes_signatures
from petition.signatures import signing
from petition.signatures.attempts import LINK_LIFE
from petition.signatures.import_checking import CheckedList, Entry, Fate, address_of, list_name_of, places_taken
from petition.signatures.import_models import ImportedSignature, SignatureImport
from petition.signatures.import_rows import ImportRefused
from petition.signatures.models import Signature, SignatureState, Signer
from petition.signatures.signing import RECEIPT_SECRET_BYTES, NewSignature, Page, Wish
from petition.tallies import service as tallies

RACES = 5
DEADLOCK = "40P01"  # deadlock_detected, PostgreSQL's appendix A
AT_ONCE, EVERY = 100, timedelta(seconds=5)  # mails of a list: whoever signs meanwhile must not wait behind them
TAKES_LISTS = (State.OPEN, State.PAUSED, State.CLOSED)  # sheets often come in after the end
WORDS_ELSEWHERE = "elsewhere"
"""Stands for a version of the words of consent where they were not ours."""
SIGNATURE_COLUMNS = (
    *("bucket", "id", "country", "list_name", "address_hash", "place", "person_hash", "receipt_secret", "domain"),
)
SIGNER_COLUMNS = ("bucket", "signature_id", "name", "city")
SIGNATURE, SIGNER = cast(sa.Table, Signature.__table__), cast(sa.Table, Signer.__table__)
IMPORTED = cast(sa.Table, ImportedSignature.__table__)


@dataclass(frozen=True, slots=True)
class Added:
    """What an import came to. `already_here` were not counted again; of a list that is mailed to it is not known."""

    import_id: UUID
    added: int
    already_here: int


def add(transaction: Transaction, checked: CheckedList, actor: str, skip_refused: bool = False) -> Added:
    """Adds all of a list in one transaction, or raises ImportRefused and adds nothing.

    With `skip_refused` the rows that were refused are left out. Where somebody confirms at the same moment
    with an address of the list, it is done again.
    """
    if checked.counts[Fate.REFUSED] and not skip_refused:
        number = checked.counts[Fate.REFUSED]
        raise ImportRefused(_("%(number)s rows cannot be taken: nothing was added.", number=number))
    if not checked.counts[Fate.NEW]:
        raise ImportRefused(_("There is nobody to add."))
    for left in reversed(range(RACES)):
        try:
            with transaction() as session:
                return _add(session, checked, actor)
        except (IntegrityError, OperationalError) as error:
            if not left or not _is_race(error):
                raise
    raise AssertionError("the last race returns or raises")


def _is_race(error: IntegrityError | OperationalError) -> bool:
    return isinstance(error, IntegrityError) or getattr(error.orig, "sqlstate", None) == DEADLOCK


def _add(session: Session, checked: CheckedList, actor: str) -> Added:
    unhurried(session)
    petition = session.get_one(Petition, checked.petition_id)
    _refuse_untimely(session, petition, checked)
    given, counts = checked.given, checked.counts
    made = SignatureImport(
        petition_id=petition.id,
        origin=given.origin,
        source=given.source,
        witnessed_by=given.witnessed_by,
        consent_note=given.consent_note,
        file_sha256=checked.sha256,
        rows=checked.rows,
        refused=counts[Fate.REFUSED],
        duplicates=counts[Fate.DUPLICATE],
        made_by=actor,
    )
    session.add(made)
    session.flush()
    store = _store_pending if given.by_mail else _store_counted
    made.added = store(session.connection(), petition, made, checked)
    made.already_here = counts[Fate.NEW] - made.added
    audit.record(
        session,
        actor,
        "signatures added",
        petition.slug,
        organisation_id=petition.organisation_id,
        list=str(made.id),
        origin=given.origin.name.lower(),
        by_mail=given.by_mail,
        added=made.added,
    )
    return Added(made.id, made.added, made.already_here)


def _refuse_untimely(session: Session, petition: Petition, checked: CheckedList) -> None:
    if checked.given.by_mail and not takes_signatures(petition):
        raise ImportRefused(_("The petition takes no signatures now: those we would mail to could not confirm."))
    if petition.state not in TAKES_LISTS:
        raise ImportRefused(_("Signatures can be added to a petition that is open, paused or closed."))
    if checked.given.by_mail and session.scalar(_mailed_already(petition, checked)):
        raise ImportRefused(_("Everybody on this very list was mailed to already. Undo that import first."))


def _mailed_already(petition: Petition, checked: CheckedList) -> sa.Select[UUID]:
    return sa.select(SignatureImport.id).where(
        SignatureImport.petition_id == petition.id,
        SignatureImport.file_sha256 == checked.sha256,
        SignatureImport.consent_note.is_(None),
        SignatureImport.witnessed_by.is_(None),
        SignatureImport.undone_at.is_(None),
        SignatureImport.made_at > now() - LINK_LIFE,
    )


def _store_counted(connection: Connection, petition: Petition, made: SignatureImport, checked: CheckedList) -> int:
    """Counts those who are not here yet; the tally moves once, at the end: others wait for it the shorter."""
    at, counted = now(), Counter[tuple[UUID, str, datetime]]()
    common: dict[str, Any] = {
        "petition_id": petition.id,
        "text_version": petition.text.version,
        "consent_version": WORDS_ELSEWHERE,
        "locale": petition.text.locale,
        "origin": made.origin,
        "state": SignatureState.CONFIRMED,
        "created_at": at,
        "consented_at": at,
        "confirmed_at": at,
        "show_name": False,
        "updates": False,
    }
    for batch in checked.batches():
        rows = list(_counted_rows(batch, places_taken(connection, petition.id, batch)))
        signatures, signers = [signature for signature, _signer in rows], [signer for _signature, signer in rows]
        ManyRows(connection.dialect, SIGNATURE, SIGNATURE_COLUMNS, signatures, **common).insert(connection)
        ManyRows(connection.dialect, SIGNER, SIGNER_COLUMNS, signers).insert(connection)
        _note_origin(connection, made, signers)
        counted.update((petition.id, country, at) for _bucket, _id, country, *_rest in signatures)
    tallies.add(connection, counted)
    return counted.total()


def _counted_rows(
    batch: list[Entry], taken: dict[bytes, list[tuple[int | None, bytes | None]]]
) -> Iterator[tuple[tuple[Any, ...], tuple[Any, ...]]]:
    for entry in batch:
        place = entry.place(taken[entry.hashed])
        if place is None:
            continue
        taken[entry.hashed].append((place, entry.person))
        signature_id, secret = new_id(), secrets.token_bytes(RECEIPT_SECRET_BYTES)
        domain = entry.address[2] if entry.address else ""
        key = (entry.bucket, signature_id)
        yield (
            (*key, entry.country, list_name_of(entry), entry.hashed, place, entry.person, secret, domain),
            (*key, entry.name, entry.city),
        )


def _store_pending(connection: Connection, petition: Petition, made: SignatureImport, checked: CheckedList) -> int:
    """Stores them as the sign form would, whoever they are, and owes each the mail; says how many."""
    number = count()
    for batch in checked.batches():
        new = [_pending(petition, made, entry, next(number)) for entry in batch]
        signing.insert(connection, new, origin=made.origin, consent_version=WORDS_ELSEWHERE)
        _note_origin(connection, made, [one.signer for one in new])
    return next(number)


def _pending(petition: Petition, made: SignatureImport, entry: Entry, number: int) -> NewSignature:
    address = address_of(entry)
    assert address is not None, "only sheets of paper have rows without an address"
    wish = Wish(entry.name, entry.country, entry.city)
    page = Page(petition.text.version, petition.text.locale, None)
    due = made.made_at + number // AT_ONCE * EVERY
    return signing.sign(petition, address, wish, page, signing.Brought(made.source, due))


def _note_origin(connection: Connection, made: SignatureImport, signers: list[tuple[Any, ...]]) -> None:
    keys = [(bucket, signature_id) for bucket, signature_id, *_rest in signers]
    ManyRows(connection.dialect, IMPORTED, ("bucket", "signature_id"), keys, import_id=made.id).insert(connection)
