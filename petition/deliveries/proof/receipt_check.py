"""The checks of a receipt: the manifest's signature, the line, its path to the root, and the secret."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Iterator, Mapping
from typing import Any

from petition.deliveries.proof import canonical, manifest, schema, signed_manifest, strict_json, tree
from petition.deliveries.proof.faults import Fault
from petition.deliveries.proof.report import Report

LARGEST = 8 << 20
"""Bytes of a receipt: a manifest, and little more."""


def check(report: Report, content: bytes, trusted: str | None) -> None:
    """Adds to the report what is wrong with a receipt."""
    try:
        found = strict_json.parse(content.strip(b" \t\r\n"))
        schema.check("receipt", found)
    except Fault as fault:
        report.faults.append(fault)
        return
    facts = found["manifest"]
    report.summary = signed_manifest.summary(facts)
    report.faults += [Fault("in_file", name=manifest.MANIFEST, why=fault) for fault in manifest.disagreements(facts)]
    signature, key = b64decode(found["sig"]), found["key"].encode()
    signed_manifest.check(report, facts, strict_json.canonical(facts), signature, key, trusted)
    try:
        line = canonical.parse_line(found["line"].encode())
    except Fault as fault:
        report.faults.append(Fault("receipt_line", why=fault))
        return
    report.summary["line"] = line
    report.faults += _line_faults(found, line)
    report.notes.append("mine" if "secret" in found else "not_whose")


def _line_faults(found: Mapping[str, Any], line: Mapping[str, Any]) -> Iterator[Fault]:
    facts, index = found["manifest"], found["index"]
    size, root = facts["tree"]["size"], bytes.fromhex(facts["tree"]["root"])
    if index >= size:
        yield Fault("receipt_outside", index=index + 1, size=size)
    if line["n"] != index + 1:
        yield Fault("receipt_n")
    path = [bytes.fromhex(one) for one in found["path"]]
    if not tree.holds(tree.leaf(found["line"].encode()), index, size, path, root):
        yield Fault("receipt_path")
    countries = {one["code"] for one in facts["signatures_by_country"]}
    if line["country"] not in countries or not facts["shown"][line["shown"]]:
        yield Fault("receipt_counts")
    if "secret" in found and canonical.commitment(bytes.fromhex(found["secret"])) != line["c"]:
        yield Fault("receipt_secret")
