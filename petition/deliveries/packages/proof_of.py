"""What everybody may know of a package: it proves the list and names nobody in it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import Session, undefer

from petition.core.errors import NotFound
from petition.deliveries.packages.models import Package, PackageState
from petition.petitions import service as petitions
from petition.petitions.models import Petition


@dataclass(frozen=True, slots=True)
class ShownProof:
    """A package as its public page shows it. Hashes are hexadecimal SHA-256.

    `shown` says how many stand there in full, by initials and counted only; `withdrawn` how many have withdrawn
    since, rounded down to tens (0: fewer than ten), or None before they were first counted. `tools` are the versions
    that make the same bytes of the same snapshot, by name.
    """

    id: UUID
    number: int
    petition: Petition
    mission: dict[str, str]
    snapshot_on: date
    total: int
    shown: dict[str, int]
    by_country: list[tuple[str, int]]
    root: str
    manifest: bytes
    signature: bytes
    key: str
    zip_sha256: str
    zip_bytes: int
    tools: dict[str, str]
    withdrawn: int | None

    @property
    def manifest_sha256(self) -> str:
        """The hash that a witness writes down at the gate."""
        return hashlib.sha256(self.manifest).hexdigest()

    def as_json(self) -> dict[str, Any]:
        """The same for programs; without the manifest, which has an address of its own."""
        return {
            "id": str(self.id),
            "number": self.number,
            "petition": self.petition.slug,
            "mission": self.mission,
            "snapshot_on": self.snapshot_on.isoformat(),
            "signature_count": self.total,
            "shown": self.shown,
            "signatures_by_country": [{"code": code, "signature_count": number} for code, number in self.by_country],
            "root": self.root,
            "manifest_sha256": self.manifest_sha256,
            "zip_sha256": self.zip_sha256,
            "zip_bytes": self.zip_bytes,
            "key": self.key,
            "tools": self.tools,
            "withdrawn_since": self.withdrawn,
        }


def shown(session: Session, package_id: UUID) -> ShownProof:
    """The proof of a package of a petition that readers may see. Raises NotFound, or Gone with the petition."""
    query = sa.select(Package).where(Package.id == package_id, Package.state == PackageState.READY)
    found = session.scalar(query.options(undefer(Package.manifest)))
    if found is None:
        raise NotFound(_("There is no such package."))
    return of(petitions.find_public(session, found.petition.slug), found)


def of(petition: Petition, package: Package) -> ShownProof:
    """The proof of a package that is ready."""
    facts = package.facts
    assert facts
    assert package.manifest
    assert package.signature
    assert package.key
    assert package.zip_sha256
    return ShownProof(
        id=package.id,
        number=package.number,
        petition=petition,
        mission=facts["mission"],
        snapshot_on=date.fromisoformat(facts["snapshot_on"]),
        total=facts["signature_count"],
        shown=facts["shown"],
        by_country=[(one["code"], one["signature_count"]) for one in facts["signatures_by_country"]],
        root=facts["tree"]["root"],
        manifest=package.manifest,
        signature=package.signature,
        key=package.key,
        zip_sha256=package.zip_sha256,
        zip_bytes=package.zip_bytes or 0,
        tools=package.tools or {},
        withdrawn=package.withdrawn_since,
    )
