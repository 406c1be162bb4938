"""Whether a manifest was signed with the key beside it, which must be the key it names and the reader trusts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from petition.deliveries.proof import keys
from petition.deliveries.proof.faults import Fault
from petition.deliveries.proof.manifest import fingerprint
from petition.deliveries.proof.report import Report


def check(
    report: Report, manifest: Mapping[str, Any], content: bytes, signature: bytes, key: bytes, trusted: str | None
) -> None:
    """Adds to the report what is wrong with signature and key; `trusted` is the fingerprint the reader named."""
    try:
        public = keys.public_key(key)
    except Fault as fault:
        report.faults.append(fault)
        return
    found = fingerprint(keys.der(public))
    if not keys.signed(public, signature, content):
        report.faults.append(Fault("bad_signature"))
    if found != manifest["key"]:
        report.faults.append(Fault("key_not_named"))
    if trusted is None:
        report.notes.append("maker_not_checked")
    elif found != trusted:
        report.faults.append(Fault("wrong_key", found=found))


def summary(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """What a reader wants to know of a package first."""
    return {
        "id": manifest["id"],
        "petition": dict(manifest["petition"]),
        "mission": dict(manifest["mission"]),
        "snapshot_on": manifest["snapshot_on"],
        "signature_count": manifest["signature_count"],
        "signatures_by_country": list(manifest["signatures_by_country"]),
        "shown": dict(manifest["shown"]),
        "root": manifest["tree"]["root"],
        "key": manifest["key"],
    }
