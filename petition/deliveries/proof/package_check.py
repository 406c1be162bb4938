"""The checks of a package: its files, its list, its numbers, its signature."""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from typing import Any

from petition.deliveries.proof import keys, manifest, signed_manifest, tables, time_stamp
from petition.deliveries.proof.faults import Fault, plain
from petition.deliveries.proof.list_check import ListCheck
from petition.deliveries.proof.report import Report
from petition.deliveries.proof.sources import Part

LARGEST_MANIFEST = 4 << 20
SIGNATURE_BYTES = 64
MOST_NAMES = 20
"""So many files that are missing, or do not belong, are named; who finds more has seen enough."""


def check(report: Report, parts: Sequence[Part], trusted: str | None, deep: bool, in_order: bool) -> None:
    """Adds to the report what is wrong with a package; `in_order` says that the order of its files counts (ZIP)."""
    found = {part.name: part for part in parts}
    missing = [name for name in (manifest.MANIFEST, manifest.SIGNATURE, manifest.KEY) if name not in found]
    if missing:
        report.faults += [Fault("missing", name=name) for name in missing]
        return
    try:
        content = found[manifest.MANIFEST].whole(LARGEST_MANIFEST)
        signature = found[manifest.SIGNATURE].whole(SIGNATURE_BYTES)
        key = found[manifest.KEY].whole(keys.LARGEST)
    except Fault as fault:
        report.faults.append(fault)
        return
    report.faults += _crc_faults(found[manifest.MANIFEST], zlib.crc32(content))
    report.faults += _crc_faults(found[manifest.SIGNATURE], zlib.crc32(signature))
    try:
        facts = manifest.parse(content)
    except Fault as fault:
        report.faults.append(Fault("in_file", name=manifest.MANIFEST, why=fault))
        return
    report.summary = signed_manifest.summary(facts)
    report.faults += [Fault("in_file", name=manifest.MANIFEST, why=fault) for fault in manifest.disagreements(facts)]
    signed_manifest.check(report, facts, content, signature, key, trusted)
    report.faults += _name_faults(facts, list(found), in_order)
    _check_files(report, facts, found, deep)
    if manifest.STAMP in found:
        _check_stamp(report, found[manifest.STAMP], content)


def _name_faults(facts: Mapping[str, Any], names: Sequence[str], in_order: bool) -> Iterator[Fault]:
    declared = [one["name"] for one in facts["files"]]
    there, allowed = set(names), {*declared, manifest.MANIFEST, manifest.SIGNATURE, manifest.STAMP}
    for name in [name for name in dict.fromkeys(declared) if name not in there][:MOST_NAMES]:
        yield Fault("volume_missing" if name.startswith("list-") else "missing", name=name)
    for name in [name for name in names if name not in allowed][:MOST_NAMES]:
        yield Fault("too_many", name=plain(name))
    if in_order:
        volumes = sum(name.startswith("list-") for name in declared)
        order = [name for name in manifest.entries(volumes, stamped=True) if name in there]
        if [name for name in names if name in allowed] != order:
            yield Fault("zip_order")


def _check_files(report: Report, facts: Mapping[str, Any], found: Mapping[str, Part], deep: bool) -> None:
    comparable = set()
    for one in {one["name"]: one for one in facts["files"]}.values():  # each is read once, however often it is named
        part = found.get(one["name"])
        if part is None:
            continue
        if part.size != one["bytes"]:
            report.faults.append(Fault("size_wrong", name=part.name, found=part.size, declared=one["bytes"]))
            continue
        if part.name == manifest.JSONL:
            sound = _check_list(report, facts, part, one)
        else:
            sound = True
            report.faults += _file_faults(part, one)
        if sound:
            comparable.add(part.name)
    if not deep:
        report.notes.append("tables_not_compared")
    elif {manifest.CSV, manifest.XLSX, manifest.JSONL} <= comparable:
        report.faults += tables.faults(*(found[name] for name in (manifest.JSONL, manifest.CSV, manifest.XLSX)))
    report.notes.append("pdfs_by_hash")


class _Sums:
    """The check sums of a file, taken while its pieces go by."""

    def __init__(self, part: Part, before_signing: int) -> None:
        self._part = part
        self._whole = sha256()
        self._before = sha256()
        self._left = before_signing
        self._crc = 0

    def __iter__(self) -> Iterator[bytes]:
        for chunk in self._part.chunks():
            self._whole.update(chunk)
            if self._left:
                self._before.update(chunk[: self._left])
                self._left -= min(self._left, len(chunk))
            if self._part.crc is not None:
                self._crc = zlib.crc32(chunk, self._crc)
            yield chunk

    def faults(self, declared: Mapping[str, Any]) -> Iterator[Fault]:
        if self._whole.hexdigest() != declared["sha256"]:
            yield Fault("changed", name=self._part.name)
        if declared.get("sha256_before_signing", self._before.hexdigest()) != self._before.hexdigest():
            yield Fault("before_signing", name=self._part.name)
        yield from _crc_faults(self._part, self._crc)


def _file_faults(part: Part, declared: Mapping[str, Any]) -> list[Fault]:
    sums = _Sums(part, declared.get("bytes_before_signing", 0))
    for _chunk in sums:
        pass
    return list(sums.faults(declared))


def _crc_faults(part: Part, found: int) -> list[Fault]:
    return [] if part.crc in (None, found) else [Fault("crc", name=part.name)]


def _check_list(report: Report, facts: Mapping[str, Any], part: Part, declared: Mapping[str, Any]) -> bool:
    """Whether every line could be read."""
    sums = _Sums(part, 0)
    seen = ListCheck()
    root = seen.root(sums)
    own = seen.finish()
    if seen.whole:
        report.faults += [*sums.faults(declared), *own, *_count_faults(facts, seen)]
        if root.hex() != facts["tree"]["root"]:
            report.faults.append(Fault("root"))
    else:
        report.faults += own
    return not own


def _count_faults(facts: Mapping[str, Any], seen: ListCheck) -> Iterator[Fault]:
    if seen.size != facts["signature_count"]:
        yield Fault("list_size", found=seen.size, declared=facts["signature_count"])
    if seen.counts.total() < seen.size:
        return  # lines that nobody can read are in no count, and have their own words
    by_country: Counter[str] = Counter()
    by_manner: Counter[str] = Counter()
    for (code, manner), count in seen.counts.items():
        by_country[code.decode()] += count
        by_manner[manner.decode()] += count
    declared = {one["code"]: one["signature_count"] for one in facts["signatures_by_country"]}
    for country in sorted(by_country.keys() | declared.keys()):
        if by_country[country] != declared.get(country, 0):
            values = {"found": by_country[country], "declared": declared.get(country, 0)}
            yield Fault("list_country", country=country, **values)
    for shown, count in facts["shown"].items():
        if by_manner[shown] != count:
            yield Fault("list_shown", shown=shown, found=by_manner[shown], declared=count)


def _check_stamp(report: Report, part: Part, content: bytes) -> None:
    try:
        stamp = part.whole(time_stamp.LARGEST)
        report.faults += _crc_faults(part, zlib.crc32(stamp))
        time_stamp.check(stamp, content)
    except Fault as fault:
        report.faults.append(fault)
    else:
        report.notes.append("stamp_maker")
