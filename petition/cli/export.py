"""`petition export`: the list of a petition's signers as a file."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import click

from petition.cli.common import refuse, with_app
from petition.core import audit
from petition.core.countries import CODES
from petition.core.db import db, writing
from petition.core.labels import checked_line
from petition.deliveries import export as lists
from petition.deliveries import personal as personal_list
from petition.deliveries.atomic import whole_file
from petition.deliveries.requests import LONGEST_REASON
from petition.petitions import service as petitions

T = TypeVar("T")
NO_REASON = "–"


class Country(click.ParamType):
    """An alpha-2 code, in either case."""

    name = "CC"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if value.upper() not in CODES:
            self.fail(f"{value} is not a country code", param, ctx)
        return value.upper()


class Moment(click.DateTime):
    """A day or a moment in UTC."""

    def __init__(self) -> None:
        super().__init__(["%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%SZ"])

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        moment: datetime = super().convert(value, param, ctx)
        return moment.replace(tzinfo=UTC)


@click.command()
@click.argument("slug")
@click.option("-o", "--output", "path", required=True, type=click.Path(dir_okay=False, path_type=Path))
@click.option("--format", "format_", type=click.Choice(lists.FORMATS), help="Default: by the name of the file.")
@click.option("--country", multiple=True, type=Country(), help="Only of this country; may be given more than once.")
@click.option("--since", type=Moment(), metavar="TIME", help="Confirmed at or after this day or moment (UTC).")
@click.option("--until", type=Moment(), metavar="TIME", help="Confirmed before this day or moment (UTC).")
@click.option("--personal", is_flag=True, help="Everything kept; writes a line in the audit log.")
@click.option("--reason", help="Why --personal is needed: goes into the audit log.")
@with_app
def export(
    slug: str,
    path: Path,
    format_: str | None,
    country: tuple[str, ...],
    since: datetime | None,
    until: datetime | None,
    personal: bool,
    reason: str | None,
) -> None:
    """Writes the list of SLUG's confirmed signers, names as each signer chose, without addresses."""
    format_ = format_ or _by_name(path)
    why = _reason(reason, personal)
    chosen = lists.Filter(petitions.find(db.session(), slug).id, country, since, until)
    try:
        number = _personal(path, format_, slug, chosen, why) if personal else _list(path, format_, slug, chosen)
    except OSError as error:
        refuse(f"{path} could not be written: {error.strerror or type(error).__name__}")
    click.echo(f"{number} signature{'' if number == 1 else 's'} in {path}", err=True)


def _by_name(path: Path) -> str:
    ending = path.suffix.lstrip(".").lower()
    format_ = "pdf" if ending == "zip" else ending
    if format_ not in lists.FORMATS:
        raise click.UsageError(f"say --format {'/'.join(lists.FORMATS)}, or name the file so")
    return format_


def _reason(reason: str | None, personal: bool) -> str:
    if reason is None:
        return NO_REASON
    if not personal:
        raise click.UsageError("--reason goes with --personal")
    try:
        return checked_line(reason, LONGEST_REASON)
    except ValueError as error:
        raise click.UsageError(f"--reason {error}") from None


def _record(action: str, slug: str, format_: str, chosen: lists.Filter, **personal: str) -> None:
    """Writes down that the list leaves, before it does."""
    since, until = (moment and moment.isoformat() for moment in (chosen.since, chosen.until))
    with writing() as session:
        audit.record(
            session,
            audit.COMMAND_LINE,
            action,
            slug,
            organisation_id=petitions.find(session, slug).organisation_id,
            personal=personal,
            format=format_,
            countries=chosen.countries,
            since=since,
            until=until,
        )


def _list(path: Path, format_: str, slug: str, chosen: lists.Filter) -> int:
    _record("list exported", slug, format_, chosen)
    session = lists.snapshot(db.session())
    about = lists.heading(session, petitions.find(session, slug), chosen)
    real = lists.file_format(format_, about)
    if {real, path.suffix.lower().lstrip(".")} == {"pdf", "zip"}:
        what = "a ZIP of PDF volumes" if real == "zip" else "one PDF, not a ZIP"
        click.echo(f"note: {path} is {what}", err=True)
    with whole_file(path) as stream, closing(lists.stretches(session, chosen, about)) as list_:
        return lists.write(stream, format_, about, _shown(list_, about.total, lambda stretch: len(stretch.numbers)))


def _personal(path: Path, format_: str, slug: str, chosen: lists.Filter, reason: str) -> int:
    write = personal_list.writer(format_)
    _record("personal export", slug, format_, chosen, reason=reason)
    session = lists.snapshot(db.session())
    about = lists.heading(session, petitions.find(session, slug), chosen)
    with whole_file(path) as stream, closing(personal_list.rows(session, chosen)) as rows:
        return write(stream, _shown(rows, about.total, lambda _row: 1))


def _shown(parts: Iterator[T], total: int, size: Callable[[T], int]) -> Iterator[T]:
    """The parts of the list themselves, with a progress bar where a person is watching."""
    return _counted(parts, total, size) if sys.stderr.isatty() else parts


def _counted(parts: Iterator[T], total: int, size: Callable[[T], int]) -> Iterator[T]:
    with click.progressbar(length=total, label="Exporting", file=sys.stderr, update_min_steps=1000) as bar:
        for part in parts:
            yield part
            bar.update(size(part))
