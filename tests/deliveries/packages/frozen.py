"""Packages whose list is frozen and signed as a build does it, with a ZIP that stands for the files: made at once."""

from __future__ import annotations

import hashlib
from typing import Any
from uuid import UUID

from flask import Flask

from petition.core.clock import now
from petition.core.db import db, read_again, writing
from petition.deliveries.missions.models import Mission
from petition.deliveries.packages import files, keys, service, snapshot
from petition.deliveries.packages.holding import claim
from petition.deliveries.packages.models import Package, PackageState
from petition.deliveries.proof import manifest as manifests
from petition.petitions import service as petitions
from tests.conftest import SLUG
from tests.deliveries.packages.making import add_mission

ZIP = b"PK: here the files would be"


def freeze(app: Flask, mission: str = "cn-gb-london-embassy", slug: str = SLUG, **how: Any) -> UUID:
    """A package that is ready, of all who have signed by now."""
    with app.app_context():
        is_there = read_again().get(Mission, mission) is not None
    if not is_there:
        add_mission(app, mission)
    with app.app_context(), writing() as session:
        petition, to = petitions.find(session, slug), session.get_one(Mission, mission)
        [package] = service.ask(session, None, petition, [to], **{"language": "en"} | how)
        package_id = package.id
    take_snapshot(app, package_id)
    with app.app_context():
        package = read_again().get_one(Package, package_id)
        facts, path = package.facts, files.zip_path(package)
        path.parent.mkdir(mode=0o700, parents=True)
        path.write_bytes(ZIP)
        key = keys.current()
        read_again()
        manifest = manifests.made(facts or {}, [_file(name) for name in _names()], key.fingerprint)
        signed = keys.sign(manifest)
        with writing() as session:
            package = session.get_one(Package, package_id)
            package.state, package.built_at, package.lease, package.claimed_until = (
                PackageState.READY,
                now(),
                None,
                None,
            )
            package.manifest, package.signature, package.key = manifest, signed.signature, signed.fingerprint
            package.zip_sha256, package.zip_bytes = hashlib.sha256(ZIP).hexdigest(), len(ZIP)
            package.tools = {"typst": "0.15"}
    return package_id


def take_snapshot(app: Flask, package_id: UUID) -> None:
    """Freezes the list of a package that waits, as a worker does, and leaves it as one that is being built."""
    with app.app_context():
        hold = claim(package_id, lambda: False)
        assert hold
        snapshot.take(hold)
        db.session.remove()


def _names() -> list[str]:
    return [name for name in manifests.entries(1) if name not in (manifests.MANIFEST, manifests.SIGNATURE)]


def _file(name: str) -> dict[str, Any]:
    return {"name": name, "bytes": 1, "sha256": hashlib.sha256(name.encode()).hexdigest()}
