"""The plain export of a petition's signers: a row for every confirmed signature, names as each signer chose."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from importlib import import_module
from itertools import groupby, islice
from operator import itemgetter
from typing import Any, BinaryIO
from uuid import UUID

import sqlalchemy as sa
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy.orm import Session

from petition.core import countries, i18n
from petition.core.clock import now
from petition.core.db import sparing, unhurried
from petition.core.errors import DomainError
from petition.core.postgres import streamed
from petition.deliveries.csv_list import write_csv
from petition.deliveries.heading import ListHeading
from petition.deliveries.jsonl_list import write_jsonl
from petition.deliveries.lines import BATCH, Stretch, all_shown_as, line_by_line
from petition.deliveries.pdf_list import is_zip, write_pdf
from petition.petitions.models import Petition
from petition.signatures.models import ListName, Signature, SignatureState, Signer

XLSX = "petition.deliveries.xlsx_list"  # loaded when used: XlsxWriter would slow every start of the server
FORMATS = ("csv", "xlsx", "jsonl", "pdf")
FETCH = 5_000
Row = Sequence[Any]
_CHOICES = {int(choice): choice.name.lower() for choice in ListName}
_COUNTRY, _KIND = itemgetter(0), itemgetter(0, 3)
MEDIA_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "jsonl": "application/jsonl; charset=utf-8",
    "pdf": "application/pdf",
    "zip": "application/zip",
}


class ExportRefused(DomainError):
    """The export cannot be made as asked."""

    code = "export_refused"


@dataclass(frozen=True, slots=True)
class Filter:
    """What goes in: signatures of these countries (none named: all), confirmed from `since` to before `until`."""

    petition_id: UUID
    countries: tuple[str, ...] = ()
    since: datetime | None = None
    until: datetime | None = None

    def condition(self, without_index: bool = False) -> sa.ColumnElement[bool]:
        """The filter as SQL; confirmed signatures only. No index is over what a function makes of a column."""
        petition_id, state = (
            sa.func.coalesce(column, sa.null()) if without_index else column
            for column in (Signature.petition_id, Signature.state)
        )
        parts = [petition_id == self.petition_id, state == SignatureState.CONFIRMED]
        if self.countries:
            parts.append(Signature.country.in_(self.countries))
        if self.since:
            parts.append(Signature.confirmed_at >= self.since)
        if self.until:
            parts.append(Signature.confirmed_at < self.until)
        return sa.and_(*parts)


def snapshot(session: Session) -> Session:
    """A new transaction, in which all reads see one moment and may take as long as a reader takes."""
    session.rollback()
    return sparing(unhurried(session))


def heading(session: Session, petition: Petition, chosen: Filter) -> ListHeading:
    """The facts above the list, counted from the rows that go into it. In the petition's language, if it is ours."""
    totals = _totals(session, chosen)
    return heading_of(petition.title, petition.addressee, petition.locale, now().date(), totals)


def heading_of(title: str, addressee: str, locale: str, snapshot_on: date, totals: Mapping[str, int]) -> ListHeading:
    """The heading of a list with so many signatures by country, in a language if it is ours, else in English."""
    language = i18n.known(locale) or i18n.SOURCE
    named = countries.names(language)
    with i18n.speaking(language):
        words = _words()
    return ListHeading(
        title=title,
        addressee=addressee,
        language=language,
        snapshot_on=snapshot_on,
        total=sum(totals.values()),
        by_country=[(code, named[code], number) for code, number in totals.items()],
        words=words,
        counted=lambda people, formatted, alone: _counted(language, people, formatted, alone),
    )


def _words() -> dict[str, str]:
    return {
        "list": _("List of signatures"),
        "to": _("To {addressee}"),
        "as_of": _("confirmed signatures on {day}"),
        "by_country": _("Where people have signed"),
        "country": _("Country"),
        "signatures": _("Signatures"),
        "number": _("No."),
        "name": _("Name"),
        "city": _("City"),
        "continued": _("{country} (continued)"),
        "volume": _("Volume {volume}"),
        "range": _("Numbers {first} to {last} of {total}"),
        "note": _(
            "Each person appears as they chose: with their name, with initials, or in the count alone. "
            "Those in the count alone have a number too, so some numbers are not below."
        ),
        "end": _("End of the list."),
        "page": _("Page {page} of {pages}"),
    }


def _counted(language: str, people: int, formatted: str, alone: bool) -> str:
    with i18n.speaking(language):
        if alone:
            return ngettext(
                "%(number)s person who asked to be counted without their name",
                "%(number)s people who asked to be counted without their name",
                people,
                number=formatted,
            )
        return ngettext(
            "and %(number)s person who asked to be counted without their name",
            "and %(number)s people who asked to be counted without their name",
            people,
            number=formatted,
        )


