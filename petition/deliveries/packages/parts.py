"""The files of a package but for what seals it: made from its frozen lines and facts alone, each whole or not at all.

A file that is there already is not made again. From the same snapshot and the same versions of the tools every
file is the same byte for byte, except for what a certificate adds to a PDF.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from datetime import date
from importlib import import_module
from pathlib import Path
from threading import Event
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from petition.core import countries
from petition.core.db import db, read_again
from petition.core.postgres import streamed
from petition.deliveries.atomic import whole_file
from petition.deliveries.csv_list import write_csv
from petition.deliveries.export import FETCH, XLSX, heading_of, snapshot
from petition.deliveries.heading import ListHeading
from petition.deliveries.lines import ListLine, in_stretches
from petition.deliveries.packages.holding import Spoiled
from petition.deliveries.packages.models import PackageLine
from petition.deliveries.packages.pdf_signing import signed
from petition.deliveries.pdf_list import ROWS_PER_VOLUME, described_volumes
from petition.deliveries.pdf_processes import pdfs_in_order
from petition.deliveries.proof import manifest as names

UNSIGNED = "unsigned"
"""The folder of the PDFs as they were before they were signed."""
BETWEEN_CHECKS = 1_000  # lines


class _Beside(Exception):
    """The work beside this one has failed."""


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts of one package in its folder. `title` is the petition's in `language`.

    `letter` makes the cover letter; `check` raises when the work must end; `made` is called after each part.
    """

    folder: Path
    facts: dict[str, Any]
    language: str
    title: str
    letter: Callable[[], bytes]
    check: Callable[[], None]
    made: Callable[[], None]
    _failed: Event = field(default_factory=Event)

    @property
    def volumes(self) -> list[str]:
        """The names of the volumes of the PDF list: lines that are only counted are summed up in them."""
        named = self.facts["shown"]["full"] + self.facts["shown"]["initials"]
        return [names.volume(number) for number in range(1, max(1, math.ceil(named / ROWS_PER_VOLUME)) + 1)]

    @property
    def files(self) -> list[str]:
        """The names of all of them, in the order of the package."""
        return [names.COVER_LETTER, *self.volumes, names.CSV, names.XLSX, names.JSONL]

    def make(self, package_id: UUID) -> None:
        """Makes what is missing; one thread writes the tables while processes set the PDFs.

        Raises DomainError, OSError, Spoiled, and what `check` raises.
        """
        self._write(names.JSONL, lambda stream: self._write_list(stream, package_id))
        with ThreadPoolExecutor(1, "package tables") as beside:
            tables = beside.submit(self._make_tables)
            try:
                self._make_pdfs()
            except BaseException:
                self._failed.set()
                raise
        tables.result()
        self.made()

    def _write(self, name: str, write: Callable[[Any], object]) -> None:
        path = self.folder / name
        if not path.exists():
            with whole_file(path) as stream:
                write(stream)
        self.check()

    def _write_list(self, stream: Any, package_id: UUID) -> None:
        with closing(_frozen(package_id)) as lines:
            for number, line in enumerate(lines):
                if number % BETWEEN_CHECKS == 0:
                    self.check()
                if line is None:
                    raise Spoiled
                stream.write(bytes(line) + b"\n")
        read_again()

    def _make_tables(self) -> None:
        self._write(names.CSV, lambda stream: write_csv(stream, in_stretches(self._lines())))
        writer = import_module(XLSX)
        self._write(names.XLSX, lambda stream: writer.write_xlsx(stream, self._lines(), self._heading()))

    def _make_pdfs(self) -> None:
        if not (self.folder / names.COVER_LETTER).exists():
            self._store_pdf(names.COVER_LETTER, self.letter())
        missing = [name for name in self.volumes if not (self.folder / name).exists()]
        described = ((number, volume) for number, volume in described_volumes(self._lines(), self._heading()))
        volumes = (volume for number, volume in described if names.volume(number) in missing)
        with closing(pdfs_in_order(volumes if missing else (), self.check)) as pdfs:
            for name, pdf in zip(missing, pdfs, strict=True):
                self._store_pdf(name, pdf)

    def _store_pdf(self, name: str, pdf: bytes) -> None:
        with_signature = signed(pdf)
        if with_signature is not None:
            (self.folder / UNSIGNED).mkdir(mode=0o700, exist_ok=True)
            with whole_file(self.folder / UNSIGNED / name) as stream:
                stream.write(pdf)
        with whole_file(self.folder / name) as stream:
            stream.write(with_signature or pdf)
        self.made()

    def _heading(self) -> ListHeading:
        addressee, day = self.facts["petition"]["addressee"], date.fromisoformat(self.facts["snapshot_on"])
        totals = {one["code"]: one["signature_count"] for one in self.facts["signatures_by_country"]}
        return heading_of(self.title, addressee, self.language, day, totals)

    def _lines(self) -> Iterator[ListLine]:
        called = countries.names(self._heading().language)
        with (self.folder / names.JSONL).open("rb") as stream:
            for number, text in enumerate(stream):
                if number % BETWEEN_CHECKS == 0:
                    self._check_both()
                row = json.loads(text)
                shown = row.get("name", ""), row.get("city"), row["shown"]
                yield ListLine(row["n"], row["country"], called[row["country"]], *shown)

    def _check_both(self) -> None:
        self.check()
        if self._failed.is_set():
            raise _Beside


def _frozen(package_id: UUID) -> Generator[bytes | None, None, None]:
    """The lines of a package as they are kept, in their order."""
    query = sa.select(PackageLine.line).where(PackageLine.package_id == package_id).order_by(PackageLine.n)
    connection = snapshot(db.session()).connection()
    if connection.dialect.name == "postgresql":
        yield from (line for (line,) in streamed(connection, query))
        return
    with connection.execute(query, execution_options={"yield_per": FETCH}) as rows:
        yield from rows.scalars()
