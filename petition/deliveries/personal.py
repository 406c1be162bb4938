"""The personal export: everything kept of every confirmed signer. For the command line, and always audited."""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Iterator
from datetime import datetime
from importlib import import_module
from typing import Any, BinaryIO

import sqlalchemy as sa
from sqlalchemy.orm import Session

from petition.core.clock import now
from petition.deliveries.csv_list import write_csv_table
from petition.deliveries.export import FETCH, ExportRefused, Filter
from petition.signatures.models import Signature, Signer

WORKBOOK = "petition.deliveries.workbook"  # loaded when used: XlsxWriter would slow every start of the server
COLUMNS = (
    *("n", "country", "name", "city", "comment", "email", "email_domain", "list_name", "show_name", "updates"),
    *("informed_by", "via"),
    *("origin", "signed_at", "confirmed_at", "text_version", "consent_version", "consent_language", "consented_at"),
)
WIDTHS = (10, 9, 40, 28, 40, 40, 28, 10, 10, 10, 12, 6, 10, 22, 22, 10, 14, 10, 22)


def rows(session: Session, chosen: Filter) -> Generator[tuple[Any, ...], None, None]:
    """A tuple in the order of COLUMNS for every confirmed signature, in a stable order."""
    query = (
        sa.select(
            *(Signature.country, Signer.name, Signer.city, Signer.comment, Signer.address, Signature.domain),
            *(Signature.list_name, Signature.show_name, Signature.updates, Signature.informed_by, Signature.via),
            *(Signature.origin, Signature.created_at),
            *(Signature.confirmed_at, Signature.text_version, Signature.consent_version, Signature.locale),
            Signature.consented_at,
        )
        .join(Signer, sa.and_(Signer.bucket == Signature.bucket, Signer.signature_id == Signature.id))
        .where(chosen.condition())
        .order_by(Signature.country, Signature.address_hash, Signature.place)
        .execution_options(yield_per=FETCH)
    )
    with session.execute(query) as found:
        for number, row in enumerate(found, start=1):
            yield (number, *(_plain(value) for value in row))


def _plain(value: Any) -> Any:
    if isinstance(value, frozenset):  # of partners, by their numbers
        return " ".join(map(str, sorted(value))) or None
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds").replace("+00:00", "Z")
    if hasattr(value, "name"):
        return value.name.lower()
    return value


def writer(format_: str) -> Callable[[BinaryIO, Iterator[tuple[Any, ...]]], int]:
    """What writes rows to a stream in that format and returns how many. Raises ExportRefused for pdf."""
    if format_ not in WRITERS:
        raise ExportRefused("--personal goes into csv, xlsx or jsonl: a PDF is made to be shown")
    return WRITERS[format_]


def _write_csv(stream: BinaryIO, found: Iterator[tuple[Any, ...]]) -> int:
    return write_csv_table(stream, COLUMNS, found)


def _write_jsonl(stream: BinaryIO, found: Iterator[tuple[Any, ...]]) -> int:
    number = 0
    for row in found:
        content = dict(zip(COLUMNS, row, strict=True))
        stream.write(json.dumps(content, ensure_ascii=False, sort_keys=True).encode() + b"\n")
        number += 1
    return number


def _write_xlsx(stream: BinaryIO, found: Iterator[tuple[Any, ...]]) -> int:
    workbook = import_module(WORKBOOK)
    return int(workbook.write_workbook(stream, workbook.Table(COLUMNS, WIDTHS, now().date()), found))


WRITERS = {"csv": _write_csv, "jsonl": _write_jsonl, "xlsx": _write_xlsx}
