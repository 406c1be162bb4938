"""Receipts: the proof that a line is in a package, for the signer whose line it is."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence

from petition.deliveries.proof import keys, manifest, strict_json

FORMAT = "petition-receipt/1"


def made(
    manifest_bytes: bytes,
    signature: bytes,
    key: bytes,
    line: bytes,
    index: int,
    path: Sequence[bytes],
    secret: bytes | None,
) -> bytes:
    """The receipt for the line at `index` (counting from 0), as JSON in UTF-8.

    `key` is the public key as DER or PEM; `secret` that package's secret of the signature, or None for a receipt
    that does not say whose line it is. Raises Fault for a manifest, or a key, that is none.
    """
    members = {
        "format": FORMAT,
        "manifest": manifest.parse(manifest_bytes),
        "sig": b64encode(signature).decode(),
        "key": keys.pem(keys.public_key(key)).decode(),
        "line": line.decode(),
        "index": index,
        "path": [one.hex() for one in path],
    }
    if secret is not None:
        members["secret"] = secret.hex()
    return strict_json.canonical(members)
