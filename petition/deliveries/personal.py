"""The personal export: everything kept of every confirmed signer. For the command line, and always audited."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, BinaryIO

import sqlalchemy as sa
import xlsxwriter
from sqlalchemy.orm import Session

from petition.deliveries.csv_list import guarded
from petition.deliveries.export import FETCH, ExportRefused, Filter
from petition.signatures.models import Signature, Signer

COLUMNS = (
    *("n", "country", "name", "city", "comment", "email", "email_domain", "list_name", "show_name", "updates"),
    *("origin", "signed_at", "confirmed_at", "text_version", "consent_version", "consent_language"),
)


def rows(session: Session, chosen: Filter) -> Iterator[tuple[Any, ...]]:
    """A tuple in the order of COLUMNS for every confirmed signature, in a stable order."""
    found = session.execute(
        sa.select(
            *(Signature.country, Signer.name, Signer.city, Signer.comment, Signer.address, Signature.domain),
            *(Signature.list_name, Signature.show_name, Signature.updates, Signature.origin, Signature.created_at),
            *(Signature.confirmed_at, Signature.text_version, Signature.consent_version, Signature.locale),
        )
        .join(Signer, sa.and_(Signer.bucket == Signature.bucket, Signer.signature_id == Signature.id))
        .where(chosen.condition())
        .order_by(Signature.country, Signature.address_hash, Signature.place)
        .execution_options(yield_per=FETCH)
    )
    for number, row in enumerate(found, start=1):
        yield (number, *(_plain(value) for value in row))


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds").replace("+00:00", "Z")
    if hasattr(value, "name"):
        return value.name.lower()
    return value


def write(stream: BinaryIO, format_: str, found: Iterator[tuple[Any, ...]]) -> int:
    """Writes them as csv, jsonl or xlsx; returns how many. Raises ExportRefused for pdf."""
    writers = {"csv": _write_csv, "jsonl": _write_jsonl, "xlsx": _write_xlsx}
    if format_ not in writers:
        raise ExportRefused("--personal goes into csv, xlsx or jsonl: a PDF is made to be shown")
    return writers[format_](stream, found)


def _write_csv(stream: BinaryIO, found: Iterator[tuple[Any, ...]]) -> int:
    text = io.TextIOWrapper(stream, "utf-8-sig", newline="", write_through=True)
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    number = 0
    for row in found:
        writer.writerow([guarded(value) if isinstance(value, str) else value for value in row])
        number += 1
    text.detach()
    return number


def _write_jsonl(stream: BinaryIO, found: Iterator[tuple[Any, ...]]) -> int:
    number = 0
    for row in found:
        content = dict(zip(COLUMNS, row, strict=True))
        stream.write(json.dumps(content, ensure_ascii=False, sort_keys=True).encode() + b"\n")
        number += 1
    return number


def _write_xlsx(stream: BinaryIO, found: Iterator[tuple[Any, ...]]) -> int:
    never = {"strings_to_numbers": False, "strings_to_formulas": False, "strings_to_urls": False}
    with TemporaryDirectory(prefix="petition-") as folder:
        path = Path(folder, "personal.xlsx")
        workbook = xlsxwriter.Workbook(path, {"constant_memory": True, "tmpdir": folder, **never})
        workbook.set_properties({"created": datetime(2000, 1, 1, tzinfo=UTC)})
        sheet = workbook.add_worksheet()
        for column, name in enumerate(COLUMNS):
            sheet.write_string(0, column, name)
        number = 0
        for number, row in enumerate(found, start=1):
            for column, value in enumerate(row):
                if isinstance(value, str):
                    sheet.write_string(number, column, value)
                elif value is not None:
                    sheet.write(number, column, value)
        workbook.close()
        stream.write(path.read_bytes())
    return number
