"""Receipts: that a signer's line is in a package, and with its secret that the line is theirs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from petition.core.errors import DomainError, NotFound
from petition.deliveries.lines import shown_as
from petition.deliveries.packages import keys
from petition.deliveries.packages.models import LEAVES_IN_A_ROW, Package, PackageLeaves, PackageLine, PackageState
from petition.deliveries.proof import receipt, tree
from petition.deliveries.proof.canonical import canonical_line, clean, commitment, secret_of
from petition.signatures.attempts import Attempt
from petition.signatures.own_changes import ALSO_KEPT
from petition.signatures.own_page import BESIDE

HASH_BYTES = 32
WAYS = ("full", "initials", "count")


class LineForgotten(DomainError):
    """The frozen line is kept no more, and what the signer says today does not make the same one."""

    status = 410
    code = "line_forgotten"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a signature stands in a package: line `n`, counting from 1, and the line itself while it is known."""

    package: Package
    n: int
    line: bytes | None


def places(session: Session, own: Attempt) -> list[Place]:
    """The packages that a signature is in, oldest first, while it still names its signer."""
    found = session.execute(
        sa.select(Package, PackageLine.n, PackageLine.line)
        .join(PackageLine, PackageLine.package_id == Package.id)
        .where(
            PackageLine.bucket == own.signature.bucket,
            PackageLine.signature_id == own.signature.id,
            Package.petition_id == own.petition.id,
            Package.state == PackageState.READY,
        )
        .order_by(Package.number)
    ).all()
    return [Place(package, n, kept or _made_again(session, own, package, n)) for package, n, kept in found]


def _made_again(session: Session, own: Attempt, package: Package, n: int) -> bytes | None:
    """The line as the signature would make it today, if it is the one in the tree, in whatever way it was shown."""
    leaf = _leaf_at(_row(session, package.id, n), n)
    c = commitment(secret_of(own.signature.receipt_secret, str(package.id)))
    said = clean(own.signer.name), own.signer.city and clean(own.signer.city)
    for way in WAYS:
        name, city, shown = shown_as(*said, way)
        line = canonical_line(n, own.signature.country, shown, name, city, c)
        if tree.leaf(line) == leaf:
            return line
    return None


def _row(session: Session, package_id: UUID, n: int) -> list[bytes]:
    """The leaf hashes of the row in which line `n` is."""
    number = (n - 1) // LEAVES_IN_A_ROW
    this = PackageLeaves.package_id == package_id, PackageLeaves.number == number
    return _hashes(session.scalars(sa.select(PackageLeaves.hashes).where(*this)).one())


def _leaf_at(row: list[bytes], n: int) -> bytes:
    return row[(n - 1) % LEAVES_IN_A_ROW]


def _hashes(joined: bytes) -> list[bytes]:
    return [joined[at : at + HASH_BYTES] for at in range(0, len(joined), HASH_BYTES)]


def make(session: Session, own: Attempt, package_id: UUID, with_secret: bool) -> tuple[int, bytes]:
    """The number of the signer's line in a package, and the receipt as JSON. Raises NotFound or LineForgotten."""
    place = next((one for one in places(session, own) if one.package.id == package_id), None)
    if place is None:
        raise NotFound(_("This signature is in no such package."))
    if place.line is None:
        raise LineForgotten(_("This line is not kept any more, and you have changed since what it was made of."))
    package, index = place.package, place.n - 1
    assert package.manifest
    assert package.signature
    assert package.key
    assert package.tops
    row = _row(session, package.id, place.n)
    path = tree.path(row, index % LEAVES_IN_A_ROW) + tree.path(_hashes(package.tops), index // LEAVES_IN_A_ROW)
    pem = keys.public_pem(session, package.key)
    secret = secret_of(own.signature.receipt_secret, str(package.id)) if with_secret else None
    return place.n, receipt.made(package.manifest, package.signature, pem, place.line, index, path, secret)


def _kept(session: Session, own: Attempt) -> list[dict[str, Any]]:
    """What packages keep of a signature, for its owner's download."""
    return [
        {
            "package": str(place.package.id),
            "mission": place.package.mission.name,
            "frozen_at": place.package.snapshot_at and place.package.snapshot_at.isoformat(),
            "line_number": place.n,
            "line": place.line and place.line.decode(),
        }
        for place in places(session, own)
    ]


BESIDE["receipts"] = places
ALSO_KEPT["packages"] = _kept