def stretches(session: Session, chosen: Filter, about: ListHeading) -> Generator[Stretch, None, None]:
    """The lines under a heading, fetched as they are used. Both must be read from one snapshot.

    In an order that says nothing of when somebody signed: country, the manner of showing, name where it is
    shown in full, else a keyed hash. With dates or the order of signing, comparing two lists would find
    those who withdrew or hid their names between them. A name withheld does not leave the database: those
    who stand in the count alone are what a country has beyond its names, and come after them.
    """
    parts = _alike(_named(session, chosen))
    part = next(parts, None)
    n = 0
    for code, called, total in about.by_country:
        last = n + total
        while part and _COUNTRY(part[0]) == code:
            yield _shown(part, n, called)
            n += len(part)
            part = next(parts, None)
        while n < last:
            numbers = range(n + 1, min(last, n + BATCH) + 1)
            nobody = [""] * len(numbers)
            yield Stretch(numbers, code, called, nobody, nobody, ["count"] * len(numbers))
            n += len(numbers)


def _alike(rows: Iterator[Row]) -> Iterator[list[Row]]:
    """The rows in parts of one country and one choice. They come in this order, so that most parts need no look
    inside."""
    while part := list(islice(rows, BATCH)):
        if _KIND(part[0]) == _KIND(part[-1]):
            yield part
        else:
            yield from (list(alike) for _kind, alike in groupby(part, _KIND))


def _shown(rows: Sequence[Row], before: int, called: str) -> Stretch:
    """The lines after number `before` of people of one country who chose the same."""
    (code, *_more), names, cities, (choice, *_alike) = zip(*rows, strict=True)
    numbers = range(before + 1, before + 1 + len(rows))
    return Stretch(numbers, code, called, *all_shown_as(names, cities, _CHOICES[choice]))


def _totals(session: Session, chosen: Filter) -> dict[str, int]:
    """How many are in the list, by country, in its order."""
    query = (
        sa.select(Signature.country, sa.func.count())
        .where(chosen.condition())
        .group_by(Signature.country)
        .order_by(Signature.country)
    )
    return dict(session.execute(query).all())


def _named(session: Session, chosen: Filter) -> Iterator[Row]:
    """(country, name, city, choice as its number) of those who are not in the count alone, in the list's order."""
    choice = sa.type_coerce(Signature.list_name, sa.SmallInteger)
    query = (
        sa.select(Signature.country, Signer.name, sa.func.coalesce(Signer.city, ""), choice)
        .join(Signer, sa.and_(Signer.bucket == Signature.bucket, Signer.signature_id == Signature.id))
        .where(reading_condition(session, chosen), Signature.list_name != ListName.COUNT)
        .order_by(*_order(session.get_bind().dialect.name), Signature.address_hash, Signature.place)
    )
    connection = session.connection()
    if connection.dialect.name == "postgresql":
        yield from streamed(connection, query)
        return
    with connection.execute(query, execution_options={"yield_per": FETCH}) as rows:
        yield from rows


def _order(dialect: str) -> list[Any]:
    """Country, choice, and the name where it is shown in full. PostgreSQL gets them, with the hash, as one text: it
    compares the first bytes of a first key as a number, and so sorts in half the time."""
    full = Signature.list_name == ListName.FULL
    if dialect != "postgresql":
        return [Signature.country, Signature.list_name.desc(), sa.case((full, Signer.name))]
    rest = sa.case(
        (full, sa.literal("0").concat(Signer.name)),
        else_=sa.literal("1").concat(sa.func.encode(Signature.address_hash, "hex")),
    )
    return [Signature.country.concat(rest).collate("C")]


def reading_condition(session: Session, chosen: Filter) -> sa.ColumnElement[bool]:
    """The filter; for a list of much of the table so that SQLite reads it as it lies, not row by row by an index."""
    if session.get_bind().dialect.name == "postgresql":
        return chosen.condition()
    number = sa.select(sa.func.count()).select_from(Signature)
    confirmed = session.scalars(number.where(Signature.state == SignatureState.CONFIRMED)).one()
    much = session.scalars(number.where(chosen.condition())).one() * 4 > confirmed
    return chosen.condition(without_index=much)


def file_format(format_: str, about: ListHeading) -> str:
    """What the file really is: a PDF above 10,000 signatures is a ZIP of volumes."""
    return "zip" if format_ == "pdf" and is_zip(about) else format_


def write(stream: BinaryIO, format_: str, about: ListHeading, list_: Iterator[Stretch]) -> int:
    """Writes the list in one of FORMATS; returns the number of signatures. Raises ListError."""
    writers: dict[str, Any] = {
        "csv": lambda: write_csv(stream, list_),
        "jsonl": lambda: write_jsonl(stream, list_),
        "xlsx": lambda: import_module(XLSX).write_xlsx(stream, line_by_line(list_), about),
        "pdf": lambda: write_pdf(stream, line_by_line(list_), about),
    }
    return int(writers[format_]())
