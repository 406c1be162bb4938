"""Packages made for tests, with the program's own writers; only their PDFs are none."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from petition.deliveries.csv_list import write_csv
from petition.deliveries.heading import ListHeading
from petition.deliveries.lines import ListLine, in_stretches
from petition.deliveries.proof import archive, canonical, instructions, keys, manifest, receipt, tree
from petition.deliveries.xlsx_list import write_xlsx

ID = "0198c0de-0000-7000-8000-000000000005"
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
OTHER_KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33)))
PEOPLE = (
    ("DE", "full", "Zoë “Zo” O’Neill", "Köln"),
    ("EG", "full", "محمد علي حسن", "القاهرة"),
    ("JP", "full", "山田 太郎", None),
    ("KR", "count", "", None),
    ("KR", "count", "", None),
    ("KR", "full", 'Anna "Nan" \\ Lee', "서울"),
    ("KR", "full", "김민지", "서울"),
    ("KR", "initials", "최 예", "부산"),
    ("US", "full", "=cmd|' /C calc'!A0", "+1 (202) 555"),
    ("US", "full", "＠SUM(A1)", "-2"),
    ("US", "full", "Zo\u00eb <b>&amp;</b> _x0041_", None),
    ("US", "full", "👩‍👩‍👧 Anna 🇰🇷", ", ;"),
)
"""Country, manner, name, city."""


@dataclass
class Made:
    """A package in memory: files in order, and what receipts need. Change anything, then `sign` and `pack` again."""

    files: dict[str, bytes]
    facts: dict[str, Any]
    lines: list[bytes]
    secrets: list[bytes]
    key: Ed25519PrivateKey = KEY
    extra: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def fingerprint(self) -> str:
        return manifest.fingerprint(keys.der(self.key.public_key()))

    @property
    def entries(self) -> dict[str, bytes]:
        """All files in the order of a package."""
        order = manifest.entries(volumes=3, stamped=True)
        return {name: self.files[name] for name in order if name in self.files}

    def described(self) -> list[dict[str, Any]]:
        apart = (manifest.MANIFEST, manifest.SIGNATURE, manifest.STAMP)
        return [
            {"name": name, "bytes": len(content), "sha256": sha256(content).hexdigest(), **self.extra.get(name, {})}
            for name, content in self.entries.items()
            if name not in apart
        ]

    def sign(self) -> Made:
        """Makes the manifest anew from what is there, and signs it."""
        self.files[manifest.KEY] = keys.pem(self.key.public_key())
        return self.sign_as_it_is(manifest.made(self.facts, self.described(), self.fingerprint))

    def sign_as_it_is(self, content: bytes) -> Made:
        """Signs any manifest, right or wrong."""
        self.files |= {manifest.MANIFEST: content, manifest.SIGNATURE: self.key.sign(content)}
        return self

    def zip(self) -> bytes:
        stream = io.BytesIO()
        archive.write(stream, self.entries.items())
        return stream.getvalue()

    def pack(self, path: Path) -> Path:
        path.write_bytes(self.zip())
        return path

    def unpack(self, folder: Path) -> Path:
        folder.mkdir()
        for name, content in self.files.items():
            (folder / name).write_bytes(content)
        return folder

    def receipt(self, index: int, with_secret: bool = True) -> bytes:
        path = tree.path([tree.leaf(line) for line in self.lines], index)
        secret = self.secrets[index] if with_secret else None
        content, signature, key = (self.files[name] for name in (manifest.MANIFEST, manifest.SIGNATURE, manifest.KEY))
        return receipt.made(content, signature, key, self.lines[index], index, path, secret)


def package(people: Sequence[tuple[str, str, str, str | None]] = PEOPLE, **changed: Any) -> Made:
    """A package of these people; `changed` are facts of its manifest."""
    people = [
        (country, shown, *(("", None) if shown == "count" else (name, city))) for country, shown, name, city in people
    ]
    secrets = [canonical.secret_of(bytes([i % 256, i // 256]) * 16, ID) for i in range(len(people))]
    rows = sorted(
        (country, shown, canonical.clean(name), canonical.commitment(secret), canonical.clean(city or ""), secret)
        for (country, shown, name, city), secret in zip(people, secrets, strict=True)
    )
    lines = [
        canonical.canonical_line(n, country, shown, name, city or None, c)
        for n, (country, shown, name, c, city, _secret) in enumerate(rows, start=1)
    ]
    shown_rows = [
        ListLine(n, row[0], row[0], row[2], row[4] or None, row[1])  # type: ignore[arg-type]
        for n, row in enumerate(rows, start=1)
    ]
    facts = {**_facts(people), "tree": _tree(lines), **changed}
    files = {
        manifest.COVER_LETTER: b"%PDF-1.7 the letter",
        manifest.volume(1): b"%PDF-1.7 the first half",
        manifest.volume(2): b"%PDF-1.7 the second half, signed",
        **_tables(shown_rows),
        manifest.JSONL: b"".join(line + b"\n" for line in lines),
        manifest.INSTRUCTIONS: instructions.text("https://petitions.example.org"),
    }
    before = {"bytes_before_signing": 24, "sha256_before_signing": sha256(files["list-002.pdf"][:24]).hexdigest()}
    return Made(files, facts, lines, [row[5] for row in rows], extra={"list-002.pdf": before}).sign()


def _facts(people: Sequence[tuple[str, str, str, str | None]]) -> dict[str, Any]:
    countries = Counter(country for country, _shown, _name, _city in people)
    manners = Counter(shown for _country, shown, _name, _city in people)
    total = len(people)
    return {
        "id": ID,
        "petition": {"slug": "free-the-river", "title": "Free the river", "addressee": "the Minister"},
        "texts": [{"version": 1, "locale": "en", "sha256": "a" * 64, "signature_count": total}],
        "mission": {
            "id": "cn-gb-london-embassy",
            "name": "Embassy in London",
            "city": "London",
            "host_country": "GB",
        },
        "snapshot_on": "2012-02-29",
        "filters": {"countries": [], "since": None, "until": None},
        "signature_count": total,
        "signatures_by_country": [{"code": code, "signature_count": count} for code, count in countries.items()],
        "signatures_by_origin": {"web": total, "paper": 0, "import": 0},
        "shown": {shown: manners[shown] for shown in ("full", "initials", "count")},
        "audit_head": "b" * 64,
    }


def _tree(lines: Sequence[bytes]) -> dict[str, Any]:
    return {"algorithm": manifest.ALGORITHM, "size": len(lines), "root": tree.root(map(tree.leaf, lines)).hex()}


def _tables(rows: Sequence[ListLine]) -> dict[str, bytes]:
    csv, xlsx = io.BytesIO(), io.BytesIO()
    write_csv(csv, in_stretches(rows))
    heading = ListHeading("Free the river", "the Minister", "en", date(2012, 2, 29), len(rows), [], {})
    write_xlsx(xlsx, rows, heading, rows_per_sheet=7)
    return {manifest.CSV: csv.getvalue(), manifest.XLSX: xlsx.getvalue()}
