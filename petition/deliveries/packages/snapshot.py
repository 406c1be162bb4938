"""The snapshot of a package: who is in it, read at one instant, put in order, and frozen line by line.

Counts and lines come from the very same rows, so that they always add up. The order says nothing of when somebody
signed; every line has a commitment that differs in every package (CONTRACT, "Files that strangers verify").
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from operator import itemgetter
from typing import Any, cast
from uuid import UUID

import sqlalchemy as sa
from flask_babel import lazy_gettext as __
from sqlalchemy.orm import Session

from petition.core import audit
from petition.core.clock import now
from petition.core.db import db, read_again
from petition.core.many_rows import ManyRows
from petition.core.postgres import streamed
from petition.deliveries.export import FETCH, Filter, reading_condition, snapshot
from petition.deliveries.lines import ListError, shown_as
from petition.deliveries.packages.cover_letter import frozen
from petition.deliveries.packages.holding import Hold
from petition.deliveries.packages.models import LEAVES_IN_A_ROW, Package, PackageLeaves, PackageLine
from petition.deliveries.proof import tree
from petition.deliveries.proof.canonical import canonical_line, clean, commitment, secret_of
from petition.petitions import service as petitions
from petition.petitions.models import Petition
from petition.signatures.models import ListName, Origin, Signature, Signer

NOBODY = __("Nobody is in this package: no signature of these countries and this time counts.")
LINES_AT_ONCE = 4_000
"""Of one transaction: about 50 ms of SQLite's one writer."""
ROWS_AT_ONCE = 64
HASH_BYTES, KEY_BYTES = 32, 17
_CHOICES = {int(choice): choice.name.lower() for choice in ListName}


@dataclass(slots=True)
class Taken:
    """Who is in the package, in order, and how many by country, manner, origin, text version and language.

    A member is its line's country, manner and name, each ended by a zero byte that no name has, then the
    commitment, the signature's key and the city: bytes compare as their code points do, so that sorting
    these is the order of the list, and a million of them take 150 MB.
    """

    members: list[bytes] = field(default_factory=list)
    counts: Counter[tuple[str, str, int, int, str]] = field(default_factory=Counter)

    def by(self, *places: int) -> Counter[Any]:
        """The counts by some of what they are kept by: by that itself, or by a tuple."""
        chosen, found = itemgetter(*places), Counter[Any]()
        for kind, number in self.counts.items():
            found[chosen(kind)] += number
        return found


def take(hold: Hold) -> None:
    """Freezes the package's list, while signing goes on. What an earlier attempt left is thrown away first.

    Raises ListError for an empty list, Stopped, Lost, Spoiled.
    """
    throw_away(hold)
    session = snapshot(db.session())
    package = session.get_one(Package, hold.package_id)
    at, taken = now(), _read(session, package, hold)
    facts, letter = _facts(session, package, taken, at), frozen(package)
    read_again()
    tops = _store_leaves(hold, taken.members)
    _store_lines(hold, taken.members)
    facts["tree"] = {"algorithm": "RFC9162-SHA256", "size": len(taken.members), "root": _root(tops).hex()}
    with hold.writing(snapshot_at=at, facts=facts, letter=letter, tops=tops):
        pass  # the snapshot is whole


def throw_away(hold: Hold) -> None:
    """Deletes what is stored of the package's list, a bucket at a time, so that others can write between."""
    mine = PackageLine.package_id == hold.package_id
    while (bucket := read_again().scalar(sa.select(PackageLine.bucket).where(mine).limit(1))) is not None:
        with hold.writing() as session:
            lines = sa.delete(PackageLine).where(PackageLine.bucket == bucket, mine)
            session.execute(lines.execution_options(synchronize_session=False))
    nothing = {"snapshot_at": None, "facts": sa.null(), "letter": sa.null(), "tops": None, "done": 0, "steps": 0}
    # Without these no file that is there is taken for one of the new snapshot.
    with hold.writing(**nothing, tools=sa.null(), key=None) as session:
        leaves = sa.delete(PackageLeaves).where(PackageLeaves.package_id == hold.package_id)
        session.execute(leaves.execution_options(synchronize_session=False))


def _read(session: Session, package: Package, hold: Hold) -> Taken:
    """All who are in the package, from one moment; of those who are counted only the name stays in the database."""
    chosen = Filter(package.petition_id, tuple(package.countries), package.since, package.until)
    taken, package_id = Taken(), str(package.id)
    with closing(_rows(session, chosen)) as rows:
        for number, row in enumerate(rows):
            if number % FETCH == 0:
                hold.check()
            _add(taken, row, package_id)
    if not taken.members:
        raise ListError(str(NOBODY))
    taken.members.sort()
    return taken


def _rows(session: Session, chosen: Filter) -> Generator[Sequence[Any], None, None]:
    """(bucket, id, secret, country, choice, name, city, origin, text version, language), as the driver gives them."""
    named = Signature.list_name != ListName.COUNT
    plain = {column: sa.type_coerce(column, sa.SmallInteger) for column in (Signature.list_name, Signature.origin)}
    query = (
        sa.select(
            *(Signature.bucket, sa.type_coerce(Signature.id, sa.LargeBinary), Signature.receipt_secret),
            *(Signature.country, plain[Signature.list_name]),
            *(sa.case((named, Signer.name)), sa.case((named, Signer.city))),
            *(plain[Signature.origin], Signature.text_version, Signature.locale),
        )
        .outerjoin(Signer, sa.and_(Signer.bucket == Signature.bucket, Signer.signature_id == Signature.id))
        .where(reading_condition(session, chosen))
    )
    connection = session.connection()
    if connection.dialect.name == "postgresql":
        yield from streamed(connection, query)
        return
    with connection.execute(query, execution_options={"yield_per": FETCH}) as rows:
        yield from rows


