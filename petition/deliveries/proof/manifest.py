"""`manifest.json`: what is in a package, counted and hashed, in the one form that is signed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from itertools import pairwise
from typing import Any
from unicodedata import normalize

from petition.deliveries.proof import schema, strict_json
from petition.deliveries.proof.faults import Fault

FORMAT = "petition-package/1"
ALGORITHM = "RFC9162-SHA256"
MANIFEST, SIGNATURE, STAMP = "manifest.json", "manifest.json.sig", "manifest.json.tsr"
COVER_LETTER, KEY, INSTRUCTIONS = "cover-letter.pdf", "key.pem", "VERIFY.txt"
CSV, XLSX, JSONL = "list.csv", "list.xlsx", "list.jsonl"


def volume(number: int) -> str:
    """The name of a volume of the list as PDF, counting from 1."""
    return f"list-{number:03}.pdf"


def entries(volumes: int, stamped: bool = False) -> list[str]:
    """The names of all files of a package, in order."""
    lists = [*map(volume, range(1, volumes + 1)), CSV, XLSX, JSONL]
    return [COVER_LETTER, *lists, MANIFEST, SIGNATURE, KEY, INSTRUCTIONS, *([STAMP] if stamped else [])]


def made(facts: Mapping[str, Any], files: Sequence[Mapping[str, Any]], key: str) -> bytes:
    """The manifest: `facts` are all its members but `format` (which may be left away), `files` and `key`.

    Puts countries and files in order and text in NFC. Raises Fault for what would not pass `parse`.
    """
    order = {name: place for place, name in enumerate(entries(len(files)))}
    countries = sorted(facts["signatures_by_country"], key=lambda one: one["code"])
    whole = {
        **facts,
        "format": FORMAT,
        "signatures_by_country": countries,
        "files": sorted(files, key=lambda one: order.get(one["name"], len(order))),
        "key": key,
    }
    content = strict_json.canonical(_composed(whole))
    found = parse(content)
    for fault in disagreements(found):
        raise fault
    return content


def parse(content: bytes) -> dict[str, Any]:
    """The members of a manifest. Raises Fault in a plain sentence for what no manifest can be.

    Whether its numbers add up is for `disagreements` to say.
    """
    found = strict_json.parse(content)
    schema.check("manifest", found)
    strict_json.check_canonical(found, content)
    members: dict[str, Any] = found
    return members


def fingerprint(der: bytes) -> str:
    """What a key is known by: the hexadecimal SHA-256 of its SubjectPublicKeyInfo."""
    return sha256(der).hexdigest()


def disagreements(manifest: Mapping[str, Any]) -> Iterator[Fault]:
    """What the manifest says in two ways that do not agree."""
    yield from _of_sums(manifest)
    codes = [one["code"] for one in manifest["signatures_by_country"]]
    if any(one >= other for one, other in pairwise(codes)):
        yield Fault("countries_unordered")
    if chosen := manifest["filters"]["countries"]:
        for code in sorted(set(codes) - set(chosen)):
            yield Fault("country_not_asked", country=code)
    texts = [(one["version"], one["locale"]) for one in manifest["texts"]]
    if len(set(texts)) < len(texts):
        yield Fault("text_twice")
    yield from _of_files(manifest["files"])


def _of_sums(manifest: Mapping[str, Any]) -> Iterator[Fault]:
    total = manifest["signature_count"]
    sums = {
        "countries_do_not_add_up": sum(one["signature_count"] for one in manifest["signatures_by_country"]),
        "origins_do_not_add_up": sum(manifest["signatures_by_origin"].values()),
        "shown_do_not_add_up": sum(manifest["shown"].values()),
        "texts_do_not_add_up": sum(one["signature_count"] for one in manifest["texts"]),
        "tree_size": manifest["tree"]["size"],
    }
    for code, found in sums.items():
        if found != total:
            yield Fault(code, found=found, declared=total)


def _of_files(files: Sequence[Mapping[str, Any]]) -> Iterator[Fault]:
    names = [one["name"] for one in files]
    volumes = sum(name.startswith("list-") for name in names)
    if names != [name for name in entries(volumes) if name not in (MANIFEST, SIGNATURE)] or not volumes:
        yield Fault("files_wrong")
    for one in files:
        signed = {"bytes_before_signing", "sha256_before_signing"} & one.keys()
        before = one.get("bytes_before_signing", 0)
        if signed and (len(signed) < 2 or not one["name"].endswith(".pdf") or before >= one["bytes"]):
            yield Fault("signing_incomplete", name=one["name"])


def _composed(value: Any) -> Any:
    """The same with all text in NFC."""
    if isinstance(value, Mapping):
        return {name: _composed(member) for name, member in value.items()}
    if isinstance(value, list | tuple):
        return [_composed(item) for item in value]
    return normalize("NFC", value) if isinstance(value, str) else value
