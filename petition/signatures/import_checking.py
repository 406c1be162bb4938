"""Looking at every row of a list from elsewhere before anything is written: new, there twice, or refused.

What a dry run tells about an address must not depend on whether it has signed here (DESIGN rule 5): only the list
itself is looked at. Rows without an address can only have come by a list: of those it is told that they are here.
"""

from __future__ import annotations

import enum
import json
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby, islice
from operator import attrgetter
from pathlib import Path
from types import TracebackType
from typing import Self
from uuid import UUID

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.engine import Connection

from petition.core.addresses import Address
from petition.core.keyed_hashes import bucket_of_hash, hash_for_many, mailbox_hash, person_hash, signature_hash
from petition.core.names import folded, same_person_form
from petition.signatures.import_rows import Provenance, Refusal, Row
from petition.signatures.models import PLACES, ListName, Signature, SignatureState

BATCH = 5_000


class Fate(enum.StrEnum):
    """What becomes of a row."""

    NEW = "new"
    DUPLICATE = "duplicate"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Note:
    """A row that is not taken, and why."""

    number: int
    fate: Fate
    column: str
    why: str


@dataclass(frozen=True, slots=True)
class Entry:
    """A row that may be added: as `Row`, with the hashes by which it is known again."""

    number: int
    name: str
    country: str
    city: str | None
    list_name: int
    hashed: bytes
    person: bytes
    address: tuple[str, str, str] | None

    @property
    def bucket(self) -> int:
        """Where it will lie."""
        return bucket_of_hash(self.hashed)

    def place(self, taken: list[tuple[int | None, bytes | None]]) -> int | None:
        """Its place at its address; None where its person, two others, or somebody who withdrew are there."""
        if not taken:
            return PLACES[0]
        if any(place is None or person == self.person for place, person in taken):
            return None
        return next((place for place in PLACES if all(place != there for there, _person in taken)), None)


class CheckedList:
    """A list that was looked at: notes on what is not taken, and the rest in a file on disk that has no name.

    So memory stays flat, and nothing is left whatever happens.
    """

    def __init__(self, petition_id: UUID, given: Provenance, sha256: str, folder: Path) -> None:
        self.petition_id = petition_id
        self.given = given
        self.sha256 = sha256
        self.notes: list[Note] = []
        self.counts: Counter[Fate] = Counter()
        self._file = tempfile.TemporaryFile("w+", dir=folder, encoding="utf-8")  # noqa: SIM115 (closed on leaving)
        self._people: defaultdict[bytes, list[tuple[bytes, int]]] = defaultdict(list)
        self._keyed = hash_for_many()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self._file.close()

    @property
    def rows(self) -> int:
        """How many rows the list has."""
        return self.counts.total()

    def look_at(self, row: Row | Refusal) -> None:
        """Takes one row, or notes why not."""
        if isinstance(row, Refusal):
            self._note(Note(row.number, Fate.REFUSED, row.column, row.why))
            return
        hashed = self._hash(row)
        person = person_hash(hashed, same_person_form(row.name), self._keyed)
        there = self._people[hashed]
        if why := _twice(there, person):
            self._note(Note(row.number, Fate.DUPLICATE, "", why))
            return
        there.append((person, row.number))
        address = (row.email.exact, row.email.canonical, row.email.domain) if row.email else None
        said = (row.number, row.name, row.country, row.city, row.list_name, hashed.hex(), person.hex(), address)
        self._file.write(json.dumps(said) + "\n")
        self.counts[Fate.NEW] += 1

    def _note(self, note: Note) -> None:
        self.notes.append(note)
        self.counts[note.fate] += 1

    def _hash(self, row: Row) -> bytes:
        """By the address, as on the web. Without one, by all that the sheet says of the person.

        So a sheet that is brought twice counts once. Two people of one name in one city count once too, unless
        the list says on which sheet each stands: it is better to count one too few than one twice.
        """
        if row.email:
            return signature_hash(mailbox_hash(row.email.canonical, self._keyed), self.petition_id, self._keyed)
        said = same_person_form(row.name), row.country, same_person_form(row.city or ""), folded(row.sheet)
        return self._keyed("on paper", self.petition_id.bytes, *(one.encode() for one in said))

    def batches(self) -> Iterator[list[Entry]]:
        """The rows that may be added, in batches, each in the order of the keys."""
        self._file.seek(0)
        while lines := list(islice(self._file, BATCH)):
            yield sorted(map(_entry, lines), key=attrgetter("bucket", "hashed"))

    def already_here(self, connection: Connection) -> Iterator[Entry]:
        """The rows that would not count again now. Those with an address are for nobody's eyes one by one."""
        for batch in self.batches():
            taken = places_taken(connection, self.petition_id, batch)
            yield from (entry for entry in batch if entry.place(taken[entry.hashed]) is None)


def _twice(there: list[tuple[bytes, int]], person: bytes) -> str:
    """Why a person cannot be taken beside those that an earlier row of the list has at the same address."""
    for known, number in there:
        if known == person:
            return _("the same person as in row %(number)s", number=number)
    if len(there) >= len(PLACES):
        return _("rows %(first)s and %(second)s have this address already", first=there[0][1], second=there[1][1])
    return ""


def _entry(line: str) -> Entry:
    number, name, country, city, list_name, *hashes, address = json.loads(line)
    hashed, person = map(bytes.fromhex, hashes)
    return Entry(number, name, country, city, list_name, hashed, person, tuple(address) if address else None)


def address_of(entry: Entry) -> Address | None:
    """The address of a row that has one."""
    return Address(*entry.address) if entry.address else None


def list_name_of(entry: Entry) -> ListName:
    """How the signer appears on lists."""
    return ListName(entry.list_name)


def check(rows: Iterable[Row | Refusal], checked: CheckedList) -> CheckedList:
    """Looks at all rows."""
    for row in rows:
        checked.look_at(row)
    return checked


TAKEN = sa.select(Signature.address_hash, Signature.place, Signature.person_hash).where(
    Signature.bucket == sa.bindparam("bucket"),
    Signature.petition_id == sa.bindparam("petition_id"),
    Signature.address_hash.in_(sa.bindparam("hashes", expanding=True)),
    sa.or_(Signature.place.in_(PLACES), Signature.state == SignatureState.WITHDRAWN),
)


def places_taken(
    connection: Connection, petition_id: UUID, entries: list[Entry]
) -> defaultdict[bytes, list[tuple[int | None, bytes | None]]]:
    """Who counts at the addresses of these rows: place and person. Without a place: somebody who withdrew."""
    found: defaultdict[bytes, list[tuple[int | None, bytes | None]]] = defaultdict(list)
    for bucket, together in groupby(entries, key=attrgetter("bucket")):
        asked = {"bucket": bucket, "petition_id": petition_id, "hashes": [entry.hashed for entry in together]}
        for hashed, place, person in connection.execute(TAKEN, asked):
            found[hashed].append((place, person))
    return found
