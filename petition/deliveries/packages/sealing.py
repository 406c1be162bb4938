"""What seals a package: the manifest, its signature, the public key, how to check it all, and the ZIP."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask import current_app

from petition.deliveries.atomic import whole_file
from petition.deliveries.packages import keys
from petition.deliveries.packages.parts import UNSIGNED, Parts
from petition.deliveries.packages.timestamps import answer_for
from petition.deliveries.proof import instructions
from petition.deliveries.proof import manifest as manifests
from petition.deliveries.proof.archive import write as write_zip
from petition.deliveries.proof.manifest import INSTRUCTIONS, KEY, MANIFEST, SIGNATURE, STAMP


@dataclass(frozen=True, slots=True)
class Sealed:
    """What is kept of a package for ever, besides its leaves and facts."""

    manifest: bytes
    signature: bytes
    key: str
    zip_sha256: str
    zip_bytes: int


def seal(parts: Parts, key: keys.PublicKey, zip_path: Path) -> Sealed:
    """Signs what the parts are, and puts all into the ZIP.

    Raises DomainError, OSError, and what the parts' `check` raises.
    """
    folder = parts.folder
    _write(folder / KEY, key.pem)
    _write(folder / INSTRUCTIONS, instructions.text(current_app.config["BASE_URL"]))
    files = [_described(folder, name) for name in (*parts.files, KEY, INSTRUCTIONS)]
    manifest = manifests.made(parts.facts, files, key.fingerprint)
    signed = keys.sign(manifest, key.fingerprint)
    _write(folder / MANIFEST, manifest)
    _write(folder / SIGNATURE, signed.signature)
    stamp = answer_for(manifest)
    if stamp:
        _write(folder / STAMP, stamp)
    parts.made()
    with whole_file(zip_path) as stream:
        names = manifests.entries(len(parts.volumes), stamped=bool(stamp))
        write_zip(stream, [(name, folder / name) for name in names])
    sha256 = _sha256(zip_path)
    parts.made()
    return Sealed(manifest, signed.signature, key.fingerprint, sha256, zip_path.stat().st_size)


def _write(path: Path, content: bytes) -> None:
    with whole_file(path) as stream:
        stream.write(content)


def _described(folder: Path, name: str) -> dict[str, Any]:
    """A file as the manifest names it; of a signed PDF also the part before its signature."""
    path, before = folder / name, folder / UNSIGNED / name
    described: dict[str, Any] = {"name": name, "bytes": path.stat().st_size, "sha256": _sha256(path)}
    if before.exists():
        described |= {"bytes_before_signing": before.stat().st_size, "sha256_before_signing": _sha256(before)}
    return described


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