def _add(taken: Taken, row: Sequence[Any], package_id: str) -> None:
    bucket, signature_id, secret, country, choice, name, city, origin, version, language = row
    name, city, shown = shown_as(clean(name or ""), city and clean(city), _CHOICES[choice])
    key = signature_id.bytes if isinstance(signature_id, UUID) else signature_id
    c = bytes.fromhex(commitment(secret_of(secret, package_id)))
    begin = f"{country}\0{shown}\0{name}\0".encode()
    taken.members.append(b"".join((begin, c, bytes((bucket,)), key, (city or "").encode())))
    taken.counts[country, shown, origin, version, language] += 1


def _store_leaves(hold: Hold, members: list[bytes]) -> bytes:
    """Stores the leaves of the tree; returns the roots of their rows."""
    tops: list[bytes] = []
    rows = enumerate(_rows_of_leaves(members))
    while batch := list(islice(rows, ROWS_AT_ONCE)):
        tops += (tree.root(row) for _number, row in batch)
        _insert(hold, _LEAVES, ("number", "hashes"), [(number, b"".join(row)) for number, row in batch])
    return b"".join(tops)


def _rows_of_leaves(members: list[bytes]) -> Iterator[list[bytes]]:
    leaves = (tree.leaf(_line(n, member)) for n, member in enumerate(members, start=1))
    while row := list(islice(leaves, LEAVES_IN_A_ROW)):
        yield row


def _store_lines(hold: Hold, members: list[bytes]) -> None:
    """Stores the lines in the order of the table's key: each of its pages is written once, not by every batch."""
    places = iter(sorted(range(len(members)), key=lambda place: _key(members[place])))
    while batch := [_row(place + 1, members[place]) for place in islice(places, LINES_AT_ONCE)]:
        _insert(hold, _LINES, ("bucket", "signature_id", "n", "line"), batch)


def _insert(hold: Hold, table: sa.Table, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    with hold.writing() as session:
        connection = session.connection()
        ManyRows(connection.dialect, table, columns, rows, package_id=hold.package_id).insert(connection)


_LINES, _LEAVES = cast(sa.Table, PackageLine.__table__), cast(sa.Table, PackageLeaves.__table__)


def _key(member: bytes) -> bytes:
    """Bucket and id of the signature."""
    return member.split(b"\0", 3)[3][HASH_BYTES:][:KEY_BYTES]


def _row(n: int, member: bytes) -> tuple[int, UUID, int, bytes]:
    bucket, *signature_id = _key(member)
    return bucket, UUID(bytes=bytes(signature_id)), n, _line(n, member)


def _line(n: int, member: bytes) -> bytes:
    """The canonical line."""
    country, shown, name, tail = member.split(b"\0", 3)
    c, city = tail[:HASH_BYTES].hex(), tail[HASH_BYTES + KEY_BYTES :].decode()
    return canonical_line(n, country.decode(), shown.decode(), name.decode(), city, c)


def _root(tops: bytes) -> bytes:
    rows = [tops[start : start + HASH_BYTES] for start in range(0, len(tops), HASH_BYTES)]
    root: bytes = tree.root_of_tops(rows)
    return root


def _facts(session: Session, package: Package, taken: Taken, at: datetime) -> dict[str, Any]:
    """All that stands in the manifest but for the tree, the files and the key."""
    petition, mission = package.petition, package.mission
    by_country, by_shown, by_origin = taken.by(0), taken.by(1), taken.by(2)
    return {
        "format": "petition-package/1",
        "id": str(package.id),
        "petition": {"slug": petition.slug, "title": petition.title, "addressee": petition.addressee},
        "texts": _texts(petition, taken.by(3, 4)),
        "mission": {
            "id": mission.slug,
            "name": mission.name,
            "city": mission.city,
            "host_country": mission.host_country,
        },
        "snapshot_on": at.date().isoformat(),
        "filters": {"countries": package.countries, "since": _moment(package.since), "until": _moment(package.until)},
        "signature_count": len(taken.members),
        "signatures_by_country": [{"code": code, "signature_count": by_country[code]} for code in sorted(by_country)],
        "signatures_by_origin": {origin.name.lower(): by_origin[origin] for origin in Origin},
        "shown": {choice.name.lower(): by_shown[choice.name.lower()] for choice in ListName},
        "audit_head": audit.head(session).hash,
    }


def _texts(petition: Petition, signed: Counter[tuple[int, str]]) -> list[dict[str, Any]]:
    """The texts that were signed: version and language in which they were read, their hash, and by how many."""
    of_version = {text.version: text for text in petition.texts}
    found: Counter[tuple[int, str, str]] = Counter()
    for (version, language), number in signed.items():
        words = of_version[version].in_language(language)
        found[version, words.locale, petitions.sha256(words.locale, words.title, words.body)] += number
    return [
        {"version": version, "locale": locale, "sha256": sha256, "signature_count": number}
        for (version, locale, sha256), number in sorted(found.items())
    ]


def _moment(instant: datetime | None) -> str | None:
    return None if instant is None else instant.isoformat().replace("+00:00", "Z")
